/* run.h - runs the program as a user would, and keeps what it said.
 */
#ifndef LSTMFC_TEST_RUN_H
#define LSTMFC_TEST_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct Said {
    int code;        /* exit code, or 128 + signal */
    char *out, *err; /* owned; said_free */
} Said;

/* argv without the program's name, ended by NULL. `input` NULL = /dev/null; `output` NULL = kept in `out`. */
Said run_program(const char *const *arguments, const char *input, const char *output);
void said_free(Said *said);

/* Begins it and returns at once. */
pid_t run_begin(const char *const *arguments);

#define RUN(...) run_program((const char *const[]){__VA_ARGS__, NULL}, NULL, NULL)

/* A folder of the test's own, made at first use; run_clean removes it with its files. */
const char *run_folder(void);
void run_clean(void);

/* "FOLDER/name"; one of a few static buffers. */
const char *run_path(const char *name);

void run_write(const char *path, const char *text);
char *run_read(const char *path); /* the caller frees it; NULL = cannot be read */

#endif
