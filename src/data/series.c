#include "lstmfc/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/arrange.h"
#include "lstmfc/cell.h"
#include "lstmfc/dialect.h"
#include "lstmfc/file.h"
#include "lstmfc/header.h"
#include "lstmfc/notation.h"
#include "lstmfc/pattern.h"
#include "lstmfc/record.h"
#include "lstmfc/shift.h"
#include "lstmfc/table.h"
#include "lstmfc/text.h"
#include "series_indicators.h"

/* Everything that is needed while reading and not afterwards. */
typedef struct Loader {
    const SeriesOptions *options;
    unsigned char *bytes;
    size_t n_bytes;
    Dialect dialect;
    size_t *columns, n_columns; /* of the file: the date, then those that are kept */
    size_t n_asked;             /* of those kept: the target, the features and what indicators are made from, not what all_columns adds */
    size_t n_hidden;            /* of those asked: the last, which indicators alone see */
    size_t sources[INDICATOR_SOURCES]; /* column of the series, as read */
    Indicators indicators;
    Table table;
    Notation notation;
    bool target_chosen;
} Loader;

SeriesOptions series_options(void) {
    return (SeriesOptions){.from = DATE_NONE, .to = DATE_NONE};
}

/* ---- which columns ---- */

/* By its name, else the first column whose cell in the first row is a date. */
static bool find_date(const Loader *loader, size_t *column, Error *error) {
    const Dialect *dialect = &loader->dialect;
    Lines lines;
    Record record;
    *column = dialect->date;
    if (loader->options->date_column)
        return dialect_column(dialect, loader->options->date_column, column, error);
    if (dialect->date < dialect->n_names)
        return true;
    if (!record_init(&record, dialect->delimiter, error))
        return false;
    dialect_lines(dialect, &lines, (const char *)loader->bytes, loader->n_bytes);
    while (lines_next(&lines) && lines_blank(&lines))
        continue;
    bool found = false, ok = lines.number < dialect->data_line || lines.n == 0 || record_read(&record, &lines, error);
    for (size_t i = 0; ok && i < record.n_fields && i < dialect->n_names && !found; i++) {
        found = pattern_any(record_field(&record, i), record_length(&record, i));
        if (found)
            *column = i;
    }
    record_free(&record);
    const char *name = found ? dialect->names[*column] : "";
    if (pattern_any(name, strlen(name)))
        return error_at(error, ERROR_DATA, NULL, dialect->header_line, 0, "put one above the rows, as in Date,Close",
                        "the first line is a row: there is no header");
    if (ok && !found)
        error_at(error, ERROR_DATA, NULL, dialect->header_line, 0, "name it with --date",
                 "no column of dates: none is called Date, none holds dates");
    return found;
}

static void add_column(Loader *loader, size_t column) {
    for (size_t i = 0; i < loader->n_columns; i++)
        if (loader->columns[i] == column)
            return;
    loader->columns[loader->n_columns++] = column;
}

static bool add_features(Loader *loader, const char *list, Error *error) {
    Text name = {0};
    bool ok = true;
    for (const char *p = list; ok && p; p = *p ? p + 1 : NULL) {
        size_t n = strcspn(p, ","), column = 0, length = n;
        const char *start = p;
        p += n;
        cell_trim(&start, &length);
        if (length == 0)
            continue;
        name.length = 0;
        text_append(&name, start, length);
        ok = name.failed ? error_memory(error, "a name") : dialect_column(&loader->dialect, name.data, &column, error);
        if (ok && column == loader->columns[0])
            ok = error_set(error, ERROR_DATA, NULL, "the column of dates is no feature");
        if (ok)
            add_column(loader, column);
    }
    text_free(&name);
    return ok;
}

static bool no_source(const Loader *loader, IndicatorSource source, Error *error) {
    char name[INDICATOR_NAME];
    const Indicator *needy = loader->indicators.items;
    while (!(needy->kind->needs >> source & 1))
        needy++;
    return error_at(
        error, ERROR_DATA, NULL, loader->dialect.header_line, 0, "leave it out of --indicators, or name the column so in the file",
        "indicator '%s' needs a column '%s', and there is none", indicator_name(needy, name), indicator_source_names[source][0]);
}

