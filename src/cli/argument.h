/* argument.h - argv taken apart by the tables of settings.
 *
 * `--name value`, `--name=value`, `-m value`; switches stand alone or take =true, =false; options and files in any order; `--` ends the
 * options; `-` is a file. Names are not abbreviated. Of an option given twice the last counts. What argv does not say, the environment may,
 * then the config file.
 */
#ifndef LSTMFC_CLI_ARGUMENT_H
#define LSTMFC_CLI_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"
#include "lstmfc/recipe.h"

#include "config.h"
#include "option.h"

struct Command;

enum { ARGUMENT_OPERANDS = 4 };

/* Who said it, from the lowest: a later one counts. */
typedef enum Origin { ORIGIN_CONFIG, ORIGIN_ENVIRONMENT, ORIGIN_OPTION } Origin;

/* A setting that was given, with its text: argv, the environment and the config outlive it. */
typedef struct Given {
    const Setting *setting;
    const char *value; /* NULL: a switch alone */
    bool in_recipe;    /* a row of the recipe's table; else of the command line's */
    Origin origin;
    const char *place; /* the variable, or the config's path; NULL = argv */
    size_t line;       /* of the config; 0 = none */
} Given;

typedef struct Arguments {
    CliOptions cli;
    const char *operands[ARGUMENT_OPERANDS];
    size_t n_operands;
    Given *given; /* from the lowest origin to the highest; owned */
    size_t n_given, capacity;
    Config config;
} Arguments;

/* Reads argv[0..argc) (what follows the command's name) over the environment over the config over the defaults. Every value is checked at
 * once. ERROR_USAGE; ERROR_FILE where the config cannot be read. arguments_free in every case. */
bool arguments_parse(Arguments *arguments, const struct Command *command, int argc, char **argv, Error *error);
void arguments_free(Arguments *arguments);

/* The first option of the command line's own table that argv has and that stands in one of the groups; NULL = none. */
const Setting *arguments_given(const Arguments *arguments, unsigned cli_groups);

/* Puts the recipe settings that were given over what `recipe` holds. */
bool arguments_apply(const Arguments *arguments, Recipe *recipe, Error *error);

/* The last word on a setting; NULL = not given. */
const Given *arguments_find(const Arguments *arguments, const char *name, bool in_recipe);

/* True where a switch stands among argv before `--`: for what must be known before, or although, the rest cannot be read. */
bool arguments_mention(int argc, char **argv, const char *option);

#endif
