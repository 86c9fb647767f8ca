#include "tensors.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/text.h"
#include "metadata.h"

enum { PREFIX = 8, HEADER_ALIGN = 8 };

const char *tensors_name(const Tensor *tensor, size_t member, char name[TENSORS_NAME]) {
    if (member == TENSORS_QUANTILE) {
        snprintf(name, TENSORS_NAME, "quantile.%s", tensor->name);
    } else if (member == 0) {
        snprintf(name, TENSORS_NAME, "%s", tensor->name);
    } else {
        snprintf(name, TENSORS_NAME, "member.%zu.%s", member, tensor->name);
    }
    return name;
}

bool tensors_refuse(Error *error, const char *what) {
    return error_set(error, ERROR_MODEL, NULL, "%s", what);
}

bool tensors_refuse_name(Error *error, const char *before, const char *name, const char *after) {
    char shown[100];
    return error_set(error, ERROR_MODEL, NULL, "%s '%s' %s", before, text_escape(name, strlen(name), shown, sizeof shown), after);
}

/* ---- writing ---- */

typedef struct Writer {
    const TensorsMember *members, *member;
    size_t n_members;
    size_t n_data;       /* bytes so far */
    cJSON *header;
    unsigned char *data; /* NULL while the header is made */
    Error *error;
} Writer;

static bool describe(void *context, const Tensor *tensor, const Layer *layer) {
    Writer *w = context;
    char name[TENSORS_NAME];
    const double sizes[] = {(double)tensor->rows, (double)tensor->columns}, first = (double)w->n_data;
    w->n_data += tensor_size(tensor) * sizeof(float);
    const double offsets[] = {first, (double)w->n_data};
    cJSON *item = cJSON_CreateObject();
    (void)layer;
    return (metadata_add(w->header, tensors_name(tensor, w->member->number, name), item) &&
            metadata_add(item, "dtype", cJSON_CreateString("F32")) &&
            metadata_add(item, "shape", cJSON_CreateDoubleArray(sizes, tensor->role == TENSOR_BIAS ? 1 : 2)) &&
            metadata_add(item, "data_offsets", cJSON_CreateDoubleArray(offsets, 2))) ||
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
    tensor_write(tensor, w->member->weights + layer->offset, values);
    for (size_t i = 0; i < n; i++, w->n_data += sizeof(float)) {
        finite = finite && isfinite(values[i]);
        put_float(w->data + w->n_data, values[i]);
    }
    free(values);
    return finite || error_set(w->error, ERROR_INTERNAL, NULL, "tensor '%s' is not finite", tensor->name);
}

static bool visit_members(Writer *w, TensorVisit *visit) {
    w->n_data = 0;
    for (size_t i = 0; i < w->n_members; i++) {
        w->member = &w->members[i];
        if (!network_tensors(w->member->network, visit, w)) {
            return false;
        }
    }
    return true;
}

