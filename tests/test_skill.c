/* skill: R's dm.test, accuracy and p.adjust (make_dm.R), statsmodels and numpy (make_skill.py), scipy (make_metrics.py), closed forms,
 * simulated sizes, degenerate cases. */
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
#include "lstmfc/rng.h"
#include "lstmfc/skill.h"

static void diebold_mariano_is_that_of_numpy(void **state) {
    (void)state;
    cJSON *root = golden_load("metrics.json");
    size_t cases = golden_count(root, "diebold_mariano");
    assert_true(cases >= 21);
    for (size_t i = 0; i < cases; i++) {
        const cJSON *one = cJSON_GetArrayItem(golden_at(root, "diebold_mariano"), (int)i);
        size_t n, h = golden_size(one, "h");
        double *e1 = golden_array(one, "e1", &n), *e2 = golden_array(one, "e2", NULL);
        SkillTest test = skill_diebold_mariano(e1, e2, n, h), mirrored = skill_diebold_mariano(e2, e1, n, h);
        assert_true(golden_close(test.statistic, golden_number(one, "statistic"), 1e-12, 0.0, "statistic"));
        assert_true(golden_close(test.p, golden_number(one, "p"), 1e-12, 0.0, "p"));
        assert_true(mirrored.statistic == -test.statistic && mirrored.p == test.p);
        free(e1);
        free(e2);
    }
    cJSON_Delete(root);
}

static void diebold_mariano_degenerates_quietly(void **state) {
    (void)state;
    const double e[] = {0.5, -1.0, 2.0, 0.25}, minus[] = {-0.5, 1.0, -2.0, -0.25};
    const double ones[] = {1, -1, 1, -1}, twos[] = {2, 2, 2, 2}, broken[] = {1, (double)NAN, 1, 1};
    SkillTest same = skill_diebold_mariano(e, e, 4, 1), alike = skill_diebold_mariano(e, minus, 4, 2);
    assert_true(same.statistic == 0.0 && same.p == 1.0 && alike.statistic == 0.0 && alike.p == 1.0);
    SkillTest one = skill_diebold_mariano(e, ones, 1, 1), none = skill_diebold_mariano(NULL, NULL, 0, 1);
    assert_true(one.statistic == 0.0 && one.p == 1.0 && none.statistic == 0.0 && none.p == 1.0);
    SkillTest far = skill_diebold_mariano(e, ones, 4, 4);
    assert_true(far.statistic == 0.0 && far.p == 1.0);
    SkillTest always = skill_diebold_mariano(twos, ones, 4, 1), never = skill_diebold_mariano(ones, twos, 4, 2);
    assert_true(isinf(always.statistic) && always.statistic > 0.0 && always.p == 0.0);
    assert_true(isinf(never.statistic) && never.statistic < 0.0 && never.p == 0.0);
    SkillTest undefined = skill_diebold_mariano(broken, ones, 4, 2);
    assert_true(isnan(undefined.statistic) && isnan(undefined.p));
    SkillTest zero = skill_diebold_mariano(e, ones, 4, 0), first = skill_diebold_mariano(e, ones, 4, 1);
    assert_true(zero.statistic == first.statistic && zero.p == first.p && zero.p < 1.0);
}

static void diebold_mariano_is_that_of_r(void **state) {
    (void)state;
    cJSON *root = golden_load("dm.json");
    size_t by_lag[6] = {0}, bartlett = 0;
    for (const cJSON *one = golden_at(root, "diebold_mariano")->child; one; one = one->next) {
        size_t n, h = golden_size(one, "h");
        double *e1 = golden_array(one, "e1", &n), *e2 = golden_array(one, "e2", NULL);
        SkillTest test = skill_diebold_mariano(e1, e2, n, h);
        assert_true(golden_close(test.statistic, golden_number(one, "statistic"), 1e-10, 0.0, golden_string(one, "name")));
        assert_true(golden_close(test.p, golden_number(one, "p"), 1e-10, 0.0, golden_string(one, "name")));
        by_lag[h < 6 ? h : 0]++;
        bartlett += strcmp(golden_string(one, "varestimator"), "bartlett") == 0;
        free(e1);
        free(e2);
    }
    assert_true(by_lag[1] >= 8 && by_lag[2] >= 8 && by_lag[5] >= 8 && bartlett >= 2);
    cJSON_Delete(root);
}

