/* command.h - what a subcommand is, and the registry.
 *
 * To add one: write a cmd_*.c that ends in a const Command, and add its row to `commands` in command.c. Usage, help and which options are
 * taken follow from the row.
 */
#ifndef LSTMFC_CLI_COMMAND_H
#define LSTMFC_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"

#include "argument.h"
#include "console.h"

typedef struct Command {
    const char *name;
    const char *summary;    /* one line, no full stop */
    const char *usage;      /* what follows the name: "CSV -m MODEL" */
    const char *about;      /* a paragraph of help; NULL = none */
    const char *examples;   /* lines, each beginning with "lstmfc" */
    const char *verbs;      /* words of which the first operand is one, with blanks between; NULL = it is none of a few */
    bool basic;             /* among the three a newcomer needs */
    unsigned recipe_groups; /* rows of recipe_settings taken */
    unsigned cli_groups;    /* rows of cli_settings taken, CLI_COMMON apart */
    const char *const *without; /* names of recipe rows not taken after all, ended by NULL; NULL = none */
    size_t min_operands, max_operands;
    bool (*run)(const Arguments *arguments, Console *console, Error *error);
} Command;

/* All commands in the order of help, ended by NULL. */
extern const Command *const commands[];

extern const Command command_train, command_evaluate, command_predict, command_validate, command_compare, command_tune, command_check,
    command_inspect, command_presets, command_help, command_ledger, command_report, command_chars;

/* By name. NULL with ERROR_USAGE, which suggests the nearest. */
const Command *command_find(const char *name, Error *error);

/* The row that `name` means to a command: of the command line's table before the recipe's. NULL = not taken. `in_recipe` may be NULL. */
const Setting *command_option(const Command *command, const char *name, bool *in_recipe);

/* True where the command takes this very row. */
bool command_takes(const Command *command, const Setting *setting);

#endif
