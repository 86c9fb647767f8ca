#include "recurrent.h"

#include <stdio.h>
#include <string.h>

/* Steps whose rows of gates make about one block of 64 rows. */
static size_t block_steps(size_t steps, size_t rows) {
    const size_t n = rows >= 64 ? 1 : 64 / rows;
    return n < steps ? n : steps;
}

RecurrentPlan recurrent_plan(const Recurrent *r, const Layer *layer, size_t rows) {
    const size_t units = layer->n_units;
    RecurrentPlan p = {.steps = layer->steps_in, .rows = rows, .inputs = layer->n_inputs, .units = units};
    p.ld_x = kernels_stride(p.inputs);
    p.ld_h = kernels_stride(units);
    p.ld_gates = kernels_stride(r->columns * units);
    p.x_column = r->x_first * units;
    p.x_width = r->x_blocks * units;
    p.h_column = r->h_first * units;
    p.h_width = r->h_blocks * units;
    p.ld_wx = kernels_stride(p.x_width);
    p.ld_wh = kernels_stride(p.h_width);
    p.wh = p.inputs * p.ld_wx;
    p.bx = p.wh + units * p.ld_wh;
    p.bh = p.bx + p.ld_wx;
    p.n_weights = r->two_biases ? p.bh + p.ld_wh : p.bh;
    p.wht = p.x_width * p.ld_x;
    p.n_prepared = p.wht + p.h_width * p.ld_h;
    p.step_gates = rows * p.ld_gates;
    p.step_states = rows * p.ld_h;
    p.h = p.steps * p.step_gates;
    for (size_t i = 0; i < 2; i++) {
        p.extra[i] = p.h + (i + 1) * (p.steps + 1) * p.step_states;
    }
    p.bias = p.h + (1U + r->n_extra) * (p.steps + 1) * p.step_states;
    p.n_cache = p.bias + (r->two_biases ? p.ld_wx : 0);
    p.block = rows ? block_steps(p.steps, rows) : 1;
    return p;
}

void recurrent_shape(const Recurrent *r, Layer *layer) {
    const RecurrentPlan p = recurrent_plan(r, layer, 0);
    layer->n_weights = p.n_weights;
    layer->n_prepared = p.n_prepared;
}

size_t recurrent_tensors(const Recurrent *r, const Layer *layer, Tensor *list) {
    const RecurrentPlan p = recurrent_plan(r, layer, 0);
    const Tensor all[] = {
        {.rows = p.x_width, .columns = p.inputs, .role = TENSOR_INPUT, .n_blocks = r->x_blocks, .offset = p.wx, .row_stride = 1, .column_stride = p.ld_wx},
        {.rows = p.h_width, .columns = p.units, .role = TENSOR_RECURRENT, .n_blocks = r->h_blocks, .offset = p.wh, .row_stride = 1, .column_stride = p.ld_wh},
        {.rows = p.x_width, .columns = 1, .role = TENSOR_BIAS, .n_blocks = r->x_blocks, .offset = p.bx, .row_stride = 1},
        {.rows = p.h_width, .columns = 1, .role = TENSOR_BIAS, .n_blocks = r->h_blocks, .offset = r->two_biases ? p.bh : p.bx, .row_stride = 1, .zero = !r->two_biases},
    };
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"};
    for (size_t i = 0; i < 4; i++) {
        list[i] = all[i];
        /* a zero tensor shares the place, and so the order, of the one before it */
        memcpy(list[i].order, i % 2 && !list[i].zero ? r->h_order : r->x_order, sizeof list[i].order);
        list[i].forget_block = i == 2 && r->forget != 255 ? r->forget : SIZE_MAX;
        snprintf(list[i].name, sizeof list[i].name, "%zu.%s", layer->number, names[i]);
    }
    return 4;
}

size_t recurrent_cache(const Recurrent *r, const Layer *layer, size_t rows) {
    return recurrent_plan(r, layer, rows).n_cache;
}

size_t recurrent_scratch(const Layer *layer, size_t rows) {
    return 2 * rows * kernels_stride(layer->n_units);
}

