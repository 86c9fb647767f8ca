#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn static void give_up(const char *why, const char *where) {
    fprintf(stderr, "golden: %s: '%s'\n", why, where);
    exit(99);
}

static char *read_all(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        give_up("cannot be read", path);
    }
    long size = ftell(file);
    char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    rewind(file);
    if (!text || fread(text, 1, (size_t)size, file) != (size_t)size) {
        give_up("cannot be read", path);
    }
    fclose(file);
    text[size] = '\0';
    return text;
}

cJSON *golden_load(const char *name) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", LSTMFC_GOLDEN_DIR, name) >= (int)sizeof path) {
        give_up("name is too long", name);
    }
    char *text = read_all(path);
    cJSON *root = cJSON_Parse(text);
    free(text);
    if (!root) {
        give_up("is not JSON", path);
    }
    return root;
}

static const cJSON *member(const cJSON *node, const char *name) {
    if (!cJSON_IsArray(node)) {
        return cJSON_GetObjectItemCaseSensitive(node, name);
    }
    char *end;
    long place = strtol(name, &end, 10);
    return *name && !*end && place >= 0 && place < cJSON_GetArraySize(node) ? cJSON_GetArrayItem(node, (int)place) : NULL;
}

static const cJSON *find(const cJSON *node, const char *path) {
    while (node && *path) {
        char name[256];
        size_t length = strcspn(path, ".");
        if (length >= sizeof name) {
            give_up("name is too long", path);
        }
        memcpy(name, path, length);
        name[length] = '\0';
        node = member(node, name);
        path += length + (path[length] == '.');
    }
    return node;
}

bool golden_has(const cJSON *node, const char *path) {
    return find(node, path) != NULL;
}

const cJSON *golden_at(const cJSON *node, const char *path) {
    const cJSON *found = find(node, path);
    if (!found) {
        give_up("is not there", path);
    }
    return found;
}

static bool to_number(const cJSON *node, double *value) {
    const char *word = cJSON_IsString(node) ? node->valuestring : "";
    bool up = strcmp(word, "inf") == 0, down = strcmp(word, "-inf") == 0;
    *value = cJSON_IsNumber(node) ? node->valuedouble : up ? (double)INFINITY : down ? -(double)INFINITY : (double)NAN;
    return cJSON_IsNumber(node) || cJSON_IsNull(node) || up || down;
}

double golden_number(const cJSON *node, const char *path) {
    double value;
    if (!to_number(golden_at(node, path), &value)) {
        give_up("is not a number", path);
    }
    return value;
}

size_t golden_size(const cJSON *node, const char *path) {
    double value = golden_number(node, path);
    if (!(value >= 0.0 && value <= 1e15) || floor(value) != value) {
        give_up("is not a whole number", path);
    }
    return (size_t)value;
}

const char *golden_string(const cJSON *node, const char *path) {
    const cJSON *found = golden_at(node, path);
    if (!cJSON_IsString(found)) {
        give_up("is not a string", path);
    }
    return found->valuestring;
}

size_t golden_count(const cJSON *node, const char *path) {
    const cJSON *found = golden_at(node, path);
    if (!cJSON_IsArray(found) && !cJSON_IsObject(found)) {
        give_up("is neither array nor object", path);
    }
    return (size_t)cJSON_GetArraySize(found);
}

/* Numbers at and below a node into `out` (NULL: only counted). */
static size_t flatten(const cJSON *node, const char *path, double *out) {
    double value;
    if (to_number(node, &value)) {
        if (out) {
            *out = value;
        }
        return 1;
    }
    if (!cJSON_IsArray(node)) {
        give_up("holds something that is no number", path);
    }
    size_t n = 0;
    for (const cJSON *child = node->child; child; child = child->next) {
        n += flatten(child, path, out ? out + n : NULL);
    }
    return n;
}

double *golden_array(const cJSON *node, const char *path, size_t *n) {
    const cJSON *found = golden_at(node, path);
    if (!cJSON_IsArray(found)) {
        give_up("is not an array", path);
    }
    size_t count = flatten(found, path, NULL);
    double *values = malloc((count ? count : 1) * sizeof *values);
    if (!values) {
        give_up("out of memory", path);
    }
    flatten(found, path, values);
    if (n) {
        *n = count;
    }
    return values;
}

bool golden_close(double actual, double expected, double tolerance, double floor_size, const char *what) {
    double size = fabs(expected) > floor_size ? fabs(expected) : floor_size;
    bool same = actual == expected || (isnan(actual) && isnan(expected));
    bool close = same || (isfinite(expected) && fabs(actual - expected) <= tolerance * size);
    if (!close) {
        fprintf(stderr, "golden: %s: got %.17g, expected %.17g (off by %.3g)\n", what, actual, expected, fabs(actual - expected));
    }
    return close;
}
