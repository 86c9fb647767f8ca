/* arrange.h - rows as they come in a file become a series: oldest first, each date once, within bounds, complete.
 *
 * In this order: the order of the file (decided by the majority of neighbouring pairs; a row against it is an error
 * unless options->sort), newest-first files reversed (unless options->file_order), rows outside [from, to] left out (with indicators
 * asked for, complete rows on end before `from` stay: series_read cuts them off when indicators have seen them), the policy for missing
 * values (NaN on the way in), equal rows kept once, a date twice with other values refused.
 */
#ifndef LSTMFC_ARRANGE_H
#define LSTMFC_ARRANGE_H

#include "lstmfc/error.h"
#include "lstmfc/series.h"

/* Works in place on dates, lines and columns; sets n_rows, reversed, n_dropped, n_filled, n_duplicates. ERROR_DATA with
 * the line, ERROR_MEMORY. Rows of one date are equal where their first n_asked columns are. */
bool series_arrange(Series *series, const SeriesOptions *options, size_t n_asked, Error *error);

#endif
