#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/text.h"
#include "metadata.h"
#include "model_layout.h"
#include "tensors.h"

/* What a user did wrong is here what is wrong with the file. */
static bool refuse_as_model(Error *error, const char *where, const Error *cause) {
    return error_set(error, cause->code == ERROR_MEMORY ? ERROR_MEMORY : ERROR_MODEL, NULL, "%s: %s", where, cause->message);
}

/* ---- JSON ---- */

/* A string of the metadata; NULL = none, refused. */
static const char *metadata_text(const Safetensors *file, const char *key, Error *error) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(file->metadata, key);
    if (!item) {
        tensors_refuse_name(error, "metadata:", key, "is missing");
        return NULL;
    }
    return item->valuestring;
}

static cJSON *metadata_json(const Safetensors *file, const char *key, Error *error) {
    const char *text = metadata_text(file, key, error);
    return text ? safetensors_json(text, strlen(text), 2, key, error) : NULL;
}

static bool read_count(const cJSON *object, const char *key, size_t limit, size_t *value) {
    return safetensors_count(cJSON_GetObjectItemCaseSensitive(object, key), value) && *value <= limit;
}

/* null is DATE_NONE. */
static bool read_date(const cJSON *object, const char *key, Date *date) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *date = cJSON_IsString(item) ? date_parse_iso(item->valuestring) : DATE_NONE;
    return *date != DATE_NONE || cJSON_IsNull(item);
}

