/* tuning.h - a search for settings: random trials, successive halving on rolling validation, and a held-out tail that is looked at once.
 *
 * The rows are cut in two. On the first part, trials are scored by their RMSE over naive's on splits by time (split.h); rung after rung the
 * better third goes on to more splits (Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
 * optimization"), the latest split first. A trial is one network without shrinkage, so that trials differ: a gate would make most of them
 * equal on prices. On the second part, the last `holdout` of the rows, the winner and our recipe are scored once, each fitted whole
 * (ensemble, shrinkage, gate) on the first part.
 *
 * Trial number i is a function of seed and i alone (number 0 is our recipe as it is), a fit one of trial and split, and fits are one list
 * of independent jobs. So results do not depend on the number of threads, and a search that was broken off goes on from the fits that are
 * known.
 */
#ifndef LSTMFC_TUNING_H
#define LSTMFC_TUNING_H

#include "lstmfc/metric.h"
#include "lstmfc/skill.h"
#include "lstmfc/split.h"

/* What is searched, one row each: to search another setting, add its row in trial.c. */
typedef enum TuningKind { TUNING_CHOICE, TUNING_LOG } TuningKind;

typedef struct TuningRange {
    const char *name;           /* of a setting of recipe_settings, or of a part of its layers: kind, units, depth, dropout */
    const char *setting;        /* the setting it decides: its own name or "layers" */
    TuningKind kind;
    const char *const *choices; /* TUNING_CHOICE; ended by NULL */
    double low, high;           /* TUNING_LOG: log-uniform, two digits */
} TuningRange;

extern const TuningRange tuning_ranges[];
extern const size_t tuning_n_ranges;

enum { TUNING_TEXT = 256, TUNING_LAYERS = 64, TUNING_RANGES = 16, TUNING_RUNGS = 3, TUNING_THIRD = 3, TUNING_SHARE = 50 };

typedef struct TuningTrial {
    size_t number;
    Recipe recipe;
    char layers[TUNING_LAYERS]; /* the recipe's, but for number 0 */
    char options[TUNING_TEXT];  /* to paste: "--layers gru:16 --window 20 --lr 0.0021" */
    size_t rung;                /* reached, from 1 */
    size_t n_splits;            /* scored on */
    bool diverged;
    double ratio;               /* RMSE over naive's on those splits together; NaN where diverged */
} TuningTrial;

/* One finished fit: what a log keeps. */
typedef struct TuningFit {
    size_t trial, split;
    bool diverged;
    size_t epochs;
    double sse, sse_naive; /* over the split's scored rows */
    char options[TUNING_TEXT];
    size_t line;           /* of the log it was read from; 0 = none */
} TuningFit;

/* On the held-out rows. */
typedef struct TuningScore {
    Metrics metrics;
    double ratio, skill;
    SkillTest dm_naive; /* > 0 = worse than naive */
    bool naive;         /* found nothing to believe */
} TuningScore;

typedef struct Tuning {
    char search[17];      /* names the search: data before the held-out rows, recipe, splits, ranges; not the number of trials */
    SplitPlan plan;
    Date search_from, search_to; /* targets of the first part */
    size_t n_trials;
    TuningTrial *trials;  /* best first; owned */
    size_t n_rungs, rung_splits[TUNING_RUNGS], rung_trials[TUNING_RUNGS];
    size_t n_fits, n_known;
    size_t n;             /* rows held out */
    Date from, to;
    TuningScore winner, ours;
    Metrics naive;
    SkillTest dm_ours;    /* winner against our recipe: > 0 = worse; NaN where the winner is our recipe */
    Verdict verdict;      /* of the winner against naive */
} Tuning;

typedef struct TuningOptions {
    const Recipe *recipe;   /* ours; sizes of splits may be 0 (split_plan, with TUNING_SHARE percent to train on) */
    bool fixed[TUNING_RANGES]; /* ranges that are not searched */
    size_t n_trials;
    double holdout;         /* share of the rows, 0 < holdout < 1 */
} TuningOptions;

/* Told of each fit once it is known, in any order, from any thread but one at a time. */
typedef void TuningWatch(void *context, const Tuning *tuning, const TuningFit *fit, size_t done, size_t n_fits);

/* Plans and draws; nothing is fitted yet. The trials stand in the order of their numbers. ERROR_DATA where there are too few rows. */
bool tuning_init(Tuning *tuning, const TuningOptions *options, const Series *series, const Engine *engine, Error *error);

/* Runs the search, but for the fits that are known, and scores the held-out rows. ERROR_DATA with the line where a known fit is not of this
 * search, ERROR_STOPPED. */
bool tuning_run(Tuning *tuning, const TuningFit *known, size_t n_known, const Series *series, const Engine *engine, TuningWatch *watch,
                void *context, Error *error);

void tuning_free(Tuning *tuning);

#endif
