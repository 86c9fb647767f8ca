/* comparison: every contestant on the same rows, against forecasts made alone; ranks, tests, threads. */
#include "forecast_bench.h"

#include "lstmfc/comparison.h"

enum { N_ROWS = 260 };

static Recipe small_recipe(void) {
    Recipe recipe = bench_recipe();
    recipe.layers = "gru:4";
    recipe.epochs = 2;
    recipe.ensemble = 1;
    recipe.shrink = SHRINK_NONE;
    recipe.train_size = recipe.val_size = recipe.step = 0;
    return recipe;
}

typedef struct Told {
    size_t calls, n_jobs;
    bool in_order;
} Told;

static void tell(void *context, const Contestant *contestant, size_t split, const Metrics *metrics, const SplitReport *report, size_t done,
                 size_t n_jobs) {
    Told *told = context;
    (void)split;
    told->calls++;
    told->n_jobs = n_jobs;
    told->in_order = told->in_order && done == told->calls && metrics->n > 0 && (contestant->baseline || report->epochs > 0);
}

static Comparison compare(const Recipe *recipe, const Prices *p, const char *const *kinds, size_t n_kinds, const char *preset,
                          size_t n_threads) {
    Engine engine = bench_engine(n_threads);
    Error error = {0};
    Comparison c;
    Told told = {.in_order = true};
    const Preset *chosen = preset ? preset_find(preset) : NULL;
    const ComparisonOptions options = {
        .recipe = recipe, .presets = &chosen, .n_presets = preset ? 1 : 0, .kinds = kinds, .n_kinds = n_kinds};
    if (!comparison_run(&c, &options, &p->series, &engine, tell, &told, &error)) {
        fail_msg("%s", error.message);
    }
    assert_true(told.in_order && told.calls == told.n_jobs && told.n_jobs == c.n_contestants * c.plan.n_splits);
    pool_free(engine.pool);
    return c;
}

static const Contestant *find(const Comparison *c, const char *name) {
    for (size_t i = 0; i < c->n_contestants; i++) {
        if (strcmp(c->contestants[i].name, name) == 0) {
            return &c->contestants[i];
        }
    }
    fail_msg("no contestant %s", name);
    return NULL;
}

static const char *const kinds[] = {"lstm", "gru", "rnn"};

