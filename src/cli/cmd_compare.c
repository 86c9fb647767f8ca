#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lstmfc/comparison.h"
#include "lstmfc/stopwatch.h"

#include "command.h"
#include "contest_log.h"
#include "grid.h"
#include "json.h"
#include "protocol.h"
#include "report.h"
#include "setup.h"
#include "verdict.h"
#include "watch.h"

/* Forecasters on the same splits. */
typedef struct Contest {
    const CliOptions *cli;
    Recipe recipe;
    Series series;
    Engine engine;
    Names kinds;
    const Preset *presets[PROTOCOL_NAMES];
    size_t n_presets;
    Comparison comparison;
    double seconds;
} Contest;

static bool choose_presets(Contest *t, Error *error) {
    Names names;
    const bool all = strcmp(t->cli->presets, "all") == 0;
    if (!names_parse(&names, "presets", all ? "none" : t->cli->presets, error)) return false;
    for (size_t i = 0; all && i < n_presets && i < PROTOCOL_NAMES; i++) t->presets[t->n_presets++] = &presets[i];
    for (size_t i = 0; i < names.n; i++)
        if (!(t->presets[t->n_presets++] = setup_preset(names.name[i], error))) return false;
    return true;
}

static bool prepare(Contest *t, const Arguments *arguments, Console *console, Error *error) {
    t->cli = &arguments->cli;
    if (!choose_presets(t, error) || !names_parse(&t->kinds, "kinds", t->cli->kinds, error)) return false;
    if (!protocol_recipe(&t->recipe, arguments, error) || !setup_target(t->cli->output, error) ||
        !setup_engine(&t->engine, t->cli, 0, error))
        return false;
    const SeriesOptions options = setup_series_options(&t->recipe);
    if (!series_read(&t->series, arguments->operands[0], &options, error)) return false;
    report_series(console, &t->series);
    if (t->n_presets)
        console_note(console,
                     "presets run with their network and fit settings under the common protocol: fresh fits, scaler on training rows only");
    return true;
}

static bool compare(Contest *t, Console *console, Error *error) {
    Watch watch;
    char took[32];
    const double start = stopwatch_now();
    const ComparisonOptions options = {
        .recipe = &t->recipe, .presets = t->presets, .n_presets = t->n_presets, .kinds = t->kinds.name, .n_kinds = t->kinds.n};
    if (!watch_begin(&watch, t->cli, error)) return false;
    t->engine.watch = watch_stop_only();
    bool ok = comparison_run(&t->comparison, &options, &t->series, &t->engine, contest_log_job, &watch, error);
    ok = watch_end(&watch, error) && ok;
    if (ok)
        console_note(console, "%zu contestants on %zu splits in %s", t->comparison.n_contestants, t->comparison.plan.n_splits,
                     report_duration(stopwatch_now() - start, took, sizeof took));
    return ok;
}

static void json_contestant(Json *json, const Contestant *it, size_t rank) {
    json_open(json, NULL, JSON_OBJECT);
    json_count(json, "rank", rank);
    json_text(json, "name", it->name);
    json_text(json, "kind", contestant_kind_names[it->kind]);
    json_text(json, "layers", it->layers);
    report_json_scores(json, &it->metrics);
    json_number(json, "ratio", it->ratio);
    json_number(json, "skill", it->skill);
    json_number(json, "mase", it->mase);
    json_number(json, "rmsse", it->rmsse);
    json_number(json, "theil_u", it->theil_u);
    verdict_json_test(json, "dm_naive", &it->dm_naive, it->holm_naive);
    verdict_json_test(json, "dm_best", &it->dm_best, it->holm_best);
    verdict_json_test(json, "clark_west", &it->clark_west, -1);
    verdict_json_direction(json, &it->direction);
    json_text(json, "verdict", skill_verdict_name(it->verdict));
    json_count(json, "naive_splits", it->n_naive);
    json_bool(json, "diverged", it->diverged);
    json_close(json);
}

/* The first contestant in words; `buffer` is returned. */
static const char *sentence(const Comparison *c, char *buffer, size_t size) {
    const Contestant *best = &c->contestants[0];
    size_t alike = 0;
    for (size_t i = 1; i < c->n_contestants; i++) alike += c->contestants[i].holm_best >= 0.05;
    if (best->baseline == baseline_kinds[0])
        snprintf(buffer, size, "naive comes first: nothing here beats no change; %zu of the other %zu are not significantly worse", alike,
                 c->n_contestants - 1);
    else
        snprintf(
            buffer, size,
            "%s comes first, %s: RMSE %.4f of naive's (DM p %.3f, Holm-adjusted %.3f); %zu of the other %zu are not significantly worse than it",
            best->name, skill_verdict_name(best->verdict), best->ratio, best->dm_naive.p, best->holm_naive, alike, c->n_contestants - 1);
    return buffer;
}

static const char *scheme_name(const Recipe *recipe) {
    return setting_get(setting_find(recipe_settings, recipe_n_settings, "scheme"), recipe, NULL, 0);
}

