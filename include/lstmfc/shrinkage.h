/* shrinkage.h - how much of a network's departure from naive to believe.
 *
 * Rolling origin inside the training part: the last 45 % of the windows are cut into folds; for each, a network of the same recipe is fitted on what lies before it (its scaler too)
 * and forecasts it. With u = actual - naive and d = forecast - naive over all folds, relative to the last value, each step of the horizon keeps
 *
 *     shrink = sum(d u) / sum(d^2), within [0, 1],   and 0 - the gate - unless Clark and West's test rejects "no better than naive" at 0.1 %.
 *
 * It is the least-squares combination with naive (Bates and Granger 1969), restricted (Campbell and Thompson 2008). With fewer than SHRINKAGE_WINDOWS windows nothing can be shown, and the
 * forecast is naive. The same forecasts, so combined, calibrate the intervals.
 */
#ifndef LSTMFC_SHRINKAGE_H
#define LSTMFC_SHRINKAGE_H

#include "lstmfc/forecast.h"

enum { SHRINKAGE_FOLDS = 3, SHRINKAGE_WINDOWS = 120 };

/* Fills model->shrink, model->calibration and training.naive_ratio from windows `all`; the model's own weights are not touched. */
bool shrinkage_fit(Model *model, const Series *series, WindowRange all, const Engine *engine, Error *error);

/* Without rolling origins (shrink none): calibrates the intervals on the fitted model's last training windows. In sample, so too narrow where the network has overfitted. */
bool shrinkage_calibrate(Model *model, const Series *series, WindowRange train, const Engine *engine, Error *error);

#endif
