/* Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000).
 *
 *     i = sigmoid(x W_xi + h' W_hi + b_i)        input gate
 *     f = sigmoid(x W_xf + h' W_hf + b_f)        forget gate
 *     g = act(x W_xg + h' W_hg + b_g)            candidate; act is tanh unless --layers says otherwise
 *     o = sigmoid(x W_xo + h' W_ho + b_o)        output gate
 *     c = f c' + i g,   h = o act(c)             c', h' of the step before; both 0 before the first step
 *
 * Variant: no peepholes, one bias. Order of gates in a file: i f g o (PyTorch); in our rows: i f o g of 16 units, then of the next 16, so
 * that every vector of gates is aligned. Extras in the cache: c and act(c). Backward, with dh the gradient of h from above and from step
 * t+1:
 *
 *     do = dh act(c) o(1-o),   dc += dh o act'(c),   df = dc c' f(1-f),   di = dc g i(1-i),   dg = dc i act'(g),   dc' = dc f
 */
#include "recurrent.h"

static void forward_cell(const Kernels *kernels, const CellStep *step) {
    kernels->lstm_forward(step);
}

static void backward_cell(const Kernels *kernels, const CellStep *step) {
    kernels->lstm_backward(step);
}

static const RecurrentCell cell = {
    .recurrent = {.columns = 4,
                  .woven = true,
                  .x_blocks = 4,
                  .h_blocks = 4,
                  .n_extra = 2,
                  .x_order = {0, 1, 3, 2},
                  .h_order = {0, 1, 3, 2},
                  .forget = 1},
    .carries_cell = true,
    .forward = forward_cell,
    .backward = backward_cell,
};

#define RECURRENT_KIND layer_lstm
#define RECURRENT_NAME "lstm"
#define RECURRENT_SUMMARY "long short-term memory with a forget gate"
#include "recurrent_kind.h"
