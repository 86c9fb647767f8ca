#include "lstmfc/validation.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "lstmfc/stopwatch.h"

/* The run of all splits: what they share, and their results in split order. */
typedef struct Job {
    Validation *validation;
    const Recipe *recipe;
    const Series *series;
    const Engine *engine; /* the caller's */
    SplitPlan plan;
    ValidationWatch *watch;
    void *context;
    size_t done;
    size_t failed; /* lowest split that has: later ones need not begin */
    double *actual, *forecast, *naive; /* [n_splits * val_size], in the units scored */
    double *nexts;                     /* [n_splits], NaN where not among the last */
    Error *errors;                     /* [n_splits] */
    size_t n;                          /* targets judged, n_splits * n_scored */
    double *baselines;                 /* [STANDING_BASELINES][n], in the units scored */
    Fan fan;                           /* of the n */
    double unit;                       /* of the first split */
} Job;

static ValidationSplit place_split(const Job *job, size_t number) {
    const Date *dates = job->series->dates;
    const Split split = split_at(&job->plan, number);
    return (ValidationSplit){.split = split,
                             .train_from = dates[split.train.first],
                             .train_to = dates[split.train.last - 1],
                             .val_from = dates[split.val.first],
                             .val_to = dates[split.val.last - 1]};
}

/* Raw value of one unit scored, of a forecast made before a row. */
static double unit_of(const Job *job, const Model *model, size_t row) {
    return job->recipe->units == UNITS_SCALED ? scaler_unit(&model->scaler.columns[0], job->series->columns[0][row - 1]) : 1;
}

/* First-step forecasts of a range beside actual and naive, in the units scored. */
static bool compare_range(const Job *job, const Model *model, const Engine *engine, WindowRange range, double *actual, double *forecast,
                          double *naive, Error *error) {
    const size_t n = range.last - range.first, k = model->recipe.horizon;
    const double *target = job->series->columns[0];
    double *values = memory_zeroed(n, k * sizeof *values);
    const bool ok = values ? forecast_range(model, job->series, engine, range.first, n, values, error) : error_memory(error, "a split");
    for (size_t i = 0; ok && i < n; i++) {
        const size_t row = range.first + i;
        const double unit = unit_of(job, model, row);
        actual[i] = target[row] / unit;
        forecast[i] = values[i * k] / unit;
        naive[i] = target[row - 1] / unit;
    }
    free(values);
    return ok;
}

static bool score_train(const Job *job, const Model *model, const Engine *engine, ValidationSplit *s, Error *error) {
    const size_t n = s->split.train.last - s->split.train.first;
    double *work = memory_zeroed(n, 3 * sizeof *work);
    if (!work) {
        return error_memory(error, "a split");
    }
    const bool ok = compare_range(job, model, engine, s->split.train, work, work + n, work + 2 * n, error);
    if (ok) {
        s->train = metric_score(work, work + n, n);
    }
    free(work);
    return ok;
}

/* The baselines of the targets judged, fitted on the rows the training windows touch. */
static void run_baselines(Job *job, const Model *model, size_t split, const ValidationSplit *s) {
    const RowRange rows = split_rows(&s->split, job->recipe->window, job->recipe->horizon);
    const size_t n = job->plan.n_scored;
    double *at = job->baselines + split * n;
    standing_baselines(job->series->columns[0], rows.first, rows.last, s->split.scored.first, s->split.scored.last, 1, false, job->n, at);
    for (size_t b = 0; b < STANDING_BASELINES; b++) {
        for (size_t i = 0; i < n; i++) {
            at[b * job->n + i] /= unit_of(job, model, s->split.scored.first + i);
        }
    }
}

/* Intervals around the targets judged: each knows the rows before it. */
static bool spread(Job *job, const Model *model, const Engine *engine, size_t split, const ValidationSplit *s, Error *error) {
    const size_t at = split * job->plan.val_size;
    const double *target = job->series->columns[0];
    Band band;
    if (job->fan.n_levels == 0) {
        return true;
    }
    if (!band_open_range(&band, model, job->series, engine, s->split.scored.first, s->split.scored.last - 1, error)) {
        return false;
    }
    for (size_t i = 0; i < job->plan.n_scored; i++) {
        const size_t row = s->split.scored.first + i;
        const double unit = unit_of(job, model, row), forecast = job->forecast[at + i] * unit;
        fan_spread(&job->fan, split * job->plan.n_scored + i, &band, 1, target[row], forecast, target[row - 1], unit);
        band_advance(&band, forecast);
    }
    band_close(&band);
    return true;
}

