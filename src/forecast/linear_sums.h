/* linear_sums.h - what the models of a linear forecast regress on: columns of a row, the sums of their products, and what a coefficient of
 * each means for the lags. Private to the forecast floor.
 */
#ifndef LSTMFC_LINEAR_SUMS_H
#define LSTMFC_LINEAR_SUMS_H

#include "lstmfc/linear.h"

enum {
    LINEAR_RECENT = 12,                              /* changes just before, and departures */
    LINEAR_DECAYS = 5,                               /* of fading sums of changes */
    LINEAR_FADES = 3,                                /* of means over past seasons */
    LINEAR_OF_FADE = 1 + LINEAR_RECENT + LINEAR_DECAYS, /* columns: the mean, recent departures from it, fading sums of these */
    /* 1, level, each lag, each fading sum, those of each fade, the change to forecast */
    LINEAR_COLUMNS = LINEAR_LAGS + LINEAR_DECAYS + 3 + LINEAR_FADES * LINEAR_OF_FADE,
    LINEAR_FIRST_LAG = 2
};

typedef struct LinearSums {
    size_t n_fitted;                   /* parameters of z itself */
    size_t n, n_lags, season, change;  /* season 0: without columns of fades; change: the last column, what is forecast */
    double products[LINEAR_COLUMNS][LINEAR_COLUMNS]; /* [i][j] for j <= i */
} LinearSums;

/* Column of a fading sum. */
size_t linear_sums_fading(size_t n_lags, size_t decay);

/* Columns of a fade: the mean over past seasons is 0, the departure `which` changes ago from such a mean is `which`, its fading sums are
 * from LINEAR_RECENT + 1 on. */
size_t linear_sums_fade(size_t n_lags, size_t fade, size_t which);

/* Sums over the rows of z[last] whose lags are all known. season 0: none. */
void linear_sums_take(LinearSums *sums, const double *z, size_t last, size_t n_lags, size_t season);

/* Adds row t: what was known before it, and its change; a change before the first is 0. */
void linear_sums_add(LinearSums *sums, const double *z, size_t t);

/* Adds a column's coefficient to those of `linear`, whose n_lags are those of the sums. */
void linear_sums_spread(Linear *linear, size_t season, size_t column, double weight);

#endif
