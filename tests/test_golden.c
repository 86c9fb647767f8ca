/* golden: outputs, losses, gradients and optimizer steps as PyTorch and Keras compute them in float64 (golden/make_torch.py,
 * golden/make_keras.py). Built in double and in float. */
#include "nn_bench.h"

#include "golden.h"
#include "lstmfc/softmax.h"
#include "lstmfc/twins.h"

/* Relative, absolute below the floor. A float carries 6e-8 of itself, and twenty steps of Adam carry errors of small gradients on. */
#ifdef LSTMFC_DOUBLE
static const double tolerance = 1e-11, floor_of_values = 1e-2;
#else
static const double tolerance = 2e-5, floor_of_values = 1e-1;
#endif

static const char *const files[] = {"torch.json", "keras.json"};

static bool bidirectional(const char *spec) {
    return strncmp(spec, "bi", 2) == 0 || strstr(spec, ",bi") != NULL;
}

static void close_to(const char *spec, const char *what, size_t n, const double *actual, const double *expected) {
    for (size_t i = 0; i < n; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s: %s[%zu]", spec, what, i);
        assert_true(golden_close(actual[i], expected[i], tolerance, floor_of_values, name));
    }
}

/* The array at `path` must have exactly n numbers. */
static double *array_of(const cJSON *node, const char *path, size_t n) {
    size_t found;
    double *values = golden_array(node, path, &found);
    assert_int_equal(found, n);
    return values;
}

static void load_into(const cJSON *node, const char *path, size_t n, double *to) {
    double *values = array_of(node, path, n);
    memcpy(to, values, n * sizeof *to);
    free(values);
}

typedef struct Names {
    const cJSON *node;
    size_t n;
} Names;

static bool same_name(void *context, const Tensor *tensor, const Layer *layer) {
    Names *names = context;
    char path[32];
    (void)layer;
    snprintf(path, sizeof path, "names.%zu", names->n++);
    assert_string_equal(tensor->name, golden_string(names->node, path));
    return true;
}

/* A bench with the weights, inputs and targets of a golden problem; its tensors must have PyTorch's names in PyTorch's order. */
static void problem(Bench *b, const cJSON *node) {
    const size_t steps = golden_size(node, "steps"), rows = golden_size(node, "rows"), columns = golden_size(node, "columns");
    bench_init(b, golden_string(node, "spec"), steps, rows, columns, 0);
    assert_int_equal(b->network.n_outputs, golden_size(node, "outputs"));
    Names names = {.node = node};
    assert_true(network_tensors(&b->network, same_name, &names));
    assert_int_equal(names.n, golden_count(node, "names"));
    Error unknown = {0};
    assert_true(loss_parse(&b->loss, golden_string(node, "loss"), &unknown));
    double *weights = array_of(node, "weights", bench_file_size(&b->network));
    bench_set(&b->network, weights, b->weights);
    free(weights);
    load_into(node, "x", steps * rows * columns, b->x);
    load_into(node, "target", rows * b->network.n_outputs, b->target);
}

static void one_case(const cJSON *node) {
    Bench b;
    problem(&b, node);
    const char *spec = golden_string(node, "spec");
    const size_t n = bench_file_size(&b.network), k = b.rows * b.network.n_outputs;
    const double value = bench_gradient(&b, b.rows);
    double *y = array_of(node, "y", k), *expected = array_of(node, "gradient", n), *gradient = bench_get(&b.network, b.gradient);
    close_to(spec, "y", k, b.y, y);
    assert_true(golden_close(value, golden_number(node, "value"), tolerance, floor_of_values, spec));
    close_to(spec, "gradient", n, gradient, expected);
    free(y);
    free(expected);
    free(gradient);
    bench_free(&b);
}

