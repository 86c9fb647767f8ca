/* split.h - splits by time, for validate, compare and tune, and a recipe run on one of them.
 *
 * A plan cuts windows [first, end - K + 1), named by the row of their first target: split s trains on windows [s*step, s*step + train_size)
 * of them (expanding: [0, s*step + train_size)), leaves `gap` (at least K - 1) out and forecasts the next val_size. Because windows are
 * named by their target, forecasters whose windows have different lengths learn and are scored on the same rows, as long as `first` is at
 * least the longest window. Every target is judged once: where step < val_size, by the split trained nearest before it.
 */
#ifndef LSTMFC_SPLIT_H
#define LSTMFC_SPLIT_H

#include "lstmfc/forecast.h"

enum { SPLIT_DEFAULT = 4 };

typedef struct SplitPlan {
    SplitScheme scheme;
    size_t train_size, val_size, step, gap; /* in windows */
    size_t first, n_windows, horizon;
    size_t n_splits, n_scored; /* windows judged in each: the smaller of step and val_size */
} SplitPlan;

typedef struct Split {
    WindowRange train, val, scored; /* scored: the first n_scored of val */
} Split;

/* By the recipe's scheme, gap and horizon and those of its sizes that are not 0. Else: train-size = train_share of the windows, val-size =
 * the rest cut into SPLIT_DEFAULT parts, step = val-size. With leave_last one split less than fit. ERROR_DATA where none is left. */
bool split_plan(SplitPlan *plan, const Recipe *recipe, const Series *series, size_t first, size_t end, double train_share, Error *error);

Split split_at(const SplitPlan *plan, size_t number);

/* Rows that training windows touch, when windows have this length. */
RowRange split_rows(const Split *split, size_t window, size_t horizon);

/* Fits `model` (made by model_init) on the split: as the recipe has it, early stop watches the last val_frac of the training windows or (a
 * paper's leak) `val`, and the scaler sees the rows the training windows touch or all. `intervals`: calibrated for a Band too, even where
 * nothing is shrunk. `chain` as in forecast_fit_windows. ERROR_DATA where no training windows are left. */
bool split_fit(Model *model, const Series *series, const Engine *engine, const Split *split, bool intervals, Trainer **chain,
               FitReport *report, Error *error);

typedef struct SplitReport {
    bool naive; /* the fit found nothing to believe */
    size_t epochs;
    double seconds;
} SplitReport;

/* Fits the recipe on the split and forecasts the scored windows, `horizon` steps ahead, in raw units. Whatever leaks in the
 * recipe's own protocol is not done: the scaler is fitted on training rows and early stop does not see what is scored. */
bool split_run(const Recipe *recipe, const Series *series, const Engine *engine, const Split *split, double *forecast, SplitReport *report,
               Error *error);

#endif