/* null is NaN. */
static bool read_loss(const cJSON *object, const char *key, double *value) {
    return metadata_read_number(object, key, value) || cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* ---- the parts of the metadata ---- */

static bool check_format(const Safetensors *file, Error *error) {
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(file->metadata, "format");
    if (!file->ours || !format || strcmp(format->valuestring, MODEL_FORMAT) != 0) {
        return error_set(error, ERROR_MODEL, "a safetensors file of another program can be given to --init-from", "not a model of lstmfc");
    }
    if (cJSON_GetObjectItemCaseSensitive(file->metadata, "kind")) {
        return error_set(error, ERROR_MODEL, "'lstmfc chars sample' reads it", "a model of characters, and not of a series");
    }
    const char *version = metadata_text(file, "version", error);
    if (!version) {
        return false;
    }
    return strcmp(version, MODEL_VERSION) == 0 || tensors_refuse_name(error, "version", version, "of the format is not known here");
}

static bool put_saved(Recipe *recipe, const cJSON *item, Error *error) {
    const Setting *setting = setting_find(recipe_settings, recipe_n_settings, item->string);
    Error cause = {0};
    if (!setting || !setting->saved) {
        return tensors_refuse_name(error, "recipe:", item->string, "is no setting of a model");
    }
    if (!cJSON_IsString(item)) {
        return tensors_refuse_name(error, "recipe:", item->string, "is no string");
    }
    return setting_put(setting, recipe, item->valuestring, &cause) || refuse_as_model(error, "recipe", &cause);
}

/* Strings stay in the JSON. */
static bool read_recipe(Recipe *recipe, const cJSON *object, Error *error) {
    Error cause = {0};
    if (!cJSON_IsObject(object)) {
        return tensors_refuse(error, "recipe: no JSON object");
    }
    recipe_defaults(recipe);
    for (const cJSON *item = object->child; item; item = item->next) {
        if (!put_saved(recipe, item, error)) {
            return false;
        }
    }
    for (size_t i = 0; i < recipe_n_settings; i++) { /* a default of today need not be that of the day of training */
        const Setting *setting = &recipe_settings[i];
        if (setting->saved && setting->fallback && !cJSON_GetObjectItemCaseSensitive(object, setting->name)) {
            return tensors_refuse_name(error, "recipe:", setting->name, "is missing");
        }
    }
    return recipe_check(recipe, &cause) || refuse_as_model(error, "recipe", &cause);
}

static bool check_column(char *const *names, size_t c, Error *error) {
    if (!*names[c] || (c > 0 && strchr(names[c], ','))) {
        return tensors_refuse_name(error, "columns:", names[c], "is no name");
    }
    for (size_t other = 0; other < c; other++) {
        if (strcmp(names[other], names[c]) == 0) {
            return tensors_refuse_name(error, "columns:", names[c], "stands twice");
        }
    }
    return true;
}

/* Names stay in the JSON; the caller frees the list. */
static bool read_columns(char ***names, size_t *n_columns, const cJSON *array, Error *error) {
    const size_t n = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;
    *n_columns = 0;
    if (n == 0 || n > MODEL_COLUMNS) {
        return tensors_refuse(error, "columns: no list of names");
    }
    *names = calloc(n, sizeof **names);
    if (!*names) {
        return error_memory(error, "the list of columns");
    }
    for (const cJSON *item = array->child; item; item = item->next, ++*n_columns) {
        if (!cJSON_IsString(item)) {
            return tensors_refuse(error, "columns: a name is no string");
        }
        (*names)[*n_columns] = item->valuestring;
        if (!check_column(*names, *n_columns, error)) {
            return false;
        }
    }
    return true;
}

/* As scaler_fit leaves it: the target as the recipe says, a feature that cannot take a ratio by difference. */
static bool anchor_fits(AnchorKind anchor, ColumnNature nature, const Recipe *recipe, size_t column) {
    if (nature != COLUMN_LEVEL) {
        return anchor == (nature == COLUMN_SUM && recipe->anchor != ANCHOR_NONE ? ANCHOR_DIFFERENCE : ANCHOR_NONE);
    }
    return (int)anchor == recipe->anchor || (recipe->anchor == ANCHOR_AUTO && anchor != ANCHOR_NONE) ||
           (column > 0 && recipe->anchor == ANCHOR_RATIO && anchor == ANCHOR_DIFFERENCE);
}

static bool read_scaler_column(ScalerColumn *column, const cJSON *item) {
    const cJSON *anchor = cJSON_GetObjectItemCaseSensitive(item, "anchor");
    if (!cJSON_IsString(anchor) || !metadata_read_number(item, "offset", &column->offset) ||
        !metadata_read_number(item, "scale", &column->scale)) {
        return false;
    }
    for (int i = 0; model_anchors[i]; i++) {
        if (strcmp(model_anchors[i], anchor->valuestring) == 0) {
            column->anchor = (AnchorKind)i;
            return column->scale > 0;
        }
    }
    return false;
}

static bool read_scaler(Model *model, const cJSON *array, Error *error) {
    size_t c = 0;
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != model->n_columns) {
        return tensors_refuse(error, "scaler: its columns are not those of the model");
    }
    for (const cJSON *item = array->child; item; item = item->next, c++) {
        ScalerColumn *column = &model->scaler.columns[c];
        if (!read_scaler_column(column, item)) {
            return tensors_refuse_name(error, "scaler: column", model->columns[c], "wants an anchor, a finite offset and a scale above 0");
        }
        if (!anchor_fits(column->anchor, model->scaler.natures[c], &model->recipe, c)) {
            return tensors_refuse_name(error, "scaler: column", model->columns[c], "has another anchor than the recipe");
        }
    }
    return true;
}

static bool read_calendar(Calendar *calendar, const cJSON *object, Error *error) {
    size_t weekdays, months, days;
    if (!read_count(object, "weekdays", 127, &weekdays) || !read_count(object, "step_months", 120000, &months) ||
        !read_count(object, "step_days", 7, &days) || !read_date(object, "month_day", &calendar->month_day)) {
        return tensors_refuse(error, "calendar: a number is missing or out of range");
    }
    if ((months > 0) != (calendar->month_day != DATE_NONE) || (months == 0 && weekdays == 0) || (days != 0 && days != 7)) {
        return tensors_refuse(error, "calendar: its numbers contradict each other");
    }
    calendar->weekdays = (uint8_t)weekdays;
    calendar->step_months = (int)months;
    calendar->step_days = (int)days;
    return true;
}

