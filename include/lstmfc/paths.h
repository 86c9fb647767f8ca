/* paths.h - many paths instead of one: how far from what happened a model is that was left to itself for some rows.
 *
 * As systems whose future can be followed for a while are scored, NRMSE84 of the Mackey-Glass series among them (Jaeger and Haas 2004).
 */
#ifndef LSTMFC_PATHS_H
#define LSTMFC_PATHS_H

#include "lstmfc/forecast.h"

enum { PATHS_MOST = 100 };

typedef struct Paths {
    size_t steps, n;           /* rows of a path; how many were followed */
    double rmse, rmse_naive;   /* of the last rows of the paths; naive: the row before the path */
    double nrmse, nrmse_naive; /* over the standard deviation of the target in the rows [first, last); NaN where it is 0 */
} Paths;

/* Follows forecast_path for `steps` rows from as many places as there are, at most PATHS_MOST evenly spread, so that every path lies in
 * rows [first, last). ERROR_DATA where none does. */
bool paths_run(Paths *paths, const Model *model, const Series *series, const Engine *engine, size_t first, size_t last, size_t steps,
               Error *error);

#endif
