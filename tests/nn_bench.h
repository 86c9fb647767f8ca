/* nn_bench.h - a network with everything it needs to run, for the tests of the recurrent core.
 *
 * Inputs, targets and weights come and go as doubles in the order of the model file, so that one test serves the float and the double
 * build. Everything asserts: a bench that cannot be made ends the test.
 */
#ifndef LSTMFC_TEST_NN_BENCH_H
#define LSTMFC_TEST_NN_BENCH_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/loss.h"
#include "lstmfc/network.h"
#include "lstmfc/optimizer.h"

#if defined(__GNUC__)
#define BENCH_HELPER __attribute__((unused)) static
#else
#define BENCH_HELPER static
#endif

typedef struct Bench {
    Network network;
    Activations activations;
    const Kernels *kernels;
    Loss loss;
    size_t rows;                         /* B, of the whole batch */
    real *weights, *prepared, *gradient; /* flat */
    double *x, *target, *y;              /* (T,B,F), (B,K), (B,K), packed */
    bool training;
    uint64_t dropout_key;
} Bench;

BENCH_HELPER void *bench_zeros(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);
    assert_non_null(p);
    return p;
}

/* Numbers in (-span, span). */
BENCH_HELPER void bench_fill(Rng *rng, size_t n, double span, double *out) {
    for (size_t i = 0; i < n; i++) {
        out[i] = span * (2 * rng_uniform(rng) - 1);
    }
}

/* Joins layers into a spec around one of the kind under test: `before`, it, `steps` and `after`, where `steps` wants all steps and so
 * stands before a kind that leaves none. Each but the part may be empty. */
BENCH_HELPER const char *bench_spec(const LayerKind *kind, const char *before, const char *part, const char *steps, const char *after,
                                    char spec[256]) {
    const char *const order[] = {before, kind->pools ? steps : part, kind->pools ? part : steps, after};
    size_t n = 0;
    spec[0] = '\0';
    for (size_t i = 0; i < 4; i++) {
        n += *order[i] ? (size_t)snprintf(spec + n, 256 - n, "%s%s", n ? "," : "", order[i]) : 0;
    }
    return spec;
}

BENCH_HELPER void bench_init(Bench *b, const char *spec, size_t steps, size_t rows, size_t columns, size_t outputs) {
    Error error = {0};
    *b = (Bench){.rows = rows, .kernels = kernels_choose(NULL, &error)};
    assert_non_null(b->kernels);
    assert_true(loss_parse(&b->loss, "mse", &error));
    if (!network_init(&b->network, spec, steps, columns, outputs, &error) ||
        !activations_init(&b->activations, &b->network, rows, true, &error)) {
        fail_msg("%s: %s", spec, error.message);
    }
    b->weights = bench_zeros(b->network.n_weights, sizeof(real));
    b->gradient = bench_zeros(b->network.n_weights, sizeof(real));
    b->prepared = bench_zeros(b->network.n_prepared, sizeof(real));
    b->x = bench_zeros(steps * rows * columns, sizeof(double));
    b->target = bench_zeros(rows * b->network.n_outputs, sizeof(double));
    b->y = bench_zeros(rows * b->network.n_outputs, sizeof(double));
}

BENCH_HELPER void bench_free(Bench *b) {
    activations_free(&b->activations);
    free(b->weights);
    free(b->gradient);
    free(b->prepared);
    free(b->x);
    free(b->target);
    free(b->y);
}

/* Walks a flat vector and numbers in file order side by side. */
typedef struct BenchWalk {
    real *flat;       /* written by bench_set */
    const real *from; /* read by bench_get */
    const double *values;
    double *out;
    bool *trained; /* marks, one a flat element */
    size_t place;
} BenchWalk;

BENCH_HELPER bool bench_visit(void *context, const Tensor *tensor, const Layer *layer) {
    BenchWalk *w = context;
    for (size_t r = 0; r < tensor->rows; r++) {
        for (size_t c = 0; c < tensor->columns; c++, w->place++) {
            const size_t i = layer->offset + tensor_index(tensor, r, c);
            if (w->flat) {
                w->flat[i] = (real)w->values[w->place] + (tensor->zero ? w->flat[i] : 0);
            }
            if (w->out) {
                w->out[w->place] = tensor->zero ? 0 : (double)w->from[i];
            }
            if (w->trained && !tensor->zero) {
                w->trained[i] = true;
            }
        }
    }
    return true;
}

/* How many numbers all tensors hold in the file, those stored as zeros included. */
BENCH_HELPER size_t bench_file_size(const Network *network) {
    BenchWalk w = {0};
    assert_true(network_tensors(network, bench_visit, &w));
    return w.place;
}

/* Flat vector = numbers in file order. */
BENCH_HELPER void bench_set(const Network *network, const double *file_order, real *flat) {
    BenchWalk w = {.flat = flat, .values = file_order};
    assert_true(network_tensors(network, bench_visit, &w));
}

