/* scaler: scikit-learn without an anchor (tests/golden/make_metrics.py), cases by hand with one, round trips, refusals. */
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
#include "lstmfc/scaler.h"

static void fit_one(Scaler *scaler, ScaleKind scale, AnchorKind anchor, const double *x, size_t n) {
    Error error = {0};
    const double *columns[] = {x};
    assert_true(scaler_init(scaler, 1, &error));
    assert_true(scaler_fit(scaler, scale, anchor, columns, 0, n, &error));
    assert_int_equal(error.code, ERROR_NONE);
}

static void compare_scaler(const cJSON *one, ScaleKind scale, const char *kind) {
    Scaler scaler;
    size_t n, m;
    double *values = golden_array(one, "values", &n), *later = golden_array(one, "later", &m);
    double *expected = golden_array(golden_at(one, kind), "later", NULL);
    fit_one(&scaler, scale, ANCHOR_NONE, values, n);
    assert_true(golden_close(scaler.columns[0].offset, golden_number(golden_at(one, kind), "offset"), 1e-12, 0.0, kind));
    assert_true(golden_close(scaler.columns[0].scale, golden_number(golden_at(one, kind), "scale"), 1e-12, 0.0, kind));
    for (size_t i = 0; i < m; i++) {
        double size = fmax(1.0, fabs(scaler.columns[0].offset / scaler.columns[0].scale)); /* scikit-learn subtracts it after scaling */
        assert_true(golden_close(scaler_apply(scaler.columns, later[i], NAN), expected[i], 1e-12, size, kind));
    }
    scaler_free(&scaler);
    free(values);
    free(later);
    free(expected);
}

static void levels_are_those_of_scikit_learn(void **state) {
    (void)state;
    cJSON *root = golden_load("metrics.json");
    size_t cases = golden_count(root, "scaler");
    assert_true(cases >= 6);
    for (size_t i = 0; i < cases; i++) {
        const cJSON *one = cJSON_GetArrayItem(golden_at(root, "scaler"), (int)i);
        compare_scaler(one, SCALE_MINMAX, "minmax");
        compare_scaler(one, SCALE_STANDARD, "standard");
    }
    cJSON_Delete(root);
}

static void assert_column(const double *x, size_t n, ScaleKind scale, AnchorKind anchor, double offset, double size) {
    Scaler scaler;
    fit_one(&scaler, scale, anchor, x, n);
    assert_int_equal(scaler.columns[0].anchor, anchor);
    assert_true(golden_close(scaler.columns[0].offset, offset, 1e-15, 0.0, "offset"));
    assert_true(golden_close(scaler.columns[0].scale, size, 1e-15, 0.0, "scale"));
    scaler_free(&scaler);
}

static void every_kind_by_hand(void **state) {
    (void)state;
    const double x[] = {4.0, 5.0, 2.5, 5.0}; /* steps 1 -2.5 2.5; ratios 0.25 -0.5 1 */
    assert_column(x, 4, SCALE_NONE, ANCHOR_NONE, 0.0, 1.0);
    assert_column(x, 4, SCALE_MINMAX, ANCHOR_NONE, 2.5, 2.5);
    assert_column(x, 4, SCALE_STANDARD, ANCHOR_NONE, 4.125, sqrt(4.1875 / 4.0));
    assert_column(x, 4, SCALE_NONE, ANCHOR_DIFFERENCE, 0.0, 1.0);
    assert_column(x, 4, SCALE_MINMAX, ANCHOR_DIFFERENCE, 0.0, 2.5);
    assert_column(x, 4, SCALE_STANDARD, ANCHOR_DIFFERENCE, 0.0, sqrt(13.5 / 3.0));
    assert_column(x, 4, SCALE_NONE, ANCHOR_RATIO, 0.0, 1.0);
    assert_column(x, 4, SCALE_MINMAX, ANCHOR_RATIO, 0.0, 1.0);
    assert_column(x, 4, SCALE_STANDARD, ANCHOR_RATIO, 0.0, sqrt(1.3125 / 3.0));
    assert_column(x, 1, SCALE_STANDARD, ANCHOR_DIFFERENCE, 0.0, 1.0);
    const double flat[] = {3.0, 3.0, 3.0};
    assert_column(flat, 3, SCALE_MINMAX, ANCHOR_RATIO, 0.0, 1.0);
    assert_column(flat, 3, SCALE_STANDARD, ANCHOR_NONE, 3.0, 1.0);
}

