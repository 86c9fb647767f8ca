/* finding.h - what the loader understood of a file, and what looks wrong in it, as tables for people.
 */
#ifndef LSTMFC_CLI_FINDING_H
#define LSTMFC_CLI_FINDING_H

#include "lstmfc/problem.h"

#include "console.h"

void finding_data(const Series *series, Console *console);

/* The first twenty, and how many errors and warnings in all. */
void finding_problems(const Problems *problems, Console *console);

#endif
