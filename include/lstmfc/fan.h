/* fan.h - intervals around many forecasts, beside naive's around the last values, and how well both fit.
 *
 * Naive's interval is the last value -/+ a normal quantile of the volatility known at the origin (Band's scale of the step): what anybody
 * can have without a model.
 */
#ifndef LSTMFC_FAN_H
#define LSTMFC_FAN_H

#include "lstmfc/band.h"

enum { FAN_LEVELS = 8 };

typedef struct FanInterval {
    double level;
    IntervalScore model, naive;
} FanInterval;

typedef struct FanScore {
    size_t n_levels;
    FanInterval intervals[FAN_LEVELS];
    /* means; the model's by its intervals' quantiles 5 %, 10 % .. 95 %, naive's of its normal distribution; NaN where none is known */
    double crps, crps_naive;
} FanScore;

typedef struct Fan {
    size_t n, n_levels;
    const double *levels;            /* borrowed, in (0, 1), at most FAN_LEVELS */
    double *low, *high;              /* [n_levels][n]; NaN where there is none */
    double *naive_low, *naive_high;  /* [n_levels][n] */
    double *crps, *crps_naive;       /* [n] */
    double *block;                   /* all of these; owned */
} Fan;

bool fan_init(Fan *fan, const double *levels, size_t n_levels, size_t n, Error *error);
void fan_free(Fan *fan);

/* Forecast number i, `step` steps ahead of the band's origin; values are raw, and bounds and CRPS are written over `unit`. */
void fan_spread(Fan *fan, size_t i, const Band *band, size_t step, double actual, double forecast, double naive, double unit);

/* actual [n], in the fan's units. */
FanScore fan_score(const Fan *fan, const double *actual);

#endif
