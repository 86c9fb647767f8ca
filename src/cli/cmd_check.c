#include "command.h"
#include "finding.h"
#include "json.h"
#include "problem.h"
#include "report.h"
#include "setup.h"

static bool write_json(const Series *s, const Problems *problems, Console *console, Error *error) {
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
    json_open(&json, "problems", JSON_ARRAY);
    for (size_t i = 0; i < problems->n; i++) {
        const Problem *p = &problems->list[i];
        json_open(&json, NULL, JSON_OBJECT);
        json_number_or_null(&json, "line", (double)p->line, p->line > 0);
        json_text(&json, "code", p->code);
        json_text(&json, "severity", problem_severity(p->severity));
        json_text(&json, "message", p->message);
        json_close(&json);
    }
    json_close(&json);
    return json_finish(&json, &console->out, error);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Recipe recipe;
    Series series = {0};
    Problems problems = {0};
    recipe_defaults(&recipe);
    bool ok = arguments_apply(arguments, &recipe, error) && recipe_check(&recipe, error);
    SeriesOptions options = setup_series_options(&recipe);
    options.all_columns = true;
    ok = ok && series_read(&series, arguments->operands[0], &options, error) && problems_find(&problems, &series, error);
    if (ok && console->json) {
        ok = write_json(&series, &problems, console, error);
    } else if (ok && console_talks(console)) {
        finding_data(&series, console);
        finding_problems(&problems, console);
    }
    problems_free(&problems);
    series_free(&series);
    return ok;
}

static const char *const without[] = {"indicators", "file-order", NULL};

const Command command_check = {
    .name = "check",
    .summary = "what the loader understood, and what looks wrong in the data",
    .usage = "CSV",
    .about = "Fails only where the file cannot be loaded; what looks wrong is reported and is yours to judge.",
    .examples = "lstmfc check prices.csv\n"
                "lstmfc check prices.csv --json",
    .recipe_groups = RECIPE_DATA,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
