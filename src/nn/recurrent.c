#include "recurrent.h"

#include <stdio.h>
#include <string.h>

/* Steps done at once: rows of gates enough for tall products, few enough to stay in the first cache; where the gradient itself is larger
 * than the second, more of them for each time it is read and written. */
static size_t block_steps(size_t steps, size_t rows, size_t units) {
    const size_t wanted = units < 192 ? 64 : 256, n = rows >= wanted ? 1 : wanted / rows;
    return n < steps ? n : steps;
}

/* *end moves past n reals; returns where they begin. */
static size_t reserve(size_t *end, size_t n) {
    const size_t begin = *end;
    *end += n;
    return begin;
}

static void plan_part(RecurrentPlan *p, const Recurrent *r, size_t index) {
    RecurrentPart *q = &p->part[index];
    q->index = index;
    q->first = layer_part_start(p->units, p->n_parts, index);
    q->units = layer_part_start(p->units, p->n_parts, index + 1) - q->first;
    q->x_column = r->x_first * q->units;
    q->x_width = r->x_blocks * q->units;
    q->h_column = r->h_first * q->units;
    q->h_width = r->h_blocks * q->units;
    q->ld_state = kernels_stride(q->units);
    q->ld_gates = kernels_stride(r->columns * q->units);
    q->ld_wx = kernels_stride(q->x_width);
    q->ld_wh = kernels_stride(q->h_width);
    q->wx = reserve(&p->n_weights, p->inputs * q->ld_wx);
    q->wh = reserve(&p->n_weights, p->units * q->ld_wh);
    q->bh = reserve(&p->n_weights, r->two_biases ? q->ld_wh : 0);
    q->bx = reserve(&p->n_weights, q->ld_wx);
    q->end = p->n_weights;
    q->wxt = reserve(&p->n_prepared, q->x_width * p->ld_x);
    q->wht = reserve(&p->n_prepared, q->h_width * p->ld_h);
    q->gates = reserve(&p->n_cache, p->steps * p->rows * q->ld_gates);
    for (size_t i = 0; i < r->n_extra; i++) {
        q->extra[i] = reserve(&p->n_cache, (p->steps + 1) * p->rows * q->ld_state);
    }
    q->bias = reserve(&p->n_cache, r->two_biases ? q->ld_wx : 0);
    q->dh = reserve(&p->n_scratch, p->rows * q->ld_state);
    q->dc = reserve(&p->n_scratch, p->rows * q->ld_state);
}

void recurrent_plan(RecurrentPlan *p, const Recurrent *r, const Layer *layer, const Team *team, size_t rows) {
    *p = (RecurrentPlan){
        .steps = layer->steps_in, .rows = rows, .inputs = layer->n_inputs, .units = layer->n_units, .two_biases = r->two_biases};
    p->ld_x = kernels_stride(p->inputs);
    p->ld_h = kernels_stride(p->units);
    p->step_states = rows * p->ld_h;
    p->block = rows ? block_steps(p->steps, rows, p->units) : 1;
    p->n_parts = r->whole ? 1 : layer_parts(p->units);
    p->n_cache = (p->steps + 1) * p->step_states;
    for (size_t i = 0; i < p->n_parts; i++) {
        plan_part(p, r, i);
    }
    p->given = reserve(&p->n_scratch, p->n_parts > 1 ? 2 * p->n_parts * p->step_states : 0);
    size_t first, last;
    team_part(team, p->n_parts, 1, &first, &last);
    p->own = p->part + first;
    p->own_end = p->part + last;
}

void recurrent_shape(const Recurrent *r, Layer *layer) {
    RecurrentPlan p;
    recurrent_plan(&p, r, layer, NULL, 0);
    layer->n_weights = p.n_weights;
    layer->n_prepared = p.n_prepared;
}

