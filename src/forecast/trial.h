/* trial.h - the settings that a search tries, one row a range, and the draw of a trial. See tuning.h. */
#ifndef LSTMFC_TRIAL_H
#define LSTMFC_TRIAL_H

#include "lstmfc/tuning.h"

/* Trial `number`: a function of the recipe's seed and of the number alone. Its recipe may point into the trial itself. */
bool trial_draw(TuningTrial *trial, size_t number, const TuningOptions *options, Error *error);

/* Longest window any trial may draw, so that all learn and are scored on the same rows. */
size_t trial_longest_window(const TuningOptions *options);

#endif