/* Pearson's chi-square of the two directions, by scipy (tests/golden/make_scores.py). */
static void pesaran_timmermann_is_a_test_of_independence(void **state) {
    (void)state;
    cJSON *root = golden_load("scores.json");
    assert_true(golden_count(root, "direction") == 3);
    for (const cJSON *one = golden_at(root, "direction")->child; one; one = one->next) {
        size_t n;
        double *actual = golden_array(one, "actual", &n), *forecast = golden_array(one, "forecast", NULL), *last = calloc(n, sizeof *last);
        const SkillDirection direction = skill_direction(actual, forecast, last, n);
        assert_true(direction.n == n && golden_close(direction.hit, golden_number(one, "hit"), 1e-13, 0.0, "hit"));
        assert_true(golden_close(direction.test.statistic, golden_number(one, "statistic"), 1e-11, 0.0, "statistic"));
        assert_true(golden_close(direction.test.p, golden_number(one, "p"), 1e-9, 0.0, "p"));
        free(actual);
        free(forecast);
        free(last);
    }
    cJSON_Delete(root);
}

static void clark_west_is_that_of_statsmodels(void **state) {
    (void)state;
    cJSON *root = golden_load("skill.json");
    assert_true(golden_count(root, "clark_west") >= 15);
    for (const cJSON *one = golden_at(root, "clark_west")->child; one; one = one->next) {
        size_t n;
        double *e1 = golden_array(one, "e1", &n), *e2 = golden_array(one, "e2", NULL);
        SkillTest test = skill_clark_west(e1, e2, n, golden_size(one, "h"));
        assert_true(golden_close(test.statistic, golden_number(one, "statistic"), 1e-10, 0.1, "clark-west"));
        assert_true(golden_close(test.p, golden_number(one, "p"), 1e-10, 0.0, "clark-west p"));
        free(e1);
        free(e2);
    }
    cJSON_Delete(root);
    const double e[] = {0.5, -1.0, 2.0, 0.25}, zero[] = {0, 0, 0, 0};
    SkillTest naive = skill_clark_west(e, e, 4, 1), none = skill_clark_west(e, zero, 1, 1), exact = skill_clark_west(e, zero, 4, 1);
    assert_true(naive.statistic == 0.0 && naive.p == 1.0 && none.statistic == 0.0 && none.p == 1.0 && exact.statistic > 0.0 &&
                exact.p < 0.5);
    assert_true(skill_clark_west(zero, e, 4, 1).p == 1.0);
}

/* Shares of 400 samples that each test calls significant at 5%, for a forecast of naive plus `noise` plus `skill` of the coming change.
 * The model with noise alone has a larger error than naive: Clark-West must not reject for it much more than at its level, and a two-sided
 * Diebold-Mariano test must see it as worse. A model with a little skill shows the power that the adjustment gains. */
static void simulate(double noise, double skill, double *dm_better, double *dm_worse, double *cw, double *pt) {
    enum { N = 250, SAMPLES = 400 };
    static double last[N], actual[N], forecast[N], e1[N], e2[N];
    Rng rng;
    rng_init(&rng, 17, RNG_SAMPLE);
    *dm_better = *dm_worse = *cw = *pt = 0.0;
    for (size_t s = 0; s < SAMPLES; s++) {
        for (size_t i = 0; i < N; i++) {
            last[i] = 100.0;
            e1[i] = rng_normal(&rng);
            actual[i] = last[i] + e1[i];
            forecast[i] = last[i] + skill * e1[i] + noise * rng_normal(&rng);
            e2[i] = actual[i] - forecast[i];
        }
        SkillTest dm = skill_diebold_mariano(e1, e2, N, 1);
        *dm_better += (dm.p < 0.05 && dm.statistic > 0.0) / (double)SAMPLES;
        *dm_worse += (dm.p < 0.05 && dm.statistic < 0.0) / (double)SAMPLES;
        *cw += (skill_clark_west(e1, e2, N, 1).p < 0.05) / (double)SAMPLES;
        *pt += (skill_direction(actual, forecast, last, N).test.p < 0.05) / (double)SAMPLES;
    }
}

