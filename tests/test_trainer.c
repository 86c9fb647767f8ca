/* trainer: the same bits on any number of threads, an epoch by hand, early stop and best weights, divergence, stopping, going on. */
#include "forecast_bench.h"

#include "lstmfc/spectral.h"
#include "lstmfc/sweep.h"

enum { N_ROWS = 240, LENGTH = 6, FIRST = 20, LAST = 177 }; /* 157 windows: no batch size below divides them but 1 */

typedef struct Lab {
    Prices prices;
    Network network;
    Scaler scaler;
    Windows windows;
    real *start; /* initial weights */
} Lab;

static void lab_init(Lab *lab, const char *spec, size_t horizon) {
    Error error = {0};
    Rng rng;
    prices_init(&lab->prices, N_ROWS, BENCH_COLUMNS);
    if (!network_init(&lab->network, spec, LENGTH, BENCH_COLUMNS, horizon, &error)) {
        fail_msg("%s", error.message);
    }
    const double *const *columns = (const double *const *)lab->prices.series.columns;
    assert_true(scaler_init(&lab->scaler, BENCH_COLUMNS, &error) &&
                scaler_fit(&lab->scaler, SCALE_MINMAX, ANCHOR_NONE, columns, 0, N_ROWS, &error));
    lab->windows = (Windows){
        .columns = columns, .scaler = &lab->scaler, .n_rows = N_ROWS, .n_features = BENCH_COLUMNS, .length = LENGTH, .horizon = horizon};
    lab->start = bench_zeros(lab->network.n_weights, sizeof(real));
    rng_init(&rng, 5, RNG_INIT);
    assert_true(network_initialise(&lab->network, INIT_KERAS, &rng, lab->start, &error));
}

static void lab_free(Lab *lab) {
    prices_free(&lab->prices);
    scaler_free(&lab->scaler);
    free(lab->start);
}

static TrainerOptions lab_options(size_t optimizer, size_t batch, size_t epochs) {
    Error error = {0};
    const TrainerOptions options = {.kernels = kernels_choose(getenv("LSTMFC_ISA"), &error),
                                    .loss = {.kind = loss_find("mse"), .n_taus = 1},
                                    .optimizer = {.kind = optimizer_kinds[optimizer], .lr = 0.01},
                                    .epochs = epochs,
                                    .batch = batch,
                                    .shuffle = true,
                                    .seed = 9};
    assert_non_null(options.kernels);
    return options;
}

static const WindowRange whole = {FIRST, LAST}, no_val = {LAST, LAST}, val = {LAST, LAST + 50};

/* Fits from the lab's initial weights; weights: free(). `code`: what is expected. */
static real *lab_fit(const Lab *lab, const TrainerOptions *options, Pool *pool, WindowRange validation, TrainerWatch watch, ErrorCode code,
                     TrainerResult *result) {
    Error error = {0};
    real *weights = bench_zeros(lab->network.n_weights, sizeof *weights);
    memcpy(weights, lab->start, lab->network.n_weights * sizeof *weights);
    Trainer *trainer = trainer_create(&lab->network, options, pool, &error);
    assert_non_null(trainer);
    const bool ok = trainer_fit(trainer, &lab->windows, whole, validation, &watch, weights, result, &error);
    if (error.code != code || ok != (code == ERROR_NONE)) {
        fail_msg("code %d instead of %d: %s", error.code, code, error.message);
    }
    trainer_free(trainer);
    return weights;
}

static real *simple_fit(const Lab *lab, const TrainerOptions *options, Pool *pool) {
    TrainerResult result;
    return lab_fit(lab, options, pool, no_val, (TrainerWatch){0}, ERROR_NONE, &result);
}

static bool same(const Lab *lab, const real *a, const real *b) {
    return memcmp(a, b, lab->network.n_weights * sizeof *a) == 0;
}

/* Largest difference, relative to the largest element. */
static double distance(const Lab *lab, const real *a, const real *b) {
    double most = 0, size = 0;
    for (size_t i = 0; i < lab->network.n_weights; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);
        most = d > most ? d : most;
        size = fabs((double)b[i]) > size ? fabs((double)b[i]) : size;
    }
    return most / size;
}

