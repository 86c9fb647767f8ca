#include "lstmfc/evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/band.h"
#include "lstmfc/memory.h"

/* Rows to score: after the training rows, from .. to, with a whole window before them. */
static bool scored_rows(const Model *model, const Series *series, Date from, Date to, RowRange *rows, Error *error) {
    char text[DATE_TEXT];
    const size_t after = series_row(series, model->training.to + 1);
    rows->first = after > model->recipe.window ? after : model->recipe.window;
    rows->last = to == DATE_NONE ? series->n_rows : series_row(series, to + 1);
    if (from != DATE_NONE && from <= model->training.to) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "a later --from, or train with an earlier --train-to", "rows up to %s were trained on and are not scored",
                        date_format(model->training.to, text));
    }
    if (from != DATE_NONE && series_row(series, from) > rows->first) {
        rows->first = series_row(series, from);
    }
    return rows->first < rows->last || error_at(error, ERROR_DATA, series->source, 0, 0, "train with an earlier --train-to or --train-frac 0.8, or give newer rows",
                                                "no rows left to score: the model was trained on rows up to %s", date_format(model->training.to, text));
}

static bool forecast_rows(Evaluation *e, const Model *model, const Series *series, const Engine *engine, EvaluationMode mode, Error *error) {
    if (mode == EVALUATION_PATH) {
        return forecast_path(model, series, engine, e->first_row, e->n, e->forecast, error);
    }
    const size_t k = model->recipe.horizon;
    size_t *r = memory_zeroed(e->n, sizeof *r);
    double *values = memory_zeroed(e->n, k * sizeof *values);
    bool ok = (r && values) || error_memory(error, "the evaluation");
    for (size_t i = 0; ok && i < e->n; i++) {
        r[i] = e->first_row + i;
    }
    ok = ok && forecast_windows(model, series, engine, r, e->n, values, error);
    for (size_t i = 0; ok && i < e->n; i++) {
        e->forecast[i] = values[i * k];
    }
    free(values);
    free(r);
    return ok;
}

/* Range of one scaled unit for the `scaled` figures: that of the stored scaler. With an anchor it depends on the row; the last training row's is taken. */
static double scaled_unit(const Model *model, const Series *series) {
    const size_t after = series_row(series, model->training.to + 1);
    return scaler_unit(&model->scaler.columns[0], series->columns[0][after ? after - 1 : 0]);
}

/* Fitted on the training rows, scored on the rows of the evaluation. */
static void score_baselines(Evaluation *e, RowRange training, const double *target, const double *errors, double *forecast, double *other) {
    for (size_t i = 0; baseline_kinds[i] && e->n_baselines < EVALUATION_BASELINES; i++) {
        EvaluationBaseline *b = &e->baselines[e->n_baselines];
        BaselineState state;
        b->kind = baseline_kinds[i];
        if (!baseline_fit(&state, b->kind, target, training.first, training.last, 0)) {
            continue;
        }
        if (e->mode == EVALUATION_PATH) {
            for (size_t k = 0; k < e->n; k++) {
                forecast[k] = baseline_forecast(&state, target, e->first_row, k + 1);
            }
        } else {
            baseline_forecasts(&state, target, e->first_row, e->first_row + e->n, 1, forecast);
        }
        for (size_t k = 0; k < e->n; k++) {
            other[k] = e->actual[k] - forecast[k];
        }
        b->metrics = metric_score(e->actual, forecast, e->n);
        b->dm = skill_diebold_mariano(errors, other, e->n, 1);
        e->n_baselines++;
    }
}

static void score_skill(Evaluation *e, const double *errors, const double *naive_errors, const double *last) {
    e->skill = skill_score(e->model.value[METRIC_MSE], e->naive_model.value[METRIC_MSE]);
    e->direction = metric_direction(e->actual, e->forecast, last, e->n);
    e->direction_test = skill_direction(e->actual, e->forecast, last, e->n);
    e->theil_u = skill_theil_u(e->actual, e->forecast, last, e->n);
    e->lag = skill_lag(e->forecast, e->actual, e->n, 1);
    e->clark_west = skill_clark_west(naive_errors, errors, e->n, 1);
    e->dm = skill_diebold_mariano(errors, naive_errors, e->n, 1);
    e->verdict = skill_verdict(e->skill, e->dm.p);
}

