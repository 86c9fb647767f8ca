/* search.h - trials on rolling validation: rung after rung the better third goes on to more splits. See tuning.h. */
#ifndef LSTMFC_SEARCH_H
#define LSTMFC_SEARCH_H

#include "lstmfc/tuning.h"

/* Fits what is not known and puts the tuning's trials into their order, best first. Errors as tuning_run. */
bool search_run(Tuning *tuning, const TuningFit *known, size_t n_known, const Series *series, const Engine *engine, TuningWatch *watch,
                void *context, Error *error);

#endif
