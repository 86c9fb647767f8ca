/* math64: log, log1p and exp against the C library in long double, over the whole range. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/math64.h"
#include "lstmfc/rng.h"

/* Where long double is double, the library's own rounding comes on top. */
static const double TOLERANCE = LDBL_MANT_DIG > DBL_MANT_DIG ? 4e-16 : 8e-16;

/* Relative error. */
static double error_of(double got, long double want) {
    return (double)(fabsl((long double)got - want) / fabsl(want));
}

static void fail_over(const char *name, double worst, double at) {
    if (!(worst < TOLERANCE)) {
        fail_msg("%s is off by %g at %.17g", name, worst, at);
    }
}

/* Positive doubles of every size: random exponents, then a dense sweep around 1. */
static double positive(Rng *rng, int i) {
    int exponent = (int)rng_below(rng, 2040) - 1020;
    return i % 2 ? ldexp(1.0 + rng_uniform(rng), exponent) : 1.0 + (rng_uniform(rng) - 0.5) * ldexp(1.0, -(int)rng_below(rng, 40));
}

static void log_is_accurate(void **state) {
    (void)state;
    Rng rng;
    rng_init(&rng, 1, 1);
    double worst = 0.0, at = 0.0;
    for (int i = 0; i < 200000; i++) {
        double x = positive(&rng, i), e = x == 1.0 ? 0.0 : error_of(math64_log(x), logl((long double)x));
        at = e > worst ? x : at;
        worst = e > worst ? e : worst;
    }
    fail_over("log", worst, at);
}

static void log1p_is_accurate(void **state) {
    (void)state;
    Rng rng;
    rng_init(&rng, 2, 1);
    double worst = 0.0, at = 0.0;
    for (int i = 0; i < 200000; i++) {
        double x = i % 2 ? positive(&rng, 1) : (rng_uniform(&rng) - 0.5) * 2.0;
        double e = x == 0.0 ? 0.0 : error_of(math64_log1p(x), log1pl((long double)x));
        at = e > worst ? x : at;
        worst = e > worst ? e : worst;
    }
    fail_over("log1p", worst, at);
}

static void exp_is_accurate(void **state) {
    (void)state;
    Rng rng;
    rng_init(&rng, 3, 1);
    double worst = 0.0, at = 0.0;
    for (int i = 0; i < 200000; i++) {
        double x = i % 2 ? (rng_uniform(&rng) - 0.5) * 1416.0 : (rng_uniform(&rng) - 0.5) * 4.0;
        double e = error_of(math64_exp(x), expl((long double)x));
        at = e > worst ? x : at;
        worst = e > worst ? e : worst;
    }
    fail_over("exp", worst, at);
}

static void ends_of_the_range(void **state) {
    (void)state;
    assert_true(math64_log(1.0) == 0.0 && math64_log1p(0.0) == 0.0 && math64_exp(0.0) == 1.0);
    assert_true(math64_log(0.0) < -DBL_MAX && math64_log1p(-1.0) < -DBL_MAX);
    assert_true(isnan(math64_log(-1e-300)) && isnan(math64_log1p(-1.5)) && isnan(math64_log((double)NAN)));
    assert_true(isnan(math64_exp((double)NAN)) && isnan(math64_log1p((double)NAN)));
    assert_true(isinf(math64_log((double)INFINITY)) && isinf(math64_log1p((double)INFINITY)) && isinf(math64_exp((double)INFINITY)));
    assert_true(isinf(math64_exp(709.79)) && isfinite(math64_exp(709.78)));
    assert_true(math64_exp(-(double)INFINITY) == 0.0 && math64_exp(-746.0) == 0.0 && math64_exp(-745.0) > 0.0);
    assert_true(error_of(math64_log(5e-324), logl((long double)5e-324)) < TOLERANCE);
    assert_true(error_of(math64_log(DBL_MAX), logl((long double)DBL_MAX)) < TOLERANCE);
}

/* The bits this code gave when it was written (the accuracy is judged above): every machine and compiler must give them. */
static void bits_are_fixed(void **state) {
    (void)state;
    uint64_t hash = 0;
    Rng rng;
    rng_init(&rng, 4, 1);
    for (int i = 0; i < 20000; i++) {
        double x = positive(&rng, i), values[3] = {math64_log(x), math64_log1p(x), math64_exp(math64_log(x) * 0.7)};
        for (int k = 0; k < 3; k++) {
            uint64_t bits;
            memcpy(&bits, &values[k], sizeof bits);
            hash = rng_mix(hash, bits);
        }
    }
    assert_true(hash == UINT64_C(0x4f5e2edb49817894));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_is_accurate),
        cmocka_unit_test(log1p_is_accurate),
        cmocka_unit_test(exp_is_accurate),
        cmocka_unit_test(ends_of_the_range),
        cmocka_unit_test(bits_are_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
