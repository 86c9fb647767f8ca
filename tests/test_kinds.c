/* Ensembles of kinds: a forecast is the mean of what each member forecasts alone, the file holds each by its shape, and threads change no
 * bit. */
#include "forecast_bench.h"

enum { N_ROWS = 260, N_TRAIN = 200 };

static const char mixed[] = "lstm:6,dropout:0.1|gru:4,dense:3:tanh|esn:9";
static const char *const alone[] = {"lstm:6,dropout:0.1", "gru:4,dense:3:tanh", "esn:9"};

static Recipe mixed_recipe(void) {
    Recipe recipe = bench_recipe();
    recipe.layers = mixed;
    recipe.sparsity = 0.2; /* 9 units are few */
    recipe.ensemble = 2;
    return recipe;
}

static void a_forecast_is_the_mean(void **state) {
    (void)state;
    Prices prices;
    Model model;
    Engine engine = bench_engine(0);
    Error error = {0};
    const Recipe recipe = mixed_recipe();
    prices_init(&prices, N_ROWS, BENCH_COLUMNS);
    bench_fit(&model, &recipe, &prices, N_TRAIN, &engine);
    assert_true(model.n_members == 6 && model.n_kinds == 3);
    double *expected = bench_zeros(N_ROWS - N_TRAIN, sizeof *expected), *values = bench_forecast(&model, &prices, &engine, N_TRAIN, N_ROWS);
    size_t n_parameters = 0;
    for (size_t m = 0; m < 6; m++) {
        Recipe one = recipe;
        Model part;
        one.layers = alone[m % 3];
        one.ensemble = 1;
        assert_true(model_init(&part, &one, &prices.series, &error));
        assert_int_equal(model_network(&model, m)->n_weights, part.network.n_weights);
        n_parameters += m < 3 ? part.network.n_parameters : 0;
        memcpy(part.weights, model_weights(&model, m), part.network.n_weights * sizeof(real));
        memcpy(part.scaler.columns, model.scaler.columns, model.n_columns * sizeof *model.scaler.columns);
        double *own = bench_forecast(&part, &prices, &engine, N_TRAIN, N_ROWS);
        for (size_t i = 0; i < N_ROWS - N_TRAIN; i++) {
            expected[i] += own[i] / 6;
        }
        free(own);
        model_free(&part);
    }
    for (size_t i = 0; i < N_ROWS - N_TRAIN; i++) {
        assert_near(values[i], expected[i], 1e-12, "mean");
    }
    assert_int_equal(model_parameters(&model), n_parameters);
    assert_memory_not_equal(model_weights(&model, 0), model_weights(&model, 3), model.network.n_weights * sizeof(real)); /* another seed */
    free(expected);
    free(values);
    model_free(&model);
    prices_free(&prices);
}

static void the_file_holds_it(void **state) {
    (void)state;
    static const char path[] = "kinds-test.safetensors";
    Prices prices;
    Model model, again;
    Engine engine = bench_engine(0);
    Error error = {0};
    Recipe recipe = mixed_recipe();
    recipe.shrink = SHRINK_FITTED;
    prices_init(&prices, N_ROWS, BENCH_COLUMNS);
    bench_fit(&model, &recipe, &prices, N_TRAIN, &engine);
    if (!model_write(&model, path, &error) || !model_read(&again, path, &error)) {
        fail_msg("%s", error.message);
    }
    assert_true(again.n_members == 6 && again.n_kinds == 3 && again.stride == model.stride);
    assert_memory_equal(again.weights, model.weights, 6 * model.stride * sizeof(real));
    double *before = bench_forecast(&model, &prices, &engine, N_TRAIN, N_ROWS),
           *after = bench_forecast(&again, &prices, &engine, N_TRAIN, N_ROWS);
    assert_memory_equal(before, after, (N_ROWS - N_TRAIN) * sizeof *before);
    free(before);
    free(after);
    remove(path);
    model_free(&again);
    model_free(&model);
    prices_free(&prices);
}

static void threads_change_no_bit(void **state) {
    (void)state;
    Prices prices;
    Model models[4];
    const Recipe recipe = mixed_recipe();
    prices_init(&prices, N_ROWS, BENCH_COLUMNS);
    for (size_t i = 0; i < 4; i++) {
        Engine engine = bench_engine(i);
        bench_fit(&models[i], &recipe, &prices, N_TRAIN, &engine);
        assert_memory_equal(models[i].weights, models[0].weights, 6 * models[0].stride * sizeof(real));
        pool_free(engine.pool);
    }
    for (size_t i = 0; i < 4; i++) {
        model_free(&models[i]);
    }
    prices_free(&prices);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *layers, *message;
    } cases[] = {{"lstm:4|", "no such kind of layer"},      {"|", "no such kind of layer"},
                 {"lstm:4|gru", "the number of units"},     {"(lstm:4|gru:4)", "')' is missing"},
                 {"gru:4|dense:3", "no recurrent layer"},
                 {"gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1|gru:1", "more than 16"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Recipe recipe = bench_recipe();
        Error error = {0};
        recipe.layers = cases[i].layers;
        assert_false(recipe_check(&recipe, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        if (!strstr(error.message, cases[i].message)) {
            fail_msg("%s: %s", cases[i].layers, error.message);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forecast_is_the_mean),
        cmocka_unit_test(the_file_holds_it),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