static void layers_are_rewritten_by_kind(void **state) {
    (void)state;
    static const char *const cases[][3] = {{"gru:32", "lstm", "lstm:32"},
                                           {"2*(lstm:50:relu,dropout:0.2),dense:3:tanh", "gru-before",
                                            "2*(gru-before:50:relu,dropout:0.2),dense:3:tanh"},
                                           {"gru-before:4, rnn:5", "rnn", "rnn:4, rnn:5"},
                                           {"lstm:5,dense:1", NULL, "lstm:5,dense:1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *layers = comparison_layers(cases[i][0], cases[i][1]);
        assert_string_equal(layers, cases[i][2]);
        free(layers);
    }
}

/* 260 rows, windows of 8: 252 windows, 151 of them to train on, 25 scored four times. */
static void default_splits_follow_from_the_rows(void **state) {
    (void)state;
    Prices p;
    const Recipe recipe = small_recipe();
    prices_init(&p, N_ROWS, 1);
    Comparison c = compare(&recipe, &p, NULL, 0, NULL, 2);
    assert_int_equal(c.plan.n_splits, 4);
    assert_int_equal(c.plan.train_size, 151);
    assert_int_equal(c.plan.n_scored, 25);
    assert_int_equal(c.n, 100);
    assert_int_equal(c.from, p.series.dates[8 + 151]);
    assert_int_equal(c.to, p.series.dates[8 + 151 + 99]);
    for (size_t i = 0; i < c.n; i++) {
        assert_true(c.actual[i] == p.columns[0][159 + i] && c.naive[i] == p.columns[0][158 + i]);
    }
    assert_memory_equal(find(&c, "naive")->forecast, c.naive, c.n * sizeof(double));
    comparison_free(&c);
    prices_free(&p);
}

/* The forecasts of one split by split_run and baseline_forecasts, made here. */
static void contestants_forecast_as_they_do_alone(void **state) {
    (void)state;
    Prices p;
    Recipe recipe = small_recipe();
    recipe.horizon = 2;
    prices_init(&p, N_ROWS, 1);
    prices_wave(&p);
    Comparison c = compare(&recipe, &p, kinds, 3, NULL, 2);
    const Split split = split_at(&c.plan, 1);
    assert_int_equal(c.plan.gap, 1);
    assert_true(split.train.last + 1 == split.scored.first);
    Engine alone = bench_engine(0);
    SplitReport report;
    Error error = {0};
    double *forecast = bench_zeros(c.plan.n_scored, sizeof *forecast);
    assert_true(split_run(&recipe, &p.series, &alone, &split, forecast, &report, &error));
    assert_memory_equal(find(&c, "ours")->forecast + c.plan.n_scored, forecast, c.plan.n_scored * sizeof *forecast);
    BaselineState ar;
    assert_true(baseline_fit(&ar, baseline_find("ar1"), p.columns[0], split.train.first - 8, split.train.last + 1, 0));
    for (size_t i = 0; i < c.plan.n_scored; i++) {
        assert_near(find(&c, "ar1")->forecast[c.plan.n_scored + i], baseline_forecast(&ar, p.columns[0], split.scored.first + i, 2), 1e-12,
                    "ar1");
        assert_true(c.actual[c.plan.n_scored + i] == p.columns[0][split.scored.first + i + 1]);
    }
    free(forecast);
    comparison_free(&c);
    prices_free(&p);
}

static void assert_ranked(const Comparison *c) {
    const Contestant *best = &c->contestants[0];
    for (size_t i = 0; i < c->n_contestants; i++) {
        const Contestant *it = &c->contestants[i];
        assert_true(i == 0 || c->contestants[i - 1].metrics.value[METRIC_RMSE] <= it->metrics.value[METRIC_RMSE]);
        assert_true(isnan(it->dm_best.p) == (it == best) && isnan(it->dm_naive.p) == (strcmp(it->name, "naive") == 0));
        assert_true(isnan(it->holm_naive) || it->holm_naive >= it->dm_naive.p);
        const Metrics again = metric_score(c->actual, it->forecast, c->n);
        assert_near(it->metrics.value[METRIC_RMSE], again.value[METRIC_RMSE], 1e-12, it->name);
        assert_near(it->ratio * it->ratio, 1 - it->skill, 1e-9, "ratio and skill");
    }
}

static void ranking_is_by_error_and_naive_wins_ties(void **state) {
    (void)state;
    Prices p;
    Recipe recipe = small_recipe();
    prices_init(&p, N_ROWS, 1);
    Comparison walk = compare(&recipe, &p, kinds, 3, "classic", 2);
    assert_ranked(&walk);
    assert_int_equal(walk.n_contestants, 7 + 1 + 1 + 2); /* gru is ours */
    assert_int_equal(walk.plan.first, 60);               /* the preset's window */
    recipe.shrink = SHRINK_FITTED;                       /* too few windows: gated */
    Comparison gated = compare(&recipe, &p, NULL, 0, NULL, 1);
    assert_true(find(&gated, "naive") < find(&gated, "ours"));
    assert_true(find(&gated, "ours")->n_naive > 0);
    prices_wave(&p);
    recipe.shrink = SHRINK_NONE;
    recipe.epochs = 30;
    Comparison wave = compare(&recipe, &p, NULL, 0, NULL, 2);
    assert_ranked(&wave);
    assert_true(find(&wave, "ours") < find(&wave, "naive"));
    const Contestant *ours = find(&wave, "ours");
    assert_int_equal(ours->verdict, VERDICT_BETTER);
    assert_true(ours->clark_west.p < 0.01 && ours->direction.test.p < 0.01 && ours->direction.hit > ours->direction.base &&
                ours->theil_u < 1);
    assert_true(ours->rmsse < find(&wave, "naive")->rmsse && isnan(find(&wave, "naive")->clark_west.p) &&
                find(&wave, "naive")->direction.n == 0);
    assert_false(find(&gated, "ours")->clark_west.p < 0.05);
    comparison_free(&walk);
    comparison_free(&gated);
    comparison_free(&wave);
    prices_free(&p);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    Prices p;
    const Recipe recipe = small_recipe();
    prices_init(&p, N_ROWS, 1);
    Comparison a = compare(&recipe, &p, kinds, 3, NULL, 1), b = compare(&recipe, &p, kinds, 3, NULL, 2);
    assert_memory_equal(a.actual, b.actual, (2 + a.n_contestants) * a.n * sizeof(double));
    for (size_t i = 0; i < a.n_contestants; i++) {
        assert_string_equal(a.contestants[i].name, b.contestants[i].name);
    }
    comparison_free(&a);
    comparison_free(&b);
    prices_free(&p);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    Prices p;
    Comparison c;
    Error error = {0};
    Recipe recipe = small_recipe();
    Engine engine = bench_engine(0);
    static const char *const wrong[] = {"lsmt"};
    ComparisonOptions options = {.recipe = &recipe, .kinds = wrong, .n_kinds = 1};
    prices_init(&p, N_ROWS, 1);
    assert_false(comparison_run(&c, &options, &p.series, &engine, NULL, NULL, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    error = (Error){0};
    options.n_kinds = 0;
    recipe.train_size = 1000;
    assert_false(comparison_run(&c, &options, &p.series, &engine, NULL, NULL, &error));
    assert_int_equal(error.code, ERROR_DATA);
    prices_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_rewritten_by_kind),
        cmocka_unit_test(default_splits_follow_from_the_rows),
        cmocka_unit_test(contestants_forecast_as_they_do_alone),
        cmocka_unit_test(ranking_is_by_error_and_naive_wins_ties),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
