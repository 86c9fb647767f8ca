#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdlib.h>

#include "lstmfc/tuning.h"
#include "lstmfc/stopwatch.h"

#include "command.h"
#include "contest_log.h"
#include "grid.h"
#include "json.h"
#include "protocol.h"
#include "report.h"
#include "setup.h"
#include "watch.h"

/* A search for settings. */
typedef struct Search {
    const CliOptions *cli;
    Recipe recipe;
    TuningOptions options;
    Series series;
    Engine engine;
    Tuning tuning;
    TuningFit *known;
    size_t n_known;
} Search;

static bool prepare(Search *s, const Arguments *arguments, Console *console, Error *error) {
    s->cli = &arguments->cli;
    if (s->cli->resume && !s->cli->log)
        return error_set(error, ERROR_USAGE, "the log of the search that was broken off", "'resume' wants a file: --log FILE");
    if (!protocol_recipe(&s->recipe, arguments, error) || !setup_target(s->cli->output, error) ||
        !setup_engine(&s->engine, s->cli, 0, error))
        return false;
    s->options = (TuningOptions){.recipe = &s->recipe, .n_trials = s->cli->trials, .holdout = s->cli->holdout};
    for (size_t i = 0; i < tuning_n_ranges; i++) s->options.fixed[i] = protocol_given(arguments, tuning_ranges[i].setting);
    const SeriesOptions options = setup_series_options(&s->recipe);
    if (!series_read(&s->series, arguments->operands[0], &options, error)) return false;
    report_series(console, &s->series);
    return tuning_init(&s->tuning, &s->options, &s->series, &s->engine, error) &&
           (!s->cli->resume || contest_log_read(s->cli->log, &s->tuning, &s->known, &s->n_known, error));
}

static bool tune(Search *s, Console *console, Error *error) {
    Watch watch;
    char took[32];
    const double start = stopwatch_now();
    if (!watch_begin(&watch, s->cli, error)) return false;
    s->engine.watch = watch_stop_only();
    bool ok = tuning_run(&s->tuning, s->known, s->n_known, &s->series, &s->engine, contest_log_fit, &watch, error);
    if (!ok && error->line) error_source(error, s->cli->log);
    ok = watch_end(&watch, error) && ok;
    if (ok)
        console_note(console, "%zu fits, %zu of them taken from the log, in %s", s->tuning.n_fits, s->tuning.n_known,
                     report_duration(stopwatch_now() - start, took, sizeof took));
    return ok;
}

static void json_trial(Json *json, const TuningTrial *trial, size_t rank) {
    json_open(json, NULL, JSON_OBJECT);
    json_count(json, "rank", rank);
    json_count(json, "trial", trial->number);
    json_count(json, "rung", trial->rung);
    json_count(json, "splits", trial->n_splits);
    json_number(json, "ratio", trial->ratio);
    json_bool(json, "diverged", trial->diverged);
    json_text(json, "options", trial->options);
    json_close(json);
}

static void json_score(Json *json, const char *name, const TuningScore *score) {
    json_open(json, name, JSON_OBJECT);
    report_json_scores(json, &score->metrics);
    json_number(json, "ratio", score->ratio);
    json_number(json, "skill", score->skill);
    json_open(json, "dm", JSON_OBJECT);
    json_number(json, "statistic", score->dm_naive.statistic);
    json_number(json, "p", score->dm_naive.p);
    json_close(json);
    json_bool(json, "is_naive", score->naive);
    json_close(json);
}

static void json_held_out(Json *json, const Tuning *t) {
    json_open(json, "holdout", JSON_OBJECT);
    json_date(json, "from", t->from);
    json_date(json, "to", t->to);
    json_count(json, "n", t->n);
    json_score(json, "winner", &t->winner);
    json_score(json, "ours", &t->ours);
    report_json_metrics(json, "naive", &t->naive);
    json_open(json, "dm_ours", JSON_OBJECT);
    json_number(json, "statistic", t->dm_ours.statistic);
    json_number(json, "p", t->dm_ours.p);
    json_close(json);
    json_close(json);
}

static bool write_json(const Search *s, Console *console, Error *error) {
    const Tuning *t = &s->tuning;
    Json json;
    json_init(&json);
    json_text(&json, "target", s->series.names[0]);
    json_text(&json, "search", t->search);
    json_integer(&json, "seed", s->recipe.seed);
    json_count(&json, "trials", t->n_trials);
    json_count(&json, "fits", t->n_fits);
    json_count(&json, "splits", t->plan.n_splits);
    json_date(&json, "from", t->search_from);
    json_date(&json, "to", t->search_to);
    json_open(&json, "ranking", JSON_ARRAY);
    for (size_t i = 0; i < t->n_trials; i++) json_trial(&json, &t->trials[i], i + 1);
    json_close(&json);
    json_text(&json, "best", t->trials[0].options);
    json_held_out(&json, t);
    json_text(&json, "verdict", skill_verdict_name(t->verdict));
    return json_finish(&json, &console->out, error);
}

