#include "lstmfc/shift.h"

#include <math.h>
#include <string.h>

#include "lstmfc/cell.h"
#include "lstmfc/record.h"

enum { ONE_IN = 20 };

static const double foreign = 14.0, clearly = 4.6; /* logarithms of a million and a hundred */

/* How far apart two cells are as values of one column: the logarithm of their ratio. */
static double distance(const Record *a, size_t i, const Record *b, size_t k, char decimal) {
    double x, y;
    bool one = record_length(a, i) > 0, other = record_length(b, k) > 0;
    if (!one || !other)
        return one == other ? 0.0 : foreign;
    one = cell_number(record_field(a, i), record_length(a, i), decimal, &x);
    other = cell_number(record_field(b, k), record_length(b, k), decimal, &y);
    if (!one || !other)
        return one == other ? 0.0 : foreign;
    if (!(fabs(x) > 0.0 && fabs(y) > 0.0))
        return 0.0;
    return (x < 0.0) != (y < 0.0) ? 0.0 : fmin(foreign, fabs(log(fabs(x)) - log(fabs(y))));
}

/* Sum of the distances of cells [first, last) of `row` to those `by` places on of `like`. */
static double sum(const Record *row, const Record *like, size_t first, size_t last, int by, char decimal) {
    double total = 0.0;
    for (size_t i = first; i < last; i++)
        total += distance(row, i, like, by < 0 ? i - 1 : i + (size_t)by, decimal);
    return total;
}

/* The place from which on the cells of a row seem to be shifted; 0 = none. `by` is then 1 (they belong one place on) or -1. */
static size_t shifted(const Record *row, const Record *like, char decimal, int *by) {
    size_t n = row->n_fields;
    for (size_t k = 1; k + 1 < n; k++) {
        bool hole = record_length(row, k) == 0, end = record_length(row, n - 1) == 0;
        if (end && sum(row, like, k, n - 1, 0, decimal) > sum(row, like, k, n - 1, 1, decimal) + clearly)
            return *by = 1, k;
        if (hole && sum(row, like, k + 1, n, 0, decimal) > sum(row, like, k + 1, n, -1, decimal) + clearly)
            return *by = -1, k;
    }
    return 0;
}

static bool judge(const Record *row, const Record *like, const Dialect *dialect, size_t line, char decimal, Error *error) {
    int by = 0;
    size_t k = row->n_fields == like->n_fields ? shifted(row, like, decimal, &by) : 0;
    char name[80];
    if (k == 0)
        return true;
    text_escape(dialect->names[k], strlen(dialect->names[k]), name, sizeof name);
    return error_at(error, ERROR_DATA, NULL, line, 0, "mend or remove the line",
                    "from column '%s' on the cells seem to stand one place too far %s, beside an empty one", name,
                    by > 0 ? "left" : "right");
}

static bool is_gap(const Table *table, size_t line) {
    for (size_t i = 0; i < table->n_gaps; i++)
        if (table->gaps[i] == line)
            return true;
    return false;
}

/* Each row with a gap beside the whole row before it, or behind it where there is none before. */
static bool walk(const Table *table, const Dialect *dialect, Lines *lines, Record records[2], char decimal, Error *error) {
    Record *row = &records[0], *whole = &records[1];
    size_t waiting = 0; /* a gap's line, in *row */
    while (lines_next(lines)) {
        Error ignored = {0};
        bool gap = is_gap(table, lines->number);
        if (lines_blank(lines) || (waiting && gap) || !record_read(gap ? row : whole, lines, &ignored) ||
            (gap ? row : whole)->n_fields != dialect->n_names)
            continue;
        if (gap && whole->n_fields != dialect->n_names)
            waiting = lines->number;
        else if (gap && !judge(row, whole, dialect, lines->number, decimal, error))
            return false;
        if (!gap && waiting && !judge(row, whole, dialect, waiting, decimal, error))
            return false;
        waiting = gap ? waiting : 0;
    }
    return true;
}

bool shift_check(const Table *table, const Dialect *dialect, const char *bytes, size_t n_bytes, char decimal, Error *error) {
    Record records[2] = {{0}, {0}};
    Lines lines;
    if (table->n_gaps == 0 || table->n_gaps > TABLE_GAPS || (table->n_gaps > 1 && table->n_gaps * ONE_IN > table->n_rows))
        return true;
    bool ok = record_init(&records[0], dialect->delimiter, error) && record_init(&records[1], dialect->delimiter, error);
    dialect_lines(dialect, &lines, bytes, n_bytes);
    ok = ok && walk(table, dialect, &lines, records, decimal, error);
    record_free(&records[0]);
    record_free(&records[1]);
    return ok;
}
