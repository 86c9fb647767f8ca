#include <math.h>

#include "lstmfc/evaluation.h"
#include "lstmfc/file.h"
#include "lstmfc/holidays.h"
#include "lstmfc/paths.h"

#include "command.h"
#include "freshness.h"
#include "grid.h"
#include "json.h"
#include "picture.h"
#include "reliance.h"
#include "report.h"
#include "rise.h"
#include "setup.h"
#include "verdict.h"

/* A model beside what happened. */
typedef struct Scoring {
    const CliOptions *cli;
    Model model;
    Series series;
    Engine engine;
    Holidays holidays;
    Evaluation evaluation;
    Paths paths;
    Importance importance;
    double levels[FAN_LEVELS];
    size_t n_levels;
} Scoring;

static bool prepare(Scoring *s, const Arguments *arguments, Console *console, Error *error) {
    s->cli = &arguments->cli;
    if (s->cli->from != DATE_NONE && s->cli->to != DATE_NONE && s->cli->from > s->cli->to)
        return error_set(error, ERROR_USAGE, NULL, "'from' is later than 'to'");
    if (!interval_levels(s->cli->levels, FAN_LEVELS, s->levels, &s->n_levels, error)) return false;
    if (!setup_target(s->cli->predictions, error) || !setup_target(s->cli->output, error) || !picture_check(s->cli, error)) return false;
    if (!setup_model(&s->model, arguments, error) || !setup_model_series(&s->series, &s->model, arguments, error)) return false;
    report_series(console, &s->series);
    return setup_calendar(&s->series, &s->holidays, s->cli, error) && freshness_age(&s->series, s->cli, error) &&
           setup_engine(&s->engine, s->cli, 0, error);
}

static bool score(Scoring *s, Error *error) {
    const CliOptions *cli = s->cli;
    if (!evaluation_run(&s->evaluation, &s->model, &s->series, &s->engine, cli->from, cli->to, (EvaluationMode)cli->mode, error))
        return false;
    if (!evaluation_intervals(&s->evaluation, &s->model, &s->series, &s->engine, s->levels, s->n_levels, error)) return false;
    const size_t first = s->evaluation.first_row, last = first + s->evaluation.n;
    if (cli->importance && !importance_run(&s->importance, &s->model, &s->series, &s->engine, first, last, s->model.recipe.seed, error))
        return false;
    if (cli->paths && !paths_run(&s->paths, &s->model, &s->series, &s->engine, first, last, cli->paths, error)) return false;
    return !cli->leak_check || evaluation_leak_check(&s->model, &s->series, &s->engine, s->evaluation.first_row, error);
}

/* A number of a CSV; empty where there is none. */
static void put_number(Text *text, double value) {
    char buffer[32];
    text_printf(text, ",%s", isfinite(value) ? text_double(value, buffer) : "");
}

static bool write_predictions(const Scoring *s, Error *error) {
    const Evaluation *e = &s->evaluation;
    char date[DATE_TEXT];
    Text text = {0};
    text_puts(&text, "date,actual,forecast,naive");
    for (size_t l = 0; l < e->fan.n_levels; l++) {
        const double percent = 100 * e->fan.levels[l];
        text_printf(&text, ",low_%g,high_%g", percent, percent);
    }
    for (size_t i = 0; i < e->n; i++) {
        text_printf(&text, "\n%s", date_format(s->series.dates[e->first_row + i], date));
        put_number(&text, e->actual[i]);
        put_number(&text, e->forecast[i]);
        put_number(&text, e->naive[i]);
        for (size_t l = 0; l < e->fan.n_levels; l++) {
            put_number(&text, e->fan.low[l * e->n + i]);
            put_number(&text, e->fan.high[l * e->n + i]);
        }
    }
    text_puts(&text, "\n");
    bool ok = text.failed ? error_memory(error, "the predictions") : file_write(s->cli->predictions, text.data, text.length, error);
    text_free(&text);
    return ok;
}

