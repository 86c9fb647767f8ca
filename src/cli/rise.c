#include "rise.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/evaluation.h"
#include "lstmfc/file.h"
#include "lstmfc/memory.h"

#include "grid.h"
#include "json.h"
#include "report.h"

static bool refuse(const char *what, Error *error) {
    return error_set(error, ERROR_USAGE, "train with --objective value", "a model of the direction has no %s", what);
}

static const char *verdict_words(Verdict verdict) {
    return verdict == VERDICT_BETTER  ? "better than the base rate"
           : verdict == VERDICT_WORSE ? "worse than the base rate"
                                      : "no better than the base rate";
}

/* ---- evaluate ---- */

static void put_number(Text *text, double value) {
    char buffer[32];
    text_printf(text, ",%s", text_double(value, buffer));
}

static bool write_predictions(const Direction *d, const Series *series, const char *path, Error *error) {
    char date[DATE_TEXT];
    Text text = {0};
    text_puts(&text, "date,last,actual,probability,base");
    for (size_t i = 0; i < d->n; i++) {
        text_printf(&text, "\n%s", date_format(series->dates[d->first_row + i], date));
        put_number(&text, d->last[i]);
        put_number(&text, d->actual[i]);
        put_number(&text, d->probability[i]);
        put_number(&text, d->rate);
    }
    text_puts(&text, "\n");
    const bool ok = text.failed ? error_memory(error, "the predictions") : file_write(path, text.data, text.length, error);
    text_free(&text);
    return ok;
}

static void json_scores(Json *json, const DirectionScore *score) {
    json_number(json, "accuracy", score->accuracy);
    json_number(json, "brier", score->brier);
    json_number(json, "log_loss", score->log_loss);
}

static bool write_json(const Direction *d, const CliOptions *cli, const Series *series, Console *console, Error *error) {
    Json json;
    json_init(&json);
    json_text(&json, "model", cli->model);
    json_text(&json, "target", series->names[0]);
    json_text(&json, "objective", "direction");
    json_date(&json, "from", d->from);
    json_date(&json, "to", d->to);
    json_count(&json, "n", d->n);
    json_scores(&json, &d->model);
    json_open(&json, "base", JSON_OBJECT);
    json_number(&json, "rate", d->rate);
    json_scores(&json, &d->base);
    json_close(&json);
    json_number(&json, "skill", d->skill);
    json_open(&json, "pesaran_timmermann", JSON_OBJECT);
    json_number(&json, "statistic", d->test.test.statistic);
    json_number(&json, "p", d->test.test.p);
    json_close(&json);
    json_open(&json, "dm", JSON_OBJECT);
    json_number(&json, "statistic", d->dm.statistic);
    json_number(&json, "p", d->dm.p);
    json_close(&json);
    json_text(&json, "verdict", verdict_words(d->verdict));
    if (cli->leak_check) json_text(&json, "leak_check", "ok");
    return json_finish(&json, &console->out, error);
}

static void write_table(const Direction *d, const CliOptions *cli, const Series *series, Console *console) {
    char from[DATE_TEXT], to[DATE_TEXT];
    Grid grid = {.align = "lrr", .header = true};
    report_title(console, series);
    text_printf(&console->out, ", %zu rows %s to %s: does it rise?\n", d->n, date_format(d->from, from), date_format(d->to, to));
    grid_text(&grid, "");
    grid_text(&grid, "model");
    grid_format(&grid, "base rate %.1f %%", 100 * d->rate);
    grid_text(&grid, "accuracy");
    grid_percent(&grid, d->model.accuracy);
    grid_percent(&grid, d->base.accuracy);
    grid_text(&grid, "Brier score");
    grid_number(&grid, d->model.brier);
    grid_number(&grid, d->base.brier);
    grid_text(&grid, "log loss");
    grid_number(&grid, d->model.log_loss);
    grid_number(&grid, d->base.log_loss);
    grid_print(&grid, console);
    text_printf(&console->out, "\nDiebold-Mariano on the Brier scores p %.3f, Pesaran-Timmermann on the sides taken p %.3f\n", d->dm.p,
                d->test.test.p);
    if (cli->leak_check) text_puts(&console->out, "leak check: ok, no forecast changes when the rows after it do\n");
    text_printf(&console->out, "%s: Brier score %.6g against %.6g\n", verdict_words(d->verdict), d->model.brier, d->base.brier);
}

