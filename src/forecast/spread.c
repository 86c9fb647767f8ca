#include "lstmfc/spread.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/memory.h"
#include "lstmfc/sweep.h"

/* Of the noise: bounds that fell together would make an interval of no width. */
static const double LEAST = 0.05;

double spread_unit(const Model *model, double last) {
    return model->scaler.columns[0].anchor == ANCHOR_RATIO ? fabs(last) : 1;
}

static double noise_of(const Model *model, const Series *series, const double *sigma, size_t origin, size_t step) {
    return sigma[origin] * spread_unit(model, series->columns[0][origin - 1]) * sqrt((double)step);
}

/* ---- quantiles */

static void put_bounds(const Spread *s, size_t at, double a, double b, double noise) {
    const double half = fabs(b - a) / 2;
    s->center[at] = a + (b - a) / 2;
    s->size[at] = half > LEAST * noise || isnan(noise) ? half : LEAST * noise;
}

static bool bounds_of_head(Spread *s, const Model *model, const Series *series, const Engine *engine, const double *sigma, Error *error) {
    const Windows windows = forecast_model_windows(model, series);
    const size_t n = s->last - s->first + 1, k = s->horizon, outputs = 2 * k * s->n_levels;
    size_t *r = memory_zeroed(n, sizeof *r);
    double *values = memory_zeroed(n, outputs * sizeof *values);
    bool ok = (r && values) || error_memory(error, "the intervals");
    for (size_t i = 0; ok && i < n; i++) {
        r[i] = s->first + i;
    }
    ok = ok && sweep_outputs(&model->head, engine->kernels, engine->pool, &windows, r, n, model->head_weights, values, error);
    for (size_t i = 0; ok && i < n * k * s->n_levels; i++) {
        const size_t row = i / (k * s->n_levels), step = i / s->n_levels % k, level = i % s->n_levels;
        const double *low = values + row * outputs + 2 * level * k + step;
        put_bounds(s, i, window_invert(&windows, r[row], low[0]), window_invert(&windows, r[row], low[k]),
                   noise_of(model, series, sigma, r[row], step + 1));
    }
    free(values);
    free(r);
    return ok;
}

/* ---- dropout */

typedef struct Passes {
    const Model *model;
    const Kernels *kernels;
    Windows windows;
    Activations *activations; /* [workers][kinds of networks] */
    size_t n;                 /* of each member */
    Spread *spread;
} Passes;

/* One window, all passes of a member as one batch: its row is the pass. */
static void run_passes(const Passes *p, size_t worker, size_t member, const size_t *rows, double *sum, double *squares) {
    const Network *network = model_network(p->model, member);
    Activations *a = &p->activations[worker * p->model->n_kinds + member % p->model->n_kinds];
    const Run run = {.kernels = p->kernels,
                     .weights = model_weights(p->model, member),
                     .training = true,
                     .dropout_key = rng_mix(rng_mix(p->model->recipe.seed, RNG_INTERVAL), member),
                     .batch_rows = p->n};
    window_gather(&p->windows, rows, p->n, a->x, kernels_stride(network->n_inputs), NULL, 0);
    const real *y = network_forward(network, &run, a, p->n);
    for (size_t i = 0; i < p->n; i++) {
        for (size_t k = 0; k < p->spread->horizon; k++) {
            const double value = (double)y[i * kernels_stride(network->n_outputs) + k];
            sum[k] += value;
            squares[k] += value * value;
        }
    }
}

static void passes_task(void *context, size_t i, size_t worker) {
    const Passes *p = context;
    const size_t k = p->spread->horizon, row = p->spread->first + i, n = p->n * p->model->n_members;
    double *sum = p->spread->size + i * k, *squares = p->spread->center + i * k;
    size_t rows[SPREAD_PASSES];
    for (size_t j = 0; j < p->n; j++) {
        rows[j] = row;
    }
    for (size_t m = 0; m < p->model->n_members; m++) {
        run_passes(p, worker, m, rows, sum, squares);
    }
    const double unit = window_invert(&p->windows, row, 1) - window_invert(&p->windows, row, 0);
    for (size_t j = 0; j < k; j++) {
        const double mean = sum[j] / (double)n, variance = squares[j] / (double)n - mean * mean;
        sum[j] = variance > 0 ? fabs(unit) * sqrt(variance) : 0;
    }
}

