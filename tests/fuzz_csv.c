/* fuzz_csv [FILES [SEED]]: damages sound files in ways that happen, and asks whether a wrong number loads.
 *
 * A file is made from numbers we know, in one of the styles below, then damaged once. The loader must refuse it with its line and a cure,
 * or give only rows that were in the file, each with its own numbers. What cannot be seen in a file (a digit changed for another or lost, a
 * row lost, a price under the name of another price) is not tried. Without arguments a short run, the same each time, which is the test;
 * `fuzz_csv 1000000 7` is a long one. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lstmfc/series.h"

enum { ROWS = 60, COLUMNS = 6, CELL = 48, LINES = ROWS + 8, WIDE = COLUMNS + 1 };

static uint64_t seed = 20;

static size_t below(size_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % n;
}

/* ---- styles: how a vendor writes ---- */

typedef struct Style {
    const char *name, *head, *format; /* the header; d date, o h l c a v the columns in the order of the file */
    const char *date, *end;           /* date: Y-m-d and the like, E seconds, N nanoseconds; end of line */
    char delimiter, decimal;
    const char *group, *before, *after; /* of prices */
    int decimals;                       /* -1: as few as needed, at most 2 */
    double level;                       /* of prices */
    bool quoted, newest_first, millions, padded;
} Style;

static const Style styles[] = {
    {"yahoo", "Date,Open,High,Low,Close,Adj Close,Volume\n", "dohlcav", "Y-m-d", "\n", ',', '.', "", "", "", 6, 150, false, false, false,
     false},
    {"nasdaq", "Date,Close/Last,Volume,Open,High,Low\r\n", "dcvohl", "m/d/Y", "\r\n", ',', '.', "", "$", "", 2, 190, false, true, false,
     false},
    {"investing", "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\"\n", "dcohlv", "m/d/Y", "\n", ',', '.', ",", "", "", 2, 7200, true,
     true, true, false},
    {"german", "Datum;Erster;Hoch;Tief;Schlusskurs;Volumen\n", "dohlcv", "d.m.Y", "\n", ';', ',', ".", "", "", 2, 1300, false, true, false,
     false},
    {"german, quoted", "\"Datum\",\"Kurs\",\"Erster\",\"Hoch\",\"Tief\"\n", "dcohl", "d.m.Y", "\n", ',', ',', ".", "", "", 4, 1.1, true,
     true, false, false},
    {"stooq", "Date,Open,High,Low,Close,Volume\n", "dohlcv", "Y-m-d", "\n", ',', '.', "", "", "", -1, 100, false, false, false, false},
    {"yfinance", "Price,Close,High,Low,Open,Volume\nTicker,A,A,A,A,A\nDate,,,,,\n", "dchlov", "Y-m-d", "\n", ',', '.', "", "", "", 6, 400,
     false, false, false, false},
    {"metatrader", "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n", "dohlcv", "Y.m.d", "\r\n", '\t', '.', "", "", "", 5, 1.1, false,
     false, false, false},
    {"compact", "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n", "dohlcv", "Ymd", "\n", ',', '.', "", "", "", 3, 109, false, false, false,
     false},
    {"epoch", "timestamp,open,high,low,close,volume\n", "dohlcv", "E", "\n", ',', '.', "", "", "", 2, 45, false, false, false, false},
    {"nanoseconds", "volume,open,close,high,low,window_start\n", "vochld", "N", "\n", ',', '.', "", "", "", 2, 45, false, false, false,
     false},
    {"nse", "\"Date \",\"OPEN \",\"HIGH \",\"LOW \",\"close \",\"VOLUME \"\n", "dohlcv", "d-b-Y", "\n", ',', '.', ",", "", "", 2, 1500,
     true, true, false, false},
    {"swiss", "Datum|Eroeffnung|Hoch|Tief|Kurs\n", "dohlc", "d.m.Y", "\n", '|', '.', "'", "", "", 2, 1500, false, false, false, false},
    {"wsj", "Date, Open, High, Low, Close\n", "dohlc", "m/d/y", "\n", ',', '.', "", "", "", 2, 150, false, true, false, true},
    {"excel", "Date,Open,High,Low,Close,Volume\n", "dohlcv", "-m/-d/Y", "\r\n", ',', '.', "", "", "", -1, 150, false, false, false, false},
    {"two columns", "observation_date,SP500\n", "dc", "Y-m-d", "\n", ',', '.', "", "", "", 2, 5000, false, false, false, false},
    {"volume first", "Date;Volume;Close\n", "dvc", "Y/m/d", "\n", ';', ',', "", "", "", 4, 12, false, false, false, false},
};
enum { N_STYLES = sizeof styles / sizeof *styles };

