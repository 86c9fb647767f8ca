#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/text.h"
#include "model_layout.h"
#include "safetensors.h"

enum { PREFIX = 8, HEADER_ALIGN = 8 };

/* ---- JSON: cJSON returns NULL without memory, and takes NULL; each function says whether all went well ---- */

static bool add(cJSON *object, const char *key, cJSON *item) {
    return cJSON_AddItemToObject(object, key, item);
}

/* Exact: cJSON's own numbers have 15 digits. null where not finite. */
static cJSON *number(double value) {
    char text[32];
    return cJSON_CreateRaw(text_double(value, text));
}

static bool add_double(cJSON *object, const char *key, double value) {
    return add(object, key, number(value));
}

static bool add_count(cJSON *object, const char *key, size_t value) {
    Text text = {0};
    text_printf(&text, "%zu", value);
    const bool ok = !text.failed && add(object, key, cJSON_CreateRaw(text.data));
    text_free(&text);
    return ok;
}

static bool add_date(cJSON *object, const char *key, Date date) {
    char text[DATE_TEXT];
    return add(object, key, date == DATE_NONE ? cJSON_CreateNull() : cJSON_CreateString(date_format(date, text)));
}

/* `item` as text; takes it over. */
static bool add_nested(cJSON *metadata, const char *key, cJSON *item, bool ok) {
    char *text = item && ok ? cJSON_PrintUnformatted(item) : NULL;
    ok = text && add(metadata, key, cJSON_CreateString(text));
    cJSON_free(text);
    cJSON_Delete(item);
    return ok;
}

static bool add_recipe(cJSON *metadata, const Recipe *recipe) {
    cJSON *object = cJSON_CreateObject();
    bool ok = true;
    for (size_t i = 0; i < recipe_n_settings; i++) {
        char buffer[64];
        const char *value = recipe_settings[i].saved ? setting_get(&recipe_settings[i], recipe, buffer, sizeof buffer) : "";
        ok = ok && (!*value || add(object, recipe_settings[i].name, cJSON_CreateString(value)));
    }
    return add_nested(metadata, "recipe", object, ok);
}

static bool add_columns(cJSON *metadata, const Model *model) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t c = 0; c < model->n_columns; c++) {
        ok = ok && cJSON_AddItemToArray(array, cJSON_CreateString(model->columns[c]));
    }
    return add_nested(metadata, "columns", array, ok);
}

static bool add_scaler(cJSON *metadata, const Scaler *scaler) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t c = 0; c < scaler->n_columns; c++) {
        const ScalerColumn *column = &scaler->columns[c];
        cJSON *item = cJSON_CreateObject();
        ok = ok && cJSON_AddItemToArray(array, item) && add(item, "anchor", cJSON_CreateString(model_anchors[column->anchor])) &&
             add_double(item, "offset", column->offset) && add_double(item, "scale", column->scale);
    }
    return add_nested(metadata, "scaler", array, ok);
}

static bool add_calendar(cJSON *metadata, const Calendar *calendar) {
    cJSON *object = cJSON_CreateObject();
    const bool ok = add_count(object, "weekdays", calendar->weekdays) && add_date(object, "month_day", calendar->month_day) &&
                    add_count(object, "step_months", (size_t)calendar->step_months) && add_count(object, "step_days", (size_t)calendar->step_days);
    return add_nested(metadata, "calendar", object, ok);
}

static bool add_training(cJSON *metadata, const ModelTraining *t) {
    cJSON *object = cJSON_CreateObject();
    const bool ok = add_date(object, "from", t->from) && add_date(object, "to", t->to) && add_count(object, "rows", t->n_rows) &&
                    add_count(object, "windows", t->n_windows) && add_count(object, "val_windows", t->n_val_windows) && add_count(object, "epochs", t->epochs) &&
                    add_count(object, "best_epoch", t->best_epoch) && add_double(object, "loss_train", t->loss_train) && add_double(object, "loss_val", t->loss_val) &&
                    add_double(object, "naive_ratio", t->naive_ratio);
    return add_nested(metadata, "training", object, ok);
}

/* An array of arrays: each step's scores, oldest first. */
static bool add_scores(cJSON *metadata, const Model *model) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t k = 0; k < model->recipe.horizon; k++) {
        double scores[INTERVAL_RING];
        const size_t n = interval_scores(&model->calibration[k], scores);
        cJSON *list = cJSON_CreateArray();
        ok = ok && cJSON_AddItemToArray(array, list);
        for (size_t i = 0; ok && i < n; i++) {
            ok = cJSON_AddItemToArray(list, number(scores[i]));
        }
    }
    return add_nested(metadata, "scores", array, ok);
}

static bool add_shrink(cJSON *metadata, const Model *model) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t k = 0; k < model->recipe.horizon; k++) {
        ok = ok && cJSON_AddItemToArray(array, number(model->shrink[k]));
    }
    return add_nested(metadata, "shrink", array, ok);
}

static bool fill_metadata(cJSON *metadata, const Model *model) {
    char zeros[65];
    memset(zeros, '0', 64);
    zeros[64] = '\0';
    return add(metadata, "format", cJSON_CreateString(MODEL_FORMAT)) && add(metadata, "version", cJSON_CreateString(MODEL_VERSION)) &&
           add(metadata, "checksum", cJSON_CreateString(zeros)) && add(metadata, "kernels", cJSON_CreateString(model->training.arithmetic)) &&
           add_recipe(metadata, &model->recipe) && add_columns(metadata, model) && add_scaler(metadata, &model->scaler) &&
           add_calendar(metadata, &model->calendar) && add_training(metadata, &model->training) &&
           add_shrink(metadata, model) && add_scores(metadata, model) &&
           add(metadata, "fingerprint", cJSON_CreateString(model->training.fingerprint));
}

