/* reliance.h - what a model's forecasts rest on, told after its scores.
 */
#ifndef LSTMFC_CLI_RELIANCE_H
#define LSTMFC_CLI_RELIANCE_H

#include "lstmfc/importance.h"

#include "console.h"
#include "json.h"

/* `importance`, an array; or a table. Nothing where there are no items. */
void reliance_json(Json *json, const Importance *importance);
void reliance_table(const Importance *importance, Console *console);

#endif
