#include "manual.h"

#include <string.h>

#include "lstmfc/recipe.h"

#include "help.h"

enum { LINE = 72 };

/* ---- roff ---- */

/* Text that roff shows as it is. */
static void put_escaped(Text *text, const char *string, size_t n) {
    static const struct {
        char plain;
        const char *roff;
    } table[] = {{'\\', "\\e"}, {'-', "\\-"}, {'\'', "\\(aq"}, {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}, {'"', "\\(dq"}};
    for (size_t i = 0; i < n; i++) {
        const char *roff = NULL;
        for (size_t k = 0; k < sizeof table / sizeof *table; k++)
            if (table[k].plain == string[i]) roff = table[k].roff;
        if (roff) text_puts(text, roff);
        else text_append(text, &string[i], 1);
    }
}

/* Running text: short lines, each sentence on a new one, none beginning as a request does. */
static void put_text(Text *text, const char *string) {
    size_t column = 0;
    while (*string) {
        const size_t n = strcspn(string, " ");
        if (column == 0 && *string == '.') text_puts(text, "\\&");
        put_escaped(text, string, n);
        column += n + 1;
        const bool ends = n > 1 && strchr(".?!", string[n - 1]);
        string += n + strspn(string + n, " ");
        if (!*string) break;
        const bool cut = ends || column + strcspn(string, " ") > LINE;
        text_puts(text, cut ? "\n" : " ");
        if (cut) column = 0;
    }
    text_puts(text, "\n");
}

static void put_upper(Text *text, const char *string) {
    for (; *string; string++) {
        const char c = *string >= 'a' && *string <= 'z' ? (char)(*string - ('a' - 'A')) : *string;
        text_append(text, &c, 1);
    }
}

static void put_begin(Text *text, const char *name, const char *summary, Date date) {
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    int year, month, day;
    date_to_civil(date, &year, &month, &day);
    text_printf(text, ".Dd %s %d, %d\n.Dt ", months[month - 1], day, year);
    put_upper(text, name);
    text_printf(text, " 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd ", name);
    put_text(text, summary);
}

/* ---- options ---- */

static void put_value(Text *text, const Setting *setting) {
    for (size_t i = 0; setting->kind == SETTING_CHOICE && setting->choices[i]; i++)
        text_printf(text, "%s\\&%s", i ? " | " : " Ar ", setting->choices[i]);
    if (setting->kind != SETTING_CHOICE && setting->argument) text_printf(text, " Ar \\&%s", setting->argument);
}

static void put_setting(Text *text, const Setting *setting) {
    text_puts(text, ".It ");
    if (setting->letter) text_printf(text, "Fl %c , ", setting->letter);
    text_printf(text, "Fl -%s", setting->name);
    put_value(text, setting);
    text_puts(text, "\n");
    put_text(text, setting->help);
    if (setting->fallback) {
        text_puts(text, ".Pq default ");
        put_escaped(text, setting->fallback, strlen(setting->fallback));
        text_puts(text, "\n");
    }
}

static void put_rows(Text *text, const Command *command, const Setting *table, size_t n, unsigned groups) {
    for (size_t i = 0; i < n; i++)
        if (table[i].group & groups && command_takes(command, &table[i])) put_setting(text, &table[i]);
}

static void put_section(Text *text, const Command *command, const HelpSection *section) {
    Text rows = {0};
    put_rows(&rows, command, cli_settings, cli_n_settings, section->cli);
    put_rows(&rows, command, recipe_settings, recipe_n_settings, section->recipe);
    if (rows.failed) text->failed = true;
    else if (rows.length > 0) text_printf(text, ".Ss %s\n.Bl -tag -width Ds\n%s.El\n", section->title, rows.data);
    text_free(&rows);
}

static void put_examples(Text *text, const char *examples) {
    text_puts(text, ".Sh EXAMPLES\n.Bd -literal\n");
    while (*examples) {
        const size_t n = strcspn(examples, "\n");
        put_escaped(text, examples, n);
        text_puts(text, "\n");
        examples += n + (examples[n] == '\n');
    }
    text_puts(text, ".Ed\n");
}

/* "CSV -m MODEL" as macros. */
static void put_usage(Text *text, const char *usage) {
    for (const char *at = usage; *at; at += strspn(at, " ")) {
        const size_t n = strcspn(at, " ");
        const bool option = *at == '-';
        text_puts(text, option ? ".Fl " : ".Ar ");
        if (!option) text_puts(text, "\\&");
        put_escaped(text, at + option, n - option);
        text_puts(text, "\n");
        at += n;
    }
}

