/* log.h - JSON lines appended to a file: one an epoch, split or report of a character model, each by one write, so that runs may share a
 * file.
 */
#ifndef LSTMFC_CLI_LOG_H
#define LSTMFC_CLI_LOG_H

#include "lstmfc/error.h"
#include "lstmfc/trainer.h"
#include "lstmfc/validation.h"

/* Can it be appended to? Makes it where it is absent. */
bool log_check(const char *path, Error *error);

bool log_epoch(const char *path, const TrainerEpoch *epoch, Error *error);
bool log_iteration(const char *path, size_t iteration, size_t iterations, double loss, double seconds, Error *error);
bool log_split(const char *path, size_t split, const ValidationSplit *result, Error *error);

#endif
