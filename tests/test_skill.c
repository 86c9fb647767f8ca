/* skill: Diebold-Mariano worked out in numpy, distributions of scipy (tests/golden/make_metrics.py), closed forms, degenerate cases. */
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
        cmocka_unit_test(tails_are_those_of_scipy),
        cmocka_unit_test(tails_have_closed_forms),
        cmocka_unit_test(tails_at_the_ends),
        cmocka_unit_test(verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
