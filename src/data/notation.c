#include "lstmfc/notation.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/header.h"
#include "lstmfc/text.h"

/* ---- dates ---- */

/* Whether rows would be in order if dates were read so. */
static bool ordered(const Table *table, const char *pattern) {
    const char *cursor = table->cells.data;
    Date last = DATE_NONE;
    bool up = true, down = true;
    for (size_t i = 0; i < table->n_rows && (up || down); i++) {
        size_t n;
        const char *cell = table_cell(&cursor, &n);
        Date date = pattern_parse(pattern, cell, n, NULL);
        for (size_t c = 1; c < table->n_columns; c++)
            table_cell(&cursor, &n);
        if (date == DATE_NONE)
            continue;
        if (last != DATE_NONE)
            up = up && date >= last, down = down && date <= last;
        last = date;
    }
    return up || down;
}

/* Several patterns fit every row: the order of the rows may tell which one is meant. */
static bool choose_pattern(Notation *notation, const Table *table, const char *const *patterns, size_t n, Error *error) {
    const char *chosen = NULL;
    size_t n_ordered = 0;
    for (size_t i = 0; i < n; i++) {
        if (n > 1 && !ordered(table, patterns[i]))
            continue;
        chosen = patterns[i];
        n_ordered++;
    }
    if (n_ordered == 1) {
        memcpy(notation->pattern, chosen, strlen(chosen) + 1);
        return true;
    }
    Text hint = {0};
    text_printf(&hint, "say which: --date-format %s or %s", patterns[0], patterns[1]);
    error_at(error, ERROR_DATA, NULL, table->lines[0], 0, hint.data, "day and month cannot be told apart: no row decides, '%s' among them",
             table->cells.data);
    text_free(&hint);
    return false;
}

