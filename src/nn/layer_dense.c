/* Fully connected layer, applied to every step it is given.
 *
 *     y = act(x W + b)        act is linear unless --layers says otherwise
 *
 * Weights: W (I,H), b (H). Prepared: W^T. Cache: y, which backward turns nowhere but reads for act'.
 */
#include "lstmfc/layer.h"

#include <stdio.h>

static void shape(Layer *layer) {
    layer->n_weights = (layer->n_inputs + 1) * kernels_stride(layer->n_units);
    layer->n_prepared = layer->n_units * kernels_stride(layer->n_inputs);
}

static size_t tensors(const Layer *layer, Tensor *list) {
    const size_t ld = kernels_stride(layer->n_units);
    list[0] = (Tensor){.rows = layer->n_units,
                       .columns = layer->n_inputs,
                       .role = TENSOR_INPUT,
                       .n_blocks = 1,
                       .row_stride = 1,
                       .n_parts = 1,
                       .parts = {{layer->n_units, 0, ld}}};
    list[1] = (Tensor){.rows = layer->n_units,
                       .columns = 1,
                       .role = TENSOR_BIAS,
                       .n_blocks = 1,
                       .offset = layer->n_inputs * ld,
                       .row_stride = 1,
                       .n_parts = 1,
                       .parts = {{layer->n_units, 0, 0}}};
    for (size_t i = 0; i < 2; i++) {
        list[i].forget_block = SIZE_MAX;
        snprintf(list[i].name, sizeof list[i].name, "%zu.%s", layer->number, i ? "bias" : "weight");
    }
    return 2;
}

static size_t cache(const Layer *layer, size_t rows) {
    return layer->steps_out * rows * kernels_stride(layer->n_units);
}

static size_t scratch(const Layer *layer, size_t rows) {
    (void)layer;
    (void)rows;
    return 0;
}

static void prepare(const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights, real *prepared) {
    (void)team;
    (void)rows;
    kernels->transpose(layer->n_inputs, layer->n_units, weights, kernels_stride(layer->n_units), prepared, kernels_stride(layer->n_inputs));
}

static const real *forward(const Layer *layer, const Pass *pass) {
    const size_t ld = kernels_stride(layer->n_units), rows = layer->steps_out * pass->rows;
    real *y = pass->cache;
    const real *bias = pass->weights + layer->n_inputs * ld;
    pass->kernels->product(rows, layer->n_units, layer->n_inputs, pass->x, kernels_stride(layer->n_inputs), 1, pass->weights, ld, bias, 0,
                           y, ld);
    for (size_t i = 0; i < rows && layer->activation != ACTIVATION_LINEAR; i++) {
        pass->kernels->activate(layer->activation, layer->n_units, y + i * ld);
    }
    return y;
}

static void backward(const Layer *layer, const Pass *pass) {
    static const real one = 1;
    const Kernels *k = pass->kernels;
    const size_t ld = kernels_stride(layer->n_units), ld_x = kernels_stride(layer->n_inputs), rows = layer->steps_out * pass->rows;
    real *dw = pass->dweights, *db = pass->dweights + layer->n_inputs * ld;
    for (size_t i = 0; i < rows && layer->activation != ACTIVATION_LINEAR; i++) {
        k->activate_backward(layer->activation, layer->n_units, pass->cache + i * ld, pass->dy + i * ld);
    }
    k->product(layer->n_inputs, layer->n_units, rows, pass->x, 1, ld_x, pass->dy, ld, pass->accumulate ? dw : NULL, ld, dw, ld);
    k->product(1, layer->n_units, rows, &one, 0, 0, pass->dy, ld, pass->accumulate ? db : NULL, 0, db, ld);
    if (pass->dx) {
        k->product(rows, layer->n_inputs, layer->n_units, pass->dy, ld, 1, pass->prepared, ld_x, NULL, 0, pass->dx, ld_x);
    }
}

extern const LayerKind layer_dense;
const LayerKind layer_dense = {
    .name = "dense",
    .summary = "fully connected",
    .activation = ACTIVATION_LINEAR,
    .shape = shape,
    .tensors = tensors,
    .cache = cache,
    .scratch = scratch,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
