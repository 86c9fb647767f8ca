/* smoothing.h - the training rows of the target as an exponential average of themselves (Ganegedara's tutorial), so that a network learns
 * the course and not the noise.
 *
 * Rows are brought to [0,1] block by block of `block` rows (0 = all as one), each block by its own least and greatest value; then averaged,
 * e = weight x + (1 - weight) e from the first row on; then brought back by the last block's range, so that what follows the rows fits on.
 * Other rows and other columns stay. What is forecast and scored is never smoothed.
 */
#ifndef LSTMFC_SMOOTHING_H
#define LSTMFC_SMOOTHING_H

#include "lstmfc/forecast.h"

/* Memory of a smoothed series; smoothing_free is safe on a zeroed one. */
typedef struct Smoothing {
    double *target, **columns;
} Smoothing;

/* `smoothed` is `series` with rows [first, last) of its target smoothed (weight 0: as it is); it lives as long as `smoothing` and `series`.
 * ERROR_MEMORY. */
bool smoothing_init(Smoothing *smoothing, Series *smoothed, const Series *series, RowRange rows, double weight, size_t block, Error *error);
void smoothing_free(Smoothing *smoothing);

#endif
