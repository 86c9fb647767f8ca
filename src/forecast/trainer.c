#include "lstmfc/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "lstmfc/stopwatch.h"
#include "lstmfc/sweep.h"
#include "stepper.h"

struct Trainer {
    const Network *network;
    TrainerOptions options;
    Pool *pool;
    Stepper stepper;
    real *best;    /* weights of the best epoch */
    size_t *order; /* training windows, shuffled */
    size_t n_order;
    Rng shuffle;
};

Trainer *trainer_create(const Network *network, const TrainerOptions *options, Pool *pool, Error *error) {
    Trainer *t = calloc(1, sizeof *t);
    if (!t) {
        error_memory(error, "the trainer");
        return NULL;
    }
    t->network = network;
    t->options = *options;
    t->pool = pool;
    t->best = memory_zeroed(network->n_weights, sizeof *t->best);
    rng_init(&t->shuffle, options->seed, RNG_SHUFFLE);
    if (!(t->best || error_memory(error, "the trainer")) || !stepper_init(&t->stepper, network, options, pool, error)) {
        trainer_free(t);
        return NULL;
    }
    return t;
}

void trainer_free(Trainer *t) {
    if (!t) {
        return;
    }
    stepper_free(&t->stepper);
    free(t->best);
    free(t->order);
    free(t);
}

static bool all_finite(const real *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}

static bool diverged(size_t epoch, Error *error) {
    return error_set(error, ERROR_DIVERGED, "a smaller --lr, or --clip-norm 1",
                     "training diverged in epoch %zu: the loss is not finite", epoch);
}

static bool set_order(Trainer *t, WindowRange train, Error *error) {
    const size_t n = train.last - train.first;
    if (n > t->n_order) {
        size_t *more = realloc(t->order, n * sizeof *more);
        if (!more) {
            return error_memory(error, "the order of windows");
        }
        t->order = more;
        t->n_order = n;
    }
    for (size_t i = 0; i < n; i++) {
        t->order[i] = train.first + i;
    }
    return true;
}

/* One epoch over t->order[0..n); *loss = mean. */
static bool train_epoch(Trainer *t, const Windows *windows, size_t n, size_t epoch, const TrainerWatch *watch, real *weights, double *loss,
                        Error *error) {
    const size_t size = t->options.batch;
    double sum = 0;
    if (t->options.shuffle) {
        rng_shuffle(&t->shuffle, t->order, n);
    }
    for (size_t first = 0; first < n; first += size) {
        const size_t rows = n - first < size ? n - first : size;
        if (watch->stop && *watch->stop) {
            return error_set(error, ERROR_STOPPED, NULL, "stopped in epoch %zu, nothing written", epoch);
        }
        const double batch_loss = stepper_batch(&t->stepper, windows, t->order + first, rows, weights);
        if (!isfinite(batch_loss)) {
            return diverged(epoch, error);
        }
        sum += batch_loss;
        if (watch->progress) {
            const double done = (double)(epoch - 1) + (double)(first + rows) / (double)n;
            watch->progress(watch->context, done / (double)t->options.epochs, batch_loss / (double)(rows * t->network->n_outputs));
        }
    }
    *loss = sum / (double)(n * t->network->n_outputs);
    return all_finite(weights, t->network->n_weights) || diverged(epoch, error);
}

/* Takes up where another run left off. The order of windows is shuffled anew as often as it was. */
static void go_on(Trainer *t, const TrainerState *from, size_t n, real *weights, TrainerResult *result) {
    Optimizer *optimizer = &t->stepper.optimizer;
    const size_t size = t->network->n_weights * sizeof *weights;
    *result = from->result;
    memcpy(weights, from->weights, size);
    if (from->done) {
        return;
    }
    memcpy(t->best, from->best_weights, size);
    memcpy(optimizer->slots, from->slots, optimizer->options.kind->n_slots * size);
    optimizer->beta1_power = from->beta1_power;
    optimizer->beta2_power = from->beta2_power;
    t->stepper.n_steps = from->n_steps;
    for (size_t epoch = 0; t->options.shuffle && epoch < from->epoch; epoch++) {
        rng_shuffle(&t->shuffle, t->order, n);
    }
}

