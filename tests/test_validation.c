/* validation: where splits lie, each split against the same fit made alone, threads, warm chains, summaries, the next value. */
#include "forecast_bench.h"

#include "lstmfc/validation.h"

enum { N_ROWS = 150, WINDOW = 5, MOST = 40 };

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

static Recipe split_recipe(void) {
    Recipe recipe = bench_recipe();
    recipe.layers = "gru:4,dropout:0.2";
    recipe.window = WINDOW;
    recipe.epochs = 2;
    recipe.train_size = 40;
    recipe.val_size = 10;
    recipe.step = 10;
    return recipe;
}

typedef struct Told {
    size_t calls, seen[MOST], n_splits;
    bool in_order; /* done counts up */
} Told;

static void tell(void *context, size_t split, const ValidationSplit *result, size_t done, size_t n_splits) {
    Told *told = context;
    told->calls++;
    told->in_order = told->in_order && done == told->calls && result->val.n > 0;
    told->seen[split]++;
    told->n_splits = n_splits;
}

static Validation validate_on(const Recipe *recipe, const Prices *prices, const Engine *engine) {
    Validation v;
    Error error = {0};
    Told told = {.in_order = true};
    if (!validation_run(&v, recipe, NULL, 0, &prices->series, engine, tell, &told, &error)) {
        fail_msg("%s", error.message);
    }
    assert_true(told.in_order && told.calls == v.n_splits && told.n_splits == v.n_splits);
    for (size_t i = 0; i < v.n_splits; i++) {
        assert_int_equal(told.seen[i], 1);
    }
    return v;
}

static Validation validate(const Recipe *recipe, const Lab *lab) {
    return validate_on(recipe, &lab->prices, &lab->engine);
}

static bool same_metrics(const Metrics *a, const Metrics *b) {
    return a->n == b->n && memcmp(a->value, b->value, sizeof a->value) == 0;
}

/* ---- places ---- */

typedef struct Place {
    int scheme;
    size_t horizon, train_size, val_size, step, gap;
    bool leave_last;
    size_t n_splits; /* by hand */
} Place;

/* 150 rows, windows of 5: 145 windows of one step, 143 of three. */
static const Place places[] = {
    {SCHEME_ROLLING, 1, 40, 10, 10, 0, false, 10}, {SCHEME_ROLLING, 1, 40, 10, 10, 0, true, 9},
    {SCHEME_EXPANDING, 1, 40, 10, 10, 0, false, 10},
    {SCHEME_ROLLING, 1, 40, 10, 7, 3, false, 14}, {SCHEME_ROLLING, 3, 40, 10, 10, 0, false, 10},
    {SCHEME_EXPANDING, 3, 60, 20, 25, 5, true, 2},
    {SCHEME_ROLLING, 1, 135, 10, 10, 0, false, 1}, {SCHEME_ROLLING, 1, 100, 35, 1, 9, false, 2},
    {SCHEME_ROLLING, 3, 131, 10, 10, 0, false, 1},
    {SCHEME_ROLLING, 3, 130, 10, 1, 1, false, 2},    {SCHEME_ROLLING, 1, 20, 30, 60, 0, false, 2},
};

/* The split from its definition: targets counted from 0 stand in row WINDOW + number. */
static void assert_split(const ValidationSplit *s, const Place *p, size_t number, const Series *series) {
    const size_t gap = p->gap > p->horizon - 1 ? p->gap : p->horizon - 1;
    const size_t first = WINDOW + (p->scheme == SCHEME_ROLLING ? number * p->step : 0), last = WINDOW + number * p->step + p->train_size;
    assert_int_equal(s->split.train.first, first);
    assert_int_equal(s->split.train.last, last);
    assert_int_equal(s->split.val.first, last + gap);
    assert_int_equal(s->split.val.last, last + gap + p->val_size);
    assert_int_equal(s->train_from, series->dates[first]);
    assert_int_equal(s->train_to, series->dates[last - 1]);
    assert_int_equal(s->val_from, series->dates[last + gap]);
    assert_int_equal(s->val_to, series->dates[last + gap + p->val_size - 1]);
    assert_int_equal(s->train.n, last - first);
    assert_int_equal(s->val.n, p->val_size);
    assert_int_equal(s->naive.n, p->val_size);
    assert_true(s->split.train.last - 1 + p->horizon - 1 < s->split.val.first); /* no row trained on is scored */
    assert_true(s->split.val.last - 1 + p->horizon <= N_ROWS);
}

