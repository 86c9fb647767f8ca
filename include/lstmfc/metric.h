/* metric.h - scores of forecasts, and the summary of many scores.
 *
 * Definitions are scikit-learn's (mean_squared_error, root_mean_squared_error, mean_absolute_error, r2_score,
 * explained_variance_score, with force_finite off: what is undefined is NaN here and null in JSON). The summary is
 * pandas' describe: standard deviation with n-1, linearly interpolated quantiles.
 * Sums are taken in index order in double (Neumaier compensated), so that the same inputs give the same bits.
 */
#ifndef LSTMFC_METRIC_H
#define LSTMFC_METRIC_H

#include <stddef.h>

typedef enum MetricId { METRIC_MSE, METRIC_RMSE, METRIC_MAE, METRIC_R2, METRIC_EVS, METRIC_COUNT } MetricId;

typedef struct Metrics {
    size_t n;                   /* values scored */
    double value[METRIC_COUNT]; /* by MetricId; NaN where undefined (n = 0; constant actuals for R2 and EVS) */
} Metrics;

extern const char *const metric_names[METRIC_COUNT]; /* "mse" "rmse" "mae" "r2" "evs" */

/* Scores forecast[n] against actual[n]. */
Metrics metric_score(const double *actual, const double *forecast, size_t n);

/* Metrics of the same forecasts in units scaled by 1/range (scaled = (raw - offset) / range). */
Metrics metric_rescale(const Metrics *raw, double range);

/* Mean absolute scaled error: MAE over the mean |x[i]-x[i-lag]| of the training series x[n] (Hyndman and Koehler 2006,
 * "Another look at measures of forecast accuracy"). NaN where the denominator is 0 or n <= lag. */
double metric_mase(double mae, const double *training, size_t n, size_t lag);

/* Root mean squared scaled error: RMSE over the root of the mean (x[i]-x[i-lag])^2 of the training series (Hyndman and Koehler 2006; the
 * root of the measure of the M5 competition, but for leading zeros, which count here). NaN as metric_mase. */
double metric_rmsse(double rmse, const double *training, size_t n, size_t lag);

/* Share of forecasts whose change from `last` has the sign of the actual change, over pairs whose actual change is not 0;
 * a forecast of no change counts as a miss. NaN where there is none. */
double metric_direction(const double *actual, const double *forecast, const double *last, size_t n);

typedef enum SummaryId {
    SUMMARY_COUNT,
    SUMMARY_MEAN,
    SUMMARY_STD,
    SUMMARY_MIN,
    SUMMARY_Q25,
    SUMMARY_Q50,
    SUMMARY_Q75,
    SUMMARY_MAX,
    SUMMARY_SIZE
} SummaryId;

typedef struct Summary {
    double value[SUMMARY_SIZE]; /* NaNs in the input are left out, as pandas does; NaN where undefined */
} Summary;

extern const char *const summary_names[SUMMARY_SIZE]; /* "count" "mean" "std" "min" "25%" "50%" "75%" "max" */

/* Sorts a copy: `work` holds n doubles and is overwritten. */
Summary metric_describe(const double *values, size_t n, double *work);

#endif
