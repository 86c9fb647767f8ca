#include "lstmfc/language.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/math64.h"
#include "lstmfc/memory.h"
#include "lstmfc/optimizer.h"
#include "lstmfc/softmax.h"
#include "language_layout.h"

static const double smoothing = 0.001, letters_guessed = 7;

bool language_lay_out(Language *language, Error *error) {
    return network_init_every_step(&language->network, language->options.layers, language->longest + 1, language->n_letters,
                                   language->n_letters, error);
}

bool language_allocate(Language *language, Error *error) {
    language->weights = memory_zeroed(language->network.n_weights, sizeof *language->weights);
    return language->weights || error_memory(error, "the language model");
}

bool language_init(Language *language, const Corpus *corpus, const LanguageOptions *options, Error *error) {
    Rng rng;
    *language = (Language){.options = *options,
                           .n_letters = corpus->n_letters,
                           .longest = corpus->longest,
                           .n_examples = corpus->n_examples,
                           .capital = corpus->capital,
                           .loss = NAN};
    memcpy(language->fingerprint, corpus->fingerprint, sizeof language->fingerprint);
    language->alphabet = memory_zeroed(corpus->n_letters, sizeof *language->alphabet);
    if (!language->alphabet) {
        return error_memory(error, "the alphabet");
    }
    memcpy(language->alphabet, corpus->alphabet, corpus->n_letters * sizeof *language->alphabet);
    rng_init(&rng, options->seed, RNG_INIT);
    return language_lay_out(language, error) && language_allocate(language, error) &&
           network_initialise(&language->network, INIT_KERAS, &rng, language->weights, error);
}

void language_free(Language *language) {
    free(language->alphabet);
    free(language->weights);
    free(language->text);
    *language = (Language){0};
}

/* ---- training ---- */

typedef struct Training {
    Language *language;
    const Corpus *corpus;
    const Kernels *kernels;
    Network network; /* of the example at hand */
    Activations activations;
    Optimizer optimizer;
    real *prepared, *gradient;
    size_t *order, *classes;
    double *p;
    uint64_t dropout_seed;
} Training;

static bool training_init(Training *t, Language *language, const Corpus *corpus, const Kernels *kernels, Error *error) {
    *t = (Training){.language = language, .corpus = corpus, .kernels = kernels, .network = language->network};
    const OptimizerOptions sgd = {.kind = optimizer_find("sgd"), .lr = language->options.lr, .clip_value = language->options.clip};
    t->prepared = memory_zeroed(t->network.n_prepared, sizeof *t->prepared);
    t->gradient = memory_zeroed(t->network.n_weights, sizeof *t->gradient);
    t->order = memory_zeroed(corpus->n_examples, sizeof *t->order);
    t->classes = memory_zeroed(corpus->longest + 1, sizeof *t->classes);
    t->p = memory_zeroed(corpus->n_letters, sizeof *t->p);
    if (!t->prepared || !t->gradient || !t->order || !t->classes || !t->p) {
        return error_memory(error, "the training");
    }
    Rng rng;
    rng_init(&rng, language->options.seed, RNG_SHUFFLE);
    for (size_t i = 0; i < corpus->n_examples; i++) {
        t->order[i] = i;
    }
    rng_shuffle(&rng, t->order, corpus->n_examples);
    t->dropout_seed = rng_mix(language->options.seed, RNG_DROPOUT);
    return optimizer_init(&t->optimizer, &sgd, t->network.n_weights, error) &&
           activations_init(&t->activations, &t->network, 1, true, error);
}

static void training_free(Training *t) {
    optimizer_free(&t->optimizer);
    activations_free(&t->activations);
    free(t->prepared);
    free(t->gradient);
    free(t->order);
    free(t->classes);
    free(t->p);
}

static void prepare(Training *t) {
    network_prepare(&t->network, t->kernels, NULL, 1, 0, t->network.n_layers, t->language->weights, t->prepared);
}

/* Row t of x is letter t - 1; x holds zeros elsewhere, and gets them back from clear_example. */
static void put_example(Training *t, const uint16_t *letters, size_t n) {
    const size_t ld = kernels_stride(t->corpus->n_letters);
    network_set_steps(&t->network, n + 1);
    for (size_t i = 0; i < n; i++) {
        t->activations.x[(i + 1) * ld + letters[i]] = 1;
        t->classes[i] = letters[i];
    }
    t->classes[n] = 0;
}

static void clear_example(Training *t, const uint16_t *letters, size_t n) {
    for (size_t i = 0; i < n; i++) {
        t->activations.x[(i + 1) * kernels_stride(t->corpus->n_letters) + letters[i]] = 0;
    }
}