static void tests_have_their_size_and_power(void **state) {
    (void)state;
    double better, worse, cw, pt;
    simulate(0.2, 0.0, &better, &worse, &cw, &pt);
    print_message("no skill:  better %.3f worse %.3f clark-west %.3f direction %.3f\n", better, worse, cw, pt);
    assert_true(better < 0.02 && worse > 0.08 && cw > 0.02 && cw < 0.085 && pt > 0.02 && pt < 0.085);
    double blind = cw;
    simulate(0.2, 0.03, &better, &worse, &cw, &pt);
    print_message("some skill: better %.3f worse %.3f clark-west %.3f direction %.3f\n", better, worse, cw, pt);
    assert_true(cw > 0.5 && cw > 3.0 * blind && cw > better && pt > 0.2);
}

static void direction_is_that_of_numpy(void **state) {
    (void)state;
    cJSON *root = golden_load("skill.json");
    assert_true(golden_count(root, "direction") >= 5);
    for (const cJSON *one = golden_at(root, "direction")->child; one; one = one->next) {
        size_t n;
        double *actual = golden_array(one, "actual", &n), *forecast = golden_array(one, "forecast", NULL),
               *last = golden_array(one, "last", NULL);
        SkillDirection direction = skill_direction(actual, forecast, last, n);
        assert_true(direction.n == golden_size(one, "n") && direction.n < n);
        assert_true(golden_close(direction.hit, golden_number(one, "hit"), 1e-14, 0.0, "hit"));
        assert_true(golden_close(direction.base, golden_number(one, "base"), 1e-14, 0.0, "base"));
        assert_true(golden_close(direction.expected, golden_number(one, "expected"), 1e-14, 0.0, "expected"));
        assert_true(golden_close(direction.test.statistic, golden_number(one, "statistic"), 1e-10, 0.0, "statistic"));
        assert_true(golden_close(direction.test.p, golden_number(one, "p"), 1e-10, 0.0, "p"));
        free(actual);
        free(forecast);
        free(last);
    }
    cJSON_Delete(root);
}

static void direction_degenerates_quietly(void **state) {
    (void)state;
    const double last[] = {1, 1, 1, 1}, mixed[] = {2, 2, 2, 0}, up[] = {3, 3, 3, 3};
    SkillDirection always = skill_direction(mixed, up, last, 4), bull = skill_direction(up, mixed, last, 4);
    assert_true(always.hit == 0.75 && always.base == 0.75 && always.expected == 0.75 && always.test.statistic == 0.0 &&
                always.test.p == 1.0);
    assert_true(bull.hit == 0.75 && bull.base == 1.0 && bull.test.statistic == 0.0 && bull.test.p == 1.0);
    SkillDirection naive = skill_direction(mixed, last, last, 4), exact = skill_direction(mixed, mixed, last, 4);
    assert_true(naive.n == 0 && isnan(naive.hit) && isnan(naive.base) && naive.test.p == 1.0);
    assert_true(exact.hit == 1.0 && exact.test.statistic > 2.0 && exact.test.p < 0.05);
    SkillDirection one = skill_direction(up, up, last, 1), none = skill_direction(NULL, NULL, NULL, 0);
    assert_true(one.n == 1 && one.hit == 1.0 && one.test.p == 1.0 && none.n == 0 && none.test.p == 1.0);
}