static size_t all_cases(bool two_ways) {
    size_t n = 0;
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        cJSON *document = golden_load(files[f]);
        for (size_t i = 0; i < golden_count(document, "cases"); i++) {
            char path[32];
            snprintf(path, sizeof path, "cases.%zu", i);
            const cJSON *node = golden_at(document, path);
            if (bidirectional(golden_string(node, "spec")) == two_ways) {
                one_case(node);
                n++;
            }
        }
        cJSON_Delete(document);
    }
    return n;
}

static void forward_and_backward(void **state) {
    (void)state;
    assert_int_equal(all_cases(false), 23);
}

static void bidirectional_forward_and_backward(void **state) {
    (void)state;
    assert_int_equal(all_cases(true), 6);
}

/* Every step an output, softmax and cross-entropy on each; a network made for more steps and shortened must be the same. */
static void one_sequence(const cJSON *node) {
    Bench b = {0};
    Error error = {0};
    const char *spec = golden_string(node, "spec");
    const size_t steps = golden_size(node, "steps"), rows = golden_size(node, "rows"), k = golden_size(node, "classes"),
                 columns = golden_size(node, "columns"), n = steps * rows;
    b.kernels = kernels_choose(NULL, &error);
    assert_true(network_init_every_step(&b.network, spec, steps + 3, columns, k, &error));
    assert_true(activations_init(&b.activations, &b.network, rows, true, &error));
    network_set_steps(&b.network, steps);
    double *weights = array_of(node, "weights", bench_file_size(&b.network)), *target = array_of(node, "target", n),
           *p = bench_zeros(k, sizeof *p);
    double *y = array_of(node, "y", n * k), *expected = array_of(node, "gradient", bench_file_size(&b.network)),
           *probability = array_of(node, "probability", n * k);
    size_t *classes = bench_zeros(n, sizeof *classes);
    b.weights = bench_zeros(b.network.n_weights, sizeof(real));
    b.gradient = bench_zeros(b.network.n_weights, sizeof(real));
    b.prepared = bench_zeros(b.network.n_prepared, sizeof(real));
    b.x = array_of(node, "x", n * columns);
    bench_set(&b.network, weights, b.weights);
    for (size_t i = 0; i < n; i++) {
        classes[i] = (size_t)target[i];
        for (size_t c = 0; c < columns; c++) {
            b.activations.x[i * kernels_stride(columns) + c] = (real)b.x[i * columns + c];
        }
    }
    const Run run = {.kernels = b.kernels, .weights = b.weights, .prepared = b.prepared, .training = true, .batch_rows = rows};
    network_prepare(&b.network, b.kernels, NULL, b.rows, 0, b.network.n_layers, b.weights, b.prepared);
    const real *z = network_forward(&b.network, &run, &b.activations, rows);
    const double value = softmax_loss(n, k, kernels_stride(k), z, classes, b.activations.dy, 1, p);
    assert_true(golden_close(value, golden_number(node, "value"), tolerance, floor_of_values, spec));
    assert_true(softmax_loss(n, k, kernels_stride(k), z, classes, NULL, 1, p) == value);
    for (size_t i = 0; i < n; i++) {
        double logits[64];
        for (size_t c = 0; c < k; c++) {
            logits[c] = (double)z[i * kernels_stride(k) + c];
        }
        close_to(spec, "y", k, logits, y + i * k);
        softmax_row(k, z + i * kernels_stride(k), 1, p);
        close_to(spec, "probability", k, p, probability + i * k);
    }
    network_backward(&b.network, &run, &b.activations, rows, b.gradient, false);
    double *gradient = bench_get(&b.network, b.gradient);
    close_to(spec, "gradient", bench_file_size(&b.network), gradient, expected);
    double *const blocks[] = {weights, target, p, y, expected, probability, gradient};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
    free(classes);
    bench_free(&b);
}

static void many_to_many(void **state) {
    (void)state;
    cJSON *document = golden_load("torch.json");
    const size_t n = golden_count(document, "sequences");
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        char path[32];
        snprintf(path, sizeof path, "sequences.%zu", i);
        one_sequence(golden_at(document, path));
    }
    cJSON_Delete(document);
}

