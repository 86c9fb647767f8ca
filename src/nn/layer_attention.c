/* Additive attention over the steps (the score of Bahdanau, Cho and Bengio 2015, pooled as in Yang et al. 2016, "Hierarchical attention
 * networks for document classification", equations 5 to 7): a sequence in, one vector out.
 *
 *     u_t = act(x_t W + b),   s_t = u_t v,   a = softmax(s) over the steps,   y = sum_t a_t x_t        act is tanh unless --layers says
 *     otherwise
 *
 * Variant: no query but v, which is learnt; attention:A has A scoring units, and as many outputs as inputs. In a file: `hidden.weight`
 * (A,I) and `hidden.bias` (A), those of a Linear(I, A), and `score.weight` (1,A), that of a Linear(A, 1, bias=False).
 *
 * Weights: W (I,A), b (A), v (A,1), each row padded. Prepared: W^T, v as a row. Cache: u (T,B,A), s and then a (T,B,1), y (B,I). Backward:
 *
 *     da_t = dy x_t,   ds_t = a_t (da_t - sum_r a_r da_r),   dv = sum u_t ds_t,   g_t = ds_t v act'(u_t)
 *     dW = sum x_t^T g_t,   db = sum g_t,   dx_t = g_t W^T + a_t dy
 */
#include "lstmfc/layer.h"

#include <stdio.h>
#include <string.h>

#include "lstmfc/math64.h"

typedef struct Plan {
    size_t steps, rows, n, inputs, units;      /* n = steps * rows */
    size_t ld_x, ld_u, ld_one, ld_b;           /* of x, of u, of a column alone, of rows of the batch side by side */
    size_t b, v, n_weights, v_row, n_prepared; /* offsets; W and W^T at 0 */
    size_t a, y, n_cache;                      /* u at 0 */
    size_t ds, dy, n_scratch;                  /* g at 0 */
} Plan;

static Plan plan(const Layer *layer, size_t rows) {
    Plan p = {.steps = layer->steps_in, .rows = rows, .n = layer->steps_in * rows, .inputs = layer->n_inputs, .units = layer->n_units};
    p.ld_x = kernels_stride(p.inputs);
    p.ld_u = kernels_stride(p.units);
    p.ld_one = kernels_stride(1);
    p.ld_b = kernels_stride(rows) + REAL_ALIGN; /* a column of it may be read a vector wide */
    p.b = p.inputs * p.ld_u;
    p.v = p.b + p.ld_u;
    p.n_weights = p.v + p.units * p.ld_one;
    p.v_row = p.units * p.ld_x;
    p.n_prepared = p.v_row + p.ld_u;
    p.a = p.n * p.ld_u;
    p.y = p.a + p.n * p.ld_one;
    p.n_cache = p.y + rows * p.ld_x;
    p.ds = p.n * p.ld_u;
    p.dy = p.ds + p.n * p.ld_one;
    p.n_scratch = p.dy + p.inputs * p.ld_b;
    return p;
}

static void shape(Layer *layer) {
    const Plan p = plan(layer, 0);
    layer->n_weights = p.n_weights;
    layer->n_prepared = p.n_prepared;
}

static size_t tensors(const Layer *layer, Tensor *list) {
    static const char *const names[] = {"hidden.weight", "hidden.bias", "score.weight"};
    const Plan p = plan(layer, 0);
    list[0] = (Tensor){.rows = p.units, .columns = p.inputs, .role = TENSOR_INPUT, .parts = {{.column_stride = p.ld_u}}};
    list[1] = (Tensor){.rows = p.units, .columns = 1, .role = TENSOR_BIAS, .offset = p.b};
    list[2] = (Tensor){.rows = 1, .columns = p.units, .role = TENSOR_INPUT, .offset = p.v, .parts = {{.column_stride = p.ld_one}}};
    for (size_t i = 0; i < 3; i++) {
        list[i].n_blocks = list[i].row_stride = list[i].n_parts = 1;
        list[i].parts[0].units = list[i].rows;
        list[i].forget_block = SIZE_MAX;
        snprintf(list[i].name, sizeof list[i].name, "%zu.%s", layer->number, names[i]);
    }
    return 3;
}

static size_t cache(const Layer *layer, size_t rows) {
    return plan(layer, rows).n_cache;
}

static size_t scratch(const Layer *layer, size_t rows) {
    return plan(layer, rows).n_scratch;
}

static void prepare(const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights, real *prepared) {
    const Plan p = plan(layer, 0);
    (void)team;
    (void)rows;
    kernels->transpose(p.inputs, p.units, weights, p.ld_u, prepared, p.ld_x);
    kernels->transpose(p.units, 1, weights + p.v, p.ld_one, prepared + p.v_row, p.ld_u);
}

