/* tuning: trials by seed and number, rungs, the held-out rows out of sight, broken off and gone on with. */
#include "forecast_bench.h"

#include "lstmfc/tuning.h"

enum { N_ROWS = 320, N_TRIALS = 6, MOST_FITS = 64 };

static Recipe small_recipe(void) {
    Recipe recipe = bench_recipe();
    recipe.layers = "gru:4";
    recipe.epochs = 2;
    recipe.ensemble = 1;
    recipe.train_size = recipe.val_size = recipe.step = 0;
    return recipe;
}

/* What the watch was told, in any order. */
typedef struct Kept {
    size_t n;
    TuningFit fits[MOST_FITS];
} Kept;

static void keep(void *context, const Tuning *tuning, const TuningFit *fit, size_t done, size_t n_fits) {
    Kept *kept = context;
    assert_true(kept->n < MOST_FITS && done <= n_fits && n_fits == tuning->n_fits);
    kept->fits[kept->n++] = *fit;
}

static TuningOptions options_of(const Recipe *recipe, size_t n_trials) {
    TuningOptions options = {.recipe = recipe, .n_trials = n_trials, .holdout = 0.2};
    for (size_t i = 0; i < tuning_n_ranges; i++) { /* layers stay small, so that tests are quick */
        options.fixed[i] = strcmp(tuning_ranges[i].setting, "layers") == 0;
    }
    return options;
}

static Tuning tune(const TuningOptions *options, const Prices *p, const Kept *known, Kept *kept, size_t n_threads) {
    Engine engine = bench_engine(n_threads);
    Error error = {0};
    Tuning t;
    if (!tuning_init(&t, options, &p->series, &engine, &error) ||
        !tuning_run(&t, known ? known->fits : NULL, known ? known->n : 0, &p->series, &engine, kept ? keep : NULL, kept, &error)) {
        fail_msg("%s", error.message);
    }
    pool_free(engine.pool);
    return t;
}

static void assert_same_search(const Tuning *a, const Tuning *b) {
    assert_string_equal(a->search, b->search);
    for (size_t i = 0; i < a->n_trials; i++) {
        assert_int_equal(a->trials[i].number, b->trials[i].number);
        assert_string_equal(a->trials[i].options, b->trials[i].options);
        assert_memory_equal(&a->trials[i].ratio, &b->trials[i].ratio, sizeof(double));
    }
}

static void assert_same(const Tuning *a, const Tuning *b) {
    assert_same_search(a, b);
    assert_memory_equal(a->winner.metrics.value, b->winner.metrics.value, sizeof a->winner.metrics.value);
    assert_memory_equal(a->ours.metrics.value, b->ours.metrics.value, sizeof a->ours.metrics.value);
}

/* Every range names settings there are, and every value is taken: the whole space, without fitting. */
static void ranges_draw_what_settings_take(void **state) {
    (void)state;
    Prices p;
    Error error = {0};
    Engine engine = bench_engine(0);
    const Recipe recipe = small_recipe();
    TuningOptions options = {.recipe = &recipe, .n_trials = 300, .holdout = 0.2};
    Tuning t;
    size_t alike = 0;
    prices_init(&p, N_ROWS, 1);
    assert_true(tuning_init(&t, &options, &p.series, &engine, &error));
    assert_string_equal(t.trials[0].options, "--layers gru:4 --window 8 --batch 16 --lr 0.01");
    for (size_t i = 0; i < t.n_trials; i++) {
        assert_true(recipe_check(&t.trials[i].recipe, &error));
        assert_true(t.trials[i].recipe.window <= t.plan.first);
        assert_true(t.trials[i].recipe.lr >= 0.0003 && t.trials[i].recipe.lr <= 0.01);
        alike += i > 0 && strcmp(t.trials[i].options, t.trials[1].options) == 0;
    }
    assert_true(alike < 3);
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        assert_non_null(setting_find(recipe_settings, recipe_n_settings, tuning_ranges[i].setting));
    }
    tuning_free(&t);
    prices_free(&p);
}

/* 320 rows, 64 held out; windows of at most 60: 196 windows, 98 trained on, 24 scored four times. Rungs of 1, 2, 4 splits for 6, 2, 1
 * trials. */
static void rungs_thin_out(void **state) {
    (void)state;
    Prices p;
    const Recipe recipe = small_recipe();
    const TuningOptions options = options_of(&recipe, N_TRIALS);
    Kept kept = {0};
    prices_init(&p, N_ROWS, 1);
    Tuning t = tune(&options, &p, NULL, &kept, 2);
    assert_int_equal(t.plan.n_splits, 4);
    assert_int_equal(t.n_rungs, 3);
    assert_int_equal(t.n_fits, 6 + 2 + 2);
    assert_int_equal(kept.n, t.n_fits);
    assert_int_equal(t.n, 64);
    assert_int_equal(t.from, p.series.dates[N_ROWS - 64]);
    assert_int_equal(t.trials[0].n_splits, 4);
    assert_int_equal(t.trials[1].n_splits, 2);
    for (size_t i = 2; i < N_TRIALS; i++) {
        assert_int_equal(t.trials[i].n_splits, 1);
        assert_true(i == 2 || t.trials[i - 1].ratio <= t.trials[i].ratio);
    }
    tuning_free(&t);
    prices_free(&p);
}

