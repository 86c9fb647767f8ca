#define _POSIX_C_SOURCE 200809L

#include "lstmfc/stopwatch.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 28 };

/* One that can wipe a line: TERM=dumb, or none, cannot. */
static bool terminal_draws(void) {
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

void progress_begin(Progress *progress, bool wanted) {
    *progress = (Progress){.on = wanted && terminal_draws(), .start = stopwatch_now(), .begun = -1.0};
    progress->last = progress->start;
}

void progress_show(Progress *progress, double share, const char *words) {
    if (!progress->on) return;
    double time = stopwatch_now();
    if (progress->begun < 0.0) progress->begun = share;
    if (time - progress->last < 0.1) return;
    char bar[BAR + 1];
    share = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
    size_t full = (size_t)(share * BAR);
    memset(bar, '.', BAR);
    memset(bar, '#', full);
    bar[BAR] = '\0';
    unsigned long left =
        share > progress->begun ? (unsigned long)((time - progress->start) * (1.0 - share) / (share - progress->begun) + 0.5) : 0;
    fprintf(stderr, "\r\033[K[%s] %3.0f%%  %lu:%02lu left  %.32s", bar, 100.0 * share, left / 60, left % 60, words);
    fflush(stderr);
    progress->last = time;
    progress->drawn = true;
}

void progress_end(Progress *progress) {
    if (progress->drawn) fputs("\r\033[K", stderr);
    *progress = (Progress){0};
}
