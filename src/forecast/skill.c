#include "lstmfc/skill.h"

#include <math.h>
#include <stdbool.h>

#include "lstmfc/math64.h"
#include "lstmfc/sum.h"

static const double SQRT_PI = 0x1.c5bf891b4ef6bp+0;
static const double SQRT_2PI = 0x1.40d931ff62706p+1;

/* Gamma(a + 1/2) / Gamma(a): carried up to a >= 16, where the series in 1/a of the difference of Stirling's two
 * series, terms (2 - 2^(1-2n)) B_2n / (2n (2n-1) a^(2n-1)), is exact to the last bit without any cancellation. */
static double gamma_half_step(double a) {
    static const double term[] = {1.0 / 8, -1.0 / 192, 1.0 / 640, -17.0 / 14336, 31.0 / 18432, -691.0 / 180224, 5461.0 / 425984};
    double factor = 1.0, series = 0.0;
    for (; a < 16.0; a += 1.0) {
        factor *= a / (a + 0.5);
    }
    for (size_t n = sizeof term / sizeof *term; n-- > 0;) {
        series = series / (a * a) + term[n];
    }
    return factor * sqrt(a) * math64_exp(-series / a);
}

/* I_x(a, b) over x^a y^b / B(a, b), y = 1 - x given apart: the even part of the fraction of DLMF 8.17.22, whose terms can be
 * written in y where x is near 1 (with many degrees of freedom x itself no longer tells), by Lentz's method. Fast for
 * x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x, double y) {
    const double lead = a * y - b * x;
    double value = a * (lead + 1.0) / (a + 1.0), c = value, d = 0.0, change = 0.0;
    for (double m = 1.0; m < 1e6 && fabs(change - 1.0) > 0x1p-50; m += 1.0) {
        double at = a + 2.0 * m, even = m * (b - m) * x / (at - 1.0);
        double top = even * (a + m - 1.0) * (a + b + m - 1.0) * x / (at - 1.0);
        double bottom = m + even + (a + m) * (lead + 1.0 + m * (1.0 + y)) / (at + 1.0);
        d = 1.0 / (bottom + top * d);
        c = bottom + top / c;
        change = c * d;
        value *= change;
    }
    return 1.0 / value;
}

double skill_t_upper(double x, double v) {
    if (isnan(x) || !(v > 0.0)) {
        return (double)NAN;
    }
    if (x < 0.0) {
        return 1.0 - skill_t_upper(-x, v);
    }
    if (isinf(v)) {
        return skill_normal_upper(x);
    }
    double square = x * x;
    if (isinf(square)) {
        return 0.0;
    }
    double a = v / 2.0, z = v / (v + square), rest = square / (v + square);
    double front = math64_exp(-a * math64_log1p(square / v)) * sqrt(rest) * gamma_half_step(a) / SQRT_PI;
    if (z < (a + 1.0) / (a + 2.5)) {
        return 0.5 * front * beta_fraction(a, 0.5, z, rest);
    }
    return 0.5 - 0.5 * front * beta_fraction(0.5, a, rest, z);
}

double skill_normal_upper(double x) {
    if (x < 0.0) {
        return 1.0 - skill_normal_upper(-x);
    }
    double density = math64_exp(-0.5 * x * x) / SQRT_2PI;
    if (x < 2.0) {
        double term = x, sum = x;
        for (int k = 3; k < 80; k += 2) {
            term *= x * x / k;
            sum += term;
        }
        return 0.5 - density * sum;
    }
    double fraction = x;
    for (int k = 150; k > 0; k--) {
        fraction = x + k / fraction;
    }
    return density / fraction;
}

/* Loss difference of one pair. */
static double loss_difference(const double *e1, const double *e2, size_t i) {
    return e1[i] * e1[i] - e2[i] * e2[i];
}

static bool all_equal(const double *e1, const double *e2, size_t n) {
    for (size_t i = 1; i < n; i++) {
        if (loss_difference(e1, e2, i) != loss_difference(e1, e2, 0)) {
            return false;
        }
    }
    return true;
}

static double mean_difference(const double *e1, const double *e2, size_t n) {
    Sum sum = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        sum_add(&sum, loss_difference(e1, e2, i));
    }
    return sum_value(&sum) / (double)n;
}

/* n times the autocovariance (divisor n) of the loss differences at a lag. */
static double autocovariance_sum(const double *e1, const double *e2, size_t n, double mean, size_t lag) {
    Sum sum = {0.0, 0.0};
    for (size_t i = lag; i < n; i++) {
        sum_add(&sum, (loss_difference(e1, e2, i) - mean) * (loss_difference(e1, e2, i - lag) - mean));
    }
    return sum_value(&sum);
}

/* Variance of the mean difference from lags 0 .. h-1, with equal or Bartlett's weights. */
static double mean_variance(const double *e1, const double *e2, size_t n, double mean, size_t h, bool bartlett) {
    double variance = autocovariance_sum(e1, e2, n, mean, 0);
    for (size_t lag = 1; lag < h; lag++) {
        double weight = bartlett ? 1.0 - (double)lag / (double)h : 1.0;
        variance += 2.0 * weight * autocovariance_sum(e1, e2, n, mean, lag);
    }
    return variance / (double)n / (double)n;
}

SkillTest skill_diebold_mariano(const double *e1, const double *e2, size_t n, size_t h) {
    h = h > 0 ? h : 1;
    if (n < 2 || n <= h) {
        return (SkillTest){0.0, 1.0};
    }
    double mean = mean_difference(e1, e2, n);
    if (all_equal(e1, e2, n)) {
        double first = loss_difference(e1, e2, 0);
        return first == 0.0 ? (SkillTest){0.0, 1.0} : (SkillTest){first > 0.0 ? (double)INFINITY : -(double)INFINITY, 0.0};
    }
    double variance = mean_variance(e1, e2, n, mean, h, false);
    if (h > 1 && !(variance > 0.0)) {
        variance = mean_variance(e1, e2, n, mean, h, true);
    }
    double count = (double)n, steps = (double)h;
    double factor = sqrt((count + 1.0 - 2.0 * steps + steps / count * (steps - 1.0)) / count);
    double statistic = mean / sqrt(variance) * factor;
    return (SkillTest){statistic, 2.0 * skill_t_upper(fabs(statistic), count - 1.0)};
}

double skill_score(double sse, double sse_naive) {
    return sse_naive != 0.0 ? 1.0 - sse / sse_naive : (double)NAN;
}

Verdict skill_verdict(double skill, double dm_p) {
    if (!(dm_p < 0.05) || isnan(skill) || skill == 0.0) {
        return VERDICT_NO_BETTER;
    }
    return skill > 0.0 ? VERDICT_BETTER : VERDICT_WORSE;
}

const char *skill_verdict_name(Verdict verdict) {
    static const char *const names[] = {"better than naive", "no better than naive", "worse than naive"};
    return names[verdict];
}
