/* baseline: base R's HoltWinters and lm (tests/golden/make_dm.R), cases by hand, known seasons, and no look ahead. */
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
#include "lstmfc/baseline.h"
#include "lstmfc/rng.h"

static double *random_walk(size_t n, uint64_t stream) {
    Rng rng;
    rng_init(&rng, 7, stream);
    double *x = malloc(n * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
        x[i] = (i > 0 ? x[i - 1] : 100.0) + rng_normal(&rng);
    }
    return x;
}

static void registry_is_whole(void **state) {
    (void)state;
    size_t n = 0;
    for (; baseline_kinds[n]; n++) {
        assert_ptr_equal(baseline_find(baseline_kinds[n]->name), baseline_kinds[n]);
        assert_true(strlen(baseline_kinds[n]->summary) > 5);
    }
    assert_int_equal(n, 7);
    assert_string_equal(baseline_kinds[0]->name, "naive");
    assert_null(baseline_find("oracle"));
}

static void forecasts_by_hand(void **state) {
    (void)state;
    const double x[] = {10, 12, 11, 15, 14, 18};
    BaselineState fitted;
    assert_true(baseline_fit(&fitted, baseline_find("naive"), x, 0, 5, 0));
    assert_true(baseline_forecast(&fitted, x, 5, 1) == 14.0 && baseline_forecast(&fitted, x, 6, 9) == 18.0);
    assert_true(baseline_fit(&fitted, baseline_find("drift"), x, 0, 5, 0));
    assert_true(baseline_forecast(&fitted, x, 6, 1) == 19.0 && baseline_forecast(&fitted, x, 5, 3) == 17.0);
    assert_true(baseline_fit(&fitted, baseline_find("average-100"), x, 1, 5, 0));
    assert_true(baseline_forecast(&fitted, x, 5, 1) == 13.0 && baseline_forecast(&fitted, x, 3, 4) == 11.5);
    assert_true(baseline_fit(&fitted, baseline_find("ema"), x, 0, 3, 0));
    assert_true(baseline_forecast(&fitted, x, 3, 1) == 11.0 && baseline_forecast(&fitted, x, 4, 2) == 13.0);
    assert_true(baseline_fit(&fitted, baseline_find("seasonal-naive"), x, 0, 5, 3));
    assert_true(baseline_forecast(&fitted, x, 6, 1) == 15.0 && baseline_forecast(&fitted, x, 6, 3) == 18.0);
    assert_true(baseline_forecast(&fitted, x, 6, 4) == 15.0 && baseline_forecast(&fitted, x, 5, 2) == 15.0);
    assert_true(baseline_forecast(&fitted, x, 2, 1) == 12.0); /* less than a season known */
}

/* d' = 1 - d / 2 exactly: changes 4, -1, 1.5, 0.25 ... */
static void ar1_finds_an_exact_rule(void **state) {
    (void)state;
    double x[12] = {3.0, 7.0};
    for (size_t i = 2; i < 12; i++) {
        x[i] = x[i - 1] + 1.0 - 0.5 * (x[i - 1] - x[i - 2]);
    }
    BaselineState fitted;
    assert_true(baseline_fit(&fitted, baseline_find("ar1"), x, 0, 8, 0));
    for (size_t step = 1; step <= 4; step++) {
        assert_true(golden_close(baseline_forecast(&fitted, x, 8, step), x[7 + step], 1e-12, 0.0, "ar1"));
    }
    const double line[] = {1, 3, 5, 7, 9};
    assert_true(baseline_fit(&fitted, baseline_find("ar1"), line, 0, 5, 0));
    assert_true(fitted.phi == 0.0 && baseline_forecast(&fitted, line, 5, 2) == 13.0);
}

static void fits_are_those_of_r(void **state) {
    (void)state;
    cJSON *root = golden_load("dm.json");
    size_t cases = golden_count(root, "series");
    assert_true(cases >= 4);
    for (size_t i = 0; i < cases; i++) {
        const cJSON *one = cJSON_GetArrayItem(golden_at(root, "series"), (int)i);
        const char *name = golden_string(one, "name");
        size_t n;
        double *x = golden_array(one, "x", &n), *out = malloc(n * sizeof *out), sse = 0.0;
        BaselineState ses, ar1;
        assert_true(baseline_fit(&ses, baseline_find("ses"), x, 0, n, 0) && baseline_fit(&ar1, baseline_find("ar1"), x, 0, n, 0));
        assert_true(golden_close(ar1.change, golden_number(one, "c"), 1e-9, 1.0, name) &&
                    golden_close(ar1.phi, golden_number(one, "phi"), 1e-10, 0.0, name));
        baseline_forecasts(&ses, x, 1, n, 1, out);
        for (size_t row = 1; row < n; row++) {
            sse += (x[row] - out[row - 1]) * (x[row] - out[row - 1]);
        }
        assert_true(golden_close(ses.alpha, golden_number(one, "alpha"), 2e-4, 0.0, name)); /* R stops at a step of 1e-4 */
        assert_true(sse <= golden_number(one, "sse") * (1.0 + 1e-9));
        assert_true(golden_close(baseline_forecast(&ses, x, n, 1), golden_number(one, "last"), 1e-4, 0.0, name));
        free(x);
        free(out);
    }
    cJSON_Delete(root);
}

