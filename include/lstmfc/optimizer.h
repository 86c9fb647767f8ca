/* optimizer.h - steps on one flat vector; registry.
 *
 *   adam     m = b1 m + (1-b1) g,  v = b2 v + (1-b2) g^2,  w -= lr/(1-b1^t) * m / (sqrt(v / (1-b2^t)) + eps)    Kingma and Ba 2015; as
 *   PyTorch rmsprop  v = rho v + (1-rho) g^2,  w -= lr g / sqrt(v + eps); with momentum u = m u + that step, w -= u       Tieleman and
 *   Hinton 2012; as Keras sgd      u = m u + g,  w -= lr u; Nesterov: w -= lr (g + m u)                                                 as
 *   PyTorch
 *
 * Weight decay: "l2" adds decay * w to g; "decoupled" multiplies w by 1 - lr * decay (Loshchilov and Hutter 2019). Clipping comes before
 * decay: by global norm g *= min(1, c / |g|), then by element.
 */
#ifndef LSTMFC_OPTIMIZER_H
#define LSTMFC_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"
#include "lstmfc/kernels.h"

typedef struct OptimizerKind {
    const char *name, *summary;
    size_t n_slots;      /* vectors of state; a second of rmsprop and the first of sgd are used only with momentum */
    double default_lr;   /* where --lr is not given */
    void (*step)(const Kernels *kernels, const StepFactors *factors, size_t n, const real *g, real *w, real *slot0, real *slot1);
} OptimizerKind;

extern const OptimizerKind *const optimizer_kinds[]; /* ended by NULL */
const OptimizerKind *optimizer_find(const char *name);

typedef struct OptimizerOptions {
    const OptimizerKind *kind;
    double lr;           /* 0 = the kind's default */
    double momentum, weight_decay, clip_norm, clip_value; /* 0 = off */
    bool nesterov, decoupled;
} OptimizerOptions;

typedef struct Optimizer {
    OptimizerOptions options;
    size_t n;             /* reals in the flat vector */
    real *slots;          /* n_slots * n, zero at start; owned */
    double beta1_power, beta2_power; /* b^t, kept as running products */
    StepFactors factors;  /* of the current step */
} Optimizer;

bool optimizer_init(Optimizer *optimizer, const OptimizerOptions *options, size_t n, Error *error);
void optimizer_free(Optimizer *optimizer);

/* Forgets all state (slots zero, t = 0). */
void optimizer_reset(Optimizer *optimizer);

/* Begins step t + 1. norm: |g| of the whole gradient, used only with clip_norm (optimizer_wants_norm). */
void optimizer_begin(Optimizer *optimizer, double norm);
bool optimizer_wants_norm(const Optimizer *optimizer);

/* Applies the step to elements [first, last); disjoint ranges may run at once. Results do not depend on how the vector is cut. */
void optimizer_apply(const Optimizer *optimizer, const Kernels *kernels, size_t first, size_t last, const real *gradient, real *weights);

/* The same with twice the learning rate; decoupled decay stays as it is. */
void optimizer_apply_twice(const Optimizer *optimizer, const Kernels *kernels, size_t first, size_t last, const real *gradient,
                           real *weights);

#endif
