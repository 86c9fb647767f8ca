/* recurrent.h - what the recurrent kinds share: where weights and states lie, and the parts of BPTT that do not depend on the cell.
 *
 * A layer keeps its units in parts (layer_parts). Each part has weights, gates and states of its own, as a small layer whose input is x and
 * the h of all parts. What crosses from part to part is h forward, and backward what each part's gates give the gradient of all of h: given
 * (1,H) by each, then summed in the order of the parts. A team shares the parts, its members meeting once a step; since every sum is taken
 * in the order that one alone takes, a team changes no bit.
 *
 * Gates of a row (b, t) of a part of U units are one row of `columns` gate blocks of U. The input product fills blocks [x_first, x_first +
 * x_blocks), hoisted over several steps at once; the hidden product adds to blocks [h_first, h_first + h_blocks) step by step. Where a kind
 * is woven, the blocks stand side by side for every REAL_ALIGN units (see Tensor), so that a vector of gates is aligned.
 *
 * Weights of a part: W_x (I, x_blocks*U), W_h (H, h_blocks*U), with two biases b_h (h_blocks*U), and b_x (x_blocks*U), each row padded. The
 * bias that follows W_h is that of the hidden columns.
 * Prepared, of a part: the transposes of W_x and W_h.
 * Cache: h (T+1,B,H) with slot 0 the initial state; then of each part its gates (T,B,columns*U), `n_extra` blocks (T+1,B,U) of the cell's
 * own and, with two biases, the row the sums start with.
 * Scratch: of each part its dh and dc (B,U); where there are several, what each gives (B,H), twice.
 * Truncation: none; the whole window is unrolled, walked in blocks of steps whose gates fit in the first caches.
 */
#ifndef LSTMFC_RECURRENT_H
#define LSTMFC_RECURRENT_H

#include "lstmfc/layer.h"

typedef struct Recurrent {
    unsigned char columns, x_first, x_blocks, h_first, h_blocks, n_extra;
    bool two_biases;
    bool woven; /* x and h reach all blocks */
    bool whole; /* one part always */
    unsigned char x_order[4], h_order[4]; /* block of our range for each gate of the file */
    unsigned char forget;                 /* gate of the file that Keras's initialisation biases to 1; 255 = none */
} Recurrent;

/* Sizes and places of one part. */
typedef struct RecurrentPart {
    size_t index, first, units;           /* U units from `first` on */
    size_t ld_state, ld_gates, ld_wx, ld_wh;
    size_t x_column, x_width, h_column, h_width; /* reals inside a row of gates */
    size_t wx, wh, bx, bh, end;           /* in the layer's weights: its range is [wx, end) */
    size_t wxt, wht;                      /* in what is prepared; rows ld_x and ld_h apart */
    size_t gates, extra[2], bias;         /* in the cache */
    size_t dh, dc;                        /* in the scratch */
} RecurrentPart;

/* Everything above for one layer and pass. */
typedef struct RecurrentPlan {
    size_t steps, rows, inputs, units; /* T, B, I, H */
    size_t ld_x, ld_h;
    size_t step_states;                /* reals of h from one step to the next */
    size_t block;                      /* steps done at once */
    size_t given;                      /* in the scratch: what the parts give */
    size_t n_weights, n_prepared, n_cache, n_scratch;
    bool two_biases;
    /* rows of h have room behind their units, where past h hold a 1: dW_h has a row more, which is the bias's */
    bool ones;
    size_t n_parts;
    const RecurrentPart *own, *own_end; /* this member's: all of them without a team */
    RecurrentPart part[LAYER_PARTS];
} RecurrentPlan;

/* Points into itself: not to be copied. */
void recurrent_plan(RecurrentPlan *p, const Recurrent *r, const Layer *layer, const Team *team, size_t rows);
void recurrent_shape(const Recurrent *r, Layer *layer);
size_t recurrent_tensors(const Recurrent *r, const Layer *layer, Tensor *list);
size_t recurrent_cache(const Recurrent *r, const Layer *layer, size_t rows);
size_t recurrent_scratch(const Recurrent *r, const Layer *layer, size_t rows);
void recurrent_own(const Recurrent *r, const Layer *layer, const Team *team, size_t *first, size_t *last);
void recurrent_prepare(const Recurrent *r, const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights,
                       real *prepared);

/* A part's gates[first .. last) = biases + x W_x. */
void recurrent_inputs(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t first, size_t last);

/* From the gradients standing in a part's gates[first .. last): dW_x, dW_h (over n_hidden columns of the hidden range) and the biases.
 * `add`: to what dweights holds, else from zero. */
void recurrent_weight_gradients(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t first, size_t last,
                                size_t n_hidden, bool add);

/* dx of steps [first, last) from the gradients in the gates of all parts, where it is wanted; a team shares the rows. */
void recurrent_dx(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last);

/* Places. Slot 0 of h and the extras is the initial state, slot t + 1 what step t leaves. */
real *recurrent_gates(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t step);
real *recurrent_h(const RecurrentPlan *p, const Pass *pass, size_t slot);
real *recurrent_extra(const RecurrentPlan *p, const RecurrentPart *q, const Pass *pass, size_t which, size_t slot);

/* Slot 0 of h = pass->h0 or zeros. */
void recurrent_start(const RecurrentPlan *p, const Pass *pass);

/* The layer's output in h: all steps or the last. */
const real *recurrent_output(const RecurrentPlan *p, const Layer *layer, const Pass *pass);

/* Gradient arriving from above at `step`: NULL where none does. */
const real *recurrent_dy(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t step);

/* Forward of a kind of one part that takes its steps itself: `step` finds the sums of x in the gates and leaves h in the slot behind. No
 * team. */
typedef void RecurrentStep(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t step);
const real *recurrent_walk(const Recurrent *r, RecurrentStep *step, const Layer *layer, const Pass *pass);

/* One cell kind on the common driver. The cell functions do the elementwise part of a step. */
typedef struct RecurrentCell {
    Recurrent recurrent;
    bool carries_cell; /* lstm: extras are c and f(c), and dc is carried */
    bool adds_hidden;  /* gru: dh holds the direct part after the cell, the product is added to it */
    void (*forward)(const Kernels *kernels, const CellStep *step);
    void (*backward)(const Kernels *kernels, const CellStep *step);
} RecurrentCell;

const real *recurrent_forward(const RecurrentCell *cell, const Layer *layer, const Pass *pass);
void recurrent_backward(const RecurrentCell *cell, const Layer *layer, const Pass *pass);

#endif
