/* evaluation: scores by hand, which rows are scored, paths, and a leak check that sees a leak. */
#include "forecast_bench.h"

#include "lstmfc/band.h"
#include "lstmfc/evaluation.h"
#include "lstmfc/preset.h"

/* Negative control of the leak check: the same code once more, over a forecaster that peeks at row r. */
static size_t peeks;
static bool peeking_windows(const Model *model, const Series *series, const Engine *engine, const size_t *r, size_t n, double *values,
                            Error *error) {
    const bool ok = forecast_windows(model, series, engine, r, n, values, error);
    for (size_t i = 0; i < n && ok; i++) {
        if (r[i] < series->n_rows) {
            values[i * model->recipe.horizon] += 1e-9 * series->columns[series->n_columns - 1][r[i]];
            peeks++;
        }
    }
    return ok;
}
/* The same of intervals: a band whose volatility knows the row it is made for. */
static bool band_peeks;
static bool peeking_band(Band *band, const Model *model, const Series *series, const Engine *engine, size_t row, size_t last,
                         Error *error) {
    const bool ok = band_open_range(band, model, series, engine, row, last, error);
    if (ok && band_peeks && row < series->n_rows) {
        band->sigma[row] = band->own[row] = fabs(series->columns[0][row] - series->columns[0][row - 1]);
    }
    return ok;
}
static bool forecasts_peek = true;
static bool maybe_peeking_windows(const Model *model, const Series *series, const Engine *engine, const size_t *r, size_t n, double *values,
                                  Error *error) {
    return (forecasts_peek ? peeking_windows : forecast_windows)(model, series, engine, r, n, values, error);
}
#define forecast_windows maybe_peeking_windows
#define band_open_range peeking_band
#define evaluation_range peeking_range
#define evaluation_run peeking_run
#define evaluation_intervals peeking_intervals
#define evaluation_free peeking_free
#define evaluation_leak_check peeking_leak_check
bool peeking_range(const Model *model, const Series *series, Date from, Date to, RowRange *rows, Error *error);
bool peeking_run(Evaluation *evaluation, const Model *model, const Series *series, const Engine *engine, Date from, Date to,
                 EvaluationMode mode, Error *error);
bool peeking_intervals(Evaluation *evaluation, const Model *model, const Series *series, const Engine *engine, const double *levels,
                       size_t n_levels, Error *error);
void peeking_free(Evaluation *evaluation);
bool peeking_leak_check(const Model *model, const Series *series, const Engine *engine, size_t row, Error *error);
#include "../src/forecast/evaluation.c"
#undef forecast_windows
#undef band_open_range
#undef evaluation_range
#undef evaluation_run
#undef evaluation_intervals
#undef evaluation_free
#undef evaluation_leak_check

enum { N_ROWS = 140, TRAIN = 100 };

typedef struct Lab {
    Prices prices;
    Engine engine;
    Model model; /* of the plain recipe, fitted on the first TRAIN rows */
} Lab;

static Lab *lab_of(void **state) {
    return *state;
}

static int open_lab(void **state) {
    static Lab lab;
    const Recipe recipe = bench_recipe();
    prices_init(&lab.prices, N_ROWS, BENCH_COLUMNS);
    lab.engine = bench_engine(2);
    bench_fit(&lab.model, &recipe, &lab.prices, TRAIN, &lab.engine);
    *state = &lab;
    return 0;
}

static int close_lab(void **state) {
    Lab *lab = lab_of(state);
    prices_free(&lab->prices);
    pool_free(lab->engine.pool);
    model_free(&lab->model);
    return 0;
}

static Evaluation evaluate(const Lab *lab, const Model *model, const Prices *prices, Date from, Date to, EvaluationMode mode) {
    Evaluation e;
    Error error = {0};
    if (!evaluation_run(&e, model, &prices->series, &lab->engine, from, to, mode, &error)) {
        fail_msg("%s", error.message);
    }
    return e;
}

