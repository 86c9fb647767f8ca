/* preset: the recipes of the reviewed and of the later papers are theirs; their networks have the sizes that PyTorch and Keras count. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "lstmfc/network.h"
#include "lstmfc/optimizer.h"
#include "lstmfc/preset.h"
#include "lstmfc/scaler.h"
#include "lstmfc/series.h"

/* The recipe of a preset over defaults of ours that are all unlike it. */
static Recipe recipe_of(const char *name) {
    Recipe r;
    Error error = {0};
    const Preset *preset = preset_find(name);
    assert_non_null(preset);
    recipe_defaults(&r);
    r.no_shuffle = r.zero_output = true;
    r.init = INIT_HE;
    r.ensemble = 9;
    assert_true(preset_apply(preset, &r, &error));
    assert_true(recipe_check(&r, &error));
    return r;
}

static bool optimizer_is(const Recipe *r, const char *name) {
    return optimizer_kinds[r->optimizer] == optimizer_find(name);
}

/* What tutorials have in common: 60 levels in [0,1], one step ahead, one network, nothing of ours. */
static void is_bare(const Recipe *r) {
    assert_true(r->window == 60 && r->horizon == 1 && r->scale == SCALE_MINMAX && r->anchor == ANCHOR_NONE && !r->zero_output);
    assert_true(r->ensemble == 1 && r->shrink == SHRINK_NONE && r->lr == 0.001 && r->weight_decay == 0 && r->clip_norm == 0);
}

static void is_plain(const Recipe *r) {
    is_bare(r);
    assert_true(r->patience == 0 && r->val_frac == 0);
}

static size_t parameters(const Recipe *r) {
    Network network;
    Error error = {0};
    assert_true(network_init(&network, r->layers, r->window, 1, r->horizon, &error));
    return network.n_parameters;
}

static void castilla(void **state) {
    (void)state;
    const Recipe r = recipe_of("castilla");
    is_plain(&r);
    assert_true(optimizer_is(&r, "rmsprop") && r.init == INIT_KERAS && r.scale_fit == SCALE_FIT_TRAIN && !r.no_shuffle);
    assert_string_equal(r.layers, "lstm:50,dropout:0.2,lstm:100,dropout:0.2");
    assert_int_equal(parameters(&r), 10400 + 60400 + 101); /* Keras's summary of LSTM(50), LSTM(100), Dense(1) */
}

static void walia(void **state) {
    (void)state;
    const Recipe r = recipe_of("walia");
    is_plain(&r);
    assert_true(optimizer_is(&r, "adam") && r.init == INIT_KERAS && r.train_frac == 0.75 && r.train_to == DATE_NONE && !r.no_shuffle);
    assert_int_equal(parameters(&r), 71051);
}

static void mishra(void **state) {
    (void)state;
    const Recipe r = recipe_of("mishra");
    is_bare(&r);
    assert_true(optimizer_is(&r, "adam") && r.epochs == 150 && r.batch == 1 && !r.no_shuffle && r.val_frac == 0.1 && r.patience == 20 &&
                r.two_biases && r.init == INIT_PYTORCH);
    assert_true(r.missing == MISSING_FFILL && r.train_frac == 0.8 && r.scale_fit == SCALE_FIT_ALL);
    assert_string_equal(r.target, "Close");
    assert_int_equal(parameters(&r), 41301 - 400); /* PyTorch counts both biases */
}

static void ariyanto(void **state) {
    (void)state;
    const Recipe r = recipe_of("ariyanto");
    is_plain(&r);
    assert_true(optimizer_is(&r, "adam") && r.epochs == 100 && r.batch == 32 && r.init == INIT_KERAS && !r.no_shuffle);
    assert_true(r.train_frac == 0 && r.train_rows == 0 && r.train_to == DATE_NONE); /* the whole file */
    assert_string_equal(r.target, "Open");
    assert_int_equal(parameters(&r), 71051);
}

/* A setting said twice in one preset would leave in doubt which is meant. */
static void nothing_is_said_twice(void **state) {
    (void)state;
    for (size_t p = 0; p < n_presets; p++) {
        for (const char *const *a = presets[p].settings; *a; a++) {
            for (const char *const *b = a + 1; *b; b++) {
                const size_t n = strcspn(*a, "=") + 1;
                if (strncmp(*a, *b, n) == 0) {
                    fail_msg("preset %s: '%s' and '%s'", presets[p].name, *a, *b);
                }
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(castilla),
        cmocka_unit_test(walia),
        cmocka_unit_test(mishra),
        cmocka_unit_test(ariyanto),
        cmocka_unit_test(nothing_is_said_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
