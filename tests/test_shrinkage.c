/* shrinkage: what can be forecast opens the gate, what cannot leaves it shut; the share by hand; nothing after the training rows is looked
 * at. */
#include "forecast_bench.h"

#include "lstmfc/band.h"
#include "lstmfc/shrinkage.h"
#include "lstmfc/skill.h"

enum { N_ROWS = 520, TRAIN = 400, WINDOW = 6 };

static Engine engine_of(void **state) {
    return *(Engine *)*state;
}

static int open_lab(void **state) {
    static Engine engine;
    engine = bench_engine(2);
    *state = &engine;
    return 0;
}

static int close_lab(void **state) {
    pool_free(engine_of(state).pool);
    return 0;
}

/* Our own recipe but for its size: anchored, starting at naive, shrunk; the linear forecast beside it only where it is the subject. */
static Recipe own_recipe(void) {
    Recipe recipe;
    recipe_defaults(&recipe);
    recipe.layers = "gru:4";
    recipe.window = WINDOW;
    recipe.epochs = 12;
    recipe.lr = 0.01;
    recipe.ensemble = 1;
    recipe.linear = false;
    return recipe;
}

/* Changes by phi1 of the last and phi2 of the one before, and a shock; phi 0 0: a random walk. */
static void walk(Prices *p, size_t n_rows, uint64_t seed, double phi1, double phi2) {
    Rng rng;
    double change[2] = {0, 0}, level = 1000;
    prices_init(p, n_rows, 1);
    rng_init(&rng, seed, 5);
    for (size_t i = 0; i < n_rows; i++) {
        const double next = phi1 * change[0] + phi2 * change[1] + rng_normal(&rng);
        change[1] = change[0];
        change[0] = next;
        level += next;
        p->columns[0][i] = level;
    }
}

/* Mean square of the model's errors on rows [first, last), over that of naive's. */
static double error_ratio(const Model *model, const Prices *p, const Engine *engine, size_t first, size_t last) {
    const double *x = p->columns[0];
    double sse = 0, naive = 0, *values = bench_forecast(model, p, engine, first, last);
    for (size_t r = first; r < last; r++) {
        const double e = x[r] - values[(r - first) * model->recipe.horizon], u = x[r] - x[r - 1];
        sse += e * e;
        naive += u * u;
    }
    free(values);
    return sse / naive;
}

/* ---- the gate ---- */

/* An AR(2) in changes whose noise is a quarter of the variance: the network is nearly believed, and rightly so out of sample. */
static void what_can_be_forecast_opens_the_gate(void **state) {
    const Engine engine = engine_of(state);
    const Recipe recipe = own_recipe();
    for (uint64_t seed = 1; seed <= 2; seed++) {
        Prices p;
        Model model;
        walk(&p, N_ROWS, seed, 1.2, -0.5);
        bench_fit(&model, &recipe, &p, TRAIN, &engine);
        assert_false(model_is_naive(&model));
        assert_true(model.shrink[0] > 0.8 && model.shrink[0] <= 1);
        assert_true(model.training.naive_ratio < 0.75);
        assert_true(error_ratio(&model, &p, &engine, TRAIN, N_ROWS) < 0.6);
        model_free(&model);
        prices_free(&p);
    }
}

/* Whatever its seed: the gate stays shut, forecasts are the last value to the bit, and the rolling origins say so. */
static void a_random_walk_stays_naive(void **state) {
    const Engine engine = engine_of(state);
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Prices p;
        Model model;
        Recipe recipe = own_recipe();
        recipe.seed = seed;
        recipe.epochs = 4;
        recipe.linear = seed % 2;
        walk(&p, 300, 100 + seed, 0, 0);
        bench_fit(&model, &recipe, &p, 250, &engine);
        assert_true(model.shrink[0] == 0 && model_is_naive(&model));
        assert_true(model.training.naive_ratio == 1);
        double *values = bench_forecast(&model, &p, &engine, 250, 301);
        assert_memory_equal(values, p.columns[0] + 249, 51 * sizeof *values);
        assert_true(model.calibration[0].n > 90);
        free(values);
        model_free(&model);
        prices_free(&p);
    }
}