/* The column of the file that goes by the best of a source's names; n_names = none. */
static size_t source_column(const Dialect *dialect, IndicatorSource source) {
    for (const char *const *name = indicator_source_names[source]; *name; name++)
        for (size_t i = 0; i < dialect->n_names; i++)
            if (header_same(dialect->names[i], *name))
                return i;
    return dialect->n_names;
}

/* Columns that indicators are made from come last, unless they are asked for anyway. */
static bool add_sources(Loader *loader, Error *error) {
    const unsigned needs = indicator_needs(&loader->indicators);
    const size_t n = loader->n_columns;
    for (unsigned s = 0; s < INDICATOR_SOURCES; s++) {
        if (!(needs >> s & 1))
            continue;
        const size_t column = source_column(&loader->dialect, (IndicatorSource)s);
        if (column == loader->dialect.n_names)
            return no_source(loader, (IndicatorSource)s, error);
        add_column(loader, column);
        for (size_t i = 1; i < loader->n_columns; i++)
            loader->sources[s] = loader->columns[i] == column ? i - 1 : loader->sources[s];
    }
    loader->n_hidden = loader->n_columns - n;
    return true;
}

static bool choose_columns(Loader *loader, Error *error) {
    const SeriesOptions *options = loader->options;
    const Dialect *dialect = &loader->dialect;
    size_t date, target = 0;
    loader->columns = calloc(dialect->n_names + 1, sizeof *loader->columns);
    if (!loader->columns)
        return error_memory(error, "columns");
    if (!find_date(loader, &date, error))
        return false;
    loader->dialect.date = date;
    loader->columns[loader->n_columns++] = date;
    loader->target_chosen = options->target == NULL;
    if (!(options->target ? dialect_column(dialect, options->target, &target, error) : dialect_target(dialect, &target, error)))
        return false;
    if (target == date)
        return error_at(error, ERROR_DATA, NULL, dialect->header_line, 0, NULL, "the column of dates cannot be the target");
    add_column(loader, target);
    if ((options->features && !add_features(loader, options->features, error)) || !add_sources(loader, error))
        return false;
    loader->n_asked = loader->n_columns - 1;
    for (size_t i = 0; options->all_columns && i < dialect->n_names; i++)
        if (i != dialect->key && dialect->names[i][0])
            add_column(loader, i);
    return true;
}

/* ---- the series ---- */

static bool cell_error(const Loader *loader, size_t row, size_t c, const char *cell, const char *hint, const char *what, Error *error) {
    char name[100], shown[80], message[240];
    const char *text = loader->dialect.names[loader->columns[c]];
    Text full = {0};
    Lines lines;
    lines_init(&lines, (const char *)loader->bytes, loader->n_bytes);
    while (lines_next(&lines) && lines.number < loader->table.lines[row])
        continue;
    size_t column = record_column(lines.line, lines.n, loader->dialect.delimiter, loader->columns[c]);
    text_printf(&full, "column '%s' %s: '%s'", text_escape(text, strlen(text), name, sizeof name), what,
                text_escape(cell, strlen(cell), shown, sizeof shown));
    text_escape(full.data ? full.data : what, full.data ? full.length : strlen(what), message, sizeof message);
    text_free(&full);
    return error_at(error, ERROR_DATA, NULL, loader->table.lines[row], column, hint, "%s", message);
}

static bool add_size(size_t *total, size_t n, size_t size) {
    if (n > (SIZE_MAX - *total) / size)
        return false;
    *total += n * size;
    return true;
}

