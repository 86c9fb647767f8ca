/* cell.h - one step of LSTM and GRU cells, forward and backward, on rows whose gates have their sums already. */
#ifndef LSTMFC_ISA_CELL_H
#define LSTMFC_ISA_CELL_H

#include "activation.h"

/* Runs a block over the units of an LSTM row: i at the first unit of a vector, `gate` at its input gate and the others `size` apart. */
#define EACH_WOVEN(n, gates, ...)                                                            \
    for (size_t group = 0; group < (n); group += REAL_ALIGN) {                               \
        const size_t size = (n) - group < REAL_ALIGN ? (n) - group : REAL_ALIGN;             \
        for (size_t at = 0; at < size; at += VEC_LANES) {                                    \
            const size_t i = group + at;                                                     \
            real *gate = (gates) + 4 * group + at;                                           \
            if (size - at >= VEC_LANES) {                                                    \
                const size_t part = VEC_LANES;                                               \
                __VA_ARGS__                                                                  \
            } else {                                                                         \
                const size_t part = size - at;                                               \
                __VA_ARGS__                                                                  \
            }                                                                                \
        }                                                                                    \
    }

/* f of the lanes that are not sigmoids; tanh gives both. */
VEC_INLINE vec activate_mixed(const Activation f, vec_int sigmoids, vec x) {
    if (f != ACTIVATION_TANH) {
        return vec_select(sigmoids, vec_sigmoid(x), vec_activate(f, x));
    }
    const vec by2 = vec_all((real)0.5), y = vec_tanh(vec_select(sigmoids, by2 * x, x));
    return vec_select(sigmoids, vec_fma(by2, y, by2), y);
}

/* Units left over behind whole vectors, where they are so few that a vector holds all their gates. */
VEC_INLINE size_t lstm_few(size_t units) {
    const size_t rest = units % REAL_ALIGN;
    return 4 * rest <= VEC_LANES ? rest : 0;
}

/* One row of them; c_prev NULL = 0. */
VEC_INLINE void lstm_forward_few(const Activation f, size_t units, real *gates, const real *c_prev, real *c, real *c_act, real *h) {
    const vec_int sigmoids = vec_numbers() < (vec_int){0} + (int)(3 * units);
    const vec y = activate_mixed(f, sigmoids, vec_load_part(gates, 4 * units));
    vec sum = y * vec_down(y, 3 * units);
    if (c_prev) {
        sum = vec_fma(vec_down(y, units), vec_load_part(c_prev, units), sum);
    }
    const vec act = vec_activate(f, sum);
    vec_store_part(gates, y, 4 * units);
    vec_store_part(c, sum, units);
    vec_store_part(c_act, act, units);
    vec_store_part(h, vec_down(y, 2 * units) * act, units);
}

/* Gates of a row: i f o g, woven. */
VEC_INLINE void lstm_forward_as(const Activation f, const CellStep *s) {
    const size_t few = lstm_few(s->units), many = s->units - few;
    for (size_t b = 0; few && b < s->rows; b++) {
        const size_t at = b * s->ld + many;
        lstm_forward_few(f, few, s->gates + b * s->ld_gates + 4 * many, s->c_prev ? s->c_prev + at : NULL, s->c + at, s->c_act + at,
                         s->h + b * s->ld_h + many);
    }
    for (size_t b = 0; b < s->rows; b++) {
        const real *c_prev = s->c_prev ? s->c_prev + b * s->ld : NULL;
        real *c_row = s->c + b * s->ld;
        EACH_WOVEN(many, s->gates + b * s->ld_gates, {
            const vec in = vec_sigmoid(LOAD(gate)), forget = vec_sigmoid(LOAD(gate + size)), g = vec_activate(f, LOAD(gate + 3 * size));
            STORE(gate, in);
            STORE(gate + size, forget);
            STORE(gate + 2 * size, vec_sigmoid(LOAD(gate + 2 * size)));
            STORE(gate + 3 * size, g);
            vec c = in * g;
            if (c_prev) {
                c = vec_fma(forget, LOAD(c_prev + i), c);
            }
            STORE(c_row + i, c);
        })
    }
    for (size_t b = 0; b < s->rows; b++) {
        const real *c_row = s->c + b * s->ld;
        real *act_row = s->c_act + b * s->ld, *h_row = s->h + b * s->ld_h;
        EACH_WOVEN(many, s->gates + b * s->ld_gates, {
            const vec act = vec_activate(f, LOAD(c_row + i));
            STORE(act_row + i, act);
            STORE(h_row + i, LOAD(gate + 2 * size) * act);
        })
    }
}

static void lstm_forward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, lstm_forward_as, s)
}

