#include "lstmfc/model.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/indicator.h"
#include "lstmfc/memory.h"
#include "lstmfc/text.h"
#include "model_layout.h"
#include "safetensors.h"

const char *const model_anchors[] = {[ANCHOR_NONE] = "none", [ANCHOR_DIFFERENCE] = "difference", [ANCHOR_RATIO] = "ratio", NULL};

bool model_arithmetic_known(const char *arithmetic) {
    return strcmp(arithmetic, "fma") == 0 || strcmp(arithmetic, "v1") == 0;
}

/* ---- text ---- */

static const char *text_of(const Setting *setting, const Recipe *recipe) {
    return setting->kind == SETTING_TEXT ? setting_get(setting, recipe, NULL, 0) : "";
}

/* A model's header must be UTF-8, and a name that comes back changed would not be found again. */
static bool check_text(const char *text, ErrorCode code, const char *what, Error *error) {
    char shown[100];
    const size_t n = strlen(text);
    return safetensors_utf8(text, n) ||
           error_set(error, code, "convert it to UTF-8", "%s is not UTF-8: '%s'", what, text_escape(text, n, shown, sizeof shown));
}

static size_t count_text(const Recipe *recipe, char *const *names, size_t n_columns) {
    size_t n = 0;
    for (size_t i = 0; i < recipe_n_settings; i++) {
        n += strlen(text_of(&recipe_settings[i], recipe)) + 1;
    }
    for (size_t c = 0; c < n_columns; c++) {
        n += strlen(names[c]) + 1;
    }
    return n;
}

static char *append(char **end, const char *text) {
    const size_t n = strlen(text) + 1;
    char *start = memcpy(*end, text, n);
    *end += n;
    return start;
}

static bool copy_text(Model *model, const Recipe *recipe, char *const *names, Error *error) {
    char *end = model->text;
    model->recipe = *recipe;
    for (size_t i = 0; i < recipe_n_settings; i++) {
        const Setting *setting = &recipe_settings[i];
        const char *text = text_of(setting, recipe);
        if (setting->saved && !check_text(text, ERROR_USAGE, setting->name, error)) {
            return false;
        }
        if (*text && !setting_put(setting, &model->recipe, append(&end, text), error)) {
            return false;
        }
    }
    for (size_t c = 0; c < model->n_columns; c++) {
        if (!check_text(names[c], ERROR_DATA, "a column's name", error)) {
            return false;
        }
        model->columns[c] = append(&end, names[c]);
    }
    return true;
}

/* ---- life ---- */

static bool allocate(Model *model, const Recipe *recipe, char *const *names, Error *error) {
    const size_t n = model->stride, members = model->n_members;
    model->text = malloc(count_text(recipe, names, model->n_columns));
    model->columns = calloc(model->n_columns, sizeof *model->columns);
    model->weights = n && members <= SIZE_MAX / n ? memory_zeroed(members * n, sizeof *model->weights) : NULL;
    model->shrink = memory_zeroed(recipe->horizon, sizeof *model->shrink);
    model->linear_shrink = memory_zeroed(recipe->horizon, sizeof *model->linear_shrink);
    model->calibration = memory_zeroed(recipe->horizon, model->n_levels * sizeof *model->calibration);
    model->head_weights = memory_zeroed(model->head.n_weights, sizeof *model->head_weights);
    if (!model->head_weights || !model->text || !model->columns || !model->weights || !model->shrink || !model->linear_shrink ||
        !model->calibration) {
        return error_memory(error, "the model");
    }
    for (size_t i = 0; i < recipe->horizon; i++) {
        model->shrink[i] = 1;
    }
    model->training.naive_ratio = NAN;
    model->training.error_ratio = 1;
    return scaler_init(&model->scaler, model->n_columns, error);
}

/* The last columns are the recipe's indicators, each by its name. */
static bool settle_indicators(Model *model, Error *error) {
    Indicators indicators;
    char name[INDICATOR_NAME];
    if (!indicator_parse(&indicators, model->recipe.indicators, error)) {
        return false;
    }
    const size_t first = model->n_columns - indicators.n;
    bool fits = indicators.n < model->n_columns;
    for (size_t i = 0; fits && i < indicators.n; i++) {
        fits = strcmp(model->columns[first + i], indicator_name(&indicators.items[i], name)) == 0;
        model->scaler.natures[first + i] = indicators.items[i].kind->nature;
    }
    model->n_indicators = indicators.n;
    return fits || error_set(error, ERROR_USAGE, NULL, "the last columns are not the indicators '%s'", model->recipe.indicators);
}

/* The networks of all kinds. */
static bool lay_out_networks(Model *model, const Recipe *recipe, Error *error) {
    model->n_kinds = network_kinds(recipe->layers);
    model->n_members = recipe->ensemble * model->n_kinds;
    model->more = calloc(model->n_kinds, sizeof *model->more); /* never 0 of them */
    if (!model->more) {
        return error_memory(error, "the networks");
    }
    for (size_t i = 0; i < model->n_kinds; i++) {
        Network *network = i ? &model->more[i - 1] : &model->network;
        if (!network_init_kind(network, recipe->layers, i, recipe->window, model->n_columns, recipe->horizon, error)) {
            return false;
        }
        model->stride = network->n_weights > model->stride ? network->n_weights : model->stride;
    }
    return true;
}

