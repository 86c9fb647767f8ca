/* linear_models.h - the models that a linear forecast is the mean of: how they are made, judged and weighed stands in linear.h. Private to
 * the forecast floor.
 */
#ifndef LSTMFC_LINEAR_MODELS_H
#define LSTMFC_LINEAR_MODELS_H

#include "lstmfc/linear.h"

/* Adds the mean over all models of z[n], in a unit near 1, to the coefficients of `linear`, whose n_lags are set and whose coefficients are
 * 0. n_fitted: parameters that z has taken already. least: of all criteria, infinite where the rows are too few for any model.
 * ERROR_MEMORY. */
bool linear_models_average(Linear *linear, const double *z, size_t n, size_t n_fitted, double *least, Error *error);

#endif