static bool score_split(Job *job, const Model *model, const Engine *engine, size_t split, Error *error) {
    ValidationSplit *s = &job->validation->splits[split];
    const size_t n = job->plan.val_size, at = split * n;
    if (!score_train(job, model, engine, s, error) ||
        !compare_range(job, model, engine, s->split.val, job->actual + at, job->forecast + at, job->naive + at, error) ||
        !spread(job, model, engine, split, s, error)) {
        return false;
    }
    run_baselines(job, model, split, s);
    if (split == 0) {
        job->unit = unit_of(job, model, s->split.scored.first);
    }
    s->val = metric_score(job->actual + at, job->forecast + at, n);
    s->naive = metric_score(job->actual + at, job->naive + at, n);
    return split + VALIDATION_LAST < job->plan.n_splits ||
           forecast_path(model, job->series, engine, job->series->n_rows, 1, &job->nexts[split], error);
}

static bool run_split(Job *job, Model *model, const Engine *engine, Trainer **chain, size_t number, Error *error) {
    ValidationSplit *s = &job->validation->splits[number];
    FitReport report;
    *s = place_split(job, number);
    if (!split_fit(model, job->series, engine, &s->split, job->fan.n_levels > 0, chain, &report, error) ||
        !score_split(job, model, engine, number, error)) {
        return false;
    }
    s->epochs = report.epochs;
    pool_lock(job->engine->pool);
    job->done++;
    if (job->watch) {
        job->watch(job->context, number, s, job->done, job->validation->n_splits);
    }
    pool_unlock(job->engine->pool);
    return true;
}

static void fresh_task(void *context, size_t split, size_t worker) {
    (void)worker;
    Job *job = context;
    const Engine alone = {.kernels = job->engine->kernels, .watch = {.stop = job->engine->watch.stop}};
    Model model;
    Error *error = &job->errors[split];
    pool_lock(job->engine->pool);
    const bool hopeless = split > job->failed;
    pool_unlock(job->engine->pool);
    if (alone.watch.stop && *alone.watch.stop) {
        error_set(error, ERROR_STOPPED, NULL, "stopped, nothing written");
    } else if (!hopeless && model_init(&model, job->recipe, job->series, error)) {
        run_split(job, &model, &alone, NULL, split, error);
        model_free(&model);
    }
    pool_lock(job->engine->pool);
    job->failed = error->code && split < job->failed ? split : job->failed;
    pool_unlock(job->engine->pool);
}

static bool run_fresh(Job *job, Error *error) {
    pool_run(job->engine->pool, job->validation->n_splits, fresh_task, job);
    for (size_t i = 0; i < job->validation->n_splits; i++) {
        if (job->errors[i].code) {
            *error = job->errors[i];
            return false;
        }
    }
    return true;
}

/* The same network carried on from split to split: one chain. */
static bool run_warm(Job *job, Error *error) {
    const Engine engine = {.kernels = job->engine->kernels, .pool = job->engine->pool, .watch = {.stop = job->engine->watch.stop}};
    Model model;
    if (!model_init(&model, job->recipe, job->series, error)) {
        return false;
    }
    Trainer **chain = calloc(model.n_members, sizeof *chain);
    bool ok = chain || error_memory(error, "the chain of splits");
    for (size_t i = 0; ok && i < job->validation->n_splits; i++) {
        ok = run_split(job, &model, &engine, chain, i, error);
    }
    for (size_t m = 0; chain && m < model.n_members; m++) {
        trainer_free(chain[m]);
    }
    free(chain);
    model_free(&model);
    return ok;
}

static bool summarise(Validation *v, Error *error) {
    const size_t n = v->n_splits;
    double *values = memory_zeroed(n, 2 * sizeof *values);
    if (!values) {
        return error_memory(error, "the summary");
    }
    for (int m = 0; m < METRIC_COUNT; m++) {
        for (int part = 0; part < 3; part++) {
            for (size_t i = 0; i < n; i++) {
                const ValidationSplit *s = &v->splits[i];
                values[i] = (part == 0 ? &s->train : part == 1 ? &s->val : &s->naive)->value[m];
            }
            *(part == 0 ? &v->train[m] : part == 1 ? &v->val[m] : &v->naive[m]) = metric_describe(values, n, values + n);
        }
    }
    free(values);
    return true;
}