typedef struct Sheet {
    const Style *style;
    Date dates[ROWS];
    double values[ROWS][COLUMNS]; /* as written: open high low close adjusted volume; NaN = the style has none */
    size_t n_cells, n_lines;
    char cells[LINES][WIDE][CELL]; /* rows in the order of the file */
    size_t row[LINES];             /* the row of dates[] and values[]; ROWS = none */
} Sheet;

static const char letters[] = "ohlcav";

static void write_date(char *out, const char *format, Date date) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int y, m, d;
    date_to_civil(date, &y, &m, &d);
    *out = '\0';
    for (const char *f = format; *f; f++) {
        const bool bare = *f == '-' && (f[1] == 'm' || f[1] == 'd') && (f == format || f[-1] == '/');
        f += bare;
        const size_t n = strlen(out);
        char *to = out + n;
        const size_t size = CELL - n;
        if (*f == 'Y') snprintf(to, size, "%04d", y);
        else if (*f == 'y') snprintf(to, size, "%02d", y % 100);
        else if (*f == 'm') snprintf(to, size, bare ? "%d" : "%02d", m);
        else if (*f == 'd') snprintf(to, size, bare ? "%d" : "%02d", d);
        else if (*f == 'b') snprintf(to, size, "%s", months[m - 1]);
        else if (*f == 'E') snprintf(to, size, "%lld", (long long)date * 86400 + 72000);
        else if (*f == 'N') snprintf(to, size, "%lld000000000", (long long)date * 86400 + 18000);
        else snprintf(to, size, "%c", *f);
    }
}

/* Puts `group` between thousands and `decimal` for the point. */
static void dress(char *out, const char *plain, char decimal, const char *group) {
    const size_t whole = strcspn(plain, ".");
    size_t n = 0;
    for (size_t i = 0; plain[i]; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) n += (size_t)snprintf(out + n, CELL - n, "%s", group);
        out[n++] = plain[i] == '.' ? decimal : plain[i];
    }
    out[n] = '\0';
}

static void write_price(char *out, const Style *s, double value, char decimal, const char *group) {
    char plain[CELL / 2], dressed[CELL];
    snprintf(plain, sizeof plain, "%.*f", s->decimals < 0 ? 2 : s->decimals, value);
    if (s->decimals < 0) {
        char *end = plain + strlen(plain);
        while (end[-1] == '0') *--end = '\0';
        if (end[-1] == '.') end[-1] = '\0';
    }
    dress(dressed, plain, decimal, group);
    snprintf(out, CELL, "%s%.30s%s", s->before, dressed, s->after);
}

static void write_volume(char *out, const Style *s, double value) {
    char plain[CELL / 2];
    snprintf(plain, sizeof plain, s->millions ? "%.2f" : "%.0f", s->millions ? value / 1e6 : value);
    dress(out, plain, s->decimal, s->millions ? "" : s->group);
    if (s->millions) strcat(out, "M");
}

static double rounded(const Style *s, double value) {
    char text[64];
    snprintf(text, sizeof text, "%.*f", s->decimals < 0 ? 2 : s->decimals, value);
    return strtod(text, NULL);
}

