#include "lstmfc/track.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "lstmfc/metric.h"
#include "lstmfc/sum.h"

/* The counting, scored forecasts of one step in order; all of one block. */
typedef struct Gathered {
    size_t n;
    const LedgerEntry **entries;
    double *actual, *value, *naive, *last, *work, *more;
} Gathered;

static bool gather_init(Gathered *g, size_t n, Error *error) {
    *g = (Gathered){.entries = memory_zeroed(n, sizeof *g->entries), .actual = memory_zeroed(n, 6 * sizeof *g->actual)};
    if (!g->entries || !g->actual) {
        free(g->entries);
        free(g->actual);
        return error_memory(error, "the track record");
    }
    g->value = g->actual + n;
    g->naive = g->value + n;
    g->last = g->naive + n;
    g->work = g->last + n;
    g->more = g->work + n;
    return true;
}

static void gather(Gathered *g, const Ledger *ledger, size_t step) {
    size_t i = 0;
    g->n = 0;
    for (const LedgerEntry *entry; (entry = ledger_next(ledger, &i, NULL));) {
        if (entry->step == step && !isnan(entry->actual)) {
            g->entries[g->n] = entry;
            g->actual[g->n] = entry->actual;
            g->value[g->n] = entry->value;
            g->naive[g->n] = entry->naive;
            g->last[g->n++] = entry->last;
        }
    }
}

/* ---- counts ---- */

static bool seen_before(const Ledger *ledger, size_t i) {
    for (size_t k = i; k-- > 0;) {
        if (strcmp(ledger->entries[k].model, ledger->entries[i].model) == 0) {
            return true;
        }
    }
    return false;
}

static Date latest_row(const Ledger *ledger) {
    Date latest = DATE_NONE;
    for (size_t i = 0; i < ledger->n; i++) {
        const LedgerEntry *entry = &ledger->entries[i];
        const Date known = isnan(entry->actual) ? entry->as_of : entry->date;
        latest = known > latest ? known : latest;
    }
    return latest;
}

static void count(Track *track, const Ledger *ledger) {
    const Date latest = latest_row(ledger);
    track->n_forecasts = ledger->n;
    for (size_t i = 0; i < ledger->n; i++) {
        const LedgerEntry *entry = &ledger->entries[i];
        const bool pending = isnan(entry->actual);
        track->n_pending += pending;
        track->n_scored += !pending;
        track->n_without_row += pending && entry->date <= latest;
        track->n_in_sample += entry->trained_to > entry->as_of;
        track->n_models += !seen_before(ledger, i);
    }
}

/* ---- accuracy ---- */

static TrackStep sum_up(const Gathered *g, size_t step) {
    const Metrics model = metric_score(g->actual, g->value, g->n), naive = metric_score(g->actual, g->naive, g->n);
    TrackStep s = {.step = step, .n = g->n, .rmse = model.value[METRIC_RMSE], .mae = model.value[METRIC_MAE]};
    s.rmse_naive = naive.value[METRIC_RMSE];
    s.mae_naive = naive.value[METRIC_MAE];
    s.skill = skill_score(model.value[METRIC_MSE], naive.value[METRIC_MSE]);
    s.direction = metric_direction(g->actual, g->value, g->last, g->n);
    for (size_t i = 0; i < g->n; i++) {
        g->work[i] = g->actual[i] - g->value[i];
        g->more[i] = g->actual[i] - g->naive[i];
    }
    s.dm = skill_diebold_mariano(g->work, g->more, g->n, step);
    s.verdict = skill_verdict(s.skill, s.dm.p);
    return s;
}

/* ---- intervals ---- */

static void note_level(Track *track, double level) {
    size_t at = track->n_levels;
    for (size_t l = 0; l < track->n_levels; l++) {
        if (fabs(track->levels[l].level - level) < 1e-9) {
            return;
        }
    }
    if (track->n_levels == LEDGER_LEVELS) {
        return;
    }
    for (; at > 0 && track->levels[at - 1].level > level; at--) {
        track->levels[at] = track->levels[at - 1];
    }
    track->levels[at] = (TrackLevel){.level = level};
    track->n_levels++;
}

