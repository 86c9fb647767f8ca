#include "lstmfc/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "lstmfc/spectral.h"
#include "lstmfc/stopwatch.h"
#include "lstmfc/twins.h"
#include "pace.h"

enum {
    CHUNK_ROWS = 8,              /* rows whose states stay near the core while BPTT runs; a register tile high */
    CHUNK_ROWS_LARGE = 32,       /* where the weights themselves do not: fewer passes over them */
    LARGE_WEIGHTS = 1 << 18,     /* reals */
    MAX_SHARDS = 8,              /* more of them cost more to add up than more than eight workers would gain */
    SHARD_REALS = 1 << 25,       /* of all private gradients together */
    BLOCK = 1 << 12,             /* reals of the flat vector done at once by the optimizer */
    TEAM_WORK = 40000            /* multiplications in a step of a layer that make it worth meeting after each */
};

/* How a batch is cut: a function of its size and the network alone. */
typedef struct Cut {
    size_t n_chunks, n_shards;
    bool shared; /* one chunk, and steps that are work enough for a team */
} Cut;

static size_t chunk_rows(const Network *network) {
    return network->n_weights > LARGE_WEIGHTS ? CHUNK_ROWS_LARGE : CHUNK_ROWS;
}

/* Whether a step is work enough for meeting after each. */
static bool worth_sharing(const Network *network, size_t rows) {
    for (size_t l = 0; l < network->n_layers; l++) {
        const Layer *layer = &network->layers[l];
        if (layer->kind->teams && layer->steps_in && layer_parts(layer->n_units) > 1 && layer->n_weights * rows >= TEAM_WORK) {
            return true;
        }
    }
    return false;
}

/* Chunks of at most so many rows; a number of them that two workers, and of many that four, share evenly. */
static size_t count_chunks(size_t rows, size_t most) {
    const size_t n = (rows + most - 1) / most, even = n < 12 ? 2 : 4;
    return n < 3 ? n : (n + even - 1) / even * even;
}

/* As many shards as chunks, up to a power of two whose gradients have room: it divides evenly among the usual numbers of threads. A smaller batch never has more
 * shards than a larger one. */
static Cut cut_batch(const Network *network, size_t rows) {
    const size_t size = chunk_rows(network), fit = SHARD_REALS / (network->n_weights + 1) + 1;
    Cut cut = {.n_chunks = count_chunks(rows, size)};
    size_t most = 1;
    while (most * 2 <= fit && most < MAX_SHARDS) {
        most *= 2;
    }
    cut.n_shards = cut.n_chunks < most ? cut.n_chunks : most;
    cut.shared = cut.n_chunks == 1 && worth_sharing(network, rows);
    return cut;
}

/* Boundary i of n items cut into k nearly equal parts, the larger ones first: who takes the last part waits least for others. */
static size_t boundary(size_t n, size_t k, size_t i) {
    const size_t larger = n % k;
    return n / k * i + (i < larger ? i : larger);
}

struct Trainer {
    const Network *network;
    TrainerOptions options;
    Pool *pool;
    Optimizer optimizer;
    Activations *activations; /* [workers] */
    real *prepared;           /* transposed weights */
    real *gradients;          /* [n_shards][n_weights]; the first holds the sum after reduction */
    size_t n_shards;
    double *losses;           /* [max(shards, validation chunks)] */
    size_t n_losses;
    real *best;               /* weights of the best epoch */
    Twins twins;              /* none where a bias is one */
    double *spectral;         /* scratch of the bound on the spectral norm; NULL = no bound */
    size_t *order;            /* training windows, shuffled */
    size_t n_order;
    Rng shuffle;
    uint64_t dropout_seed, n_steps;
    bool teams;               /* the workers may be one, and each has a processor */
    Pace pace;                /* of batches a team could share */
};

static size_t n_blocks(const Trainer *trainer) {
    return (trainer->network->n_weights + BLOCK - 1) / BLOCK;
}

