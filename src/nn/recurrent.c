#include "recurrent.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Steps whose rows of gates make about one block of 64 rows. */
static size_t block_steps(size_t steps, size_t rows) {
    const size_t n = rows >= 64 ? 1 : 64 / rows;
    return n < steps ? n : steps;
}

/* First unit of part i. */
static size_t part_start(const RecurrentPlan *p, size_t i) {
    const Team part = {.size = p->parts, .rank = i};
    size_t first, last;
    team_part(&part, p->units, REAL_ALIGN, &first, &last);
    return first;
}

RecurrentPlan recurrent_plan(const Recurrent *r, const Layer *layer, const Team *team, size_t rows) {
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
    p.woven = r->woven;
    p.parts = layer_parts(units);
    team_part(team, p.parts, 1, &p.first_part, &p.last_part);
    p.first = part_start(&p, p.first_part);
    p.last = part_start(&p, p.last_part);
    return p;
}

/* The columns of units [first, last) among `blocks` gate blocks: n runs of `width`, `pitch` apart. */
typedef struct Columns {
    size_t n, first, width, pitch;
} Columns;

static Columns columns(const RecurrentPlan *p, size_t blocks, size_t first, size_t last) {
    if (p->woven || (first == 0 && last == p->units)) {
        return (Columns){.n = 1, .first = first * blocks, .width = (last - first) * blocks};
    }
    return (Columns){.n = blocks, .first = first, .width = last - first, .pitch = p->units};
}

static Columns own_columns(const RecurrentPlan *p, size_t width) {
    return columns(p, p->units ? width / p->units : 0, p->first, p->last);
}

void recurrent_shape(const Recurrent *r, Layer *layer) {
    const RecurrentPlan p = recurrent_plan(r, layer, NULL, 0);
    layer->n_weights = p.n_weights;
    layer->n_prepared = p.n_prepared;
}

