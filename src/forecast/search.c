#include "search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

/* What fits share. */
typedef struct Search {
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
} Search;

static double sum_squares(const double *x, const double *forecast, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (x[i] - forecast[i]) * (x[i] - forecast[i]);
    }
    return sum;
}

/* One network, all of it believed. */
static bool fit_trial(const Search *s, const TuningTrial *trial, TuningFit *fit, Error *error) {
    const SplitPlan *plan = &s->tuning->plan;
    const Split split = split_at(plan, fit->split);
    const double *actual = s->series->columns[0] + split.scored.first + plan->horizon - 1;
    const Engine alone = {.kernels = s->engine->kernels, .watch = {.stop = s->engine->watch.stop}};
    Recipe recipe = trial->recipe;
    SplitReport report;
    recipe.ensemble = 1;
    recipe.shrink = SHRINK_NONE;
    double *forecast = memory_zeroed(plan->n_scored, sizeof *forecast);
    if (!forecast) {
        return error_memory(error, "a trial");
    }
    const bool ok = split_run(&recipe, s->series, &alone, &split, forecast, &report, error);
    if (ok) {
        fit->epochs = report.epochs;
        fit->sse = sum_squares(actual, forecast, plan->n_scored);
        fit->sse_naive = sum_squares(actual, actual - plan->horizon, plan->n_scored);
    }
    free(forecast);
    return ok;
}

static void tell(Search *s, const TuningFit *fit) {
    s->done++;
    if (s->watch) {
        s->watch(s->context, s->tuning, fit, s->done, s->tuning->n_fits);
    }
}

static void fit_task(void *context, size_t place, size_t worker) {
    (void)worker;
    Search *s = context;
    const size_t number = s->list[place];
    TuningFit *fit = &s->fits[number];
    const TuningTrial *trial = &s->tuning->trials[number / s->tuning->plan.n_splits];
    Error *error = &s->errors[place];
    if (s->engine->watch.stop && *s->engine->watch.stop) {
        error_set(error, ERROR_STOPPED, NULL, "stopped; --log FILE --resume goes on");
        return;
    }
    if (!fit_trial(s, trial, fit, error) && error->code != ERROR_DIVERGED) {
        return;
    }
    fit->diverged = error->code == ERROR_DIVERGED;
    *error = (Error){0};
    pool_lock(s->engine->pool);
    s->known[number] = true;
    tell(s, fit);
    pool_unlock(s->engine->pool);
}

static bool run_list(Search *s, size_t n, Error *error) {
    memset(s->errors, 0, n * sizeof *s->errors);
    pool_run(s->engine->pool, n, fit_task, s);
    for (size_t i = 0; i < n; i++) {
        if (s->errors[i].code) {
            *error = s->errors[i];
            return false;
        }
    }
    return true;
}

/* RMSE over naive's on the splits of a rung, the latest ones. */
static void score_trial(const Search *s, TuningTrial *trial, size_t n_splits) {
    const size_t all = s->tuning->plan.n_splits;
    double sse = 0, sse_naive = 0;
    for (size_t i = all - n_splits; i < all; i++) {
        const TuningFit *fit = &s->fits[trial->number * all + i];
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
static size_t list_rung(Search *s, const size_t *order, size_t rung) {
    const Tuning *t = s->tuning;
    const size_t all = t->plan.n_splits, before = rung ? t->rung_splits[rung - 1] : 0;
    size_t n = 0;
    for (size_t i = 0; i < t->rung_trials[rung]; i++) {
        for (size_t j = before; j < t->rung_splits[rung]; j++) {
            const size_t number = order[i] * all + all - 1 - j;
            if (s->known[number]) {
                s->tuning->n_known++;
                s->done++;
            } else {
                s->list[n++] = number;
            }
        }
    }
    return n;
}

static bool run_rungs(Search *s, size_t *order, Error *error) {
    Tuning *t = s->tuning;
    for (size_t rung = 0; rung < t->n_rungs; rung++) {
        sort_numbers(t, order);
        if (!run_list(s, list_rung(s, order, rung), error)) {
            return false;
        }
        for (size_t i = 0; i < t->rung_trials[rung]; i++) {
            t->trials[order[i]].rung = rung + 1;
            score_trial(s, &t->trials[order[i]], t->rung_splits[rung]);
        }
    }
    sort_numbers(t, order);
    return true;
}

static bool put_known(Search *s, const TuningFit *known, size_t n_known, Error *error) {
    const Tuning *t = s->tuning;
    for (size_t i = 0; i < n_known; i++) {
        const TuningFit *fit = &known[i];
        const bool ours = fit->trial < t->n_trials;
        if (fit->split >= t->plan.n_splits || (ours && strcmp(fit->options, t->trials[fit->trial].options) != 0)) {
            return error_at(error, ERROR_DATA, NULL, fit->line, 0, "take the line out, and its fit is done again",
                            "not a fit of the search it is said to be of");
        }
        if (ours) { /* else of a longer search */
            s->fits[fit->trial * t->plan.n_splits + fit->split] = *fit;
            s->known[fit->trial * t->plan.n_splits + fit->split] = true;
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

bool search_run(Tuning *t, const TuningFit *known, size_t n_known, const Series *series, const Engine *engine, TuningWatch *watch,
                void *context, Error *error) {
    Search s = {.tuning = t, .series = series, .engine = engine, .watch = watch, .context = context};
    const size_t n = t->n_trials * t->plan.n_splits;
    s.fits = memory_zeroed(n, sizeof *s.fits);
    s.known = memory_zeroed(n, sizeof *s.known);
    s.list = memory_zeroed(n, sizeof *s.list);
    s.errors = memory_zeroed(n, sizeof *s.errors);
    size_t *order = memory_zeroed(t->n_trials, sizeof *order);
    bool ok = (s.fits && s.known && s.list && s.errors && order) || error_memory(error, "the search");
    for (size_t i = 0; ok && i < n; i++) {
        s.fits[i] = (TuningFit){.trial = i / t->plan.n_splits, .split = i % t->plan.n_splits};
        memcpy(s.fits[i].options, t->trials[i / t->plan.n_splits].options, TUNING_TEXT);
    }
    ok = ok && put_known(&s, known, n_known, error) && run_rungs(&s, order, error) && arrange(t, order, error);
    free(order);
    free(s.errors);
    free(s.list);
    free(s.known);
    free(s.fits);
    return ok;
}
