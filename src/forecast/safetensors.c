#include "safetensors.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/text.h"

#define FILE_LIMIT ((size_t)1 << 31)
#define HEADER_LIMIT ((size_t)100000000)
#define EXACT_LIMIT 9007199254740992.0 /* above 2^53 doubles skip integers */

enum { PREFIX = 8, DIGITS = 64, DEPTH = 4, BYTES_A_TENSOR_VALUE = 4 };

static bool refuse(Error *error, const char *what) {
    return error_set(error, ERROR_MODEL, NULL, "not a safetensors file: %s", what);
}

static bool refuse_tensor(Error *error, const char *name, const char *what) {
    char shown[100];
    return error_set(error, ERROR_MODEL, NULL, "tensor '%s' %s", text_escape(name, strlen(name), shown, sizeof shown), what);
}

/* ---- text ---- */

static size_t utf8_length(const unsigned char *p, size_t n) {
    const size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (length == 0 || length > n || p[0] == 0) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    const bool beyond = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

bool safetensors_utf8(const char *text, size_t n) {
    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_length((const unsigned char *)text + i, n - i);
        if (length == 0) {
            return false;
        }
    }
    return true;
}

/* What a parser that recurses and allocates must not be given: depth, more than a value for so many bytes, a NUL in a name. */
static const char *scan(const char *text, size_t n, size_t bytes_a_value) {
    size_t depth = 0, values = 1;
    bool string = false;
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        if (string && c == '\\') {
            if (n - i > 5 && memcmp(text + i + 1, "u0000", 5) == 0) {
                return "a NUL in a string";
            }
            i++;
        } else if (c == '"') {
            string = !string;
        } else if (!string && (c == '{' || c == '[')) {
            values += i + 1 < n && text[i + 1] != ']' && text[i + 1] != '}';
            if (++depth > DEPTH) {
                return "nested too deeply";
            }
        } else if (!string && (c == '}' || c == ']')) {
            depth -= depth > 0;
        } else if (!string && c == ',') {
            values++;
        }
    }
    return values > 16 + n / bytes_a_value ? "too many values for its length" : NULL;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool keys_differ(const cJSON *object, const char *what, Error *error) {
    const size_t n = (size_t)cJSON_GetArraySize(object);
    const char **keys = malloc((n + 1) * sizeof *keys);
    size_t i = 0;
    bool ok = true;
    if (!keys) {
        return error_memory(error, "a list of names");
    }
    for (const cJSON *child = object->child; child; child = child->next) {
        keys[i++] = child->string;
    }
    qsort(keys, n, sizeof *keys, by_text);
    for (i = 1; ok && i < n; i++) {
        char shown[100];
        ok = strcmp(keys[i - 1], keys[i]) != 0 ||
             error_set(error, ERROR_MODEL, NULL, "%s: '%s' stands twice", what, text_escape(keys[i], strlen(keys[i]), shown, sizeof shown));
    }
    free(keys);
    return ok;
}

cJSON *safetensors_json(const char *text, size_t n, size_t bytes_a_value, const char *what, Error *error) {
    const char *end = NULL;
    const char *reason = !safetensors_utf8(text, n) ? "not UTF-8" : scan(text, n, bytes_a_value);
    cJSON *json = reason ? NULL : cJSON_ParseWithLengthOpts(text, n, &end, false);
    if (!reason && !json) {
        reason = "not JSON";
    }
    if (json && (size_t)(end - text) + strspn(end, " \t\r\n") < n) {
        reason = "something stands behind the JSON";
    }
    if (reason) {
        error_set(error, ERROR_MODEL, NULL, "%s: %s", what, reason);
    }
    if (reason || (cJSON_IsObject(json) && !keys_differ(json, what, error))) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}

/* ---- checksum ---- */

/* First place of `what` in [from, from + n); NULL = none. */
static char *find(char *from, size_t n, const char *what) {
    const size_t length = strlen(what);
    for (char *end = from + n; (size_t)(end - from) >= length; from++) {
        from = memchr(from, what[0], (size_t)(end - from) - length + 1);
        if (!from || memcmp(from, what, length) == 0) {
            return from;
        }
    }
    return NULL;
}

