/* forecast: training rows, forecasts that see nothing of the future, paths by hand, ensembles, anchors, and what is refused. */
#include "lstmfc/fit.h"
#include "forecast_bench.h"

enum { N_ROWS = 130, TRAIN = 100 };

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

static size_t last_layer_offset(const Network *network) {
    return network->layers[network->n_layers - 1].offset;
}

static bool same_weights(const Model *a, const Model *b) {
    return a->n_members == b->n_members && memcmp(a->weights, b->weights, a->n_members * a->network.n_weights * sizeof *a->weights) == 0;
}

/* ---- training rows ---- */

static void assert_rows(const Recipe *recipe, const Series *series, size_t last) {
    Error error = {0};
    RowRange rows;
    const bool ok = fit_training_rows(recipe, series, &rows, &error);
    assert_int_equal(error.code, last ? ERROR_NONE : ERROR_DATA);
    assert_true(ok == (last > 0));
    assert_true(!ok || (rows.first == 0 && rows.last == last));
}

/* Row 0 is Wednesday 2020-01-01, row 2 a Friday, row 3 the Monday after. */
static void training_rows_are_as_asked(void **state) {
    const Series *series = &lab_of(state)->prices.series;
    static const struct {
        int year, month, day;
        size_t last;
    } ends[] = {{2020, 1, 1, 1}, {2020, 1, 3, 3},      {2020, 1, 4, 3},  {2020, 1, 5, 3},
                {2020, 1, 6, 4}, {2030, 1, 1, N_ROWS}, {2019, 12, 31, 0}};
    static const struct { double share; size_t last; } shares[] = {{0.8, 104}, {1, N_ROWS}, {0.5, 65}, {0.01, 1}, {0.007, 0}};
    static const struct { size_t rows, last; } counts[] = {{1, 1}, {37, 37}, {N_ROWS, N_ROWS}, {N_ROWS + 1, N_ROWS}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        Recipe recipe = bench_recipe();
        recipe.train_to = date_from_civil(ends[i].year, ends[i].month, ends[i].day);
        assert_rows(&recipe, series, ends[i].last);
    }
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        Recipe recipe = bench_recipe();
        recipe.train_frac = shares[i].share;
        assert_rows(&recipe, series, shares[i].last);
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        Recipe recipe = bench_recipe();
        recipe.train_rows = counts[i].rows;
        assert_rows(&recipe, series, counts[i].last);
    }
    const Recipe all = bench_recipe();
    const Series none = {.source = series->source, .columns = series->columns};
    assert_rows(&all, series, N_ROWS);
    assert_rows(&all, &none, 0);
}

/* ---- fitting ---- */

static void training_is_described(void **state) {
    const Lab *lab = lab_of(state);
    Model model;
    Error error = {0};
    FitReport report;
    Recipe recipe = bench_recipe();
    recipe.horizon = 3;
    char fingerprint[65];
    assert_true(model_init(&model, &recipe, &lab->prices.series, &error));
    assert_true(fit_rows(&model, &lab->prices.series, (RowRange){0, TRAIN}, &lab->engine, &report, &error));
    const ModelTraining *t = &model.training;
    assert_int_equal(t->from, lab->prices.series.dates[0]);
    assert_int_equal(t->to, lab->prices.series.dates[TRAIN - 1]);
    assert_int_equal(t->n_rows, TRAIN);
    assert_int_equal(t->n_windows + t->n_val_windows, TRAIN - 8 - 3 + 1); /* windows 8 .. 97 */
    assert_int_equal(t->n_val_windows, 9);                                /* a tenth of 90 */
    assert_int_equal(report.n_windows, t->n_windows);
    assert_int_equal(report.epochs, t->epochs);
    assert_true(t->best_epoch >= 1 && t->best_epoch <= t->epochs && t->epochs <= 3);
    assert_true(isfinite(t->loss_train) && isfinite(t->loss_val) && report.windows_per_second > 0);
    model_fingerprint(&lab->prices.series, 0, TRAIN, fingerprint);
    assert_string_equal(t->fingerprint, fingerprint);
    model_free(&model);
}

