#include "finding.h"

#include "grid.h"

enum { SHOWN = 20 };

/* "," as a person would call it. */
static const char *delimiter_name(char delimiter) {
    return delimiter == '\t' ? "tab" : delimiter == ',' ? "comma" : delimiter == ';' ? "semicolon" : delimiter == '|' ? "bar" : "other";
}

void finding_data(const Series *s, Console *console) {
    char calendar[40], from[DATE_TEXT], to[DATE_TEXT];
    Grid grid = {.align = "ll"};
    grid_text(&grid, "file");
    grid_text(&grid, s->source);
    grid_text(&grid, "rows");
    grid_format(&grid, "%zu, %s to %s%s", s->n_rows, date_format(s->dates[0], from), date_format(s->dates[s->n_rows - 1], to),
                s->reversed ? ", newest first" : "");
    grid_text(&grid, "target");
    grid_format(&grid, "%s%s", s->names[0], s->target_chosen ? " (chosen by its name)" : "");
    grid_text(&grid, "columns");
    Text names = {0};
    for (size_t c = 0; c < s->n_columns; c++) text_printf(&names, "%s%s", c ? ", " : "", s->names[c]);
    grid_text(&grid, names.failed || !names.data ? "" : names.data);
    text_free(&names);
    grid_text(&grid, "delimiter");
    grid_format(&grid, "%s, decimal %s", delimiter_name(s->delimiter), s->decimal == ',' ? "comma" : "point");
    grid_text(&grid, "dates");
    grid_format(&grid, "%s, %s", s->date_pattern, calendar_describe(&s->calendar, calendar, sizeof calendar));
    if (s->n_skipped) {
        grid_text(&grid, "skipped");
        grid_format(&grid, "%zu line%s before or behind the table", s->n_skipped, s->n_skipped == 1 ? "" : "s");
    }
    grid_print(&grid, console);
}

void finding_problems(const Problems *problems, Console *console) {
    Grid grid = {.align = "rlll", .header = true};
    if (problems->n == 0) {
        console_paint(console, PAINT_GOOD, "nothing looks wrong");
        text_puts(&console->out, "\n");
        return;
    }
    grid_text(&grid, "line");
    grid_text(&grid, "");
    grid_text(&grid, "what");
    grid_text(&grid, "");
    for (size_t i = 0; i < problems->n && i < SHOWN; i++) {
        const Problem *p = &problems->list[i];
        if (p->line) grid_format(&grid, "%zu", p->line);
        else grid_text(&grid, "");
        grid_text(&grid, problem_severity(p->severity));
        grid_text(&grid, p->code);
        grid_text(&grid, p->message);
    }
    grid_print(&grid, console);
    if (problems->n > SHOWN) text_printf(&console->out, "and %zu more ('lstmfc check --json' lists all)\n", problems->n - SHOWN);
    const size_t errors = problems_count(problems, SEVERITY_ERROR), warnings = problems_count(problems, SEVERITY_WARNING);
    text_printf(&console->out, "%zu error%s, %zu warning%s\n", errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}