static void assert_refused(const Lab *lab, Date from, Date to, const char *part) {
    Evaluation e;
    Error error = {0};
    assert_false(evaluation_run(&e, &lab->model, &lab->prices.series, &lab->engine, from, to, EVALUATION_ONE_STEP, &error));
    assert_int_equal(error.code, ERROR_DATA);
    assert_non_null(strstr(error.message, part));
    assert_null(e.actual);
}

/* ---- scores ---- */

static double mean(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i] / (double)n;
    }
    return sum;
}

/* The five by their definitions, in units of `unit`. */
static void assert_metrics(const Metrics *metrics, const double *actual, const double *forecast, size_t n, double unit) {
    double sse = 0, sae = 0, total = 0, rest = 0, e[N_ROWS];
    for (size_t i = 0; i < n; i++) {
        e[i] = actual[i] - forecast[i];
        sse += e[i] * e[i];
        sae += fabs(e[i]);
        total += pow(actual[i] - mean(actual, n), 2);
    }
    for (size_t i = 0; i < n; i++) {
        rest += pow(e[i] - mean(e, n), 2);
    }
    assert_int_equal(metrics->n, n);
    assert_near(metrics->value[METRIC_MSE], sse / (double)n / unit / unit, 1e-11, "mse");
    assert_near(metrics->value[METRIC_RMSE], sqrt(sse / (double)n) / unit, 1e-11, "rmse");
    assert_near(metrics->value[METRIC_MAE], sae / (double)n / unit, 1e-11, "mae");
    assert_near(metrics->value[METRIC_R2], 1 - sse / total, 1e-11, "r2");
    assert_near(metrics->value[METRIC_EVS], 1 - rest / total, 1e-11, "evs");
}

static void assert_scores(const Evaluation *e, const Model *model, const double *target, double unit, bool path) {
    double step = 0, errors[2][N_ROWS];
    size_t moves = 0, hits = 0;
    for (size_t i = 0; i < e->n; i++) {
        const size_t row = e->first_row + i;
        assert_true(e->actual[i] == target[row]);
        assert_true(e->naive[i] == target[path ? e->first_row - 1 : row - 1]);
        errors[0][i] = e->actual[i] - e->forecast[i];
        errors[1][i] = e->actual[i] - e->naive[i];
        moves += target[row] != target[row - 1];
        hits += (target[row] - target[row - 1]) * (e->forecast[i] - target[row - 1]) > 0;
    }
    for (size_t i = 1; i < model->training.n_rows; i++) {
        step += fabs(target[i] - target[i - 1]) / (double)(model->training.n_rows - 1);
    }
    assert_metrics(&e->standing.model, e->actual, e->forecast, e->n, 1);
    assert_metrics(&e->standing.naive, e->actual, e->naive, e->n, 1);
    assert_metrics(&e->scaled, e->actual, e->forecast, e->n, unit);
    assert_metrics(&e->naive_scaled, e->actual, e->naive, e->n, unit);
    assert_near(e->standing.skill, 1 - e->standing.model.value[METRIC_MSE] / e->standing.naive.value[METRIC_MSE], 1e-12, "skill");
    assert_near(e->standing.mase, e->standing.model.value[METRIC_MAE] / step, 1e-12, "mase");
    assert_near(e->standing.direction, (double)hits / (double)moves, 1e-15, "direction");
    const SkillTest dm = skill_diebold_mariano(errors[0], errors[1], e->n, 1);
    assert_true(dm.statistic == e->standing.dm.statistic && dm.p == e->standing.dm.p);
    assert_int_equal(e->standing.verdict, dm.p >= 0.05 ? VERDICT_NO_BETTER : e->standing.skill > 0 ? VERDICT_BETTER : VERDICT_WORSE);
    assert_true((e->standing.dm.statistic > 0) == (e->standing.skill < 0));
}

