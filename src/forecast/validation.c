#include "lstmfc/validation.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/fit.h"
#include "lstmfc/memory.h"
#include "lstmfc/stopwatch.h"

/* The run of all splits: what they share, and their results in split order. */
typedef struct Job {
    Validation *validation;
    const Recipe *recipe;
    const Series *series;
    const Engine *engine; /* the caller's */
    ValidationWatch *watch;
    void *context;
    size_t done;
    size_t failed; /* lowest split that has: later ones need not begin */
    double *actual, *forecast, *naive; /* [n_splits * val_size], in the units scored */
    double *nexts;                     /* [n_splits], NaN where not among the last */
    Error *errors;                     /* [n_splits] */
} Job;

/* Windows between training and scoring: at least as many as a training window's targets reach ahead. */
static size_t split_gap(const Recipe *r) {
    return r->gap > r->horizon - 1 ? r->gap : r->horizon - 1;
}

static size_t count_splits(const Recipe *r, size_t n_windows) {
    const size_t need = r->train_size + split_gap(r) + r->val_size;
    const size_t n = n_windows < need ? 0 : (n_windows - need) / r->step + 1;
    return n && r->leave_last ? n - 1 : n;
}

static void place_split(const Recipe *r, const Series *series, size_t split, ValidationSplit *s) {
    const size_t first = r->window + (r->scheme == SCHEME_EXPANDING ? 0 : split * r->step), last = r->window + split * r->step + r->train_size;
    s->train_windows = (WindowRange){first, last};
    s->val_windows = (WindowRange){last + split_gap(r), last + split_gap(r) + r->val_size};
    s->train_from = series->dates[first];
    s->train_to = series->dates[last - 1];
    s->val_from = series->dates[s->val_windows.first];
    s->val_to = series->dates[s->val_windows.last - 1];
}

/* First-step forecasts of a range beside actual and naive, in the units scored. */
static bool forecast_range(const Job *job, const Model *model, const Engine *engine, WindowRange range, double *actual, double *forecast, double *naive, Error *error) {
    const size_t n = range.last - range.first, k = model->recipe.horizon;
    size_t *r = memory_zeroed(n, sizeof *r);
    double *values = memory_zeroed(n, k * sizeof *values);
    bool ok = (r && values) || error_memory(error, "a split");
    for (size_t i = 0; ok && i < n; i++) {
        r[i] = range.first + i;
    }
    ok = ok && forecast_windows(model, job->series, engine, r, n, values, error);
    const double *target = job->series->columns[0];
    for (size_t i = 0; ok && i < n; i++) {
        const double unit = job->recipe->units == UNITS_SCALED ? scaler_unit(&model->scaler.columns[0], target[r[i] - 1]) : 1;
        actual[i] = target[r[i]] / unit;
        forecast[i] = values[i * k] / unit;
        naive[i] = target[r[i] - 1] / unit;
    }
    free(values);
    free(r);
    return ok;
}

static bool score_train(const Job *job, const Model *model, const Engine *engine, ValidationSplit *s, Error *error) {
    const size_t n = s->train_windows.last - s->train_windows.first;
    double *work = memory_zeroed(n, 3 * sizeof *work);
    if (!work) {
        return error_memory(error, "a split");
    }
    const bool ok = forecast_range(job, model, engine, s->train_windows, work, work + n, work + 2 * n, error);
    if (ok) {
        s->train = metric_score(work, work + n, n);
    }
    free(work);
    return ok;
}

static bool score_split(Job *job, const Model *model, const Engine *engine, size_t split, Error *error) {
    ValidationSplit *s = &job->validation->splits[split];
    const size_t n = job->recipe->val_size, at = split * n;
    if (!score_train(job, model, engine, s, error) ||
        !forecast_range(job, model, engine, s->val_windows, job->actual + at, job->forecast + at, job->naive + at, error)) {
        return false;
    }
    s->val = metric_score(job->actual + at, job->forecast + at, n);
    s->naive = metric_score(job->actual + at, job->naive + at, n);
    return split + VALIDATION_LAST < job->validation->n_splits || forecast_path(model, job->series, engine, job->series->n_rows, 1, &job->nexts[split], error);
}

