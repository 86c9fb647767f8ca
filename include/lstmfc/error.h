/* error.h - what went wrong, where, and what to try.
 *
 * Every function that can fail takes `Error *` as its last parameter, returns false (or NULL) and fills it.
 * The first error sticks: filling an Error that already holds one changes nothing. Nothing below the
 * command line prints or exits. The codes are the exit codes of the program and are append-only.
 * An Error owns no memory: copy it, drop it.
 */
#ifndef LSTMFC_ERROR_H
#define LSTMFC_ERROR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ErrorCode {
    ERROR_NONE = 0,
    ERROR_INTERNAL = 1, /* our own bug */
    ERROR_USAGE = 2,    /* the command line */
    ERROR_DATA = 3,     /* the content of a CSV, a missing column included */
    ERROR_MODEL = 4,    /* the content of a model file */
    ERROR_STALE = 5,    /* the data is older than --max-age */
    ERROR_GATE = 6,     /* --require-skill said no */
    ERROR_LOCKED = 7,   /* another run holds the lock */
    ERROR_DIVERGED = 8, /* training produced numbers that are not finite */
    ERROR_FILE = 9,     /* a file cannot be opened, read or written */
    ERROR_MEMORY = 10,  /* out of memory */
    ERROR_STOPPED = 130 /* a signal asked us to stop; the signal is re-raised by main */
} ErrorCode;

typedef struct Error {
    ErrorCode code;
    size_t line;        /* of the source, from 1, header included; 0 = none */
    size_t column;      /* byte column from 1; 0 = none */
    char source[512];   /* file name as the user gave it, "" = none */
    char message[512];  /* lower case, no full stop, subject in quotes; escaped, printable */
    char hint[256];     /* what to try, without brackets; "" = none */
} Error;

#if defined(__GNUC__)
#define ERROR_PRINTF(template, first) __attribute__((format(printf, template, first)))
#else
#define ERROR_PRINTF(template, first)
#endif

/* Fills `error` unless it holds one already. `hint` may be NULL. Text that came from a file must have been
 * escaped (text_escape) by the caller. Always returns false, so that `return error_set(...)` reads well. */
bool error_set(Error *error, ErrorCode code, const char *hint, const char *format, ...) ERROR_PRINTF(4, 5);

/* The same with a place: file, line and column (0 where unknown). */
bool error_at(Error *error, ErrorCode code, const char *source, size_t line, size_t column, const char *hint, const char *format, ...)
    ERROR_PRINTF(7, 8);

/* Out of memory while making `what`. */
bool error_memory(Error *error, const char *what);

/* Gives an error that has no source yet the file it is about. */
void error_source(Error *error, const char *source);

/* One word for a code: "usage", "data", "model", "file" ... */
const char *error_class(ErrorCode code);

/* `source:line:column: message (hint)`, without program name or newline; returns buffer. */
const char *error_format(const Error *error, char *buffer, size_t size);

#endif
