/* direction: cross-entropy against PyTorch's numbers, a wave whose turns are learned, scores by hand, and what is refused. */
#include "forecast_bench.h"

#include "lstmfc/direction.h"
#include "lstmfc/evaluation.h"

enum { N_ROWS = 300, TRAIN = 220 };

static Model fitted(const Prices *prices, const Engine *engine, size_t horizon) {
    Model model;
    Recipe recipe = bench_recipe();
    recipe.objective = OBJECTIVE_DIRECTION;
    recipe.anchor = ANCHOR_DIFFERENCE;
    recipe.shrink = SHRINK_FITTED; /* has no say */
    recipe.layers = "lstm:6";
    recipe.epochs = 30;
    recipe.patience = 0;
    recipe.horizon = horizon;
    bench_fit(&model, &recipe, prices, TRAIN, engine);
    return model;
}

/* torch.nn.functional.binary_cross_entropy_with_logits in double, and its derivative. */
static void cross_entropy_is_torchs(void **state) {
    (void)state;
    static const struct { double y, t, loss, slope; } cases[] = {
        {0, 1, 0.6931471805599453, -0.5}, {0, 0, 0.6931471805599453, 0.5}, {2, 0, 2.1269280110429727, 0.8807970779778823},
        {2, 1, 0.1269280110429725, -0.11920292202211769}, {-3.5, 1, 3.5297504182726205, -0.9706877692486436}, {800, 1, 0, 0},
        {-800, 1, 800, -1}, {800, 0, 800, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double slope;
        assert_near(loss_cross_entropy.value(cases[i].y, cases[i].t, 0.5, &slope), cases[i].loss, 1e-14, "loss");
        assert_near(slope, cases[i].slope, 1e-14, "slope");
    }
    double slope;
    assert_true(isnan(loss_cross_entropy.value((double)NAN, 1, 0.5, &slope)) && isnan(slope));
    assert_null(loss_find("cross-entropy"));
}

static void targets_are_sides(void **state) {
    (void)state;
    Error error = {0};
    Scaler scaler;
    const double x[] = {5, 7, 6, 6, 8, 6, 9};
    const double *columns[] = {x};
    real inputs[64], y[16];
    const size_t r[] = {2, 3, 4};
    assert_true(scaler_init(&scaler, 1, &error));
    const Windows windows = {
        .columns = columns, .scaler = &scaler, .n_rows = 7, .n_features = 1, .length = 2, .horizon = 2, .direction = true};
    window_gather(&windows, r, 3, inputs, 2, y, 2);
    static const double wanted[] = {0, 0, 0, 1, 1, 0}; /* 6 and 6 after 7; 6 and 8 after 6: no change is no rise; 8 and 6 after 6 */
    for (size_t i = 0; i < 6; i++) {
        assert_true((double)y[i] == wanted[i]);
    }
    scaler_free(&scaler);
}

static void a_wave_is_learned(void **state) {
    (void)state;
    Prices prices;
    Error error = {0};
    Direction d;
    const Engine engine = bench_engine(0);
    prices_init(&prices, N_ROWS, 1);
    prices_wave(&prices);
    Model model = fitted(&prices, &engine, 1);
    assert_true(direction_run(&d, &model, &prices.series, &engine, DATE_NONE, DATE_NONE, &error));
    assert_int_equal(d.n, N_ROWS - TRAIN);
    assert_true(d.model.accuracy > 0.9 && d.model.brier < 0.1 && d.base.brier > 0.24);
    assert_int_equal(d.verdict, VERDICT_BETTER);
    assert_true(d.dm.p < 1e-6 && d.test.test.p < 1e-6);
    assert_true(evaluation_leak_check(&model, &prices.series, &engine, d.first_row, &error));
    direction_free(&d);
    model_free(&model);
    prices_free(&prices);
}

static void scores_by_hand(void **state) {
    (void)state;
    Prices prices;
    Error error = {0};
    Direction d;
    const Engine engine = bench_engine(0);
    prices_init(&prices, N_ROWS, 2);
    Model model = fitted(&prices, &engine, 2);
    assert_true(
        direction_run(&d, &model, &prices.series, &engine, prices.series.dates[TRAIN + 10], prices.series.dates[TRAIN + 29], &error));
    assert_int_equal(d.n, 20);
    double *p = bench_forecast(&model, &prices, &engine, TRAIN + 10, TRAIN + 30), brier = 0, log_loss = 0, right = 0, rises = 0, base = 0;
    const double *x = prices.columns[0];
    for (size_t i = 1; i < TRAIN + 10; i++) {
        rises += x[i] > x[i - 1] ? 1 : 0;
    }
    for (size_t i = 0; i < 20; i++) {
        const double rise = x[TRAIN + 10 + i] > x[TRAIN + 9 + i] ? 1 : 0, one = p[2 * i];
        assert_true(one > 0 && one < 1 && one == d.probability[i]);
        brier += (one - rise) * (one - rise) / 20;
        base += (d.rate - rise) * (d.rate - rise) / 20;
        log_loss -= (rise * log(one) + (1 - rise) * log(1 - one)) / 20;
        right += ((one > 0.5) == (rise > 0)) / 20.0;
    }
    assert_near(d.rate, rises / (TRAIN + 9), 1e-15, "base rate");
    assert_near(d.model.brier, brier, 1e-13, "Brier score");
    assert_near(d.base.brier, base, 1e-13, "Brier score of the base rate");
    assert_near(d.model.log_loss, log_loss, 1e-13, "log loss");
    assert_near(d.model.accuracy, right, 1e-13, "accuracy");
    assert_near(d.skill, 1 - brier / base, 1e-12, "skill");
    free(p);
    direction_free(&d);
    model_free(&model);
    prices_free(&prices);
}

static void values_and_sides_are_kept_apart(void **state) {
    (void)state;
    Prices prices;
    Error error = {0};
    Direction d;
    Model values;
    double path[3];
    const Engine engine = bench_engine(0);
    Recipe recipe = bench_recipe();
    prices_init(&prices, N_ROWS, 1);
    Model sides = fitted(&prices, &engine, 1);
    bench_fit(&values, &recipe, &prices, TRAIN, &engine);
    assert_false(direction_run(&d, &values, &prices.series, &engine, DATE_NONE, DATE_NONE, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    error = (Error){0};
    assert_false(forecast_path(&sides, &prices.series, &engine, N_ROWS, 3, path, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    error = (Error){0};
    assert_false(direction_run(&d, &sides, &prices.series, &engine, prices.series.dates[TRAIN - 1], DATE_NONE, &error));
    assert_int_equal(error.code, ERROR_DATA);
    recipe.objective = OBJECTIVE_DIRECTION;
    recipe.loss = "mae";
    error = (Error){0};
    assert_false(recipe_check(&recipe, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    model_free(&values);
    model_free(&sides);
    prices_free(&prices);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cross_entropy_is_torchs), cmocka_unit_test(targets_are_sides),
        cmocka_unit_test(a_wave_is_learned),       cmocka_unit_test(scores_by_hand),
        cmocka_unit_test(values_and_sides_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
