/* recipe and preset: the table agrees with the registries it names, fields survive as text, contradictions are refused, presets are
 * complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/loss.h"
#include "lstmfc/network.h"
#include "lstmfc/optimizer.h"
#include "lstmfc/preset.h"
#include "lstmfc/recipe.h"
#include "lstmfc/scaler.h"
#include "lstmfc/series.h"

static const Setting *row(const char *name) {
    const Setting *found = setting_find(recipe_settings, recipe_n_settings, name);
    if (!found) {
        fail_msg("no setting '%s'", name);
    }
    return found;
}

static void put(Recipe *recipe, const char *name, const char *value) {
    Error error = {0};
    if (!setting_put(row(name), recipe, value, &error)) {
        fail_msg("%s", error.message);
    }
}

static void the_contract_has_its_rows(void **state) {
    (void)state;
    static const char *const names[] = {
        "interval", "level",
        "target", "features", "indicators", "date", "date-format", "delimiter", "decimal", "missing", "sort", "negatives", "file-order",
        "series", "from", "to", "train-to", "train-frac", "train-rows",
        "val-frac", "layers", "window", "horizon", "scale", "scale-fit", "anchor", "smooth", "smooth-block", "init", "zero-output",
        "epochs", "batch", "optimizer", "lr", "momentum", "nesterov",
        "weight-decay", "decay", "clip-norm", "clip-value", "objective", "loss", "patience", "seed", "ensemble", "shrink", "linear",
        "no-shuffle", "init-from", "scheme", "train-size", "val-size",
        "step", "gap", "refit", "stop-on", "units", "leave-last", "spectral-radius", "sparsity", "leak", "input-scale", "ridge",
        "spectral-norm", "two-biases"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        row(names[i]);
    }
    assert_int_equal(recipe_n_settings, sizeof names / sizeof *names);
}

static void rows_are_well_formed(void **state) {
    (void)state;
    char seen[sizeof(Recipe)] = {0};
    for (size_t i = 0; i < recipe_n_settings; i++) {
        const Setting *s = &recipe_settings[i];
        Recipe recipe = {0};
        Error error = {0};
        assert_non_null(s->help);
        assert_true(s->group != 0 && s->help[strlen(s->help) - 1] != '.');
        assert_true(s->offset < sizeof(Recipe) && !seen[s->offset]++);
        assert_int_equal(s->choices != NULL, s->kind == SETTING_CHOICE);
        assert_ptr_equal(setting_find(recipe_settings, recipe_n_settings, s->name), s);
        assert_true(!s->fallback || setting_put(s, &recipe, s->fallback, &error));
    }
}

static void a_loss_is_one_of_the_registry(void **state) {
    (void)state;
    static const char *const none[] = {"mape",       "",           "mse:0.5",    "quantile",         "quantile:",
                                       "quantile:1", "quantile:0", "quantile:x", "quantile:0.5:0.5", "a name that is longer than any"};
    Recipe recipe;
    Error error = {0};
    recipe_defaults(&recipe);
    recipe.loss = "quantile:0.25";
    assert_false(recipe_check(&recipe, &error)); /* drawn towards naive it would be none */
    error = (Error){0};
    recipe.shrink = SHRINK_NONE;
    for (size_t i = 0; loss_kinds[i]; i++) {
        char text[32];
        Loss loss;
        snprintf(text, sizeof text, loss_kinds[i]->takes_tau ? "%s:0.25" : "%s", loss_kinds[i]->name);
        recipe.loss = text;
        assert_true(recipe_check(&recipe, &error) && loss_parse(&loss, text, &error));
        assert_true(loss.kind == loss_kinds[i] && loss.n_taus == 1 && (!loss.kind->takes_tau || loss.tau[0] == 0.25));
        assert_non_null(strstr(row("loss")->argument, loss_kinds[i]->name)); /* help names it */
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        Error refused = {0};
        recipe.loss = none[i];
        assert_false(recipe_check(&recipe, &refused));
        assert_true(refused.code == ERROR_USAGE && refused.hint[0]);
    }
}