/* ---- threads ---- */

typedef struct Pools {
    Pool *pool[3];
} Pools;

static Pools *pools_of(void **state) {
    return *state;
}

static int open_pools(void **state) {
    static Pools pools;
    Error error = {0};
    static const size_t sizes[] = {1, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        pools.pool[i] = pool_create(sizes[i], &error);
        if (!pools.pool[i]) {
            return -1;
        }
    }
    *state = &pools;
    return 0;
}

static int close_pools(void **state) {
    for (size_t i = 0; i < 3; i++) {
        pool_free(pools_of(state)->pool[i]);
    }
    return 0;
}

static void assert_threads_agree(const Lab *lab, const TrainerOptions *options, const Pools *pools, const char *what) {
    real *alone = simple_fit(lab, options, NULL);
    assert_false(same(lab, alone, lab->start));
    for (size_t i = 0; i < 3; i++) {
        real *weights = simple_fit(lab, options, pools->pool[i]);
        if (!same(lab, weights, alone)) {
            fail_msg("%s, batch %zu, %s: %zu threads give other weights", what, options->batch, options->optimizer.kind->name,
                     pool_size(pools->pool[i]));
        }
        free(weights);
    }
    free(alone);
}

static void weights_do_not_depend_on_threads(void **state) {
    static const char *const specs[] = {
        "lstm:7,dropout:0.3,lstm:5,dropout:0.2", "gru:9,dropout:0.5",        "rnn:6", "gru-before:5,dropout:0.4",
        "bilstm:5,dropout:0.2,bigru:4",          "lstm:6,gru:5,dense:3:tanh"};
    static const size_t batches[] = {1, 7, 10, 32, 150};
    for (size_t s = 0, turn = 0; s < sizeof specs / sizeof *specs; s++) {
        Lab lab;
        lab_init(&lab, specs[s], 1 + s % 2 * 2);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++, turn++) {
            TrainerOptions options = lab_options(turn % 3, batches[b], batches[b] == 1 ? 1 : 2);
            options.optimizer.clip_norm = turn % 2 ? 0.01 : 0;
            options.optimizer.momentum = turn % 3 ? 0.5 : 0;
            options.loss.kind = loss_kinds[turn % 2];
            assert_threads_agree(&lab, &options, pools_of(state), specs[s]);
        }
        lab_free(&lab);
    }
}

/* Weights of more than one block, of more than the caches, and small batches that workers share as a team (where there are processors
 * enough): other ways are taken. */