size_t recurrent_tensors(const Recurrent *r, const Layer *layer, Tensor *list) {
    const RecurrentPlan p = recurrent_plan(r, layer, NULL, 0);
    const size_t weave = r->woven ? REAL_ALIGN : 0;
    const Tensor all[] = {
        {.rows = p.x_width, .columns = p.inputs, .role = TENSOR_INPUT, .n_blocks = r->x_blocks, .weave = weave, .offset = p.wx, .row_stride = 1, .column_stride = p.ld_wx},
        {.rows = p.h_width, .columns = p.units, .role = TENSOR_RECURRENT, .n_blocks = r->h_blocks, .weave = weave, .offset = p.wh, .row_stride = 1, .column_stride = p.ld_wh},
        {.rows = p.x_width, .columns = 1, .role = TENSOR_BIAS, .n_blocks = r->x_blocks, .weave = weave, .offset = p.bx, .row_stride = 1},
        {.rows = p.h_width, .columns = 1, .role = TENSOR_BIAS, .n_blocks = r->h_blocks, .weave = weave, .offset = r->two_biases ? p.bh : p.bx, .row_stride = 1, .zero = !r->two_biases},
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
    return recurrent_plan(r, layer, NULL, rows).n_cache;
}

size_t recurrent_scratch(const Layer *layer, size_t rows) {
    return 2 * (1 + layer_parts(layer->n_units)) * rows * kernels_stride(layer->n_units);
}

size_t recurrent_own(const Recurrent *r, const Layer *layer, const Team *team, Span *list) {
    const RecurrentPlan p = recurrent_plan(r, layer, team, 0);
    const struct {
        size_t offset, width, rows, ld;
    } all[] = {{p.wx, p.x_width, p.inputs, p.ld_wx}, {p.wh, p.h_width, p.units, p.ld_wh}, {p.bx, p.x_width, 1, 0}, {p.bh, p.h_width, r->two_biases, 0}};
    size_t n = 0;
    for (size_t m = 0; m < 4; m++) {
        const Columns own = own_columns(&p, all[m].width);
        for (size_t i = 0; i < own.n; i++) {
            list[n++] = (Span){.offset = all[m].offset + own.first + i * own.pitch, .length = own.width, .n = all[m].rows, .pitch = all[m].ld};
        }
    }
    return n;
}

void recurrent_prepare(const Recurrent *r, const Layer *layer, const Kernels *kernels, const Team *team, const real *weights, real *prepared) {
    const RecurrentPlan p = recurrent_plan(r, layer, team, 0);
    const Columns x = own_columns(&p, p.x_width), h = own_columns(&p, p.h_width);
    for (size_t i = 0; i < x.n; i++) {
        const size_t first = x.first + i * x.pitch;
        kernels->transpose(p.inputs, x.width, weights + p.wx + first, p.ld_wx, prepared + p.wxt + first * p.ld_x, p.ld_x);
    }
    for (size_t i = 0; i < h.n; i++) {
        const size_t first = h.first + i * h.pitch;
        kernels->transpose(p.units, h.width, weights + p.wh + first, p.ld_wh, prepared + p.wht + first * p.ld_h, p.ld_h);
    }
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
    for (size_t i = 0; i < p->x_width && team_leads(pass->team); i++) {
        const size_t column = p->x_column + i;
        row[i] = bx[i] + (column >= p->h_column && column < p->h_column + p->h_width ? bh[column - p->h_column] : 0);
    }
    team_meet(pass->team);
    return row;
}

void recurrent_inputs(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last) {
    const real *start = start_row(p, pass), *x = pass->x + first * p->rows * p->ld_x;
    const size_t n_rows = (last - first) * p->rows, hidden_end = p->h_column + p->h_width;
    const Columns own = own_columns(p, p->x_width);
    real *gates = recurrent_gates(p, pass, first);
    for (size_t i = 0; i < own.n; i++) {
        const size_t at = own.first + i * own.pitch;
        pass->kernels->product(n_rows, own.width, p->inputs, x, p->ld_x, 1, pass->weights + p->wx + at, p->ld_wx, start + at, 0, gates + p->x_column + at, p->ld_gates);
    }
    const size_t apart = p->x_column + p->x_width; /* hidden columns that x has no part in start from their bias alone: whole blocks */
    for (size_t at = apart; at < hidden_end; at += p->units) {
        for (size_t i = 0; i < n_rows; i++) {
            memcpy(gates + i * p->ld_gates + at + p->first, pass->weights + p->bh + at - p->h_column + p->first, (p->last - p->first) * sizeof *gates);
        }
    }
}

/* dw (M,N) of one matrix from its inputs (rows,M) and the gradients of its outputs (rows,N), in this member's columns of the N. */
static void weight_gradient(const RecurrentPlan *p, const Pass *pass, size_t n_rows, size_t m, const real *inputs, size_t ld_inputs, size_t width, const real *gates, real *dw,
                            size_t ld_dw, bool add) {
    const Columns own = own_columns(p, width);
    for (size_t i = 0; i < own.n; i++) {
        const size_t at = own.first + i * own.pitch;
        pass->kernels->product(m, own.width, n_rows, inputs, 1, ld_inputs, gates + at, p->ld_gates, add ? dw + at : NULL, ld_dw, dw + at, ld_dw);
    }
}

/* db = sum of the rows of gates: a product with a row of ones. */
static void bias_gradient(const RecurrentPlan *p, const Pass *pass, size_t n_rows, const real *gates, size_t width, real *db, bool add) {
    static const real one = 1;
    weight_gradient(p, pass, n_rows, 1, &one, 0, width, gates, db, 0, add);
}

void recurrent_input_gradients(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last, size_t n_hidden, bool add) {
    const real *gates = recurrent_gates(p, pass, first), *past = recurrent_state(p, pass, 0, first);
    const real *gates_x = gates + p->x_column, *gates_h = gates + p->h_column;
    const size_t n_rows = (last - first) * p->rows, x = first * p->rows * p->ld_x;
    weight_gradient(p, pass, n_rows, p->inputs, pass->x + x, p->ld_x, p->x_width, gates_x, pass->dweights + p->wx, p->ld_wx, add);
    weight_gradient(p, pass, n_rows, p->units, past, p->ld_h, n_hidden, gates_h, pass->dweights + p->wh, p->ld_wh, add);
    bias_gradient(p, pass, n_rows, gates_x, p->x_width, pass->dweights + p->bx, add);
    if (p->n_weights > p->bh) {
        bias_gradient(p, pass, n_rows, gates_h, p->h_width, pass->dweights + p->bh, add);
    }
    if (pass->dx) {
        size_t row, end;
        team_part(pass->team, n_rows, 1, &row, &end);
        pass->kernels->product(end - row, p->inputs, p->x_width, gates_x + row * p->ld_gates, p->ld_gates, 1, pass->prepared + p->wxt, p->ld_x, NULL, 0,
                               pass->dx + x + row * p->ld_x, p->ld_x);
    }
}

/* This member's units of one step. */
static CellStep cell_step(const RecurrentCell *cell, const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t step) {
    CellStep s = {.rows = p->rows, .units = p->last - p->first, .pitch = p->units, .ld = p->ld_h, .ld_gates = p->ld_gates, .activation = layer->activation};
    s.gates = recurrent_gates(p, pass, step) + columns(p, p->h_width / p->units, p->first, p->last).first;
    s.h = recurrent_state(p, pass, 0, step + 1) + p->first;
    s.h_prev = step || pass->h0 ? recurrent_state(p, pass, 0, step) + p->first : NULL;
    if (cell->carries_cell) {
        s.c = recurrent_state(p, pass, 1, step + 1) + p->first;
        s.c_act = recurrent_state(p, pass, 2, step + 1) + p->first;
        s.c_prev = step || pass->c0 ? recurrent_state(p, pass, 1, step) + p->first : NULL;
    }
    return s;
}

/* gates += h' W_h in this member's columns. */
static void hidden_product(const RecurrentPlan *p, const Pass *pass, size_t step) {
    const Columns own = own_columns(p, p->h_width);
    const real *past = recurrent_state(p, pass, 0, step), *weights = pass->weights + p->wh + own.first;
    real *gates = recurrent_gates(p, pass, step) + p->h_column + own.first;
    for (size_t i = 0; i < own.n; i++, gates += own.pitch, weights += own.pitch) {
        pass->kernels->product(p->rows, own.width, p->units, past, p->ld_h, 1, weights, p->ld_wh, gates, p->ld_gates, gates, p->ld_gates);
    }
}

const real *recurrent_forward(const RecurrentCell *cell, const Layer *layer, const Pass *pass) {
    const RecurrentPlan p = recurrent_plan(&cell->recurrent, layer, pass->team, pass->rows);
    if (team_leads(pass->team)) {
        recurrent_start(&p, pass, 0, pass->h0);
        if (cell->carries_cell) {
            recurrent_start(&p, pass, 1, pass->c0);
        }
    }
    for (size_t t0 = 0; t0 < p.steps; t0 += p.block) {
        const size_t t1 = t0 + p.block < p.steps ? t0 + p.block : p.steps;
        recurrent_inputs(&p, pass, t0, t1);
        for (size_t t = t0; t < t1; t++) {
            const CellStep s = cell_step(cell, &p, layer, pass, t);
            if (s.h_prev) {
                hidden_product(&p, pass, t);
            }
            cell->forward(pass->kernels, &s);
            team_meet(pass->team);
        }
    }
    return recurrent_output(&p, layer, pass);
}

/* dh' = (what the cell left there, or 0) + gradients of the gates * W_h^T. */
static void hidden_gradient(const RecurrentCell *cell, const RecurrentPlan *p, const Pass *pass, size_t step, real *dh) {
    pass->kernels->product(p->rows, p->units, p->h_width, recurrent_gates(p, pass, step) + p->h_column, p->ld_gates, 1, pass->prepared + p->wht, p->ld_h,
                           cell->adds_hidden ? dh : NULL, p->ld_h, dh, p->ld_h);
}

/* The place of a part's contribution (B,H); two steps that follow each other have their own, since a member may still read the one where another
 * writes the next. */
static real *part_gradient(const RecurrentPlan *p, const Pass *pass, size_t step, size_t part) {
    return pass->scratch + (2 + step % 2 * p->parts + part) * p->step_states;
}

/* What the gates of this member's parts give the gradient of all of h'. */
static void give_parts(const RecurrentPlan *p, const Pass *pass, size_t step) {
    const real *gates = recurrent_gates(p, pass, step) + p->h_column, *weights = pass->prepared + p->wht;
    for (size_t part = p->first_part; part < p->last_part; part++) {
        const Columns own = columns(p, p->h_width / p->units, part_start(p, part), part_start(p, part + 1));
        real *sum = part_gradient(p, pass, step, part);
        for (size_t i = 0; i < own.n; i++) {
            const size_t at = own.first + i * own.pitch;
            pass->kernels->product(p->rows, p->units, own.width, gates + at, p->ld_gates, 1, weights + at * p->ld_h, p->ld_h, i ? sum : NULL, p->ld_h, sum, p->ld_h);
        }
    }
}

/* dh' of this member's units = (what the cell left there, or 0) + the parts. */
static void take_parts(const RecurrentCell *cell, const RecurrentPlan *p, const Pass *pass, size_t step, real *dh) {
    const size_t n = p->last - p->first;
    for (size_t b = 0; n && b < p->rows; b++) {
        const size_t at = b * p->ld_h + p->first;
        for (size_t part = 0; part < p->parts; part++) {
            const real *given = part_gradient(p, pass, step, part) + at;
            if (part == 0 && !cell->adds_hidden) {
                memcpy(dh + at, given, n * sizeof *dh);
            } else {
                pass->kernels->add(n, given, dh + at);
            }
        }
    }
}

void recurrent_backward(const RecurrentCell *cell, const Layer *layer, const Pass *pass) {
    const RecurrentPlan p = recurrent_plan(&cell->recurrent, layer, pass->team, pass->rows);
    real *dh = pass->scratch, *dc = pass->scratch + p.step_states;
    assert(pass->in_parts || !pass->team);
    if (team_leads(pass->team)) {
        memset(pass->scratch, 0, 2 * p.step_states * sizeof *dh);
    }
    team_meet(pass->team);
    for (size_t t1 = p.steps; t1 > 0;) {
        const size_t t0 = t1 > p.block ? t1 - p.block : 0;
        for (size_t t = t1; t-- > t0;) {
            CellStep s = cell_step(cell, &p, layer, pass, t);
            const real *dy = recurrent_dy(&p, layer, pass, t);
            s.dy = dy ? dy + p.first : NULL;
            s.ld_dy = p.ld_h;
            s.dh = dh + p.first;
            s.dc = dc + p.first;
            cell->backward(pass->kernels, &s);
            if (t == 0 && !pass->dh0) {
                continue;
            }
            if (pass->in_parts) {
                give_parts(&p, pass, t);
                team_meet(pass->team);
                take_parts(cell, &p, pass, t, dh);
            } else {
                hidden_gradient(cell, &p, pass, t, dh);
            }
        }
        if (pass->dx) {
            team_meet(pass->team); /* a row of gates is of all members */
        }
        recurrent_input_gradients(&p, pass, t0, t1, p.h_width, pass->accumulate || t1 < p.steps);
        t1 = t0;
    }
    team_meet(pass->team);
    if (pass->dh0 && team_leads(pass->team)) {
        memcpy(pass->dh0, dh, p.step_states * sizeof *dh);
    }
    if (pass->dc0 && cell->carries_cell && team_leads(pass->team)) {
        memcpy(pass->dc0, dc, p.step_states * sizeof *dc);
    }
}
