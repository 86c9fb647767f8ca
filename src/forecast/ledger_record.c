#define _POSIX_C_SOURCE 200809L

#include "ledger_record.h"

#include <math.h>
#include <string.h>

#include "safetensors.h"

const char ledger_record_start[] = "{\"kind\":\"";

/* ---- writing ---- */

static void put_text(Text *text, const char *value) {
    cJSON *item = cJSON_CreateString(value);
    char *printed = item ? cJSON_PrintUnformatted(item) : NULL;
    if (printed) {
        text_puts(text, printed);
    } else {
        text->failed = true;
    }
    cJSON_free(printed);
    cJSON_Delete(item);
}

static void put_number(Text *text, const char *name, double value) {
    char number[32];
    text_printf(text, "\"%s\":%s", name, text_double(value, number));
}

static void put_head(Text *text, const char *kind, const LedgerEntry *entry) {
    char as_of[DATE_TEXT], date[DATE_TEXT];
    text_printf(text, "%s%s\",\"as_of\":\"%s\",\"date\":\"%s\",\"step\":%zu,", ledger_record_start, kind,
                date_format(entry->as_of, as_of), date_format(entry->date, date), entry->step);
}

static void put_interval(Text *text, const LedgerInterval *interval) {
    text_printf(text, "{\"level\":%.10g,", 100 * interval->level);
    put_number(text, "low", interval->low);
    text_puts(text, ",");
    put_number(text, "high", interval->high);
    text_puts(text, ",");
    put_number(text, "half", interval->half);
    text_puts(text, "}");
}

void ledger_record_forecast(Text *text, const LedgerEntry *entry, const char *target) {
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"value", entry->value}, {"naive", entry->naive}, {"last", entry->last}, {"scale", entry->scale}};
    char date[DATE_TEXT], number[32];
    put_head(text, "forecast", entry);
    text_puts(text, "\"target\":");
    put_text(text, target);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        text_puts(text, ",");
        put_number(text, numbers[i].name, numbers[i].value);
    }
    text_puts(text, ",\"intervals\":[");
    for (size_t l = 0; l < entry->n_levels; l++) {
        text_puts(text, l ? "," : "");
        put_interval(text, &entry->intervals[l]);
    }
    text_puts(text, "],\"alpha\":[");
    for (size_t l = 0; l < entry->n_levels; l++) {
        text_printf(text, "%s%s", l ? "," : "", text_double(entry->intervals[l].alpha, number));
    }
    text_printf(text, "],\"model\":\"%s\",\"trained_to\":\"%s\"}\n", entry->model, date_format(entry->trained_to, date));
}

void ledger_record_score(Text *text, const LedgerEntry *entry) {
    put_head(text, "score", entry);
    text_printf(text, "\"model\":\"%s\",", entry->model);
    put_number(text, "actual", entry->actual);
    text_puts(text, "}\n");
}

/* ---- reading ---- */

