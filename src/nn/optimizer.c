#include "lstmfc/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

static const double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_epsilon = 1e-8, rmsprop_rho = 0.9, rmsprop_epsilon = 1e-7;

static void adam_step(const Kernels *k, const StepFactors *f, size_t n, const real *g, real *w, real *m, real *v) {
    k->adam(f, n, g, w, m, v);
}

static void rmsprop_step(const Kernels *k, const StepFactors *f, size_t n, const real *g, real *w, real *v, real *m) {
    k->rmsprop(f, n, g, w, v, m);
}

static void sgd_step(const Kernels *k, const StepFactors *f, size_t n, const real *g, real *w, real *m, real *unused) {
    (void)unused;
    k->sgd(f, n, g, w, m);
}

static const OptimizerKind optimizer_adam = {
    .name = "adam", .summary = "Adam, as PyTorch", .n_slots = 2, .default_lr = 1e-3, .step = adam_step};
static const OptimizerKind optimizer_rmsprop = {
    .name = "rmsprop", .summary = "RMSprop, as Keras", .n_slots = 2, .default_lr = 1e-3, .step = rmsprop_step};
static const OptimizerKind optimizer_sgd = {
    .name = "sgd", .summary = "stochastic gradient descent, as PyTorch", .n_slots = 1, .default_lr = 1e-2, .step = sgd_step};

const OptimizerKind *const optimizer_kinds[] = {&optimizer_adam, &optimizer_rmsprop, &optimizer_sgd, NULL};

const OptimizerKind *optimizer_find(const char *name) {
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        if (strcmp(optimizer_kinds[i]->name, name) == 0) {
            return optimizer_kinds[i];
        }
    }
    return NULL;
}

bool optimizer_init(Optimizer *o, const OptimizerOptions *options, size_t n, Error *error) {
    *o = (Optimizer){.options = *options, .n = n, .slots = memory_zeroed(n, options->kind->n_slots * sizeof *o->slots)};
    if (!o->slots) {
        return error_memory(error, "the optimizer's state");
    }
    optimizer_reset(o);
    return true;
}

void optimizer_free(Optimizer *o) {
    free(o->slots);
    *o = (Optimizer){0};
}

void optimizer_reset(Optimizer *o) {
    memset(o->slots, 0, o->n * o->options.kind->n_slots * sizeof *o->slots);
    o->beta1_power = 1;
    o->beta2_power = 1;
}

bool optimizer_wants_norm(const Optimizer *o) {
    return o->options.clip_norm > 0;
}

void optimizer_begin(Optimizer *o, double norm) {
    const OptimizerOptions *p = &o->options;
    const bool adam = p->kind == &optimizer_adam;
    const double lr = p->lr > 0 ? p->lr : p->kind->default_lr;
    o->beta1_power *= adam_beta1;
    o->beta2_power *= adam_beta2;
    o->factors = (StepFactors){
        .lr = (real)(adam ? lr / (1 - o->beta1_power) : lr),
        .decay = (real)(p->decoupled ? 0 : p->weight_decay),
        .shrink = (real)(p->decoupled ? lr * p->weight_decay : 0),
        .scale = (real)(p->clip_norm > 0 && norm > p->clip_norm ? p->clip_norm / norm : 1),
        .clip = (real)p->clip_value,
        .rest1 = (real)(1 - adam_beta1),
        .beta2 = (real)(adam ? adam_beta2 : rmsprop_rho),
        .rest2 = (real)(1 - (adam ? adam_beta2 : rmsprop_rho)),
        .epsilon = (real)(adam ? adam_epsilon : rmsprop_epsilon),
        .correction2 = (real)(1 / sqrt(1 - o->beta2_power)),
        .momentum = (real)p->momentum,
        .nesterov = p->nesterov,
    };
}

static void apply(const Optimizer *o, const StepFactors *factors, const Kernels *kernels, size_t first, size_t last, const real *gradient,
                  real *weights) {
    real *slot0 = o->slots + first, *slot1 = o->options.kind->n_slots > 1 ? o->slots + o->n + first : NULL;
    o->options.kind->step(kernels, factors, last - first, gradient + first, weights + first, slot0, slot1);
}

void optimizer_apply(const Optimizer *o, const Kernels *kernels, size_t first, size_t last, const real *gradient, real *weights) {
    apply(o, &o->factors, kernels, first, last, gradient, weights);
}

void optimizer_apply_twice(const Optimizer *o, const Kernels *kernels, size_t first, size_t last, const real *gradient, real *weights) {
    StepFactors factors = o->factors;
    factors.lr *= 2;
    apply(o, &factors, kernels, first, last, gradient, weights);
}
