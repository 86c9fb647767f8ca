#include "lstmfc/band.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

/* Of the volatility of changes: errors that are all 0 would leave nothing to measure in. */
static const double LEAST = 1e-6;

void band_volatilities(const Model *model, const Series *series, double *sigma) {
    const double *x = series->columns[0];
    IntervalVolatility volatility = {0};
    sigma[0] = NAN;
    for (size_t r = 1; r <= series->n_rows; r++) {
        if (r > 1) {
            interval_volatility_push(&volatility, (x[r - 1] - x[r - 2]) / spread_unit(model, x[r - 2]));
        }
        sigma[r] = interval_volatility(&volatility);
    }
}

/* ---- the model's own errors */

bool band_in_errors(const Model *model, size_t step) {
    return model->recipe.interval == INTERVAL_CONFORMAL && model_departs(model, 1) && model_departs(model, step);
}

static double error_of(const Model *model, const Series *series, size_t row, double forecast) {
    const double *x = series->columns[0];
    return (x[row] - forecast) / spread_unit(model, x[row - 1]);
}

static double at_least(double volatility, double changes) {
    return volatility < LEAST * changes ? LEAST * changes : volatility;
}

void band_follow_errors(Model *model, const Series *series, const double *sigma, size_t first, const double *forecast, size_t n,
                        double *own) {
    IntervalVolatility volatility = {.n = INTERVAL_WARM_UP};
    for (size_t i = 0, met = 0; i < n; i++) {
        const double e = error_of(model, series, first + i, forecast[i]);
        volatility.variance += isfinite(e) ? (e * e - volatility.variance) / (double)++met : 0;
    }
    for (size_t i = 0; i <= n; i++) {
        own[first + i] = at_least(interval_volatility(&volatility), sigma[first + i]);
        if (i < n) {
            interval_volatility_push(&volatility, error_of(model, series, first + i, forecast[i]));
        }
    }
    const double ratio = own[first + n] / sigma[first + n];
    model->training.error_ratio = isfinite(ratio) ? ratio : 1;
}

/* As training left it, in proportion to the volatility of changes. */
static void begin_errors(Band *band, size_t row) {
    const double sigma = band->model->training.error_ratio * band->sigma[row];
    band->errors = isnan(sigma) ? (IntervalVolatility){0} : (IntervalVolatility){.variance = sigma * sigma, .n = INTERVAL_WARM_UP};
    band->own[row] = at_least(interval_volatility(&band->errors), band->sigma[row]);
}

/* Row `row` has met its forecast. */
static void learn_error(Band *band, size_t row, double forecast) {
    interval_volatility_push(&band->errors, error_of(band->model, band->series, row, forecast));
    band->own[row + 1] = at_least(interval_volatility(&band->errors), band->sigma[row + 1]);
}

/* ---- scores */

double band_score(const Model *model, const Series *series, const double *sigma, size_t origin, size_t step, double forecast) {
    const double *x = series->columns[0];
    return interval_residual(x[origin + step - 1] - forecast, sigma[origin], spread_unit(model, x[origin - 1]));
}

/* Where the scores of a step and level stand. */
static IntervalCalibration *scores_of(const Band *band, size_t step, size_t level) {
    return &band->calibration[(step - 1) * band->model->n_levels + level];
}

/* In `size` and `center` of a spread. */
static size_t place(const Spread *s, size_t origin, size_t step, size_t level) {
    return ((origin - s->first) * s->horizon + step - 1) * s->n_levels + level;
}

static double size_of(const Band *band, size_t origin, size_t step, size_t level) {
    return band->spread.size ? band->spread.size[place(&band->spread, origin, step, level)]
                             : (band_in_errors(band->model, step) ? band->own : band->sigma)[origin] *
                                   spread_unit(band->model, band->series->columns[0][origin - 1]);
}

static double center_of(const Band *band, size_t origin, size_t step, size_t level, double forecast) {
    return band->spread.center ? band->spread.center[place(&band->spread, origin, step, level)] : forecast;
}

void band_learn(Band *band, size_t origin, size_t step, double forecast) {
    const double actual = band->series->columns[0][origin + step - 1];
    for (size_t l = 0; l < band->model->n_levels; l++) {
        interval_push(scores_of(band, step, l),
                      interval_residual(actual - center_of(band, origin, step, l, forecast), size_of(band, origin, step, l), 1));
    }
}

/* Scores of the forecasts made before rows [first, band->row), as far as their rows are known. */
static bool learn_range(Band *band, const Engine *engine, size_t first, Error *error) {
    const size_t k = band->model->recipe.horizon, n = band->row - first;
    double *values = memory_zeroed(n, k * sizeof *values);
    const bool ok =
        values ? forecast_range(band->model, band->series, engine, first, n, values, error) : error_memory(error, "the intervals");
    for (size_t i = 0; ok && i < n * k; i++) {
        const size_t origin = first + i / k, step = i % k + 1;
        if (origin + step <= band->row) {
            band_learn(band, origin, step, values[i]);
        }
        if (step == 1) {
            learn_error(band, origin, values[i]);
        }
    }
    free(values);
    return ok;
}

