/* forecast.h - training a model's networks on a series, and forecasting with them, in raw units.
 */
#ifndef LSTMFC_FORECAST_H
#define LSTMFC_FORECAST_H

#include "lstmfc/checkpoint.h"
#include "lstmfc/model.h"
#include "lstmfc/trainer.h"

/* How things are run; what does not change results. All borrowed. */
typedef struct Engine {
    const Kernels *kernels;
    Pool *pool; /* NULL = alone */
    TrainerWatch watch;
    Checkpoint *checkpoint; /* of the fit's jobs; NULL = none */
    size_t job;             /* of its first member */
} Engine;

/* Rows [first, last) of a series. */
typedef struct RowRange {
    size_t first, last;
} RowRange;

typedef struct FitReport {
    size_t n_windows, n_val_windows, epochs, best_epoch;
    double loss_train, loss_val, seconds, windows_per_second;
} FitReport;

/* Fits every member of `model` (made by model_init): the scaler on rows `scaled`, weights on windows `train`, early stop on `val`; fills
 * model->training. Members are fitted at once, one a worker, where there are many; results do not depend on it. `chain`: one trainer a
 * member, NULL at first; kept and gone on with by the next call, weights and optimizer state as they are (a warm validation). The caller
 * frees them. chain NULL: a fresh fit. ERROR_DATA, ERROR_DIVERGED, ERROR_STOPPED, ERROR_MODEL (--init-from). */
bool forecast_fit_windows(Model *model, const Series *series, RowRange scaled, WindowRange train, WindowRange val, const Engine *engine,
                          Trainer **chain, FitReport *report, Error *error);

/* Windows of a series as the model's networks see them. The series and the model must outlive them. */
Windows forecast_model_windows(const Model *model, const Series *series);

/* How a network of the recipe is trained; member 0 has the recipe's seed, others their own. The recipe is a checked one. */
TrainerOptions forecast_trainer_options(const Recipe *recipe, const Kernels *kernels, size_t member);

/* Forecasts of windows r[0..n): values (n,K) packed, mean over members, raw units; of a model of the direction the probabilities that row r
 * + k stands above row r - 1. No row at or after r is read. */
bool forecast_windows(const Model *model, const Series *series, const Engine *engine, const size_t *r, size_t n, double *values,
                      Error *error);

/* The same of n windows in a row, from `first` on. */
bool forecast_range(const Model *model, const Series *series, const Engine *engine, size_t first, size_t n, double *values, Error *error);

/* Forecasts rows start .. start + n - 1 from the rows before `start` alone, each block of K steps fed back in as if it had happened; other
 * columns stay at their last value. ERROR_USAGE for a model of the direction, and for one with indicators where n > K: those of rows that
 * have not happened are not known. */
bool forecast_path(const Model *model, const Series *series, const Engine *engine, size_t start, size_t n, double *values, Error *error);

#endif
