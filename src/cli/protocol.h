/* protocol.h - what compare and tune ask of the command line alike.
 */
#ifndef LSTMFC_CLI_PROTOCOL_H
#define LSTMFC_CLI_PROTOCOL_H

#include "argument.h"

/* Rows of the recipe's table that would break a common protocol: a Command's `without`. */
extern const char *const protocol_without[];

/* setup_recipe, with sizes of splits that were not given left at 0, to be chosen by the data. */
bool protocol_recipe(Recipe *recipe, const Arguments *arguments, Error *error);

/* Whether a setting of the recipe was given. */
bool protocol_given(const Arguments *arguments, const char *name);

enum { PROTOCOL_NAMES = 16 };

/* A comma list taken apart in a copy that names point into; "none" is an empty list. */
typedef struct Names {
    char text[512];
    const char *name[PROTOCOL_NAMES];
    size_t n;
} Names;

/* ERROR_USAGE where it is too long or a name is empty; `option` is what the user typed it for. */
bool names_parse(Names *names, const char *option, const char *text, Error *error);

#endif
