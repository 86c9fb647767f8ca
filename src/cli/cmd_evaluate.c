#include "lstmfc/evaluation.h"
#include "lstmfc/file.h"

#include "command.h"
#include "grid.h"
#include "json.h"
#include "report.h"
#include "setup.h"

/* A model beside what happened. */
typedef struct Scoring {
    const CliOptions *cli;
    Model model;
    Series series;
    Engine engine;
    Evaluation evaluation;
} Scoring;

static bool prepare(Scoring *s, const Arguments *arguments, Console *console, Error *error) {
    s->cli = &arguments->cli;
    if (s->cli->from != DATE_NONE && s->cli->to != DATE_NONE && s->cli->from > s->cli->to)
        return error_set(error, ERROR_USAGE, NULL, "'from' is later than 'to'");
    if (!setup_target(s->cli->predictions, error) || !setup_target(s->cli->output, error)) return false;
    if (!setup_model(&s->model, arguments, error) || !setup_model_series(&s->series, &s->model, arguments, error)) return false;
    report_series(console, &s->series);
    return setup_engine(&s->engine, s->cli, 0, error);
}

static bool score(Scoring *s, Error *error) {
    const CliOptions *cli = s->cli;
    if (!evaluation_run(&s->evaluation, &s->model, &s->series, &s->engine, cli->from, cli->to, (EvaluationMode)cli->mode, error)) return false;
    return !cli->leak_check || evaluation_leak_check(&s->model, &s->series, &s->engine, s->evaluation.first_row, error);
}

static bool write_predictions(const Scoring *s, Error *error) {
    const Evaluation *e = &s->evaluation;
    char date[DATE_TEXT], actual[32], forecast[32], naive[32];
    Text text = {0};
    text_puts(&text, "date,actual,forecast,naive\n");
    for (size_t i = 0; i < e->n; i++) {
        text_printf(&text, "%s,%s,%s,%s\n", date_format(s->series.dates[e->first_row + i], date), text_double(e->actual[i], actual),
                    text_double(e->forecast[i], forecast), text_double(e->naive[i], naive));
    }
    bool ok = text.failed ? error_memory(error, "the predictions") : file_write(s->cli->predictions, text.data, text.length, error);
    text_free(&text);
    return ok;
}

static const char *mode_name(const CliOptions *cli) {
    return setting_find(cli_settings, cli_n_settings, "mode")->choices[cli->mode];
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
    if (s->cli->leak_check) json_text(&json, "leak_check", "ok");
    return json_finish(&json, &console->out, error);
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
    grid_text(&more, "MASE");
    grid_number(&more, e->mase);
    grid_text(&more, "direction right");
    grid_percent(&more, e->direction);
    grid_text(&more, "Diebold-Mariano");
    grid_format(&more, "%.3f (p %.3f)", e->dm.statistic, e->dm.p);
    if (s->cli->leak_check) {
        grid_text(&more, "leak check");
        grid_text(&more, "ok");
    }
    grid_print(&more, console);
    report_verdict(console, e->verdict, e->model.value[METRIC_RMSE], e->naive_model.value[METRIC_RMSE], e->dm.p);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Scoring s = {0};
    bool ok = prepare(&s, arguments, console, error) && score(&s, error);
    if (ok && s.cli->predictions) ok = write_predictions(&s, error);
    if (ok && console->json) ok = write_json(&s, console, error);
    else if (ok && console_talks(console)) write_table(&s, console);
    evaluation_free(&s.evaluation);
    series_free(&s.series);
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
    .cli_groups = CLI_MODEL | CLI_SCORE | CLI_THREADS,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
