/* progress.h - a bar with the time left, on a terminal only.
 */
#ifndef LSTMFC_CLI_PROGRESS_H
#define LSTMFC_CLI_PROGRESS_H

#include <stdbool.h>

typedef struct Progress {
    bool on;
    bool drawn;
    double start, last; /* seconds, of a clock that only goes on */
    double begun;       /* share that was done at the first showing */
} Progress;

/* `wanted` false, or standard error no terminal, or a dumb one: nothing is ever drawn. */
void progress_begin(Progress *progress, bool wanted);

/* Draws at most ten times a second: share done in [0,1] and a few words. */
void progress_show(Progress *progress, double share, const char *words);

/* Wipes the bar away. */
void progress_end(Progress *progress);

#endif