static void values_by_hand(void **state) {
    (void)state;
    const ScalerColumn level = {ANCHOR_NONE, 2.0, 4.0}, step = {ANCHOR_DIFFERENCE, 0.0, 4.0}, ratio = {ANCHOR_RATIO, 0.0, 0.5};
    assert_true(scaler_apply(&level, 10.0, 77.0) == 2.0 && scaler_invert(&level, 2.0, 77.0) == 10.0 && scaler_unit(&level, 77.0) == 4.0);
    assert_true(scaler_apply(&step, 10.0, 8.0) == 0.5 && scaler_invert(&step, 0.5, 8.0) == 10.0 && scaler_unit(&step, 8.0) == 4.0);
    assert_true(scaler_apply(&ratio, 10.0, 8.0) == 0.5 && scaler_invert(&ratio, 0.5, 8.0) == 10.0 && scaler_unit(&ratio, 8.0) == 4.0);
    assert_true(scaler_apply(&ratio, 10.0, 0.0) == 0.0 && scaler_invert(&ratio, 3.0, -2.0) == -2.0 && scaler_unit(&ratio, -2.0) == 0.0);
}

static void inverse_undoes_and_unit_is_its_slope(void **state) {
    (void)state;
    const double x[] = {101.5, 99.25, 103.0, 104.75, 98.5};
    for (int kind = 0; kind < 9; kind++) {
        Scaler scaler;
        fit_one(&scaler, (ScaleKind)(kind / 3), (AnchorKind)(kind % 3), x, 5);
        const ScalerColumn *column = scaler.columns;
        for (size_t i = 0; i < 5; i++) {
            double scaled = scaler_apply(column, x[i], x[4]);
            assert_true(golden_close(scaler_invert(column, scaled, x[4]), x[i], 1e-14, 0.0, "round trip"));
            double slope = scaler_invert(column, scaled + 1.0, x[4]) - scaler_invert(column, scaled, x[4]);
            assert_true(golden_close(scaler_unit(column, x[4]), slope, 1e-12, 1.0, "unit"));
        }
        scaler_free(&scaler);
    }
}

/* Rows outside [first, last), broken ones too, change nothing. */
static void only_the_rows_given_count(void **state) {
    (void)state;
    Error error = {0};
    const double inside[] = {(double)NAN, 4.0, 5.0, 2.5, -1e300}, alone[] = {4.0, 5.0, 2.5};
    for (int kind = 0; kind < 9; kind++) {
        Scaler wide, narrow;
        const double *columns[] = {inside};
        fit_one(&narrow, (ScaleKind)(kind / 3), (AnchorKind)(kind % 3), alone, 3);
        assert_true(scaler_init(&wide, 1, &error));
        assert_true(scaler_fit(&wide, (ScaleKind)(kind / 3), (AnchorKind)(kind % 3), columns, 1, 4, &error));
        assert_true(wide.columns[0].anchor == narrow.columns[0].anchor && wide.columns[0].offset == narrow.columns[0].offset);
        assert_true(wide.columns[0].scale == narrow.columns[0].scale);
        scaler_free(&wide);
        scaler_free(&narrow);
    }
}

/* A stationary column keeps its levels under every anchor, a sum knows its changes alone. */
static void nature_decides_the_anchor(void **state) {
    (void)state;
    Error error = {0};
    const double price[] = {10.0, 11.0, 12.1, 13.3}, index[] = {30.0, 70.0, 40.0, 60.0}, sum[] = {5.0, 9.0, 7.0, 8.0};
    const double *columns[] = {price, index, sum};
    for (int anchor = ANCHOR_NONE; anchor <= ANCHOR_AUTO; anchor++) {
        Scaler scaler;
        assert_true(scaler_init(&scaler, 3, &error));
        scaler.natures[1] = COLUMN_STATIONARY;
        scaler.natures[2] = COLUMN_SUM;
        assert_true(scaler_fit(&scaler, SCALE_MINMAX, (AnchorKind)anchor, columns, 0, 4, &error));
        assert_true(anchor == ANCHOR_AUTO || scaler.columns[0].anchor == (AnchorKind)anchor);
        assert_true(scaler.columns[1].anchor == ANCHOR_NONE && scaler.columns[1].offset == 30.0 && scaler.columns[1].scale == 40.0);
        assert_int_equal(scaler.columns[2].anchor, anchor == ANCHOR_NONE ? ANCHOR_NONE : ANCHOR_DIFFERENCE);
        scaler_free(&scaler);
    }
}

