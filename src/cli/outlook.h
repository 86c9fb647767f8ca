/* outlook.h - forecasts of what follows the last row, with their dates and bounds: a table, or a picture.
 */
#ifndef LSTMFC_CLI_OUTLOOK_H
#define LSTMFC_CLI_OUTLOOK_H

#include "lstmfc/series.h"

#include "console.h"

enum { OUTLOOK_LEVELS = 8 };

typedef struct Outlook {
    size_t n, n_levels;
    Date as_of;                    /* of the last row, and its value */
    double last;
    double levels[OUTLOOK_LEVELS]; /* in (0,1) */
    Date *dates;                   /* [n] next sessions; DATE_NONE past the year 9999 */
    double *values;                /* [n] */
    double *low, *high;            /* [n_levels][n]; NaN = not known */
} Outlook;

/* Of `n` steps behind the last row of `series`; dates are filled, bounds are NaN, values are the caller's. ERROR_MEMORY. */
bool outlook_init(Outlook *outlook, const Series *series, size_t n, const double *levels, size_t n_levels, Error *error);
void outlook_free(Outlook *outlook);

/* Bounds `half` around the center of step i (from 0), which most often is its value. */
void outlook_bound(Outlook *outlook, size_t i, size_t level, double center, double half);

/* One row a step. */
void outlook_table(const Outlook *outlook, Console *console);

#endif