static const char *mode_name(const CliOptions *cli) {
    return setting_find(cli_settings, cli_n_settings, "mode")->choices[cli->mode];
}

static void json_steps(Json *json, const Evaluation *e) {
    json_open(json, "steps", JSON_ARRAY);
    for (size_t k = 0; k < e->n_steps; k++) {
        const EvaluationStep *step = &e->steps[k];
        json_open(json, NULL, JSON_OBJECT);
        json_count(json, "step", step->step);
        json_count(json, "n", step->n);
        json_number(json, "rmse", step->rmse);
        json_number(json, "rmse_naive", step->rmse_naive);
        json_number(json, "ratio", step->ratio);
        json_number(json, "skill", step->skill);
        verdict_json_test(json, "dm", &step->dm, step->holm);
        json_text(json, "verdict", skill_verdict_name(step->verdict));
        json_open(json, "intervals", JSON_ARRAY);
        for (size_t l = 0; l < e->fan.n_levels; l++) {
            json_open(json, NULL, JSON_OBJECT);
            json_number(json, "level", 100 * e->fan.levels[l]);
            verdict_json_interval(json, &step->intervals[l]);
            json_close(json);
        }
        json_close(json);
        json_close(json);
    }
    json_close(json);
}

static void json_paths(Json *json, const Paths *p) {
    json_open(json, "paths", JSON_OBJECT);
    json_count(json, "steps", p->steps);
    json_count(json, "n", p->n);
    json_number(json, "rmse", p->rmse);
    json_number(json, "nrmse", p->nrmse);
    json_number(json, "rmse_naive", p->rmse_naive);
    json_number(json, "nrmse_naive", p->nrmse_naive);
    json_close(json);
}

static bool write_json(const Scoring *s, Console *console, Error *error) {
    const Evaluation *e = &s->evaluation;
    Json json;
    json_init(&json);
    json_text(&json, "model", s->cli->model);
    json_text(&json, "target", s->series.names[0]);
    json_text(&json, "mode", mode_name(s->cli));
    json_date(&json, "from", e->from);
    json_date(&json, "to", e->to);
    json_count(&json, "n", e->n);
    report_json_scores(&json, &e->standing.model);
    report_json_metrics(&json, "scaled", &e->scaled);
    json_open(&json, "naive", JSON_OBJECT);
    report_json_scores(&json, &e->standing.naive);
    report_json_metrics(&json, "scaled", &e->naive_scaled);
    json_close(&json);
    verdict_json(&json, &e->standing);
    json_steps(&json, e);
    verdict_json_intervals(&json, &e->fan_score);
    if (s->cli->paths) json_paths(&json, &s->paths);
    reliance_json(&json, &s->importance);
    if (s->cli->leak_check) json_text(&json, "leak_check", "ok");
    return json_finish(&json, &console->out, error);
}

/* A model that looks one step ahead has none. */
static void table_steps(const Evaluation *e, Console *console) {
    Grid grid = {.align = "rrrrrrrlrrrrrrrr", .header = true, .columns = 8 + e->fan.n_levels};
    static const char *const titles[] = {"step", "n", "RMSE", "naive", "ratio", "DM p", "Holm", ""};
    if (e->n_steps == 0) return;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) grid_text(&grid, titles[i]);
    for (size_t l = 0; l < e->fan.n_levels; l++) grid_format(&grid, "%g %% covers", 100 * e->fan.levels[l]);
    for (size_t k = 0; k < e->n_steps; k++) {
        const EvaluationStep *step = &e->steps[k];
        grid_format(&grid, "%zu", step->step);
        grid_format(&grid, "%zu", step->n);
        grid_number(&grid, step->rmse);
        grid_number(&grid, step->rmse_naive);
        grid_ratio(&grid, step->ratio);
        grid_p(&grid, step->dm.p);
        grid_p(&grid, step->holm);
        grid_text(&grid, skill_verdict_name(step->verdict));
        for (size_t l = 0; l < e->fan.n_levels; l++) grid_percent(&grid, step->intervals[l].coverage);
    }
    text_puts(&console->out, "\n");
    grid_print(&grid, console);
}

