#include "lstmfc/dialect.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/header.h"
#include "lstmfc/text.h"

enum { PREAMBLE_MAX = 60 };

/* ---- what is no table ---- */

static bool contains(const char *bytes, size_t n, const char *part) {
    for (size_t i = 0; i < n; i++)
        if (header_begins(bytes + i, n - i, part))
            return true;
    return false;
}

static const struct {
    const char *magic;
    size_t n;
    const char *what, *hint;
} signatures[] = {
    {"\xff\xfe", 2, "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW.csv"},
    {"\xfe\xff", 2, "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW.csv"},
    {"\x1f\x8b", 2, "a gzip file", "unpack it: gzip -dc FILE | lstmfc ... -"},
    {"PK\x03\x04", 4, "a zip file or an Excel workbook", "unpack it, or save the sheet as CSV"},
    {"\xd0\xcf\x11\xe0", 4, "an Excel workbook", "save the sheet as CSV"},
    {"PAR1", 4, "a Parquet file", "convert it to CSV"},
    {"%PDF", 4, "a PDF file", "save the table as CSV"},
};

static const char *const markup[] = {"<!doctype", "<html", "<head", "<body", "<?xml", "<!--", "<script", "<meta"};

static const char *const refusals[] = {"apikey",        "api key",   "no data", "exceeded the", "too many requests", "unauthorized",
                                       "access denied", "not found", "error",   "edge: ",       "forbidden"};

static bool is_any(const char *const *strings, size_t n_strings, const char *bytes, size_t n, bool anywhere) {
    for (size_t i = 0; i < n_strings; i++)
        if (anywhere ? contains(bytes, n, strings[i]) : header_begins(bytes, n, strings[i]))
            return true;
    return false;
}

/* UTF-16 without its mark: every other byte of ASCII is NUL. */
static bool is_wide(const char *bytes, size_t n) {
    size_t zeros = 0, seen = n < 64 ? n : 64;
    for (size_t i = 0; i < seen; i++)
        zeros += bytes[i] == '\0';
    return seen >= 4 && zeros * 5 >= seen * 2 && zeros < seen;
}

static bool refuse_foreign(const char *bytes, size_t n, Error *error) {
    char shown[120];
    static const char again[] = "download it again, or look at it with head FILE";
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (n >= signatures[i].n && memcmp(bytes, signatures[i].magic, signatures[i].n) == 0)
            return error_at(error, ERROR_DATA, NULL, 1, 0, signatures[i].hint, "this is %s, not CSV", signatures[i].what);
    if (is_wide(bytes, n))
        return error_at(error, ERROR_DATA, NULL, 1, 0, signatures[0].hint, "this is UTF-16 text");
    Lines lines;
    lines_init(&lines, bytes, n);
    do
        if (!lines_next(&lines))
            return error_at(error, ERROR_DATA, NULL, 0, 0, NULL, "the file is empty");
    while (lines_blank(&lines));
    const char *p = lines.line;
    size_t left = lines.n;
    while (*p == ' ' || *p == '\t')
        p++, left--;
    text_escape(p, left < 80 ? left : 80, shown, sizeof shown);
    if (*p == '{' || *p == '[')
        return error_at(error, ERROR_DATA, NULL, lines.number, 0, again, "this seems to be JSON, not CSV: '%s'", shown);
    if (is_any(markup, sizeof markup / sizeof *markup, p, left, false))
        return error_at(error, ERROR_DATA, NULL, lines.number, 0, again, "this seems to be a web page (HTML), not CSV: '%s'", shown);
    bool table = memchr(p, ',', left) || memchr(p, ';', left) || memchr(p, '\t', left) || memchr(p, '|', left);
    if (!table && is_any(refusals, sizeof refusals / sizeof *refusals, p, left, true))
        return error_at(error, ERROR_DATA, NULL, lines.number, 0, again, "this seems to be a message of the server, not CSV: '%s'", shown);
    return true;
}

/* ---- the header ---- */

/* What one delimiter makes of the beginning of a file. */
typedef struct Guess {
    char delimiter;
    bool header;     /* a line names a date and a price */
    bool broken;     /* no line does, and the first one cannot be read */
    size_t line;     /* that line, or the first */
    size_t n_fields; /* of it */
    size_t agree;    /* lines behind it with as many fields */
} Guess;

