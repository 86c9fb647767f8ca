/* softmax.h - the classification head: probabilities from a network's outputs, and the cross-entropy.
 *
 * p_i = exp(z_i) / sum_j exp(z_j); the loss of a row is -log p of its class, and its derivative with respect to z is p less 1 at the class.
 * exp and log are math64's, in double. As PyTorch's cross_entropy with class numbers.
 */
#ifndef LSTMFC_SOFTMAX_H
#define LSTMFC_SOFTMAX_H

#include <stddef.h>

#include "lstmfc/real.h"

/* p (k) from z (k); a temperature above 1 flattens, below 1 sharpens (z is divided by it). Returns the largest z over the temperature plus
 * the logarithm of the sum taken relative to it, so that -log p_i is what is returned less z_i / temperature. */
double softmax_row(size_t k, const real *z, double temperature, double *p);

/* Sum (not mean) of the cross-entropy over rows of z (rows,k), `ld` apart; dz (NULL: not wanted) = derivative / count. p: k doubles of
 * scratch. */
double softmax_loss(size_t rows, size_t k, size_t ld, const real *z, const size_t *classes, real *dz, double count, double *p);

#endif
