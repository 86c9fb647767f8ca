/* direction.h - will it rise? The probabilities of a model of the direction beside what happened and beside the base rate.
 *
 * A row rises where its value stands above the last one the forecast knew; no change is no rise. The base rate is the share of rises among
 * the rows of the series before the first one scored: a forecast that says it every time knows nothing but how often prices rise.
 */
#ifndef LSTMFC_DIRECTION_H
#define LSTMFC_DIRECTION_H

#include "lstmfc/forecast.h"
#include "lstmfc/skill.h"

/* Of one forecaster. */
typedef struct DirectionScore {
    double accuracy; /* share of rows where a probability above one half went with a rise, or one not above it with none */
    double brier;    /* mean of (probability - outcome)^2: Brier 1950 */
    double log_loss; /* mean cross-entropy, natural logarithm; a probability of 0 or 1 that was wrong counts as 1e-15 */
} DirectionScore;

typedef struct Direction {
    size_t n, first_row;
    Date from, to;
    double rate;                       /* base rate */
    double *actual, *last, *probability; /* [n]; owned */
    DirectionScore model, base;
    double skill;                      /* 1 - Brier score over that of the base rate */
    SkillTest dm;                      /* on the Brier scores: > 0 = model worse */
    SkillDirection test;               /* Pesaran-Timmermann on the side of one half each probability takes */
    Verdict verdict;                   /* against the base rate */
} Direction;

/* Scores one-step probabilities of the rows that evaluation_range (evaluation.h) gives. ERROR_USAGE where the model forecasts values,
 * ERROR_DATA as there. */
bool direction_run(Direction *direction, const Model *model, const Series *series, const Engine *engine, Date from, Date to, Error *error);
void direction_free(Direction *direction);

/* Share of rises from row to row among rows [0, last); NaN where there is no pair. */
double direction_rate(const double *x, size_t last);

#endif
