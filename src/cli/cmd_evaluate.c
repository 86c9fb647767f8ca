#include <math.h>

#include "lstmfc/evaluation.h"
#include "lstmfc/file.h"
#include "lstmfc/holidays.h"

#include "command.h"
#include "freshness.h"
#include "grid.h"
#include "json.h"
#include "reliance.h"
#include "report.h"
#include "setup.h"

/* A model beside what happened. */
typedef struct Scoring {
    const CliOptions *cli;
    Model model;
    Series series;
    Engine engine;
    Holidays holidays;
    Evaluation evaluation;
    Importance importance;
    double levels[EVALUATION_LEVELS];
    size_t n_levels;
} Scoring;

static bool prepare(Scoring *s, const Arguments *arguments, Console *console, Error *error) {
    s->cli = &arguments->cli;
    if (s->cli->from != DATE_NONE && s->cli->to != DATE_NONE && s->cli->from > s->cli->to)
        return error_set(error, ERROR_USAGE, NULL, "'from' is later than 'to'");
    if (!setup_levels(s->cli->levels, EVALUATION_LEVELS, s->levels, &s->n_levels, error)) return false;
    if (!setup_target(s->cli->predictions, error) || !setup_target(s->cli->output, error)) return false;
    if (!setup_model(&s->model, arguments, error) || !setup_model_series(&s->series, &s->model, arguments, error)) return false;
    report_series(console, &s->series);
    return holidays_read(&s->holidays, s->cli->holidays, &s->series.calendar, error) && freshness_age(&s->series, s->cli, error) && setup_engine(&s->engine, s->cli, 0, error);
}

