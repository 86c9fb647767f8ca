/* grid.h - aligned tables for people.
 */
#ifndef LSTMFC_CLI_GRID_H
#define LSTMFC_CLI_GRID_H

#include <stddef.h>

#include "lstmfc/date.h"

#include "console.h"

enum { GRID_COLUMNS = 16 };

/* Zero-initialise with `align`; cells are added row after row. */
typedef struct Grid {
    const char *align; /* one letter a column: 'l' or 'r' */
    bool header;       /* the first row names the columns */
    size_t columns;    /* 0 = as many as `align` has letters */
    Text cells;        /* each with a NUL behind it */
    size_t n_cells;
} Grid;

void grid_text(Grid *grid, const char *text); /* escaped, so that text from files is safe */
void grid_format(Grid *grid, const char *format, ...) ERROR_PRINTF(2, 3);
void grid_number(Grid *grid, double value); /* six digits; "-" for what is undefined */
void grid_percent(Grid *grid, double share);
void grid_ratio(Grid *grid, double value);  /* four decimals */
void grid_p(Grid *grid, double p);          /* three */
void grid_price(Grid *grid, double value);  /* two decimals from 1000 on, else four; six digits below 1 */
void grid_date(Grid *grid, Date date);

/* As grid_price writes it; returns buffer. */
const char *grid_price_text(double value, char *buffer, size_t size);

/* Appends the table to the console's output and frees it. */
void grid_print(Grid *grid, Console *console);

#endif
