/* process.h - another program, run without a shell: its input given, its output and its complaints kept.
 */
#ifndef LSTMFC_CLI_PROCESS_H
#define LSTMFC_CLI_PROCESS_H

#include <stdbool.h>

#include "lstmfc/error.h"
#include "lstmfc/text.h"

/* Whether a program of this name stands on PATH. */
bool process_exists(const char *program);

/* Runs argv[0] (found on PATH; argv ended by NULL) on `input` and waits for its end. What it writes is appended to `out` and `complaints`;
 * *status is its exit code, or 128 + the signal that ended it. A program that stops reading is no error of its own. ERROR_FILE where it
 * cannot be started, ERROR_MEMORY. */
bool process_run(const char *const *argv, const Text *input, Text *out, Text *complaints, int *status, Error *error);

#endif
