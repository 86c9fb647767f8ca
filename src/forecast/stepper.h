/* stepper.h - one batch: cut, forward, loss, backward, gradients added up, one step of the optimizer.
 *
 * A shard's gradient is its own and is summed into the batch's in shard order, so the weights have the same bits on any number of threads.
 * A batch of one chunk whose steps are work enough is shared by a team of all workers where that is faster (pace.h): the same bits again.
 */
#ifndef LSTMFC_STEPPER_H
#define LSTMFC_STEPPER_H

#include "lstmfc/trainer.h"
#include "lstmfc/twins.h"
#include "pace.h"

typedef struct Stepper {
    const Network *network;
    TrainerOptions options;
    Pool *pool;
    Optimizer optimizer;
    Twins twins;              /* none where a bias is one */
    Activations *activations; /* [workers] */
    real *prepared;           /* transposed weights */
    real *gradients;          /* [shards][n_weights]; the first holds the sum after reduction */
    double *sums;             /* [max(shards, blocks)] losses, or squares of the gradient */
    double *spectral;         /* scratch of the bound on the spectral norm; NULL = no bound */
    uint64_t dropout_seed, n_steps;
    bool teams;               /* the workers may be one, and each has a processor */
    Pace pace;                /* of batches a team could share */
} Stepper;

/* Borrows network, pool and the options' kernels for its life. stepper_free in every case. ERROR_MEMORY. */
bool stepper_init(Stepper *stepper, const Network *network, const TrainerOptions *options, Pool *pool, Error *error);
void stepper_free(Stepper *stepper);

/* Once before the first batch on weights that came from elsewhere. */
void stepper_prepare(Stepper *stepper, const real *weights);

/* One step on the windows r[0..rows), rows <= options.batch. Returns their loss summed over windows and outputs. */
double stepper_batch(Stepper *stepper, const Windows *windows, const size_t *r, size_t rows, real *weights);

#endif
