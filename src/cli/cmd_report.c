#include <stdlib.h>
#include <string.h>

#include "lstmfc/band.h"
#include "lstmfc/evaluation.h"

#include "command.h"
#include "finding.h"
#include "grid.h"
#include "outlook.h"
#include "page.h"
#include "picture.h"
#include "report.h"
#include "setup.h"
#include "verdict.h"

/* All that a page tells of. */
typedef struct Page {
    const CliOptions *cli;
    Model model;
    Series series, file; /* what the model reads, and every column of the file */
    Problems problems;
    Engine engine;
    double levels[FAN_LEVELS];
    size_t n_levels;
    bool scored; /* there are rows behind the training part */
    Evaluation evaluation;
    Outlook outlook;
    size_t n_pictures;
} Page;

static bool prepare(Page *p, const Arguments *arguments, Console *console, Error *error) {
    p->cli = &arguments->cli;
    if (console->json)
        return error_set(error, ERROR_USAGE, "evaluate, predict and check have documents", "a report is a page of HTML, not '--json'");
    if (!interval_levels(p->cli->levels, OUTLOOK_LEVELS, p->levels, &p->n_levels, error) || !setup_target(p->cli->output, error) ||
        !plot_ready(error))
        return false;
    if (!setup_model(&p->model, arguments, error) || !setup_model_series(&p->series, &p->model, arguments, error)) return false;
    if (p->model.recipe.objective == OBJECTIVE_DIRECTION)
        return error_set(error, ERROR_USAGE, "evaluate and predict tell of it", "a model of the direction has no report");
    report_series(console, &p->series);
    return setup_engine(&p->engine, p->cli, 0, error);
}

/* Once more as `check` reads it; the file can be read, for the model's series was. Standard input is gone by now. */
static bool look_through(Page *p, const Arguments *arguments, Error *error) {
    if (strcmp(arguments->operands[0], "-") == 0) return true;
    Recipe recipe = p->model.recipe;
    recipe.from = recipe.to = DATE_NONE;
    if (!arguments_apply(arguments, &recipe, error)) return false;
    SeriesOptions options = setup_series_options(&recipe);
    options.indicators = NULL;
    options.features = NULL;
    options.all_columns = true;
    return series_read(&p->file, arguments->operands[0], &options, error) && problems_find(&p->problems, &p->file, DATE_NONE, NULL, error);
}

static bool evaluate(Page *p, Error *error) {
    p->scored = p->series.dates[p->series.n_rows - 1] > p->model.training.to;
    return !p->scored ||
           (evaluation_run(&p->evaluation, &p->model, &p->series, &p->engine, DATE_NONE, DATE_NONE, EVALUATION_ONE_STEP, error) &&
            evaluation_intervals(&p->evaluation, &p->model, &p->series, &p->engine, p->levels, p->n_levels, error));
}

static bool look_out(Page *p, Error *error) {
    const size_t n = p->cli->steps ? p->cli->steps : p->model.recipe.horizon, n_rows = p->series.n_rows;
    Band band = {0};
    bool ok = outlook_init(&p->outlook, &p->series, n, p->levels, p->n_levels, error) &&
              forecast_path(&p->model, &p->series, &p->engine, n_rows, n, p->outlook.values, error) &&
              band_open(&band, &p->model, &p->series, &p->engine, n_rows, error);
    for (size_t i = 0; ok && i < n; i++)
        for (size_t l = 0; l < p->n_levels; l++)
            outlook_bound(&p->outlook, i, l, band_center(&band, i + 1, p->levels[l], p->outlook.values[i]),
                          band_half(&band, i + 1, p->levels[l]));
    band_close(&band);
    return ok;
}

/* ---- the page ---- */

static void heading(Console *console, const char *title) {
    text_printf(&console->out, "<h2>%s</h2>\n", title);
}

static void paragraph(Console *console, const char *text) {
    text_puts(&console->out, "<p>");
    page_text(&console->out, text);
    text_puts(&console->out, "</p>\n");
}

/* Takes the plot over. */
static bool picture(Page *p, Plot *plot, bool made, const char *description, Console *console, Error *error) {
    Text svg = {0};
    const bool ok = made && plot_svg(plot, &svg, error);
    if (ok) page_picture(&console->out, &svg, ++p->n_pictures, description);
    text_free(&svg);
    plot_free(plot);
    return ok;
}

static void put_verdict(const Page *p, Console *console) {
    text_puts(&console->out, "<p>");
    if (p->scored) verdict_sentence(&p->evaluation.standing, console);
    else text_puts(&console->out, "no row follows the training part, so nothing could be scored");
    text_puts(&console->out, "</p>\n");
}