/* Below 120 windows nothing can be shown, be it ever so clear; one more and it is. */
static void too_few_windows_stay_naive(void **state) {
    const Engine engine = engine_of(state);
    for (size_t horizon = 1; horizon <= 3; horizon += 2) {
        for (size_t more = 0; more < 2; more++) {
            Prices p;
            Model model;
            Recipe recipe = own_recipe();
            const size_t n_windows = SHRINKAGE_WINDOWS - 1 + more;
            recipe.horizon = horizon;
            recipe.epochs = 30;
            prices_init(&p, 200, 1);
            prices_wave(&p);
            bench_fit(&model, &recipe, &p, WINDOW + horizon - 1 + n_windows, &engine);
            assert_int_equal(model.training.n_windows + model.training.n_val_windows, n_windows);
            assert_int_equal(model_is_naive(&model), !more);
            assert_true(more ? model.shrink[0] > 0.5 && model.training.naive_ratio < 1 : model.training.naive_ratio == 1);
            assert_true(model.calibration[0].n > 40); /* naive's own errors, or those of the folds */
            model_free(&model);
            prices_free(&p);
        }
    }
}

/* With shrink none nothing is held back, not even on a random walk, and the intervals are calibrated in sample. */
static void unshrunk_is_believed(void **state) {
    const Engine engine = engine_of(state);
    Prices p;
    Model model;
    Recipe recipe = own_recipe();
    recipe.shrink = SHRINK_NONE;
    recipe.epochs = 2;
    walk(&p, 300, 3, 0, 0);
    bench_fit(&model, &recipe, &p, 250, &engine);
    assert_true(model.shrink[0] == 1 && isnan(model.training.naive_ratio));
    assert_true(model.calibration[0].n == 250 - 24 - 6); /* 244 windows, 24 of them the tail */
    assert_true(error_ratio(&model, &p, &engine, 250, 300) != 1);
    model_free(&model);
    prices_free(&p);
}

/* ---- by hand ---- */

/* Forecasts of the folds, each from a network fitted on what lies before it, through the public functions alone. */
static void hand_folds(const Prices *p, const Recipe *recipe, const Engine *engine, size_t first, size_t last, size_t from,
                       double *values) {
    const size_t n = last - first, k = recipe->horizon;
    for (size_t fold = 0; fold < 3; fold++) {
        const size_t start = first + (size_t)floor((double)n * (0.55 + (1 - 0.55) * (double)fold / 3)),
                     end = first + (size_t)floor((double)n * (0.55 + (1 - 0.55) * (double)(fold + 1) / 3));
        Recipe plain = *recipe;
        Model model;
        FitReport report;
        Error error = {0};
        plain.ensemble = 1;
        plain.shrink = SHRINK_NONE;
        plain.seed = rng_mix(recipe->seed, 1000 + fold);
        /* cut off: the fold's fit sees no row of the fold */
        Prices before;
        prices_copy(&before, p);
        prices_poison(&before, start, p->series.n_rows, NAN);
        assert_true(model_init(&model, &plain, &p->series, &error));
        if (!fit_rows(&model, &before.series, (RowRange){0, start}, engine, &report, &error)) {
            fail_msg("%s", error.message);
        }
        double *own = bench_forecast(&model, p, engine, start, end);
        memcpy(values + (start - from) * k, own, (end - start) * k * sizeof *own);
        free(own);
        model_free(&model);
        prices_free(&before);
    }
}

/* What least squares say and 100 more forecasts that were best believed as they are; nothing of nothing. */
static double drawn(double share, size_t n) {
    return share > 0 ? ((double)n * share + 100) / (double)(n + 100) : 0;
}

/* The share from its definition: sum(d u) / sum(d^2) within [0, 1], drawn towards 1, behind the gate. */
static double hand_share(const Prices *p, size_t from, size_t last, const double *values, size_t k, size_t step, bool relative) {
    const double *x = p->columns[0];
    double du = 0, dd = 0, errors[2][N_ROWS];
    for (size_t r = from; r < last; r++) {
        const double unit = relative ? x[r - 1] : 1, u = (x[r + step - 1] - x[r - 1]) / unit,
                     d = (values[(r - from) * k + step - 1] - x[r - 1]) / unit;
        du += d * u;
        dd += d * d;
        errors[0][r - from] = u;
        errors[1][r - from] = u - d;
    }
    const double share = du / dd < 0 ? 0 : du / dd > 1 ? 1 : du / dd;
    return skill_clark_west(errors[0], errors[1], last - from, step).p * sqrt((double)(last - from) / 100) < 0.003
               ? drawn(share, last - from)
               : 0;
}

/* Errors of the folds' first step, shrunk; returns their mean square. */
static double hand_errors(const Prices *p, const Model *model, size_t from, size_t last, const double *values, bool relative,
                          double *errors) {
    const double *x = p->columns[0];
    double squares = 0;
    for (size_t r = from; r < last; r++) {
        errors[r - from] =
            (x[r] - x[r - 1] - model->shrink[0] * (values[(r - from) * model->recipe.horizon] - x[r - 1])) / (relative ? x[r - 1] : 1);
        squares += errors[r - from] * errors[r - from];
    }
    return squares / (double)(last - from);
}

