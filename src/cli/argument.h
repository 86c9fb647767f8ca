/* argument.h - argv taken apart by the tables of settings.
 *
 * `--name value`, `--name=value`, `-m value`; switches stand alone or take =true, =false; options and files in any order; `--` ends the
 * options; `-` is a file. Names are not abbreviated. Of an option given twice the last counts.
 */
#ifndef LSTMFC_CLI_ARGUMENT_H
#define LSTMFC_CLI_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"
#include "lstmfc/recipe.h"

#include "option.h"

struct Command;

enum { ARGUMENT_OPERANDS = 4 };

/* A setting that was given, with its text: argv outlives it. */
typedef struct Given {
    const Setting *setting;
    bool in_recipe;
    const char *value; /* NULL: a switch alone */
} Given;

typedef struct Arguments {
    CliOptions cli;
    const char *operands[ARGUMENT_OPERANDS];
    size_t n_operands;
    Given *given; /* owned */
    size_t n_given;
} Arguments;

/* Reads argv[0..argc) (what follows the command's name) over the environment over the defaults. Every value is checked at once. ERROR_USAGE. */
bool arguments_parse(Arguments *arguments, const struct Command *command, int argc, char **argv, Error *error);
void arguments_free(Arguments *arguments);

/* The first option of the command line's own that was given and stands in one of the groups; NULL = none. */
const Setting *arguments_given(const Arguments *arguments, unsigned cli_groups);

/* Puts the recipe settings that were given over what `recipe` holds. */
bool arguments_apply(const Arguments *arguments, Recipe *recipe, Error *error);

/* True where a switch stands among argv before `--`: for what must be known before, or although, the rest cannot be read. */
bool arguments_mention(int argc, char **argv, const char *option);

#endif
