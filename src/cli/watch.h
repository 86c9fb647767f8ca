/* watch.h - looking on while models are fitted: the progress bar and the log. Callbacks come from any thread; one lock covers both.
 */
#ifndef LSTMFC_CLI_WATCH_H
#define LSTMFC_CLI_WATCH_H

#include <pthread.h>

#include "lstmfc/trainer.h"
#include "lstmfc/validation.h"

#include "console.h"
#include "progress.h"

typedef struct Watch {
    Progress progress;
    const char *log; /* NULL = none */
    double loss;     /* of the last epoch or batch told */
    pthread_mutex_t lock;
    TrainerEpoch *epochs; /* told so far, in any order of members; owned */
    size_t n_epochs, capacity;
    Error error;     /* the first line of the log that could not be written */
} Watch;

/* ERROR_FILE where the log cannot be appended to. */
bool watch_begin(Watch *watch, const CliOptions *options, Error *error);

/* Wipes the bar; false where the log failed on the way. */
bool watch_end(Watch *watch, Error *error);

/* Forgets the epochs. */
void watch_free(Watch *watch);

/* What a fit of one model tells. `watch` must outlive it; SIGINT and SIGTERM stop it from now on. */
TrainerWatch watch_fit(Watch *watch);

/* What many fits tell: nothing but whether to stop. */
TrainerWatch watch_stop_only(void);

/* A ValidationWatch; context: the Watch. */
void watch_split(void *context, size_t split, const ValidationSplit *result, size_t done, size_t n_splits);

#endif
