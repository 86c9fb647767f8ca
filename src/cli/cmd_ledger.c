#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/ledger.h"
#include "lstmfc/memory.h"

#include "command.h"
#include "grid.h"
#include "json.h"
#include "report.h"
#include "setup.h"

enum { LEDGER_SHOWN = 10 };

/* ---- the document ---- */

static void json_step(Json *json, const TrackStep *step) {
    json_count(json, "n", step->n);
    json_number(json, "rmse", step->rmse);
    json_number(json, "mae", step->mae);
    json_open(json, "naive", JSON_OBJECT);
    json_number(json, "rmse", step->rmse_naive);
    json_number(json, "mae", step->mae_naive);
    json_close(json);
    json_number(json, "skill", step->skill);
    json_number(json, "direction", step->direction);
    report_json_skill(json, &step->dm, step->verdict);
}

static void json_steps(Json *json, const Track *track) {
    json_open(json, "steps", JSON_ARRAY);
    for (size_t i = 0; i < track->n_steps; i++) {
        json_open(json, NULL, JSON_OBJECT);
        json_count(json, "step", track->steps[i].step);
        json_step(json, &track->steps[i]);
        json_close(json);
    }
    json_close(json);
}

static void json_levels(Json *json, const Track *track) {
    json_open(json, "intervals", JSON_ARRAY);
    for (size_t l = 0; l < track->n_levels; l++) {
        const TrackLevel *level = &track->levels[l];
        json_open(json, NULL, JSON_OBJECT);
        json_number(json, "level", 100 * level->level);
        json_count(json, "n", level->score.n);
        json_number(json, "coverage", level->score.coverage);
        json_number(json, "coverage_plain", level->plain);
        json_number(json, "worst", level->score.worst);
        json_number(json, "width", level->score.width);
        json_number(json, "winkler", level->score.winkler);
        json_number(json, "alpha", level->alpha);
        json_close(json);
    }
    json_close(json);
}

static void json_row(Json *json, const LedgerEntry *entry) {
    json_open(json, NULL, JSON_OBJECT);
    json_date(json, "as_of", entry->as_of);
    json_date(json, "date", entry->date);
    json_count(json, "step", entry->step);
    json_number(json, "value", entry->value);
    json_number(json, "naive", entry->naive);
    json_number(json, "actual", entry->actual);
    json_text(json, "model", entry->model);
    json_close(json);
}

static bool write_json(const Ledger *ledger, const Track *track, const LedgerEntry *const *rows, size_t n_rows, Console *console,
                       Error *error) {
    const TrackStep none = {.rmse = NAN,
                            .mae = NAN,
                            .rmse_naive = NAN,
                            .mae_naive = NAN,
                            .skill = NAN,
                            .direction = NAN,
                            .dm = {0, 1},
                            .verdict = VERDICT_NO_BETTER};
    Json json;
    json_init(&json);
    json_text(&json, "ledger", ledger->path);
    json_text(&json, "target", ledger->target);
    json_count(&json, "models", track->n_models);
    json_count(&json, "forecasts", track->n_forecasts);
    json_count(&json, "scored", track->n_scored);
    json_count(&json, "pending", track->n_pending);
    json_count(&json, "without_row", track->n_without_row);
    json_count(&json, "in_sample", track->n_in_sample);
    json_date(&json, "from", track->from);
    json_date(&json, "to", track->to);
    json_step(&json, track_first(track) ? track_first(track) : &none);
    json_levels(&json, track);
    report_json_drift(&json, &track->drift);
    json_steps(&json, track);
    json_open(&json, "rows", JSON_ARRAY);
    for (size_t i = 0; i < n_rows; i++) json_row(&json, rows[i]);
    json_close(&json);
    return json_finish(&json, &console->out, error);
}

/* ---- the report ---- */

