/* Initial weights. Every number is drawn in double, tensor by tensor in file order, and rounded once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "lstmfc/network.h"

const char *const init_names[INIT_COUNT] = {"keras", "pytorch", "glorot", "he"};

/* values (n): orthonormal columns of a rows x columns tensor where rows >= columns (else orthonormal rows), by Gram-Schmidt done twice on
 * normal vectors: the Q of a QR whose R has a positive diagonal (Saxe, McClelland and Ganguli 2014). */
static void orthogonal(size_t rows, size_t columns, double *values, Rng *rng) {
    const size_t n_vectors = rows < columns ? rows : columns, length = rows < columns ? columns : rows;
    const size_t step = rows < columns ? 1 : columns, start = rows < columns ? columns : 1; /* within a vector, and to the next */
    for (size_t i = 0; i < n_vectors; i++) {
        double *v = values + i * start;
        for (size_t k = 0; k < length; k++) {
            v[k * step] = rng_normal(rng);
        }
        for (int pass = 0; pass < 2; pass++) {
            for (size_t j = 0; j < i; j++) {
                const double *q = values + j * start;
                double dot = 0;
                for (size_t k = 0; k < length; k++) {
                    dot += q[k * step] * v[k * step];
                }
                for (size_t k = 0; k < length; k++) {
                    v[k * step] -= dot * q[k * step];
                }
            }
        }
        double norm = 0;
        for (size_t k = 0; k < length; k++) {
            norm += v[k * step] * v[k * step];
        }
        for (size_t k = 0; k < length; k++) {
            v[k * step] /= sqrt(norm);
        }
    }
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

static void draw(InitKind init, const Layer *layer, const Tensor *t, double *values, Rng *rng) {
    const size_t n = tensor_size(t);
    if (t->role == TENSOR_BIAS) {
        draw_bias(init, layer, t, values, rng);
    } else if (init == INIT_PYTORCH) {
        uniform(values, n, 1 / sqrt((double)(layer->kind->recurrent ? layer->n_units : layer->n_inputs)), rng);
    } else if (init == INIT_HE) {
        for (size_t i = 0; i < n; i++) {
            values[i] = rng_normal(rng) * sqrt(2.0 / (double)t->columns);
        }
    } else if (init == INIT_KERAS && t->role == TENSOR_RECURRENT) {
        orthogonal(t->rows, t->columns, values, rng);
    } else {
        uniform(values, n, sqrt(6.0 / (double)(t->rows + t->columns)), rng);
    }
}

bool network_initialise(const Network *network, InitKind init, Rng *rng, real *weights, Error *error) {
    memset(weights, 0, network->n_weights * sizeof *weights);
    for (size_t l = 0; l < network->n_layers; l++) {
        const Layer *layer = &network->layers[l];
        Tensor list[LAYER_TENSORS];
        const size_t n = layer->kind->tensors(layer, list);
        for (size_t i = 0; i < n; i++) {
            double *values = memory_zeroed(tensor_size(&list[i]), sizeof *values);
            if (!values) {
                return error_memory(error, "initial weights");
            }
            draw(init, layer, &list[i], values, rng);
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