static void large_networks_do_not_depend_on_threads(void **state) {
    static const struct { const char *spec; size_t batch; double clip_norm; } cases[] = {
        {"lstm:80", 32, 0.05}, {"lstm:80", 10, 0}, {"lstm:260", 150, 0.05}, {"lstm:80", 7, 0}, {"gru:80,dropout:0.3,lstm:40", 8, 0},
        {"gru-before:64,rnn:64,dense:9:tanh", 5, 0}, {"lstm:260,dropout:0.2", 32, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Lab lab;
        lab_init(&lab, cases[i].spec, 1);
        TrainerOptions options = lab_options(i % 3, cases[i].batch, 1);
        options.optimizer.clip_norm = cases[i].clip_norm;
        options.two_biases = i % 2;
        assert_threads_agree(&lab, &options, pools_of(state), cases[i].spec);
        lab_free(&lab);
    }
}

/* Negative control of the two above: what must change the weights does. */
/* Gradients of a network this large have room for two shards only; a last batch of three chunks must make do with them (sanitizers see it
 * where it does not). */
static void a_last_batch_has_no_more_shards_than_the_others(void **state) {
    (void)state;
    Lab lab;
    Error error = {0};
    TrainerResult result;
    const TrainerWatch watch = {0};
    lab_init(&lab, "rnn:2", 1);
    free(lab.start);
    assert_true(network_init(&lab.network, "rnn:3400", LENGTH, BENCH_COLUMNS, 1, &error));
    real *weights = bench_zeros(lab.network.n_weights, sizeof *weights);
    const TrainerOptions options = lab_options(2, 97, 1);
    Trainer *trainer = trainer_create(&lab.network, &options, NULL, &error);
    assert_non_null(trainer);
    assert_true(trainer_fit(trainer, &lab.windows, (WindowRange){FIRST, FIRST + 97 + 96}, no_val, &watch, weights, &result, &error));
    assert_int_equal(result.windows, 97 + 96);
    trainer_free(trainer);
    free(weights);
    lab.start = NULL;
    lab_free(&lab);
}

static void other_settings_give_other_weights(void **state) {
    Lab lab;
    lab_init(&lab, "lstm:7,dropout:0.3", 1);
    const TrainerOptions options = lab_options(0, 10, 1);
    real *weights = simple_fit(&lab, &options, pools_of(state)->pool[1]);
    for (int i = 0; i < 6; i++) {
        TrainerOptions other = options;
        other.seed += i == 0;
        other.batch += i == 1;
        other.shuffle = i != 2;
        other.optimizer.lr *= i == 3 ? 1.001 : 1;
        other.optimizer.clip_norm = i == 4 ? 0.01 : 0;
        other.two_biases = i == 5;
        real *changed = simple_fit(&lab, &other, pools_of(state)->pool[1]);
        assert_false(same(&lab, weights, changed));
        free(changed);
    }
    free(weights);
    lab_free(&lab);
}

/* ---- an epoch by hand ---- */

/* Gradient of the mean loss of windows first .. last - 1, all in one chunk. */
static void hand_gradient(const Lab *lab, const TrainerOptions *options, const real *weights, size_t first, size_t last, real *gradient) {
    Error error = {0};
    Activations a;
    size_t r[N_ROWS];
    const size_t n = last - first, k = lab->network.n_outputs, ld = kernels_stride(k);
    real *prepared = bench_zeros(lab->network.n_prepared, sizeof *prepared);
    assert_true(activations_init(&a, &lab->network, n, true, &error));
    network_prepare(&lab->network, kernels_choose(NULL, NULL), NULL, n, 0, lab->network.n_layers, weights, prepared);
    for (size_t i = 0; i < n; i++) {
        r[i] = first + i;
    }
    window_gather(&lab->windows, r, n, a.x, kernels_stride(lab->network.n_inputs), a.y, ld);
    const Run run = {.kernels = options->kernels, .weights = weights, .prepared = prepared, .training = true, .batch_rows = n};
    const real *y = network_forward(&lab->network, &run, &a, n);
    loss_sum(&options->loss, n, k, ld, y, a.y, a.dy, (double)(n * k));
    network_backward(&lab->network, &run, &a, n, gradient, false);
    activations_free(&a);
    free(prepared);
}

/* One epoch of plain SGD in order of time up to window `end`; free(). */
static real *hand_epoch(const Lab *lab, const TrainerOptions *options, size_t end) {
    const size_t n = lab->network.n_weights;
    real *weights = bench_zeros(n, sizeof *weights), *gradient = bench_zeros(n, sizeof *gradient);
    memcpy(weights, lab->start, n * sizeof *weights);
    for (size_t first = FIRST; first < end; first += options->batch) {
        const size_t last = first + options->batch < end ? first + options->batch : end;
        hand_gradient(lab, options, weights, first, last, gradient);
        for (size_t i = 0; i < n; i++) {
            weights[i] -= (real)options->optimizer.lr * gradient[i];
        }
    }
    free(gradient);
    return weights;
}

/* Chunks, shards and their sum against one chunk; the last batch is smaller (157 = 4 * 32 + 29), and counts. */
static void an_epoch_is_what_it_is_by_hand(void **state) {
    static const char *const specs[] = {"lstm:7", "gru:5,rnn:4", "lstm:6,dense:4:tanh", "gru-before:5"};
    static const size_t batches[] = {7, 32, 150, 1000};
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        Lab lab;
        lab_init(&lab, specs[s], 1 + s);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            TrainerOptions options = lab_options(2, batches[b], 1);
            options.shuffle = false;
            options.optimizer.lr = 0.1;
            real *weights = simple_fit(&lab, &options, pools_of(state)->pool[1]), *hand = hand_epoch(&lab, &options, LAST);
            assert_true(distance(&lab, weights, hand) < 2e-6);
            assert_true(distance(&lab, weights, lab.start) > 1e-4);
            if (options.batch < LAST - FIRST) {
                real *without_last = hand_epoch(&lab, &options, FIRST + (LAST - FIRST) / options.batch * options.batch);
                assert_true(distance(&lab, weights, without_last) > 1e-5);
                free(without_last);
            }
            free(hand);
            free(weights);
        }
        lab_free(&lab);
    }
}