/* Early stop watches the tail of the split's training windows, or the scored window itself. */
static bool fit_split(const Job *job, Model *model, const Engine *engine, Trainer **chain, ValidationSplit *s, Error *error) {
    const Recipe *r = job->recipe;
    WindowRange train = s->train_windows, val = s->val_windows;
    if (r->stop_on == STOP_ON_TAIL) {
        const size_t n_val = (size_t)floor(r->val_frac * (double)(train.last - train.first));
        val = (WindowRange){train.last - n_val, train.last};
        train.last -= n_val;
    }
    const RowRange touched = {s->train_windows.first - r->window, s->train_windows.last - 1 + r->horizon};
    const RowRange scaled = r->scale_fit == SCALE_FIT_ALL ? (RowRange){0, job->series->n_rows} : touched;
    FitReport report;
    /* without shrinkage a fit is its networks: intervals, which nobody asks of a split, are left out */
    const bool ok = r->shrink == SHRINK_NONE ? forecast_fit_windows(model, job->series, scaled, train, val, engine, chain, &report, error)
                                             : fit_windows(model, job->series, scaled, train, val, engine, chain, &report, error);
    s->epochs = ok ? report.epochs : 0;
    return ok;
}

static bool run_split(Job *job, Model *model, const Engine *engine, Trainer **chain, size_t split, Error *error) {
    ValidationSplit *s = &job->validation->splits[split];
    place_split(job->recipe, job->series, split, s);
    if (!fit_split(job, model, engine, chain, s, error) || !score_split(job, model, engine, split, error)) {
        return false;
    }
    pool_lock(job->engine->pool);
    job->done++;
    if (job->watch) {
        job->watch(job->context, split, s, job->done, job->validation->n_splits);
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

/* Every target once, in time order: where splits overlap, by the split trained nearest before it. */
static bool judge(Job *job, Error *error) {
    Validation *v = job->validation;
    const size_t size = job->recipe->val_size, once = job->recipe->step < size ? job->recipe->step : size, n = v->n_splits * once;
    double *e = memory_zeroed(n, 2 * sizeof *e);
    if (!e) {
        return error_memory(error, "the verdict");
    }
    double sse = 0, sse_naive = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t at = i / once * size + i % once;
        e[i] = job->actual[at] - job->forecast[at];
        e[n + i] = job->actual[at] - job->naive[at];
        sse += e[i] * e[i];
        sse_naive += e[n + i] * e[n + i];
    }
    v->dm = skill_diebold_mariano(e, e + n, n, 1);
    v->verdict = skill_verdict(skill_score(sse, sse_naive), v->dm.p);
    free(e);
    return true;
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
    const size_t n = v->n_splits * job->recipe->val_size;
    v->splits = memory_zeroed(v->n_splits, sizeof *v->splits);
    job->actual = memory_zeroed(n, 3 * sizeof *job->actual);
    job->nexts = memory_zeroed(v->n_splits, sizeof *job->nexts);
    job->errors = memory_zeroed(v->n_splits, sizeof *job->errors);
    if (!v->splits || !job->actual || !job->nexts || !job->errors) {
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

bool validation_run(Validation *v, const Recipe *recipe, const Series *series, const Engine *engine, ValidationWatch *watch, void *context, Error *error) {
    const size_t need = recipe->window + recipe->horizon, n_windows = series->n_rows < need ? 0 : series->n_rows - need + 1;
    const double start = stopwatch_now();
    *v = (Validation){.n_splits = count_splits(recipe, n_windows)};
    if (v->n_splits == 0) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "smaller --train-size, --val-size or --window", "no split fits: %zu windows, and one split needs %zu + %zu + %zu",
                        n_windows, recipe->train_size, split_gap(recipe), recipe->val_size);
    }
    Job job = {.validation = v, .recipe = recipe, .series = series, .engine = engine, .watch = watch, .context = context, .failed = SIZE_MAX};
    const bool ok = run_splits(&job, error);
    v->seconds = stopwatch_now() - start;
    free(job.actual);
    free(job.nexts);
    free(job.errors);
    if (!ok) {
        validation_free(v);
    }
    return ok;
}

void validation_free(Validation *v) {
    free(v->splits);
    *v = (Validation){0};
}