static void table_trials(const Tuning *t, Console *console) {
    Grid grid = {.align = "rrrrl", .header = true};
    static const char *const titles[] = {"", "trial", "splits", "of naive's", "settings"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) grid_text(&grid, titles[i]);
    for (size_t i = 0; i < t->n_trials; i++) {
        const TuningTrial *trial = &t->trials[i];
        grid_format(&grid, "%zu", i + 1);
        grid_format(&grid, "%zu", trial->number);
        grid_format(&grid, "%zu", trial->n_splits);
        if (trial->diverged) grid_text(&grid, "diverged");
        else grid_format(&grid, "%.4f", trial->ratio);
        grid_format(&grid, "%s%s", trial->options, trial->number ? "" : " (our recipe)");
    }
    grid_print(&grid, console);
}

static void row_score(Grid *grid, const char *name, const TuningScore *score) {
    grid_text(grid, name);
    grid_number(grid, score->metrics.value[METRIC_RMSE]);
    grid_format(grid, "%.4f", score->ratio);
    grid_format(grid, "%.3f", score->dm_naive.p);
    grid_text(grid, score->naive ? "found nothing to believe: naive" : "");
}

static void table_held_out(const Tuning *t, Console *console) {
    Grid grid = {.align = "lrrrl", .header = true};
    static const char *const titles[] = {"held out", "RMSE", "of naive's", "DM p", ""};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) grid_text(&grid, titles[i]);
    row_score(&grid, "winner", &t->winner);
    row_score(&grid, "our recipe", &t->ours);
    grid_text(&grid, "naive");
    grid_number(&grid, t->naive.value[METRIC_RMSE]);
    grid_text(&grid, "1.0000");
    grid_text(&grid, "-");
    grid_text(&grid, "");
    grid_print(&grid, console);
}

static void write_table(const Search *s, Console *console) {
    const Tuning *t = &s->tuning;
    char dates[4][DATE_TEXT];
    report_title(console, &s->series);
    text_printf(&console->out, ", %zu trials on %zu splits %s to %s; held out %zu rows %s to %s\n", t->n_trials, t->plan.n_splits,
                date_format(t->search_from, dates[0]), date_format(t->search_to, dates[1]), t->n, date_format(t->from, dates[2]),
                date_format(t->to, dates[3]));
    table_trials(t, console);
    table_held_out(t, console);
    console_paint(console, PAINT_BOLD, t->trials[0].options);
    text_puts(&console->out, "\n");
    if (t->trials[0].number == 0) text_puts(&console->out, "no trial was better than our recipe as it is\n");
    else if (t->dm_ours.p < 0.05)
        text_printf(&console->out, "the winner is %s than our recipe on the held-out rows (DM p %.3f)\n",
                    t->dm_ours.statistic > 0 ? "worse" : "better", t->dm_ours.p);
    else text_printf(&console->out, "on the held-out rows the winner is no better than our recipe (DM p %.3f)\n", t->dm_ours.p);
    report_verdict(console, t->verdict, t->winner.metrics.value[METRIC_RMSE], t->naive.value[METRIC_RMSE], t->winner.dm_naive.p);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Search s = {0};
    bool ok = prepare(&s, arguments, console, error) && tune(&s, console, error);
    if (ok && console->json) ok = write_json(&s, console, error);
    else if (ok && console_talks(console)) write_table(&s, console);
    free(s.known);
    tuning_free(&s.tuning);
    series_free(&s.series);
    setup_engine_free(&s.engine);
    return ok;
}

const Command command_tune = {
    .name = "tune",
    .summary = "search settings on rolling validation, and score the winner on rows the search has not seen",
    .usage = "CSV",
    .about =
        "Tries random settings of layers, window, batch and lr (an option given is fixed, not searched); the better third goes on to more splits. Where not given, --train-size is half "
        "of the windows before the held-out rows, --val-size the rest cut in 4. The last rows (--holdout) are looked at once, at the end. With --log FILE every finished fit is "
        "kept, and the same command with --resume goes on where it was broken off; a larger --trials then adds trials.",
    .examples = "lstmfc tune prices.csv --log tune.jsonl\n"
                "lstmfc tune prices.csv --log tune.jsonl --resume --trials 48\n"
                "lstmfc tune prices.csv --layers gru:16 --json",
    .recipe_groups = RECIPE_DATA | RECIPE_SPLIT | RECIPE_NETWORK | RECIPE_FIT | RECIPE_VALIDATE,
    .cli_groups = CLI_TUNE | CLI_RESUME | CLI_PRESET | CLI_THREADS | CLI_WATCH,
    .without = protocol_without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
