/* model.h - a fitted forecaster, and the one file that holds it. The only place that writes and reads it back.
 *
 * The file is safetensors (8 bytes little-endian header length, JSON header, tensor data) with PyTorch's names, shapes and gate order,
 * float32. Member 0 of an ensemble has the plain names ("0.weight_ih_l0"), member m > 0 the prefix "member.m.", a head of quantiles the
 * prefix "quantile.". Everything else stands in `__metadata__` as strings:
 *
 *     format "lstmfc", version "1", kernels (what arithmetic made the weights: "fma" for v3, v4 and neon, which agree to the bit, or "v1"),
 *     recipe (JSON object of the saved settings), columns (JSON array of names, target first), scaler (JSON), calendar (JSON), training
 *     (JSON: rows, dates, windows, epochs, losses, ratios), shrink and scores (JSON arrays, one entry a horizon step; with a head, scores
 *     have one a level of each step), linear (JSON: mean, constant, level, lags, shrink), curve (JSON, only where there is one: numbers of
 *     curve.h, lags, factors - three lags a product -, weights), fingerprint (SHA-256 of the training rows' dates and values), checksum
 *     (SHA-256 of all bytes of the file with this value replaced by 64 zeros)
 *
 * No path, time, host or thread count is stored: same data, recipe and seed, same bytes. Doubles are written with 17 digits.
 */
#ifndef LSTMFC_MODEL_H
#define LSTMFC_MODEL_H

#include "lstmfc/interval.h"
#include "lstmfc/linear.h"
#include "lstmfc/network.h"
#include "lstmfc/recipe.h"
#include "lstmfc/scaler.h"
#include "lstmfc/series.h"

/* What training saw and reached; of the first member, losses are means over members. */
typedef struct ModelTraining {
    Date from, to;              /* first and last training row used */
    size_t n_rows, n_windows, n_val_windows;
    size_t epochs, best_epoch;  /* run, and the one whose weights were kept (from 1) */
    double loss_train, loss_val; /* at the best epoch; loss_val NaN without validation tail */
    /* RMSE of rolling-origin forecasts inside the training part over naive's, relative to the last value; NaN where not measured */
    double naive_ratio;
    /* at the end of training: volatility of the model's own one-step errors over that of changes (band.h); 1 where forecasts are naive */
    double error_ratio;
    char fingerprint[65];       /* hex SHA-256 */
    char arithmetic[8];         /* "fma" or "v1" */
} ModelTraining;

typedef struct Model {
    Recipe recipe;
    Network network;       /* of member 0 */
    Network *more;         /* [n_kinds - 1]: of the other kinds of an ensemble; owned */
    size_t n_kinds;        /* member m is of kind m % n_kinds */
    Scaler scaler;
    size_t n_columns;
    char **columns;        /* names, target first */
    size_t n_indicators;   /* of the columns, the last: computed from the others, as the recipe says */
    size_t n_members;
    real *weights;         /* n_members vectors, `stride` apart: the largest network's n_weights */
    size_t stride;
    double *shrink;        /* [horizon] share of the networks' departure from naive that forecasts keep, in [0,1]; 1 = all */
    Linear linear;         /* fitted on the training rows, or never (no lags) */
    double *linear_shrink; /* [horizon] the same share of its departure; a step's two shares sum to 1 at most */
    double levels[INTERVAL_LEVELS]; /* of a head; the recipe's */
    size_t n_levels;       /* levels that have scores of their own: the head's, without one 1 */
    /* of quantiles (spread.h): horizon outputs for each of its 2 n_levels quantiles; zero where intervals are of another kind */
    Network head;
    real *head_weights;
    /* [horizon][n_levels] scores of forecasts made before their row was known (or, where nothing better was measured, in sample) */
    IntervalCalibration *calibration;
    Calendar calendar;     /* of the training data */
    ModelTraining training;
    char *text;            /* memory of the recipe's strings and the column names */
} Model;

/* An untrained model for a series: recipe copied (its strings too), network laid out, scaler and weights allocated (identity, zero).
 * ERROR_USAGE where the layers are none, ERROR_USAGE too where the series' last columns are not the recipe's indicators; ERROR_DATA where a
 * column's name is not UTF-8 (a header must be). */
bool model_init(Model *model, const Recipe *recipe, const Series *series, Error *error);
void model_free(Model *model);

/* Weights of member m, and its network. */
real *model_weights(const Model *model, size_t member);
const Network *model_network(const Model *model, size_t member);

/* Trained numbers of one network of each kind. */
size_t model_parameters(const Model *model);

/* Lists of scores: horizon times n_levels. */
size_t model_n_scores(const Model *model);

/* Whether the fit found nothing to believe: every step's shares are 0, and forecasts are naive's. */
bool model_is_naive(const Model *model);

/* The same of the networks alone: they need not be run. */
bool model_is_linear(const Model *model);

/* Whether the forecast of a step (from 1) is another than naive's. */
bool model_departs(const Model *model, size_t step);

/* SHA-256 of dates and raw values of rows [first, last), every column. */
void model_fingerprint(const Series *series, size_t first, size_t last, char hex[65]);

/* Whole or not at all (file.h). ERROR_FILE; ERROR_INTERNAL where scaler, fingerprint or arithmetic were never filled or a weight is not
 * finite. */
bool model_write(const Model *model, const char *path, Error *error);

/* Reads and checks everything: ERROR_FILE where it cannot be read, ERROR_MODEL (what is off, in words) where anything is: not safetensors,
 * header not JSON, lengths that do not fit, a tensor missing, surplus or of another shape, numbers not finite, wrong checksum, another
 * version. */
bool model_read(Model *model, const char *path, Error *error);

/* Fills member `member`'s weights from a safetensors file made by anyone (--init-from): every tensor of the network by name, F32, checked
 * for shape and finiteness. A member m > 0 takes the tensors "member.m." where the file has them, else the plain ones. The second bias of
 * lstm and rnn may be absent; a tensor that the network does not have is refused. Metadata is ignored, a checksum, where there is one of
 * ours, is verified. ERROR_MODEL, ERROR_FILE. */
bool model_read_weights(Model *model, size_t member, const char *path, Error *error);

/* Reads the series a model wants from a CSV: its target, features and indicators, with the data settings of `recipe` (dialect, missing,
 * dates). */
bool model_read_series(const Model *model, const Recipe *recipe, const char *path, Series *series, Error *error);

#endif
