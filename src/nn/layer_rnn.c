/* Plain recurrent layer (Elman 1990).
 *
 *     h = act(x W_x + h' W_h + b)        act is tanh unless --layers says otherwise; h' = 0 before the first step
 *
 * Variant: one bias. Backward: the gradient of the sum is dh act'(h), dh from above and from step t+1. The gates' row is the sum, then its
 * gradient.
 */
#include "recurrent.h"

#include <string.h>

static void forward_cell(const Kernels *kernels, const CellStep *step) {
    for (size_t b = 0; b < step->rows; b++) {
        real *h = step->h + b * step->ld_h;
        memcpy(h, step->gates + b * step->ld_gates, step->units * sizeof *h);
        kernels->activate(step->activation, step->units, h);
    }
}

static void backward_cell(const Kernels *kernels, const CellStep *step) {
    for (size_t b = 0; b < step->rows; b++) {
        real *d = step->gates + b * step->ld_gates;
        const real *dh = step->dh + b * step->ld;
        if (step->dy) {
            kernels->add(step->units, dh, step->dy + b * step->ld_h, d);
        } else {
            memcpy(d, dh, step->units * sizeof *d);
        }
        kernels->activate_backward(step->activation, step->units, step->h + b * step->ld_h, d);
    }
}

static const RecurrentCell cell = {
    .recurrent = {.columns = 1, .x_blocks = 1, .h_blocks = 1, .x_order = {0}, .h_order = {0}, .forget = 255},
    .forward = forward_cell,
    .backward = backward_cell,
};

#define RECURRENT_KIND layer_rnn
#define RECURRENT_NAME "rnn"
#define RECURRENT_SUMMARY "plain recurrent layer"
#include "recurrent_kind.h"
