/* reservoir: radii, norms, states and ridge regression as NumPy has them (golden/make_reservoir.py); what is drawn has the radius, the
 * holes and the scale asked for. Built in double and in float. */
#include "nn_bench.h"

#include "golden.h"
#include "lstmfc/cholesky.h"
#include "lstmfc/reservoir.h"
#include "lstmfc/spectral.h"

#ifdef LSTMFC_DOUBLE
static const double tolerance = 1e-12;
#else
static const double tolerance = 1e-5;
#endif

static const cJSON *member(const cJSON *document, const char *list, size_t i) {
    char path[64];
    snprintf(path, sizeof path, "%s.%zu", list, i);
    return golden_at(document, path);
}

static double radius_of(size_t n, const double *w) {
    Rng rng;
    double *v = bench_zeros(2 * n, sizeof *v);
    rng_init(&rng, 3, 1);
    const double radius = reservoir_radius(n, w, &rng, v);
    free(v);
    return radius;
}

static void radii(void **state) {
    (void)state;
    cJSON *document = golden_load("reservoir.json");
    for (size_t i = 0; i < golden_count(document, "matrices"); i++) {
        const cJSON *node = member(document, "matrices", i);
        double *w = golden_array(node, "w", NULL);
        assert_true(golden_close(radius_of(golden_size(node, "n"), w), golden_number(node, "radius"), 2e-3, 0, "radius"));
        free(w);
    }
    cJSON_Delete(document);
    const double turn[] = {0, -3, 3, 0}, none[] = {0, 1, 0, 0}, one = -0.5;
    assert_true(golden_close(radius_of(2, turn), 3, 1e-12, 0, "a turn"));
    assert_true(radius_of(2, none) == 0);
    assert_true(golden_close(radius_of(1, &one), 0.5, 1e-12, 0, "one"));
}

/* Of square matrices, and of one whose upper half is another's: NumPy's largest singular value, and never more. */
static void norms(void **state) {
    (void)state;
    cJSON *document = golden_load("reservoir.json");
    for (size_t i = 0; i < golden_count(document, "matrices"); i++) {
        const cJSON *node = member(document, "matrices", i);
        const size_t n = golden_size(node, "n");
        double *w = golden_array(node, "w", NULL), *scratch = bench_zeros(n * (n + 2), sizeof *scratch),
               *tall = bench_zeros(2 * n * n, sizeof *tall);
        const double expected = golden_number(node, "norm"), norm = spectral_norm(n, n, w, scratch);
        assert_true(golden_close(norm, expected, 3e-3, 0, "norm") && norm <= expected * (1 + 1e-12));
        memcpy(tall, w, n * n * sizeof *w);
        memcpy(tall + n * n, w, n * n * sizeof *w);
        assert_true(golden_close(spectral_norm(2 * n, n, tall, scratch), sqrt(2) * norm, 1e-9, 0, "norm of two"));
        free(w);
        free(tall);
        free(scratch);
    }
    cJSON_Delete(document);
}

typedef struct Norms {
    const real *weights;
    double most;
    size_t n;
} Norms;

static bool largest_norm(void *context, const Tensor *t, const Layer *layer) {
    Norms *norms_ = context;
    if (t->role == TENSOR_RECURRENT) {
        double *w = bench_zeros(tensor_size(t), sizeof *w), *scratch = bench_zeros(t->columns * (t->columns + 2), sizeof *scratch);
        for (size_t i = 0; i < tensor_size(t); i++) {
            w[i] = (double)norms_->weights[layer->offset + tensor_index(t, i / t->columns, i % t->columns)];
        }
        norms_->most = fmax(norms_->most, spectral_norm(t->rows, t->columns, w, scratch));
        norms_->n++;
        free(w);
        free(scratch);
    }
    return true;
}

