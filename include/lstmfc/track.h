/* track.h - the live record of a ledger: how forecasts fared that were written down before their row was known.
 */
#ifndef LSTMFC_TRACK_H
#define LSTMFC_TRACK_H

#include "lstmfc/ledger.h"
#include "lstmfc/skill.h"

enum {
    TRACK_STEPS = 60,    /* steps summed up; later ones only count */
    TRACK_RECENT = 60    /* rows that the drift test takes for recent, and the least it wants before them */
};

#define TRACK_DRIFT_P 0.01

typedef struct TrackStep {
    size_t step, n; /* n > 0 */
    double rmse, mae, rmse_naive, mae_naive;
    double skill, direction;
    SkillTest dm; /* model against naive, horizon = step */
    Verdict verdict;
} TrackStep;

typedef struct TrackLevel {
    double level, alpha;  /* alpha: as the next forecast will have it */
    IntervalScore score;  /* of the intervals given, which adapt */
    double plain;         /* coverage of the plain conformal ones; NaN for none */
} TrackLevel;

/* Have errors grown? Squared errors of the latest TRACK_RECENT step-1 forecasts, each over the variance expected when it was made, against
 * all earlier ones: Welch's t (1947), one-sided, alarm where p < 1 %. Expected variances follow calm and storm, so what is left is a model
 * or a feed that no longer does what it did. Asked anew each day, of a process that does not change it raises an alarm now and then: one
 * alarm is a reason to look, not a proof. */
typedef struct TrackDrift {
    bool alarm;
    bool tested;         /* there are 2 TRACK_RECENT rows at least */
    double statistic, p; /* NaN where not tested */
    double ratio;        /* RMS recent over RMS earlier, both scaled */
} TrackDrift;

typedef struct Track {
    size_t n_forecasts, n_scored, n_pending; /* records, all models and steps */
    size_t n_without_row;                    /* pending although the ledger knows of that day or a later one */
    size_t n_in_sample;                      /* of models that had been trained on later rows: these never count below */
    size_t n_models;
    Date from, to;                           /* rows scored of the first step; DATE_NONE for none */
    TrackStep steps[TRACK_STEPS];            /* ascending, those with a row scored */
    size_t n_steps;
    TrackLevel levels[LEDGER_LEVELS];        /* ascending, of the first step */
    size_t n_levels;
    TrackDrift drift;
} Track;

/* Of every as_of and step one forecast counts (ledger_next). ERROR_MEMORY. Nothing to free. */
bool track_init(Track *track, const Ledger *ledger, Error *error);

/* The first step's; NULL = nothing of it is scored. */
const TrackStep *track_first(const Track *track);

/* The test alone, of squared scaled errors in order of time. */
TrackDrift track_drift(const double *squared, size_t n);

#endif