size_t recurrent_tensors(const Recurrent *r, const Layer *layer, Tensor *list) {
    RecurrentPlan p;
    recurrent_plan(&p, r, layer, NULL, 0);
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"};
    for (size_t i = 0; i < 4; i++) {
        const bool hidden = i % 2, bias = i > 1;
        Tensor *t = &list[i];
        *t = (Tensor){.role = bias ? TENSOR_BIAS : hidden ? TENSOR_RECURRENT : TENSOR_INPUT};
        t->columns = bias ? 1 : hidden ? p.units : p.inputs;
        t->n_blocks = hidden ? r->h_blocks : r->x_blocks;
        t->rows = t->n_blocks * p.units;
        t->weave = r->woven ? REAL_ALIGN : 0;
        t->row_stride = 1;
        t->zero = hidden && bias && !r->two_biases;
        t->n_parts = p.n_parts;
        for (size_t k = 0; k < p.n_parts; k++) {
            const RecurrentPart *q = &p.part[k];
            const size_t places[] = {q->wx, q->wh, q->bx, t->zero ? q->bx : q->bh};
            t->parts[k] = (TensorPart){.units = q->units, .offset = places[i], .column_stride = hidden ? q->ld_wh : q->ld_wx};
        }
        /* a zero tensor shares the place, and so the order, of the one before it */
        memcpy(t->order, hidden && !t->zero ? r->h_order : r->x_order, sizeof t->order);
        t->forget_block = i == 2 && r->forget != 255 ? r->forget : SIZE_MAX;
        snprintf(t->name, sizeof t->name, "%zu.%s", layer->number, names[i]);
    }
    return 4;
}

size_t recurrent_cache(const Recurrent *r, const Layer *layer, size_t rows) {
    RecurrentPlan p;
    recurrent_plan(&p, r, layer, NULL, rows);
    return p.n_cache;
}

size_t recurrent_scratch(const Recurrent *r, const Layer *layer, size_t rows) {
    RecurrentPlan p;
    recurrent_plan(&p, r, layer, NULL, rows);
    return p.n_scratch;
}

void recurrent_own(const Recurrent *r, const Layer *layer, const Team *team, size_t *first, size_t *last) {
    RecurrentPlan p;
    recurrent_plan(&p, r, layer, team, 0);
    *first = p.own < p.own_end ? p.own->wx : 0;
    *last = p.own < p.own_end ? p.own_end[-1].end : 0;
}

void recurrent_prepare(const Recurrent *r, const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights,
                       real *prepared) {
    RecurrentPlan p;
    recurrent_plan(&p, r, layer, team, 0);
    for (const RecurrentPart *q = p.own; q < p.own_end; q++) {
        kernels->transpose(p.inputs, q->x_width, weights + q->wx, q->ld_wx, prepared + q->wxt, p.ld_x);
        if (rows == 1 && !r->whole) {
            continue; /* backward_step reads W_h itself */
        }
        kernels->transpose(p.units, q->h_width, weights + q->wh, q->ld_wh, prepared + q->wht, p.ld_h);
    }
}

real *recurrent_gates(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t step) {
    return pass->cache + q->gates + step * p->rows * q->ld_gates;
}

real *recurrent_h(const RecurrentPlan *p, const Pass *pass, size_t slot) {
    return pass->cache + slot * p->step_states;
}

real *recurrent_extra(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t which, size_t slot) {
    return pass->cache + q->extra[which] + slot * p->rows * q->ld_state;
}

void recurrent_start(const RecurrentPlan *p, const Pass *pass) {
    real *slot = recurrent_h(p, pass, 0);
    if (pass->h0) {
        memcpy(slot, pass->h0, p->step_states * sizeof *slot);
    } else {
        memset(slot, 0, p->step_states * sizeof *slot);
    }
}

const real *recurrent_output(const RecurrentPlan *p, const Layer *layer, const Pass *pass) {
    return recurrent_h(p, pass, layer->steps_out == 1 ? p->steps : 1);
}

const real *recurrent_dy(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t step) {
    if (layer->steps_out == 1) {
        return step == p->steps - 1 ? pass->dy : NULL;
    }
    return pass->dy + step * p->step_states;
}

/* What the sums of the columns of x start from: their bias, and that of the hidden columns which are the same. */
static const real *start_row(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass) {
    const real *bx = pass->weights + q->bx, *bh = pass->weights + q->bh;
    if (!p->two_biases) {
        return bx;
    }
    real *row = pass->cache + q->bias;
    for (size_t i = 0; i < q->x_width; i++) {
        const size_t column = q->x_column + i;
        row[i] = bx[i] + (column >= q->h_column && column < q->h_column + q->h_width ? bh[column - q->h_column] : 0);
    }
    return row;
}

