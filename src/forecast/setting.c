#include "lstmfc/setting.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lstmfc/date.h"
#include "lstmfc/text.h"

const Setting *setting_find(const Setting *table, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static void *field(const Setting *setting, void *target) {
    return (char *)target + setting->offset;
}

static const void *const_field(const Setting *setting, const void *target) {
    return (const char *)target + setting->offset;
}

static bool any_value(const Setting *setting) {
    return setting->minimum == 0 && setting->maximum == 0;
}

static bool in_range(const Setting *setting, double value) {
    return isfinite(value) && (any_value(setting) || (value >= setting->minimum && value <= setting->maximum));
}

static bool refuse(const Setting *setting, const char *value, const char *hint, const char *what, Error *error) {
    char shown[160];
    return error_set(error, ERROR_USAGE, hint, "'%s' is not %s: '%s'", setting->name, what,
                     text_escape(value, strlen(value), shown, sizeof shown));
}

static bool refuse_number(const Setting *setting, const char *value, const char *what, Error *error) {
    char low[32], high[32], hint[96];
    snprintf(hint, sizeof hint, "from %s to %s", text_double(setting->minimum, low), text_double(setting->maximum, high));
    return refuse(setting, value, any_value(setting) ? NULL : hint, what, error);
}

static bool digits_to_u64(const char *text, uint64_t *value) {
    uint64_t sum = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return at != text && !*at;
}

static bool put_count(const Setting *setting, void *target, const char *value, Error *error) {
    size_t count = 0;
    if (!text_to_size(value, &count) || !in_range(setting, (double)count)) {
        return refuse_number(setting, value, "a whole number in range", error);
    }
    memcpy(field(setting, target), &count, sizeof count);
    return true;
}

static bool put_number(const Setting *setting, void *target, const char *value, Error *error) {
    double number = 0;
    if (!text_to_double(value, strlen(value), &number) || !in_range(setting, number)) {
        return refuse_number(setting, value, "a number in range", error);
    }
    number += 0.0; /* -0 is 0 */
    memcpy(field(setting, target), &number, sizeof number);
    return true;
}

static bool put_seed(const Setting *setting, void *target, const char *value, Error *error) {
    uint64_t seed = 0;
    if (!digits_to_u64(value, &seed) || !in_range(setting, (double)seed)) {
        return refuse_number(setting, value, "a whole number below 2^64", error);
    }
    memcpy(field(setting, target), &seed, sizeof seed);
    return true;
}

static bool put_date(const Setting *setting, void *target, const char *value, Error *error) {
    const Date date = date_parse_iso(value);
    if (date == DATE_NONE) {
        return refuse(setting, value, "write it as 2016-12-31", "a date", error);
    }
    memcpy(field(setting, target), &date, sizeof date);
    return true;
}

static const char *nearest_choice(const Setting *setting, const char *value) {
    const char *best = NULL;
    size_t best_distance = 3; /* more typing errors than two are another word */
    for (size_t i = 0; setting->choices[i]; i++) {
        const size_t distance = text_distance(setting->choices[i], value);
        if (distance < best_distance && distance < strlen(setting->choices[i])) {
            best_distance = distance;
            best = setting->choices[i];
        }
    }
    return best;
}

static bool refuse_choice(const Setting *setting, const char *value, Error *error) {
    const char *near = nearest_choice(setting, value);
    Text hint = {0};
    if (near) {
        text_printf(&hint, "did you mean '%s'? ", near);
    }
    text_puts(&hint, "one of");
    for (size_t i = 0; setting->choices[i]; i++) {
        text_printf(&hint, "%s %s", i ? "," : "", setting->choices[i]);
    }
    refuse(setting, value, hint.failed ? NULL : hint.data, "one of its choices", error);
    text_free(&hint);
    return false;
}

static bool put_choice(const Setting *setting, void *target, const char *value, Error *error) {
    for (int i = 0; setting->choices[i]; i++) {
        if (strcmp(setting->choices[i], value) == 0) {
            memcpy(field(setting, target), &i, sizeof i);
            return true;
        }
    }
    return refuse_choice(setting, value, error);
}

static bool put_switch(const Setting *setting, void *target, const char *value, Error *error) {
    const bool on = !value || strcmp(value, "true") == 0;
    if (!on && strcmp(value, "false") != 0) {
        return refuse(setting, value, "true or false", "a switch", error);
    }
    memcpy(field(setting, target), &on, sizeof on);
    return true;
}

bool setting_put(const Setting *setting, void *target, const char *value, Error *error) {
    if (setting->kind == SETTING_SWITCH) {
        return put_switch(setting, target, value, error);
    }
    if (!value || !*value) {
        return error_set(error, ERROR_USAGE, NULL, "'%s' wants a value%s%s", setting->name, setting->argument ? ": " : "",
                         setting->argument ? setting->argument : "");
    }
    switch (setting->kind) {
    case SETTING_COUNT: return put_count(setting, target, value, error);
    case SETTING_NUMBER: return put_number(setting, target, value, error);
    case SETTING_SEED: return put_seed(setting, target, value, error);
    case SETTING_DATE: return put_date(setting, target, value, error);
    case SETTING_CHOICE: return put_choice(setting, target, value, error);
    case SETTING_TEXT:
    case SETTING_SWITCH: break;
    }
    memcpy(field(setting, target), &value, sizeof value);
    return true;
}

/* What a field holds that was not given. */
static void clear(const Setting *setting, void *target) {
    static const char *const no_text = NULL;
    static const Date no_date = DATE_NONE;
    static const uint64_t zero = 0;
    static const struct { const void *value; size_t size; } nothing[] = {
        [SETTING_TEXT] = {&no_text, sizeof no_text}, [SETTING_COUNT] = {&zero, sizeof(size_t)}, [SETTING_NUMBER] = {&zero, sizeof(double)},
        [SETTING_SEED] = {&zero, sizeof zero},       [SETTING_DATE] = {&no_date, sizeof no_date}, [SETTING_CHOICE] = {&zero, sizeof(int)},
        [SETTING_SWITCH] = {&zero, sizeof(bool)},
    };
    memcpy(field(setting, target), nothing[setting->kind].value, nothing[setting->kind].size);
}

void setting_defaults(const Setting *table, size_t n, void *target) {
    for (size_t i = 0; i < n; i++) {
        clear(&table[i], target);
        if (table[i].fallback) {
            Error bug = {0}; /* a table whose fallbacks do not parse fails its test */
            setting_put(&table[i], target, table[i].fallback, &bug);
        }
    }
}

static const char *get_count(const Setting *setting, const void *at, char *buffer, size_t size) {
    size_t count;
    memcpy(&count, at, sizeof count);
    if (count == 0 && !setting->fallback) {
        return "";
    }
    snprintf(buffer, size, "%zu", count);
    return buffer;
}

static const char *get_number(const Setting *setting, const void *at, char *buffer, size_t size) {
    double number;
    char text[32];
    memcpy(&number, at, sizeof number);
    if (number == 0 && !setting->fallback) {
        return "";
    }
    snprintf(buffer, size, "%s", text_double(number, text));
    return buffer;
}

static const char *get_seed(const void *at, char *buffer, size_t size) {
    uint64_t seed;
    memcpy(&seed, at, sizeof seed);
    snprintf(buffer, size, "%" PRIu64, seed);
    return buffer;
}

static const char *get_date(const void *at, char *buffer, size_t size) {
    Date date;
    char text[DATE_TEXT];
    memcpy(&date, at, sizeof date);
    snprintf(buffer, size, "%s", date_format(date, text));
    return buffer;
}

static const char *get_text(const void *at) {
    const char *text;
    memcpy(&text, at, sizeof text);
    return text ? text : "";
}

static const char *get_choice(const Setting *setting, const void *at) {
    int choice;
    memcpy(&choice, at, sizeof choice);
    return setting->choices[choice];
}

static const char *get_switch(const void *at) {
    bool on;
    memcpy(&on, at, sizeof on);
    return on ? "true" : "false";
}

const char *setting_get(const Setting *setting, const void *target, char *buffer, size_t size) {
    const void *at = const_field(setting, target);
    switch (setting->kind) {
    case SETTING_TEXT: return get_text(at);
    case SETTING_COUNT: return get_count(setting, at, buffer, size);
    case SETTING_NUMBER: return get_number(setting, at, buffer, size);
    case SETTING_SEED: return get_seed(at, buffer, size);
    case SETTING_DATE: return get_date(at, buffer, size);
    case SETTING_CHOICE: return get_choice(setting, at);
    case SETTING_SWITCH: return get_switch(at);
    }
    return "";
}
