/* holidays.h - days without a session that no rule of weekdays knows, from a list.
 *
 * One YYYY-MM-DD a line, in any order; blank lines and what follows a # are skipped.
 */
#ifndef LSTMFC_HOLIDAYS_H
#define LSTMFC_HOLIDAYS_H

#include "lstmfc/date.h"
#include "lstmfc/error.h"

typedef struct Holidays {
    Date *dates; /* ascending; owned */
    size_t n;
} Holidays;

/* Reads the list at `path` and gives it to the calendar, which borrows it; NULL is none. Only dates are labelled by it: rows that fall on a
 * holiday stay. ERROR_FILE, ERROR_MEMORY, ERROR_DATA with the line. */
bool holidays_read(Holidays *holidays, const char *path, Calendar *calendar, Error *error);
void holidays_free(Holidays *holidays);

#endif
