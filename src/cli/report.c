#include "report.h"

#include <stdio.h>
#include <string.h>

#include "lstmfc/text.h"

void report_json_scores(Json *json, const Metrics *metrics) {
    for (size_t i = 0; i < METRIC_COUNT; i++) json_number(json, metric_names[i], metrics->value[i]);
}

void report_json_metrics(Json *json, const char *name, const Metrics *metrics) {
    json_open(json, name, JSON_OBJECT);
    report_json_scores(json, metrics);
    json_close(json);
}

void report_json_skill(Json *json, const SkillTest *dm, Verdict verdict) {
    json_open(json, "dm", JSON_OBJECT);
    json_number(json, "statistic", dm->statistic);
    json_number(json, "p", dm->p);
    json_close(json);
    json_text(json, "verdict", skill_verdict_name(verdict));
}

void report_verdict(Console *console, Verdict verdict, double rmse, double rmse_naive, double p) {
    static const Paint paints[] = {[VERDICT_BETTER] = PAINT_GOOD, [VERDICT_NO_BETTER] = PAINT_DOUBT, [VERDICT_WORSE] = PAINT_BAD};
    console_paint(console, paints[verdict], skill_verdict_name(verdict));
    text_printf(&console->out, ": RMSE %.4g against %.4g (DM p %.3f)\n", rmse, rmse_naive, p);
}

void report_series(Console *console, const Series *series) {
    char name[256];
    const char *target = text_escape(series->names[0], strlen(series->names[0]), name, sizeof name);
    if (series->target_chosen) console_note(console, "target: %s (chosen by its name; --target COL takes another)", target);
    if (series->reversed) console_note(console, "rows are newest first: turned round");
    if (series->n_dropped) console_note(console, "%zu row%s with missing values dropped", series->n_dropped, series->n_dropped == 1 ? "" : "s");
    if (series->n_filled) console_note(console, "%zu missing value%s filled with the last one", series->n_filled, series->n_filled == 1 ? "" : "s");
    if (series->n_duplicates) console_note(console, "%zu row%s given twice, kept once", series->n_duplicates, series->n_duplicates == 1 ? "" : "s");
}

const char *report_duration(double seconds, char *buffer, size_t size) {
    unsigned long whole = (unsigned long)(seconds + 0.5);
    if (seconds < 100.0) snprintf(buffer, size, "%.3g s", seconds);
    else snprintf(buffer, size, "%lu min %lu s", whole / 60, whole % 60);
    return buffer;
}
