#include "lstmfc/shrinkage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/band.h"
#include "lstmfc/memory.h"
#include "lstmfc/skill.h"

static const double gate_p = 0.001;      /* Clark-West, one-sided: chance opens the gate for one series in a thousand */
static const double first_share = 0.55;  /* of the windows: what the first fold is trained on */

/* Forecasts of all folds, in time order. */
typedef struct Origins {
    size_t n, k;
    size_t first;   /* window of the first */
    double *values; /* (n,K) */
    double *sigma;  /* as band_volatilities */
} Origins;

static size_t fold_start(WindowRange all, size_t fold) {
    const double n = (double)(all.last - all.first);
    return all.first + (size_t)floor(n * (first_share + (1 - first_share) * (double)fold / SHRINKAGE_FOLDS));
}

typedef struct FoldWatch {
    const TrainerWatch *outer;
    size_t fold;
} FoldWatch;

static void fold_progress(void *context, double share, double loss) {
    const FoldWatch *w = context;
    w->outer->progress(w->outer->context, ((double)w->fold + share) / SHRINKAGE_FOLDS, loss);
}

/* Fits a network of the same recipe on the windows before the fold and forecasts the fold. */
static bool run_fold(const Model *model, const Series *series, WindowRange all, const Engine *engine, size_t fold, Origins *o, Error *error) {
    const size_t start = fold_start(all, fold), end = fold_start(all, fold + 1), k = o->k;
    Recipe recipe = model->recipe;
    recipe.shrink = SHRINK_NONE;
    recipe.ensemble = 1;
    recipe.seed = rng_mix(model->recipe.seed, 1000 + fold);
    FoldWatch watch = {&engine->watch, fold};
    const Engine quiet = {
        .kernels = engine->kernels,
        .pool = engine->pool,
        .checkpoint = engine->checkpoint,
        .job = model->n_members + fold,
        .watch = {.progress = engine->watch.progress ? fold_progress : NULL, .context = &watch, .stop = engine->watch.stop},
    };
    const size_t last = start - (k - 1), n_val = (size_t)floor(recipe.val_frac * (double)(last - all.first));
    const WindowRange train = {all.first, last - n_val}, val = {last - n_val, last};
    const RowRange scaled = recipe.scale_fit == SCALE_FIT_ALL ? (RowRange){0, series->n_rows} : (RowRange){all.first - recipe.window, start};
    size_t *r = memory_zeroed(end - start, sizeof *r);
    Model own;
    FitReport report;
    if (!r || !model_init(&own, &recipe, series, error)) {
        free(r);
        return error_memory(error, "rolling origins");
    }
    for (size_t i = start; i < end; i++) {
        r[i - start] = i;
    }
    const bool ok = forecast_fit_windows(&own, series, scaled, train, val, &quiet, NULL, &report, error) &&
                    forecast_windows(&own, series, &quiet, r, end - start, o->values + (start - o->first) * k, error);
    model_free(&own);
    free(r);
    return ok;
}

/* Errors of naive and of the networks at one step, relative to the last value and in units of volatility, so that no calm or stormy time decides alone. */
static void errors_of_step(const Model *model, const Series *series, const Origins *o, size_t step, double *naive, double *network) {
    const double *x = series->columns[0];
    for (size_t i = 0; i < o->n; i++) {
        const size_t r = o->first + i;
        const double unit = scaler_unit(&model->scaler.columns[0], x[r - 1]), u = unit > 0 ? unit : 1;
        naive[i] = (x[r + step - 1] - x[r - 1]) / u;
        network[i] = (x[r + step - 1] - o->values[i * o->k + step - 1]) / u;
    }
}

static double fit_step(const double *naive, const double *network, size_t n, size_t step) {
    double du = 0, dd = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = naive[i] - network[i];
        du += d * naive[i];
        dd += d * d;
    }
    if (!(dd > 0) || skill_clark_west(naive, network, n, step).p >= gate_p) {
        return 0;
    }
    return du <= 0 ? 0 : du >= dd ? 1 : du / dd;
}

