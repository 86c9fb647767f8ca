/* Initial weights. Every number is drawn in double, tensor by tensor in file order, and rounded once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "lstmfc/network.h"

const char *const init_names[INIT_COUNT] = {"keras", "pytorch", "glorot", "he"};

enum { DOT_SUMS = 8 }; /* independent sums, so that one addition need not wait for another */

static double dot(const double *a, const double *b, size_t n) {
    double sums[DOT_SUMS] = {0}, rest = 0;
    size_t i = 0;
    for (; i + DOT_SUMS <= n; i += DOT_SUMS) {
        for (size_t j = 0; j < DOT_SUMS; j++) {
            sums[j] += a[i + j] * b[i + j];
        }
    }
    for (; i < n; i++) {
        rest += a[i] * b[i];
    }
    for (size_t j = 0; j < DOT_SUMS; j++) {
        rest += sums[j];
    }
    return rest;
}

/* Makes row `i` of q (rows of n) orthogonal to the rows before it, twice, and of length 1. */
static void orthonormalise(double *q, size_t i, size_t n) {
    double *v = q + i * n;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t j = 0; j < i; j++) {
            const double along = dot(q + j * n, v, n);
            for (size_t k = 0; k < n; k++) {
                v[k] -= along * q[j * n + k];
            }
        }
    }
    const double length = sqrt(dot(v, v, n));
    for (size_t k = 0; k < n; k++) {
        v[k] /= length;
    }
}

/* values (n): orthonormal columns of a rows x columns tensor where rows >= columns (else orthonormal rows), by Gram-Schmidt on normal
 * vectors: the Q of a QR whose R has a positive diagonal (Saxe, McClelland and Ganguli 2014). */
static bool orthogonal(size_t rows, size_t columns, double *values, Rng *rng, Error *error) {
    const size_t n_vectors = rows < columns ? rows : columns, n = rows < columns ? columns : rows;
    double *q = memory_zeroed(n_vectors, n * sizeof *q);
    if (!q) {
        return error_memory(error, "initial weights");
    }
    for (size_t i = 0; i < n_vectors; i++) {
        for (size_t k = 0; k < n; k++) {
            q[i * n + k] = rng_normal(rng);
        }
        orthonormalise(q, i, n);
        for (size_t k = 0; k < n; k++) {
            values[rows < columns ? i * columns + k : k * columns + i] = q[i * n + k];
        }
    }
    free(q);
    return true;
}

static void uniform(double *values, size_t n, double limit, Rng *rng) {
    for (size_t i = 0; i < n; i++) {
        values[i] = (2 * rng_uniform(rng) - 1) * limit;
    }
}

static void draw_bias(InitKind init, const Layer *layer, const Tensor *t, double *values, Rng *rng) {
    const size_t block = t->rows / t->n_blocks;
    if (init == INIT_PYTORCH) {
        uniform(values, t->rows, 1 / sqrt((double)(layer->kind->recurrent ? layer->n_units : layer->n_inputs)), rng);
        return;
    }
    for (size_t i = 0; i < t->rows; i++) {
        values[i] = init == INIT_KERAS && i / block == t->forget_block ? 1 : 0;
    }
}

static bool draw(InitKind init, const Layer *layer, const Tensor *t, double *values, Rng *rng, Error *error) {
    const size_t n = tensor_size(t);
    if (t->role == TENSOR_BIAS) {
        draw_bias(init, layer, t, values, rng);
    } else if (init == INIT_PYTORCH) {
        uniform(values, n, 1 / sqrt((double)(layer->kind->recurrent ? layer->n_units : t->columns)), rng);
    } else if (init == INIT_HE) {
        for (size_t i = 0; i < n; i++) {
            values[i] = rng_normal(rng) * sqrt(2.0 / (double)t->columns);
        }
    } else if (init == INIT_KERAS && t->role == TENSOR_RECURRENT) {
        return orthogonal(t->rows, t->columns, values, rng, error);
    } else {
        uniform(values, n, sqrt(6.0 / (double)(t->rows + t->columns)), rng);
    }
    return true;
}

bool network_initialise(const Network *network, InitKind init, Rng *rng, real *weights, Error *error) {
    memset(weights, 0, network->n_weights * sizeof *weights);
    for (size_t l = 0; l < network->n_layers; l++) {
        const Layer *layer = &network->layers[l];
        Tensor list[LAYER_TENSORS];
        const size_t n = layer->kind->fixed ? 0 : layer->kind->tensors(layer, list);
        for (size_t i = 0; i < n; i++) {
            double *values = memory_zeroed(tensor_size(&list[i]), sizeof *values);
            if (!values) {
                return error_memory(error, "initial weights");
            }
            if (!draw(init, layer, &list[i], values, rng, error)) {
                free(values);
                return false;
            }
            for (size_t r = 0; r < list[i].rows; r++) {
                for (size_t c = 0; c < list[i].columns; c++) {
                    real *w = weights + layer->offset + tensor_index(&list[i], r, c);
                    const double value = values[r * list[i].columns + c];
                    /* a second bias that is not trained is summed into the first, where it is drawn at random; Keras's 1 is drawn once */
                    *w = list[i].zero ? *w + (init == INIT_PYTORCH ? (real)value : 0) : (real)value;
                }
            }
            free(values);
        }
    }
    return true;
}

void network_zero_output(const Network *network, real *weights) {
    const Layer *last = NULL;
    for (size_t l = 0; l < network->n_layers; l++) {
        last = network->layers[l].n_weights ? &network->layers[l] : last;
    }
    if (last) {
        memset(weights + last->offset, 0, last->n_weights * sizeof *weights);
    }
}
