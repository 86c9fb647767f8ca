/* spec.h - the parser of --layers; private to the nn floor.
 *
 *     list  = item {"," item}
 *     item  = [count "*"] ("(" list ")" | layer)
 *     layer = kind ":" units [":" activation]  |  "dropout" ":" rate
 */
#ifndef LSTMFC_SPEC_H
#define LSTMFC_SPEC_H

#include "lstmfc/network.h"

/* Fills network->layers (kind, n_units, activation, rate) and n_layers. ERROR_USAGE quotes the rest of the text at the fault. */
bool spec_parse(Network *network, const char *text, Error *error);

#endif
