/* config.h - options written down in a file: INI, read by libinih.
 *
 *     [common]            options of every command that takes them
 *     color = never
 *     [train]             options of one command; they count before those of [common]
 *     epochs = 60
 *     if-changed = true   ; a switch
 *
 * Names are the long options without their dashes. Whatever the file says is checked, of all sections, whichever command runs.
 */
#ifndef LSTMFC_CLI_CONFIG_H
#define LSTMFC_CLI_CONFIG_H

#include "lstmfc/error.h"
#include "lstmfc/text.h"

#define CONFIG_COMMON "common"

typedef struct ConfigEntry {
    char *section; /* owned, with name and value behind it */
    const char *name, *value;
    size_t line;
} ConfigEntry;

typedef struct Config {
    char *path; /* NULL = no file; owned */
    ConfigEntry *entries;
    size_t n_entries, capacity;
} Config;

/* Appends the file where it is looked for when none is named: $XDG_CONFIG_HOME/lstmfc/config.ini, else $HOME/.config/lstmfc/config.ini.
 * False where neither is set. */
bool config_place(Text *path);

/* Reads `path`; NULL = the usual place, where a missing file is none. ERROR_FILE, or ERROR_USAGE with the line: an unknown section or
 * option, one that the section's command does not take or that belongs to the command line alone, one given twice, a value that is none.
 * config_free in every case. */
bool config_read(Config *config, const char *path, Error *error);
void config_free(Config *config);

#endif
