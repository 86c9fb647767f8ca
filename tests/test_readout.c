/* readout: its equations hold where it stops, threads change no bit, and a small reservoir follows the Mackey-Glass series for 84 rows. */
#include "forecast_bench.h"

#include "lstmfc/paths.h"
#include "lstmfc/preset.h"
#include "lstmfc/sweep.h"

/* As golden/make_mackey_glass.py, coarser: the past between two steps by their mean. */
static double slope(double x, double past) {
    return 0.2 * past / (1 + pow(past, 10)) - 0.1 * x;
}

static void mackey_glass(Prices *p) {
    enum { STEPS = 10, LAG = 17 * STEPS };
    const size_t n = p->series.n_rows * STEPS + 5000;
    const double h = 1.0 / STEPS;
    double *x = bench_zeros(n + LAG + 2, sizeof *x);
    for (size_t i = 0; i < n + LAG + 1; i++) {
        const double a = i > LAG ? x[i - LAG] : 1.2, b = i + 1 > LAG ? x[i + 1 - LAG] : 1.2, m = (a + b) / 2;
        x[0] = 1.2;
        const double k1 = slope(x[i], a), k2 = slope(x[i] + h / 2 * k1, m), k3 = slope(x[i] + h / 2 * k2, m), k4 = slope(x[i] + h * k3, b);
        x[i + 1] = x[i] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    for (size_t i = 0; i < p->series.n_rows; i++) {
        p->columns[0][i] = x[5000 + i * STEPS];
    }
    free(x);
}

static Recipe esn_recipe(void) {
    Recipe recipe;
    Error error = {0};
    recipe_defaults(&recipe);
    assert_true(preset_apply(preset_find("esn"), &recipe, &error));
    recipe.layers = "esn:150";
    recipe.train_rows = 0;
    return recipe;
}

static void follows_mackey_glass(void **state) {
    (void)state;
    Prices prices;
    Model model;
    Paths paths;
    Error error = {0};
    Engine engine = bench_engine(0);
    const Recipe recipe = esn_recipe();
    prices_init(&prices, 1800, 1);
    mackey_glass(&prices);
    bench_fit(&model, &recipe, &prices, 1200, &engine);
    assert_true(model.training.epochs == 1 && model.training.loss_train < 1e-4 && isnan(model.training.loss_val));
    assert_true(paths_run(&paths, &model, &prices.series, &engine, 1200, 1800, 84, &error));
    assert_int_equal(paths.n, PATHS_MOST);
    assert_true(paths.nrmse < 0.03 && paths.nrmse_naive > 1 && paths.rmse < paths.rmse_naive);
    assert_false(paths_run(&paths, &model, &prices.series, &engine, 1200, 1283, 84, &error));
    assert_int_equal(error.code, ERROR_DATA);
    error = (Error){0};
    assert_true(paths_run(&paths, &model, &prices.series, &engine, 1200, 1284, 84, &error));
    assert_int_equal(paths.n, 1);
    /* One path of 84 rows is what forecast_path says. */
    double values[84];
    assert_true(forecast_path(&model, &prices.series, &engine, 1200, 84, values, &error));
    assert_near(paths.rmse, fabs(values[83] - prices.columns[0][1283]), 1e-12, "the end of a path");
    model_free(&model);
    prices_free(&prices);
}

/* The gradient of what is minimised, by its readout's weights, is zero: checked by moving each a little both ways, in the mean squared
 * error of the model's own outputs. */
static void nothing_near_is_better(void **state) {
    (void)state;
    Prices prices;
    Model model;
    Error error = {0};
    Engine engine = bench_engine(0);
    Recipe recipe = esn_recipe();
    recipe.layers = "esn:12";
    recipe.horizon = 2;
    recipe.ridge = 0;
    prices_init(&prices, 300, 1);
    bench_fit(&model, &recipe, &prices, 300, &engine);
    const Windows windows = {.columns = (const double *const *)prices.series.columns,
                             .scaler = &model.scaler,
                             .n_rows = 300,
                             .n_features = 1,
                             .length = recipe.window,
                             .horizon = 2};
    const size_t n = model.training.n_windows;
    size_t *r = bench_zeros(n, sizeof *r);
    real *x = bench_zeros(recipe.window * n * kernels_stride(1), sizeof *x), *y = bench_zeros(n * kernels_stride(2), sizeof *y);
    double *outputs = bench_zeros(2 * n, sizeof *outputs), losses[3];
    for (size_t i = 0; i < n; i++) {
        r[i] = recipe.window + i;
    }
    window_gather(&windows, r, n, x, kernels_stride(1), y, kernels_stride(2));
    const Layer *layer = &model.network.layers[1];
    Tensor list[LAYER_TENSORS];
    assert_int_equal(layer->kind->tensors(layer, list), 2);
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < tensor_size(&list[t]); i++) {
            real *w = model.weights + layer->offset + tensor_index(&list[t], i / list[t].columns, i % list[t].columns);
            const real best = *w;
            for (size_t side = 0; side < 3; side++) {
                *w = best + (real)(0.02 * ((double)side - 1));
                assert_true(sweep_outputs(&model.network, engine.kernels, NULL, &windows, r, n, model.weights, outputs, &error));
                losses[side] = 0;
                for (size_t j = 0; j < 2 * n; j++) {
                    const double e = outputs[j] - (double)y[j / 2 * kernels_stride(2) + j % 2];
                    losses[side] += e * e / (2.0 * (double)n);
                }
            }
            *w = best;
            assert_true(losses[1] < losses[0] && losses[1] < losses[2]);
            assert_true(fabs(losses[2] - losses[0]) < 0.02 * (losses[0] + losses[2] - 2 * losses[1])); /* the bottom of a parabola */
        }
    }
    assert_near(model.training.loss_train, losses[1], 1, "loss");
    free(r);
    free(x);
    free(y);
    free(outputs);
    model_free(&model);
    prices_free(&prices);
}