/* The gradient of all windows in one batch does not depend on their order; in small batches the order counts. */
static void shuffling_takes_every_window_once(void **state) {
    (void)state;
    Lab lab;
    lab_init(&lab, "lstm:7", 1);
    for (int small = 0; small < 2; small++) {
        TrainerOptions options = lab_options(2, small ? 7 : 1000, 1);
        real *shuffled = simple_fit(&lab, &options, NULL);
        options.shuffle = false;
        real *in_order = simple_fit(&lab, &options, NULL);
        assert_true(small ? distance(&lab, shuffled, in_order) > 1e-5 : distance(&lab, shuffled, in_order) < 1e-6);
        free(shuffled);
        free(in_order);
    }
    lab_free(&lab);
}

/* ---- early stop ---- */

typedef struct Diary {
    size_t n, n_best, last_best;
    double val[200], train[200], share;
    bool straight; /* epochs come one after another, shares grow */
    volatile sig_atomic_t stop;
    double stop_at;
} Diary;

static void diary_epoch(void *context, const TrainerEpoch *epoch) {
    Diary *d = context;
    d->straight = d->straight && epoch->epoch == d->n + 1 && epoch->windows == LAST - FIRST && epoch->seconds >= 0;
    d->val[d->n] = epoch->loss_val;
    d->train[d->n++] = epoch->loss_train;
    d->n_best += epoch->best;
    d->last_best = epoch->best ? epoch->epoch : d->last_best;
}

static void diary_progress(void *context, double share, double loss) {
    Diary *d = context;
    d->straight = d->straight && share > d->share && share <= 1 && loss >= 0;
    d->share = share;
    d->stop = d->stop || share >= d->stop_at;
}

static TrainerWatch diary_watch(Diary *d) {
    *d = (Diary){.straight = true, .stop_at = INFINITY};
    return (TrainerWatch){.epoch = diary_epoch, .progress = diary_progress, .context = d, .stop = &d->stop};
}

/* Mean loss of the weights on the validation windows, through sweep_outputs. */
static double loss_of(const Lab *lab, const TrainerOptions *options, const real *weights) {
    enum { N = 50 };
    Error error = {0};
    const size_t k = lab->network.n_outputs;
    size_t r[N];
    double sum = 0, *y = bench_zeros(N * k, sizeof *y), dy;
    for (size_t i = 0; i < N; i++) {
        r[i] = val.first + i;
    }
    assert_true(sweep_outputs(&lab->network, options->kernels, NULL, &lab->windows, r, N, weights, y, &error));
    for (size_t i = 0; i < N * k; i++) {
        const double raw = lab->prices.columns[0][r[i / k] + i % k];
        sum += options->loss.kind->value(y[i], (double)(real)scaler_apply(lab->scaler.columns, raw, 0), 0.5, &dy);
    }
    free(y);
    return sum / (double)(N * k);
}

static size_t first_lowest(const double *x, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        best = x[i] < x[best] ? i : best;
    }
    return best + 1;
}

