/* manual.h - manual pages in mdoc, written from the tables.
 */
#ifndef LSTMFC_CLI_MANUAL_H
#define LSTMFC_CLI_MANUAL_H

#include "lstmfc/date.h"

#include "command.h"

/* lstmfc(1): commands, environment, exit codes. */
void manual_program(Text *text, Date date);

/* lstmfc-COMMAND(1). */
void manual_command(Text *text, const Command *command, Date date);

#endif