static void make_row(Sheet *sheet, size_t i, double *level) {
    const Style *s = sheet->style;
    double *v = sheet->values[i], low = *level * 0.97, span = *level * 0.06, unit = s->decimals < 0 ? 0.01 : pow(10, -s->decimals);
    *level = fmax(s->level * 0.5, low + span * (double)below(1000) / 999);
    for (size_t c = 0; c < 5; c++) v[c] = rounded(s, low + span * (c == 1 ? 1 : c == 2 ? 0 : (double)(1 + below(997)) / 999));
    v[4] = rounded(s, v[3] * 0.9 + unit);
    v[5] = s->millions ? (double)(1000 + below(90000)) * 1e4 : (double)(10000000 + below(80000000));
    for (size_t c = 0; c < COLUMNS; c++)
        if (!strchr(s->format, letters[c])) v[c] = NAN;
}

static void make(Sheet *sheet, const Style *s) {
    double level = s->level;
    Date date = date_from_civil(2019, 10, 1) + (Date)below(1500);
    memset(sheet, 0, sizeof *sheet);
    sheet->style = s;
    sheet->n_cells = strlen(s->format);
    sheet->n_lines = ROWS;
    for (size_t i = 0; i < ROWS; i++) {
        do date++;
        while (date_weekday(date) > 4);
        sheet->dates[i] = date;
        make_row(sheet, i, &level);
        const size_t line = s->newest_first ? ROWS - 1 - i : i;
        sheet->row[line] = i;
        for (size_t k = 0; s->format[k]; k++) {
            char *cell = sheet->cells[line][k];
            const char *letter = strchr(letters, s->format[k]);
            if (s->format[k] == 'd') write_date(cell, s->date, date);
            else if (s->format[k] == 'v') write_volume(cell, s, sheet->values[i][5]);
            else write_price(cell, s, sheet->values[i][letter - letters], s->decimal, s->group);
        }
    }
}

static size_t print_line(const Sheet *sheet, size_t line, char *out) {
    size_t n = 0;
    for (size_t k = 0; k < sheet->n_cells; k++) {
        if (k) out[n++] = sheet->style->delimiter;
        if (k && sheet->style->padded) out[n++] = ' ';
        n += (size_t)sprintf(out + n, sheet->style->quoted ? "\"%s\"" : "%s", sheet->cells[line][k]);
    }
    return n + (size_t)sprintf(out + n, "%s", sheet->style->end);
}

enum { BYTES = 1 << 16 };

static size_t print(const Sheet *sheet, char *out) {
    size_t n = (size_t)sprintf(out, "%s", sheet->style->head);
    for (size_t i = 0; i < sheet->n_lines; i++) n += print_line(sheet, i, out + n);
    return n;
}

/* ---- damage ---- */

static size_t number_cell(const Sheet *sheet) {
    size_t k;
    do k = below(sheet->n_cells);
    while (sheet->style->format[k] == 'd');
    return k;
}

static size_t price_cell(const Sheet *sheet) {
    size_t k;
    do k = number_cell(sheet);
    while (sheet->style->format[k] == 'v');
    return k;
}

/* Each changes the sheet and gives true, or false where the style cannot be damaged so. */
static bool lost_character(Sheet *s) {
    static const char takers[] = "-- .,'KMBTkmbeExX%$()/:;|~*\"";
    char *cell = s->cells[below(ROWS)][below(s->n_cells)];
    char *place = &cell[below(strlen(cell))];
    if (strchr("KMBT", *place)) return false; /* another power of ten: cannot be seen */
    *place = takers[below(sizeof takers - 1)];
    return true;
}

static bool edge_blank(Sheet *s) {
    char *cell = s->cells[below(ROWS)][below(s->n_cells)];
    cell[below(2) ? 0 : strlen(cell) - 1] = ' ';
    return true;
}

