/* spread: dropout's variance against its formula, a head's quantiles against a known distribution, and what must not change either. */
#define _POSIX_C_SOURCE 200809L

#include "forecast_bench.h"

#include <unistd.h>

#include "lstmfc/band.h"

enum { N_ROWS = 420, TRAIN = 360, SEEDS = 40 };

typedef struct Lab {
    Prices prices; /* 100 and noise of standard deviation 2: a normal distribution whatever came before */
    Engine alone, engine;
} Lab;

static Lab *lab_of(void **state) {
    return *state;
}

static int open_lab(void **state) {
    static Lab lab;
    Rng rng;
    rng_init(&rng, 5, 1);
    prices_init(&lab.prices, N_ROWS, 1);
    for (size_t i = 0; i < N_ROWS; i++) {
        lab.prices.columns[0][i] = 100 + 2 * rng_normal(&rng);
    }
    lab.alone = bench_engine(0);
    lab.engine = bench_engine(3);
    *state = &lab;
    return 0;
}

static int close_lab(void **state) {
    Lab *lab = lab_of(state);
    prices_free(&lab->prices);
    pool_free(lab->engine.pool);
    return 0;
}

static Recipe recipe_of(int interval) {
    Recipe recipe = bench_recipe();
    recipe.interval = interval;
    recipe.level = "50,90";
    recipe.horizon = 2;
    return recipe;
}

/* Free with free(sigma) and spread_free. */
static Spread spread_of(const Lab *lab, const Model *model, const Prices *prices, const Engine *engine, size_t first, size_t last,
                        double **sigma) {
    Spread spread;
    Error error = {0};
    (void)lab;
    *sigma = bench_zeros(prices->series.n_rows + 1, sizeof **sigma);
    band_volatilities(model, &prices->series, *sigma);
    if (!spread_init(&spread, model, &prices->series, engine, *sigma, first, last, &error)) {
        fail_msg("%s", error.message);
    }
    return spread;
}

/* ---- dropout ---- */

/* Inverted dropout of rate p before a linear output sum w h: its variance is p / (1 - p) sum (w h)^2 (Srivastava et al. 2014). */
static void deviations_are_those_of_the_formula(void **state) {
    const Lab *lab = lab_of(state);
    Model model;
    Recipe recipe = recipe_of(INTERVAL_MCDROPOUT);
    recipe.layers = "lstm:40,dropout:0.3";
    recipe.horizon = 1;
    bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->alone);
    const Layer *output = &model.network.layers[model.network.n_layers - 1];
    double seen = 0, expected = 0;
    real *weights = model.weights + output->offset, *kept = bench_zeros(output->n_weights, sizeof *kept);
    memcpy(kept, weights, output->n_weights * sizeof *kept);
    for (model.recipe.seed = 1; model.recipe.seed <= SEEDS; model.recipe.seed++) {
        double *sigma;
        Spread spread = spread_of(lab, &model, &lab->prices, &lab->engine, TRAIN, N_ROWS - 1, &sigma);
        for (size_t row = TRAIN; row < N_ROWS; row++) {
            const double noise = sigma[row], size = spread.size[row - TRAIN];
            seen += (size * size - noise * noise) / ((N_ROWS - TRAIN) * SEEDS);
        }
        free(sigma);
        spread_free(&spread);
    }
    /* w h of each unit: the output with all other weights at 0, less the output with none */
    for (size_t i = 0; i < output->n_weights; i++) {
        if (kept[i] == 0) {
            continue;
        }
        memset(weights, 0, output->n_weights * sizeof *weights);
        double *none = bench_forecast(&model, &lab->prices, &lab->alone, TRAIN, N_ROWS);
        weights[i] = kept[i];
        double *one = bench_forecast(&model, &lab->prices, &lab->alone, TRAIN, N_ROWS);
        bool bias = true;
        for (size_t row = 1; row < N_ROWS - TRAIN; row++) {
            bias = bias && one[row] - none[row] == one[0] - none[0];
        }
        for (size_t row = 0; row < N_ROWS - TRAIN && !bias; row++) {
            expected += 0.3 / 0.7 * pow(one[row] - none[row], 2) / (N_ROWS - TRAIN);
        }
        free(one);
        free(none);
    }
    print_message("variance of dropout: %.3g of passes, %.3g by the formula\n", seen, expected);
    /* 60 passes have a standard deviation of 18 %, of SEEDS times as many it is 3 % */
    assert_true(expected > 0 && fabs(seen / expected - 1) < 0.1);
    free(kept);
    model_free(&model);
}