static void choices_are_in_the_order_of_the_registries(void **state) {
    (void)state;
    const char *const *optimizers = row("optimizer")->choices, *const *inits = row("init")->choices;
    for (size_t i = 0; optimizers[i] || optimizer_kinds[i]; i++) {
        assert_true(optimizers[i] && optimizer_kinds[i]);
        assert_string_equal(optimizers[i], optimizer_kinds[i]->name);
    }
    for (size_t i = 0; i < INIT_COUNT; i++) {
        assert_string_equal(inits[i], init_names[i]);
    }
    assert_null(inits[INIT_COUNT]);
}

static void choices_are_in_the_order_of_their_enums(void **state) {
    (void)state;
    static const struct { const char *name, *choice; int value; } cases[] = {
        {"missing", "error", MISSING_ERROR}, {"missing", "drop", MISSING_DROP}, {"missing", "ffill", MISSING_FFILL},
        {"scale", "minmax", SCALE_MINMAX},
        {"scale", "standard", SCALE_STANDARD}, {"scale", "none", SCALE_NONE}, {"scale-fit", "train", SCALE_FIT_TRAIN},
        {"scale-fit", "all", SCALE_FIT_ALL},
        {"anchor", "none", ANCHOR_NONE}, {"anchor", "difference", ANCHOR_DIFFERENCE}, {"anchor", "ratio", ANCHOR_RATIO},
        {"anchor", "auto", ANCHOR_AUTO},
        {"shrink", "none", SHRINK_NONE}, {"shrink", "fitted", SHRINK_FITTED}, {"decay", "l2", DECAY_L2},
        {"decay", "decoupled", DECAY_DECOUPLED}, {"scheme", "rolling", SCHEME_ROLLING}, {"scheme", "expanding", SCHEME_EXPANDING},
        {"refit", "fresh", REFIT_FRESH},
        {"refit", "warm", REFIT_WARM}, {"stop-on", "tail", STOP_ON_TAIL}, {"stop-on", "scored", STOP_ON_SCORED},
        {"units", "raw", UNITS_RAW}, {"units", "scaled", UNITS_SCALED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(row(cases[i].name)->choices[cases[i].value], cases[i].choice);
    }
}

static void every_field_survives_as_text(void **state) {
    (void)state;
    Recipe first, second;
    Error error = {0};
    char buffer[64];
    recipe_defaults(&first);
    put(&first, "lr", "0.0012345678901234567");
    put(&first, "seed", "18446744073709551615");
    put(&first, "train-to", "2016-12-31");
    put(&first, "anchor", "ratio");
    put(&first, "no-shuffle", NULL);
    put(&first, "target", "Adj Close");
    put(&first, "window", "17");
    put(&first, "shrink", "none");
    put(&first, "zero-output", "false"); /* on by default: "false" must be said, and heard */
    memset(&second, 0, sizeof second);
    setting_defaults(recipe_settings, recipe_n_settings, &second);
    for (size_t i = 0; i < recipe_n_settings; i++) {
        const char *text = setting_get(&recipe_settings[i], &first, buffer, sizeof buffer);
        assert_true(!*text || setting_put(&recipe_settings[i], &second, text, &error));
    }
    assert_true(second.lr == first.lr && second.seed == UINT64_MAX && second.train_to == first.train_to && second.anchor == ANCHOR_RATIO);
    assert_true(second.no_shuffle && second.target == first.target && second.window == 17 && second.from == DATE_NONE);
    assert_true(second.shrink == SHRINK_NONE && !second.zero_output);
}

static void what_decides_a_fit_is_saved(void **state) {
    (void)state;
    static const char *const not_saved[] = {"date", "date-format", "delimiter", "decimal", "sort", "init-from"};
    for (size_t i = 0; i < sizeof not_saved / sizeof *not_saved; i++) {
        assert_false(row(not_saved[i])->saved);
    }
    for (size_t i = 0; i < recipe_n_settings; i++) {
        if (recipe_settings[i].group != RECIPE_DATA && recipe_settings[i].group != RECIPE_VALIDATE &&
            strcmp(recipe_settings[i].name, "init-from") != 0) {
            assert_true(recipe_settings[i].saved);
        }
    }
}

static void contradictions_are_refused(void **state) {
    (void)state;
    static const struct { const char *settings[6], *message; } cases[] = {
        {{"train-frac", "0.8", "train-rows", "100"}, "exclude each other"},
        {{"train-to", "2016-12-31", "train-frac", "0.8"}, "exclude each other"},
        {{"from", "2017-01-01", "to", "2016-12-31"}, "later than 'to'"},
        {{"from", "2017-01-01", "train-to", "2016-12-31"}, "later than 'train-to'"},
        {{"momentum", "0.9"}, "not for 'adam'"},
        {{"optimizer", "sgd", "nesterov", "true"}, "'nesterov'"},
        {{"optimizer", "rmsprop", "nesterov", "true", "momentum", "0.5"}, "'nesterov'"},
        {{"optimizer", "sgd", "momentum", "1"}, "below 1"},
        {{"two-biases", "true", "weight-decay", "0.1"}, "'two-biases'"},
        {{"two-biases", "true", "clip-norm", "1"}, "'two-biases'"},
        {{"two-biases", "true", "weight-decay", "0.1", "decay", "decoupled"}, NULL},
        {{"layers", "lstm"}, "layers"},
        {{"layers", "dense:3"}, "no recurrent layer"},
        {{"optimizer", "sgd", "momentum", "0.9", "nesterov", "true"}, NULL},
        {{"from", "2016-12-31", "to", "2016-12-31", "train-frac", "1"}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Recipe recipe;
        Error error = {0};
        recipe_defaults(&recipe);
        for (size_t s = 0; s < 6 && cases[i].settings[s]; s += 2) {
            put(&recipe, cases[i].settings[s], cases[i].settings[s + 1]);
        }
        assert_int_equal(recipe_check(&recipe, &error), cases[i].message == NULL);
        if (cases[i].message) {
            assert_int_equal(error.code, ERROR_USAGE);
            assert_non_null(strstr(error.message, cases[i].message));
        }
    }
}

static void defaults_make_sense(void **state) {
    (void)state;
    Recipe recipe;
    Error error = {0};
    recipe_defaults(&recipe);
    assert_true(recipe_check(&recipe, &error));
    assert_true(recipe.lr == 0 && recipe.to == DATE_NONE && recipe.target == NULL);
    /* our own recipe, as the help, the design and the README tell it */
    assert_string_equal(recipe.layers, "gru:32");
    assert_true(recipe.window == 40 && recipe.horizon == 1 && recipe.scale == SCALE_STANDARD && recipe.scale_fit == SCALE_FIT_TRAIN &&
                recipe.anchor == ANCHOR_AUTO);
    assert_true(recipe.zero_output && recipe.epochs == 40 && recipe.patience == 8 && recipe.val_frac == 0.1 && recipe.ensemble == 3 &&
                recipe.shrink == SHRINK_FITTED && recipe.linear);
    assert_true(recipe.stop_on == STOP_ON_TAIL); /* and nothing in it leaks */
}

static void a_higher_level_displaces_a_lower_one(void **state) {
    (void)state;
    Recipe recipe;
    Error error = {0};
    recipe_defaults(&recipe);
    assert_true(preset_apply(preset_find("yadav-lstm"), &recipe, &error));
    recipe_displace(&recipe, "window");
    assert_true(recipe.train_to != DATE_NONE);
    recipe_displace(&recipe, "train-rows");
    put(&recipe, "train-rows", "500");
    assert_true(recipe.train_to == DATE_NONE && recipe.train_rows == 500);
    assert_true(recipe_check(&recipe, &error));
}

/* Whatever stood in the recipe before: nothing that a published recipe decides is left to our defaults. */
static void presets_do_not_depend_on_our_defaults(void **state) {
    (void)state;
    static const char *const decided[] = {"layers",     "window",      "horizon",   "scale", "scale-fit", "anchor",   "init",
                                          "epochs",     "batch",       "optimizer", "lr",    "momentum",  "nesterov", "weight-decay",
                                          "clip-norm",  "clip-value",  "objective", "loss",  "patience",  "val-frac", "ensemble",
                                          "no-shuffle", "zero-output", "shrink",    "linear"};
    assert_true(n_presets >= 3);
    for (size_t p = 0; p < n_presets; p++) {
        for (size_t i = 0; i < sizeof decided / sizeof *decided; i++) {
            bool found = false;
            for (const char *const *line = presets[p].settings; *line; line++) {
                found = found || (strncmp(*line, decided[i], strlen(decided[i])) == 0 && (*line)[strlen(decided[i])] == '=');
            }
            if (!found) {
                fail_msg("preset %s leaves '%s' open", presets[p].name, decided[i]);
            }
        }
    }
}

static void presets_apply(void **state) {
    (void)state;
    for (size_t p = 0; p < n_presets; p++) {
        Recipe recipe;
        Error error = {0};
        recipe_defaults(&recipe);
        if (!preset_apply(&presets[p], &recipe, &error) || !recipe_check(&recipe, &error)) {
            fail_msg("%s: %s", presets[p].name, error.message);
        }
        assert_ptr_equal(preset_find(presets[p].name), &presets[p]);
        assert_true(strlen(presets[p].source) > 10 && strlen(presets[p].protocol) > 10);
    }
    assert_null(preset_find("Classic"));
}

static void a_preset_with_a_mistake_is_refused(void **state) {
    (void)state;
    static const char *const unknown[] = {"windows=60", NULL}, *const wrong[] = {"window=many", NULL}, *const bare[] = {"window", NULL};
    const char *const *const all[] = {unknown, wrong, bare};
    for (size_t i = 0; i < 3; i++) {
        const Preset preset = {.name = "x", .settings = all[i]};
        Recipe recipe;
        Error error = {0};
        recipe_defaults(&recipe);
        assert_false(preset_apply(&preset, &recipe, &error));
        assert_int_equal(error.code, ERROR_USAGE);
    }
}

static void published_recipes_are_theirs(void **state) {
    (void)state;
    Recipe r;
    Error error = {0};
    recipe_defaults(&r);
    assert_true(preset_apply(preset_find("tennyson"), &r, &error));
    assert_string_equal(r.layers, "lstm:50,dropout:0.3,lstm:50,dropout:0.2,dense:25");
    assert_true(r.epochs == 10 && r.batch == 10 && r.patience == 5 && r.train_size == 200 && r.val_size == 10 && r.step == 1 &&
                r.leave_last);
    assert_true(r.refit == REFIT_WARM && r.stop_on == STOP_ON_SCORED && r.scale_fit == SCALE_FIT_ALL && r.units == UNITS_SCALED &&
                r.val_frac == 0);
    recipe_defaults(&r);
    assert_true(preset_apply(preset_find("yadav-lstm"), &r, &error));
    assert_true(r.epochs == 50 && r.batch == 32 && optimizer_kinds[r.optimizer] == optimizer_find("rmsprop") &&
                r.train_to == date_parse_iso("2016-12-31"));
    assert_string_equal(r.target, "High");
    recipe_defaults(&r);
    assert_true(preset_apply(preset_find("classic"), &r, &error));
    assert_true(r.epochs == 25 && r.batch == 32 && r.window == 60 && r.patience == 0 && r.val_frac == 0 && r.lr == 0.001 &&
                r.weight_decay == 0);
    assert_true(r.scale == SCALE_MINMAX && r.anchor == ANCHOR_NONE && r.ensemble == 1 && r.shrink == SHRINK_NONE && !r.zero_output &&
                r.scale_fit == SCALE_FIT_TRAIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_contract_has_its_rows),
        cmocka_unit_test(rows_are_well_formed),
        cmocka_unit_test(a_loss_is_one_of_the_registry),
        cmocka_unit_test(choices_are_in_the_order_of_the_registries),
        cmocka_unit_test(choices_are_in_the_order_of_their_enums),
        cmocka_unit_test(every_field_survives_as_text),
        cmocka_unit_test(what_decides_a_fit_is_saved),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(defaults_make_sense),
        cmocka_unit_test(a_higher_level_displaces_a_lower_one),
        cmocka_unit_test(presets_do_not_depend_on_our_defaults),
        cmocka_unit_test(presets_apply),
        cmocka_unit_test(a_preset_with_a_mistake_is_refused),
        cmocka_unit_test(published_recipes_are_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