static void scores_are_those_by_hand(void **state) {
    const Lab *lab = lab_of(state);
    for (int turn = 0; turn < 8; turn++) {
        Model model;
        Recipe recipe = bench_recipe();
        const EvaluationMode mode = turn < 4 ? EVALUATION_ONE_STEP : EVALUATION_PATH;
        recipe.anchor = turn % 4 < 3 ? turn % 4 : ANCHOR_NONE;
        recipe.horizon = turn % 4 < 3 ? 1 : 3;
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
        Evaluation e = evaluate(lab, &model, &lab->prices, DATE_NONE, DATE_NONE, mode);
        assert_int_equal(e.first_row, TRAIN);
        assert_int_equal(e.n, N_ROWS - TRAIN);
        const double unit = model.scaler.columns[0].scale * (recipe.anchor == ANCHOR_RATIO ? lab->prices.columns[0][TRAIN - 1] : 1);
        assert_scores(&e, &model, lab->prices.columns[0], unit, mode == EVALUATION_PATH);
        evaluation_free(&e);
        model_free(&model);
    }
}

static void forecasts_are_those_of_forecast(void **state) {
    const Lab *lab = lab_of(state);
    for (size_t horizon = 1; horizon <= 3; horizon += 2) {
        Model model;
        Error error = {0};
        Recipe recipe = bench_recipe();
        double path[N_ROWS - TRAIN];
        recipe.horizon = horizon;
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
        double *one = bench_forecast(&model, &lab->prices, &lab->engine, TRAIN, N_ROWS);
        assert_true(forecast_path(&model, &lab->prices.series, &lab->engine, TRAIN, N_ROWS - TRAIN, path, &error));
        Evaluation a = evaluate(lab, &model, &lab->prices, DATE_NONE, DATE_NONE, EVALUATION_ONE_STEP);
        Evaluation b = evaluate(lab, &model, &lab->prices, DATE_NONE, DATE_NONE, EVALUATION_PATH);
        for (size_t i = 0; i < a.n; i++) {
            assert_true(a.forecast[i] == one[i * horizon] && b.forecast[i] == path[i]);
        }
        assert_true(a.forecast[0] == b.forecast[0] && a.forecast[a.n - 1] != b.forecast[a.n - 1]);
        evaluation_free(&a);
        evaluation_free(&b);
        free(one);
        model_free(&model);
    }
}

/* A network that says "no change" is naive, and the figures say so. */
static void naive_beside_itself(void **state) {
    const Lab *lab = lab_of(state);
    Model model;
    Recipe recipe = bench_recipe();
    recipe.anchor = ANCHOR_RATIO;
    bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
    memset(model.weights, 0, model.network.n_weights * sizeof(real));
    for (int mode = EVALUATION_ONE_STEP; mode <= EVALUATION_PATH; mode++) {
        Evaluation e = evaluate(lab, &model, &lab->prices, DATE_NONE, DATE_NONE, (EvaluationMode)mode);
        assert_memory_equal(e.forecast, e.naive, e.n * sizeof *e.naive);
        assert_true(e.standing.skill == 0 && e.standing.dm.statistic == 0 && e.standing.dm.p == 1 &&
                    e.standing.verdict == VERDICT_NO_BETTER);
        assert_true(mode == EVALUATION_PATH || e.standing.direction == 0);
        evaluation_free(&e);
    }
    model_free(&model);
}

/* A wave is learnt and naive cannot follow it; upside down, the same network is worse. */
static void verdicts_are_given(void **state) {
    const Lab *lab = lab_of(state);
    Prices wave;
    Model model;
    Recipe recipe = bench_recipe();
    recipe.layers = "lstm:8";
    recipe.anchor = ANCHOR_DIFFERENCE;
    recipe.epochs = 60;
    recipe.patience = 0;
    prices_copy(&wave, &lab->prices);
    prices_wave(&wave);
    bench_fit(&model, &recipe, &wave, TRAIN, &lab->engine);
    Evaluation better = evaluate(lab, &model, &wave, DATE_NONE, DATE_NONE, EVALUATION_ONE_STEP);
    const size_t output = model.network.layers[model.network.n_layers - 1].offset;
    for (size_t i = output; i < model.network.n_weights; i++) {
        model.weights[i] = -model.weights[i];
    }
    Evaluation worse = evaluate(lab, &model, &wave, DATE_NONE, DATE_NONE, EVALUATION_ONE_STEP);
    assert_int_equal(better.standing.verdict, VERDICT_BETTER);
    assert_true(better.standing.skill > 0.8 && better.standing.direction > 0.9 && better.standing.dm.statistic < 0);
    assert_int_equal(worse.standing.verdict, VERDICT_WORSE);
    assert_true(worse.standing.skill < 0 && worse.standing.direction < 0.1 && worse.standing.dm.statistic > 0);
    evaluation_free(&better);
    evaluation_free(&worse);
    model_free(&model);
    prices_free(&wave);
}

