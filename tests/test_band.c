/* band: half widths by hand on a small series, nothing read at or after the origin, rolling on, steps beyond the horizon. */
#include "forecast_bench.h"

#include "lstmfc/band.h"

enum { N_ROWS = 150, TRAIN = 100 };

typedef struct Lab {
    Prices prices;
    Engine engine;
} Lab;

static Lab *lab_of(void **state) {
    return *state;
}

static int open_lab(void **state) {
    static Lab lab;
    prices_init(&lab.prices, N_ROWS, BENCH_COLUMNS);
    lab.engine = bench_engine(2);
    *state = &lab;
    return 0;
}

static int close_lab(void **state) {
    prices_free(&lab_of(state)->prices);
    pool_free(lab_of(state)->engine.pool);
    return 0;
}

static void fit_band_model(Model *model, const Lab *lab, int anchor, size_t horizon) {
    Recipe recipe = bench_recipe();
    recipe.anchor = anchor;
    recipe.horizon = horizon;
    recipe.epochs = 1;
    bench_fit(model, &recipe, &lab->prices, TRAIN, &lab->engine);
}

static Band open_band(const Model *model, const Prices *prices, const Lab *lab, size_t row) {
    Band band;
    Error error = {0};
    if (!band_open(&band, model, &prices->series, &lab->engine, row, &error)) {
        fail_msg("%s", error.message);
    }
    return band;
}

/* ---- by hand ---- */

/* The volatility before row `row`, from its definition: mean square of the first 20 changes, then lambda 0.84. */
static double hand_sigma(const double *x, size_t row, bool relative) {
    double square = 0;
    if (row < 21) {
        return NAN;
    }
    for (size_t i = 1; i < row; i++) {
        const double change = (x[i] - x[i - 1]) / (relative ? fabs(x[i - 1]) : 1);
        square = i <= 20 ? square + change * change / 20 : 0.84 * square + 0.16 * change * change;
    }
    return sqrt(square);
}

static double hand_unit(const double *x, size_t row, bool relative) {
    return relative ? fabs(x[row - 1]) : 1;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The same of the model's own errors: as training left it, in proportion, and then by lambda 0.84. */
static double hand_own(const Lab *lab, const Model *model, size_t row) {
    const double *x = lab->prices.columns[0];
    const bool relative = model->scaler.columns[0].anchor == ANCHOR_RATIO;
    const double start = model->training.error_ratio * hand_sigma(x, TRAIN, relative);
    double square = start * start;
    for (size_t r = TRAIN; r < row; r++) {
        double *value = bench_forecast(model, &lab->prices, &lab->engine, r, r + 1);
        const double e = (x[r] - value[0]) / hand_unit(x, r, relative);
        square = 0.84 * square + 0.16 * e * e;
        free(value);
    }
    return sqrt(square);
}

/* The ceil((n + 1) level)-th smallest of the latest 250 scores. */
static double hand_quantile(const double *scores, size_t n, double level) {
    double sorted[INTERVAL_RING];
    const size_t held = n < INTERVAL_RING ? n : INTERVAL_RING, rank = (size_t)ceil(((double)held + 1) * level);
    memcpy(sorted, scores + n - held, held * sizeof *sorted);
    qsort(sorted, held, sizeof *sorted, ascending);
    return rank > held ? NAN : sorted[rank - 1];
}

/* Scores of step `step` as they stand before row `row`: the stored ones, then those of origins after the training part whose target is
 * known. */
static size_t hand_scores(const Lab *lab, const Model *model, size_t row, size_t step, double *scores) {
    const double *x = lab->prices.columns[0];
    const bool relative = model->scaler.columns[0].anchor == ANCHOR_RATIO;
    size_t n = interval_scores(&model->calibration[step - 1], scores);
    for (size_t r = TRAIN; r + step <= row; r++) {
        double *value = bench_forecast(model, &lab->prices, &lab->engine, r, r + 1);
        scores[n++] = fabs(x[r + step - 1] - value[step - 1]) / (hand_own(lab, model, r) * hand_unit(x, r, relative));
        free(value);
    }
    return n;
}

static void half_widths_are_those_by_hand(void **state) {
    const Lab *lab = lab_of(state);
    const double *x = lab->prices.columns[0];
    static const size_t rows[] = {TRAIN, TRAIN + 1, TRAIN + 7, N_ROWS};
    static const double levels[] = {0.1037, 0.3011, 0.5003, 0.7717, 0.8501, 0.9507}; /* no rank near a whole number */
    for (int anchor = ANCHOR_NONE; anchor <= ANCHOR_RATIO; anchor++) {
        Model model;
        fit_band_model(&model, lab, anchor, 3);
        const bool relative = anchor == ANCHOR_RATIO;
        assert_true(model.training.error_ratio != 1);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            Band band = open_band(&model, &lab->prices, lab, rows[i]);
            for (size_t step = 1; step <= 3; step++) {
                double scores[2 * INTERVAL_RING];
                const size_t n = hand_scores(lab, &model, rows[i], step, scores);
                const double unit = hand_own(lab, &model, rows[i]) * hand_unit(x, rows[i], relative);
                assert_true(n > 60);
                for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
                    const double half = band_half(&band, step, levels[l]);
                    assert_near(half, hand_quantile(scores, n, levels[l]) * unit, 1e-11, "half width");
                    assert_true(half > 0);
                }
                assert_true(band_half(&band, step, 0.5) < band_half(&band, step, 0.9));
                assert_true(isnan(band_half(&band, step, 0.999))); /* a thousandth needs a thousand scores */
            }
            band_close(&band);
        }
        model_free(&model);
    }
}

