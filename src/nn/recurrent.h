/* recurrent.h - what the recurrent kinds share: where weights and states lie, and the parts of BPTT that do not depend on the cell.
 *
 * Gates of a row (b, t) are one row of `columns` gate blocks of H. The input product fills blocks [x_first, x_first + x_blocks), hoisted over
 * several steps at once; the hidden product adds to blocks [h_first, h_first + h_blocks) step by step. Where a kind is woven, the blocks stand side by
 * side for every REAL_ALIGN units (see Tensor), so that a member's columns are one aligned run; else they are a run of every block.
 *
 * Weights: W_x (I, x_blocks*H), W_h (H, h_blocks*H), b_x (x_blocks*H) and, with two biases, b_h (h_blocks*H), each row padded.
 * Prepared: the transposes of W_x and W_h.
 * Cache: gates (T,B,columns*H), h (T+1,B,H) with slot 0 the initial state, then `n_extra` blocks (T+1,B,H) of the cell's own and, with two
 * biases, the row they start the sums with.
 * A team shares the units: each member keeps its columns of every gate, of the states and of the weights, and they meet once a step. What crosses are h
 * forward and, backward, the contribution of each part's gates to the gradient of h, summed in the order of the parts (Pass.in_parts). Each sum is
 * taken by one member in the order it would have alone, so a team changes no bit.
 * Truncation: none; the whole window is unrolled, walked in blocks of steps whose gates fit in the first caches.
 */
#ifndef LSTMFC_RECURRENT_H
#define LSTMFC_RECURRENT_H

#include "lstmfc/layer.h"

typedef struct Recurrent {
    unsigned char columns, x_first, x_blocks, h_first, h_blocks, n_extra;
    bool two_biases;
    bool woven; /* x and h reach all blocks */
    unsigned char x_order[4], h_order[4]; /* block of our range for each gate of the file */
    unsigned char forget;                 /* gate of the file that Keras's initialisation biases to 1; 255 = none */
} Recurrent;

/* Everything above with sizes and pointers for one layer and pass. */
typedef struct RecurrentPlan {
    size_t steps, rows, inputs, units;   /* T, B, I, H */
    size_t ld_x, ld_h, ld_gates;         /* of x, of h and the extras, of gates */
    size_t ld_wx, ld_wh;                 /* of W_x and W_h */
    size_t wx, wh, bx, bh, n_weights;    /* offsets in the layer's range */
    size_t n_prepared, wxt, wht;         /* offsets in the prepared range; rows ld_x and ld_h apart */
    size_t x_column, x_width, h_column, h_width; /* reals inside a row of gates */
    size_t h, extra[2], bias, n_cache;   /* offsets in the cache; gates at 0 */
    size_t step_gates, step_states;      /* reals from one step to the next */
    size_t block;                        /* steps done at once */
    size_t parts;                        /* of the units */
    size_t first_part, last_part;        /* this member's: all of them without a team */
    size_t first, last;                  /* its units */
    bool woven;
} RecurrentPlan;

RecurrentPlan recurrent_plan(const Recurrent *r, const Layer *layer, const Team *team, size_t rows);
void recurrent_shape(const Recurrent *r, Layer *layer);
size_t recurrent_tensors(const Recurrent *r, const Layer *layer, Tensor *list);
size_t recurrent_cache(const Recurrent *r, const Layer *layer, size_t rows);
size_t recurrent_scratch(const Layer *layer, size_t rows); /* (B,H): two, and two for every part */
size_t recurrent_own(const Recurrent *r, const Layer *layer, const Team *team, Span *list);
void recurrent_prepare(const Recurrent *r, const Layer *layer, const Kernels *kernels, const Team *team, const real *weights, real *prepared);

/* gates[first .. last) = biases + x W_x in this member's columns. */
void recurrent_inputs(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last);

/* From the gradients standing in gates[first .. last): dW_x, dW_h (over n_hidden columns of the hidden range), the biases and dx. `add`: to
 * what dweights holds, else from zero. */
void recurrent_input_gradients(const RecurrentPlan *p, const Pass *pass, size_t first, size_t last, size_t n_hidden, bool add);

/* Places. `state` 0 is h, 1 and 2 the extras; slot 0 is the initial state, slot t + 1 what step t leaves. */
real *recurrent_gates(const RecurrentPlan *p, const Pass *pass, size_t step);
real *recurrent_state(const RecurrentPlan *p, const Pass *pass, size_t state, size_t slot);

/* Slot 0 = the given (B,H) initial state or zeros. */
void recurrent_start(const RecurrentPlan *p, const Pass *pass, size_t state, const real *initial);

/* The layer's output in h: all steps or the last. */
const real *recurrent_output(const RecurrentPlan *p, const Layer *layer, const Pass *pass);

/* Gradient arriving from above at `step`: NULL where none does. */
const real *recurrent_dy(const RecurrentPlan *p, const Layer *layer, const Pass *pass, size_t step);

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
