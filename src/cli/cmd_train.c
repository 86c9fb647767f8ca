#include <math.h>

#include "lstmfc/fit.h"
#include "command.h"
#include "freshness.h"
#include "grid.h"
#include "json.h"
#include "picture.h"
#include "report.h"
#include "setup.h"
#include "watch.h"

/* All that a training holds. */
typedef struct Training {
    const char *path;
    Recipe recipe;
    Engine engine;
    Series series;
    Model model;
    RowRange rows;
    FitReport fit;
    FileLock lock;
    Watch watch;
    Checkpoint checkpoint;
    bool unchanged; /* `model` is the one that was there */
} Training;

static bool prepare(Training *t, const Arguments *arguments, Console *console, Error *error) {
    const CliOptions *cli = &arguments->cli;
    t->path = cli->model;
    if (!t->path) return error_set(error, ERROR_USAGE, NULL, "no file given to save the model in: -m MODEL");
    if (!setup_recipe(&t->recipe, arguments, error) || !setup_engine(&t->engine, cli, 0, error)) return false;
    if (!setup_target(t->path, error) || !setup_target(cli->output, error) || !picture_check(cli, error) ||
        !setup_lock(&t->lock, t->path, cli->lock_wait, error))
        return false;
    const SeriesOptions options = setup_series_options(&t->recipe);
    if (!series_read(&t->series, arguments->operands[0], &options, error)) return false;
    report_series(console, &t->series);
    report_leaks(console, &t->recipe);
    return true;
}

/* The model that is there takes the new one's place, with the figures it reached. */
static void keep(Training *t, Model *found) {
    const ModelTraining *training = &found->training;
    model_free(&t->model);
    t->model = *found;
    t->unchanged = true;
    t->fit = (FitReport){.n_windows = training->n_windows,
                         .n_val_windows = training->n_val_windows,
                         .epochs = training->epochs,
                         .best_epoch = training->best_epoch,
                         .loss_train = training->loss_train,
                         .loss_val = training->loss_val,
                         .windows_per_second = (double)NAN};
}

static bool lay_out(Training *t, const CliOptions *cli, Console *console, Error *error) {
    Model found;
    const char *reason;
    if (!model_init(&t->model, &t->recipe, &t->series, error) || !fit_training_rows(&t->recipe, &t->series, &t->rows, error)) return false;
    if (!cli->if_changed) return true;
    if (freshness_unchanged(&t->model, &t->series, t->rows, t->path, &found, &reason)) keep(t, &found);
    else console_note(console, "%s is trained: %s", t->path, reason);
    return true;
}

/* Without --resume a run of less than a second or so never writes one. */
static const double checkpoint_seconds = 1;

static size_t epochs_kept(const Checkpoint *checkpoint) {
    size_t epochs = 0;
    for (size_t i = 0; i < checkpoint->n_jobs; i++) epochs += checkpoint->jobs[i].epoch;
    return epochs;
}

/* A model that goes to a device or a pipe, which has no lock, has no checkpoint either. */
static bool open_checkpoint(Training *t, const CliOptions *cli, Console *console, Error *error) {
    Checkpoint *c = &t->checkpoint;
    if (t->lock.descriptor < 0) return true;
    if (!checkpoint_init(c, &t->model, &t->series, t->rows.first, t->rows.last, t->engine.kernels->name, t->path,
                         cli->resume ? 0 : checkpoint_seconds, error))
        return false;
    t->engine.checkpoint = c;
    const bool exists = checkpoint_exists(c);
    if (exists && !cli->resume)
        console_note(console, "training was broken off here before: --resume goes on with it, this run begins anew");
    if (!exists && cli->resume) console_note(console, "no checkpoint is there: training begins anew");
    if (!exists || !cli->resume) return true;
    if (!checkpoint_read(c, error)) return false;
    console_note(console, "going on where training was broken off: %zu epochs are done", epochs_kept(c));
    return true;
}

static void say_stopped(const Training *t, Error *error) {
    if (error->code != ERROR_STOPPED || !t->checkpoint.written) return;
    *error = (Error){0};
    error_set(error, ERROR_STOPPED, "the same command with --resume goes on", "stopped, a checkpoint is kept");
}

static bool fit(Training *t, const CliOptions *cli, Error *error) {
    if (!watch_begin(&t->watch, cli, error)) return false;
    t->engine.watch = watch_fit(&t->watch);
    bool ok = fit_rows(&t->model, &t->series, t->rows, &t->engine, &t->fit, error) && model_write(&t->model, t->path, error);
    if (ok && t->engine.checkpoint) checkpoint_remove(&t->checkpoint);
    if (!ok) say_stopped(t, error);
    return watch_end(&t->watch, error) && ok;
}

static bool draw(const Training *t, const CliOptions *cli, Console *console, Error *error) {
    Plot plot = {0};
    if (!cli->plot) return true;
    if (t->unchanged) {
        console_note(console, "nothing was trained: no picture drawn");
        return true;
    }
    const bool made = picture_losses(&plot, t->watch.epochs, t->watch.n_epochs, recipe_loss(&t->recipe).kind->name, error);
    return picture_show(&plot, made, cli, "Training", console, error);
}

