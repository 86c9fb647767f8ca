#define _POSIX_C_SOURCE 200809L

#include "lstmfc/ledger.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger_record.h"

#define RESTATED 1e-4
#define SAME_VALUE 1e-6

static const char incomplete[] = " #incomplete";

/* ---- entries ---- */

static int compare(const LedgerEntry *a, const LedgerEntry *b) {
    if (a->as_of != b->as_of) {
        return a->as_of < b->as_of ? -1 : 1;
    }
    return a->step != b->step ? (a->step < b->step ? -1 : 1) : a->order < b->order ? -1 : a->order > b->order;
}

/* First entry not before `key`. */
static size_t place(const Ledger *ledger, const LedgerEntry *key) {
    size_t low = 0, high = ledger->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare(&ledger->entries[middle], key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool same_run(const LedgerEntry *a, const LedgerEntry *b) {
    return a->as_of == b->as_of && a->step == b->step;
}

static LedgerEntry *find(const Ledger *ledger, const LedgerEntry *like) {
    LedgerEntry key = *like;
    key.order = 0;
    for (size_t i = place(ledger, &key); i < ledger->n && same_run(&ledger->entries[i], like); i++) {
        if (strcmp(ledger->entries[i].model, like->model) == 0) {
            return &ledger->entries[i];
        }
    }
    return NULL;
}

static bool reserve(Ledger *ledger, Error *error) {
    if (ledger->n < ledger->capacity) {
        return true;
    }
    const size_t capacity = ledger->capacity ? 2 * ledger->capacity : 64;
    LedgerEntry *grown = capacity > SIZE_MAX / sizeof *grown / 2 ? NULL : realloc(ledger->entries, capacity * sizeof *grown);
    if (!grown) {
        return error_memory(error, "the ledger");
    }
    ledger->entries = grown;
    ledger->capacity = capacity;
    return true;
}

/* After reserve. */
static void insert(Ledger *ledger, const LedgerEntry *entry) {
    LedgerEntry added = *entry;
    added.order = ledger->n;
    added.actual = NAN;
    const size_t at = place(ledger, &added);
    memmove(&ledger->entries[at + 1], &ledger->entries[at], (ledger->n - at) * sizeof added);
    ledger->entries[at] = added;
    ledger->n++;
}

/* ---- reading ---- */

static bool same_target(const Ledger *ledger, const char *target, Error *error) {
    char ours[100], theirs[100];
    return text_compare_nocase(ledger->target, target) == 0 ||
           error_set(error, ERROR_DATA, "one ledger for each series", "the ledger is of '%s', not of '%s'",
                     text_escape(ledger->target, strlen(ledger->target), ours, sizeof ours),
                     text_escape(target, strlen(target), theirs, sizeof theirs));
}

static bool take_forecast(Ledger *ledger, LedgerRecord *record, Error *error) {
    if (!ledger->target) {
        ledger->target = record->target;
        record->target = NULL;
    } else if (!same_target(ledger, record->target, error)) {
        return false;
    }
    if (find(ledger, &record->entry)) {
        return error_set(error, ERROR_DATA, NULL, "the forecast stands twice");
    }
    if (!reserve(ledger, error)) {
        return false;
    }
    insert(ledger, &record->entry);
    return true;
}

static bool take_score(const Ledger *ledger, const LedgerEntry *score, Error *error) {
    LedgerEntry *entry = find(ledger, score);
    if (!entry || entry->date != score->date) {
        return error_set(error, ERROR_DATA, NULL, "a score of what was not forecast");
    }
    if (!isnan(entry->actual)) {
        return error_set(error, ERROR_DATA, NULL, "the score stands twice");
    }
    entry->actual = score->actual;
    return true;
}

static bool take_line(Ledger *ledger, const char *line, size_t n, size_t number, Error *error) {
    const size_t mark = sizeof incomplete - 1;
    LedgerRecord record;
    Error cause = {0};
    if (n >= mark && memcmp(line + n - mark, incomplete, mark) == 0) {
        return true;
    }
    bool ok = ledger_record_read(&record, line, n, &cause);
    ok = ok && (record.score ? take_score(ledger, &record.entry, &cause) : take_forecast(ledger, &record, &cause));
    free(record.target);
    return ok || error_at(error, cause.code, ledger->path, number, 0, cause.hint, "%s", cause.message);
}

/* What a crash left, not another file. */
static bool take_rest(Ledger *ledger, const char *rest, size_t n, size_t number, Error *error) {
    const size_t start = strlen(ledger_record_start);
    if (n > 0 && memcmp(rest, ledger_record_start, n < start ? n : start) != 0) {
        return error_at(error, ERROR_DATA, ledger->path, number, 0, NULL, "no record of a ledger");
    }
    ledger->torn = n > 0 ? number : 0;
    return true;
}

static bool read_records(Ledger *ledger, Error *error) {
    unsigned char *bytes;
    size_t n_bytes, number = 1;
    if (!file_read(ledger->path, 0, &bytes, &n_bytes, error)) {
        return false;
    }
    const char *at = (const char *)bytes, *end = at + n_bytes;
    bool ok = true;
    for (const char *newline; ok && (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
        ok = take_line(ledger, at, (size_t)(newline - at), number++, error);
    }
    ok = ok && take_rest(ledger, at, (size_t)(end - at), number, error);
    free(bytes);
    return ok;
}

bool ledger_open(Ledger *ledger, const char *path, bool writing, double seconds, Error *error) {
    struct stat status;
    *ledger = (Ledger){.path = path, .lock = {-1}};
    if (writing && strcmp(path, "-") == 0) {
        return error_set(error, ERROR_USAGE, NULL, "a ledger that is written to must be a file");
    }
    if (writing && !file_lock(&ledger->lock, path, seconds, error)) {
        return false;
    }
    const bool absent = writing && stat(path, &status) != 0 && errno == ENOENT;
    return absent || read_records(ledger, error);
}

void ledger_close(Ledger *ledger) {
    file_unlock(&ledger->lock);
    free(ledger->entries);
    free(ledger->target);
    *ledger = (Ledger){.lock = {-1}};
}

/* ---- writing ---- */

bool ledger_claim(Ledger *ledger, const char *target, Error *error) {
    if (!ledger->target) {
        ledger->target = strdup(target);
        return ledger->target || error_memory(error, "a name");
    }
    const bool ok = same_target(ledger, target, error);
    if (!ok) {
        error_source(error, ledger->path);
    }
    return ok;
}

/* Ends what a crash left in the same write. Frees the record. */
static bool append(Ledger *ledger, Text *record, Error *error) {
    Text whole = {0};
    if (ledger->torn) {
        text_printf(&whole, "%s\n", incomplete);
    }
    text_append(&whole, record->data, record->length);
    const bool failed = record->failed || whole.failed;
    const bool ok = failed ? error_memory(error, "a record") : file_append(ledger->path, whole.data, whole.length, error);
    ledger->torn = ok ? 0 : ledger->torn;
    text_free(&whole);
    text_free(record);
    return ok;
}

static bool differs(double a, double b, double share) {
    return fabs(a - b) > share * fabs(b);
}

static bool check_series(const Ledger *ledger, const LedgerEntry *entry, Error *error) {
    char date[DATE_TEXT];
    LedgerEntry key = {.as_of = entry->as_of};
    for (size_t i = place(ledger, &key); i < ledger->n && ledger->entries[i].as_of == entry->as_of; i++) {
        const LedgerEntry *other = &ledger->entries[i];
        if (strcmp(other->model, entry->model) != 0 && differs(entry->last, other->last, SAME_VALUE)) {
            return error_at(error, ERROR_DATA, ledger->path, 0, 0, "one ledger for each series",
                            "the ledger is of another series: it has another value on %s", date_format(entry->as_of, date));
        }
    }
    return true;
}

bool ledger_enter(Ledger *ledger, const LedgerEntry *entry, bool *entered, Error *error) {
    Text record = {0};
    *entered = false;
    if (find(ledger, entry)) {
        return true;
    }
    if (!check_series(ledger, entry, error) || !reserve(ledger, error)) {
        return false;
    }
    ledger_record_forecast(&record, entry, ledger->target);
    if (!append(ledger, &record, error)) {
        return false;
    }
    insert(ledger, entry);
    *entered = true;
    return true;
}

static bool score_one(Ledger *ledger, LedgerEntry *entry, double actual, Error *error) {
    Text record = {0};
    LedgerEntry scored = *entry;
    scored.actual = actual;
    ledger_record_score(&record, &scored);
    if (!append(ledger, &record, error)) {
        return false;
    }
    entry->actual = actual;
    return true;
}

static bool restated(const LedgerEntry *entry, const Series *series) {
    const size_t row = series_row(series, entry->as_of);
    const bool there = row < series->n_rows && series->dates[row] == entry->as_of;
    return there && differs(series->columns[0][row], entry->last, RESTATED);
}

bool ledger_score(Ledger *ledger, const Series *series, LedgerArrival *arrival, Error *error) {
    *arrival = (LedgerArrival){0};
    for (size_t i = 0; i < ledger->n; i++) {
        LedgerEntry *entry = &ledger->entries[i];
        const size_t row = isnan(entry->actual) ? series_row(series, entry->date) : series->n_rows;
        if (row == series->n_rows || series->dates[row] != entry->date) {
            continue;
        }
        if (restated(entry, series)) {
            arrival->n_restated++;
        } else if (score_one(ledger, entry, series->columns[0][row], error)) {
            arrival->n_scored++;
        } else {
            return false;
        }
    }
    return true;
}

/* ---- what it tells ---- */

const LedgerEntry *ledger_next(const Ledger *ledger, size_t *i, const char *model) {
    const LedgerEntry *chosen = NULL;
    while (*i < ledger->n && !chosen) {
        const LedgerEntry *first = &ledger->entries[*i];
        bool own = false;
        for (; *i < ledger->n && same_run(&ledger->entries[*i], first); ++*i) {
            const LedgerEntry *entry = &ledger->entries[*i];
            if (entry->trained_to <= entry->as_of && !own) {
                chosen = entry;
                own = model && strcmp(entry->model, model) == 0;
            }
        }
    }
    return chosen;
}

const LedgerInterval *ledger_interval(const LedgerEntry *entry, double level) {
    for (size_t l = 0; l < entry->n_levels; l++) {
        if (fabs(entry->intervals[l].level - level) < 1e-9) {
            return &entry->intervals[l];
        }
    }
    return NULL;
}

IntervalAdaptive ledger_adaptive(const Ledger *ledger, double level, const char *model, Date as_of) {
    IntervalAdaptive adaptive;
    size_t i = 0;
    interval_adaptive_init(&adaptive, level, 0);
    for (const LedgerEntry *entry; (entry = ledger_next(ledger, &i, model));) {
        const LedgerInterval *interval =
            entry->step == 1 && entry->date <= as_of && !isnan(entry->actual) ? ledger_interval(entry, level) : NULL;
        if (interval && !isnan(interval->low)) {
            interval_adaptive_push(&adaptive, entry->actual < interval->low || entry->actual > interval->high);
        }
    }
    return adaptive;
}

bool ledger_model(const char *path, char id[LEDGER_MODEL], Error *error) {
    unsigned char *bytes;
    size_t n;
    FileHash hash;
    char hex[65];
    if (!file_read(path, 0, &bytes, &n, error)) {
        return false;
    }
    file_hash_init(&hash);
    file_hash_add(&hash, bytes, n);
    file_hash_finish(&hash, hex);
    memcpy(id, hex, LEDGER_MODEL - 1);
    id[LEDGER_MODEL - 1] = '\0';
    free(bytes);
    return true;
}
