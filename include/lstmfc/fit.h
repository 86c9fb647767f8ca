/* fit.h - a whole fit: networks, how much of them to believe, and how sure to be.
 */
#ifndef LSTMFC_FIT_H
#define LSTMFC_FIT_H

#include "lstmfc/forecast.h"

/* The training part by the recipe's split (train_to, train_rows, train_frac; none given: all rows). ERROR_DATA where it is empty. */
bool fit_training_rows(const Recipe *recipe, const Series *series, RowRange *rows, Error *error);

/* Fits `model` (made by model_init) on the rows: forecast_fit_windows on their windows, then shrinkage and calibration. ERROR_DATA where
 * there are too few rows (says how many are needed), else as forecast_fit_windows. */
bool fit_rows(Model *model, const Series *series, RowRange rows, const Engine *engine, FitReport *report, Error *error);

/* The same on given windows (see forecast_fit_windows for the parameters). */
bool fit_windows(Model *model, const Series *series, RowRange scaled, WindowRange train, WindowRange val, const Engine *engine,
                 Trainer **chain, FitReport *report, Error *error);

#endif
