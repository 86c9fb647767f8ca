#include "stepper.h"

#include <math.h>
#include <stdlib.h>

#include "cut.h"
#include "lstmfc/memory.h"
#include "lstmfc/rng.h"
#include "lstmfc/spectral.h"
#include "lstmfc/stopwatch.h"

enum { BLOCK = 1 << 12 }; /* reals of the flat vector done at once by the optimizer */

static size_t n_blocks(const Stepper *s) {
    return (s->network->n_weights + BLOCK - 1) / BLOCK;
}

static bool make_buffers(Stepper *s, Error *error) {
    const size_t n = s->network->n_weights, n_shards = cut_batch(s->network, s->options.batch).n_shards;
    const size_t n_spectral = s->options.spectral_norm > 0 ? spectral_scratch(s->network) : 0;
    s->activations = calloc(pool_size(s->pool), sizeof *s->activations);
    s->prepared = memory_zeroed(s->network->n_prepared, sizeof *s->prepared);
    s->gradients = memory_zeroed(n_shards, n * sizeof *s->gradients);
    s->sums = memory_zeroed(n_shards > n_blocks(s) ? n_shards : n_blocks(s), sizeof *s->sums);
    s->spectral = n_spectral ? memory_zeroed(n_spectral, sizeof *s->spectral) : NULL;
    return (s->activations && s->prepared && s->gradients && s->sums && (s->spectral || !n_spectral)) || error_memory(error, "the trainer");
}

bool stepper_init(Stepper *s, const Network *network, const TrainerOptions *options, Pool *pool, Error *error) {
    const size_t most = cut_rows(network), rows = most < options->batch ? most : options->batch, workers = pool_size(pool);
    *s = (Stepper){.network = network, .options = *options, .pool = pool, .dropout_seed = rng_mix(options->seed, RNG_DROPOUT)};
    bool ok = make_buffers(s, error) && optimizer_init(&s->optimizer, &options->optimizer, network->n_weights, error) &&
              (!options->two_biases || twins_init(&s->twins, network, error));
    ok = ok && activations_init_each(s->activations, workers, network, rows, true, error);
    s->teams = ok && workers > 1 && workers <= pool_processors() && !optimizer_wants_norm(&s->optimizer) && !s->spectral;
    pace_start(&s->pace);
    return ok;
}

void stepper_free(Stepper *s) {
    activations_free(s->activations);
    optimizer_free(&s->optimizer);
    twins_free(&s->twins);
    free(s->activations);
    free(s->prepared);
    free(s->gradients);
    free(s->sums);
    free(s->spectral);
    *s = (Stepper){0};
}

/* What the layers [first, last) want made of their weights; members of a team share it. */
static void prepare(Stepper *s, const Team *team, size_t first, size_t last, const real *weights) {
    network_prepare(s->network, s->options.kernels, team, s->options.batch, first, last, weights, s->prepared);
}

void stepper_prepare(Stepper *s, const real *weights) {
    prepare(s, NULL, 0, s->network->n_layers, weights);
}

/* One batch on its way through the phases. */
typedef struct Batch {
    Stepper *stepper;
    const Windows *windows;
    real *weights;
    const size_t *r; /* its windows */
    size_t rows;
    Cut cut;
    uint64_t dropout_key;
} Batch;

/* Forward, loss and backward of one chunk into the shard's gradient. Members of a team share it. */
static void run_chunk(const Batch *batch, const Team *team, Activations *a, size_t shard, size_t chunk, bool accumulate) {
    Stepper *s = batch->stepper;
    const Network *network = s->network;
    const size_t k = network->n_outputs, ld_y = kernels_stride(k), first = cut_boundary(batch->rows, batch->cut.n_chunks, chunk);
    const size_t rows = cut_boundary(batch->rows, batch->cut.n_chunks, chunk + 1) - first;
    const Run run = {
        .kernels = s->options.kernels,
        .team = team,
        .weights = batch->weights,
        .prepared = s->prepared,
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
        s->sums[shard] += loss_sum(&s->options.loss, rows, k, ld_y, y, a->y, a->dy, (double)(batch->rows * k));
    }
    team_meet(team);
    network_backward(network, &run, a, rows, s->gradients + shard * network->n_weights, accumulate);
}

static void shard_task(void *context, size_t shard, size_t worker) {
    const Batch *batch = context;
    Stepper *s = batch->stepper;
    const Cut *cut = &batch->cut;
    const size_t first = cut_boundary(cut->n_chunks, cut->n_shards, shard), last = cut_boundary(cut->n_chunks, cut->n_shards, shard + 1);
    s->sums[shard] = 0;
    for (size_t chunk = first; chunk < last; chunk++) {
        run_chunk(batch, NULL, &s->activations[worker], shard, chunk, chunk > first);
    }
}

