/* contest_log.h - the log of compare and tune: a JSON line for every finished fit, appended by one write.
 */
#ifndef LSTMFC_CLI_CONTEST_LOG_H
#define LSTMFC_CLI_CONTEST_LOG_H

#include "lstmfc/comparison.h"
#include "lstmfc/tuning.h"

/* A ComparisonWatch; context: a Watch. */
void contest_log_job(void *context, const Contestant *contestant, size_t split, const Metrics *metrics, const SplitReport *report,
                     size_t done, size_t n_jobs);

/* A TuningWatch; context: a Watch. */
void contest_log_fit(void *context, const Tuning *tuning, const TuningFit *fit, size_t done, size_t n_fits);

/* Reads the fits of `tuning`'s search from a log (lines of other searches and of other commands are passed over); no file is an empty log.
 * `fits` is the caller's to free, also on failure. ERROR_DATA with the line where one is damaged, ERROR_FILE. */
bool contest_log_read(const char *path, const Tuning *tuning, TuningFit **fits, size_t *n_fits, Error *error);

#endif
