#include "completion.h"

#include <string.h>

#include "lstmfc/preset.h"
#include "lstmfc/recipe.h"

#include "command.h"

typedef void Visit(Text *text, const Command *command, const Setting *row);

static void each_row(Text *text, const Command *command, Visit *visit) {
    for (size_t i = 0; i < cli_n_settings; i++)
        if (command_takes(command, &cli_settings[i])) visit(text, command, &cli_settings[i]);
    for (size_t i = 0; i < recipe_n_settings; i++)
        if (command_takes(command, &recipe_settings[i])) visit(text, command, &recipe_settings[i]);
}

static bool wants_file(const Setting *row) {
    return row->argument && (strcmp(row->argument, "FILE") == 0 || strcmp(row->argument, "MODEL") == 0);
}

static bool wants_preset(const Setting *row) {
    return strcmp(row->name, "preset") == 0;
}

/* The words that can be a row's value, with blanks between; false where they are no list. */
static bool put_words(Text *text, const Setting *row) {
    if (wants_preset(row))
        for (size_t i = 0; i < n_presets; i++) text_printf(text, "%s%s", i ? " " : "", presets[i].name);
    for (size_t i = 0; row->kind == SETTING_CHOICE && row->choices[i]; i++) text_printf(text, "%s%s", i ? " " : "", row->choices[i]);
    return row->kind == SETTING_CHOICE || wants_preset(row);
}

static void put_commands(Text *text) {
    for (size_t i = 0; commands[i]; i++) text_printf(text, "%s%s", i ? " " : "", commands[i]->name);
}

/* Whether its operand is a word of `help` or `presets` and no file. */
static const char *operand_words(const Command *command) {
    return command == &command_help ? "commands" : command == &command_presets ? "presets" : NULL;
}

static void put_operands(Text *text, const Command *command) {
    if (command == &command_help) put_commands(text);
    for (size_t i = 0; command == &command_presets && i < n_presets; i++) text_printf(text, "%s%s", i ? " " : "", presets[i].name);
}

/* `string` where single quotes stand around it, with a backslash before each of `special`. */
static void put_quoted(Text *text, const char *string, const char *special) {
    for (; *string; string++) {
        if (*string == '\'') text_puts(text, "'\\''");
        else if (strchr(special, *string)) text_printf(text, "\\%c", *string);
        else text_append(text, string, 1);
    }
}

/* ---- bash ---- */

static void bash_option(Text *text, const Command *command, const Setting *row) {
    (void)command;
    text_printf(text, " --%s", row->name);
    if (row->letter) text_printf(text, " -%c", row->letter);
}

static void bash_value(Text *text, const Command *command, const Setting *row) {
    Text words = {0};
    if (row->kind == SETTING_SWITCH) return;
    text_printf(text, "    %s:--%s", command->name, row->name);
    if (row->letter) text_printf(text, " | %s:-%c", command->name, row->letter);
    if (put_words(&words, row)) text_printf(text, ") words='%s' ;;\n", words.failed ? "" : words.data);
    else text_printf(text, ") kind='%s' ;;\n", wants_file(row) ? "file" : "free");
    text_free(&words);
}

