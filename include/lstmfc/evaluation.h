/* evaluation.h - a model's forecasts beside what happened and beside naive.
 */
#ifndef LSTMFC_EVALUATION_H
#define LSTMFC_EVALUATION_H

#include "lstmfc/forecast.h"
#include "lstmfc/metric.h"
#include "lstmfc/skill.h"

typedef enum EvaluationMode { EVALUATION_ONE_STEP, EVALUATION_PATH } EvaluationMode;

typedef struct Evaluation {
    size_t n;
    Date from, to;             /* of the targets scored */
    size_t first_row;          /* of the series */
    double *actual, *forecast, *naive; /* [n]; owned */
    Metrics model, scaled, naive_model, naive_scaled;
    double skill, mase, direction;
    SkillTest dm;              /* model against naive: > 0 = model worse */
    Verdict verdict;
} Evaluation;

/* Scores rows from the later of (first row after the training rows, `from`) to `to`; DATE_NONE = no bound. One-step: each row is forecast from the rows before it (naive: the row before).
 * Path: the first row is forecast from the rows before it, each further row from forecasts (naive: the last row before the path). ERROR_DATA where `from` lies inside the
 * training rows, or no row is left to score. */
bool evaluation_run(Evaluation *evaluation, const Model *model, const Series *series, const Engine *engine, Date from, Date to, EvaluationMode mode, Error *error);
void evaluation_free(Evaluation *evaluation);

/* Changes every row at or after `row` and demands bit-equal forecasts for windows up to `row`: ERROR_INTERNAL where any differs. */
bool evaluation_leak_check(const Model *model, const Series *series, const Engine *engine, size_t row, Error *error);

#endif
