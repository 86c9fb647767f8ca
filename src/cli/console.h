/* console.h - what goes to standard output and to standard error.
 *
 * Data is gathered in `out` and leaves at the end, all or nothing: to standard output or to --output FILE. So a command that fails
 * has printed nothing there. Notes for people go to standard error at once; under --json they wait for success, so
 * that an error is the only document there.
 */
#ifndef LSTMFC_CLI_CONSOLE_H
#define LSTMFC_CLI_CONSOLE_H

#include <stdbool.h>

#include "lstmfc/error.h"
#include "lstmfc/text.h"

#include "option.h"

typedef struct Console {
    bool json, quiet;
    bool color;
    bool page; /* tables and colours as HTML */
    const char *output; /* NULL = standard output */
    Text out, notes;
    bool keep;      /* print `out` also where the command fails: a report that ends in a fault */
} Console;

typedef enum Paint { PAINT_PLAIN, PAINT_BOLD, PAINT_GOOD, PAINT_BAD, PAINT_DOUBT } Paint;

void console_init(Console *console, const CliOptions *options);
void console_free(Console *console);

/* True where a report for people is wanted in `out` (not --json, and not -q unless it goes to a file). */
bool console_talks(const Console *console);

/* "lstmfc: ..." with its newline on standard error; nothing with -q. */
void console_note(Console *console, const char *format, ...) ERROR_PRINTF(2, 3);

/* Appends text to `out`, coloured where colours are on. */
void console_paint(Console *console, Paint paint, const char *text);

/* Writes `out` away. ERROR_FILE where it cannot, ERROR_MEMORY where it had not found room. */
bool console_finish(Console *console, Error *error);

/* The one place where an Error is printed: a line, or under --json a document, on standard error. */
void console_error(const Error *error, bool json);

#endif
