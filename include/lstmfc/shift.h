/* shift.h - rows whose cells stand one column too far left or right.
 *
 * Where a program loses a cell and fills up the end of the row, or writes an empty one too many, the number of fields stays right and every
 * cell behind the place belongs to another column: the volume becomes a price. Such a row has an empty cell where others have none, and
 * agrees with its neighbour, number by number, once its cells are moved back. Only rows where that is a hundred times the better reading
 * are refused; an honest empty cell leaves the others where they belong.
 */
#ifndef LSTMFC_SHIFT_H
#define LSTMFC_SHIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/dialect.h"
#include "lstmfc/error.h"
#include "lstmfc/table.h"

/* Looks at the rows of `bytes` that table->gaps names. ERROR_DATA with the line of the first that is shifted, ERROR_MEMORY. */
bool shift_check(const Table *table, const Dialect *dialect, const char *bytes, size_t n_bytes, char decimal, Error *error);

#endif
