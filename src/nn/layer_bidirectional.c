/* Bidirectional layers (Schuster and Paliwal 1997): one recurrent kind twice, once along the window and once against it.
 *
 *     y_t = [h_t forward, h_t backward]        2H outputs; where only the last is given: [h_T forward, h_1 backward], the final states of
 *     both
 *
 * Variant: as PyTorch's bidirectional layers and Keras's Bidirectional with merge by concatenation; the two ways share no weight. Weights
 * and prepared: those of the forward way, then those of the other ("_reverse" in a file). Initial states: (B,2H), side by side as in y.
 * Cache: that of each way, x with its steps reversed, the initial states of each way, y. The backward way sees reversed copies and knows
 * nothing of it.
 */
#include <stdio.h>
#include <string.h>

#include "lstmfc/layer.h"

enum { FORWARD, BACKWARD, WAYS };

typedef struct TwoWays {
    Layer one;                                   /* each way's shape */
    size_t rows, ld_x, ld_h, ld_y;
    size_t step_x, states;                       /* reals of one step of x, of one way's (B,H) */
    size_t way, x_reversed, h0, c0, y, n_cache;  /* offsets in the cache; each way's at 0 and at `way` */
    size_t dy, dx_reversed, dh0, dc0, n_scratch; /* offsets in the scratch; that of the way at work at 0 */
} TwoWays;

static Layer one_way(const Layer *layer) {
    Layer one = *layer;
    one.kind = layer->kind->each_way;
    one.n_outputs = one.n_units;
    one.kind->shape(&one);
    return one;
}

static TwoWays two_ways(const Layer *layer, size_t rows) {
    TwoWays p = {.one = one_way(layer), .rows = rows};
    p.ld_x = kernels_stride(layer->n_inputs);
    p.ld_h = kernels_stride(layer->n_units);
    p.ld_y = kernels_stride(layer->n_outputs);
    p.step_x = rows * p.ld_x;
    p.states = rows * p.ld_h;
    p.way = (p.one.kind->cache(&p.one, rows) + REAL_ALIGN - 1) / REAL_ALIGN * REAL_ALIGN;
    p.x_reversed = WAYS * p.way;
    p.h0 = p.x_reversed + layer->steps_in * p.step_x;
    p.c0 = p.h0 + WAYS * p.states;
    p.y = p.c0 + WAYS * p.states;
    p.n_cache = p.y + layer->steps_out * rows * p.ld_y;
    p.dy = (p.one.kind->scratch(&p.one, rows) + REAL_ALIGN - 1) / REAL_ALIGN * REAL_ALIGN;
    p.dx_reversed = p.dy + WAYS * layer->steps_out * p.states;
    p.dh0 = p.dx_reversed + layer->steps_in * p.step_x;
    p.dc0 = p.dh0 + WAYS * p.states;
    p.n_scratch = p.dc0 + WAYS * p.states;
    return p;
}

static void shape(Layer *layer) {
    const Layer one = one_way(layer);
    layer->n_weights = WAYS * one.n_weights;
    layer->n_prepared = WAYS * one.n_prepared;
}

static size_t tensors(const Layer *layer, Tensor *list) {
    const Layer one = one_way(layer);
    const size_t n = one.kind->tensors(&one, list);
    one.kind->tensors(&one, list + n);
    for (size_t i = n; i < WAYS * n; i++) {
        const size_t length = strlen(list[i].name);
        list[i].offset += one.n_weights;
        snprintf(list[i].name + length, sizeof list[i].name - length, "_reverse");
    }
    return WAYS * n;
}

static size_t cache(const Layer *layer, size_t rows) {
    return two_ways(layer, rows).n_cache;
}

static size_t scratch(const Layer *layer, size_t rows) {
    return two_ways(layer, rows).n_scratch;
}

static void prepare(const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights, real *prepared) {
    const Layer one = one_way(layer);
    for (size_t w = 0; w < WAYS; w++) {
        one.kind->prepare(&one, kernels, team, rows, weights + w * one.n_weights, prepared + w * one.n_prepared);
    }
}

/* One way's half of rows of y, to or from rows of its own. */
static void split(const TwoWays *p, size_t way, const real *both, real *own) {
    for (size_t b = 0; b < p->rows; b++) {
        memcpy(own + b * p->ld_h, both + b * p->ld_y + way * p->one.n_units, p->one.n_units * sizeof *own);
    }
}

static void join(const TwoWays *p, size_t way, const real *own, real *both) {
    for (size_t b = 0; b < p->rows; b++) {
        memcpy(both + b * p->ld_y + way * p->one.n_units, own + b * p->ld_h, p->one.n_units * sizeof *own);
    }
}