/* Takes the metadata over; NULL = error. */
static char *make_header(Writer *w, cJSON *metadata) {
    char *text = NULL;
    w->header = cJSON_CreateObject();
    if (!metadata || !metadata_add(w->header, "__metadata__", metadata)) {
        cJSON_Delete(metadata);
    } else if (visit_members(w, describe)) {
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

bool tensors_write(const char *path, cJSON *metadata, const TensorsMember *members, size_t n_members, Error *error) {
    Writer writer = {.members = members, .n_members = n_members, .error = error};
    size_t n_bytes = 0;
    char *header = make_header(&writer, metadata);
    unsigned char *bytes = header ? make_file(&writer, header, &n_bytes) : NULL;
    const bool ok = bytes && sign(bytes, n_bytes, strlen(header), error) && file_write(path, bytes, n_bytes, error);
    free(bytes);
    cJSON_free(header);
    return ok;
}

/* ---- reading ---- */

typedef struct Reader {
    Safetensors *file;
    const TensorsMember *member;
    Error *error;
} Reader;

static SafetensorsEntry *entry_of(const Reader *r, const Tensor *tensor) {
    char name[TENSORS_NAME];
    SafetensorsEntry *entry = safetensors_find(r->file, tensors_name(tensor, r->member->number, name));
    return entry || !r->member->foreign ? entry : safetensors_find(r->file, tensor->name);
}

static bool match(void *context, const Tensor *tensor, const Layer *layer) {
    const Reader *r = context;
    char name[TENSORS_NAME], shape[80];
    SafetensorsEntry *entry = entry_of(r, tensor);
    (void)layer;
    if (!entry) {
        return (r->member->foreign && tensor->zero) ||
               tensors_refuse_name(r->error, "tensor", tensors_name(tensor, r->member->number, name), "is missing");
    }
    entry->used = true;
    const bool flat = tensor->role == TENSOR_BIAS;
    if (entry->rank == (flat ? 1U : 2U) && entry->shape[0] == tensor->rows && (flat || entry->shape[1] == tensor->columns)) {
        return true;
    }
    if (flat) {
        snprintf(shape, sizeof shape, "is not of shape [%zu]", tensor->rows);
    } else {
        snprintf(shape, sizeof shape, "is not of shape [%zu,%zu]", tensor->rows, tensor->columns);
    }
    return tensors_refuse_name(r->error, "tensor", entry->name, shape);
}

static bool fill(void *context, const Tensor *tensor, const Layer *layer) {
    const Reader *r = context;
    const SafetensorsEntry *entry = entry_of(r, tensor);
    const size_t n = tensor_size(tensor);
    bool finite = true;
    if (!entry) {
        return true;
    }
    float *values = malloc(n * sizeof *values);
    if (!values) {
        return error_memory(r->error, "a tensor");
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = safetensors_value(r->file, entry, i);
        finite = finite && isfinite(values[i]);
    }
    if (finite) {
        tensor_read(tensor, values, r->member->weights + layer->offset);
    }
    free(values);
    return finite || tensors_refuse_name(r->error, "tensor", entry->name, "holds a value that is not finite");
}

/* Two finite biases may have no finite sum. */
static bool check_weights(const Reader *r) {
    const real *weights = r->member->weights;
    for (size_t i = 0; i < r->member->network->n_weights; i++) {
        if (!isfinite(weights[i])) {
            return tensors_refuse(r->error, "two biases have no finite sum");
        }
    }
    return true;
}

bool tensors_match(Safetensors *file, const TensorsMember *member, Error *error) {
    Reader r = {.file = file, .member = member, .error = error};
    return network_tensors(member->network, match, &r);
}

bool tensors_fill(Safetensors *file, const TensorsMember *member, Error *error) {
    Reader r = {.file = file, .member = member, .error = error};
    return network_tensors(member->network, fill, &r) && check_weights(&r);
}

/* Which names are not this member's business: of an ensemble of ours that starts another, those of its other members. */
static bool other_member(const Safetensors *file, const TensorsMember *member, bool prefixed, const char *prefix, const char *name) {
    const bool others = strncmp(name, "member.", 7) == 0 || strncmp(name, "quantile.", 9) == 0;
    return member->foreign && file->ours && (prefixed ? strncmp(name, prefix, strlen(prefix)) != 0 : others);
}

bool tensors_all_used(const Safetensors *file, const TensorsMember *member, Error *error) {
    char prefix[32];
    bool prefixed = false;
    snprintf(prefix, sizeof prefix, "member.%zu.", member->number);
    for (size_t i = 0; i < file->n_entries; i++) {
        prefixed = prefixed || (member->number > 0 && strncmp(file->entries[i].name, prefix, strlen(prefix)) == 0);
    }
    for (size_t i = 0; i < file->n_entries; i++) {
        const SafetensorsEntry *entry = &file->entries[i];
        if (!entry->used && !other_member(file, member, prefixed, prefix, entry->name)) {
            return tensors_refuse_name(error, "tensor", entry->name, "is none of this network");
        }
    }
    return true;
}