static void splits_lie_where_they_should(void **state) {
    const Lab *lab = lab_of(state);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const Place *p = &places[i];
        Recipe recipe = split_recipe();
        recipe.layers = "rnn:1";
        recipe.epochs = 1;
        recipe.scheme = p->scheme;
        recipe.horizon = p->horizon;
        recipe.train_size = p->train_size;
        recipe.val_size = p->val_size;
        recipe.step = p->step;
        recipe.gap = p->gap;
        recipe.leave_last = p->leave_last;
        Validation v = validate(&recipe, lab);
        assert_int_equal(v.n_splits, p->n_splits);
        for (size_t s = 0; s < v.n_splits; s++) {
            assert_split(&v.splits[s], p, s, &lab->prices.series);
        }
        if (!p->leave_last) { /* one more would not fit */
            assert_true(v.splits[v.n_splits - 1].split.val.last + p->step + p->horizon > N_ROWS + 1);
        }
        validation_free(&v);
    }
}

static void no_split_fits(void **state) {
    const Lab *lab = lab_of(state);
    for (int i = 0; i < 5; i++) {
        Validation v;
        Error error = {0};
        Recipe recipe = split_recipe();
        recipe.train_size = i == 0 ? 136 : i == 1 ? 132 : i == 2 ? 4000000000 : i == 3 ? 135 : 100;
        recipe.horizon = i == 1 ? 3 : 1;
        recipe.leave_last = i == 3;
        recipe.window = i == 4 ? 150 : WINDOW;
        assert_false(validation_run(&v, &recipe, NULL, 0, &lab->prices.series, &lab->engine, NULL, NULL, &error));
        assert_int_equal(error.code, ERROR_DATA);
        assert_true(strstr(error.message, "no split fits") && (i || strstr(error.message, "145 windows")));
        assert_true(v.n_splits == 0 && !v.splits);
    }
}

/* ---- each split alone ---- */

/* One fit made through forecast_fit_windows alone; scores of the split's windows; forecast of what follows the data. */
typedef struct Alone {
    Metrics train, val, naive;
    size_t epochs;
    double next;
} Alone;

static Metrics score(const Lab *lab, const Model *model, WindowRange range, bool naive, double unit) {
    const size_t n = range.last - range.first, k = model->recipe.horizon;
    double *values = bench_forecast(model, &lab->prices, &lab->engine, range.first, range.last), actual[N_ROWS], forecast[N_ROWS];
    for (size_t i = 0; i < n; i++) {
        actual[i] = lab->prices.columns[0][range.first + i] / unit;
        forecast[i] = (naive ? lab->prices.columns[0][range.first + i - 1] : values[i * k]) / unit;
    }
    free(values);
    return metric_score(actual, forecast, n);
}

static Alone fit_alone(const Lab *lab, Model *model, const ValidationSplit *s, Trainer **chain) {
    const Recipe *recipe = &model->recipe;
    const size_t n = s->split.train.last - s->split.train.first,
                 tail = recipe->stop_on == STOP_ON_TAIL ? (size_t)floor(recipe->val_frac * (double)n) : 0;
    const WindowRange train = {s->split.train.first, s->split.train.last - tail};
    const WindowRange val = recipe->stop_on == STOP_ON_TAIL ? (WindowRange){train.last, s->split.train.last} : s->split.val;
    const RowRange scaled = {s->split.train.first - WINDOW, s->split.train.last + recipe->horizon - 1};
    const Engine engine = {.kernels = lab->engine.kernels};
    FitReport report;
    Error error = {0};
    Alone alone;
    if (!forecast_fit_windows(model, &lab->prices.series, scaled, train, val, &engine, chain, &report, &error)) {
        fail_msg("%s", error.message);
    }
    const double unit = recipe->units == UNITS_SCALED ? model->scaler.columns[0].scale : 1;
    alone.train = score(lab, model, s->split.train, false, unit);
    alone.val = score(lab, model, s->split.val, false, unit);
    alone.naive = score(lab, model, s->split.val, true, unit);
    alone.epochs = report.epochs;
    assert_true(forecast_path(model, &lab->prices.series, &engine, N_ROWS, 1, &alone.next, &error));
    return alone;
}

