/* network: the parser of --layers, tensor lists, initial weights, error texts, and a forward pass without training buffers. */
#include <ctype.h>

#include "nn_bench.h"

#include "lstmfc/pool.h"

/* ---- specs --------------------------------------------------------------------------------------------------------- */

/* The stack as text: "0 lstm 1>50 60>60 tanh; 1 dropout 50 0.2; ..." */
static void describe(const Network *network, char *text, size_t size) {
    size_t n = 0;
    text[0] = '\0';
    for (size_t l = 0; l < network->n_layers; l++) {
        const Layer *a = &network->layers[l];
        n += (size_t)snprintf(text + n, size - n, "%s", l ? "; " : "");
        if (a->kind->takes_rate) {
            n += (size_t)snprintf(text + n, size - n, "%s %g %zux%zu", a->kind->name, a->rate, a->steps_out, a->n_units);
        } else {
            n += (size_t)snprintf(text + n, size - n, "%zu %s %zux%zu>%zux%zu %s", a->number, a->kind->name, a->steps_in, a->n_inputs,
                                  a->steps_out, a->n_outputs, activation_names[a->activation]);
        }
    }
}

/* Windows of 60 rows of 2 columns. */
static const struct {
    const char *spec;
    size_t outputs;
    const char *stack;
    size_t n_parameters;
} good[] = {
    {"lstm:50", 1, "0 lstm 60x2>1x50 tanh; 1 dense 1x50>1x1 linear", 4 * 50 * (2 + 50 + 1) + 51},
    {"lstm:50", 0, "0 lstm 60x2>1x50 tanh", 4 * 50 * (2 + 50 + 1)},
    {"gru:50", 0, "0 gru 60x2>1x50 tanh", 3 * 50 * (2 + 50 + 2)},
    {"gru-before:6", 0, "0 gru-before 60x2>1x6 tanh", 3 * 6 * (2 + 6 + 1)},
    {"bilstm:5", 0, "0 bilstm 60x2>1x10 tanh", 2 * 4 * 5 * (2 + 5 + 1)},
    {"bigru:5,dropout:0.1,birnn:3:relu", 1, "0 bigru 60x2>60x10 tanh; dropout 0.1 60x10; 1 birnn 60x10>1x6 relu; 2 dense 1x6>1x1 linear",
     2 * 3 * 5 * (2 + 5 + 2) + 2 * 3 * (10 + 3 + 1) + 7},
    {"rnn:5:relu", 0, "0 rnn 60x2>1x5 relu", 5 * (2 + 5 + 1)},
    {"rnn:5,dense:1", 1, "0 rnn 60x2>1x5 tanh; 1 dense 1x5>1x1 linear", 40 + 6},
    {"rnn:5,dense:1", 3, "0 rnn 60x2>1x5 tanh; 1 dense 1x5>1x1 linear; 2 dense 1x1>1x3 linear", 40 + 6 + 6},
    {"rnn:5,dense:1:sigmoid,dropout:0.5", 1, "0 rnn 60x2>1x5 tanh; 1 dense 1x5>1x1 sigmoid; dropout 0.5 1x1", 46},
    {"rnn:1", 1, "0 rnn 60x2>1x1 tanh; 1 dense 1x1>1x1 linear", 4 + 2},
    {"dropout:0,rnn:3,dropout:0.25,lstm:4", 0, "dropout 0 60x2; 0 rnn 60x2>60x3 tanh; dropout 0.25 60x3; 1 lstm 60x3>1x4 tanh",
     18 + 4 * 4 * (3 + 4 + 1)},
    {"dense:3:tanh,rnn:2", 0, "0 dense 60x2>60x3 tanh; 1 rnn 60x3>1x2 tanh", 9 + 12},
    {"2*rnn:3", 0, "0 rnn 60x2>60x3 tanh; 1 rnn 60x3>1x3 tanh", 18 + 21},
    {"1*(rnn:3)", 0, "0 rnn 60x2>1x3 tanh", 18},
    {"((rnn:3))", 0, "0 rnn 60x2>1x3 tanh", 18},
    {"2*(rnn:3,dropout:0.1)", 0, "0 rnn 60x2>60x3 tanh; dropout 0.1 60x3; 1 rnn 60x3>1x3 tanh; dropout 0.1 1x3", 39},
    {"2*(rnn:1,2*rnn:2),dense:1", 0,
     "0 rnn 60x2>60x1 tanh; 1 rnn 60x1>60x2 tanh; 2 rnn 60x2>60x2 tanh; 3 rnn 60x2>60x1 tanh; 4 rnn 60x1>60x2 tanh; 5 rnn 60x2>1x2 tanh; 6 "
     "dense 1x2>1x1 "
     "linear",
     4 + 8 + 10 + 4 + 8 + 10 + 3},
    {" lstm:2 , dense : 1 ", 1, "0 lstm 60x2>1x2 tanh; 1 dense 1x2>1x1 linear", 40 + 3},
    {"rnn:3,dropout:1e-1", 0, "0 rnn 60x2>1x3 tanh; dropout 0.1 1x3", 18},
};

