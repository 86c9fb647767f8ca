/* safetensors.h - the container of model.h: 8 bytes little-endian header length, JSON header, float32 data; private to the forecast floor.
 *
 * A file is hostile until it is read: lengths are checked against the file before they are used, the header is scanned (UTF-8, depth,
 * number of values) before JSON is parsed, and tensors must cover the data without hole or overlap. All refusals are ERROR_MODEL.
 */
#ifndef LSTMFC_SAFETENSORS_H
#define LSTMFC_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "lstmfc/error.h"

enum { SAFETENSORS_RANK = 8 };

typedef struct SafetensorsEntry {
    const char *name;
    size_t rank, shape[SAFETENSORS_RANK];
    size_t first, last; /* bytes of the data */
    bool used;          /* the reader's mark */
} SafetensorsEntry;

typedef struct Safetensors {
    unsigned char *bytes;      /* the file; owned */
    size_t n_bytes;
    const unsigned char *data; /* behind the header */
    size_t n_data;
    cJSON *header;             /* owned */
    const cJSON *metadata;     /* object of strings; NULL = none */
    SafetensorsEntry *entries; /* by name; owned */
    size_t n_entries;
    bool ours;                 /* metadata says so, and the checksum is right */
} Safetensors;

/* ERROR_FILE where the file cannot be read; ERROR_MODEL where it is no safetensors file of float32 tensors, or where it is one of ours
 * and its checksum does not match. safetensors_free in every case. */
bool safetensors_read(Safetensors *file, const char *path, Error *error);
void safetensors_free(Safetensors *file);

/* NULL = none. */
SafetensorsEntry *safetensors_find(const Safetensors *file, const char *name);

/* Element i of an entry. */
float safetensors_value(const Safetensors *file, const SafetensorsEntry *entry, size_t i);

/* A JSON number that is a non-negative integer up to 2^53. */
bool safetensors_count(const cJSON *json, size_t *value);

/* Parses JSON that must be the whole text, after the same scan as a header's: at most one value for every bytes_a_value bytes (a list of
 * digits has 2). `what` names it in the refusal. No two equal keys in its outermost object. */
cJSON *safetensors_json(const char *text, size_t n, size_t bytes_a_value, const char *what, Error *error);

/* The place of the 64 digits in a header of ours; NULL = none, or more than one. */
char *safetensors_checksum(char *header, size_t n);

/* SHA-256 of bytes with the 64 at `digits` (inside them) read as '0'. */
void safetensors_hash(const unsigned char *bytes, size_t n, const char *digits, char hex[65]);

/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool safetensors_utf8(const char *text, size_t n);

#endif