static size_t block_end(const Stepper *s, size_t block) {
    const size_t end = (block + 1) * BLOCK;
    return end < s->network->n_weights ? end : s->network->n_weights;
}

/* Sums the shards' gradients of one block in shard order. */
static void reduce_block(const Batch *batch, size_t block) {
    const Stepper *s = batch->stepper;
    const size_t first = block * BLOCK, n = block_end(s, block) - first;
    for (size_t shard = 1; shard < batch->cut.n_shards; shard++) {
        s->options.kernels->add(n, s->gradients + first, s->gradients + shard * s->network->n_weights + first, s->gradients + first);
    }
}

static void step_block(const Batch *batch, size_t block) {
    const Stepper *s = batch->stepper;
    twins_apply(&s->twins, &s->optimizer, s->options.kernels, block * BLOCK, block_end(s, block), s->gradients, batch->weights);
}

static void reduce_and_step_task(void *context, size_t block, size_t worker) {
    (void)worker;
    reduce_block(context, block);
    step_block(context, block);
}

static void reduce_and_norm_task(void *context, size_t block, size_t worker) {
    (void)worker;
    const Batch *batch = context;
    Stepper *s = batch->stepper;
    reduce_block(batch, block);
    double sum = 0;
    for (size_t i = block * BLOCK, end = block_end(s, block); i < end; i++) {
        sum += (double)s->gradients[i] * (double)s->gradients[i];
    }
    s->sums[block] = sum;
}

static void step_task(void *context, size_t block, size_t worker) {
    (void)worker;
    step_block(context, block);
}

static void prepare_task(void *context, size_t layer, size_t worker) {
    (void)worker;
    const Batch *batch = context;
    prepare(batch->stepper, NULL, layer, layer + 1, batch->weights);
}

static double add_sums(const Stepper *s, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += s->sums[i];
    }
    return sum;
}

/* One optimizer step for the weights this member owns. */
static void step_own(const Batch *batch, const Team *team) {
    const Stepper *s = batch->stepper;
    for (size_t l = 0; l < s->network->n_layers; l++) {
        size_t first, last;
        network_own(&s->network->layers[l], team, &first, &last);
        if (first < last) {
            twins_apply(&s->twins, &s->optimizer, s->options.kernels, first, last, s->gradients, batch->weights);
        }
    }
}

/* A batch of one chunk, all members on it together: forward, backward, step. */
static void team_batch(void *context, const Team *team) {
    const Batch *batch = context;
    Stepper *s = batch->stepper;
    run_chunk(batch, team, &s->activations[0], 0, 0, false);
    step_own(batch, team);
    prepare(s, team, 0, s->network->n_layers, batch->weights);
}

/* Forward, backward, step by shards of the batch. */
static double sharded_batch(Batch *batch) {
    Stepper *s = batch->stepper;
    pool_run(s->pool, batch->cut.n_shards, shard_task, batch);
    const double loss = add_sums(s, batch->cut.n_shards);
    if (optimizer_wants_norm(&s->optimizer)) {
        pool_run(s->pool, n_blocks(s), reduce_and_norm_task, batch);
        optimizer_begin(&s->optimizer, sqrt(add_sums(s, n_blocks(s))));
        pool_run(s->pool, n_blocks(s), step_task, batch);
    } else {
        optimizer_begin(&s->optimizer, 0);
        pool_run(s->pool, n_blocks(s), reduce_and_step_task, batch);
    }
    if (s->spectral) {
        spectral_bound(s->network, s->options.spectral_norm, batch->weights, s->spectral);
    }
    pool_run(s->pool, s->network->n_layers, prepare_task, batch);
    return loss;
}

/* The same of a batch of one chunk, by all workers together or by one. */
static double one_chunk_batch(Batch *batch, bool shared) {
    Stepper *s = batch->stepper;
    s->sums[0] = 0;
    optimizer_begin(&s->optimizer, 0);
    if (shared) {
        pool_run_team(s->pool, team_batch, batch);
    } else {
        team_batch(batch, NULL);
    }
    return s->sums[0];
}

double stepper_batch(Stepper *s, const Windows *windows, const size_t *r, size_t rows, real *weights) {
    Batch batch = {.stepper = s, .windows = windows, .weights = weights, .r = r, .rows = rows};
    batch.cut = cut_batch(s->network, rows);
    batch.dropout_key = rng_mix(s->dropout_seed, s->n_steps++);
    if (!batch.cut.shared || !s->teams) {
        return sharded_batch(&batch);
    }
    const double start = stopwatch_now();
    const double loss = one_chunk_batch(&batch, pace_shares(&s->pace));
    pace_tell(&s->pace, stopwatch_now() - start);
    return loss;
}
