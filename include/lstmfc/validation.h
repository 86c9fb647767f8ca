/* validation.h - rolling and expanding windows: train and score on many splits by time.
 *
 * With W windows in the file (named 0 .. W-1 by their first target), split s trains on windows [s*step, s*step + train_size) (expanding: [0, s*step + train_size)), leaves `gap` (at least K - 1)
 * windows out and scores the next val_size. Splits go on while all of it fits. Each split's scaler is fitted on the rows its training windows touch (unless scale_fit = all).
 */
#ifndef LSTMFC_VALIDATION_H
#define LSTMFC_VALIDATION_H

#include "lstmfc/forecast.h"
#include "lstmfc/metric.h"
#include "lstmfc/skill.h"

typedef struct ValidationSplit {
    Date train_from, train_to, val_from, val_to; /* of the first and last target */
    WindowRange train_windows, val_windows;
    size_t epochs;
    Metrics train, val, naive;
} ValidationSplit;

enum { VALIDATION_LAST = 10 }; /* models whose forecasts make `next` */

typedef struct Validation {
    size_t n_splits;
    ValidationSplit *splits; /* owned */
    Summary train[METRIC_COUNT], val[METRIC_COUNT], naive[METRIC_COUNT];
    Metrics pooled, pooled_naive;
    SkillTest dm;
    Verdict verdict;
    double next;   /* mean forecast of what follows the data, of the models of the last splits */
    Date next_date;
    double seconds;
} Validation;

/* Told after each split, in any order, from any thread but one at a time. */
typedef void ValidationWatch(void *context, size_t split, const ValidationSplit *result, size_t done, size_t n_splits);

/* Fresh: one split a worker. Warm: one chain, workers share each batch. ERROR_DATA where no split fits (says the sizes). */
bool validation_run(Validation *validation, const Recipe *recipe, const Series *series, const Engine *engine, ValidationWatch *watch, void *context, Error *error);
void validation_free(Validation *validation);

#endif
