/* metadata.h - JSON as our safetensors files hold it: what is written exactly, what is text inside text, and numbers read back.
 *
 * As cJSON, whatever makes an item returns NULL without memory and whatever takes one takes NULL, so that a chain of && ends in one answer.
 */
#ifndef LSTMFC_METADATA_H
#define LSTMFC_METADATA_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Exact, where cJSON's own numbers have 15 digits; null where not finite. */
cJSON *metadata_number(double value);

/* An array of these. */
cJSON *metadata_numbers(const double *values, size_t n);

/* The item becomes the object's. False without memory. */
bool metadata_add(cJSON *object, const char *key, cJSON *item);
bool metadata_add_number(cJSON *object, const char *key, double value);
bool metadata_add_count(cJSON *object, const char *key, size_t value);

/* `item` as text, since values of a file's metadata are strings; takes the item over. False, too, where `ok` says that it was not made
 * whole. */
bool metadata_nest(cJSON *metadata, const char *key, cJSON *item, bool ok);

/* Of an object: a finite number; an array of these, `most` at most. False where there is none, or more or others are in it. */
bool metadata_read_number(const cJSON *object, const char *key, double *value);
bool metadata_read_numbers(const cJSON *object, const char *key, size_t most, double *values, size_t *n);

#endif