/* One block: pointers and numbers first, text last. Indicators stand behind the columns of the file. */
static bool allocate(Series *series, const Loader *loader, const char *source, Error *error) {
    const size_t n_read = loader->n_columns - 1, k = n_read + loader->indicators.n;
    size_t n = loader->table.n_rows, total = 0, text = strlen(source) + 1 + loader->indicators.n * INDICATOR_NAME;
    for (size_t c = 0; c < n_read; c++)
        text += strlen(loader->dialect.names[loader->columns[c + 1]]) + 1;
    bool fits = n <= SIZE_MAX / k && add_size(&total, n * k, sizeof(double)) && add_size(&total, k, sizeof(double *)) &&
                add_size(&total, k, sizeof(char *)) && add_size(&total, n, sizeof(Date) + 2 * sizeof(uint32_t)) &&
                add_size(&total, k, sizeof(uint32_t)) && add_size(&total, text, 1);
    double *values = fits ? malloc(total) : NULL;
    if (!values)
        return error_memory(error, "a series");
    series->block = values;
    series->columns = (double **)(values + n * k);
    series->names = (char **)(series->columns + k);
    series->dates = (Date *)(series->names + k);
    series->lines = (uint32_t *)(series->dates + n);
    series->left_out = series->lines + n;
    series->places = series->left_out + n;
    char *p = (char *)(series->places + k);
    for (size_t c = 0; c < k; c++) {
        char own[INDICATOR_NAME];
        const char *name =
            c < n_read ? loader->dialect.names[loader->columns[c + 1]] : indicator_name(&loader->indicators.items[c - n_read], own);
        series->columns[c] = values + c * n;
        series->places[c] = c < n_read ? (uint32_t)loader->columns[c + 1] : 0;
        series->names[c] = strcpy(p, name);
        p += strlen(name) + 1;
    }
    series->source = strcpy(p, source);
    series->n_rows = n;
    series->n_columns = n_read;
    series->indicators = loader->indicators;
    series->n_hidden = loader->n_hidden;
    memcpy(series->sources, loader->sources, sizeof series->sources);
    return true;
}

static bool take_date(Series *series, const Loader *loader, size_t row, const char *cell, size_t n, Error *error) {
    char words[100];
    const char *hint, *fault = notation_date(&loader->notation, cell, n, &series->dates[row], words, sizeof words, &hint);
    series->lines[row] = loader->table.lines[row];
    return !fault || cell_error(loader, row, 0, cell, hint, fault, error);
}

static bool take_number(Series *series, const Loader *loader, size_t row, size_t c, const char *cell, size_t n, Error *error) {
    const SeriesOptions *options = loader->options;
    double *value = &series->columns[c - 1][row];
    const char *hint, *fault = notation_number(&loader->notation, row, c, cell, n, value, &hint);
    if (!fault)
        return true;
    *value = NAN;
    if (options->all_columns && (c > loader->n_asked || !options->fault))
        return true;
    error = options->all_columns ? options->fault : error;
    if (!cell_missing(cell, n))
        return cell_error(loader, row, c, cell, hint, fault, error) || options->all_columns;
    Date date = series->dates[row];
    bool used = (options->from == DATE_NONE || date >= options->from) && (options->to == DATE_NONE || date <= options->to);
    return !used || options->missing != MISSING_ERROR ||
           cell_error(loader, row, c, cell, "use --missing drop|ffill", "has no value", error) || options->all_columns;
}

static bool fill(Series *series, const Loader *loader, Error *error) {
    const char *cursor = loader->table.cells.data;
    size_t n;
    for (size_t i = 0; i < loader->table.n_rows; i++) {
        const char *cell = table_cell(&cursor, &n);
        if (!take_date(series, loader, i, cell, n, error))
            return false;
        for (size_t c = 1; c < loader->n_columns; c++) {
            cell = table_cell(&cursor, &n);
            if (!take_number(series, loader, i, c, cell, n, error))
                return false;
        }
    }
    return true;
}

/* Of all columns those stay that are numbers in at least half of their rows, and those asked for. */
static void leave_out_text(Series *series, size_t n_asked) {
    size_t kept = 0;
    for (size_t c = 0; c < series->n_columns; c++) {
        size_t numbers = 0;
        for (size_t i = 0; i < series->n_rows; i++)
            numbers += isnan(series->columns[c][i]) ? 0 : 1;
        if (c >= n_asked && (numbers == 0 || numbers * 2 < series->n_rows))
            continue;
        series->columns[kept] = series->columns[c];
        series->places[kept] = series->places[c];
        series->names[kept++] = series->names[c];
    }
    series->n_left_columns = series->n_columns - kept;
    series->n_columns = kept;
}

/* Rows at the ends, whose order no second neighbour confirms. */
static bool check_ends(const Series *series, const Loader *loader, Error *error) {
    size_t n = series->n_rows, n_cell;
    const char *cursor = loader->table.cells.data, *cell = "";
    for (size_t i = 0; n > 2 && i < n; i++) {
        cell = table_cell(&cursor, &n_cell);
        for (size_t c = 1; c < loader->n_columns; c++)
            table_cell(&cursor, &n_cell);
        if ((i == 0 || i + 1 == n) && notation_swapped(&loader->notation, series->dates[i], series->dates[i ? i - 1 : 1]))
            return cell_error(loader, i, 0, cell, "mend the line; --date-format says how dates are written",
                              "is near its neighbour only with day and month exchanged", error);
    }
    return true;
}

