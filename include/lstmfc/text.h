/* text.h - growing strings, escaping, and numbers as text without the locale. */
#ifndef LSTMFC_TEXT_H
#define LSTMFC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"

/* A growing NUL-terminated string. Zero-initialise; text_free when done. An append that finds no memory
 * sets `failed` and later appends do nothing, so one check at the end is enough. */
typedef struct Text {
    char *data; /* never NULL after the first append */
    size_t length, capacity;
    bool failed;
} Text;

void text_append(Text *text, const char *bytes, size_t n);
void text_puts(Text *text, const char *string);
void text_printf(Text *text, const char *format, ...) ERROR_PRINTF(2, 3);
void text_free(Text *text);

/* Copies `bytes` so that it is safe to print: control bytes and what is not UTF-8 become \xNN, a backslash
 * stays. Cuts with "..." where the buffer is full. Returns buffer. */
const char *text_escape(const char *bytes, size_t n, char *buffer, size_t size);

/* Shortest decimal that reads back as the same double (at most 17 digits); "null" for what is not finite.
 * Independent of LC_NUMERIC. buffer of at least 32 bytes; returns it. */
const char *text_double(double value, char buffer[32]);

/* Reads a whole string as a decimal number with '.', optional sign and exponent, nothing around it: no hex, no
 * inf, no nan, no blanks, locale-free and correctly rounded. False where it is anything else or overflows. */
bool text_to_double(const char *string, size_t n, double *value);

/* Whole string as a non-negative integer. False where it is anything else or overflows. */
bool text_to_size(const char *string, size_t *value);

/* strcasecmp for ASCII, locale-free. */
int text_compare_nocase(const char *a, const char *b);

/* Edit distance (Levenshtein), for "did you mean". */
size_t text_distance(const char *a, const char *b);

#endif
