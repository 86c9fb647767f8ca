#include "lstmfc/metric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lstmfc/sum.h"

const char *const metric_names[METRIC_COUNT] = {"mse", "rmse", "mae", "r2", "evs"};
const char *const summary_names[SUMMARY_SIZE] = {"count", "mean", "std", "min", "25%", "50%", "75%", "max"};

/* Mean of actual - forecast, taken about the first, so that a constant error has exactly that mean. */
static double mean_error(const double *actual, const double *forecast, size_t n) {
    double first = actual[0] - forecast[0];
    Sum sum = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        sum_add(&sum, actual[i] - forecast[i] - first);
    }
    return first + sum_value(&sum) / (double)n;
}

static double ratio_left(double part, double whole) {
    return whole > 0.0 ? 1.0 - part / whole : (double)NAN;
}

Metrics metric_score(const double *actual, const double *forecast, size_t n) {
    Metrics metrics = {n, {NAN, NAN, NAN, NAN, NAN}};
    if (n == 0) {
        return metrics;
    }
    double bias = mean_error(actual, forecast, n);
    Sum squares = {0.0, 0.0}, absolute = {0.0, 0.0}, spread = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        double e = actual[i] - forecast[i];
        sum_add(&squares, e * e);
        sum_add(&absolute, fabs(e));
        sum_add(&spread, (e - bias) * (e - bias));
    }
    double total = sum_squares(actual, n, sum_mean(actual, n));
    metrics.value[METRIC_MSE] = sum_value(&squares) / (double)n;
    metrics.value[METRIC_RMSE] = sqrt(metrics.value[METRIC_MSE]);
    metrics.value[METRIC_MAE] = sum_value(&absolute) / (double)n;
    metrics.value[METRIC_R2] = ratio_left(sum_value(&squares), total);
    metrics.value[METRIC_EVS] = ratio_left(sum_value(&spread), total);
    return metrics;
}

Metrics metric_rescale(const Metrics *raw, double range) {
    Metrics scaled = *raw;
    double size = fabs(range);
    scaled.value[METRIC_MSE] = raw->value[METRIC_MSE] / size / size;
    scaled.value[METRIC_RMSE] = raw->value[METRIC_RMSE] / size;
    scaled.value[METRIC_MAE] = raw->value[METRIC_MAE] / size;
    return scaled;
}

double metric_mase(double mae, const double *training, size_t n, size_t lag) {
    if (n <= lag) {
        return (double)NAN;
    }
    Sum sum = {0.0, 0.0};
    for (size_t i = lag; i < n; i++) {
        sum_add(&sum, fabs(training[i] - training[i - lag]));
    }
    double step = sum_value(&sum) / (double)(n - lag);
    return step > 0.0 ? mae / step : (double)NAN;
}

double metric_rmsse(double rmse, const double *training, size_t n, size_t lag) {
    if (n <= lag) {
        return (double)NAN;
    }
    Sum sum = {0.0, 0.0};
    for (size_t i = lag; i < n; i++) {
        double change = training[i] - training[i - lag];
        sum_add(&sum, change * change);
    }
    double step = sqrt(sum_value(&sum) / (double)(n - lag));
    return step > 0.0 ? rmse / step : (double)NAN;
}

double metric_direction(const double *actual, const double *forecast, const double *last, size_t n) {
    size_t moves = 0, hits = 0;
    for (size_t i = 0; i < n; i++) {
        bool up = actual[i] > last[i], down = actual[i] < last[i];
        moves += up || down;
        hits += (up && forecast[i] > last[i]) || (down && forecast[i] < last[i]);
    }
    return moves ? (double)hits / (double)moves : (double)NAN;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear interpolation at place (n - 1) q of the sorted values, from the nearer neighbour. */
static double quantile(const double *sorted, size_t n, double q) {
    double place = (double)(n - 1) * q, part = place - floor(place);
    size_t i = (size_t)place;
    if (part == 0.0 || sorted[i] == sorted[i + 1]) {
        return sorted[i];
    }
    double gap = sorted[i + 1] - sorted[i];
    return part < 0.5 ? sorted[i] + gap * part : sorted[i + 1] - gap * (1.0 - part);
}

Summary metric_describe(const double *values, size_t n, double *work) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(values[i])) {
            work[count++] = values[i];
        }
    }
    Summary summary = {{(double)count, NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
    if (count == 0) {
        return summary;
    }
    double mean = sum_mean(work, count);
    summary.value[SUMMARY_MEAN] = mean;
    if (count > 1) {
        summary.value[SUMMARY_STD] = sqrt(sum_squares(work, count, mean) / (double)(count - 1));
    }
    qsort(work, count, sizeof *work, compare_doubles);
    summary.value[SUMMARY_MIN] = work[0];
    summary.value[SUMMARY_Q25] = quantile(work, count, 0.25);
    summary.value[SUMMARY_Q50] = quantile(work, count, 0.5);
    summary.value[SUMMARY_Q75] = quantile(work, count, 0.75);
    summary.value[SUMMARY_MAX] = work[count - 1];
    return summary;
}
