#include "lstmfc/fit.h"

#include <math.h>

#include "lstmfc/band.h"
#include "lstmfc/shrinkage.h"

bool fit_training_rows(const Recipe *recipe, const Series *series, RowRange *rows, Error *error) {
    *rows = (RowRange){0, series->n_rows};
    if (recipe->train_to != DATE_NONE) {
        rows->last = series_behind(series, recipe->train_to);
    } else if (recipe->train_rows > 0) {
        rows->last = recipe->train_rows < series->n_rows ? recipe->train_rows : series->n_rows;
    } else if (recipe->train_frac > 0) {
        rows->last = (size_t)floor(recipe->train_frac * (double)series->n_rows);
    }
    char from[DATE_TEXT], to[DATE_TEXT];
    if (rows->last > 0) {
        return true;
    }
    if (series->n_rows == 0) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "check --from and --to", "no rows to train on");
    }
    return error_at(error, ERROR_DATA, series->source, 0, 0, "a later --train-to, or more rows",
                    "no rows to train on: the file has %s to %s", date_format(series->dates[0], from),
                    date_format(series->dates[series->n_rows - 1], to));
}

/* Training windows of the rows, the tail of them for validation. */
static bool cut_windows(const Recipe *recipe, const Series *series, RowRange rows, WindowRange *train, WindowRange *val, Error *error) {
    const size_t need = recipe->window + recipe->horizon, n_rows = rows.last - rows.first;
    if (n_rows < need) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "more rows, or a smaller --window",
                        "%zu training rows, and one window needs %zu (window %zu + horizon %zu)", n_rows, need, recipe->window,
                        recipe->horizon);
    }
    const size_t first = rows.first + recipe->window, last = rows.last - recipe->horizon + 1;
    const size_t n_val = (size_t)floor(recipe->val_frac * (double)(last - first));
    *train = (WindowRange){first, last - n_val};
    *val = (WindowRange){last - n_val, last};
    return train->last > train->first || error_at(error, ERROR_DATA, series->source, 0, 0, "more rows, or a smaller --val-frac",
                                                  "no training windows left beside the validation tail");
}

/* How much of the network to believe, and how sure to be. The scored window of a leaking protocol takes no part. */
static bool settle(Model *model, const Series *series, WindowRange train, WindowRange val, const Engine *engine, Error *error) {
    if (model->recipe.objective == OBJECTIVE_DIRECTION) {
        return true;
    }
    if (model->recipe.shrink == SHRINK_NONE) {
        return shrinkage_calibrate(model, series, train, engine, error);
    }
    const bool tail = val.last > val.first && model->recipe.stop_on == STOP_ON_TAIL;
    return shrinkage_fit(model, series, (WindowRange){train.first, tail ? val.last : train.last}, engine, error);
}

/* Intervals measured in what the fitted model says of itself are calibrated by the tail that its weights were not fitted on, where there is
 * one. */
static bool spread(Model *model, const Series *series, WindowRange train, WindowRange val, const Engine *engine, Error *error) {
    const bool tail = val.last > val.first && model->recipe.stop_on == STOP_ON_TAIL;
    return model->recipe.interval == INTERVAL_CONFORMAL ||
           (spread_fit(model, series, train, val, engine, error) && band_calibrate(model, series, engine, tail ? val : train, error));
}

/* A part of the whole on the caller's progress bar. */
typedef struct PartWatch {
    const TrainerWatch *outer;
    double first, width;
} PartWatch;

static void part_epoch(void *context, const TrainerEpoch *epoch) {
    const PartWatch *w = context;
    w->outer->epoch(w->outer->context, epoch);
}

static void part_progress(void *context, double share, double loss) {
    const PartWatch *w = context;
    w->outer->progress(w->outer->context, w->first + w->width * share, loss);
}

static Engine part_engine(const Engine *engine, PartWatch *part) {
    Engine own = *engine;
    own.watch.epoch = engine->watch.epoch ? part_epoch : NULL;
    own.watch.progress = engine->watch.progress ? part_progress : NULL;
    own.watch.context = part;
    return own;
}

bool fit_windows(Model *model, const Series *series, RowRange scaled, WindowRange train, WindowRange val, const Engine *engine,
                 Trainer **chain, FitReport *report, Error *error) {
    /* in fits of a member: a fold has three quarters of the windows */
    const double folds = model->recipe.shrink == SHRINK_NONE || model->recipe.objective == OBJECTIVE_DIRECTION ? 0 : 0.75 * SHRINKAGE_FOLDS;
    const double share = (double)model->n_members / ((double)model->n_members + folds);
    PartWatch members = {&engine->watch, 0, share}, rest = {&engine->watch, share, 1 - share};
    const Engine first = part_engine(engine, &members), second = part_engine(engine, &rest);
    return forecast_fit_windows(model, series, scaled, train, val, &first, chain, report, error) &&
           settle(model, series, train, val, &second, error) && spread(model, series, train, val, &second, error);
}

bool fit_rows(Model *model, const Series *series, RowRange rows, const Engine *engine, FitReport *report, Error *error) {
    const RowRange scaled = model->recipe.scale_fit == SCALE_FIT_ALL ? (RowRange){0, series->n_rows} : rows;
    WindowRange train, val;
    if (!cut_windows(&model->recipe, series, rows, &train, &val, error) ||
        !fit_windows(model, series, scaled, train, val, engine, NULL, report, error)) {
        return false;
    }
    model->training.to = series->dates[rows.last - 1];
    model->training.n_rows = rows.last - rows.first;
    model_fingerprint(series, rows.first, rows.last, model->training.fingerprint);
    return true;
}
