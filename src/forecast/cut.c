#include "cut.h"

enum {
    CHUNK_ROWS = 8,          /* their states stay near the core while BPTT runs; a register tile high */
    LARGE_WEIGHTS = 1 << 18, /* reals that do not stay there: as many rows as may be, for fewer passes over them */
    MAX_SHARDS = 8,          /* more of them cost more to add up than more than eight workers would gain */
    SHARD_REALS = 1 << 25,   /* of all private gradients together */
    TEAM_WORK = 40000        /* multiplications in a step of a layer that make it worth meeting after each */
};

size_t cut_rows(const Network *network) {
    return network->n_weights > LARGE_WEIGHTS ? CUT_ROWS_MOST : CHUNK_ROWS;
}

/* Whether a step is work enough for meeting after each. */
static bool worth_sharing(const Network *network, size_t rows) {
    for (size_t l = 0; l < network->n_layers; l++) {
        const Layer *layer = &network->layers[l];
        const bool can = layer->kind->teams && layer->steps_in && layer_parts(layer->n_units) > 1;
        if (can && layer->n_weights * rows >= TEAM_WORK) {
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

/* As many shards as chunks, up to a power of two whose gradients have room: it divides evenly among the usual numbers of threads. A smaller
 * batch never has more shards than a larger one. */
Cut cut_batch(const Network *network, size_t rows) {
    const size_t size = cut_rows(network), fit = SHARD_REALS / (network->n_weights + 1) + 1;
    Cut cut = {.n_chunks = count_chunks(rows, size)};
    size_t most = 1;
    while (most * 2 <= fit && most < MAX_SHARDS) {
        most *= 2;
    }
    cut.n_shards = cut.n_chunks < most ? cut.n_chunks : most;
    cut.shared = cut.n_chunks == 1 && worth_sharing(network, rows);
    return cut;
}

size_t cut_boundary(size_t n, size_t k, size_t i) {
    const size_t larger = n % k;
    return n / k * i + (i < larger ? i : larger);
}