/* Every recurrent matrix comes down to the limit, keeping its direction; what is below it, and all else, stays as it was. */
static void bounds(void **state) {
    (void)state;
    Bench b;
    bench_init(&b, "lstm:9,bigru:5,rnn:17,dense:2", 3, 1, 2, 0);
    bench_random(&b, 3, 0.9);
    const size_t n = b.network.n_weights;
    real *before = bench_zeros(n, sizeof *before);
    double *scratch = bench_zeros(spectral_scratch(&b.network), sizeof *scratch);
    memcpy(before, b.weights, n * sizeof *before);
    spectral_bound(&b.network, 100, b.weights, scratch);
    assert_memory_equal(before, b.weights, n * sizeof *before);
    spectral_bound(&b.network, 0.75, b.weights, scratch);
    Norms held = {.weights = b.weights};
    assert_true(network_tensors(&b.network, largest_norm, &held));
    assert_int_equal(held.n, 4);
    assert_true(golden_close(held.most, 0.75, 3e-3, 0, "norm"));
    size_t n_changed = 0;
    for (size_t i = 0; i < n; i++) {
        n_changed += b.weights[i] != before[i];
        assert_true(fabs((double)b.weights[i]) <= fabs((double)before[i]) && (double)b.weights[i] * (double)before[i] >= 0);
    }
    assert_true(n_changed > 36 * 9 && n_changed <= 36 * 9 + 2 * 15 * 5 + 17 * 17);
    free(before);
    free(scratch);
    bench_free(&b);
}

static void states_of(const cJSON *node) {
    Bench b;
    const size_t rows = golden_size(node, "rows"), columns = golden_size(node, "columns"), steps = golden_size(node, "steps");
    bench_init(&b, golden_string(node, "spec"), steps, rows, columns, 2);
    double *weights = golden_array(node, "weights", NULL), *x = golden_array(node, "x", NULL), *h = golden_array(node, "h", NULL),
           *y = golden_array(node, "y", NULL);
    bench_set(&b.network, weights, b.weights);
    assert_true(reservoir_is(&b.network));
    for (size_t i = 0; i < steps * rows * columns; i++) {
        b.activations.x[i / columns * kernels_stride(columns) + i % columns] = (real)x[i];
    }
    const Run run = {.kernels = b.kernels, .weights = b.weights, .batch_rows = rows};
    const real *out = network_forward(&b.network, &run, &b.activations, rows), *state = b.activations.inputs[1];
    const size_t units = b.network.layers[0].n_units;
    for (size_t i = 0; i < rows * units; i++) {
        assert_true(golden_close((double)state[i / units * kernels_stride(units) + i % units], h[i], tolerance, 0.1, "state"));
    }
    for (size_t i = 0; i < rows * 2; i++) {
        assert_true(golden_close((double)out[i / 2 * kernels_stride(2) + i % 2], y[i], tolerance, 0.1, "output"));
    }
    free(weights);
    free(x);
    free(h);
    free(y);
    bench_free(&b);
}

static void states(void **state) {
    (void)state;
    cJSON *document = golden_load("reservoir.json");
    assert_int_equal(golden_count(document, "states"), 2);
    for (size_t i = 0; i < 2; i++) {
        states_of(member(document, "states", i));
    }
    cJSON_Delete(document);
}

static void ridge_of(const cJSON *node) {
    const size_t n = golden_size(node, "n") + 1, k = golden_size(node, "k"), windows = golden_size(node, "windows");
    double *h = golden_array(node, "states", NULL), *y = golden_array(node, "targets", NULL),
           *expected = golden_array(node, "solution", NULL);
    double *a = bench_zeros(n * n, sizeof *a), *b = bench_zeros(n * k, sizeof *b);
    for (size_t w = 0; w < windows; w++) {
        for (size_t i = 0; i < n; i++) {
            const double s = i + 1 < n ? h[w * (n - 1) + i] : 1;
            for (size_t j = 0; j <= i; j++) {
                a[i * n + j] += s * (j + 1 < n ? h[w * (n - 1) + j] : 1) / (double)windows;
            }
            for (size_t j = 0; j < k; j++) {
                b[i * k + j] += s * y[w * k + j] / (double)windows;
            }
        }
    }
    for (size_t i = 0; i + 1 < n; i++) {
        a[i * n + i] += golden_number(node, "strength");
    }
    assert_true(cholesky_solve(n, a, k, b));
    for (size_t i = 0; i < n * k; i++) {
        assert_true(golden_close(b[i], expected[i], 1e-11, 1e-2, "solution"));
    }
    double *const blocks[] = {h, y, expected, a, b};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
}

