#include "lstmfc/scaler.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "lstmfc/sum.h"

bool scaler_init(Scaler *scaler, size_t n_columns, Error *error) {
    assert(n_columns > 0);
    *scaler = (Scaler){0};
    ScalerColumn *columns = calloc(n_columns, sizeof *columns + sizeof *scaler->natures);
    if (!columns) {
        return error_memory(error, "the scaler");
    }
    for (size_t c = 0; c < n_columns; c++) {
        columns[c] = (ScalerColumn){ANCHOR_NONE, 0.0, 1.0};
    }
    *scaler = (Scaler){n_columns, columns, (ColumnNature *)(columns + n_columns)};
    return true;
}

void scaler_free(Scaler *scaler) {
    free(scaler->columns);
    *scaler = (Scaler){0};
}

static bool all_positive(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!(x[i] > 0.0)) {
            return false;
        }
    }
    return true;
}

static ScalerColumn fit_levels(ScaleKind scale, const double *x, size_t n) {
    ScalerColumn column = {ANCHOR_NONE, 0.0, 1.0};
    if (scale == SCALE_STANDARD) {
        column.offset = sum_mean(x, n);
        column.scale = sqrt(sum_squares(x, n, column.offset) / (double)n);
    } else if (scale == SCALE_MINMAX) {
        double min = x[0], max = x[0];
        for (size_t i = 1; i < n; i++) {
            min = x[i] < min ? x[i] : min;
            max = x[i] > max ? x[i] : max;
        }
        column.offset = min;
        column.scale = max - min;
    }
    return column;
}

/* Change from one row to the next, as the anchor expresses it. */
static double step_of(AnchorKind anchor, const double *x) {
    return anchor == ANCHOR_RATIO ? x[1] / x[0] - 1.0 : x[1] - x[0];
}

static ScalerColumn fit_steps(ScaleKind scale, AnchorKind anchor, const double *x, size_t n) {
    ScalerColumn column = {anchor, 0.0, 1.0};
    if (scale == SCALE_NONE || n < 2) {
        return column;
    }
    double max = 0.0;
    Sum squares = {0.0, 0.0};
    for (size_t i = 0; i + 1 < n; i++) {
        double step = step_of(anchor, x + i);
        max = fabs(step) > max ? fabs(step) : max;
        sum_add(&squares, step * step);
    }
    column.scale = scale == SCALE_MINMAX ? max : sqrt(sum_value(&squares) / (double)(n - 1));
    return column;
}

static bool all_finite(const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}

static bool fit_column(ScalerColumn *column, ScaleKind scale, AnchorKind anchor, const double *x, size_t n) {
    if (!all_finite(x, n)) {
        return false;
    }
    *column = anchor == ANCHOR_NONE ? fit_levels(scale, x, n) : fit_steps(scale, anchor, x, n);
    if (column->scale == 0.0) {
        column->scale = 1.0;
    }
    return isfinite(column->offset) && isfinite(column->scale);
}

/* How much larger (or smaller) one-step changes are where the level is above its mean: the mean of |change| there over that below, as a
 * number >= 1. */
static double level_dependence(AnchorKind anchor, const double *x, size_t n) {
    const double mean = sum_mean(x, n);
    double size[2] = {0.0, 0.0}, count[2] = {0.0, 0.0};
    for (size_t i = 0; i + 1 < n; i++) {
        const int above = x[i] > mean;
        size[above] += fabs(step_of(anchor, x + i));
        count[above] += 1.0;
    }
    const double quotient = size[1] * count[0] / (size[0] * count[1]);
    return quotient >= 1.0 ? quotient : 1.0 / quotient;
}

static AnchorKind choose_anchor(const double *x, size_t n) {
    if (!all_positive(x, n)) {
        return ANCHOR_DIFFERENCE;
    }
    return level_dependence(ANCHOR_DIFFERENCE, x, n) < level_dependence(ANCHOR_RATIO, x, n) ? ANCHOR_DIFFERENCE : ANCHOR_RATIO;
}

/* The anchor of one column where `asked` is that of all. */
static AnchorKind own_anchor(AnchorKind asked, ColumnNature nature, const double *x, size_t n) {
    if (asked == ANCHOR_NONE || nature == COLUMN_STATIONARY) {
        return ANCHOR_NONE;
    }
    if (nature == COLUMN_SUM) {
        return ANCHOR_DIFFERENCE;
    }
    return asked == ANCHOR_AUTO ? choose_anchor(x, n) : asked;
}

bool scaler_fit(Scaler *scaler, ScaleKind scale, AnchorKind anchor, const double *const *columns, size_t first, size_t last, Error *error) {
    if (first >= last) {
        return error_set(error, ERROR_DATA, "give more rows to train on", "there are no rows to fit the scaler on");
    }
    size_t n = last - first;
    for (size_t c = 0; c < scaler->n_columns; c++) {
        const double *x = columns[c] + first;
        AnchorKind own = own_anchor(anchor, scaler->natures[c], x, n);
        if (anchor == ANCHOR_RATIO && own == ANCHOR_RATIO && !all_positive(x, n)) {
            if (c == 0) {
                return error_set(error, ERROR_DATA, "try --anchor difference", "anchor 'ratio' needs a target above 0 in every row");
            }
            own = ANCHOR_DIFFERENCE;
        }
        if (!fit_column(&scaler->columns[c], scale, own, x, n)) {
            return error_set(error, ERROR_DATA, "look for missing or very large values, or leave the column out",
                             "feature column %zu has no finite range", c + 1);
        }
    }
    return true;
}

double scaler_apply(const ScalerColumn *column, double raw, double last_raw) {
    double anchored = raw;
    if (column->anchor == ANCHOR_DIFFERENCE) {
        anchored = raw - last_raw;
    } else if (column->anchor == ANCHOR_RATIO) {
        anchored = last_raw > 0.0 ? raw / last_raw - 1.0 : 0.0;
    }
    return (anchored - column->offset) / column->scale;
}

void scaler_apply_rows(const ScalerColumn *column, const double *raw, size_t n, double last_raw, real *x, size_t stride) {
    for (size_t i = 0; i < n; i++) {
        x[i * stride] = (real)scaler_apply(column, raw[i], last_raw);
    }
}

double scaler_invert(const ScalerColumn *column, double scaled, double last_raw) {
    double anchored = scaled * column->scale + column->offset;
    if (column->anchor == ANCHOR_DIFFERENCE) {
        return last_raw + anchored;
    }
    if (column->anchor == ANCHOR_RATIO) {
        return last_raw > 0.0 ? last_raw * (1.0 + anchored) : last_raw;
    }
    return anchored;
}

double scaler_unit(const ScalerColumn *column, double last_raw) {
    if (column->anchor != ANCHOR_RATIO) {
        return column->scale;
    }
    return last_raw > 0.0 ? column->scale * last_raw : 0.0;
}