/* Scores of the folds' forecasts, shrunk, oldest first: |error| over the volatility before the forecast, worked out anew - of changes where
 * the step or the first is naive, else of the first step's errors, begun with their mean square. */
static void assert_hand_scores(const Prices *p, const Model *model, size_t from, size_t last, const double *values, size_t step,
                               bool relative) {
    const double *x = p->columns[0];
    const size_t k = model->recipe.horizon;
    IntervalVolatility v = {0};
    double scores[INTERVAL_RING], errors[N_ROWS];
    size_t n = 0;
    const size_t held = interval_scores(&model->calibration[step - 1], scores);
    const bool in_errors = model->shrink[0] > 0 && model->shrink[step - 1] > 0;
    double square = hand_errors(p, model, from, last, values, relative, errors);
    for (size_t r = 1; r < last; r++) {
        const double unit = relative ? x[r - 1] : 1,
                     forecast = r < from ? 0 : x[r - 1] + model->shrink[step - 1] * (values[(r - from) * k + step - 1] - x[r - 1]);
        if (r >= from) {
            assert_true(n < held);
            assert_near(scores[n++], fabs(x[r + step - 1] - forecast) / ((in_errors ? sqrt(square) : interval_volatility(&v)) * unit), 1e-9,
                        "score");
            square = 0.84 * square + 0.16 * errors[r - from] * errors[r - from];
        }
        interval_volatility_push(&v, (x[r] - x[r - 1]) / unit);
    }
    assert_true(n == held);
    assert_near(model->training.error_ratio, model->shrink[0] > 0 ? sqrt(square) / interval_volatility(&v) : 1, 1e-9,
                "errors over changes");
}

static double hand_ratio(const Prices *p, const Model *model, size_t from, size_t last, const double *values, bool relative) {
    const double *x = p->columns[0];
    double sse = 0, naive = 0;
    for (size_t r = from; r < last; r++) {
        const double unit = relative ? x[r - 1] : 1, u = (x[r] - x[r - 1]) / unit,
                     d = (values[(r - from) * model->recipe.horizon] - x[r - 1]) / unit;
        sse += (u - model->shrink[0] * d) * (u - model->shrink[0] * d);
        naive += u * u;
    }
    return sqrt(sse / naive);
}

static void shares_are_those_by_hand(void **state) {
    const Engine engine = engine_of(state);
    size_t shut = 0, part = 0, whole = 0;
    for (int turn = 0; turn < 4; turn++) {
        Prices p;
        Model model;
        Recipe recipe = own_recipe();
        double values[3 * N_ROWS];
        const bool relative = turn >= 2;
        recipe.horizon = turn % 2 ? 3 : 1;
        recipe.anchor = relative ? ANCHOR_RATIO : ANCHOR_DIFFERENCE;
        recipe.ensemble = turn == 0 ? 2 : 1;
        recipe.layers = turn == 2 ? "gru:4" : "gru:12"; /* the large overfit: part of what they say is kept */
        recipe.epochs = turn == 2 ? 6 : 30;
        recipe.lr = turn == 2 ? 0.01 : 0.03;
        recipe.patience = 0;
        walk(&p, 330, 11, 0.9, -0.4);
        bench_fit(&model, &recipe, &p, 300, &engine);
        const size_t first = WINDOW, last = 300 - recipe.horizon + 1, from = first + (size_t)floor((double)(last - first) * 0.55);
        hand_folds(&p, &recipe, &engine, first, last, from, values);
        for (size_t step = 1; step <= recipe.horizon; step++) {
            const double share = model.shrink[step - 1];
            assert_near(share, hand_share(&p, from, last, values, recipe.horizon, step, relative), 1e-9, "share");
            assert_hand_scores(&p, &model, from, last, values, step, relative);
            shut += share == 0;
            part += share > 0 && share < 1;
            whole += share == 1;
        }
        assert_near(model.training.naive_ratio, hand_ratio(&p, &model, from, last, values, relative), 1e-9, "ratio");
        model_free(&model);
        prices_free(&p);
    }
    print_message("shares: %zu shut, %zu part, %zu whole\n", shut, part, whole);
    assert_true(shut > 0 && part > 2 && whole > 0); /* of 8: each branch was seen */
}

/* ---- the linear forecast beside the network ---- */

/* Departures of the folds: linear ones from linear_fit on the rows before each fold, the network's from hand_folds. */
typedef struct Departures {
    size_t n;
    double u[N_ROWS], d[2][N_ROWS];
} Departures;