static bool is_named(const char *name, const char *wanted) {
    return wanted && header_same(name, wanted);
}

static bool is_header(const Record *record, const DialectHints *hints) {
    bool date = false, price = false;
    for (size_t i = 0; i < record->n_fields; i++) {
        char name[128];
        size_t n = record_length(record, i);
        if (n >= sizeof name)
            continue;
        header_clean(record_field(record, i), n, name);
        HeaderRole role = header_role(name, NULL);
        if (role == HEADER_DATE || is_named(name, hints->date_column))
            date = true;
        else if (role == HEADER_PRICE || is_named(name, hints->target))
            price = true;
    }
    return date && price;
}

static bool guess(Guess *best, char delimiter, Lines lines, const DialectHints *hints, Error *error) {
    Guess now = {.delimiter = delimiter};
    Record record;
    if (!record_init(&record, delimiter, error))
        return false;
    for (int i = 0; i < PREAMBLE_MAX && lines_next(&lines); i++) {
        Error ignored = {0};
        if (lines_blank(&lines))
            continue;
        if (!record_read(&record, &lines, &ignored)) {
            if (now.line == 0)
                now = (Guess){delimiter, false, true, lines.number, 0, 0};
            continue;
        }
        bool header = !now.header && is_header(&record, hints);
        if (now.line == 0 || header)
            now = (Guess){delimiter, header, false, lines.number, record.n_fields, 0};
        else
            now.agree += record.n_fields == now.n_fields && now.n_fields > 1;
    }
    record_free(&record);
    bool better = now.header != best->header ? now.header
                  : now.agree != best->agree ? now.agree > best->agree
                                             : now.n_fields > best->n_fields;
    if (best->line == 0 || better)
        *best = now;
    return true;
}

static bool read_delimiter(const char *name, char *delimiter, Error *error) {
    static const char known[] = ",;|\t";
    char shown[32];
    if (text_compare_nocase(name, "tab") == 0 || strcmp(name, "\\t") == 0)
        name = "\t";
    if (strlen(name) == 1 && strchr(known, *name))
        *delimiter = *name;
    else
        return error_set(error, ERROR_USAGE, "one of , ; | tab", "'%s' is no delimiter",
                         text_escape(name, strlen(name), shown, sizeof shown));
    return true;
}

/* `sep=;` before everything, as Excel reads it. */
static bool take_separator_line(Lines *lines, char *delimiter) {
    Lines ahead = *lines;
    if (!lines_next(&ahead) || ahead.n != 5 || !header_begins(ahead.line, 5, "sep=") || !strchr(",;|\t", ahead.line[4]))
        return false;
    if (!*delimiter)
        *delimiter = ahead.line[4];
    *lines = ahead;
    return true;
}

static bool guess_all(Guess *best, char delimiter, const Lines *lines, const DialectHints *hints, Error *error) {
    static const char known[] = ",;\t|";
    *best = (Guess){0};
    for (const char *p = known; *p; p++)
        if ((!delimiter || *p == delimiter) && !guess(best, *p, *lines, hints, error))
            return false;
    if (best->line == 0)
        return error_set(error, ERROR_DATA, NULL, "no line can be read");
    if (best->n_fields > 1 || best->broken)
        return true;
    return error_at(error, ERROR_DATA, NULL, best->line, 0,
                    "a table with a header line is wanted; --delimiter says what separates its fields",
                    "only one column: no , ; TAB or | separates fields");
}

/* ---- names ---- */

static bool take_names(Dialect *dialect, const Record *record, Error *error) {
    size_t n = record->n_fields, bytes = n * sizeof(char *) + record->text.length + n;
    dialect->names = malloc(bytes);
    if (!dialect->names)
        return error_memory(error, "the names of columns");
    char *text = (char *)(dialect->names + n);
    for (size_t i = 0; i < n; i++) {
        header_clean(record_field(record, i), record_length(record, i), text);
        dialect->names[i] = text;
        text += strlen(text) + 1;
    }
    dialect->n_names = n;
    return true;
}

