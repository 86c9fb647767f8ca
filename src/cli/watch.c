#define _POSIX_C_SOURCE 200809L

#include "watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "stop.h"

bool watch_begin(Watch *watch, const CliOptions *options, Error *error) {
    *watch = (Watch){.log = options->log, .loss = NAN};
    if (watch->log && !log_check(watch->log, error)) return false;
    if (pthread_mutex_init(&watch->lock, NULL) != 0) return error_set(error, ERROR_INTERNAL, NULL, "no lock to be had");
    progress_begin(&watch->progress, !options->quiet && !options->no_progress);
    return true;
}

bool watch_end(Watch *watch, Error *error) {
    progress_end(&watch->progress);
    pthread_mutex_destroy(&watch->lock);
    if (watch->error.code == ERROR_NONE) return true;
    if (error->code == ERROR_NONE) *error = watch->error;
    return false;
}

void watch_free(Watch *watch) {
    free(watch->epochs);
    *watch = (Watch){0};
}

static void keep(Watch *watch, const TrainerEpoch *epoch) {
    if (watch->n_epochs == watch->capacity) {
        const size_t capacity = watch->capacity ? 2 * watch->capacity : 64;
        TrainerEpoch *more = realloc(watch->epochs, capacity * sizeof *more);
        if (!more) {
            error_memory(&watch->error, "the epochs");
            return;
        }
        watch->epochs = more;
        watch->capacity = capacity;
    }
    watch->epochs[watch->n_epochs++] = *epoch;
}

static void on_epoch(void *context, const TrainerEpoch *epoch) {
    Watch *watch = context;
    pthread_mutex_lock(&watch->lock);
    watch->loss = isnan(epoch->loss_val) ? epoch->loss_train : epoch->loss_val;
    keep(watch, epoch);
    if (watch->log && !epoch->restored) log_epoch(watch->log, epoch, &watch->error);
    pthread_mutex_unlock(&watch->lock);
}

static void on_progress(void *context, double share, double loss) {
    Watch *watch = context;
    char words[64] = "";
    pthread_mutex_lock(&watch->lock);
    if (isfinite(loss)) watch->loss = loss;
    if (isfinite(watch->loss)) snprintf(words, sizeof words, "loss %.4g", watch->loss);
    progress_show(&watch->progress, share, words);
    pthread_mutex_unlock(&watch->lock);
}

TrainerWatch watch_fit(Watch *watch) {
    return (TrainerWatch){.epoch = on_epoch, .progress = watch->progress.on ? on_progress : NULL, .context = watch, .stop = stop_watch()};
}

TrainerWatch watch_stop_only(void) {
    return (TrainerWatch){.stop = stop_watch()};
}

void watch_split(void *context, size_t split, const ValidationSplit *result, size_t done, size_t n_splits) {
    Watch *watch = context;
    char words[64];
    snprintf(words, sizeof words, "%zu of %zu splits", done, n_splits);
    pthread_mutex_lock(&watch->lock);
    if (watch->log) log_split(watch->log, split, result, &watch->error);
    progress_show(&watch->progress, (double)done / (double)n_splits, words);
    pthread_mutex_unlock(&watch->lock);
}
