/* gradient: every gradient against central differences, for every kind of layer in the registry. Double build only.
 *
 * A number g is right where |g - d| < 1e-6 max(|g|, |d|, floor). d is the fourth-order difference (8 (L(w+e) - L(w-e)) - (L(w+2e) -
 * L(w-2e))) / 12e with e = 1e-4: its own error is e^4 of the fifth derivative, and the rounding of L, 1e-16 / e, is what the floor of 1e-4
 * allows. */
#ifndef LSTMFC_DOUBLE
#error "central differences need -DLSTMFC_DOUBLE"
#endif

#include "nn_bench.h"

static const double step = 1e-4, tolerance = 1e-6, floor_of_values = 1e-4;

static double relative_error(double a, double b) {
    return fabs(a - b) / fmax(fmax(fabs(a), fabs(b)), floor_of_values);
}

static bool close_enough(double a, double b) {
    return relative_error(a, b) < tolerance;
}

/* ---- whole networks -------------------------------------------------------------------------------------------- */

typedef struct Shape {
    size_t steps, rows, columns, units;
} Shape;

/* Odd sizes, one of everything, more than one block of steps, more rows than a tile. */
static const Shape shapes[] = {{1, 1, 1, 1}, {2, 3, 1, 5},  {5, 9, 3, 5},  {3, 3, 2, 17},
                               {7, 1, 4, 8}, {70, 1, 1, 3}, {3, 40, 1, 3}, {2, 70, 2, 2}};
static const Shape small = {5, 3, 2, 5};

/* Targets on both sides of Huber's kink and far from that of the absolute error. */
static void set_targets(Bench *b) {
    static const double offsets[] = {0.4, -2.1, 1.8, -0.6, 0.3};
    bench_loss(b);
    for (size_t i = 0; i < b->rows * b->network.n_outputs; i++) {
        b->target[i] = b->y[i] + offsets[i % 5];
    }
}

typedef double LossOf(void *context);

/* d loss / d value. */
static double difference(LossOf *loss, void *context, real *value) {
    static const double places[] = {1, -1, 2, -2}, weights[] = {8, -8, -1, 1};
    const real v = *value;
    double sum = 0;
    for (size_t i = 0; i < 4; i++) {
        *value = v + places[i] * step;
        sum += weights[i] * loss(context);
    }
    *value = v;
    return sum / (12 * step);
}

static double network_loss(void *context) {
    return bench_loss(context);
}

typedef struct Check {
    Bench *bench;
    const char *spec;
    bool expect_life; /* no tensor's gradient may be all zeros */
    size_t every;     /* checks one of so many elements */
    size_t n;
} Check;

static bool check_tensor(void *context, const Tensor *tensor, const Layer *layer) {
    Check *check = context;
    Bench *b = check->bench;
    double most = 0;
    for (size_t i = 0; i < tensor_size(tensor) && !tensor->zero; i++, check->n++) {
        const size_t place = layer->offset + tensor_index(tensor, i / tensor->columns, i % tensor->columns);
        const double actual = b->gradient[place];
        most = fmax(most, fabs(actual));
        if (check->n % check->every) {
            continue;
        }
        const double expected = difference(network_loss, b, &b->weights[place]);
        if (!close_enough(actual, expected)) {
            fail_msg("%s: %s[%zu]: got %.17g, central difference %.17g", check->spec, tensor->name, i, actual, expected);
        }
    }
    if (check->expect_life && !tensor->zero && most == 0) {
        fail_msg("%s: the gradient of %s is all zeros", check->spec, tensor->name);
    }
    return true;
}

/* What no tensor names is padding: zero before, zero after. */
static void padding_is_zero(const Bench *b, const char *spec) {
    bool *trained = bench_trained(&b->network);
    for (size_t i = 0; i < b->network.n_weights; i++) {
        if (!trained[i] && b->gradient[i] != 0) {
            fail_msg("%s: padding has a gradient", spec);
        }
    }
    free(trained);
}

