#include "lstmfc/record.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void lines_init(Lines *lines, const char *bytes, size_t n_bytes) {
    bool old = memchr(bytes, '\n', n_bytes) == NULL && memchr(bytes, '\r', n_bytes) != NULL;
    *lines = (Lines){.next = bytes, .end = bytes + n_bytes, .terminator = old ? '\r' : '\n'};
}

bool lines_next(Lines *lines) {
    if (lines->next >= lines->end)
        return false;
    size_t left = (size_t)(lines->end - lines->next);
    const char *end = memchr(lines->next, lines->terminator, left);
    lines->line = lines->next;
    lines->n = end ? (size_t)(end - lines->line) : left;
    lines->next += lines->n + (end != NULL);
    if (lines->n > 0 && lines->line[lines->n - 1] == '\r')
        lines->n--;
    lines->number++;
    return true;
}

bool lines_blank(const Lines *lines) {
    for (size_t i = 0; i < lines->n; i++)
        if (lines->line[i] != ' ' && lines->line[i] != '\t')
            return false;
    return true;
}

bool record_init(Record *record, char delimiter, Error *error) {
    *record = (Record){0};
    record->parser = malloc(sizeof *record->parser);
    if (!record->parser)
        return error_memory(error, "a parser");
    csv_init(record->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(record->parser, (unsigned char)delimiter);
    return true;
}

void record_free(Record *record) {
    if (record->parser)
        csv_free(record->parser);
    free(record->parser);
    free(record->starts);
    text_free(&record->text);
    *record = (Record){0};
}

static void on_field(void *bytes, size_t n, void *data) {
    Record *record = data;
    if (record->n_fields + 2 > record->capacity) {
        size_t capacity = record->capacity ? 2 * record->capacity : 16;
        size_t *starts = capacity > SIZE_MAX / sizeof *starts ? NULL : realloc(record->starts, capacity * sizeof *starts);
        if (!starts) {
            record->failed = true;
            return;
        }
        record->starts = starts;
        record->capacity = capacity;
    }
    record->starts[record->n_fields++] = record->text.length;
    text_append(&record->text, bytes ? bytes : "", n);
    text_append(&record->text, "", 1);
    record->starts[record->n_fields] = record->text.length;
}

/* An error sticks to a libcsv parser: start over with its settings. */
static void restart(struct csv_parser *parser) {
    unsigned char delimiter = csv_get_delim(parser);
    csv_free(parser);
    csv_init(parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(parser, delimiter);
}

/* Column of the quote that was never closed: the one that opens the last quoted field. */
static size_t opening_quote(const char *line, size_t n) {
    size_t column = 0;
    bool inside = false;
    for (size_t i = 0; i < n; i++) {
        if (line[i] != '"')
            continue;
        inside = !inside;
        if (inside && (i == 0 || line[i - 1] != '"'))
            column = i + 1;
    }
    return column;
}

static bool record_fault(Record *record, const Lines *lines, size_t column, Error *error) {
    bool stray = column > 0;
    ErrorCode code = csv_error(record->parser) == CSV_EPARSE ? ERROR_DATA : ERROR_MEMORY;
    restart(record->parser);
    if (code == ERROR_MEMORY)
        return error_memory(error, "room for a line");
    if (stray)
        return error_at(error, code, NULL, lines->number, column, "mend the line: a quote inside a field is written twice",
                        "stray quote, or text after a closing quote");
    return error_at(error, code, NULL, lines->number, opening_quote(lines->line, lines->n), "a field must end on the line it begins on",
                    "quote never closed");
}

bool record_read(Record *record, const Lines *lines, Error *error) {
    const char *nul = memchr(lines->line, '\0', lines->n), *cr = memchr(lines->line, '\r', lines->n);
    if (nul)
        return error_at(error, ERROR_DATA, NULL, lines->number, (size_t)(nul - lines->line) + 1, "the file is damaged or no text",
                        "NUL byte");
    if (cr)
        return error_at(error, ERROR_DATA, NULL, lines->number, (size_t)(cr - lines->line) + 1, "are these two lines in one?",
                        "carriage return inside a line");
    record->n_fields = record->text.length = 0;
    size_t done = csv_parse(record->parser, lines->line, lines->n, on_field, NULL, record);
    if (done < lines->n)
        return record_fault(record, lines, done + 1, error);
    if (csv_fini(record->parser, on_field, NULL, record) != 0)
        return record_fault(record, lines, 0, error);
    return !(record->failed || record->text.failed) || error_memory(error, "room for a line");
}

const char *record_field(const Record *record, size_t i) {
    return record->text.data + record->starts[i];
}

size_t record_length(const Record *record, size_t i) {
    return record->starts[i + 1] - record->starts[i] - 1;
}

/* Where the field that starts at `from` ends. */
static size_t field_end(const Lines *lines, char delimiter, size_t from) {
    bool inside = false;
    for (; from < lines->n && (inside || lines->line[from] != delimiter); from++)
        inside = inside != (lines->line[from] == '"');
    return from;
}

static bool is_blank(char c, char delimiter) {
    return c != delimiter && (c == ' ' || c == '\t');
}

static size_t blanks_at(const Lines *lines, char delimiter, size_t start, size_t end, bool behind) {
    size_t n = 0;
    while (n < end - start && is_blank(lines->line[behind ? end - 1 - n : start + n], delimiter))
        n++;
    return n;
}

unsigned record_blanks(const Lines *lines, char delimiter, size_t field) {
    size_t own[2] = {0}, like[2] = {0}, n = 0;
    size_t start = 0, end = 0;
    for (size_t k = 0; k <= field && start <= lines->n; k++, start = end + 1) {
        end = field_end(lines, delimiter, start);
        own[0] = blanks_at(lines, delimiter, start, end, false);
        own[1] = blanks_at(lines, delimiter, start, end, true);
    }
    for (start = 0; start <= lines->n; start = end + 1, n++) {
        end = field_end(lines, delimiter, start);
        for (size_t side = 0; side < 2; side++)
            like[side] += blanks_at(lines, delimiter, start, end, side) == own[side];
    }
    unsigned told = 0;
    for (unsigned side = 0; side < 2; side++)
        if (own[side] > 0 && (like[side] < 3 || 2 * (like[side] + 1) <= n))
            told |= 1u << side;
    return told;
}

size_t record_column(const char *line, size_t n, char delimiter, size_t field) {
    bool inside = false;
    size_t i = 0;
    for (; i < n && field > 0; i++) {
        if (line[i] == '"')
            inside = !inside;
        field -= line[i] == delimiter && !inside;
    }
    return i + 1;
}
