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
        if (command_option(commands[i], option->name, NULL))
            text_printf(&takers, "%s%s", takers.length ? ", " : "taken by ", commands[i]->name);
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

static bool put_given(Arguments *arguments, const Given *given, Error *error) {
    if (arguments->n_given == arguments->capacity) {
        const size_t capacity = arguments->capacity ? 2 * arguments->capacity : 32;
        Given *more = realloc(arguments->given, capacity * sizeof *more);
        if (!more) return error_memory(error, "the options");
        arguments->given = more;
        arguments->capacity = capacity;
    }
    arguments->given[arguments->n_given++] = *given;
    return true;
}

static bool put_option(Arguments *arguments, Recipe *scratch, const Command *command, Option *option, char **next, Error *error) {
    bool in_recipe;
    const Setting *row = option->name[0] ? command_option(command, option->name, &in_recipe) : NULL;
    if (!row) return refuse(option, command, error);
    if (row->kind != SETTING_SWITCH && !option->value && !(*next && strncmp(*next, "--", 2) == 0)) option->value = *next;
    if (!setting_put(row, in_recipe ? (void *)scratch : (void *)&arguments->cli, option->value, error)) return false;
    return put_given(arguments, &(Given){.setting = row, .value = option->value, .in_recipe = in_recipe, .origin = ORIGIN_OPTION}, error);
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

static bool put_environment(Arguments *arguments, const Command *command, Error *error) {
    CliOptions scratch = {0};
    for (size_t i = 0; i < sizeof environment / sizeof environment[0]; i++) {
        const char *value = getenv(environment[i].variable);
        const Setting *row = command_option(command, environment[i].option, NULL);
        if (!value || !*value || !row || arguments_find(arguments, row->name, false)) continue; /* one that is not needed may be anything */
        if (!setting_put(row, &scratch, value, error)) {
            error_source(error, environment[i].variable);
            return false;
        }
        const Given given = {.setting = row, .value = value, .origin = ORIGIN_ENVIRONMENT, .place = environment[i].variable};
        if (!put_given(arguments, &given, error)) return false;
    }
    return true;
}

/* What one section says of options that the command takes. */
static bool put_section(Arguments *arguments, const Command *command, const char *section, Error *error) {
    const Config *config = &arguments->config;
    for (size_t i = 0; i < config->n_entries; i++) {
        const ConfigEntry *entry = &config->entries[i];
        bool in_recipe;
        const Setting *row = strcmp(entry->section, section) == 0 ? command_option(command, entry->name, &in_recipe) : NULL;
        if (!row) continue;
        const Given given = {.setting = row,
                             .value = entry->value,
                             .in_recipe = in_recipe,
                             .origin = ORIGIN_CONFIG,
                             .place = config->path,
                             .line = entry->line};
        if (!put_given(arguments, &given, error)) return false;
    }
    return true;
}

static bool put_config(Arguments *arguments, const Command *command, Error *error) {
    const CliOptions *cli = &arguments->cli;
    if (cli->no_config && cli->config) return error_set(error, ERROR_USAGE, NULL, "'config' and 'no-config' exclude each other");
    if (cli->help || cli->no_config) return true;
    return config_read(&arguments->config, cli->config, error) && put_section(arguments, command, CONFIG_COMMON, error) &&
           put_section(arguments, command, command->name, error);
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

static void defaults(CliOptions *cli) {
    *cli = (CliOptions){0};
    setting_defaults(cli_settings, cli_n_settings, cli);
    cli->max_age = AGE_ANY;
}

/* From the lowest origin to the highest, each in its order. */
static bool sort_given(Arguments *arguments, Error *error) {
    Given *sorted = memory_zeroed(arguments->n_given + 1, sizeof *sorted);
    size_t n = 0;
    if (!sorted) return error_memory(error, "the options");
    for (int origin = ORIGIN_CONFIG; origin <= ORIGIN_OPTION; origin++)
        for (size_t i = 0; i < arguments->n_given; i++)
            if ((int)arguments->given[i].origin == origin) sorted[n++] = arguments->given[i];
    free(arguments->given);
    arguments->given = sorted;
    arguments->capacity = n + 1;
    return true;
}

/* argv was read first, for it says where the config is; now everything is put in order. */
static bool put_in_order(Arguments *arguments, Error *error) {
    if (!sort_given(arguments, error)) return false;
    defaults(&arguments->cli);
    for (size_t i = 0; i < arguments->n_given; i++) {
        const Given *given = &arguments->given[i];
        if (!given->in_recipe && !setting_put(given->setting, &arguments->cli, given->value, error)) return false;
    }
    return true;
}

bool arguments_parse(Arguments *arguments, const Command *command, int argc, char **argv, Error *error) {
    *arguments = (Arguments){0};
    defaults(&arguments->cli);
    if (!put_all(arguments, command, argc, argv, error) || !put_environment(arguments, command, error) ||
        !put_config(arguments, command, error))
        return false;
    if (!put_in_order(arguments, error)) return false;
    if (arguments->n_operands >= command->min_operands || arguments->cli.help || arguments->cli.dry_run) return true;
    return error_set(error, ERROR_USAGE, NULL, "'%s' wants more: lstmfc %s %s", command->name, command->name, command->usage);
}

void arguments_free(Arguments *arguments) {
    config_free(&arguments->config);
    free(arguments->given);
    *arguments = (Arguments){0};
}

const Given *arguments_find(const Arguments *arguments, const char *name, bool in_recipe) {
    for (size_t i = arguments->n_given; i-- > 0;)
        if (arguments->given[i].in_recipe == in_recipe && strcmp(arguments->given[i].setting->name, name) == 0) return &arguments->given[i];
    return NULL;
}

/* What one origin says of the recipe. */
static bool apply(const Arguments *arguments, Origin origin, Recipe *recipe, Error *error) {
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < arguments->n_given; i++) {
            const Given *given = &arguments->given[i];
            if (!given->in_recipe || given->origin != origin) continue;
            if (pass == 0) recipe_displace(recipe, given->setting->name);
            else if (!setting_put(given->setting, recipe, given->value, error)) return false;
        }
    return true;
}

bool arguments_apply(const Arguments *arguments, Recipe *recipe, Error *error) {
    return apply(arguments, ORIGIN_CONFIG, recipe, error) && apply(arguments, ORIGIN_ENVIRONMENT, recipe, error) &&
           apply(arguments, ORIGIN_OPTION, recipe, error);
}

const Setting *arguments_given(const Arguments *arguments, unsigned cli_groups) {
    for (size_t i = 0; i < arguments->n_given; i++)
        if (arguments->given[i].origin == ORIGIN_OPTION && !arguments->given[i].in_recipe &&
            arguments->given[i].setting->group & cli_groups)
            return arguments->given[i].setting;
    return NULL;
}

bool arguments_mention(int argc, char **argv, const char *option) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], option) == 0) return true;
    return false;
}