/* ---- a head ---- */

/* What the head says, before anything is made conformal, covers about what it was trained for. */
static void a_head_learns_its_quantiles(void **state) {
    const Lab *lab = lab_of(state);
    Model model;
    Recipe recipe = recipe_of(INTERVAL_QUANTILE);
    recipe.epochs = 60;
    recipe.patience = 0;
    bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
    double *sigma;
    Spread spread = spread_of(lab, &model, &lab->prices, &lab->engine, 20, N_ROWS - 2, &sigma);
    size_t inside[2][2] = {{0}}, n = 0;
    assert_true(spread.n_levels == 2 && model.n_levels == 2 && spread.center);
    for (size_t row = 20; row < N_ROWS - 1; row++, n++) {
        for (size_t step = 0; step < 2; step++) {
            for (size_t l = 0; l < 2; l++) {
                const size_t at = ((row - 20) * 2 + step) * 2 + l;
                inside[step][l] += fabs(lab->prices.columns[0][row + step] - spread.center[at]) <= spread.size[at];
            }
        }
    }
    for (size_t step = 0; step < 2; step++) {
        const double half = (double)inside[step][0] / (double)n, most = (double)inside[step][1] / (double)n;
        print_message("step %zu: the head of 50 %% covers %.3f, of 90 %% %.3f\n", step + 1, half, most);
        assert_true(fabs(half - 0.5) < 0.12 && fabs(most - 0.9) < 0.06);
    }
    free(sigma);
    spread_free(&spread);
    model_free(&model);
}

/* Conformal on top: later rows are covered as asked, also at a level that was not learnt. */
static void bands_of_all_kinds_cover(void **state) {
    static const double levels[] = {0.5, 0.8, 0.9};
    const Lab *lab = lab_of(state);
    for (int kind = INTERVAL_CONFORMAL; kind <= INTERVAL_MCDROPOUT; kind++) {
        Model model;
        Band band;
        Error error = {0};
        Recipe recipe = recipe_of(kind);
        recipe.epochs = 40;
        recipe.val_frac = 0.3;
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
        assert_true(band_open(&band, &model, &lab->prices.series, &lab->engine, TRAIN, &error));
        size_t inside[3] = {0};
        for (size_t row = TRAIN; row < N_ROWS; row++) {
            double value[2];
            assert_true(forecast_windows(&model, &lab->prices.series, &lab->engine, &row, 1, value, &error));
            for (size_t l = 0; l < 3; l++) {
                const double center = band_center(&band, 1, levels[l], value[0]), half = band_half(&band, 1, levels[l]);
                assert_true(half > 0 && (kind == INTERVAL_QUANTILE || center == value[0]));
                inside[l] += fabs(lab->prices.columns[0][row] - center) <= half;
            }
            assert_true(band_center(&band, 3, 0.8, 7) == 7 && band_half(&band, 3, 0.8) > band_half(&band, 2, 0.8)); /* beyond the horizon */
            band_advance(&band, value[0]);
        }
        print_message("kind %d: %zu %zu %zu of %d\n", kind, inside[0], inside[1], inside[2], N_ROWS - TRAIN);
        for (size_t l = 0; l < 3; l++) {
            assert_true(fabs((double)inside[l] / (N_ROWS - TRAIN) - levels[l]) < 0.15);
        }
        band_close(&band);
        model_free(&model);
    }
}

/* ---- what changes nothing ---- */

static bool same(const Spread *a, size_t at, const Spread *b, size_t n) {
    const size_t each = a->horizon * a->n_levels;
    return memcmp(a->size + at * each, b->size, n * each * sizeof *a->size) == 0 &&
           (!a->center || memcmp(a->center + at * each, b->center, n * each * sizeof *a->center) == 0);
}