static void hand_departures(const Prices *p, const Recipe *recipe, const Engine *engine, size_t last, Departures *o) {
    const double *x = p->columns[0];
    double values[N_ROWS];
    const size_t first = WINDOW, from = first + (size_t)floor((double)(last - first) * 0.55);
    hand_folds(p, recipe, engine, first, last, from, values);
    o->n = last - from;
    for (size_t fold = 0, r = from; fold < 15; fold++) {
        Linear linear;
        Error error = {0};
        const size_t end = first + (size_t)floor((double)(last - first) * (0.55 + (1 - 0.55) * (double)(fold + 1) / 15));
        assert_true(linear_fit(&linear, x, 0, r, WINDOW, false, &error));
        for (; r < end; r++) {
            double value;
            linear_forecast(&linear, x, r, 1, &value);
            o->u[r - from] = x[r] - x[r - 1];
            o->d[0][r - from] = value - x[r - 1];
            o->d[1][r - from] = values[r - from] - x[r - 1];
        }
    }
}

static double squares_left(const Departures *o, double a, double b) {
    double sum = 0;
    for (size_t i = 0; i < o->n; i++) {
        const double e = o->u[i] - a * o->d[0][i] - b * o->d[1][i];
        sum += e * e;
    }
    return sum;
}

/* Changes of a rule that no line follows (Henon's), but a line sees part of it: each has a share of the noise in the rows. */
static void henon(Prices *p) {
    double level = 100, before = p->columns[0][0], d[2] = {0.1, 0.1};
    for (size_t i = 0; i < N_ROWS; i++) {
        const double next = 1 - 1.4 * d[0] * d[0] + 0.3 * d[1], here = p->columns[0][i], noise = here - before;
        d[1] = d[0];
        d[0] = next;
        level += next;
        p->columns[0][i] = level + 0.05 * noise;
        before = here;
    }
}

/* No other pair of shares leaves less, on a grid over all that are allowed; nor does one close by. */
static void two_shares_are_the_best_pair(void **state) {
    const Engine engine = engine_of(state);
    size_t both = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Prices p;
        Model model;
        Departures o;
        Recipe recipe = own_recipe();
        recipe.anchor = ANCHOR_DIFFERENCE;
        recipe.linear = true;
        recipe.layers = "gru:8";
        recipe.epochs = 25;
        walk(&p, N_ROWS, seed, 1.2, -0.5);
        if (seed > 2) {
            henon(&p);
        }
        bench_fit(&model, &recipe, &p, TRAIN, &engine);
        hand_departures(&p, &recipe, &engine, TRAIN, &o);
        /* before it was drawn towards 1 */
        const double kept = model.linear_shrink[0] + model.shrink[0], sum = (kept * (double)(o.n + 100) - 100) / (double)o.n;
        const double a = model.linear_shrink[0] * sum / kept, b = model.shrink[0] * sum / kept, left = squares_left(&o, a, b);
        print_message("shares: linear %.3f, network %.3f\n", a, b);
        assert_true(a >= 0 && b >= 0 && a + b <= 1 + 1e-9 && a + b > 0.3);
        assert_near(model.training.naive_ratio, sqrt(squares_left(&o, model.linear_shrink[0], model.shrink[0]) / squares_left(&o, 0, 0)),
                    1e-9, "ratio");
        for (size_t i = 0; i <= 100; i++) {
            for (size_t j = 0; i + j <= 100; j++) {
                const bool shut = (a == 0 && i > 0) || (b == 0 && j > 0); /* by the gate, or because it is best so */
                assert_true(shut || squares_left(&o, 0.01 * (double)i, 0.01 * (double)j) >= left * (1 - 1e-9));
            }
        }
        both += a > 0 && b > 0;
        model_free(&model);
        prices_free(&p);
    }
    assert_true(both > 0);
}

/* A level under noise, which smoothing knows and neighbouring rows do not: on 80 rows, half of them before the first window, shares are
 * fitted on the rows from the 20th on. */
static void rows_before_the_first_window_count(void **state) {
    const Engine engine = engine_of(state);
    size_t opened = 0, worse = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        Prices p;
        Model model;
        Rng rng;
        Recipe recipe = own_recipe();
        double level = 1000;
        recipe.linear = true;
        recipe.window = 40;
        recipe.epochs = 1;
        prices_init(&p, 160, 1);
        rng_init(&rng, seed, 5);
        for (size_t i = 0; i < 160; i++) {
            level += 0.2 * rng_normal(&rng);
            p.columns[0][i] = level + rng_normal(&rng);
        }
        bench_fit(&model, &recipe, &p, 80, &engine);
        const bool open = !model_is_naive(&model);
        assert_true(model.calibration[0].n >= 58); /* rows 20 .. 79, the first without a volatility */
        assert_true(!open || model.linear_shrink[0] > 0.4);
        opened += open;
        worse += error_ratio(&model, &p, &engine, 80, 160) > 0.9;
        model_free(&model);
        prices_free(&p);
    }
    print_message("a level under noise: %zu of 10 opened, %zu without much gain\n", opened, worse);
    assert_true(opened >= 7 && worse <= 3);
}

