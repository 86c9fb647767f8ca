/* pace.h - whether small batches had better be shared by all workers or left to one.
 *
 * Sharing halves the work of a step but costs a meeting after each, whose price the machine sets: 30 ns where the cores share a cache, 200
 * ns where they do not, and milliseconds where another program has one of them. So both ways are timed, a few batches each, and the faster
 * one is taken: until the next trial where that is to do batches alone; where it is to share them, for as long as they take less time than
 * those alone did, and a good while at most. Both give the same bits.
 */
#ifndef LSTMFC_PACE_H
#define LSTMFC_PACE_H

#include <stdbool.h>
#include <stddef.h>

enum { PACE_TRIAL = 6, PACE_PERIOD = 512, PACE_LONGEST = 1 << 14 }; /* batches */
enum { PACE_LOOK = 64, PACE_LOOKS = 128 };                          /* batches shared until a look at what they took; looks until a trial */

typedef struct Pace {
    double alone, shared; /* seconds of the trial's batches; once sharing pays, `shared` of those since the last look */
    size_t n;             /* batches since the trial or the last look */
    size_t period;        /* batches until the next trial where sharing does not pay: longer each time */
    size_t n_looks;       /* since the trial */
    bool decided, pays;
} Pace;

void pace_start(Pace *p);

/* How to do the next batch. */
bool pace_shares(const Pace *p);

/* Tells how long that batch took. A trial of sharing ends as soon as it has cost four times what the batches alone did. */
void pace_tell(Pace *p, double seconds);

#endif