static void threads_change_no_bit(void **state) {
    (void)state;
    Prices prices;
    Model models[3];
    Recipe recipe = esn_recipe();
    recipe.layers = "2*esn:20";
    recipe.ensemble = 2;
    recipe.val_frac = 0.2;
    prices_init(&prices, 700, 2);
    for (size_t i = 0; i < 3; i++) {
        Engine engine = bench_engine(i);
        bench_fit(&models[i], &recipe, &prices, 700, &engine);
        assert_true(models[i].training.loss_val > 0);
        assert_memory_equal(models[i].weights, models[0].weights, 2 * models[0].network.n_weights * sizeof(real));
        pool_free(engine.pool);
    }
    assert_memory_not_equal(model_weights(&models[0], 0), model_weights(&models[0], 1), models[0].network.n_weights * sizeof(real));
    for (size_t i = 0; i < 3; i++) {
        model_free(&models[i]);
    }
    prices_free(&prices);
}

static void what_cannot_be_solved_is_said(void **state) {
    (void)state;
    Prices prices;
    Model model;
    FitReport report;
    Engine engine = bench_engine(0);
    Recipe recipe = esn_recipe();
    recipe.layers = "esn:200"; /* more than windows */
    recipe.ridge = 0;
    Error error = {0};
    prices_init(&prices, 160, 1);
    assert_true(model_init(&model, &recipe, &prices.series, &error));
    assert_false(fit_rows(&model, &prices.series, (RowRange){0, 160}, &engine, &report, &error));
    assert_int_equal(error.code, ERROR_DIVERGED);
    assert_non_null(strstr(error.hint, "--ridge"));
    model_free(&model);
    error = (Error){0};
    recipe.loss = "mae";
    assert_false(recipe_check(&recipe, &error));
    assert_non_null(strstr(error.message, "least squared error"));
    prices_free(&prices);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_mackey_glass),
        cmocka_unit_test(nothing_near_is_better),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(what_cannot_be_solved_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
