#include "lstmfc/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/math64.h"
#include "lstmfc/memory.h"
#include "lstmfc/readout.h"
#include "lstmfc/reservoir.h"
#include "lstmfc/smoothing.h"
#include "lstmfc/sweep.h"

static const double *const *raw_columns(const Series *series) {
    return (const double *const *)series->columns;
}

static Windows model_windows(const Model *model, const double *const *columns, size_t n_rows) {
    return (Windows){
        .columns = columns,
        .scaler = &model->scaler,
        .n_rows = n_rows,
        .n_features = model->n_columns,
        .length = model->recipe.window,
        .horizon = model->recipe.horizon,
        .direction = model->recipe.objective == OBJECTIVE_DIRECTION,
    };
}

Windows forecast_model_windows(const Model *model, const Series *series) {
    return model_windows(model, raw_columns(series), series->n_rows);
}

TrainerOptions forecast_trainer_options(const Recipe *recipe, const Kernels *kernels, size_t member) {
    return (TrainerOptions){
        .kernels = kernels,
        .loss = recipe_loss(recipe),
        .optimizer = {.kind = optimizer_kinds[recipe->optimizer],
                      .lr = recipe->lr,
                      .momentum = recipe->momentum,
                      .weight_decay = recipe->weight_decay,
                      .clip_norm = recipe->clip_norm,
                      .clip_value = recipe->clip_value,
                      .nesterov = recipe->nesterov,
                      .decoupled = recipe->decay == DECAY_DECOUPLED},
        .epochs = recipe->epochs,
        .batch = recipe->batch,
        .patience = recipe->patience,
        .two_biases = recipe->two_biases,
        .spectral_norm = recipe->spectral_norm,
        .shuffle = !recipe->no_shuffle,
        .seed = member ? rng_mix(rng_mix(recipe->seed, RNG_MEMBER), member) : recipe->seed,
        .member = member,
    };
}

/* The fits of all members: independent jobs, each a function of its number. */
typedef struct Fit {
    Model *model;
    const Series *series;
    const Engine *engine;
    Windows windows;
    WindowRange train, val;
    Trainer **chain; /* [members], NULL = to be made; chain itself NULL = fresh */
    Pool *inner; /* of a member's batches; NULL where members run at once */
    TrainerResult *results;
    Error *errors;
    double *shares; /* done, for progress */
} Fit;

typedef struct MemberWatch {
    const Fit *fit;
    size_t member;
} MemberWatch;

static void member_epoch(void *context, const TrainerEpoch *epoch) {
    const MemberWatch *w = context;
    const TrainerWatch *outer = &w->fit->engine->watch;
    pool_lock(w->fit->engine->pool);
    if (outer->epoch) {
        outer->epoch(outer->context, epoch);
    }
    pool_unlock(w->fit->engine->pool);
}

static void member_progress(void *context, double share, double loss) {
    const MemberWatch *w = context;
    const TrainerWatch *outer = &w->fit->engine->watch;
    double sum = 0;
    pool_lock(w->fit->engine->pool);
    w->fit->shares[w->member] = share;
    for (size_t i = 0; i < w->fit->model->n_members; i++) {
        sum += w->fit->shares[i];
    }
    outer->progress(outer->context, sum / (double)w->fit->model->n_members, loss);
    pool_unlock(w->fit->engine->pool);
}

static bool member_keep(void *context, const TrainerState *state, Error *error) {
    const MemberWatch *w = context;
    return checkpoint_keep(w->fit->engine->checkpoint, w->fit->engine->job + w->member, state, error);
}

/* Tells the epochs of a run that this one goes on with. */
static void retell(MemberWatch *w, const TrainerState *from) {
    for (size_t i = 0; i < from->epoch; i++) {
        member_epoch(w, &from->history[i]);
    }
    w->fit->shares[w->member] = from->done ? 1 : 0;
}

