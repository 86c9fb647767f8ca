#include "lstmfc/spectral.h"

#include <math.h>
#include <string.h>

enum { STEPS = 200 };

static const double settled = 1e-9; /* relative growth of the estimate that is no progress */

/* g (columns,columns) = W^T W */
static void square(size_t rows, size_t columns, const double *w, double *g) {
    memset(g, 0, columns * columns * sizeof *g);
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < columns; i++) {
            for (size_t j = 0; j < columns; j++) {
                g[i * columns + j] += w[r * columns + i] * w[r * columns + j];
            }
        }
    }
}

/* next = G v; returns |next|. G is symmetric, so its rows are added and no sum waits for itself. */
static double apply(size_t n, const double *g, const double *v, double *next) {
    double squares = 0;
    memset(next, 0, n * sizeof *next);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            next[j] += v[i] * g[i * n + j];
        }
    }
    for (size_t i = 0; i < n; i++) {
        squares += next[i] * next[i];
    }
    return sqrt(squares);
}

double spectral_norm(size_t rows, size_t columns, const double *w, double *scratch) {
    double *g = scratch, *v = g + columns * columns, *next = v + columns, largest = 0;
    square(rows, columns, w, g);
    for (size_t i = 0; i < columns; i++) {
        v[i] = (1 + (double)(i % 7) / 7) / sqrt((double)columns); /* at right angles to nothing in particular */
    }
    for (size_t k = 0; k < STEPS; k++) {
        const double length = apply(columns, g, v, next), before = largest;
        if (!(length > 0) || !isfinite(length)) {
            return length;
        }
        for (size_t i = 0; i < columns; i++) {
            v[i] = next[i] / length;
        }
        largest = length;
        if (k > 0 && fabs(largest - before) <= settled * largest) {
            break;
        }
    }
    return sqrt(largest);
}

static size_t matrix_scratch(const Tensor *t) {
    return t->role == TENSOR_RECURRENT ? tensor_size(t) + t->columns * (t->columns + 2) : 0;
}

static bool most_scratch(void *context, const Tensor *tensor, const Layer *layer) {
    size_t *most = context;
    const size_t n = layer->kind->fixed ? 0 : matrix_scratch(tensor);
    *most = n > *most ? n : *most;
    return true;
}

size_t spectral_scratch(const Network *network) {
    size_t most = 0;
    network_tensors(network, most_scratch, &most);
    return most;
}

typedef struct Bound {
    double limit, *scratch;
    real *weights;
} Bound;

static bool bound_matrix(void *context, const Tensor *tensor, const Layer *layer) {
    const Bound *b = context;
    const size_t n = tensor_size(tensor);
    real *range = b->weights + layer->offset;
    double squares = 0;
    if (tensor->role != TENSOR_RECURRENT || layer->kind->fixed) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        b->scratch[i] = (double)range[tensor_index(tensor, i / tensor->columns, i % tensor->columns)];
        squares += b->scratch[i] * b->scratch[i];
    }
    if (squares <= b->limit * b->limit) { /* Frobenius's norm is no smaller */
        return true;
    }
    const double norm = spectral_norm(tensor->rows, tensor->columns, b->scratch, b->scratch + n);
    for (size_t i = 0; i < n && norm > b->limit; i++) {
        range[tensor_index(tensor, i / tensor->columns, i % tensor->columns)] = (real)(b->scratch[i] * (b->limit / norm));
    }
    return true;
}

void spectral_bound(const Network *network, double limit, real *weights, double *scratch) {
    Bound bound = {.limit = limit, .scratch = scratch, .weights = weights};
    network_tensors(network, bound_matrix, &bound);
}
