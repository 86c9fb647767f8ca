#include "help.h"

#include <stdio.h>
#include <string.h>

#include "lstmfc/recipe.h"

enum { NAMES = 30, WIDTH = 110 };

const HelpSection help_sections[] = {
    {"Model", 0, CLI_MODEL},
    {"Forecast", 0, CLI_FORECAST},
    {"Score", 0, CLI_SCORE},
    {"Intervals", 0, CLI_LEVELS},
    {"Data", RECIPE_DATA, 0},
    {"Split", RECIPE_SPLIT, 0},
    {"Network", RECIPE_NETWORK, CLI_PRESET},
    {"Fit", RECIPE_FIT, 0},
    {"Validate", RECIPE_VALIDATE, CLI_SPLITS},
    {"Cron", 0, CLI_LOCK | CLI_CHANGED | CLI_AGE | CLI_CALENDAR | CLI_LEDGER},
    {"Compare", 0, CLI_COMPARE},
    {"Tune", 0, CLI_TUNE},
    {"Train", 0, CLI_CHARS_TRAIN},
    {"Sample", 0, CLI_CHARS},
    {"Run", 0, CLI_THREADS | CLI_WATCH | CLI_RESUME},
    {"Output", 0, CLI_PLOT | CLI_FIX | CLI_COMMON},
};

const size_t help_n_sections = sizeof help_sections / sizeof help_sections[0];

/* Words of `string` in lines of at most WIDTH characters, all beginning at column `indent`, where the text already stands. */
static void wrap(Text *text, const char *string, size_t indent) {
    size_t column = indent;
    while (*string) {
        size_t n = strcspn(string, " ");
        if (column > indent && column + 1 + n > WIDTH) {
            text_printf(text, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            text_puts(text, " ");
            column++;
        }
        text_append(text, string, n);
        column += n;
        string += n + strspn(string + n, " ");
    }
    text_puts(text, "\n");
}

static void put_value(Text *text, const Setting *setting) {
    if (setting->kind == SETTING_CHOICE) {
        for (size_t i = 0; setting->choices[i]; i++) text_printf(text, "%s%s", i ? "|" : " ", setting->choices[i]);
    } else if (setting->argument) {
        text_printf(text, " %s", setting->argument);
    }
}

static void put_setting(Text *text, const Setting *setting) {
    Text left = {0}, right = {0};
    if (setting->letter) text_printf(&left, "  -%c, --%s", setting->letter, setting->name);
    else text_printf(&left, "      --%s", setting->name);
    put_value(&left, setting);
    text_puts(&right, setting->help);
    if (setting->fallback) text_printf(&right, " [%s]", setting->fallback);
    if (left.failed || right.failed) {
        text->failed = true;
    } else {
        text_puts(text, left.data);
        if (left.length > NAMES) text_printf(text, "\n%*s", NAMES + 2, "");
        else text_printf(text, "%*s", (int)(NAMES + 2 - left.length), "");
        wrap(text, right.data, NAMES + 2);
    }
    text_free(&left);
    text_free(&right);
}

static void put_rows(Text *text, const Command *command, const Setting *table, size_t n, unsigned groups) {
    for (size_t i = 0; i < n; i++)
        if (table[i].group & groups && command_takes(command, &table[i])) put_setting(text, &table[i]);
}

static void put_section(Text *text, const Command *command, size_t section) {
    Text rows = {0};
    put_rows(&rows, command, cli_settings, cli_n_settings, help_sections[section].cli);
    put_rows(&rows, command, recipe_settings, recipe_n_settings, help_sections[section].recipe);
    if (rows.failed) text->failed = true;
    else if (rows.length > 0) text_printf(text, "\n%s:\n%s", help_sections[section].title, rows.data);
    text_free(&rows);
}

static void put_examples(Text *text, const char *examples) {
    while (*examples) {
        size_t n = strcspn(examples, "\n");
        text_puts(text, "  ");
        text_append(text, examples, n);
        text_puts(text, "\n");
        examples += n + (examples[n] == '\n');
    }
}

bool help_has_indicators(const Command *command) {
    const Setting *setting = setting_find(recipe_settings, recipe_n_settings, "indicators");
    return setting->group & command->recipe_groups && command_takes(command, setting);
}

const char *help_indicator(const IndicatorKind *kind, char name[INDICATOR_NAME + 16]) {
    snprintf(name, INDICATOR_NAME + 16, kind->fallback ? "%s:N [%zu]" : "%s", kind->name, kind->fallback);
    return name;
}

static void put_indicators(Text *text) {
    char name[INDICATOR_NAME + 16];
    text_puts(text, "\nIndicators:\n");
    for (size_t i = 0; i < indicator_n_kinds; i++) {
        text_printf(text, "      %-26s", help_indicator(&indicator_kinds[i], name));
        wrap(text, indicator_kinds[i].summary, NAMES + 2);
    }
}

void help_command(Text *text, const Command *command) {
    text_printf(text, "usage: lstmfc %s %s [OPTIONS]\n\n%s\n", command->name, command->usage, command->summary);
    if (command->about) {
        text_puts(text, "\n");
        wrap(text, command->about, 0);
    }
    for (size_t i = 0; i < help_n_sections; i++) put_section(text, command, i);
    if (help_has_indicators(command)) put_indicators(text);
    if (command->examples) {
        text_puts(text, "\nExamples:\n");
        put_examples(text, command->examples);
    }
}

void help_list(Text *text) {
    text_puts(text, "usage: lstmfc COMMAND [OPTIONS] [FILE]\n\n");
    for (size_t i = 0; commands[i]; i++) text_printf(text, "  %-10s%s\n", commands[i]->name, commands[i]->summary);
    text_puts(
        text,
        "\n'lstmfc help COMMAND' shows its options. Options stand before or after the file; '-' is standard input.\n"
        "Exit codes: 0 done, 1 internal error, 2 usage, 3 data, 4 model, 5 stale data, 6 quality gate,\n            7 locked, 8 training diverged, 9 file, 10 memory.\n");
}

void help_begin(Text *text) {
    text_puts(text, "lstmfc forecasts a price series with recurrent networks, and says whether that beats no change.\n");
    for (size_t i = 0; commands[i]; i++) {
        const Command *command = commands[i];
        if (!command->basic) continue;
        text_printf(text, "\n%s: %s\n", command->name, command->summary);
        Text first = {0};
        text_append(&first, command->examples, strcspn(command->examples, "\n"));
        put_examples(text, first.failed ? "" : first.data);
        text_free(&first);
    }
    text_puts(text, "\n'lstmfc help' lists all commands.\n");
}
