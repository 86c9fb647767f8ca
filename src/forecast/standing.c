#include "lstmfc/standing.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/memory.h"

void standing_baselines(const double *x, size_t first, size_t last, size_t from, size_t to, size_t step, bool path, size_t stride,
                        double *out) {
    for (size_t i = 0; baseline_kinds[i] && i < STANDING_BASELINES; i++) {
        BaselineState state;
        baseline_fit(&state, baseline_kinds[i], x, first, last, 0);
        if (!path) {
            baseline_forecasts(&state, x, from, to, step, out + i * stride);
        }
        for (size_t k = 0; path && k < to - from; k++) {
            out[i * stride + k] = baseline_forecast(&state, x, from, k + 1);
        }
    }
}

static void errors_of(const StandingInput *in, const double *forecast, double *errors) {
    for (size_t i = 0; i < in->n; i++) {
        errors[i] = in->actual[i] - forecast[i];
    }
}

static double ratio_of(const Metrics *a, const Metrics *b) {
    return b->value[METRIC_RMSE] > 0 ? a->value[METRIC_RMSE] / b->value[METRIC_RMSE] : (double)NAN;
}

static bool score_baselines(Standing *s, const StandingInput *in, const double *errors, double *other, Error *error) {
    double p[STANDING_BASELINES], holm[STANDING_BASELINES];
    for (; in->baselines && baseline_kinds[s->n_baselines] && s->n_baselines < STANDING_BASELINES; s->n_baselines++) {
        StandingBaseline *b = &s->baselines[s->n_baselines];
        const double *forecast = in->baselines + s->n_baselines * in->n;
        errors_of(in, forecast, other);
        b->kind = baseline_kinds[s->n_baselines];
        b->metrics = metric_score(in->actual, forecast, in->n);
        b->ratio = ratio_of(&s->model, &b->metrics);
        b->dm = skill_diebold_mariano(errors, other, in->n, in->step);
        p[s->n_baselines] = b->dm.p;
    }
    const bool ok = s->n_baselines == 0 || skill_adjust(SKILL_HOLM, p, s->n_baselines, holm, error);
    for (size_t i = 0; ok && i < s->n_baselines; i++) {
        StandingBaseline *b = &s->baselines[i];
        b->holm = holm[i];
        b->verdict = skill_verdict(skill_score(s->model.value[METRIC_MSE], b->metrics.value[METRIC_MSE]), b->holm);
    }
    return ok;
}

static void score_naive(Standing *s, const StandingInput *in, const double *errors, const double *naive_errors) {
    const SkillLag none = {.change = NAN, .p = NAN};
    s->model = metric_score(in->actual, in->forecast, in->n);
    s->naive = metric_score(in->actual, in->naive, in->n);
    s->ratio = ratio_of(&s->model, &s->naive);
    s->skill = skill_score(s->model.value[METRIC_MSE], s->naive.value[METRIC_MSE]);
    s->mase = metric_mase(s->model.value[METRIC_MAE] * in->unit, in->training, in->n_training, 1);
    s->rmsse = metric_rmsse(s->model.value[METRIC_RMSE] * in->unit, in->training, in->n_training, 1);
    s->theil_u = skill_theil_u(in->actual, in->forecast, in->last, in->n);
    s->direction = metric_direction(in->actual, in->forecast, in->last, in->n);
    s->direction_test = skill_direction(in->actual, in->forecast, in->last, in->n);
    s->lag = in->gaps ? none : skill_lag(in->forecast, in->actual, in->n, in->step);
    s->clark_west = skill_clark_west(naive_errors, errors, in->n, in->step);
    s->dm = skill_diebold_mariano(errors, naive_errors, in->n, in->step);
    s->verdict = skill_verdict(s->skill, s->dm.p);
}

bool standing_init(Standing *s, const StandingInput *in, Error *error) {
    double *errors = memory_zeroed(in->n, 2 * sizeof *errors);
    *s = (Standing){.n = in->n, .step = in->step};
    if (!errors) {
        return error_memory(error, "the verdict");
    }
    errors_of(in, in->forecast, errors);
    errors_of(in, in->naive, errors + in->n);
    score_naive(s, in, errors, errors + in->n);
    const bool ok = score_baselines(s, in, errors, errors + in->n, error);
    free(errors);
    return ok;
}
