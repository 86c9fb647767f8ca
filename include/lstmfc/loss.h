/* loss.h - what training makes small; registry.
 *
 * The loss of a batch is the mean over its B windows and K outputs.
 */
#ifndef LSTMFC_LOSS_H
#define LSTMFC_LOSS_H

#include <stddef.h>

#include "lstmfc/real.h"

typedef struct LossKind {
    const char *name, *summary;
    /* Loss of one output y against its target t; *dy = derivative with respect to y. */
    double (*value)(double y, double t, double *dy);
} LossKind;

extern const LossKind *const loss_kinds[]; /* ended by NULL: mse, mae, huber (delta 1) */

/* Cross-entropy of the probability 1 / (1 + e^-y) with a target of 0 or 1. No row of the registry: it goes with such targets only. */
extern const LossKind loss_cross_entropy;

const LossKind *loss_find(const char *name);

/* Sum (not mean) of the loss over rows x K, in row order; dy (NULL: not wanted) = derivative / count. */
double loss_sum(const LossKind *loss, size_t rows, size_t k, size_t ld, const real *y, const real *target, real *dy, double count);

#endif
