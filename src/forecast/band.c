#include "lstmfc/band.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

static double unit_of(const Model *model, double last) {
    return model->scaler.columns[0].anchor == ANCHOR_RATIO ? fabs(last) : 1;
}

void band_volatilities(const Model *model, const Series *series, double *sigma) {
    const double *x = series->columns[0];
    IntervalVolatility volatility = {0};
    sigma[0] = NAN;
    for (size_t r = 1; r <= series->n_rows; r++) {
        if (r > 1) {
            interval_volatility_push(&volatility, (x[r - 1] - x[r - 2]) / unit_of(model, x[r - 2]));
        }
        sigma[r] = interval_volatility(&volatility);
    }
}

double band_score(const Model *model, const Series *series, const double *sigma, size_t origin, size_t step, double forecast) {
    const double *x = series->columns[0];
    return interval_residual(x[origin + step - 1] - forecast, sigma[origin], unit_of(model, x[origin - 1]));
}

/* Scores of the forecasts made from the rows after the training part, as far as their rows are known. */
static bool go_on(Band *band, const Engine *engine, Error *error) {
    const Model *model = band->model;
    const size_t k = model->recipe.horizon, after = series_behind(band->series, model->training.to);
    size_t first = after > model->recipe.window ? after : model->recipe.window;
    first = band->row > first + INTERVAL_RING + k ? band->row - INTERVAL_RING - k : first;
    if (first >= band->row) {
        return true;
    }
    const size_t n = band->row - first;
    size_t *r = memory_zeroed(n, sizeof *r);
    double *values = memory_zeroed(n, k * sizeof *values);
    bool ok = (r && values) || error_memory(error, "the intervals");
    for (size_t i = 0; ok && i < n; i++) {
        r[i] = first + i;
    }
    ok = ok && forecast_windows(model, band->series, engine, r, n, values, error);
    for (size_t i = 0; ok && i < n * k; i++) {
        const size_t origin = r[i / k], step = i % k + 1;
        if (origin + step <= band->row) {
            interval_push(&band->calibration[step - 1], band_score(model, band->series, band->sigma, origin, step, values[i]));
        }
    }
    free(values);
    free(r);
    return ok;
}

bool band_open(Band *band, const Model *model, const Series *series, const Engine *engine, size_t row, Error *error) {
    const size_t k = model->recipe.horizon;
    *band = (Band){.model = model, .series = series, .row = row};
    band->calibration = memory_zeroed(k, sizeof *band->calibration);
    band->sigma = memory_zeroed(series->n_rows + 1, sizeof *band->sigma);
    if (!band->calibration || !band->sigma) {
        band_close(band);
        return error_memory(error, "the intervals");
    }
    memcpy(band->calibration, model->calibration, k * sizeof *band->calibration);
    band_volatilities(model, series, band->sigma);
    if (!go_on(band, engine, error)) {
        band_close(band);
        return false;
    }
    return true;
}

void band_close(Band *band) {
    free(band->calibration);
    free(band->sigma);
    *band = (Band){0};
}

/* Steps beyond the model's share the calibration of its last. */
static size_t own_step(const Band *band, size_t step) {
    return step < band->model->recipe.horizon ? step : band->model->recipe.horizon;
}

static double unit_half(const Band *band, size_t step) {
    const double growth = sqrt((double)step / (double)own_step(band, step));
    return band->sigma[band->row] * unit_of(band->model, band->series->columns[0][band->row - 1]) * growth;
}

double band_half(const Band *band, size_t step, double level) {
    return interval_quantile(&band->calibration[own_step(band, step) - 1], level) * unit_half(band, step);
}

double band_half_adaptive(const Band *band, size_t step, const IntervalAdaptive *adaptive) {
    return interval_adaptive_quantile(&band->calibration[own_step(band, step) - 1], adaptive) * unit_half(band, step);
}

double band_scale(const Band *band, size_t step) {
    return unit_half(band, 1) * sqrt((double)step);
}

void band_learn(Band *band, size_t origin, size_t step, double forecast) {
    interval_push(&band->calibration[step - 1], band_score(band->model, band->series, band->sigma, origin, step, forecast));
}

void band_advance(Band *band, double forecast) {
    band_learn(band, band->row, 1, forecast);
    band->row++;
}
