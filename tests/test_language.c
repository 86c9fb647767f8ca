/* language: the corpus is read as it stands, a few words are learnt by heart, samples follow the probabilities, and the file holds the
 * model or is refused. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lstmfc/file.h"
#include "lstmfc/language.h"

static char path[64], model_path[128];

static int set_up(void **state) {
    (void)state;
    snprintf(path, sizeof path, "/tmp/lstmfc-language-%ld.txt", (long)getpid());
    snprintf(model_path, sizeof model_path, "%s.safetensors", path);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    remove(path);
    remove(model_path);
    return 0;
}

static void write_text(const char *text, size_t n) {
    Error error = {0};
    assert_true(file_write(path, text, n, &error));
}

static void corpus_of(Corpus *corpus, const char *text) {
    Error error = {0};
    write_text(text, strlen(text));
    if (!corpus_read(corpus, path, &error)) {
        fail_msg("%s", error.message);
    }
}

/* ---- corpus ---- */

static void reads_lines(void **state) {
    (void)state;
    static const uint32_t alphabet[] = {'\n', ' ', 'a', 'b', 'z', 0xE9, 0x20AC, 0x1F600};
    static const uint16_t letters[] = {3, 2, 1, 3, 4, 5, 2, 6, 7, 3};
    static const size_t starts[] = {0, 4, 7, 9, 10};
    Corpus c;
    corpus_of(&c, "  Ba b \r\n\n \t\nz\xc3\xa9" "A\n\xe2\x82\xac\xf0\x9f\x98\x80\nB");
    assert_int_equal(c.n_letters, sizeof alphabet / sizeof *alphabet);
    assert_memory_equal(c.alphabet, alphabet, sizeof alphabet);
    assert_int_equal(c.n_examples, 4);
    assert_memory_equal(c.starts, starts, sizeof starts);
    assert_memory_equal(c.letters, letters, sizeof letters);
    assert_int_equal(c.longest, 4);
    assert_false(c.capital); /* two of four */
    Text text = {0};
    for (size_t i = 1; i < c.n_letters; i++) {
        corpus_put(&text, c.alphabet[i]);
    }
    assert_string_equal(text.data, " abz\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    text_free(&text);
    corpus_free(&c);
}

static void refuses_what_is_no_text(void **state) {
    (void)state;
    static char long_line[1100];
    memset(long_line, 'x', 1001);
    const struct {
        const char *text, *message;
        size_t line;
    } cases[] = {{"", "there is no example", 0},        {" \n\n\t\n", "there is no example", 0},
                 {"a\nb\xff\n", "not UTF-8", 2},        {"a\n\nb\x01", "a control character", 3},
                 {"\xc0\xaf", "not UTF-8", 1},          {"\xed\xa0\x80", "not UTF-8", 1},
                 {"a\xe2\x82", "not UTF-8", 1},         {"\xf4\x90\x80\x80", "not UTF-8", 1},
                 {long_line, "the line is too long", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Corpus c;
        Error error = {0};
        write_text(cases[i].text, strlen(cases[i].text));
        assert_false(corpus_read(&c, path, &error));
        assert_int_equal(error.code, ERROR_DATA);
        assert_int_equal(error.line, cases[i].line);
        assert_string_equal(error.source, path);
        assert_non_null(strstr(error.message, cases[i].message));
        assert_null(c.letters);
    }
    Corpus c;
    Error error = {0};
    write_text("a\0b\n", 4);
    assert_false(corpus_read(&c, path, &error));
    assert_non_null(strstr(error.message, "a control character"));
}

/* ---- learning ---- */

static const LanguageOptions quick = {.layers = "gru:16", .iterations = 3000, .lr = 0.1, .clip = 5, .seed = 3};
static const char words[] = "Rosa\nTom\nAnnemarie\nIda\n";

static void fit(Language *language, const char *text, const LanguageOptions *options) {
    Corpus corpus;
    Error error = {0};
    const LanguageWatch watch = {0};
    const Kernels *kernels = kernels_choose(NULL, &error);
    corpus_of(&corpus, text);
    if (!language_init(language, &corpus, options, &error) || !language_train(language, &corpus, kernels, &watch, &error)) {
        fail_msg("%s", error.message);
    }
    corpus_free(&corpus);
}

static char *sample(const Language *language, uint64_t seed, double temperature, size_t n) {
    Error error = {0};
    Text lines = {0};
    assert_true(language_sample(language, kernels_choose(NULL, &error), seed, temperature, n, &lines, &error));
    return lines.data;
}

/* Every kind learns four words; what it writes is those, each about as often; its loss, which began at 17, goes to the least there is, the
 * logarithm of four, as fast as the smoothing lets it. */
static void learns_words_by_heart(void **state) {
    (void)state;
    static const char *const layers[] = {"rnn:24", "lstm:16", "gru:16", "2*(gru:16)", "gru-before:16,dropout:0.05"};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        LanguageOptions options = quick;
        Language language;
        options.layers = layers[i];
        options.iterations = i == 3 ? 6000 : 4000;
        options.lr = i == 0 ? 0.03 : 0.1;
        fit(&language, words, &options);
        if (language.loss > 2) {
            fail_msg("%s: loss %g", layers[i], language.loss);
        }
        char *lines = sample(&language, 1, 1, 400);
        size_t n_right = 0, n[4] = {0};
        for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
            static const char *const known[] = {"Rosa", "Tom", "Annemarie", "Ida"};
            for (size_t k = 0; k < 4; k++) {
                n[k] += strcmp(line, known[k]) == 0;
                n_right += strcmp(line, known[k]) == 0;
            }
        }
        assert_true(n_right > 380);
        for (size_t k = 0; k < 4; k++) {
            assert_true(n[k] > 60 && n[k] < 140); /* 100 +- 4.6 standard deviations */
        }
        free(lines);
        language_free(&language);
    }
}

