/* clean.h - a series written as the plainest CSV there is.
 *
 * One header, commas, ISO dates, oldest row first, decimal points, LF. The numbers are those that were understood, to the last bit, and
 * read back as the same; none is made up: a cell without a number is empty. What differs from the file that was read is listed, row by row.
 */
#ifndef LSTMFC_CLEAN_H
#define LSTMFC_CLEAN_H

#include "lstmfc/problem.h"
#include "lstmfc/text.h"

/* Writes a series read with all_columns to `text` (columns in the order of the file) and what changed to `changes`, all of severity info,
 * in the order of lines, those of the whole file first. Codes: "form", "columns", "left-out", "empty". ERROR_MEMORY. */
bool clean_write(const Series *series, Text *text, Problems *changes, Error *error);

#endif
