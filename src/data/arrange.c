#include "lstmfc/arrange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/text.h"

/* ---- order ---- */

static bool is_descending(const Series *series) {
    size_t up = 0, down = 0;
    for (size_t i = 1; i < series->n_rows; i++) {
        up += series->dates[i] > series->dates[i - 1];
        down += series->dates[i] < series->dates[i - 1];
    }
    return down > up;
}

static bool follows(const Series *series, size_t a, size_t b, bool descending) {
    return series->dates[a] == series->dates[b] || (series->dates[a] > series->dates[b]) == descending;
}

/* Of the pair that is against the order the second row is to blame, unless its neighbours agree that the first one
 * has run ahead of them. */
static size_t out_of_order(const Series *series, size_t second, bool descending) {
    size_t first = second - 1, next = second + 1;
    const bool fits = first == 0 || follows(series, first - 1, second, descending);
    const bool second_follows = next < series->n_rows && follows(series, second, next, descending);
    return fits && second_follows && !follows(series, first, next, descending) ? first : second;
}

static bool check_order(const Series *series, bool descending, Error *error) {
    char date[DATE_TEXT], before[DATE_TEXT];
    for (size_t i = 1; i < series->n_rows; i++) {
        if (follows(series, i - 1, i, descending))
            continue;
        return error_at(error, ERROR_DATA, NULL, series->lines[out_of_order(series, i, descending)], 0,
                        "use --sort where the order of the file means nothing", "%s stands behind %s in a file that is %s first",
                        date_format(series->dates[i], date), date_format(series->dates[i - 1], before), descending ? "newest" : "oldest");
    }
    return true;
}

static void reverse(Series *series) {
    for (size_t i = 0, j = series->n_rows - 1; i < j; i++, j--) {
        Date date = series->dates[i];
        uint32_t line = series->lines[i];
        series->dates[i] = series->dates[j];
        series->dates[j] = date;
        series->lines[i] = series->lines[j];
        series->lines[j] = line;
        for (size_t c = 0; c < series->n_columns; c++) {
            double value = series->columns[c][i];
            series->columns[c][i] = series->columns[c][j];
            series->columns[c][j] = value;
        }
    }
}

typedef struct Place {
    Date date;
    uint32_t line;
    size_t row;
} Place;

static int compare_places(const void *a, const void *b) {
    const Place *p = a, *q = b;
    if (p->date != q->date)
        return p->date < q->date ? -1 : 1;
    return p->line < q->line ? -1 : p->line > q->line;
}