static void early_stop_keeps_the_best_weights(void **state) {
    for (size_t patience = 1; patience <= 6; patience += 5) {
        Lab lab;
        Diary d;
        TrainerResult result, ignored;
        lab_init(&lab, "lstm:7,dropout:0.3", 3);
        TrainerOptions options = lab_options(0, 10, 100);
        options.patience = patience;
        options.optimizer.lr = 0.03;
        real *weights = lab_fit(&lab, &options, pools_of(state)->pool[1], val, diary_watch(&d), ERROR_NONE, &result);
        assert_true(d.straight);
        assert_true(result.epochs < 100);
        assert_int_equal(d.n, result.epochs);
        assert_int_equal(result.best_epoch, first_lowest(d.val, d.n));
        assert_int_equal(result.best_epoch, d.last_best);
        assert_int_equal(result.epochs, result.best_epoch + patience);
        assert_int_equal(result.windows, result.epochs * (LAST - FIRST));
        assert_true(result.loss_val == d.val[result.best_epoch - 1] && result.loss_train == d.train[result.best_epoch - 1]);
        assert_near(loss_of(&lab, &options, weights), result.loss_val, 1e-13, "validation loss of the weights returned");

        options.epochs = result.best_epoch;
        options.patience = 0;
        real *just = lab_fit(&lab, &options, NULL, no_val, (TrainerWatch){0}, ERROR_NONE, &ignored);
        assert_true(same(&lab, weights, just));
        assert_true(isnan(ignored.loss_val) && ignored.best_epoch == options.epochs);
        options.epochs = result.epochs; /* negative control: the last epoch's weights are not these */
        real *late = lab_fit(&lab, &options, NULL, val, (TrainerWatch){0}, ERROR_NONE, &ignored);
        assert_false(same(&lab, weights, late));
        assert_true(loss_of(&lab, &options, late) > result.loss_val);
        assert_near(loss_of(&lab, &options, late), ignored.loss_val, 1e-13, "validation loss of the last weights");
        free(late);
        free(just);
        free(weights);
        lab_free(&lab);
    }
}

/* Without patience all epochs are run and the last weights returned; progress ends at 1. */
static void no_patience_runs_all_epochs(void **state) {
    (void)state;
    Lab lab;
    Diary d;
    TrainerResult result;
    lab_init(&lab, "gru:5", 1);
    const TrainerOptions options = lab_options(0, 32, 7);
    real *weights = lab_fit(&lab, &options, NULL, val, diary_watch(&d), ERROR_NONE, &result);
    assert_true(d.straight && d.share == 1);
    assert_int_equal(d.n, 7);
    assert_int_equal(result.best_epoch, 7);
    assert_true(result.loss_val == d.val[6]);
    free(weights);
    lab_free(&lab);
}

/* Validation does not touch training. */
static void looking_does_not_change(void **state) {
    (void)state;
    Lab lab;
    TrainerResult result;
    lab_init(&lab, "lstm:5,dropout:0.5", 1);
    const TrainerOptions options = lab_options(1, 10, 3);
    real *with = lab_fit(&lab, &options, NULL, val, (TrainerWatch){0}, ERROR_NONE, &result), *without = simple_fit(&lab, &options, NULL);
    assert_true(same(&lab, with, without));
    free(with);
    free(without);
    lab_free(&lab);
}

/* ---- ends ---- */

static void divergence_is_said(void **state) {
    Lab lab;
    TrainerResult result;
    lab_init(&lab, "lstm:7", 1);
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        TrainerOptions options = lab_options(i, 10, 3);
        free(lab_fit(&lab, &options, pools_of(state)->pool[1], no_val, (TrainerWatch){0}, ERROR_NONE, &result));
        options.optimizer.lr = 1e36;
        free(lab_fit(&lab, &options, pools_of(state)->pool[1], no_val, (TrainerWatch){0}, ERROR_DIVERGED, &result));
    }
    lab_free(&lab);
}

/* One batch, its loss finite, its step not. */
static void weights_that_diverge_last_are_seen(void **state) {
    (void)state;
    Lab lab;
    TrainerResult result;
    lab_init(&lab, "rnn:3", 1);
    lab.scaler.columns[0] = (ScalerColumn){ANCHOR_NONE, 0, 1};
    TrainerOptions options = lab_options(2, 1000, 1);
    free(lab_fit(&lab, &options, NULL, no_val, (TrainerWatch){0}, ERROR_NONE, &result));
    options.optimizer.lr = 3e38;
    free(lab_fit(&lab, &options, NULL, no_val, (TrainerWatch){0}, ERROR_DIVERGED, &result));
    lab_free(&lab);
}

