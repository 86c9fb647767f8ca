/* comparison.h - forecasters under one protocol, ranked.
 *
 * The contestants: all baselines; presets (their network and fit settings, without what leaks in their own protocol); our recipe; and our
 * recipe with every recurrent layer of another kind. All are fitted anew on the same splits (split.h) and scored on the same rows,
 * `horizon` steps ahead. Fits are one list of independent jobs, contestant by split, one job a core: the same results on any number of
 * threads.
 */
#ifndef LSTMFC_COMPARISON_H
#define LSTMFC_COMPARISON_H

#include "lstmfc/baseline.h"
#include "lstmfc/metric.h"
#include "lstmfc/preset.h"
#include "lstmfc/skill.h"
#include "lstmfc/split.h"

typedef enum ContestantKind { CONTESTANT_BASELINE, CONTESTANT_PRESET, CONTESTANT_RECIPE, CONTESTANT_LAYERS } ContestantKind;

extern const char *const contestant_kind_names[]; /* "baseline" "preset" "recipe" "kind" */

typedef struct Contestant {
    ContestantKind kind;
    const char *name;              /* of the baseline, preset or layer kind; "ours" */
    const BaselineKind *baseline;  /* CONTESTANT_BASELINE */
    Recipe recipe;                 /* else */
    char *layers;                  /* owned; NULL for a baseline */
    size_t n_naive;                /* splits whose fit found nothing to believe, so that naive forecast */
    bool diverged;                 /* on some split: not scored, ranked last */
    double *forecast;              /* [n] of the comparison */
    Metrics metrics;               /* of all scored rows together */
    double ratio, skill;           /* RMSE over naive's; 1 - SSE over naive's */
    double mase, rmsse, theil_u;   /* the first two by the first split's training rows */
    SkillTest clark_west;          /* that it holds nothing naive lacks: small p speaks for it. NaN against itself */
    SkillDirection direction;      /* Pesaran-Timmermann; of every horizon-th row */
    SkillTest dm_naive, dm_best;   /* Diebold-Mariano: > 0 = this one is worse. NaN against itself */
    double holm_naive, holm_best;  /* those p, Holm-adjusted over the contestants */
    Verdict verdict;               /* by the adjusted p */
} Contestant;

typedef struct Comparison {
    SplitPlan plan;
    size_t n;            /* rows scored */
    Date from, to;       /* of the first and the last */
    size_t n_contestants;
    Contestant *contestants; /* best first; of equals the simpler one (as listed above); owned */
    double *actual, *naive; /* [n]; with all forecasts in one block; owned */
} Comparison;

enum { COMPARISON_SHARE = 60 }; /* percent of the windows a split trains on, where --train-size is not given */

typedef struct ComparisonOptions {
    const Recipe *recipe; /* ours; its sizes of splits may be 0 (split_plan) */
    const Preset *const *presets;
    size_t n_presets;
    const char *const *kinds; /* of layers; one that leaves our layers as they are does not enter */
    size_t n_kinds;
} ComparisonOptions;

/* Told after each job, in any order, from any thread but one at a time. */
typedef void ComparisonWatch(void *context, const Contestant *contestant, size_t split, const Metrics *metrics, const SplitReport *report,
                             size_t done, size_t n_jobs);

/* ERROR_USAGE for a kind there is not, ERROR_DATA where no split fits, ERROR_STOPPED. */
bool comparison_run(Comparison *comparison, const ComparisonOptions *options, const Series *series, const Engine *engine,
                    ComparisonWatch *watch, void *context, Error *error);
void comparison_free(Comparison *comparison);

/* SPEC with every recurrent layer's kind replaced (NULL: left as it is); the caller frees it. NULL = no memory. */
char *comparison_layers(const char *layers, const char *kind);

#endif
