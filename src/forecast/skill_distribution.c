/* skill_distribution.c - tails of Student's t and of the normal, and the quantile of the normal. */
#include <math.h>
#include <stddef.h>

#include "lstmfc/math64.h"
#include "lstmfc/skill.h"

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

/* ---- quantile of the normal: Wichura 1988, algorithm AS 241, PPND16 */

/* Coefficients lowest power first. */
static double ratio_of_polynomials(const double top[8], const double bottom[8], double r) {
    double above = top[7], below = bottom[7];
    for (size_t i = 7; i-- > 0;) {
        above = above * r + top[i];
        below = below * r + bottom[i];
    }
    return above / below;
}

static double quantile_of_tail(double p) {
    static const double c[] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
                               1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                               1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                               7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};
    double r = sqrt(-math64_log(p));
    return r <= 5.0 ? ratio_of_polynomials(c, d, r - 1.6) : ratio_of_polynomials(e, f, r - 5.0);
}

double skill_normal_quantile(double p) {
    static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
                               4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
                               2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3};
    if (!(p > 0.0 && p < 1.0)) {
        return p == 0.0 ? -(double)INFINITY : p == 1.0 ? (double)INFINITY : (double)NAN;
    }
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        return q * ratio_of_polynomials(a, b, 0.180625 - q * q);
    }
    return q < 0.0 ? -quantile_of_tail(p) : quantile_of_tail(1.0 - p);
}
