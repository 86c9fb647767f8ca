/* table.h - the rows of a file as text: the columns wanted of every row, nothing interpreted yet.
 *
 * Reading checks what needs no meaning: quotes, NUL, and that every line has as many fields as the header. Blank lines and
 * known remarks are left out. Of a long file (many tickers one below the other) only the rows of `key` are kept.
 */
#ifndef LSTMFC_TABLE_H
#define LSTMFC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lstmfc/dialect.h"
#include "lstmfc/error.h"
#include "lstmfc/text.h"

enum { TABLE_GAPS = 64 };

typedef struct Table {
    size_t n_rows, n_columns;
    uint32_t *lines; /* [n_rows] physical line, from 1 */
    Text cells;      /* n_rows * n_columns texts in the order of the rows, each with a NUL behind it; a blank at an edge stays */
    size_t open_line; /* the last line where the file ends without an end of line; else 0 */
    size_t n_skipped; /* remarks left out */
    size_t n_gaps;    /* rows with an empty field below a name of the header, wanted or not ... */
    uint32_t gaps[TABLE_GAPS]; /* ... and the lines of the first of them */
    size_t capacity;
} Table;

/* Reads columns[0..n_columns) of every row of `bytes`. `key` may be NULL, then a column of names must hold one name only.
 * ERROR_DATA with the line. On success the caller owns `table` until table_free. */
bool table_read(Table *table, const Dialect *dialect, const char *bytes, size_t n_bytes, const size_t *columns, size_t n_columns,
                const char *key, Error *error);
void table_free(Table *table);

/* Walks over the cells: the one at *cursor (start with table->cells.data) and its length; moves on. */
const char *table_cell(const char **cursor, size_t *n);

#endif