/* The further figures are those of skill.h on the same rows, and naive's own are what they must be. */
static void tests_are_those_of_skill(void **state) {
    const Lab *lab = lab_of(state);
    const double *x = lab->prices.columns[0];
    Evaluation e = evaluate(lab, &lab->model, &lab->prices, DATE_NONE, DATE_NONE, EVALUATION_ONE_STEP);
    double errors[N_ROWS], naive[N_ROWS], last[N_ROWS], square = 0;
    for (size_t i = 0; i < e.n; i++) {
        last[i] = x[TRAIN + i - 1];
        errors[i] = x[TRAIN + i] - e.forecast[i];
        naive[i] = x[TRAIN + i] - last[i];
    }
    for (size_t i = 1; i < TRAIN; i++) {
        square += (x[i] - x[i - 1]) * (x[i] - x[i - 1]) / (TRAIN - 1);
    }
    const SkillTest cw = skill_clark_west(naive, errors, e.n, 1);
    const SkillDirection direction = skill_direction(e.actual, e.forecast, last, e.n);
    const SkillLag lag = skill_lag(e.forecast, e.actual, e.n, 1);
    assert_true(cw.statistic == e.standing.clark_west.statistic && cw.p == e.standing.clark_west.p);
    assert_true(direction.hit == e.standing.direction_test.hit && direction.test.p == e.standing.direction_test.test.p &&
                e.standing.direction_test.hit == e.standing.direction);
    assert_true(lag.lag == e.standing.lag.lag && lag.p == e.standing.lag.p && lag.shifted == e.standing.lag.shifted);
    assert_true(skill_theil_u(e.actual, e.forecast, last, e.n) == e.standing.theil_u);
    assert_near(e.standing.rmsse, e.standing.model.value[METRIC_RMSE] / sqrt(square), 1e-12, "rmsse");
    evaluation_free(&e);
}

/* ---- baselines ---- */

/* Each is fitted on the training rows and forecasts as its own functions do; the first is the naive beside the model. */
static void baselines_are_scored_on_the_same_rows(void **state) {
    const Lab *lab = lab_of(state);
    const double *x = lab->prices.columns[0];
    for (int mode = EVALUATION_ONE_STEP; mode <= EVALUATION_PATH; mode++) {
        Evaluation e = evaluate(lab, &lab->model, &lab->prices, DATE_NONE, DATE_NONE, (EvaluationMode)mode);
        size_t n = 0;
        while (baseline_kinds[n]) {
            n++;
        }
        assert_true(e.standing.n_baselines == n && n >= 4);
        for (size_t i = 0; i < n; i++) {
            const StandingBaseline *b = &e.standing.baselines[i];
            BaselineState fitted;
            double forecast[N_ROWS], other[N_ROWS], errors[N_ROWS];
            assert_ptr_equal(b->kind, baseline_kinds[i]);
            assert_true(baseline_fit(&fitted, b->kind, x, 0, TRAIN, 0));
            for (size_t k = 0; k < e.n; k++) {
                forecast[k] =
                    mode == EVALUATION_PATH ? baseline_forecast(&fitted, x, TRAIN, k + 1) : baseline_forecast(&fitted, x, TRAIN + k, 1);
                other[k] = x[TRAIN + k] - forecast[k];
                errors[k] = x[TRAIN + k] - e.forecast[k];
            }
            assert_metrics(&b->metrics, x + TRAIN, forecast, e.n, 1);
            const SkillTest dm = skill_diebold_mariano(errors, other, e.n, 1);
            assert_near(b->dm.statistic, dm.statistic, 1e-9, "dm");
            assert_near(b->dm.p, dm.p, 1e-9, "p");
        }
        assert_string_equal(e.standing.baselines[0].kind->name, "naive");
        assert_true(e.standing.baselines[0].metrics.value[METRIC_MSE] == e.standing.naive.value[METRIC_MSE] &&
                    e.standing.baselines[0].dm.statistic == e.standing.dm.statistic);
        assert_true(e.standing.baselines[1].metrics.value[METRIC_MSE] != e.standing.naive.value[METRIC_MSE]);
        evaluation_free(&e);
    }
}