/* The layers of the first kind without an output layer of their own: the head has more outputs. */
static bool head_layers(const Model *model, Text *text, Error *error) {
    const Layer *last = &model->network.layers[model->network.n_layers - 1];
    size_t n = strcspn(model->recipe.layers, "|"), comma = n;
    const char *layers = model->recipe.layers;
    while (comma > 0 && layers[comma] != ',' && layers[comma] != ')') {
        comma--;
    }
    const bool own = layers[comma] == ',' && strncmp(layers + comma + 1, "dense:", 6) == 0 && last->n_units == model->recipe.horizon;
    text_append(text, layers, own ? comma : n);
    return !text->failed || error_memory(error, "the model");
}

bool model_lay_out_head(Model *model, Error *error) {
    const Recipe *r = &model->recipe;
    Text layers = {0};
    model->n_levels = 1;
    if (r->interval != INTERVAL_QUANTILE) {
        return true;
    }
    const bool ok = interval_levels(r->level, INTERVAL_LEVELS, model->levels, &model->n_levels, error) &&
                    head_layers(model, &layers, error) &&
                    network_init(&model->head, layers.data, r->window, model->n_columns, 2 * model->n_levels * r->horizon, error);
    text_free(&layers);
    return ok;
}

bool model_lay_out(Model *model, const Recipe *recipe, char *const *names, size_t n_columns, Error *error) {
    *model = (Model){.n_columns = n_columns};
    if (n_columns > MODEL_COLUMNS) {
        return error_set(error, ERROR_USAGE, NULL, "%zu columns are more than the %d a model takes", n_columns, MODEL_COLUMNS);
    }
    model->recipe = *recipe;
    if (lay_out_networks(model, recipe, error) && model_lay_out_head(model, error) && allocate(model, recipe, names, error) &&
        copy_text(model, recipe, names, error) && settle_indicators(model, error)) {
        return true;
    }
    model_free(model);
    return false;
}

bool model_init(Model *model, const Recipe *recipe, const Series *series, Error *error) {
    if (!model_lay_out(model, recipe, series->names, series->n_columns, error)) {
        return false;
    }
    model->calendar = series->calendar;
    return true;
}

void model_free(Model *model) {
    scaler_free(&model->scaler);
    free(model->columns);
    free(model->weights);
    free(model->more);
    free(model->shrink);
    free(model->linear_shrink);
    free(model->calibration);
    free(model->head_weights);
    free(model->text);
    *model = (Model){0};
}

real *model_weights(const Model *model, size_t member) {
    return model->weights + member * model->stride;
}

const Network *model_network(const Model *model, size_t member) {
    const size_t kind = member % model->n_kinds;
    return kind ? &model->more[kind - 1] : &model->network;
}

size_t model_n_scores(const Model *model) {
    return model->recipe.horizon * model->n_levels;
}

static bool all_zero(const double *shares, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (shares[i] > 0) {
            return false;
        }
    }
    return true;
}

bool model_is_linear(const Model *model) {
    return all_zero(model->shrink, model->recipe.horizon);
}

size_t model_parameters(const Model *model) {
    size_t n = 0;
    for (size_t i = 0; i < model->n_kinds; i++) {
        n += model_network(model, i)->n_parameters;
    }
    return n;
}

bool model_is_naive(const Model *model) {
    return model_is_linear(model) && all_zero(model->linear_shrink, model->recipe.horizon);
}

bool model_departs(const Model *model, size_t step) {
    return model->shrink[step - 1] > 0 || model->linear_shrink[step - 1] > 0;
}

/* ---- data ---- */

static void hash_number(FileHash *hash, uint64_t bits, size_t n_bytes) {
    unsigned char bytes[8];
    for (size_t i = 0; i < n_bytes; i++) {
        bytes[i] = (unsigned char)(bits >> 8 * i);
    }
    file_hash_add(hash, bytes, n_bytes);
}

void model_fingerprint(const Series *series, size_t first, size_t last, char hex[65]) {
    FileHash hash;
    file_hash_init(&hash);
    for (size_t r = first; r < last; r++) {
        hash_number(&hash, (uint32_t)series->dates[r], 4);
        for (size_t c = 0; c < series->n_columns; c++) {
            uint64_t bits;
            memcpy(&bits, &series->columns[c][r], sizeof bits);
            hash_number(&hash, bits, 8);
        }
    }
    file_hash_finish(&hash, hex);
}

static bool join_features(const Model *model, Text *features, Error *error) {
    for (size_t c = 1; c < model->n_columns - model->n_indicators; c++) {
        text_printf(features, "%s%s", c > 1 ? "," : "", model->columns[c]);
    }
    return !features->failed || error_memory(error, "the list of columns");
}

bool model_read_series(const Model *model, const Recipe *recipe, const char *path, Series *series, Error *error) {
    Text features = {0};
    bool ok = join_features(model, &features, error);
    const SeriesOptions options = {
        .target = model->columns[0],
        .features = features.data,
        .indicators = model->recipe.indicators,
        .date_column = recipe->date,
        .date_format = recipe->date_format,
        .delimiter = recipe->delimiter,
        .decimal = recipe->decimal,
        .key = recipe->series ? recipe->series : model->recipe.series,
        .missing = (MissingPolicy)recipe->missing,
        .sort = recipe->sort,
        .file_order = model->recipe.file_order,
        .negatives = recipe->negatives,
        .from = recipe->from,
        .to = recipe->to,
    };
    ok = ok && series_read(series, path, &options, error);
    if (ok && series->n_columns != model->n_columns) {
        error_at(error, ERROR_DATA, path, 0, 0, NULL, "%zu columns where the model wants %zu", series->n_columns, model->n_columns);
        series_free(series);
        ok = false;
    }
    text_free(&features);
    return ok;
}