static bool keep(const Trainer *t, const TrainerWatch *watch, const TrainerResult *result, TrainerEpoch *epoch, real *weights, double best,
                 bool done, Error *error) {
    const Optimizer *optimizer = &t->stepper.optimizer;
    const TrainerState state = {
        .epoch = epoch->epoch,
        .done = done,
        .result = *result,
        .best = best,
        .beta1_power = optimizer->beta1_power,
        .beta2_power = optimizer->beta2_power,
        .n_steps = t->stepper.n_steps,
        .weights = weights,
        .best_weights = t->best,
        .slots = optimizer->slots,
        .history = epoch,
    };
    return !watch->keep || watch->keep(watch->context, &state, error);
}

/* One epoch, and the validation behind it; `epoch` says which and is filled. */
static bool run_epoch(Trainer *t, const Windows *windows, WindowRange val, const TrainerWatch *watch, real *weights, TrainerEpoch *epoch,
                      Error *error) {
    const double start = stopwatch_now();
    const bool validated = val.last > val.first;
    if (!train_epoch(t, windows, epoch->windows, epoch->epoch, watch, weights, &epoch->loss_train, error)) {
        return false;
    }
    if (validated && !sweep_loss(t->network, t->options.kernels, t->pool, windows, val.first, val.last, weights, &t->options.loss,
                                 t->stepper.activations, &epoch->loss_val, error)) {
        return false;
    }
    epoch->seconds = stopwatch_now() - start;
    return !validated || isfinite(epoch->loss_val) || diverged(epoch->epoch, error);
}

static void note(TrainerResult *result, const TrainerEpoch *epoch) {
    if (epoch->best) {
        result->best_epoch = epoch->epoch;
        result->loss_train = epoch->loss_train;
        result->loss_val = epoch->loss_val;
    }
    result->epochs = epoch->epoch;
    result->windows += epoch->windows;
}

bool trainer_fit(Trainer *t, const Windows *windows, WindowRange train, WindowRange val, const TrainerWatch *watch, real *weights,
                 TrainerResult *result, Error *error) {
    const size_t n = train.last - train.first, size = t->network->n_weights * sizeof *weights;
    const bool early = val.last > val.first && t->options.patience > 0;
    const TrainerState *from = watch->from;
    double best = from ? from->best : INFINITY, before = from ? from->result.seconds : 0;
    *result = (TrainerResult){.loss_val = NAN, .loss_train = NAN};
    if (!set_order(t, train, error)) {
        return false;
    }
    if (from) {
        go_on(t, from, n, weights, result);
    }
    const double start = stopwatch_now();
    stepper_prepare(&t->stepper, weights);
    for (bool done = from && from->done; !done;) {
        TrainerEpoch told = {.member = t->options.member, .epoch = result->epochs + 1, .n_epochs = t->options.epochs, .windows = n};
        told.loss_val = NAN;
        if (!run_epoch(t, windows, val, watch, weights, &told, error)) {
            return false;
        }
        told.best = !early || told.loss_val < best;
        if (told.best && early) {
            memcpy(t->best, weights, size);
        }
        best = told.best ? told.loss_val : best;
        note(result, &told);
        result->seconds = before + stopwatch_now() - start;
        if (watch->epoch) {
            watch->epoch(watch->context, &told);
        }
        done = told.epoch == t->options.epochs || (early && told.epoch - result->best_epoch >= t->options.patience);
        if (done && early && result->best_epoch) {
            memcpy(weights, t->best, size);
        }
        if (!keep(t, watch, result, &told, weights, best, done, error)) {
            return false;
        }
    }
    return true;
}
