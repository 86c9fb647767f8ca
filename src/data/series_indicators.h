/* series_indicators.h - the step of reading a series that computes columns; private to the data floor.
 */
#ifndef LSTMFC_SERIES_INDICATORS_H
#define LSTMFC_SERIES_INDICATORS_H

#include "lstmfc/series.h"

/* Columns as read: n_columns of the file, the last n_hidden of them sources alone, then indicators.n without values. Puts them in the order
 * of series.h, computes, and moves row 0 to the first row at or after `from` that has every value. ERROR_DATA where there is none, where a
 * value is not finite (the line), or where a column of the file has an indicator's name. */
bool series_add_indicators(Series *series, Date from, Error *error);

#endif
