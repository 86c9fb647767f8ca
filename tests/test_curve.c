/* curve: numpy's least squares (tests/golden/make_curve.py); a rule that is no line is found to the last digits, in a walk nothing is;
 * forecasts stay in their range. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "lstmfc/curve.h"
#include "lstmfc/linear.h"
#include "lstmfc/rng.h"

enum { N = 400, TRAIN = 300, REACH = 10 };

static void products_are_those_of_numpy(void **state) {
    (void)state;
    cJSON *root = golden_load("curve.json");
    assert_true(golden_count(root, "cases") >= 4);
    for (const cJSON *one = golden_at(root, "cases")->child; one; one = one->next) {
        size_t n, i = 0;
        double *z = golden_array(one, "z", &n), linear[N] = {0}, levels[CURVE_LEVELS];
        const size_t reach = golden_size(one, "reach"), n_terms = golden_count(one, "products");
        Curve curve;
        Error error = {0};
        for (size_t t = 2; t < n; t++) {
            linear[t] = 0.2 * fabs(z[t - 1] - z[t - 2]);
        }
        for (size_t lag = 0; lag < reach; lag++) {
            levels[lag] = z[n - 1 - lag];
        }
        assert_true(curve_fit(&curve, z, linear, n, reach, &error));
        assert_int_equal(curve.n_terms, n_terms);
        for (const cJSON *product = golden_at(one, "products")->child; product; product = product->next, i++) {
            size_t k = 0;
            for (const cJSON *lag = product->child; lag; lag = lag->next) {
                assert_int_equal(curve.terms[i].lags[k++], (size_t)lag->valuedouble);
            }
            assert_true(k == CURVE_DEGREE || curve.terms[i].lags[k] == 0);
        }
        assert_true(golden_close(curve.low, golden_number(one, "low"), 1e-8, 1, "low"));
        assert_true(golden_close(curve.high, golden_number(one, "high"), 1e-8, 1, "high"));
        assert_true(golden_close(curve_forecast(&curve, levels, 0.25), golden_number(one, "forecast"), 1e-8, 1, "forecast"));
        assert_true(curve_reach(&curve) <= reach);
        free(z);
    }
    cJSON_Delete(root);
}

static Linear bent(const double *x, size_t n, bool relative) {
    Linear linear;
    Error error = {0};
    assert_true(linear_fit(&linear, x, 0, n, REACH, relative, &error) && linear_bend(&linear, x, 0, n, &error));
    return linear;
}

/* Henon's map: z[t] = 1 - 1.4 z[t-1]^2 + 0.3 z[t-2]. */
static void henon(double *x) {
    double last[2] = {0.1, 0.03};
    for (size_t i = 0; i < N; i++) {
        const double next = 1 - 1.4 * last[0] * last[0] + 0.3 * last[1];
        last[1] = last[0];
        x[i] = last[0] = next;
    }
}

static void a_quadratic_rule_is_exact(void **state) {
    (void)state;
    double x[N], worst = 0, straight = 0;
    henon(x);
    const Linear linear = bent(x, TRAIN, false);
    Linear line = linear;
    line.curve = (Curve){0};
    assert_int_equal(linear.curve.n_terms, 1);
    for (size_t r = TRAIN; r < N; r++) {
        double value, without;
        linear_forecast(&linear, x, r, 1, &value);
        linear_forecast(&line, x, r, 1, &without);
        worst = fabs(value - x[r]) > worst ? fabs(value - x[r]) : worst;
        straight = fabs(without - x[r]) > straight ? fabs(without - x[r]) : straight;
    }
    assert_true(worst < 1e-9 && straight > 0.5);
}

/* Ricker's rule is a curve in logarithms; fed back, a few steps of it hold. */
static void many_steps_are_one_step_again_and_again(void **state) {
    (void)state;
    double x[N + 12], values[12];
    x[0] = 0.4;
    for (size_t i = 1; i < N; i++) {
        x[i] = x[i - 1] * exp(2.6 * (1 - x[i - 1]));
    }
    const Linear linear = bent(x, N, true);
    assert_true(linear.curve.n_terms > 0);
    linear_forecast(&linear, x, N, 12, values);
    for (size_t i = 0; i < 12; i++) {
        linear_forecast(&linear, x, N + i, 1, &x[N + i]);
        assert_true(golden_close(values[i], x[N + i], 1e-6, 1, "step"));
    }
}

/* A product passes seldom: in 3 of 100 walks at most. */
static void a_walk_is_no_curve(void **state) {
    (void)state;
    size_t n_curves = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        double x[N];
        Rng rng;
        rng_init(&rng, seed, 4);
        for (size_t i = 0; i < N; i++) {
            x[i] = (i > 0 ? x[i - 1] : 100) + rng_normal(&rng);
        }
        n_curves += bent(x, N, seed % 2).curve.n_terms > 0;
    }
    assert_true(n_curves <= 3);
}

static void levels_never_seen_stay_in_the_range(void **state) {
    (void)state;
    double x[N], levels[CURVE_LEVELS];
    henon(x);
    const Curve curve = bent(x, N, false).curve;
    for (int far = -8; far <= 8; far++) {
        for (size_t i = 0; i < CURVE_LEVELS; i++) {
            levels[i] = x[N - 1 - i] * pow(10, far);
        }
        const double value = curve_forecast(&curve, levels, far);
        assert_true(value >= curve.low && value <= curve.high);
    }
    assert_true(curve.low < curve.high);
}

/* Too few rows, a constant and too long a reach are no curve, and no error. */
static void what_cannot_be_fitted_is_no_curve(void **state) {
    (void)state;
    double x[N], zero[N] = {0};
    Curve curve;
    Error error = {0};
    henon(x);
    assert_true(curve_fit(&curve, x, zero, REACH + CURVE_ROWS - 1, REACH, &error) && curve.n_terms == 0);
    assert_true(curve_fit(&curve, x, zero, REACH + CURVE_ROWS, REACH, &error) && curve.n_terms > 0); /* negative control */
    assert_true(curve_fit(&curve, x, zero, N, CURVE_LEVELS + 1, &error) && curve.n_terms == 0);
    assert_true(curve_fit(&curve, zero, zero, N, REACH, &error) && curve.n_terms == 0);
    assert_true(curve_forecast(&curve, NULL, 3) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_those_of_numpy),
        cmocka_unit_test(a_quadratic_rule_is_exact),
        cmocka_unit_test(many_steps_are_one_step_again_and_again),
        cmocka_unit_test(a_walk_is_no_curve),
        cmocka_unit_test(levels_never_seen_stay_in_the_range),
        cmocka_unit_test(what_cannot_be_fitted_is_no_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
