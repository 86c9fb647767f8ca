#include <math.h>

#include "lstmfc/file.h"
#include "lstmfc/validation.h"

#include "command.h"
#include "grid.h"
#include "json.h"
#include "picture.h"
#include "report.h"
#include "setup.h"
#include "verdict.h"
#include "watch.h"

/* Training and scoring on many splits. */
typedef struct Trial {
    const CliOptions *cli;
    Recipe recipe;
    Series series;
    Engine engine;
    double levels[FAN_LEVELS];
    size_t n_levels;
    Validation validation;
} Trial;

/* What is told of training windows, scored windows and naive alike. */
typedef struct Part {
    const char *name;
    const Summary *summary;
} Part;

enum { PARTS = 3 };

static bool prepare(Trial *t, const Arguments *arguments, Console *console, Error *error) {
    t->cli = &arguments->cli;
    if (!interval_levels(t->cli->levels, FAN_LEVELS, t->levels, &t->n_levels, error)) return false;
    if (!setup_recipe(&t->recipe, arguments, error) || !setup_engine(&t->engine, t->cli, 0, error)) return false;
    if (!setup_target(t->cli->splits, error) || !setup_target(t->cli->output, error) || !picture_check(t->cli, error)) return false;
    t->recipe.level = t->cli->levels;
    const SeriesOptions options = setup_series_options(&t->recipe);
    if (!series_read(&t->series, arguments->operands[0], &options, error)) return false;
    report_series(console, &t->series);
    report_leaks(console, &t->recipe);
    return true;
}

static bool validate(Trial *t, Error *error) {
    Watch watch;
    if (!watch_begin(&watch, t->cli, error)) return false;
    t->engine.watch = watch_stop_only();
    bool ok = validation_run(&t->validation, &t->recipe, t->levels, t->n_levels, &t->series, &t->engine, watch_split, &watch, error);
    return watch_end(&watch, error) && ok;
}

static void put_scores(Text *text, const Metrics *metrics) {
    char number[32];
    for (size_t i = 0; i < METRIC_COUNT; i++)
        text_printf(text, ",%s", isfinite(metrics->value[i]) ? text_double(metrics->value[i], number) : "");
}

static bool write_splits(const Trial *t, Error *error) {
    static const char *const parts[PARTS] = {"train", "val", "naive"};
    char dates[4][DATE_TEXT];
    Text text = {0};
    text_puts(&text, "split,train_from,train_to,val_from,val_to");
    for (size_t i = 0; i < PARTS * METRIC_COUNT; i++) text_printf(&text, ",%s_%s", parts[i / METRIC_COUNT], metric_names[i % METRIC_COUNT]);
    text_puts(&text, "\n");
    for (size_t i = 0; i < t->validation.n_splits; i++) {
        const ValidationSplit *s = &t->validation.splits[i];
        text_printf(&text, "%zu,%s,%s,%s,%s", i + 1, date_format(s->train_from, dates[0]), date_format(s->train_to, dates[1]),
                    date_format(s->val_from, dates[2]), date_format(s->val_to, dates[3]));
        put_scores(&text, &s->train);
        put_scores(&text, &s->val);
        put_scores(&text, &s->naive);
        text_puts(&text, "\n");
    }
    bool ok = text.failed ? error_memory(error, "the splits") : file_write(t->cli->splits, text.data, text.length, error);
    text_free(&text);
    return ok;
}

static void list_parts(const Validation *v, Part parts[PARTS]) {
    parts[0] = (Part){"train", v->train};
    parts[1] = (Part){"val", v->val};
    parts[2] = (Part){"naive", v->naive};
}

static void json_summary(Json *json, const Part *part) {
    json_open(json, part->name, JSON_OBJECT);
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        json_open(json, metric_names[m], JSON_OBJECT);
        for (size_t i = 0; i < SUMMARY_SIZE; i++) json_number(json, summary_names[i], part->summary[m].value[i]);
        json_close(json);
    }
    json_close(json);
}

