#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/band.h"
#include "lstmfc/baseline.h"
#include "lstmfc/holidays.h"
#include "lstmfc/ledger.h"
#include "lstmfc/memory.h"
#include "lstmfc/track.h"

#include "command.h"
#include "freshness.h"
#include "grid.h"
#include "json.h"
#include "picture.h"
#include "report.h"
#include "rise.h"
#include "setup.h"

enum { PREDICT_LEVELS = LEDGER_LEVELS, PREDICT_BASELINES = 8 };

/* Forecasts of what follows the last row. */
typedef struct Prediction {
    const char *path;
    Model model;
    Series series;
    Engine engine;
    size_t n;
    double *values; /* [n] */
    BaselineState baselines[PREDICT_BASELINES]; /* fitted on the training rows, or all where the file has none of them */
    size_t n_baselines;
    double levels[PREDICT_LEVELS];
    size_t n_levels;
    Band band;
    Date as_of;
    double last;
    Holidays holidays;
    const char *ledger; /* NULL = none */
    LedgerArrival arrival;
    size_t n_entered;
    IntervalAdaptive adaptive[PREDICT_LEVELS]; /* with a ledger */
    TrackDrift drift;
    TrackStep live; /* how the first step has fared so far; n = 0: nothing is scored yet */
} Prediction;

static void fit_baselines(Prediction *p) {
    size_t first = series_row(&p->series, p->model.training.from), last = series_behind(&p->series, p->model.training.to);
    if (first >= last) first = 0, last = p->series.n_rows;
    for (; baseline_kinds[p->n_baselines] && p->n_baselines < PREDICT_BASELINES; p->n_baselines++)
        baseline_fit(&p->baselines[p->n_baselines], baseline_kinds[p->n_baselines], p->series.columns[0], first, last, 0);
}

static double baseline(const Prediction *p, size_t which, size_t step) {
    return baseline_forecast(&p->baselines[which], p->series.columns[0], p->series.n_rows, step);
}

static bool prepare(Prediction *p, const Arguments *arguments, Console *console, Error *error) {
    p->path = arguments->cli.model;
    if (!interval_levels(arguments->cli.levels, PREDICT_LEVELS, p->levels, &p->n_levels, error) || !picture_check(&arguments->cli, error))
        return false;
    if (!setup_model(&p->model, arguments, error) || !setup_model_series(&p->series, &p->model, arguments, error)) return false;
    report_series(console, &p->series);
    if (p->model.recipe.file_order)
        return error_set(error, ERROR_USAGE, "train without --file-order",
                         "the model runs backwards in time: what follows its last row is the past");
    if (!setup_calendar(&p->series, &p->holidays, &arguments->cli, error) || !freshness_age(&p->series, &arguments->cli, error))
        return false;
    /* One window at a time: a second thread would only cost its start. */
    return setup_engine(&p->engine, &arguments->cli, 1, error);
}

static bool forecast(Prediction *p, const Arguments *arguments, Console *console, Error *error) {
    const size_t n_rows = p->series.n_rows, horizon = p->model.recipe.horizon;
    p->n = arguments->cli.steps ? arguments->cli.steps : horizon;
    p->as_of = p->series.dates[n_rows - 1];
    p->last = p->series.columns[0][n_rows - 1];
    p->values = memory_zeroed(p->n, sizeof *p->values);
    if (!p->values) return error_memory(error, "the forecasts");
    if (console->json || console_talks(console)) fit_baselines(p);
    if (p->n > horizon)
        console_note(console, "the model looks %zu step%s ahead: later steps are forecast from its own forecasts", horizon,
                     horizon == 1 ? "" : "s");
    return forecast_path(&p->model, &p->series, &p->engine, n_rows, p->n, p->values, error) &&
           band_open(&p->band, &p->model, &p->series, &p->engine, n_rows, error);
}

static double center(const Prediction *p, size_t step, size_t level) {
    return band_center(&p->band, step, p->levels[level], p->values[step - 1]);
}

static double half(const Prediction *p, size_t step, size_t level) {
    return p->ledger ? band_half_adaptive(&p->band, step, &p->adaptive[level]) : band_half(&p->band, step, p->levels[level]);
}

/* ---- the ledger ---- */

static LedgerEntry entry_of(const Prediction *p, size_t step, Date date, const char *id) {
    LedgerEntry entry = {.as_of = p->as_of, .date = date, .trained_to = p->model.training.to, .step = step, .n_levels = p->n_levels};
    const double scale = band_scale(&p->band, step);
    entry.value = p->values[step - 1];
    entry.naive = entry.last = p->last;
    entry.scale = scale > 0 ? scale : (double)NAN;
    memcpy(entry.model, id, LEDGER_MODEL);
    for (size_t l = 0; l < p->n_levels; l++) {
        const double around = half(p, step, l);
        const double at = center(p, step, l);
        entry.intervals[l] = (LedgerInterval){.level = p->levels[l], .low = at - around, .high = at + around,
                                              .half = band_half(&p->band, step, p->levels[l]), .alpha = p->adaptive[l].alpha};
    }
    return entry;
}

