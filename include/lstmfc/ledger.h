/* ledger.h - forecasts written down before their row was known, and scored when it arrived.
 *
 * A ledger is a file of JSON lines about one target of one series, which only ever grows: each record is appended by a single write, none
 * is changed.
 *
 *     {"kind":"forecast","as_of":"2023-12-28","date":"2023-12-29","step":1,"target":"Close","value":..,"naive":..,"last":..,"scale":..,
 *      "intervals":[{"level":80,"low":..,"high":..,"half":..},..],"alpha":[..],"model":"4e0fa8c97b3b8c21","trained_to":"2018-12-31"}
 *     {"kind":"score","as_of":"2023-12-28","date":"2023-12-29","step":1,"model":"4e0fa8c97b3b8c21","actual":..}
 *
 * A forecast is known by as_of, step and model and stands once. It is scored by the row of its date, whenever that arrives; one whose date
 * never gets a row (a holiday the calendar does not know) stays pending. No time of day, host or path is written.
 *
 * Of several models' forecasts of the same row from the same day - the model was trained anew, say - one counts: ledger_next tells which.
 * Forecasts of a model that was trained on rows after their as_of stand in the file but never count.
 *
 * A line that is damaged is refused with its number. A last line without its newline is what a crash leaves: if it begins as a record does
 * it is left out, and the next append ends it with " #incomplete", by which later readers know it.
 */
#ifndef LSTMFC_LEDGER_H
#define LSTMFC_LEDGER_H

#include "lstmfc/file.h"
#include "lstmfc/interval.h"
#include "lstmfc/series.h"

enum { LEDGER_LEVELS = 8, LEDGER_MODEL = 17 };

typedef struct LedgerInterval {
    double level;     /* in (0, 1) */
    double low, high; /* NaN where there was none */
    double half;      /* half width of the plain conformal interval, to compare; NaN where there was none */
    double alpha;     /* what low and high were allowed to miss (IntervalAdaptive) */
} LedgerInterval;

typedef struct LedgerEntry {
    Date as_of, date;
    Date trained_to;     /* last row the model was trained on */
    size_t step;         /* from 1 */
    double value, naive; /* the forecasts, raw units */
    double last;         /* the value of as_of */
    double scale;        /* standard deviation expected of the step, raw units; NaN where not known */
    LedgerInterval intervals[LEDGER_LEVELS];
    size_t n_levels;
    char model[LEDGER_MODEL];
    double actual;       /* NaN = pending */
    size_t order;        /* of arrival in the ledger */
} LedgerEntry;

typedef struct Ledger {
    const char *path;     /* borrowed */
    char *target;         /* NULL where the ledger is empty; owned */
    LedgerEntry *entries; /* by as_of, step, order; owned */
    size_t n, capacity;
    size_t torn;          /* line of a last record that was not written whole; 0 = none */
    FileLock lock;
} Ledger;

/* Reads the ledger at `path`. `writing`: it may be absent, and is locked until ledger_close, waiting at most `seconds`. ERROR_FILE,
 * ERROR_LOCKED, ERROR_MEMORY; ERROR_DATA with the line where a record is damaged, stands twice or scores what was never forecast.
 * ledger_close is safe after a failure and on a Ledger of {.lock = {-1}}. */
bool ledger_open(Ledger *ledger, const char *path, bool writing, double seconds, Error *error);
void ledger_close(Ledger *ledger);

/* Says that forecasts of `target` follow. ERROR_DATA where the ledger is of another. */
bool ledger_claim(Ledger *ledger, const char *target, Error *error);

/* Appends a forecast of the target claimed unless it stands there; its `actual` and `order` are ignored. `entered` tells. ERROR_DATA where
 * another model saw another value on the same as_of: the ledger is of another series. */
bool ledger_enter(Ledger *ledger, const LedgerEntry *entry, bool *entered, Error *error);

typedef struct LedgerArrival {
    size_t n_scored;
    /* the row is there, but that of as_of no longer has the value the forecast was made from (to one part in 10,000): not scored */
    size_t n_restated;
} LedgerArrival;

/* Scores, and appends the scores of, all pending forecasts whose row the series has in its first column. */
bool ledger_score(Ledger *ledger, const Series *series, LedgerArrival *arrival, Error *error);

/* From *i on (begin with 0), the forecast that counts of the next as_of and step: that of `model` where there is one, else the last
 * entered. NULL at the end. */
const LedgerEntry *ledger_next(const Ledger *ledger, size_t *i, const char *model);

/* The adaptive state of a level, gamma 0.005, that the counting step-1 forecasts scored by rows up to `as_of` leave, from the first record
 * on and in order of their as_of. */
IntervalAdaptive ledger_adaptive(const Ledger *ledger, double level, const char *model, Date as_of);

/* An interval of an entry by its level; NULL = none. */
const LedgerInterval *ledger_interval(const LedgerEntry *entry, double level);

/* How a ledger knows a model: the first 16 hex digits of its file's SHA-256. */
bool ledger_model(const char *path, char id[LEDGER_MODEL], Error *error);

#endif
