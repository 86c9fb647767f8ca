/* importance: an autoregression of changes rests on its latest changes, an unrelated column on nothing, a model that is naive on nothing at
 * all. */
#include "forecast_bench.h"

#include "lstmfc/importance.h"

enum { N_ROWS = 900, N_TRAIN = 700 };

/* Changes d' = 0.5 d + 0.3 d'' + noise; the second column is noise of its own. */
static void autoregress(Prices *p) {
    double before = 0, last = 0, level = 1000;
    Rng rng;
    rng_init(&rng, 5, 1);
    for (size_t i = 0; i < p->series.n_rows; i++) {
        const double d = 0.5 * last + 0.3 * before + rng_normal(&rng);
        before = last;
        last = d;
        p->columns[0][i] = level += d;
        p->columns[1][i] = rng_normal(&rng);
    }
}

static Recipe plain_recipe(void) {
    Recipe recipe = bench_recipe();
    recipe.layers = "gru:8";
    recipe.window = 24;
    recipe.epochs = 12;
    recipe.ensemble = 1;
    recipe.anchor = ANCHOR_DIFFERENCE;
    recipe.shrink = SHRINK_NONE;
    return recipe;
}

static Importance judge(const Model *model, const Prices *p, const Engine *engine, uint64_t seed) {
    Importance im;
    Error error = {0};
    if (!importance_run(&im, model, &p->series, engine, N_TRAIN, N_ROWS, seed, &error)) {
        fail_msg("%s", error.message);
    }
    return im;
}

static void assert_same(const Importance *a, const Importance *b) {
    assert_int_equal(a->n_items, b->n_items);
    for (size_t i = 0; i < a->n_items; i++) {
        assert_memory_equal(&a->items[i].rmse, &b->items[i].rmse, sizeof(double));
        assert_memory_equal(&a->items[i].rise, &b->items[i].rise, sizeof(double));
        assert_memory_equal(&a->items[i].spread, &b->items[i].spread, sizeof(double));
    }
}

/* RMSE of the forecasts as they are, by forecast_windows on the series itself. */
static double plain_rmse(const Model *model, const Prices *p, const Engine *engine) {
    double *values = bench_forecast(model, p, engine, N_TRAIN, N_ROWS), sse = 0;
    for (size_t i = N_TRAIN; i < N_ROWS; i++) {
        const double e = p->columns[0][i] - values[i - N_TRAIN];
        sse += e * e;
    }
    free(values);
    return sqrt(sse / (N_ROWS - N_TRAIN));
}

static void latest_changes_matter_and_noise_does_not(void **state) {
    (void)state;
    Prices p;
    Model model;
    const Recipe recipe = plain_recipe();
    Engine one = bench_engine(1), two = bench_engine(2);
    prices_init(&p, N_ROWS, 2);
    autoregress(&p);
    bench_fit(&model, &recipe, &p, N_TRAIN, &one);
    Importance im = judge(&model, &p, &one, 1), again = judge(&model, &p, &two, 1), other = judge(&model, &p, &one, 2);
    assert_near(im.rmse, plain_rmse(&model, &p, &one), 1e-12, "rmse as it is");
    assert_int_equal(im.n_items, 6); /* two columns; 1, 2-5, 6-20, 21-23: a window of 24 values has 23 changes */
    assert_string_equal(im.items[0].column, "Close");
    assert_true(im.items[0].rise > 0.1);
    assert_true(fabs(im.items[1].rise) < 0.03); /* negative control */
    assert_int_equal(im.items[2].lag_first, 1);
    assert_int_equal(im.items[2].lag_last, 1);
    assert_int_equal(im.items[5].lag_first, 21);
    assert_int_equal(im.items[5].lag_last, 23);
    assert_true(im.items[2].rise > 0.05);
    assert_true(im.items[3].rise > 0.01);
    assert_true(im.items[2].rise > 5 * fabs(im.items[4].rise));
    assert_true(im.items[2].rise > 5 * fabs(im.items[5].rise));
    assert_true(im.items[2].spread > 0);
    assert_same(&im, &again);
    assert_memory_not_equal(&im.items[0].rmse, &other.items[0].rmse, sizeof(double));
    importance_free(&im);
    importance_free(&again);
    importance_free(&other);
    model_free(&model);
    prices_free(&p);
    pool_free(one.pool);
    pool_free(two.pool);
}

/* Without an anchor the values themselves are permuted, and the last one carries the level. */
static void values_are_permuted_where_nothing_is_anchored(void **state) {
    (void)state;
    Prices p;
    Model model;
    Recipe recipe = plain_recipe();
    recipe.anchor = ANCHOR_NONE;
    recipe.window = 4;
    Engine one = bench_engine(1);
    prices_init(&p, N_ROWS, 1);
    prices_wave(&p);
    bench_fit(&model, &recipe, &p, N_TRAIN, &one);
    Importance im = judge(&model, &p, &one, 1);
    assert_int_equal(im.n_items, 3); /* the column; 1, 2-4 */
    assert_int_equal(im.items[2].lag_last, 4);
    assert_true(im.items[0].rise > 1);
    assert_true(im.items[1].rise > 0.2);
    importance_free(&im);
    model_free(&model);
    prices_free(&p);
    pool_free(one.pool);
}

static void a_naive_model_rests_on_nothing(void **state) {
    (void)state;
    Prices p;
    Model model;
    const Recipe recipe = plain_recipe();
    Engine one = bench_engine(1);
    prices_init(&p, N_ROWS, 2);
    autoregress(&p);
    bench_fit(&model, &recipe, &p, N_TRAIN, &one);
    model.shrink[0] = 0;
    Importance im = judge(&model, &p, &one, 1);
    assert_true(im.naive);
    for (size_t i = 0; i < im.n_items; i++) {
        assert_true(im.items[i].rise == 0);
    }
    importance_free(&im);
    model_free(&model);
    prices_free(&p);
    pool_free(one.pool);
}

static void too_few_rows_are_refused(void **state) {
    (void)state;
    Prices p;
    Model model;
    Error error = {0};
    Importance im;
    Recipe recipe = bench_recipe();
    recipe.epochs = 1;
    Engine one = bench_engine(1);
    prices_init(&p, 100, 1);
    bench_fit(&model, &recipe, &p, 80, &one);
    assert_false(importance_run(&im, &model, &p.series, &one, 90, 91, 1, &error));
    assert_int_equal(error.code, ERROR_DATA);
    model_free(&model);
    prices_free(&p);
    pool_free(one.pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latest_changes_matter_and_noise_does_not),
        cmocka_unit_test(values_are_permuted_where_nothing_is_anchored),
        cmocka_unit_test(a_naive_model_rests_on_nothing),
        cmocka_unit_test(too_few_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
