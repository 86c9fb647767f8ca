/* language_layout.h - what language.c shares with the file that writes and reads models; private to the forecast floor.
 */
#ifndef LSTMFC_LANGUAGE_LAYOUT_H
#define LSTMFC_LANGUAGE_LAYOUT_H

#include "lstmfc/language.h"

#define LANGUAGE_KIND "chars"
#define LANGUAGE_VERSION "1"

/* The network from options.layers, n_letters and longest; then its weights, zero. */
bool language_lay_out(Language *language, Error *error);
bool language_allocate(Language *language, Error *error);

#endif
