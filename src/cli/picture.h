/* picture.h - what --plot shows of each command: loss curves, forecasts beside what happened, splits, and the fan of what may come.
 */
#ifndef LSTMFC_CLI_PICTURE_H
#define LSTMFC_CLI_PICTURE_H

#include "lstmfc/evaluation.h"
#include "lstmfc/validation.h"

#include "console.h"
#include "outlook.h"
#include "plot.h"

/* Each adds its panels; ERROR_MEMORY. All are in the units that the command prints. */
bool picture_losses(Plot *plot, const TrainerEpoch *epochs, size_t n, const char *loss, Error *error);
bool picture_evaluation(Plot *plot, const Evaluation *evaluation, const Series *series, Error *error);
bool picture_validation(Plot *plot, const Validation *validation, const char *target, const char *units, Error *error);
bool picture_forecast(Plot *plot, const Series *series, const Outlook *outlook, Error *error);

/* Whether --plot can be done at all, before any work: plot_check, and nothing but the document under --json. */
bool picture_check(const CliOptions *options, Error *error);

/* ERROR_USAGE where --plot is given, of a model of the direction. */
bool picture_refuse_rise(const CliOptions *options, Error *error);

/* Draws where --plot wants it, and frees the plot. `made`: what the picture_* function said; where false, only frees. */
bool picture_show(Plot *plot, bool made, const CliOptions *options, const char *title, Console *console, Error *error);

#endif