Trainer *trainer_create(const Network *network, const TrainerOptions *options, Pool *pool, Error *error) {
    Trainer *t = calloc(1, sizeof *t);
    if (!t) {
        error_memory(error, "the trainer");
        return NULL;
    }
    const size_t n = network->n_weights, workers = pool_size(pool);
    t->network = network;
    t->options = *options;
    t->pool = pool;
    t->n_shards = cut_batch(network, options->batch).n_shards;
    t->n_losses = t->n_shards > n_blocks(t) ? t->n_shards : n_blocks(t);
    t->activations = calloc(workers, sizeof *t->activations);
    t->prepared = memory_zeroed(network->n_prepared, sizeof *t->prepared);
    t->gradients = memory_zeroed(t->n_shards, n * sizeof *t->gradients);
    t->best = memory_zeroed(n, sizeof *t->best);
    t->losses = memory_zeroed(t->n_losses, sizeof *t->losses);
    const size_t n_spectral = options->spectral_norm > 0 ? spectral_scratch(network) : 0;
    t->spectral = n_spectral ? memory_zeroed(n_spectral, sizeof *t->spectral) : NULL;
    bool ok = t->activations && t->prepared && t->gradients && t->best && t->losses && (t->spectral || !n_spectral);
    if (!ok) {
        error_memory(error, "the trainer");
    }
    ok = ok && optimizer_init(&t->optimizer, &options->optimizer, n, error) && (!options->two_biases || twins_init(&t->twins, network, error));
    const size_t most = chunk_rows(network), rows = most < options->batch ? most : options->batch;
    for (size_t i = 0; ok && i < workers; i++) {
        ok = activations_init(&t->activations[i], network, rows, true, error);
    }
    if (!ok) {
        trainer_free(t);
        return NULL;
    }
    t->teams = workers > 1 && workers <= pool_processors() && !optimizer_wants_norm(&t->optimizer) && !t->spectral;
    pace_start(&t->pace);
    rng_init(&t->shuffle, options->seed, RNG_SHUFFLE);
    t->dropout_seed = rng_mix(options->seed, RNG_DROPOUT);
    return t;
}

void trainer_free(Trainer *t) {
    if (!t) {
        return;
    }
    for (size_t i = 0; t->activations && i < pool_size(t->pool); i++) {
        activations_free(&t->activations[i]);
    }
    optimizer_free(&t->optimizer);
    twins_free(&t->twins);
    free(t->activations);
    free(t->prepared);
    free(t->gradients);
    free(t->losses);
    free(t->best);
    free(t->spectral);
    free(t->order);
    free(t);
}

/* One batch on its way through the phases. */
typedef struct Batch {
    Trainer *trainer;
    const Windows *windows;
    real *weights;
    const size_t *r; /* its windows */
    size_t rows;
    Cut cut;
    uint64_t dropout_key;
} Batch;

/* Forward, loss and backward of one chunk into the shard's gradient. Members of a team share it. */
static void run_chunk(const Batch *batch, const Team *team, Activations *a, size_t shard, size_t chunk, bool accumulate) {
    Trainer *t = batch->trainer;
    const Network *network = t->network;
    const size_t k = network->n_outputs, ld_y = kernels_stride(k), first = boundary(batch->rows, batch->cut.n_chunks, chunk);
    const size_t rows = boundary(batch->rows, batch->cut.n_chunks, chunk + 1) - first;
    const Run run = {
        .kernels = t->options.kernels,
        .team = team,
        .weights = batch->weights,
        .prepared = t->prepared,
        .training = true,
        .dropout_key = batch->dropout_key,
        .first_row = first,
        .batch_rows = batch->rows,
    };
    if (team_leads(team)) {
        window_gather(batch->windows, batch->r + first, rows, a->x, kernels_stride(network->n_inputs), a->y, ld_y);
    }
    const real *y = network_forward(network, &run, a, rows);
    if (team_leads(team)) {
        t->losses[shard] += loss_sum(&t->options.loss, rows, k, ld_y, y, a->y, a->dy, (double)(batch->rows * k));
    }
    team_meet(team);
    network_backward(network, &run, a, rows, t->gradients + shard * network->n_weights, accumulate);
}

static void shard_task(void *context, size_t shard, size_t worker) {
    const Batch *batch = context;
    Trainer *t = batch->trainer;
    const size_t first = boundary(batch->cut.n_chunks, batch->cut.n_shards, shard), last = boundary(batch->cut.n_chunks, batch->cut.n_shards, shard + 1);
    t->losses[shard] = 0;
    for (size_t chunk = first; chunk < last; chunk++) {
        run_chunk(batch, NULL, &t->activations[worker], shard, chunk, chunk > first);
    }
}