/* Rows after the training rows do not reach the model: neither weights nor scaler. */
static void later_rows_do_not_train(void **state) {
    const Lab *lab = lab_of(state);
    Prices later;
    prices_copy(&later, &lab->prices);
    prices_poison(&later, TRAIN, N_ROWS, NAN);
    for (int horizon = 1; horizon <= 3; horizon += 2) {
        Model a, b;
        Recipe recipe = bench_recipe();
        recipe.horizon = (size_t)horizon;
        bench_fit(&a, &recipe, &lab->prices, TRAIN, &lab->engine);
        bench_fit(&b, &recipe, &later, TRAIN, &lab->engine);
        assert_true(same_weights(&a, &b));
        assert_memory_equal(&a.scaler.columns[0], &b.scaler.columns[0], sizeof a.scaler.columns[0]);
        model_free(&b);
        later.columns[0][TRAIN / 2] += 1; /* negative control: a training row does */
        bench_fit(&b, &recipe, &later, TRAIN, &lab->engine);
        assert_false(same_weights(&a, &b));
        later.columns[0][TRAIN / 2] = lab->prices.columns[0][TRAIN / 2];
        model_free(&a);
        model_free(&b);
    }
    prices_free(&later);
}

/* With --scale-fit all they do, and that is what it says. */
static void scaling_over_all_rows_leaks_as_asked(void **state) {
    const Lab *lab = lab_of(state);
    Prices later;
    Model a, b;
    Recipe recipe = bench_recipe();
    recipe.scale_fit = SCALE_FIT_ALL;
    prices_copy(&later, &lab->prices);
    later.columns[0][N_ROWS - 1] = 1e4;
    bench_fit(&a, &recipe, &lab->prices, TRAIN, &lab->engine);
    bench_fit(&b, &recipe, &later, TRAIN, &lab->engine);
    assert_false(same_weights(&a, &b));
    assert_true(b.scaler.columns[0].scale > 5 * a.scaler.columns[0].scale);
    model_free(&a);
    model_free(&b);
    prices_free(&later);
}

static void a_wave_is_learnt(void **state) {
    const Lab *lab = lab_of(state);
    Prices wave;
    Model model;
    Recipe recipe = bench_recipe();
    double sse = 0, naive = 0;
    recipe.layers = "lstm:8";
    recipe.epochs = 80;
    recipe.patience = 0;
    prices_copy(&wave, &lab->prices);
    prices_wave(&wave);
    bench_fit(&model, &recipe, &wave, TRAIN, &lab->engine);
    double *values = bench_forecast(&model, &wave, &lab->engine, TRAIN, N_ROWS);
    for (size_t r = TRAIN; r < N_ROWS; r++) {
        const double e = wave.columns[0][r] - values[r - TRAIN], step = wave.columns[0][r] - wave.columns[0][r - 1];
        sse += e * e;
        naive += step * step;
    }
    assert_true(sse < naive / 20);
    free(values);
    model_free(&model);
    prices_free(&wave);
}

static void threads_do_not_matter(void **state) {
    const Lab *lab = lab_of(state);
    for (size_t members = 1; members <= 5; members += 2) {
        Model models[4];
        Recipe recipe = bench_recipe();
        recipe.ensemble = members;
        for (size_t threads = 0; threads < 4; threads++) {
            Engine engine = bench_engine(threads == 3 ? 4 : threads);
            bench_fit(&models[threads], &recipe, &lab->prices, TRAIN, &engine);
            assert_true(same_weights(&models[threads], &models[0]));
            pool_free(engine.pool);
        }
        recipe.seed++;
        Model other;
        bench_fit(&other, &recipe, &lab->prices, TRAIN, &lab->engine);
        assert_false(same_weights(&other, &models[0]));
        model_free(&other);
        for (size_t i = 0; i < 4; i++) {
            model_free(&models[i]);
        }
    }
}

/* ---- windows ---- */

