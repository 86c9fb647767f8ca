#include "pace.h"

void pace_start(Pace *p) {
    *p = (Pace){.period = PACE_PERIOD};
}

bool pace_shares(const Pace *p) {
    return p->decided ? p->pays : p->n >= PACE_TRIAL;
}

static void decide(Pace *p) {
    const double tried = (double)(p->n - PACE_TRIAL);
    p->decided = true;
    p->pays = p->shared / tried < p->alone / PACE_TRIAL;
    p->period = p->pays ? PACE_PERIOD : p->period < PACE_LONGEST ? 2 * p->period : p->period;
}

void pace_tell(Pace *p, double seconds) {
    p->n++;
    if (!p->decided) {
        *(p->n <= PACE_TRIAL ? &p->alone : &p->shared) += seconds;
        if (p->n == 2 * PACE_TRIAL || p->shared > 4 * p->alone) {
            decide(p);
        }
    } else if (p->n >= p->period) {
        p->alone = p->shared = 0;
        p->n = 0;
        p->decided = false;
    }
}
