#include "lstmfc/evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

bool evaluation_range(const Model *model, const Series *series, Date from, Date to, RowRange *rows, Error *error) {
    char text[DATE_TEXT];
    const size_t after = series_behind(series, model->training.to);
    rows->first = after > model->recipe.window ? after : model->recipe.window;
    rows->last = to == DATE_NONE ? series->n_rows : series_behind(series, to);
    if (from != DATE_NONE && series_row(series, from) < after) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "a later --from, or train with an earlier --train-to",
                        "rows up to %s were trained on and are not scored", date_format(model->training.to, text));
    }
    if (from != DATE_NONE && series_row(series, from) > rows->first) {
        rows->first = series_row(series, from);
    }
    return rows->first < rows->last ||
           error_at(error, ERROR_DATA, series->source, 0, 0, "train with an earlier --train-to or --train-frac 0.8, or give newer rows",
                    "no rows left to score: the model was trained on rows up to %s", date_format(model->training.to, text));
}

/* One-step: all steps of the forecasts made before each row. */
static bool forecast_rows(Evaluation *e, const Model *model, const Series *series, const Engine *engine, Error *error) {
    if (e->mode == EVALUATION_PATH) {
        return forecast_path(model, series, engine, e->first_row, e->n, e->forecast, error);
    }
    e->values = memory_zeroed(e->n, e->horizon * sizeof *e->values);
    const bool ok =
        e->values ? forecast_range(model, series, engine, e->first_row, e->n, e->values, error) : error_memory(error, "the evaluation");
    for (size_t i = 0; ok && i < e->n; i++) {
        e->forecast[i] = e->values[i * e->horizon];
    }
    return ok;
}

/* Range of one scaled unit for the `scaled` figures: that of the stored scaler. With an anchor it depends on the row; the last training
 * row's is taken. */
static double scaled_unit(const Model *model, const Series *series) {
    const size_t after = series_behind(series, model->training.to);
    return scaler_unit(&model->scaler.columns[0], series->columns[0][after ? after - 1 : 0]);
}

static bool score(Evaluation *e, const Model *model, const Series *series, Error *error) {
    const double *target = series->columns[0], unit = scaled_unit(model, series);
    const RowRange training = {series_row(series, model->training.from), series_behind(series, model->training.to)};
    const bool path = e->mode == EVALUATION_PATH, trained = training.last > training.first;
    double *last = memory_zeroed(e->n, (1 + STANDING_BASELINES) * sizeof *last);
    if (!last) {
        return error_memory(error, "the evaluation");
    }
    for (size_t i = 0; i < e->n; i++) {
        const size_t row = e->first_row + i;
        last[i] = target[row - 1];
        e->actual[i] = target[row];
        e->naive[i] = target[(path ? e->first_row : row) - 1];
    }
    StandingInput input = {.n = e->n, .step = 1, .actual = e->actual, .forecast = e->forecast, .naive = e->naive, .last = last, .unit = 1};
    if (trained) {
        standing_baselines(target, training.first, training.last, e->first_row, e->first_row + e->n, 1, path, e->n, last + e->n);
        input.baselines = last + e->n;
        input.training = target + training.first;
        input.n_training = training.last - training.first;
    }
    const bool ok = standing_init(&e->standing, &input, error);
    e->scaled = metric_rescale(&e->standing.model, unit);
    e->naive_scaled = metric_rescale(&e->standing.naive, unit);
    free(last);
    return ok;
}

/* ---- each step of a longer horizon */

static void score_step(EvaluationStep *s, const Evaluation *e, const double *target, double *errors, double *naive_errors) {
    double sse = 0, sse_naive = 0;
    s->n = e->n - s->step + 1;
    for (size_t i = 0; i < s->n; i++) {
        const size_t origin = e->first_row + i;
        errors[i] = target[origin + s->step - 1] - e->values[i * e->horizon + s->step - 1];
        naive_errors[i] = target[origin + s->step - 1] - target[origin - 1];
        sse += errors[i] * errors[i];
        sse_naive += naive_errors[i] * naive_errors[i];
    }
    s->rmse = sqrt(sse / (double)s->n);
    s->rmse_naive = sqrt(sse_naive / (double)s->n);
    s->ratio = sse_naive > 0 ? sqrt(sse / sse_naive) : (double)NAN;
    s->skill = skill_score(sse, sse_naive);
    s->dm = skill_diebold_mariano(errors, naive_errors, s->n, s->step);
}

