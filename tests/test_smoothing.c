/* smoothing: by hand, block by block, and nothing but the training rows of the target. */
#include "forecast_bench.h"

#include "lstmfc/smoothing.h"

static void by_hand(void **state) {
    (void)state;
    double x[] = {9, 10, 20, 15, 100, 300, 200, 7}, other[] = {1, 2, 3, 4, 5, 6, 7, 8};
    double *columns[] = {x, other};
    const Series series = {.n_rows = 8, .n_columns = 2, .columns = columns};
    Series smoothed;
    Smoothing smoothing;
    Error error = {0};
    assert_true(smoothing_init(&smoothing, &smoothed, &series, (RowRange){1, 7}, 0.25, 3, &error));
    /* shares 0 1 .5 | 0 1 .5, averages 0 .25 .3125 .234375 .42578125 .4443359375, in the range of the last block: 100 to 300 */
    static const double wanted[] = {9, 100, 150, 162.5, 146.875, 185.15625, 188.8671875, 7};
    for (size_t i = 0; i < 8; i++) {
        assert_near(smoothed.columns[0][i], wanted[i], 1e-14, "smoothed");
    }
    assert_ptr_equal(smoothed.columns[1], other);
    assert_true(x[1] > 9.5 && x[1] < 10.5);
    smoothing_free(&smoothing);
    assert_true(smoothing_init(&smoothing, &smoothed, &series, (RowRange){1, 7}, 0, 3, &error)); /* off */
    assert_ptr_equal(smoothed.columns, columns);
    smoothing_free(&smoothing);
    assert_true(smoothing_init(&smoothing, &smoothed, &series, (RowRange){1, 7}, 1, 0, &error)); /* one block, all of the newest: itself */
    for (size_t i = 0; i < 8; i++) {
        assert_near(smoothed.columns[0][i], x[i], 1e-14, "itself");
    }
    smoothing_free(&smoothing);
}

/* A model of smoothed rows has a scaler and weights of its own, and forecasts from rows as they are. */
static void training_alone_is_smoothed(void **state) {
    (void)state;
    Prices prices, other;
    Model rough, smooth, same;
    Recipe recipe = bench_recipe();
    const Engine engine = bench_engine(0);
    Series made;
    Smoothing smoothing;
    Error error = {0};
    prices_init(&prices, 140, 1);
    prices_copy(&other, &prices);
    bench_fit(&rough, &recipe, &prices, 100, &engine);
    assert_true(smoothing_init(&smoothing, &made, &prices.series, (RowRange){0, 100}, 0.3, 40, &error));
    memcpy(other.columns[0], made.columns[0], 100 * sizeof(double));
    smoothing_free(&smoothing);
    bench_fit(&same, &recipe, &other, 100, &engine);
    recipe.smooth = 0.3;
    recipe.smooth_block = 40;
    bench_fit(&smooth, &recipe, &prices, 100, &engine);
    const size_t n = smooth.network.n_weights * sizeof(real);
    assert_memory_equal(model_weights(&smooth, 0), model_weights(&same, 0), n);
    assert_true(memcmp(model_weights(&smooth, 0), model_weights(&rough, 0), n) != 0);
    assert_true(smooth.scaler.columns[0].scale == same.scaler.columns[0].scale &&
                smooth.scaler.columns[0].scale < rough.scaler.columns[0].scale);
    double *a = bench_forecast(&smooth, &prices, &engine, 110, 120), *b = bench_forecast(&same, &prices, &engine, 110, 120);
    assert_memory_equal(a, b, 10 * sizeof *a);
    free(a);
    free(b);
    model_free(&rough);
    model_free(&smooth);
    model_free(&same);
    prices_free(&prices);
    prices_free(&other);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(training_alone_is_smoothed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