static void ratio_falls_back_for_features_only(void **state) {
    (void)state;
    Error error = {0};
    Scaler scaler;
    const double up[] = {1.0, 2.0, 4.0}, with_zero[] = {0.0, 2.0, 1.0};
    const double *features[] = {up, with_zero, up}, *target[] = {with_zero, up, up};
    assert_true(scaler_init(&scaler, 3, &error));
    assert_true(scaler_fit(&scaler, SCALE_MINMAX, ANCHOR_RATIO, features, 0, 3, &error));
    assert_int_equal(scaler.columns[0].anchor, ANCHOR_RATIO);
    assert_int_equal(scaler.columns[1].anchor, ANCHOR_DIFFERENCE);
    assert_true(scaler.columns[1].scale == 2.0 && scaler.columns[2].anchor == ANCHOR_RATIO && scaler.columns[2].scale == 1.0);
    assert_false(scaler_fit(&scaler, SCALE_MINMAX, ANCHOR_RATIO, target, 0, 3, &error));
    assert_int_equal(error.code, ERROR_DATA);
    scaler_free(&scaler);
    scaler_free(&scaler);
}

/* ---- auto ---- */

enum { LONG = 400 };

/* Steps of +s, -s and 0 around a rising level: s a share of the level, or one size throughout. */
static void rising(double *x, bool relative, double from, double growth) {
    x[0] = from;
    for (size_t i = 1; i < LONG; i++) {
        const double turn = (double)(i * 7 % 3) - 1; /* -1, 0, 1 by turns */
        x[i] = relative ? x[i - 1] * (1 + growth + 0.02 * turn) : x[i - 1] + growth + 2 * turn;
    }
}

static AnchorKind chosen(const double *x, size_t n) {
    Scaler scaler;
    fit_one(&scaler, SCALE_STANDARD, ANCHOR_AUTO, x, n);
    const AnchorKind anchor = scaler.columns[0].anchor;
    scaler_free(&scaler);
    return anchor;
}

/* Price-like changes are relative; changes that know no level are differences, be the values above 0 or not. */
static void auto_takes_what_depends_less_on_the_level(void **state) {
    (void)state;
    double x[LONG];
    rising(x, true, 50, 0.005);
    assert_int_equal(chosen(x, LONG), ANCHOR_RATIO);
    rising(x, true, 5000, -0.005); /* falling too */
    assert_int_equal(chosen(x, LONG), ANCHOR_RATIO);
    rising(x, false, 50, 0.5);
    assert_int_equal(chosen(x, LONG), ANCHOR_DIFFERENCE);
    rising(x, false, 5000, -0.5);
    assert_int_equal(chosen(x, LONG), ANCHOR_DIFFERENCE);
    rising(x, true, -50, 0.005); /* below 0 a ratio means nothing */
    assert_int_equal(chosen(x, LONG), ANCHOR_DIFFERENCE);
    rising(x, true, 50, 0.005);
    x[LONG / 2] = 0;
    assert_int_equal(chosen(x, LONG), ANCHOR_DIFFERENCE);
}

/* Levels 1 and 3 by turns: the changes are 2 from either, the ratios less one 2 and -2/3. A doubling: ratios all 1, differences 1 to 8. */
static void auto_by_hand(void **state) {
    (void)state;
    const double level[] = {1, 3, 1, 3, 1}, doubling[] = {1, 2, 4, 8, 16};
    assert_int_equal(chosen(level, 5), ANCHOR_DIFFERENCE);
    assert_int_equal(chosen(doubling, 5), ANCHOR_RATIO);
}

/* Once chosen, the column is fitted as if that anchor had been asked for; `auto` itself never stays. */
static void auto_is_one_of_the_others(void **state) {
    (void)state;
    static double relative[LONG], absolute[LONG];
    rising(relative, true, 50, 0.005);
    rising(absolute, false, 50, 0.5);
    const double *columns[] = {relative, absolute, relative};
    for (int scale = SCALE_MINMAX; scale <= SCALE_NONE; scale++) {
        Scaler automatic;
        Error error = {0};
        assert_true(scaler_init(&automatic, 3, &error));
        assert_true(scaler_fit(&automatic, (ScaleKind)scale, ANCHOR_AUTO, columns, 10, LONG - 10, &error));
        for (size_t c = 0; c < 3; c++) { /* column by column, whatever the target takes */
            const AnchorKind expected = c == 1 ? ANCHOR_DIFFERENCE : ANCHOR_RATIO;
            Scaler asked;
            fit_one(&asked, (ScaleKind)scale, expected, columns[c] + 10, LONG - 20);
            assert_int_equal(automatic.columns[c].anchor, expected);
            assert_true(automatic.columns[c].offset == asked.columns[0].offset && automatic.columns[c].scale == asked.columns[0].scale);
            scaler_free(&asked);
        }
        scaler_free(&automatic);
    }
}

