/* problem.h - what looks wrong in a price file although it can be read.
 */
#ifndef LSTMFC_CLI_PROBLEM_H
#define LSTMFC_CLI_PROBLEM_H

#include "lstmfc/error.h"
#include "lstmfc/series.h"

typedef enum Severity { SEVERITY_INFO, SEVERITY_WARNING } Severity;

typedef struct Problem {
    size_t line;      /* of the file; 0 = of no one line */
    const char *code; /* "ohlc" "not-positive" "missing" "jump" "split" "repeated" "weekend" "gap" "duplicate" */
    Severity severity;
    char message[200];
} Problem;

typedef struct Problems {
    Problem *list; /* in the order of lines; owned */
    size_t n, capacity;
    bool failed;
} Problems;

/* Looks through a series read with all_columns. ERROR_MEMORY. */
bool problems_find(Problems *problems, const Series *series, Error *error);
void problems_free(Problems *problems);

const char *problem_severity(Severity severity);

#endif
