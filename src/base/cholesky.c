#include "lstmfc/cholesky.h"

#include <math.h>

#include "lstmfc/sum.h"

/* A = L L^T, L in the lower triangle. */
static bool decompose(size_t n, double *a) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            a[i * n + j] = (a[i * n + j] - sum_dot(a + i * n, a + j * n, j)) / a[j * n + j];
        }
        const double rest = a[i * n + i] - sum_dot(a + i * n, a + i * n, i);
        if (!(rest > 0) || !isfinite(rest)) {
            return false;
        }
        a[i * n + i] = sqrt(rest);
    }
    return true;
}

bool cholesky_solve(size_t n, double *a, size_t k, double *b) {
    if (!decompose(n, a)) {
        return false;
    }
    for (size_t c = 0; c < k; c++) {
        for (size_t i = 0; i < n; i++) { /* L y = b */
            for (size_t j = 0; j < i; j++) {
                b[i * k + c] -= a[i * n + j] * b[j * k + c];
            }
            b[i * k + c] /= a[i * n + i];
        }
        for (size_t i = n; i-- > 0;) { /* L^T x = y */
            b[i * k + c] /= a[i * n + i];
            for (size_t j = 0; j < i; j++) {
                b[j * k + c] -= a[i * n + j] * b[i * k + c];
            }
        }
    }
    return true;
}
