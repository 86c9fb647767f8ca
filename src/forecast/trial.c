#include "trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/math64.h"
#include "lstmfc/rng.h"

#define LIST(...) .kind = TUNING_CHOICE, .choices = (const char *const[]){__VA_ARGS__, NULL}
#define LOG(from, to) .kind = TUNING_LOG, .low = (from), .high = (to)

const TuningRange tuning_ranges[] = {
    {.name = "kind", .setting = "layers", LIST("lstm", "gru", "rnn")},
    {.name = "units", .setting = "layers", LIST("8", "16", "32", "64")},
    {.name = "depth", .setting = "layers", LIST("1", "1", "2")}, /* what is deep is slow and seldom better */
    {.name = "dropout", .setting = "layers", LIST("0", "0.1", "0.2", "0.4")},
    {.name = "window", .setting = "window", LIST("10", "20", "40", "60")},
    {.name = "batch", .setting = "batch", LIST("16", "32", "64", "128")},
    {.name = "lr", .setting = "lr", LOG(0.0003, 0.01)},
};

const size_t tuning_n_ranges = sizeof tuning_ranges / sizeof *tuning_ranges;

typedef struct Draw {
    char value[TUNING_RANGES][16];
} Draw;

static const Setting *setting_of(const TuningRange *range) {
    return setting_find(recipe_settings, recipe_n_settings, range->setting);
}

static void draw_value(const TuningRange *range, double u, char value[16]) {
    if (range->kind == TUNING_LOG) {
        snprintf(value, 16, "%.2g", math64_exp(math64_log(range->low) + u * (math64_log(range->high) - math64_log(range->low))));
        return;
    }
    size_t n = 0;
    while (range->choices[n]) {
        n++;
    }
    snprintf(value, 16, "%s", range->choices[(size_t)floor(u * (double)n)]);
}

static const char *part(const Draw *draw, const char *name) {
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        if (strcmp(tuning_ranges[i].name, name) == 0) {
            return draw->value[i];
        }
    }
    return "";
}

static void join_layers(const Draw *draw, char layers[TUNING_LAYERS]) {
    const char *depth = part(draw, "depth"), *kind = part(draw, "kind"), *units = part(draw, "units"), *dropout = part(draw, "dropout");
    const bool deep = strcmp(depth, "1") != 0, drops = strcmp(dropout, "0") != 0;
    snprintf(layers, TUNING_LAYERS, "%.15s%s%s%.15s:%.15s%s%.15s%s", deep ? depth : "", deep ? "*" : "", deep && drops ? "(" : "", kind,
             units, drops ? ",dropout:" : "", drops ? dropout : "", deep && drops ? ")" : "");
}

/* Of ranges that decide one setting, the first speaks for all. */
static bool speaks(size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (strcmp(tuning_ranges[j].setting, tuning_ranges[i].setting) == 0) {
            return false;
        }
    }
    return true;
}

static void write_options(TuningTrial *trial) {
    size_t at = 0;
    char buffer[64];
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        const char *value = speaks(i) ? setting_get(setting_of(&tuning_ranges[i]), &trial->recipe, buffer, sizeof buffer) : "";
        const char *quote = strpbrk(value, "*(") ? "'" : "";
        if (*value && at < TUNING_TEXT) {
            at += (size_t)snprintf(trial->options + at, TUNING_TEXT - at, "%s--%s %s%s%s", at ? " " : "", tuning_ranges[i].setting, quote,
                                   value, quote);
        }
    }
}

/* Every range draws, also one that is fixed: what is fixed does not move the others. */
bool trial_draw(TuningTrial *trial, size_t number, const TuningOptions *options, Error *error) {
    Draw draw;
    Rng rng;
    bool ok = true;
    *trial = (TuningTrial){.number = number, .recipe = *options->recipe, .ratio = NAN};
    rng_init(&rng, rng_mix(options->recipe->seed, number), RNG_TUNE);
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        draw_value(&tuning_ranges[i], rng_uniform(&rng), draw.value[i]);
    }
    join_layers(&draw, trial->layers);
    for (size_t i = 0; ok && number > 0 && i < tuning_n_ranges; i++) {
        const bool layers = strcmp(tuning_ranges[i].setting, "layers") == 0;
        ok = options->fixed[i] || setting_put(setting_of(&tuning_ranges[i]), &trial->recipe, layers ? trial->layers : draw.value[i], error);
    }
    write_options(trial);
    return ok;
}

size_t trial_longest_window(const TuningOptions *options) {
    size_t longest = options->recipe->window;
    for (size_t i = 0; i < tuning_n_ranges; i++) {
        const bool window = strcmp(tuning_ranges[i].name, "window") == 0 && !options->fixed[i];
        for (size_t j = 0; window && tuning_ranges[i].choices[j]; j++) {
            const size_t length = (size_t)strtoul(tuning_ranges[i].choices[j], NULL, 10);
            longest = length > longest ? length : longest;
        }
    }
    return longest;
}