static void score_level(TrackLevel *track, const Gathered *g, const Ledger *ledger) {
    size_t n = 0, hits = 0;
    for (size_t i = 0; i < g->n; i++) {
        const LedgerInterval *interval = ledger_interval(g->entries[i], track->level);
        g->work[i] = interval ? interval->low : (double)NAN;
        g->more[i] = interval ? interval->high : (double)NAN;
        if (interval && !isnan(interval->half)) {
            n++;
            hits += fabs(g->actual[i] - (interval->low + interval->high) / 2) <= interval->half;
        }
    }
    track->score = interval_score(g->actual, g->work, g->more, g->n, track->level);
    track->plain = n > 0 ? (double)hits / (double)n : (double)NAN;
    track->alpha = ledger_adaptive(ledger, track->level, NULL, INT32_MAX).alpha;
}

/* ---- drift ---- */

static double variance(const double *x, size_t n, double mean) {
    return sum_squares(x, n, mean) / (double)(n - 1);
}

TrackDrift track_drift(const double *squared, size_t n) {
    TrackDrift drift = {.statistic = NAN, .p = NAN, .ratio = NAN};
    if (n < 2 * TRACK_RECENT) {
        return drift;
    }
    const size_t m = n - TRACK_RECENT;
    const double *recent = squared + m;
    const double before = sum_mean(squared, m), now = sum_mean(recent, TRACK_RECENT);
    const double a = variance(recent, TRACK_RECENT, now) / TRACK_RECENT, b = variance(squared, m, before) / (double)m;
    drift.tested = true;
    drift.ratio = sqrt(now / before);
    if (a + b > 0) {
        drift.statistic = (now - before) / sqrt(a + b);
        drift.p = skill_t_upper(drift.statistic, (a + b) * (a + b) / (a * a / (TRACK_RECENT - 1) + b * b / (double)(m - 1)));
    } else {
        drift.statistic = now > before ? (double)INFINITY : 0;
        drift.p = now > before ? 0 : 1;
    }
    drift.alarm = drift.p < TRACK_DRIFT_P;
    return drift;
}

static TrackDrift find_drift(const Gathered *g) {
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const double scaled = (g->actual[i] - g->value[i]) / g->entries[i]->scale;
        if (isfinite(scaled)) {
            g->work[n++] = scaled * scaled;
        }
    }
    return track_drift(g->work, n);
}

static void first_step(Track *track, const Gathered *g, const Ledger *ledger) {
    for (size_t i = 0; i < g->n; i++) {
        const LedgerEntry *entry = g->entries[i];
        track->from = track->from == DATE_NONE || entry->date < track->from ? entry->date : track->from;
        track->to = entry->date > track->to ? entry->date : track->to;
        for (size_t l = 0; l < entry->n_levels; l++) {
            note_level(track, entry->intervals[l].level);
        }
    }
    for (size_t l = 0; l < track->n_levels; l++) {
        score_level(&track->levels[l], g, ledger);
    }
    track->drift = find_drift(g);
}

bool track_init(Track *track, const Ledger *ledger, Error *error) {
    Gathered g;
    *track = (Track){.from = DATE_NONE, .to = DATE_NONE, .drift = track_drift(NULL, 0)};
    if (!gather_init(&g, ledger->n, error)) {
        return false;
    }
    count(track, ledger);
    for (size_t step = 1; step <= TRACK_STEPS; step++) {
        gather(&g, ledger, step);
        if (step == 1) {
            first_step(track, &g, ledger);
        }
        if (g.n > 0) {
            track->steps[track->n_steps++] = sum_up(&g, step);
        }
    }
    free(g.entries);
    free(g.actual);
    return true;
}

const TrackStep *track_first(const Track *track) {
    return track->n_steps > 0 && track->steps[0].step == 1 ? &track->steps[0] : NULL;
}
