#define _POSIX_C_SOURCE 200809L

#include "setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lstmfc/text.h"

#include "suggest.h"

const Preset *setup_preset(const char *name, Error *error) {
    char shown[128], hint[192];
    Suggestion suggestion = suggest_for(name);
    const Preset *preset = preset_find(name);
    if (preset) return preset;
    for (size_t i = 0; i < n_presets; i++) suggest_offer(&suggestion, presets[i].name);
    error_set(error, ERROR_USAGE, suggest_hint(&suggestion, "", "'lstmfc presets' lists them", hint, sizeof hint),
              "there is no preset '%s'", text_escape(name, strlen(name), shown, sizeof shown));
    return NULL;
}

bool setup_recipe(Recipe *recipe, const Arguments *arguments, Error *error) {
    const char *name = arguments->cli.preset;
    const Preset *preset = name ? setup_preset(name, error) : NULL;
    recipe_defaults(recipe);
    if (name && !(preset && preset_apply(preset, recipe, error))) return false;
    return arguments_apply(arguments, recipe, error) && recipe_check(recipe, error);
}

SeriesOptions setup_series_options(const Recipe *recipe) {
    return (SeriesOptions){.target = recipe->target,
                           .features = recipe->features,
                           .indicators = recipe->indicators,
                           .date_column = recipe->date,
                           .date_format = recipe->date_format,
                           .delimiter = recipe->delimiter,
                           .decimal = recipe->decimal,
                           .key = recipe->series,
                           .missing = (MissingPolicy)recipe->missing,
                           .sort = recipe->sort,
                           .file_order = recipe->file_order,
                           .negatives = recipe->negatives,
                           .from = recipe->from,
                           .to = recipe->to};
}

bool setup_model(Model *model, const Arguments *arguments, Error *error) {
    if (!arguments->cli.model) return error_set(error, ERROR_USAGE, "train makes one", "no model given: -m MODEL");
    return model_read(model, arguments->cli.model, error);
}

bool setup_model_series(Series *series, const Model *model, const Arguments *arguments, Error *error) {
    Recipe recipe = model->recipe;
    const Date as_of = arguments->cli.as_of;
    recipe.from = recipe.to = DATE_NONE;
    if (!arguments_apply(arguments, &recipe, error)) return false;
    if (as_of != DATE_NONE && (recipe.to == DATE_NONE || as_of < recipe.to)) recipe.to = as_of;
    return model_read_series(model, &recipe, arguments->operands[0], series, error);
}

bool setup_calendar(Series *series, Holidays *holidays, const CliOptions *options, Error *error) {
    calendar_choose(&series->calendar, calendar_names[options->calendar]);
    return holidays_read(holidays, options->holidays, &series->calendar, error);
}

bool setup_target(const char *path, Error *error) {
    struct stat status;
    if (!path) return true;
    const char *slash = strrchr(path, '/');
    Text folder = {0};
    text_append(&folder, path, slash ? (size_t)(slash - path) + 1 : 0);
    text_puts(&folder, ".");
    bool in_place = stat(path, &status) == 0 && !S_ISREG(status.st_mode);
    if (folder.failed) {
        error_memory(error, "a path");
    } else if (in_place && S_ISDIR(status.st_mode)) {
        error_at(error, ERROR_FILE, path, 0, 0, NULL, "cannot write: is a directory");
    } else if (access(in_place ? path : folder.data, in_place ? W_OK : W_OK | X_OK) != 0) {
        const char *words = errno == ENOENT ? "no such folder" : errno == EACCES ? "permission denied" : strerror(errno);
        error_at(error, ERROR_FILE, path, 0, 0, NULL, "cannot write: %s", words);
    }
    text_free(&folder);
    return error->code == ERROR_NONE;
}

bool setup_lock(FileLock *lock, const char *path, double seconds, Error *error) {
    struct stat status;
    lock->descriptor = -1;
    return (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) || file_lock(lock, path, seconds, error);
}

bool setup_engine(Engine *engine, const CliOptions *options, size_t otherwise, Error *error) {
    *engine = (Engine){0};
    engine->kernels = kernels_choose(getenv("LSTMFC_ISA"), error);
    if (!engine->kernels) {
        error_source(error, "LSTMFC_ISA");
        return false;
    }
    engine->pool = pool_create(options->threads ? options->threads : otherwise, error);
    return engine->pool != NULL;
}

void setup_engine_free(Engine *engine) {
    pool_free(engine->pool);
    *engine = (Engine){0};
}
