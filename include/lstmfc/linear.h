/* linear.h - a linear forecast of a column from its own last values: what a network learns slowly, and short series never teach it.
 *
 * An autoregression of one-step changes on the changes before and on the level,
 *
 *     z[t] - z[t-1] = constant + level (z[t-1] - mean) + lags[0] d[t-1] + lags[1] d[t-2] + ... + seasonal[place of t],
 *     d[t] = z[t] - z[t-1]
 *
 * with z the logarithm of the values where changes are taken as relative, else the values. It reads LINEAR_LAGS + 1 rows at most. Several
 * steps are forecast by feeding each step back in. Where the rule is no line, a curve can be added to it.
 *
 * The coefficients are a mean over a few hundred small models, each by least squares: with the level or without; with the last 0 to 12
 * changes, or with their fading sum d[t-1] + q d[t-2] + q^2 d[t-3] .. for a q of 0.3, 0.5, 0.7, 0.8 or 0.9; and with the changes of 1 to 3
 * seasons ago (each with its own coefficient or their mean) and those just before them, or with one mean over all past seasons within
 * reach, each weighing 1, 0.7 or 0.4 of the one after it, and the last 0 to 12 departures from such means, or their fading sum: a season
 * that moves slowly, as in the airline model (Box and Jenkins 1970), with few coefficients. A fading sum with a coefficient of q - 1 is
 * simple exponential smoothing, with the level an ARMA(1,1) in all but name: what many recent changes say with one coefficient.
 *
 * A model of n rows, k parameters (q is one, the weight of seasons another) and a sum of squares has c = n log(squares/n) + the mean of the
 * penalties of AICc (Hurvich and Tsai 1989) and BIC (Schwarz 1978); with the level c is larger by 8: where there is nothing to return to,
 * its statistic is that of Dickey and Fuller (1979), whose 5 % are at a square of 8.2 and not 3.8. Its weight is exp(-c/4), where Burnham
 * and Anderson (2002) have exp(-c/2): flatter, for of few rows c says less than it seems to. They are judged on the same rows, those from
 * the longest lag on; the coefficients then are from all rows whose lags a model knows - of a mean over seasons one is enough. The season
 * is the lag from 2 whose models have the least c, if that is less than that of all models without season by 2 log of the number of lags.
 *
 * Where there is a season that is the same every year (profile.h), all of this is done once more on z without its profile, which counts as
 * so many parameters more, all places but one. If the least c is lower for it, and 199 of 200 fitted rows find their place, the forecast is
 * the mean of both (Bates and Granger 1969): what moves with the season is in the one, what stays in the other.
 *
 * The sums of products of all regressors are taken once, and every model is a part of them, solved by Cholesky's decomposition. Own
 * arithmetic in double: the same bits everywhere.
 */
#ifndef LSTMFC_LINEAR_H
#define LSTMFC_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/curve.h"
#include "lstmfc/error.h"
#include "lstmfc/profile.h"

enum { LINEAR_LAGS = 60, LINEAR_ROWS = 20 };

typedef struct Linear {
    bool relative;            /* z is the logarithm */
    double mean;              /* of z over the fitted rows */
    double constant, level;
    size_t n_lags;            /* 0 = never fitted, or nothing to fit on: forecasts are naive's */
    double lags[LINEAR_LAGS]; /* newest first */
    Profile profile;          /* of z, by which places are found; mostly there is none, and nothing seasonal */
    double seasonal[PROFILE_PLACES];
    Curve curve;              /* of z, added to each step; mostly there is none */
} Linear;

/* Fits rows [first, last) of x. `reach`: rows a forecast may read, from 2; no more than LINEAR_LAGS + 1 are used, and fewer where the rows
 * are few. With fewer than LINEAR_ROWS rows, and where values are not finite or, with `relative`, not above 0, the forecast is naive's:
 * that is no error. ERROR_MEMORY. */
bool linear_fit(Linear *linear, const double *x, size_t first, size_t last, size_t reach, bool relative, Error *error);

/* Adds the curve (curve.h) to a linear forecast of the same rows and reach, or takes it away where there is none. ERROR_MEMORY. */
bool linear_bend(Linear *linear, const double *x, size_t first, size_t last, Error *error);

/* Rows a forecast reads. */
size_t linear_reach(const Linear *linear);

/* Forecasts of rows r .. r + n - 1 from the linear_reach rows before r. Naive's where a value read cannot be taken (not above 0, with
 * logarithms) or a step has no finite forecast. */
void linear_forecast(const Linear *linear, const double *x, size_t r, size_t n, double *values);

#endif
