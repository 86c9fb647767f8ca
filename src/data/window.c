#include "lstmfc/window.h"

#include <assert.h>

/* All features of one window, a row every `stride` reals, seen from its last row. */
static void gather_features(const Windows *windows, size_t r, real *x, size_t ldx, size_t stride) {
    for (size_t t = 0; t < windows->length; t++) {
        for (size_t f = windows->n_features; f < ldx; f++) {
            x[t * stride + f] = 0;
        }
    }
    for (size_t f = 0; f < windows->n_features; f++) {
        const double *raw = windows->columns[f];
        scaler_apply_rows(&windows->scaler->columns[f], raw + r - windows->length, windows->length, raw[r - 1], x + f, stride);
    }
}

static void gather_targets(const Windows *windows, size_t r, real *y, size_t ldy) {
    const double *raw = windows->columns[0];
    for (size_t k = 0; k < windows->horizon; k++) {
        y[k] = windows->direction ? (real)(raw[r + k] > raw[r - 1]) : (real)scaler_apply(windows->scaler->columns, raw[r + k], raw[r - 1]);
    }
    for (size_t k = windows->horizon; k < ldy; k++) {
        y[k] = 0;
    }
}

void window_gather(const Windows *windows, const size_t *r, size_t n, real *x, size_t ldx, real *y, size_t ldy) {
    const size_t length = windows->length;
    assert(length > 0 && ldx >= windows->n_features && (!y || ldy >= windows->horizon));
    for (size_t i = 0; i < n; i++) {
        assert(r[i] >= length && r[i] <= windows->n_rows);
        assert(!y || windows->horizon <= windows->n_rows - r[i]);
    }
    for (size_t i = 0; i < n; i++) {
        gather_features(windows, r[i], x + i * ldx, ldx, n * ldx);
    }
    for (size_t i = 0; y && i < n; i++) {
        gather_targets(windows, r[i], y + i * ldy, ldy);
    }
}

double window_invert(const Windows *windows, size_t r, double scaled) {
    return scaler_invert(windows->scaler->columns, scaled, windows->columns[0][r - 1]);
}

double window_naive(const Windows *windows, size_t r) {
    return windows->columns[0][r - 1];
}
