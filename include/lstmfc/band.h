/* band.h - prediction intervals around a model's forecasts on a series.
 *
 * The interval of a level for step k of a forecast made before row r is known is  forecast -/+ q_k sigma_r unit_r,  with q_k the conformal quantile of the latest 250 scores of
 * that step, sigma_r the EWMA volatility of one-step changes up to row r - 1, and the unit |x[r-1]| where the model takes changes as relative, else 1. Scores begin with those stored in the
 * model and go on with every row that has become known since: no row at or after r is read. Steps beyond the model's horizon widen by the square root of the step.
 */
#ifndef LSTMFC_BAND_H
#define LSTMFC_BAND_H

#include "lstmfc/forecast.h"
#include "lstmfc/interval.h"

typedef struct Band {
    const Model *model;   /* borrowed */
    const Series *series; /* borrowed */
    IntervalCalibration *calibration; /* [horizon]; owned */
    double *sigma;        /* [n_rows + 1], sigma[r] from rows before r alone; NaN where not known yet; owned */
    size_t row;           /* the first row that is not known yet */
} Band;

/* The state before `row` is known: the model's scores and those of its forecasts of rows after its training part. */
bool band_open(Band *band, const Model *model, const Series *series, const Engine *engine, size_t row, Error *error);
void band_close(Band *band);

/* Half width, raw units, at origin band->row; step from 1. NaN where scores or volatility are too few. */
double band_half(const Band *band, size_t step, double level);

/* The same with the quantile of an adaptive state (a ledger's). */
double band_half_adaptive(const Band *band, size_t step, const IntervalAdaptive *adaptive);

/* Standard deviation expected of the step, raw units, at origin band->row; NaN where volatility is not known. */
double band_scale(const Band *band, size_t step);

/* Step `step`'s forecast, made before row `origin`, has met its row: scores it. For steps above 1; band_advance does the first. */
void band_learn(Band *band, size_t origin, size_t step, double forecast);

/* Row band->row has become known, and `forecast` was step 1's forecast of it: scores it and goes on to the next row. */
void band_advance(Band *band, double forecast);

/* sigma[0 .. n_rows] of a series as the model expresses change, and the score of a forecast: what a fit needs to calibrate. */
void band_volatilities(const Model *model, const Series *series, double *sigma);
double band_score(const Model *model, const Series *series, const double *sigma, size_t origin, size_t step, double forecast);

#endif