/* Every element by differences, of large networks some 500. */
static void check_network(const char *spec, const Shape *s, const char *loss, bool dropout) {
    Bench b;
    bench_init(&b, spec, s->steps, s->rows, s->columns, 0);
    Error error = {0};
    if (!loss_parse(&b.loss, loss, &error)) {
        fail_msg("%s", error.message);
    }
    if (b.loss.kind->takes_tau) { /* two quantiles of each target */
        b.loss.n_taus = b.network.n_outputs % 2 == 0 ? 2 : 1;
        b.loss.tau[1] = 0.9;
    }
    b.training = dropout;
    b.dropout_key = 12345;
    bench_random(&b, 8 + s->units, 0.7); /* no kink of relu lies within a step of a weight */
    set_targets(&b);
    bench_gradient(&b, s->rows);
    padding_is_zero(&b, spec);
    Check check = {.bench = &b,
                   .spec = spec,
                   .every = b.network.n_parameters > 5000 ? b.network.n_parameters / 500 : 1,
                   .expect_life = s->steps > 1 && s->rows > 1 && !strstr(spec, "relu") && !dropout};
    assert_true(network_tensors(&b.network, check_tensor, &check));
    assert_int_equal(check.n, b.network.n_parameters);
    assert_true(check.n > 0);
    bench_free(&b);
}

/* A kind as a part of a spec, and whether it needs a recurrent layer beside it. */
static const char *part_of(const LayerKind *kind, size_t units, char buffer[64]) {
    if (kind->takes_rate) {
        snprintf(buffer, 64, "%s:0.4", kind->name);
    } else {
        snprintf(buffer, 64, "%s:%zu", kind->name, units);
    }
    return buffer;
}

static void alone(void **state) {
    (void)state;
    for (size_t k = 0; layer_kinds[k]; k++) {
        if (layer_kinds[k]->fixed) {
            continue;
        }
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            char part[64], spec[128];
            part_of(layer_kinds[k], shapes[i].units, part);
            snprintf(spec, sizeof spec, layer_kinds[k]->recurrent || layer_kinds[k]->pools ? "%s" : "%s,rnn:3", part);
            check_network(spec, &shapes[i], "mse", layer_kinds[k]->takes_rate);
            snprintf(spec, sizeof spec, layer_kinds[k]->recurrent ? "%s,dense:2" : "rnn:3,%s,dense:2", part);
            check_network(spec, &shapes[i], "mse", layer_kinds[k]->takes_rate);
        }
    }
}

/* Every ordered pair of kinds, the last step and all steps in turn, a dense head on top. */
static void pairs(void **state) {
    (void)state;
    for (size_t i = 0; layer_kinds[i]; i++) {
        for (size_t j = 0; layer_kinds[j]; j++) {
            char first[64], second[64], spec[256];
            part_of(layer_kinds[i], 5, first);
            part_of(layer_kinds[j], 4, second);
            const bool none = !layer_kinds[i]->recurrent && !layer_kinds[j]->recurrent;
            if (layer_kinds[i]->pools && (layer_kinds[j]->recurrent || layer_kinds[j]->pools)) {
                continue; /* no steps are left for the second */
            }
            if (layer_kinds[i]->fixed || layer_kinds[j]->fixed) {
                continue; /* never trained */
            }
            snprintf(spec, sizeof spec, "%s%s,%s%s,dense:2", none && layer_kinds[j]->pools ? "rnn:3," : "", first, second,
                     none && !layer_kinds[i]->pools && !layer_kinds[j]->pools ? ",rnn:3" : "");
            check_network(spec, &small, "mse", layer_kinds[i]->takes_rate || layer_kinds[j]->takes_rate);
        }
    }
}

static void activations(void **state) {
    (void)state;
    for (size_t k = 0; layer_kinds[k]; k++) {
        if (layer_kinds[k]->fixed) {
            continue;
        }
        for (size_t a = 0; a < ACTIVATION_COUNT && !layer_kinds[k]->takes_rate; a++) {
            char part[64], after[64], spec[256];
            snprintf(part, sizeof part, "%s:5:%s", layer_kinds[k]->name, activation_names[a]);
            snprintf(after, sizeof after, "dense:3:%s,dense:2", activation_names[a]);
            check_network(bench_spec(layer_kinds[k], "", part, layer_kinds[k]->recurrent ? "" : "rnn:4", after, spec), &small, "mse",
                          false);
        }
    }
}

static void losses(void **state) {
    (void)state;
    for (size_t l = 0; loss_kinds[l]; l++) {
        char loss[32];
        snprintf(loss, sizeof loss, loss_kinds[l]->takes_tau ? "%s:0.3" : "%s", loss_kinds[l]->name);
        check_network("lstm:5,gru:4,dense:3:tanh,dense:2", &small, loss, false);
        check_network("gru:17,dropout:0.3,lstm:5,dropout:0.5,dense:7:sigmoid,dense:5", &small, loss, true);
    }
}