static bool score(Scoring *s, Error *error) {
    const CliOptions *cli = s->cli;
    if (!evaluation_run(&s->evaluation, &s->model, &s->series, &s->engine, cli->from, cli->to, (EvaluationMode)cli->mode, error)) return false;
    if (!evaluation_intervals(&s->evaluation, &s->model, &s->series, &s->engine, s->levels, s->n_levels, error)) return false;
    const size_t first = s->evaluation.first_row, last = first + s->evaluation.n;
    if (cli->importance && !importance_run(&s->importance, &s->model, &s->series, &s->engine, first, last, s->model.recipe.seed, error)) return false;
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
    for (size_t l = 0; l < e->n_levels; l++) {
        text_printf(&text, ",low_%g,high_%g", 100 * e->levels[l], 100 * e->levels[l]);
    }
    for (size_t i = 0; i < e->n; i++) {
        text_printf(&text, "\n%s", date_format(s->series.dates[e->first_row + i], date));
        put_number(&text, e->actual[i]);
        put_number(&text, e->forecast[i]);
        put_number(&text, e->naive[i]);
        for (size_t l = 0; l < e->n_levels; l++) {
            put_number(&text, e->low[l * e->n + i]);
            put_number(&text, e->high[l * e->n + i]);
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

static void json_baselines(Json *json, const Evaluation *e) {
    json_open(json, "baselines", JSON_ARRAY);
    for (size_t i = 0; i < e->n_baselines; i++) {
        const EvaluationBaseline *b = &e->baselines[i];
        json_open(json, NULL, JSON_OBJECT);
        json_text(json, "name", b->kind->name);
        report_json_scores(json, &b->metrics);
        json_open(json, "dm", JSON_OBJECT);
        json_number(json, "statistic", b->dm.statistic);
        json_number(json, "p", b->dm.p);
        json_close(json);
        json_close(json);
    }
    json_close(json);
}

static void json_intervals(Json *json, const Evaluation *e) {
    json_open(json, "intervals", JSON_ARRAY);
    for (size_t l = 0; l < e->n_levels; l++) {
        json_open(json, NULL, JSON_OBJECT);
        json_number(json, "level", 100 * e->levels[l]);
        json_number(json, "coverage", e->intervals[l].coverage);
        json_number(json, "width", e->intervals[l].width);
        json_number(json, "winkler", e->intervals[l].winkler);
        json_number(json, "worst_60", e->intervals[l].worst);
        json_close(json);
    }
    json_close(json);
}

static void json_tests(Json *json, const Evaluation *e) {
    json_number(json, "rmsse", e->rmsse);
    json_number(json, "theil_u", e->theil_u);
    json_open(json, "clark_west", JSON_OBJECT);
    json_number(json, "statistic", e->clark_west.statistic);
    json_number(json, "p", e->clark_west.p);
    json_close(json);
    json_open(json, "pesaran_timmermann", JSON_OBJECT);
    json_number(json, "statistic", e->direction_test.test.statistic);
    json_number(json, "p", e->direction_test.test.p);
    json_number(json, "hit", e->direction_test.hit);
    json_number(json, "base", e->direction_test.base);
    json_close(json);
    json_open(json, "lag", JSON_OBJECT);
    json_count(json, "lag", e->lag.lag);
    json_number(json, "change_correlation", e->lag.change);
    json_number(json, "p", e->lag.p);
    json_bool(json, "shifted", e->lag.shifted);
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
    report_json_scores(&json, &e->model);
    report_json_metrics(&json, "scaled", &e->scaled);
    json_open(&json, "naive", JSON_OBJECT);
    report_json_scores(&json, &e->naive_model);
    report_json_metrics(&json, "scaled", &e->naive_scaled);
    json_close(&json);
    json_number(&json, "skill", e->skill);
    json_number(&json, "mase", e->mase);
    json_number(&json, "direction", e->direction);
    report_json_skill(&json, &e->dm, e->verdict);
    json_tests(&json, e);
    json_baselines(&json, e);
    json_intervals(&json, e);
    reliance_json(&json, &s->importance);
    if (s->cli->leak_check) json_text(&json, "leak_check", "ok");
    return json_finish(&json, &console->out, error);
}

/* The simple forecasts on the same rows; naive stands in the table above. */
static void table_baselines(const Evaluation *e, Console *console) {
    Grid grid = {.align = "lrrr", .header = true};
    grid_text(&grid, "baseline");
    grid_text(&grid, "RMSE");
    grid_text(&grid, "MAE");
    grid_text(&grid, "model against it, p");
    for (size_t i = 1; i < e->n_baselines; i++) {
        grid_text(&grid, e->baselines[i].kind->name);
        grid_number(&grid, e->baselines[i].metrics.value[METRIC_RMSE]);
        grid_number(&grid, e->baselines[i].metrics.value[METRIC_MAE]);
        grid_format(&grid, "%s %.3f", e->model.value[METRIC_RMSE] <= e->baselines[i].metrics.value[METRIC_RMSE] ? "better" : "worse", e->baselines[i].dm.p);
    }
    grid_print(&grid, console);
}

static void table_intervals(const Evaluation *e, Console *console) {
    Grid grid = {.align = "lrrrr", .header = true};
    static const char *const titles[] = {"interval", "covers", "worst 60 rows", "width", "Winkler"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        grid_text(&grid, titles[i]);
    }
    for (size_t l = 0; l < e->n_levels; l++) {
        grid_format(&grid, "%g %%", 100 * e->levels[l]);
        grid_percent(&grid, e->intervals[l].coverage);
        grid_percent(&grid, e->intervals[l].worst);
        grid_number(&grid, e->intervals[l].width);
        grid_number(&grid, e->intervals[l].winkler);
    }
    grid_print(&grid, console);
}

static void write_table(const Scoring *s, Console *console) {
    static const char *const titles[METRIC_COUNT] = {"MSE", "RMSE", "MAE", "R2", "explained variance"};
    const Evaluation *e = &s->evaluation;
    char from[DATE_TEXT], to[DATE_TEXT];
    Grid grid = {.align = "lrr", .header = true}, more = {.align = "lr"};
    report_title(console, &s->series);
    text_printf(&console->out, ", %zu rows %s to %s, %s\n", e->n, date_format(e->from, from), date_format(e->to, to),
                mode_name(s->cli));
    grid_text(&grid, "");
    grid_text(&grid, "model");
    grid_text(&grid, "naive");
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        grid_text(&grid, titles[i]);
        grid_number(&grid, e->model.value[i]);
        grid_number(&grid, e->naive_model.value[i]);
    }
    grid_print(&grid, console);
    grid_text(&more, "skill against naive");
    grid_number(&more, e->skill);
    grid_text(&more, "MASE, RMSSE, Theil's U");
    grid_format(&more, "%.3f, %.3f, %.3f", e->mase, e->rmsse, e->theil_u);
    grid_text(&more, "direction right");
    if (e->direction_test.n > 0)
        grid_format(&more, "%.1f %% (always one way %.1f %%, Pesaran-Timmermann p %.3f)", 100 * e->direction_test.hit, 100 * e->direction_test.base,
                    e->direction_test.test.p);
    else grid_text(&more, "takes no side");
    grid_text(&more, "Clark-West");
    grid_format(&more, "%.3f (p %.3f)", e->clark_west.statistic, e->clark_west.p);
    grid_text(&more, "Diebold-Mariano");
    grid_format(&more, "%.3f (p %.3f)", e->dm.statistic, e->dm.p);
    if (s->cli->leak_check) {
        grid_text(&more, "leak check");
        grid_text(&more, "ok");
    }
    grid_print(&more, console);
    table_baselines(e, console);
    table_intervals(e, console);
    reliance_table(&s->importance, console);
    if (model_is_naive(&s->model)) text_puts(&console->out, "inside the training part nothing beat naive, so naive is the forecast\n");
    else if (e->lag.shifted) text_printf(&console->out, "the forecast is a copy of the past, shifted by %zu row%s\n", e->lag.lag, e->lag.lag == 1 ? "" : "s");
    report_verdict(console, e->verdict, e->model.value[METRIC_RMSE], e->naive_model.value[METRIC_RMSE], e->dm.p);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Scoring s = {0};
    bool ok = prepare(&s, arguments, console, error) && score(&s, error);
    if (ok && s.cli->predictions) ok = write_predictions(&s, error);
    if (ok && console->json) ok = write_json(&s, console, error);
    else if (ok && console_talks(console)) write_table(&s, console);
    if (ok && s.cli->require_skill && s.evaluation.verdict != VERDICT_BETTER)
        ok = error_set(error, ERROR_GATE, NULL, "required skill is missing: the model is %s", skill_verdict_name(s.evaluation.verdict));
    importance_free(&s.importance);
    evaluation_free(&s.evaluation);
    series_free(&s.series);
    holidays_free(&s.holidays);
    model_free(&s.model);
    setup_engine_free(&s.engine);
    return ok;
}

static const char *const without[] = {"target", "features", NULL};

const Command command_evaluate = {
    .name = "evaluate",
    .summary = "score a model on rows it was not trained on, beside naive",
    .usage = "CSV -m MODEL",
    .about = "Naive repeats the last value. A model that does not beat it has found nothing.",
    .examples = "lstmfc evaluate prices.csv -m prices.safetensors --from 2024-01-01\n"
                "lstmfc evaluate prices.csv -m prices.safetensors --predictions forecasts.csv --json",
    .basic = true,
    .recipe_groups = RECIPE_DATA,
    .cli_groups = CLI_MODEL | CLI_SCORE | CLI_LEVELS | CLI_THREADS | CLI_AGE,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
