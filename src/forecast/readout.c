#include "lstmfc/readout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/cholesky.h"
#include "lstmfc/memory.h"
#include "lstmfc/stopwatch.h"

enum { CHUNK = 8, BLOCK = 512 /* windows whose states are held at once */ };

typedef struct Readout {
    const Network *network;
    const ReadoutOptions *options;
    const Windows *windows;
    const real *weights;
    Activations *activations; /* [workers] */
    size_t n, k;              /* states and a 1; outputs */
    size_t first, n_rows;     /* windows of the block at hand */
    double *states, *targets; /* (BLOCK,n), (BLOCK,k) */
    double *a, *b;            /* (n,n) lower triangle, (n,k): sums of states x states and states x targets */
    double *losses;           /* [BLOCK] */
} Readout;

static const Layer *output_layer(const Network *network) {
    return &network->layers[network->n_layers - 1];
}

static bool readout_init(Readout *r, const Network *network, const ReadoutOptions *options, const Windows *windows, const real *weights,
                         Error *error) {
    const size_t workers = pool_size(options->pool);
    *r = (Readout){.network = network,
                   .options = options,
                   .windows = windows,
                   .weights = weights,
                   .n = output_layer(network)->n_inputs + 1,
                   .k = network->n_outputs};
    r->activations = calloc(workers, sizeof *r->activations);
    r->states = memory_zeroed(r->n, BLOCK * sizeof *r->states);
    r->targets = memory_zeroed(r->k, BLOCK * sizeof *r->targets);
    r->losses = memory_zeroed(BLOCK, sizeof *r->losses);
    r->a = memory_zeroed(r->n, r->n * sizeof *r->a);
    r->b = memory_zeroed(r->n, r->k * sizeof *r->b);
    const bool ok = (r->activations && r->states && r->targets && r->losses && r->a && r->b) || error_memory(error, "the readout");
    return ok && activations_init_each(r->activations, workers, network, CHUNK, false, error);
}

static void readout_free(Readout *r) {
    activations_free(r->activations);
    free(r->activations);
    free(r->states);
    free(r->targets);
    free(r->losses);
    free(r->a);
    free(r->b);
}

/* States, targets and squared errors (under the readout as it is) of a chunk of the block. */
static void states_task(void *context, size_t chunk, size_t worker) {
    const Readout *r = context;
    Activations *a = &r->activations[worker];
    const size_t begin = chunk * CHUNK, rows = r->n_rows - begin < CHUNK ? r->n_rows - begin : CHUNK;
    const size_t ld_y = kernels_stride(r->k), ld_h = kernels_stride(r->n - 1), n_layers = r->network->n_layers;
    const Run run = {.kernels = r->options->kernels, .weights = r->weights};
    size_t window[CHUNK];
    for (size_t i = 0; i < rows; i++) {
        window[i] = r->first + begin + i;
    }
    window_gather(r->windows, window, rows, a->x, kernels_stride(r->network->n_inputs), a->y, ld_y);
    const real *y = network_forward(r->network, &run, a, rows), *h = a->inputs[n_layers - 1];
    for (size_t i = 0; i < rows; i++) {
        double *state = r->states + (begin + i) * r->n, loss = 0;
        for (size_t j = 0; j + 1 < r->n; j++) {
            state[j] = (double)h[i * ld_h + j];
        }
        state[r->n - 1] = 1;
        for (size_t j = 0; j < r->k; j++) {
            const double target = (double)a->y[i * ld_y + j], e = (double)y[i * ld_y + j] - target;
            r->targets[(begin + i) * r->k + j] = target;
            loss += e * e;
        }
        r->losses[begin + i] = loss;
    }
}

/* Row i of the sums gets the block's windows, one after the other. */
static void sums_task(void *context, size_t i, size_t worker) {
    const Readout *r = context;
    double *row = r->a + i * r->n, *b = r->b + i * r->k;
    (void)worker;
    for (size_t w = 0; w < r->n_rows; w++) {
        const double *state = r->states + w * r->n, *target = r->targets + w * r->k, s = state[i];
        for (size_t j = 0; j <= i; j++) {
            row[j] += s * state[j];
        }
        for (size_t j = 0; j < r->k; j++) {
            b[j] += s * target[j];
        }
    }
}

/* Walks the windows in blocks; adds to the sums, or to nothing but the loss. */
static bool sweep(Readout *r, WindowRange range, bool sums, double *loss, Error *error) {
    double total = 0;
    for (r->first = range.first; r->first < range.last; r->first += r->n_rows) {
        if (r->options->stop && *r->options->stop) {
            return error_set(error, ERROR_STOPPED, NULL, "stopped, nothing written");
        }
        r->n_rows = range.last - r->first < BLOCK ? range.last - r->first : BLOCK;
        pool_run(r->options->pool, (r->n_rows + CHUNK - 1) / CHUNK, states_task, r);
        if (sums) {
            pool_run(r->options->pool, r->n, sums_task, r);
        }
        for (size_t i = 0; i < r->n_rows; i++) {
            total += r->losses[i];
        }
    }
    *loss = range.last > range.first ? total / (double)((range.last - range.first) * r->k) : (double)NAN;
    return isfinite(total) || error_set(error, ERROR_DIVERGED, "a smaller --spectral-radius", "the reservoir's states are not finite");
}

static bool solve(Readout *r, size_t n_windows, Error *error) {
    for (size_t i = 0; i < r->n * r->n; i++) {
        r->a[i] /= (double)n_windows;
    }
    for (size_t i = 0; i < r->n * r->k; i++) {
        r->b[i] /= (double)n_windows;
    }
    for (size_t i = 0; i + 1 < r->n; i++) {
        r->a[i * r->n + i] += r->options->ridge;
    }
    return cholesky_solve(r->n, r->a, r->k, r->b) ||
           error_set(error, ERROR_DIVERGED, "a larger --ridge, or fewer units",
                     "the readout has no one solution: the reservoir's states hang together too closely");
}

static void put_solution(const Readout *r, real *weights) {
    const Layer *layer = output_layer(r->network);
    Tensor list[LAYER_TENSORS];
    layer->kind->tensors(layer, list);
    for (size_t j = 0; j < r->k; j++) {
        for (size_t i = 0; i + 1 < r->n; i++) {
            weights[layer->offset + tensor_index(&list[0], j, i)] = (real)r->b[i * r->k + j];
        }
        weights[layer->offset + tensor_index(&list[1], j, 0)] = (real)r->b[(r->n - 1) * r->k + j];
    }
}

bool readout_fit(const Network *network, const ReadoutOptions *options, const Windows *windows, WindowRange train, WindowRange val,
                 real *weights, TrainerResult *result, Error *error) {
    Readout r;
    double before;
    const double start = stopwatch_now();
    *result = (TrainerResult){.epochs = 1, .best_epoch = 1, .loss_train = NAN, .loss_val = NAN, .windows = train.last - train.first};
    bool ok = readout_init(&r, network, options, windows, weights, error) && sweep(&r, train, true, &before, error) &&
              solve(&r, result->windows, error);
    if (ok) {
        put_solution(&r, weights);
        ok = sweep(&r, train, false, &result->loss_train, error) && sweep(&r, val, false, &result->loss_val, error);
    }
    readout_free(&r);
    result->seconds = stopwatch_now() - start;
    return ok;
}