static void specs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        Network network;
        Error error = {0};
        char text[1024];
        if (!network_init(&network, good[i].spec, 60, 2, good[i].outputs, &error)) {
            fail_msg("%s: %s", good[i].spec, error.message);
        }
        describe(&network, text, sizeof text);
        assert_string_equal(text, good[i].stack);
        assert_int_equal(network.n_parameters, good[i].n_parameters);
        assert_int_equal(network.n_steps, 60);
        assert_int_equal(network.n_inputs, 2);
        assert_int_equal(network.n_outputs, network.layers[network.n_layers - 1].n_outputs);
        assert_true(network.n_weights >= network.n_parameters);
    }
}

/* The four-layer stack of the IBM notebook. */
static void preset_stack(void **state) {
    (void)state;
    Network network;
    Error error = {0};
    assert_true(network_init(&network, "4*(lstm:50,dropout:0.2),dense:1", 60, 1, 1, &error));
    assert_int_equal(network.n_layers, 9);
    assert_int_equal(network.n_parameters, 71051);
    assert_true(network_init(&network, "64*rnn:1", 60, 1, 0, &error));
    assert_true(network_init(&network, "32*(2*rnn:1)", 60, 1, 0, &error));
    assert_int_equal(network.n_layers, NETWORK_LAYERS);
    assert_true(network_init(&network, "lstm:65536", 60, 1, 0, &error));
    assert_true(network.n_parameters == 4ULL * 65536 * (1 + 65536 + 1));
}

static const struct {
    const char *spec;
    const char *part; /* of the message: what is wrong, and the rest of the spec from there */
} bad[] = {
    {"", "no such kind of layer at ''"},
    {" ", "no such kind of layer at ''"},
    {",", "no such kind of layer at ','"},
    {"foo:5", "no such kind of layer at 'foo:5'"},
    {"LSTM:5", "no such kind of layer at 'LSTM:5'"},
    {"lstmm:5", "no such kind of layer at 'lstmm:5'"},
    {"rnn:3,foo:5,rnn:2", "no such kind of layer at 'foo:5,rnn:2'"},
    {"lstm", "number of units are missing at ''"},
    {"lstm,dense:1", "number of units are missing at ',dense:1'"},
    {"lstm:", "number of units"},
    {"lstm:x", "at 'x'"},
    {"lstm:0", "number of units from 1 to 65536 is missing at '0'"},
    {"lstm:-5", "at '-5'"},
    {"lstm:65537", "at '65537'"},
    {"lstm:99999999999999999999999", "at '99999999999999999999999'"},
    {"lstm:5.5", "',' is missing at '.5'"},
    {"lstm:5:", "no such activation"},
    {"lstm:5:softmax", "no such activation (linear, tanh, sigmoid, relu) at 'softmax'"},
    {"lstm:5:tanh:relu", "at ':relu'"},
    {"lstm:5,", "no such kind of layer at ''"},
    {"lstm:5,,dense:1", "at ',dense:1'"},
    {"lstm:5 dense:1", "',' is missing at 'dense:1'"},
    {"lstm:5;dense:1", "',' is missing at ';dense:1'"},
    {"dropout", "rate are missing"},
    {"dropout:", "a rate from 0 to below 1"},
    {"dropout:1,rnn:3", "a rate from 0 to below 1 is missing at '1,rnn:3'"},
    {"dropout:-0.1,rnn:3", "at '-0.1,rnn:3'"},
    {"dropout:nan,rnn:3", "at 'nan,rnn:3'"},
    {"dropout:0.2.1,rnn:3", "at '0.2.1,rnn:3'"},
    {"2*", "no such kind of layer at ''"},
    {"2(rnn:3)", "'*' is missing at '(rnn:3)'"},
    {"2*(rnn:3", "')' is missing at ''"},
    {"rnn:3)", "',' is missing at ')'"},
    {"()", "at ')'"},
    {"0*rnn:3", "at '0*rnn:3'"},
    {"65*rnn:1", "too many layers at '65*rnn:1'"},
    {"33*(2*rnn:1)", "too many layers"},
    {"64*rnn:1,rnn:1", "too many layers"},
    {"(((((((((rnn:1)))))))))", "too many brackets"},
    {"dense:5", "no recurrent layer"},
    {"dropout:0.5", "no recurrent layer"},
    {"attention:4,gru:3", "'attention' leaves no steps"},
    {"gru:3,attention:4,dropout:0.1,attention:4", "'attention' leaves no steps"},
    {"rnn:3,\x01\xff", "at '\\x01\\xFF'"},
};

