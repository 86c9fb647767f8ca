/* rise.h - what evaluate and predict say of a model of the direction (--objective direction).
 */
#ifndef LSTMFC_CLI_RISE_H
#define LSTMFC_CLI_RISE_H

#include "lstmfc/direction.h"

#include "console.h"
#include "option.h"

/* Refuses what only values have (a path, importance, a picture); writes --predictions (date,actual,probability,base); ERROR_GATE as
 * evaluate. */
bool rise_evaluate(const CliOptions *cli, const Model *model, const Series *series, const Engine *engine, Console *console, Error *error);

/* Probabilities for the model's horizon or fewer rows; no ledger, no picture. */
bool rise_predict(const CliOptions *cli, const Model *model, const Series *series, const Engine *engine, Console *console, Error *error);

#endif