static void measures_are_those_of_r(void **state) {
    (void)state;
    cJSON *root = golden_load("dm.json");
    assert_true(golden_count(root, "accuracy") >= 2);
    for (const cJSON *one = golden_at(root, "accuracy")->child; one; one = one->next) {
        size_t n, n_training;
        double *actual = golden_array(one, "actual", &n), *forecast = golden_array(one, "forecast", NULL);
        double *training = golden_array(one, "training", &n_training);
        /* R has no value before the first actual: its U starts at the second. */
        assert_true(golden_close(skill_theil_u(actual + 1, forecast + 1, actual, n - 1), golden_number(one, "theil"), 1e-12, 0.0, "theil"));
        assert_true(
            golden_close(metric_mase(golden_number(one, "mae"), training, n_training, 1), golden_number(one, "mase"), 1e-12, 0.0, "mase"));
        free(actual);
        free(forecast);
        free(training);
    }
    cJSON_Delete(root);
    const double last[] = {1, 0, 4}, actual[] = {2, 7, 2}, flat[] = {1, 0, 4};
    assert_true(skill_theil_u(actual, last, last, 3) == 1.0 && skill_theil_u(actual, actual, last, 3) == 0.0);
    assert_true(isnan(skill_theil_u(flat, actual, last, 3)) && isnan(skill_theil_u(actual + 1, actual, last + 1, 1)));
    const double training[] = {1.0, 3.0, 2.0, 6.0}; /* squared steps 4 1 16; by lag 2: 1 9 */
    assert_true(golden_close(metric_rmsse(2.0, training, 4, 1), 2.0 / sqrt(7.0), 1e-15, 0.0, "rmsse"));
    assert_true(golden_close(metric_rmsse(2.0, training, 4, 2), 2.0 / sqrt(5.0), 1e-15, 0.0, "rmsse"));
    assert_true(isnan(metric_rmsse(1.0, training, 4, 4)) && isnan(metric_rmsse(1.0, training, 4, 0)));
}

static void adjusted_is_that_of_r(void **state) {
    (void)state;
    cJSON *root = golden_load("dm.json");
    assert_true(golden_count(root, "adjust") >= 4);
    for (const cJSON *one = golden_at(root, "adjust")->child; one; one = one->next) {
        size_t n;
        double *p = golden_array(one, "p", &n), *holm = golden_array(one, "holm", NULL), *bh = golden_array(one, "bh", NULL);
        double *by_holm = malloc(n * sizeof *by_holm), *by_bh = malloc(n * sizeof *by_bh);
        Error error = {0};
        assert_true(skill_adjust(SKILL_HOLM, p, n, by_holm, &error) && skill_adjust(SKILL_BENJAMINI_HOCHBERG, p, n, by_bh, &error));
        for (size_t i = 0; i < n; i++) {
            assert_true(golden_close(by_holm[i], holm[i], 1e-14, 0.0, "holm") && golden_close(by_bh[i], bh[i], 1e-14, 0.0, "bh"));
        }
        free(p);
        free(holm);
        free(bh);
        free(by_holm);
        free(by_bh);
    }
    cJSON_Delete(root);
    Error error = {0};
    assert_true(skill_adjust(SKILL_HOLM, NULL, 0, NULL, &error));
}

/* The example of Benjamini and Hochberg (1995): of 15 hypotheses theirs rejects four at 5%, Bonferroni's bound (and Holm's) three. */
static void published_rejections(void **state) {
    (void)state;
    const double p[] = {.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.0};
    double holm[15], bh[15];
    size_t n_holm = 0, n_bh = 0;
    Error error = {0};
    assert_true(skill_adjust(SKILL_HOLM, p, 15, holm, &error) && skill_adjust(SKILL_BENJAMINI_HOCHBERG, p, 15, bh, &error));
    for (size_t i = 0; i < 15; i++) {
        n_holm += holm[i] < 0.05;
        n_bh += bh[i] < 0.05;
    }
    assert_int_equal(n_holm, 3);
    assert_int_equal(n_bh, 4);
}

static void lags_are_those_of_numpy(void **state) {
    (void)state;
    const char *const shifted[] = {"noisy copy of the last value", "smoothed copy", "three steps old"};
    cJSON *root = golden_load("skill.json");
    size_t n_shifted = 0;
    assert_true(golden_count(root, "lag") >= 6);
    for (const cJSON *one = golden_at(root, "lag")->child; one; one = one->next) {
        size_t n;
        const char *name = golden_string(one, "name");
        double *forecast = golden_array(one, "forecast", &n), *actual = golden_array(one, "actual", NULL);
        double *expected = golden_array(one, "correlation", NULL);
        SkillLag lag = skill_lag(forecast, actual, n, golden_size(one, "h"));
        for (size_t k = 0; k < SKILL_LAGS; k++) {
            assert_true(golden_close(lag.correlation[k], expected[k], 1e-11, 1.0, name));
        }
        assert_int_equal(lag.lag, golden_size(one, "lag"));
        assert_true(golden_close(lag.change, golden_number(one, "change"), 1e-10, 1.0, name) &&
                    golden_close(lag.p, golden_number(one, "p"), 1e-8, 0.0, name));
        bool copy = false;
        for (size_t k = 0; k < sizeof shifted / sizeof *shifted; k++) {
            copy = copy || strcmp(name, shifted[k]) == 0;
        }
        assert_int_equal(lag.shifted, copy);
        n_shifted += lag.shifted;
        free(forecast);
        free(actual);
        free(expected);
    }
    assert_int_equal(n_shifted, 3);
    cJSON_Delete(root);
}