/* ---- intervals ---- */

static const double levels[] = {0.5, 0.8, 0.9};
enum { LEVELS = 3 };

static Evaluation evaluate_intervals(const Lab *lab, const Model *model, const Prices *prices, Date from, EvaluationMode mode) {
    Evaluation e = evaluate(lab, model, prices, from, DATE_NONE, mode);
    Error error = {0};
    if (!evaluation_intervals(&e, model, &prices->series, &lab->engine, levels, LEVELS, &error)) {
        fail_msg("%s", error.message);
    }
    return e;
}

/* One step: every row's interval is that of a band opened before the row; path: of one opened before the first. From the first row scored
 * or later. */
static void intervals_are_those_of_a_band(void **state) {
    const Lab *lab = lab_of(state);
    for (int turn = 0; turn < 4; turn++) {
        const EvaluationMode mode = turn % 2 ? EVALUATION_PATH : EVALUATION_ONE_STEP;
        const size_t first = turn < 2 ? TRAIN : TRAIN + 13;
        Evaluation e = evaluate_intervals(lab, &lab->model, &lab->prices, lab->prices.series.dates[first], mode);
        assert_true(e.n == N_ROWS - first && e.fan.n_levels == LEVELS);
        for (size_t i = 0; i < e.n; i++) {
            Band band;
            Error error = {0};
            assert_true(
                band_open(&band, &lab->model, &lab->prices.series, &lab->engine, mode == EVALUATION_PATH ? first : first + i, &error));
            for (size_t l = 0; l < LEVELS; l++) {
                const double half = band_half(&band, mode == EVALUATION_PATH ? i + 1 : 1, levels[l]);
                assert_true(half > 0 && e.fan.low[l * e.n + i] == e.forecast[i] - half && e.fan.high[l * e.n + i] == e.forecast[i] + half);
            }
            band_close(&band);
        }
        evaluation_free(&e);
    }
}

static void intervals_are_scored(void **state) {
    const Lab *lab = lab_of(state);
    Evaluation e = evaluate_intervals(lab, &lab->model, &lab->prices, DATE_NONE, EVALUATION_ONE_STEP);
    for (size_t l = 0; l < LEVELS; l++) {
        size_t inside = 0;
        double width = 0, winkler = 0;
        for (size_t i = 0; i < e.n; i++) {
            const double low = e.fan.low[l * e.n + i], high = e.fan.high[l * e.n + i], a = e.actual[i];
            inside += a >= low && a <= high;
            width += (high - low) / (double)e.n;
            winkler += (high - low + 2 / (1 - levels[l]) * (a < low ? low - a : a > high ? a - high : 0)) / (double)e.n;
        }
        assert_true(e.fan_score.intervals[l].level == levels[l] && e.fan_score.intervals[l].model.n == e.n);
        assert_near(e.fan_score.intervals[l].model.coverage, (double)inside / (double)e.n, 1e-15, "coverage");
        assert_near(e.fan_score.intervals[l].model.width, width, 1e-12, "width");
        assert_near(e.fan_score.intervals[l].model.winkler, winkler, 1e-12, "winkler");
        assert_true(l == 0 || (e.fan_score.intervals[l].model.width > e.fan_score.intervals[l - 1].model.width &&
                               e.fan_score.intervals[l].model.coverage >= e.fan_score.intervals[l - 1].model.coverage));
    }
    evaluation_free(&e);
}

