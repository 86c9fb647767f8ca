/* loss.h - what training makes small; registry.
 *
 * The loss of a batch is the mean over its B windows and K outputs.
 */
#ifndef LSTMFC_LOSS_H
#define LSTMFC_LOSS_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"
#include "lstmfc/real.h"

typedef struct LossKind {
    const char *name, *summary;
    bool takes_tau; /* written NAME:TAU */
    /* Loss of one output y against its target t; *dy = derivative with respect to y. tau is read only where it is taken. */
    double (*value)(double y, double t, double tau, double *dy);
} LossKind;

extern const LossKind *const loss_kinds[]; /* ended by NULL: mse, mae, huber (delta 1), quantile (Koenker and Bassett 1978) */

/* Cross-entropy of the probability 1 / (1 + e^-y) with a target of 0 or 1. No row of the registry: it goes with such targets only. */
extern const LossKind loss_cross_entropy;

const LossKind *loss_find(const char *name);

enum { LOSS_TAUS = 16 };

/* A kind, and the share of targets that are to lie below the output: tau in (0, 1). With several, a network learns several quantiles of the
 * same K targets: its outputs are K of the first tau, then K of the second, and so on. */
typedef struct Loss {
    const LossKind *kind;
    size_t n_taus; /* at least 1 */
    double tau[LOSS_TAUS];
} Loss;

/* "mse", "quantile:0.9". ERROR_USAGE. */
bool loss_parse(Loss *loss, const char *text, Error *error);

/* Sum (not mean) of the loss over rows x k outputs, in row order, against k / n_taus targets a row; rows of both ld apart. dy (NULL: not
 * wanted) = derivative / count. */
double loss_sum(const Loss *loss, size_t rows, size_t k, size_t ld, const real *y, const real *target, real *dy, double count);

#endif
