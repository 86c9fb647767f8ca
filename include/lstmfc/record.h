/* record.h - lines of a text and their fields. The only file that knows libcsv.
 *
 * Every physical line is one record: a quoted field ends on the line where it began, or the line is at fault. So a
 * stray quote can never swallow the lines that follow, and every fault has its own line number. Fields follow
 * RFC 4180 strictly; blanks around an unquoted field are left out.
 */
#ifndef LSTMFC_RECORD_H
#define LSTMFC_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"
#include "lstmfc/text.h"

/* Walks over the lines of a block of bytes, borrowed. Lines end in LF, CR LF, or CR where there is no LF at all. */
typedef struct Lines {
    const char *next, *end;
    const char *line; /* the current one, without its end */
    size_t n;         /* its bytes */
    size_t number;    /* from 1 */
    char terminator;
} Lines;

void lines_init(Lines *lines, const char *bytes, size_t n_bytes);
bool lines_next(Lines *lines);

/* Whether the current line holds nothing but blanks. */
bool lines_blank(const Lines *lines);

typedef struct Record {
    struct csv_parser *parser;
    size_t n_fields;
    size_t *starts, capacity; /* where fields start in `text`; one more for the end */
    Text text;                /* the fields, each with a NUL behind it */
    bool failed;              /* out of memory */
} Record;

bool record_init(Record *record, char delimiter, Error *error);
void record_free(Record *record);

/* Takes the current line apart. False with ERROR_DATA and line and column for a stray quote, an unclosed one, a NUL,
 * or a carriage return inside the line. */
bool record_read(Record *record, const Lines *lines, Error *error);

/* Field i (no check) and its length; valid until the next record_read. */
const char *record_field(const Record *record, size_t i);
size_t record_length(const Record *record, size_t i);

/* Blanks around the text of a field, which record_field leaves out: bit 0 before it, bit 1 behind it. Where two other fields of the
 * line and most of them have as many blanks on that side it is the line's style and not told. */
unsigned record_blanks(const Lines *lines, char delimiter, size_t field);

/* Byte column, from 1, where field i of a line starts. */
size_t record_column(const char *line, size_t n, char delimiter, size_t field);

#endif