/* All splits by hand; `next` from the last ten. */
static void assert_by_hand(const Recipe *recipe, const Lab *lab) {
    Validation v = validate(recipe, lab);
    Trainer *chain[4] = {NULL};
    Model model;
    Error error = {0};
    const bool warm = recipe->refit == REFIT_WARM;
    const size_t last = v.n_splits < 10 ? v.n_splits : 10;
    double next = 0;
    assert_true(!warm || model_init(&model, recipe, &lab->prices.series, &error));
    for (size_t i = 0; i < v.n_splits; i++) {
        assert_true(warm || model_init(&model, recipe, &lab->prices.series, &error));
        const ValidationSplit *s = &v.splits[i];
        const Alone alone = fit_alone(lab, &model, s, warm ? chain : NULL);
        assert_true(same_metrics(&s->train, &alone.train) && same_metrics(&s->val, &alone.val) && same_metrics(&s->naive, &alone.naive));
        assert_int_equal(s->epochs, alone.epochs);
        next += i + last >= v.n_splits ? alone.next / (double)last : 0;
        if (!warm) {
            model_free(&model);
        }
    }
    assert_near(v.next, next, 1e-13, "next");
    for (size_t m = 0; m < 4; m++) {
        trainer_free(chain[m]);
    }
    if (warm) {
        model_free(&model);
    }
    validation_free(&v);
}

static void a_split_is_a_fit_alone(void **state) {
    for (int turn = 0; turn < 8; turn++) {
        Recipe recipe = split_recipe();
        recipe.refit = turn % 2 ? REFIT_WARM : REFIT_FRESH;
        recipe.scheme = turn == 2 || turn == 3 ? SCHEME_EXPANDING : SCHEME_ROLLING;
        recipe.horizon = turn == 4 || turn == 5 ? 3 : 1;
        recipe.anchor = turn == 4 ? ANCHOR_RATIO : turn == 2 ? ANCHOR_DIFFERENCE : ANCHOR_NONE;
        recipe.ensemble = turn < 2 ? 3 : 1;
        recipe.stop_on = turn > 5 ? STOP_ON_SCORED : STOP_ON_TAIL;
        recipe.units = turn > 3 && recipe.anchor == ANCHOR_NONE ? UNITS_SCALED : UNITS_RAW;
        recipe.epochs = turn > 5 ? 12 : 2;
        recipe.step = 8; /* more than ten splits */
        recipe.val_size = 8;
        assert_by_hand(&recipe, lab_of(state));
    }
}

/* A split is fitted as `train` fits: with our own recipe's rolling origins inside its training windows, so its forecasts are shrunk as they
 * say, and not more of it is seen. */
static void a_split_is_shrunk_as_a_fit_is(void **state) {
    const Lab *lab = lab_of(state);
    Recipe recipe = split_recipe();
    recipe.anchor = ANCHOR_DIFFERENCE;
    recipe.shrink = SHRINK_FITTED;
    recipe.layers = "gru:4";
    recipe.epochs = 20;
    recipe.train_size = 125;
    for (int fitted = 1; fitted >= 0; fitted--) {
        recipe.train_size = fitted ? 125 : 100; /* too few windows: naive */
        Validation v = validate(&recipe, lab);
        for (size_t i = 0; i < v.n_splits; i++) {
            const ValidationSplit *s = &v.splits[i];
            const WindowRange all = s->split.train;
            const size_t tail = (size_t)floor(recipe.val_frac * (double)(all.last - all.first));
            Model model;
            FitReport report;
            Error error = {0};
            assert_true(model_init(&model, &recipe, &lab->prices.series, &error));
            assert_true(fit_windows(&model, &lab->prices.series, (RowRange){all.first - WINDOW, all.last},
                                    (WindowRange){all.first, all.last - tail}, (WindowRange){all.last - tail, all.last}, &lab->engine, NULL,
                                    &report, &error));
            const Metrics val = score(lab, &model, s->split.val, false, 1);
            assert_true(same_metrics(&val, &s->val));
            assert_int_equal(model_is_naive(&model), !fitted);
            assert_int_equal(same_metrics(&s->val, &s->naive), !fitted);
            model_free(&model);
        }
        validation_free(&v);
    }
}

