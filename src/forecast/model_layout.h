/* model_layout.h - what model.c shares with the files that write and read models; private to the forecast floor.
 */
#ifndef LSTMFC_MODEL_LAYOUT_H
#define LSTMFC_MODEL_LAYOUT_H

#include <cjson/cJSON.h>

#include "lstmfc/model.h"

#define MODEL_FORMAT "lstmfc"
#define MODEL_VERSION "1"

enum { MODEL_COLUMNS = 4096 };

extern const char *const model_anchors[]; /* by AnchorKind; ended by NULL */

/* A model of `recipe` for the columns named: text copied, network laid out, scaler and weights allocated (zero); calendar and training are
 * the caller's. ERROR_USAGE for the layers, ERROR_DATA for a name that is not UTF-8, ERROR_MEMORY; frees what it took. */
bool model_lay_out(Model *model, const Recipe *recipe, char *const *names, size_t n_columns, Error *error);

/* Lays out the head of a model whose recipe, columns and network are known; n_levels 1 and no head where intervals are not of the kind
 * `quantile`. */
bool model_lay_out_head(Model *model, Error *error);

/* The saved settings that are not empty, as "recipe" of a file's metadata. False without memory. */
bool model_add_recipe(cJSON *metadata, const Recipe *recipe);

/* The linear forecast and its shares as "linear" of a file's metadata, its curve as "curve", nothing where there is none; false without
 * memory. Read back into a model whose recipe, scaler and shares of the network are known, from these two (curve NULL: none);
 * ERROR_MODEL. */
bool model_add_linear(cJSON *metadata, const Model *model);
bool model_read_linear(Model *model, const cJSON *linear, const cJSON *curve, Error *error);

/* n numbers from 0 to 1, of `what`. ERROR_MODEL. */
bool model_read_shares(double *shares, size_t n, const char *what, const cJSON *array, Error *error);

/* "fma" or "v1". */
bool model_arithmetic_known(const char *arithmetic);

#endif