static void naive_itself_is_shifted(void **state) {
    (void)state;
    double walk[301], drift[300];
    Rng rng;
    rng_init(&rng, 3, RNG_SAMPLE);
    walk[0] = 1024.0;
    for (size_t i = 1; i < 301; i++) {
        walk[i] = walk[i - 1] + rng_normal(&rng);
    }
    SkillLag naive = skill_lag(walk, walk + 1, 300, 1), oracle = skill_lag(walk + 1, walk + 1, 300, 1),
             older = skill_lag(walk, walk + 5, 296, 5);
    assert_true(naive.lag == 1 && naive.change == 0.0 && naive.p == 1.0 && naive.shifted && naive.correlation[1] == 1.0);
    assert_true(oracle.lag == 0 && oracle.change > 0.999999 && oracle.p < 1e-9 && !oracle.shifted);
    assert_true(older.lag == 5 && older.shifted);
    for (size_t i = 0; i < 300; i++) {
        drift[i] = walk[i] + 1.0 / 3.0; /* constant but for rounding, which depends on the level */
    }
    SkillLag drifting = skill_lag(drift, walk + 1, 300, 1);
    assert_true(drifting.shifted && drifting.change == 0.0 && drifting.p == 1.0);
    SkillLag few = skill_lag(walk, walk + 1, 12, 1), far = skill_lag(walk, walk, 20, 10);
    assert_true(!few.shifted && isnan(few.p) && isnan(few.correlation[0]) && few.lag == 0 && isnan(far.change));
}

static void quantiles_are_those_of_scipy(void **state) {
    (void)state;
    cJSON *root = golden_load("skill.json");
    size_t n;
    double *p = golden_array(root, "quantile.p", &n), *x = golden_array(root, "quantile.x", NULL);
    assert_true(n >= 70);
    for (size_t i = 0; i < n; i++) {
        assert_true(golden_close(skill_normal_quantile(p[i]), x[i], 1e-15, 1.0, "quantile"));
        assert_true(p[i] > 0.999 || golden_close(1.0 - skill_normal_upper(x[i]), p[i], 1e-13, 1e-2, "there and back"));
    }
    free(p);
    free(x);
    cJSON_Delete(root);
    assert_true(skill_normal_quantile(0.5) == 0.0 && skill_normal_quantile(0.25) == -skill_normal_quantile(0.75));
    assert_true(isinf(skill_normal_quantile(0.0)) && skill_normal_quantile(0.0) < 0.0 && skill_normal_quantile(1.0) > 1e300);
    assert_true(isnan(skill_normal_quantile(-0.1)) && isnan(skill_normal_quantile(1.1)) && isnan(skill_normal_quantile((double)NAN)));
}

static void tails_are_those_of_scipy(void **state) {
    (void)state;
    cJSON *root = golden_load("metrics.json");
    const cJSON *normal = golden_at(root, "distribution.normal"), *student = golden_at(root, "distribution.t");
    assert_true(golden_count(normal, "") >= 19 && golden_count(student, "") >= 200);
    for (const cJSON *one = normal->child; one; one = one->next) {
        double x = golden_number(one, "x");
        assert_true(golden_close(skill_normal_upper(x), golden_number(one, "upper"), 1e-12, 0.0, "normal"));
    }
    for (const cJSON *one = student->child; one; one = one->next) {
        double x = golden_number(one, "x"), v = golden_number(one, "v"), expected = golden_number(one, "upper");
        char what[64];
        snprintf(what, sizeof what, "t(%g) at %g", v, x);
        if (expected > 1e-300) {
            assert_true(golden_close(skill_t_upper(x, v), expected, 1e-12, 0.0, what));
        }
    }
    cJSON_Delete(root);
}