/* Rows from some row on changed: no interval up to that row moves. Later ones do in one step, and none at all on a path begun there. */
static void intervals_see_no_later_row(void **state) {
    const Lab *lab = lab_of(state);
    enum { ROW = TRAIN + 15 };
    Prices other;
    prices_copy(&other, &lab->prices);
    prices_poison(&other, ROW, N_ROWS, 12345);
    Evaluation a = evaluate_intervals(lab, &lab->model, &lab->prices, DATE_NONE, EVALUATION_ONE_STEP),
               b = evaluate_intervals(lab, &lab->model, &other, DATE_NONE, EVALUATION_ONE_STEP);
    for (size_t l = 0; l < LEVELS; l++) {
        assert_memory_equal(a.fan.low + l * a.n, b.fan.low + l * b.n, (ROW - TRAIN + 1) * sizeof *a.fan.low);
        assert_memory_equal(a.fan.high + l * a.n, b.fan.high + l * b.n, (ROW - TRAIN + 1) * sizeof *a.fan.high);
        assert_true(a.fan.low[l * a.n + ROW - TRAIN + 1] != b.fan.low[l * b.n + ROW - TRAIN + 1]);
    }
    evaluation_free(&a);
    evaluation_free(&b);
    const Date from = lab->prices.series.dates[ROW];
    a = evaluate_intervals(lab, &lab->model, &lab->prices, from, EVALUATION_PATH);
    b = evaluate_intervals(lab, &lab->model, &other, from, EVALUATION_PATH);
    assert_memory_equal(a.fan.low, b.fan.low, 2 * LEVELS * a.n * sizeof *a.fan.low);
    assert_true(a.fan_score.intervals[0].model.winkler != b.fan_score.intervals[0].model.winkler);
    evaluation_free(&a);
    evaluation_free(&b);
    prices_free(&other);
}

/* ---- rows ---- */

static void assert_scored(const Lab *lab, Date from, Date to, size_t first, size_t last) {
    Evaluation e = evaluate(lab, &lab->model, &lab->prices, from, to, EVALUATION_ONE_STEP);
    assert_int_equal(e.first_row, first);
    assert_int_equal(e.n, last - first);
    assert_int_equal(e.from, lab->prices.series.dates[first]);
    assert_int_equal(e.to, lab->prices.series.dates[last - 1]);
    evaluation_free(&e);
}

static void bounds_are_inclusive(void **state) {
    const Lab *lab = lab_of(state);
    const Date *dates = lab->prices.series.dates;
    size_t friday = TRAIN + 5;
    while (date_weekday(dates[friday]) != 4) {
        friday++;
    }
    assert_scored(lab, DATE_NONE, DATE_NONE, TRAIN, N_ROWS);
    assert_scored(lab, dates[TRAIN], dates[N_ROWS - 1], TRAIN, N_ROWS);
    assert_scored(lab, dates[TRAIN - 1] + 1, DATE_NONE, TRAIN, N_ROWS); /* the day after, session or not */
    assert_scored(lab, dates[friday], dates[friday], friday, friday + 1);
    assert_scored(lab, dates[friday] + 1, dates[friday] + 3, friday + 1, friday + 2); /* Saturday to Monday */
    assert_scored(lab, DATE_NONE, dates[friday] + 2, TRAIN, friday + 1);
    assert_scored(lab, DATE_NONE, dates[N_ROWS - 1] + 999, TRAIN, N_ROWS);
}

static void rows_trained_on_are_refused(void **state) {
    const Lab *lab = lab_of(state);
    const Date *dates = lab->prices.series.dates;
    assert_refused(lab, dates[TRAIN - 1], DATE_NONE, "were trained on");
    assert_refused(lab, dates[0], dates[N_ROWS - 1], "were trained on");
    assert_refused(lab, dates[0] - 999, DATE_NONE, "were trained on");
    assert_refused(lab, DATE_NONE, dates[TRAIN - 1], "no rows left");
    assert_refused(lab, dates[N_ROWS - 1] + 1, DATE_NONE, "no rows left");
    assert_refused(lab, dates[TRAIN + 5], dates[TRAIN + 4], "no rows left");
}

