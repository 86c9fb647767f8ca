/* step.h - passes over the flat vectors of weights and gradients: one step of each optimizer, and the sum of gradients. */
#ifndef LSTMFC_ISA_STEP_H
#define LSTMFC_ISA_STEP_H

#include "lstmfc/kernels.h"
#include "pass.h"

/* What every optimizer does to g first. */
VEC_INLINE vec step_gradient(const StepFactors *f, vec g, vec w) {
    g = g * f->scale;
    if (f->clip > 0) {
        g = vec_clamp(g, -f->clip, f->clip);
    }
    return vec_fma(vec_all(f->decay), w, g);
}

static void adam(const StepFactors *f, size_t n, const real *g, real *w, real *m, real *v) {
    const StepFactors k = *f;
    EACH_VECTOR(n, {
        const vec w0 = LOAD(w + i), g0 = step_gradient(&k, LOAD(g + i), w0);
        const vec m1 = vec_fma(vec_all(k.rest1), g0 - LOAD(m + i), LOAD(m + i));
        const vec v1 = vec_fma(vec_all(k.rest2) * g0, g0, k.beta2 * LOAD(v + i));
        const vec root = vec_fma(vec_sqrt(v1), vec_all(k.correction2), vec_all(k.epsilon));
        STORE(m + i, m1);
        STORE(v + i, v1);
        STORE(w + i, vec_fma(-w0, vec_all(k.shrink), w0) - k.lr * m1 / root);
    });
}

static void rmsprop(const StepFactors *f, size_t n, const real *g, real *w, real *v, real *m) {
    const StepFactors k = *f;
    EACH_VECTOR(n, {
        const vec w0 = LOAD(w + i), g0 = step_gradient(&k, LOAD(g + i), w0);
        const vec v1 = vec_fma(vec_all(k.rest2) * g0, g0, k.beta2 * LOAD(v + i));
        vec step = k.lr * g0 / vec_sqrt(v1 + k.epsilon);
        STORE(v + i, v1);
        if (k.momentum > 0) {
            step = vec_fma(vec_all(k.momentum), LOAD(m + i), step);
            STORE(m + i, step);
        }
        STORE(w + i, vec_fma(-w0, vec_all(k.shrink), w0) - step);
    });
}

static void sgd(const StepFactors *f, size_t n, const real *g, real *w, real *m) {
    const StepFactors k = *f;
    EACH_VECTOR(n, {
        const vec w0 = LOAD(w + i), g0 = step_gradient(&k, LOAD(g + i), w0);
        vec step = g0;
        if (k.momentum > 0) {
            step = vec_fma(vec_all(k.momentum), LOAD(m + i), g0);
            STORE(m + i, step);
            if (k.nesterov) {
                step = vec_fma(vec_all(k.momentum), step, g0);
            }
        }
        STORE(w + i, vec_fma(-step, vec_all(k.lr), vec_fma(-w0, vec_all(k.shrink), w0)));
    });
}

static void add(size_t n, const real *a, const real *b, real *c) {
    EACH_VECTOR(n, { STORE(c + i, LOAD(a + i) + LOAD(b + i)); });
}

#endif