/* The row after the training part, or as far back as the scores reach; from there as far again where they are measured in errors, whose
 * volatility is then that of errors alone. */
static size_t first_row(const Band *band) {
    const size_t k = band->model->recipe.horizon, reach = k + INTERVAL_RING + (band_in_errors(band->model, 1) ? INTERVAL_RING : 0),
                 after = series_behind(band->series, band->model->training.to);
    const size_t first = after > band->model->recipe.window ? after : band->model->recipe.window;
    return band->row > first + reach ? band->row - reach : first;
}

static bool allocate(Band *band, Error *error) {
    band->calibration = memory_zeroed(model_n_scores(band->model), sizeof *band->calibration);
    band->sigma = memory_zeroed(band->series->n_rows + 1, sizeof *band->sigma);
    band->own = memory_zeroed(band->series->n_rows + 1, sizeof *band->own);
    return (band->calibration && band->sigma && band->own) || error_memory(error, "the intervals");
}

/* Volatilities as of row `first`, and the spreads of origins [first, last] where the kind has some. */
static bool measure(Band *band, const Engine *engine, size_t first, size_t last, Error *error) {
    band_volatilities(band->model, band->series, band->sigma);
    begin_errors(band, first);
    return band->model->recipe.interval == INTERVAL_CONFORMAL ||
           spread_init(&band->spread, band->model, band->series, engine, band->sigma, first, last, error);
}

bool band_open_range(Band *band, const Model *model, const Series *series, const Engine *engine, size_t row, size_t last, Error *error) {
    *band = (Band){.model = model, .series = series, .row = row};
    const size_t first = first_row(band);
    bool ok = allocate(band, error);
    if (ok) {
        memcpy(band->calibration, model->calibration, model_n_scores(model) * sizeof *band->calibration);
    }
    ok = ok && measure(band, engine, first < row ? first : row, last, error) && (first >= row || learn_range(band, engine, first, error));
    if (!ok) {
        band_close(band);
    }
    return ok;
}

bool band_open(Band *band, const Model *model, const Series *series, const Engine *engine, size_t row, Error *error) {
    return band_open_range(band, model, series, engine, row, series->n_rows, error);
}

void band_close(Band *band) {
    spread_free(&band->spread);
    free(band->calibration);
    free(band->sigma);
    free(band->own);
    *band = (Band){0};
}

bool band_calibrate(Model *model, const Series *series, const Engine *engine, WindowRange windows, Error *error) {
    const size_t most = INTERVAL_RING, first = windows.last - windows.first > most ? windows.last - most : windows.first;
    Band band = {.model = model, .series = series, .row = windows.last + model->recipe.horizon - 1};
    const bool ok = allocate(&band, error) && measure(&band, engine, first, band.row, error) && learn_range(&band, engine, first, error);
    if (ok) {
        memcpy(model->calibration, band.calibration, model_n_scores(model) * sizeof *model->calibration);
    }
    band_close(&band);
    return ok;
}

/* Steps beyond the model's share the calibration of its last. */
static size_t own_step(const Band *band, size_t step) {
    return step < band->model->recipe.horizon ? step : band->model->recipe.horizon;
}

/* The nearest of the levels that have scores of their own. */
static size_t nearest(const Band *band, double level) {
    size_t best = 0;
    for (size_t l = 1; l < band->model->n_levels; l++) {
        best = fabs(band->model->levels[l] - level) < fabs(band->model->levels[best] - level) ? l : best;
    }
    return best;
}

static double unit_half(const Band *band, size_t step, size_t level) {
    const double growth = sqrt((double)step / (double)own_step(band, step));
    return size_of(band, band->row, own_step(band, step), level) * growth;
}

double band_center(const Band *band, size_t step, double level, double forecast) {
    return step > band->model->recipe.horizon ? forecast : center_of(band, band->row, step, nearest(band, level), forecast);
}

double band_half(const Band *band, size_t step, double level) {
    const size_t l = nearest(band, level);
    return interval_quantile(scores_of(band, own_step(band, step), l), level) * unit_half(band, step, l);
}

double band_half_adaptive(const Band *band, size_t step, const IntervalAdaptive *adaptive) {
    const size_t l = nearest(band, 1 - adaptive->target);
    return interval_adaptive_quantile(scores_of(band, own_step(band, step), l), adaptive) * unit_half(band, step, l);
}

double band_scale(const Band *band, size_t step) {
    return band->sigma[band->row] * spread_unit(band->model, band->series->columns[0][band->row - 1]) * sqrt((double)step);
}

void band_advance(Band *band, double forecast) {
    band_learn(band, band->row, 1, forecast);
    learn_error(band, band->row, forecast);
    band->row++;
}