static void put_indicators(Text *text) {
    char name[INDICATOR_NAME + 16];
    text_puts(text, ".Ss Indicators\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < indicator_n_kinds; i++) {
        text_printf(text, ".It %s\n", help_indicator(&indicator_kinds[i], name));
        put_text(text, indicator_kinds[i].summary);
    }
    text_puts(text, ".El\n");
}

void manual_command(Text *text, const Command *command, Date date) {
    char name[64] = "lstmfc-";
    strncat(name, command->name, sizeof name - strlen(name) - 1);
    put_begin(text, name, command->summary, date);
    text_printf(text, ".Sh SYNOPSIS\n.Nm lstmfc\n.Cm %s\n", command->name);
    put_usage(text, command->usage);
    text_puts(text, ".Op Ar OPTIONS\n.Sh DESCRIPTION\n");
    put_text(text, command->about
                       ? command->about
                       : "Options stand before or after the file; - is standard input. Of an option given twice the last counts.");
    for (size_t i = 0; i < help_n_sections; i++) put_section(text, command, &help_sections[i]);
    if (help_has_indicators(command)) put_indicators(text);
    text_puts(text, ".Sh EXIT STATUS\nThe codes are listed in\n.Xr lstmfc 1 .\n");
    if (command->examples) put_examples(text, command->examples);
    text_puts(text, ".Sh SEE ALSO\n.Xr lstmfc 1\n");
}

/* ---- the program ---- */

static void put_exit_codes(Text *text) {
    static const struct {
        int code;
        const char *meaning;
    } codes[] = {
        {0, "done"},
        {ERROR_INTERNAL, "internal error"},
        {ERROR_USAGE, "usage: the command line"},
        {ERROR_DATA, "data: the content of a CSV, a missing column included"},
        {ERROR_MODEL, "model: the content of a model file"},
        {ERROR_STALE, "stale: the data is older than --max-age"},
        {ERROR_GATE, "quality: --require-skill said no"},
        {ERROR_LOCKED, "locked: another run holds the lock"},
        {ERROR_DIVERGED, "training diverged"},
        {ERROR_FILE, "a file cannot be opened, read or written"},
        {ERROR_MEMORY, "out of memory"},
    };
    text_puts(text, ".Sh EXIT STATUS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        text_printf(text, ".It %d\n", codes[i].code);
        put_text(text, codes[i].meaning);
    }
    text_puts(text, ".El\n.Pp\nA signal that ends the program is raised again: 130 and 143 in a shell.\n");
}

void manual_program(Text *text, Date date) {
    put_begin(text, "lstmfc", "forecast a price series with recurrent networks", date);
    text_puts(
        text,
        ".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar OPTIONS\n.Op Ar FILE\n.Nm\n.Cm help\n.Op Ar COMMAND\n.Nm\n.Fl -version\n.Sh DESCRIPTION\n");
    put_text(
        text,
        "Fits LSTM and GRU networks to a CSV of prices, forecasts what follows its last row, and says whether that beats no change. Data goes to standard output, "
        "everything else to standard error.");
    text_puts(text, ".Bl -tag -width Ds\n");
    for (size_t i = 0; commands[i]; i++) {
        text_printf(text, ".It Cm %s\n", commands[i]->name);
        put_text(text, commands[i]->summary);
        text_printf(text, ".Pq Xr lstmfc-%s 1\n", commands[i]->name);
    }
    text_puts(
        text,
        ".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev LSTMFC_THREADS\nthreads to use where\n.Fl -threads\nis not given\n"
        ".It Ev LSTMFC_ISA\nforces a set of kernels: v1, v3, v4 or neon\n.It Ev NO_COLOR\nno colours where it is set and not empty\n"
        ".It Ev XDG_CONFIG_HOME\nthe folder of configuration; default\n.Pa ~/.config\n.El\n"
        ".Sh FILES\n.Bl -tag -width Ds\n.It Pa ~/.config/lstmfc/config.ini\noptions under their long names, of every command under\n.Li [common]\n"
        "and of one under its name, as\n.Ql epochs = 60\nunder\n.Li [train] .\nOptions given count before the environment,\nthat before this file, that before a preset.\n.Fl -dry-run\n"
        "shows who said what.\n.El\n");
    put_exit_codes(text);
    Text all = {0};
    for (size_t i = 0; commands[i]; i++)
        if (commands[i]->basic) text_printf(&all, "%.*s\n", (int)strcspn(commands[i]->examples, "\n"), commands[i]->examples);
    put_examples(text, all.failed ? "" : all.data);
    text_free(&all);
}
