/* kernels.h - the arithmetic that takes the time: products and the elementwise passes of the layers and optimizers.
 *
 * One source (src/base/kernels_isa.c, on the vectors of src/base/isa/vec.h) is compiled once for each instruction set; kernels_choose
 * picks one at start-up. Matrices are row-major with a leading dimension ("ld", in reals); strides come from kernels_stride.
 *
 * Every output element of a product is one chain of fused multiply-adds over k in order, vectorised across outputs and never
 * across the sum (product_dots: a fixed number of chains). So v3, v4 and neon give the same bits, whatever the vector width or the
 * tile. v1 has no fused multiply-add and rounds twice: its bits differ.
 */
#ifndef LSTMFC_KERNELS_H
#define LSTMFC_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lstmfc/error.h"
#include "lstmfc/real.h"

/* y = f(x); every derivative is a function of y alone. */
typedef enum Activation { ACTIVATION_LINEAR, ACTIVATION_TANH, ACTIVATION_SIGMOID, ACTIVATION_RELU, ACTIVATION_COUNT } Activation;

/* One Adam, RMSprop or SGD step, all in units of the flat vector (see optimizer.h for the equations). */
typedef struct StepFactors {
    real lr, decay, shrink; /* decay: L2 term added to g; shrink: decoupled decay, w *= 1 - shrink */
    real scale;             /* g *= scale first (clipping by norm) */
    real clip;              /* then |g| <= clip (0 = off) */
    real rest1;                   /* 1 - beta1 */
    real beta2, rest2;            /* and 1 - beta2; rmsprop's rho too */
    real epsilon, correction2;    /* adam: w -= lr * m / (sqrt(v) * correction2 + epsilon), lr corrected by the caller */
    real momentum;
    bool nesterov;
} StepFactors;

/* One LSTM or GRU step over B rows of `units` units; see layer_lstm.c and layer_gru.c for the equations. Rows of states lie `ld` apart,
 * rows of h `ld_h`, rows of gates `ld_gates`. Gates of a GRU: blocks of `units`; of an LSTM: the four gates of each REAL_ALIGN units side
 * by side. */
typedef struct CellStep {
    size_t rows, units, ld, ld_h, ld_gates;
    Activation activation;
    real *gates;        /* forward: sums in, activations out; backward: activations in, gradients of the sums out */
    const real *c_prev; /* lstm; NULL = 0 */
    real *c, *c_act;    /* lstm: cell state, f(cell state) */
    const real *h_prev; /* gru; NULL = 0; rows as h */
    real *h;            /* forward: output */
    const real *dy;     /* backward: gradient from above, NULL = none; rows as h */
    real *dh;           /* backward: carried gradient of h in; gru: the part that goes straight to h_prev out; rows as states */
    real *dc;           /* lstm backward: carried gradient of c, in and out */
} CellStep;

typedef struct Kernels {
    const char *name; /* "v1" "v3" "v4" "neon" "float64" */
    size_t lanes;     /* reals in a vector */

    /* c (M,N) = from (M,N) + a (M,K) b (K,N), where a(m,k) = a[m * a_row + k * a_column] and the rows of `from` lie ld_from apart: NULL
     * starts every sum at 0, c itself adds to c, a row with ld_from 0 is a bias. b may be read up to the next multiple of REAL_ALIGN
     * columns; c is written in its N columns only. */
    void (*product)(size_t m, size_t n, size_t k, const real *a, size_t a_row, size_t a_column, const real *b, size_t ldb, const real *from,
                    size_t ld_from, real *c, size_t ldc);

    /* C[i][j] = from[i][j] + sum over k < K of A[i][k] B[j][k], i < M, j < N: a product by a transposed matrix that is read as it lies; for
     * few columns. REAL_ALIGN chains a sum, of every REAL_ALIGNth term, which are then added in halves: lane l to l + 8, then l + 4, l + 2,
     * l + 1. from NULL = 0. */
    void (*product_dots)(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, const real *from,
                         size_t ld_from, real *c, size_t ldc);

    /* Both for one row, whose time goes into reading b: the same bits, but where `last_first` the columns of c are done from the last to
     * the first. Who asks for both ways in turn finds in the L1 cache what the product before read last. */
    void (*product_row)(size_t n, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first);
    void (*dots_row)(size_t n, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first);

    void (*activate)(Activation f, size_t n, real *x);                                 /* x = f(x), n reals */
    void (*activate_backward)(Activation f, size_t n, const real *y, real *dy);        /* dy *= f'(y) */
    void (*lstm_forward)(const CellStep *s);
    void (*lstm_backward)(const CellStep *s);
    void (*gru_forward)(const CellStep *s);
    void (*gru_backward)(const CellStep *s);

    /* y = x * mask / (1 - rate) over `rows` rows of n; the mask is a hash of (key, first + row * n + column) alone, so forward and backward
     * agree and threads do not matter. threshold = rate * 2^32. x may be y. */
    void (*dropout)(size_t rows, size_t n, size_t ld, const real *x, real *y, uint64_t key, uint64_t first, double rate);

    void (*adam)(const StepFactors *f, size_t n, const real *g, real *w, real *m, real *v);
    void (*rmsprop)(const StepFactors *f, size_t n, const real *g, real *w, real *v, real *m);
    void (*sgd)(const StepFactors *f, size_t n, const real *g, real *w, real *m);
    void (*add)(size_t n, const real *a, const real *b, real *c); /* c = a + b; c may be a */
    void (*transpose)(size_t rows, size_t columns, const real *from, size_t ld_from, real *to, size_t ld_to); /* to(c,r) = from(r,c) */
} Kernels;

/* The best set this machine has, or the one named ("v1" "v3" "v4" "neon"); name NULL or "" = best. NULL with ERROR_USAGE where the machine
 * lacks it or there is no such name. */
const Kernels *kernels_choose(const char *name, Error *error);

/* Leading dimension for rows of n reals: padded to REAL_ALIGN, and never a multiple of a page's fraction that would make the rows of a
 * tile fall on the same cache sets. */
size_t kernels_stride(size_t n);

#endif
