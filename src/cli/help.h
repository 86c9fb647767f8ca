/* help.h - help written from the tables, so that it cannot drift from the parser.
 */
#ifndef LSTMFC_CLI_HELP_H
#define LSTMFC_CLI_HELP_H

#include "lstmfc/indicator.h"

#include "command.h"

/* A title, and the groups of rows that stand under it. */
typedef struct HelpSection {
    const char *title;
    unsigned recipe, cli;
} HelpSection;

extern const HelpSection help_sections[];
extern const size_t help_n_sections;

/* What `lstmfc` alone shows: the three commands a newcomer needs. */
void help_begin(Text *text);

/* All commands. */
void help_list(Text *text);

/* Whether a command takes indicators, and one row of the table of them: "rsi:N [14]". */
bool help_has_indicators(const Command *command);
const char *help_indicator(const IndicatorKind *kind, char name[INDICATOR_NAME + 16]);

/* One command: usage, every option it takes under its group, indicators, examples. */
void help_command(Text *text, const Command *command);

#endif