static bool sort(Series *series, Error *error) {
    size_t n = series->n_rows;
    Place *places = malloc(n * sizeof *places);
    double *column = malloc(n * sizeof *column);
    bool ok = places && column;
    if (!ok) {
        error_memory(error, "room for sorting");
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        places[i] = (Place){series->dates[i], series->lines[i], i};
    qsort(places, n, sizeof *places, compare_places);
    for (size_t c = 0; c < series->n_columns; c++) {
        for (size_t i = 0; i < n; i++)
            column[i] = series->columns[c][places[i].row];
        memcpy(series->columns[c], column, n * sizeof *column);
    }
    for (size_t i = 0; i < n; i++) {
        series->dates[i] = places[i].date;
        series->lines[i] = places[i].line;
    }
done:
    free(places);
    free(column);
    return ok;
}

/* ---- which rows stay ---- */

static bool in_bounds(const SeriesOptions *options, Date date) {
    return (options->from == DATE_NONE || date >= options->from) && (options->to == DATE_NONE || date <= options->to);
}

static bool is_missing(const Series *series, size_t n_columns, size_t row) {
    for (size_t c = 0; c < n_columns; c++)
        if (isnan(series->columns[c][row]))
            return true;
    return false;
}

static bool equal_rows(const Series *series, size_t n_columns, size_t a, size_t b) {
    for (size_t c = 0; c < n_columns; c++) {
        double x = series->columns[c][a], y = series->columns[c][b];
        if (!(x <= y && x >= y) && !(isnan(x) && isnan(y)))
            return false;
    }
    return true;
}

static void move_row(Series *series, size_t to, size_t from) {
    series->dates[to] = series->dates[from];
    series->lines[to] = series->lines[from];
    for (size_t c = 0; c < series->n_columns; c++)
        series->columns[c][to] = series->columns[c][from];
}

static bool twice(const Series *series, size_t a, size_t b, Error *error) {
    char date[DATE_TEXT];
    uint32_t first = series->lines[a], second = series->lines[b];
    if (first > second)
        first = series->lines[b], second = series->lines[a];
    return error_at(error, ERROR_DATA, NULL, second, 0, "one row a date is wanted", "%s stands twice with other values, first in line %u",
                    date_format(series->dates[a], date), (unsigned)first);
}

/* Leaves out what is out of bounds, dropped or a repetition. */
static bool compact(Series *series, const SeriesOptions *options, size_t n_asked, Error *error) {
    size_t kept = 0;
    bool drop = options->missing == MISSING_DROP;
    for (size_t i = 0; i < series->n_rows; i++) {
        bool early = !series->backward && options->from != DATE_NONE && series->dates[i] < options->from;
        series->n_unused += !in_bounds(options, series->dates[i]);
        if (!in_bounds(options, series->dates[i]) && !(early && options->indicators))
            continue;
        if (early && !drop && is_missing(series, n_asked, i)) { /* indicators begin behind it */
            kept = 0;
            continue;
        }
        if (drop && is_missing(series, n_asked, i)) {
            series->n_dropped++;
            series->left_out[series->n_left_out++] = series->lines[i];
            continue;
        }
        if (kept > 0 && series->dates[kept - 1] == series->dates[i]) {
            if (!equal_rows(series, n_asked, kept - 1, i))
                return twice(series, kept - 1, i, error);
            series->n_duplicates++;
            series->left_out[series->n_left_out++] = series->lines[i];
            continue;
        }
        if (kept != i)
            move_row(series, kept, i);
        kept++;
    }
    series->n_rows = kept;
    return true;
}

static bool fill_forward(Series *series, Error *error) {
    char name[100];
    for (size_t c = 0; c < series->n_columns; c++) {
        double *column = series->columns[c];
        for (size_t i = 0; i < series->n_rows; i++) {
            if (!isnan(column[i]))
                continue;
            if (i == 0)
                return error_at(error, ERROR_DATA, NULL, series->lines[0], 0, "use --missing drop, or a later --from",
                                "column '%s' has no value before this row that could be carried forward",
                                text_escape(series->names[c], strlen(series->names[c]), name, sizeof name));
            column[i] = column[i - 1];
            series->n_filled++;
        }
    }
    return true;
}

static bool no_rows(Date first, Date last, const SeriesOptions *options, size_t n_dropped, Error *error) {
    char a[DATE_TEXT], b[DATE_TEXT];
    if (n_dropped)
        return error_set(error, ERROR_DATA, NULL, "no row is complete: all %zu were dropped", n_dropped);
    return error_set(error, ERROR_DATA, options->from != DATE_NONE || options->to != DATE_NONE ? "see --from and --to" : NULL,
                     "no rows within the bounds: the file has %s to %s", date_format(first, a), date_format(last, b));
}

bool series_arrange(Series *series, const SeriesOptions *options, size_t n_asked, Error *error) {
    bool descending = is_descending(series);
    if (options->sort) {
        if (!sort(series, error))
            return false;
    } else {
        if (!check_order(series, descending, error))
            return false;
        series->backward = descending && options->file_order;
        if (descending && !series->backward)
            reverse(series);
        series->reversed = descending;
    }
    Date first = series->dates[0], last = series->dates[series->n_rows - 1];
    if (!compact(series, options, n_asked, error))
        return false;
    if (series->n_rows == 0)
        return no_rows(first, last, options, series->n_dropped, error);
    return options->missing != MISSING_FFILL || options->all_columns || fill_forward(series, error);
}