static bool score_steps(Evaluation *e, const Series *series, Error *error) {
    const size_t n = e->horizon < e->n ? e->horizon : e->n;
    if (e->mode == EVALUATION_PATH || n < 2) {
        return true;
    }
    double *errors = memory_zeroed(e->n, 2 * sizeof *errors), *p = memory_zeroed(n, 2 * sizeof *p);
    e->steps = memory_zeroed(n, sizeof *e->steps);
    bool ok = (errors && p && e->steps) || error_memory(error, "the evaluation");
    for (size_t k = 0; ok && k < n; k++) {
        e->steps[k].step = k + 1;
        score_step(&e->steps[k], e, series->columns[0], errors, errors + e->n);
        p[k] = e->steps[k].dm.p;
    }
    ok = ok && skill_adjust(SKILL_HOLM, p, n, p + n, error);
    for (size_t k = 0; ok && k < n; k++) {
        e->steps[k].holm = p[n + k];
        e->steps[k].verdict = skill_verdict(e->steps[k].skill, e->steps[k].holm);
    }
    e->n_steps = ok ? n : 0;
    free(errors);
    free(p);
    return ok;
}

bool evaluation_run(Evaluation *e, const Model *model, const Series *series, const Engine *engine, Date from, Date to, EvaluationMode mode,
                    Error *error) {
    RowRange rows;
    *e = (Evaluation){.mode = mode, .horizon = model->recipe.horizon};
    if (!evaluation_range(model, series, from, to, &rows, error)) {
        return false;
    }
    e->n = rows.last - rows.first;
    e->first_row = rows.first;
    e->from = series->dates[rows.first];
    e->to = series->dates[rows.last - 1];
    e->actual = memory_zeroed(e->n, 3 * sizeof *e->actual);
    if (!e->actual) {
        return error_memory(error, "the evaluation");
    }
    e->forecast = e->actual + e->n;
    e->naive = e->actual + 2 * e->n;
    if (forecast_rows(e, model, series, engine, error) && score(e, model, series, error) && score_steps(e, series, error)) {
        return true;
    }
    evaluation_free(e);
    return false;
}

/* ---- intervals */

/* Bounds of each step: `low`, then `high`, each [n_levels][n], one step's behind the other's. */
static void bound_steps(const Evaluation *e, const Band *band, double *bounds, size_t i) {
    const Fan *fan = &e->fan;
    for (size_t k = 0; k < e->n_steps; k++) {
        double *low = bounds + k * 2 * fan->n_levels * e->n, *high = low + fan->n_levels * e->n;
        for (size_t l = 0; l < fan->n_levels && i < e->steps[k].n; l++) {
            const double half = band_half(band, k + 1, fan->levels[l]), value = e->values[i * e->horizon + k];
            const double center = band_center(band, k + 1, fan->levels[l], value);
            low[l * e->n + i] = center - half;
            high[l * e->n + i] = center + half;
        }
    }
}

static void score_step_bounds(Evaluation *e, const Series *series, const double *bounds) {
    const Fan *fan = &e->fan;
    for (size_t k = 0; k < e->n_steps; k++) {
        for (size_t l = 0; l < fan->n_levels; l++) {
            const double *low = bounds + (k * 2 * fan->n_levels + l) * e->n, *high = low + fan->n_levels * e->n;
            e->steps[k].intervals[l] = interval_score(series->columns[0] + e->first_row + k, low, high, e->steps[k].n, fan->levels[l]);
        }
    }
}

/* Row i has become known, and with it every step's forecast of it. */
static void learn_row(const Evaluation *e, Band *band, size_t i) {
    for (size_t step = 2; step <= e->horizon && step <= i + 1; step++) {
        band_learn(band, e->first_row + i + 1 - step, step, e->values[(i + 1 - step) * e->horizon + step - 1]);
    }
    band_advance(band, e->forecast[i]);
}

