/* ledger_record.h - a record of a ledger as a line of text; private to the forecast floor.
 */
#ifndef LSTMFC_LEDGER_RECORD_H
#define LSTMFC_LEDGER_RECORD_H

#include "lstmfc/ledger.h"
#include "lstmfc/text.h"

typedef struct LedgerRecord {
    bool score;        /* else a forecast */
    LedgerEntry entry; /* of a score: as_of, date, step, model and actual */
    char *target;      /* of a forecast; owned */
} LedgerRecord;

/* Append the line with its newline. */
void ledger_record_forecast(Text *text, const LedgerEntry *entry, const char *target);
void ledger_record_score(Text *text, const LedgerEntry *entry);

/* Reads line[n], without newline. ERROR_DATA: what is off, without the place. The caller frees `target`, also on failure. */
bool ledger_record_read(LedgerRecord *record, const char *line, size_t n, Error *error);

/* How every record begins. */
extern const char ledger_record_start[];

#endif