/* One, two and four degrees of freedom have tails without special functions. */
static void tails_have_closed_forms(void **state) {
    (void)state;
    const double pi = 3.14159265358979323846;
    for (int i = 1; i <= 400; i++) {
        double x = i * 0.05, two = x / sqrt(2.0 + x * x), u = x / sqrt(4.0 + x * x);
        assert_true(golden_close(skill_t_upper(x, 1.0), atan2(1.0, x) / pi, 1e-13, 0.0, "v = 1"));
        assert_true(golden_close(skill_t_upper(x, 2.0), 1.0 / (2.0 + x * x) / (1.0 + two), 1e-13, 0.0, "v = 2"));
        assert_true(golden_close(skill_t_upper(x, 4.0), (1.0 - u) * (1.0 - u) * (2.0 + u) / 4.0, 1e-10, 0.0, "v = 4"));
        assert_true(golden_close(skill_normal_upper(x), 0.5 * erfc(x / sqrt(2.0)), 2e-13, 0.0, "normal"));
    }
    assert_true(golden_close(skill_t_upper(1e-9, 1.0), 0.5 - 1e-9 / pi, 1e-15, 0.0, "v = 1 near 0"));
    assert_true(golden_close(skill_t_upper(1e100, 1.0), 1e-100 / pi, 1e-13, 0.0, "v = 1 far out"));
}

static void tails_at_the_ends(void **state) {
    (void)state;
    assert_true(skill_t_upper(0.0, 7.0) == 0.5 && skill_normal_upper(0.0) == 0.5);
    assert_true(skill_t_upper((double)INFINITY, 7.0) == 0.0 && skill_normal_upper((double)INFINITY) == 0.0);
    assert_true(skill_t_upper(-(double)INFINITY, 7.0) == 1.0 && skill_normal_upper(-(double)INFINITY) == 1.0);
    assert_true(isnan(skill_t_upper((double)NAN, 7.0)) && isnan(skill_t_upper(1.0, 0.0)) && isnan(skill_normal_upper((double)NAN)));
    assert_true(golden_close(skill_t_upper(1.5, 1e12), skill_normal_upper(1.5), 1e-11, 0.0, "many degrees of freedom"));
    assert_true(skill_t_upper(1.5, (double)INFINITY) == skill_normal_upper(1.5));
}

static void verdicts(void **state) {
    (void)state;
    assert_true(skill_score(1.0, 4.0) == 0.75 && skill_score(4.0, 2.0) == -1.0 && isnan(skill_score(1.0, 0.0)));
    assert_string_equal(skill_verdict_name(skill_verdict(0.2, 0.049)), "better than naive");
    assert_string_equal(skill_verdict_name(skill_verdict(0.2, 0.05)), "no better than naive");
    assert_string_equal(skill_verdict_name(skill_verdict(-0.2, 0.01)), "worse than naive");
    assert_string_equal(skill_verdict_name(skill_verdict(-0.2, 0.5)), "no better than naive");
    assert_int_equal(skill_verdict((double)NAN, 0.01), VERDICT_NO_BETTER);
    assert_int_equal(skill_verdict(0.5, (double)NAN), VERDICT_NO_BETTER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diebold_mariano_is_that_of_numpy),
        cmocka_unit_test(diebold_mariano_degenerates_quietly),
        cmocka_unit_test(diebold_mariano_is_that_of_r),
        cmocka_unit_test(clark_west_is_that_of_statsmodels),
        cmocka_unit_test(pesaran_timmermann_is_a_test_of_independence),
        cmocka_unit_test(tests_have_their_size_and_power),
        cmocka_unit_test(direction_is_that_of_numpy),
        cmocka_unit_test(direction_degenerates_quietly),
        cmocka_unit_test(measures_are_those_of_r),
        cmocka_unit_test(adjusted_is_that_of_r),
        cmocka_unit_test(published_rejections),
        cmocka_unit_test(lags_are_those_of_numpy),
        cmocka_unit_test(naive_itself_is_shifted),
        cmocka_unit_test(quantiles_are_those_of_scipy),
        cmocka_unit_test(tails_are_those_of_scipy),
        cmocka_unit_test(tails_have_closed_forms),
        cmocka_unit_test(tails_at_the_ends),
        cmocka_unit_test(verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
