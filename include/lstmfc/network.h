/* network.h - a stack of layers over one flat vector of weights.
 *
 * A Network is shape only: const while anything runs, and shared by any number of threads. Weights, gradients and activations are the
 * caller's. The flat vector has `n_weights` reals, padding included (padding is zero and stays zero); `n_parameters` counts the trained
 * numbers.
 */
#ifndef LSTMFC_NETWORK_H
#define LSTMFC_NETWORK_H

#include "lstmfc/layer.h"
#include "lstmfc/rng.h"

typedef enum InitKind { INIT_KERAS, INIT_PYTORCH, INIT_GLOROT, INIT_HE, INIT_COUNT } InitKind;
extern const char *const init_names[INIT_COUNT];

enum { NETWORK_LAYERS = 64 };

typedef struct Network {
    size_t n_layers, n_steps, n_inputs, n_outputs; /* layers, T, F, K */
    Layer layers[NETWORK_LAYERS];
    size_t n_weights, n_prepared, n_parameters;
    bool every_step; /* outputs of all steps, (T,B,K), and not of the last alone, (1,B,K) */
} Network;

/* Parses SPEC (see cli.md: `4*(lstm:50,dropout:0.2),dense:1`) for windows of n_steps rows of n_inputs columns. A final `dense:n_outputs` is
 * added where the last layer (dropout apart) is not dense with n_outputs units; n_outputs = 0 adds nothing (the last layer's outputs are
 * the network's). ERROR_USAGE names what is wrong and where in SPEC. */
bool network_init(Network *network, const char *spec, size_t n_steps, size_t n_inputs, size_t n_outputs, Error *error);

/* A spec of several networks, as "lstm:50|gru:50": how many (at least 1), and network_init of number `kind` (from 0). */
enum { NETWORK_KINDS = 16 };
size_t network_kinds(const char *spec);
bool network_init_kind(Network *network, const char *spec, size_t kind, size_t n_steps, size_t n_inputs, size_t n_outputs, Error *error);

/* The same with outputs at every step (many-to-many). ERROR_USAGE, too, where a layer looks ahead (bidirectional) or leaves no steps. */
bool network_init_every_step(Network *network, const char *spec, size_t n_steps, size_t n_inputs, size_t n_outputs, Error *error);

/* Other windows of n_steps rows from now on: weights and their places stay as they are. Activations must have been made for at least as
 * many. */
void network_set_steps(Network *network, size_t n_steps);

/* All tensors in file order, layer after layer: calls visit(context, tensor, layer). Stops and returns false where visit does. */
typedef bool TensorVisit(void *context, const Tensor *tensor, const Layer *layer);
bool network_tensors(const Network *network, TensorVisit *visit, void *context);

/* Fills weights (n_weights reals, padding zeroed); those of fixed layers stay zero (reservoir_draw).
 *   keras    Glorot uniform input and dense, orthogonal recurrent (Saxe et al. 2014), biases 0, LSTM forget gate 1
 *   pytorch  U(-1/sqrt(H), 1/sqrt(H)) recurrent layers; else U(-1/sqrt(I), 1/sqrt(I)), I the columns of the matrix, biases as their matrix
 *   glorot   Glorot uniform everywhere, biases 0;  he: He normal everywhere, biases 0 */
bool network_initialise(const Network *network, InitKind init, Rng *rng, real *weights, Error *error);

/* Sets the last layer's weights and biases to zero: with an anchored target the first forecast is naive's. */
void network_zero_output(const Network *network, real *weights);

/* Derives what the backward pass wants (transposed copies), after every change of the weights; n_prepared reals. Layers [first, last); for
 * passes of at most `rows` rows: 1 spares copies that only more rows read. */
void network_prepare(const Network *network, const Kernels *kernels, const Team *team, size_t rows, size_t first, size_t last,
                     const real *weights, real *prepared);

/* The weights [*first, *last) of one layer that this member of a team owns: it alone makes their gradients in network_backward and reads
 * them in network_prepare, so it can step them without waiting for the others. Layers that share no work are their leader's. */
void network_own(const Layer *layer, const Team *team, size_t *first, size_t *last);

/* One thread's buffers for chunks of at most `rows` rows. */
typedef struct Activations {
    size_t rows;
    real *block;      /* everything below; NULL where it is another's */
    real *x;          /* (T,rows,F) rows kernels_stride(F) apart: the caller gathers windows into it, packed for the rows it uses */
    /* (rows,K), or (T,rows,K) with outputs at every step: targets in, gradients of the outputs; rows kernels_stride(K) apart */
    real *y, *dy;
    real *cache[NETWORK_LAYERS];
    real *sides[2]; /* without training layers keep nothing: they take turns in two caches */
    size_t side;    /* reals in each of them; 0 with training */
    real *gradient[2];
    real *scratch;
    const real *inputs[NETWORK_LAYERS + 1]; /* set by forward: what each layer read; the last is the output */
} Activations;

bool activations_init(Activations *activations, const Network *network, size_t rows, bool training, Error *error);

/* n of them in one block, which is the first one's: all are free once that is, and nothing else need be where this fails. */
bool activations_init_each(Activations *list, size_t n, const Network *network, size_t rows, bool training, Error *error);
void activations_free(Activations *activations); /* NULL is none */

/* How a batch is run. */
typedef struct Run {
    const Kernels *kernels;
    const Team *team; /* members share the work on one Activations; NULL = alone */
    const real *weights, *prepared; /* prepared may be NULL for a forward that no backward follows */
    bool training;
    uint64_t dropout_key;
    size_t first_row, batch_rows;
} Run;

/* Forward over `rows` rows of activations->x; returns the output (rows,K), with outputs at every step (T,rows,K), rows kernels_stride(K)
 * apart, inside the activations. */
const real *network_forward(const Network *network, const Run *run, Activations *activations, size_t rows);

/* Backward of the last forward with the same run, from activations->dy; gradient (n_weights) is overwritten or added to. dx of the input is
 * not computed. */
void network_backward(const Network *network, const Run *run, Activations *activations, size_t rows, real *gradient, bool accumulate);

#endif
