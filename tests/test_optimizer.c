/* optimizer: every kind learns a sine, steps by hand, clipping, and results that do not depend on how the vector is cut. */
#include "nn_bench.h"

enum { STEPS = 8, ROWS = 32 };

/* Windows of a sine at ROWS phases, each with the value that comes next. */
static void sine(Bench *b) {
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t t = 0; t <= STEPS; t++) {
            const double value = sin(0.6 * (double)t + 0.61 * (double)r);
            if (t < STEPS) {
                b->x[t * ROWS + r] = value;
            } else {
                b->target[r] = value;
            }
        }
    }
}

/* Loss after `epochs` full-batch steps from Keras's initialisation. */
static double learn(const OptimizerOptions *options, bool move, size_t epochs) {
    Bench b;
    Error error = {0};
    Optimizer optimizer;
    Rng rng;
    bench_init(&b, "lstm:8", STEPS, ROWS, 1, 1);
    sine(&b);
    rng_init(&rng, 11, RNG_INIT);
    assert_true(network_initialise(&b.network, INIT_KERAS, &rng, b.weights, &error));
    assert_true(optimizer_init(&optimizer, options, b.network.n_weights, &error));
    for (size_t i = 0; i < epochs; i++) {
        bench_gradient(&b, ROWS);
        for (size_t j = 0; j < b.network.n_weights && !move; j++) {
            b.gradient[j] = 0;
        }
        bench_step(&b, &optimizer);
    }
    const double loss = bench_loss(&b);
    optimizer_free(&optimizer);
    bench_free(&b);
    return loss;
}

/* Under a hundredth of the sine's variance (0.5); without a gradient, nothing is learnt. */
static void learns_a_sine(void **state) {
    (void)state;
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        const bool sgd = strcmp(optimizer_kinds[i]->name, "sgd") == 0;
        const OptimizerOptions options = {.kind = optimizer_kinds[i], .lr = sgd ? 0.2 : 0.01, .momentum = sgd ? 0.9 : 0};
        const double loss = learn(&options, true, 150), still = learn(&options, false, 150);
        if (!(loss < 0.005) || !(still > 0.1)) {
            fail_msg("%s: loss %g, and %g without a gradient", optimizer_kinds[i]->name, loss, still);
        }
    }
}

/* With clipping and decay it still learns. */
static void learns_with_everything_on(void **state) {
    (void)state;
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        const bool sgd = strcmp(optimizer_kinds[i]->name, "sgd") == 0;
        const OptimizerOptions options = {.kind = optimizer_kinds[i],
                                          .lr = sgd ? 0.2 : 0.01,
                                          .momentum = sgd ? 0.9 : 0.5,
                                          .clip_norm = 0.5,
                                          .clip_value = 0.2,
                                          .weight_decay = 1e-4,
                                          .decoupled = i % 2 == 0,
                                          .nesterov = sgd};
        const double loss = learn(&options, true, 150);
        if (!(loss < 0.02)) {
            fail_msg("%s: loss %g", optimizer_kinds[i]->name, loss);
        }
    }
}

/* Five steps over n reals, applied in pieces of at most `piece`. */
static void steps_in_pieces(const OptimizerOptions *options, const Kernels *kernels, size_t n, size_t piece, real *weights) {
    Error error = {0};
    Optimizer optimizer;
    real *gradient = bench_zeros(n, sizeof(real));
    assert_true(optimizer_init(&optimizer, options, n, &error));
    for (size_t i = 0; i < n; i++) {
        weights[i] = (real)sin(0.7 * (double)i);
    }
    for (size_t step = 0; step < 5; step++) {
        for (size_t i = 0; i < n; i++) {
            gradient[i] = (real)cos(0.3 * (double)i + (double)step) * (real)pow(10, -(double)(i % 6));
        }
        optimizer_begin(&optimizer, 3);
        for (size_t first = 0; first < n; first += piece) {
            optimizer_apply(&optimizer, kernels, first, first + piece < n ? first + piece : n, gradient, weights);
        }
    }
    free(gradient);
    optimizer_free(&optimizer);
}

static OptimizerOptions variant(const OptimizerKind *kind, size_t v) {
    return (OptimizerOptions){.kind = kind,
                              .lr = 0.05,
                              .momentum = v & 1 ? 0.9 : 0,
                              .nesterov = (v & 2) != 0,
                              .weight_decay = v & 4 ? 0.01 : 0,
                              .decoupled = (v & 8) != 0,
                              .clip_norm = v & 4 ? 1 : 0,
                              .clip_value = v & 8 ? 0.02 : 0};
}

static void cuts_do_not_matter(void **state) {
    (void)state;
    enum { N = 203 };
    Error error = {0};
    const Kernels *kernels = kernels_choose(NULL, &error);
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        for (size_t v = 0; v < 16; v++) {
            static const size_t pieces[] = {1, 7, 16, 64, 101, 202};
            const OptimizerOptions options = variant(optimizer_kinds[i], v);
            real whole[N], cut[N];
            steps_in_pieces(&options, kernels, N, N, whole);
            for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
                steps_in_pieces(&options, kernels, N, pieces[p], cut);
                if (memcmp(whole, cut, sizeof whole) != 0) {
                    fail_msg("%s, options %zu: pieces of %zu give other bits", options.kind->name, v, pieces[p]);
                }
            }
        }
    }
}