static const cJSON *member(const cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static bool refuse(Error *error, const char *name, const char *what) {
    return error_set(error, ERROR_DATA, NULL, "'%s' %s", name, what);
}

static bool read_date(const cJSON *object, const char *name, Date *date, Error *error) {
    const cJSON *item = member(object, name);
    *date = cJSON_IsString(item) ? date_parse_iso(item->valuestring) : DATE_NONE;
    return *date != DATE_NONE || refuse(error, name, "is no date");
}

static bool read_number(const cJSON *object, const char *name, double *value, Error *error) {
    const cJSON *item = member(object, name);
    *value = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    return isfinite(*value) || refuse(error, name, "is no number");
}

/* null is NaN. */
static bool read_optional(const cJSON *object, const char *name, double *value, Error *error) {
    *value = NAN;
    return cJSON_IsNull(member(object, name)) || read_number(object, name, value, error);
}

static bool read_model(const cJSON *object, char model[LEDGER_MODEL], Error *error) {
    const cJSON *item = member(object, "model");
    const char *text = cJSON_IsString(item) ? item->valuestring : "";
    if (strlen(text) != LEDGER_MODEL - 1 || strspn(text, "0123456789abcdef") != LEDGER_MODEL - 1) {
        return refuse(error, "model", "is not 16 hexadecimal digits");
    }
    memcpy(model, text, LEDGER_MODEL);
    return true;
}

static bool read_head(LedgerEntry *entry, const cJSON *object, Error *error) {
    if (!read_date(object, "as_of", &entry->as_of, error) || !read_date(object, "date", &entry->date, error)) {
        return false;
    }
    if (entry->date <= entry->as_of) {
        return refuse(error, "date", "is not after as_of");
    }
    const bool counted = safetensors_count(member(object, "step"), &entry->step) && entry->step > 0;
    return (counted || refuse(error, "step", "is no count")) && read_model(object, entry->model, error);
}

static bool read_interval(LedgerInterval *interval, const cJSON *item, const cJSON *alpha, Error *error) {
    double percent = 0;
    if (!read_number(item, "level", &percent, error) || !read_optional(item, "low", &interval->low, error) ||
        !read_optional(item, "high", &interval->high, error) || !read_optional(item, "half", &interval->half, error)) {
        return false;
    }
    interval->level = percent / 100;
    interval->alpha = cJSON_IsNumber(alpha) ? alpha->valuedouble : (double)NAN;
    if (!(percent > 0 && percent < 100)) {
        return refuse(error, "level", "is not between 0 and 100");
    }
    if (isnan(interval->low) != isnan(interval->high) || interval->low > interval->high || interval->half < 0) {
        return refuse(error, "intervals", "has bounds that are none");
    }
    return isfinite(interval->alpha) || refuse(error, "alpha", "is no number");
}

static bool read_intervals(LedgerEntry *entry, const cJSON *object, Error *error) {
    const cJSON *list = member(object, "intervals"), *alphas = member(object, "alpha");
    const int n = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || !cJSON_IsArray(alphas) || n > LEDGER_LEVELS || cJSON_GetArraySize(alphas) != n) {
        return refuse(error, "intervals", "and 'alpha' are not two lists of one length");
    }
    const cJSON *alpha = alphas->child;
    for (const cJSON *item = list->child; item; item = item->next, alpha = alpha->next) {
        if (!read_interval(&entry->intervals[entry->n_levels++], item, alpha, error)) {
            return false;
        }
    }
    return true;
}

static bool read_forecast(LedgerRecord *record, const cJSON *object, Error *error) {
    LedgerEntry *entry = &record->entry;
    const cJSON *target = member(object, "target");
    entry->actual = NAN;
    if (!cJSON_IsString(target) || !target->valuestring[0]) {
        return refuse(error, "target", "is no name");
    }
    record->target = strdup(target->valuestring);
    if (!record->target) {
        return error_memory(error, "a name");
    }
    return read_number(object, "value", &entry->value, error) && read_number(object, "naive", &entry->naive, error) &&
           read_number(object, "last", &entry->last, error) && read_optional(object, "scale", &entry->scale, error) &&
           (!(entry->scale <= 0) || refuse(error, "scale", "is not above 0")) &&
           read_date(object, "trained_to", &entry->trained_to, error) && read_intervals(entry, object, error);
}

static bool read_object(LedgerRecord *record, const cJSON *object, Error *error) {
    const cJSON *kind = member(object, "kind");
    const char *name = cJSON_IsString(kind) ? kind->valuestring : "";
    record->score = strcmp(name, "score") == 0;
    if (!record->score && strcmp(name, "forecast") != 0) {
        return refuse(error, "kind", "is neither forecast nor score");
    }
    return read_head(&record->entry, object, error) &&
           (record->score ? read_number(object, "actual", &record->entry.actual, error) : read_forecast(record, object, error));
}

bool ledger_record_read(LedgerRecord *record, const char *line, size_t n, Error *error) {
    Error cause = {0};
    cJSON *object = safetensors_json(line, n, 2, "no record of a ledger", &cause);
    *record = (LedgerRecord){0};
    const bool ok = object ? read_object(record, object, error) :
                           error_set(error, cause.code == ERROR_MEMORY ? ERROR_MEMORY : ERROR_DATA, NULL, "%s", cause.message);
    cJSON_Delete(object);
    return ok;
}
