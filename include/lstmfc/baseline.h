/* baseline.h - the simple forecasts that a model must beat to be worth anything, and the registry of them.
 *
 *   naive           the last value
 *   drift           the last value plus the mean one-step change of the training rows for each step
 *   ses             simple exponential smoothing (Brown 1956): a level that starts at the first training row and moves by alpha of
 *                   each one-step error; alpha in [0, 1] has the least sum of squared one-step errors on the training rows
 *   seasonal-naive  the value one season earlier (the latest such value that is known)
 *   ar1             d' = c + phi d on one-step changes d, by least squares on the training rows, summed up over the steps
 *   average-100     the mean of the last 100 values (of all since the first training row where there are fewer)
 *   ema             the exponential average with weight 1/2, from the first training row on
 *
 * Series are raw values x[row], finite on the rows that are used. A state is fitted on rows [first, last) and then const; a
 * forecast at an origin reads x[row] for row < origin only. Nothing is allocated. Own arithmetic: the same bits everywhere.
 * To add one: write its fit and forecast and add its row to baseline_kinds in baseline.c.
 */
#ifndef LSTMFC_BASELINE_H
#define LSTMFC_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

enum { BASELINE_MAX_SEASON = 366 };

struct BaselineKind;

typedef struct BaselineState {
    const struct BaselineKind *kind;
    size_t first;  /* first training row; ses starts its level here */
    size_t season; /* seasonal-naive: rows a season, 0 = none (the forecast then is naive's) */
    double change; /* drift: mean change; ar1: c */
    double phi;    /* ar1 */
    double alpha;  /* ses */
    double level;  /* ses: level after the rows [first, row) */
    size_t row;
} BaselineState;

typedef struct BaselineKind {
    const char *name;    /* as on the command line */
    const char *summary; /* one line for help and tables */
    bool (*fit)(BaselineState *state, const double *x, size_t first, size_t last);
    double (*forecast)(const BaselineState *state, const double *x, size_t origin, size_t step);
    void (*advance)(BaselineState *state, const double *x,
                    size_t origin); /* carries what is known on to an origin; NULL = carries nothing */
} BaselineKind;

extern const BaselineKind *const baseline_kinds[]; /* naive first; ended by NULL */

/* NULL = none. */
const BaselineKind *baseline_find(const char *name);

/* Fits a kind on rows [first, last). `season` is that of seasonal-naive, 0 = detect it with baseline_season; the others do not read it.
 * false: too few rows for this kind (naive 1, drift and ses 2, seasonal-naive, average-100 and ema 1, ar1 4), or numbers that are not
 * finite: the state then forecasts as naive does. A season that is detected to be none is no failure: state->season is 0. */
bool baseline_fit(BaselineState *state, const BaselineKind *kind, const double *x, size_t first, size_t last, size_t season);

/* Forecast of row origin + step - 1 from the rows before `origin` alone; origin > state->first, step >= 1. Constant time but for
 * ar1 (step), ses and ema (rows since state->row, or since state->first where state->row > origin). */
double baseline_forecast(const BaselineState *state, const double *x, size_t origin, size_t step);

/* Rolling evaluation: out[i] = forecast of row first_row + i, `step` steps ahead, so from the rows before first_row + i + 1 - step;
 * rows [first_row, last_row), first_row >= state->first + step. Takes time in proportion to the rows for every kind. */
void baseline_forecasts(const BaselineState *state, const double *x, size_t first_row, size_t last_row, size_t step, double *out);

/* Season of rows [first, last): a lag from 2 to 366 (at most a third of the rows), 0 = none. The autocorrelations of one-step changes
 * (values that wander look seasonal, their changes do not) are searched for peaks: lags above their neighbours, beyond the first lag where
 * the autocorrelation is not positive, and larger than chance at 5% over all lags tried (Bonferroni; Bartlett's standard error from the
 * first two lags; below 0.5, where it could matter, allowing for changing volatility). The season is the highest of the shortest group of
 * peaks that are at least three quarters as high as the highest or within two standard errors (2/sqrt(n)) of it; the others are its
 * multiples, and they have a say: of that lag and its two neighbours, the one whose first three multiples have the largest sum of
 * autocorrelations is taken. A season so slow or noisy that changes hide it is not found: naive is as good one step ahead. */
size_t baseline_season(const double *x, size_t first, size_t last);

#endif