/* A model trained on everything has nothing to be scored on; newer rows alone want a whole window before them. */
static void newer_rows_alone_want_a_window(void **state) {
    const Lab *lab = lab_of(state);
    Prices newer;
    Model all;
    Error error = {0};
    Evaluation e;
    const Recipe recipe = bench_recipe();
    bench_fit(&all, &recipe, &lab->prices, N_ROWS, &lab->engine);
    assert_false(evaluation_run(&e, &all, &lab->prices.series, &lab->engine, DATE_NONE, DATE_NONE, EVALUATION_ONE_STEP, &error));
    assert_int_equal(error.code, ERROR_DATA);
    prices_copy(&newer, &lab->prices);
    for (size_t i = 0; i < N_ROWS; i++) {
        newer.series.dates[i] += 10000;
    }
    e = evaluate(lab, &lab->model, &newer, DATE_NONE, DATE_NONE, EVALUATION_ONE_STEP);
    assert_int_equal(e.first_row, 8);
    assert_int_equal(e.n, N_ROWS - 8);
    assert_true(isnan(e.standing.mase)); /* its training rows are not here */
    evaluation_free(&e);
    prices_free(&newer);
    model_free(&all);
}

/* A path looks at nothing from its first row on: what happened changes scores, not forecasts. One step does look. */
static void a_path_looks_at_no_later_row(void **state) {
    const Lab *lab = lab_of(state);
    Prices other;
    prices_copy(&other, &lab->prices);
    prices_poison(&other, TRAIN + 3, N_ROWS, 12345);
    for (int mode = EVALUATION_ONE_STEP; mode <= EVALUATION_PATH; mode++) {
        const Date from = other.series.dates[TRAIN + 3];
        Evaluation a = evaluate(lab, &lab->model, &lab->prices, from, DATE_NONE, (EvaluationMode)mode);
        Evaluation b = evaluate(lab, &lab->model, &other, from, DATE_NONE, (EvaluationMode)mode);
        const bool equal =
            memcmp(a.forecast, b.forecast, a.n * sizeof *a.forecast) == 0 && memcmp(a.naive, b.naive, a.n * sizeof *a.naive) == 0;
        assert_true(equal == (mode == EVALUATION_PATH));
        assert_true(a.forecast[0] == b.forecast[0]);
        assert_true(a.standing.model.value[METRIC_MSE] != b.standing.model.value[METRIC_MSE]);
        evaluation_free(&a);
        evaluation_free(&b);
    }
    prices_free(&other);
}

/* ---- leaks ---- */

static void no_leak_is_found(void **state) {
    const Lab *lab = lab_of(state);
    for (int anchor = ANCHOR_NONE; anchor <= ANCHOR_RATIO; anchor++) {
        Model model;
        Recipe recipe = bench_recipe();
        recipe.anchor = anchor;
        recipe.horizon = anchor == ANCHOR_DIFFERENCE ? 3 : 1;
        recipe.epochs = 1;
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
        for (size_t row = 8; row <= N_ROWS; row += 12) {
            Error error = {0};
            assert_true(evaluation_leak_check(&model, &lab->prices.series, &lab->engine, row, &error));
        }
        model_free(&model);
    }
}

/* A recipe's fit and forecasts against later rows: neither sees them, but for a scaler that is told to. */
static void assert_tight(const Lab *lab, const char *name, const Recipe *recipe, const Prices *prices, size_t n_rows) {
    Model model, other;
    Prices later;
    prices_copy(&later, prices);
    for (size_t i = n_rows; i < later.series.n_rows; i++) {
        later.columns[0][i] *= 3;
        later.columns[1][i] *= 5;
    }
    bench_fit(&model, recipe, prices, n_rows, &lab->engine);
    bench_fit(&other, recipe, &later, n_rows, &lab->engine);
    const bool same = memcmp(model.weights, other.weights, model.n_members * model.network.n_weights * sizeof(real)) == 0 &&
                      memcmp(model.shrink, other.shrink, recipe->horizon * sizeof *model.shrink) == 0 &&
                      memcmp(model.calibration, other.calibration, model_n_scores(&model) * sizeof *model.calibration) == 0;
    if (same != (recipe->scale_fit == SCALE_FIT_TRAIN) || model_is_naive(&model)) {
        fail_msg("%s: same fit %d, naive %d", name, same, model_is_naive(&model));
    }
    for (size_t row = recipe->window; row <= prices->series.n_rows; row += 17) {
        Error error = {0};
        if (!evaluation_leak_check(&model, &prices->series, &lab->engine, row, &error)) {
            fail_msg("%s: %s", name, error.message);
        }
    }
    model_free(&model);
    model_free(&other);
    prices_free(&later);
}