char *safetensors_checksum(char *header, size_t n) {
    static const char key[] = "\"checksum\":\"";
    char *place = find(header, n, key);
    if (!place) {
        return NULL;
    }
    char *digits = place + strlen(key);
    const size_t rest = n - (size_t)(digits - header);
    if (rest <= DIGITS || digits[DIGITS] != '"' || find(digits, rest, key)) {
        return NULL;
    }
    return digits;
}

void safetensors_hash(const unsigned char *bytes, size_t n, const char *digits, char hex[65]) {
    FileHash hash;
    char zeros[DIGITS];
    const size_t before = (size_t)((const unsigned char *)digits - bytes);
    memset(zeros, '0', sizeof zeros);
    file_hash_init(&hash);
    file_hash_add(&hash, bytes, before);
    file_hash_add(&hash, zeros, sizeof zeros);
    file_hash_add(&hash, bytes + before + DIGITS, n - before - DIGITS);
    file_hash_finish(&hash, hex);
}

/* Before anything is parsed: damage is caught here. */
static bool check_checksum(Safetensors *file, char *header, size_t n, Error *error) {
    char hex[65];
    char *digits = safetensors_checksum(header, n);
    if (!find(header, n, "\"format\":\"lstmfc\"")) {
        return true;
    }
    if (!digits) {
        return error_set(error, ERROR_MODEL, NULL, "no checksum");
    }
    safetensors_hash(file->bytes, file->n_bytes, digits, hex);
    file->ours = memcmp(digits, hex, DIGITS) == 0;
    return file->ours ||
           error_set(error, ERROR_MODEL, "restore it from a copy, or train again", "checksum does not match: the file is damaged");
}

/* ---- header ---- */

bool safetensors_count(const cJSON *json, size_t *value) {
    if (!cJSON_IsNumber(json)) {
        return false;
    }
    const double x = json->valuedouble;
    if (!(x >= 0 && x <= EXACT_LIMIT && x <= (double)SIZE_MAX) || floor(x) != x) {
        return false;
    }
    *value = (size_t)x;
    return true;
}

static bool read_shape(SafetensorsEntry *entry, const cJSON *shape, size_t *n_values) {
    *n_values = 1;
    if (!cJSON_IsArray(shape)) {
        return false;
    }
    for (const cJSON *one = shape->child; one; one = one->next) {
        size_t size;
        if (entry->rank == SAFETENSORS_RANK || !safetensors_count(one, &size) || size == 0 || *n_values > SIZE_MAX / sizeof(float) / size) {
            return false;
        }
        entry->shape[entry->rank++] = size;
        *n_values *= size;
    }
    return true;
}

static bool read_offsets(SafetensorsEntry *entry, const cJSON *offsets, size_t n_data) {
    return cJSON_IsArray(offsets) && cJSON_GetArraySize(offsets) == 2 && safetensors_count(offsets->child, &entry->first) &&
           safetensors_count(offsets->child->next, &entry->last) && entry->first <= entry->last && entry->last <= n_data;
}

static bool read_entry(SafetensorsEntry *entry, const cJSON *json, size_t n_data, Error *error) {
    size_t n_values;
    *entry = (SafetensorsEntry){.name = json->string};
    if (!cJSON_IsObject(json) || cJSON_GetArraySize(json) != 3) {
        return refuse_tensor(error, entry->name, "is not described by dtype, shape and data_offsets");
    }
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(json, "dtype");
    if (!cJSON_IsString(dtype) || strcmp(dtype->valuestring, "F32") != 0) {
        return refuse_tensor(error, entry->name, "is not of dtype F32");
    }
    if (!read_shape(entry, cJSON_GetObjectItemCaseSensitive(json, "shape"), &n_values)) {
        return refuse_tensor(error, entry->name, "has no usable shape");
    }
    if (!read_offsets(entry, cJSON_GetObjectItemCaseSensitive(json, "data_offsets"), n_data)) {
        return refuse_tensor(error, entry->name, "has offsets outside the file's data");
    }
    if (entry->last - entry->first != n_values * sizeof(float)) {
        return refuse_tensor(error, entry->name, "has offsets that do not fit its shape");
    }
    return true;
}

