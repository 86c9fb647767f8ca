#include "freshness.h"

#include <string.h>
#include <time.h>

Date freshness_today(void) {
    const time_t now = time(NULL);
    return (Date)(now / 86400);
}

bool freshness_age(const Series *series, const CliOptions *options, Error *error) {
    char last[DATE_TEXT], until[DATE_TEXT];
    if (options->max_age == AGE_ANY) return true;
    const Date now = options->now == DATE_NONE ? freshness_today() : options->now, date = series->dates[series->n_rows - 1];
    const size_t age = calendar_sessions(&series->calendar, date, now);
    if (age <= options->max_age) return true;
    return error_at(error, ERROR_STALE, series->source, series->lines[series->n_rows - 1], 0,
                    "fetch newer rows, or allow more with --max-age", "the last row is of %s, %zu session%s before %s: more than %zu",
                    date_format(date, last), age, age == 1 ? "" : "s", date_format(now, until), options->max_age);
}

static bool same_recipe(const Recipe *a, const Recipe *b) {
    char one[64], other[64];
    for (size_t i = 0; i < recipe_n_settings; i++) {
        const Setting *row = &recipe_settings[i];
        if (row->saved && strcmp(setting_get(row, a, one, sizeof one), setting_get(row, b, other, sizeof other)) != 0) return false;
    }
    return true;
}

static bool same_columns(const Model *a, const Model *b) {
    if (a->n_columns != b->n_columns) return false;
    for (size_t c = 0; c < a->n_columns; c++)
        if (strcmp(a->columns[c], b->columns[c]) != 0) return false;
    return true;
}

static const char *difference(const Model *wanted, const Model *found, const Series *series, RowRange rows) {
    char fingerprint[65];
    if (!same_recipe(&wanted->recipe, &found->recipe)) return "it was trained with other settings";
    if (!same_columns(wanted, found)) return "it was trained on other columns";
    model_fingerprint(series, rows.first, rows.last, fingerprint);
    return strcmp(fingerprint, found->training.fingerprint) == 0 ? NULL : "the rows to train on have changed";
}

bool freshness_unchanged(const Model *wanted, const Series *series, RowRange rows, const char *path, Model *found, const char **reason) {
    Error ignored = {0};
    *found = (Model){0};
    if (wanted->recipe.init_from) *reason = "with 'init-from' it cannot be told";
    else if (wanted->recipe.scale_fit == SCALE_FIT_ALL) *reason = "with 'scale-fit all' it cannot be told";
    else if (!model_read(found, path, &ignored))
        *reason = ignored.code == ERROR_MODEL ? "the file there is not a sound model" : "there is none to read";
    else *reason = difference(wanted, found, series, rows);
    if (!*reason) return true;
    model_free(found);
    return false;
}