static void no_recipe_leaks_unless_it_says_so(void **state) {
    const Lab *lab = lab_of(state);
    Prices wave;
    Recipe recipe;
    size_t said = 0;
    prices_init(&wave, 260, BENCH_COLUMNS);
    for (size_t i = 0; i < n_presets; i++) {
        Error error = {0};
        recipe_defaults(&recipe);
        assert_true(preset_apply(&presets[i], &recipe, &error));
        recipe.epochs = 1;
        if (recipe.scale_fit == SCALE_FIT_ALL) { /* as its report, and it says so */
            assert_non_null(strstr(presets[i].source, "whole file") ? presets[i].source : strstr(presets[i].protocol, "whole file"));
            said++;
        }
        assert_tight(lab, presets[i].name, &recipe, &lab->prices, TRAIN);
    }
    assert_true(said > 0 && said < n_presets);
    prices_wave(&wave);
    recipe_defaults(&recipe); /* our own, on what it can learn: a shut gate would hide a leak */
    recipe.epochs = 6;
    assert_tight(lab, "our own", &recipe, &wave, 220);
    for (recipe.interval = INTERVAL_QUANTILE; recipe.interval <= INTERVAL_MCDROPOUT; recipe.interval++) {
        recipe.layers = "gru:8,dropout:0.2";
        recipe.epochs = 3;
        assert_tight(lab, recipe.interval == INTERVAL_QUANTILE ? "quantile" : "mcdropout", &recipe, &wave, 220);
    }
    prices_free(&wave);
}

static void a_leak_is_found(void **state) {
    const Lab *lab = lab_of(state);
    for (size_t row = 8; row < N_ROWS; row += 12) {
        Error error = {0};
        peeks = 0;
        assert_false(peeking_leak_check(&lab->model, &lab->prices.series, &lab->engine, row, &error));
        assert_int_equal(error.code, ERROR_INTERNAL);
        assert_true(peeks > 0);
    }
    for (int turn = 0; turn < 2; turn++) { /* honest forecasts, and intervals that peek or do not */
        Error error = {0};
        forecasts_peek = false;
        band_peeks = turn == 1;
        assert_int_equal(peeking_leak_check(&lab->model, &lab->prices.series, &lab->engine, N_ROWS - 5, &error), turn == 0);
        assert_true(turn == 0 || (error.code == ERROR_INTERNAL && strstr(error.message, "intervals")));
    }
    forecasts_peek = true;
    band_peeks = false;
    Evaluation e; /* the second copy is the real code but for its forecaster */
    Error error = {0};
    assert_true(peeking_run(&e, &lab->model, &lab->prices.series, &lab->engine, DATE_NONE, DATE_NONE, EVALUATION_PATH, &error));
    assert_int_equal(e.n, N_ROWS - TRAIN);
    peeking_free(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_by_hand),
        cmocka_unit_test(forecasts_are_those_of_forecast),
        cmocka_unit_test(naive_beside_itself),
        cmocka_unit_test(verdicts_are_given),
        cmocka_unit_test(tests_are_those_of_skill),
        cmocka_unit_test(baselines_are_scored_on_the_same_rows),
        cmocka_unit_test(intervals_are_those_of_a_band),
        cmocka_unit_test(intervals_are_scored),
        cmocka_unit_test(intervals_see_no_later_row),
        cmocka_unit_test(bounds_are_inclusive),
        cmocka_unit_test(rows_trained_on_are_refused),
        cmocka_unit_test(newer_rows_alone_want_a_window),
        cmocka_unit_test(a_path_looks_at_no_later_row),
        cmocka_unit_test(no_leak_is_found),
        cmocka_unit_test(no_recipe_leaks_unless_it_says_so),
        cmocka_unit_test(a_leak_is_found),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
