/* setting.h - named settings as rows of a table.
 *
 * One row is the only place where a setting's name, type, range, default and help stand. The command-line parser, help, man pages,
 * completion, config files, presets and the settings stored in a model all read these rows.
 */
#ifndef LSTMFC_SETTING_H
#define LSTMFC_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"

typedef enum SettingKind {
    SETTING_TEXT,   /* const char *; NULL = not given; borrowed: the text must outlive the struct */
    SETTING_COUNT,  /* size_t */
    SETTING_NUMBER, /* double */
    SETTING_SEED,   /* uint64_t */
    SETTING_DATE,   /* Date, YYYY-MM-DD; DATE_NONE = not given */
    SETTING_CHOICE, /* int, index into `choices` */
    SETTING_SWITCH  /* bool: the option alone sets it; as a value "true" or "false" */
} SettingKind;

typedef struct Setting {
    const char *name;            /* "train-to": the long option without its dashes */
    SettingKind kind;
    size_t offset;               /* of the field in the struct the table is about */
    const char *argument;        /* what help calls the value: "N", "DATE", "COL"; NULL for switches and choices */
    const char *const *choices;  /* ended by NULL */
    double minimum, maximum;     /* COUNT, NUMBER, SEED; inclusive; both 0 = any value that is finite (COUNT: any) */
    const char *fallback;        /* default, as text; NULL = not given / 0 / false */
    unsigned group;              /* which commands take it; bits are the table owner's */
    bool saved;                  /* stored in a model */
    char letter;                 /* short option, 0 = none */
    const char *help;            /* one line, no full stop */
} Setting;

/* Row by name; NULL = none. `n` rows. */
const Setting *setting_find(const Setting *table, size_t n, const char *name);

/* Puts `value` (text) into the field of `target`. ERROR_USAGE: what is wrong, what is accepted. A TEXT keeps the pointer. NULL value: a
 * SWITCH becomes true, any other kind is an error. */
bool setting_put(const Setting *setting, void *target, const char *value, Error *error);

/* Every row's fallback. */
void setting_defaults(const Setting *table, size_t n, void *target);

/* The field as text that setting_put reads back to the same value; "" where it is not given. Returns buffer, or the TEXT itself. */
const char *setting_get(const Setting *setting, const void *target, char *buffer, size_t size);

#endif