static void write_head(const Ledger *ledger, const Track *track, Console *console) {
    char from[DATE_TEXT], to[DATE_TEXT];
    Grid grid = {.align = "ll"};
    grid_text(&grid, "ledger");
    grid_text(&grid, ledger->path);
    grid_text(&grid, "target");
    grid_text(&grid, ledger->target ? ledger->target : "-");
    grid_text(&grid, "forecasts");
    grid_format(&grid, "%zu of %zu model%s: %zu scored, %zu pending", track->n_forecasts, track->n_models, track->n_models == 1 ? "" : "s",
                track->n_scored, track->n_pending);
    if (track->n_without_row) {
        grid_text(&grid, "no row");
        grid_format(&grid, "%zu pending although later rows have come: no session that day, or a hole in the data", track->n_without_row);
    }
    if (track->n_in_sample) {
        grid_text(&grid, "in sample");
        grid_format(&grid, "%zu of a model trained on later rows: left out below", track->n_in_sample);
    }
    if (track->from != DATE_NONE) {
        grid_text(&grid, "one step");
        grid_format(&grid, "%zu scored, %s to %s", track->steps[0].n, date_format(track->from, from), date_format(track->to, to));
    }
    grid_print(&grid, console);
}

static void write_steps(const Track *track, Console *console) {
    Grid grid = {.align = "rrrrrrrl", .header = true};
    static const char *const titles[] = {"step", "n", "RMSE", "naive", "skill", "direction", "DM p", ""};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) grid_text(&grid, titles[i]);
    for (size_t i = 0; i < track->n_steps; i++) {
        const TrackStep *step = &track->steps[i];
        grid_format(&grid, "%zu", step->step);
        grid_format(&grid, "%zu", step->n);
        grid_number(&grid, step->rmse);
        grid_number(&grid, step->rmse_naive);
        grid_number(&grid, step->skill);
        grid_percent(&grid, step->direction);
        grid_format(&grid, "%.3f", step->dm.p);
        grid_text(&grid, skill_verdict_name(step->verdict));
    }
    grid_print(&grid, console);
}

static void write_levels(const Track *track, Console *console) {
    Grid grid = {.align = "rrrrrr", .header = true};
    static const char *const titles[] = {"level", "n", "coverage", "without adapting", "mean width", "misses allowed next"};
    if (track->n_levels == 0) return;
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) grid_text(&grid, titles[i]);
    for (size_t l = 0; l < track->n_levels; l++) {
        const TrackLevel *level = &track->levels[l];
        grid_format(&grid, "%g %%", 100 * level->level);
        grid_format(&grid, "%zu", level->score.n);
        grid_percent(&grid, level->score.coverage);
        grid_percent(&grid, level->plain);
        grid_price(&grid, level->score.width);
        grid_percent(&grid, level->alpha);
    }
    grid_print(&grid, console);
}

static void write_rows(const LedgerEntry *const *rows, size_t n, Console *console) {
    Grid grid = {.align = "llrrrr", .header = true};
    static const char *const titles[] = {"as of", "date", "step", "forecast", "naive", "actual"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) grid_text(&grid, titles[i]);
    for (size_t i = 0; i < n; i++) {
        grid_date(&grid, rows[i]->as_of);
        grid_date(&grid, rows[i]->date);
        grid_format(&grid, "%zu", rows[i]->step);
        grid_price(&grid, rows[i]->value);
        grid_price(&grid, rows[i]->naive);
        if (isnan(rows[i]->actual)) grid_text(&grid, "pending");
        else grid_price(&grid, rows[i]->actual);
    }
    grid_print(&grid, console);
}

static void write_drift(const TrackDrift *drift, Console *console) {
    if (!drift->tested) {
        text_printf(&console->out, "drift: not tested before %d rows are scored\n", 2 * TRACK_RECENT);
        return;
    }
    console_paint(console, drift->alarm ? PAINT_BAD : PAINT_GOOD, drift->alarm ? "drift alarm" : "no drift");
    text_printf(&console->out, ": errors of the last %d rows are %.2f times those before, for their volatility (p %.2g)\n", TRACK_RECENT,
                drift->ratio, drift->p);
}