static void find_roles(Dialect *dialect) {
    size_t n = dialect->n_names, rank, date_rank = SIZE_MAX, key_rank = SIZE_MAX;
    dialect->date = dialect->key = n;
    for (size_t i = 0; i < n; i++) {
        HeaderRole role = header_role(dialect->names[i], &rank);
        if (role == HEADER_DATE && rank < date_rank)
            dialect->date = i, date_rank = rank;
        if (role == HEADER_KEY && rank < key_rank)
            dialect->key = i, key_rank = rank;
    }
}

static bool rest_empty(const Record *record) {
    for (size_t i = 1; i < record->n_fields; i++)
        if (record_length(record, i) > 0)
            return false;
    return true;
}

static bool one_ticker(const Record *record) {
    for (size_t i = 2; i < record->n_fields; i++)
        if (strcmp(record_field(record, i), record_field(record, 1)) != 0)
            return false;
    return true;
}

/* The second line of a yfinance header: a file of several tickers keeps the names of one of them only. */
static bool take_tickers(Dialect *dialect, const Record *record, size_t line, const char *key, Error *error) {
    char shown[64];
    bool found = false;
    if (!key && one_ticker(record))
        return true;
    text_escape(record_field(record, 1), record_length(record, 1), shown, sizeof shown);
    if (!key)
        return error_at(error, ERROR_DATA, NULL, line, 0, "choose one with --series", "several series in one file, '%s' first", shown);
    for (size_t i = 1; i < record->n_fields; i++) {
        if (header_same(record_field(record, i), key))
            found = true;
        else
            dialect->names[i] = dialect->names[i] + strlen(dialect->names[i]);
    }
    text_escape(key, strlen(key), shown, sizeof shown);
    dialect->chosen = found;
    return found || error_at(error, ERROR_DATA, NULL, line, 0, NULL, "no series '%s' in the file", shown);
}

/* yfinance: Price,Close,High,... / Ticker,MSFT,MSFT,... / Date,,,,... */
static bool take_more_headers(Dialect *dialect, Lines *lines, Record *record, const char *key, Error *error) {
    if (strcmp(dialect->names[0], "Price") != 0)
        return true;
    Lines ahead = *lines;
    Error ignored = {0};
    size_t n = dialect->n_names;
    if (!lines_next(&ahead) || !record_read(record, &ahead, &ignored) || record->n_fields != n)
        return true;
    if (strcmp(record_field(record, 0), "Ticker") != 0)
        return true;
    if (!take_tickers(dialect, record, ahead.number, key, error))
        return false;
    *lines = ahead;
    dialect->names[0] = "Date";
    dialect->date = 0;
    dialect->data_line = ahead.number + 1;
    if (!lines_next(&ahead) || !record_read(record, &ahead, &ignored) || record->n_fields != n || !rest_empty(record))
        return true;
    if (header_role(record_field(record, 0), NULL) == HEADER_DATE)
        dialect->data_line = ahead.number + 1;
    return true;
}

static bool read_header(Dialect *dialect, Lines *lines, const Guess *best, const DialectHints *hints, Error *error) {
    Record record;
    bool ok = false;
    if (!record_init(&record, best->delimiter, error))
        return false;
    while (lines_next(lines) && lines->number < best->line)
        dialect->n_preamble += !lines_blank(lines);
    if (!record_read(&record, lines, error) || !take_names(dialect, &record, error))
        goto done;
    dialect->header_line = lines->number;
    dialect->data_line = lines->number + 1;
    find_roles(dialect);
    ok = take_more_headers(dialect, lines, &record, hints->key, error);
done:
    record_free(&record);
    return ok;
}

