/* Inverted dropout (Srivastava et al. 2014): while training, each number is dropped with probability p and the rest divided by 1 - p; else
 * nothing happens.
 *
 * The mask is a hash of the batch's key, the layer's position and the number's place (step, row in the batch, unit), so backward draws it
 * again instead of storing it, and threads or chunks do not matter.
 */
#include "lstmfc/layer.h"

#include "lstmfc/rng.h"

static void shape(Layer *layer) {
    layer->n_weights = 0;
    layer->n_prepared = 0;
}

static size_t tensors(const Layer *layer, Tensor *list) {
    (void)layer;
    (void)list;
    return 0;
}

static size_t cache(const Layer *layer, size_t rows) {
    return layer->steps_out * rows * kernels_stride(layer->n_units);
}

static size_t scratch(const Layer *layer, size_t rows) {
    (void)layer;
    (void)rows;
    return 0;
}

static void mask(const Layer *layer, const Pass *pass, const real *x, real *y) {
    const size_t n = layer->n_units, ld = kernels_stride(n);
    const uint64_t key = rng_mix(pass->dropout_key, layer->position);
    for (size_t t = 0; t < layer->steps_out; t++) {
        const size_t step = t * pass->rows * ld;
        pass->kernels->dropout(pass->rows, n, ld, x + step, y + step, key, (t * pass->batch_rows + pass->first_row) * n, layer->rate);
    }
}

static const real *forward(const Layer *layer, const Pass *pass) {
    if (!pass->training || layer->rate <= 0) {
        return pass->x;
    }
    mask(layer, pass, pass->x, pass->cache);
    return pass->cache;
}

static void backward(const Layer *layer, const Pass *pass) {
    if (!pass->dx) {
        return;
    }
    if (!pass->training || layer->rate <= 0) {
        const size_t n = layer->steps_out * pass->rows * kernels_stride(layer->n_units);
        for (size_t i = 0; i < n; i++) {
            pass->dx[i] = pass->dy[i];
        }
        return;
    }
    mask(layer, pass, pass->dy, pass->dx);
}

extern const LayerKind layer_dropout;
const LayerKind layer_dropout = {
    .name = "dropout",
    .summary = "inverted dropout; dropout:p drops with probability p",
    .takes_rate = true,
    .shape = shape,
    .tensors = tensors,
    .cache = cache,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
};
