#include "protocol.h"

#include <string.h>

#include "setup.h"

const char *const protocol_without[] = {"train-to",   "train-frac", "train-rows", "scale-fit", "refit", "stop-on",    "units",
                                        "leave-last", "init-from",  "objective",  "interval",  "level", "file-order", NULL};

bool protocol_given(const Arguments *arguments, const char *name) {
    return arguments_find(arguments, name, true) != NULL;
}

bool protocol_recipe(Recipe *recipe, const Arguments *arguments, Error *error) {
    if (!setup_recipe(recipe, arguments, error)) return false;
    if (!protocol_given(arguments, "train-size")) recipe->train_size = 0;
    if (!protocol_given(arguments, "val-size")) recipe->val_size = 0;
    if (!protocol_given(arguments, "step")) recipe->step = 0;
    return true;
}

static bool take(Names *names, char *name) {
    if (!*name || names->n == PROTOCOL_NAMES) return false;
    names->name[names->n++] = name;
    return true;
}

bool names_parse(Names *names, const char *option, const char *text, Error *error) {
    *names = (Names){.n = 0};
    if (!text || strcmp(text, "none") == 0) return true;
    bool ok = strlen(text) < sizeof names->text;
    if (ok) strcpy(names->text, text);
    for (char *at = names->text; ok && at;) {
        char *comma = strchr(at, ',');
        if (comma) *comma = '\0';
        ok = take(names, at);
        at = comma ? comma + 1 : NULL;
    }
    return ok || error_set(error, ERROR_USAGE, "a list such as a,b,c", "'%s' is no list of at most %d names: '%.60s'", option,
                           PROTOCOL_NAMES, text);
}