static bool edge_minus(Sheet *s) {
    char *cell = s->cells[below(ROWS)][number_cell(s)];
    cell[below(2) ? 0 : strlen(cell) - 1] = '-';
    return true;
}

static bool put_in(Sheet *s) {
    static const char takers[] = "- .,'KMBTe%$(+\"";
    char *cell = s->cells[below(ROWS)][number_cell(s)];
    const size_t n = strlen(cell), k = below(n + 1);
    memmove(cell + k + 1, cell + k, n - k + 1);
    cell[k] = takers[below(sizeof takers - 1)];
    return true;
}

static bool token(Sheet *s) {
    static const char *const tokens[] = {"null", "N/A",  "#N/A", "--",  "-",    "",   "nan",  "#VALUE!", "#REF!",
                                         "####", "None", "NULL", "inf", "0x1F", "1e", "TRUE", ".",       "?"};
    snprintf(s->cells[below(ROWS)][below(s->n_cells)], CELL, "%s", tokens[below(sizeof tokens / sizeof *tokens)]);
    return true;
}

/* From some row on another program wrote the numbers. */
static bool other_decimal(Sheet *s) {
    const size_t from = below(ROWS), to = below(2) ? ROWS : from + 1;
    const char decimal = s->style->decimal == '.' ? ',' : '.';
    if (decimal == s->style->delimiter && !s->style->quoted) return false;
    for (size_t i = from; i < to; i++)
        for (size_t k = 0; k < s->n_cells; k++) {
            const char *letter = strchr(letters, s->style->format[k]);
            if (letter && *letter != 'v')
                write_price(s->cells[i][k], s->style, s->values[s->row[i]][letter - letters], decimal,
                            below(2) ? decimal == '.' ? "," : "." : "");
        }
    return true;
}

static bool other_groups(Sheet *s) {
    const size_t from = below(ROWS);
    const char *group = *s->style->group                                  ? ""
                        : s->style->decimal == ','                        ? "."
                        : s->style->delimiter == ',' && !s->style->quoted ? "'"
                                                                          : ",";
    for (size_t i = from; i < ROWS; i++)
        for (size_t k = 0; k < s->n_cells; k++) {
            const char *letter = strchr(letters, s->style->format[k]);
            if (letter && *letter != 'v')
                write_price(s->cells[i][k], s->style, s->values[s->row[i]][letter - letters], s->style->decimal, group);
        }
    return true;
}

static bool other_dates(Sheet *s) {
    static const char *const formats[] = {"d/m/Y", "m/d/Y", "-m/-d/Y", "-d/-m/Y", "Y-m-d", "d.m.Y",
                                          "d-m-Y", "m/d/y", "d/m/y",   "Y-d-m",   "E",     "Ymd"};
    const char *format = formats[below(sizeof formats / sizeof *formats)];
    const size_t k = (size_t)(strchr(s->style->format, 'd') - s->style->format), from = below(ROWS), to = below(2) ? ROWS : from + 1;
    for (size_t i = from; i < to; i++) write_date(s->cells[i][k], format, s->dates[s->row[i]]);
    return true;
}

static bool row_missing_cell(Sheet *s) {
    const size_t line = below(ROWS), k = 1 + below(s->n_cells - 1);
    if (s->style->format[s->n_cells - 1] != 'v') return false; /* prices beside prices: cannot be seen */
    memmove(s->cells[line][k], s->cells[line][k + 1], (s->n_cells - k - 1) * CELL);
    snprintf(s->cells[line][s->n_cells - 1], CELL, "%s", "");
    return true;
}

static bool row_shifted_right(Sheet *s) {
    const size_t line = below(ROWS), k = 1 + below(s->n_cells - 1);
    if (s->style->format[s->n_cells - 1] != 'v') return false;
    memmove(s->cells[line][k + 1], s->cells[line][k], (s->n_cells - k - 1) * CELL);
    snprintf(s->cells[line][k], CELL, "%s", "");
    return true;
}