static void known_seasons_are_found(void **state) {
    (void)state;
    cJSON *root = golden_load("dm.json");
    assert_true(golden_count(root, "seasons") >= 7);
    for (const cJSON *one = golden_at(root, "seasons")->child; one; one = one->next) {
        size_t n;
        double *x = golden_array(one, "x", &n);
        size_t season = baseline_season(x, 0, n);
        if (season != golden_size(one, "season")) {
            print_error("%s: season %zu\n", golden_string(one, "name"), season);
        }
        assert_int_equal(season, golden_size(one, "season"));
        for (size_t rows = n / 2; rows < n; rows += n / 12) {
            assert_int_equal(baseline_season(x, 0, rows), golden_size(one, "season"));
        }
        free(x);
    }
    cJSON_Delete(root);
}

/* A square wave of 7 under noise, and a smooth one of 50 whose changes are half noise. */
static void noisy_seasons_are_found(void **state) {
    (void)state;
    Rng rng;
    rng_init(&rng, 11, RNG_SAMPLE);
    static double week[2000], slow[3000];
    for (size_t i = 0; i < 2000; i++) {
        week[i] = (i % 7 < 5 ? 1.0 : -1.0) + 0.6 * rng_normal(&rng);
    }
    for (size_t i = 0; i < 3000; i++) {
        double phase = (double)(i % 50) / 50.0, wave = phase < 0.5 ? 16.0 * phase * (0.5 - phase) : -16.0 * (phase - 0.5) * (1.0 - phase);
        slow[i] = wave + 0.07 * rng_normal(&rng);
    }
    assert_int_equal(baseline_season(week, 0, 2000), 7);
    size_t season = baseline_season(slow, 0, 3000);
    if (season < 48 || season > 52) {
        fail_msg("season of 50: %zu", season);
    }
}

/* Deaths from lung disease in the United Kingdom by the month, 1974 to 1979 (Diggle 1990, Time Series, table A.3): an epidemic in one
 * February makes changes look alike 13 months apart. */
static void a_season_is_told_by_its_multiples(void **state) {
    (void)state;
    static const double x[] = {3035, 2552, 2704, 2554, 2014, 1655, 1721, 1524, 1596, 2074, 2199, 2512, 2933, 2889, 2938, 2497, 1870, 1726,
                               1607, 1545, 1396, 1787, 2076, 2837, 2787, 3891, 3179, 2011, 1636, 1580, 1489, 1300, 1356, 1653, 2013, 2823,
                               3102, 2294, 2385, 2444, 1748, 1554, 1498, 1361, 1346, 1564, 1640, 2293, 2815, 3137, 2679, 1969, 1870, 1633,
                               1529, 1366, 1357, 1570, 1535, 2491, 3084, 2605, 2573, 2143, 1693, 1504, 1461, 1354, 1333, 1492, 1781, 1915};
    assert_int_equal(baseline_season(x, 0, 72), 12);
}

/* Negative control: of 60 random walks and 60 noises hardly one looks seasonal. */
static void chance_is_no_season(void **state) {
    (void)state;
    size_t found_walks = 0, found_noises = 0;
    for (uint64_t stream = 100; stream < 160; stream++) {
        double *x = random_walk(700, stream);
        found_walks += baseline_season(x, 0, 700) != 0;
        for (size_t i = 699; i > 0; i--) {
            x[i] -= x[i - 1];
        }
        found_noises += baseline_season(x, 1, 700) != 0;
        free(x);
    }
    print_message("seasons by chance: %zu of 60 random walks, %zu of 60 noises\n", found_walks, found_noises);
    assert_true(found_walks <= 8 && found_noises <= 8);
    const double flat[40] = {0.0};
    assert_int_equal(baseline_season(flat, 0, 40), 0);
    assert_int_equal(baseline_season(flat, 0, 3), 0);
}