static void write_report(const Ledger *ledger, const Track *track, const LedgerEntry *const *rows, size_t n_rows, Console *console) {
    const TrackStep *first = track_first(track);
    write_head(ledger, track, console);
    if (track->n_steps) {
        text_puts(&console->out, "\n");
        write_steps(track, console);
    }
    if (track->n_levels) {
        text_puts(&console->out, "\n");
        write_levels(track, console);
    }
    if (n_rows) {
        text_puts(&console->out, "\n");
        write_rows(rows, n_rows, console);
    }
    text_puts(&console->out, "\n");
    if (first) report_verdict(console, first->verdict, first->rmse, first->rmse_naive, first->dm.p);
    write_drift(&track->drift, console);
}

/* ---- the run ---- */

/* The last forecasts that count. */
static size_t last_rows(const Ledger *ledger, const LedgerEntry **rows) {
    size_t n = 0, i = 0;
    for (const LedgerEntry *entry; (entry = ledger_next(ledger, &i, NULL));) {
        if (n == LEDGER_SHOWN) memmove(rows, rows + 1, --n * sizeof *rows);
        rows[n++] = entry;
    }
    return n;
}

static bool score(Ledger *ledger, const Arguments *arguments, Console *console, Error *error) {
    Recipe recipe;
    Series series = {0};
    LedgerArrival arrival = {0};
    if (arguments->n_operands < 2 || !ledger->target) return true;
    recipe_defaults(&recipe);
    bool ok = arguments_apply(arguments, &recipe, error) && recipe_check(&recipe, error);
    recipe.target = ledger->target;
    SeriesOptions options = setup_series_options(&recipe);
    ok = ok && series_read(&series, arguments->operands[1], &options, error) && ledger_score(ledger, &series, &arrival, error);
    if (ok && arrival.n_scored) console_note(console, "%zu scored", arrival.n_scored);
    if (ok && arrival.n_restated)
        console_note(console, "%zu not scored: the value they were made from has changed in the file", arrival.n_restated);
    series_free(&series);
    return ok;
}

/* Only predict makes a ledger. */
static bool open_ledger(Ledger *ledger, const Arguments *arguments, Error *error) {
    const char *path = arguments->operands[0];
    if (!ledger_open(ledger, path, false, 0, error) || arguments->n_operands == 1) return error->code == ERROR_NONE;
    ledger_close(ledger);
    return ledger_open(ledger, path, true, arguments->cli.lock_wait, error);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Ledger ledger;
    Track track;
    const LedgerEntry *rows[LEDGER_SHOWN];
    bool ok = open_ledger(&ledger, arguments, error);
    if (ok && ledger.torn) console_note(console, "line %zu was not written whole and is left out", ledger.torn);
    ok = ok && score(&ledger, arguments, console, error) && track_init(&track, &ledger, error);
    const size_t n_rows = ok ? last_rows(&ledger, rows) : 0;
    if (ok && console->json) ok = write_json(&ledger, &track, rows, n_rows, console, error);
    else if (ok && console_talks(console)) write_report(&ledger, &track, rows, n_rows, console);
    ledger_close(&ledger);
    return ok;
}

static const char *const without[] = {"target", "features", "indicators", "file-order", NULL};

const Command command_ledger = {
    .name = "ledger",
    .summary = "how the forecasts of predict --ledger have fared",
    .usage = "FILE [CSV]",
    .about =
        "Prints the track record of forecasts that were written down before their row was known. With a CSV, those whose row has arrived in it are scored first. "
        "Errors that have grown raise a drift alarm: squared errors of the last 60 rows, each over the variance expected of it, against all before, Welch's t, one-sided at 1 %.",
    .examples = "lstmfc ledger prices.ledger\n"
                "lstmfc ledger prices.ledger prices.csv --json",
    .recipe_groups = RECIPE_DATA,
    .cli_groups = CLI_LOCK,
    .without = without,
    .min_operands = 1,
    .max_operands = 2,
    .run = run,
};