static size_t block_end(const Trainer *t, size_t block) {
    const size_t end = (block + 1) * BLOCK;
    return end < t->network->n_weights ? end : t->network->n_weights;
}

/* Sums the shards' gradients of one block in shard order. */
static void reduce_block(const Batch *batch, size_t block) {
    const Trainer *t = batch->trainer;
    const size_t first = block * BLOCK, n = block_end(t, block) - first;
    for (size_t shard = 1; shard < batch->cut.n_shards; shard++) {
        t->options.kernels->add(n, t->gradients + shard * t->network->n_weights + first, t->gradients + first);
    }
}

static void step_block(const Batch *batch, size_t block) {
    const Trainer *t = batch->trainer;
    twins_apply(&t->twins, &t->optimizer, t->options.kernels, block * BLOCK, block_end(t, block), t->gradients, batch->weights);
}

static void reduce_and_step_task(void *context, size_t block, size_t worker) {
    (void)worker;
    reduce_block(context, block);
    step_block(context, block);
}

static void reduce_and_norm_task(void *context, size_t block, size_t worker) {
    (void)worker;
    const Batch *batch = context;
    Trainer *t = batch->trainer;
    reduce_block(batch, block);
    double sum = 0;
    for (size_t i = block * BLOCK, end = block_end(t, block); i < end; i++) {
        sum += (double)t->gradients[i] * (double)t->gradients[i];
    }
    t->losses[block] = sum;
}

static void step_task(void *context, size_t block, size_t worker) {
    (void)worker;
    step_block(context, block);
}

static void prepare_task(void *context, size_t layer, size_t worker) {
    (void)worker;
    const Batch *batch = context;
    network_prepare(batch->trainer->network, batch->trainer->options.kernels, NULL, batch->trainer->options.batch, layer, layer + 1, batch->weights, batch->trainer->prepared);
}

static double sum_losses(const Trainer *t, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += t->losses[i];
    }
    return sum;
}

/* One optimizer step for the weights this member owns. */
static void step_own(const Batch *batch, const Team *team) {
    const Trainer *t = batch->trainer;
    for (size_t l = 0; l < t->network->n_layers; l++) {
        size_t first, last;
        network_own(&t->network->layers[l], team, &first, &last);
        if (first < last) {
            twins_apply(&t->twins, &t->optimizer, t->options.kernels, first, last, t->gradients, batch->weights);
        }
    }
}

/* A batch of one chunk, all members on it together: forward, backward, step. */
static void team_batch(void *context, const Team *team) {
    const Batch *batch = context;
    const Trainer *t = batch->trainer;
    run_chunk(batch, team, &t->activations[0], 0, 0, false);
    step_own(batch, team);
    network_prepare(t->network, t->options.kernels, team, t->options.batch, 0, t->network->n_layers, batch->weights, t->prepared);
}

/* Forward, backward, step by shards of the batch. */
static double sharded_batch(Batch *batch) {
    Trainer *t = batch->trainer;
    pool_run(t->pool, batch->cut.n_shards, shard_task, batch);
    const double loss = sum_losses(t, batch->cut.n_shards);
    if (optimizer_wants_norm(&t->optimizer)) {
        pool_run(t->pool, n_blocks(t), reduce_and_norm_task, batch);
        optimizer_begin(&t->optimizer, sqrt(sum_losses(t, n_blocks(t))));
        pool_run(t->pool, n_blocks(t), step_task, batch);
    } else {
        optimizer_begin(&t->optimizer, 0);
        pool_run(t->pool, n_blocks(t), reduce_and_step_task, batch);
    }
    if (t->spectral) {
        spectral_bound(t->network, t->options.spectral_norm, batch->weights, t->spectral);
    }
    pool_run(t->pool, t->network->n_layers, prepare_task, batch);
    return loss;
}

/* The same of a batch of one chunk, by all workers together or by one. */
static double one_chunk_batch(Batch *batch, bool shared) {
    Trainer *t = batch->trainer;
    t->losses[0] = 0;
    optimizer_begin(&t->optimizer, 0);
    if (shared) {
        pool_run_team(t->pool, team_batch, batch);
    } else {
        team_batch(batch, NULL);
    }
    return t->losses[0];
}