/* Units that are kept in two parts, of like and unlike size, and in four. */
static void layers_in_parts(void **state) {
    (void)state;
    check_network("lstm:100,gru:97,rnn:96,dense:2", &small, "mse", false);
    check_network("gru:200,lstm:97,dense:2", &small, "mse", false);
}

/* ---- one layer, with initial states and the gradients that go out ------------------------------------------------ */

typedef struct One {
    Network network;
    const Layer *layer;
    Pass pass;
    size_t n_x, n_y, n_h; /* rows of each */
    size_t width;         /* of the output */
    real *weights, *prepared, *cache, *scratch, *x, *h0, *c0, *dy, *dx, *dh0, *dc0, *gradient;
    real *slopes; /* the loss is sum(slopes y) */
} One;

/* n_rows rows of `width` random numbers, padding zero. */
static real *random_rows(Rng *rng, size_t n_rows, size_t width) {
    const size_t ld = kernels_stride(width);
    real *rows = bench_zeros(n_rows * ld, sizeof *rows);
    for (size_t i = 0; rng && i < n_rows * width; i++) {
        rows[i / width * ld + i % width] = 2 * rng_uniform(rng) - 1;
    }
    return rows;
}

/* The first layer of `spec`, whose second only makes it give all steps or gives it its width. */
static void one_init(One *o, const char *spec, const Shape *s) {
    Error error = {0};
    Rng rng;
    *o = (One){.n_x = 0};
    if (!network_init(&o->network, spec, s->steps, s->columns, 0, &error)) {
        fail_msg("%s: %s", spec, error.message);
    }
    const Layer *layer = o->layer = &o->network.layers[0];
    rng_init(&rng, 3, 1);
    o->width = o->network.n_layers > 1 ? o->network.layers[1].n_inputs : o->network.n_outputs;
    o->n_x = layer->steps_in * s->rows;
    o->n_y = layer->steps_out * s->rows;
    o->n_h = s->rows;
    o->weights = bench_zeros(layer->n_weights, sizeof(real));
    o->gradient = bench_zeros(layer->n_weights, sizeof(real));
    o->prepared = bench_zeros(layer->n_prepared, sizeof(real));
    o->cache = bench_zeros(layer->kind->cache(layer, s->rows), sizeof(real));
    o->scratch = bench_zeros(layer->kind->scratch(layer, s->rows), sizeof(real));
    bool *trained = bench_trained(&o->network);
    for (size_t i = 0; i < layer->n_weights; i++) {
        o->weights[i] = trained[i] ? 1.2 * rng_uniform(&rng) - 0.6 : 0;
    }
    free(trained);
    o->x = random_rows(&rng, o->n_x, layer->n_inputs);
    o->h0 = random_rows(&rng, o->n_h, layer->n_outputs);
    o->c0 = random_rows(&rng, o->n_h, layer->n_outputs);
    o->slopes = random_rows(&rng, o->n_y, o->width);
    o->dy = random_rows(NULL, o->n_y, o->width);
    o->dx = random_rows(NULL, o->n_x, layer->n_inputs);
    o->dh0 = random_rows(NULL, o->n_h, layer->n_outputs);
    o->dc0 = random_rows(NULL, o->n_h, layer->n_outputs);
    o->pass = (Pass){.kernels = kernels_choose(NULL, &error),
                     .rows = s->rows,
                     .training = true,
                     .dropout_key = 99,
                     .batch_rows = s->rows,
                     .weights = o->weights,
                     .prepared = o->prepared,
                     .cache = o->cache,
                     .x = o->x,
                     .h0 = o->h0,
                     .c0 = o->c0,
                     .scratch = o->scratch};
}

static void one_free(One *o) {
    real *const blocks[] = {o->weights, o->prepared, o->cache, o->scratch, o->x,        o->h0,    o->c0,
                            o->dy,      o->dx,       o->dh0,   o->dc0,     o->gradient, o->slopes};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
}

static double one_loss(void *context) {
    One *o = context;
    const real *y = o->layer->kind->forward(o->layer, &o->pass);
    const size_t ld = kernels_stride(o->width);
    double sum = 0;
    for (size_t i = 0; i < o->n_y * o->width; i++) {
        sum += y[i / o->width * ld + i % o->width] * o->slopes[i / o->width * ld + i % o->width];
    }
    return sum;
}

