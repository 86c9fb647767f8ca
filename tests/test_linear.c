/* linear: numpy's least squares and statsmodels (tests/golden/make_linear.py); what can be known is found; what cannot be taken is naive;
 * nothing beyond its reach is read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "lstmfc/linear.h"
#include "lstmfc/rng.h"

enum { N = 600, REACH = 40 };

static Linear fitted(const double *x, size_t first, size_t last, size_t reach, bool relative) {
    Linear linear;
    Error error = {0};
    assert_true(linear_fit(&linear, x, first, last, reach, relative, &error));
    return linear;
}

static void coefficients_are_those_of_numpy(void **state) {
    (void)state;
    cJSON *root = golden_load("linear.json");
    assert_true(golden_count(root, "cases") >= 11);
    size_t n_profiles = 0;
    for (const cJSON *one = golden_at(root, "cases")->child; one; one = one->next) {
        size_t n, n_lags, n_places;
        double values[5], *x = golden_array(one, "x", &n), *lags = golden_array(one, "lags", &n_lags),
                          *profile = golden_array(one, "profile", &n_places), *seasonal = golden_array(one, "seasonal", NULL),
                          *forecast = golden_array(one, "forecast", NULL);
        const Linear linear = fitted(x, 0, n, golden_size(one, "reach"), cJSON_IsTrue(golden_at(one, "relative")));
        assert_int_equal(linear.n_lags, n_lags);
        assert_true(linear_reach(&linear) <= golden_size(one, "reach") && linear_reach(&linear) <= LINEAR_LAGS + 1);
        assert_true(golden_close(linear.mean, golden_number(one, "mean"), 1e-12, 1, "mean"));
        assert_true(golden_close(linear.constant, golden_number(one, "constant"), 1e-6, 1, "constant"));
        assert_true(golden_close(linear.level, golden_number(one, "level"), 1e-6, 1, "level"));
        for (size_t i = 0; i < n_lags; i++) {
            assert_true(golden_close(linear.lags[i], lags[i], 1e-6, 1, "lag"));
        }
        assert_int_equal(linear.profile.length, n_places);
        n_profiles += n_places > 0;
        for (size_t i = 0; i < n_places; i++) {
            assert_true(golden_close(linear.profile.levels[i], profile[i], 1e-9, 1, "profile"));
            assert_true(golden_close(linear.seasonal[i], seasonal[i], 1e-6, 1, "seasonal"));
        }
        linear_forecast(&linear, x, n, 5, values);
        for (size_t i = 0; i < 5; i++) {
            assert_true(golden_close(values[i], forecast[i], 1e-6, 1, "forecast"));
        }
        free(profile);
        free(seasonal);
        free(x);
        free(lags);
        free(forecast);
    }
    assert_true(n_profiles > 0 && n_profiles < golden_count(root, "cases"));
    cJSON_Delete(root);
}

/* z[t] = phi1 z[t-1] + phi2 z[t-2] + season + noise of one. */
static void simulate(double *x, uint64_t seed, double phi1, double phi2, double season) {
    Rng rng;
    rng_init(&rng, seed, 9);
    for (size_t i = 0; i < N; i++) {
        const double wave = season * sin(2 * 3.14159265358979323846 * (double)i / 12);
        x[i] = (i > 0 ? phi1 * x[i - 1] : 0) + (i > 1 ? phi2 * x[i - 2] : 0) + wave + rng_normal(&rng);
    }
}

/* Mean square of one-step errors on [first, N), naive's too. */
static double squares(const Linear *linear, const double *x, size_t first, double *naive) {
    double sum = 0;
    *naive = 0;
    for (size_t r = first; r < N; r++) {
        double value;
        linear_forecast(linear, x, r, 1, &value);
        sum += (x[r] - value) * (x[r] - value) / (double)(N - first);
        *naive += (x[r] - x[r - 1]) * (x[r] - x[r - 1]) / (double)(N - first);
    }
    return sum;
}