static void volatilities_are_those_by_hand(void **state) {
    const Lab *lab = lab_of(state);
    double sigma[N_ROWS + 1];
    for (int anchor = ANCHOR_DIFFERENCE; anchor <= ANCHOR_RATIO; anchor++) {
        Model model;
        fit_band_model(&model, lab, anchor, 1);
        band_volatilities(&model, &lab->prices.series, sigma);
        for (size_t r = 0; r <= N_ROWS; r++) {
            assert_true(isnan(sigma[r]) == (r < 21)); /* 20 changes are 21 rows */
            assert_near(sigma[r], hand_sigma(lab->prices.columns[0], r, anchor == ANCHOR_RATIO), 1e-13, "sigma");
        }
        model_free(&model);
    }
}

/* Digits worked out with pencil and paper: changes of +1 and -1 by turns, sigma 1; a forecast 2 off scores 2. */
static void a_score_by_hand(void **state) {
    const Lab *lab = lab_of(state);
    Prices zigzag;
    Model model;
    double sigma[N_ROWS + 1];
    fit_band_model(&model, lab, ANCHOR_DIFFERENCE, 2);
    prices_copy(&zigzag, &lab->prices);
    for (size_t i = 0; i < N_ROWS; i++) {
        zigzag.columns[0][i] = 100 + (double)(i % 2);
    }
    band_volatilities(&model, &zigzag.series, sigma);
    assert_near(sigma[60], 1, 1e-15, "sigma");
    assert_near(band_score(&model, &zigzag.series, sigma, 60, 1, 102), 2, 1e-14, "score of row 60, which is 100");
    assert_near(band_score(&model, &zigzag.series, sigma, 60, 2, 104), 3, 1e-14, "score of row 61, which is 101");
    model.scaler.columns[0].anchor = ANCHOR_RATIO;
    sigma[60] = 0.25;
    assert_near(band_score(&model, &zigzag.series, sigma, 60, 1, 150.5), 50.5 / 0.25 / 101, 1e-14, "relative to row 59, which is 101");
    model_free(&model);
    prices_free(&zigzag);
}

/* ---- what is not read ---- */

/* Every row at or after the origin is poisoned, in every column: the same bits. The row before is read. */
static void no_row_at_or_after_the_origin_is_read(void **state) {
    const Lab *lab = lab_of(state);
    static const double poisons[] = {NAN, INFINITY, 1e300, -5, 0};
    for (int anchor = ANCHOR_NONE; anchor <= ANCHOR_RATIO; anchor++) {
        Model model;
        fit_band_model(&model, lab, anchor, 3);
        for (size_t row = TRAIN - 20; row < N_ROWS; row += 9) {
            Prices other;
            prices_copy(&other, &lab->prices);
            Band plain = open_band(&model, &lab->prices, lab, row);
            for (size_t p = 0; p < sizeof poisons / sizeof *poisons; p++) {
                prices_poison(&other, row, N_ROWS, poisons[p]);
                Band band = open_band(&model, &other, lab, row);
                for (size_t step = 1; step <= 5; step++) {
                    const double a = band_half(&plain, step, 0.8), b = band_half(&band, step, 0.8);
                    assert_true(isfinite(a) && a == b);
                }
                assert_memory_equal(plain.calibration, band.calibration, 3 * sizeof *band.calibration);
                band_close(&band);
            }
            other.columns[0][row - 1] *= 1.2; /* negative control */
            Band band = open_band(&model, &other, lab, row);
            assert_true(band_half(&plain, 1, 0.8) != band_half(&band, 1, 0.8));
            band_close(&band);
            band_close(&plain);
            prices_free(&other);
        }
        model_free(&model);
    }
}

/* ---- rolling on ---- */

/* Row after row, told its forecast, is opening anew at that row. */
static void advancing_is_opening_later(void **state) {
    const Lab *lab = lab_of(state);
    Model model;
    fit_band_model(&model, lab, ANCHOR_RATIO, 1);
    double *values = bench_forecast(&model, &lab->prices, &lab->engine, TRAIN, N_ROWS);
    Band band = open_band(&model, &lab->prices, lab, TRAIN);
    const double first = band_half(&band, 1, 0.8);
    for (size_t row = TRAIN; row < N_ROWS; row++) {
        assert_int_equal(band.row, row);
        if (row % 10 == 3) {
            Band later = open_band(&model, &lab->prices, lab, row);
            assert_true(band_half(&later, 1, 0.8) == band_half(&band, 1, 0.8));
            assert_memory_equal(later.calibration, band.calibration, sizeof *band.calibration);
            band_close(&later);
        }
        band_advance(&band, values[row - TRAIN]);
    }
    assert_int_equal(band.calibration[0].n, model.calibration[0].n + N_ROWS - TRAIN);
    assert_true(band_half(&band, 1, 0.8) != first);
    assert_int_equal(model.calibration[0].n, TRAIN - 8 - 9); /* the model's own scores stay: training windows less the tail */
    band_close(&band);
    free(values);
    model_free(&model);
}