static bool start_member(const Fit *fit, const TrainerOptions *options, Error *error) {
    Model *model = fit->model;
    const Network *network = model_network(model, options->member);
    real *weights = model_weights(model, options->member);
    Rng rng;
    rng_init(&rng, options->seed, RNG_INIT);
    if (!network_initialise(network, (InitKind)model->recipe.init, &rng, weights, error)) {
        return false;
    }
    const Recipe *recipe = &model->recipe;
    const Reservoir reservoir = {
        .spectral_radius = recipe->spectral_radius, .sparsity = recipe->sparsity, .leak = recipe->leak, .input_scale = recipe->input_scale};
    rng_init(&rng, options->seed, RNG_RESERVOIR);
    if (!reservoir_draw(network, &reservoir, &rng, weights, error)) {
        return false;
    }
    if (model->recipe.zero_output) {
        network_zero_output(network, weights);
    }
    return !model->recipe.init_from || model_read_weights(model, options->member, model->recipe.init_from, error);
}

/* A reservoir's readout is solved and not trained: one epoch, told as one. */
static bool solve_member(const Fit *fit, const TrainerOptions *options, MemberWatch *told, TrainerResult *result, Error *error) {
    const Model *model = fit->model;
    const ReadoutOptions readout = {
        .kernels = options->kernels, .pool = fit->inner, .ridge = model->recipe.ridge, .stop = fit->engine->watch.stop};
    if (!start_member(fit, options, error) || !readout_fit(model_network(model, options->member), &readout, &fit->windows, fit->train,
                                                           fit->val, model_weights(model, options->member), result, error)) {
        return false;
    }
    const TrainerEpoch epoch = {.member = options->member,
                                .epoch = 1,
                                .n_epochs = 1,
                                .loss_train = result->loss_train,
                                .loss_val = result->loss_val,
                                .seconds = result->seconds,
                                .windows = result->windows,
                                .best = true};
    member_epoch(told, &epoch);
    if (fit->engine->watch.progress) {
        member_progress(told, 1, result->loss_train);
    }
    return true;
}

static bool fit_member(const Fit *fit, size_t member, TrainerResult *result, Error *error) {
    const TrainerOptions options = forecast_trainer_options(&fit->model->recipe, fit->engine->kernels, member);
    MemberWatch member_watch = {fit, member};
    if (reservoir_is(model_network(fit->model, member))) {
        return solve_member(fit, &options, &member_watch, result, error);
    }
    Checkpoint *checkpoint = fit->engine->checkpoint;
    const TrainerWatch watch = {
        .epoch = member_epoch,
        .progress = fit->engine->watch.progress ? member_progress : NULL,
        .context = &member_watch,
        .stop = fit->engine->watch.stop,
        .keep = checkpoint ? member_keep : NULL,
        .from = checkpoint ? checkpoint_state(checkpoint, fit->engine->job + member) : NULL,
    };
    Trainer *trainer = fit->chain ? fit->chain[member] : NULL;
    if (!trainer) {
        trainer =
            start_member(fit, &options, error) ? trainer_create(model_network(fit->model, member), &options, fit->inner, error) : NULL;
    }
    if (trainer && watch.from) {
        retell(&member_watch, watch.from);
    }
    const bool ok =
        trainer && trainer_fit(trainer, &fit->windows, fit->train, fit->val, &watch, model_weights(fit->model, member), result, error);
    if (fit->chain) {
        fit->chain[member] = trainer;
    } else {
        trainer_free(trainer);
    }
    return ok;
}

static void member_task(void *context, size_t member, size_t worker) {
    (void)worker;
    const Fit *fit = context;
    fit_member(fit, member, &fit->results[member], &fit->errors[member]);
}

static void report_fit(const Fit *fit, FitReport *report) {
    const size_t n = fit->model->n_members;
    double windows = 0;
    *report = (FitReport){.n_windows = fit->train.last - fit->train.first, .n_val_windows = fit->val.last - fit->val.first};
    report->epochs = fit->results[0].epochs;
    report->best_epoch = fit->results[0].best_epoch;
    for (size_t i = 0; i < n; i++) {
        report->loss_train += fit->results[i].loss_train / (double)n;
        report->loss_val += fit->results[i].loss_val / (double)n;
        report->seconds += fit->results[i].seconds;
        windows += (double)fit->results[i].windows;
    }
    report->windows_per_second = report->seconds > 0 ? windows / report->seconds : 0;
}

/* Rows that training windows touch. */
static RowRange touched_rows(const Recipe *recipe, WindowRange train) {
    return (RowRange){train.first - recipe->window, train.last - 1 + recipe->horizon};
}