static bool rows_swapped(Sheet *s) {
    const size_t line = below(ROWS - 1);
    char cells[WIDE][CELL];
    memcpy(cells, s->cells[line], sizeof cells);
    memcpy(s->cells[line], s->cells[line + 1], sizeof cells);
    memcpy(s->cells[line + 1], cells, sizeof cells);
    return true;
}

/* Another security's rows behind ours, whole or in part. */
static bool other_rows(Sheet *s) {
    for (size_t i = 0; i < 5; i++) {
        memcpy(s->cells[ROWS + i], s->cells[below(2) ? i : ROWS - 5 + i], sizeof s->cells[0]);
        write_price(s->cells[ROWS + i][price_cell(s)], s->style, s->style->level * 3, s->style->decimal, s->style->group);
        s->row[ROWS + i] = ROWS;
    }
    s->n_lines = ROWS + 5;
    return true;
}

static const struct {
    const char *name;
    bool (*damage)(Sheet *sheet);
} sheet_damages[] = {{"a character for another", lost_character},
                     {"a blank at an edge", edge_blank},
                     {"a minus at an edge", edge_minus},
                     {"a character put in", put_in},
                     {"a token", token},
                     {"another decimal mark", other_decimal},
                     {"other separators of thousands", other_groups},
                     {"other dates", other_dates},
                     {"a cell lost, an empty one behind", row_missing_cell},
                     {"an empty cell, the last one lost", row_shifted_right},
                     {"two rows exchanged", rows_swapped},
                     {"another file's rows", other_rows}};
enum { N_SHEET = sizeof sheet_damages / sizeof *sheet_damages };

static char *end_of_some_line(char *bytes) {
    char *p = bytes;
    for (size_t skip = below(ROWS); skip > 0 && (p = strchr(p, '\n')); skip--) p++;
    return p ? strchr(p, '\n') : NULL;
}

static void put(char *bytes, size_t *n, char *at, const char *text) {
    const size_t length = strlen(text);
    memmove(at + length, at, *n - (size_t)(at - bytes) + 1);
    memcpy(at, text, length);
    *n += length;
}

static void cut_off(char *bytes, size_t *n) {
    const size_t head = (size_t)(strchr(bytes, '\n') - bytes) + 600;
    *n = head + below(*n - head);
}

static void lines_merged(char *bytes, size_t *n) {
    char *end = end_of_some_line(bytes);
    if (!end) return;
    memmove(end, end + 1, *n - (size_t)(end - bytes));
    --*n;
}

static void second_header(char *bytes, size_t *n) {
    char head[256], *end = end_of_some_line(bytes);
    const size_t length = (size_t)(strchr(bytes, '\n') - bytes) + 1;
    snprintf(head, sizeof head, "%.*s", (int)length, bytes);
    if (end) put(bytes, n, end + 1, head);
}

static void stray_newline(char *bytes, size_t *n) {
    char *end = end_of_some_line(bytes);
    if (end) put(bytes, n, end - below(8) - 1, "\n");
}

static void mark_in_front(char *bytes, size_t *n) {
    put(bytes, n, bytes, "\xef\xbb\xbf");
}

static void remark_behind(char *bytes, size_t *n) {
    static const char *const remarks[] = {"Total,,,\n", "\n\nSource: somebody\n", "\x1a", "# end\n", "<!-- generated -->\n",
                                          ",,,,,\n",    "Average,1.5\n"};
    put(bytes, n, bytes + *n, remarks[below(7)]);
}

static void separator_changed(char *bytes, size_t *n) {
    static const char others[] = ",;\t|";
    const char *head = strpbrk(bytes, others);
    const char old = *head, new = others[below(4)];
    (void)n;
    for (char *p = strchr(bytes, '\n') + 1 + below(2) * 500; (p = strchr(p, old)); p++) *p = new;
}

