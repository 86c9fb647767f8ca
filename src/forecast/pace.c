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
    p->n = p->n_looks = 0;
    p->shared = 0;
}

/* Whether shared batches took less time since the last look than batches alone did in the trial. */
static bool still_pays(Pace *p) {
    const bool pays = p->shared / (double)p->n < p->alone / PACE_TRIAL && ++p->n_looks < PACE_LOOKS;
    p->n = 0;
    p->shared = 0;
    return pays;
}

void pace_tell(Pace *p, double seconds) {
    p->n++;
    if (!p->decided) {
        *(p->n <= PACE_TRIAL ? &p->alone : &p->shared) += seconds;
        if (p->n == 2 * PACE_TRIAL || p->shared > 4 * p->alone) {
            decide(p);
        }
        return;
    }
    p->shared += p->pays ? seconds : 0;
    const bool stays = p->pays ? p->n < PACE_LOOK || still_pays(p) : p->n < p->period;
    if (!stays) {
        *p = (Pace){.period = p->period};
    }
}