static void stops_where_asked(void **state) {
    (void)state;
    static const double at[] = {0, 0.3, 0.9};
    Lab lab;
    lab_init(&lab, "rnn:3", 1);
    for (size_t i = 0; i < 3; i++) {
        Diary d;
        TrainerResult result;
        const TrainerWatch watch = diary_watch(&d);
        d.stop_at = at[i];
        d.stop = i == 0;
        const TrainerOptions options = lab_options(0, 10, 4);
        free(lab_fit(&lab, &options, NULL, no_val, watch, ERROR_STOPPED, &result));
        assert_true(d.share >= (i ? at[i] : 0) && d.share < at[i] + 0.05);
        assert_int_equal(d.n, (size_t)(4 * at[i]));
    }
    lab_free(&lab);
}

/* ---- dropout ---- */

/* With steps too small to change a weight, epochs differ by their masks alone; without dropout they do not differ. */
static void every_epoch_has_masks_of_its_own(void **state) {
    (void)state;
    for (int drops = 0; drops < 2; drops++) {
        Lab lab;
        Diary d;
        TrainerResult result;
        lab_init(&lab, drops ? "lstm:7,dropout:0.3" : "lstm:7", 1);
        TrainerOptions options = lab_options(2, 1000, 4);
        options.shuffle = false;
        options.optimizer.lr = 1e-30;
        real *weights = lab_fit(&lab, &options, NULL, no_val, diary_watch(&d), ERROR_NONE, &result);
        for (size_t i = 1; i < 4; i++) {
            assert_true((d.train[i] == d.train[i - 1]) == !drops);
        }
        assert_true(distance(&lab, weights, lab.start) < 1e-20);
        free(weights);
        lab_free(&lab);
    }
}

/* ---- going on ---- */

/* Two calls of two epochs are four epochs, momenta and dropout masks included; a fresh trainer on the same weights is not. */
static void a_second_fit_goes_on(void **state) {
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        Lab lab;
        Error error = {0};
        TrainerResult result;
        const TrainerWatch quiet = {0};
        lab_init(&lab, "lstm:7,dropout:0.3", 1);
        TrainerOptions options = lab_options(i, 10, 2);
        options.shuffle = false;
        options.optimizer.momentum = i ? 0.9 : 0;
        const size_t size = lab.network.n_weights * sizeof(real);
        real *warm = bench_zeros(1, size), *fresh = bench_zeros(1, size);
        memcpy(warm, lab.start, size);
        Trainer *one = trainer_create(&lab.network, &options, pools_of(state)->pool[1], &error),
                *two = trainer_create(&lab.network, &options, NULL, &error);
        assert_true(one && two);
        assert_true(trainer_fit(one, &lab.windows, whole, no_val, &quiet, warm, &result, &error));
        memcpy(fresh, warm, size);
        assert_true(trainer_fit(one, &lab.windows, whole, no_val, &quiet, warm, &result, &error));
        assert_true(trainer_fit(two, &lab.windows, whole, no_val, &quiet, fresh, &result, &error));
        options.epochs = 4;
        real *straight = simple_fit(&lab, &options, NULL);
        assert_true(same(&lab, warm, straight));
        assert_false(same(&lab, fresh, straight));
        trainer_free(one);
        trainer_free(two);
        free(straight);
        free(fresh);
        free(warm);
        lab_free(&lab);
    }
}

/* A second fit may have other windows, more or fewer, and a longer validation. */
static void a_second_fit_takes_other_windows(void **state) {
    (void)state;
    Lab lab;
    Error error = {0};
    TrainerResult result;
    const TrainerWatch quiet = {0};
    lab_init(&lab, "gru:5", 1);
    const TrainerOptions options = lab_options(0, 32, 1);
    real *weights = bench_zeros(lab.network.n_weights, sizeof *weights);
    memcpy(weights, lab.start, lab.network.n_weights * sizeof *weights);
    Trainer *trainer = trainer_create(&lab.network, &options, NULL, &error);
    assert_non_null(trainer);
    static const WindowRange train[] = {{30, 40}, {10, 200}, {50, 51}}, tail[] = {{40, 41}, {40, 240}, {51, 60}};
    for (size_t i = 0; i < 3; i++) {
        assert_true(trainer_fit(trainer, &lab.windows, train[i], tail[i], &quiet, weights, &result, &error));
        assert_int_equal(result.windows, train[i].last - train[i].first);
        assert_true(isfinite(result.loss_val));
    }
    trainer_free(trainer);
    free(weights);
    lab_free(&lab);
}

/* ---- outputs ---- */