/* Fewer splits than ten: all make `next`. */
static void few_splits_make_next(void **state) {
    Recipe recipe = split_recipe();
    recipe.step = 30;
    assert_by_hand(&recipe, lab_of(state));
}

static void next_is_the_next_session(void **state) {
    const Lab *lab = lab_of(state);
    const Recipe recipe = split_recipe();
    Validation v = validate(&recipe, lab);
    const Date last = lab->prices.series.dates[N_ROWS - 1];
    assert_int_equal(v.next_date, date_weekday(last) == 4 ? last + 3 : last + 1);
    assert_true(isfinite(v.next) && v.seconds > 0);
    validation_free(&v);
}

/* ---- threads and chains ---- */

static bool same_validation(const Validation *a, const Validation *b) {
    bool same = a->n_splits == b->n_splits && memcmp(&a->next, &b->next, sizeof a->next) == 0 && same_metrics(&a->pooled, &b->pooled);
    same = same && memcmp(&a->standing.dm, &b->standing.dm, sizeof a->standing.dm) == 0 && a->standing.verdict == b->standing.verdict;
    for (size_t i = 0; same && i < a->n_splits; i++) {
        const ValidationSplit *s = &a->splits[i], *t = &b->splits[i];
        same = same_metrics(&s->train, &t->train) && same_metrics(&s->val, &t->val) && same_metrics(&s->naive, &t->naive) &&
               s->epochs == t->epochs;
    }
    return same && memcmp(a->train, b->train, sizeof a->train) == 0 && memcmp(a->val, b->val, sizeof a->val) == 0 &&
           memcmp(a->naive, b->naive, sizeof a->naive) == 0;
}

static void threads_do_not_matter(void **state) {
    const Lab *lab = lab_of(state);
    for (int turn = 0; turn < 6; turn++) {
        Recipe recipe = split_recipe();
        recipe.refit = turn % 2 ? REFIT_WARM : REFIT_FRESH;
        recipe.ensemble = turn / 2 == 1 ? 2 : 1;
        recipe.layers = turn / 2 == 2 ? "lstm:64" : recipe.layers; /* wide enough for a team */
        recipe.batch = turn / 2 == 2 ? 8 : recipe.batch;
        recipe.epochs = turn / 2 == 2 ? 1 : 2;
        Validation alone = {0};
        for (size_t threads = 0; threads <= 4; threads += threads ? threads : 1) {
            Engine engine = bench_engine(threads);
            Validation v = validate_on(&recipe, &lab->prices, &engine);
            if (threads == 0) {
                alone = v;
            } else {
                assert_true(same_validation(&v, &alone));
                validation_free(&v);
            }
            pool_free(engine.pool);
        }
        recipe.seed++; /* negative control */
        Validation other = validate(&recipe, lab);
        assert_false(same_validation(&other, &alone));
        validation_free(&other);
        validation_free(&alone);
    }
}

/* A warm chain begins as a fresh one, and goes on otherwise. */
static void warm_goes_on_from_the_last_split(void **state) {
    Recipe recipe = split_recipe();
    Validation fresh = validate(&recipe, lab_of(state));
    recipe.refit = REFIT_WARM;
    Validation warm = validate(&recipe, lab_of(state));
    assert_true(same_metrics(&fresh.splits[0].val, &warm.splits[0].val) && same_metrics(&fresh.splits[0].train, &warm.splits[0].train));
    for (size_t i = 1; i < fresh.n_splits; i++) {
        assert_false(same_metrics(&fresh.splits[i].val, &warm.splits[i].val));
        assert_true(same_metrics(&fresh.splits[i].naive, &warm.splits[i].naive));
    }
    validation_free(&fresh);
    validation_free(&warm);
}

/* ---- no leak ---- */