static void temperature_sharpens(void **state) {
    (void)state;
    Language language;
    fit(&language, "a\na\na\nb\n", &quick);
    size_t n_b[3] = {0};
    static const double temperatures[] = {0.2, 1, 5};
    for (size_t i = 0; i < 3; i++) {
        char *lines = sample(&language, 9, temperatures[i], 1000);
        for (const char *at = lines; *at; at++) {
            n_b[i] += *at == 'b';
        }
        free(lines);
    }
    assert_true(n_b[0] < 20 && n_b[1] > 190 && n_b[1] < 310 && n_b[2] > 350);
    language_free(&language);
}

static bool no_further(void *context, const Language *language, size_t iteration, double loss, Error *error) {
    size_t *n = context;
    (void)language;
    (void)error;
    assert_true(isfinite(loss));
    assert_true(iteration % 500 == 0);
    return ++*n < 3;
}

static void watch_is_told_and_can_stop(void **state) {
    (void)state;
    Corpus corpus;
    Language language;
    Error error = {0};
    size_t n = 0;
    const volatile sig_atomic_t stop = 1;
    LanguageWatch watch = {.every = 500, .told = no_further, .context = &n};
    const Kernels *kernels = kernels_choose(NULL, &error);
    corpus_of(&corpus, words);
    assert_true(language_init(&language, &corpus, &quick, &error));
    assert_false(language_train(&language, &corpus, kernels, &watch, &error));
    assert_int_equal(n, 3);
    watch = (LanguageWatch){.stop = &stop};
    assert_false(language_train(&language, &corpus, kernels, &watch, &error));
    assert_int_equal(error.code, ERROR_STOPPED);
    language_free(&language);
    LanguageOptions wild = quick;
    wild.layers = "rnn:8:relu";
    wild.lr = 1000;
    wild.clip = 0;
    error = (Error){0};
    assert_true(language_init(&language, &corpus, &wild, &error));
    watch = (LanguageWatch){0};
    assert_false(language_train(&language, &corpus, kernels, &watch, &error));
    assert_int_equal(error.code, ERROR_DIVERGED);
    language_free(&language);
    corpus_free(&corpus);
}