#ifndef LSTMFC_DOUBLE
/* The instruction sets with fused multiply-add agree to the bit. */
static void instruction_sets_agree(void **state) {
    (void)state;
    enum { N = 203 };
    Error error = {0};
    const Kernels *v3 = kernels_choose("v3", &error), *v4 = kernels_choose("v4", &error);
    if (!v3 || !v4) {
        skip();
    }
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        for (size_t v = 0; v < 16; v++) {
            const OptimizerOptions options = variant(optimizer_kinds[i], v);
            real a[N], b[N];
            steps_in_pieces(&options, v3, N, N, a);
            steps_in_pieces(&options, v4, N, N, b);
            assert_memory_equal(a, b, sizeof a);
        }
    }
}
#endif

/* One element, one step, by hand. */
static double first_step(const OptimizerOptions *options, double norm, double g, double w) {
    Error error = {0};
    Optimizer optimizer;
    real weights[REAL_ALIGN] = {(real)w}, gradient[REAL_ALIGN] = {(real)g};
    assert_true(optimizer_init(&optimizer, options, 1, &error));
    optimizer_begin(&optimizer, norm);
    optimizer_apply(&optimizer, kernels_choose(NULL, &error), 0, 1, gradient, weights);
    optimizer_free(&optimizer);
    assert_true(weights[1] == 0);
    return (double)weights[0];
}

static void near(double actual, double expected) {
    if (!(fabs(actual - expected) < 2e-7)) {
        fail_msg("got %.17g, expected %.17g", actual, expected);
    }
}

static void steps_by_hand(void **state) {
    (void)state;
    const OptimizerKind *sgd = optimizer_find("sgd"), *adam = optimizer_find("adam"), *rmsprop = optimizer_find("rmsprop");
    near(first_step(&(OptimizerOptions){.kind = sgd, .lr = 0.1}, 0, 0.5, 1), 0.95);
    near(first_step(&(OptimizerOptions){.kind = sgd, .lr = 0.1, .momentum = 0.9, .nesterov = true}, 0, 0.5, 1), 1 - 0.1 * 0.5 * 1.9);
    near(first_step(&(OptimizerOptions){.kind = sgd, .lr = 0.1, .weight_decay = 0.2}, 0, 0.5, 2), 2 - 0.1 * (0.5 + 0.4));
    near(first_step(&(OptimizerOptions){.kind = sgd, .lr = 0.1, .weight_decay = 0.2, .decoupled = true}, 0, 0.5, 2), 2 * (1 - 0.02) - 0.05);
    near(first_step(&(OptimizerOptions){.kind = sgd, .lr = 0.1, .clip_norm = 1}, 5, 0.5, 1), 1 - 0.1 * 0.5 / 5);
    near(first_step(&(OptimizerOptions){.kind = sgd, .lr = 0.1, .clip_norm = 6}, 5, 0.5, 1), 0.95);
    near(first_step(&(OptimizerOptions){.kind = sgd, .lr = 0.1, .clip_value = 0.2}, 0, -0.5, 1), 1.02);
    near(first_step(&(OptimizerOptions){.kind = adam, .lr = 0.1}, 0, 0.5, 1), 0.9);
    near(first_step(&(OptimizerOptions){.kind = adam}, 0, 0.5, 1), 0.999);
    near(first_step(&(OptimizerOptions){.kind = rmsprop, .lr = 0.1}, 0, 0.5, 1), 1 - 0.1 * 0.5 / sqrt(0.1 * 0.25 + 1e-7));
    near(first_step(&(OptimizerOptions){.kind = rmsprop}, 0, 1e-4, 1), 1 - 1e-3 * 1e-4 / sqrt(0.1 * 1e-8 + 1e-7));
}

/* After a reset the same steps come out as from new. */
static void reset_forgets(void **state) {
    (void)state;
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        Error error = {0};
        Optimizer optimizer;
        const Kernels *kernels = kernels_choose(NULL, &error);
        const OptimizerOptions options = {.kind = optimizer_kinds[i], .lr = 0.1, .momentum = 0.9};
        real weights[2] = {1, 1}, gradient[1] = {(real)0.5};
        assert_true(optimizer_init(&optimizer, &options, 1, &error));
        for (size_t round = 0; round < 2; round++) {
            for (size_t step = 0; step < 3; step++) {
                optimizer_begin(&optimizer, 0);
                optimizer_apply(&optimizer, kernels, 0, 1, gradient, &weights[round]);
            }
            optimizer_reset(&optimizer);
        }
        assert_true(weights[0] == weights[1]);
        assert_true(weights[0] < 1);
        optimizer_free(&optimizer);
    }
}

/* A gradient that is not a number must reach the weights, where the trainer sees it; clipping must not hide it. */
static void nan_is_not_hidden(void **state) {
    (void)state;
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        const OptimizerOptions options = {.kind = optimizer_kinds[i], .lr = 0.1, .clip_value = 1};
        assert_true(isnan(first_step(&options, 0, NAN, 1)));
    }
}

static void found_by_name(void **state) {
    (void)state;
    for (size_t i = 0; optimizer_kinds[i]; i++) {
        assert_ptr_equal(optimizer_find(optimizer_kinds[i]->name), optimizer_kinds[i]);
        assert_true(strlen(optimizer_kinds[i]->summary) > 0);
    }
    assert_null(optimizer_find("adamw2"));
    assert_null(optimizer_find(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_a_sine),          cmocka_unit_test(learns_with_everything_on),
        cmocka_unit_test(cuts_do_not_matter),
#ifndef LSTMFC_DOUBLE
        cmocka_unit_test(instruction_sets_agree),
#endif
        cmocka_unit_test(steps_by_hand),          cmocka_unit_test(reset_forgets),
        cmocka_unit_test(nan_is_not_hidden),      cmocka_unit_test(found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
