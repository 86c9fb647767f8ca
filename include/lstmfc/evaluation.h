/* evaluation.h - a model's forecasts beside what happened and beside naive.
 */
#ifndef LSTMFC_EVALUATION_H
#define LSTMFC_EVALUATION_H

#include "lstmfc/baseline.h"
#include "lstmfc/forecast.h"
#include "lstmfc/interval.h"
#include "lstmfc/metric.h"
#include "lstmfc/skill.h"

typedef enum EvaluationMode { EVALUATION_ONE_STEP, EVALUATION_PATH } EvaluationMode;

enum { EVALUATION_LEVELS = 8, EVALUATION_BASELINES = 8 };

/* A baseline fitted on the training rows and scored on the same rows. */
typedef struct EvaluationBaseline {
    const BaselineKind *kind;
    Metrics metrics;
    SkillTest dm; /* the model against it: > 0 = model worse */
} EvaluationBaseline;

typedef struct Evaluation {
    EvaluationMode mode;
    size_t n;
    Date from, to;             /* of the targets scored */
    size_t first_row;          /* of the series */
    double *actual, *forecast, *naive; /* [n]; owned */
    Metrics model, scaled, naive_model, naive_scaled;
    double skill, mase, direction;
    SkillTest dm;              /* model against naive: > 0 = model worse */
    Verdict verdict;
    double rmsse, theil_u;
    SkillTest clark_west;      /* p small: the model holds information that naive lacks */
    SkillDirection direction_test;
    SkillLag lag;              /* is the forecast a shifted copy? */
    EvaluationBaseline baselines[EVALUATION_BASELINES]; /* naive first */
    size_t n_baselines;
    size_t n_levels;           /* after evaluation_intervals */
    double levels[EVALUATION_LEVELS];
    IntervalScore intervals[EVALUATION_LEVELS];
    double *low, *high;        /* [n_levels][n]; owned */
} Evaluation;

/* Scores rows from the later of (first row after the training rows, `from`) to `to`; DATE_NONE = no bound. One-step: each row is forecast from the rows before it (naive: the row before).
 * Path: the first row is forecast from the rows before it, each further row from forecasts (naive: the last row before the path). ERROR_DATA where `from` lies inside the
 * training rows, or no row is left to score. */
bool evaluation_run(Evaluation *evaluation, const Model *model, const Series *series, const Engine *engine, Date from, Date to, EvaluationMode mode, Error *error);
/* Adds intervals of the levels (in (0,1), at most EVALUATION_LEVELS) around the forecasts, and scores them. One-step: every row's interval knows the rows before it. */
bool evaluation_intervals(Evaluation *evaluation, const Model *model, const Series *series, const Engine *engine, const double *levels, size_t n_levels, Error *error);

void evaluation_free(Evaluation *evaluation);

/* Changes every row at or after `row` and demands bit-equal forecasts for windows up to `row`: ERROR_INTERNAL where any differs. */
bool evaluation_leak_check(const Model *model, const Series *series, const Engine *engine, size_t row, Error *error);

#endif