/* ---- the file ---- */

static unsigned char *bytes_of(const Language *language, size_t *n) {
    Error error = {0};
    unsigned char *bytes;
    if (!language_write(language, model_path, &error)) {
        fail_msg("%s", error.message);
    }
    assert_true(file_read(model_path, 0, &bytes, n, &error));
    return bytes;
}

static void same_seed_same_bytes(void **state) {
    (void)state;
    Language a, b, other;
    LanguageOptions options = quick;
    size_t n[3];
    options.iterations = 200;
    fit(&a, words, &options);
    fit(&b, words, &options);
    options.seed = 4;
    fit(&other, words, &options);
    unsigned char *bytes[] = {bytes_of(&a, &n[0]), bytes_of(&b, &n[1]), bytes_of(&other, &n[2])};
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    assert_true(n[0] == n[2] && memcmp(bytes[0], bytes[2], n[0]) != 0);
    for (size_t i = 0; i < 3; i++) {
        free(bytes[i]);
    }
    language_free(&a);
    language_free(&b);
    language_free(&other);
}

static void comes_back(void **state) {
    (void)state;
    Language language, again;
    Error error = {0};
    LanguageOptions options = quick;
    size_t n;
    options.seed = UINT64_MAX;
    fit(&language, "z\xc3\xa9" "A\nBa b\nB\n", &options);
    free(bytes_of(&language, &n));
    assert_true(language_read(&again, model_path, &error));
    assert_string_equal(again.options.layers, "gru:16");
    assert_true(again.options.seed == UINT64_MAX && again.options.iterations == 3000 && again.options.lr == 0.1 &&
                again.options.clip == 5 && again.loss == language.loss);
    assert_true(again.capital && again.n_examples == 3 && again.longest == 4);
    assert_string_equal(again.fingerprint, language.fingerprint);
    char *before = sample(&language, 5, 1, 50), *after = sample(&again, 5, 1, 50), *else_ = sample(&again, 6, 1, 50);
    assert_string_equal(before, after);
    assert_string_not_equal(before, else_);
    free(before);
    free(after);
    free(else_);
    language_free(&language);
    language_free(&again);
}

/* Every byte matters: one flipped is refused wherever it stands. */
static void damage_is_refused(void **state) {
    (void)state;
    Language language, again;
    LanguageOptions options = quick;
    Error error = {0};
    size_t n;
    options.iterations = 20;
    options.layers = "rnn:2";
    fit(&language, words, &options);
    unsigned char *bytes = bytes_of(&language, &n);
    assert_true(language_read(&again, model_path, &error)); /* control */
    language_free(&again);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 1;
        error = (Error){0};
        FILE *file = fopen(model_path, "wb"); /* no fsync for each byte */
        assert_true(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
        assert_false(language_read(&again, model_path, &error));
        assert_int_equal(error.code, ERROR_MODEL);
        assert_null(again.weights);
        bytes[i] ^= 1;
    }
    free(bytes);
    language_free(&language);
}

static void layers_that_look_ahead_are_refused(void **state) {
    (void)state;
    static const char *const layers[] = {"bigru:4", "gru:4,attention:2", "dense:3", "gru"};
    Corpus corpus;
    corpus_of(&corpus, words);
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        LanguageOptions options = quick;
        Language language;
        Error error = {0};
        options.layers = layers[i];
        assert_false(language_init(&language, &corpus, &options, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        language_free(&language);
    }
    corpus_free(&corpus);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),    cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(learns_words_by_heart), cmocka_unit_test(temperature_sharpens),
        cmocka_unit_test(watch_is_told_and_can_stop), cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(comes_back),           cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(layers_that_look_ahead_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
