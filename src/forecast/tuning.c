#include "lstmfc/tuning.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/math64.h"
#include "lstmfc/memory.h"
#include "lstmfc/rng.h"
#include "lstmfc/text.h"

/* ---- what is searched */

#define LIST(...) .kind = TUNING_CHOICE, .choices = (const char *const[]){__VA_ARGS__, NULL}
#define LOG(from, to) .kind = TUNING_LOG, .low = (from), .high = (to)

const TuningRange tuning_ranges[] = {
    {.name = "kind", .setting = "layers", LIST("lstm", "gru", "rnn")},
    {.name = "units", .setting = "layers", LIST("8", "16", "32", "64")},
    {.name = "depth", .setting = "layers", LIST("1", "1", "2")}, /* what is deep is slow and seldom better */
    {.name = "dropout", .setting = "layers", LIST("0", "0.1", "0.2", "0.4")},
    {.name = "window", .setting = "window", LIST("10", "20", "40", "60")},
    {.name = "batch", .setting = "batch", LIST("16", "32", "64", "128")},
    {.name = "lr", .setting = "lr", LOG(0.0003, 0.01)},
};

const size_t tuning_n_ranges = sizeof tuning_ranges / sizeof *tuning_ranges;

/* ---- trials */

typedef struct Draw {
    char value[TUNING_RANGES][16];
} Draw;

static const Setting *setting_of(const TuningRange *range) {
    return setting_find(recipe_settings, recipe_n_settings, range->setting);
}

static void draw_value(const TuningRange *range, double u, char value[16]) {
    if (range->kind == TUNING_LOG) {
        snprintf(value, 16, "%.2g", math64_exp(math64_log(range->low) + u * (math64_log(range->high) - math64_log(range->low))));
        return;
    }
    size_t n = 0;
    while (range->choices[n]) {
        n++;
    }
    snprintf(value, 16, "%s", range->choices[(size_t)floor(u * (double)n)]);
}

static const char *part(const Draw *draw, const char *name) {
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        if (strcmp(tuning_ranges[i].name, name) == 0) {
            return draw->value[i];
        }
    }
    return "";
}

static void join_layers(const Draw *draw, char layers[TUNING_LAYERS]) {
    const char *depth = part(draw, "depth"), *kind = part(draw, "kind"), *units = part(draw, "units"), *dropout = part(draw, "dropout");
    const bool deep = strcmp(depth, "1") != 0, drops = strcmp(dropout, "0") != 0;
    snprintf(layers, TUNING_LAYERS, "%.15s%s%s%.15s:%.15s%s%.15s%s", deep ? depth : "", deep ? "*" : "", deep && drops ? "(" : "", kind, units, drops ? ",dropout:" : "", drops ? dropout : "",
             deep && drops ? ")" : "");
}

/* Of ranges that decide one setting, the first speaks for all. */
static bool speaks(size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (strcmp(tuning_ranges[j].setting, tuning_ranges[i].setting) == 0) {
            return false;
        }
    }
    return true;
}

static void write_options(TuningTrial *trial) {
    size_t at = 0;
    char buffer[64];
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        const char *value = speaks(i) ? setting_get(setting_of(&tuning_ranges[i]), &trial->recipe, buffer, sizeof buffer) : "";
        const char *quote = strpbrk(value, "*(") ? "'" : "";
        if (*value && at < TUNING_TEXT) {
            at += (size_t)snprintf(trial->options + at, TUNING_TEXT - at, "%s--%s %s%s%s", at ? " " : "", tuning_ranges[i].setting, quote, value, quote);
        }
    }
}