static void transpose(size_t rows, size_t columns, const real *from, size_t ld_from, real *to, size_t ld_to) {
    enum { TILE = 16 }; /* both sides of a tile stay in the first cache */
    for (size_t r0 = 0; r0 < rows; r0 += TILE) {
        for (size_t c = 0; c < columns; c++) {
            for (size_t r = r0; r < rows && r < r0 + TILE; r++) {
                to[c * ld_to + r] = from[r * ld_from + c];
            }
        }
    }
}

void recurrent_prepare(const Recurrent *r, const Layer *layer, const real *weights, real *prepared) {
    const RecurrentPlan p = recurrent_plan(r, layer, 0);
    transpose(p.inputs, p.x_width, weights + p.wx, p.ld_wx, prepared + p.wxt, p.ld_x);
    transpose(p.units, p.h_width, weights + p.wh, p.ld_wh, prepared + p.wht, p.ld_h);
}

real *recurrent_gates(const RecurrentPlan *p, const Pass *pass, size_t step) {
    return pass->cache + step * p->step_gates;
}

real *recurrent_state(const RecurrentPlan *p, const Pass *pass, size_t state, size_t slot) {
    return pass->cache + (state ? p->extra[state - 1] : p->h) + slot * p->step_states;
}

void recurrent_start(const RecurrentPlan *p, const Pass *pass, size_t state, const real *initial) {
    real *slot = recurrent_state(p, pass, state, 0);
    if (initial) {
        memcpy(slot, initial, p->step_states * sizeof *slot);
    } else {
        memset(slot, 0, p->step_states * sizeof *slot);
    }
}

const real *recurrent_output(const RecurrentPlan *p, const Layer *layer, const Pass *pass) {
    return recurrent_state(p, pass, 0, layer->steps_out == 1 ? p->steps : 1);
}

const real *recurrent_dy(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t step) {
    if (layer->steps_out == 1) {
        return step == p->steps - 1 ? pass->dy : NULL;
    }
    return pass->dy + step * p->step_states;
}

/* What the sums of the columns of x start from: their bias, and that of the hidden columns which are the same. */
static const real *start_row(const RecurrentPlan *p, const Pass *pass) {
    const real *bx = pass->weights + p->bx, *bh = pass->weights + p->bh;
    if (p->n_weights == p->bh) {
        return bx;
    }
    real *row = pass->cache + p->bias;
    for (size_t i = 0; i < p->x_width; i++) {
        const size_t column = p->x_column + i;
        row[i] = bx[i] + (column >= p->h_column && column < p->h_column + p->h_width ? bh[column - p->h_column] : 0);
    }
    return row;
}

void recurrent_inputs(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last) {
    real *gates = recurrent_gates(p, pass, first);
    const size_t n_rows = (last - first) * p->rows;
    pass->kernels->product(n_rows, p->x_width, p->inputs, pass->x + first * p->rows * p->ld_x, p->ld_x, 1, pass->weights + p->wx, p->ld_wx, start_row(p, pass), 0,
                           gates + p->x_column, p->ld_gates);
    const size_t own = p->x_column + p->x_width; /* hidden columns that x has no part in start from their bias alone */
    for (size_t i = 0; i < n_rows && own < p->h_column + p->h_width; i++) {
        memcpy(gates + i * p->ld_gates + own, pass->weights + p->bh + own - p->h_column, (p->h_column + p->h_width - own) * sizeof *gates);
    }
}

/* db = sum of the rows of gates: a product with a row of ones. */
static void bias_gradient(const RecurrentPlan *p, const Pass *pass, size_t n_rows, const real *gates, size_t width, real *db, bool add) {
    static const real one = 1;
    pass->kernels->product(1, width, n_rows, &one, 0, 0, gates, p->ld_gates, add ? db : NULL, 0, db, 0);
}