/* Forecasts that were far off make the next intervals wide. */
static void misses_widen(void **state) {
    const Lab *lab = lab_of(state);
    Model model;
    fit_band_model(&model, lab, ANCHOR_RATIO, 1);
    Band good = open_band(&model, &lab->prices, lab, TRAIN), bad = open_band(&model, &lab->prices, lab, TRAIN);
    for (size_t row = TRAIN; row < N_ROWS; row++) {
        const double actual = lab->prices.columns[0][row];
        band_advance(&good, actual);
        band_advance(&bad, 3 * actual);
    }
    assert_true(band_half(&bad, 1, 0.8) > 10 * band_half(&good, 1, 0.8));
    band_close(&good);
    band_close(&bad);
    model_free(&model);
}

/* ---- steps beyond the horizon ---- */

static void beyond_the_horizon_it_widens_by_the_root(void **state) {
    const Lab *lab = lab_of(state);
    for (size_t horizon = 1; horizon <= 3; horizon += 2) {
        Model model;
        fit_band_model(&model, lab, ANCHOR_RATIO, horizon);
        Band band = open_band(&model, &lab->prices, lab, N_ROWS);
        const double last = band_half(&band, horizon, 0.8);
        for (size_t step = horizon; step < 100; step += 12) {
            assert_near(band_half(&band, step, 0.8), last * sqrt((double)step / (double)horizon), 1e-13, "beyond the horizon");
        }
        band_close(&band);
        model_free(&model);
    }
}

/* ---- little to go by ---- */

static void without_scores_or_volatility_there_is_none(void **state) {
    const Lab *lab = lab_of(state);
    Model model;
    fit_band_model(&model, lab, ANCHOR_RATIO, 1);
    Band early = open_band(&model, &lab->prices, lab, 20), first = open_band(&model, &lab->prices, lab, 21);
    assert_true(isnan(band_half(&early, 1, 0.8)) && isfinite(band_half(&first, 1, 0.8)));
    band_close(&early);
    band_close(&first);
    memset(model.calibration, 0, sizeof *model.calibration);
    for (size_t n = 0; n < 12; n++) { /* 80 % wants ceil((n + 1) 0.8) <= n: four scores; 90 % nine */
        Band band = open_band(&model, &lab->prices, lab, TRAIN + n);
        assert_true(isfinite(band_half(&band, 1, 0.8)) == (n >= 4) && isfinite(band_half(&band, 1, 0.9)) == (n >= 9));
        band_close(&band);
    }
    model_free(&model);
}

/* Only the latest 250 scores count, the ring's length: opened late on a long file it is as rolled on all the way. */
static void a_long_file_forgets(void **state) {
    const Lab *lab = lab_of(state);
    enum { LONG = TRAIN + INTERVAL_RING + 40 };
    Prices longer;
    Model model;
    prices_init(&longer, LONG, BENCH_COLUMNS);
    Recipe recipe = bench_recipe();
    recipe.horizon = 2;
    recipe.epochs = 1;
    bench_fit(&model, &recipe, &longer, TRAIN, &lab->engine);
    double *values = bench_forecast(&model, &longer, &lab->engine, TRAIN, LONG), scores[2][INTERVAL_RING];
    Band rolled = open_band(&model, &longer, lab, TRAIN), late = open_band(&model, &longer, lab, LONG);
    for (size_t row = TRAIN; row < LONG; row++) {
        band_advance(&rolled, values[2 * (row - TRAIN)]);
    }
    assert_int_equal(interval_scores(&rolled.calibration[0], scores[0]), INTERVAL_RING);
    assert_int_equal(interval_scores(&late.calibration[0], scores[1]), INTERVAL_RING);
    assert_memory_equal(scores[0], scores[1], sizeof scores[0]);
    assert_int_equal(interval_scores(&late.calibration[1], scores[1]), INTERVAL_RING);
    band_close(&rolled);
    band_close(&late);
    band_close(&late); /* safe twice */
    free(values);
    model_free(&model);
    prices_free(&longer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_widths_are_those_by_hand),
        cmocka_unit_test(volatilities_are_those_by_hand),
        cmocka_unit_test(a_score_by_hand),
        cmocka_unit_test(no_row_at_or_after_the_origin_is_read),
        cmocka_unit_test(advancing_is_opening_later),
        cmocka_unit_test(misses_widen),
        cmocka_unit_test(beyond_the_horizon_it_widens_by_the_root),
        cmocka_unit_test(without_scores_or_volatility_there_is_none),
        cmocka_unit_test(a_long_file_forgets),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