static void threads_company_and_later_rows_change_nothing(void **state) {
    const Lab *lab = lab_of(state);
    Prices other;
    prices_copy(&other, &lab->prices);
    prices_poison(&other, TRAIN + 10, N_ROWS, 1000);
    for (int kind = INTERVAL_QUANTILE; kind <= INTERVAL_MCDROPOUT; kind++) {
        Model model, again;
        Recipe recipe = recipe_of(kind);
        double *sigma[4];
        recipe.ensemble = 2;
        recipe.layers = "lstm:6,dropout:0.2|gru:5,dropout:0.3";
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->alone);
        bench_fit(&again, &recipe, &other, TRAIN, &lab->engine);
        assert_memory_equal(model.calibration, again.calibration, model_n_scores(&model) * sizeof *model.calibration);
        assert_memory_equal(model.head_weights, again.head_weights, model.head.n_weights * sizeof *model.head_weights);
        Spread all = spread_of(lab, &model, &lab->prices, &lab->alone, TRAIN, TRAIN + 20, &sigma[0]);
        Spread some = spread_of(lab, &model, &other, &lab->engine, TRAIN + 5, TRAIN + 10, &sigma[1]);
        Spread later = spread_of(lab, &model, &other, &lab->engine, TRAIN + 11, TRAIN + 11, &sigma[2]);
        assert_true(same(&all, 5, &some, 6));
        assert_false(same(&all, 11, &later, 1)); /* negative control: that window has seen a changed row */
        model.recipe.seed++;
        Spread seeded = spread_of(lab, &model, &lab->prices, &lab->alone, TRAIN, TRAIN + 20, &sigma[3]);
        assert_int_equal(same(&all, 0, &seeded, 21), kind == INTERVAL_QUANTILE); /* passes are drawn by the seed, a head's are not */
        Spread *const spreads[] = {&all, &some, &later, &seeded};
        for (size_t i = 0; i < 4; i++) {
            spread_free(spreads[i]);
            free(sigma[i]);
        }
        model_free(&model);
        model_free(&again);
    }
    prices_free(&other);
}

static void a_head_is_stored(void **state) {
    const Lab *lab = lab_of(state);
    Model model, back, begun;
    Error error = {0};
    FitReport report;
    char path[] = "/tmp/lstmfc-spread-XXXXXX";
    Recipe recipe = recipe_of(INTERVAL_QUANTILE);
    recipe.layers = "lstm:6,dropout:0.2,dense:2|gru:3,dense:2"; /* an output layer of its own is not the head's */
    close(mkstemp(path));
    bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
    assert_int_equal(model.head.n_outputs, 8);
    assert_int_equal(model.head.n_layers, 3);
    assert_true(model_write(&model, path, &error) && model_read(&back, path, &error));
    assert_true(back.n_levels == 2 && back.levels[1] == 0.9 && back.head.n_weights == model.head.n_weights);
    assert_memory_equal(back.head_weights, model.head_weights, model.head.n_weights * sizeof *model.head_weights);
    for (size_t i = 0; i < model_n_scores(&model); i++) {
        assert_int_equal(back.calibration[i].n, model.calibration[i].n);
    }
    recipe.init_from = path; /* its networks, not its head */
    assert_true(model_init(&begun, &recipe, &lab->prices.series, &error) &&
                fit_rows(&begun, &lab->prices.series, (RowRange){0, TRAIN}, &lab->engine, &report, &error));
    unlink(path);
    model_free(&model);
    model_free(&back);
    model_free(&begun);
}

static void contradictions_are_told(void **state) {
    (void)state;
    static const char *const levels[] = {"0", "100", "", "80,", "x", "1,2,3,4,5,6,7,8,9"};
    Error error = {0};
    Recipe recipe = recipe_of(INTERVAL_MCDROPOUT);
    recipe.layers = "lstm:6";
    assert_false(recipe_check(&recipe, &error));
    assert_true(error.code == ERROR_USAGE && error.hint[0]);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        Error refused = {0};
        recipe = recipe_of(INTERVAL_QUANTILE);
        recipe.level = levels[i];
        assert_false(recipe_check(&recipe, &refused));
        assert_int_equal(refused.code, ERROR_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deviations_are_those_of_the_formula),
        cmocka_unit_test(a_head_learns_its_quantiles),
        cmocka_unit_test(bands_of_all_kinds_cover),
        cmocka_unit_test(threads_company_and_later_rows_change_nothing),
        cmocka_unit_test(a_head_is_stored),
        cmocka_unit_test(contradictions_are_told),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
