/* math64.c - log by the series of atanh after reduction to [sqrt(1/2), sqrt(2)); exp by Taylor after reduction to
 * |r| <= ln(2)/2. ln(2) is carried in two parts, the upper short enough that its multiple by an exponent is exact. */
#include "lstmfc/math64.h"

#include <math.h>
#include <stddef.h>

static const double LN2_HIGH = 0x1.62e42fee00000p-1; /* 32 bits */
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double SQRT_HALF = 0x1.6a09e667f3bcdp-1;

/* log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)), f exact. With s = f / (2 + f): 2 atanh(s) = f - s (f - r),
 * r = 2 s^2/3 + 2 s^4/5 + ..., in which the rounding of s weighs little. */
static double log_near_one(double f) {
    double s = f / (2.0 + f), z = s * s, r = 0.0;
    for (int k = 25; k >= 3; k -= 2) {
        r = z * (r + 2.0 / k);
    }
    return f - s * (f - r);
}

/* exponent * ln(2) + part, the small terms first. */
static double log_assemble(int exponent, double part) {
    return exponent * LN2_HIGH + (part + exponent * LN2_LOW);
}

double math64_log(double x) {
    if (isnan(x) || x < 0.0) {
        return (double)NAN;
    }
    if (x == 0.0 || isinf(x)) {
        return x == 0.0 ? -(double)INFINITY : x;
    }
    int exponent = 0;
    double m = frexp(x, &exponent);
    if (m < SQRT_HALF) {
        m *= 2.0;
        exponent -= 1;
    }
    return log_assemble(exponent, log_near_one(m - 1.0));
}

double math64_log1p(double x) {
    if (x > -0.29 && x < 0.41) {
        return log_near_one(x);
    }
    double sum = 1.0 + x;
    if (!(sum > 0.0) || isinf(sum)) {
        return math64_log(sum);
    }
    double lost = x > 1.0 ? 1.0 - (sum - x) : x - (sum - 1.0);
    return math64_log(sum) + lost / sum;
}

double math64_exp(double x) {
    if (isnan(x)) {
        return x;
    }
    if (x > 710.0 || x < -746.0) {
        return x > 0.0 ? (double)INFINITY : 0.0;
    }
    double k = floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
    double high = x - k * LN2_HIGH, low = k * LN2_LOW, r = high - low, tail = (high - r) - low, p = 0.0;
    for (int n = 14; n >= 2; n--) {
        p = (p + 1.0) * r / n;
    }
    return ldexp(1.0 + (r + (p * r + tail)), (int)k);
}
