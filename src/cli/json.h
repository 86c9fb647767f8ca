/* json.h - a JSON document, written member after member. On cJSON, with doubles to their last digit.
 *
 * A document begins as an object. Members go into whatever was opened last; `name` is NULL inside an array. What is not finite becomes
 * null. Text is escaped first, so that a file's name in another encoding cannot make the document invalid. Running out of memory
 * is remembered and reported once, by json_finish.
 */
#ifndef LSTMFC_CLI_JSON_H
#define LSTMFC_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/date.h"
#include "lstmfc/error.h"
#include "lstmfc/text.h"

struct cJSON;

typedef enum JsonKind { JSON_OBJECT, JSON_ARRAY } JsonKind;

enum { JSON_DEPTH = 8 };

typedef struct Json {
    struct cJSON *open[JSON_DEPTH]; /* open[0] is the document */
    size_t depth;
    bool failed;
} Json;

void json_init(Json *json);
void json_open(Json *json, const char *name, JsonKind kind);
void json_close(Json *json);

void json_number(Json *json, const char *name, double value);
void json_number_or_null(Json *json, const char *name, double value, bool known);
void json_count(Json *json, const char *name, size_t value);
void json_integer(Json *json, const char *name, unsigned long long value);
void json_bool(Json *json, const char *name, bool value);
void json_text(Json *json, const char *name, const char *value); /* NULL = null */
void json_date(Json *json, const char *name, Date value);        /* DATE_NONE = null */

/* Appends the document and a newline to `text` and frees it. ERROR_MEMORY. */
bool json_finish(Json *json, Text *text, Error *error);

/* Frees a document that is not to be finished; safe after json_finish. */
void json_free(Json *json);

#endif