/* Rows outside the fitted ones do not decide either, broken or not; too few and constant rows are no trouble. */
static void auto_looks_at_the_rows_given(void **state) {
    (void)state;
    Error error = {0};
    double x[LONG];
    rising(x, true, 50, 0.005);
    x[0] = -1;
    x[LONG - 1] = NAN;
    Scaler scaler;
    const double *columns[] = {x}, flat[] = {7, 7, 7, 7}, one[] = {7}, zeros[] = {0, 0, 0};
    assert_true(scaler_init(&scaler, 1, &error));
    assert_true(scaler_fit(&scaler, SCALE_STANDARD, ANCHOR_AUTO, columns, 1, LONG - 1, &error));
    assert_int_equal(scaler.columns[0].anchor, ANCHOR_RATIO);
    assert_true(scaler_fit(&scaler, SCALE_STANDARD, ANCHOR_AUTO, columns, 0, LONG - 1, &error)); /* row 0 counts here */
    assert_int_equal(scaler.columns[0].anchor, ANCHOR_DIFFERENCE);
    assert_false(scaler_fit(&scaler, SCALE_STANDARD, ANCHOR_AUTO, columns, 1, LONG, &error));
    assert_int_equal(error.code, ERROR_DATA);
    scaler_free(&scaler);
    const double *const few[] = {flat, one, zeros};
    static const size_t n[] = {4, 1, 3};
    for (size_t i = 0; i < 3; i++) {
        fit_one(&scaler, SCALE_STANDARD, ANCHOR_AUTO, few[i], n[i]);
        assert_true(scaler.columns[0].anchor == ANCHOR_RATIO || scaler.columns[0].anchor == ANCHOR_DIFFERENCE);
        assert_true(scaler.columns[0].scale == 1 && scaler.columns[0].offset == 0);
        scaler_free(&scaler);
    }
}

static void assert_refused(const double *x, size_t first, size_t last, ScaleKind scale) {
    Error error = {0};
    Scaler scaler;
    const double *columns[] = {x};
    assert_true(scaler_init(&scaler, 1, &error));
    assert_false(scaler_fit(&scaler, scale, ANCHOR_NONE, columns, first, last, &error));
    assert_int_equal(error.code, ERROR_DATA);
    assert_true(error.message[0] != '\0' && error.hint[0] != '\0');
    scaler_free(&scaler);
}

static void what_cannot_be_fitted_is_refused(void **state) {
    (void)state;
    const double broken[] = {1.0, (double)NAN, 2.0}, huge[] = {-1.7e308, 1.7e308}, endless[] = {1.0, (double)INFINITY};
    assert_refused(broken, 0, 3, SCALE_MINMAX);
    assert_refused(broken, 0, 3, SCALE_NONE);
    assert_refused(endless, 0, 2, SCALE_STANDARD);
    assert_refused(huge, 0, 2, SCALE_MINMAX);
    assert_refused(huge, 0, 2, SCALE_STANDARD);
    assert_refused(broken, 1, 1, SCALE_MINMAX);
    assert_refused(broken, 2, 1, SCALE_MINMAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_those_of_scikit_learn),
        cmocka_unit_test(every_kind_by_hand),
        cmocka_unit_test(values_by_hand),
        cmocka_unit_test(inverse_undoes_and_unit_is_its_slope),
        cmocka_unit_test(only_the_rows_given_count),
        cmocka_unit_test(nature_decides_the_anchor),
        cmocka_unit_test(ratio_falls_back_for_features_only),
        cmocka_unit_test(auto_takes_what_depends_less_on_the_level),
        cmocka_unit_test(auto_by_hand),
        cmocka_unit_test(auto_is_one_of_the_others),
        cmocka_unit_test(auto_looks_at_the_rows_given),
        cmocka_unit_test(what_cannot_be_fitted_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