static bool decide_dates(Notation *notation, const Table *table, const PatternVote *vote, const SeriesOptions *options, Error *error) {
    const char *patterns[PATTERN_MAX];
    char shown[80];
    if (options->date_format)
        return pattern_from_user(options->date_format, notation->pattern, error);
    size_t n = pattern_best(vote, patterns);
    notation->timed = vote->with_time * 2 > vote->n_cells;
    if (n == 0)
        return error_at(error, ERROR_DATA, NULL, table->lines[0], 0, "say how dates are written with --date-format",
                        "no row has a date that can be read: '%s'",
                        text_escape(table->cells.data, strlen(table->cells.data), shown, sizeof shown));
    return choose_pattern(notation, table, patterns, n, error);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool edged(const char *cell, size_t n) {
    return n > 0 && (is_blank(cell[0]) || is_blank(cell[n - 1]));
}

const char *notation_date(const Notation *notation, const char *cell, size_t n, Date *date, char *words, size_t size, const char **hint) {
    char name[40];
    bool timed = false;
    *hint = "mend or remove the line; --date-format says how dates are written";
    *date = pattern_parse(notation->pattern, cell, n, &timed);
    if (*date != DATE_NONE && edged(cell, n) && !notation->dates_blank) {
        *hint = "a digit may be lost: look at the line";
        return "has a blank at its edge, unlike the others";
    }
    if (*date != DATE_NONE && (timed == notation->timed || !notation->habits[0].n))
        return NULL;
    if (header_role(cell, NULL) == HEADER_DATE)
        *hint = "a second header: are these two files in one?";
    Text text = {0};
    text_printf(&text, "is not a date like the others (%s%s)", pattern_name(notation->pattern, name, sizeof name),
                notation->timed ? " and a time" : "");
    text_escape(text.data ? text.data : "", text.length, words, size);
    text_free(&text);
    return words;
}

bool notation_swapped(const Notation *notation, Date date, Date neighbour) {
    int year, month, day;
    bool numeric = strchr(notation->pattern, 'm') && strchr(notation->pattern, 'd');
    if (!numeric || !notation->habits[0].n || abs(date - neighbour) < 21)
        return false;
    date_to_civil(date, &year, &month, &day);
    Date other = date_from_civil(year, day, month);
    return other != DATE_NONE && other != neighbour && (other > neighbour) == (date > neighbour) && abs(other - neighbour) <= 7;
}

/* ---- numbers ---- */

static bool decide_decimal(Notation *notation, const Table *table, const CellVote *vote, char delimiter, const SeriesOptions *options,
                           Error *error) {
    const char *wanted = options->decimal;
    notation->decimal = wanted ? wanted[0] : cell_decimal(vote, delimiter);
    if (wanted && strcmp(wanted, ".") != 0 && strcmp(wanted, ",") != 0)
        return error_set(error, ERROR_USAGE, "one of . and ,", "no decimal mark");
    if (notation->decimal)
        return true;
    return error_at(error, ERROR_DATA, NULL, table->lines[0], 0, "say which: --decimal . or --decimal ,",
                    "a comma or point before three digits may be the decimal mark or a separator of thousands, and no row decides");
}

static bool is_price(const char *name) {
    static const char *const names[] = {"open", "high", "low"};
    bool price = header_role(name, NULL) == HEADER_PRICE;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        price = price || header_same(name, names[i]);
    return price;
}

/* Names of what is counted: such columns hold whole numbers, or fractions throughout. */
static bool is_volume(const char *name) {
    static const char *const names[] = {
        "vol", "tickvol", "volum", "wolumen", "shares", "trades", "transactions", "number of shares", "total trade quantity"};
    bool volume = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        volume = volume || header_begins(name, strlen(name), names[i]);
    return volume;
}

static bool ends_file(const Notation *notation, size_t row, size_t c) {
    return notation->last_open && row == notation->last_row && c == notation->last_column;
}

static void count_habits(Notation *notation, const Table *table) {
    const char *cursor = table->cells.data;
    Cell cell;
    size_t n;
    for (size_t i = 0; i < table->n_rows; i++) {
        table_cell(&cursor, &n);
        for (size_t c = 1; c < table->n_columns; c++) {
            const char *text = table_cell(&cursor, &n);
            if (cell_read(text, n, notation->decimal, &cell) && !ends_file(notation, i, c))
                habit_count(&notation->habits[c], &cell);
        }
    }
}

const char *notation_number(const Notation *notation, size_t row, size_t c, const char *text, size_t n, double *value, const char **hint) {
    Cell cell;
    *hint = "mend or remove the line";
    if (!cell_read(text, n, notation->decimal, &cell))
        return "is not a number";
    *value = cell.value;
    if (ends_file(notation, row, c) && habit_cut(&notation->habits[c], &cell)) {
        *hint = "fetch it again; where it is whole, end its last line";
        return "ends the file in fewer digits than the others: is the file cut off?";
    }
    return habit_fault(&notation->habits[c], &cell, notation->leave, hint);
}

/* ---- both ---- */

bool notation_find(Notation *notation, const Table *table, const Dialect *dialect, const size_t *columns, const SeriesOptions *options,
                   Error *error) {
    PatternVote dates = {0};
    CellVote numbers = {0};
    const char *cursor = table->cells.data;
    size_t n, n_blank = 0;
    *notation = (Notation){.leave = {options->negatives, options->decimal != NULL}, .last_row = table->n_rows - 1};
    notation->habits = calloc(table->n_columns, sizeof *notation->habits);
    if (!notation->habits)
        return error_memory(error, "columns");
    for (size_t i = 0; i < table->n_rows; i++) {
        const char *cell = table_cell(&cursor, &n);
        n_blank += edged(cell, n);
        if (!options->date_format)
            pattern_vote(&dates, cell, n);
        for (size_t c = 1; c < table->n_columns; c++) {
            cell = table_cell(&cursor, &n);
            cell_vote(&numbers, cell, n);
        }
    }
    notation->dates_blank = n_blank * 20 >= table->n_rows && (n_blank > 1 || table->n_rows < 4);
    notation->habits[0].n = options->date_format ? 0 : table->n_rows;
    for (size_t c = 1; c < table->n_columns; c++) {
        notation->habits[c].price = is_price(dialect->names[columns[c]]);
        notation->habits[c].counted = is_volume(dialect->names[columns[c]]);
        if (columns[c] + 1 == dialect->n_names && table->lines[notation->last_row] == table->open_line)
            notation->last_open = true, notation->last_column = c;
    }
    if (!decide_dates(notation, table, &dates, options, error) ||
        !decide_decimal(notation, table, &numbers, dialect->delimiter, options, error))
        return false;
    count_habits(notation, table);
    return true;
}

void notation_free(Notation *notation) {
    free(notation->habits);
    *notation = (Notation){0};
}