/* A temperature divides; large numbers do not overflow. */
static void softmax_of_large_numbers(void **state) {
    (void)state;
    const real z[] = {1000, 998, -3000};
    double p[3], cold[3];
    const size_t class = 1;
    softmax_row(3, z, 1, p);
    assert_true(golden_close(p[0] / p[1], exp(2), 1e-12, 1e-3, "odds"));
    assert_true(p[2] == 0);
    softmax_row(3, z, 0.5, cold);
    assert_true(golden_close(cold[0] / cold[1], exp(4), 1e-12, 1e-3, "odds"));
    assert_true(golden_close(softmax_loss(1, 3, 3, z, &class, NULL, 1, p), 2 + log(1 + exp(-2)), 1e-12, 1e-3, "loss"));
}

static OptimizerOptions options_of(const cJSON *run) {
    OptimizerOptions o = {.kind = optimizer_find(golden_string(run, "optimizer")), .lr = golden_number(run, "lr")};
    assert_non_null(o.kind);
    o.momentum = golden_number(run, "momentum");
    o.nesterov = golden_size(run, "nesterov") != 0;
    o.weight_decay = golden_number(run, "weight_decay");
    o.decoupled = golden_size(run, "decoupled") != 0;
    o.clip_norm = golden_number(run, "clip_norm");
    o.clip_value = golden_number(run, "clip_value");
    return o;
}

static void same_weights(const Bench *b, const cJSON *run, const char *path, const char *name) {
    const size_t n = bench_file_size(&b->network);
    double *expected = array_of(run, path, n), *actual = bench_get(&b->network, b->weights);
    close_to(name, path, n, actual, expected);
    free(expected);
    free(actual);
}

/* Two pieces, cut inside a bias. */
static void step_twins(Bench *b, const Twins *twins, Optimizer *optimizer) {
    const size_t cut = (twins->ranges[0].first + twins->ranges[0].last) / 2;
    optimizer_begin(optimizer, 0);
    twins_apply(twins, optimizer, b->kernels, cut, b->network.n_weights, b->gradient, b->weights);
    twins_apply(twins, optimizer, b->kernels, 0, cut, b->gradient, b->weights);
}

static void one_run(const cJSON *training, const cJSON *run, const char *name, bool both) {
    Twins twins = {0};
    Bench b;
    Error error = {0};
    Optimizer optimizer;
    problem(&b, training);
    const OptimizerOptions options = options_of(run);
    double *losses = array_of(run, "losses", 20);
    assert_true(optimizer_init(&optimizer, &options, b.network.n_weights, &error));
    assert_int_equal(optimizer_wants_norm(&optimizer), options.clip_norm > 0);
    assert_true(!both || twins_init(&twins, &b.network, &error));
    assert_int_equal(twins.n, both ? 1 : 0);
    for (size_t step = 1; step <= 20; step++) {
        const double loss = bench_gradient(&b, b.rows);
        assert_true(golden_close(loss, losses[step - 1], tolerance, floor_of_values, name));
        if (both) {
            step_twins(&b, &twins, &optimizer);
        } else {
            bench_step(&b, &optimizer);
        }
        if (step == 1 || step == 20) {
            same_weights(&b, run, step == 1 ? "after1" : "after20", name);
        }
    }
    free(losses);
    twins_free(&twins);
    optimizer_free(&optimizer);
    bench_free(&b);
}

/* Both biases trained, as PyTorch does it: another way for the same network and the same data. */
static void twin_steps(void **state) {
    (void)state;
    cJSON *document = golden_load("torch.json");
    const cJSON *training = golden_at(document, "training");
    for (size_t i = 0; i < golden_count(training, "twins"); i++) {
        char path[32];
        snprintf(path, sizeof path, "twins.%zu", i);
        const cJSON *run = golden_at(training, path);
        one_run(training, run, golden_string(run, "optimizer"), true);
    }
    assert_int_equal(golden_count(training, "twins"), 6);
    cJSON_Delete(document);
}