static const struct {
    const char *name;
    void (*damage)(char *bytes, size_t *n);
} byte_damages[] = {{"cut off", cut_off},
                    {"two lines in one", lines_merged},
                    {"a second header", second_header},
                    {"a line broken", stray_newline},
                    {"a byte order mark", mark_in_front},
                    {"a remark behind", remark_behind},
                    {"another delimiter", separator_changed}};
enum { N_BYTE = sizeof byte_damages / sizeof *byte_damages, N_DAMAGES = N_SHEET + N_BYTE };

/* ---- judgement ---- */

typedef struct Count {
    size_t right, refused, no_line, no_cure, wrong;
} Count;

static bool same(double a, double b) {
    return fabs(a - b) <= 1e-12 * fabs(b);
}

static const double *truth(const Sheet *sheet, Date date) {
    for (size_t i = 0; i < ROWS; i++)
        if (sheet->dates[i] == date) return sheet->values[i];
    return NULL;
}

/* Column of `values` by the name in the header's place. */
static size_t column_of(const Sheet *sheet, const char *name) {
    char head[256], *at = head;
    const char delimiter = sheet->style->delimiter;
    snprintf(head, sizeof head, "%s", sheet->style->head);
    for (size_t k = 0; sheet->style->format[k]; k++) {
        while (*at == '"' || *at == ' ' || *at == '<') at++;
        if (strncmp(at, name, strlen(name)) == 0 && strchr(",;\t|\" >\r\n", at[strlen(name)]) && sheet->style->format[k] != 'd')
            return (size_t)(strchr(letters, sheet->style->format[k]) - letters);
        at = strchr(at, delimiter) ? strchr(at, delimiter) + 1 : at;
    }
    return COLUMNS;
}

static bool wrong_number(const Sheet *sheet, const Series *series, char *what, size_t size) {
    char date[DATE_TEXT];
    for (size_t i = 0; i < series->n_rows; i++) {
        const double *row = truth(sheet, series->dates[i]);
        snprintf(what, size, "%s is no row of the file", date_format(series->dates[i], date));
        if (!row) return true;
        for (size_t c = 0; c < series->n_columns; c++) {
            const size_t k = column_of(sheet, series->names[c]);
            snprintf(what, size, "%s %s is %.17g, was %.17g", date, series->names[c], series->columns[c][i], k < COLUMNS ? row[k] : NAN);
            if (k == COLUMNS || !same(series->columns[c][i], row[k])) return true;
        }
    }
    return false;
}

static char path[] = "/tmp/lstmfc-fuzz-XXXXXX";
static const char *keep; /* folder for files that load wrong */

static bool load(Series *series, const char *bytes, size_t n, bool with_features, const Sheet *sheet, Error *error) {
    static const char *const features[] = {"Open,High,Low,Close,Volume",
                                           "Open,High,Low,Volume",
                                           "Open,High,Low,Vol.",
                                           "Erster,Hoch,Tief,Volumen",
                                           "Erster,Hoch,Tief",
                                           "Open,High,Low,Volume",
                                           "Open,High,Low,Volume",
                                           "OPEN,HIGH,LOW,TICKVOL",
                                           "OPEN,HIGH,LOW,VOL",
                                           "open,high,low,volume",
                                           "open,high,low,volume",
                                           "OPEN,HIGH,LOW,VOLUME",
                                           "Eroeffnung,Hoch,Tief",
                                           "Open,High,Low",
                                           "Open,High,Low,Volume",
                                           NULL,
                                           "Volume"};
    SeriesOptions options = series_options();
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0) abort();
    if (with_features) options.features = features[sheet->style - styles];
    *error = (Error){0};
    return series_read(series, path, &options, error);
}

