#include "json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_init(Json *json) {
    *json = (Json){.depth = 1};
    json->open[0] = cJSON_CreateObject();
    json->failed = !json->open[0];
}

static bool add(Json *json, const char *name, cJSON *item) {
    cJSON *parent = json->open[json->depth - 1];
    if (item && !json->failed && (name ? cJSON_AddItemToObject(parent, name, item) : cJSON_AddItemToArray(parent, item))) return true;
    cJSON_Delete(item);
    json->failed = true;
    return false;
}

void json_open(Json *json, const char *name, JsonKind kind) {
    cJSON *item = kind == JSON_OBJECT ? cJSON_CreateObject() : cJSON_CreateArray();
    if (json->depth == JSON_DEPTH) json->failed = true;
    if (add(json, name, item)) json->open[json->depth++] = item;
}

void json_close(Json *json) {
    if (!json->failed) json->depth--;
}

void json_number(Json *json, const char *name, double value) {
    char text[32];
    add(json, name, cJSON_CreateRaw(text_double(value, text)));
}

void json_number_or_null(Json *json, const char *name, double value, bool known) {
    json_number(json, name, known ? value : NAN);
}

void json_integer(Json *json, const char *name, unsigned long long value) {
    char text[32];
    snprintf(text, sizeof text, "%llu", value);
    add(json, name, cJSON_CreateRaw(text));
}

void json_count(Json *json, const char *name, size_t value) {
    json_integer(json, name, value);
}

void json_bool(Json *json, const char *name, bool value) {
    add(json, name, cJSON_CreateBool(value));
}

void json_text(Json *json, const char *name, const char *value) {
    size_t n = value ? strlen(value) : 0, size = 4 * n + 1;
    char *safe = value && n < (size_t)-1 / 8 ? malloc(size) : NULL;
    if (!value) add(json, name, cJSON_CreateNull());
    else add(json, name, safe ? cJSON_CreateString(text_escape(value, n, safe, size)) : NULL);
    free(safe);
}

void json_date(Json *json, const char *name, Date value) {
    char text[DATE_TEXT];
    json_text(json, name, value == DATE_NONE ? NULL : date_format(value, text));
}

bool json_finish(Json *json, Text *text, Error *error) {
    char *printed = json->failed ? NULL : cJSON_PrintUnformatted(json->open[0]);
    if (printed) {
        text_puts(text, printed);
        text_puts(text, "\n");
    }
    bool ok = printed && !text->failed;
    cJSON_free(printed);
    json_free(json);
    return ok || error_memory(error, "the JSON document");
}

void json_free(Json *json) {
    cJSON_Delete(json->open[0]);
    *json = (Json){0};
}
