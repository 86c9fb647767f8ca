/* window: shapes and places by hand, padding, inverse, and that nothing at or after the first target is ever read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/rng.h"
#include "lstmfc/window.h"

enum { ROWS = 40, FEATURES = 3, LENGTH = 5, HORIZON = 2, LDX = REAL_PAD(FEATURES), LDY = 4 };

/* Three seeded positive columns, a scaler fitted on the first 20 rows. */
typedef struct Fixture {
    double raw[FEATURES][ROWS];
    const double *columns[FEATURES];
    Scaler scaler;
    Windows windows;
} Fixture;

static void fixture_init(Fixture *fixture, ScaleKind scale, AnchorKind anchor) {
    Error error = {0};
    Rng rng;
    rng_init(&rng, 21, 1);
    for (size_t f = 0; f < FEATURES; f++) {
        for (size_t i = 0; i < ROWS; i++) {
            fixture->raw[f][i] = 10.0 * (double)(f + 1) + rng_uniform(&rng);
        }
        fixture->columns[f] = fixture->raw[f];
    }
    assert_true(scaler_init(&fixture->scaler, FEATURES, &error));
    assert_true(scaler_fit(&fixture->scaler, scale, anchor, fixture->columns, 0, 20, &error));
    fixture->windows = (Windows){fixture->columns, &fixture->scaler, ROWS, FEATURES, LENGTH, HORIZON, false};
}

static void values_stand_where_the_shape_says(void **state) {
    (void)state;
    const size_t r[] = {LENGTH, 17, ROWS - HORIZON, 17};
    enum { N = 4 };
    for (int anchor = 0; anchor < 3; anchor++) {
        Fixture fix;
        real x[LENGTH * N * LDX + 1], y[N * LDY + 1];
        fixture_init(&fix, SCALE_STANDARD, (AnchorKind)anchor);
        memset(x, 0x7f, sizeof x);
        memset(y, 0x7f, sizeof y);
        real guard = x[LENGTH * N * LDX];
        window_gather(&fix.windows, r, N, x, LDX, y, LDY);
        for (size_t i = 0; i < N; i++) {
            for (size_t t = 0; t < LENGTH; t++) {
                for (size_t f = 0; f < LDX; f++) {
                    size_t column = f < FEATURES ? f : 0, last = r[i] - 1;
                    double scaled = scaler_apply(&fix.scaler.columns[column], fix.raw[column][r[i] - LENGTH + t], fix.raw[column][last]);
                    assert_true(x[(t * N + i) * LDX + f] == (f < FEATURES ? (real)scaled : (real)0));
                }
            }
            for (size_t k = 0; k < LDY; k++) {
                double target = k < HORIZON ? scaler_apply(fix.scaler.columns, fix.raw[0][r[i] + k], fix.raw[0][r[i] - 1]) : 0.0;
                assert_true(y[i * LDY + k] == (real)target);
            }
        }
        assert_memory_equal(&x[LENGTH * N * LDX], &guard, sizeof guard);
        assert_memory_equal(&y[N * LDY], &guard, sizeof guard);
        scaler_free(&fix.scaler);
    }
}

/* Numbers that need no scaler to check: levels count the rows. */
static void rows_by_hand(void **state) {
    (void)state;
    Error error = {0};
    Scaler scaler;
    double count[10];
    for (size_t i = 0; i < 10; i++) {
        count[i] = (double)i;
    }
    const double *columns[] = {count};
    const size_t r[] = {3, 8};
    real x[3 * 2], y[2 * 2];
    assert_true(scaler_init(&scaler, 1, &error));
    Windows windows = {columns, &scaler, 10, 1, 3, 2, false};
    window_gather(&windows, r, 2, x, 1, y, 2);
    const real inputs[] = {0, 5, 1, 6, 2, 7}, targets[] = {3, 4, 8, 9};
    assert_memory_equal(x, inputs, sizeof x);
    assert_memory_equal(y, targets, sizeof y);
    scaler.columns[0] = (ScalerColumn){ANCHOR_DIFFERENCE, 0.0, 2.0};
    window_gather(&windows, r, 2, x, 1, y, 2);
    const real steps[] = {-1, -1, (real)-0.5, (real)-0.5, 0, 0}, ahead[] = {(real)0.5, 1, (real)0.5, 1};
    assert_memory_equal(x, steps, sizeof x);
    assert_memory_equal(y, ahead, sizeof y);
    assert_true(window_invert(&windows, 8, 1.0) == 9.0 && window_naive(&windows, 8) == 7.0);
    scaler_free(&scaler);
}

