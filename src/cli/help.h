/* help.h - help written from the tables, so that it cannot drift from the parser.
 */
#ifndef LSTMFC_CLI_HELP_H
#define LSTMFC_CLI_HELP_H

#include "command.h"

/* What `lstmfc` alone shows: the three commands a newcomer needs. */
void help_begin(Text *text);

/* All commands. */
void help_list(Text *text);

/* One command: usage, every option it takes under its group, examples. */
void help_command(Text *text, const Command *command);

#endif