static bool score(Evaluation *e, const Model *model, const Series *series, Error *error) {
    const double *target = series->columns[0], unit = scaled_unit(model, series);
    const RowRange training = {series_row(series, model->training.from), series_row(series, model->training.to + 1)};
    double *work = memory_zeroed(e->n, 5 * sizeof *work);
    if (!work) {
        return error_memory(error, "the evaluation");
    }
    double *errors = work, *naive_errors = work + e->n, *last = work + 2 * e->n;
    for (size_t i = 0; i < e->n; i++) {
        const size_t row = e->first_row + i;
        last[i] = target[row - 1];
        e->actual[i] = target[row];
        e->naive[i] = target[(e->mode == EVALUATION_PATH ? e->first_row : row) - 1];
        errors[i] = e->actual[i] - e->forecast[i];
        naive_errors[i] = e->actual[i] - e->naive[i];
    }
    e->model = metric_score(e->actual, e->forecast, e->n);
    e->naive_model = metric_score(e->actual, e->naive, e->n);
    e->scaled = metric_rescale(&e->model, unit);
    e->naive_scaled = metric_rescale(&e->naive_model, unit);
    e->mase = e->rmsse = NAN;
    if (training.last > training.first) {
        e->mase = metric_mase(e->model.value[METRIC_MAE], target + training.first, training.last - training.first, 1);
        e->rmsse = metric_rmsse(e->model.value[METRIC_RMSE], target + training.first, training.last - training.first, 1);
        score_baselines(e, training, target, errors, work + 3 * e->n, work + 4 * e->n);
    }
    score_skill(e, errors, naive_errors, last);
    free(work);
    return true;
}

bool evaluation_run(Evaluation *e, const Model *model, const Series *series, const Engine *engine, Date from, Date to, EvaluationMode mode, Error *error) {
    RowRange rows;
    *e = (Evaluation){.mode = mode};
    if (!scored_rows(model, series, from, to, &rows, error)) {
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
    if (forecast_rows(e, model, series, engine, mode, error) && score(e, model, series, error)) {
        return true;
    }
    evaluation_free(e);
    return false;
}

bool evaluation_intervals(Evaluation *e, const Model *model, const Series *series, const Engine *engine, const double *levels, size_t n_levels, Error *error) {
    Band band;
    e->low = memory_zeroed(n_levels * e->n, 2 * sizeof *e->low);
    if (!e->low) {
        return error_memory(error, "the intervals");
    }
    e->high = e->low + n_levels * e->n;
    e->n_levels = n_levels;
    if (!band_open(&band, model, series, engine, e->first_row, error)) {
        return false;
    }
    for (size_t i = 0; i < e->n; i++) {
        for (size_t l = 0; l < n_levels; l++) {
            const double half = band_half(&band, e->mode == EVALUATION_PATH ? i + 1 : 1, levels[l]);
            e->low[l * e->n + i] = e->forecast[i] - half;
            e->high[l * e->n + i] = e->forecast[i] + half;
        }
        if (e->mode == EVALUATION_ONE_STEP) {
            band_advance(&band, e->forecast[i]);
        }
    }
    for (size_t l = 0; l < n_levels; l++) {
        e->levels[l] = levels[l];
        e->intervals[l] = interval_score(e->actual, e->low + l * e->n, e->high + l * e->n, e->n, levels[l]);
    }
    band_close(&band);
    return true;
}

void evaluation_free(Evaluation *e) {
    free(e->low);
    free(e->actual);
    *e = (Evaluation){0};
}

static bool same_forecasts(const Model *model, const Series *a, const Series *b, const Engine *engine, size_t row, Error *error) {
    enum { WINDOWS = 64 };
    const size_t k = model->recipe.horizon;
    size_t r[WINDOWS], n = 0;
    if (row < model->recipe.window) {
        return error_at(error, ERROR_DATA, a->source, 0, 0, "more rows", "the leak check needs %zu rows before the one it changes", model->recipe.window);
    }
    for (size_t i = row; i >= model->recipe.window && n < WINDOWS; i--) {
        r[n++] = i;
    }
    double *values = memory_zeroed(2 * n, k * sizeof *values);
    if (!values) {
        return error_memory(error, "the leak check");
    }
    const bool ok = forecast_windows(model, a, engine, r, n, values, error) && forecast_windows(model, b, engine, r, n, values + n * k, error);
    const bool same = ok && memcmp(values, values + n * k, n * k * sizeof *values) == 0;
    free(values);
    return same || (ok && error_set(error, ERROR_INTERNAL, NULL, "leak: changing rows from %zu on changed forecasts made before them", row + 1));
}

bool evaluation_leak_check(const Model *model, const Series *series, const Engine *engine, size_t row, Error *error) {
    Series other = *series;
    double *block = memory_zeroed(series->n_rows, series->n_columns * sizeof *block);
    double **columns = calloc(series->n_columns, sizeof *columns);
    bool ok = (block && columns) || error_memory(error, "the leak check");
    for (size_t c = 0; ok && c < series->n_columns; c++) {
        columns[c] = block + c * series->n_rows;
        for (size_t i = 0; i < series->n_rows; i++) {
            columns[c][i] = i < row ? series->columns[c][i] : 3 * series->columns[c][i] + 7;
        }
    }
    other.columns = columns;
    ok = ok && same_forecasts(model, series, &other, engine, row, error);
    free(columns);
    free(block);
    return ok;
}