/* What follows a split's training rows changes its scores by what happened, not its model: the training score stays, bit for bit. */
static void a_split_does_not_see_what_it_is_scored_on(void **state) {
    const Lab *lab = lab_of(state);
    Recipe recipe = split_recipe();
    for (int turn = 0; turn < 3; turn++) {
        Prices later;
        recipe.scale_fit = turn == 1 ? SCALE_FIT_ALL : SCALE_FIT_TRAIN;
        recipe.stop_on = turn == 2 ? STOP_ON_SCORED : STOP_ON_TAIL;
        recipe.epochs = turn == 2 ? 30 : 2;
        recipe.lr = turn == 2 ? 0.05 : 0.01;
        prices_copy(&later, &lab->prices);
        for (size_t i = WINDOW + 40; i < N_ROWS; i++) {
            later.columns[0][i] *= -3;
        }
        Validation a = validate(&recipe, lab), b = validate_on(&recipe, &later, &lab->engine);
        const bool blind = same_metrics(&a.splits[0].train, &b.splits[0].train);
        assert_true(blind == (turn == 0)); /* negative controls: what leaks as asked is seen to */
        assert_false(same_metrics(&a.splits[0].val, &b.splits[0].val));
        validation_free(&a);
        validation_free(&b);
        prices_free(&later);
    }
}

/* ---- summaries ---- */

static void summaries_describe_the_splits(void **state) {
    const Recipe recipe = split_recipe();
    Validation v = validate(&recipe, lab_of(state));
    double pooled[2] = {0, 0};
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        double values[3][MOST], work[MOST];
        for (size_t i = 0; i < v.n_splits; i++) {
            values[0][i] = v.splits[i].train.value[m];
            values[1][i] = v.splits[i].val.value[m];
            values[2][i] = v.splits[i].naive.value[m];
        }
        const Summary *summaries[] = {&v.train[m], &v.val[m], &v.naive[m]};
        for (size_t part = 0; part < 3; part++) {
            const Summary expected = metric_describe(values[part], v.n_splits, work);
            assert_memory_equal(&expected, summaries[part], sizeof expected);
            assert_true(expected.value[SUMMARY_COUNT] == (double)v.n_splits && expected.value[SUMMARY_MIN] < expected.value[SUMMARY_MAX]);
        }
    }
    for (size_t i = 0; i < v.n_splits; i++) {
        pooled[0] += v.splits[i].val.value[METRIC_MSE] / (double)v.n_splits;
        pooled[1] += v.splits[i].naive.value[METRIC_MSE] / (double)v.n_splits;
    }
    assert_int_equal(v.pooled.n, v.n_splits * recipe.val_size);
    assert_near(v.pooled.value[METRIC_MSE], pooled[0], 1e-12, "pooled mse");
    assert_near(v.pooled_naive.value[METRIC_MSE], pooled[1], 1e-12, "pooled mse of naive");
    assert_true((v.standing.dm.statistic > 0) == (pooled[0] > pooled[1]));
    assert_int_equal(v.standing.verdict, v.standing.dm.p >= 0.05 ? VERDICT_NO_BETTER
                                         : pooled[0] < pooled[1] ? VERDICT_BETTER
                                                                 : VERDICT_WORSE);
    validation_free(&v);
}

/* ---- what stands beside the model */