/* A calendar wants dates that ascend. */
static void infer_calendar(Series *series) {
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0, j = series->n_rows - 1; series->backward && i < j; i++, j--) {
            const Date date = series->dates[i];
            series->dates[i] = series->dates[j];
            series->dates[j] = date;
        }
        if (turn == 0)
            calendar_infer(&series->calendar, series->dates, series->n_rows);
    }
}

static bool build(Series *series, const Loader *loader, const char *source, Error *error) {
    if (!allocate(series, loader, source, error) || !fill(series, loader, error) || !check_ends(series, loader, error))
        return false;
    series->delimiter = loader->dialect.delimiter;
    series->decimal = loader->notation.decimal;
    series->target_chosen = loader->target_chosen;
    series->timed = loader->notation.timed;
    series->n_skipped = loader->dialect.n_preamble + loader->table.n_skipped;
    pattern_name(loader->notation.pattern, series->date_pattern, sizeof series->date_pattern);
    if (!series_arrange(series, loader->options, loader->n_asked, error) ||
        (series->indicators.n && !series_add_indicators(series, loader->options->from, error)))
        return false;
    if (loader->options->all_columns)
        leave_out_text(series, loader->n_asked);
    infer_calendar(series);
    return true;
}

static bool load(Loader *loader, Error *error) {
    const SeriesOptions *options = loader->options;
    const DialectHints hints = {options->delimiter, options->target, options->date_column, options->key};
    const char *bytes = (const char *)loader->bytes;
    if (!dialect_find(&loader->dialect, bytes, loader->n_bytes, &hints, error))
        return false;
    if (options->key && loader->dialect.key == loader->dialect.n_names && !loader->dialect.chosen)
        return error_at(error, ERROR_DATA, NULL, loader->dialect.header_line, 0, "leave out --series",
                        "no column of tickers or names to choose a series by");
    if (!choose_columns(loader, error))
        return false;
    return table_read(&loader->table, &loader->dialect, bytes, loader->n_bytes, loader->columns, loader->n_columns, options->key, error) &&
           notation_find(&loader->notation, &loader->table, &loader->dialect, loader->columns, options, error) &&
           (shift_check(&loader->table, &loader->dialect, bytes, loader->n_bytes, loader->notation.decimal,
                        options->all_columns && options->fault ? options->fault : error) ||
            (options->all_columns && options->fault));
}

bool series_read(Series *series, const char *path, const SeriesOptions *options, Error *error) {
    const char *source = strcmp(path, "-") == 0 ? "<stdin>" : path;
    SeriesOptions own = *options;
    Loader loader = {.options = &own};
    *series = (Series){0};
    own.indicators = own.all_columns || !own.indicators || !*own.indicators ? NULL : own.indicators;
    if (!indicator_parse(&loader.indicators, own.indicators, error))
        return false;
    bool ok = file_read(path, 0, &loader.bytes, &loader.n_bytes, error) && load(&loader, error) && build(series, &loader, source, error);
    if (!ok) {
        error_source(error, source);
        series_free(series);
    }
    table_free(&loader.table);
    dialect_free(&loader.dialect);
    free(loader.columns);
    notation_free(&loader.notation);
    free(loader.bytes);
    return ok;
}

void series_free(Series *series) {
    free(series->block);
    *series = (Series){0};
}

/* ---- asking ---- */

size_t series_column(const Series *series, const char *name) {
    for (size_t c = 0; c < series->n_columns; c++)
        if (strcmp(series->names[c], name) == 0)
            return c;
    for (size_t c = 0; c < series->n_columns; c++)
        if (header_same(series->names[c], name))
            return c;
    return series->n_columns;
}

static bool stands_before(const Series *series, size_t row, Date date) {
    return series->backward ? series->dates[row] > date : series->dates[row] < date;
}

size_t series_row(const Series *series, Date date) {
    size_t low = 0, high = series->n_rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stands_before(series, middle, date))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t series_behind(const Series *series, Date date) {
    const size_t row = series_row(series, date);
    return row < series->n_rows && series->dates[row] == date ? row + 1 : row;
}

void series_truncate(Series *series, size_t n_rows) {
    if (n_rows < series->n_rows)
        series->n_rows = n_rows;
}
