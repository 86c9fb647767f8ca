/* importance.h - what a model's forecasts rest on: how much their error rises when an input is permuted over the rows scored.
 *
 * Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019): a window keeps its last value, which anchors it, and gets what is
 * permuted from another window. Of a column that is taken relative to an anchor, what is permuted are its changes: lag 1 is the latest
 * change, and the levels are built up again backwards from the window's own last value, so that windows of other years do not bring other
 * price levels along. All levels before the group so shift against the last value: where a series keeps near a mean, a group also disturbs
 * what earlier lags tell of that mean, and the groups add up to more than the column. Of any other column the values themselves are
 * permuted, lag 1 being the latest.
 *
 * Items: each column (all its lags), then groups of lags (1, 2-5, 6-20, 21-60, 61-..; all columns together, so that what they tell at one
 * time stays together). An input that matters only through others that stay (a copy, a neighbour) shows less than it holds.
 */
#ifndef LSTMFC_IMPORTANCE_H
#define LSTMFC_IMPORTANCE_H

#include "lstmfc/forecast.h"

enum { IMPORTANCE_REPEATS = 5 };

typedef struct ImportanceItem {
    const char *column;        /* name, borrowed from the model; NULL = a group of lags */
    size_t lag_first, lag_last; /* from 1; of a group */
    double rmse;               /* mean over the repeats */
    double rise;               /* rmse over that of the forecasts as they are, less 1; NaN where that is 0 */
    double spread;             /* standard deviation of the rise over the repeats */
} ImportanceItem;

typedef struct Importance {
    size_t n;       /* rows scored */
    double rmse;    /* of the forecasts as they are */
    bool naive;     /* the model is gated to naive: nothing it is given matters but the last value */
    size_t n_items;
    ImportanceItem *items; /* owned */
} Importance;

/* Of one-step forecasts of rows [first, last). The same seed gives the same permutations. ERROR_DATA where there are fewer than two rows or
 * no window before the first. */
bool importance_run(Importance *importance, const Model *model, const Series *series, const Engine *engine, size_t first, size_t last,
                    uint64_t seed, Error *error);
void importance_free(Importance *importance);

#endif
