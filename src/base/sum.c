#include "lstmfc/sum.h"

#include <math.h>

double sum_value(const Sum *sum) {
    return isfinite(sum->total) ? sum->total + sum->lost : sum->total; /* what an infinite sum lost is NaN */
}

double sum_mean(const double *x, size_t n) {
    if (n == 0) {
        return (double)NAN;
    }
    Sum sum = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        sum_add(&sum, x[i] - x[0]);
    }
    return x[0] + sum_value(&sum) / (double)n;
}

double sum_squares(const double *x, size_t n, double center) {
    Sum sum = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        double d = x[i] - center;
        sum_add(&sum, d * d);
    }
    return sum_value(&sum);
}

double sum_dot(const double *a, const double *b, size_t n) {
    enum { SUMS = 8 };
    double sums[SUMS] = {0}, total = 0;
    for (size_t i = 0; i < n; i++) {
        sums[i % SUMS] += a[i] * b[i];
    }
    for (size_t i = 0; i < SUMS; i++) {
        total += sums[i];
    }
    return total;
}
