/* checkpoint.h - a training that was broken off goes on where it was, and ends in the same bytes.
 *
 * A fit is a list of jobs: its members, then the folds of its rolling origins. After every epoch a job hands over its state (trainer.h);
 * all states stand in one safetensors file beside the model, written whole or not at all, checksummed like a model. Vector v of job j is
 * the file's "member" VECTORS * j + v: weights, best weights, the optimizer's slots; a finished job has only its weights. The metadata
 * holds what the states belong to - settings, columns, fingerprint of the rows, arithmetic - and each job's counters and losses. What is
 * drawn at random follows from seed and epoch, and is drawn again.
 */
#ifndef LSTMFC_CHECKPOINT_H
#define LSTMFC_CHECKPOINT_H

#include <pthread.h>

#include "lstmfc/model.h"
#include "lstmfc/trainer.h"

typedef struct Checkpoint {
    const Model *model;    /* recipe, columns and network; borrowed */
    char *path;            /* owned */
    char fingerprint[65];
    char arithmetic[8];
    double every, last;    /* seconds between writings at least; when the last one was */
    double cost;           /* seconds that it took */
    size_t n_jobs, n_slots;
    TrainerState *jobs;    /* [n_jobs]; epoch 0 = not begun; vectors and histories owned */
    bool written;          /* there is a file of this run */
    pthread_mutex_t lock;  /* jobs may run at once */
} Checkpoint;

/* For a fit of `model` (made by model_init) on rows [first, last), to be kept in "`path`.checkpoint" (path: the model's file), at most
 * every so many seconds and never for more than a fiftieth of the time: 0 = after every epoch, whatever it costs.
 * ERROR_MEMORY, ERROR_FILE (init_from cannot be read). */
bool checkpoint_init(Checkpoint *checkpoint, const Model *model, const Series *series, size_t first, size_t last, const char *kernels,
                     const char *path, double every, Error *error);
void checkpoint_free(Checkpoint *checkpoint);

/* Whether a file is there. */
bool checkpoint_exists(const Checkpoint *checkpoint);

/* Takes the states of the file over. ERROR_USAGE where its settings are others (says which), ERROR_DATA where its rows are, ERROR_MODEL
 * where it is damaged, ERROR_FILE. */
bool checkpoint_read(Checkpoint *checkpoint, Error *error);

/* The state of a job to go on from; NULL = none. */
const TrainerState *checkpoint_state(const Checkpoint *checkpoint, size_t job);

/* Keeps a copy of a job's state, and writes the file where it is time to. Any thread. */
bool checkpoint_keep(Checkpoint *checkpoint, size_t job, const TrainerState *state, Error *error);

/* The model is written: the file goes. */
void checkpoint_remove(const Checkpoint *checkpoint);

#endif