VEC_INLINE void lstm_backward_as(const Activation f, const CellStep *s) {
    for (size_t b = 0; b < s->rows; b++) {
        const real *c_prev = s->c_prev ? s->c_prev + b * s->ld : NULL;
        const real *dy_row = s->dy ? s->dy + b * s->ld_h : NULL;
        const real *act_row = s->c_act + b * s->ld, *dh_row = s->dh + b * s->ld;
        real *dc_row = s->dc + b * s->ld;
        EACH_WOVEN(s->units, s->gates + b * s->ld_gates, {
            const vec in = LOAD(gate), forget = LOAD(gate + size), out = LOAD(gate + 2 * size), g = LOAD(gate + 3 * size);
            const vec act = LOAD(act_row + i);
            vec dh = LOAD(dh_row + i);
            if (dy_row) {
                dh += LOAD(dy_row + i);
            }
            const vec dc = vec_fma(dh * out, vec_slope(f, act), LOAD(dc_row + i));
            const vec past = c_prev ? LOAD(c_prev + i) : vec_all(0);
            STORE(dc_row + i, dc * forget);
            STORE(gate, dc * g * vec_slope(ACTIVATION_SIGMOID, in));
            STORE(gate + size, dc * past * vec_slope(ACTIVATION_SIGMOID, forget));
            STORE(gate + 2 * size, dh * act * vec_slope(ACTIVATION_SIGMOID, out));
            STORE(gate + 3 * size, dc * in * vec_slope(f, g));
        })
    }
}

static void lstm_backward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, lstm_backward_as, s)
}

/* Gates of a row: n r z, and the hidden part of n before its reset. */
VEC_INLINE void gru_forward_as(const Activation f, const CellStep *s) {
    const size_t n = s->units;
    for (size_t b = 0; b < s->rows; b++) {
        activate_as(ACTIVATION_SIGMOID, 2 * n, s->gates + b * s->ld_gates + n);
    }
    for (size_t b = 0; b < s->rows; b++) {
        real *gates = s->gates + b * s->ld_gates, *h_row = s->h + b * s->ld_h;
        const real *h_prev = s->h_prev ? s->h_prev + b * s->ld_h : NULL;
        EACH_VECTOR(n, {
            const vec reset = LOAD(gates + n + i), z = LOAD(gates + 2 * n + i), hidden = LOAD(gates + 3 * n + i);
            const vec fresh = vec_activate(f, vec_fma(reset, hidden, LOAD(gates + i)));
            const vec past = h_prev ? LOAD(h_prev + i) : vec_all(0);
            STORE(gates + i, fresh);
            STORE(h_row + i, vec_fma(z, past - fresh, fresh));
        });
    }
}

static void gru_forward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, gru_forward_as, s)
}

VEC_INLINE void gru_backward_units(const Activation f, const CellStep *s, size_t first, size_t end) {
    const size_t n = s->units;
    for (size_t b = 0; b < s->rows; b++) {
        real *gates = s->gates + b * s->ld_gates, *dh_row = s->dh + b * s->ld;
        const real *h_prev = s->h_prev ? s->h_prev + b * s->ld_h : NULL;
        const real *dy_row = s->dy ? s->dy + b * s->ld_h : NULL;
        EACH_FROM(first, end, {
            const vec fresh = LOAD(gates + i), reset = LOAD(gates + n + i), z = LOAD(gates + 2 * n + i), hidden = LOAD(gates + 3 * n + i);
            const vec past = h_prev ? LOAD(h_prev + i) : vec_all(0);
            vec dh = LOAD(dh_row + i);
            if (dy_row) {
                dh += LOAD(dy_row + i);
            }
            const vec dfresh = dh * (vec_all(1) - z) * vec_slope(f, fresh);
            STORE(dh_row + i, dh * z);
            STORE(gates + i, dfresh);
            STORE(gates + n + i, dfresh * hidden * vec_slope(ACTIVATION_SIGMOID, reset));
            STORE(gates + 2 * n + i, dh * (past - fresh) * vec_slope(ACTIVATION_SIGMOID, z));
            STORE(gates + 3 * n + i, dfresh * reset);
        });
    }
}

/* What is left behind whole vectors comes for all rows by itself: read right behind its row's stores, which reach into the same vectors, it
 * would wait. */
VEC_INLINE void gru_backward_as(const Activation f, const CellStep *s) {
    const size_t whole = s->units - s->units % VEC_LANES;
    gru_backward_units(f, s, 0, whole);
    if (whole < s->units) {
        gru_backward_units(f, s, whole, s->units);
    }
}

static void gru_backward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, gru_backward_as, s)
}

#endif
