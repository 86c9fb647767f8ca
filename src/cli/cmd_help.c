#include "help.h"

static bool run(const Arguments *arguments, Console *console, Error *error) {
    const Command *command = NULL;
    if (arguments->n_operands && !(command = command_find(arguments->operands[0], error))) return false;
    if (command) help_command(&console->out, command);
    else help_list(&console->out);
    return true;
}

const Command command_help = {
    .name = "help",
    .summary = "list the commands, or explain one",
    .usage = "[COMMAND]",
    .examples = "lstmfc help train",
    .max_operands = 1,
    .run = run,
};
