/* sum.h - compensated sums (Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen").
 *
 * Values are added in the order given, so the same values in the same order give the same bits. The error is about one
 * rounding of the result where the terms have one sign, however many there are. Start from a zeroed Sum.
 */
#ifndef LSTMFC_SUM_H
#define LSTMFC_SUM_H

#include <math.h>
#include <stddef.h>

typedef struct Sum {
    double total, lost;
} Sum;

static inline void sum_add(Sum *sum, double x) {
    const double total = sum->total + x;
    sum->lost += fabs(sum->total) >= fabs(x) ? (sum->total - total) + x : (x - total) + sum->total;
    sum->total = total;
}

double sum_value(const Sum *sum);

/* Mean of x[n], taken about x[0], so that n equal values have exactly that mean. NaN for n = 0. */
double sum_mean(const double *x, size_t n);

/* Sum of (x[i] - center)^2. */
double sum_squares(const double *x, size_t n, double center);

/* Sum of a[i] b[i], not compensated: for linear algebra. Eight sums side by side, so that one addition need not wait for another; always
 * the same order. */
double sum_dot(const double *a, const double *b, size_t n);

#endif
