#include "setup.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/preset.h"
#include "lstmfc/text.h"

#include "suggest.h"

static bool apply_preset(Recipe *recipe, const char *name, Error *error) {
    char shown[128], hint[192];
    Suggestion suggestion = suggest_for(name);
    const Preset *preset = preset_find(name);
    if (preset) return preset_apply(preset, recipe, error);
    for (size_t i = 0; i < n_presets; i++) suggest_offer(&suggestion, presets[i].name);
    return error_set(error, ERROR_USAGE, suggest_hint(&suggestion, "", "'lstmfc presets' lists them", hint, sizeof hint), "there is no preset '%s'",
                     text_escape(name, strlen(name), shown, sizeof shown));
}

bool setup_recipe(Recipe *recipe, const Arguments *arguments, Error *error) {
    recipe_defaults(recipe);
    if (arguments->cli.preset && !apply_preset(recipe, arguments->cli.preset, error)) return false;
    return arguments_apply(arguments, recipe, error) && recipe_check(recipe, error);
}

SeriesOptions setup_series_options(const Recipe *recipe) {
    return (SeriesOptions){.target = recipe->target,
                           .features = recipe->features,
                           .date_column = recipe->date,
                           .date_format = recipe->date_format,
                           .delimiter = recipe->delimiter,
                           .decimal = recipe->decimal,
                           .key = recipe->series,
                           .missing = (MissingPolicy)recipe->missing,
                           .sort = recipe->sort,
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