void recurrent_input_gradients(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last, size_t n_hidden, bool add) {
    const Kernels *k = pass->kernels;
    const real *gates = recurrent_gates(p, pass, first), *past = recurrent_state(p, pass, 0, first);
    const size_t n_rows = (last - first) * p->rows, x = first * p->rows * p->ld_x;
    real *dwx = pass->dweights + p->wx, *dwh = pass->dweights + p->wh;
    k->product(p->inputs, p->x_width, n_rows, pass->x + x, 1, p->ld_x, gates + p->x_column, p->ld_gates, add ? dwx : NULL, p->ld_wx, dwx, p->ld_wx);
    k->product(p->units, n_hidden, n_rows, past, 1, p->ld_h, gates + p->h_column, p->ld_gates, add ? dwh : NULL, p->ld_wh, dwh, p->ld_wh);
    bias_gradient(p, pass, n_rows, gates + p->x_column, p->x_width, pass->dweights + p->bx, add);
    if (p->n_weights > p->bh) {
        bias_gradient(p, pass, n_rows, gates + p->h_column, p->h_width, pass->dweights + p->bh, add);
    }
    if (pass->dx) {
        k->product(n_rows, p->inputs, p->x_width, gates + p->x_column, p->ld_gates, 1, pass->prepared + p->wxt, p->ld_x, NULL, 0, pass->dx + x, p->ld_x);
    }
}

static CellStep cell_step(const RecurrentCell *cell, const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t step) {
    CellStep s = {.rows = p->rows, .units = p->units, .ld = p->ld_h, .ld_gates = p->ld_gates, .activation = layer->activation};
    s.gates = recurrent_gates(p, pass, step);
    s.h = recurrent_state(p, pass, 0, step + 1);
    s.h_prev = step || pass->h0 ? recurrent_state(p, pass, 0, step) : NULL;
    if (cell->carries_cell) {
        s.c = recurrent_state(p, pass, 1, step + 1);
        s.c_act = recurrent_state(p, pass, 2, step + 1);
        s.c_prev = step || pass->c0 ? recurrent_state(p, pass, 1, step) : NULL;
    }
    return s;
}

const real *recurrent_forward(const RecurrentCell *cell, const Layer *layer, const Pass *pass) {
    const RecurrentPlan p = recurrent_plan(&cell->recurrent, layer, pass->rows);
    recurrent_start(&p, pass, 0, pass->h0);
    if (cell->carries_cell) {
        recurrent_start(&p, pass, 1, pass->c0);
    }
    for (size_t t0 = 0; t0 < p.steps; t0 += p.block) {
        const size_t t1 = t0 + p.block < p.steps ? t0 + p.block : p.steps;
        recurrent_inputs(&p, pass, t0, t1);
        for (size_t t = t0; t < t1; t++) {
            const CellStep s = cell_step(cell, &p, layer, pass, t);
            if (s.h_prev) {
                pass->kernels->product(p.rows, p.h_width, p.units, s.h_prev, p.ld_h, 1, pass->weights + p.wh, p.ld_wh, s.gates + p.h_column,
                                       p.ld_gates, s.gates + p.h_column, p.ld_gates);
            }
            cell->forward(pass->kernels, &s);
        }
    }
    return recurrent_output(&p, layer, pass);
}

void recurrent_backward(const RecurrentCell *cell, const Layer *layer, const Pass *pass) {
    const RecurrentPlan p = recurrent_plan(&cell->recurrent, layer, pass->rows);
    real *dh = pass->scratch, *dc = pass->scratch + p.step_states;
    memset(pass->scratch, 0, 2 * p.step_states * sizeof *dh);
    for (size_t t1 = p.steps; t1 > 0;) {
        const size_t t0 = t1 > p.block ? t1 - p.block : 0;
        for (size_t t = t1; t-- > t0;) {
            CellStep s = cell_step(cell, &p, layer, pass, t);
            s.dy = recurrent_dy(&p, layer, pass, t);
            s.ld_dy = p.ld_h;
            s.dh = dh;
            s.dc = dc;
            cell->backward(pass->kernels, &s);
            if (t > 0 || pass->dh0) {
                pass->kernels->product(p.rows, p.units, p.h_width, s.gates + p.h_column, p.ld_gates, 1, pass->prepared + p.wht, p.ld_h,
                                       cell->adds_hidden ? dh : NULL, p.ld_h, dh, p.ld_h);
            }
        }
        recurrent_input_gradients(&p, pass, t0, t1, p.h_width, pass->accumulate || t1 < p.steps);
        t1 = t0;
    }
    if (pass->dh0) {
        memcpy(pass->dh0, dh, p.step_states * sizeof *dh);
    }
    if (pass->dc0 && cell->carries_cell) {
        memcpy(pass->dc0, dc, p.step_states * sizeof *dc);
    }
}
