/* layer.h - what a layer is, and the registry of kinds.
 *
 * Letters, once: T steps, B batch rows, F columns of the data, I inputs, H units (hidden), K outputs (of a layer or the network), G gates.
 * Matrices are row-major and time first: (T,B,H) means [t][b][h], rows of H padded to kernels_stride(H). The gradient of y is dy.
 *
 * The unit of a layer is the whole window, not one step. A layer owns nothing: its weights are a range of the network's
 * flat vector, its cache a range of the caller's, its gradient a range of a flat vector of the same shape.
 *
 * To add a kind: write one layer_*.c that ends in a const LayerKind, and add its row to layer_kinds in layer.c.
 */
#ifndef LSTMFC_LAYER_H
#define LSTMFC_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lstmfc/error.h"
#include "lstmfc/kernels.h"
#include "lstmfc/pool.h"
#include "lstmfc/real.h"

/* Role of a tensor: how it is initialised. */
typedef enum TensorRole { TENSOR_INPUT, TENSOR_RECURRENT, TENSOR_BIAS } TensorRole;

enum { LAYER_PARTS = 8 }; /* at most */

/* A named tensor as the model file has it (PyTorch's names, shapes and gate order), and where each element lies in the layer's range of the
 * flat vector. Row r is unit u = r % U of block b = order[r / U], U = rows / n_blocks. A layer keeps its units in parts (layer_parts), each
 * with weights of its own: of the part that has u as its unit v, element (r, c) lies at offset + part.offset + place * row_stride + c *
 * part.column_stride. Its place is b * part.units + v; where blocks are woven, they stand side by side for every `weave` units: place = g *
 * weave * n_blocks + b * size + v % weave with g = v / weave the group and size its units (the last group may have fewer).
 * What is stored nowhere (the second bias of lstm and rnn) has `zero` set: written as zeros, and on reading added to the tensor before
 * it. */
typedef struct TensorPart {
    size_t units, offset, column_stride;
} TensorPart;

typedef struct Tensor {
    char name[64];       /* "0.weight_ih_l0" */
    size_t rows, columns; /* columns = 1 and one-dimensional in the file for TENSOR_BIAS */
    TensorRole role;
    bool zero;
    size_t n_blocks;     /* gates */
    unsigned char order[4];
    size_t weave;        /* 0 = not woven */
    size_t offset, row_stride;
    size_t n_parts;
    TensorPart parts[LAYER_PARTS];
    size_t forget_block; /* bias of the gate that Keras starts at 1 (file order); SIZE_MAX = none */
} Tensor;

enum { LAYER_TENSORS = 8 }; /* at most, of one layer */

struct LayerKind;

/* One layer of a network: shape only, const while anything runs. */
typedef struct Layer {
    const struct LayerKind *kind;
    size_t number;             /* in the model file: dropout not counted */
    size_t position;           /* in the stack, dropout counted */
    size_t n_inputs, n_units;  /* I, H */
    size_t n_outputs;          /* K: H, 2H where the layer runs both ways, I where it pools */
    Activation activation;
    double rate;               /* dropout */
    size_t steps_in, steps_out; /* T or 1: a recurrent layer gives all steps where another layer wants them, else its last */
    size_t n_weights, offset;  /* range in the flat vector, padding included */
    size_t n_prepared, prepared_offset; /* range of what `prepare` derives from the weights */
} Layer;

/* One layer's forward or backward over B rows. Everything is borrowed. */
typedef struct Pass {
    const Kernels *kernels;
    const Team *team;        /* shares the work of these rows; NULL = alone. All members call with the same pass but for the rank in here */
    size_t rows;             /* B */
    bool training;           /* dropout on */
    uint64_t dropout_key;    /* of this batch; mixed with the layer's position */
    size_t first_row, batch_rows; /* where these rows stand in their batch, and its size: dropout masks hang on it */
    const real *weights, *prepared;
    real *cache;             /* kind->cache reals, kept from forward to backward */
    const real *x;           /* (steps_in,B,I), rows kernels_stride(I) apart */
    const real *h0, *c0;     /* (B,K) initial states, rows kernels_stride(K) apart; NULL = 0 */
    real *dy;                /* (steps_out,B,K) gradient of the output; may be overwritten */
    real *dx;                /* (steps_in,B,I) out; NULL = not needed. Never the same as dy */
    real *dweights;          /* n_weights, in the layout of the weights */
    bool accumulate;         /* add to dweights instead of overwriting it */
    real *dh0, *dc0;         /* (B,K) out; NULL = not needed */
    real *scratch;           /* kind->scratch reals, free between calls */
} Pass;

typedef struct LayerKind {
    const char *name;        /* as in --layers */
    const char *summary;     /* one line of help */
    bool recurrent;          /* has states; makes the layers before it give all steps */
    bool pools;              /* takes all steps and gives one vector of as many outputs as inputs; nothing recurrent may follow */
    bool fixed;              /* drawn once and never trained: no backward, nothing but such layers before it, and a linear readout behind */
    bool takes_rate;         /* name:p instead of name:units[:activation] */
    bool teams;              /* forward and backward share their work in pass->team; else its leader does it alone */
    const struct LayerKind *each_way; /* the kind that runs along the window and against it; NULL = not bidirectional */
    Activation activation;   /* default */
    void (*shape)(Layer *layer);                                  /* fills n_weights and n_prepared from the rest */
    size_t (*tensors)(const Layer *layer, Tensor *list);          /* fills at most LAYER_TENSORS; returns how many */
    size_t (*cache)(const Layer *layer, size_t rows);             /* reals */
    size_t (*scratch)(const Layer *layer, size_t rows);           /* reals, for backward */
    void (*own)(const Layer *layer, const Team *team, size_t *first,
                size_t *last); /* the weights whose gradients this member of a team makes in backward
                                                                        and which it reads in `prepare`; NULL where `teams` is not set */
    /* NULL = nothing to derive */
    void (*prepare)(const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights, real *prepared);
    const real *(*forward)(const Layer *layer, const Pass *pass); /* returns y (steps_out,B,K), inside the cache (or x itself) */
    void (*backward)(const Layer *layer, const Pass *pass);
} LayerKind;

/* All kinds, ended by NULL. */
extern const LayerKind *const layer_kinds[];

const LayerKind *layer_kind_find(const char *name); /* NULL = none */

/* In how many parts a layer that teams can share keeps its units: 1 below 96 units, then 2, 4 from 192 on, 8 from 384 on. Each part has all
 * of its gates, weights and states side by side and apart from the others', so that members of a team never write near each other. Members
 * beyond as many have nothing to do. */
size_t layer_parts(size_t n_units);
size_t layer_part_start(size_t n_units, size_t n_parts, size_t part); /* first unit; part = n_parts: n_units */

extern const char *const activation_names[ACTIVATION_COUNT];

/* Copies between a tensor in file order (rows * columns floats, row-major) and the layer's range of a flat vector. tensor_read adds
 * where the tensor is `zero` (to the tensor before it, whose place it shares). */
void tensor_write(const Tensor *tensor, const real *range, float *file_order);
void tensor_read(const Tensor *tensor, const float *file_order, real *range);
size_t tensor_size(const Tensor *tensor); /* rows * columns */
size_t tensor_index(const Tensor *tensor, size_t row, size_t column); /* place in the layer's range */

#endif