static bool read_training(ModelTraining *t, bool backward, const cJSON *object, Error *error) {
    if (!read_date(object, "from", &t->from) || !read_date(object, "to", &t->to) || (t->from > t->to && !backward)) {
        return tensors_refuse(error, "training: 'from' and 'to' are no dates in order");
    }
    if (!read_count(object, "rows", SIZE_MAX, &t->n_rows) || !read_count(object, "windows", SIZE_MAX, &t->n_windows) ||
        !read_count(object, "val_windows", SIZE_MAX, &t->n_val_windows) || !read_count(object, "epochs", SIZE_MAX, &t->epochs) ||
        !read_count(object, "best_epoch", t->epochs, &t->best_epoch)) {
        return tensors_refuse(error, "training: a count is missing or out of range");
    }
    if (!read_loss(object, "loss_train", &t->loss_train) || !read_loss(object, "loss_val", &t->loss_val) ||
        !read_loss(object, "naive_ratio", &t->naive_ratio)) {
        return tensors_refuse(error, "training: a loss is no finite number");
    }
    return (metadata_read_number(object, "error_ratio", &t->error_ratio) && t->error_ratio >= 0) ||
           tensors_refuse(error, "training: 'error_ratio' is missing, as in models of earlier versions, or no number of 0 or more");
}

static bool read_marks(ModelTraining *t, const Safetensors *file, Error *error) {
    const char *arithmetic = metadata_text(file, "kernels", error), *fingerprint = metadata_text(file, "fingerprint", error);
    if (!arithmetic || !fingerprint) {
        return false;
    }
    if (!model_arithmetic_known(arithmetic)) {
        return tensors_refuse_name(error, "kernels:", arithmetic, "is not known here");
    }
    if (strlen(fingerprint) != 64 || strspn(fingerprint, "0123456789abcdef") != 64) {
        return tensors_refuse(error, "fingerprint: not 64 hexadecimal digits");
    }
    memcpy(t->arithmetic, arithmetic, strlen(arithmetic) + 1);
    memcpy(t->fingerprint, fingerprint, 65);
    return true;
}

bool model_read_shares(double *shares, size_t n, const char *what, const cJSON *array, Error *error) {
    size_t k = 0;
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != n) {
        return error_set(error, ERROR_MODEL, NULL, "%s: not one number for each step of the horizon", what);
    }
    for (const cJSON *item = array->child; item; item = item->next, k++) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= 1)) {
            return error_set(error, ERROR_MODEL, NULL, "%s: a number is not from 0 to 1", what);
        }
        shares[k] = item->valuedouble;
    }
    return true;
}

static bool read_shrink(Model *model, const cJSON *array, Error *error) {
    return model_read_shares(model->shrink, model->recipe.horizon, "shrink", array, error);
}

static bool read_score_list(IntervalCalibration *calibration, const cJSON *list) {
    double scores[INTERVAL_RING];
    size_t n = 0;
    if (!cJSON_IsArray(list)) {
        return false;
    }
    for (const cJSON *item = list->child; item; item = item->next) {
        if (!cJSON_IsNumber(item) || n == INTERVAL_RING) {
            return false;
        }
        scores[n++] = item->valuedouble;
    }
    return interval_restore(calibration, scores, n);
}

static bool read_scores(Model *model, const cJSON *array, Error *error) {
    size_t k = 0;
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) != model_n_scores(model)) {
        return tensors_refuse(error, "scores: not one list for each step of the horizon and level");
    }
    for (const cJSON *item = array->child; item; item = item->next, k++) {
        if (!read_score_list(&model->calibration[k], item)) {
            return tensors_refuse(error, "scores: a list holds what is no score, or too many");
        }
    }
    return true;
}

/* ---- a whole model ---- */

typedef struct Parts {
    Safetensors file;
    cJSON *recipe, *columns, *scaler, *calendar, *training, *shrink, *linear, *curve, *scores; /* curve: NULL where there is none */
    Recipe settings; /* strings in `recipe` */
    char **names;    /* strings in `columns` */
    size_t n_columns;
} Parts;

static void parts_free(Parts *p) {
    cJSON *const all[] = {p->recipe, p->columns, p->scaler, p->calendar, p->training, p->shrink, p->linear, p->curve, p->scores};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        cJSON_Delete(all[i]);
    }
    free(p->names);
    safetensors_free(&p->file);
}