void recurrent_inputs(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t first, size_t last) {
    real *gates = recurrent_gates(p, q, pass, first);
    const size_t n_rows = (last - first) * p->rows;
    pass->kernels->product(n_rows, q->x_width, p->inputs, pass->x + first * p->rows * p->ld_x, p->ld_x, 1, pass->weights + q->wx, q->ld_wx,
                           start_row(p, q, pass), 0, gates + q->x_column, q->ld_gates);
    /* hidden columns that x has no part in start from their bias alone: sums of no terms */
    const size_t apart = q->x_column + q->x_width, end = q->h_column + q->h_width;
    if (apart < end) {
        const real *bias = pass->weights + q->bh + apart - q->h_column;
        pass->kernels->product(n_rows, end - apart, 0, pass->x, 0, 0, bias, 0, bias, 0, gates + apart, q->ld_gates);
    }
}

/* dw (M,N) of one matrix from its inputs (rows,M) and the gradients of its outputs (rows,N). */
static void weight_gradient(const RecurrentPart *q, const Pass *pass, size_t n_rows, size_t m, const real *inputs, size_t ld_inputs,
                            size_t width, const real *gates, real *dw, size_t ld_dw, bool add) {
    pass->kernels->product(m, width, n_rows, inputs, 1, ld_inputs, gates, q->ld_gates, add ? dw : NULL, ld_dw, dw, ld_dw);
}

void recurrent_weight_gradients(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t first, size_t last,
                                size_t n_hidden, bool add) {
    static const real one = 1; /* db = sum of the rows of gates: a product with a row of ones */
    const real *gates = recurrent_gates(p, q, pass, first), *past = recurrent_h(p, pass, first), *x = pass->x + first * p->rows * p->ld_x;
    const real *gates_x = gates + q->x_column, *gates_h = gates + q->h_column;
    const size_t n_rows = (last - first) * p->rows;
    real *dw = pass->dweights;
    weight_gradient(q, pass, n_rows, p->inputs, x, p->ld_x, q->x_width, gates_x, dw + q->wx, q->ld_wx, add);
    weight_gradient(q, pass, n_rows, p->units + p->ones, past, p->ld_h, n_hidden, gates_h, dw + q->wh, q->ld_wh, add);
    if (!p->ones) { /* of the hidden columns, behind W_h; with one bias these are the columns of x */
        weight_gradient(q, pass, n_rows, 1, &one, 0, q->h_width, gates_h, dw + (p->two_biases ? q->bh : q->bx), 0, add);
    }
    if (p->two_biases) { /* the columns that x and h share have the same sums */
        const size_t apart = q->h_column - q->x_column;
        weight_gradient(q, pass, n_rows, 1, &one, 0, apart, gates_x, dw + q->bx, 0, add);
        memcpy(dw + q->bx + apart, dw + q->bh, (q->x_width - apart) * sizeof *dw);
    }
}

/* Columns that are left over behind whole vectors, where they are so few that dot products with W as it lies beat a vector of the
 * transposed copy for each row. */
enum { FEW_COLUMNS = 4 };

/* c (rows,n) = from + gates (rows,k) times the transpose of w (n,k), of which wt (k,n) is a copy. */
static void product_back(const Pass *pass, size_t rows, size_t n, size_t k, const real *gates, size_t ld_gates, const real *w, size_t ld_w,
                         const real *wt, const real *from, real *c, size_t ld) {
    const size_t rest = n % REAL_ALIGN, few = rest <= FEW_COLUMNS ? rest : 0, many = n - few;
    pass->kernels->product(rows, many, k, gates, ld_gates, 1, wt, ld, from, ld, c, ld);
    pass->kernels->product_dots(rows, few, k, gates, ld_gates, w + many * ld_w, ld_w, from ? from + many : NULL, ld, c + many, ld);
}

void recurrent_dx(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last) {
    if (!pass->dx) {
        return;
    }
    size_t row, end;
    team_part(pass->team, (last - first) * p->rows, 1, &row, &end);
    real *dx = pass->dx + (first * p->rows + row) * p->ld_x;
    for (const RecurrentPart *q = p->part; q < p->part + p->n_parts; q++) {
        const real *gates = recurrent_gates(p, q, pass, first) + row * q->ld_gates + q->x_column;
        product_back(pass, end - row, p->inputs, q->x_width, gates, q->ld_gates, pass->weights + q->wx, q->ld_wx, pass->prepared + q->wxt,
                     q->index ? dx : NULL, dx, p->ld_x);
    }
}

const real *recurrent_walk(const Recurrent *r, RecurrentStep *step, const Layer *layer, const Pass *pass) {
    RecurrentPlan p;
    recurrent_plan(&p, r, layer, NULL, pass->rows);
    recurrent_start(&p, pass);
    recurrent_inputs(&p, p.part, pass, 0, p.steps);
    for (size_t t = 0; t < p.steps; t++) {
        step(&p, layer, pass, t);
    }
    return recurrent_output(&p, layer, pass);
}