/* Forward, backward, step. Returns the batch's loss summed over windows and outputs. */
static double train_batch(Batch *batch) {
    Trainer *t = batch->trainer;
    batch->cut = cut_batch(t->network, batch->rows);
    batch->dropout_key = rng_mix(t->dropout_seed, t->n_steps++);
    if (!batch->cut.shared || !t->teams) {
        return sharded_batch(batch);
    }
    const double start = stopwatch_now();
    const double loss = one_chunk_batch(batch, pace_shares(&t->pace));
    pace_tell(&t->pace, stopwatch_now() - start);
    return loss;
}

/* Forward over many windows by chunks, one a task: outputs, or losses against the targets. */
typedef struct Sweep {
    const Network *network;
    const Kernels *kernels;
    const Windows *windows;
    const real *weights;
    Activations *activations;
    const size_t *r; /* NULL: first, first + 1 .. */
    size_t first, n, rows;
    const Loss *loss;     /* NULL: outputs */
    double *losses;       /* [chunks] */
    double *outputs;      /* (n,K) */
} Sweep;

static void sweep_task(void *context, size_t chunk, size_t worker) {
    const Sweep *s = context;
    Activations *a = &s->activations[worker];
    const size_t k = s->network->n_outputs, ld_y = kernels_stride(k), begin = chunk * s->rows;
    const size_t rows = s->n - begin < s->rows ? s->n - begin : s->rows;
    size_t r[CHUNK_ROWS_LARGE];
    for (size_t i = 0; i < rows; i++) {
        r[i] = s->r ? s->r[begin + i] : s->first + begin + i;
    }
    const Run run = {.kernels = s->kernels, .weights = s->weights};
    window_gather(s->windows, r, rows, a->x, kernels_stride(s->network->n_inputs), s->loss ? a->y : NULL, ld_y);
    const real *y = network_forward(s->network, &run, a, rows);
    if (s->loss) {
        s->losses[chunk] = loss_sum(s->loss, rows, k, ld_y, y, a->y, NULL, 1);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < k; j++) {
            s->outputs[(begin + i) * k + j] = (double)y[i * ld_y + j];
        }
    }
}

static size_t sweep_chunks(const Sweep *s) {
    return (s->n + s->rows - 1) / s->rows;
}

/* Mean loss over the windows, dropout off. */
static bool validation_loss(Trainer *t, const Windows *windows, WindowRange val, const real *weights, double *loss, Error *error) {
    Sweep s = {.network = t->network, .kernels = t->options.kernels, .windows = windows, .weights = weights, .activations = t->activations, .loss = &t->options.loss};
    s.first = val.first;
    s.n = val.last - val.first;
    s.rows = t->activations[0].rows;
    const size_t n = sweep_chunks(&s);
    if (n > t->n_losses) {
        double *more = realloc(t->losses, n * sizeof *more);
        if (!more) {
            return error_memory(error, "validation");
        }
        t->losses = more;
        t->n_losses = n;
    }
    s.losses = t->losses;
    pool_run(t->pool, n, sweep_task, &s);
    *loss = sum_losses(t, n) / (double)(s.n * t->network->n_outputs);
    return true;
}

