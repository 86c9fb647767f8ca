/* forecast_bench.h - prices in memory, a small recipe and a fitted model, for the tests of the forecast floor.
 *
 * Everything asserts: a bench that cannot be made ends the test.
 */
#ifndef LSTMFC_TEST_FORECAST_BENCH_H
#define LSTMFC_TEST_FORECAST_BENCH_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/fit.h"
#include "lstmfc/forecast.h"
#include "lstmfc/rng.h"

#if defined(__GNUC__)
#define BENCH_HELPER __attribute__((unused)) static
#else
#define BENCH_HELPER static
#endif

enum { BENCH_COLUMNS = 2 };

/* Do not copy or move: the series points into it. */
typedef struct Prices {
    Series series;
    double *columns[BENCH_COLUMNS];
    char *names[BENCH_COLUMNS];
    char name[BENCH_COLUMNS][8], source[16];
} Prices;

BENCH_HELPER void *bench_zeros(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);
    assert_non_null(p);
    return p;
}

/* A walk around a slow wave, all above 0, Monday to Friday from 2020-01-01; the second column is another walk. */
BENCH_HELPER void prices_init(Prices *p, size_t n_rows, size_t n_columns) {
    Rng rng;
    rng_init(&rng, 77, 1);
    *p = (Prices){.series = {.n_rows = n_rows, .n_columns = n_columns, .names = p->names, .columns = p->columns, .source = p->source},
                  .name = {"Close", "Volume"}, .source = "prices.csv"};
    p->series.dates = bench_zeros(n_rows, sizeof(Date));
    for (size_t c = 0; c < n_columns; c++) {
        double walk = 100;
        p->names[c] = p->name[c];
        p->columns[c] = bench_zeros(n_rows, sizeof(double));
        for (size_t i = 0; i < n_rows; i++) {
            walk *= 1 + 0.01 * rng_normal(&rng);
            p->columns[c][i] = walk * (1.2 + sin(0.15 * (double)i));
        }
    }
    Date date = date_from_civil(2020, 1, 1);
    for (size_t i = 0; i < n_rows; date++) {
        if (date_weekday(date) < 5) {
            p->series.dates[i++] = date;
        }
    }
    calendar_infer(&p->series.calendar, p->series.dates, n_rows);
}

BENCH_HELPER void prices_free(Prices *p) {
    for (size_t c = 0; c < p->series.n_columns; c++) {
        free(p->columns[c]);
    }
    free(p->series.dates);
}

/* A wave that a network can learn and that naive cannot follow. */
BENCH_HELPER void prices_wave(Prices *p) {
    for (size_t i = 0; i < p->series.n_rows; i++) {
        p->columns[0][i] = 50 + 10 * sin(0.5 * (double)i);
    }
}

/* A deep copy. */
BENCH_HELPER void prices_copy(Prices *p, const Prices *from) {
    prices_init(p, from->series.n_rows, from->series.n_columns);
    for (size_t c = 0; c < from->series.n_columns; c++) {
        memcpy(p->columns[c], from->columns[c], from->series.n_rows * sizeof(double));
    }
}

/* Every cell from row `first` on = value. */
BENCH_HELPER void prices_poison(Prices *p, size_t first, size_t last, double value) {
    for (size_t c = 0; c < p->series.n_columns; c++) {
        for (size_t i = first; i < last; i++) {
            p->columns[c][i] = value;
        }
    }
}

/* Small and quick, windows of 8 rows; and plain, whatever our own recipe is: levels scaled to [0,1], one network, believed as it is. */
BENCH_HELPER Recipe bench_recipe(void) {
    Recipe recipe;
    recipe_defaults(&recipe);
    recipe.layers = "lstm:6,dropout:0.2";
    recipe.scale = SCALE_MINMAX;
    recipe.anchor = ANCHOR_NONE;
    recipe.zero_output = false;
    recipe.ensemble = 1;
    recipe.shrink = SHRINK_NONE;
    recipe.linear = false;
    recipe.val_frac = 0.1;
    recipe.window = 8;
    recipe.epochs = 3;
    recipe.batch = 16;
    recipe.lr = 0.01;
    recipe.patience = 2;
    return recipe;
}

BENCH_HELPER Engine bench_engine(size_t n_threads) {
    Error error = {0};
    const Engine engine = {.kernels = kernels_choose(getenv("LSTMFC_ISA"), &error),
                           .pool = n_threads ? pool_create(n_threads, &error) : NULL};
    assert_non_null(engine.kernels);
    assert_true(!n_threads || engine.pool);
    return engine;
}

/* A model of the recipe fitted on rows [0, n_rows), alone. */
BENCH_HELPER void bench_fit(Model *model, const Recipe *recipe, const Prices *prices, size_t n_rows, const Engine *engine) {
    Error error = {0};
    FitReport report;
    assert_true(recipe_check(recipe, &error));
    if (!model_init(model, recipe, &prices->series, &error) ||
        !fit_rows(model, &prices->series, (RowRange){0, n_rows}, engine, &report, &error)) {
        fail_msg("%s", error.message);
    }
}

/* Forecasts of the windows first .. last - 1 in one call; free(). */
BENCH_HELPER double *bench_forecast(const Model *model, const Prices *prices, const Engine *engine, size_t first, size_t last) {
    Error error = {0};
    const size_t n = last - first;
    size_t *r = bench_zeros(n, sizeof *r);
    double *values = bench_zeros(n * model->recipe.horizon, sizeof *values);
    for (size_t i = 0; i < n; i++) {
        r[i] = first + i;
    }
    if (!forecast_windows(model, &prices->series, engine, r, n, values, &error)) {
        fail_msg("%s", error.message);
    }
    free(r);
    return values;
}

BENCH_HELPER void assert_near(double actual, double expected, double tolerance, const char *what) {
    const double size = fabs(expected) > 1 ? fabs(expected) : 1;
    if (!(fabs(actual - expected) <= tolerance * size) && !(isnan(actual) && isnan(expected))) {
        fail_msg("%s: %.17g instead of %.17g", what, actual, expected);
    }
}

#endif
