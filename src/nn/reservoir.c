#include "lstmfc/reservoir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/math64.h"
#include "lstmfc/memory.h"
#include "lstmfc/sum.h"

enum { PRODUCTS = 2000 };

bool reservoir_is(const Network *network) {
    return network->layers[0].kind->fixed;
}

/* Makes v of length 1 and returns what it was. */
static double normalise(double *v, size_t n) {
    const double length = sqrt(sum_dot(v, v, n));
    for (size_t i = 0; i < n && length > 0; i++) {
        v[i] /= length;
    }
    return length;
}

double reservoir_radius(size_t n, const double *w, Rng *rng, double *v) {
    double growth = 0, *next = v + n;
    for (size_t i = 0; i < n; i++) {
        v[i] = rng_normal(rng);
    }
    normalise(v, n);
    for (size_t k = 0; k < PRODUCTS; k++) {
        for (size_t i = 0; i < n; i++) {
            next[i] = sum_dot(w + i * n, v, n);
        }
        const double length = normalise(next, n);
        if (!(length > 0)) {
            return 0;
        }
        growth += k >= PRODUCTS / 2 ? math64_log(length) : 0;
        memcpy(v, next, n * sizeof *v);
    }
    return math64_exp(growth / (PRODUCTS - PRODUCTS / 2));
}

static void put_uniform(const Tensor *t, double limit, Rng *rng, real *range) {
    for (size_t i = 0; i < tensor_size(t); i++) {
        range[tensor_index(t, i / t->columns, i % t->columns)] = (real)((2 * rng_uniform(rng) - 1) * limit);
    }
}

static bool put_connections(const Tensor *t, const Reservoir *reservoir, Rng *rng, real *range, Error *error) {
    const size_t n = t->rows;
    double *w = memory_zeroed(n + 2, n * sizeof *w);
    if (!w) {
        return error_memory(error, "the reservoir");
    }
    for (size_t i = 0; i < n * n; i++) {
        const double keep = rng_uniform(rng), value = 2 * rng_uniform(rng) - 1;
        w[i] = keep < reservoir->sparsity ? 0 : value;
    }
    const double radius = reservoir_radius(n, w, rng, w + n * n), scale = radius > 0 ? reservoir->spectral_radius / radius : 0;
    for (size_t i = 0; i < n * n; i++) {
        range[tensor_index(t, i / n, i % n)] = (real)(w[i] * scale);
    }
    free(w);
    return radius > 0 || error_set(error, ERROR_USAGE, "a smaller --sparsity, or more units", "the reservoir's connections form no loop");
}

bool reservoir_draw(const Network *network, const Reservoir *reservoir, Rng *rng, real *weights, Error *error) {
    for (size_t l = 0; l < network->n_layers && network->layers[l].kind->fixed; l++) {
        const Layer *layer = &network->layers[l];
        real *range = weights + layer->offset;
        Tensor list[LAYER_TENSORS];
        const size_t n = layer->kind->tensors(layer, list);
        put_uniform(&list[0], reservoir->input_scale, rng, range);
        if (!put_connections(&list[1], reservoir, rng, range, error)) {
            return false;
        }
        put_uniform(&list[2], reservoir->input_scale, rng, range);
        range[tensor_index(&list[n - 1], 0, 0)] = (real)reservoir->leak;
    }
    return true;
}
