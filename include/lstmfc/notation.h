/* notation.h - how one file writes its dates and numbers, decided once from all of its rows.
 *
 * Dates: the pattern that fits most rows; where several read the same text as different days (M/D and D/M), the one under which the
 * rows are in order, else somebody has to say. Numbers: the decimal mark under which more cells are numbers, and for each column
 * what its cells usually look like. Every cell is then read by these, and one that does not fit is an error with its line.
 */
#ifndef LSTMFC_NOTATION_H
#define LSTMFC_NOTATION_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/dialect.h"
#include "lstmfc/error.h"
#include "lstmfc/habit.h"
#include "lstmfc/pattern.h"
#include "lstmfc/series.h"
#include "lstmfc/table.h"

typedef struct Notation {
    char pattern[PATTERN_TEXT];
    bool timed;         /* dates carry a time of day */
    bool dates_blank;   /* dates have blanks at their edges */
    char decimal;
    HabitLeave leave;
    Habit *habits;      /* [n_columns of the table]; the first is of the dates and unused */
    bool last_open;     /* the last row's last field ends with the file, without an end of line ... */
    size_t last_column; /* ... and is this column of the table */
    size_t last_row;
} Notation;

/* `columns` are those of the file that `table` holds, the date first. ERROR_DATA with the line, ERROR_USAGE, ERROR_MEMORY. On success and
 * on failure notation_free. */
bool notation_find(Notation *notation, const Table *table, const Dialect *dialect, const size_t *columns, const SeriesOptions *options,
                   Error *error);
void notation_free(Notation *notation);

/* One cell of column c of the table. A NULL is success; else what is wrong, as "is not a number", and in `hint` the cure or NULL.
 * The reason may be in `words`, of at least 100 bytes. */
const char *notation_date(const Notation *notation, const char *cell, size_t n, Date *date, char *words, size_t size, const char **hint);
const char *notation_number(const Notation *notation, size_t row, size_t c, const char *cell, size_t n, double *value, const char **hint);

/* Whether a row at either end of the file, three weeks and more from its neighbour, would be within a week of it with day and month
 * exchanged: one row may have been written by another program. Never where the user has said how dates are written. */
bool notation_swapped(const Notation *notation, Date date, Date neighbour);

#endif
