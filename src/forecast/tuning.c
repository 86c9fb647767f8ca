#include "lstmfc/tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/memory.h"
#include "lstmfc/text.h"
#include "search.h"
#include "trial.h"

/* ---- the plan */

/* Everything that a fit of a trial depends on, but its own draw. */
static bool name_search(Tuning *t, const TuningOptions *options, const Series *series, const Engine *engine, size_t end, Error *error) {
    const SplitPlan *p = &t->plan;
    char buffer[64], hex[65];
    Text text = {0};
    FileHash hash;
    model_fingerprint(series, 0, end, hex);
    text_printf(&text, "%s %d %zu %zu %zu %zu %zu %zu %s", hex, (int)p->scheme, p->train_size, p->val_size, p->step, p->gap, p->first,
                p->n_splits, strcmp(engine->kernels->name, "v1") == 0 ? "v1" : "fma");
    for (size_t i = 0; i < recipe_n_settings; i++) {
        if (recipe_settings[i].saved) {
            const char *value = setting_get(&recipe_settings[i], options->recipe, buffer, sizeof buffer);
            text_printf(&text, "\n%s=%s", recipe_settings[i].name, value);
        }
    }
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        const TuningRange *r = &tuning_ranges[i];
        text_printf(&text, "\n%s %s %d %g %g", r->name, r->setting, options->fixed[i], r->low, r->high);
        for (size_t j = 0; r->choices && r->choices[j]; j++) {
            text_printf(&text, " %s", r->choices[j]);
        }
    }
    if (text.failed) {
        text_free(&text);
        return error_memory(error, "the search");
    }
    file_hash_init(&hash);
    file_hash_add(&hash, text.data, text.length);
    file_hash_finish(&hash, hex);
    memcpy(t->search, hex, sizeof t->search - 1);
    text_free(&text);
    return true;
}

/* One split, half of them, all; a third of the trials goes on each time. */
static void plan_rungs(Tuning *t) {
    const size_t totals[TUNING_RUNGS] = {1, (t->plan.n_splits + 1) / 2, t->plan.n_splits};
    size_t trials = t->n_trials;
    for (size_t i = 0; i < TUNING_RUNGS; i++) {
        const size_t before = t->n_rungs ? t->rung_splits[t->n_rungs - 1] : 0;
        if (totals[i] > before) {
            t->rung_splits[t->n_rungs] = totals[i];
            t->rung_trials[t->n_rungs++] = trials;
            t->n_fits += trials * (totals[i] - before);
            trials = (trials + TUNING_THIRD - 1) / TUNING_THIRD;
        }
    }
}

bool tuning_init(Tuning *t, const TuningOptions *options, const Series *series, const Engine *engine, Error *error) {
    const size_t k = options->recipe->horizon, n_held = (size_t)floor(options->holdout * (double)series->n_rows);
    const size_t end = series->n_rows - n_held;
    *t = (Tuning){.n_trials = options->n_trials};
    if (n_held < k + 1) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "more rows, or a larger --holdout",
                        "%zu rows held out are too few to be scored", n_held);
    }
    if (!split_plan(&t->plan, options->recipe, series, trial_longest_window(options), end, TUNING_SHARE / 100.0, error)) {
        return false;
    }
    t->n = n_held - (k - 1);
    t->from = series->dates[end + k - 1];
    t->to = series->dates[series->n_rows - 1];
    t->search_from = series->dates[t->plan.first];
    t->search_to = series->dates[end - 1];
    plan_rungs(t);
    t->trials = memory_zeroed(t->n_trials, sizeof *t->trials);
    bool ok = t->trials ? name_search(t, options, series, engine, end, error) : error_memory(error, "the trials");
    for (size_t i = 0; ok && i < t->n_trials; i++) {
        ok = trial_draw(&t->trials[i], i, options, error);
        if (ok && i > 0 && t->trials[i].recipe.layers != options->recipe->layers) {
            t->trials[i].recipe.layers = t->trials[i].layers;
        }
    }
    if (!ok) {
        tuning_free(t);
    }
    return ok;
}

