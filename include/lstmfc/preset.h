/* preset.h - published recipes, one row each.
 */
#ifndef LSTMFC_PRESET_H
#define LSTMFC_PRESET_H

#include "lstmfc/recipe.h"

typedef struct Preset {
    const char *name;
    const char *source;   /* who published it, where */
    const char *protocol; /* one or two sentences: data, target, split, what is scored */
    const char *const *settings; /* "layers=4*(lstm:50,dropout:0.2)", "epochs=50" ...: names of recipe_settings; ended by NULL */
} Preset;

extern const Preset presets[];
extern const size_t n_presets;

/* NULL = none. */
const Preset *preset_find(const char *name);

/* Puts a preset's settings over what the recipe holds (recipe_displace included). TEXT values point into the preset. ERROR_USAGE only for
 * our own bugs. */
bool preset_apply(const Preset *preset, Recipe *recipe, Error *error);

#endif