bool rise_evaluate(const CliOptions *cli, const Model *model, const Series *series, const Engine *engine, Console *console, Error *error) {
    Direction d = {0};
    if (cli->mode == EVALUATION_PATH) return refuse("path", error);
    if (cli->importance) return refuse("importance: a permuted column may change no side", error);
    if (cli->plot) return refuse("picture", error);
    bool ok = direction_run(&d, model, series, engine, cli->from, cli->to, error) &&
              (!cli->leak_check || evaluation_leak_check(model, series, engine, d.first_row, error)) &&
              (!cli->predictions || write_predictions(&d, series, cli->predictions, error));
    if (ok && console->json) ok = write_json(&d, cli, series, console, error);
    else if (ok && console_talks(console)) write_table(&d, cli, series, console);
    if (ok && cli->require_skill && d.verdict != VERDICT_BETTER)
        ok = error_set(error, ERROR_GATE, NULL, "required skill is missing: the model is %s", verdict_words(d.verdict));
    direction_free(&d);
    return ok;
}

/* ---- predict ---- */

typedef struct Outlook {
    size_t n;
    double *probabilities; /* [horizon] */
    double last, rate;
    Date as_of;
} Outlook;

static bool predictions_json(const Outlook *o, const CliOptions *cli, const Series *series, Console *console, Error *error) {
    Json json;
    Date date = o->as_of;
    json_init(&json);
    json_text(&json, "model", cli->model);
    json_text(&json, "target", series->names[0]);
    json_text(&json, "objective", "direction");
    json_date(&json, "as_of", o->as_of);
    json_number(&json, "last", o->last);
    json_open(&json, "forecasts", JSON_ARRAY);
    for (size_t i = 0; i < o->n; i++) {
        date = date == DATE_NONE ? DATE_NONE : calendar_next(&series->calendar, date);
        json_open(&json, NULL, JSON_OBJECT);
        json_count(&json, "step", i + 1);
        json_date(&json, "date", date);
        json_number(&json, "probability", o->probabilities[i]);
        json_number(&json, "base", i ? (double)NAN : o->rate);
        json_number(&json, "value", (double)NAN);
        json_number(&json, "naive", o->last);
        json_open(&json, "intervals", JSON_ARRAY);
        json_close(&json);
        json_close(&json);
    }
    json_close(&json);
    return json_finish(&json, &console->out, error);
}

static void predictions_table(const Outlook *o, const Series *series, Console *console) {
    char text[DATE_TEXT], price[32];
    Date date = o->as_of;
    Grid grid = {.align = "lrr", .header = true};
    report_title(console, series);
    text_printf(&console->out, ", last %s on %s\n", grid_price_text(o->last, price, sizeof price), date_format(o->as_of, text));
    grid_text(&grid, "date");
    grid_text(&grid, "above the last value");
    grid_text(&grid, "base rate");
    for (size_t i = 0; i < o->n; i++) {
        date = date == DATE_NONE ? DATE_NONE : calendar_next(&series->calendar, date);
        grid_date(&grid, date);
        grid_percent(&grid, o->probabilities[i]);
        if (i == 0) grid_percent(&grid, o->rate);
        else grid_text(&grid, "");
    }
    grid_print(&grid, console);
}

bool rise_predict(const CliOptions *cli, const Model *model, const Series *series, const Engine *engine, Console *console, Error *error) {
    const size_t row = series->n_rows, horizon = model->recipe.horizon;
    Outlook o = {.n = cli->steps ? cli->steps : horizon};
    if (cli->ledger) return refuse("values to write into a ledger", error);
    if (cli->plot) return refuse("picture", error);
    if (o.n > horizon)
        return error_set(error, ERROR_USAGE, "train with a larger --horizon",
                         "a model of the direction looks no further than its horizon of %zu", horizon);
    o.probabilities = memory_zeroed(horizon, sizeof *o.probabilities);
    if (!o.probabilities) return error_memory(error, "the forecasts");
    bool ok = forecast_windows(model, series, engine, &row, 1, o.probabilities, error);
    if (ok) {
        o.last = series->columns[0][row - 1];
        o.as_of = series->dates[row - 1];
        o.rate = direction_rate(series->columns[0], row);
    }
    if (ok && console->json) ok = predictions_json(&o, cli, series, console, error);
    else if (ok && console_talks(console)) predictions_table(&o, series, console);
    free(o.probabilities);
    return ok;
}