/* Any order, any company, any number of threads: the same bits. */
static void outputs_do_not_depend_on_company(void **state) {
    enum { N = 77 };
    Lab lab;
    Error error = {0};
    lab_init(&lab, "lstm:7,dropout:0.3,gru:5", 3);
    const TrainerOptions options = lab_options(0, 32, 1);
    size_t r[N];
    double all[N * 3], other[N * 3];
    for (size_t i = 0; i < N; i++) {
        r[i] = LENGTH + i * 37 % (N_ROWS - LENGTH + 1);
    }
    assert_true(sweep_outputs(&lab.network, options.kernels, NULL, &lab.windows, r, N, lab.start, all, &error));
    for (size_t p = 0; p < 3; p++) {
        assert_true(sweep_outputs(&lab.network, options.kernels, pools_of(state)->pool[p], &lab.windows, r, N, lab.start, other, &error));
        assert_memory_equal(all, other, sizeof all);
    }
    for (size_t i = 0; i < N; i++) {
        assert_true(sweep_outputs(&lab.network, options.kernels, NULL, &lab.windows, r + i, 1, lab.start, other + 3 * i, &error));
    }
    assert_memory_equal(all, other, sizeof all);
    assert_true(sweep_outputs(&lab.network, options.kernels, NULL, &lab.windows, r, 0, lab.start, NULL, &error));
    lab_free(&lab);
}

/* A bound on the spectral norm that nothing reaches changes no bit; one that bites holds at the end, on any number of threads alike. */
static void spectral_norm_is_held(void **state) {
    (void)state;
    Lab lab;
    lab_init(&lab, "lstm:7,rnn:5", 1);
    TrainerOptions options = lab_options(0, 16, 4);
    real *free_ = simple_fit(&lab, &options, NULL);
    options.spectral_norm = 1e6;
    real *loose = simple_fit(&lab, &options, NULL);
    assert_true(same(&lab, free_, loose));
    options.spectral_norm = 0.5;
    real *held = simple_fit(&lab, &options, NULL);
    assert_false(same(&lab, free_, held));
    double *scratch = bench_zeros(spectral_scratch(&lab.network), sizeof *scratch);
    real *again = bench_zeros(lab.network.n_weights, sizeof *again);
    memcpy(again, held, lab.network.n_weights * sizeof *again);
    spectral_bound(&lab.network, 0.5 * (1 + 1e-3), again, scratch);
    assert_true(same(&lab, held, again));
    spectral_bound(&lab.network, 0.5 * (1 - 1e-3), again, scratch); /* and no lower than it must be */
    assert_false(same(&lab, held, again));
    for (size_t n = 1; n <= 4; n++) {
        Error error = {0};
        Pool *pool = pool_create(n, &error);
        real *shared = simple_fit(&lab, &options, pool);
        assert_true(same(&lab, held, shared));
        free(shared);
        pool_free(pool);
    }
    free(free_);
    free(loose);
    free(held);
    free(again);
    free(scratch);
    lab_free(&lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spectral_norm_is_held),
        cmocka_unit_test(weights_do_not_depend_on_threads),
        cmocka_unit_test(large_networks_do_not_depend_on_threads),
        cmocka_unit_test(a_last_batch_has_no_more_shards_than_the_others),
        cmocka_unit_test(other_settings_give_other_weights),
        cmocka_unit_test(an_epoch_is_what_it_is_by_hand),
        cmocka_unit_test(shuffling_takes_every_window_once),
        cmocka_unit_test(early_stop_keeps_the_best_weights),
        cmocka_unit_test(no_patience_runs_all_epochs),
        cmocka_unit_test(looking_does_not_change),
        cmocka_unit_test(divergence_is_said),
        cmocka_unit_test(weights_that_diverge_last_are_seen),
        cmocka_unit_test(stops_where_asked),
        cmocka_unit_test(every_epoch_has_masks_of_its_own),
        cmocka_unit_test(a_second_fit_goes_on),
        cmocka_unit_test(a_second_fit_takes_other_windows),
        cmocka_unit_test(outputs_do_not_depend_on_company),
    };
    return cmocka_run_group_tests(tests, open_pools, close_pools);
}