/* All windows at once, alone, in groups, backwards, on any pool. */
static void forecasts_do_not_depend_on_company(void **state) {
    const Lab *lab = lab_of(state);
    enum { K = 2, FIRST = 8, N = N_ROWS - FIRST + 1 };
    Model model;
    Error error = {0};
    Recipe recipe = bench_recipe();
    recipe.horizon = K;
    recipe.layers = "lstm:6,dropout:0.2,gru:5";
    bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
    double *all = bench_forecast(&model, &lab->prices, &lab->engine, FIRST, N_ROWS + 1), other[N * K];
    for (size_t group = 1; group < 40; group += group < 10 ? 1 : 13) {
        Engine engine = bench_engine(group % 4);
        for (size_t first = 0; first < N; first += group) {
            size_t r[40];
            const size_t n = N - first < group ? N - first : group;
            double values[40 * K];
            for (size_t i = 0; i < n; i++) {
                r[i] = FIRST + first + n - 1 - i;
            }
            assert_true(forecast_windows(&model, &lab->prices.series, &engine, r, n, values, &error));
            for (size_t i = 0; i < n; i++) {
                memcpy(other + (first + n - 1 - i) * K, values + i * K, K * sizeof *values);
            }
        }
        assert_memory_equal(all, other, sizeof other);
        pool_free(engine.pool);
    }
    assert_memory_not_equal(all, all + K, K * sizeof *all); /* they do differ from window to window */
    free(all);
    model_free(&model);
}

static void assert_blind(const Lab *lab, const Recipe *recipe) {
    Model model;
    Error error = {0};
    bench_fit(&model, recipe, &lab->prices, TRAIN, &lab->engine);
    for (size_t r = 8; r <= N_ROWS; r += 11) {
        Prices poisoned;
        double *plain = bench_forecast(&model, &lab->prices, &lab->engine, r, r + 1), value[4], path[2][9];
        prices_copy(&poisoned, &lab->prices);
        prices_poison(&poisoned, r, N_ROWS, NAN);
        assert_true(forecast_windows(&model, &poisoned.series, &lab->engine, &r, 1, value, &error));
        assert_memory_equal(plain, value, recipe->horizon * sizeof *value);
        assert_true(forecast_path(&model, &lab->prices.series, &lab->engine, r, 9, path[0], &error) &&
                    forecast_path(&model, &poisoned.series, &lab->engine, r, 9, path[1], &error));
        assert_memory_equal(path[0], path[1], sizeof path[0]);
        assert_true(isfinite(value[0]) && isfinite(path[0][8]));
        /* negative control: the row before, of either column, is seen, and so is the window's first */
        for (size_t control = 0; control < 4; control++) {
            const size_t row = control < 2 ? r - 1 : r - 8;
            poisoned.columns[control % 2][row] *= 1.05;
            assert_true(forecast_windows(&model, &poisoned.series, &lab->engine, &r, 1, value, &error));
            assert_memory_not_equal(plain, value, recipe->horizon * sizeof *value);
            poisoned.columns[control % 2][row] = lab->prices.columns[control % 2][row];
        }
        free(plain);
        prices_free(&poisoned);
    }
    model_free(&model);
}

static void the_future_is_not_seen(void **state) {
    for (int anchor = ANCHOR_NONE; anchor <= ANCHOR_RATIO; anchor++) {
        for (size_t horizon = 1; horizon <= 4; horizon += 3) {
            Recipe recipe = bench_recipe();
            recipe.anchor = anchor;
            recipe.horizon = horizon;
            recipe.layers = "gru:6";
            recipe.epochs = 1;
            assert_blind(lab_of(state), &recipe);
        }
    }
}

/* ---- path ---- */

/* Forecasts of a path by hand: blocks of K written into a copy of the series, the second column standing still. */
static void hand_path(const Model *model, const Lab *lab, size_t start, size_t n, double *values) {
    Prices fed;
    const size_t k = model->recipe.horizon;
    prices_copy(&fed, &lab->prices);
    assert_true(start + n + k <= N_ROWS);
    for (size_t i = start; i < N_ROWS; i++) {
        fed.columns[0][i] = NAN;
        fed.columns[1][i] = fed.columns[1][start - 1];
    }
    for (size_t done = 0; done < n; done += k) {
        double *block = bench_forecast(model, &fed, &lab->engine, start + done, start + done + 1);
        for (size_t i = 0; i < k; i++) {
            fed.columns[0][start + done + i] = block[i];
        }
        free(block);
    }
    memcpy(values, fed.columns[0] + start, n * sizeof *values);
    prices_free(&fed);
}