static void describe_training(Model *model, const Series *series, RowRange rows, const FitReport *report, const Kernels *kernels) {
    model->training = (ModelTraining){
        .from = series->dates[rows.first],
        .to = series->dates[rows.last - 1],
        .n_rows = rows.last - rows.first,
        .n_windows = report->n_windows,
        .n_val_windows = report->n_val_windows,
        .epochs = report->epochs,
        .best_epoch = report->best_epoch,
        .loss_train = report->loss_train,
        .loss_val = report->loss_val,
        .error_ratio = 1,
    };
    strcpy(model->training.arithmetic, strcmp(kernels->name, "v1") == 0 ? "v1" : "fma");
    model->calendar = series->calendar;
}

static bool fit_members(Fit *fit, Error *error) {
    const size_t n = fit->model->n_members;
    Pool *pool = fit->engine->pool;
    const bool at_once = n >= 2 * pool_size(pool);
    fit->inner = at_once ? NULL : pool;
    pool_run(at_once ? pool : NULL, n, member_task, fit);
    for (size_t i = 0; i < n; i++) {
        if (fit->errors[i].code) {
            *error = fit->errors[i];
            return false;
        }
    }
    return true;
}

/* On a series as it is. */
static bool fit_on(Model *model, const Series *series, RowRange scaled, WindowRange train, WindowRange val, const Engine *engine,
                   Trainer **chain, FitReport *report, Error *error) {
    Fit fit = {.model = model, .series = series, .engine = engine, .train = train, .val = val, .chain = chain};
    fit.windows = forecast_model_windows(model, series);
    if (!scaler_fit(&model->scaler, (ScaleKind)model->recipe.scale, (AnchorKind)model->recipe.anchor, raw_columns(series), scaled.first,
                    scaled.last, error)) {
        error_source(error, series->source);
        return false;
    }
    fit.results = calloc(model->n_members, sizeof *fit.results);
    fit.errors = calloc(model->n_members, sizeof *fit.errors);
    fit.shares = calloc(model->n_members, sizeof *fit.shares);
    const bool ok = fit.results && fit.errors && fit.shares ? fit_members(&fit, error) : error_memory(error, "the fit");
    if (ok) {
        report_fit(&fit, report);
        describe_training(model, series, touched_rows(&model->recipe, train), report, engine->kernels);
    }
    free(fit.results);
    free(fit.errors);
    free(fit.shares);
    return ok;
}

bool forecast_fit_windows(Model *model, const Series *series, RowRange scaled, WindowRange train, WindowRange val, const Engine *engine,
                          Trainer **chain, FitReport *report, Error *error) {
    Smoothing smoothing;
    Series smoothed;
    const RowRange rows = touched_rows(&model->recipe, (WindowRange){train.first, val.last > train.last ? val.last : train.last});
    const bool ok = smoothing_init(&smoothing, &smoothed, series, rows, model->recipe.smooth, model->recipe.smooth_block, error) &&
                    fit_on(model, &smoothed, scaled, train, val, engine, chain, report, error);
    smoothing_free(&smoothing);
    return ok;
}

/* Mean over members of the outputs of windows r, in raw units: the first member's plus the mean of what the others differ by, so that
 * members who agree give exactly what they agree on. */
static bool network_forecast(const Model *model, const Windows *windows, const Engine *engine, const size_t *r, size_t n, double *values,
                             Error *error) {
    const size_t k = model->recipe.horizon;
    double *outputs = memory_zeroed(n, 2 * k * sizeof *outputs);
    if (!outputs) {
        return error_memory(error, "forecasts");
    }
    double *differences = outputs + n * k;
    bool ok = true;
    for (size_t m = 0; ok && m < model->n_members; m++) {
        ok = sweep_outputs(model_network(model, m), engine->kernels, engine->pool, windows, r, n, model_weights(model, m), outputs, error);
        for (size_t i = 0; ok && i < n * k; i++) {
            const double value = windows->direction ? 1 / (1 + math64_exp(-outputs[i])) : window_invert(windows, r[i / k], outputs[i]);
            values[i] = m ? values[i] : value;
            differences[i] += value - values[i];
        }
    }
    for (size_t i = 0; ok && i < n * k; i++) {
        values[i] += differences[i] / (double)model->n_members;
    }
    free(outputs);
    return ok;
}

