#define _POSIX_C_SOURCE 200809L

#include <string.h>
#include <sys/stat.h>

#include "lstmfc/clean.h"
#include "lstmfc/file.h"

#include "command.h"
#include "finding.h"
#include "freshness.h"
#include "json.h"
#include "report.h"
#include "setup.h"

/* Everything of one run. */
typedef struct Check {
    Series series;
    Problems problems, changes;
    Holidays holidays;
    const char *fix;
    Error fault; /* what training would refuse */
} Check;

static void write_list(Json *json, const char *name, const Problems *problems, bool severity) {
    json_open(json, name, JSON_ARRAY);
    for (size_t i = 0; i < problems->n; i++) {
        const Problem *p = &problems->list[i];
        json_open(json, NULL, JSON_OBJECT);
        json_number_or_null(json, "line", (double)p->line, p->line > 0);
        json_text(json, "code", p->code);
        if (severity) json_text(json, "severity", problem_severity(p->severity));
        json_text(json, "message", p->message);
        json_close(json);
    }
    json_close(json);
}

static bool write_json(const Check *check, Console *console, Error *error) {
    const Series *s = &check->series;
    char calendar[40], mark[2] = {s->delimiter}, decimal[2] = {s->decimal};
    Json json;
    json_init(&json);
    json_count(&json, "rows", s->n_rows);
    json_date(&json, "from", s->dates[0]);
    json_date(&json, "to", s->dates[s->n_rows - 1]);
    json_text(&json, "target", s->names[0]);
    json_open(&json, "columns", JSON_ARRAY);
    for (size_t c = 0; c < s->n_columns; c++) json_text(&json, NULL, s->names[c]);
    json_close(&json);
    json_text(&json, "delimiter", s->delimiter == '\t' ? "tab" : mark);
    json_text(&json, "decimal", decimal);
    json_text(&json, "date_format", s->date_pattern);
    json_text(&json, "calendar", calendar_describe(&s->calendar, calendar, sizeof calendar));
    json_bool(&json, "newest_first", s->reversed);
    json_count(&json, "dropped", s->n_dropped);
    json_count(&json, "filled", s->n_filled);
    json_count(&json, "duplicates", s->n_duplicates);
    json_count(&json, "skipped", s->n_skipped);
    write_list(&json, "problems", &check->problems, true);
    json_count(&json, "errors", problems_count(&check->problems, SEVERITY_ERROR));
    json_count(&json, "warnings", problems_count(&check->problems, SEVERITY_WARNING));
    if (check->fix && !check->fault.code) {
        json_text(&json, "fixed", check->fix);
        write_list(&json, "changes", &check->changes, false);
    }
    return json_finish(&json, &console->out, error);
}

/* Row by row, all of them: this is what the new file does not say. */
static void write_changes(const Check *check, Console *console) {
    const Problems *changes = &check->changes;
    char shown[256];
    text_printf(&console->out, "\n%s: %zu rows written, %zu change%s%s\n", text_escape(check->fix, strlen(check->fix), shown, sizeof shown),
                check->series.n_rows, changes->n, changes->n == 1 ? "" : "s", changes->n ? ":" : "");
    for (size_t i = 0; i < changes->n; i++) {
        const Problem *p = &changes->list[i];
        if (p->line) text_printf(&console->out, "  line %zu: %s\n", p->line, p->message);
        else text_printf(&console->out, "  %s\n", p->message);
    }
}

static bool same_file(const char *a, const char *b) {
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino && S_ISREG(one.st_mode);
}

static bool look(Check *check, const Arguments *arguments, Error *error) {
    const CliOptions *cli = &arguments->cli;
    const char *path = arguments->operands[0];
    Recipe recipe;
    recipe_defaults(&recipe);
    if (!arguments_apply(arguments, &recipe, error) || !recipe_check(&recipe, error)) return false;
    SeriesOptions options = setup_series_options(&recipe);
    options.all_columns = true;
    options.fault = &check->fault;
    check->fix = cli->fix;
    if (cli->fix && same_file(path, cli->fix))
        return error_set(error, ERROR_USAGE, "write to another file", "--fix would overwrite the file it reads: '%.200s'", cli->fix);
    if (!setup_target(cli->fix, error)) return false;
    const Date now = cli->now == DATE_NONE ? freshness_today() : cli->now;
    return series_read(&check->series, path, &options, error) && setup_calendar(&check->series, &check->holidays, cli, error) &&
           problems_find(&check->problems, &check->series, now, &check->fault, error);
}

static bool fix(Check *check, Error *error) {
    Text text = {0};
    bool ok = clean_write(&check->series, &text, &check->changes, error) && file_write(check->fix, text.data, text.length, error);
    text_free(&text);
    return ok;
}

static bool say(const Check *check, Console *console, Error *error) {
    if (console->json) return write_json(check, console, error);
    if (!console_talks(console)) return true;
    finding_data(&check->series, console);
    finding_problems(&check->problems, console);
    if (check->fix && !check->fault.code) write_changes(check, console);
    return true;
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Check check = {.fix = NULL};
    bool ok = look(&check, arguments, error);
    if (ok && check.fix && !check.fault.code) ok = fix(&check, error);
    ok = ok && say(&check, console, error);
    console->keep = ok;
    if (ok && check.fault.code) {
        *error = check.fault;
        error_source(error, check.series.source);
        ok = false;
    }
    ok = ok && freshness_age(&check.series, &arguments->cli, error);
    problems_free(&check.problems);
    problems_free(&check.changes);
    holidays_free(&check.holidays);
    series_free(&check.series);
    return ok;
}

static const char *const without[] = {"indicators", "file-order", NULL};

const Command command_check = {
    .name = "check",
    .summary = "what the loader understood, and what looks wrong in the data",
    .usage = "CSV",
    .about =
        "Fails (exit 3) only where training would refuse the file; what else looks wrong is reported and is yours to judge. --fix OUT.csv writes the numbers "
        "understood as a clean CSV and says row by row what it left out; it makes up nothing and does not touch its input.",
    .examples = "lstmfc check prices.csv\n"
                "lstmfc check prices.csv --calendar nyse --json\n"
                "lstmfc check download.csv --fix prices.csv",
    .recipe_groups = RECIPE_DATA,
    .without = without,
    .cli_groups = CLI_AGE | CLI_CALENDAR | CLI_FIX,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