static void one_backward(One *o, bool accumulate) {
    Pass pass = o->pass;
    if (o->layer->kind->prepare) {
        o->layer->kind->prepare(o->layer, kernels_choose(NULL, NULL), NULL, 2, o->weights, o->prepared);
    }
    one_loss(o);
    memcpy(o->dy, o->slopes, o->n_y * kernels_stride(o->width) * sizeof *o->dy);
    pass.dy = o->dy;
    pass.dx = o->dx;
    pass.dweights = o->gradient;
    pass.accumulate = accumulate;
    pass.dh0 = o->dh0;
    pass.dc0 = o->dc0;
    o->layer->kind->backward(o->layer, &pass);
}

/* Compares dvalues with differences over rows of `width`; returns the largest difference seen. */
static double check_rows(One *o, const char *spec, const char *what, size_t n_rows, size_t width, real *values, const real *dvalues) {
    double most = 0;
    for (size_t i = 0; i < n_rows * width; i++) {
        const size_t place = i / width * kernels_stride(width) + i % width;
        const double expected = difference(one_loss, o, &values[place]);
        most = fmax(most, fabs(expected));
        if (!close_enough(dvalues[place], expected)) {
            fail_msg("%s: %s[%zu]: got %.17g, central difference %.17g", spec, what, i, dvalues[place], expected);
        }
    }
    return most;
}

/* With accumulate, what dweights held is added to; without, it is replaced. */
static void check_accumulate(One *o, const char *spec) {
    const size_t n = o->layer->n_weights;
    bool *trained = bench_trained(&o->network);
    real *alone_ = bench_zeros(n, sizeof(real));
    memcpy(alone_, o->gradient, n * sizeof(real));
    for (size_t i = 0; i < n; i++) {
        o->gradient[i] = trained[i] ? 0.25 : 0;
    }
    one_backward(o, true);
    for (size_t i = 0; i < n; i++) {
        if (fabs(o->gradient[i] - alone_[i] - (trained[i] ? 0.25 : 0)) > 1e-12 * fmax(1, fabs(alone_[i]))) {
            fail_msg("%s: accumulate does not add at %zu", spec, i);
        }
        o->gradient[i] = trained[i] ? NAN : 0;
    }
    one_backward(o, false);
    assert_memory_equal(o->gradient, alone_, n * sizeof(real));
    free(trained);
    free(alone_);
}

static bool check_one_tensor(void *context, const Tensor *tensor, const Layer *layer) {
    One *o = context;
    for (size_t i = 0; i < tensor_size(tensor) && !tensor->zero && layer == o->layer; i++) {
        const size_t place = tensor_index(tensor, i / tensor->columns, i % tensor->columns);
        const double expected = difference(one_loss, o, &o->weights[place]);
        if (!close_enough(o->gradient[place], expected)) {
            fail_msg("%s: %s[%zu]: got %.17g, central difference %.17g", layer->kind->name, tensor->name, i, o->gradient[place], expected);
        }
    }
    return true;
}

static void check_layer(const char *spec, const Shape *s) {
    One o;
    one_init(&o, spec, s);
    const LayerKind *kind = o.layer->kind;
    one_backward(&o, false);
    const bool moved = check_rows(&o, spec, "dx", o.n_x, o.layer->n_inputs, o.x, o.dx) > 0;
    assert_true(moved || (kind->takes_rate && o.n_x == 1)); /* a single number may be dropped */
    assert_true(network_tensors(&o.network, check_one_tensor, &o));
    assert_int_equal(o.width, o.layer->n_outputs);
    if (kind->recurrent) {
        const bool lives = check_rows(&o, spec, "dh0", o.n_h, o.layer->n_outputs, o.h0, o.dh0) > 0;
        assert_true(lives || s->steps > 20); /* of h0, nothing measurable is left after many steps */
        /* in a kind without a cell state c0 changes nothing and dc0 stays 0 */
        const bool has_cell = check_rows(&o, spec, "dc0", o.n_h, o.layer->n_outputs, o.c0, o.dc0) > 0;
        assert_true(has_cell || s->steps > 20 || !strstr(kind->name, "lstm"));
    }
    check_accumulate(&o, spec);
    one_free(&o);
}