static bool write_json(const Contest *t, Console *console, Error *error) {
    const Comparison *c = &t->comparison;
    char words[320];
    Json json;
    json_init(&json);
    json_text(&json, "target", t->series.names[0]);
    json_count(&json, "horizon", c->plan.horizon);
    json_text(&json, "scheme", scheme_name(&t->recipe));
    json_count(&json, "splits", c->plan.n_splits);
    json_count(&json, "train_size", c->plan.train_size);
    json_count(&json, "val_size", c->plan.val_size);
    json_count(&json, "step", c->plan.step);
    json_count(&json, "gap", c->plan.gap);
    json_date(&json, "from", c->from);
    json_date(&json, "to", c->to);
    json_count(&json, "n", c->n);
    json_open(&json, "ranking", JSON_ARRAY);
    for (size_t i = 0; i < c->n_contestants; i++) json_contestant(&json, &c->contestants[i], i + 1);
    json_close(&json);
    json_text(&json, "best", c->contestants[0].name);
    json_text(&json, "verdict", skill_verdict_name(c->contestants[0].verdict));
    json_text(&json, "sentence", sentence(c, words, sizeof words));
    return json_finish(&json, &console->out, error);
}

static void grid_contestant(Grid *grid, const Contestant *it, size_t rank) {
    grid_format(grid, "%zu", rank);
    grid_text(grid, it->name);
    grid_text(grid, it->layers ? it->layers : "baseline");
    grid_number(grid, it->metrics.value[METRIC_RMSE]);
    grid_ratio(grid, it->ratio);
    grid_p(grid, it->skill);
    grid_p(grid, it->mase);
    grid_p(grid, it->dm_naive.p);
    grid_p(grid, it->holm_naive);
    grid_p(grid, it->dm_best.p);
    grid_p(grid, it->holm_best);
    grid_p(grid, it->clark_west.p);
    grid_percent(grid, it->direction.hit);
    grid_p(grid, it->direction.n > 0 ? it->direction.test.p : NAN);
    grid_text(grid, it->diverged ? "diverged" : it->baseline == baseline_kinds[0] ? "naive itself" : skill_verdict_name(it->verdict));
}

static void write_table(const Contest *t, Console *console) {
    static const char *const titles[] = {"",     "",       "",     "RMSE", "of naive's", "skill", "MASE", "p naive",
                                         "Holm", "p best", "Holm", "p CW", "hits",       "p PT",  ""};
    const Comparison *c = &t->comparison;
    char from[DATE_TEXT], to[DATE_TEXT], words[320];
    Grid grid = {.align = "rllrrrrrrrrrrrl", .header = true};
    report_title(console, &t->series);
    text_printf(&console->out, ", %zu %s splits of %zu + %zu windows, %zu rows %s to %s, %zu step%s ahead\n", c->plan.n_splits,
                scheme_name(&t->recipe), c->plan.train_size, c->plan.n_scored, c->n, date_format(c->from, from), date_format(c->to, to),
                c->plan.horizon, c->plan.horizon == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) grid_text(&grid, titles[i]);
    for (size_t i = 0; i < c->n_contestants; i++) grid_contestant(&grid, &c->contestants[i], i + 1);
    grid_print(&grid, console);
    for (size_t i = 0; i < c->n_contestants; i++) {
        const Contestant *it = &c->contestants[i];
        if (it->n_naive)
            text_printf(&console->out, "%s found nothing to believe in %zu of %zu splits and was naive there\n", it->name, it->n_naive,
                        c->plan.n_splits);
    }
    text_printf(&console->out, "%s\n", sentence(c, words, sizeof words));
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Contest t = {0};
    bool ok = prepare(&t, arguments, console, error) && compare(&t, console, error);
    if (ok && console->json) ok = write_json(&t, console, error);
    else if (ok && console_talks(console)) write_table(&t, console);
    comparison_free(&t.comparison);
    series_free(&t.series);
    setup_engine_free(&t.engine);
    return ok;
}

const Command command_compare = {
    .name = "compare",
    .summary = "our recipe, presets, layer kinds and baselines on the same splits, ranked",
    .usage = "CSV",
    .about =
        "Options change our recipe (and what is made of it by --kinds); a preset keeps its own network and fit. Where not given, --train-size is 60 % of the windows, "
        "--val-size the rest cut in 4, --step the same, so that every target is scored once. p naive, p best: Diebold-Mariano against naive and against the "
        "first, and Holm's adjustment for having made many tests. p CW: Clark-West, small where it knows something naive does not. Hits: directions told right, p PT: "
        "Pesaran-Timmermann, small where that is no luck.",
    .examples = "lstmfc compare prices.csv\n"
                "lstmfc compare prices.csv --presets all --kinds none --json",
    .recipe_groups = RECIPE_DATA | RECIPE_SPLIT | RECIPE_NETWORK | RECIPE_FIT | RECIPE_VALIDATE,
    .cli_groups = CLI_COMPARE | CLI_THREADS | CLI_WATCH,
    .without = protocol_without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