/* What neither can forecast stays naive, and what the linear one can is nearly believed on few rows too; on fewer still nobody is. */
static void a_linear_forecast_needs_few_rows(void **state) {
    const Engine engine = engine_of(state);
    static const struct {
        size_t n_windows;
        bool wave, believed;
    } cases[] = {{119, true, true}, {36, true, true}, {34, true, true}, {33, true, false}, {119, false, false}, {60, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Prices p;
        Model model;
        Recipe recipe = own_recipe();
        recipe.linear = true;
        recipe.epochs = 1;
        if (cases[i].wave) {
            prices_init(&p, 200, 1);
            prices_wave(&p);
        } else {
            walk(&p, 200, 3, 0, 0);
        }
        const size_t n = WINDOW + cases[i].n_windows;
        bench_fit(&model, &recipe, &p, n, &engine);
        assert_int_equal(model_is_naive(&model), !cases[i].believed);
        assert_true(model_is_linear(&model) &&
                    (!cases[i].believed || (model.linear_shrink[0] > 0.9 && error_ratio(&model, &p, &engine, n, 200) < 0.01)));
        model_free(&model);
        prices_free(&p);
    }
}

/* What is kept of two departures: last + a (linear - last) + b (network - last); where the network has no share it is not run. */
static void shares_are_kept_of_two_departures(void **state) {
    const Engine engine = engine_of(state);
    enum { K = 3 };
    Prices p;
    Model model;
    Error error = {0};
    Recipe recipe = own_recipe();
    const double shares[K] = {0.25, 0, 0.5}, linear_shares[K] = {0.5, 1, 0};
    recipe.horizon = K;
    recipe.shrink = SHRINK_NONE;
    recipe.epochs = 3;
    walk(&p, 200, 4, 0.9, -0.4);
    bench_fit(&model, &recipe, &p, 150, &engine);
    assert_true(linear_fit(&model.linear, p.columns[0], 0, 150, WINDOW, true, &error));
    double *network = bench_forecast(&model, &p, &engine, 150, 201);
    memcpy(model.shrink, shares, sizeof shares);
    memcpy(model.linear_shrink, linear_shares, sizeof shares);
    double *some = bench_forecast(&model, &p, &engine, 150, 201);
    memset(model.shrink, 0, sizeof shares);
    model.weights[0] = NAN; /* would be seen */
    assert_true(model_is_linear(&model) && !model_is_naive(&model));
    double *alone = bench_forecast(&model, &p, &engine, 150, 201);
    for (size_t i = 0; i < 51 * K; i++) {
        const double *x = p.columns[0], last = x[150 + i / K - 1];
        double linear[K];
        linear_forecast(&model.linear, x, 150 + i / K, K, linear);
        assert_true(linear[i % K] != last);
        assert_near(some[i], last + linear_shares[i % K] * (linear[i % K] - last) + shares[i % K] * (network[i] - last), 1e-13, "kept");
        assert_near(alone[i], last + linear_shares[i % K] * (linear[i % K] - last), 1e-13, "alone");
    }
    free(network);
    free(some);
    free(alone);
    model_free(&model);
    prices_free(&p);
}

/* What is kept of a departure: last + share (network - last). */
static void a_share_is_kept_of_the_departure(void **state) {
    const Engine engine = engine_of(state);
    enum { K = 3 };
    Prices p;
    Model model;
    Recipe recipe = own_recipe();
    const double shares[K] = {0.25, 0, 1};
    recipe.horizon = K;
    recipe.shrink = SHRINK_NONE;
    recipe.epochs = 3;
    walk(&p, 200, 4, 0.9, -0.4);
    bench_fit(&model, &recipe, &p, 150, &engine);
    double *all = bench_forecast(&model, &p, &engine, 150, 201);
    memcpy(model.shrink, shares, sizeof shares);
    double *some = bench_forecast(&model, &p, &engine, 150, 201);
    for (size_t i = 0; i < 51 * K; i++) {
        const double last = p.columns[0][150 + i / K - 1];
        assert_true(all[i] != last);
        assert_near(some[i], last + shares[i % K] * (all[i] - last), 1e-14, "kept");
        assert_true(i % K == 0 || some[i] == (i % K == 1 ? last : all[i]));
    }
    free(all);
    free(some);
    model_free(&model);
    prices_free(&p);
}

/* ---- what it depends on ---- */

static void assert_same_fit(const Model *a, const Model *b, bool same) {
    const size_t k = a->recipe.horizon;
    const bool equal = memcmp(a->shrink, b->shrink, k * sizeof *a->shrink) == 0 &&
                       memcmp(a->calibration, b->calibration, k * sizeof *a->calibration) == 0 &&
                       memcmp(a->linear_shrink, b->linear_shrink, k * sizeof *a->shrink) == 0 &&
                       memcmp(&a->linear, &b->linear, sizeof a->linear) == 0 &&
                       memcmp(&a->training.naive_ratio, &b->training.naive_ratio, sizeof(double)) == 0 &&
                       a->training.error_ratio == b->training.error_ratio;
    assert_int_equal(equal, same);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    Prices p;
    Model models[3], other;
    Recipe recipe = own_recipe();
    recipe.horizon = 2;
    recipe.ensemble = 3;
    recipe.epochs = 4;
    recipe.layers = "gru:16";
    walk(&p, 330, 11, 0.9, -0.4);
    for (size_t i = 0; i < 3; i++) {
        Engine engine = bench_engine(i);
        bench_fit(&models[i], &recipe, &p, 300, &engine);
        assert_same_fit(&models[i], &models[0], true);
        pool_free(engine.pool);
    }
    Engine engine = bench_engine(2);
    recipe.seed++; /* negative control */
    bench_fit(&other, &recipe, &p, 300, &engine);
    assert_same_fit(&other, &models[0], false);
    pool_free(engine.pool);
    for (size_t i = 0; i < 3; i++) {
        model_free(&models[i]);
    }
    model_free(&other);
    prices_free(&p);
}

/* Rows after the training rows do not reach shares or scores. The last training row does. */
static void future_rows_change_nothing(void **state) {
    const Engine engine = engine_of(state);
    static const double poisons[] = {NAN, 1e9};
    for (size_t horizon = 1; horizon <= 3; horizon += 2) {
        Prices p, later;
        Model a, b;
        Recipe recipe = own_recipe();
        recipe.horizon = horizon;
        recipe.epochs = 4;
        recipe.linear = true;
        walk(&p, 330, 11, 0.9, -0.4);
        walk(&later, 330, 11, 0.9, -0.4);
        bench_fit(&a, &recipe, &p, 300, &engine);
        assert_false(model_is_naive(&a));
        for (size_t i = 0; i < 2; i++) {
            prices_poison(&later, 300, 330, poisons[i]);
            bench_fit(&b, &recipe, &later, 300, &engine);
            assert_same_fit(&a, &b, true);
            model_free(&b);
        }
        later.columns[0][299] += 1; /* negative control */
        bench_fit(&b, &recipe, &later, 300, &engine);
        assert_same_fit(&a, &b, false);
        model_free(&a);
        model_free(&b);
        prices_free(&p);
        prices_free(&later);
    }
}

/* The gate does not touch the fit itself: the networks' weights are those without it. */
static void weights_are_not_touched(void **state) {
    const Engine engine = engine_of(state);
    Prices p;
    Model shrunk, plain;
    Recipe recipe = own_recipe();
    recipe.epochs = 4;
    recipe.ensemble = 2;
    walk(&p, 330, 11, 0.9, -0.4);
    bench_fit(&shrunk, &recipe, &p, 300, &engine);
    recipe.shrink = SHRINK_NONE;
    bench_fit(&plain, &recipe, &p, 300, &engine);
    assert_memory_equal(shrunk.weights, plain.weights, 2 * plain.network.n_weights * sizeof(real));
    assert_true(shrunk.training.epochs == plain.training.epochs && shrunk.training.loss_val == plain.training.loss_val);
    model_free(&shrunk);
    model_free(&plain);
    prices_free(&p);
}

/* ---- calibration ---- */

/* Scores of the folds give intervals that hold what they promise on the rows after them. */
static void scores_calibrate(void **state) {
    const Engine engine = engine_of(state);
    static const double phi[][2] = {{1.2, -0.5}, {0, 0}};
    for (size_t i = 0; i < 2; i++) {
        Prices p;
        Model model;
        Recipe recipe = own_recipe();
        size_t inside = 0;
        recipe.epochs = i ? 2 : 40;
        walk(&p, 900, 21, phi[i][0], phi[i][1]);
        bench_fit(&model, &recipe, &p, TRAIN, &engine);
        double *values = bench_forecast(&model, &p, &engine, TRAIN, 900);
        const double q = interval_quantile(&model.calibration[0], 0.8);
        IntervalVolatility v = {0}, own = {0}; /* of changes, and of errors from the training part on */
        const bool relative = model.scaler.columns[0].anchor == ANCHOR_RATIO;
        for (size_t r = 1; r < 900; r++) {
            const double unit = relative ? p.columns[0][r - 1] : 1, error = r < TRAIN ? 0 : p.columns[0][r] - values[r - TRAIN];
            if (r == TRAIN) {
                own = (IntervalVolatility){model.training.error_ratio * model.training.error_ratio * v.variance, v.n};
            }
            if (r >= TRAIN) {
                inside += fabs(error) <= q * interval_volatility(&own) * unit;
                interval_volatility_push(&own, error / unit);
            }
            interval_volatility_push(&v, (p.columns[0][r] - p.columns[0][r - 1]) / unit);
        }
        const double share = (double)inside / (900 - TRAIN);
        if (!(share > 0.72 && share < 0.88)) { /* 80 % of 500, give or take four standard errors */
            fail_msg("%zu: covers %.3f", i, share);
        }
        free(values);
        model_free(&model);
        prices_free(&p);
    }
}

/* A year of 12 rows, whose changes are large and always the same, and errors around it with calms and storms of their own, 370 rows
 * each. */
static void season_with_storms(Prices *p, size_t n_rows, uint64_t seed) {
    static const double two_pi = 6.283185307179586;
    Rng rng;
    double off = 0;
    prices_init(p, n_rows, 1);
    rng_init(&rng, seed, 5);
    for (size_t i = 0; i < n_rows; i++) {
        off = 0.6 * off + 0.3 * exp(0.7 * sin(two_pi * (double)i / 370)) * rng_normal(&rng);
        p->columns[0][i] = 100 + 3 * sin(two_pi * (double)i / 12) + off;
    }
}

/* Intervals of rows [first, last) at 90 %, once by a band and once - the negative control - measured in changes, by scores of rows since
 * `train`. */
static void intervals_of_both(const Model *model, const Prices *p, const Engine *engine, size_t train, size_t first, size_t last,
                              IntervalScore scores[2]) {
    const double *x = p->columns[0];
    double *values = bench_forecast(model, p, engine, train, last), *low = bench_zeros(2 * last, sizeof *low),
           *high = bench_zeros(2 * last, sizeof *high);
    double *sigma = bench_zeros(p->series.n_rows + 1, sizeof *sigma);
    IntervalCalibration changes = {.n = 0};
    Band band;
    Error error;
    assert_true(band_open(&band, model, &p->series, engine, train, &error));
    band_volatilities(model, &p->series, sigma);
    for (size_t r = train; r < last; r++) {
        const double value = values[r - train],
                     half[2] = {band_half(&band, 1, 0.9), interval_quantile(&changes, 0.9) * sigma[r] * spread_unit(model, x[r - 1])};
        for (size_t i = 0; i < 2; i++) {
            low[i * last + r] = value - half[i];
            high[i * last + r] = value + half[i];
        }
        interval_push(&changes, band_score(model, &p->series, sigma, r, 1, value));
        band_advance(&band, value);
    }
    for (size_t i = 0; i < 2; i++) {
        scores[i] = interval_score(x + first, low + i * last + first, high + i * last + first, last - first, 0.9);
    }
    band_close(&band);
    free(sigma);
    free(high);
    free(low);
    free(values);
}

/* The size of changes says nothing of the size of errors here: intervals measured in errors hold in calm and in storm, those measured in
 * changes do not. */
static void intervals_follow_the_errors(void **state) {
    const Engine engine = engine_of(state);
    enum { ROWS = 1400, KNOWN = 700 };
    for (uint64_t seed = 1; seed <= 3; seed++) {
        Prices p;
        Model model;
        Recipe recipe = own_recipe();
        IntervalScore scores[2];
        recipe.linear = true;
        recipe.window = 30;
        recipe.layers = "gru:2";
        recipe.epochs = 1;
        season_with_storms(&p, ROWS, seed);
        bench_fit(&model, &recipe, &p, KNOWN, &engine);
        assert_true(model.linear_shrink[0] > 0.8 && model.training.error_ratio < 0.8);
        intervals_of_both(&model, &p, &engine, KNOWN, KNOWN + 50, ROWS, scores);
        print_message("seed %d: covers %.3f, worst %.3f, Winkler %.3f; in changes %.3f, %.3f, %.3f\n", (int)seed, scores[0].coverage,
                      scores[0].worst, scores[0].winkler, scores[1].coverage, scores[1].worst, scores[1].winkler);
        assert_true(scores[0].coverage > 0.87 && scores[0].coverage < 0.93 && scores[0].worst >= 0.78);
        assert_true(scores[1].worst < 0.72 && scores[1].winkler > 1.1 * scores[0].winkler);
        model_free(&model);
        prices_free(&p);
    }
}

/* ---- ends ---- */

/* Horizons long beside the windows: no room for a fold's training. Nothing but a sane answer is asked. */
static void a_long_horizon_is_survived(void **state) {
    const Engine engine = engine_of(state);
    static const size_t horizons[] = {60, 149, 200, 250};
    for (size_t i = 0; i < sizeof horizons / sizeof *horizons; i++) {
        Prices p;
        Model model;
        Recipe recipe = own_recipe();
        recipe.horizon = horizons[i];
        recipe.layers = "rnn:2";
        recipe.epochs = 1;
        const size_t n_windows = SHRINKAGE_WINDOWS + horizons[i], n_rows = WINDOW + n_windows + horizons[i] - 1;
        walk(&p, n_rows, 2, 0, 0);
        bench_fit(&model, &recipe, &p, n_rows, &engine);
        for (size_t k = 0; k < horizons[i]; k++) {
            assert_true(model.shrink[k] >= 0 && model.shrink[k] <= 1);
        }
        model_free(&model);
        prices_free(&p);
    }
}

/* A noisy quadratic map: the curve is kept, and forecasts far better than the line did in its folds; in an AR(2) nothing is bent. */
static void what_is_no_line_is_bent(void **state) {
    const Engine engine = engine_of(state);
    for (int bent = 0; bent < 2; bent++) {
        Prices p;
        Model model;
        Recipe recipe = own_recipe();
        recipe.linear = true;
        recipe.epochs = 2;
        walk(&p, N_ROWS, 5, 1.2, -0.5);
        for (size_t i = 2; bent && i < N_ROWS; i++) {
            const double last = p.columns[0][i - 1] / 100 - 10, before = p.columns[0][i - 2] / 100 - 10,
                         shock = sin((double)(i * i % 1009)) / 50;
            p.columns[0][i] = 1000 + 100 * (i == 2 ? 0.1 : 1 - 1.3 * last * last + 0.3 * before * (i > 3) + shock);
        }
        bench_fit(&model, &recipe, &p, TRAIN, &engine);
        assert_true(bent ? model.linear.curve.n_terms > 0 : model.linear.curve.n_terms == 0);
        assert_true(model.linear_shrink[0] > 0.9);
        const double error = error_ratio(&model, &p, &engine, TRAIN, N_ROWS);
        assert_true(bent ? error < 0.01 : error > 0.1);
        model_free(&model);
        prices_free(&p);
    }
}

static void a_flat_series_is_naive(void **state) {
    const Engine engine = engine_of(state);
    Prices p;
    Model model;
    Recipe recipe = own_recipe();
    recipe.epochs = 2;
    prices_init(&p, 200, 1);
    prices_poison(&p, 0, 200, 42);
    bench_fit(&model, &recipe, &p, 200, &engine);
    assert_true(model_is_naive(&model) && isnan(model.training.naive_ratio) && model.calibration[0].n == 0);
    model_free(&model);
    prices_free(&p);
}

static void faults_of_folds_are_reported(void **state) {
    Engine engine = engine_of(state);
    static const volatile sig_atomic_t stop = 1;
    Prices p;
    Model model;
    FitReport report;
    Error fitted = {0}, stopped = {0};
    Recipe recipe = own_recipe();
    recipe.epochs = 1;
    walk(&p, 200, 2, 0, 0);
    assert_true(model_init(&model, &recipe, &p.series, &fitted));
    assert_true(fit_rows(&model, &p.series, (RowRange){0, 200}, &engine, &report, &fitted));
    engine.watch.stop = &stop; /* between the fit and the folds */
    assert_false(shrinkage_fit(&model, &p.series, (WindowRange){WINDOW, 200}, &engine, &stopped));
    assert_int_equal(stopped.code, ERROR_STOPPED);
    model_free(&model);
    prices_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_forecast_opens_the_gate),
        cmocka_unit_test(a_random_walk_stays_naive),
        cmocka_unit_test(too_few_windows_stay_naive),
        cmocka_unit_test(unshrunk_is_believed),
        cmocka_unit_test(shares_are_those_by_hand),
        cmocka_unit_test(two_shares_are_the_best_pair),
        cmocka_unit_test(rows_before_the_first_window_count),
        cmocka_unit_test(a_linear_forecast_needs_few_rows),
        cmocka_unit_test(shares_are_kept_of_two_departures),
        cmocka_unit_test(a_share_is_kept_of_the_departure),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(future_rows_change_nothing),
        cmocka_unit_test(weights_are_not_touched),
        cmocka_unit_test(scores_calibrate),
        cmocka_unit_test(intervals_follow_the_errors),
        cmocka_unit_test(a_long_horizon_is_survived),
        cmocka_unit_test(what_is_no_line_is_bent),
        cmocka_unit_test(a_flat_series_is_naive),
        cmocka_unit_test(faults_of_folds_are_reported),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}
