/* band.h - prediction intervals around a model's forecasts on a series.
 *
 * The interval of a level for step k of a forecast made before row r is known is  center -/+ q_k spread,  with q_k the conformal quantile
 * of the latest 250 scores of that step. Center and spread are those of the model's --interval (spread.h); where nothing was asked, the
 * forecast and  sigma_r unit_r:  the EWMA volatility of the model's own one-step errors up to row r - 1 - for naive that of one-step
 * changes -, times |x[r-1]| where the model takes changes as relative. Where changes are large but forecast well, a season's say, only the
 * errors tell how large errors are; steps whose forecast is naive although the first is not are measured in changes. Scores and volatility
 * begin with those stored in the model and go on with every row that has become known since: no row at or after r is read. Steps beyond the
 * model's horizon widen by the square root of the step.
 */
#ifndef LSTMFC_BAND_H
#define LSTMFC_BAND_H

#include "lstmfc/forecast.h"
#include "lstmfc/interval.h"
#include "lstmfc/spread.h"

typedef struct Band {
    const Model *model;   /* borrowed */
    const Series *series; /* borrowed */
    IntervalCalibration *calibration; /* [horizon][n_levels of the model]; owned */
    double *sigma;        /* [n_rows + 1], sigma[r] from rows before r alone; NaN where not known yet; owned */
    double *own;          /* the same of the model's one-step errors, up to own[row]; owned */
    IntervalVolatility errors; /* behind own[row] */
    Spread spread;        /* of all origins asked for; of none where the kind is conformal */
    size_t row;           /* the first row that is not known yet */
} Band;

/* The state before `row` is known: the model's scores and those of its forecasts of rows after its training part. The band may be advanced
 * up to row `last`; band_open: to the series' end. */
bool band_open_range(Band *band, const Model *model, const Series *series, const Engine *engine, size_t row, size_t last, Error *error);
bool band_open(Band *band, const Model *model, const Series *series, const Engine *engine, size_t row, Error *error);
void band_close(Band *band);

/* What the interval of a level lies around: the forecast, or what a head of quantiles says instead (of steps beyond the model's horizon,
 * and without a head, always the forecast). */
double band_center(const Band *band, size_t step, double level, double forecast);

/* Half width, raw units, at origin band->row; step from 1. NaN where scores or volatility are too few. */
double band_half(const Band *band, size_t step, double level);

/* The same with the quantile of an adaptive state (a ledger's). */
double band_half_adaptive(const Band *band, size_t step, const IntervalAdaptive *adaptive);

/* Fills the model's scores with those of its forecasts of windows [first, last): for kinds of interval whose spread is the fitted model's
 * own. */
bool band_calibrate(Model *model, const Series *series, const Engine *engine, WindowRange windows, Error *error);

/* Standard deviation expected of a change over so many rows, which is naive's error, raw units, at origin band->row; NaN where volatility
 * is not known. */
double band_scale(const Band *band, size_t step);

/* Step `step`'s forecast, made before row `origin`, has met its row: scores it. For steps above 1; band_advance does the first. */
void band_learn(Band *band, size_t origin, size_t step, double forecast);

/* Row band->row has become known, and `forecast` was step 1's forecast of it: scores it and goes on to the next row. */
void band_advance(Band *band, double forecast);

/* Whether a step's intervals are measured in the model's own errors; else in changes. */
bool band_in_errors(const Model *model, size_t step);

/* What a fit needs to calibrate: sigma[0 .. n_rows] of a series as the model expresses change; own[first .. first + n] from one-step
 * forecasts of rows [first, first + n), begun with their mean square error, and training.error_ratio; the score of a forecast in either. */
void band_volatilities(const Model *model, const Series *series, double *sigma);
void band_follow_errors(Model *model, const Series *series, const double *sigma, size_t first, const double *forecast, size_t n,
                        double *own);
double band_score(const Model *model, const Series *series, const double *sigma, size_t origin, size_t step, double forecast);

#endif
