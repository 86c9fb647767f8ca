/* resolution.h - what --dry-run shows: every setting a command would run with, and who said it.
 */
#ifndef LSTMFC_CLI_RESOLUTION_H
#define LSTMFC_CLI_RESOLUTION_H

#include "command.h"

/* Resolves as a run would - option over environment over config over preset (or the model's own setting) over default - and prints a table,
 * or under --json a document. Reads preset and model, writes nothing. Errors are those of the run. */
bool resolution_print(const Command *command, const Arguments *arguments, Console *console, Error *error);

#endif