/* Of one window: naive's forecast, and what the fit found right of the linear one's and the networks' (values) departures from it. */
static void combine(const Model *model, double last, const double *linear, double *values) {
    for (size_t i = 0; i < model->recipe.horizon; i++) {
        const double share = model->shrink[i], linear_share = model->linear_shrink[i];
        if (share < 1) {
            values[i] = share > 0 ? last + share * (values[i] - last) : last;
        }
        if (linear_share > 0) {
            values[i] += linear_share * (linear[i] - last);
        }
    }
}

static bool windows_forecast(const Model *model, const Windows *windows, const Engine *engine, const size_t *r, size_t n, double *values,
                             Error *error) {
    const size_t k = model->recipe.horizon;
    double *linear = memory_zeroed(k, sizeof *linear);
    if (!linear) {
        return error_memory(error, "forecasts");
    }
    const bool ok = model_is_linear(model) || network_forecast(model, windows, engine, r, n, values, error);
    for (size_t i = 0; ok && !windows->direction && i < n; i++) {
        linear_forecast(&model->linear, windows->columns[0], r[i], k, linear);
        combine(model, window_naive(windows, r[i]), linear, values + i * k);
    }
    free(linear);
    return ok;
}

static bool enough_rows(const Model *model, const Series *series, size_t row, Error *error) {
    return row >= model->recipe.window || error_at(error, ERROR_DATA, series->source, 0, 0, "more rows",
                                                   "a forecast needs %zu rows before it, and there are %zu", model->recipe.window, row);
}

bool forecast_windows(const Model *model, const Series *series, const Engine *engine, const size_t *r, size_t n, double *values,
                      Error *error) {
    const Windows windows = model_windows(model, raw_columns(series), series->n_rows);
    for (size_t i = 0; i < n; i++) {
        if (!enough_rows(model, series, r[i], error)) {
            return false;
        }
    }
    return windows_forecast(model, &windows, engine, r, n, values, error);
}

bool forecast_range(const Model *model, const Series *series, const Engine *engine, size_t first, size_t n, double *values, Error *error) {
    size_t *r = memory_zeroed(n, sizeof *r);
    if (!r) {
        return error_memory(error, "the forecasts");
    }
    for (size_t i = 0; i < n; i++) {
        r[i] = first + i;
    }
    const bool ok = forecast_windows(model, series, engine, r, n, values, error);
    free(r);
    return ok;
}

/* Beyond the first block a path would want indicators of rows that have not happened. */
static bool path_can(const Model *model, size_t n, Error *error) {
    if (model->recipe.objective == OBJECTIVE_DIRECTION) {
        return error_set(error, ERROR_USAGE, "train with --objective value", "a model of the direction has no values to forecast");
    }
    return model->n_indicators == 0 || n <= model->recipe.horizon ||
           error_set(error, ERROR_USAGE, "train with --horizon for more rows at once, or without --indicators",
                     "a path of %zu rows would need indicators of rows that have not happened: this model forecasts %zu", n,
                     model->recipe.horizon);
}

bool forecast_path(const Model *model, const Series *series, const Engine *engine, size_t start, size_t n, double *values, Error *error) {
    const size_t length = model->recipe.window, k = model->recipe.horizon, room = length + n + k, n_columns = model->n_columns;
    if (!enough_rows(model, series, start, error) || !path_can(model, n, error)) {
        return false;
    }
    double *block = memory_zeroed(n_columns, room * sizeof *block), *next = memory_zeroed(k, sizeof *next);
    const double **columns = calloc(n_columns, sizeof *columns);
    bool ok = (block && next && columns) || error_memory(error, "the path");
    for (size_t c = 0; ok && c < n_columns; c++) {
        columns[c] = block + c * room;
        memcpy(block + c * room, series->columns[c] + start - length, length * sizeof *block);
        for (size_t i = length; i < room; i++) {
            block[c * room + i] = block[c * room + length - 1];
        }
    }
    for (size_t done = 0; ok && done < n; done += k) {
        const size_t r = length + done;
        const Windows windows = model_windows(model, columns, room);
        ok = windows_forecast(model, &windows, engine, &r, 1, next, error);
        for (size_t i = 0; ok && i < k; i++) {
            block[r + i] = next[i];
            if (done + i < n) {
                values[done + i] = next[i];
            }
        }
    }
    free(columns);
    free(next);
    free(block);
    return ok;
}
