#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/kernels.h"

#include "command.h"
#include "help.h"
#include "resolution.h"
#include "stop.h"

/* Not even --output is written. */
static bool dry_run(const Command *command, const Arguments *arguments, Console *console, Error *error) {
    console->output = NULL;
    return resolution_print(command, arguments, console, error);
}

static bool run_command(const Command *command, int argc, char **argv, bool *json, Error *error) {
    Arguments arguments = {0};
    Console console = {0};
    bool ok = arguments_parse(&arguments, command, argc, argv, error);
    *json = *json || arguments.cli.json;
    if (ok) {
        console_init(&console, &arguments.cli);
        if (arguments.cli.help) help_command(&console.out, command);
        else if (arguments.cli.dry_run) ok = dry_run(command, &arguments, &console, error);
        else ok = command->run(&arguments, &console, error);
    }
    /* a gate that says no, and a report, has something to show all the same */
    Error *unsaid = &(Error){0};
    if (ok || error->code == ERROR_GATE || console.keep) ok = console_finish(&console, ok ? error : unsaid) && ok;
    console_free(&console);
    arguments_free(&arguments);
    return ok;
}

static bool print_version(Error *error) {
    Console console = {0};
    const Kernels *kernels = kernels_choose(getenv("LSTMFC_ISA"), error);
    if (kernels) text_printf(&console.out, "lstmfc %s (kernels %s)\n", LSTMFC_VERSION, kernels->name);
    bool ok = kernels && console_finish(&console, error);
    console_free(&console);
    return ok;
}

static bool print_help(Error *error) {
    Console console = {0};
    help_list(&console.out);
    bool ok = console_finish(&console, error);
    console_free(&console);
    return ok;
}

static bool run(int argc, char **argv, bool *json, Error *error) {
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) return print_version(error);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return print_help(error);
    if (name[0] == '-') return error_set(error, ERROR_USAGE, "lstmfc COMMAND [OPTIONS] [FILE]", "the command comes before its options");
    const Command *command = command_find(name, error);
    return command && run_command(command, argc - 2, argv + 2, json, error);
}

static int show_beginning(void) {
    Text text = {0};
    help_begin(&text);
    if (!text.failed) fputs(text.data, stderr);
    text_free(&text);
    return ERROR_USAGE;
}

int main(int argc, char **argv) {
    Error error = {0};
    if (argc < 2) return show_beginning();
    /* Errors of the command line itself come before it is read to its end, so argv is asked. */
    bool json = arguments_mention(argc, argv, "--json") || arguments_mention(argc, argv, "--json=true");
    bool ok = run(argc, argv, &json, &error);
    if (!ok && error.code == ERROR_STOPPED && !error.hint[0]) {
        error = (Error){0};
        error_set(&error, ERROR_STOPPED, NULL, "stopped, nothing written");
    }
    if (!ok) console_error(&error, json);
    stop_raise();
    return ok ? 0 : (int)error.code;
}
