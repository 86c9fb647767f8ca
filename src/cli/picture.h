/* picture.h - what --plot shows of each command: loss curves, forecasts beside what happened, splits, and the fan of what may come.
 */
#ifndef LSTMFC_CLI_PICTURE_H
#define LSTMFC_CLI_PICTURE_H

#include "lstmfc/evaluation.h"
#include "lstmfc/validation.h"

#include "console.h"
#include "plot.h"

enum { PICTURE_LEVELS = 8 };

/* Forecasts of n steps behind the last row, for picture_forecast; borrowed. */
typedef struct PictureFan {
    size_t n, n_levels;
    const Date *dates;               /* [n] */
    const double *values;            /* [n] */
    double levels[PICTURE_LEVELS];   /* in (0,1) */
    const double *low, *high;        /* [n_levels][n] */
} PictureFan;

/* Each adds its panels; ERROR_MEMORY. All are in the units that the command prints. */
bool picture_losses(Plot *plot, const TrainerEpoch *epochs, size_t n, const char *loss, Error *error);
bool picture_evaluation(Plot *plot, const Evaluation *evaluation, const Series *series, Error *error);
bool picture_validation(Plot *plot, const Validation *validation, const char *target, const char *units, Error *error);
bool picture_forecast(Plot *plot, const Series *series, const PictureFan *fan, Error *error);

/* Whether --plot can be done at all, before any work: plot_check, and nothing but the document under --json. */
bool picture_check(const CliOptions *options, Error *error);

/* Draws where --plot wants it, and frees the plot. `made`: what the picture_* function said; where false, only frees. */
bool picture_show(Plot *plot, bool made, const CliOptions *options, const char *title, Console *console, Error *error);

#endif
