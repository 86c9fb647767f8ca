#include "lstmfc/evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static bool score(Evaluation *e, const Model *model, const Series *series, EvaluationMode mode, Error *error) {
    const double *target = series->columns[0], unit = scaled_unit(model, series);
    double *errors = memory_zeroed(e->n, 3 * sizeof *errors);
    if (!errors) {
        return error_memory(error, "the evaluation");
    }
    double *naive_errors = errors + e->n, *last = errors + 2 * e->n;
    for (size_t i = 0; i < e->n; i++) {
        const size_t row = e->first_row + i;
        last[i] = target[row - 1];
        e->actual[i] = target[row];
        e->naive[i] = target[(mode == EVALUATION_PATH ? e->first_row : row) - 1];
        errors[i] = e->actual[i] - e->forecast[i];
        naive_errors[i] = e->actual[i] - e->naive[i];
    }
    e->model = metric_score(e->actual, e->forecast, e->n);
    e->naive_model = metric_score(e->actual, e->naive, e->n);
    e->scaled = metric_rescale(&e->model, unit);
    e->naive_scaled = metric_rescale(&e->naive_model, unit);
    e->skill = skill_score(e->model.value[METRIC_MSE], e->naive_model.value[METRIC_MSE]);
    const size_t first = series_row(series, model->training.from), after = series_row(series, model->training.to + 1);
    e->mase = after > first ? metric_mase(e->model.value[METRIC_MAE], target + first, after - first, 1) : NAN;
    e->direction = metric_direction(e->actual, e->forecast, last, e->n);
    e->dm = skill_diebold_mariano(errors, naive_errors, e->n, 1);
    e->verdict = skill_verdict(e->skill, e->dm.p);
    free(errors);
    return true;
}

bool evaluation_run(Evaluation *e, const Model *model, const Series *series, const Engine *engine, Date from, Date to, EvaluationMode mode, Error *error) {
    RowRange rows;
    *e = (Evaluation){0};
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
    if (forecast_rows(e, model, series, engine, mode, error) && score(e, model, series, mode, error)) {
        return true;
    }
    evaluation_free(e);
    return false;
}

void evaluation_free(Evaluation *e) {
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