static int by_place(const void *a, const void *b) {
    const SafetensorsEntry *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static int by_name(const void *a, const void *b) {
    const SafetensorsEntry *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static bool check_cover(Safetensors *file, Error *error) {
    size_t at = 0;
    qsort(file->entries, file->n_entries, sizeof *file->entries, by_place);
    for (size_t i = 0; i < file->n_entries; i++) {
        if (file->entries[i].first != at) {
            return refuse_tensor(error, file->entries[i].name,
                                 file->entries[i].first < at ? "overlaps another" : "has unused bytes before it");
        }
        at = file->entries[i].last;
    }
    qsort(file->entries, file->n_entries, sizeof *file->entries, by_name);
    return at == file->n_data || error_set(error, ERROR_MODEL, NULL, "%zu surplus bytes behind the last tensor", file->n_data - at);
}

static bool read_metadata(Safetensors *file, const cJSON *json, Error *error) {
    if (!cJSON_IsObject(json)) {
        return refuse(error, "__metadata__ is no object");
    }
    for (const cJSON *one = json->child; one; one = one->next) {
        if (!cJSON_IsString(one)) {
            return refuse(error, "__metadata__ holds something that is no string");
        }
    }
    file->metadata = json;
    return keys_differ(json, "__metadata__", error);
}

static bool read_entries(Safetensors *file, Error *error) {
    file->entries = calloc((size_t)cJSON_GetArraySize(file->header) + 1, sizeof *file->entries);
    if (!file->entries) {
        return error_memory(error, "the list of tensors");
    }
    for (const cJSON *one = file->header->child; one; one = one->next) {
        const bool ok = strcmp(one->string, "__metadata__") == 0 ? read_metadata(file, one, error)
                                                                 : read_entry(&file->entries[file->n_entries++], one, file->n_data, error);
        if (!ok) {
            return false;
        }
    }
    return check_cover(file, error);
}

static bool read_header(Safetensors *file, Error *error) {
    uint64_t length = 0;
    if (file->n_bytes < PREFIX + 2) {
        return refuse(error, file->n_bytes ? "too short" : "empty");
    }
    for (int i = PREFIX; i-- > 0;) {
        length = length << 8 | file->bytes[i];
    }
    if (length > HEADER_LIMIT || length > file->n_bytes - PREFIX) {
        return refuse(error, "its header is longer than the file, or than 100 MB");
    }
    char *header = (char *)file->bytes + PREFIX;
    const size_t n = (size_t)length;
    file->data = file->bytes + PREFIX + n;
    file->n_data = file->n_bytes - PREFIX - n;
    if (n == 0 || header[0] != '{') {
        return refuse(error, "its header does not begin with '{'");
    }
    if (!check_checksum(file, header, n, error)) {
        return false;
    }
    file->header = safetensors_json(header, n, BYTES_A_TENSOR_VALUE, "header", error);
    if (!file->header) {
        return false;
    }
    return read_entries(file, error);
}

bool safetensors_read(Safetensors *file, const char *path, Error *error) {
    *file = (Safetensors){0};
    if (file_read(path, FILE_LIMIT, &file->bytes, &file->n_bytes, error) && read_header(file, error)) {
        return true;
    }
    error_source(error, path);
    return false;
}

void safetensors_free(Safetensors *file) {
    cJSON_Delete(file->header);
    free(file->entries);
    free(file->bytes);
    *file = (Safetensors){0};
}

SafetensorsEntry *safetensors_find(const Safetensors *file, const char *name) {
    const SafetensorsEntry key = {.name = name};
    return file->n_entries ? bsearch(&key, file->entries, file->n_entries, sizeof key, by_name) : NULL;
}

float safetensors_value(const Safetensors *file, const SafetensorsEntry *entry, size_t i) {
    const unsigned char *p = file->data + entry->first + i * sizeof(float);
    const uint32_t bits = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
