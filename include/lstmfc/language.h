/* language.h - a character-level language model: a network that reads an example letter by letter and says what comes next, and the one
 * file that holds it.
 *
 * Step t reads letter t - 1 as a one-hot row (nothing at t = 0) and is asked for letter t; the last step is asked for the end. The loss of
 * an example is the cross-entropy summed over its steps. Training is stochastic gradient descent, one example a step, the gradient clipped
 * element by element: as in the exercise on dinosaurs' names of A. Ng's course on sequence models, which I. Ariyanto's report works through
 * (Institut Teknologi Bandung, section 4.2). Unlike there, every example starts from a state of zeros.
 *
 * The file is safetensors, as model.h has it: member 0's tensors with PyTorch's names, and in `__metadata__` format "lstmfc", kind "chars",
 * version "1", kernels, language (JSON), fingerprint, checksum.
 */
#ifndef LSTMFC_LANGUAGE_H
#define LSTMFC_LANGUAGE_H

#include <signal.h>

#include "lstmfc/corpus.h"
#include "lstmfc/network.h"

typedef struct LanguageOptions {
    const char *layers; /* borrowed while fitting; of a model that was read, its own */
    size_t iterations;  /* examples trained on, over and over in one shuffled order */
    double lr, clip;    /* clip: largest element of a gradient; 0 = off */
    uint64_t seed;
} LanguageOptions;

typedef struct Language {
    LanguageOptions options;
    uint32_t *alphabet; /* [n_letters], the first is the end */
    size_t n_letters, longest, n_examples;
    bool capital;         /* samples begin with a capital letter */
    double loss;          /* smoothed, at the end */
    char fingerprint[65]; /* of the corpus */
    char arithmetic[8];   /* "fma" or "v1" */
    Network network;      /* outputs at every step, for the longest example and its end */
    real *weights;
    char *text;           /* memory of options.layers; NULL = borrowed */
} Language;

/* Told before iteration 0, every `every` iterations and after the last. The smoothed loss starts at 7 log(n_letters), seven letters of
 * guessing, and takes a thousandth of each example's. */
typedef struct LanguageWatch {
    size_t every;
    /* false: give up; NULL = not wanted */
    bool (*told)(void *context, const Language *language, size_t iteration, double loss, Error *error);
    void (*progress)(void *context, double share, double loss);                                         /* NULL = not wanted */
    void *context;
    const volatile sig_atomic_t *stop; /* non-zero: give up with ERROR_STOPPED; NULL = never */
} LanguageWatch;

/* Untrained, initial weights drawn. ERROR_USAGE where the layers are none or would look ahead. language_free in every case. */
bool language_init(Language *language, const Corpus *corpus, const LanguageOptions *options, Error *error);
void language_free(Language *language);

/* ERROR_DIVERGED, ERROR_STOPPED, ERROR_MEMORY. */
bool language_train(Language *language, const Corpus *corpus, const Kernels *kernels, const LanguageWatch *watch, Error *error);

/* Appends n examples of the model's own, a line each, drawn letter by letter at the temperature (1 = as learnt) until the end or twice the
 * longest example. The same seed gives the same. */
bool language_sample(const Language *language, const Kernels *kernels, uint64_t seed, double temperature, size_t n, Text *lines,
                     Error *error);

/* Whole or not at all; same corpus, options and seed, same bytes. ERROR_FILE. */
bool language_write(const Language *language, const char *path, Error *error);

/* ERROR_FILE, ERROR_MODEL: everything is checked. */
bool language_read(Language *language, const char *path, Error *error);

#endif
