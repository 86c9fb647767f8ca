/* curve.h - what a linear forecast leaves of the next change, as a polynomial of the last levels: chaos, populations, anything whose next
 * step is no line.
 *
 * With w = (z - mean) / unit, unit a standard deviation, and `linear` the linear forecast of the change z[t] - z[t-1], the change differs
 * from it by
 *
 *     constant + level w[t-1] + share linear + lags[0] (w[t-1] - w[t-2]) + lags[1] (w[t-2] - w[t-3]) + ...
 *       + sum of weight w[t-i] w[t-j] w[t-k]
 *
 * It is a nonlinear vector autoregression (Gauthier, Bollt, Griffith and Barbosa 2021) of one series. The products are those of two or
 * three of the last CURVE_LAGS levels, and squares and cubes of the levels before these: 496 with 40 rows. They are taken one by one, each
 * the one that leaves least, by orthogonal least squares (Chen, Billings and Luo 1989), while n log(squares) falls by more than log(n), as
 * BIC asks, and 2 log of how many there are to choose from, but CURVE_TERMS at most. The other terms are always there, to make room: a
 * square has much of its level in it. Where there is nothing, seldom does a product pass; whether it then forecasts better is for rolling
 * origins to say (shrinkage.h).
 *
 * A forecast stays within what the polynomial was on the fitted rows, and a tenth of that range on both sides: beyond, nothing was learnt,
 * and products grow fast. Own arithmetic in double: the same bits everywhere.
 */
#ifndef LSTMFC_CURVE_H
#define LSTMFC_CURVE_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"

enum { CURVE_LAGS = 12, CURVE_TERMS = 32, CURVE_DEGREE = 3, CURVE_LEVELS = 61, CURVE_ROWS = 40, CURVE_MOST_ROWS = 8000 };

typedef struct CurveTerm {
    size_t lags[CURVE_DEGREE]; /* of the levels multiplied, from 1; 0 at the end: of two only */
    double weight;
} CurveTerm;

typedef struct Curve {
    double mean, unit, constant, level, share;
    size_t n_lags;
    double lags[CURVE_LAGS];   /* newest first */
    size_t n_terms;            /* 0 = there is no curve: 0 is forecast */
    CurveTerm terms[CURVE_TERMS];
    double low, high;          /* of forecasts */
} Curve;

/* Fits on rows [reach, n) of z, or the last CURVE_MOST_ROWS of these, each from the `reach` levels before it (CURVE_LEVELS at most) and
 * linear[row], the forecast change. With fewer than CURVE_ROWS rows, and where no product passes, there is no curve: that is no error.
 * ERROR_MEMORY. */
bool curve_fit(Curve *curve, const double *z, const double *linear, size_t n, size_t reach, Error *error);

/* What to add to the change that `linear` forecasts, after levels[0], the newest first, of which curve_reach are read. */
double curve_forecast(const Curve *curve, const double *levels, double linear);

size_t curve_reach(const Curve *curve);

#endif