static bool write_json(const Trial *t, Console *console, Error *error) {
    const Validation *v = &t->validation;
    Part parts[PARTS];
    Json json;
    list_parts(v, parts);
    json_init(&json);
    json_text(&json, "target", t->series.names[0]);
    json_text(&json, "units", setting_get(setting_find(recipe_settings, recipe_n_settings, "units"), &t->recipe, NULL, 0));
    json_count(&json, "splits", v->n_splits);
    json_date(&json, "from", v->splits[0].val_from);
    json_date(&json, "to", v->splits[v->n_splits - 1].val_to);
    json_open(&json, "summary", JSON_OBJECT);
    for (size_t i = 0; i < PARTS; i++) json_summary(&json, &parts[i]);
    json_close(&json);
    report_json_metrics(&json, "pooled", &v->pooled);
    report_json_metrics(&json, "pooled_naive", &v->pooled_naive);
    verdict_json(&json, &v->standing);
    verdict_json_intervals(&json, &v->fan_score);
    json_number(&json, "next", v->next);
    json_date(&json, "next_date", v->next_date);
    json_number(&json, "seconds", v->seconds);
    return json_finish(&json, &console->out, error);
}

static void write_summary(const Validation *v, Console *console) {
    Part parts[PARTS];
    Grid grid = {.align = "llrrrrrrrr", .header = true};
    list_parts(v, parts);
    grid_text(&grid, "");
    grid_text(&grid, "");
    for (size_t i = 0; i < SUMMARY_SIZE; i++) grid_text(&grid, summary_names[i]);
    for (size_t p = 0; p < PARTS * METRIC_COUNT; p++) {
        const Part *part = &parts[p / METRIC_COUNT];
        grid_text(&grid, p % METRIC_COUNT ? "" : part->name);
        grid_text(&grid, metric_names[p % METRIC_COUNT]);
        for (size_t i = 0; i < SUMMARY_SIZE; i++) grid_number(&grid, part->summary[p % METRIC_COUNT].value[i]);
    }
    grid_print(&grid, console);
}

static void write_table(const Trial *t, Console *console) {
    const Validation *v = &t->validation;
    char from[DATE_TEXT], to[DATE_TEXT], next[DATE_TEXT], price[32], seconds[32];
    report_title(console, &t->series);
    text_printf(&console->out, ", %zu splits, scored %s to %s in %s units, %s\n", v->n_splits, date_format(v->splits[0].val_from, from),
                date_format(v->splits[v->n_splits - 1].val_to, to), t->recipe.units == UNITS_SCALED ? "scaled" : "raw",
                report_duration(v->seconds, seconds, sizeof seconds));
    write_summary(v, console);
    verdict_table_tests(&v->standing, console);
    verdict_table_intervals(&v->fan_score, console);
    text_puts(&console->out, "\n");
    if (isfinite(v->next))
        text_printf(&console->out, "next: %s on %s\n", grid_price_text(v->next, price, sizeof price), date_format(v->next_date, next));
    verdict_sentence(&v->standing, console);
}

static bool draw(const Trial *t, Console *console, Error *error) {
    Plot plot = {0};
    const char *units = t->recipe.units == UNITS_SCALED ? "scaled" : "raw";
    return !t->cli->plot || picture_show(&plot, picture_validation(&plot, &t->validation, t->series.names[0], units, error), t->cli,
                                         "Validation", console, error);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Trial t = {0};
    bool ok = prepare(&t, arguments, console, error) && validate(&t, error);
    if (ok && t.cli->splits) ok = write_splits(&t, error);
    if (ok && console->json) ok = write_json(&t, console, error);
    else if (ok && console_talks(console)) write_table(&t, console);
    ok = ok && draw(&t, console, error);
    validation_free(&t.validation);
    series_free(&t.series);
    setup_engine_free(&t.engine);
    return ok;
}

static const char *const without[] = {"objective", "file-order", NULL};

const Command command_validate = {
    .name = "validate",
    .summary = "train and score on many splits, rolling or expanding",
    .usage = "CSV",
    .about =
        "Sizes and steps count windows. Every split is trained anew (or, with --refit warm, on from the last one) and scored on what follows it.",
    .examples = "lstmfc validate prices.csv --train-size 500 --val-size 20 --step 20 --splits splits.csv --plot splits.png\n"
                "lstmfc validate prices.csv --preset tennyson --json",
    .recipe_groups = RECIPE_DATA | RECIPE_SPLIT | RECIPE_NETWORK | RECIPE_FIT | RECIPE_VALIDATE,
    .cli_groups = CLI_PRESET | CLI_SPLITS | CLI_LEVELS | CLI_THREADS | CLI_WATCH | CLI_PLOT,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
