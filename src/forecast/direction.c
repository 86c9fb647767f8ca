#include "lstmfc/direction.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/evaluation.h"
#include "lstmfc/math64.h"
#include "lstmfc/memory.h"
#include "lstmfc/sum.h"

double direction_rate(const double *x, size_t last) {
    size_t rises = 0;
    for (size_t i = 1; i < last; i++) {
        rises += x[i] > x[i - 1];
    }
    return last > 1 ? (double)rises / (double)(last - 1) : (double)NAN;
}

static double surprise(double probability, bool rise) {
    const double of_outcome = rise ? probability : 1 - probability;
    return -math64_log(of_outcome > 1e-15 ? of_outcome : 1e-15);
}

/* `probability` NULL: `rate` for every row. errors[n] are probability - outcome. */
static DirectionScore score(const Direction *d, const double *probability, double *errors) {
    Sum brier = {0}, log_loss = {0};
    size_t right = 0;
    for (size_t i = 0; i < d->n; i++) {
        const double p = probability ? probability[i] : d->rate;
        const bool rise = d->actual[i] > d->last[i];
        errors[i] = p - (rise ? 1 : 0);
        sum_add(&brier, errors[i] * errors[i]);
        sum_add(&log_loss, surprise(p, rise));
        right += (p > 0.5) == rise;
    }
    const double n = (double)d->n;
    return (DirectionScore){.accuracy = (double)right / n, .brier = sum_value(&brier) / n, .log_loss = sum_value(&log_loss) / n};
}

static bool score_both(Direction *d, Error *error) {
    double *work = memory_zeroed(d->n, 3 * sizeof *work);
    if (!work) {
        return error_memory(error, "the evaluation");
    }
    double *errors = work, *base_errors = work + d->n, *sides = work + 2 * d->n;
    d->model = score(d, d->probability, errors);
    d->base = score(d, NULL, base_errors);
    for (size_t i = 0; i < d->n; i++) {
        sides[i] = d->last[i] + (d->probability[i] - 0.5);
    }
    d->skill = skill_score(d->model.brier, d->base.brier);
    d->dm = skill_diebold_mariano(errors, base_errors, d->n, 1);
    d->test = skill_direction(d->actual, sides, d->last, d->n);
    d->verdict = skill_verdict(d->skill, d->dm.p);
    free(work);
    return true;
}

static bool forecast(Direction *d, const Model *model, const Series *series, const Engine *engine, Error *error) {
    const size_t k = model->recipe.horizon;
    double *values = memory_zeroed(d->n, k * sizeof *values);
    const bool ok =
        values ? forecast_range(model, series, engine, d->first_row, d->n, values, error) : error_memory(error, "the evaluation");
    for (size_t i = 0; ok && i < d->n; i++) {
        d->actual[i] = series->columns[0][d->first_row + i];
        d->last[i] = series->columns[0][d->first_row + i - 1];
        d->probability[i] = values[i * k];
    }
    free(values);
    return ok;
}

bool direction_run(Direction *d, const Model *model, const Series *series, const Engine *engine, Date from, Date to, Error *error) {
    RowRange rows;
    *d = (Direction){0};
    if (model->recipe.objective != OBJECTIVE_DIRECTION) {
        return error_set(error, ERROR_USAGE, "train with --objective direction", "the model forecasts values");
    }
    if (!evaluation_range(model, series, from, to, &rows, error)) {
        return false;
    }
    d->n = rows.last - rows.first;
    d->first_row = rows.first;
    d->from = series->dates[rows.first];
    d->to = series->dates[rows.last - 1];
    d->rate = direction_rate(series->columns[0], rows.first);
    d->actual = memory_zeroed(d->n, 3 * sizeof *d->actual);
    if (!d->actual) {
        return error_memory(error, "the evaluation");
    }
    d->last = d->actual + d->n;
    d->probability = d->actual + 2 * d->n;
    if (forecast(d, model, series, engine, error) && score_both(d, error)) {
        return true;
    }
    direction_free(d);
    return false;
}

void direction_free(Direction *d) {
    free(d->actual);
    *d = (Direction){0};
}
