/* completion.h - completion of commands, options and their values, written from the tables.
 */
#ifndef LSTMFC_CLI_COMPLETION_H
#define LSTMFC_CLI_COMPLETION_H

#include "lstmfc/text.h"

void completion_bash(Text *text);
void completion_zsh(Text *text);
void completion_fish(Text *text);

#endif
