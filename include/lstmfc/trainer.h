/* trainer.h - epochs, batches, clipping, early stop, best weights.
 *
 * Every batch is cut into shards, each shard into chunks of a few rows; cuts depend on the batch size and the network alone. A shard's
 * gradient is its own and is summed into the batch's in shard order, so the weights have the same bits on any number of threads.
 */
#ifndef LSTMFC_TRAINER_H
#define LSTMFC_TRAINER_H

#include <signal.h>

#include "lstmfc/loss.h"
#include "lstmfc/network.h"
#include "lstmfc/optimizer.h"
#include "lstmfc/pool.h"
#include "lstmfc/window.h"

/* Windows [first, last), named as in window.h by the row of their first target. */
typedef struct WindowRange {
    size_t first, last;
} WindowRange;

/* Told after every epoch. */
typedef struct TrainerEpoch {
    size_t member, epoch, n_epochs;    /* epoch from 1 */
    double loss_train, loss_val;       /* means over the epoch's batches (dropout on) and over the validation windows (NaN = none) */
    double seconds;                    /* of this epoch */
    size_t windows;                    /* trained in it */
    bool best;
    bool restored;                     /* of a run that this one goes on with: told once more */
} TrainerEpoch;

typedef struct TrainerResult {
    size_t epochs, best_epoch;
    double loss_train, loss_val; /* at the best epoch */
    double seconds;              /* in batches, validation included */
    size_t windows;              /* trained, over all epochs */
} TrainerResult;

/* All that a fit needs to go on after an epoch; what is drawn at random follows from the seed. Vectors are flat, as the network's
 * weights. */
typedef struct TrainerState {
    size_t epoch;                      /* done; 0 = none */
    bool done;                         /* no epoch is left: the weights are the best ones, the other vectors NULL */
    TrainerResult result;
    double best;                       /* lowest validation loss so far */
    double beta1_power, beta2_power;
    uint64_t n_steps;
    real *weights, *best_weights, *slots; /* slots: the optimizer's n_slots vectors */
    TrainerEpoch *history;             /* [epoch] */
} TrainerState;

/* Told now and then inside an epoch, for a progress bar: share done of the whole fit in [0,1]. */
typedef struct TrainerWatch {
    void (*epoch)(void *context, const TrainerEpoch *epoch); /* NULL = not wanted; called from the thread that fits */
    void (*progress)(void *context, double share, double loss);
    void *context;
    /* after every epoch; history has the last epoch alone; NULL = not wanted, false ends the fit */
    bool (*keep)(void *context, const TrainerState *state, Error *error);
    const TrainerState *from; /* a fit by a new trainer goes on from here; NULL = from the beginning */
    volatile const sig_atomic_t *stop; /* non-zero: give up at the next batch with ERROR_STOPPED; NULL = never */
} TrainerWatch;

typedef struct TrainerOptions {
    const Kernels *kernels;
    Loss loss;
    OptimizerOptions optimizer;
    /* patience 0 = no early stop (with validation windows the best weights are still kept where patience > 0) */
    size_t epochs, batch, patience;
    bool two_biases;      /* twins.h */
    double spectral_norm; /* bound on the recurrent matrices, after every step; 0 = off */
    bool shuffle;
    uint64_t seed;
    size_t member;
} TrainerOptions;

/* Buffers and optimizer state of one chain of fits on one network; kept between fits by a warm validation. */
typedef struct Trainer Trainer;

/* NULL pool = alone. network, pool and options' kernels are borrowed for the trainer's life. */
Trainer *trainer_create(const Network *network, const TrainerOptions *options, Pool *pool, Error *error);
void trainer_free(Trainer *trainer);

/* Fits `weights` (in: initial; out: best) on the training windows. val.first == val.last: no validation. ERROR_DIVERGED where loss or
 * weights stop being finite, ERROR_STOPPED where asked to stop; weights are then not to be used. A second call goes on with the optimizer's
 * state as it is. */
bool trainer_fit(Trainer *trainer, const Windows *windows, WindowRange train, WindowRange val, const TrainerWatch *watch, real *weights,
                 TrainerResult *result, Error *error);

#endif
