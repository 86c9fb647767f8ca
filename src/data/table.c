#include "lstmfc/table.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/header.h"

enum { KEYS_MAX = 8, KEY_BYTES = 40 };

/* The first few values of the column of names. */
typedef struct Keys {
    struct {
        char name[KEY_BYTES];
        size_t count, line;
    } seen[KEYS_MAX];
    size_t n, last;
    bool more;
} Keys;

static void count_key(Keys *keys, const char *name, size_t line) {
    if (keys->n > 0 && strncmp(keys->seen[keys->last].name, name, KEY_BYTES - 1) == 0) {
        keys->seen[keys->last].count++;
        return;
    }
    for (size_t i = 0; i < keys->n; i++) {
        if (strncmp(keys->seen[i].name, name, KEY_BYTES - 1) != 0)
            continue;
        keys->seen[i].count++;
        keys->last = i;
        return;
    }
    if (keys->n == KEYS_MAX) {
        keys->more = true;
        return;
    }
    strncpy(keys->seen[keys->n].name, name, KEY_BYTES - 1);
    keys->seen[keys->n].count = 1;
    keys->seen[keys->n].line = line;
    keys->last = keys->n++;
}

/* `what` with the values there are; the line is the first that has another value than most. */
static bool keys_fault(const Keys *keys, const char *hint, const char *what, Error *error) {
    char shown[300];
    size_t most = 0, line = 0;
    Text list = {0};
    for (size_t i = 0; i < keys->n; i++) {
        if (keys->seen[i].count > keys->seen[most].count)
            most = i;
        text_printf(&list, "%s%s", i ? ", " : "", keys->seen[i].name);
    }
    for (size_t i = 0; i < keys->n; i++)
        if (i != most && (line == 0 || keys->seen[i].line < line))
            line = keys->seen[i].line;
    if (keys->more)
        text_puts(&list, ", ...");
    text_escape(list.data ? list.data : "", list.length, shown, sizeof shown);
    text_free(&list);
    return error_at(error, ERROR_DATA, NULL, line, 0, hint, "%s: %s", what, shown);
}

static bool check_keys(const Keys *keys, const Dialect *dialect, const char *key, size_t n_rows, Error *error) {
    char name[80], what[160];
    Text text = {0};
    bool ok = true;
    if (dialect->key == dialect->n_names || (key ? n_rows > 0 : keys->n < 2))
        return true;
    text_escape(dialect->names[dialect->key], strlen(dialect->names[dialect->key]), name, sizeof name);
    if (key)
        text_printf(&text, "no series '%s': column '%s' has", key, name);
    else
        text_printf(&text, "several series in one file: column '%s' has", name);
    text_escape(text.data ? text.data : "", text.length, what, sizeof what);
    ok = keys_fault(keys, key ? NULL : "choose one with --series", what, error);
    text_free(&text);
    return ok;
}

static bool grow(Table *table, Error *error) {
    size_t capacity = table->capacity ? 2 * table->capacity : 1024;
    uint32_t *lines = capacity > SIZE_MAX / sizeof *lines ? NULL : realloc(table->lines, capacity * sizeof *lines);
    if (!lines)
        return error_memory(error, "rows");
    table->lines = lines;
    table->capacity = capacity;
    return true;
}

/* The field as it stands, with a blank where there are any at its edges. */
static void keep_cell(Table *table, const Record *record, size_t column, unsigned blanks) {
    if (record_length(record, column) == 0)
        blanks = 0;
    text_append(&table->cells, " ", blanks & 1u);
    text_append(&table->cells, record_field(record, column), record_length(record, column));
    text_append(&table->cells, " ", blanks >> 1);
    text_append(&table->cells, "", 1);
}

static bool keep_row(Table *table, const Dialect *dialect, const Record *record, const size_t *columns, const Lines *lines, Error *error) {
    if (table->n_rows == table->capacity && !grow(table, error))
        return false;
    bool blanks = memchr(lines->line, ' ', lines->n) || (dialect->delimiter != '\t' && memchr(lines->line, '\t', lines->n));
    for (size_t c = 0; c < table->n_columns; c++)
        keep_cell(table, record, columns[c], blanks ? record_blanks(lines, dialect->delimiter, columns[c]) : 0);
    if (table->cells.failed)
        return error_memory(error, "rows");
    table->lines[table->n_rows++] = (uint32_t)lines->number;
    return true;
}

static void note_gap(Table *table, const Dialect *dialect, const Record *record, size_t line) {
    for (size_t i = 0; i < record->n_fields; i++) {
        if (record_length(record, i) > 0 || dialect->names[i][0] == '\0')
            continue;
        if (table->n_gaps++ < TABLE_GAPS)
            table->gaps[table->n_gaps - 1] = (uint32_t)line;
        return;
    }
}

static bool wrong_count(const Dialect *dialect, const Record *record, size_t line, Error *error) {
    bool few = record->n_fields < dialect->n_names;
    const char *hint =
        few ? "is the line cut, or not a row? take it out or complete it" : "quote fields with a separator inside, as in \"1,234.5\"";
    return error_at(error, ERROR_DATA, NULL, line, 0, hint, "too %s fields: %zu, where the header has %zu", few ? "few" : "many",
                    record->n_fields, dialect->n_names);
}

static bool read_rows(Table *table, const Dialect *dialect, Lines *lines, Record *record, const size_t *columns, const char *key,
                      Keys *keys, Error *error) {
    bool keyed = dialect->key < dialect->n_names;
    while (lines_next(lines)) {
        if (lines_blank(lines))
            continue;
        if (!record_read(record, lines, error))
            return false;
        if (record->n_fields != dialect->n_names) {
            if (!dialect_is_remark(dialect, lines, record))
                return wrong_count(dialect, record, lines->number, error);
            table->n_skipped++;
            continue;
        }
        const char *name = keyed ? record_field(record, dialect->key) : NULL;
        if (keyed)
            count_key(keys, name, lines->number);
        if (keyed && key && !header_same(name, key))
            continue;
        if (lines->number > UINT32_MAX)
            return error_set(error, ERROR_DATA, NULL, "too many lines");
        note_gap(table, dialect, record, lines->number);
        if (!keep_row(table, dialect, record, columns, lines, error))
            return false;
    }
    return true;
}

bool table_read(Table *table, const Dialect *dialect, const char *bytes, size_t n_bytes, const size_t *columns, size_t n_columns,
                const char *key, Error *error) {
    Record record;
    Lines lines;
    Keys keys = {0};
    *table = (Table){.n_columns = n_columns};
    if (!record_init(&record, dialect->delimiter, error))
        return false;
    dialect_lines(dialect, &lines, bytes, n_bytes);
    bool ok =
        read_rows(table, dialect, &lines, &record, columns, key, &keys, error) && check_keys(&keys, dialect, key, table->n_rows, error);
    table->open_line = n_bytes > 0 && bytes[n_bytes - 1] != '\n' && bytes[n_bytes - 1] != '\r' ? lines.number : 0;
    if (ok && table->n_rows == 0)
        ok = error_at(error, ERROR_DATA, NULL, dialect->header_line, 0, NULL, "no rows behind the header");
    record_free(&record);
    if (!ok)
        table_free(table);
    return ok;
}

void table_free(Table *table) {
    free(table->lines);
    text_free(&table->cells);
    *table = (Table){0};
}

const char *table_cell(const char **cursor, size_t *n) {
    const char *cell = *cursor;
    *n = strlen(cell);
    *cursor = cell + *n + 1;
    return cell;
}