static size_t mark_length(const char *bytes, size_t n) {
    return n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool dialect_find(Dialect *dialect, const char *bytes, size_t n_bytes, const DialectHints *hints, Error *error) {
    Lines lines;
    Guess best;
    char delimiter = '\0';
    size_t mark = mark_length(bytes, n_bytes);
    *dialect = (Dialect){0};
    if (hints->delimiter && !read_delimiter(hints->delimiter, &delimiter, error))
        return false;
    if (!refuse_foreign(bytes + mark, n_bytes - mark, error))
        return false;
    lines_init(&lines, bytes + mark, n_bytes - mark);
    dialect->n_preamble = take_separator_line(&lines, &delimiter);
    if (!guess_all(&best, delimiter, &lines, hints, error))
        return false;
    dialect->delimiter = best.delimiter;
    if (read_header(dialect, &lines, &best, hints, error))
        return true;
    dialect_free(dialect);
    return false;
}

void dialect_free(Dialect *dialect) {
    free(dialect->names);
    *dialect = (Dialect){0};
}

void dialect_lines(const Dialect *dialect, Lines *lines, const char *bytes, size_t n_bytes) {
    size_t mark = mark_length(bytes, n_bytes);
    lines_init(lines, bytes + mark, n_bytes - mark);
    while (lines->number + 1 < dialect->data_line && lines_next(lines))
        continue;
}

/* ---- columns ---- */

static bool no_column(const Dialect *dialect, const char *name, Error *error) {
    char shown[100], list[300], hint[160];
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    Text names = {0}, advice = {0};
    for (size_t i = 0; i < dialect->n_names; i++) {
        if (dialect->names[i][0] == '\0')
            continue;
        size_t distance = header_distance(name, dialect->names[i]);
        text_printf(&names, "%s%s", names.length ? ", " : "", dialect->names[i]);
        if (distance < best && distance <= 2 + strlen(name) / 3)
            best = distance, nearest = dialect->names[i];
    }
    if (nearest)
        text_printf(&advice, "did you mean '%s'?", text_escape(nearest, strlen(nearest), shown, sizeof shown));
    else
        text_puts(&advice, "name one with --target or --features");
    text_escape(advice.data ? advice.data : "", advice.length, hint, sizeof hint);
    error_at(error, ERROR_DATA, NULL, dialect->header_line, 0, hint, "no column '%s': the columns are %s",
             text_escape(name, strlen(name), shown, sizeof shown),
             text_escape(names.data ? names.data : "", names.length, list, sizeof list));
    text_free(&names);
    text_free(&advice);
    return false;
}

bool dialect_column(const Dialect *dialect, const char *name, size_t *column, Error *error) {
    char shown[100];
    for (int exact = 1; exact >= 0; exact--) {
        size_t found = 0;
        for (size_t i = dialect->n_names; i-- > 0;) {
            if (exact ? strcmp(name, dialect->names[i]) != 0 : !header_same(name, dialect->names[i]))
                continue;
            *column = i;
            found++;
        }
        if (found == 1)
            return true;
        if (found > 1)
            return error_at(error, ERROR_DATA, NULL, dialect->header_line, 0, "rename one of them",
                            "column '%s' stands in the header %zu times", text_escape(name, strlen(name), shown, sizeof shown), found);
    }
    return no_column(dialect, name, error);
}

bool dialect_target(const Dialect *dialect, size_t *column, Error *error) {
    size_t best = SIZE_MAX, rank, only = dialect->n_names, others = 0;
    for (size_t i = 0; i < dialect->n_names; i++) {
        if (i == dialect->date || i == dialect->key || dialect->names[i][0] == '\0')
            continue;
        only = i;
        others++;
        if (header_role(dialect->names[i], &rank) == HEADER_PRICE && rank < best)
            *column = i, best = rank;
    }
    if (best < SIZE_MAX)
        return dialect_column(dialect, dialect->names[*column], column, error);
    if (others != 1)
        return no_column(dialect, "Close", error);
    *column = only;
    return true;
}

/* ---- lines that are no rows ---- */

static bool ends_with(const char *text, size_t n, const char *suffix) {
    size_t length = strlen(suffix);
    return n >= length && header_begins(text + n - length, length, suffix);
}

bool dialect_is_remark(const Dialect *dialect, const Lines *lines, const Record *record) {
    static const char *const remarks[] = {"downloaded from", "source:",      "quelle:",         "copyright",
                                          "\xc2\xa9",        "*close price", "data provided by"};
    static const char *const events[] = {"dividend", "stock split", "stock splits", "split", "capital gain", "distribution"};
    const char *p = lines->line;
    size_t n = lines->n;
    if (record->n_fields >= dialect->n_names || record->n_fields == 0)
        return false;
    if (n > 0 && *p == '"')
        p++, n--;
    if (is_any(remarks, sizeof remarks / sizeof *remarks, p, n, false))
        return true;
    if (record->n_fields != 2)
        return false;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (ends_with(record_field(record, 1), record_length(record, 1), events[i]))
            return true;
    return false;
}
