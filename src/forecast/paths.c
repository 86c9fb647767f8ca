#include "lstmfc/paths.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/memory.h"

typedef struct Walk {
    const Model *model;
    const Series *series;
    Engine engine; /* alone: the paths share the workers */
    size_t first, last, steps, n;
    double *ends;   /* [n] */
    double *values; /* [workers][steps] */
    Error *errors;  /* [n] */
} Walk;

static size_t start_of(const Walk *w, size_t path) {
    return w->n > 1 ? w->first + path * (w->last - w->first - w->steps) / (w->n - 1) : w->first;
}

static void path_task(void *context, size_t path, size_t worker) {
    const Walk *w = context;
    double *values = w->values + worker * w->steps;
    if (forecast_path(w->model, w->series, &w->engine, start_of(w, path), w->steps, values, &w->errors[path])) {
        w->ends[path] = values[w->steps - 1];
    }
}

static double deviation(const double *x, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    for (size_t i = 0; i < n; i++) {
        const double d = x[i] - sum / (double)n;
        squares += d * d;
    }
    return sqrt(squares / (double)n);
}

static void score(Paths *p, const Walk *w) {
    const double *x = w->series->columns[0], unit = deviation(x + w->first, w->last - w->first);
    double squares = 0, squares_naive = 0;
    for (size_t i = 0; i < w->n; i++) {
        const size_t start = start_of(w, i);
        const double actual = x[start + w->steps - 1], e = actual - w->ends[i], e_naive = actual - x[start - 1];
        squares += e * e;
        squares_naive += e_naive * e_naive;
    }
    p->rmse = sqrt(squares / (double)w->n);
    p->rmse_naive = sqrt(squares_naive / (double)w->n);
    p->nrmse = unit > 0 ? p->rmse / unit : (double)NAN;
    p->nrmse_naive = unit > 0 ? p->rmse_naive / unit : (double)NAN;
}

static bool walk(Walk *w, Pool *pool, Error *error) {
    w->ends = memory_zeroed(w->n, sizeof *w->ends);
    w->values = memory_zeroed(pool_size(pool), w->steps * sizeof *w->values);
    w->errors = calloc(w->n, sizeof *w->errors);
    bool ok = (w->ends && w->values && w->errors) || error_memory(error, "the paths");
    if (ok) {
        pool_run(pool, w->n, path_task, w);
    }
    for (size_t i = 0; ok && i < w->n; i++) {
        if (w->errors[i].code) {
            *error = w->errors[i];
            ok = false;
        }
    }
    return ok;
}

bool paths_run(Paths *paths, const Model *model, const Series *series, const Engine *engine, size_t first, size_t last, size_t steps,
               Error *error) {
    if (last - first < steps) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "shorter --paths",
                        "no path of %zu rows fits into the %zu rows that are scored", steps, last - first);
    }
    const size_t places = last - first - steps + 1;
    Walk w = {.model = model, .series = series, .engine = {.kernels = engine->kernels}, .first = first, .last = last, .steps = steps};
    w.n = places < PATHS_MOST ? places : PATHS_MOST;
    *paths = (Paths){.steps = steps, .n = w.n};
    const bool ok = walk(&w, engine->pool, error);
    if (ok) {
        score(paths, &w);
    }
    free(w.ends);
    free(w.values);
    free(w.errors);
    return ok;
}