/* Scores of row b become their softmax over the steps. */
static void softmax(const Plan *p, real *scores) {
    const size_t step = p->rows * p->ld_one;
    double most = (double)scores[0], sum = 0;
    for (size_t t = 1; t < p->steps; t++) {
        most = (double)scores[t * step] > most ? (double)scores[t * step] : most;
    }
    for (size_t t = 0; t < p->steps; t++) {
        scores[t * step] = (real)math64_exp((double)scores[t * step] - most);
        sum += (double)scores[t * step];
    }
    for (size_t t = 0; t < p->steps; t++) {
        scores[t * step] = (real)((double)scores[t * step] / sum);
    }
}

static const real *forward(const Layer *layer, const Pass *pass) {
    const Plan p = plan(layer, pass->rows);
    const Kernels *k = pass->kernels;
    real *u = pass->cache, *a = pass->cache + p.a, *y = pass->cache + p.y;
    k->product(p.n, p.units, p.inputs, pass->x, p.ld_x, 1, pass->weights, p.ld_u, pass->weights + p.b, 0, u, p.ld_u);
    for (size_t i = 0; i < p.n; i++) {
        k->activate(layer->activation, p.units, u + i * p.ld_u);
    }
    k->product(p.n, 1, p.units, u, p.ld_u, 1, pass->weights + p.v, p.ld_one, NULL, 0, a, p.ld_one);
    for (size_t b = 0; b < p.rows; b++) {
        softmax(&p, a + b * p.ld_one);
        k->product(1, p.inputs, p.steps, a + b * p.ld_one, 0, p.rows * p.ld_one, pass->x + b * p.ld_x, p.rows * p.ld_x, NULL, 0,
                   y + b * p.ld_x, p.ld_x);
    }
    return y;
}

/* ds of every step and row. dy is turned first: a product reads it as a column for each row of the batch. */
static void score_gradients(const Plan *p, const Pass *pass, real *ds) {
    real *columns = pass->scratch + p->dy;
    const real *a = pass->cache + p->a;
    const size_t step = p->rows * p->ld_one;
    memset(columns, 0, p->inputs * p->ld_b * sizeof *columns);
    pass->kernels->transpose(p->rows, p->inputs, pass->dy, p->ld_x, columns, p->ld_b);
    for (size_t b = 0; b < p->rows; b++) {
        const real *own = a + b * p->ld_one;
        real *d = ds + b * p->ld_one;
        double mean = 0;
        pass->kernels->product(p->steps, 1, p->inputs, pass->x + b * p->ld_x, p->rows * p->ld_x, 1, columns + b, p->ld_b, NULL, 0, d, step);
        for (size_t t = 0; t < p->steps; t++) {
            mean += (double)own[t * step] * (double)d[t * step];
        }
        for (size_t t = 0; t < p->steps; t++) {
            d[t * step] = (real)((double)own[t * step] * ((double)d[t * step] - mean));
        }
    }
}

static void backward(const Layer *layer, const Pass *pass) {
    static const real one = 1;
    const Plan p = plan(layer, pass->rows);
    const Kernels *k = pass->kernels;
    const real *u = pass->cache, *a = pass->cache + p.a;
    real *g = pass->scratch, *ds = pass->scratch + p.ds, *dw = pass->dweights, *db = dw + p.b, *dv = dw + p.v;
    score_gradients(&p, pass, ds);
    k->product(p.units, 1, p.n, u, 1, p.ld_u, ds, p.ld_one, pass->accumulate ? dv : NULL, p.ld_one, dv, p.ld_one);
    k->product(p.n, p.units, 1, ds, p.ld_one, 1, pass->prepared + p.v_row, p.ld_u, NULL, 0, g, p.ld_u);
    for (size_t i = 0; i < p.n; i++) {
        k->activate_backward(layer->activation, p.units, u + i * p.ld_u, g + i * p.ld_u);
    }
    k->product(p.inputs, p.units, p.n, pass->x, 1, p.ld_x, g, p.ld_u, pass->accumulate ? dw : NULL, p.ld_u, dw, p.ld_u);
    k->product(1, p.units, p.n, &one, 0, 0, g, p.ld_u, pass->accumulate ? db : NULL, 0, db, p.ld_u);
    if (!pass->dx) {
        return;
    }
    k->product(p.n, p.inputs, p.units, g, p.ld_u, 1, pass->prepared, p.ld_x, NULL, 0, pass->dx, p.ld_x);
    for (size_t b = 0; b < p.rows; b++) {
        real *dx = pass->dx + b * p.ld_x;
        k->product(p.steps, p.inputs, 1, a + b * p.ld_one, p.rows * p.ld_one, 1, pass->dy + b * p.ld_x, p.ld_x, dx, p.rows * p.ld_x, dx,
                   p.rows * p.ld_x);
    }
}

extern const LayerKind layer_attention;
const LayerKind layer_attention = {
    .name = "attention",
    .summary = "additive attention: a weighted mean of the steps; lstm:50,attention:16 scores them with 16 units",
    .pools = true,
    .activation = ACTIVATION_TANH,
    .shape = shape,
    .tensors = tensors,
    .cache = cache,
    .scratch = scratch,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