static void optimizer_steps(void **state) {
    (void)state;
    size_t n = 0;
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        cJSON *document = golden_load(files[f]);
        const cJSON *training = golden_at(document, "training");
        for (size_t i = 0; i < golden_count(training, "runs"); i++, n++) {
            char path[32], name[64];
            snprintf(path, sizeof path, "runs.%zu", i);
            const cJSON *run = golden_at(training, path);
            snprintf(name, sizeof name, "%s run %zu (%s)", files[f], i, golden_string(run, "optimizer"));
            one_run(training, run, name, false);
        }
        cJSON_Delete(document);
    }
    assert_int_equal(n, 26);
}

/* Biases are the numbers Keras starts from, in the order of the file. */
typedef struct Biases {
    const real *weights;
    const double *expected;
    size_t place;
    const char *spec;
} Biases;

static bool compare_biases(void *context, const Tensor *tensor, const Layer *layer) {
    Biases *b = context;
    if (tensor->role != TENSOR_BIAS) {
        return true;
    }
    for (size_t r = 0; r < tensor->rows; r++) {
        const double actual = tensor->zero ? 0 : (double)b->weights[layer->offset + tensor_index(tensor, r, 0)];
        assert_true(golden_close(actual, b->expected[b->place++], 0, 0, tensor->name));
    }
    return true;
}

static void initial_biases(void **state) {
    (void)state;
    cJSON *document = golden_load("keras.json");
    size_t n_cases = 0;
    for (size_t i = 0; i < golden_count(document, "cases"); i++) {
        char path[32];
        snprintf(path, sizeof path, "cases.%zu", i);
        const cJSON *node = golden_at(document, path);
        Bench b;
        Rng rng;
        Error error = {0};
        size_t n;
        problem(&b, node);
        rng_init(&rng, 1, RNG_INIT);
        assert_true(network_initialise(&b.network, INIT_KERAS, &rng, b.weights, &error));
        double *expected = golden_array(node, "initial_biases", &n);
        Biases biases = {.weights = b.weights, .expected = expected};
        assert_true(network_tensors(&b.network, compare_biases, &biases));
        assert_int_equal(biases.place, n);
        free(expected);
        bench_free(&b);
        n_cases++;
    }
    assert_true(n_cases >= 6);
    cJSON_Delete(document);
}

/* The comparison must be able to say no: a weight off by a little more than the tolerance allows moves what it is compared with. */
static void a_wrong_weight_is_seen(void **state) {
    (void)state;
    cJSON *document = golden_load("torch.json");
    const cJSON *node = golden_at(document, "cases.9");
    Bench b;
    problem(&b, node);
    bool *trained = bench_trained(&b.network);
    size_t i = 0;
    while (!trained[i]) {
        i++;
    }
    b.weights[i] += (real)(1000 * tolerance);
    bench_gradient(&b, b.rows);
    double *gradient = bench_get(&b.network, b.gradient), *expected = array_of(node, "gradient", bench_file_size(&b.network));
    size_t n_far = 0;
    for (size_t j = 0; j < bench_file_size(&b.network); j++) {
        n_far += fabs(gradient[j] - expected[j]) > tolerance * fmax(fabs(expected[j]), floor_of_values);
    }
    assert_true(n_far > 10);
    free(trained);
    free(gradient);
    free(expected);
    bench_free(&b);
    cJSON_Delete(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_and_backward),   cmocka_unit_test(bidirectional_forward_and_backward),
        cmocka_unit_test(optimizer_steps),        cmocka_unit_test(initial_biases),
        cmocka_unit_test(a_wrong_weight_is_seen), cmocka_unit_test(many_to_many),
        cmocka_unit_test(softmax_of_large_numbers), cmocka_unit_test(twin_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
