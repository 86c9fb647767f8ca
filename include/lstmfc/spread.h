/* spread.h - what a model's intervals are measured in, as its --interval has it.
 *
 * An interval is center -/+ q spread, with q a conformal quantile of |actual - center| / spread over forecasts whose row is known (band.h).
 * The kinds differ in center and spread:
 *
 *   conformal  center: the forecast. Spread: the EWMA volatility (interval.h) known at the origin, of the model's own one-step errors; of
 *   changes where forecasts are naive (band.h). quantile   a head - the recipe's layers once more, trained by pinball loss on the two
 *   quantiles of each level of --level - gives bounds [a, b]: center (a + b) / 2, spread (b - a) / 2.
 *              So q = 1 is what the head says and q stretches it to the coverage it has had: conformalised quantile regression in the form
 *              of Sesia and Candes 2020, "A comparison of some conformal quantile regression methods" (CQR-r), after Romano, Patterson and
 *              Candes 2019. Bounds that cross are exchanged. A level that was not learnt has the bounds of the nearest that was.
 *   mcdropout  center: the forecast. Spread: root of the variance of forecasts with dropout left on (Gal and Ghahramani 2016) plus that of
 *   the noise (volatility times the root of the step), as
 *              in Zhu and Laptev 2017. About SPREAD_PASSES passes, shared by the members; their masks depend on the seed, the pass and the
 *              member alone, so a pass is one thinned network for all windows, and neither threads nor company change it.
 */
#ifndef LSTMFC_SPREAD_H
#define LSTMFC_SPREAD_H

#include "lstmfc/forecast.h"

enum { SPREAD_PASSES = 60 };

/* Center and spread of forecasts made before rows [first, last], raw units. Not of the kind `conformal`, whose spread is a volatility times
 * spread_unit. */
typedef struct Spread {
    size_t first, last, horizon, n_levels;
    double *center; /* [last - first + 1][horizon][n_levels]; owned; NULL where it is the forecast */
    double *size;   /* the same; NaN where not known */
} Spread;

/* |last| where the model takes changes as relative, else 1. */
double spread_unit(const Model *model, double last);

/* sigma: band_volatilities of the series. No row at or after an origin is read. ERROR_MEMORY. */
bool spread_init(Spread *spread, const Model *model, const Series *series, const Engine *engine, const double *sigma, size_t first,
                 size_t last, Error *error);
void spread_free(Spread *spread);

/* Trains the head of a model whose intervals are of the kind `quantile`, as its networks are trained; else does nothing. */
bool spread_fit(Model *model, const Series *series, WindowRange train, WindowRange val, const Engine *engine, Error *error);

#endif
