/* validation.h - rolling and expanding windows: train and score on many splits by time.
 *
 * Splits are those of split.h over all windows of the file, with the sizes of the recipe. Each split's scaler is fitted on the rows its
 * training windows touch (unless scale_fit = all). Forecasts are one step ahead.
 */
#ifndef LSTMFC_VALIDATION_H
#define LSTMFC_VALIDATION_H

#include "lstmfc/fan.h"
#include "lstmfc/split.h"
#include "lstmfc/standing.h"

typedef struct ValidationSplit {
    Date train_from, train_to, val_from, val_to; /* of the first and last target */
    Split split;
    size_t epochs;
    Metrics train, val, naive;
} ValidationSplit;

enum { VALIDATION_LAST = 10 }; /* models whose forecasts make `next` */

typedef struct Validation {
    size_t n_splits;
    ValidationSplit *splits; /* owned */
    Summary train[METRIC_COUNT], val[METRIC_COUNT], naive[METRIC_COUNT];
    Metrics pooled, pooled_naive; /* all validation forecasts together */
    Standing standing;            /* every target once; MASE and RMSSE by the first split's training rows */
    FanScore fan_score;           /* of the same forecasts */
    double next;   /* mean forecast of what follows the data, of the models of the last splits */
    Date next_date;
    double seconds;
} Validation;

/* Told after each split, in any order, from any thread but one at a time. */
typedef void ValidationWatch(void *context, size_t split, const ValidationSplit *result, size_t done, size_t n_splits);

/* Fresh: one split a worker. Warm: one chain, workers share each batch. Intervals of levels[n_levels] (in (0,1), at most FAN_LEVELS; none =
 * none are made). ERROR_DATA where no split fits (says the sizes). */
bool validation_run(Validation *validation, const Recipe *recipe, const double *levels, size_t n_levels, const Series *series,
                    const Engine *engine, ValidationWatch *watch, void *context, Error *error);
void validation_free(Validation *validation);

#endif
