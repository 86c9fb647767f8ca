#include "argument.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "lstmfc/text.h"

#include "command.h"
#include "suggest.h"

/* One option as it stands in argv. */
typedef struct Option {
    const char *typed;  /* "--train-to=2016-12-31" */
    char name[64];      /* "train-to"; "" where it is too long to be one of ours */
    const char *value;  /* NULL = none yet */
} Option;

static const struct {
    const char *variable, *option;
} environment[] = {{"LSTMFC_THREADS", "threads"}};

static const Setting *by_letter(char letter) {
    for (size_t i = 0; i < cli_n_settings; i++)
        if (cli_settings[i].letter == letter) return &cli_settings[i];
    return NULL;
}

static Option read_option(const char *typed) {
    Option option = {.typed = typed};
    const char *name = typed + strspn(typed, "-"), *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const Setting *row = typed[1] != '-' && n == 1 ? by_letter(*name) : NULL;
    if (row) name = row->name, n = strlen(row->name);
    if (n < sizeof option.name && (row || (typed[1] == '-' && typed[2] != '-'))) memcpy(option.name, name, n);
    if (equals) option.value = equals + 1;
    return option;
}

/* "'--splits' is not an option of 'predict' (taken by validate)" */
static bool refuse_elsewhere(const Option *option, const Command *command, Error *error) {
    Text takers = {0};
    for (size_t i = 0; commands[i]; i++)
        if (command_option(commands[i], option->name, NULL)) text_printf(&takers, "%s%s", takers.length ? ", " : "taken by ", commands[i]->name);
    bool known = takers.length > 0 && !takers.failed;
    if (known) error_set(error, ERROR_USAGE, takers.data, "'--%s' is not an option of '%s'", option->name, command->name);
    text_free(&takers);
    return known;
}

static bool refuse(const Option *option, const Command *command, Error *error) {
    char shown[128], word[64], hint[192];
    if (option->name[0] && refuse_elsewhere(option, command, error)) return false;
    size_t dashes = strspn(option->typed, "-"), n = strcspn(option->typed + dashes, "=");
    if (n >= sizeof word) n = sizeof word - 1;
    memcpy(word, option->typed + dashes, n);
    word[n] = '\0';
    Suggestion suggestion = suggest_for(word);
    for (size_t i = 0; i < cli_n_settings; i++)
        if (command_takes(command, &cli_settings[i])) suggest_offer(&suggestion, cli_settings[i].name);
    for (size_t i = 0; i < recipe_n_settings; i++)
        if (command_takes(command, &recipe_settings[i])) suggest_offer(&suggestion, recipe_settings[i].name);
    char otherwise[96];
    snprintf(otherwise, sizeof otherwise, "'lstmfc help %s' lists them", command->name);
    return error_set(error, ERROR_USAGE, suggest_hint(&suggestion, "--", otherwise, hint, sizeof hint), "there is no option '%s'",
                     text_escape(option->typed, dashes + n, shown, sizeof shown));
}

static bool put_option(Arguments *arguments, Recipe *scratch, const Command *command, Option *option, char **next, Error *error) {
    bool in_recipe;
    const Setting *row = option->name[0] ? command_option(command, option->name, &in_recipe) : NULL;
    if (!row) return refuse(option, command, error);
    if (row->kind != SETTING_SWITCH && !option->value && !(*next && strncmp(*next, "--", 2) == 0)) option->value = *next;
    if (!setting_put(row, in_recipe ? (void *)scratch : (void *)&arguments->cli, option->value, error)) return false;
    arguments->given[arguments->n_given++] = (Given){row, in_recipe, option->value};
    return true;
}

static bool put_operand(Arguments *arguments, const Command *command, const char *operand, Error *error) {
    char shown[256];
    if (arguments->n_operands < command->max_operands && arguments->n_operands < ARGUMENT_OPERANDS) {
        arguments->operands[arguments->n_operands++] = operand;
        return true;
    }
    return error_set(error, ERROR_USAGE, "an option's value follows its name", "'%s' does not know what to do with '%s'", command->name,
                     text_escape(operand, strlen(operand), shown, sizeof shown));
}

/* What argv has not given. */
static bool put_environment(Arguments *arguments, const Command *command, Error *error) {
    char given[64];
    for (size_t i = 0; i < sizeof environment / sizeof environment[0]; i++) {
        const char *value = getenv(environment[i].variable);
        const Setting *row = command_option(command, environment[i].option, NULL);
        if (!value || !*value || !row || *setting_get(row, &arguments->cli, given, sizeof given) || setting_put(row, &arguments->cli, value, error)) continue;
        error_source(error, environment[i].variable);
        return false;
    }
    return true;
}

/* Walks argv: an option that wants a value takes the argument behind it. */
static bool put_all(Arguments *arguments, const Command *command, int argc, char **argv, Error *error) {
    Recipe scratch;
    bool options_ended = false;
    recipe_defaults(&scratch);
    for (int i = 0; i < argc; i++) {
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = true;
        } else if (options_ended || argv[i][0] != '-' || !argv[i][1]) {
            if (!put_operand(arguments, command, argv[i], error)) return false;
        } else {
            Option option = read_option(argv[i]);
            const char *attached = option.value;
            if (!put_option(arguments, &scratch, command, &option, &argv[i + 1], error)) return false;
            i += option.value != attached;
        }
    }
    return true;
}

bool arguments_parse(Arguments *arguments, const Command *command, int argc, char **argv, Error *error) {
    *arguments = (Arguments){0};
    setting_defaults(cli_settings, cli_n_settings, &arguments->cli);
    arguments->cli.max_age = AGE_ANY;
    arguments->given = memory_zeroed((size_t)argc + 1, sizeof *arguments->given);
    if (!arguments->given) return error_memory(error, "the options");
    if (!put_all(arguments, command, argc, argv, error) || !put_environment(arguments, command, error)) return false;
    if (arguments->n_operands >= command->min_operands || arguments->cli.help) return true;
    return error_set(error, ERROR_USAGE, NULL, "'%s' wants more: lstmfc %s %s", command->name, command->name, command->usage);
}

void arguments_free(Arguments *arguments) {
    free(arguments->given);
    *arguments = (Arguments){0};
}

bool arguments_apply(const Arguments *arguments, Recipe *recipe, Error *error) {
    for (size_t i = 0; i < arguments->n_given; i++)
        if (arguments->given[i].in_recipe) recipe_displace(recipe, arguments->given[i].setting->name);
    for (size_t i = 0; i < arguments->n_given; i++)
        if (arguments->given[i].in_recipe && !setting_put(arguments->given[i].setting, recipe, arguments->given[i].value, error)) return false;
    return true;
}

const Setting *arguments_given(const Arguments *arguments, unsigned cli_groups) {
    for (size_t i = 0; i < arguments->n_given; i++)
        if (!arguments->given[i].in_recipe && arguments->given[i].setting->group & cli_groups) return arguments->given[i].setting;
    return NULL;
}

bool arguments_mention(int argc, char **argv, const char *option) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], option) == 0) return true;
    return false;
}
