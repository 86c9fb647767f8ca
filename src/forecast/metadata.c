#include "metadata.h"

#include <math.h>
#include <stdio.h>

#include "lstmfc/text.h"

cJSON *metadata_number(double value) {
    char text[32];
    return cJSON_CreateRaw(text_double(value, text));
}

cJSON *metadata_numbers(const double *values, size_t n) {
    cJSON *array = cJSON_CreateArray();
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        ok = ok && cJSON_AddItemToArray(array, metadata_number(values[i]));
    }
    if (!ok) {
        cJSON_Delete(array);
    }
    return ok ? array : NULL;
}

bool metadata_add(cJSON *object, const char *key, cJSON *item) {
    return cJSON_AddItemToObject(object, key, item);
}

bool metadata_add_number(cJSON *object, const char *key, double value) {
    return metadata_add(object, key, metadata_number(value));
}

bool metadata_add_count(cJSON *object, const char *key, size_t value) {
    char text[32];
    snprintf(text, sizeof text, "%zu", value);
    return metadata_add(object, key, cJSON_CreateRaw(text));
}

bool metadata_nest(cJSON *metadata, const char *key, cJSON *item, bool ok) {
    char *text = item && ok ? cJSON_PrintUnformatted(item) : NULL;
    ok = text && metadata_add(metadata, key, cJSON_CreateString(text));
    cJSON_free(text);
    cJSON_Delete(item);
    return ok;
}

bool metadata_read_number(const cJSON *object, const char *key, double *value) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *value = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    return isfinite(*value);
}

bool metadata_read_numbers(const cJSON *object, const char *key, size_t most, double *values, size_t *n) {
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key);
    *n = 0;
    if (!cJSON_IsArray(array)) {
        return false;
    }
    for (const cJSON *item = array->child; item; item = item->next) {
        if (*n == most || !cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
            return false;
        }
        values[(*n)++] = item->valuedouble;
    }
    return true;
}
