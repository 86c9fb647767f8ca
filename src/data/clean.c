#include "lstmfc/clean.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put_name(Text *text, const char *name) {
    if (!strpbrk(name, ",\"") && name[0] != ' ') {
        text_puts(text, name);
        return;
    }
    text_puts(text, "\"");
    for (; *name; name++)
        text_append(text, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
    text_puts(text, "\"");
}

/* Columns in the order of the file; the caller frees it. */
static size_t *order_of(const Series *s) {
    size_t *order = calloc(s->n_columns, sizeof *order);
    for (size_t i = 0; order && i < s->n_columns; i++) {
        size_t k = i;
        for (; k > 0 && s->places[order[k - 1]] > s->places[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    return order;
}

static void put_rows(const Series *s, const size_t *order, Text *text) {
    char date[DATE_TEXT], number[32];
    text_puts(text, "Date");
    for (size_t k = 0; k < s->n_columns; k++) {
        text_puts(text, ",");
        put_name(text, s->names[order[k]]);
    }
    text_puts(text, "\n");
    for (size_t i = 0; i < s->n_rows; i++) {
        text_puts(text, date_format(s->dates[i], date));
        for (size_t k = 0; k < s->n_columns; k++) {
            double value = s->columns[order[k]][i];
            text_puts(text, ",");
            text_puts(text, isfinite(value) ? text_double(value, number) : "");
        }
        text_puts(text, "\n");
    }
}

static void list_form(const Series *s, Problems *changes) {
    if (strcmp(s->date_pattern, "YYYY-MM-DD") != 0)
        problems_add(changes, 0, "form", SEVERITY_INFO, "dates: %s is now YYYY-MM-DD", s->date_pattern);
    if (s->timed)
        problems_add(changes, 0, "form", SEVERITY_INFO, "dates: the time of day is left out");
    if (s->reversed)
        problems_add(changes, 0, "form", SEVERITY_INFO, "order: newest first is now oldest first");
    if (s->delimiter != ',')
        problems_add(changes, 0, "form", SEVERITY_INFO, "separator: %s is now a comma",
                     s->delimiter == '\t'  ? "tab"
                     : s->delimiter == ';' ? "semicolon"
                                           : "bar");
    if (s->decimal != '.')
        problems_add(changes, 0, "form", SEVERITY_INFO, "numbers: the decimal comma is now a point");
    if (s->n_skipped)
        problems_add(changes, 0, "form", SEVERITY_INFO, "%zu line%s before, between or behind the rows left out", s->n_skipped,
                     s->n_skipped == 1 ? "" : "s");
    if (s->n_unused)
        problems_add(changes, 0, "form", SEVERITY_INFO, "%zu row%s outside of --from and --to left out", s->n_unused,
                     s->n_unused == 1 ? "" : "s");
    if (s->n_left_columns)
        problems_add(changes, 0, "columns", SEVERITY_INFO, "%zu column%s without numbers left out", s->n_left_columns,
                     s->n_left_columns == 1 ? "" : "s");
}

static int by_line(const void *a, const void *b) {
    const Problem *p = a, *q = b;
    return p->line != q->line ? (p->line < q->line ? -1 : 1) : strcmp(p->message, q->message);
}

static void list_rows(const Series *s, Problems *changes) {
    char name[80];
    for (size_t i = 0; i < s->n_left_out; i++)
        problems_add(changes, s->left_out[i], "left-out", SEVERITY_INFO, "the row is left out: %s",
                     s->n_dropped == 0      ? "its date has come before with the same values"
                     : s->n_duplicates == 0 ? "it lacks a value"
                                            : "it lacks a value, or its date has come before with the same values");
    for (size_t c = 0; c < s->n_columns; c++)
        for (size_t i = 0; i < s->n_rows; i++)
            if (isnan(s->columns[c][i]))
                problems_add(changes, s->lines[i], "empty", SEVERITY_INFO, "the cell of column '%s' is no number and is left empty",
                             text_escape(s->names[c], strlen(s->names[c]), name, sizeof name));
}

bool clean_write(const Series *series, Text *text, Problems *changes, Error *error) {
    size_t *order = order_of(series);
    *changes = (Problems){0};
    if (!order)
        return error_memory(error, "columns");
    put_rows(series, order, text);
    list_form(series, changes);
    list_rows(series, changes);
    free(order);
    if (changes->n)
        qsort(changes->list, changes->n, sizeof *changes->list, by_line);
    return !(text->failed || changes->failed) || error_memory(error, "the clean file");
}
