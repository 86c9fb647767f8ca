/* metric: scikit-learn and pandas on seeded, constant, tiny and badly scaled inputs (tests/golden/make_metrics.py), and cases by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "lstmfc/metric.h"
#include "lstmfc/sum.h"

/* Scores compare relatively; R2 and EVS, which cancel, relative to 1. */
static void assert_scores(const cJSON *expected, const Metrics *metrics, const char *name) {
    for (size_t k = 0; k < METRIC_COUNT; k++) {
        char what[128];
        snprintf(what, sizeof what, "%s: %s", name, metric_names[k]);
        double floor_size = k == METRIC_R2 || k == METRIC_EVS ? 1.0 : 0.0;
        assert_true(golden_close(metrics->value[k], golden_number(expected, metric_names[k]), 1e-12, floor_size, what));
    }
}

static void scores_are_those_of_scikit_learn(void **state) {
    (void)state;
    cJSON *root = golden_load("metrics.json");
    size_t cases = golden_count(root, "score");
    assert_true(cases >= 13);
    for (size_t i = 0; i < cases; i++) {
        const cJSON *one = cJSON_GetArrayItem(golden_at(root, "score"), (int)i);
        size_t n, m;
        double *actual = golden_array(one, "actual", &n), *forecast = golden_array(one, "forecast", &m);
        assert_int_equal(n, m);
        Metrics raw = metric_score(actual, forecast, n), scaled = metric_rescale(&raw, golden_number(one, "range"));
        assert_int_equal(raw.n, n);
        assert_scores(golden_at(one, "score"), &raw, golden_string(one, "name"));
        assert_scores(golden_at(one, "scaled"), &scaled, golden_string(one, "name"));
        free(actual);
        free(forecast);
    }
    cJSON_Delete(root);
}

static void nothing_scored_is_undefined(void **state) {
    (void)state;
    Metrics metrics = metric_score(NULL, NULL, 0);
    assert_int_equal(metrics.n, 0);
    for (size_t k = 0; k < METRIC_COUNT; k++) {
        assert_true(isnan(metrics.value[k]));
    }
}

static void summaries_are_those_of_pandas(void **state) {
    (void)state;
    cJSON *root = golden_load("metrics.json");
    size_t cases = golden_count(root, "describe");
    assert_true(cases >= 12);
    for (size_t i = 0; i < cases; i++) {
        const cJSON *one = cJSON_GetArrayItem(golden_at(root, "describe"), (int)i);
        size_t n;
        double *values = golden_array(one, "values", &n), *work = malloc((n + 1) * sizeof *work);
        assert_non_null(work);
        work[n] = -7.0;
        Summary summary = metric_describe(values, n, work);
        assert_true(work[n] == -7.0);
        for (size_t k = 0; k < SUMMARY_SIZE; k++) {
            double largest = fmax(fabs(summary.value[SUMMARY_MIN]), fabs(summary.value[SUMMARY_MAX]));
            double floor_size = k == SUMMARY_MEAN || k == SUMMARY_STD ? fmax(largest, 0.0) : 0.0;
            double expected = golden_number(golden_at(one, "summary"), summary_names[k]);
            assert_true(golden_close(summary.value[k], expected, 1e-12, floor_size, summary_names[k]));
        }
        free(values);
        free(work);
    }
    cJSON_Delete(root);
}

/* 1e8 + noise of 1: a plain one-pass sum of squares would keep no digit of the spread. */
static void large_levels_keep_their_digits(void **state) {
    (void)state;
    const double actual[] = {1e8 + 1, 1e8 + 2, 1e8 + 3, 1e8 + 4}, forecast[] = {1e8 + 1, 1e8 + 2, 1e8 + 3, 1e8 + 5};
    Metrics metrics = metric_score(actual, forecast, 4);
    assert_true(metrics.value[METRIC_MSE] == 0.25 && metrics.value[METRIC_RMSE] == 0.5 && metrics.value[METRIC_MAE] == 0.25);
    assert_true(golden_close(metrics.value[METRIC_R2], 1.0 - 1.0 / 5.0, 1e-15, 0.0, "r2"));
    assert_true(golden_close(metrics.value[METRIC_EVS], 1.0 - 0.75 / 5.0, 1e-15, 0.0, "evs"));
}

static void sums_are_compensated(void **state) {
    (void)state;
    const double terms[] = {1.0, 1e100, 1.0, -1e100};
    Sum sum = {0.0, 0.0};
    double plain = 0.0;
    for (size_t i = 0; i < 4; i++) {
        sum_add(&sum, terms[i]);
        plain += terms[i];
    }
    assert_true(sum_value(&sum) == 2.0 && plain == 0.0);
    sum_add(&sum, (double)INFINITY);
    assert_true(isinf(sum_value(&sum)));
    const double equal[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    assert_true(sum_mean(equal, 7) == 0.1 && sum_squares(equal, 7, 0.1) == 0.0 && isnan(sum_mean(equal, 0)));
}

static void mase_by_hand(void **state) {
    (void)state;
    const double training[] = {1.0, 3.0, 2.0, 6.0}; /* |steps| 2 1 4; by lag 2: 1 3 */
    assert_true(golden_close(metric_mase(3.5, training, 4, 1), 1.5, 1e-15, 0.0, "lag 1"));
    assert_true(golden_close(metric_mase(3.0, training, 4, 2), 1.5, 1e-15, 0.0, "lag 2"));
    const double flat[] = {2.0, 2.0, 2.0};
    assert_true(isnan(metric_mase(1.0, flat, 3, 1)) && isnan(metric_mase(1.0, training, 4, 4)) && isnan(metric_mase(1.0, training, 4, 0)));
}

static void direction_by_hand(void **state) {
    (void)state;
    const double last[] = {10, 10, 10, 10, 10}, actual[] = {11, 9, 10, 12, 8};
    const double forecast[] = {12, 9.5, 11, 10, 11}; /* hit, hit, no move, none forecast, wrong way */
    assert_true(metric_direction(actual, forecast, last, 5) == 0.5);
    assert_true(metric_direction(actual, actual, last, 5) == 1.0 && metric_direction(actual, last, last, 5) == 0.0);
    assert_true(isnan(metric_direction(last, forecast, last, 5)) && isnan(metric_direction(NULL, NULL, NULL, 0)));
}

/* The helper itself must be able to say no. */
static void closeness_can_fail(void **state) {
    (void)state;
    assert_false(golden_close(1.0 + 1e-11, 1.0, 1e-12, 0.0, "meant to differ"));
    assert_false(golden_close((double)NAN, 1.0, 1e-12, 0.0, "meant to differ"));
    assert_false(golden_close(1.0, (double)NAN, 1e-12, 0.0, "meant to differ"));
    assert_false(golden_close(1e308, (double)INFINITY, 1e-12, 0.0, "meant to differ"));
    assert_true(golden_close((double)NAN, (double)NAN, 0.0, 0.0, "NaN") && golden_close(1.0 + 1e-13, 1.0, 1e-12, 0.0, "near"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_scikit_learn),
        cmocka_unit_test(nothing_scored_is_undefined),
        cmocka_unit_test(summaries_are_those_of_pandas),
        cmocka_unit_test(large_levels_keep_their_digits),
        cmocka_unit_test(sums_are_compensated),
        cmocka_unit_test(mase_by_hand),
        cmocka_unit_test(direction_by_hand),
        cmocka_unit_test(closeness_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