/* Every window, every anchor: with all rows from r on turned to NaN the inputs keep their bits. */
static void the_future_is_never_read(void **state) {
    (void)state;
    for (int kind = 0; kind < 9; kind++) {
        Fixture fix;
        fixture_init(&fix, (ScaleKind)(kind / 3), (AnchorKind)(kind % 3));
        for (size_t r = ROWS; r >= LENGTH; r--) {
            real before[LENGTH * LDX], after[LENGTH * LDX];
            window_gather(&fix.windows, &r, 1, before, LDX, NULL, 0);
            double naive = window_naive(&fix.windows, r), value = window_invert(&fix.windows, r, 0.25);
            for (size_t f = 0; f < FEATURES; f++) {
                for (size_t i = r; i < ROWS; i++) {
                    fix.raw[f][i] = (double)NAN;
                }
            }
            window_gather(&fix.windows, &r, 1, after, LDX, NULL, 0);
            assert_memory_equal(before, after, sizeof before);
            assert_true(window_naive(&fix.windows, r) == naive && window_invert(&fix.windows, r, 0.25) == value);
            for (size_t i = 0; i < LENGTH * LDX; i++) {
                assert_true(isfinite(after[i]));
            }
        }
        scaler_free(&fix.scaler);
    }
}

/* The negative control: the last row seen, r-1, does change a window, so the test above is able to fail. */
static void the_last_row_seen_is_read(void **state) {
    (void)state;
    for (int anchor = 0; anchor < 3; anchor++) {
        Fixture fix;
        fixture_init(&fix, SCALE_MINMAX, (AnchorKind)anchor);
        const size_t r = 20;
        real before[LENGTH * LDX], after[LENGTH * LDX];
        window_gather(&fix.windows, &r, 1, before, LDX, NULL, 0);
        fix.raw[2][r - 1] += 1.0;
        window_gather(&fix.windows, &r, 1, after, LDX, NULL, 0);
        assert_memory_not_equal(before, after, sizeof before);
        scaler_free(&fix.scaler);
    }
}

/* A window is the same alone and among others. */
static void batch_mates_do_not_matter(void **state) {
    (void)state;
    Fixture fix;
    fixture_init(&fix, SCALE_MINMAX, ANCHOR_RATIO);
    const size_t r[] = {9, 30, 12};
    real together[LENGTH * 3 * LDX], alone[LENGTH * LDX];
    window_gather(&fix.windows, r, 3, together, LDX, NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        window_gather(&fix.windows, &r[i], 1, alone, LDX, NULL, 0);
        for (size_t t = 0; t < LENGTH; t++) {
            assert_memory_equal(alone + t * LDX, together + (t * 3 + i) * LDX, LDX * sizeof(real));
        }
    }
    scaler_free(&fix.scaler);
}

static void targets_come_back_raw(void **state) {
    (void)state;
    for (int kind = 0; kind < 9; kind++) {
        Fixture fix;
        fixture_init(&fix, (ScaleKind)(kind / 3), (AnchorKind)(kind % 3));
        for (size_t r = LENGTH; r + HORIZON <= ROWS; r++) {
            real x[LENGTH * LDX], y[LDY];
            window_gather(&fix.windows, &r, 1, x, LDX, y, LDY);
            for (size_t k = 0; k < HORIZON; k++) {
                assert_true(fabs(window_invert(&fix.windows, r, (double)y[k]) - fix.raw[0][r + k]) < 1e-5);
            }
            assert_true(window_naive(&fix.windows, r) == fix.raw[0][r - 1]);
        }
        scaler_free(&fix.scaler);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_where_the_shape_says),
        cmocka_unit_test(rows_by_hand),
        cmocka_unit_test(the_future_is_never_read),
        cmocka_unit_test(the_last_row_seen_is_read),
        cmocka_unit_test(batch_mates_do_not_matter),
        cmocka_unit_test(targets_come_back_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
