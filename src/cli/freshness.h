/* freshness.h - whether rows are recent enough to forecast from, and whether a model is what training would make again.
 */
#ifndef LSTMFC_CLI_FRESHNESS_H
#define LSTMFC_CLI_FRESHNESS_H

#include "lstmfc/forecast.h"

#include "option.h"

/* The day in UTC. */
Date freshness_today(void);

/* ERROR_STALE where the sessions after the last row, up to and including --now (default: today in UTC, the clock), are more than --max-age.
 * A session is a day on which the series' own calendar has a session: a holiday counts unless --holidays lists it. Without --max-age always
 * true. */
bool freshness_age(const Series *series, const CliOptions *options, Error *error);

/* True where the model file at `path` was trained with the recipe of `wanted` (made by model_init) on rows that equal `rows`; `found` is
 * then that model, the caller's to free. False with the reason in words. Never claimed where the file cannot show it: with --init-from or
 * --scale-fit all, which look at more than the rows trained on. */
bool freshness_unchanged(const Model *wanted, const Series *series, RowRange rows, const char *path, Model *found, const char **reason);

#endif