/* ---- tensors ---- */

typedef struct Writer {
    const Model *model;
    size_t member;
    size_t n_data;       /* bytes so far */
    cJSON *header;
    unsigned char *data; /* NULL while the header is made */
    Error *error;
} Writer;

static bool describe(void *context, const Tensor *tensor, const Layer *layer) {
    Writer *w = context;
    char name[MODEL_TENSOR_NAME];
    const double sizes[] = {(double)tensor->rows, (double)tensor->columns}, first = (double)w->n_data;
    w->n_data += tensor_size(tensor) * sizeof(float);
    const double offsets[] = {first, (double)w->n_data};
    cJSON *item = cJSON_CreateObject();
    (void)layer;
    return (add(w->header, model_tensor_name(tensor, w->member, name), item) && add(item, "dtype", cJSON_CreateString("F32")) &&
            add(item, "shape", cJSON_CreateDoubleArray(sizes, tensor->role == TENSOR_BIAS ? 1 : 2)) &&
            add(item, "data_offsets", cJSON_CreateDoubleArray(offsets, 2))) ||
           error_memory(w->error, "the model's header");
}

static void put_float(unsigned char *p, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++) {
        p[i] = (unsigned char)(bits >> 8 * i);
    }
}

static bool store(void *context, const Tensor *tensor, const Layer *layer) {
    Writer *w = context;
    const size_t n = tensor_size(tensor);
    float *values = malloc(n * sizeof *values);
    bool finite = true;
    if (!values) {
        return error_memory(w->error, "a tensor");
    }
    tensor_write(tensor, model_weights(w->model, w->member) + layer->offset, values);
    for (size_t i = 0; i < n; i++, w->n_data += sizeof(float)) {
        finite = finite && isfinite(values[i]);
        put_float(w->data + w->n_data, values[i]);
    }
    free(values);
    return finite || error_set(w->error, ERROR_INTERNAL, NULL, "tensor '%s' is not finite", tensor->name);
}

static bool visit_members(Writer *w, TensorVisit *visit) {
    w->n_data = 0;
    for (w->member = 0; w->member < w->model->n_members; w->member++) {
        if (!network_tensors(&w->model->network, visit, w)) {
            return false;
        }
    }
    return true;
}

/* ---- file ---- */

static char *make_header(Writer *w) {
    char *text = NULL;
    w->header = cJSON_CreateObject();
    cJSON *metadata = cJSON_AddObjectToObject(w->header, "__metadata__");
    if (metadata && fill_metadata(metadata, w->model) && visit_members(w, describe)) {
        text = cJSON_PrintUnformatted(w->header);
    }
    cJSON_Delete(w->header);
    if (!text) {
        error_memory(w->error, "the model's header");
    }
    return text;
}

/* The whole file; NULL = error. */
static unsigned char *make_file(Writer *w, const char *header, size_t *n_bytes) {
    const size_t length = strlen(header), padded = (length + HEADER_ALIGN - 1) / HEADER_ALIGN * HEADER_ALIGN;
    *n_bytes = PREFIX + padded + w->n_data;
    unsigned char *bytes = malloc(*n_bytes);
    if (!bytes) {
        error_memory(w->error, "the model's file");
        return NULL;
    }
    for (int i = 0; i < PREFIX; i++) {
        bytes[i] = (unsigned char)((uint64_t)padded >> 8 * i);
    }
    memcpy(bytes + PREFIX, header, length);
    memset(bytes + PREFIX + length, ' ', padded - length);
    w->data = bytes + PREFIX + padded;
    if (visit_members(w, store)) {
        return bytes;
    }
    free(bytes);
    return NULL;
}

static bool sign(unsigned char *bytes, size_t n_bytes, size_t n_header, Error *error) {
    char hex[65];
    char *digits = safetensors_checksum((char *)bytes + PREFIX, n_header);
    if (!digits) {
        return error_set(error, ERROR_INTERNAL, NULL, "no place for the checksum");
    }
    safetensors_hash(bytes, n_bytes, digits, hex);
    memcpy(digits, hex, 64);
    return true;
}

static bool check_scaler(const Scaler *scaler) {
    bool ok = true;
    for (size_t c = 0; c < scaler->n_columns; c++) {
        ok = ok && isfinite(scaler->columns[c].offset) && isfinite(scaler->columns[c].scale) && scaler->columns[c].scale > 0;
    }
    return ok;
}

bool model_write(const Model *model, const char *path, Error *error) {
    Writer writer = {.model = model, .error = error};
    size_t n_bytes = 0;
    if (!model_arithmetic_known(model->training.arithmetic) || strlen(model->training.fingerprint) != 64 || !check_scaler(&model->scaler)) {
        return error_set(error, ERROR_INTERNAL, NULL, "the model is not fitted");
    }
    char *header = make_header(&writer);
    unsigned char *bytes = header ? make_file(&writer, header, &n_bytes) : NULL;
    const bool ok = bytes && sign(bytes, n_bytes, strlen(header), error) && file_write(path, bytes, n_bytes, error);
    free(bytes);
    cJSON_free(header);
    return ok;
}