/* Split after split by hand: the intervals of a band on the split's model, and baselines fitted on its training rows. */
static void intervals_and_baselines_are_those_of_each_split(void **state) {
    enum { LEVELS = 2, TARGETS = 200 };
    const Lab *lab = lab_of(state);
    const double levels[LEVELS] = {0.5, 0.8}, *x = lab->prices.series.columns[0];
    Recipe recipe = split_recipe();
    Error error = {0};
    SplitPlan plan;
    Validation v;
    recipe.step = recipe.val_size / 2; /* overlapping: every target once all the same */
    assert_true(validation_run(&v, &recipe, levels, LEVELS, &lab->prices.series, &lab->engine, NULL, NULL, &error));
    assert_true(split_plan(&plan, &recipe, &lab->prices.series, recipe.window, lab->prices.series.n_rows, 0, &error));
    double actual[TARGETS], low[LEVELS][TARGETS], high[LEVELS][TARGETS], ar1[TARGETS];
    size_t n = 0, which = 0;
    while (strcmp(baseline_kinds[which]->name, "ar1") != 0) {
        which++;
    }
    for (size_t number = 0; number < plan.n_splits; number++) {
        const Split split = split_at(&plan, number);
        const RowRange rows = split_rows(&split, recipe.window, recipe.horizon);
        Model model;
        FitReport report;
        Band band;
        BaselineState fitted;
        assert_true(model_init(&model, &recipe, &lab->prices.series, &error) &&
                    split_fit(&model, &lab->prices.series, &lab->engine, &split, true, NULL, &report, &error));
        assert_true(band_open(&band, &model, &lab->prices.series, &lab->engine, split.scored.first, &error));
        baseline_fit(&fitted, baseline_kinds[which], x, rows.first, rows.last, 0);
        for (size_t row = split.scored.first; row < split.scored.last && n < TARGETS; row++, n++) {
            double value;
            assert_true(forecast_windows(&model, &lab->prices.series, &lab->engine, &row, 1, &value, &error));
            for (size_t l = 0; l < LEVELS; l++) {
                low[l][n] = value - band_half(&band, 1, levels[l]);
                high[l][n] = value + band_half(&band, 1, levels[l]);
            }
            actual[n] = x[row];
            ar1[n] = baseline_forecast(&fitted, x, row, 1);
            band_advance(&band, value);
        }
        band_close(&band);
        model_free(&model);
    }
    assert_true(n < TARGETS && v.standing.n == n && v.fan_score.n_levels == LEVELS && isfinite(v.fan_score.crps));
    for (size_t l = 0; l < LEVELS; l++) {
        const IntervalScore score = interval_score(actual, low[l], high[l], n, levels[l]);
        assert_true(score.n == n && score.coverage == v.fan_score.intervals[l].model.coverage);
        assert_near(score.winkler, v.fan_score.intervals[l].model.winkler, 1e-12, "winkler");
    }
    assert_near(metric_score(actual, ar1, n).value[METRIC_RMSE], v.standing.baselines[which].metrics.value[METRIC_RMSE], 1e-12, "ar1");
    assert_true(v.standing.baselines[0].metrics.value[METRIC_RMSE] == v.standing.naive.value[METRIC_RMSE]);
    validation_free(&v);
}

/* A wave: better than naive, and said so. */
static void a_wave_is_learnt(void **state) {
    const Lab *lab = lab_of(state);
    Prices wave;
    Recipe recipe = split_recipe();
    prices_copy(&wave, &lab->prices);
    prices_wave(&wave);
    recipe.layers = "lstm:8";
    recipe.anchor = ANCHOR_DIFFERENCE;
    recipe.epochs = 150;
    recipe.batch = 8;
    recipe.patience = 0;
    Validation v = validate_on(&recipe, &wave, &lab->engine);
    assert_int_equal(v.standing.verdict, VERDICT_BETTER);
    assert_true(v.pooled.value[METRIC_MSE] < v.pooled_naive.value[METRIC_MSE] / 3);
    assert_near(v.next, 50 + 10 * sin(0.5 * N_ROWS), 0.05, "next of the wave");
    validation_free(&v);
    prices_free(&wave);
}

/* ---- ends ---- */

static void faults_are_reported(void **state) {
    const Lab *lab = lab_of(state);
    static const volatile sig_atomic_t stop = 1;
    for (int turn = 0; turn < 4; turn++) {
        Validation v;
        Error error = {0};
        Engine engine = lab->engine;
        Recipe recipe = split_recipe();
        recipe.refit = turn % 2 ? REFIT_WARM : REFIT_FRESH;
        recipe.lr = turn < 2 ? 1e37 : 0.01;
        engine.watch.stop = turn < 2 ? NULL : &stop;
        assert_false(validation_run(&v, &recipe, NULL, 0, &lab->prices.series, &engine, NULL, NULL, &error));
        assert_int_equal(error.code, turn < 2 ? ERROR_DIVERGED : ERROR_STOPPED);
        assert_true(v.n_splits == 0 && !v.splits);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_lie_where_they_should),
        cmocka_unit_test(no_split_fits),
        cmocka_unit_test(a_split_is_a_fit_alone),
        cmocka_unit_test(a_split_is_shrunk_as_a_fit_is),
        cmocka_unit_test(few_splits_make_next),
        cmocka_unit_test(next_is_the_next_session),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(warm_goes_on_from_the_last_split),
        cmocka_unit_test(a_split_does_not_see_what_it_is_scored_on),
        cmocka_unit_test(summaries_describe_the_splits),
        cmocka_unit_test(intervals_and_baselines_are_those_of_each_split),
        cmocka_unit_test(a_wave_is_learnt),
        cmocka_unit_test(faults_are_reported),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
