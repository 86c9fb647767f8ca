#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/text.h"
#include "metadata.h"
#include "model_layout.h"
#include "tensors.h"

/* ---- JSON: each function says whether all went well ---- */

static bool add_date(cJSON *object, const char *key, Date date) {
    char text[DATE_TEXT];
    return metadata_add(object, key, date == DATE_NONE ? cJSON_CreateNull() : cJSON_CreateString(date_format(date, text)));
}

bool model_add_recipe(cJSON *metadata, const Recipe *recipe) {
    cJSON *object = cJSON_CreateObject();
    bool ok = true;
    for (size_t i = 0; i < recipe_n_settings; i++) {
        char buffer[64];
        const char *value = recipe_settings[i].saved ? setting_get(&recipe_settings[i], recipe, buffer, sizeof buffer) : "";
        ok = ok && (!*value || metadata_add(object, recipe_settings[i].name, cJSON_CreateString(value)));
    }
    return metadata_nest(metadata, "recipe", object, ok);
}

static bool add_columns(cJSON *metadata, const Model *model) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t c = 0; c < model->n_columns; c++) {
        ok = ok && cJSON_AddItemToArray(array, cJSON_CreateString(model->columns[c]));
    }
    return metadata_nest(metadata, "columns", array, ok);
}

static bool add_scaler(cJSON *metadata, const Scaler *scaler) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t c = 0; c < scaler->n_columns; c++) {
        const ScalerColumn *column = &scaler->columns[c];
        cJSON *item = cJSON_CreateObject();
        ok = ok && cJSON_AddItemToArray(array, item) && metadata_add(item, "anchor", cJSON_CreateString(model_anchors[column->anchor])) &&
             metadata_add_number(item, "offset", column->offset) && metadata_add_number(item, "scale", column->scale);
    }
    return metadata_nest(metadata, "scaler", array, ok);
}

static bool add_calendar(cJSON *metadata, const Calendar *calendar) {
    cJSON *object = cJSON_CreateObject();
    const bool ok = metadata_add_count(object, "weekdays", calendar->weekdays) && add_date(object, "month_day", calendar->month_day) &&
                    metadata_add_count(object, "step_months", (size_t)calendar->step_months) &&
                    metadata_add_count(object, "step_days", (size_t)calendar->step_days);
    return metadata_nest(metadata, "calendar", object, ok);
}

static bool add_training(cJSON *metadata, const ModelTraining *t) {
    cJSON *object = cJSON_CreateObject();
    const bool ok = add_date(object, "from", t->from) && add_date(object, "to", t->to) && metadata_add_count(object, "rows", t->n_rows) &&
                    metadata_add_count(object, "windows", t->n_windows) && metadata_add_count(object, "val_windows", t->n_val_windows) &&
                    metadata_add_count(object, "epochs", t->epochs) && metadata_add_count(object, "best_epoch", t->best_epoch) &&
                    metadata_add_number(object, "loss_train", t->loss_train) && metadata_add_number(object, "loss_val", t->loss_val) &&
                    metadata_add_number(object, "naive_ratio", t->naive_ratio) &&
                    metadata_add_number(object, "error_ratio", t->error_ratio);
    return metadata_nest(metadata, "training", object, ok);
}

/* An array of arrays: each step's scores, oldest first. */
static bool add_scores(cJSON *metadata, const Model *model) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t k = 0; k < model_n_scores(model); k++) {
        double scores[INTERVAL_RING];
        const size_t n = interval_scores(&model->calibration[k], scores);
        cJSON *list = cJSON_CreateArray();
        ok = ok && cJSON_AddItemToArray(array, list);
        for (size_t i = 0; ok && i < n; i++) {
            ok = cJSON_AddItemToArray(list, metadata_number(scores[i]));
        }
    }
    return metadata_nest(metadata, "scores", array, ok);
}

static bool add_shrink(cJSON *metadata, const Model *model) {
    return metadata_nest(metadata, "shrink", metadata_numbers(model->shrink, model->recipe.horizon), true);
}

static bool fill_metadata(cJSON *metadata, const Model *model) {
    char zeros[65];
    memset(zeros, '0', 64);
    zeros[64] = '\0';
    return metadata_add(metadata, "format", cJSON_CreateString(MODEL_FORMAT)) &&
           metadata_add(metadata, "version", cJSON_CreateString(MODEL_VERSION)) &&
           metadata_add(metadata, "checksum", cJSON_CreateString(zeros)) &&
           metadata_add(metadata, "kernels", cJSON_CreateString(model->training.arithmetic)) &&
           model_add_recipe(metadata, &model->recipe) && add_columns(metadata, model) && add_scaler(metadata, &model->scaler) &&
           add_calendar(metadata, &model->calendar) && add_training(metadata, &model->training) && add_shrink(metadata, model) &&
           model_add_linear(metadata, model) && add_scores(metadata, model) &&
           metadata_add(metadata, "fingerprint", cJSON_CreateString(model->training.fingerprint));
}

/* ---- file ---- */

static bool check_scaler(const Scaler *scaler) {
    bool ok = true;
    for (size_t c = 0; c < scaler->n_columns; c++) {
        ok = ok && isfinite(scaler->columns[c].offset) && isfinite(scaler->columns[c].scale) && scaler->columns[c].scale > 0;
    }
    return ok;
}

/* NULL = no memory. */
static cJSON *make_metadata(const Model *model) {
    cJSON *metadata = cJSON_CreateObject();
    if (metadata && fill_metadata(metadata, model)) {
        return metadata;
    }
    cJSON_Delete(metadata);
    return NULL;
}

bool model_write(const Model *model, const char *path, Error *error) {
    if (!model_arithmetic_known(model->training.arithmetic) || strlen(model->training.fingerprint) != 64 || !check_scaler(&model->scaler)) {
        return error_set(error, ERROR_INTERNAL, NULL, "the model is not fitted");
    }
    const bool head = model->recipe.interval == INTERVAL_QUANTILE;
    TensorsMember *members = calloc(model->n_members + 1, sizeof *members);
    if (!members) {
        return error_memory(error, "the model's file");
    }
    for (size_t m = 0; m < model->n_members; m++) {
        members[m] = (TensorsMember){.network = model_network(model, m), .number = m, .weights = model_weights(model, m)};
    }
    members[model->n_members] = (TensorsMember){.network = &model->head, .number = TENSORS_QUANTILE, .weights = model->head_weights};
    const bool ok = tensors_write(path, make_metadata(model), members, model->n_members + head, error);
    free(members);
    return ok;
}