/* What is judged of a vector of all validation forecasts: every target once, in time order. */
static double *judged(const Job *job, const double *all, double *once) {
    const size_t size = job->plan.val_size, n = job->plan.n_scored;
    for (size_t i = 0; i < job->n; i++) {
        once[i] = all[i / n * size + i % n];
    }
    return once;
}

static bool judge(Job *job, Error *error) {
    Validation *v = job->validation;
    double *once = memory_zeroed(job->n, 3 * sizeof *once);
    if (!once) {
        return error_memory(error, "the verdict");
    }
    const RowRange rows = split_rows(&v->splits[0].split, job->recipe->window, job->recipe->horizon);
    StandingInput input = {
        .n = job->n, .step = 1, .baselines = job->baselines, .unit = job->unit, .gaps = job->plan.step > job->plan.val_size};
    input.actual = judged(job, job->actual, once);
    input.forecast = judged(job, job->forecast, once + job->n);
    input.naive = input.last = judged(job, job->naive, once + 2 * job->n);
    input.training = job->series->columns[0] + rows.first;
    input.n_training = rows.last - rows.first;
    v->fan_score = fan_score(&job->fan, input.actual);
    const bool ok = standing_init(&v->standing, &input, error);
    free(once);
    return ok;
}

static void mean_next(Job *job) {
    Validation *v = job->validation;
    const size_t n = v->n_splits < VALIDATION_LAST ? v->n_splits : VALIDATION_LAST;
    v->next = 0;
    for (size_t i = v->n_splits - n; i < v->n_splits; i++) {
        v->next += job->nexts[i] / (double)n;
    }
    v->next_date = calendar_next(&job->series->calendar, job->series->dates[job->series->n_rows - 1]);
}

static bool run_splits(Job *job, Error *error) {
    Validation *v = job->validation;
    const size_t n = v->n_splits * job->plan.val_size;
    v->splits = memory_zeroed(v->n_splits, sizeof *v->splits);
    job->actual = memory_zeroed(n, 3 * sizeof *job->actual);
    job->nexts = memory_zeroed(v->n_splits, sizeof *job->nexts);
    job->errors = memory_zeroed(v->n_splits, sizeof *job->errors);
    job->baselines = memory_zeroed(job->n, STANDING_BASELINES * sizeof *job->baselines);
    if (!v->splits || !job->actual || !job->nexts || !job->errors || !job->baselines) {
        return error_memory(error, "the splits");
    }
    job->forecast = job->actual + n;
    job->naive = job->actual + 2 * n;
    if (!(job->recipe->refit == REFIT_WARM ? run_warm(job, error) : run_fresh(job, error))) {
        return false;
    }
    v->pooled = metric_score(job->actual, job->forecast, n);
    v->pooled_naive = metric_score(job->actual, job->naive, n);
    mean_next(job);
    return summarise(v, error) && judge(job, error);
}

bool validation_run(Validation *v, const Recipe *recipe, const double *levels, size_t n_levels, const Series *series, const Engine *engine,
                    ValidationWatch *watch, void *context, Error *error) {
    const double start = stopwatch_now();
    Job job = {
        .validation = v, .recipe = recipe, .series = series, .engine = engine, .watch = watch, .context = context, .failed = SIZE_MAX};
    *v = (Validation){0};
    if (!split_plan(&job.plan, recipe, series, recipe->window, series->n_rows, 0, error)) {
        return false;
    }
    v->n_splits = job.plan.n_splits;
    job.n = v->n_splits * job.plan.n_scored;
    const bool ok = fan_init(&job.fan, levels, n_levels, job.n, error) && run_splits(&job, error);
    v->seconds = stopwatch_now() - start;
    fan_free(&job.fan);
    free(job.actual);
    free(job.nexts);
    free(job.errors);
    free(job.baselines);
    if (!ok) {
        validation_free(v);
    }
    return ok;
}

void validation_free(Validation *v) {
    free(v->splits);
    *v = (Validation){0};
}
