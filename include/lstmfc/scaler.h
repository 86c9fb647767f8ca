/* scaler.h - raw units to the network's units and back, column by column.
 *
 * A column is first expressed relative to an anchor (the last value seen in the window, or nothing) and then mapped
 * affinely: scaled = (anchored - offset) / scale. Offset and scale are fitted on given rows only - training rows, unless
 * somebody reproduces a paper that leaks.
 *
 *     anchor      anchored                fitted on                          minmax (offset, scale)   standard
 *     none        raw                     the rows                           min, max - min           mean, standard deviation (n)
 *     difference  raw - last              one-step differences of the rows   0, max |d|               0, sqrt(mean d^2)
 *     ratio       raw / last - 1          one-step ratios less one           0, max |r|               0, sqrt(mean r^2)
 *
 * A column's nature says what an anchor may do with it. A level (a price) takes the one asked for. A stationary column (an index from 0 to
 * 100, a return) is never anchored: it is fitted and mapped as with none. A sum (cumulated from an arbitrary row on) knows nothing but its
 * changes: under any anchor it takes the difference. The anchor auto is, column by column, ratio or difference: whichever makes the size of
 * one-step changes depend less on the level (ratio only where all values are > 0). A fitted column never holds auto.
 * A scale that would be 0 is 1 (a constant column maps to 0), as scikit-learn does. The anchor ratio needs values that
 * are all > 0: where a feature column is not, it is anchored by difference instead; where the target is not, scaler_fit refuses.
 * Only the fitted rows are looked at. Where a later anchor is not > 0 after all, its ratio counts as 0 (nothing known) and the
 * inverse gives the anchor back, so that no infinity gets into a network.
 */
#ifndef LSTMFC_SCALER_H
#define LSTMFC_SCALER_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"
#include "lstmfc/real.h"

typedef enum ScaleKind { SCALE_MINMAX, SCALE_STANDARD, SCALE_NONE } ScaleKind;
typedef enum AnchorKind { ANCHOR_NONE, ANCHOR_DIFFERENCE, ANCHOR_RATIO, ANCHOR_AUTO } AnchorKind;

typedef enum ColumnNature { COLUMN_LEVEL, COLUMN_STATIONARY, COLUMN_SUM } ColumnNature;

typedef struct ScalerColumn {
    AnchorKind anchor;
    double offset, scale; /* scale > 0, both finite */
} ScalerColumn;

/* Column 0 is the target; one entry a column. Owned block; scaler_free. */
typedef struct Scaler {
    size_t n_columns;
    ScalerColumn *columns;
    ColumnNature *natures; /* [n_columns] all COLUMN_LEVEL at first; set before fitting; in the block of `columns` */
} Scaler;

bool scaler_init(Scaler *scaler, size_t n_columns, Error *error);
void scaler_free(Scaler *scaler);

/* Fits every column on rows [first, last) of columns[c][row]; first row's difference is taken from row first to first + 1.
 * Sums are compensated, in row order. ERROR_DATA where the target cannot take the anchor asked for, where there is no row,
 * or where a value, offset or scale is not finite. */
bool scaler_fit(Scaler *scaler, ScaleKind scale, AnchorKind anchor, const double *const *columns, size_t first, size_t last, Error *error);

/* One value. `last_raw` is the anchor (ignored for ANCHOR_NONE). */
double scaler_apply(const ScalerColumn *column, double raw, double last_raw);
/* x[i * stride] of raw[i], i < n */
void scaler_apply_rows(const ScalerColumn *column, const double *raw, size_t n, double last_raw, real *x, size_t stride);
double scaler_invert(const ScalerColumn *column, double scaled, double last_raw);

/* Size in raw units of one scaled unit at the anchor: d raw / d scaled. */
double scaler_unit(const ScalerColumn *column, double last_raw);

#endif
