/* twins.h - biases that stand for two, as PyTorch trains them.
 *
 * PyTorch's LSTM and RNN add two biases at every gate and train both. Their gradients are the same, so each takes the same step and their
 * sum moves twice as far as the one bias that `lstm` and `rnn` have here (and in Keras). Twins are the ranges of such biases: a step of
 * theirs is doubled, which is the same to rounding as long as nothing but the gradient decides the step - not so with L2 decay, which looks
 * at each bias, and with a bound on the gradient's norm, which counts both. `gru` has its two biases anyway, they do not add up, and it has
 * no twins.
 */
#ifndef LSTMFC_TWINS_H
#define LSTMFC_TWINS_H

#include "lstmfc/network.h"
#include "lstmfc/optimizer.h"

typedef struct TwinRange {
    size_t first, last; /* in the flat vector */
} TwinRange;

typedef struct Twins {
    TwinRange *ranges; /* [n], ascending, apart; owned */
    size_t n;
} Twins;

/* All of the network's. twins_free in every case; zeroed: there are none. ERROR_MEMORY. */
bool twins_init(Twins *twins, const Network *network, Error *error);
void twins_free(Twins *twins);

/* optimizer_apply, with twice the step where a bias stands for two. */
void twins_apply(const Twins *twins, const Optimizer *optimizer, const Kernels *kernels, size_t first, size_t last, const real *gradient,
                 real *weights);

#endif