bool trainer_outputs(const Network *network, const Kernels *kernels, Pool *pool, const Windows *windows, const size_t *r, size_t n, const real *weights,
                     double *outputs, Error *error) {
    const size_t most = chunk_rows(network), workers = n <= most ? 1 : pool_size(pool); /* one chunk is one worker's */
    Sweep s = {.network = network, .kernels = kernels, .windows = windows, .weights = weights, .r = r, .n = n, .rows = n < most ? n : most, .outputs = outputs};
    bool ok = true;
    if (n == 0) {
        return true;
    }
    s.activations = calloc(workers, sizeof *s.activations);
    if (!s.activations) {
        return error_memory(error, "forecasting");
    }
    for (size_t i = 0; ok && i < workers; i++) {
        ok = activations_init(&s.activations[i], network, s.rows, false, error);
    }
    if (ok) {
        pool_run(pool, sweep_chunks(&s), sweep_task, &s);
    }
    for (size_t i = 0; i < workers; i++) {
        activations_free(&s.activations[i]);
    }
    free(s.activations);
    return ok;
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
    return error_set(error, ERROR_DIVERGED, "a smaller --lr, or --clip-norm 1", "training diverged in epoch %zu: the loss is not finite", epoch);
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
static bool train_epoch(Trainer *t, const Windows *windows, size_t n, size_t epoch, const TrainerWatch *watch, real *weights, double *loss, Error *error) {
    const size_t size = t->options.batch;
    double sum = 0;
    if (t->options.shuffle) {
        rng_shuffle(&t->shuffle, t->order, n);
    }
    for (size_t first = 0; first < n; first += size) {
        Batch batch = {.trainer = t, .windows = windows, .weights = weights, .r = t->order + first, .rows = n - first < size ? n - first : size};
        if (watch->stop && *watch->stop) {
            return error_set(error, ERROR_STOPPED, NULL, "stopped in epoch %zu, nothing written", epoch);
        }
        const double batch_loss = train_batch(&batch);
        if (!isfinite(batch_loss)) {
            return diverged(epoch, error);
        }
        sum += batch_loss;
        if (watch->progress) {
            const double done = (double)(epoch - 1) + (double)(first + batch.rows) / (double)n;
            watch->progress(watch->context, done / (double)t->options.epochs, batch_loss / (double)(batch.rows * t->network->n_outputs));
        }
    }
    *loss = sum / (double)(n * t->network->n_outputs);
    return all_finite(weights, t->network->n_weights) || diverged(epoch, error);
}

/* Takes up where another run left off. The order of windows is shuffled anew as often as it was. */
static void go_on(Trainer *t, const TrainerState *from, size_t n, real *weights, TrainerResult *result) {
    const size_t size = t->network->n_weights * sizeof *weights;
    *result = from->result;
    memcpy(weights, from->weights, size);
    if (from->done) {
        return;
    }
    memcpy(t->best, from->best_weights, size);
    memcpy(t->optimizer.slots, from->slots, t->optimizer.options.kind->n_slots * size);
    t->optimizer.beta1_power = from->beta1_power;
    t->optimizer.beta2_power = from->beta2_power;
    t->n_steps = from->n_steps;
    for (size_t epoch = 0; t->options.shuffle && epoch < from->epoch; epoch++) {
        rng_shuffle(&t->shuffle, t->order, n);
    }
}

static bool keep(const Trainer *t, const TrainerWatch *watch, const TrainerResult *result, TrainerEpoch *epoch, real *weights, double best, bool done, Error *error) {
    const TrainerState state = {
        .epoch = epoch->epoch,
        .done = done,
        .result = *result,
        .best = best,
        .beta1_power = t->optimizer.beta1_power,
        .beta2_power = t->optimizer.beta2_power,
        .n_steps = t->n_steps,
        .weights = weights,
        .best_weights = t->best,
        .slots = t->optimizer.slots,
        .history = epoch,
    };
    return !watch->keep || watch->keep(watch->context, &state, error);
}

/* One epoch, and the validation behind it; `epoch` says which and is filled. */
static bool run_epoch(Trainer *t, const Windows *windows, WindowRange val, const TrainerWatch *watch, real *weights, TrainerEpoch *epoch, Error *error) {
    const double start = stopwatch_now();
    if (!train_epoch(t, windows, epoch->windows, epoch->epoch, watch, weights, &epoch->loss_train, error)) {
        return false;
    }
    if (val.last > val.first && !validation_loss(t, windows, val, weights, &epoch->loss_val, error)) {
        return false;
    }
    epoch->seconds = stopwatch_now() - start;
    return val.last == val.first || isfinite(epoch->loss_val) || diverged(epoch->epoch, error);
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

bool trainer_fit(Trainer *t, const Windows *windows, WindowRange train, WindowRange val, const TrainerWatch *watch, real *weights, TrainerResult *result,
                 Error *error) {
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
    network_prepare(t->network, t->options.kernels, NULL, t->options.batch, 0, t->network->n_layers, weights, t->prepared);
    for (bool done = from && from->done; !done;) {
        TrainerEpoch told = {.member = t->options.member, .epoch = result->epochs + 1, .n_epochs = t->options.epochs, .loss_val = NAN, .windows = n};
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