static void ridge(void **state) {
    (void)state;
    cJSON *document = golden_load("reservoir.json");
    assert_int_equal(golden_count(document, "ridge"), 2);
    for (size_t i = 0; i < 2; i++) {
        ridge_of(member(document, "ridge", i));
    }
    cJSON_Delete(document);
    double singular[] = {1, 1, 1, 1}, indefinite[] = {1, 2, 2, 1}, not_finite[] = {(double)NAN}, b[] = {1, 1};
    assert_false(cholesky_solve(2, singular, 1, b));
    assert_false(cholesky_solve(2, indefinite, 1, b));
    assert_false(cholesky_solve(1, not_finite, 1, b));
}

/* What is drawn, back in file order. */
static double *draw(const char *spec, const Reservoir *reservoir, uint64_t seed, Network *network) {
    Rng rng;
    Error error = {0};
    assert_true(network_init(network, spec, 5, 3, 1, &error));
    real *weights = bench_zeros(network->n_weights, sizeof *weights);
    rng_init(&rng, seed, RNG_RESERVOIR);
    assert_true(reservoir_draw(network, reservoir, &rng, weights, &error));
    double *file = bench_get(network, weights);
    free(weights);
    return file;
}

static void drawn(void **state) {
    (void)state;
    enum { N = 200, I = 3 };
    const Reservoir reservoir = {.spectral_radius = 0.8, .sparsity = 0.75, .leak = 0.3, .input_scale = 0.4};
    Network network;
    double *file = draw("esn:200,dense:1", &reservoir, 1, &network), *again = draw("esn:200,dense:1", &reservoir, 1, &network);
    double *other = draw("esn:200,dense:1", &reservoir, 2, &network), *w = file + N * I;
    size_t n_zero = 0;
    for (size_t i = 0; i < N * N; i++) {
        n_zero += w[i] == 0;
    }
    assert_true(n_zero > 74 * N * N / 100 && n_zero < 76 * N * N / 100);
    assert_true(golden_close(radius_of(N, w), 0.8, 5e-3, 0, "radius"));
    double most = 0;
    for (size_t i = 0; i < N * I; i++) {
        most = fmax(most, fabs(file[i]));
    }
    assert_true(most <= 0.4 && most > 0.39);
    assert_true(golden_close(file[N * I + N * N + 2 * N], 0.3, 1e-6, 0, "leak"));
    assert_memory_equal(file, again, bench_file_size(&network) * sizeof *file);
    assert_memory_not_equal(file, other, bench_file_size(&network) * sizeof *file);
    free(file);
    free(again);
    free(other);
    /* A second reservoir is another. */
    file = draw("2*esn:200,dense:1", &reservoir, 1, &network);
    const size_t first = N * I + N * N + 2 * N + 1;
    assert_true(golden_close(radius_of(N, file + first + N * N), 0.8, 5e-3, 0, "radius of the second"));
    assert_memory_not_equal(file + N * I, file + first + N * N, N * N * sizeof *file);
    free(file);
}

static void refusals(void **state) {
    (void)state;
    static const char *const specs[] = {"esn:5,gru:3",           "gru:3,esn:5",        "esn:5,dropout:0.1",
                                        "esn:5,dense:3,dense:1", "esn:5,dense:1:tanh", "esn:5,attention:2"};
    Network network;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        Error error = {0};
        if (network_init(&network, specs[i], 4, 1, 1, &error)) {
            fail_msg("%s was taken", specs[i]);
        }
        assert_int_equal(error.code, ERROR_USAGE);
        assert_non_null(strstr(error.message, "a reservoir takes no layer beside it"));
    }
    Error error = {0};
    assert_false(network_init_every_step(&network, "esn:5", 4, 3, 3, &error));
    error = (Error){0};
    assert_true(network_init(&network, "gru:5", 4, 1, 1, &error));
    assert_false(reservoir_is(&network));
    Rng rng;
    rng_init(&rng, 1, 1);
    const Reservoir sparse = {.spectral_radius = 0.9, .sparsity = 0.9999, .leak = 1, .input_scale = 1};
    assert_true(network_init(&network, "esn:3", 4, 1, 1, &error));
    real *weights = bench_zeros(network.n_weights, sizeof *weights);
    assert_false(reservoir_draw(&network, &sparse, &rng, weights, &error));
    assert_non_null(strstr(error.message, "form no loop"));
    free(weights);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radii), cmocka_unit_test(norms), cmocka_unit_test(bounds),   cmocka_unit_test(states),
        cmocka_unit_test(ridge), cmocka_unit_test(drawn), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