/* Whatever follows the origin is poison, and rows outside [first, last) do not change the fit. */
static void nothing_reads_ahead(void **state) {
    (void)state;
    enum { N = 400, FIRST = 10, LAST = 260, STEP = 3 };
    double *x = random_walk(N, 3), poisoned[N], out[N];
    for (size_t k = 0; baseline_kinds[k]; k++) {
        BaselineState fitted, blind;
        assert_true(baseline_fit(&fitted, baseline_kinds[k], x, FIRST, LAST, 12));
        for (size_t i = 0; i < N; i++) {
            poisoned[i] = i >= FIRST && i < LAST ? x[i] : (double)NAN;
        }
        assert_true(baseline_fit(&blind, baseline_kinds[k], poisoned, FIRST, LAST, 12));
        assert_true(memcmp(&blind, &fitted, sizeof fitted) == 0);
        baseline_forecasts(&fitted, x, FIRST + STEP, N, STEP, out);
        for (size_t row = FIRST + STEP; row < N; row++) {
            for (size_t i = 0; i < N; i++) {
                poisoned[i] = i < row + 1 - STEP && i >= FIRST ? x[i] : (double)NAN;
            }
            double alone = baseline_forecast(&fitted, poisoned, row + 1 - STEP, STEP);
            assert_true(isfinite(alone) && alone == out[row - FIRST - STEP]);
        }
        poisoned[N - STEP] = (double)NAN; /* the control: the row before the origin is read */
        assert_true(isnan(baseline_forecast(&fitted, poisoned, N - STEP + 1, STEP)) ||
                    baseline_kinds[k]->forecast != baseline_kinds[0]->forecast);
    }
    free(x);
}

static void season_is_detected_on_training_rows_alone(void **state) {
    (void)state;
    static double x[600];
    Rng rng;
    rng_init(&rng, 5, RNG_SAMPLE);
    for (size_t i = 0; i < 600; i++) {
        x[i] = i < 300 ? rng_normal(&rng) : i % 5 == 0 ? 9.0 : 0.0;
    }
    BaselineState fitted;
    assert_true(baseline_fit(&fitted, baseline_find("seasonal-naive"), x, 0, 300, 0));
    assert_int_equal(fitted.season, 0);
    assert_true(baseline_forecast(&fitted, x, 301, 1) == x[300]);
    assert_true(baseline_fit(&fitted, baseline_find("seasonal-naive"), x, 300, 600, 0));
    assert_int_equal(fitted.season, 5);
    for (size_t i = 300; i < 305; i++) {
        x[i] = (double)NAN;
    }
    assert_true(baseline_forecast(&fitted, x, 600, 1) == 9.0 && baseline_forecast(&fitted, x, 600, 2) == 0.0);
}

static void too_little_is_naive(void **state) {
    (void)state;
    const double x[] = {4, 5, 7, 6}, broken[] = {1, 2, (double)NAN, 4, 5, 6};
    const size_t least[] = {1, 2, 2, 1, 4, 1, 1};
    for (size_t k = 0; baseline_kinds[k]; k++) {
        BaselineState fitted;
        assert_true(baseline_fit(&fitted, baseline_kinds[k], x, 0, least[k], 0));
        assert_true(isfinite(baseline_forecast(&fitted, x, least[k], 2)));
        assert_false(baseline_fit(&fitted, baseline_kinds[k], x, 0, least[k] - 1, 0));
        assert_ptr_equal(fitted.kind, baseline_kinds[0]);
        assert_true(baseline_forecast(&fitted, x, 3, 5) == 7.0);
    }
    double ramp[250];
    BaselineState fitted;
    for (size_t i = 0; i < 250; i++) {
        ramp[i] = (double)i;
    }
    assert_true(baseline_fit(&fitted, baseline_find("average-100"), ramp, 0, 200, 0));
    assert_true(baseline_forecast(&fitted, ramp, 220, 1) == 169.5); /* of 120 .. 219 */
    assert_false(baseline_fit(&fitted, baseline_find("ses"), broken, 0, 6, 0));
    assert_true(baseline_forecast(&fitted, broken, 6, 1) == 6.0);
    assert_false(baseline_fit(&fitted, baseline_find("ar1"), broken, 0, 6, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry_is_whole),
        cmocka_unit_test(forecasts_by_hand),
        cmocka_unit_test(ar1_finds_an_exact_rule),
        cmocka_unit_test(fits_are_those_of_r),
        cmocka_unit_test(known_seasons_are_found),
        cmocka_unit_test(noisy_seasons_are_found),
        cmocka_unit_test(a_season_is_told_by_its_multiples),
        cmocka_unit_test(chance_is_no_season),
        cmocka_unit_test(nothing_reads_ahead),
        cmocka_unit_test(season_is_detected_on_training_rows_alone),
        cmocka_unit_test(too_little_is_naive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
