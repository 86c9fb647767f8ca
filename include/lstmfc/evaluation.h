/* evaluation.h - a model's forecasts beside what happened and beside naive.
 */
#ifndef LSTMFC_EVALUATION_H
#define LSTMFC_EVALUATION_H

#include "lstmfc/fan.h"
#include "lstmfc/standing.h"

typedef enum EvaluationMode { EVALUATION_ONE_STEP, EVALUATION_PATH } EvaluationMode;

/* One step of a model that looks several steps ahead: its forecasts of the same rows, made `step` rows ahead. */
typedef struct EvaluationStep {
    size_t step, n;
    double rmse, rmse_naive, ratio, skill;
    SkillTest dm;    /* against naive, with autocovariances up to step - 1 */
    double holm;     /* that p, Holm-adjusted over the steps */
    Verdict verdict; /* by the adjusted p */
    IntervalScore intervals[FAN_LEVELS];
} EvaluationStep;

typedef struct Evaluation {
    EvaluationMode mode;
    size_t n;
    Date from, to;                     /* of the targets scored */
    size_t first_row;                  /* of the series */
    double *actual, *forecast, *naive; /* [n]; owned */
    Standing standing;                 /* of the forecasts one step ahead, or of the path */
    Metrics scaled, naive_scaled;
    size_t horizon;
    double *values;                    /* [n][horizon] forecasts made before each row, one-step only; owned */
    EvaluationStep *steps;             /* [n_steps]; owned */
    size_t n_steps;                    /* the horizon where it is above 1, one-step only; steps that no scored row has are left out */
    Fan fan;                           /* bounds of every row and level, and */
    FanScore fan_score;                /* what they are worth, after evaluation_intervals */
} Evaluation;

/* Rows to score: after the training rows, from .. to, with a whole window before them. ERROR_DATA where `from` lies inside the training
 * rows, or no row is left. */
bool evaluation_range(const Model *model, const Series *series, Date from, Date to, RowRange *rows, Error *error);

/* Scores rows from the later of (first row after the training rows, `from`) to `to`; DATE_NONE = no bound. One-step: each row is forecast
 * from the rows before it (naive: the row before). Path: the first row is forecast from the rows before it, each further row from forecasts
 * (naive: the last row before the path). ERROR_DATA where `from` lies inside the training rows, or no row is left to score. */
bool evaluation_run(Evaluation *evaluation, const Model *model, const Series *series, const Engine *engine, Date from, Date to,
                    EvaluationMode mode, Error *error);
/* Adds intervals of the levels (in (0,1), at most FAN_LEVELS; they must outlive the evaluation) around the forecasts, and scores them, of
 * each step too. One-step: every row's interval knows the rows before it. */
bool evaluation_intervals(Evaluation *evaluation, const Model *model, const Series *series, const Engine *engine, const double *levels,
                          size_t n_levels, Error *error);

void evaluation_free(Evaluation *evaluation);

/* Changes every row at or after `row`, computes indicators again, and demands bit-equal forecasts for windows up to `row`, and bit-equal
 * widths of the intervals made before it: ERROR_INTERNAL where any differs. ERROR_DATA where fewer than a window's rows stand before it. */
bool evaluation_leak_check(const Model *model, const Series *series, const Engine *engine, size_t row, Error *error);

#endif