/* Errors come near to the noise, whose variance is 1; a walk's as well, for nothing is found in it. */
static void what_can_be_known_is_found(void **state) {
    (void)state;
    static const struct {
        double phi1, phi2, season, naive;
    } cases[] = {{1.6, -0.8, 0, 2.5}, {0, 0, 10, 14}, {0.7, 0, 5, 5}, {1, 0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x[N], naive;
        simulate(x, 3 + i, cases[i].phi1, cases[i].phi2, cases[i].season);
        const Linear linear = fitted(x, 0, 400, REACH, false);
        const double own = squares(&linear, x, 400, &naive);
        if (!(own < 1.35 && naive > cases[i].naive)) {
            fail_msg("%zu: %g, naive %g", i, own, naive);
        }
    }
}

/* A wave follows an exact rule of two lags. */
static void an_exact_rule_is_exact(void **state) {
    (void)state;
    double x[N], naive;
    for (size_t i = 0; i < N; i++) {
        x[i] = 50 + 10 * sin(0.5 * (double)i);
    }
    const Linear linear = fitted(x, 0, 300, 8, false);
    assert_true(squares(&linear, x, 300, &naive) < 1e-6 * naive);
}

/* A season that is the same every year is taken off, and found again wherever rows begin; a walk has none, and none is found in one. */
static void a_season_is_found_by_its_rows(void **state) {
    (void)state;
    double x[N], naive, here[4], there[4];
    simulate(x, 11, 0, 0, 6);
    const Linear linear = fitted(x, 0, 400, REACH, false);
    assert_int_equal(linear.profile.length, 12);
    double noise = 0;
    for (size_t i = 400; i < N; i++) {
        const double wave = 6 * sin(2 * 3.14159265358979323846 * (double)i / 12);
        noise += (x[i] - wave) * (x[i] - wave) / (double)(N - 400);
    }
    const double own = squares(&linear, x, 400, &naive);
    if (!(own < 1.1 * noise && naive > 5 * noise)) {
        fail_msg("%g, naive %g, noise %g", own, naive, noise);
    }
    for (size_t cut = 1; cut < 14; cut++) {
        linear_forecast(&linear, x, 450, 4, here);
        linear_forecast(&linear, x + cut, 450 - cut, 4, there);
        assert_memory_equal(here, there, sizeof here);
    }
    Profile profile = linear.profile;
    assert_true(profile_found(&profile, x, 400, 30) == 1);
    simulate(x, 12, 1, 0, 0);
    assert_int_equal(fitted(x, 0, 400, REACH, false).profile.length, 0);
    assert_true(profile_found(&profile, x, 400, 30) < 0.5);
}

static void a_profile_is_what_it_was_made_of(void **state) {
    (void)state;
    static const double season[5] = {-3, 1, 4, -1, -1};
    double z[103];
    Profile profile;
    for (size_t i = 0; i < 103; i++) {
        z[i] = 7 + 0.25 * (double)i + season[i % 5];
    }
    profile_fit(&profile, z, 103, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(golden_close(profile_level(&profile, i + 10), season[i], 1e-12, 1, "level"));
        assert_int_equal(profile_place(&profile, z + i, 8), (i + 8) % 5);
    }
    assert_true(profile_found(&profile, z, 103, 8) == 1 && !profile.by_levels);
    profile_remove(&profile, z, 103);
    for (size_t i = 0; i < 103; i++) {
        assert_true(golden_close(z[i], 7 + 0.25 * (double)i, 1e-12, 1, "what is left"));
    }
    const Profile none = {0};
    assert_true(profile_level(&none, 3) == 0 && profile_place(&none, z, 9) == 0);
}

static void many_steps_are_one_step_again_and_again(void **state) {
    (void)state;
    for (int relative = 0; relative < 2; relative++) {
        double x[N], values[70], own[N + 70];
        simulate(x, 8, 1.2, -0.5, 2);
        for (size_t i = 0; i < N; i++) {
            x[i] = relative ? exp(0.05 * x[i]) : x[i];
        }
        const Linear linear = fitted(x, 0, N, REACH, relative);
        memcpy(own, x, sizeof x);
        linear_forecast(&linear, x, N, 70, values);
        for (size_t i = 0; i < 70; i++) {
            linear_forecast(&linear, own, N + i, 1, &own[N + i]);
            assert_true(golden_close(values[i], own[N + i], 1e-9, 1, "step"));
        }
    }
}

/* Rows before the reach, rows from the origin on, and rows after the fitted ones do not matter; the last row of the reach does. */
static void nothing_beyond_its_reach_is_read(void **state) {
    (void)state;
    double x[N], y[N], a[3], b[3];
    simulate(x, 2, 0.5, 0.2, 3);
    memcpy(y, x, sizeof x);
    for (size_t i = 300; i < N; i++) {
        y[i] = NAN;
    }
    y[9] = 1e300;
    const Linear linear = fitted(x, 10, 300, REACH, false), other = fitted(y, 10, 300, REACH, false);
    assert_memory_equal(&linear, &other, sizeof linear);
    const size_t reach = linear_reach(&linear);
    assert_int_equal(reach, REACH);
    memcpy(y, x, sizeof x);
    y[250 - reach - 1] = y[250] = NAN;
    linear_forecast(&linear, x, 250, 3, a);
    linear_forecast(&linear, y, 250, 3, b);
    assert_memory_equal(a, b, sizeof a);
    y[249] += 1; /* negative control */
    linear_forecast(&linear, y, 250, 3, b);
    assert_true(a[0] != b[0]);
}

/* Another unit, and with differences another zero, change nothing. */
static void units_do_not_matter(void **state) {
    (void)state;
    double x[N], y[N], a[4], b[4];
    simulate(x, 6, 0.9, 0, 1);
    for (int relative = 0; relative < 2; relative++) {
        const double unit = 1e-5, zero = relative ? 0 : 1e-3;
        for (size_t i = 0; i < N; i++) {
            x[i] = relative ? exp(0.1 * x[i]) : x[i];
            y[i] = zero + unit * x[i];
        }
        const Linear linear = fitted(x, 0, N, REACH, relative), other = fitted(y, 0, N, REACH, relative);
        linear_forecast(&linear, x, N, 4, a);
        linear_forecast(&other, y, N, 4, b);
        for (size_t i = 0; i < 4; i++) {
            assert_true(golden_close(b[i], zero + unit * a[i], 1e-7, 1e-6, "value"));
        }
    }
}

static void assert_naive(const double *x, size_t last, size_t reach, bool relative) {
    double values[3];
    const Linear linear = fitted(x, 0, last, reach, relative);
    linear_forecast(&linear, x, last, 3, values);
    for (size_t i = 0; i < 3; i++) {
        assert_true(values[i] == x[last - 1]);
    }
}

static void what_cannot_be_taken_is_naive(void **state) {
    (void)state;
    double x[N], values[2];
    simulate(x, 4, 0.5, 0.2, 3);
    assert_naive(x, LINEAR_ROWS - 1, REACH, false);
    assert_naive(x, 300, 1, false);
    assert_naive(x, 300, REACH, true); /* values of both signs have no logarithm */
    x[7] = INFINITY;
    assert_naive(x, 300, REACH, false);
    for (size_t i = 0; i < N; i++) {
        x[i] = 42;
    }
    assert_naive(x, 300, REACH, false);
    assert_naive(x, 300, REACH, true);
    simulate(x, 4, 0.5, 0.2, 3);
    for (size_t i = 0; i < N; i++) {
        x[i] = exp(0.1 * x[i]);
    }
    const Linear linear = fitted(x, 0, 300, REACH, true);
    linear_forecast(&linear, x, 400, 2, values);
    assert_true(values[0] != x[399]);
    x[390] = 0; /* later, in sight */
    linear_forecast(&linear, x, 400, 2, values);
    assert_true(values[0] == x[399] && values[1] == x[399]);
}

/* Few rows, short reaches: some answer, and finite. */
static void every_size_has_an_answer(void **state) {
    (void)state;
    double x[N];
    simulate(x, 1, 0.6, 0, 4);
    for (size_t n = LINEAR_ROWS; n < 80; n++) {
        for (size_t reach = 2; reach < 70; reach += 3) {
            double values[6];
            const Linear linear = fitted(x, 0, n, reach, false);
            assert_true(linear_reach(&linear) <= reach && linear_reach(&linear) < n);
            linear_forecast(&linear, x, n, 6, values);
            for (size_t i = 0; i < 6; i++) {
                assert_true(isfinite(values[i]));
            }
        }
    }
}

/* Coefficients of no stable process: values without end are not let out. */
static void what_explodes_is_naive(void **state) {
    (void)state;
    double x[] = {1, 2, 3, 5}, values[2000];
    Linear linear = {.relative = true, .n_lags = 2, .lags = {3, 1}};
    linear_forecast(&linear, x, 4, 2000, values);
    assert_true(values[0] > 5 && values[1999] == 5);
    linear.relative = false;
    linear_forecast(&linear, x, 4, 2000, values);
    assert_true(values[0] > 5 && values[1999] == 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_are_those_of_numpy),
        cmocka_unit_test(what_can_be_known_is_found),
        cmocka_unit_test(an_exact_rule_is_exact),
        cmocka_unit_test(a_season_is_found_by_its_rows),
        cmocka_unit_test(a_profile_is_what_it_was_made_of),
        cmocka_unit_test(many_steps_are_one_step_again_and_again),
        cmocka_unit_test(nothing_beyond_its_reach_is_read),
        cmocka_unit_test(units_do_not_matter),
        cmocka_unit_test(what_cannot_be_taken_is_naive),
        cmocka_unit_test(every_size_has_an_answer),
        cmocka_unit_test(what_explodes_is_naive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