static double ratio_of(const double *naive, const double *network, size_t n, double shrink) {
    double sse = 0, sse_naive = 0;
    for (size_t i = 0; i < n; i++) {
        const double e = naive[i] + shrink * (network[i] - naive[i]);
        sse += e * e;
        sse_naive += naive[i] * naive[i];
    }
    return sse_naive > 0 ? sqrt(sse / sse_naive) : NAN;
}

static bool decide(Model *model, const Series *series, const Origins *o, Error *error) {
    double *errors = memory_zeroed(o->n, 2 * sizeof *errors);
    if (!errors) {
        return error_memory(error, "rolling origins");
    }
    for (size_t step = 1; step <= o->k; step++) {
        errors_of_step(model, series, o, step, errors, errors + o->n);
        const double shrink = fit_step(errors, errors + o->n, o->n, step);
        model->shrink[step - 1] = shrink;
        if (step == 1) {
            model->training.naive_ratio = ratio_of(errors, errors + o->n, o->n, shrink);
        }
        for (size_t i = 0; i < o->n; i++) {
            const size_t r = o->first + i;
            const double last = series->columns[0][r - 1], forecast = last + shrink * (o->values[i * o->k + step - 1] - last);
            interval_push(&model->calibration[step - 1], band_score(model, series, o->sigma, r, step, forecast));
        }
    }
    free(errors);
    return true;
}

static void forget(Model *model) {
    memset(model->calibration, 0, model->recipe.horizon * sizeof *model->calibration);
    model->training.naive_ratio = NAN;
}

static bool origins_init(Origins *o, const Model *model, const Series *series, size_t first, size_t last, Error *error) {
    *o = (Origins){.n = last - first, .k = model->recipe.horizon, .first = first};
    o->values = memory_zeroed(o->n, o->k * sizeof *o->values);
    o->sigma = memory_zeroed(series->n_rows + 1, sizeof *o->sigma);
    if (!o->values || !o->sigma) {
        return error_memory(error, "rolling origins");
    }
    band_volatilities(model, series, o->sigma);
    return true;
}

static void origins_free(Origins *o) {
    free(o->values);
    free(o->sigma);
}

/* Too few windows to show anything: naive, calibrated on its own errors. */
static bool stay_naive(Model *model, const Series *series, WindowRange all, Error *error) {
    Origins o;
    const bool ok = origins_init(&o, model, series, all.first, all.last, error);
    for (size_t i = 0; ok && i < o.n * o.k; i++) {
        o.values[i] = series->columns[0][o.first + i / o.k - 1];
    }
    const bool decided = ok && decide(model, series, &o, error);
    origins_free(&o);
    return decided;
}

bool shrinkage_fit(Model *model, const Series *series, WindowRange all, const Engine *engine, Error *error) {
    Origins o;
    forget(model);
    const size_t n = all.last - all.first, before = fold_start(all, 0) - all.first;
    if (n < SHRINKAGE_WINDOWS || before < SHRINKAGE_WINDOWS / 2 + model->recipe.horizon) {
        return stay_naive(model, series, all, error);
    }
    bool ok = origins_init(&o, model, series, fold_start(all, 0), all.last, error);
    for (size_t fold = 0; ok && fold < SHRINKAGE_FOLDS; fold++) {
        ok = run_fold(model, series, all, engine, fold, &o, error);
    }
    ok = ok && decide(model, series, &o, error);
    origins_free(&o);
    return ok;
}

bool shrinkage_calibrate(Model *model, const Series *series, WindowRange train, const Engine *engine, Error *error) {
    const size_t k = model->recipe.horizon, n = train.last - train.first < INTERVAL_RING ? train.last - train.first : INTERVAL_RING;
    size_t r[INTERVAL_RING];
    Origins o;
    forget(model);
    for (size_t i = 0; i < n; i++) {
        r[i] = train.last - n + i;
    }
    bool ok = origins_init(&o, model, series, r[0], train.last, error) && forecast_windows(model, series, engine, r, n, o.values, error);
    for (size_t i = 0; ok && i < n * k; i++) {
        interval_push(&model->calibration[i % k], band_score(model, series, o.sigma, r[i / k], i % k + 1, o.values[i]));
    }
    origins_free(&o);
    return ok;
}
