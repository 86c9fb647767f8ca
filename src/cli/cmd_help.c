#include <string.h>

#include "help.h"
#include "json.h"

static void json_option(Json *json, const Setting *row) {
    char letter[2] = {row->letter};
    json_open(json, NULL, JSON_OBJECT);
    json_text(json, "name", row->name);
    json_text(json, "letter", row->letter ? letter : NULL);
    json_text(json, "value", row->argument);
    json_open(json, "choices", JSON_ARRAY);
    for (size_t i = 0; row->kind == SETTING_CHOICE && row->choices[i]; i++) json_text(json, NULL, row->choices[i]);
    json_close(json);
    json_text(json, "default", row->fallback);
    json_text(json, "help", row->help);
    json_close(json);
}

static void json_options(Json *json, const Command *command, const Setting *table, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (command_takes(command, &table[i])) json_option(json, &table[i]);
}

static void json_head(Json *json, const Command *command) {
    json_text(json, "name", command->name);
    json_text(json, "usage", command->usage);
    json_text(json, "summary", command->summary);
}

static void json_examples(Json *json, const char *examples) {
    Text line = {0};
    json_open(json, "examples", JSON_ARRAY);
    for (const char *at = examples ? examples : ""; *at; at += strspn(at, "\n")) {
        const size_t n = strcspn(at, "\n");
        line.length = 0;
        text_append(&line, at, n);
        json_text(json, NULL, line.failed ? NULL : line.data);
        at += n;
    }
    json_close(json);
    text_free(&line);
}

static void json_command(Json *json, const Command *command) {
    json_head(json, command);
    json_text(json, "about", command->about);
    json_open(json, "options", JSON_ARRAY);
    json_options(json, command, cli_settings, cli_n_settings);
    json_options(json, command, recipe_settings, recipe_n_settings);
    json_close(json);
    json_examples(json, command->examples);
}

static void json_commands(Json *json) {
    json_open(json, "commands", JSON_ARRAY);
    for (size_t i = 0; commands[i]; i++) {
        json_open(json, NULL, JSON_OBJECT);
        json_head(json, commands[i]);
        json_close(json);
    }
    json_close(json);
}

static bool write_json(const Command *command, Console *console, Error *error) {
    Json json;
    json_init(&json);
    if (command) json_command(&json, command);
    else json_commands(&json);
    return json_finish(&json, &console->out, error);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    const Command *command = NULL;
    if (arguments->n_operands && !(command = command_find(arguments->operands[0], error))) return false;
    if (console->json) return write_json(command, console, error);
    if (command) help_command(&console->out, command);
    else help_list(&console->out);
    return true;
}

const Command command_help = {
    .name = "help",
    .summary = "list the commands, or explain one",
    .usage = "[COMMAND]",
    .examples = "lstmfc help train\n"
                "lstmfc help train --json",
    .max_operands = 1,
    .run = run,
};
