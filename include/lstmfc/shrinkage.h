/* shrinkage.h - how much of two departures from naive to believe: the networks' and that of the linear forecast (linear.h; with the
 * recipe's `linear`).
 *
 * Rolling origin inside the training part: the last 45 % of the windows are cut into folds; for each, one network of the same recipe (its
 * scaler too) and one linear forecast are fitted on what lies before it and forecast it; with no more than 2,000 rows the linear forecast
 * is fitted anew five times a fold. With u = actual - naive and d = forecast - naive over all folds, relative to the last value, each step
 * of the horizon forecasts
 *
 *     naive + a d_linear + b d_network,    a, b >= 0 and a + b <= 1 with the least sum of squared errors,
 *
 * and a share is 0 - the gate - unless Clark and West's test rejects "no better than naive" for its forecast by itself: p sqrt(n / 100) <
 * 0.3 %, that is 0.07 % on 2,000 rows. (The level falls with the rows as Good, 1992, "The Bayes/non-Bayes compromise", would have it: at a
 * fixed level many rows find what is too faint to be used, and few rows nothing.) Where it has opened, a + b is drawn towards 1 as by 100
 * more forecasts that were best believed as they are: models that had part of the rows make shares too cautious, the more so the fewer the
 * rows.
 *
 * Where both pass, the network must pass that test against the linear forecast, too, or its share is 0.
 *
 * Each of these linear forecasts is made without its curve and with it; the curve is taken where Clark and West's test finds it better one
 * step ahead, p sqrt(n / 100) < 0.1 %.
 *
 * It is the least-squares combination with naive (Bates and Granger 1969), restricted (Campbell and Thompson 2008). With fewer than
 * SHRINKAGE_WINDOWS windows a network can show nothing: its share is 0, and the linear forecast, which needs no whole window, is fitted
 * anew 16 times over the last 80 % of the rows, from row 20 on at the earliest; with fewer than 40 rows (and the horizon less one) there is
 * no linear forecast either. The same forecasts, so combined, calibrate the intervals.
 */
#ifndef LSTMFC_SHRINKAGE_H
#define LSTMFC_SHRINKAGE_H

#include "lstmfc/forecast.h"

enum { SHRINKAGE_FOLDS = 3, SHRINKAGE_WINDOWS = 120 };

/* Fills model->shrink, linear, linear_shrink, calibration and training.naive_ratio and error_ratio from windows `all`; the networks'
 * weights are not touched. */
bool shrinkage_fit(Model *model, const Series *series, WindowRange all, const Engine *engine, Error *error);

/* Without rolling origins (shrink none): calibrates the intervals on the fitted model's last training windows. In sample, so too narrow
 * where the network has overfitted. */
bool shrinkage_calibrate(Model *model, const Series *series, WindowRange train, const Engine *engine, Error *error);

#endif
