#define _POSIX_C_SOURCE 200809L

#include "contest_log.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lstmfc/file.h"
#include "lstmfc/memory.h"

#include "json.h"
#include "report.h"
#include "watch.h"

static const size_t largest_log = 1U << 30;

/* Appends the line to the log, NULL where there is none, and moves the bar. */
static void tell(Watch *watch, Json *json, size_t done, size_t n) {
    Text line = {0};
    char words[64];
    snprintf(words, sizeof words, "%zu of %zu fits", done, n);
    pthread_mutex_lock(&watch->lock);
    if (json && json_finish(json, &line, &watch->error)) file_append(watch->log, line.data, line.length, &watch->error);
    progress_show(&watch->progress, (double)done / (double)n, words);
    pthread_mutex_unlock(&watch->lock);
    text_free(&line);
}

static Json *job_json(Json *json, const Contestant *contestant, size_t split, const Metrics *metrics, const SplitReport *report) {
    json_init(json);
    json_text(json, "contestant", contestant->name);
    json_text(json, "kind", contestant_kind_names[contestant->kind]);
    json_count(json, "split", split + 1);
    json_count(json, "epochs", report->epochs);
    json_bool(json, "naive", report->naive);
    report_json_metrics(json, "val", metrics);
    json_number(json, "seconds", report->seconds);
    return json;
}

static Json *fit_json(Json *json, const Tuning *tuning, const TuningFit *fit) {
    json_init(json);
    json_text(json, "search", tuning->search);
    json_count(json, "trial", fit->trial);
    json_count(json, "split", fit->split + 1);
    json_text(json, "options", fit->options);
    json_bool(json, "diverged", fit->diverged);
    json_count(json, "epochs", fit->epochs);
    json_number(json, "sse", fit->sse);
    json_number(json, "sse_naive", fit->sse_naive);
    return json;
}

void contest_log_job(void *context, const Contestant *contestant, size_t split, const Metrics *metrics, const SplitReport *report,
                     size_t done, size_t n_jobs) {
    Watch *watch = context;
    Json json;
    tell(watch, watch->log ? job_json(&json, contestant, split, metrics, report) : NULL, done, n_jobs);
}

void contest_log_fit(void *context, const Tuning *tuning, const TuningFit *fit, size_t done, size_t n_fits) {
    Watch *watch = context;
    Json json;
    tell(watch, watch->log ? fit_json(&json, tuning, fit) : NULL, done, n_fits);
}

/* ---- reading it again */

static bool get_number(const cJSON *line, const char *name, double *value) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0)) return false;
    *value = item->valuedouble;
    return true;
}

static bool get_count(const cJSON *line, const char *name, size_t *value) {
    double number;
    if (!get_number(line, name, &number) || number > 1e9 || number != (double)(size_t)number) return false;
    *value = (size_t)number;
    return true;
}

static bool get_fit(const cJSON *line, TuningFit *fit) {
    const cJSON *diverged = cJSON_GetObjectItemCaseSensitive(line, "diverged");
    const char *options = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "options"));
    if (!cJSON_IsBool(diverged) || !options || strlen(options) >= sizeof fit->options) return false;
    strcpy(fit->options, options);
    fit->diverged = cJSON_IsTrue(diverged);
    if (!get_count(line, "trial", &fit->trial) || !get_count(line, "split", &fit->split) || fit->split == 0) return false;
    fit->split--;
    return get_count(line, "epochs", &fit->epochs) && get_number(line, "sse", &fit->sse) && get_number(line, "sse_naive", &fit->sse_naive);
}

/* True where the line is whole; *ours where it is a fit of this search. */
static bool read_line(const char *text, size_t n, const char *search, TuningFit *fit, bool *ours) {
    const char *end = NULL;
    cJSON *line = cJSON_ParseWithLengthOpts(text, n, &end, false);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "search"));
    bool whole = cJSON_IsObject(line) && end == text + n;
    *ours = whole && name && strcmp(name, search) == 0;
    whole = whole && (!*ours || get_fit(line, fit));
    cJSON_Delete(line);
    return whole;
}

static size_t count_lines(const char *text, size_t n) {
    size_t lines = 1;
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    return lines;
}

static bool read_lines(const char *text, size_t n, const char *path, const char *search, TuningFit *fits, size_t *n_fits, Error *error) {
    size_t line = 0;
    for (const char *at = text; at < text + n;) {
        const char *newline = memchr(at, '\n', (size_t)(text + n - at));
        bool ours = false;
        TuningFit *fit = &fits[*n_fits];
        *fit = (TuningFit){.line = ++line};
        if (!newline || !read_line(at, (size_t)(newline - at), search, fit, &ours))
            return error_at(error, ERROR_DATA, path, line, 0, "take the line out, and its fit is done again", "damaged line in the log");
        *n_fits += ours;
        at = newline + 1;
    }
    return true;
}

bool contest_log_read(const char *path, const Tuning *tuning, TuningFit **fits, size_t *n_fits, Error *error) {
    unsigned char *bytes = NULL;
    size_t n = 0;
    *fits = NULL;
    *n_fits = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT) return true;
    if (!file_read(path, largest_log, &bytes, &n, error)) return false;
    *fits = memory_zeroed(count_lines((const char *)bytes, n), sizeof **fits);
    bool ok = *fits ? read_lines((const char *)bytes, n, path, tuning->search, *fits, n_fits, error) : error_memory(error, "the log");
    free(bytes);
    return ok;
}