static void a_path_feeds_itself(void **state) {
    const Lab *lab = lab_of(state);
    for (size_t turn = 0; turn < 6; turn++) {
        enum { N = 14, START = 101 };
        Model model;
        Error error = {0};
        double path[N], hand[N];
        Recipe recipe = bench_recipe();
        recipe.horizon = turn < 3 ? 1 : 4;
        recipe.anchor = (int)(turn % 3);
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
        double *step = bench_forecast(&model, &lab->prices, &lab->engine, START, START + N);
        assert_true(forecast_path(&model, &lab->prices.series, &lab->engine, START, N, path, &error));
        hand_path(&model, lab, START, N, hand);
        assert_memory_equal(path, hand, sizeof path);
        assert_memory_equal(path, step, recipe.horizon * sizeof *path);
        for (size_t n = 1; n < N; n++) { /* a shorter path is the beginning of a longer one */
            assert_true(forecast_path(&model, &lab->prices.series, &lab->engine, START, n, hand, &error));
            assert_memory_equal(path, hand, n * sizeof *path);
        }
        if (recipe.horizon == 1) { /* negative control: the second value is not what the true row before it gives */
            assert_true(path[1] != step[1]);
        }
        free(step);
        model_free(&model);
    }
}

/* ---- ensembles ---- */

static void an_ensemble_is_the_mean_of_its_members(void **state) {
    const Lab *lab = lab_of(state);
    Model model, single;
    Recipe recipe = bench_recipe();
    recipe.ensemble = 3;
    bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
    recipe.ensemble = 1;
    bench_fit(&single, &recipe, &lab->prices, TRAIN, &lab->engine);
    double *mean = bench_forecast(&model, &lab->prices, &lab->engine, TRAIN, N_ROWS), *member[3];
    for (size_t m = 0; m < 3; m++) {
        Model one = model;
        one.n_members = 1;
        one.weights = model_weights(&model, m);
        member[m] = bench_forecast(&one, &lab->prices, &lab->engine, TRAIN, N_ROWS);
    }
    assert_memory_equal(model_weights(&model, 0), single.weights, single.network.n_weights * sizeof(real));
    for (size_t i = 0; i < N_ROWS - TRAIN; i++) {
        assert_near(mean[i], (member[0][i] + member[1][i] + member[2][i]) / 3, 1e-14, "mean of members");
        assert_true(member[0][i] != member[1][i] && member[1][i] != member[2][i]);
    }
    for (size_t m = 0; m < 3; m++) {
        free(member[m]);
    }
    free(mean);
    model_free(&model);
    model_free(&single);
}

/* ---- anchors ---- */

/* A network whose output layer is zero says "no change" where windows are anchored, exactly; without an anchor it says the scaler's
 * offset. */
static void a_silent_network_is_naive(void **state) {
    const Lab *lab = lab_of(state);
    for (int anchor = ANCHOR_NONE; anchor <= ANCHOR_RATIO; anchor++) {
        Model model;
        Error error = {0};
        Recipe recipe = bench_recipe();
        recipe.anchor = anchor;
        recipe.horizon = 3;
        recipe.epochs = 1;
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
        const size_t offset = last_layer_offset(&model.network);
        memset(model.weights + offset, 0, (model.network.n_weights - offset) * sizeof(real));
        double *values = bench_forecast(&model, &lab->prices, &lab->engine, 8, N_ROWS + 1), path[7];
        for (size_t i = 0; i < (N_ROWS + 1 - 8) * 3; i++) {
            assert_true(values[i] == (anchor == ANCHOR_NONE ? model.scaler.columns[0].offset : lab->prices.columns[0][8 + i / 3 - 1]));
        }
        assert_true(forecast_path(&model, &lab->prices.series, &lab->engine, TRAIN, 7, path, &error));
        assert_true(path[6] == (anchor == ANCHOR_NONE ? model.scaler.columns[0].offset : lab->prices.columns[0][TRAIN - 1]));
        free(values);
        model_free(&model);
    }
}

/* ---- refusals ---- */

static void too_few_rows_are_refused(void **state) {
    const Lab *lab = lab_of(state);
    Recipe recipe = bench_recipe();
    recipe.horizon = 4; /* 8 + 4 rows make one window */
    recipe.patience = 0;
    for (size_t n = 0; n <= 13; n++) {
        Model model;
        Error error = {0};
        FitReport report;
        assert_true(model_init(&model, &recipe, &lab->prices.series, &error));
        const bool ok = fit_rows(&model, &lab->prices.series, (RowRange){0, n}, &lab->engine, &report, &error);
        assert_true(ok == (n >= 12));
        assert_true(ok || (error.code == ERROR_DATA && strstr(error.message, " 12 ") && strcmp(error.source, "prices.csv") == 0));
        assert_true(!ok || report.n_windows == n - 11);
        model_free(&model);
    }
}