/* Lower case, no full stop, printable, with a hint. */
static void check_style(const Error *error) {
    assert_int_equal(error->code, ERROR_USAGE);
    const size_t n = strlen(error->message);
    assert_true(n > 10 && error->message[n - 1] != '.' && !isupper((unsigned char)error->message[0]));
    assert_true(strlen(error->hint) > 0);
    for (size_t i = 0; i < n; i++) {
        assert_true(isprint((unsigned char)error->message[i]));
    }
}

static void refusals(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Network network;
        Error error = {0};
        if (network_init(&network, bad[i].spec, 60, 2, 0, &error)) {
            fail_msg("'%s' passes", bad[i].spec);
        }
        check_style(&error);
        if (!strstr(error.message, bad[i].part)) {
            fail_msg("'%s': '%s' does not say '%s'", bad[i].spec, error.message, bad[i].part);
        }
    }
}

static void no_room_for_the_output(void **state) {
    (void)state;
    Network network;
    Error error = {0};
    assert_false(network_init(&network, "64*rnn:1", 60, 2, 1, &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_non_null(strstr(error.message, "no room for the output layer"));
}

/* Whatever stands in the spec, it is taken or refused with a message; what is taken is sound. */
static void random_specs(void **state) {
    (void)state;
    static const char *const pieces[] = {"lstm", "gru", "rnn", "dense", "dropout", "gru-before", "bilstm", ":", ",", "*",    "(",
                                         ")",    "1",   "2",   "17",    "0.5",     "tanh",       " ", "-", "\xc3", "64"};
    Rng rng;
    size_t n_taken = 0;
    rng_init(&rng, 6, 6);
    for (size_t i = 0; i < 100000; i++) {
        char spec[256] = "";
        Network network;
        Error error = {0};
        for (size_t n = 1 + rng_below(&rng, 14); n > 0; n--) {
            strcat(spec, pieces[rng_below(&rng, sizeof pieces / sizeof *pieces)]);
        }
        if (i % 3 == 0) { /* something nearly right */
            snprintf(spec, sizeof spec, "%zu*(rnn:%zu,dropout:0.%zu)%s", (size_t)rng_below(&rng, 40), (size_t)rng_below(&rng, 5),
                     (size_t)rng_below(&rng, 10), pieces[rng_below(&rng, sizeof pieces / sizeof *pieces)]);
        }
        if (!network_init(&network, spec, 4, 2, 1, &error)) {
            assert_true(error.code == ERROR_USAGE && error.message[0]);
            continue;
        }
        n_taken++;
        assert_true(network.n_layers >= 1 && network.n_layers <= NETWORK_LAYERS);
        assert_int_equal(network.n_outputs, 1);
    }
    assert_true(n_taken > 100);
}

/* A spec much longer than any buffer. */
static void long_spec(void **state) {
    (void)state;
    enum { N = 1 << 20 };
    char *spec = bench_zeros(N + 1, 1);
    static const char fill[] = {'a', '9', '(', ',', ' ', '-'};
    for (size_t i = 0; i < sizeof fill; i++) {
        Network network;
        Error error = {0};
        memset(spec, fill[i], N);
        assert_false(network_init(&network, spec, 4, 2, 1, &error));
        assert_int_equal(error.code, ERROR_USAGE);
    }
    free(spec);
}

/* ---- tensors ------------------------------------------------------------------------------------------------------- */

typedef struct Listing {
    char text[2048];
    size_t n;
} Listing;

static bool list_tensor(void *context, const Tensor *t, const Layer *layer) {
    Listing *l = context;
    (void)layer;
    l->n += (size_t)snprintf(l->text + l->n, sizeof l->text - l->n, "%s%s %zux%zu%s", l->n ? "; " : "", t->name, t->rows, t->columns,
                             t->zero ? " zero" : "");
    return true;
}

static void tensor_lists(void **state) {
    (void)state;
    Network network;
    Error error = {0};
    Listing l = {.n = 0};
    assert_true(network_init(&network, "lstm:5,dropout:0.2,gru:4,gru-before:3,rnn:2,bigru:3,dense:7", 4, 3, 0, &error));
    assert_true(network_tensors(&network, list_tensor, &l));
    assert_string_equal(l.text, "0.weight_ih_l0 20x3; 0.weight_hh_l0 20x5; 0.bias_ih_l0 20x1; 0.bias_hh_l0 20x1 zero; "
                                "1.weight_ih_l0 12x5; 1.weight_hh_l0 12x4; 1.bias_ih_l0 12x1; 1.bias_hh_l0 12x1; "
                                "2.weight_ih_l0 9x4; 2.weight_hh_l0 9x3; 2.bias_ih_l0 9x1; 2.bias_hh_l0 9x1 zero; "
                                "3.weight_ih_l0 2x3; 3.weight_hh_l0 2x2; 3.bias_ih_l0 2x1; 3.bias_hh_l0 2x1 zero; "
                                "4.weight_ih_l0 9x2; 4.weight_hh_l0 9x3; 4.bias_ih_l0 9x1; 4.bias_hh_l0 9x1; "
                                "4.weight_ih_l0_reverse 9x2; 4.weight_hh_l0_reverse 9x3; 4.bias_ih_l0_reverse 9x1; 4.bias_hh_l0_reverse "
                                "9x1; "
                                "5.weight 7x6; 5.bias 7x1");
}

static bool stop_at_third(void *context, const Tensor *t, const Layer *layer) {
    (void)t;
    (void)layer;
    return ++*(size_t *)context < 3;
}

static void a_visit_can_stop(void **state) {
    (void)state;
    Network network;
    Error error = {0};
    size_t n = 0;
    assert_true(network_init(&network, "lstm:5", 4, 3, 0, &error));
    assert_false(network_tensors(&network, stop_at_third, &n));
    assert_int_equal(n, 3);
}

static bool mark(void *context, const Tensor *t, const Layer *layer) {
    unsigned char *seen = context;
    for (size_t i = 0; i < tensor_size(t) && !t->zero; i++) {
        const size_t place = tensor_index(t, i / t->columns, i % t->columns);
        assert_true(place < layer->n_weights);
        seen[layer->offset + place]++;
    }
    return true;
}

/* What cannot have an output at every step without looking ahead is refused; the rest has one. */
static void every_step(void **state) {
    (void)state;
    static const struct {
        const char *spec, *message;
    } refused[] = {
        {"bilstm:3", "'bilstm' would see"}, {"gru:3,attention:2", "'attention' leaves no steps"}, {"dense:3", "no recurrent layer"}};
    Network network;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        Error error = {0};
        assert_false(network_init_every_step(&network, refused[i].spec, 4, 3, 5, &error));
        check_style(&error);
        assert_non_null(strstr(error.message, refused[i].message));
    }
    Error error = {0};
    assert_true(network_init_every_step(&network, "gru:3,lstm:4,dropout:0.2", 4, 3, 5, &error));
    const size_t n_weights = network.n_weights;
    network_set_steps(&network, 9);
    assert_int_equal(network.n_weights, n_weights);
    for (size_t l = 0; l < network.n_layers; l++) {
        assert_int_equal(network.layers[l].steps_in, 9);
        assert_int_equal(network.layers[l].steps_out, 9);
    }
}

/* Every kind: each trained number has a place of its own inside its layer's range. */
static void places_are_apart(void **state) {
    (void)state;
    for (size_t k = 0; layer_kinds[k]; k++) {
        static const size_t units[] = {1, 5, 16, 17, 50, 64};
        for (size_t u = 0; u < sizeof units / sizeof *units && !layer_kinds[k]->takes_rate && !layer_kinds[k]->fixed; u++) {
            char part[64], spec[256];
            Network network;
            Error error = {0};
            size_t n_trained = 0;
            snprintf(part, sizeof part, "%s:%zu", layer_kinds[k]->name, units[u]);
            assert_true(network_init(&network, bench_spec(layer_kinds[k], "rnn:7", part, "rnn:3", "", spec), 4, 3, 0, &error));
            unsigned char *seen = bench_zeros(network.n_weights, 1);
            assert_true(network_tensors(&network, mark, seen));
            for (size_t i = 0; i < network.n_weights; i++) {
                assert_true(seen[i] <= 1);
                n_trained += seen[i];
            }
            assert_int_equal(n_trained, network.n_parameters);
            free(seen);
        }
    }
}

typedef struct RoundTrip {
    const real *from;
    real *to;
} RoundTrip;

static bool through_the_file(void *context, const Tensor *t, const Layer *layer) {
    RoundTrip *trip = context;
    float *file = bench_zeros(tensor_size(t), sizeof *file);
    tensor_write(t, trip->from + layer->offset, file);
    for (size_t i = 0; i < tensor_size(t); i++) {
        assert_true(!t->zero || file[i] == 0);
        assert_true(t->zero || file[i] == (float)trip->from[layer->offset + tensor_index(t, i / t->columns, i % t->columns)]);
    }
    tensor_read(t, file, trip->to + layer->offset);
    if (t->zero) { /* of a file with two biases, the sum is taken */
        for (size_t i = 0; i < tensor_size(t); i++) {
            file[i] = 0.5F;
        }
        const size_t place = layer->offset + tensor_index(t, 0, 0);
        const real before = trip->to[place];
        tensor_read(t, file, trip->to + layer->offset);
        assert_true(trip->to[place] == before + (real)0.5);
        for (size_t i = 0; i < tensor_size(t); i++) {
            file[i] = -0.5F;
        }
        tensor_read(t, file, trip->to + layer->offset);
    }
    free(file);
    return true;
}

static void round_trip(void **state) {
    (void)state;
    Bench b;
    bench_init(&b, "lstm:5,dropout:0.2,gru:17,gru-before:3,rnn:2,bilstm:5,dense:7", 4, 2, 3, 0);
    bench_random(&b, 4, 1);
    for (size_t i = 0; i < b.network.n_weights; i++) {
        b.weights[i] = (real)(floor((double)b.weights[i] * 1024) / 1024); /* exact in float, and after +- 0.5 */
    }
    real *copy = bench_zeros(b.network.n_weights, sizeof *copy);
    RoundTrip trip = {b.weights, copy};
    assert_true(network_tensors(&b.network, through_the_file, &trip));
    assert_memory_equal(copy, b.weights, b.network.n_weights * sizeof *copy);
    free(copy);
    bench_free(&b);
}

/* ---- initial weights ----------------------------------------------------------------------------------------------- */

typedef struct Moments {
    double mean, variance, most;
} Moments;

static double element(const real *weights, const Layer *layer, const Tensor *t, size_t i) {
    return (double)weights[layer->offset + tensor_index(t, i / t->columns, i % t->columns)];
}

static Moments moments(const real *weights, const Layer *layer, const Tensor *t) {
    Moments m = {0};
    const size_t n = tensor_size(t);
    for (size_t i = 0; i < n; i++) {
        const double w = element(weights, layer, t, i);
        m.mean += w / (double)n;
        m.variance += w * w / (double)n;
        m.most = fmax(m.most, fabs(w));
    }
    return m;
}

static void expect(bool holds, const char *init, const Tensor *t, Moments m, double limit) {
    if (!holds) {
        fail_msg("%s: %s: mean %g, variance %g, most %g, limit %g", init, t->name, m.mean, m.variance, m.most, limit);
    }
}

/* n draws of U(-limit, limit): inside, nearly reaching it, mean and variance within five standard deviations. */
static void is_uniform(const char *init, const real *weights, const Layer *layer, const Tensor *t, double limit) {
    const Moments m = moments(weights, layer, t);
    const double n = (double)tensor_size(t), v = limit * limit / 3;
    expect(m.most <= limit * (1 + 1e-6) && m.most > limit * (1 - 20 / n), init, t, m, limit);
    expect(fabs(m.mean) < 5 * sqrt(v / n) && fabs(m.variance - v) < 5 * v * sqrt(0.8 / n), init, t, m, limit);
}

static void is_normal(const char *init, const real *weights, const Layer *layer, const Tensor *t, double v) {
    const Moments m = moments(weights, layer, t);
    const double n = (double)tensor_size(t);
    expect(fabs(m.mean) < 5 * sqrt(v / n) && fabs(m.variance - v) < 5 * v * sqrt(2 / n) && m.most > 3 * sqrt(v), init, t, m, v);
}

static void is_constant(const char *init, const real *weights, const Layer *layer, const Tensor *t, double value) {
    for (size_t i = 0; i < tensor_size(t); i++) {
        if (element(weights, layer, t, i) != value) {
            fail_msg("%s: %s[%zu] is not %g", init, t->name, i, value);
        }
    }
}

/* Columns of the (G*H,H) tensor are orthonormal: Keras's orthogonal (H,G*H) kernel, transposed. */
static void is_orthogonal(const real *weights, const Layer *layer, const Tensor *t) {
    for (size_t i = 0; i < t->columns; i++) {
        for (size_t j = 0; j <= i; j++) {
            double dot = 0;
            for (size_t r = 0; r < t->rows; r++) {
                dot += element(weights, layer, t, r * t->columns + i) * element(weights, layer, t, r * t->columns + j);
            }
            assert_true(fabs(dot - (i == j)) < 1e-6);
        }
    }
}

static const char init_spec[] = "lstm:40,gru:30,rnn:35,gru-before:33,bilstm:40,bigru:30,dense:50";

typedef struct Drawn {
    InitKind init;
    const real *weights;
    size_t n;
} Drawn;

static bool check_drawn(void *context, const Tensor *t, const Layer *layer) {
    Drawn *d = context;
    const char *name = init_names[d->init];
    const double glorot = sqrt(6.0 / (double)(t->rows + t->columns));
    const double torch = 1 / sqrt((double)(layer->kind->recurrent ? layer->n_units : layer->n_inputs));
    const bool lstm = strstr(layer->kind->name, "lstm") != NULL;
    d->n++;
    if (t->zero) {
        return true;
    }
    if (t->role == TENSOR_BIAS && d->init != INIT_PYTORCH) {
        if (d->init == INIT_KERAS && lstm && strstr(t->name, "bias_ih")) {
            for (size_t i = 0; i < t->rows; i++) {
                assert_true(element(d->weights, layer, t, i) == (i >= 40 && i < 80));
            }
        } else {
            is_constant(name, d->weights, layer, t, 0);
        }
    } else if (d->init == INIT_PYTORCH) {
        const bool summed = t->role == TENSOR_BIAS && layer->kind->recurrent && strcmp(layer->kind->name, "gru") != 0 &&
                            strcmp(layer->kind->name, "bigru") != 0;
        if (summed) { /* of two uniform numbers */
            const Moments m = moments(d->weights, layer, t);
            expect(m.most <= 2 * torch && m.most > torch &&
                       fabs(m.variance - 2 * torch * torch / 3) < 3.5 * torch * torch / sqrt((double)t->rows),
                   name, t, m, torch);
        } else {
            is_uniform(name, d->weights, layer, t, torch);
        }
    } else if (d->init == INIT_HE) {
        is_normal(name, d->weights, layer, t, 2.0 / (double)t->columns);
    } else if (d->init == INIT_KERAS && t->role == TENSOR_RECURRENT) {
        is_orthogonal(d->weights, layer, t);
    } else {
        is_uniform(name, d->weights, layer, t, glorot);
    }
    return true;
}

static void initial_weights(void **state) {
    (void)state;
    for (int init = 0; init < INIT_COUNT; init++) {
        Bench b, again;
        Rng rng;
        Error error = {0};
        bench_init(&b, init_spec, 3, 1, 25, 0);
        bench_init(&again, init_spec, 3, 1, 25, 0);
        for (size_t i = 0; i < b.network.n_weights; i++) {
            b.weights[i] = (real)NAN;
        }
        rng_init(&rng, 5, RNG_INIT);
        assert_true(network_initialise(&b.network, (InitKind)init, &rng, b.weights, &error));
        Drawn drawn = {.init = (InitKind)init, .weights = b.weights};
        assert_true(network_tensors(&b.network, check_drawn, &drawn));
        assert_int_equal(drawn.n, 34);
        bool *trained = bench_trained(&b.network);
        for (size_t i = 0; i < b.network.n_weights; i++) {
            assert_true(trained[i] || b.weights[i] == 0);
        }
        rng_init(&rng, 5, RNG_INIT);
        assert_true(network_initialise(&again.network, (InitKind)init, &rng, again.weights, &error));
        assert_memory_equal(again.weights, b.weights, b.network.n_weights * sizeof(real));
        rng_init(&rng, 6, RNG_INIT);
        assert_true(network_initialise(&again.network, (InitKind)init, &rng, again.weights, &error));
        assert_memory_not_equal(again.weights, b.weights, b.network.n_weights * sizeof(real));
        free(trained);
        bench_free(&b);
        bench_free(&again);
    }
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

/* Without training buffers, where layers take turns in two caches, and without prepared weights the forward pass gives the same bits. */
static void prediction_needs_no_training_buffers(void **state) {
    (void)state;
    static const char *const stacks[] = {"lstm:5,dropout:0.5,gru:4,dense:2",
                                         "rnn:3,dropout:0.2,dropout:0.3,bilstm:4,lstm:21,attention:6,dense:5,dense:2",
                                         "dense:4,lstm:6,gru-before:3,dropout:0.1,lstm:7,dense:2"};
    for (size_t stack = 0; stack < sizeof stacks / sizeof *stacks; stack++) {
        Bench b;
        Error error = {0};
        Activations lean[2] = {0};
        bench_init(&b, stacks[stack], 6, 3, 2, 0);
        bench_random(&b, 2, 0.5);
        bench_forward_rows(&b, 0, 3);
        assert_true(activations_init_each(lean, 2, &b.network, 3, false, &error));
        Run run = bench_run(&b, 0);
        run.prepared = NULL;
        for (size_t each = 0; each < 2; each++) {
            memcpy(lean[each].x, b.activations.x, 6 * 3 * kernels_stride(2) * sizeof(real));
            const real *y = network_forward(&b.network, &run, &lean[each], 3);
            for (size_t i = 0; i < 6; i++) {
                assert_true((double)y[i / 2 * kernels_stride(2) + i % 2] == b.y[i]);
            }
        }
        activations_free(lean);
        activations_free(lean);
        bench_free(&b);
    }
}

/* Dropout is the identity but in training; there, other keys give other outputs and the same key the same. */
static void dropout_in_training_only(void **state) {
    (void)state;
    Bench plain, dropped;
    double same[6];
    bench_init(&plain, "lstm:5,dense:2", 6, 3, 2, 0);
    bench_init(&dropped, "lstm:5,dropout:0.5,dense:2", 6, 3, 2, 0);
    bench_random(&plain, 2, 0.5);
    bench_random(&dropped, 2, 0.5);
    bench_forward_rows(&plain, 0, 3);
    bench_forward_rows(&dropped, 0, 3);
    assert_memory_equal(plain.y, dropped.y, sizeof same);
    dropped.training = true;
    bench_forward_rows(&dropped, 0, 3);
    assert_memory_not_equal(plain.y, dropped.y, sizeof same);
    memcpy(same, dropped.y, sizeof same);
    dropped.dropout_key++;
    bench_forward_rows(&dropped, 0, 3);
    assert_memory_not_equal(same, dropped.y, sizeof same);
    dropped.dropout_key--;
    bench_forward_rows(&dropped, 0, 3);
    assert_memory_equal(same, dropped.y, sizeof same);
    bench_free(&plain);
    bench_free(&dropped);
}

/* What stands in the buffers from an earlier batch, larger or not finite, leaves no trace. */
static void buffers_hold_no_memory(void **state) {
    (void)state;
    for (size_t k = 0; layer_kinds[k]; k++) {
        if (layer_kinds[k]->takes_rate || layer_kinds[k]->fixed) {
            continue;
        }
        Bench b;
        char part[64], spec[256];
        snprintf(part, sizeof part, "%s:5", layer_kinds[k]->name);
        bench_init(&b, bench_spec(layer_kinds[k], "", part, "dropout:0.2,gru:4", "dense:2", spec), 6, 7, 2, 0);
        bench_random(&b, 2, 0.5);
        b.training = true;
        const double clean = bench_gradient(&b, 4);
        real *gradient = bench_zeros(b.network.n_weights, sizeof *gradient);
        memcpy(gradient, b.gradient, b.network.n_weights * sizeof *gradient);
        const real first = b.weights[0];
        b.weights[0] = (real)NAN;
        assert_true(isnan(bench_gradient(&b, 7)));
        b.weights[0] = first;
        for (size_t i = 0; i < b.network.n_weights; i++) {
            b.gradient[i] = gradient[i]; /* padding stays the caller's zeros */
        }
        assert_true(bench_gradient(&b, 4) == clean);
        assert_memory_equal(gradient, b.gradient, b.network.n_weights * sizeof *gradient);
        free(gradient);
        bench_free(&b);
    }
}

/* One gradient by every member of a team, each with a Run of its own on the same buffers; the leader does what a trainer does once. */
static void team_gradient(void *context, const Team *team) {
    Bench *b = context;
    Run run = bench_run(b, 0);
    run.team = team;
    network_prepare(&b->network, b->kernels, team, b->rows, 0, b->network.n_layers, b->weights, b->prepared);
    const real *y = network_forward(&b->network, &run, &b->activations, b->rows);
    if (team_leads(team)) {
        bench_take(b, 0, b->rows, y);
        bench_loss_rows(b, 0, b->rows);
    }
    team_meet(team);
    network_backward(&b->network, &run, &b->activations, b->rows, b->gradient, false);
}

static void check_team(Pool *pool, const char *spec, size_t rows) {
    Bench b;
    bench_init(&b, spec, 6, rows, 3, 0);
    bench_random(&b, 8, 0.6);
    b.training = true;
    b.dropout_key = 3;
    const size_t n = b.network.n_weights, n_y = rows * b.network.n_outputs;
    real *gradient = bench_zeros(n, sizeof *gradient);
    double *y = bench_zeros(n_y, sizeof *y);
    bench_gradient(&b, rows);
    memcpy(gradient, b.gradient, n * sizeof *gradient);
    memcpy(y, b.y, n_y * sizeof *y);
    memset(b.y, 0, n_y * sizeof *y);
    memset(b.prepared, 0, b.network.n_prepared * sizeof(real));
    memset(b.gradient, 0, n * sizeof(real));
    pool_run_team(pool, team_gradient, &b);
    assert_memory_equal(y, b.y, n_y * sizeof *y);
    if (memcmp(gradient, b.gradient, n * sizeof *gradient) != 0) {
        fail_msg("%s, %zu rows, %zu in the team: another gradient", spec, rows, pool_size(pool));
    }
    free(gradient);
    free(y);
    bench_free(&b);
}

/* A team gives the bits that one alone gives, whatever the kinds, the rows and its size. */
static void teams_agree(void **state) {
    (void)state;
    const size_t most = pool_processors() < 4 ? pool_processors() : 4;
    for (size_t size = 1; size <= most; size++) {
        Error error = {0};
        Pool *pool = pool_create(size, &error);
        assert_non_null(pool);
        for (size_t k = 0; layer_kinds[k]; k++) {
            static const size_t rows[] = {1, 3, 9};
            for (size_t r = 0; r < 3 && !layer_kinds[k]->fixed; r++) {
                const bool rate = layer_kinds[k]->takes_rate;
                char part[64], spec[256];
                snprintf(part, sizeof part, rate ? "%s:0.3" : "%s:50", layer_kinds[k]->name);
                check_team(pool,
                           bench_spec(layer_kinds[k], "", part, rate ? "lstm:50" : "dropout:0.2,gru:17",
                                      rate ? "dense:2" : "dense:5:tanh,dense:2", spec),
                           rows[r]);
                snprintf(spec, sizeof spec, layer_kinds[k]->takes_rate ? "lstm:5,%s:0.3" : "rnn:3,%s:7", layer_kinds[k]->name);
                check_team(pool, spec, rows[r]);
            }
        }
        check_team(pool, "lstm:200,gru:100,rnn:97,dense:2", 1); /* in four parts, in two, in two of unlike size */
        check_team(pool, "gru:200,lstm:100,dense:2", 3);
        pool_free(pool);
    }
}

static void registry(void **state) {
    (void)state;
    size_t n = 0;
    for (; layer_kinds[n]; n++) {
        assert_ptr_equal(layer_kind_find(layer_kinds[n]->name), layer_kinds[n]);
        assert_true(strlen(layer_kinds[n]->summary) > 0);
    }
    assert_true(n >= 9);
    assert_null(layer_kind_find("lst"));
    assert_null(layer_kind_find(""));
    for (size_t i = 0; loss_kinds[i]; i++) {
        double dy;
        assert_ptr_equal(loss_find(loss_kinds[i]->name), loss_kinds[i]);
        assert_true(loss_kinds[i]->value(1.25, 1.25, 0.3, &dy) == 0 && dy == 0);
        assert_true(isnan(loss_kinds[i]->value(NAN, 1, 0.3, &dy)) && isnan(dy));
        assert_true(loss_kinds[i]->value(3, 1, 0.3, &dy) > 0 && dy > 0);
        assert_true(loss_kinds[i]->value(-3, 1, 0.3, &dy) > 0 && dy < 0);
    }
    assert_null(loss_find("mape2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specs),
        cmocka_unit_test(preset_stack),
        cmocka_unit_test(refusals),
        cmocka_unit_test(no_room_for_the_output),
        cmocka_unit_test(random_specs),
        cmocka_unit_test(long_spec),
        cmocka_unit_test(tensor_lists),
        cmocka_unit_test(a_visit_can_stop),
        cmocka_unit_test(every_step),
        cmocka_unit_test(places_are_apart),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(initial_weights),
        cmocka_unit_test(prediction_needs_no_training_buffers),
        cmocka_unit_test(dropout_in_training_only),
        cmocka_unit_test(buffers_hold_no_memory),
        cmocka_unit_test(teams_agree),
        cmocka_unit_test(registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