static void complain(const Sheet *sheet, const char *damage, const char *what, size_t number, const char *bytes, size_t n) {
    char name[512];
    printf("file %zu, %s, %s: %s\n", number, sheet->style->name, damage, what);
    if (!keep) return;
    snprintf(name, sizeof name, "%s/%zu.csv", keep, number);
    FILE *file = fopen(name, "wb");
    if (file) fwrite(bytes, 1, n, file), fclose(file);
}

static void try_one(size_t number, Count counts[N_DAMAGES]) {
    static char bytes[BYTES];
    static Sheet sheet;
    char what[256];
    Series series;
    Error error;
    const size_t kind = below(N_DAMAGES);
    make(&sheet, &styles[below(N_STYLES)]);
    if (kind < N_SHEET && !sheet_damages[kind].damage(&sheet)) return;
    size_t n = print(&sheet, bytes);
    if (kind >= N_SHEET) byte_damages[kind - N_SHEET].damage(bytes, &n);
    const char *name = kind < N_SHEET ? sheet_damages[kind].name : byte_damages[kind - N_SHEET].name;
    Count *count = &counts[kind];
    if (!load(&series, bytes, n, below(2), &sheet, &error)) {
        count->refused++;
        count->no_line += error.line == 0;
        count->no_cure += error.hint[0] == '\0';
        if (keep && !error.hint[0]) printf("no cure: %s: %s (%s)\n", name, error.message, sheet.style->name);
        return;
    }
    if (wrong_number(&sheet, &series, what, sizeof what)) {
        count->wrong++;
        complain(&sheet, name, what, number, bytes, n);
    } else {
        count->right++;
    }
    series_free(&series);
}

/* The control: undamaged, every style loads whole; with a digit changed behind its back the judge sees it. */
static bool controls(void) {
    static char bytes[BYTES];
    static Sheet sheet;
    char what[256];
    Series series;
    Error error;
    bool ok = true;
    for (size_t i = 0; i < N_STYLES; i++) {
        make(&sheet, &styles[i]);
        const size_t n = print(&sheet, bytes);
        bool loaded = load(&series, bytes, n, true, &sheet, &error),
             good = loaded && series.n_rows == ROWS && !wrong_number(&sheet, &series, what, sizeof what);
        if (!good) printf("style %s does not load undamaged: %s\n", styles[i].name, loaded ? what : error.message);
        if (good) series.columns[0][ROWS / 2] *= 1.001;
        ok = ok && good && wrong_number(&sheet, &series, what, sizeof what);
        if (loaded) series_free(&series);
    }
    return ok;
}

int main(int argc, char **argv) {
    Count counts[N_DAMAGES] = {{0}}, all = {0};
    const size_t n_files = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 8000;
    if (argc > 2) seed = strtoull(argv[2], NULL, 10);
    keep = argc > 3 ? argv[3] : NULL;
    const int descriptor = mkstemp(path);
    if (descriptor < 0 || close(descriptor) != 0) return 2;
    bool ok = controls();
    for (size_t i = 0; i < n_files; i++) try_one(i, counts);
    unlink(path);
    printf("%-34s %8s %8s %8s %8s %8s\n", "damage", "right", "refused", "no line", "no cure", "wrong");
    for (size_t k = 0; k < N_DAMAGES; k++) {
        const Count *c = &counts[k];
        printf("%-34s %8zu %8zu %8zu %8zu %8zu\n", k < N_SHEET ? sheet_damages[k].name : byte_damages[k - N_SHEET].name, c->right,
               c->refused, c->no_line, c->no_cure, c->wrong);
        all.right += c->right, all.refused += c->refused, all.no_line += c->no_line, all.no_cure += c->no_cure, all.wrong += c->wrong;
    }
    printf("%-34s %8zu %8zu %8zu %8zu %8zu\n", "all", all.right, all.refused, all.no_line, all.no_cure, all.wrong);
    return ok && all.wrong == 0 && (n_files < 1000 || (all.right > n_files / 20 && all.refused > n_files / 4)) ? 0 : 1;
}