/* One step of descent; returns the example's loss. */
static double train_example(Training *t, size_t iteration) {
    const size_t example = t->order[iteration % t->corpus->n_examples], first = t->corpus->starts[example],
                 n = t->corpus->starts[example + 1] - first;
    const size_t k = t->corpus->n_letters;
    const Run run = {.kernels = t->kernels,
                     .weights = t->language->weights,
                     .prepared = t->prepared,
                     .training = true,
                     .dropout_key = rng_mix(t->dropout_seed, iteration),
                     .batch_rows = 1};
    put_example(t, t->corpus->letters + first, n);
    const real *z = network_forward(&t->network, &run, &t->activations, 1);
    const double loss = softmax_loss(n + 1, k, kernels_stride(k), z, t->classes, t->activations.dy, 1, t->p);
    network_backward(&t->network, &run, &t->activations, 1, t->gradient, false);
    clear_example(t, t->corpus->letters + first, n);
    optimizer_begin(&t->optimizer, 0);
    optimizer_apply(&t->optimizer, t->kernels, 0, t->network.n_weights, t->gradient, t->language->weights);
    prepare(t);
    return loss;
}

static bool tell(const Training *t, const LanguageWatch *watch, size_t iteration, Error *error) {
    if (watch->stop && *watch->stop) {
        return error_set(error, ERROR_STOPPED, NULL, "stopped at iteration %zu, nothing written", iteration);
    }
    if (watch->progress && iteration % 100 == 0) {
        watch->progress(watch->context, (double)iteration / (double)t->language->options.iterations, t->language->loss);
    }
    const bool due = (watch->every && iteration % watch->every == 0) || iteration == t->language->options.iterations;
    return !watch->told || !due || watch->told(watch->context, t->language, iteration, t->language->loss, error);
}

static bool descend(Training *t, const LanguageWatch *watch, Error *error) {
    Language *language = t->language;
    language->loss = letters_guessed * math64_log((double)language->n_letters);
    prepare(t);
    for (size_t i = 0; i < language->options.iterations; i++) {
        if (!tell(t, watch, i, error)) {
            return false;
        }
        language->loss = (1 - smoothing) * language->loss + smoothing * train_example(t, i);
        if (!isfinite(language->loss)) {
            return error_set(error, ERROR_DIVERGED, "a smaller --lr", "training diverged at iteration %zu: the loss is not finite", i);
        }
    }
    return tell(t, watch, language->options.iterations, error);
}

bool language_train(Language *language, const Corpus *corpus, const Kernels *kernels, const LanguageWatch *watch, Error *error) {
    Training t;
    strcpy(language->arithmetic, strcmp(kernels->name, "v1") == 0 ? "v1" : "fma");
    const bool ok = training_init(&t, language, corpus, kernels, error) && descend(&t, watch, error);
    training_free(&t);
    return ok;
}

/* ---- sampling ---- */

/* The letter whose share of [0,1) holds `u`. */
static size_t pick(const double *p, size_t n, double u) {
    size_t i = 0;
    for (double sum = p[0]; i + 1 < n && u >= sum; sum += p[i]) {
        i++;
    }
    return i;
}

/* One example onto `line`: the network reads what there is from the start for each further letter. */
static void sample_one(const Language *language, const Run *run, Network *network, Activations *a, size_t limit, double temperature,
                       Rng *rng, double *p, Text *line) {
    const size_t k = language->n_letters, ld = kernels_stride(k);
    memset(a->x, 0, (limit + 1) * ld * sizeof *a->x);
    for (size_t n = 0; n < limit; n++) {
        network_set_steps(network, n + 1);
        const real *z = network_forward(network, run, a, 1);
        softmax_row(k, z + n * ld, temperature, p);
        const size_t letter = pick(p, k, rng_uniform(rng));
        const uint32_t plain = language->alphabet[letter];
        if (letter == 0) {
            break;
        }
        corpus_put(line, language->capital && n == 0 && plain >= 'a' && plain <= 'z' ? plain - ('a' - 'A') : plain);
        a->x[(n + 1) * ld + letter] = 1;
    }
    text_puts(line, "\n");
}

bool language_sample(const Language *language, const Kernels *kernels, uint64_t seed, double temperature, size_t n, Text *lines,
                     Error *error) {
    const size_t limit = 2 * language->longest;
    Network network = language->network;
    Activations a = {0};
    Rng rng;
    const Run run = {.kernels = kernels, .weights = language->weights, .batch_rows = 1};
    double *p = memory_zeroed(language->n_letters, sizeof *p);
    bool ok = p || error_memory(error, "the samples");
    network_set_steps(&network, limit + 1);
    ok = ok && activations_init(&a, &network, 1, false, error);
    rng_init(&rng, seed, RNG_SAMPLE);
    for (size_t i = 0; ok && i < n; i++) {
        sample_one(language, &run, &network, &a, limit, temperature, &rng, p, lines);
    }
    activations_free(&a);
    free(p);
    return ok && (!lines->failed || error_memory(error, "the samples"));
}
