#include "series_indicators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

static size_t n_all(const Series *series) {
    return series->n_columns + series->n_hidden;
}

/* Of the columns as they are in memory, so that n_before rows in front count, too. */
static void compute(const Series *series) {
    const size_t first = series->n_columns - series->indicators.n, before = series->n_before;
    IndicatorRows rows = {.n_rows = before + series->n_rows, .target = series->columns[0] - before, .dates = series->dates - before};
    const unsigned needs = indicator_needs(&series->indicators);
    for (unsigned s = 0; s < INDICATOR_SOURCES; s++)
        rows.sources[s] = needs >> s & 1 ? series->columns[series->sources[s]] - before : NULL;
    for (size_t i = 0; i < series->indicators.n; i++) {
        const Indicator *indicator = &series->indicators.items[i];
        indicator->kind->fill(&rows, indicator->n, series->columns[first + i] - before);
    }
}

/* asked, hidden, computed -> asked, computed, hidden */
static bool put_in_order(Series *series, Error *error) {
    const size_t n_read = series->n_columns, n_computed = series->indicators.n, asked = n_read - series->n_hidden,
                 all = n_read + n_computed;
    double **columns = memory_zeroed(all, sizeof *columns);
    char **names = memory_zeroed(all, sizeof *names);
    const bool ok = (columns && names) || error_memory(error, "columns");
    for (size_t c = 0; ok && c < all; c++) {
        const size_t to = c < asked ? c : c < n_read ? c + n_computed : c - series->n_hidden;
        columns[to] = series->columns[c];
        names[to] = series->names[c];
    }
    if (ok) {
        memcpy(series->columns, columns, all * sizeof *columns);
        memcpy(series->names, names, all * sizeof *names);
        series->n_columns = asked + n_computed;
        for (unsigned s = 0; s < INDICATOR_SOURCES; s++)
            series->sources[s] += series->sources[s] >= asked ? n_computed : 0;
    }
    free(columns);
    free(names);
    return ok;
}

static bool check_names(const Series *series, Error *error) {
    for (size_t c = series->n_columns - series->indicators.n; c < series->n_columns; c++)
        for (size_t other = 0; other < series->n_columns - series->indicators.n; other++)
            if (strcmp(series->names[c], series->names[other]) == 0)
                return error_set(error, ERROR_DATA, "rename the column, or leave one of them out",
                                 "indicator '%s' and a column of the file have the same name", series->names[c]);
    return true;
}

/* The indicator without a value in a row; n_columns = none. */
static size_t valueless(const Series *series, size_t row) {
    size_t c = series->n_columns - series->indicators.n;
    while (c < series->n_columns && isfinite(series->columns[c][row]))
        c++;
    return c;
}

static bool too_short(const Series *series, size_t column, size_t n_rows, Error *error) {
    return error_set(error, ERROR_DATA, "more rows, or a smaller N", "indicator '%s' has no value yet: there are %zu rows",
                     series->names[column], n_rows);
}

/* Row `first` becomes row 0. */
static void cut(Series *series, size_t first) {
    for (size_t c = 0; c < n_all(series); c++)
        series->columns[c] += first;
    series->dates += first;
    series->lines += first;
    series->n_rows -= first;
    series->n_before = first;
}

bool series_add_indicators(Series *series, Date from, Error *error) {
    if (!put_in_order(series, error) || !check_names(series, error))
        return false;
    compute(series);
    const size_t bound = from == DATE_NONE ? 0 : series_row(series, from);
    size_t first = bound, column = 0;
    if (bound == series->n_rows)
        return error_set(error, ERROR_DATA, "see --from and --to", "no rows within the bounds");
    while (first < series->n_rows && (column = valueless(series, first)) < series->n_columns)
        if (++first == series->n_rows)
            return too_short(series, column, series->n_rows, error);
    series->n_warm_up = first - bound;
    cut(series, first);
    for (size_t i = 0; i < series->n_rows; i++)
        if ((column = valueless(series, i)) < series->n_columns)
            return error_at(error, ERROR_DATA, NULL, series->lines[i], 0, "look for very large values", "indicator '%s' is not finite",
                            series->names[column]);
    return true;
}

bool series_disturbed(Series *copy, const Series *series, size_t row, Error *error) {
    const size_t n_rows = series->n_before + series->n_rows, n = n_all(series), computed = series->n_columns - series->indicators.n;
    *copy = *series;
    copy->block = memory_zeroed(n, n_rows * sizeof(double) + sizeof(double *));
    if (!copy->block)
        return error_memory(error, "the leak check");
    copy->columns = (double **)((double *)copy->block + n * n_rows);
    for (size_t c = 0; c < n; c++) {
        double *column = copy->columns[c] = (double *)copy->block + c * n_rows + series->n_before;
        memcpy(column - series->n_before, series->columns[c] - series->n_before, n_rows * sizeof *column);
        for (size_t i = row; i < series->n_rows && (c < computed || c >= series->n_columns); i++)
            column[i] = 3 * column[i] + 7;
    }
    compute(copy);
    return true;
}