static CellStep cell_step(const RecurrentCell *cell, const RecurrentPlan *p, const RecurrentPart *q, const Layer *layer, const Pass *pass,
                          size_t step) {
    CellStep s = {
        .rows = p->rows, .units = q->units, .ld = q->ld_state, .ld_h = p->ld_h, .ld_gates = q->ld_gates, .activation = layer->activation};
    s.gates = recurrent_gates(p, q, pass, step);
    s.h = recurrent_h(p, pass, step + 1) + q->first;
    s.h_prev = step || pass->h0 ? recurrent_h(p, pass, step) + q->first : NULL;
    if (cell->carries_cell) {
        s.c = recurrent_extra(p, q, pass, 0, step + 1);
        s.c_act = recurrent_extra(p, q, pass, 1, step + 1);
        s.c_prev = step || pass->c0 ? recurrent_extra(p, q, pass, 0, step) : NULL;
    }
    return s;
}

/* Between a part's rows of U and rows of all H units. */
static void take_rows(const RecurrentPlan *p, const RecurrentPart *q, const real *all, real *part) {
    for (size_t b = 0; b < p->rows; b++) {
        memcpy(part + b * q->ld_state, all + b * p->ld_h + q->first, q->units * sizeof *part);
    }
}

static void put_rows(const RecurrentPlan *p, const RecurrentPart *q, const real *part, real *all) {
    for (size_t b = 0; b < p->rows; b++) {
        memcpy(all + b * p->ld_h + q->first, part + b * q->ld_state, q->units * sizeof *part);
    }
}

static void start(const RecurrentCell *cell, const RecurrentPlan *p, const Pass *pass) {
    if (team_leads(pass->team)) {
        recurrent_start(p, pass);
    }
    for (const RecurrentPart *q = p->own; q < p->own_end && cell->carries_cell && pass->c0; q++) {
        take_rows(p, q, pass->c0, recurrent_extra(p, q, pass, 0, 0));
    }
    team_meet(pass->team);
    if (p->ones && p->own_end == p->part + p->n_parts) { /* by whom the last units are written */
        real *h = recurrent_h(p, pass, 0) + p->units;
        for (size_t row = 0; row < p->steps * p->rows; row++) {
            h[row * p->ld_h] = 1;
        }
    }
}

/* The plan of a pass of this driver. */
static void plan_pass(RecurrentPlan *p, const RecurrentCell *cell, const Layer *layer, const Pass *pass) {
    recurrent_plan(p, &cell->recurrent, layer, pass->team, pass->rows);
    p->ones = p->ld_h > p->units;
}

/* Whether a step reads its weights from the last to the first: where they do not fit into the L1 cache, the end that was read last is still
 * there. */
static bool to_and_fro(size_t step) {
    return step % 2;
}

static const RecurrentPart *own_part(const RecurrentPlan *p, size_t i, size_t step) {
    return to_and_fro(step) ? p->own_end - 1 - i : p->own + i;
}

/* One step of a part: gates += h' W_h, then the cell. */
static void forward_step(const RecurrentCell *cell, const RecurrentPlan *p, const RecurrentPart *q, const Layer *layer, const Pass *pass,
                         size_t step) {
    const CellStep s = cell_step(cell, p, q, layer, pass, step);
    if (s.h_prev) {
        real *sums = s.gates + q->h_column;
        const real *h = recurrent_h(p, pass, step), *wh = pass->weights + q->wh;
        if (p->rows == 1) {
            pass->kernels->product_row(q->h_width, p->units, h, wh, q->ld_wh, sums, sums, to_and_fro(step));
        } else {
            pass->kernels->product(p->rows, q->h_width, p->units, h, p->ld_h, 1, wh, q->ld_wh, sums, q->ld_gates, sums, q->ld_gates);
        }
    }
    cell->forward(pass->kernels, &s);
}

const real *recurrent_forward(const RecurrentCell *cell, const Layer *layer, const Pass *pass) {
    RecurrentPlan p;
    plan_pass(&p, cell, layer, pass);
    start(cell, &p, pass);
    for (size_t t0 = 0; t0 < p.steps; t0 += p.block) {
        const size_t t1 = t0 + p.block < p.steps ? t0 + p.block : p.steps;
        for (const RecurrentPart *q = p.own; q < p.own_end; q++) {
            recurrent_inputs(&p, q, pass, t0, t1);
        }
        for (size_t t = t0; t < t1; t++) {
            for (size_t i = 0; i < (size_t)(p.own_end - p.own); i++) {
                forward_step(cell, &p, own_part(&p, i, t), layer, pass, t);
            }
            team_meet(pass->team);
        }
    }
    return recurrent_output(&p, layer, pass);
}

