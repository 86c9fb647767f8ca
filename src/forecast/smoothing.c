#include "lstmfc/smoothing.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

typedef struct Range {
    double low, width; /* width > 0 */
} Range;

static Range range_of(const double *x, size_t n) {
    double low = x[0], high = x[0];
    for (size_t i = 1; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    return (Range){low, high > low ? high - low : 1};
}

static void smooth(double *x, size_t n, double weight, size_t block) {
    Range range = {0, 1};
    double average = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % block == 0) {
            range = range_of(x + i, n - i < block ? n - i : block);
        }
        const double share = (x[i] - range.low) / range.width;
        average = i ? weight * share + (1 - weight) * average : share;
        x[i] = average;
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = range.low + range.width * x[i];
    }
}

bool smoothing_init(Smoothing *smoothing, Series *smoothed, const Series *series, RowRange rows, double weight, size_t block,
                    Error *error) {
    const size_t n = rows.last - rows.first;
    *smoothing = (Smoothing){0};
    *smoothed = *series;
    if (weight <= 0 || n == 0) {
        return true;
    }
    smoothing->target = memory_zeroed(series->n_rows, sizeof *smoothing->target);
    smoothing->columns = memory_zeroed(series->n_columns, sizeof *smoothing->columns);
    if (!smoothing->target || !smoothing->columns) {
        smoothing_free(smoothing);
        return error_memory(error, "the smoothed rows");
    }
    memcpy(smoothing->target, series->columns[0], series->n_rows * sizeof *smoothing->target);
    memcpy(smoothing->columns, series->columns, series->n_columns * sizeof *smoothing->columns);
    smoothing->columns[0] = smoothing->target;
    smoothed->columns = smoothing->columns;
    smooth(smoothing->target + rows.first, n, weight, block ? block : n);
    return true;
}

void smoothing_free(Smoothing *smoothing) {
    free(smoothing->target);
    free(smoothing->columns);
    *smoothing = (Smoothing){0};
}
