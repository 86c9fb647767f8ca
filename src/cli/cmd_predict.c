#include <math.h>
#include <stdlib.h>

#include "lstmfc/band.h"
#include "lstmfc/memory.h"

#include "command.h"
#include "grid.h"
#include "json.h"
#include "report.h"
#include "setup.h"

enum { PREDICT_LEVELS = 8 };

/* Forecasts of what follows the last row. */
typedef struct Prediction {
    const char *path;
    Model model;
    Series series;
    Engine engine;
    size_t n;
    double *values; /* [n] */
    double levels[PREDICT_LEVELS];
    size_t n_levels;
    Band band;
    Date as_of;
    double last;
} Prediction;

static bool forecast(Prediction *p, const Arguments *arguments, Console *console, Error *error) {
    p->path = arguments->cli.model;
    if (!setup_levels(arguments->cli.levels, PREDICT_LEVELS, p->levels, &p->n_levels, error)) return false;
    if (!setup_model(&p->model, arguments, error) || !setup_model_series(&p->series, &p->model, arguments, error)) return false;
    report_series(console, &p->series);
    /* One window at a time: a second thread would only cost its start. */
    if (!setup_engine(&p->engine, &arguments->cli, 1, error)) return false;
    const size_t n_rows = p->series.n_rows, horizon = p->model.recipe.horizon;
    p->n = arguments->cli.steps ? arguments->cli.steps : horizon;
    p->as_of = p->series.dates[n_rows - 1];
    p->last = p->series.columns[0][n_rows - 1];
    p->values = memory_zeroed(p->n, sizeof *p->values);
    if (!p->values) return error_memory(error, "the forecasts");
    if (p->n > horizon) console_note(console, "the model looks %zu step%s ahead: later steps are forecast from its own forecasts", horizon, horizon == 1 ? "" : "s");
    return forecast_path(&p->model, &p->series, &p->engine, n_rows, p->n, p->values, error) &&
           band_open(&p->band, &p->model, &p->series, &p->engine, n_rows, error);
}

static bool write_json(const Prediction *p, Console *console, Error *error) {
    Json json;
    Date date = p->as_of;
    json_init(&json);
    json_text(&json, "model", p->path);
    json_text(&json, "target", p->series.names[0]);
    json_date(&json, "as_of", p->as_of);
    json_number(&json, "last", p->last);
    json_open(&json, "forecasts", JSON_ARRAY);
    for (size_t i = 0; i < p->n; i++) {
        date = date == DATE_NONE ? DATE_NONE : calendar_next(&p->series.calendar, date);
        json_open(&json, NULL, JSON_OBJECT);
        json_count(&json, "step", i + 1);
        json_date(&json, "date", date);
        json_number(&json, "value", p->values[i]);
        json_number(&json, "naive", p->last);
        json_open(&json, "intervals", JSON_ARRAY);
        for (size_t l = 0; l < p->n_levels; l++) {
            const double half = band_half(&p->band, i + 1, p->levels[l]);
            json_open(&json, NULL, JSON_OBJECT);
            json_number(&json, "level", 100 * p->levels[l]);
            json_number(&json, "low", p->values[i] - half);
            json_number(&json, "high", p->values[i] + half);
            json_close(&json);
        }
        json_close(&json);
        json_close(&json);
    }
    json_close(&json);
    return json_finish(&json, &console->out, error);
}

static void write_table(const Prediction *p, Console *console) {
    char text[DATE_TEXT], price[32];
    Date date = p->as_of;
    Grid grid = {.align = "lrrrrrrrrrr", .header = true, .columns = 3 + p->n_levels};
    report_title(console, &p->series);
    text_printf(&console->out, ", last %s on %s\n", grid_price_text(p->last, price, sizeof price), date_format(p->as_of, text));
    grid_text(&grid, "date");
    grid_text(&grid, "forecast");
    grid_text(&grid, "against naive");
    for (size_t l = 0; l < p->n_levels; l++) {
        grid_format(&grid, "%g %%", 100 * p->levels[l]);
    }
    for (size_t i = 0; i < p->n; i++) {
        date = date == DATE_NONE ? DATE_NONE : calendar_next(&p->series.calendar, date);
        grid_date(&grid, date);
        grid_price(&grid, p->values[i]);
        if (p->last > 0.0) grid_format(&grid, "%+.2f %%", 100.0 * (p->values[i] / p->last - 1.0));
        else grid_format(&grid, "%+.6g", p->values[i] - p->last);
        for (size_t l = 0; l < p->n_levels; l++) {
            char low[32], high[32];
            const double half = band_half(&p->band, i + 1, p->levels[l]);
            if (isfinite(half)) grid_format(&grid, "%s to %s", grid_price_text(p->values[i] - half, low, sizeof low), grid_price_text(p->values[i] + half, high, sizeof high));
            else grid_text(&grid, "-");
        }
    }
    grid_print(&grid, console);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Prediction p = {0};
    bool ok = forecast(&p, arguments, console, error);
    if (ok && console->json) ok = write_json(&p, console, error);
    else if (ok && console_talks(console)) write_table(&p, console);
    band_close(&p.band);
    free(p.values);
    series_free(&p.series);
    model_free(&p.model);
    setup_engine_free(&p.engine);
    return ok;
}

static const char *const without[] = {"target", "features", NULL};

const Command command_predict = {
    .name = "predict",
    .summary = "forecast what follows the last row",
    .usage = "CSV -m MODEL",
    .examples = "lstmfc predict prices.csv -m prices.safetensors\n"
                "lstmfc predict prices.csv -m prices.safetensors --horizon 5 --json\n"
                "lstmfc predict prices.csv -m prices.safetensors --as-of 2023-12-29",
    .basic = true,
    .recipe_groups = RECIPE_DATA,
    .cli_groups = CLI_MODEL | CLI_FORECAST | CLI_LEVELS | CLI_THREADS,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