/* The step of one way's (steps_out,B,H) that stands at `step` in y. */
static size_t own_step(const TwoWays *p, size_t way, size_t step) {
    return way == FORWARD ? step : p->one.steps_out - 1 - step;
}

static Pass one_pass(const TwoWays *p, const Pass *pass, size_t way) {
    Pass one = *pass;
    one.weights += way * p->one.n_weights;
    one.prepared = pass->prepared ? pass->prepared + way * p->one.n_prepared : NULL;
    one.cache += way * p->way;
    one.x = way == FORWARD ? pass->x : pass->cache + p->x_reversed;
    one.h0 = pass->h0 ? pass->cache + p->h0 + way * p->states : NULL;
    one.c0 = pass->c0 ? pass->cache + p->c0 + way * p->states : NULL;
    return one;
}

static const real *forward(const Layer *layer, const Pass *pass) {
    const TwoWays p = two_ways(layer, pass->rows);
    for (size_t t = 0; t < layer->steps_in; t++) {
        memcpy(pass->cache + p.x_reversed + t * p.step_x, pass->x + (layer->steps_in - 1 - t) * p.step_x, p.step_x * sizeof *pass->x);
    }
    for (size_t w = 0; w < WAYS; w++) {
        const Pass one = one_pass(&p, pass, w);
        if (pass->h0) {
            split(&p, w, pass->h0, pass->cache + p.h0 + w * p.states);
        }
        if (pass->c0) {
            split(&p, w, pass->c0, pass->cache + p.c0 + w * p.states);
        }
        const real *y = p.one.kind->forward(&p.one, &one);
        for (size_t t = 0; t < layer->steps_out; t++) {
            join(&p, w, y + own_step(&p, w, t) * p.states, pass->cache + p.y + t * p.rows * p.ld_y);
        }
    }
    return pass->cache + p.y;
}

static void backward_way(const TwoWays *p, const Pass *pass, size_t way) {
    Pass one = one_pass(p, pass, way);
    one.dy = pass->scratch + p->dy + way * p->one.steps_out * p->states;
    one.dweights += way * p->one.n_weights;
    one.dx = pass->dx && way == BACKWARD ? pass->scratch + p->dx_reversed : pass->dx;
    one.dh0 = pass->dh0 ? pass->scratch + p->dh0 + way * p->states : NULL;
    one.dc0 = pass->dc0 ? pass->scratch + p->dc0 + way * p->states : NULL;
    p->one.kind->backward(&p->one, &one);
    if (pass->dh0) {
        join(p, way, one.dh0, pass->dh0);
    }
    if (pass->dc0) {
        join(p, way, one.dc0, pass->dc0);
    }
}

static void backward(const Layer *layer, const Pass *pass) {
    const TwoWays p = two_ways(layer, pass->rows);
    memset(pass->scratch + p.dc0, 0, WAYS * p.states * sizeof *pass->scratch); /* a kind without cells leaves it */
    for (size_t w = 0; w < WAYS; w++) {
        for (size_t t = 0; t < layer->steps_out; t++) {
            split(&p, w, pass->dy + t * p.rows * p.ld_y, pass->scratch + p.dy + (w * layer->steps_out + own_step(&p, w, t)) * p.states);
        }
        backward_way(&p, pass, w);
    }
    for (size_t t = 0; t < layer->steps_in && pass->dx; t++) {
        for (size_t b = 0; b < p.rows; b++) {
            const size_t from = (layer->steps_in - 1 - t) * p.step_x + b * p.ld_x;
            real *dx = pass->dx + t * p.step_x + b * p.ld_x;
            pass->kernels->add(layer->n_inputs, dx, pass->scratch + p.dx_reversed + from, dx);
        }
    }
}

#define BIDIRECTIONAL(kind, way, title, text)                                                                                              \
    extern const LayerKind kind, way;                                                                                                      \
    const LayerKind kind = {.name = (title),                                                                                               \
                            .summary = (text),                                                                                             \
                            .recurrent = true,                                                                                             \
                            .each_way = &way,                                                                                              \
                            .activation = ACTIVATION_TANH,                                                                                 \
                            .shape = shape,                                                                                                \
                            .tensors = tensors,                                                                                            \
                            .cache = cache,                                                                                                \
                            .scratch = scratch,                                                                                            \
                            .prepare = prepare,                                                                                            \
                            .forward = forward,                                                                                            \
                            .backward = backward}

BIDIRECTIONAL(layer_birnn, layer_rnn, "birnn", "rnn both ways along the window; birnn:8 has 16 outputs");
BIDIRECTIONAL(layer_bilstm, layer_lstm, "bilstm", "lstm both ways along the window; bilstm:8 has 16 outputs");
BIDIRECTIONAL(layer_bigru, layer_gru, "bigru", "gru both ways along the window; bigru:8 has 16 outputs");