static void spread(Evaluation *e, Band *band, double *bounds) {
    for (size_t i = 0; i < e->n; i++) {
        fan_spread(&e->fan, i, band, e->mode == EVALUATION_PATH ? i + 1 : 1, e->actual[i], e->forecast[i], e->naive[i], 1);
        bound_steps(e, band, bounds, i);
        if (e->mode == EVALUATION_ONE_STEP) {
            learn_row(e, band, i);
        }
    }
}

bool evaluation_intervals(Evaluation *e, const Model *model, const Series *series, const Engine *engine, const double *levels,
                          size_t n_levels, Error *error) {
    Band band;
    if (!fan_init(&e->fan, levels, n_levels, e->n, error)) {
        return false;
    }
    double *bounds = memory_zeroed(2 * n_levels * e->n, e->n_steps * sizeof *bounds);
    const bool ok = bounds ? band_open_range(&band, model, series, engine, e->first_row,
                                             e->first_row + (e->mode == EVALUATION_PATH ? 0 : e->n - 1), error)
                           : error_memory(error, "the intervals");
    if (ok) {
        spread(e, &band, bounds);
        e->fan_score = fan_score(&e->fan, e->actual);
        score_step_bounds(e, series, bounds);
        band_close(&band);
    }
    free(bounds);
    return ok;
}

void evaluation_free(Evaluation *e) {
    fan_free(&e->fan);
    free(e->actual);
    free(e->values);
    free(e->steps);
    *e = (Evaluation){0};
}

/* ---- does a forecast look ahead? */

static bool same_forecasts(const Model *model, const Series *a, const Series *b, const Engine *engine, size_t row, Error *error) {
    enum { WINDOWS = 64 };
    const size_t k = model->recipe.horizon;
    size_t r[WINDOWS], n = 0;
    if (row < model->recipe.window) {
        return error_at(error, ERROR_DATA, a->source, 0, 0, "more rows", "the leak check needs %zu rows before the one it changes",
                        model->recipe.window);
    }
    for (size_t i = row; i >= model->recipe.window && n < WINDOWS; i--) {
        r[n++] = i;
    }
    double *values = memory_zeroed(2 * n, k * sizeof *values);
    if (!values) {
        return error_memory(error, "the leak check");
    }
    const bool ok =
        forecast_windows(model, a, engine, r, n, values, error) && forecast_windows(model, b, engine, r, n, values + n * k, error);
    const bool same = ok && memcmp(values, values + n * k, n * k * sizeof *values) == 0;
    free(values);
    return same ||
           (ok && error_set(error, ERROR_INTERNAL, NULL, "leak: changing rows from %zu on changed forecasts made before them", row + 1));
}

enum { LEAK_LEVELS = 3 };

/* Widths of every step before `row` is known. */
static bool widths(const Model *model, const Series *series, const Engine *engine, size_t row, double *out, Error *error) {
    static const double levels[LEAK_LEVELS] = {0.5, 0.8, 0.95};
    Band band;
    if (!band_open_range(&band, model, series, engine, row, row, error)) {
        return false;
    }
    for (size_t i = 0; i < model->recipe.horizon * LEAK_LEVELS; i++) {
        out[i] = band_half(&band, i / LEAK_LEVELS + 1, levels[i % LEAK_LEVELS]);
    }
    band_close(&band);
    return true;
}

static bool same_intervals(const Model *model, const Series *a, const Series *b, const Engine *engine, size_t row, Error *error) {
    const size_t n = LEAK_LEVELS * model->recipe.horizon;
    double *values = memory_zeroed(2, n * sizeof *values);
    if (!values) {
        return error_memory(error, "the leak check");
    }
    const bool ok = widths(model, a, engine, row, values, error) && widths(model, b, engine, row, values + n, error);
    const bool same = ok && memcmp(values, values + n, n * sizeof *values) == 0;
    free(values);
    return same ||
           (ok && error_set(error, ERROR_INTERNAL, NULL, "leak: changing rows from %zu on changed intervals made before them", row + 1));
}

bool evaluation_leak_check(const Model *model, const Series *series, const Engine *engine, size_t row, Error *error) {
    Series other;
    const bool ok = series_disturbed(&other, series, row, error) && same_forecasts(model, series, &other, engine, row, error) &&
                    (model->recipe.objective == OBJECTIVE_DIRECTION || same_intervals(model, series, &other, engine, row, error));
    series_free(&other);
    return ok;
}
