/* forward - times the forward pass of lstmfc's own library, which no command shows by itself.
 *
 * usage: forward SPEC WINDOWS THREADS REPEATS      seconds of every repeat on stdout, one a line
 *
 * One repeat is one sweep_outputs over WINDOWS windows of 60 rows of a sine: windows gathered, buffers made and freed, outputs scaled.
 * Kernels as LSTMFC_ISA says.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lstmfc/sweep.h"
#include "lstmfc/trainer.h"

enum { LENGTH = 60 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct Job {
    Network network;
    const Kernels *kernels;
    Pool *pool;
    Scaler scaler;
    double *column, *outputs;
    size_t *r, n;
    real *weights;
} Job;

static bool job_init(Job *job, const char *spec, size_t n, size_t threads, Error *error) {
    Rng rng;
    job->n = n;
    job->kernels = kernels_choose(getenv("LSTMFC_ISA"), error);
    job->pool = job->kernels ? pool_create(threads, error) : NULL;
    if (!job->pool || !network_init(&job->network, spec, LENGTH, 1, 1, error) || !scaler_init(&job->scaler, 1, error)) {
        return false;
    }
    job->column = calloc(n + LENGTH, sizeof *job->column);
    job->outputs = calloc(n, sizeof *job->outputs);
    job->r = calloc(n, sizeof *job->r);
    void *weights = NULL;
    if (!job->column || !job->outputs || !job->r || posix_memalign(&weights, 64, job->network.n_weights * sizeof(real))) {
        return false;
    }
    job->weights = weights;
    for (size_t i = 0; i < n + LENGTH; i++) {
        job->column[i] = sin(0.05 * (double)i);
    }
    for (size_t i = 0; i < n; i++) {
        job->r[i] = LENGTH + i;
    }
    rng_init(&rng, 1, RNG_INIT);
    return network_initialise(&job->network, INIT_KERAS, &rng, job->weights, error);
}

static void job_free(Job *job) {
    pool_free(job->pool);
    scaler_free(&job->scaler);
    free(job->column);
    free(job->outputs);
    free(job->r);
    free(job->weights);
}

int main(int argc, char **argv) {
    Error error = {0};
    Job job = {0};
    if (argc != 5) {
        return 2;
    }
    bool ok = job_init(&job, argv[1], (size_t)atol(argv[2]), (size_t)atol(argv[3]), &error);
    if (ok) {
        const double *const columns[1] = {job.column};
        job.scaler.columns[0] = (ScalerColumn){.anchor = ANCHOR_NONE, .offset = -1, .scale = 2};
        const Windows windows = {
            .columns = columns, .scaler = &job.scaler, .n_rows = job.n + LENGTH, .n_features = 1, .length = LENGTH, .horizon = 1};
        for (int i = 0; ok && i < atoi(argv[4]); i++) {
            const double start = now();
            ok = sweep_outputs(&job.network, job.kernels, job.pool, &windows, job.r, job.n, job.weights, job.outputs, &error);
            printf("%.9f\n", now() - start);
        }
    }
    job_free(&job);
    return ok ? 0 : 1;
}