/* Whatever happens in the held-out rows, the search comes out the same; their scores do not. */
static void the_search_does_not_see_the_held_out_rows(void **state) {
    (void)state;
    Prices p, other, early;
    const Recipe recipe = small_recipe();
    const TuningOptions options = options_of(&recipe, N_TRIALS);
    prices_init(&p, N_ROWS, 1);
    prices_copy(&other, &p);
    prices_copy(&early, &p);
    for (size_t i = N_ROWS - 64; i < N_ROWS; i++) {
        other.columns[0][i] = 500 - other.columns[0][i];
    }
    early.columns[0][N_ROWS - 64 - 10] *= 1.5; /* negative control */
    Tuning a = tune(&options, &p, NULL, NULL, 2), b = tune(&options, &other, NULL, NULL, 2), c = tune(&options, &early, NULL, NULL, 2);
    assert_same_search(&a, &b);
    assert_true(a.naive.value[METRIC_RMSE] != b.naive.value[METRIC_RMSE]);
    assert_string_not_equal(a.search, c.search);
    assert_true(a.trials[0].ratio != c.trials[0].ratio);
    tuning_free(&a);
    tuning_free(&b);
    tuning_free(&c);
    prices_free(&p);
    prices_free(&other);
    prices_free(&early);
}

static void threads_and_a_break_do_not_matter(void **state) {
    (void)state;
    Prices p;
    const Recipe recipe = small_recipe();
    const TuningOptions options = options_of(&recipe, N_TRIALS);
    Kept all = {0}, half, rest = {0};
    prices_init(&p, N_ROWS, 1);
    Tuning one = tune(&options, &p, NULL, &all, 1), two = tune(&options, &p, NULL, NULL, 2);
    assert_same(&one, &two);
    half = all;
    half.n = all.n / 2;
    Tuning resumed = tune(&options, &p, &half, &rest, 2);
    assert_same(&one, &resumed);
    assert_int_equal(resumed.n_known, half.n);
    assert_int_equal(rest.n, all.n - half.n);
    rest.n = 0;
    const TuningOptions more = options_of(&recipe, N_TRIALS + 2);
    Tuning longer = tune(&more, &p, &all, &rest, 2);
    assert_true(longer.n_known >= N_TRIALS && rest.n >= 2);
    tuning_free(&one);
    tuning_free(&two);
    tuning_free(&resumed);
    tuning_free(&longer);
    prices_free(&p);
}

/* A known fit is believed: one forged brings the last trial into the next rung. */
static void known_fits_count(void **state) {
    (void)state;
    Prices p;
    const Recipe recipe = small_recipe();
    const TuningOptions options = options_of(&recipe, N_TRIALS);
    Kept all = {0};
    prices_init(&p, N_ROWS, 1);
    Tuning t = tune(&options, &p, NULL, &all, 1);
    const size_t last = t.trials[N_TRIALS - 1].number;
    tuning_free(&t);
    for (size_t i = 0; i < all.n; i++) {
        all.fits[i].sse *= all.fits[i].trial == last ? 0.01 : 1;
    }
    t = tune(&options, &p, &all, NULL, 1);
    assert_true(t.trials[0].number == last || t.trials[1].number == last);
    tuning_free(&t);
    Engine engine = bench_engine(0);
    Error error = {0};
    strcpy(all.fits[3].options, "--lr 7");
    all.fits[3].line = 4;
    assert_true(tuning_init(&t, &options, &p.series, &engine, &error));
    assert_false(tuning_run(&t, all.fits, all.n, &p.series, &engine, NULL, NULL, &error));
    assert_int_equal(error.code, ERROR_DATA);
    assert_int_equal(error.line, 4);
    tuning_free(&t);
    prices_free(&p);
}

static void too_few_rows_are_refused(void **state) {
    (void)state;
    Prices p;
    Tuning t;
    Error error = {0};
    Engine engine = bench_engine(0);
    const Recipe recipe = small_recipe();
    TuningOptions options = options_of(&recipe, 2);
    prices_init(&p, 60, 1);
    assert_false(tuning_init(&t, &options, &p.series, &engine, &error));
    assert_int_equal(error.code, ERROR_DATA);
    error = (Error){0};
    options.holdout = 0.01;
    assert_false(tuning_init(&t, &options, &p.series, &engine, &error));
    assert_int_equal(error.code, ERROR_DATA);
    prices_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_draw_what_settings_take),
        cmocka_unit_test(rungs_thin_out),
        cmocka_unit_test(the_search_does_not_see_the_held_out_rows),
        cmocka_unit_test(threads_and_a_break_do_not_matter),
        cmocka_unit_test(known_fits_count),
        cmocka_unit_test(too_few_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