/* Every range draws, also one that is fixed: what is fixed does not move the others. */
static bool draw_trial(TuningTrial *trial, size_t number, const TuningOptions *options, Error *error) {
    Draw draw;
    Rng rng;
    bool ok = true;
    *trial = (TuningTrial){.number = number, .recipe = *options->recipe, .ratio = NAN};
    rng_init(&rng, rng_mix(options->recipe->seed, number), RNG_TUNE);
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        draw_value(&tuning_ranges[i], rng_uniform(&rng), draw.value[i]);
    }
    join_layers(&draw, trial->layers);
    for (size_t i = 0; ok && number > 0 && i < tuning_n_ranges; i++) {
        const bool layers = strcmp(tuning_ranges[i].setting, "layers") == 0;
        ok = options->fixed[i] || setting_put(setting_of(&tuning_ranges[i]), &trial->recipe, layers ? trial->layers : draw.value[i], error);
    }
    write_options(trial);
    return ok;
}

/* Longest window any trial may draw, so that all learn and are scored on the same rows. */
static size_t longest_window(const TuningOptions *options) {
    size_t longest = options->recipe->window;
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        const bool window = strcmp(tuning_ranges[i].name, "window") == 0 && !options->fixed[i];
        for (size_t j = 0; window && tuning_ranges[i].choices[j]; j++) {
            const size_t length = (size_t)strtoul(tuning_ranges[i].choices[j], NULL, 10);
            longest = length > longest ? length : longest;
        }
    }
    return longest;
}