static bool passes_init(Passes *p, Spread *s, const Model *model, const Series *series, const Engine *engine, Error *error) {
    const size_t n = pool_size(engine->pool) * model->n_kinds;
    *p = (Passes){.model = model, .kernels = engine->kernels, .windows = forecast_model_windows(model, series), .spread = s};
    p->n = model->n_members < SPREAD_PASSES ? SPREAD_PASSES / model->n_members : 1;
    p->activations = calloc(n, sizeof *p->activations);
    bool ok = p->activations || error_memory(error, "the intervals");
    for (size_t i = 0; ok && i < n; i++) {
        ok = activations_init(&p->activations[i], model_network(model, i % model->n_kinds), p->n, false, error);
    }
    return ok;
}

/* The squares are gathered where centers would stand, which this kind has none of. */
static bool deviations_of_passes(Spread *s, const Model *model, const Series *series, const Engine *engine, const double *sigma,
                                 Error *error) {
    Passes passes;
    const bool ok = passes_init(&passes, s, model, series, engine, error);
    if (ok) {
        pool_run(engine->pool, s->last - s->first + 1, passes_task, &passes);
    }
    for (size_t i = 0; passes.activations && i < pool_size(engine->pool) * model->n_kinds; i++) {
        activations_free(&passes.activations[i]);
    }
    free(passes.activations);
    for (size_t i = 0; ok && i < (s->last - s->first + 1) * s->horizon; i++) {
        const double noise = noise_of(model, series, sigma, s->first + i / s->horizon, i % s->horizon + 1);
        s->size[i] = sqrt(s->size[i] * s->size[i] + noise * noise);
    }
    free(s->center);
    s->center = NULL;
    return ok;
}

/* ---- */

bool spread_init(Spread *s, const Model *model, const Series *series, const Engine *engine, const double *sigma, size_t first, size_t last,
                 Error *error) {
    *s = (Spread){.first = first, .last = last, .horizon = model->recipe.horizon, .n_levels = model->n_levels};
    s->center = memory_zeroed(last - first + 1, s->horizon * s->n_levels * sizeof *s->center);
    s->size = memory_zeroed(last - first + 1, s->horizon * s->n_levels * sizeof *s->size);
    bool ok = (s->center && s->size) || error_memory(error, "the intervals");
    ok =
        ok && (model->recipe.interval == INTERVAL_QUANTILE ? bounds_of_head : deviations_of_passes)(s, model, series, engine, sigma, error);
    if (!ok) {
        spread_free(s);
    }
    return ok;
}

void spread_free(Spread *s) {
    free(s->center);
    free(s->size);
    *s = (Spread){0};
}

/* ---- the head */

static Loss pinball(const Model *model) {
    Loss loss = {.kind = loss_find("quantile"), .n_taus = 2 * model->n_levels};
    for (size_t l = 0; l < model->n_levels; l++) {
        loss.tau[2 * l] = (1 - model->levels[l]) / 2;
        loss.tau[2 * l + 1] = (1 + model->levels[l]) / 2;
    }
    return loss;
}

bool spread_fit(Model *model, const Series *series, WindowRange train, WindowRange val, const Engine *engine, Error *error) {
    const Windows windows = forecast_model_windows(model, series);
    const TrainerWatch watch = {.stop = engine->watch.stop};
    TrainerOptions options = forecast_trainer_options(&model->recipe, engine->kernels, 0);
    TrainerResult result;
    Rng rng;
    if (model->recipe.interval != INTERVAL_QUANTILE) {
        return true;
    }
    options.loss = pinball(model);
    options.seed = rng_mix(rng_mix(model->recipe.seed, RNG_INTERVAL), 0);
    rng_init(&rng, options.seed, RNG_INIT);
    if (!network_initialise(&model->head, (InitKind)model->recipe.init, &rng, model->head_weights, error)) {
        return false;
    }
    Trainer *trainer = trainer_create(&model->head, &options, engine->pool, error);
    const bool ok = trainer && trainer_fit(trainer, &windows, train, val, &watch, model->head_weights, &result, error);
    trainer_free(trainer);
    return ok;
}