static bool enter(Prediction *p, Ledger *ledger, const char *id, Error *error) {
    Date date = calendar_next(&p->series.calendar, p->as_of);
    for (size_t step = 1; step <= p->n && date != DATE_NONE; step++) {
        const LedgerEntry entry = entry_of(p, step, date, id);
        bool entered;
        if (!ledger_enter(ledger, &entry, &entered, error)) return false;
        p->n_entered += entered;
        date = calendar_next(&p->series.calendar, date);
    }
    return true;
}

static void say_ledger(const Prediction *p, const Ledger *ledger, size_t torn, Console *console) {
    if (torn) console_note(console, "ledger: line %zu was not written whole and is left out", torn);
    if (p->model.training.to > p->as_of)
        console_note(console, "ledger: the model was trained on rows after the last one here: its forecasts of them do not count");
    if (p->arrival.n_restated)
        console_note(console, "ledger: %zu not scored: the value they were made from has changed in the file", p->arrival.n_restated);
    console_note(console, "ledger: %zu scored, %zu entered, %zu in all", p->arrival.n_scored, p->n_entered, ledger->n);
    if (p->drift.alarm)
        console_note(console, "ledger: drift alarm: errors of the last %d rows are %.2f times those before (p %.2g)", TRACK_RECENT,
                     p->drift.ratio, p->drift.p);
}

/* Scores what has arrived, then enters the forecasts with intervals that know of it. */
static bool keep_ledger(Prediction *p, const Arguments *arguments, Console *console, Error *error) {
    Ledger ledger = {.lock = {-1}};
    char id[LEDGER_MODEL];
    Track track;
    p->ledger = arguments->cli.ledger;
    if (!p->ledger) return true;
    bool ok = ledger_model(p->path, id, error) && ledger_open(&ledger, p->ledger, true, arguments->cli.lock_wait, error);
    const size_t torn = ledger.torn;
    ok = ok && ledger_claim(&ledger, p->series.names[0], error) && ledger_score(&ledger, &p->series, &p->arrival, error);
    for (size_t l = 0; ok && l < p->n_levels; l++) p->adaptive[l] = ledger_adaptive(&ledger, p->levels[l], id, p->as_of);
    ok = ok && enter(p, &ledger, id, error) && track_init(&track, &ledger, error);
    if (ok) {
        p->drift = track.drift;
        if (track_first(&track)) p->live = *track_first(&track);
        say_ledger(p, &ledger, torn, console);
    }
    ledger_close(&ledger);
    return ok;
}

/* ---- what is said ---- */

static void json_ledger(Json *json, const Prediction *p) {
    if (!p->ledger) return;
    json_open(json, "ledger", JSON_OBJECT);
    json_text(json, "file", p->ledger);
    json_count(json, "scored", p->arrival.n_scored);
    json_count(json, "entered", p->n_entered);
    json_count(json, "restated", p->arrival.n_restated);
    json_open(json, "alpha", JSON_ARRAY);
    for (size_t l = 0; l < p->n_levels; l++) json_number(json, NULL, p->adaptive[l].alpha);
    json_close(json);
    report_json_drift(json, &p->drift);
    json_close(json);
}

static void json_training(Json *json, const Model *model) {
    Text words = {0};
    report_promise(&words, model);
    json_open(json, "training", JSON_OBJECT);
    json_date(json, "to", model->training.to);
    json_number(json, "naive_ratio", model->training.naive_ratio);
    json_bool(json, "naive", model_is_naive(model));
    json_text(json, "sentence", words.failed ? NULL : words.data);
    json_close(json);
    text_free(&words);
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
        json_open(&json, "baselines", JSON_OBJECT);
        for (size_t b = 0; b < p->n_baselines; b++) json_number(&json, p->baselines[b].kind->name, baseline(p, b, i + 1));
        json_close(&json);
        json_open(&json, "intervals", JSON_ARRAY);
        for (size_t l = 0; l < p->n_levels; l++) {
            const double around = half(p, i + 1, l);
            json_open(&json, NULL, JSON_OBJECT);
            json_number(&json, "level", 100 * p->levels[l]);
            json_number(&json, "low", center(p, i + 1, l) - around);
            json_number(&json, "high", center(p, i + 1, l) + around);
            json_close(&json);
        }
        json_close(&json);
        json_close(&json);
    }
    json_close(&json);
    json_training(&json, &p->model);
    json_ledger(&json, p);
    return json_finish(&json, &console->out, error);
}

