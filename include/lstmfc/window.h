/* window.h - T-step windows and their targets, gathered a batch at a time, never materialised.
 *
 * A window is named by the row of its first target: window r has input rows r-T .. r-1 and target rows r .. r+K-1.
 * So a split by date of target is a range of r, and the window that forecasts what follows the data is r = n_rows.
 * A window never reads a row at or after r, except as its target.
 */
#ifndef LSTMFC_WINDOW_H
#define LSTMFC_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/real.h"
#include "lstmfc/scaler.h"

typedef struct Windows {
    const double *const *columns; /* [n_features][>= n_rows] raw; column 0 is the target; borrowed */
    const Scaler *scaler;         /* borrowed */
    size_t n_rows;
    size_t n_features; /* F */
    size_t length;     /* T */
    size_t horizon;    /* K */
    bool direction;    /* targets are 1 where the value stands above the last one seen, else 0 */
} Windows;

/* Inputs of windows r[0..n) as x (T, n, F) time first, rows of `ldx` reals with the padding set to 0; targets, relative to the same anchors
 * (or as directions), as y (n, K) rows of `ldy` (NULL: not gathered). Row r[i] must satisfy T <= r[i] and, with targets, r[i] + K <=
 * n_rows. */
void window_gather(const Windows *windows, const size_t *r, size_t n, real *x, size_t ldx, real *y, size_t ldy);

/* Target of step k (0-based) of window r back in raw units from the network's output. */
double window_invert(const Windows *windows, size_t r, double scaled);

/* Value that naive forecasts for every step of window r: the target column's last row seen, r-1. */
double window_naive(const Windows *windows, size_t r);

#endif
