#include "command.h"

#include <string.h>

#include "suggest.h"

const Command *const commands[] = {
    &command_train,   &command_evaluate, &command_predict, &command_validate, &command_compare, &command_tune, &command_check,
    &command_inspect, &command_ledger,   &command_report,  &command_presets,  &command_chars,   &command_help, NULL};

const Command *command_find(const char *name, Error *error) {
    char shown[128], hint[192];
    Suggestion suggestion = suggest_for(name);
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
        suggest_offer(&suggestion, commands[i]->name);
    }
    error_set(error, ERROR_USAGE, suggest_hint(&suggestion, "", "'lstmfc help' lists them", hint, sizeof hint), "there is no command '%s'",
              text_escape(name, strlen(name), shown, sizeof shown));
    return NULL;
}

static bool left_out(const Command *command, const char *name) {
    for (size_t i = 0; command->without && command->without[i]; i++)
        if (strcmp(command->without[i], name) == 0) return true;
    return false;
}

const Setting *command_option(const Command *command, const char *name, bool *in_recipe) {
    const Setting *row = setting_find(cli_settings, cli_n_settings, name);
    if (in_recipe) *in_recipe = false;
    if (row && row->group & (command->cli_groups | CLI_COMMON)) return row;
    row = setting_find(recipe_settings, recipe_n_settings, name);
    if (in_recipe) *in_recipe = true;
    return row && row->group & command->recipe_groups && !left_out(command, name) ? row : NULL;
}

bool command_takes(const Command *command, const Setting *setting) {
    return command_option(command, setting->name, NULL) == setting;
}