static void layers(void **state) {
    (void)state;
    for (size_t k = 0; layer_kinds[k]; k++) {
        if (layer_kinds[k]->fixed) {
            continue;
        }
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            char part[64], spec[128];
            part_of(layer_kinds[k], shapes[i].units, part);
            snprintf(spec, sizeof spec, "%s,rnn:1", part);
            if (!layer_kinds[k]->pools) {
                check_layer(spec, &shapes[i]); /* all steps */
            }
            if (layer_kinds[k]->recurrent || layer_kinds[k]->pools) {
                check_layer(part, &shapes[i]); /* the last, or one */
            }
        }
    }
}

/* ---- chunks ------------------------------------------------------------------------------------------------------ */

static void check_chunks(const char *spec, size_t rows, size_t chunk) {
    Bench b;
    bench_init(&b, spec, 6, rows, 2, 0);
    bench_random(&b, 5, 0.7);
    b.training = true;
    b.dropout_key = 4711;
    const size_t n = b.network.n_weights, n_y = rows * b.network.n_outputs;
    const double whole = bench_gradient(&b, rows);
    real *gradient = bench_zeros(n, sizeof(real));
    double *y = bench_zeros(n_y, sizeof(double));
    memcpy(gradient, b.gradient, n * sizeof(real));
    memcpy(y, b.y, n_y * sizeof(double));
    const double cut = bench_gradient(&b, chunk);
    assert_memory_equal(y, b.y, n_y * sizeof(double));
    assert_true(fabs(whole - cut) < 1e-13 * fmax(1, whole));
    for (size_t i = 0; i < n; i++) {
        if (fabs(gradient[i] - b.gradient[i]) > 1e-13 * fmax(1, fabs(gradient[i]))) {
            fail_msg("%s: chunks of %zu of %zu: gradient %zu is %.17g, not %.17g", spec, chunk, rows, i, b.gradient[i], gradient[i]);
        }
    }
    free(gradient);
    free(y);
    bench_free(&b);
}

static void chunks(void **state) {
    (void)state;
    for (size_t k = 0; layer_kinds[k]; k++) {
        if (layer_kinds[k]->fixed) {
            continue;
        }
        char part[64], spec[256];
        part_of(layer_kinds[k], 5, part);
        bench_spec(layer_kinds[k], "dropout:0.2", part, "dropout:0.3,gru:3", "dropout:0.5,dense:4,dense:2", spec);
        check_chunks(spec, 9, 3);
        check_chunks(spec, 9, 5);
        check_chunks(spec, 17, 8);
        check_chunks(spec, 3, 1);
    }
}

/* ---- negative controls --------------------------------------------------------------------------------------------- */

static void comparison_can_fail(void **state) {
    (void)state;
    assert_true(close_enough(1, 1 + 1e-7));
    assert_false(close_enough(1, 1 + 2e-6));
    assert_false(close_enough(1e-3, 1.01e-3));
    assert_false(close_enough(0, 1e-9));
    assert_false(close_enough(1, -1));
    assert_false(close_enough(NAN, 1));
    assert_false(close_enough(NAN, NAN));
}

/* A gradient off in its sixth digit is caught at every parameter large enough to be measured. */
static void perturbed_gradient_is_caught(void **state) {
    (void)state;
    Bench b;
    bench_init(&b, "lstm:5,dense:2", small.steps, small.rows, small.columns, 0);
    bench_random(&b, 1, 0.7);
    set_targets(&b);
    bench_gradient(&b, b.rows);
    size_t n_caught = 0, n_tried = 0;
    for (size_t i = 0; i < b.network.n_weights; i++) {
        if (fabs(b.gradient[i]) > 1e-3) {
            const double expected = difference(network_loss, &b, &b.weights[i]);
            assert_true(close_enough(b.gradient[i], expected));
            n_caught += !close_enough(b.gradient[i] * (1 + 1e-5), expected);
            n_tried++;
        }
    }
    assert_true(n_tried > 100);
    assert_int_equal(n_caught, n_tried);
    bench_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparison_can_fail),
        cmocka_unit_test(perturbed_gradient_is_caught),
        cmocka_unit_test(alone),
        cmocka_unit_test(pairs),
        cmocka_unit_test(activations),
        cmocka_unit_test(losses),
        cmocka_unit_test(layers_in_parts),
        cmocka_unit_test(layers),
        cmocka_unit_test(chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
