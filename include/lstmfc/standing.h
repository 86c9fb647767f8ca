/* standing.h - where a model's forecasts stand: beside what happened, beside naive, and beside the other simple forecasts.
 *
 * Every figure that a verdict rests on, for forecasts of one target made `step` rows ahead, in order of time. docs/verdict.md says what
 * each means.
 */
#ifndef LSTMFC_STANDING_H
#define LSTMFC_STANDING_H

#include "lstmfc/baseline.h"
#include "lstmfc/metric.h"
#include "lstmfc/skill.h"

enum { STANDING_BASELINES = 8 };

typedef struct StandingInput {
    size_t n, step;                            /* step from 1: autocovariances up to step - 1 enter the tests */
    const double *actual, *forecast, *naive;   /* [n] */
    const double *last;                        /* [n] the value that `direction` and Theil's U count changes from */
    const double *baselines;                   /* [STANDING_BASELINES][n] forecasts in the order of baseline_kinds; NULL = none */
    const double *training;                    /* [n_training] raw values that MASE and RMSSE are scaled by; may be empty */
    size_t n_training;
    double unit;                               /* raw value of one unit of the figures: 1 where they are raw */
    bool gaps;                                 /* rows are not consecutive: no lag diagnostic */
} StandingInput;

typedef struct StandingBaseline {
    const BaselineKind *kind;
    Metrics metrics;
    double ratio;    /* the model's RMSE over its RMSE; NaN where that is 0 */
    SkillTest dm;    /* the model against it: > 0 = model worse */
    double holm;     /* that p, Holm-adjusted over all baselines */
    Verdict verdict; /* of the model against it, by the adjusted p */
} StandingBaseline;

typedef struct Standing {
    size_t n, step;
    Metrics model, naive;
    double ratio;             /* RMSE over naive's */
    double skill;             /* 1 - SSE over naive's */
    double mase, rmsse;       /* by one-step changes of the training rows */
    double theil_u, direction;
    SkillTest dm;             /* model against naive: > 0 = model worse */
    SkillTest clark_west;     /* p small: the model holds information that naive lacks */
    SkillDirection direction_test;
    SkillLag lag;             /* is the forecast a shifted copy? */
    Verdict verdict;          /* against naive, by the plain p: the question was one, and asked beforehand */
    StandingBaseline baselines[STANDING_BASELINES]; /* naive first */
    size_t n_baselines;
} Standing;

/* ERROR_MEMORY. */
bool standing_init(Standing *standing, const StandingInput *input, Error *error);

/* Fills out[STANDING_BASELINES][n] (each baseline's row `stride` apart) with every baseline, fitted on rows [first, last) of x, forecasting
 * rows [from, to) `step` ahead; path: all from the rows before `from`, 1, 2 .. steps ahead. One that cannot be fitted on so few rows
 * forecasts as naive does. from >= first + step. */
void standing_baselines(const double *x, size_t first, size_t last, size_t from, size_t to, size_t step, bool path, size_t stride,
                        double *out);

#endif