static bool read_parts(Parts *p, const char *path, Error *error) {
    return safetensors_read(&p->file, path, error) && check_format(&p->file, error) &&
           (p->recipe = metadata_json(&p->file, "recipe", error)) && (p->columns = metadata_json(&p->file, "columns", error)) &&
           (p->scaler = metadata_json(&p->file, "scaler", error)) && (p->calendar = metadata_json(&p->file, "calendar", error)) &&
           (p->training = metadata_json(&p->file, "training", error)) && (p->shrink = metadata_json(&p->file, "shrink", error)) &&
           (p->linear = metadata_json(&p->file, "linear", error)) && (p->scores = metadata_json(&p->file, "scores", error)) &&
           (!cJSON_HasObjectItem(p->file.metadata, "curve") || (p->curve = metadata_json(&p->file, "curve", error))) &&
           read_recipe(&p->settings, p->recipe, error) && read_columns(&p->names, &p->n_columns, p->columns, error);
}

static bool match_all(Parts *p, Error *error) {
    Model shape = {.recipe = p->settings, .n_columns = p->n_columns};
    Error cause = {0};
    TensorsMember member = {.network = &shape.network}, head = {.network = &shape.head, .number = TENSORS_QUANTILE};
    const Recipe *recipe = &p->settings;
    const size_t n_kinds = network_kinds(recipe->layers);
    for (size_t i = n_kinds; i-- > 0;) { /* the first kind last: the head is of it */
        if (!network_init_kind(&shape.network, recipe->layers, i, recipe->window, p->n_columns, recipe->horizon, &cause)) {
            return refuse_as_model(error, "recipe", &cause);
        }
        for (member.number = i; member.number < recipe->ensemble * n_kinds; member.number += n_kinds) {
            if (!tensors_match(&p->file, &member, error)) {
                return false;
            }
        }
    }
    if (!model_lay_out_head(&shape, &cause)) {
        return refuse_as_model(error, "recipe", &cause);
    }
    if (recipe->interval == INTERVAL_QUANTILE && !tensors_match(&p->file, &head, error)) {
        return false;
    }
    return tensors_all_used(&p->file, &member, error);
}

static bool fill_all(Model *model, Parts *p, Error *error) {
    const TensorsMember head = {.network = &model->head, .number = TENSORS_QUANTILE, .weights = model->head_weights};
    if (model->recipe.interval == INTERVAL_QUANTILE && !tensors_fill(&p->file, &head, error)) {
        return false;
    }
    for (size_t m = 0; m < model->n_members; m++) {
        const TensorsMember member = {.network = model_network(model, m), .number = m, .weights = model_weights(model, m)};
        if (!tensors_fill(&p->file, &member, error)) {
            return false;
        }
    }
    return read_scaler(model, p->scaler, error) && read_calendar(&model->calendar, p->calendar, error) &&
           read_training(&model->training, model->recipe.file_order, p->training, error) && read_marks(&model->training, &p->file, error) &&
           read_shrink(model, p->shrink, error) && model_read_linear(model, p->linear, p->curve, error) &&
           read_scores(model, p->scores, error);
}

bool model_read(Model *model, const char *path, Error *error) {
    Parts parts = {0};
    Error cause = {0};
    bool ok = false;
    *model = (Model){0};
    if (!read_parts(&parts, path, error) || !match_all(&parts, error)) {
        goto done;
    }
    if (!model_lay_out(model, &parts.settings, parts.names, parts.n_columns, &cause)) {
        refuse_as_model(error, "recipe", &cause);
        goto done;
    }
    ok = fill_all(model, &parts, error);
done:
    if (!ok) {
        error_source(error, path);
        model_free(model);
    }
    parts_free(&parts);
    return ok;
}

bool model_read_weights(Model *model, size_t member, const char *path, Error *error) {
    Safetensors file;
    const TensorsMember given = {
        .network = model_network(model, member), .number = member, .weights = model_weights(model, member), .foreign = true};
    const bool ok = safetensors_read(&file, path, error) && tensors_match(&file, &given, error) && tensors_all_used(&file, &given, error) &&
                    tensors_fill(&file, &given, error);
    if (!ok) {
        error_source(error, path);
    }
    safetensors_free(&file);
    return ok;
}