/* What a part gives the gradient of all of h' (B,H). Two steps that follow each other have places of their own: one member may still read
 * the one where another writes the next. */
static real *given(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t step) {
    return pass->scratch + p->given + (step % 2 * p->n_parts + q->index) * p->step_states;
}

/* The cell of one step, then what its gates give h'. Where the layer is one part, that is dh' itself. */
static void backward_step(const RecurrentCell *cell, const RecurrentPlan *p, const RecurrentPart *q, const Layer *layer, const Pass *pass,
                          size_t step) {
    CellStep s = cell_step(cell, p, q, layer, pass, step);
    const real *dy = recurrent_dy(p, layer, pass, step);
    s.dy = dy ? dy + q->first : NULL;
    s.dh = pass->scratch + q->dh;
    s.dc = pass->scratch + q->dc;
    cell->backward(pass->kernels, &s);
    if (step || pass->dh0) {
        real *sum = p->n_parts > 1 ? given(p, q, pass, step) : s.dh;
        const real *from = p->n_parts == 1 && cell->adds_hidden ? sum : NULL;
        const real *gates = s.gates + q->h_column, *wh = pass->weights + q->wh;
        if (p->rows == 1) { /* bound by reading the weights: one copy of them for both ways */
            pass->kernels->dots_row(p->units, q->h_width, gates, wh, q->ld_wh, from, sum, to_and_fro(step));
        } else {
            product_back(pass, p->rows, p->units, q->h_width, gates, q->ld_gates, wh, q->ld_wh, pass->prepared + q->wht, from, sum,
                         p->ld_h);
        }
    }
}

/* dh' of a part = (what the cell left there, or 0) + what all parts gave. */
static void gather_gradient(const RecurrentCell *cell, const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t step) {
    for (size_t b = 0; b < p->rows; b++) {
        const size_t at = b * p->ld_h + q->first;
        real *dh = pass->scratch + q->dh + b * q->ld_state;
        const RecurrentPart *from = p->part;
        const real *sum = cell->adds_hidden ? dh : given(p, from++, pass, step) + at;
        for (; from < p->part + p->n_parts; from++) {
            pass->kernels->add(q->units, sum, given(p, from, pass, step) + at, dh);
            sum = dh;
        }
    }
}

static void finish(const RecurrentCell *cell, const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass) {
    if (pass->dh0) {
        put_rows(p, q, pass->scratch + q->dh, pass->dh0);
    }
    if (pass->dc0 && cell->carries_cell) {
        put_rows(p, q, pass->scratch + q->dc, pass->dc0);
    }
}

void recurrent_backward(const RecurrentCell *cell, const Layer *layer, const Pass *pass) {
    RecurrentPlan p;
    plan_pass(&p, cell, layer, pass);
    for (const RecurrentPart *q = p.own; q < p.own_end; q++) {
        memset(pass->scratch + q->dh, 0, p.rows * q->ld_state * sizeof *pass->scratch);
        memset(pass->scratch + q->dc, 0, p.rows * q->ld_state * sizeof *pass->scratch);
    }
    for (size_t t1 = p.steps; t1 > 0;) {
        const size_t t0 = t1 > p.block ? t1 - p.block : 0;
        for (size_t t = t1; t-- > t0;) {
            for (size_t i = 0; i < (size_t)(p.own_end - p.own); i++) {
                backward_step(cell, &p, own_part(&p, i, t), layer, pass, t);
            }
            team_meet(pass->team);
            for (const RecurrentPart *q = p.own; q < p.own_end && p.n_parts > 1 && (t || pass->dh0); q++) {
                gather_gradient(cell, &p, q, pass, t);
            }
        }
        for (const RecurrentPart *q = p.own; q < p.own_end; q++) {
            recurrent_weight_gradients(&p, q, pass, t0, t1, q->h_width, pass->accumulate || t1 < p.steps);
        }
        recurrent_dx(&p, pass, t0, t1);
        t1 = t0;
    }
    for (const RecurrentPart *q = p.own; q < p.own_end; q++) {
        finish(cell, &p, q, pass);
    }
}