/* Everything that a fit of a trial depends on, but its own draw. */
static bool name_search(Tuning *t, const TuningOptions *options, const Series *series, const Engine *engine, size_t end, Error *error) {
    const SplitPlan *p = &t->plan;
    char buffer[64], hex[65];
    Text text = {0};
    FileHash hash;
    model_fingerprint(series, 0, end, hex);
    text_printf(&text, "%s %d %zu %zu %zu %zu %zu %zu %s", hex, (int)p->scheme, p->train_size, p->val_size, p->step, p->gap, p->first, p->n_splits,
                strcmp(engine->kernels->name, "v1") == 0 ? "v1" : "fma");
    for (size_t i = 0; i < recipe_n_settings; i++) {
        if (recipe_settings[i].saved) {
            text_printf(&text, "\n%s=%s", recipe_settings[i].name, setting_get(&recipe_settings[i], options->recipe, buffer, sizeof buffer));
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
    const size_t k = options->recipe->horizon, n_held = (size_t)floor(options->holdout * (double)series->n_rows), end = series->n_rows - n_held;
    *t = (Tuning){.n_trials = options->n_trials};
    if (n_held < k + 1) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "more rows, or a larger --holdout", "%zu rows held out are too few to be scored", n_held);
    }
    if (!split_plan(&t->plan, options->recipe, series, longest_window(options), end, TUNING_SHARE / 100.0, error)) {
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
        ok = draw_trial(&t->trials[i], i, options, error);
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

/* ---- the search */

/* What fits share. */
typedef struct Job {
    Tuning *tuning;
    const Series *series;
    const Engine *engine;
    TuningWatch *watch;
    void *context;
    size_t done;
    TuningFit *fits; /* [n_trials][n_splits] */
    bool *known;     /* the same */
    size_t *list;    /* of the fits to do now */
    Error *errors;   /* by place in the list */
} Job;

static double sum_squares(const double *x, const double *forecast, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (x[i] - forecast[i]) * (x[i] - forecast[i]);
    }
    return sum;
}

/* One network, all of it believed. */
static bool fit_trial(const Job *job, const TuningTrial *trial, TuningFit *fit, Error *error) {
    const SplitPlan *plan = &job->tuning->plan;
    const Split split = split_at(plan, fit->split);
    const double *actual = job->series->columns[0] + split.scored.first + plan->horizon - 1;
    const Engine alone = {.kernels = job->engine->kernels, .watch = {.stop = job->engine->watch.stop}};
    Recipe recipe = trial->recipe;
    SplitReport report;
    recipe.ensemble = 1;
    recipe.shrink = SHRINK_NONE;
    double *forecast = memory_zeroed(plan->n_scored, sizeof *forecast);
    if (!forecast) {
        return error_memory(error, "a trial");
    }
    const bool ok = split_run(&recipe, job->series, &alone, &split, forecast, &report, error);
    if (ok) {
        fit->epochs = report.epochs;
        fit->sse = sum_squares(actual, forecast, plan->n_scored);
        fit->sse_naive = sum_squares(actual, actual - plan->horizon, plan->n_scored);
    }
    free(forecast);
    return ok;
}

static void tell(Job *job, const TuningFit *fit) {
    job->done++;
    if (job->watch) {
        job->watch(job->context, job->tuning, fit, job->done, job->tuning->n_fits);
    }
}

static void fit_task(void *context, size_t place, size_t worker) {
    (void)worker;
    Job *job = context;
    const size_t number = job->list[place];
    TuningFit *fit = &job->fits[number];
    const TuningTrial *trial = &job->tuning->trials[number / job->tuning->plan.n_splits];
    Error *error = &job->errors[place];
    if (job->engine->watch.stop && *job->engine->watch.stop) {
        error_set(error, ERROR_STOPPED, NULL, "stopped; --log FILE --resume goes on");
        return;
    }
    if (!fit_trial(job, trial, fit, error) && error->code != ERROR_DIVERGED) {
        return;
    }
    fit->diverged = error->code == ERROR_DIVERGED;
    *error = (Error){0};
    pool_lock(job->engine->pool);
    job->known[number] = true;
    tell(job, fit);
    pool_unlock(job->engine->pool);
}

static bool run_list(Job *job, size_t n, Error *error) {
    memset(job->errors, 0, n * sizeof *job->errors);
    pool_run(job->engine->pool, n, fit_task, job);
    for (size_t i = 0; i < n; i++) {
        if (job->errors[i].code) {
            *error = job->errors[i];
            return false;
        }
    }
    return true;
}

/* RMSE over naive's on the splits of a rung, the latest ones. */
static void score_trial(const Job *job, TuningTrial *trial, size_t n_splits) {
    const size_t all = job->tuning->plan.n_splits;
    double sse = 0, sse_naive = 0;
    for (size_t i = all - n_splits; i < all; i++) {
        const TuningFit *fit = &job->fits[trial->number * all + i];
        sse += fit->sse;
        sse_naive += fit->sse_naive;
        trial->diverged = trial->diverged || fit->diverged;
    }
    trial->n_splits = n_splits;
    trial->ratio = sse_naive > 0 && !trial->diverged ? sqrt(sse / sse_naive) : NAN;
}

/* Who came further, then who is better, then who was drawn earlier. */
static bool goes_before(const TuningTrial *a, const TuningTrial *b) {
    if (a->rung != b->rung) {
        return a->rung > b->rung;
    }
    if (a->ratio < b->ratio || b->ratio < a->ratio) {
        return a->ratio < b->ratio;
    }
    return isnan(a->ratio) == isnan(b->ratio) ? a->number < b->number : isnan(b->ratio);
}

/* The trials themselves hold pointers into themselves, so what is sorted is their numbers. */
static void sort_numbers(const Tuning *t, size_t *order) {
    for (size_t i = 0; i < t->n_trials; i++) {
        size_t at = i;
        for (; at > 0 && goes_before(&t->trials[i], &t->trials[order[at - 1]]); at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
}

/* The fits that the rung adds for the trials that came this far and that are not known. */
static size_t list_rung(Job *job, const size_t *order, size_t rung) {
    const Tuning *t = job->tuning;
    const size_t all = t->plan.n_splits, before = rung ? t->rung_splits[rung - 1] : 0;
    size_t n = 0;
    for (size_t i = 0; i < t->rung_trials[rung]; i++) {
        for (size_t j = before; j < t->rung_splits[rung]; j++) {
            const size_t number = order[i] * all + all - 1 - j;
            if (job->known[number]) {
                job->tuning->n_known++;
                job->done++;
            } else {
                job->list[n++] = number;
            }
        }
    }
    return n;
}

static bool run_rungs(Job *job, size_t *order, Error *error) {
    Tuning *t = job->tuning;
    for (size_t rung = 0; rung < t->n_rungs; rung++) {
        sort_numbers(t, order);
        if (!run_list(job, list_rung(job, order, rung), error)) {
            return false;
        }
        for (size_t i = 0; i < t->rung_trials[rung]; i++) {
            t->trials[order[i]].rung = rung + 1;
            score_trial(job, &t->trials[order[i]], t->rung_splits[rung]);
        }
    }
    sort_numbers(t, order);
    return true;
}

static bool put_known(Job *job, const TuningFit *known, size_t n_known, Error *error) {
    const Tuning *t = job->tuning;
    for (size_t i = 0; i < n_known; i++) {
        const TuningFit *fit = &known[i];
        if (fit->split >= t->plan.n_splits || (fit->trial < t->n_trials && strcmp(fit->options, t->trials[fit->trial].options) != 0)) {
            return error_at(error, ERROR_DATA, NULL, fit->line, 0, "take the line out, and its fit is done again", "not a fit of the search it is said to be of");
        }
        if (fit->trial < t->n_trials) { /* else of a longer search */
            job->fits[fit->trial * t->plan.n_splits + fit->split] = *fit;
            job->known[fit->trial * t->plan.n_splits + fit->split] = true;
        }
    }
    return true;
}

/* Puts the trials into their final order; their recipes point into themselves. */
static bool arrange(Tuning *t, const size_t *order, Error *error) {
    TuningTrial *sorted = memory_zeroed(t->n_trials, sizeof *sorted);
    if (!sorted) {
        return error_memory(error, "the trials");
    }
    for (size_t i = 0; i < t->n_trials; i++) {
        const TuningTrial *from = &t->trials[order[i]];
        sorted[i] = *from;
        if (from->recipe.layers == from->layers) {
            sorted[i].recipe.layers = sorted[i].layers;
        }
    }
    free(t->trials);
    t->trials = sorted;
    return true;
}

static bool search(Job *job, const TuningFit *known, size_t n_known, Error *error) {
    Tuning *t = job->tuning;
    const size_t n = t->n_trials * t->plan.n_splits;
    job->fits = memory_zeroed(n, sizeof *job->fits);
    job->known = memory_zeroed(n, sizeof *job->known);
    job->list = memory_zeroed(n, sizeof *job->list);
    job->errors = memory_zeroed(n, sizeof *job->errors);
    size_t *order = memory_zeroed(t->n_trials, sizeof *order);
    bool ok = (job->fits && job->known && job->list && job->errors && order) || error_memory(error, "the search");
    for (size_t i = 0; ok && i < n; i++) {
        job->fits[i] = (TuningFit){.trial = i / t->plan.n_splits, .split = i % t->plan.n_splits};
        memcpy(job->fits[i].options, t->trials[i / t->plan.n_splits].options, TUNING_TEXT);
    }
    ok = ok && put_known(job, known, n_known, error) && run_rungs(job, order, error) && arrange(t, order, error);
    free(order);
    free(job->errors);
    free(job->list);
    free(job->known);
    free(job->fits);
    return ok;
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

static TuningScore score_final(const Final *f, size_t i, const double *actual, const double *naive_errors, double *errors, double mse_naive) {
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

bool tuning_run(Tuning *t, const TuningFit *known, size_t n_known, const Series *series, const Engine *engine, TuningWatch *watch, void *context, Error *error) {
    Job job = {.tuning = t, .series = series, .engine = engine, .watch = watch, .context = context};
    const Recipe ours = t->trials[0].recipe;
    return search(&job, known, n_known, error) && score_held_out(t, &ours, series, engine, error);
}
