/* problem.h - what looks wrong in a price file although it can be read.
 *
 * Each finding has a code, which scripts may rely on:
 *   load          what training would refuse (the only error)
 *   ohlc          high below low, or open or close outside of them by more than rounding
 *   not-positive  a price of zero or below
 *   missing       cells without a number
 *   split         a step near the ratio of a split: not adjusted for?
 *   jump          a step of more than a fifth
 *   repeated      five and more equal prices in a row (info), or whole rows that repeat the one before (warning)
 *   adjusted      adjusted closes above the closes, or an adjustment that grows backwards in time
 *   weekend       a row on a day of the weekend in a file that has none as a rule
 *   closed        a row on a day on which the calendar has no session
 *   gap           more than ten sessions without a row
 *   future        a row of a day that has not come
 *   duplicate     rows given twice
 */
#ifndef LSTMFC_PROBLEM_H
#define LSTMFC_PROBLEM_H

#include "lstmfc/error.h"
#include "lstmfc/series.h"

typedef enum Severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR } Severity;

typedef struct Problem {
    size_t line;      /* of the file; 0 = of no one line */
    const char *code; /* static */
    Severity severity;
    char message[200];
} Problem;

typedef struct Problems {
    Problem *list; /* in the order of lines; owned */
    size_t n, capacity;
    bool failed; /* out of memory */
} Problems;

void problems_add(Problems *problems, size_t line, const char *code, Severity severity, const char *format, ...) ERROR_PRINTF(5, 6);

/* Looks through a series read with all_columns; rows behind `now` are of the future (DATE_NONE = none is). `fault` is what the series'
 * options collected, or NULL. ERROR_MEMORY. */
bool problems_find(Problems *problems, const Series *series, Date now, const Error *fault, Error *error);
void problems_free(Problems *problems);

size_t problems_count(const Problems *problems, Severity severity);

const char *problem_severity(Severity severity);

#endif