static void write_table(const Scoring *s, Console *console) {
    const Evaluation *e = &s->evaluation;
    char from[DATE_TEXT], to[DATE_TEXT];
    report_title(console, &s->series);
    text_printf(&console->out, ", %zu rows %s to %s, %s\n", e->n, date_format(e->from, from), date_format(e->to, to), mode_name(s->cli));
    verdict_table(&e->standing, console);
    table_steps(e, console);
    verdict_table_intervals(&e->fan_score, console);
    reliance_table(&s->importance, console);
    text_puts(&console->out, "\n");
    if (s->cli->leak_check) text_puts(&console->out, "leak check: ok, no forecast or interval changes when the rows after it do\n");
    if (s->cli->paths)
        text_printf(&console->out, "%zu paths of %zu rows: where they end RMSE %.4g, NRMSE %.4g (naive %.4g, %.4g)\n", s->paths.n,
                    s->paths.steps, s->paths.rmse, s->paths.nrmse, s->paths.rmse_naive, s->paths.nrmse_naive);
    if (e->mode == EVALUATION_PATH) text_puts(&console->out, "one path: its errors hang together, so the tests say less than their p\n");
    report_promise(&console->out, &s->model);
    text_puts(&console->out, "\n");
    verdict_sentence(&e->standing, console);
}

static bool draw(const Scoring *s, Console *console, Error *error) {
    Plot plot = {0};
    return !s->cli->plot ||
           picture_show(&plot, picture_evaluation(&plot, &s->evaluation, &s->series, error), s->cli, "Evaluation", console, error);
}

static bool tell(Scoring *s, Console *console, Error *error) {
    bool ok = score(s, error);
    if (ok && s->cli->predictions) ok = write_predictions(s, error);
    if (ok && console->json) ok = write_json(s, console, error);
    else if (ok && console_talks(console)) write_table(s, console);
    ok = ok && draw(s, console, error);
    if (ok && s->cli->require_skill && s->evaluation.standing.verdict != VERDICT_BETTER)
        ok = error_set(error, ERROR_GATE, NULL, "required skill is missing: the model is %s",
                       skill_verdict_name(s->evaluation.standing.verdict));
    return ok;
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Scoring s = {0};
    bool ok = prepare(&s, arguments, console, error);
    if (ok && s.model.recipe.objective == OBJECTIVE_DIRECTION)
        ok = picture_refuse_rise(s.cli, error) && rise_evaluate(s.cli, &s.model, &s.series, &s.engine, console, error);
    else ok = ok && tell(&s, console, error);
    importance_free(&s.importance);
    evaluation_free(&s.evaluation);
    series_free(&s.series);
    holidays_free(&s.holidays);
    model_free(&s.model);
    setup_engine_free(&s.engine);
    return ok;
}

static const char *const without[] = {"target", "features", "indicators", "file-order", NULL};

const Command command_evaluate = {
    .name = "evaluate",
    .summary = "score a model on rows it was not trained on, beside naive",
    .usage = "CSV -m MODEL",
    .about = "Naive repeats the last value. A model that does not beat it has found nothing.",
    .examples = "lstmfc evaluate prices.csv -m prices.safetensors --from 2024-01-01\n"
                "lstmfc evaluate prices.csv -m prices.safetensors --predictions forecasts.csv --json\n"
                "lstmfc evaluate prices.csv -m prices.safetensors --plot evaluation.html",
    .basic = true,
    .recipe_groups = RECIPE_DATA,
    .cli_groups = CLI_MODEL | CLI_SCORE | CLI_LEVELS | CLI_THREADS | CLI_AGE | CLI_CALENDAR | CLI_PLOT,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