static void a_forecast_wants_a_whole_window(void **state) {
    const Lab *lab = lab_of(state);
    const Recipe recipe = bench_recipe();
    Model model;
    double value;
    bench_fit(&model, &recipe, &lab->prices, TRAIN, &lab->engine);
    for (size_t r = 0; r < 10; r++) {
        Error one = {0}, path = {0};
        assert_true(forecast_windows(&model, &lab->prices.series, &lab->engine, &r, 1, &value, &one) == (r >= 8));
        assert_true(forecast_path(&model, &lab->prices.series, &lab->engine, r, 1, &value, &path) == (r >= 8));
        assert_true(r >= 8 || (one.code == ERROR_DATA && strstr(one.message, " 8 ") && path.code == ERROR_DATA));
    }
    model_free(&model);
}

static void faults_of_members_are_reported(void **state) {
    const Lab *lab = lab_of(state);
    static const volatile sig_atomic_t stop = 1;
    for (size_t members = 1; members <= 5; members += 4) {
        Model model;
        FitReport report;
        Error diverged = {0}, stopped = {0};
        Engine engine = lab->engine;
        Recipe recipe = bench_recipe();
        recipe.ensemble = members;
        assert_true(model_init(&model, &recipe, &lab->prices.series, &diverged));
        model.recipe.lr = 1e37;
        assert_false(fit_rows(&model, &lab->prices.series, (RowRange){0, TRAIN}, &engine, &report, &diverged));
        assert_int_equal(diverged.code, ERROR_DIVERGED);
        model.recipe.lr = 0.01;
        engine.watch.stop = &stop;
        assert_false(fit_rows(&model, &lab->prices.series, (RowRange){0, TRAIN}, &engine, &report, &stopped));
        assert_int_equal(stopped.code, ERROR_STOPPED);
        model_free(&model);
    }
}

/* ---- watching ---- */

typedef struct Told {
    size_t epochs[5], calls;
    double share;
    bool grows;
} Told;

static void told_epoch(void *context, const TrainerEpoch *epoch) {
    Told *t = context;
    t->epochs[epoch->member]++;
}

static void told_progress(void *context, double share, double loss) {
    Told *t = context;
    (void)loss;
    t->grows = t->grows && share > t->share;
    t->share = share;
    t->calls++;
}

static void every_member_is_told_of(void **state) {
    const Lab *lab = lab_of(state);
    for (size_t members = 1; members <= 5; members += 4) {
        Told told = {.grows = true};
        Model model;
        Engine engine = lab->engine;
        Recipe recipe = bench_recipe();
        recipe.ensemble = members;
        recipe.patience = 0;
        engine.watch = (TrainerWatch){.epoch = told_epoch, .progress = told_progress, .context = &told};
        bench_fit(&model, &recipe, &lab->prices, TRAIN, &engine);
        for (size_t m = 0; m < members; m++) {
            assert_int_equal(told.epochs[m], 3);
        }
        assert_true(told.grows);
        assert_near(told.share, 1, 1e-12, "share done");
        model_free(&model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_rows_are_as_asked),
        cmocka_unit_test(training_is_described),
        cmocka_unit_test(later_rows_do_not_train),
        cmocka_unit_test(scaling_over_all_rows_leaks_as_asked),
        cmocka_unit_test(a_wave_is_learnt),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(forecasts_do_not_depend_on_company),
        cmocka_unit_test(the_future_is_not_seen),
        cmocka_unit_test(a_path_feeds_itself),
        cmocka_unit_test(an_ensemble_is_the_mean_of_its_members),
        cmocka_unit_test(a_silent_network_is_naive),
        cmocka_unit_test(too_few_rows_are_refused),
        cmocka_unit_test(a_forecast_wants_a_whole_window),
        cmocka_unit_test(faults_of_members_are_reported),
        cmocka_unit_test(every_member_is_told_of),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
