/* Gated recurrent unit with the reset before the product (Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder").
 *
 *     r = sigmoid(x W_xr + h' W_hr + b_r),   z = sigmoid(x W_xz + h' W_hz + b_z)
 *     n = act(x W_xn + (r h') W_hn + b_n),   h = (1 - z) n + z h'            z keeps the past; h' = 0 before the first step
 *
 * Variant: reset before the product, one bias. Order in a file and in our rows: r z n. Extra in the cache: r h'. Backward:
 *
 *     dn = dh (1-z) act'(n),   s = dn W_hn^T,   dr = s h' r(1-r),   dz = dh (h' - n) z(1-z),   dh' = dh z + s r + [dr dz] [W_hr W_hz]^T
 */
#include "recurrent.h"

#include <string.h>

static const Recurrent recurrent = {
    .columns = 3, .x_blocks = 3, .h_blocks = 3, .n_extra = 1, .whole = true, .x_order = {0, 1, 2}, .h_order = {0, 1, 2}, .forget = 255};

static void shape(Layer *layer) {
    recurrent_shape(&recurrent, layer);
}

static size_t tensors(const Layer *layer, Tensor *list) {
    return recurrent_tensors(&recurrent, layer, list);
}

static size_t cache(const Layer *layer, size_t rows) {
    return recurrent_cache(&recurrent, layer, rows);
}

static size_t scratch(const Layer *layer, size_t rows) {
    return recurrent_scratch(&recurrent, layer, rows);
}

static void prepare(const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights, real *prepared) {
    recurrent_prepare(&recurrent, layer, kernels, team, rows, weights, prepared);
}

static void forward_step(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t t) {
    const Kernels *k = pass->kernels;
    const RecurrentPart *q = p->part;
    const size_t n = p->units;
    real *gates = recurrent_gates(p, q, pass, t), *reset = recurrent_extra(p, q, pass, 0, t + 1);
    const real *past = recurrent_h(p, pass, t), *wh = pass->weights + q->wh;
    real *h = recurrent_h(p, pass, t + 1);
    k->product(p->rows, 2 * n, n, past, p->ld_h, 1, wh, q->ld_wh, gates, q->ld_gates, gates, q->ld_gates);
    for (size_t b = 0; b < p->rows; b++) {
        k->activate(ACTIVATION_SIGMOID, 2 * n, gates + b * q->ld_gates);
        for (size_t i = 0; i < n; i++) {
            reset[b * p->ld_h + i] = gates[b * q->ld_gates + i] * past[b * p->ld_h + i];
        }
    }
    k->product(p->rows, n, n, reset, p->ld_h, 1, wh + 2 * n, q->ld_wh, gates + 2 * n, q->ld_gates, gates + 2 * n, q->ld_gates);
    for (size_t b = 0; b < p->rows; b++) {
        const real *row = gates + b * q->ld_gates;
        k->activate(layer->activation, n, gates + b * q->ld_gates + 2 * n);
        for (size_t i = 0; i < n; i++) {
            h[b * p->ld_h + i] = row[2 * n + i] + row[n + i] * (past[b * p->ld_h + i] - row[2 * n + i]);
        }
    }
}

static const real *forward(const Layer *layer, const Pass *pass) {
    return recurrent_walk(&recurrent, forward_step, layer, pass);
}

/* Gates become their gradients, dh of step t that of step t - 1; s is (B,H) scratch. */
static void backward_step(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t t, real *dh, real *s) {
    const Kernels *k = pass->kernels;
    const RecurrentPart *q = p->part;
    const size_t n = p->units;
    real *gates = recurrent_gates(p, q, pass, t);
    const real *past = recurrent_h(p, pass, t), *dy = recurrent_dy(p, layer, pass, t), *wht = pass->prepared + q->wht;
    for (size_t b = 0; b < p->rows; b++) {
        real *row = gates + b * q->ld_gates, *d = dh + b * p->ld_h, *fresh = s + b * p->ld_h;
        if (dy) {
            k->add(n, d, dy + b * p->ld_h, d);
        }
        for (size_t i = 0; i < n; i++) {
            const real z = row[n + i];
            fresh[i] = d[i] * (1 - z);
            row[n + i] = d[i] * (past[b * p->ld_h + i] - row[2 * n + i]) * z * (1 - z);
            d[i] *= z;
        }
        k->activate_backward(layer->activation, n, row + 2 * n, fresh);
        memcpy(row + 2 * n, fresh, n * sizeof *row);
    }
    k->product(p->rows, n, n, gates + 2 * n, q->ld_gates, 1, wht + 2 * n * p->ld_h, p->ld_h, NULL, 0, s, p->ld_h);
    for (size_t b = 0; b < p->rows; b++) {
        real *row = gates + b * q->ld_gates, *d = dh + b * p->ld_h;
        for (size_t i = 0; i < n; i++) {
            const real r = row[i], ds = s[b * p->ld_h + i];
            d[i] += ds * r;
            row[i] = ds * past[b * p->ld_h + i] * r * (1 - r);
        }
    }
    k->product(p->rows, n, 2 * n, gates, q->ld_gates, 1, wht, p->ld_h, dh, p->ld_h, dh, p->ld_h);
}

static void backward(const Layer *layer, const Pass *pass) {
    RecurrentPlan p;
    recurrent_plan(&p, &recurrent, layer, NULL, pass->rows);
    const RecurrentPart *q = p.part;
    const size_t n = p.units;
    real *dh = pass->scratch, *dwh = pass->dweights + q->wh + 2 * n;
    memset(dh, 0, p.step_states * sizeof *dh);
    for (size_t t = p.steps; t-- > 0;) {
        backward_step(&p, layer, pass, t, dh, pass->scratch + p.step_states);
    }
    recurrent_weight_gradients(&p, q, pass, 0, p.steps, 2 * n, pass->accumulate);
    recurrent_dx(&p, pass, 0, p.steps);
    pass->kernels->product(n, n, p.steps * p.rows, recurrent_extra(&p, q, pass, 0, 1), 1, q->ld_state,
                           recurrent_gates(&p, q, pass, 0) + 2 * n, q->ld_gates, pass->accumulate ? dwh : NULL, q->ld_wh, dwh, q->ld_wh);
    if (pass->dh0) {
        memcpy(pass->dh0, dh, p.step_states * sizeof *dh);
    }
}

extern const LayerKind layer_gru_before;
const LayerKind layer_gru_before = {
    .name = "gru-before",
    .summary = "gated recurrent unit, reset before the product (Cho 2014)",
    .recurrent = true,
    .activation = ACTIVATION_TANH,
    .shape = shape,
    .tensors = tensors,
    .cache = cache,
    .scratch = scratch,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