static void write_table(const Prediction *p, const Outlook *outlook, Console *console) {
    char text[DATE_TEXT], price[32];
    report_title(console, &p->series);
    text_printf(&console->out, ", last %s on %s\n", grid_price_text(p->last, price, sizeof price), date_format(p->as_of, text));
    outlook_table(outlook, console);
}

static bool look_out(const Prediction *p, Outlook *outlook, Error *error) {
    if (!outlook_init(outlook, &p->series, p->n, p->levels, p->n_levels, error)) return false;
    memcpy(outlook->values, p->values, p->n * sizeof *p->values);
    for (size_t i = 0; i < p->n; i++)
        for (size_t l = 0; l < p->n_levels; l++) outlook_bound(outlook, i, l, center(p, i + 1, l), half(p, i + 1, l));
    return true;
}

static bool draw(const Prediction *p, const Outlook *outlook, const CliOptions *cli, Console *console, Error *error) {
    Plot plot = {0};
    return !cli->plot || picture_show(&plot, picture_forecast(&plot, &p->series, outlook, error), cli, "Forecast", console, error);
}

/* What the simple forecasts say, and what is known of how the model does beside them. */
static void write_beside(const Prediction *p, Console *console) {
    Grid grid = {.align = "lrrrrrrrr", .header = true, .columns = 1 + p->n_baselines};
    Date date = p->as_of;
    grid_text(&grid, "beside");
    for (size_t b = 0; b < p->n_baselines; b++) grid_text(&grid, p->baselines[b].kind->name);
    for (size_t i = 0; i < p->n; i++) {
        date = date == DATE_NONE ? DATE_NONE : calendar_next(&p->series.calendar, date);
        grid_date(&grid, date);
        for (size_t b = 0; b < p->n_baselines; b++) grid_price(&grid, baseline(p, b, i + 1));
    }
    text_puts(&console->out, "\n");
    grid_print(&grid, console);
    text_puts(&console->out, "\n");
    report_promise(&console->out, &p->model);
    text_puts(&console->out, "\n");
    if (!p->ledger) return;
    text_puts(&console->out, "ledger: ");
    if (p->live.n) report_verdict(console, p->live.verdict, p->live.rmse, p->live.rmse_naive, p->live.dm.p);
    else text_puts(&console->out, "nothing scored yet\n");
}

static bool tell(Prediction *p, const Arguments *arguments, Console *console, Error *error) {
    Outlook outlook = {0};
    bool ok = forecast(p, arguments, console, error) && keep_ledger(p, arguments, console, error) && look_out(p, &outlook, error);
    if (ok && console->json) ok = write_json(p, console, error);
    else if (ok && console_talks(console)) {
        write_table(p, &outlook, console);
        write_beside(p, console);
    }
    ok = ok && draw(p, &outlook, &arguments->cli, console, error);
    outlook_free(&outlook);
    return ok;
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Prediction p = {0};
    bool ok = prepare(&p, arguments, console, error);
    if (ok && p.model.recipe.objective == OBJECTIVE_DIRECTION)
        ok = picture_refuse_rise(&arguments->cli, error) && rise_predict(&arguments->cli, &p.model, &p.series, &p.engine, console, error);
    else ok = ok && tell(&p, arguments, console, error);
    band_close(&p.band);
    free(p.values);
    series_free(&p.series);
    holidays_free(&p.holidays);
    model_free(&p.model);
    setup_engine_free(&p.engine);
    return ok;
}

static const char *const without[] = {"target", "features", "indicators", "file-order", NULL};

const Command command_predict = {
    .name = "predict",
    .summary = "forecast what follows the last row",
    .usage = "CSV -m MODEL",
    .examples = "lstmfc predict prices.csv -m prices.safetensors\n"
                "lstmfc predict prices.csv -m prices.safetensors --horizon 5 --json\n"
                "lstmfc predict prices.csv -m prices.safetensors --as-of 2023-12-29\n"
                "lstmfc predict prices.csv -m prices.safetensors --ledger prices.ledger\n"
                "lstmfc predict prices.csv -m prices.safetensors --horizon 20 --plot fan.svg",
    .basic = true,
    .recipe_groups = RECIPE_DATA,
    .cli_groups = CLI_MODEL | CLI_FORECAST | CLI_LEVELS | CLI_THREADS | CLI_AGE | CLI_CALENDAR | CLI_LEDGER | CLI_LOCK | CLI_PLOT,
    .without = without,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