static bool write_json(const Training *t, Console *console, Error *error) {
    const ModelTraining *training = &t->model.training;
    Json json;
    json_init(&json);
    json_text(&json, "model", t->path);
    json_bool(&json, "changed", !t->unchanged);
    json_text(&json, "target", t->series.names[0]);
    json_date(&json, "from", training->from);
    json_date(&json, "to", training->to);
    json_count(&json, "rows", training->n_rows);
    json_count(&json, "windows", t->fit.n_windows);
    json_count(&json, "val_windows", t->fit.n_val_windows);
    json_count(&json, "parameters", model_parameters(&t->model));
    json_count(&json, "members", t->model.n_members);
    json_integer(&json, "seed", t->recipe.seed);
    json_count(&json, "epochs", t->fit.epochs);
    json_count(&json, "best_epoch", t->fit.best_epoch);
    json_open(&json, "loss", JSON_OBJECT);
    json_number(&json, "train", t->fit.loss_train);
    json_number(&json, "val", t->fit.loss_val);
    json_close(&json);
    json_number(&json, "naive_ratio", t->model.training.naive_ratio);
    json_bool(&json, "naive", model_is_naive(&t->model));
    json_number(&json, "seconds", t->fit.seconds);
    json_number(&json, "windows_per_second", t->fit.windows_per_second);
    return json_finish(&json, &console->out, error);
}

static void write_table(const Training *t, Console *console) {
    const ModelTraining *training = &t->model.training;
    char from[DATE_TEXT], to[DATE_TEXT], seconds[32];
    Grid grid = {.align = "ll"};
    grid_text(&grid, "model");
    grid_text(&grid, t->path);
    grid_text(&grid, "target");
    grid_format(&grid, "%s, %zu rows %s to %s", t->series.names[0], training->n_rows, date_format(training->from, from),
                date_format(training->to, to));
    grid_text(&grid, "windows");
    if (t->fit.n_val_windows) grid_format(&grid, "%zu, and %zu to stop by", t->fit.n_windows, t->fit.n_val_windows);
    else grid_format(&grid, "%zu", t->fit.n_windows);
    grid_text(&grid, "parameters");
    report_parameters(&grid, &t->model);
    grid_text(&grid, "epochs");
    grid_format(&grid, "%zu, best %zu", t->fit.epochs, t->fit.best_epoch);
    grid_text(&grid, "loss");
    if (t->fit.n_val_windows) grid_format(&grid, "%.6g, validation %.6g", t->fit.loss_train, t->fit.loss_val);
    else grid_format(&grid, "%.6g", t->fit.loss_train);
    grid_text(&grid, "time");
    grid_format(&grid, "%s, %.0f windows/s", report_duration(t->fit.seconds, seconds, sizeof seconds), t->fit.windows_per_second);
    grid_print(&grid, console);
    report_promise(&console->out, &t->model);
    text_puts(&console->out, "\n");
}

static void write_unchanged(const Training *t, Console *console) {
    char to[DATE_TEXT];
    text_printf(&console->out, "%s is up to date: same settings, same %zu rows to %s\n", t->path, t->model.training.n_rows,
                date_format(t->model.training.to, to));
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    Training t = {.lock = {-1}};
    bool ok = prepare(&t, arguments, console, error) && lay_out(&t, &arguments->cli, console, error) &&
              (t.unchanged || (open_checkpoint(&t, &arguments->cli, console, error) && fit(&t, &arguments->cli, error)));
    if (ok) report_interval(console, &t.model);
    if (ok && console->json) ok = write_json(&t, console, error);
    else if (ok && console_talks(console) && t.unchanged) write_unchanged(&t, console);
    else if (ok && console_talks(console)) write_table(&t, console);
    ok = ok && draw(&t, &arguments->cli, console, error);
    watch_free(&t.watch);
    checkpoint_free(&t.checkpoint);
    model_free(&t.model);
    series_free(&t.series);
    setup_engine_free(&t.engine);
    file_unlock(&t.lock);
    return ok;
}

const Command command_train = {
    .name = "train",
    .summary = "fit a network to a series and save it",
    .usage = "CSV -m MODEL",
    .examples = "lstmfc train prices.csv -m prices.safetensors --train-to 2023-12-31\n"
                "lstmfc train prices.csv -m high.safetensors --target High --layers '2*(lstm:50,dropout:0.2)' --epochs 50\n"
                "lstmfc train prices.csv -m classic.safetensors --preset classic --seed 7\n"
                "lstmfc train prices.csv -m prices.safetensors --if-changed --lock-wait 600 -q\n"
                "lstmfc train prices.csv -m prices.safetensors --plot losses.svg\n"
                "lstmfc train prices.csv -m prices.safetensors --resume",
    .basic = true,
    .recipe_groups = RECIPE_DATA | RECIPE_SPLIT | RECIPE_NETWORK | RECIPE_FIT,
    .cli_groups = CLI_MODEL | CLI_PRESET | CLI_THREADS | CLI_WATCH | CLI_LOCK | CLI_CHANGED | CLI_PLOT | CLI_RESUME,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
