#include "report.h"

#include <math.h>
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

void report_promise(Text *text, const Model *model) {
    const double ratio = model->training.naive_ratio;
    if (model_is_naive(model)) text_puts(text, "inside the training part nothing beat naive, so naive is the forecast");
    else if (isfinite(ratio)) {
        text_printf(
            text,
            "one step ahead, rolling origins inside the training part had an RMSE of %.4f of naive's (%.2f of the network's departure, %.2f of the linear forecast's",
            ratio, model->shrink[0], model->linear_shrink[0]);
        if (model->linear.profile.length > 0) text_printf(text, " with a season of %zu rows", model->linear.profile.length);
        if (model->linear.curve.n_terms > 0)
            text_printf(text, "%s a curve of %zu products of past values", model->linear.profile.length > 0 ? " and" : " with",
                        model->linear.curve.n_terms);
        text_puts(text, ")");
    } else text_puts(text, "not measured beside naive in training (--shrink fitted does)");
}

void report_json_drift(Json *json, const TrackDrift *drift) {
    json_open(json, "drift", JSON_OBJECT);
    json_bool(json, "alarm", drift->alarm);
    json_number(json, "statistic", drift->statistic);
    json_number(json, "p", drift->p);
    json_number(json, "ratio", drift->ratio);
    json_close(json);
}

void report_title(Console *console, const Series *series) {
    char source[1024], name[256];
    text_printf(&console->out, "%s %s", text_escape(series->source, strlen(series->source), source, sizeof source),
                text_escape(series->names[0], strlen(series->names[0]), name, sizeof name));
}

void report_series(Console *console, const Series *series) {
    char name[256];
    const char *target = text_escape(series->names[0], strlen(series->names[0]), name, sizeof name);
    if (series->target_chosen) console_note(console, "target: %s (chosen by its name; --target COL takes another)", target);
    if (series->backward)
        console_note(
            console,
            "--file-order: rows stay newest first, so time runs backwards and what is forecast is the past: for reproducing a paper's mistake only");
    else if (series->reversed) console_note(console, "rows are newest first: turned round");
    if (series->n_dropped)
        console_note(console, "%zu row%s with missing values dropped", series->n_dropped, series->n_dropped == 1 ? "" : "s");
    if (series->n_filled)
        console_note(console, "%zu missing value%s filled with the last one", series->n_filled, series->n_filled == 1 ? "" : "s");
    if (series->n_warm_up)
        console_note(console, "%zu row%s left out: indicators have no value there yet", series->n_warm_up,
                     series->n_warm_up == 1 ? "" : "s");
    if (series->n_duplicates)
        console_note(console, "%zu row%s given twice, kept once", series->n_duplicates, series->n_duplicates == 1 ? "" : "s");
}

void report_leaks(Console *console, const Recipe *recipe) {
    if (recipe->scale_fit == SCALE_FIT_ALL)
        console_note(console, "--scale-fit all: the scaler sees rows that are forecast; figures flatter the model");
    if (recipe->stop_on == STOP_ON_SCORED)
        console_note(console, "--stop-on scored: early stop watches the windows that are scored; figures flatter the model");
}

void report_interval(Console *console, const Model *model) {
    if (model->recipe.interval == INTERVAL_CONFORMAL || !model_is_linear(model)) return;
    console_note(console,
                 "--interval %s: its widths come from a network that the gate left unused; conformal ones are measured on what is forecast",
                 model->recipe.interval == INTERVAL_QUANTILE ? "quantile" : "mcdropout");
}

void report_json_setting(Json *json, const char *name, const Setting *setting, const char *text) {
    double number = 0.0;
    size_t count = 0;
    bool numeric = setting->kind == SETTING_NUMBER && text_to_double(text, strlen(text), &number);
    bool counted = (setting->kind == SETTING_COUNT || setting->kind == SETTING_SEED) && text_to_size(text, &count);
    if (numeric) json_number(json, name, number);
    else if (counted) json_count(json, name, count);
    else if (setting->kind == SETTING_SWITCH) json_bool(json, name, strcmp(text, "true") == 0);
    else json_text(json, name, text[0] ? text : NULL);
}

void report_json_settings(Json *json, const Recipe *recipe) {
    char buffer[64];
    json_open(json, "settings", JSON_OBJECT);
    for (size_t i = 0; i < recipe_n_settings; i++)
        if (recipe_settings[i].saved)
            report_json_setting(json, recipe_settings[i].name, &recipe_settings[i],
                                setting_get(&recipe_settings[i], recipe, buffer, sizeof buffer));
    json_close(json);
}

void report_settings(Console *console, const Recipe *recipe) {
    char buffer[64];
    Grid grid = {.align = "ll", .header = true};
    grid_text(&grid, "setting");
    grid_text(&grid, "");
    for (size_t i = 0; i < recipe_n_settings; i++) {
        const char *text = recipe_settings[i].saved ? setting_get(&recipe_settings[i], recipe, buffer, sizeof buffer) : "";
        if (!text[0]) continue;
        grid_text(&grid, recipe_settings[i].name);
        grid_text(&grid, text);
    }
    grid_print(&grid, console);
}

void report_parameters(Grid *grid, const Model *model) {
    const size_t n = model_parameters(model);
    if (model->n_kinds > 1) grid_format(grid, "%zu in one network of each of %zu kinds, %zu in all", n, model->n_kinds, model->n_members);
    else if (model->n_members > 1) grid_format(grid, "%zu in each of %zu networks", n, model->n_members);
    else grid_format(grid, "%zu", n);
}

const char *report_duration(double seconds, char *buffer, size_t size) {
    unsigned long whole = (unsigned long)(seconds + 0.5);
    if (seconds < 100.0) snprintf(buffer, size, "%.3g s", seconds);
    else snprintf(buffer, size, "%lu min %lu s", whole / 60, whole % 60);
    return buffer;
}
