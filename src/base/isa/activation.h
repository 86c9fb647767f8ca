/* activation.h - tanh, sigmoid and relu of vectors and of rows, and their slopes. */
#ifndef LSTMFC_ISA_ACTIVATION_H
#define LSTMFC_ISA_ACTIVATION_H

#include "lstmfc/kernels.h"
#include "pass.h"

/* tanh x = x P(x^2) / Q(x^2) on [-8, 8], minimax of our own fitting; beyond, the value at 8. Absolute and relative error below 3.3e-7. */
VEC_INLINE vec vec_tanh(vec x) {
#ifdef LSTMFC_DOUBLE
    for (int i = 0; i < VEC_LANES; i++) {
        x[i] = tanh(x[i]);
    }
    return x;
#else
    x = vec_clamp(x, -8, 8);
    const vec z = x * x;
    vec p = vec_fma(vec_all(1.52306097e-08F), z, vec_all(2.18947989e-05F));
    vec q = vec_fma(vec_all(8.52252469e-07F), z, vec_all(0.000341130566F));
    p = vec_fma(p, z, vec_all(0.00357160647F));
    q = vec_fma(q, z, vec_all(0.026164474F));
    p = vec_fma(p, z, vec_all(0.134445056F));
    q = vec_fma(q, z, vec_all(0.467778325F));
    p = vec_fma(p, z, vec_all(1));
    q = vec_fma(q, z, vec_all(1));
    return x * p / q;
#endif
}

/* 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2 */
VEC_INLINE vec vec_sigmoid(vec x) {
    const vec by2 = vec_all((real)0.5);
    return vec_fma(by2, vec_tanh(by2 * x), by2);
}

VEC_INLINE vec vec_activate(const Activation f, vec x) {
    switch (f) {
    case ACTIVATION_TANH: return vec_tanh(x);
    case ACTIVATION_SIGMOID: return vec_sigmoid(x);
    case ACTIVATION_RELU: return vec_select(x < vec_all(0), vec_all(0), x);
    case ACTIVATION_LINEAR:
    case ACTIVATION_COUNT: break;
    }
    return x;
}

/* f'(x) from y = f(x). */
VEC_INLINE vec vec_slope(const Activation f, vec y) {
    switch (f) {
    case ACTIVATION_TANH: return vec_fma(-y, y, vec_all(1));
    case ACTIVATION_SIGMOID: return vec_fma(-y, y, y);
    case ACTIVATION_RELU: return vec_select(y > vec_all(0), vec_all(1), vec_all(0));
    case ACTIVATION_LINEAR:
    case ACTIVATION_COUNT: break;
    }
    return vec_all(1);
}

/* Calls FUNCTION with the activation as a constant, so that each gets its own loop. */
#define WITH_ACTIVATION(f, FUNCTION, ...)                                                \
    switch (f) {                                                                         \
    case ACTIVATION_TANH: FUNCTION(ACTIVATION_TANH, __VA_ARGS__); break;                 \
    case ACTIVATION_SIGMOID: FUNCTION(ACTIVATION_SIGMOID, __VA_ARGS__); break;           \
    case ACTIVATION_RELU: FUNCTION(ACTIVATION_RELU, __VA_ARGS__); break;                 \
    case ACTIVATION_LINEAR:                                                              \
    case ACTIVATION_COUNT: FUNCTION(ACTIVATION_LINEAR, __VA_ARGS__); break;              \
    }

VEC_INLINE void activate_as(const Activation f, size_t n, real *x) {
    EACH_VECTOR(n, { STORE(x + i, vec_activate(f, LOAD(x + i))); });
}

static void activate(Activation f, size_t n, real *x) {
    WITH_ACTIVATION(f, activate_as, n, x)
}

VEC_INLINE void activate_backward_as(const Activation f, size_t n, const real *y, real *dy) {
    EACH_VECTOR(n, { STORE(dy + i, LOAD(dy + i) * vec_slope(f, LOAD(y + i))); });
}

static void activate_backward(Activation f, size_t n, const real *y, real *dy) {
    WITH_ACTIVATION(f, activate_backward_as, n, y, dy)
}

#endif
