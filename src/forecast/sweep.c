#include "lstmfc/sweep.h"

#include <stdlib.h>

#include "cut.h"
#include "lstmfc/memory.h"

typedef struct Sweep {
    const Network *network;
    const Kernels *kernels;
    const Windows *windows;
    const real *weights;
    Activations *activations; /* [workers] */
    const size_t *r;          /* NULL: first, first + 1 .. */
    size_t first, n, rows;
    const Loss *loss;         /* NULL: outputs */
    double *losses;           /* [chunks] */
    double *outputs;          /* (n,K) */
} Sweep;

static void sweep_task(void *context, size_t chunk, size_t worker) {
    const Sweep *s = context;
    Activations *a = &s->activations[worker];
    const size_t k = s->network->n_outputs, ld_y = kernels_stride(k), begin = chunk * s->rows;
    const size_t rows = s->n - begin < s->rows ? s->n - begin : s->rows;
    size_t r[CUT_ROWS_MOST];
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

bool sweep_loss(const Network *network, const Kernels *kernels, Pool *pool, const Windows *windows, size_t first, size_t last,
                const real *weights, const Loss *loss, Activations *activations, double *mean, Error *error) {
    Sweep s = {.network = network, .kernels = kernels, .windows = windows, .weights = weights, .activations = activations, .loss = loss};
    s.first = first;
    s.n = last - first;
    s.rows = activations[0].rows;
    const size_t n_chunks = sweep_chunks(&s);
    s.losses = memory_zeroed(n_chunks, sizeof *s.losses);
    if (!s.losses) {
        return error_memory(error, "validation");
    }
    pool_run(pool, n_chunks, sweep_task, &s);
    double sum = 0;
    for (size_t i = 0; i < n_chunks; i++) {
        sum += s.losses[i];
    }
    *mean = sum / (double)(s.n * network->n_outputs);
    free(s.losses);
    return true;
}

bool sweep_outputs(const Network *network, const Kernels *kernels, Pool *pool, const Windows *windows, const size_t *r, size_t n,
                   const real *weights, double *outputs, Error *error) {
    const size_t most = cut_rows(network), workers = n <= most ? 1 : pool_size(pool); /* one chunk is one worker's */
    Sweep s = {.network = network, .kernels = kernels, .windows = windows, .weights = weights, .r = r, .n = n, .outputs = outputs};
    s.rows = n < most ? n : most;
    if (n == 0) {
        return true;
    }
    s.activations = calloc(workers, sizeof *s.activations);
    if (!s.activations) {
        return error_memory(error, "forecasting");
    }
    const bool ok = activations_init_each(s.activations, workers, network, s.rows, false, error);
    if (ok) {
        pool_run(pool, sweep_chunks(&s), sweep_task, &s);
    }
    activations_free(s.activations);
    free(s.activations);
    return ok;
}
