/* Reservoir of an echo state network (Jaeger 2001; leaky units as in Jaeger et al. 2007, "Optimization and applications of echo state
 * networks with leaky-integrator neurons").
 *
 *     h = (1 - a) h' + a act(x W_x + h' W_h + b)        act is tanh unless --layers says otherwise; h' = 0 before the first step
 *
 * Variant: one bias; nothing fed back but through x. All of it is drawn once (reservoir.h) and never trained: there is no backward, and
 * what follows is a linear readout in closed form. In a file: the names of a plain recurrent layer (with a = 1 it is one), and `leak` (1),
 * which is a.
 *
 * Weights: as a plain recurrent layer, then a. Cache: as a plain recurrent layer.
 */
#include "recurrent.h"

#include <stdio.h>

static const Recurrent recurrent = {
    .columns = 1, .x_blocks = 1, .h_blocks = 1, .whole = true, .x_order = {0}, .h_order = {0}, .forget = 255};

static void shape(Layer *layer) {
    recurrent_shape(&recurrent, layer);
    layer->n_weights += REAL_ALIGN;
    layer->n_prepared = 0;
}

static size_t tensors(const Layer *layer, Tensor *list) {
    const size_t n = recurrent_tensors(&recurrent, layer, list);
    list[n] = (Tensor){.rows = 1,
                       .columns = 1,
                       .role = TENSOR_BIAS,
                       .n_blocks = 1,
                       .offset = layer->n_weights - REAL_ALIGN,
                       .row_stride = 1,
                       .n_parts = 1,
                       .forget_block = SIZE_MAX};
    list[n].parts[0].units = 1;
    snprintf(list[n].name, sizeof list[n].name, "%zu.leak", layer->number);
    return n + 1;
}

static size_t cache(const Layer *layer, size_t rows) {
    return recurrent_cache(&recurrent, layer, rows);
}

static size_t scratch(const Layer *layer, size_t rows) {
    (void)layer;
    (void)rows;
    return 0;
}

static void forward_step(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t t) {
    const RecurrentPart *q = p->part;
    const real leak = pass->weights[layer->n_weights - REAL_ALIGN];
    real *sums = recurrent_gates(p, q, pass, t), *h = recurrent_h(p, pass, t + 1);
    const real *past = recurrent_h(p, pass, t);
    pass->kernels->product(p->rows, p->units, p->units, past, p->ld_h, 1, pass->weights + q->wh, q->ld_wh, sums, q->ld_gates, sums,
                           q->ld_gates);
    for (size_t b = 0; b < p->rows; b++) {
        real *row = sums + b * q->ld_gates;
        pass->kernels->activate(layer->activation, p->units, row);
        for (size_t i = 0; i < p->units; i++) {
            h[b * p->ld_h + i] = past[b * p->ld_h + i] + leak * (row[i] - past[b * p->ld_h + i]);
        }
    }
}

static const real *forward(const Layer *layer, const Pass *pass) {
    return recurrent_walk(&recurrent, forward_step, layer, pass);
}

extern const LayerKind layer_esn;
const LayerKind layer_esn = {
    .name = "esn",
    .summary = "reservoir of an echo state network: fixed, with a readout in closed form",
    .recurrent = true,
    .fixed = true,
    .activation = ACTIVATION_TANH,
    .shape = shape,
    .tensors = tensors,
    .cache = cache,
    .scratch = scratch,
    .forward = forward,
};