void tuning_free(Tuning *t) {
    free(t->trials);
    *t = (Tuning){0};
}

/* ---- the held-out rows */

typedef struct Final {
    const Recipe *recipes[2]; /* the winner's, ours; NULL where they are one */
    const Series *series;
    const Engine *engine;
    Split split;
    size_t horizon, n;
    double *forecasts; /* [2][n] */
    SplitReport reports[2];
    Error errors[2];
} Final;

static void final_task(void *context, size_t i, size_t worker) {
    (void)worker;
    Final *f = context;
    const Engine alone = {.kernels = f->engine->kernels, .watch = {.stop = f->engine->watch.stop}};
    if (f->recipes[i]) {
        split_run(f->recipes[i], f->series, &alone, &f->split, f->forecasts + i * f->n, &f->reports[i], &f->errors[i]);
    }
}

static TuningScore score_final(const Final *f, size_t i, const double *actual, const double *naive_errors, double *errors,
                               double mse_naive) {
    const double *forecast = f->forecasts + i * f->n;
    TuningScore s = {.metrics = metric_score(actual, forecast, f->n), .naive = f->reports[i].naive};
    for (size_t j = 0; j < f->n; j++) {
        errors[j] = actual[j] - forecast[j];
    }
    s.ratio = mse_naive > 0 ? sqrt(s.metrics.value[METRIC_MSE] / mse_naive) : NAN;
    s.skill = skill_score(s.metrics.value[METRIC_MSE], mse_naive);
    s.dm_naive = skill_diebold_mariano(errors, naive_errors, f->n, f->horizon);
    return s;
}

static void judge(Tuning *t, const Final *f, double *work) {
    const double *actual = f->series->columns[0] + f->split.scored.first + f->horizon - 1, *naive = actual - f->horizon;
    for (size_t i = 0; i < f->n; i++) {
        work[i] = actual[i] - naive[i];
    }
    t->naive = metric_score(actual, naive, f->n);
    t->winner = score_final(f, 0, actual, work, work + f->n, t->naive.value[METRIC_MSE]);
    t->verdict = skill_verdict(t->winner.skill, t->winner.dm_naive.p);
    t->ours = t->winner;
    t->dm_ours = (SkillTest){NAN, NAN};
    if (f->recipes[1]) {
        t->ours = score_final(f, 1, actual, work, work + 2 * f->n, t->naive.value[METRIC_MSE]);
        t->dm_ours = skill_diebold_mariano(work + f->n, work + 2 * f->n, f->n, f->horizon);
    }
}

static bool score_held_out(Tuning *t, const Recipe *ours, const Series *series, const Engine *engine, Error *error) {
    const size_t k = t->plan.horizon, first = series->n_rows - t->n - (k - 1);
    const bool other = t->trials[0].number != 0;
    Final f = {.recipes = {&t->trials[0].recipe, other ? ours : NULL}, .series = series, .engine = engine, .horizon = k, .n = t->n};
    f.split = (Split){.train = {t->plan.first, first - (k - 1)}, .val = {first, first + t->n}, .scored = {first, first + t->n}};
    f.forecasts = memory_zeroed(t->n, 5 * sizeof *f.forecasts);
    if (!f.forecasts) {
        return error_memory(error, "the held-out rows");
    }
    pool_run(engine->pool, 2, final_task, &f);
    const bool ok = !f.errors[0].code && !f.errors[1].code;
    if (ok) {
        judge(t, &f, f.forecasts + 2 * t->n);
    } else {
        *error = f.errors[f.errors[0].code ? 0 : 1];
    }
    free(f.forecasts);
    return ok;
}

bool tuning_run(Tuning *t, const TuningFit *known, size_t n_known, const Series *series, const Engine *engine, TuningWatch *watch,
                void *context, Error *error) {
    const Recipe ours = t->trials[0].recipe;
    return search_run(t, known, n_known, series, engine, watch, context, error) && score_held_out(t, &ours, series, engine, error);
}
