/* pace.h - whether small batches had better be shared by all workers or left to one.
 *
 * Sharing halves the work of a step but costs a meeting after each, whose price the machine sets: 30 ns where the cores share a cache, 200 ns where they
 * do not, and milliseconds where another program has one of them. So both ways are timed, a few batches each, again and again, and the faster one is taken.
 * Both give the same bits.
 */
#ifndef LSTMFC_PACE_H
#define LSTMFC_PACE_H

#include <stdbool.h>
#include <stddef.h>

enum { PACE_TRIAL = 6, PACE_PERIOD = 512, PACE_LONGEST = 1 << 14 }; /* batches */

typedef struct Pace {
    double alone, shared; /* seconds of this trial's batches */
    size_t n;             /* batches since the trial began */
    size_t period;        /* batches until the next one: longer each time that sharing did not pay */
    bool decided, pays;
} Pace;

void pace_start(Pace *p);

/* How to do the next batch. */
bool pace_shares(const Pace *p);

/* Tells how long that batch took. A trial of sharing ends as soon as it has cost four times what the batches alone did. */
void pace_tell(Pace *p, double seconds);

#endif