/* Numbers in file order of a flat vector; free(). What is stored as zeros comes as zeros. */
BENCH_HELPER double *bench_get(const Network *network, const real *flat) {
    BenchWalk w = {.from = flat, .out = bench_zeros(bench_file_size(network), sizeof(double))};
    assert_true(network_tensors(network, bench_visit, &w));
    return w.out;
}

/* Which elements of the flat vector are trained (the rest is padding); free(). */
BENCH_HELPER bool *bench_trained(const Network *network) {
    BenchWalk w = {.trained = bench_zeros(network->n_weights, sizeof(bool))};
    assert_true(network_tensors(network, bench_visit, &w));
    return w.trained;
}

/* Random weights, inputs and targets. */
BENCH_HELPER void bench_random(Bench *b, uint64_t seed, double span) {
    Rng rng;
    rng_init(&rng, seed, 1);
    bool *trained = bench_trained(&b->network);
    for (size_t i = 0; i < b->network.n_weights; i++) {
        b->weights[i] = trained[i] ? (real)(span * (2 * rng_uniform(&rng) - 1)) : 0;
    }
    free(trained);
    bench_fill(&rng, b->network.n_steps * b->rows * b->network.n_inputs, 1, b->x);
    bench_fill(&rng, b->rows * b->network.n_outputs, 2, b->target);
}

BENCH_HELPER Run bench_run(const Bench *b, size_t first) {
    return (Run){.kernels = b->kernels,
                 .weights = b->weights,
                 .prepared = b->prepared,
                 .training = b->training,
                 .dropout_key = b->dropout_key,
                 .first_row = first,
                 .batch_rows = b->rows};
}

/* Rows [first, last) of the batch into the activations. */
BENCH_HELPER void bench_gather(Bench *b, size_t first, size_t last) {
    const size_t n = last - first, columns = b->network.n_inputs, ld = kernels_stride(columns);
    for (size_t t = 0; t < b->network.n_steps; t++) {
        for (size_t r = 0; r < n; r++) {
            for (size_t f = 0; f < columns; f++) {
                b->activations.x[(t * n + r) * ld + f] = (real)b->x[(t * b->rows + first + r) * columns + f];
            }
        }
    }
}

/* Outputs of the rows [first, last) into b->y. */
BENCH_HELPER void bench_take(Bench *b, size_t first, size_t last, const real *y) {
    const size_t k = b->network.n_outputs;
    for (size_t r = 0; r < last - first; r++) {
        for (size_t i = 0; i < k; i++) {
            b->y[(first + r) * k + i] = (double)y[r * kernels_stride(k) + i];
        }
    }
}

/* Forward over rows [first, last) of the batch into b->y. */
BENCH_HELPER void bench_forward_rows(Bench *b, size_t first, size_t last) {
    const Run run = bench_run(b, first);
    bench_gather(b, first, last);
    bench_take(b, first, last, network_forward(&b->network, &run, &b->activations, last - first));
}

/* Mean loss of b->y; dy of the rows [first, last) goes into the activations. */
BENCH_HELPER double bench_loss_rows(Bench *b, size_t first, size_t last) {
    const size_t n = last - first, k = b->network.n_outputs, ld = kernels_stride(k);
    const double count = (double)(b->rows * k);
    real *y = bench_zeros(n * ld, sizeof(real));
    for (size_t r = 0; r < n; r++) {
        for (size_t i = 0; i < k; i++) {
            y[r * ld + i] = (real)b->y[(first + r) * k + i];
            b->activations.y[r * ld + i] = (real)b->target[(first + r) * k + i];
        }
    }
    const double sum = loss_sum(&b->loss, n, k, ld, y, b->activations.y, b->activations.dy, count);
    free(y);
    return sum / count;
}

/* Loss of the batch, nothing else. */
BENCH_HELPER double bench_loss(Bench *b) {
    bench_forward_rows(b, 0, b->rows);
    return bench_loss_rows(b, 0, b->rows);
}

/* Loss and gradient, the batch walked in chunks of at most `chunk` rows. */
BENCH_HELPER double bench_gradient(Bench *b, size_t chunk) {
    double sum = 0;
    network_prepare(&b->network, b->kernels, NULL, b->rows, 0, b->network.n_layers, b->weights, b->prepared);
    for (size_t first = 0; first < b->rows; first += chunk) {
        const size_t last = first + chunk < b->rows ? first + chunk : b->rows;
        bench_forward_rows(b, first, last);
        sum += bench_loss_rows(b, first, last);
        const Run run = bench_run(b, first);
        network_backward(&b->network, &run, &b->activations, last - first, b->gradient, first > 0);
    }
    return sum;
}

/* One step of an optimizer along b->gradient. */
BENCH_HELPER void bench_step(Bench *b, Optimizer *optimizer) {
    double norm = 0;
    for (size_t i = 0; i < b->network.n_weights; i++) {
        norm += (double)b->gradient[i] * (double)b->gradient[i];
    }
    optimizer_begin(optimizer, sqrt(norm));
    optimizer_apply(optimizer, b->kernels, 0, b->network.n_weights, b->gradient, b->weights);
}

#endif
