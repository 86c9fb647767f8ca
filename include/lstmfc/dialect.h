/* dialect.h - what kind of table a file is: what separates its fields, which line is the header, what its columns are.
 *
 * Vendors put things around their tables: a byte order mark, `sep=;`, lines about the security before the header,
 * three header lines (yfinance), angle brackets (<CLOSE>), a remark behind the last row. What is known is left
 * out and counted; what is no table at all (JSON, a web page, a message about an API key, UTF-16, a packed file)
 * is refused by its name. The header is the first line with the name of a date column and that of a price; where
 * there is none, the first line.
 */
#ifndef LSTMFC_DIALECT_H
#define LSTMFC_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"
#include "lstmfc/record.h"

/* What the user said; NULL = find out. Borrowed. */
typedef struct DialectHints {
    const char *delimiter; /* one of , ; | or "tab" */
    const char *target, *date_column;
    const char *key; /* yfinance files of several tickers: the one whose columns count */
} DialectHints;

typedef struct Dialect {
    char delimiter;
    size_t n_names;
    char **names;       /* [n_names] as in the header, without blanks around, <> and a trailing * */
    size_t header_line; /* physical, from 1 */
    size_t data_line;   /* the first line that may be a row */
    size_t n_preamble;  /* lines before the header that are not blank */
    size_t date;        /* column; n_names = none is called so */
    size_t key;         /* the column of tickers or names; n_names = none */
    bool chosen;        /* hints->key has chosen among columns (yfinance) and has no more to say about rows */
} Dialect;

/* Looks at `bytes`, the whole file. On success the caller owns `dialect` until dialect_free. Errors: ERROR_DATA, and
 * ERROR_USAGE for a delimiter that is none. */
bool dialect_find(Dialect *dialect, const char *bytes, size_t n_bytes, const DialectHints *hints, Error *error);
void dialect_free(Dialect *dialect);

/* Lines to read rows from: those behind the header, with their numbers. */
void dialect_lines(const Dialect *dialect, Lines *lines, const char *bytes, size_t n_bytes);

/* Column by name: exact first, then without regard to case and outer blanks. ERROR_DATA where there is none (with the
 * columns there are and the nearest name) or where it stands twice. */
bool dialect_column(const Dialect *dialect, const char *name, size_t *column, Error *error);

/* The column of a series that nobody named: Adj Close > Close > Close/Last > Price > Latest > Schlusskurs > PX_LAST
 * > Last and their like, else the only one there is beside the date. */
bool dialect_target(const Dialect *dialect, size_t *column, Error *error);

/* A line that stands among or behind rows and is known not to be one: a vendor's remark at the end, a dividend or a
 * split without prices. */
bool dialect_is_remark(const Dialect *dialect, const Lines *lines, const Record *record);

#endif
