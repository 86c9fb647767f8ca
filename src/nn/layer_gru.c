/* Gated recurrent unit (Cho et al. 2014), reset after the product as in PyTorch, cuDNN and Keras (reset_after).
 *
 *     r = sigmoid(x W_xr + b_xr + h' W_hr + b_hr)          reset gate
 *     z = sigmoid(x W_xz + b_xz + h' W_hz + b_hz)          update gate
 *     n = act(x W_xn + b_xn + r (h' W_hn + b_hn))          candidate
 *     h = (1 - z) n + z h'                                 z keeps the past; h' = 0 before the first step
 *
 * Variant: reset after the product, both biases trained. Order in a file: r z n (PyTorch). In our rows: n, r, z, and the hidden part of n
 * before its reset, so that what x and what h' contribute to are two runs of three blocks each. Backward, with dh from above and from step
 * t+1:
 *
 *     dn = dh (1-z) act'(n),   dz = dh (h' - n) z(1-z),   dr = dn (h' W_hn + b_hn) r(1-r),   hidden part of n: dn r,   direct part of dh':
 *     dh z
 */
#include "recurrent.h"

static void forward_cell(const Kernels *kernels, const CellStep *step) {
    kernels->gru_forward(step);
}

static void backward_cell(const Kernels *kernels, const CellStep *step) {
    kernels->gru_backward(step);
}

static const RecurrentCell cell = {
    .recurrent = {.columns = 4,
                  .x_blocks = 3,
                  .h_first = 1,
                  .h_blocks = 3,
                  .two_biases = true,
                  .x_order = {1, 2, 0},
                  .h_order = {0, 1, 2},
                  .forget = 255},
    .adds_hidden = true,
    .forward = forward_cell,
    .backward = backward_cell,
};

#define RECURRENT_KIND layer_gru
#define RECURRENT_NAME "gru"
#define RECURRENT_SUMMARY "gated recurrent unit, reset after the product"
#include "recurrent_kind.h"
