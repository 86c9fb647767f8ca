#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "language_layout.h"
#include "metadata.h"
#include "model_layout.h"
#include "tensors.h"

/* ---- writing; cJSON returns NULL without memory, and takes NULL ---- */

static bool add_text(cJSON *object, const char *key, const char *value) {
    return metadata_add(object, key, cJSON_CreateString(value));
}

/* As text: a seed may be larger than what JSON's numbers hold. */
static bool add_seed(cJSON *object, uint64_t seed) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    return add_text(object, "seed", text);
}

/* All letters but the end, as one string. */
static bool add_alphabet(cJSON *object, const Language *language) {
    Text text = {0};
    text_puts(&text, "");
    for (size_t i = 1; i < language->n_letters; i++) {
        corpus_put(&text, language->alphabet[i]);
    }
    const bool ok = !text.failed && add_text(object, "alphabet", text.data);
    text_free(&text);
    return ok;
}

static bool add_language(cJSON *metadata, const Language *language) {
    const LanguageOptions *o = &language->options;
    cJSON *object = cJSON_CreateObject();
    const bool ok =
        add_text(object, "layers", o->layers) && add_alphabet(object, language) &&
        metadata_add_count(object, "longest", language->longest) && metadata_add(object, "capital", cJSON_CreateBool(language->capital)) &&
        metadata_add_count(object, "examples", language->n_examples) && metadata_add_count(object, "iterations", o->iterations) &&
        metadata_add_number(object, "lr", o->lr) && metadata_add_number(object, "clip", o->clip) && add_seed(object, o->seed) &&
        metadata_add_number(object, "loss", language->loss);
    return metadata_nest(metadata, "language", object, ok);
}

static cJSON *make_metadata(const Language *language) {
    char zeros[65];
    cJSON *metadata = cJSON_CreateObject();
    memset(zeros, '0', 64);
    zeros[64] = '\0';
    if (add_text(metadata, "format", MODEL_FORMAT) && add_text(metadata, "kind", LANGUAGE_KIND) &&
        add_text(metadata, "version", LANGUAGE_VERSION) && add_text(metadata, "checksum", zeros) &&
        add_text(metadata, "kernels", language->arithmetic) && add_language(metadata, language) &&
        add_text(metadata, "fingerprint", language->fingerprint)) {
        return metadata;
    }
    cJSON_Delete(metadata);
    return NULL;
}

bool language_write(const Language *language, const char *path, Error *error) {
    const TensorsMember member = {.network = &language->network, .weights = language->weights};
    return tensors_write(path, make_metadata(language), &member, 1, error);
}

/* ---- reading ---- */

/* A string of the metadata; "" where there is none. */
static const char *metadata_text(const Safetensors *file, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(file->metadata, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static bool check_marks(Language *language, const Safetensors *file, Error *error) {
    if (!file->ours || strcmp(metadata_text(file, "kind"), LANGUAGE_KIND) != 0) {
        return error_set(error, ERROR_MODEL, "'lstmfc chars train' makes one", "not a character model of lstmfc");
    }
    if (strcmp(metadata_text(file, "version"), LANGUAGE_VERSION) != 0) {
        return tensors_refuse_name(error, "version", metadata_text(file, "version"), "of the format is not known here");
    }
    const char *arithmetic = metadata_text(file, "kernels"), *fingerprint = metadata_text(file, "fingerprint");
    if (!model_arithmetic_known(arithmetic) || strlen(fingerprint) != 64) {
        return tensors_refuse(error, "kernels or fingerprint: not known here");
    }
    memcpy(language->arithmetic, arithmetic, strlen(arithmetic) + 1);
    memcpy(language->fingerprint, fingerprint, 65);
    return true;
}

static bool read_alphabet(Language *language, const char *text, Error *error) {
    const size_t n = strlen(text);
    language->alphabet = memory_zeroed(n + 1, sizeof *language->alphabet);
    if (!language->alphabet) {
        return error_memory(error, "the alphabet");
    }
    language->alphabet[0] = '\n';
    language->n_letters = 1;
    for (size_t at = 0, used; at < n; at += used) {
        const uint32_t letter = corpus_letter((const unsigned char *)text + at, n - at, &used);
        const uint32_t before = language->alphabet[language->n_letters - 1];
        if (used == 0 || letter < 0x20 || letter <= before || language->n_letters == CORPUS_LETTERS) {
            return tensors_refuse(error, "language: the alphabet is none");
        }
        language->alphabet[language->n_letters++] = letter;
    }
    return language->n_letters > 1 || tensors_refuse(error, "language: the alphabet is none");
}

static bool read_count(const cJSON *object, const char *key, size_t least, size_t most, size_t *value) {
    return safetensors_count(cJSON_GetObjectItemCaseSensitive(object, key), value) && *value >= least && *value <= most;
}

static bool read_number(const cJSON *object, const char *key, double *value) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    return isfinite(*value) && *value >= 0;
}

static bool read_language(Language *language, const cJSON *object, Error *error) {
    LanguageOptions *o = &language->options;
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(object, "layers"),
                *alphabet = cJSON_GetObjectItemCaseSensitive(object, "alphabet");
    const cJSON *capital = cJSON_GetObjectItemCaseSensitive(object, "capital");
    const cJSON *seed = cJSON_GetObjectItemCaseSensitive(object, "seed");
    size_t number;
    if (!cJSON_IsString(layers) || !cJSON_IsString(alphabet) || !cJSON_IsBool(capital) ||
        !read_count(object, "longest", 1, CORPUS_LONGEST, &language->longest) ||
        !read_count(object, "examples", 1, SIZE_MAX, &language->n_examples) ||
        !read_count(object, "iterations", 0, SIZE_MAX, &o->iterations) || !read_number(object, "lr", &o->lr) ||
        !read_number(object, "clip", &o->clip) || !cJSON_IsString(seed) || !text_to_size(seed->valuestring, &number) ||
        !read_number(object, "loss", &language->loss)) {
        return tensors_refuse(error, "language: a value is missing or out of range");
    }
    language->capital = cJSON_IsTrue(capital);
    o->seed = number;
    language->text = malloc(strlen(layers->valuestring) + 1);
    if (!language->text) {
        return error_memory(error, "the layers");
    }
    o->layers = strcpy(language->text, layers->valuestring);
    Error cause = {0};
    if (!read_alphabet(language, alphabet->valuestring, error)) {
        return false;
    }
    return language_lay_out(language, &cause) ||
           error_set(error, cause.code == ERROR_MEMORY ? ERROR_MEMORY : ERROR_MODEL, NULL, "language: %s", cause.message);
}

/* Names and shapes are checked before memory is asked for: a network that is not in the file costs nothing. */
static bool read_parts(Language *language, Safetensors *file, Error *error) {
    const char *text = metadata_text(file, "language");
    cJSON *object = safetensors_json(text, strlen(text), 2, "language", error);
    bool ok = object && read_language(language, object, error);
    cJSON_Delete(object);
    TensorsMember member = {.network = &language->network};
    ok = ok && tensors_match(file, &member, error) && tensors_all_used(file, &member, error) && language_allocate(language, error);
    member.weights = language->weights;
    return ok && tensors_fill(file, &member, error);
}

bool language_read(Language *language, const char *path, Error *error) {
    Safetensors file;
    *language = (Language){0};
    const bool ok = safetensors_read(&file, path, error) && check_marks(language, &file, error) && read_parts(language, &file, error);
    if (!ok) {
        error_source(error, path);
        language_free(language);
    }
    safetensors_free(&file);
    return ok;
}
