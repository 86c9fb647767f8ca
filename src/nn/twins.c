#include "lstmfc/twins.h"

#include <stdlib.h>

#include "lstmfc/memory.h"

static bool count(void *context, const Tensor *tensor, const Layer *layer) {
    size_t *n = context;
    *n += tensor->zero && !layer->kind->fixed ? tensor->n_parts : 0;
    return true;
}

/* A tensor that is stored nowhere lies where its twin does; a part of a bias is one piece. */
static bool add(void *context, const Tensor *tensor, const Layer *layer) {
    Twins *twins = context;
    for (size_t i = 0; tensor->zero && !layer->kind->fixed && i < tensor->n_parts; i++) {
        const TensorPart *part = &tensor->parts[i];
        const size_t first = layer->offset + tensor->offset + part->offset;
        twins->ranges[twins->n++] = (TwinRange){first, first + tensor->n_blocks * part->units};
    }
    return true;
}

static int by_place(const void *a, const void *b) {
    const size_t x = ((const TwinRange *)a)->first, y = ((const TwinRange *)b)->first;
    return (x > y) - (x < y);
}

bool twins_init(Twins *twins, const Network *network, Error *error) {
    size_t n = 0;
    *twins = (Twins){0};
    network_tensors(network, count, &n);
    if (n == 0) {
        return true;
    }
    twins->ranges = memory_zeroed(n, sizeof *twins->ranges);
    if (!twins->ranges) {
        return error_memory(error, "the biases");
    }
    network_tensors(network, add, twins);
    qsort(twins->ranges, twins->n, sizeof *twins->ranges, by_place);
    return true;
}

void twins_free(Twins *twins) {
    free(twins->ranges);
    *twins = (Twins){0};
}

void twins_apply(const Twins *twins, const Optimizer *optimizer, const Kernels *kernels, size_t first, size_t last, const real *gradient,
                 real *weights) {
    for (size_t i = 0; i < twins->n && first < last; i++) {
        const TwinRange *r = &twins->ranges[i];
        if (r->last <= first || r->first >= last) {
            continue;
        }
        const size_t begin = r->first > first ? r->first : first, end = r->last < last ? r->last : last;
        optimizer_apply(optimizer, kernels, first, begin, gradient, weights);
        optimizer_apply_twice(optimizer, kernels, begin, end, gradient, weights);
        first = end;
    }
    optimizer_apply(optimizer, kernels, first, last, gradient, weights);
}