static bool put_forecast(Page *p, Console *console, Error *error) {
    char date[DATE_TEXT], price[32], line[128];
    Plot plot = {0};
    heading(console, "Forecast");
    snprintf(line, sizeof line, "Last value %s on %s.", grid_price_text(p->outlook.last, price, sizeof price),
             date_format(p->outlook.as_of, date));
    paragraph(console, line);
    if (!picture(p, &plot, picture_forecast(&plot, &p->series, &p->outlook, error), "The last rows, and the forecasts with their intervals",
                 console, error))
        return false;
    outlook_table(&p->outlook, console);
    return true;
}

static bool put_evaluation(Page *p, Console *console, Error *error) {
    char from[DATE_TEXT], to[DATE_TEXT], line[160];
    const Evaluation *e = &p->evaluation;
    Plot plot = {0};
    if (!p->scored) return true;
    heading(console, "Evaluation");
    snprintf(line, sizeof line, "%zu rows that the model was not trained on, %s to %s, each forecast one step ahead.", e->n,
             date_format(e->from, from), date_format(e->to, to));
    paragraph(console, line);
    if (!picture(p, &plot, picture_evaluation(&plot, e, &p->series, error), "Forecasts, naive and what happened; errors", console, error))
        return false;
    verdict_table(&e->standing, console);
    heading(console, "Intervals");
    text_puts(&console->out, "<div>");
    verdict_table_intervals(&e->fan_score, console);
    text_puts(&console->out, "</div>\n");
    return true;
}

static void put_model(const Page *p, Console *console) {
    const ModelTraining *t = &p->model.training;
    char from[DATE_TEXT], to[DATE_TEXT];
    Text words = {0};
    Grid grid = {.align = "ll"};
    heading(console, "Model");
    report_promise(&words, &p->model);
    grid_text(&grid, "file");
    grid_text(&grid, p->cli->model);
    grid_text(&grid, "trained on");
    grid_format(&grid, "%zu rows, %s to %s", t->n_rows, date_format(t->from, from), date_format(t->to, to));
    grid_text(&grid, "parameters");
    report_parameters(&grid, &p->model);
    grid_text(&grid, "epochs");
    grid_format(&grid, "%zu, best %zu", t->epochs, t->best_epoch);
    grid_text(&grid, "beside naive");
    grid_text(&grid, words.failed ? "" : words.data);
    grid_text(&grid, "fingerprint of its rows");
    grid_text(&grid, t->fingerprint);
    grid_print(&grid, console);
    text_free(&words);
    text_puts(&console->out, "<details><summary>Settings</summary>\n");
    report_settings(console, &p->model.recipe);
    text_puts(&console->out, "</details>\n");
}

static void put_data(const Page *p, Console *console) {
    heading(console, "Data");
    if (p->file.n_rows == 0) {
        paragraph(console, "Read from standard input.");
        return;
    }
    finding_data(&p->file, console);
    text_puts(&console->out, "<div>");
    finding_problems(&p->problems, console);
    text_puts(&console->out, "</div>\n");
}

static bool write_page(Page *p, Console *console, Error *error) {
    char source[512], name[128];
    Text title = {0};
    text_printf(&title, "%s of %s", text_escape(p->series.names[0], strlen(p->series.names[0]), name, sizeof name),
                text_escape(p->series.source, strlen(p->series.source), source, sizeof source));
    console->page = true;
    page_begin(&console->out, title.failed ? "" : title.data);
    text_free(&title);
    put_verdict(p, console);
    if (!put_forecast(p, console, error) || !put_evaluation(p, console, error)) return false;
    put_model(p, console);
    put_data(p, console);
    text_puts(&console->out,
              "<footer>Made by lstmfc. Naive repeats the last value; a model that does not beat it has found nothing.</footer>\n");
    page_end(&console->out);
    return true;
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Page p = {0};
    bool ok = prepare(&p, arguments, console, error) && look_through(&p, arguments, error) && evaluate(&p, error) && look_out(&p, error);
    if (ok && console_talks(console)) ok = write_page(&p, console, error);
    outlook_free(&p.outlook);
    evaluation_free(&p.evaluation);
    problems_free(&p.problems);
    series_free(&p.file);
    series_free(&p.series);
    model_free(&p.model);
    setup_engine_free(&p.engine);
    return ok;
}

static const char *const without[] = {"target", "features", "indicators", NULL};

const Command command_report = {
    .name = "report",
    .summary = "a page of HTML: data, model, scores, forecast and pictures",
    .usage = "CSV -m MODEL -o FILE.html",
    .about = "The page stands alone: style and pictures are inside, nothing is fetched, no script runs. Pictures are drawn by gnuplot.",
    .examples = "lstmfc report prices.csv -m prices.safetensors -o prices.html\n"
                "lstmfc report prices.csv -m prices.safetensors --horizon 20 --level 50,80,95 -o prices.html",
    .recipe_groups = RECIPE_DATA,
    .cli_groups = CLI_MODEL | CLI_FORECAST | CLI_LEVELS | CLI_THREADS,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