void completion_bash(Text *text) {
    text_puts(text, "# shellcheck shell=bash\n# bash completion of lstmfc\n\n_lstmfc() {\n"
                    "    local cur=${COMP_WORDS[COMP_CWORD]} prev='' command=${COMP_WORDS[1]} words='' kind='' word\n"
                    "    COMPREPLY=()\n"
                    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='");
    put_commands(text);
    text_puts(
        text,
        " --help --version'\n        while IFS= read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -W \"$words\" -- \"$cur\")\n        return\n    fi\n"
        "    prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    if [ \"$cur\" = = ]; then\n        cur=''\n"
        "    elif [ \"$prev\" = = ]; then\n        prev=${COMP_WORDS[COMP_CWORD - 2]}\n    fi\n"
        "    case $command:$prev in\n");
    for (size_t i = 0; commands[i]; i++) each_row(text, commands[i], bash_value);
    text_puts(text, "    *)\n        case $command:$cur in\n");
    for (size_t i = 0; commands[i]; i++) {
        text_printf(text, "        %s:-*) words='", commands[i]->name);
        each_row(text, commands[i], bash_option);
        text_puts(text, "' ;;\n");
        if (commands[i]->verbs)
            text_printf(text, "        %s:*) if [ \"$COMP_CWORD\" -eq 2 ]; then words='%s'; else kind='file'; fi ;;\n", commands[i]->name,
                        commands[i]->verbs);
        if (!operand_words(commands[i])) continue;
        text_printf(text, "        %s:*) words='", commands[i]->name);
        put_operands(text, commands[i]);
        text_puts(text, "' ;;\n");
    }
    text_puts(text, "        *) kind='file' ;;\n        esac\n        ;;\n    esac\n"
                    "    if [ \"$kind\" = file ]; then\n"
                    "        compopt -o filenames 2>/dev/null\n"
                    "        while IFS= read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -f -- \"$cur\")\n"
                    "    elif [ -n \"$words\" ]; then\n"
                    "        while IFS= read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -W \"$words\" -- \"$cur\")\n"
                    "    fi\n}\n\ncomplete -F _lstmfc lstmfc\n");
}

/* ---- zsh ---- */

static void zsh_option(Text *text, const Command *command, const Setting *row) {
    Text words = {0};
    (void)command;
    text_puts(text, " \\\n            ");
    if (row->letter) text_printf(text, "'(-%c --%s)'{-%c,--%s}'[", row->letter, row->name, row->letter, row->name);
    else text_printf(text, "'--%s[", row->name);
    put_quoted(text, row->help, "[]:\\");
    text_puts(text, "]");
    if (put_words(&words, row)) text_printf(text, ":%s:(%s)", row->argument ? row->argument : row->name, words.failed ? "" : words.data);
    else if (wants_file(row)) text_printf(text, ":%s:_files", row->argument);
    else if (row->kind != SETTING_SWITCH) text_printf(text, ":%s: ", row->argument);
    text_puts(text, "'");
    text_free(&words);
}

void completion_zsh(Text *text) {
    text_puts(text, "#compdef lstmfc\n\n_lstmfc() {\n    local -a commands\n    commands=(\n");
    for (size_t i = 0; commands[i]; i++) {
        text_printf(text, "        '%s:", commands[i]->name);
        put_quoted(text, commands[i]->summary, ":\\");
        text_puts(text, "'\n");
    }
    text_puts(text, "    )\n    if (( CURRENT == 2 )); then\n        _describe -t commands command commands\n        return\n    fi\n"
                    "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (size_t i = 0; commands[i]; i++) {
        text_printf(text, "    %s)\n        _arguments", commands[i]->name);
        each_row(text, commands[i], zsh_option);
        if (commands[i]->verbs) text_printf(text, " \\\n            '1:what:(%s)'", commands[i]->verbs);
        text_puts(text, " \\\n            '*:");
        if (operand_words(commands[i])) {
            text_printf(text, "%s:(", operand_words(commands[i]));
            put_operands(text, commands[i]);
            text_puts(text, ")'\n        ;;\n");
        } else {
            text_puts(text, "file:_files'\n        ;;\n");
        }
    }
    text_puts(text, "    esac\n}\n\n_lstmfc \"$@\"\n");
}

/* ---- fish ---- */

/* That the command line is this command's: a verb of another may have the same name. */
static void fish_condition(Text *text, const Command *command) {
    text_puts(text, "complete -c lstmfc -n '");
    for (size_t i = 0; commands[i]; i++)
        if (commands[i]->verbs && commands[i] != command) text_printf(text, "not __fish_seen_subcommand_from %s; and ", commands[i]->name);
    text_printf(text, "__fish_seen_subcommand_from %s'", command->name);
}

static void fish_option(Text *text, const Command *command, const Setting *row) {
    Text words = {0};
    fish_condition(text, command);
    text_printf(text, " -l %s", row->name);
    if (row->letter) text_printf(text, " -s %c", row->letter);
    if (put_words(&words, row)) text_printf(text, " -x -a '%s'", words.failed ? "" : words.data);
    else if (wants_file(row)) text_puts(text, " -r -F");
    else if (row->kind != SETTING_SWITCH) text_puts(text, " -x");
    text_puts(text, " -d '");
    for (const char *at = row->help; *at; at++) {
        if (*at == '\'' || *at == '\\') text_puts(text, "\\");
        text_append(text, at, 1);
    }
    text_puts(text, "'\n");
    text_free(&words);
}

void completion_fish(Text *text) {
    text_puts(text, "# fish completion of lstmfc\n");
    for (size_t i = 0; commands[i]; i++) {
        text_printf(text, "complete -c lstmfc -n __fish_use_subcommand -f -a %s -d '%s'\n", commands[i]->name, commands[i]->summary);
    }
    for (size_t i = 0; commands[i]; i++) {
        if (commands[i]->verbs) {
            fish_condition(text, commands[i]);
            text_printf(text, " -a '%s'\n", commands[i]->verbs);
        }
        if (operand_words(commands[i])) {
            fish_condition(text, commands[i]);
            text_puts(text, " -f -a '");
            put_operands(text, commands[i]);
            text_puts(text, "'\n");
        }
        each_row(text, commands[i], fish_option);
    }
}
