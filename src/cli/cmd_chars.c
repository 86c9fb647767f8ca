#include <stdio.h>
#include <string.h>

#include "lstmfc/language.h"
#include "lstmfc/stopwatch.h"

#include "command.h"
#include "grid.h"
#include "json.h"
#include "log.h"
#include "progress.h"
#include "report.h"
#include "setup.h"
#include "stop.h"
#include "suggest.h"

/* ---- train ---- */

typedef struct Fit {
    const Arguments *arguments;
    Console *console;
    Engine engine;
    Corpus corpus;
    Language language;
    Progress progress;
    Json json;
    double start, seconds;
} Fit;

static void put_names(Json *json, const char *name, const char *lines) {
    json_open(json, name, JSON_ARRAY);
    for (const char *at = lines; *at;) {
        const size_t n = strcspn(at, "\n");
        Text one = {0};
        text_append(&one, at, n);
        json_text(json, NULL, one.failed ? NULL : one.data);
        text_free(&one);
        at += n + (at[n] == '\n');
    }
    json_close(json);
}

/* The loss so far, and what the model would write now. The same random numbers each time, so that what changes is the model. */
static bool told(void *context, const Language *language, size_t iteration, double loss, Error *error) {
    Fit *fit = context;
    const CharsOptions *o = &fit->arguments->cli.chars;
    const char *log = fit->arguments->cli.log;
    Text names = {0};
    text_puts(&names, "");
    bool ok = language_sample(language, fit->engine.kernels, o->seed, o->temperature, o->count, &names, error);
    if (ok && log) ok = log_iteration(log, iteration, o->iterations, loss, stopwatch_now() - fit->start, error);
    if (ok && fit->console->json) {
        json_open(&fit->json, NULL, JSON_OBJECT);
        json_count(&fit->json, "iteration", iteration);
        json_number(&fit->json, "loss", loss);
        put_names(&fit->json, "samples", names.data);
        json_close(&fit->json);
    } else if (ok && console_talks(fit->console)) {
        text_printf(&fit->console->out, "iteration %zu, loss %.4f\n%s\n", iteration, loss, names.data);
    }
    text_free(&names);
    return ok;
}

static void progressed(void *context, double share, double loss) {
    Fit *fit = context;
    char words[40];
    snprintf(words, sizeof words, "loss %.4g", loss);
    progress_show(&fit->progress, share, words);
}

static bool train(Fit *fit, Error *error) {
    const CharsOptions *o = &fit->arguments->cli.chars;
    const LanguageOptions options = {.layers = o->layers, .iterations = o->iterations, .lr = o->lr, .clip = o->clip, .seed = o->seed};
    const LanguageWatch watch = {.every = o->every, .told = told, .progress = progressed, .context = fit, .stop = stop_watch()};
    if (!language_init(&fit->language, &fit->corpus, &options, error)) return false;
    fit->start = stopwatch_now();
    progress_begin(&fit->progress, !fit->arguments->cli.quiet && !fit->arguments->cli.no_progress);
    if (fit->console->json) json_open(&fit->json, "losses", JSON_ARRAY);
    bool ok = language_train(&fit->language, &fit->corpus, fit->engine.kernels, &watch, error);
    if (fit->console->json) json_close(&fit->json);
    progress_end(&fit->progress);
    fit->seconds = stopwatch_now() - fit->start;
    return ok && language_write(&fit->language, fit->arguments->cli.model, error);
}

static bool report_json(Fit *fit, Error *error) {
    Json *json = &fit->json;
    json_text(json, "model", fit->arguments->cli.model);
    json_count(json, "examples", fit->corpus.n_examples);
    json_count(json, "letters", fit->corpus.n_letters);
    json_count(json, "longest", fit->corpus.longest);
    json_count(json, "parameters", fit->language.network.n_parameters);
    json_count(json, "iterations", fit->language.options.iterations);
    json_integer(json, "seed", fit->language.options.seed);
    json_number(json, "loss", fit->language.loss);
    json_number(json, "seconds", fit->seconds);
    return json_finish(json, &fit->console->out, error);
}

static void report_table(const Fit *fit) {
    char seconds[32];
    Grid grid = {.align = "ll"};
    grid_text(&grid, "model");
    grid_text(&grid, fit->arguments->cli.model);
    grid_text(&grid, "examples");
    grid_format(&grid, "%zu, of %zu letters, the longest of %zu", fit->corpus.n_examples, fit->corpus.n_letters, fit->corpus.longest);
    grid_text(&grid, "network");
    grid_format(&grid, "%s, %zu parameters", fit->language.options.layers, fit->language.network.n_parameters);
    grid_text(&grid, "iterations");
    grid_format(&grid, "%zu", fit->language.options.iterations);
    grid_text(&grid, "loss");
    grid_format(&grid, "%.4f", fit->language.loss);
    grid_text(&grid, "time");
    grid_text(&grid, report_duration(fit->seconds, seconds, sizeof seconds));
    grid_print(&grid, fit->console);
}

static bool run_train(const Arguments *arguments, Console *console, Error *error) {
    const CliOptions *cli = &arguments->cli;
    if (arguments->n_operands < 2) return error_set(error, ERROR_USAGE, "lstmfc chars train NAMES -m MODEL", "no file to learn from");
    if (!cli->model) return error_set(error, ERROR_USAGE, NULL, "no file given to save the model in: -m MODEL");
    Fit fit = {.arguments = arguments, .console = console};
    FileLock lock = {-1};
    json_init(&fit.json);
    bool ok = setup_engine(&fit.engine, cli, 1, error) && setup_target(cli->model, error) && setup_target(cli->output, error) &&
              (!cli->log || log_check(cli->log, error)) && setup_lock(&lock, cli->model, cli->lock_wait, error) &&
              corpus_read(&fit.corpus, arguments->operands[1], error) && train(&fit, error);
    if (ok && console->json) ok = report_json(&fit, error);
    else if (ok && console_talks(console)) report_table(&fit);
    json_free(&fit.json);
    language_free(&fit.language);
    corpus_free(&fit.corpus);
    setup_engine_free(&fit.engine);
    file_unlock(&lock);
    return ok;
}

/* ---- sample ---- */

static bool report_samples(const Arguments *arguments, const char *names, Console *console, Error *error) {
    Json json;
    if (!console->json) {
        if (console_talks(console)) text_puts(&console->out, names);
        return true;
    }
    json_init(&json);
    json_text(&json, "model", arguments->cli.model);
    json_integer(&json, "seed", arguments->cli.chars.seed);
    put_names(&json, "samples", names);
    return json_finish(&json, &console->out, error);
}

static bool run_sample(const Arguments *arguments, Console *console, Error *error) {
    const CharsOptions *o = &arguments->cli.chars;
    const Setting *other = arguments_given(arguments, CLI_CHARS_TRAIN | CLI_WATCH | CLI_LOCK);
    Language language = {0};
    Engine engine = {0};
    Text names = {0};
    if (other) return error_set(error, ERROR_USAGE, "taken by chars train", "'--%s' is not an option of 'chars sample'", other->name);
    if (arguments->n_operands > 1)
        return error_set(error, ERROR_USAGE, "an option's value follows its name", "'chars sample' takes no file but -m MODEL");
    if (!arguments->cli.model) return error_set(error, ERROR_USAGE, "chars train makes one", "no model given: -m MODEL");
    text_puts(&names, "");
    bool ok = setup_engine(&engine, &arguments->cli, 1, error) && language_read(&language, arguments->cli.model, error) &&
              language_sample(&language, engine.kernels, o->seed, o->temperature, o->count, &names, error) &&
              report_samples(arguments, names.data, console, error);
    text_free(&names);
    language_free(&language);
    setup_engine_free(&engine);
    return ok;
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    const char *verb = arguments->operands[0];
    char shown[64], hint[128];
    if (strcmp(verb, "train") == 0) return run_train(arguments, console, error);
    if (strcmp(verb, "sample") == 0) return run_sample(arguments, console, error);
    Suggestion suggestion = suggest_for(verb);
    suggest_offer(&suggestion, "train");
    suggest_offer(&suggestion, "sample");
    return error_set(error, ERROR_USAGE, suggest_hint(&suggestion, "", "train or sample", hint, sizeof hint), "'chars' cannot '%s'",
                     text_escape(verb, strlen(verb), shown, sizeof shown));
}

const Command command_chars = {
    .name = "chars",
    .summary = "learn to write names, letter by letter",
    .usage = "train NAMES -m MODEL | sample -m MODEL",
    .about =
        "A language model of characters: `train` reads a text file with one example a line and learns what letter follows; `sample` writes new ones. "
        "Upper-case A to Z are read as small letters.",
    .examples = "lstmfc chars train names.txt -m names.safetensors\n"
                "lstmfc chars train names.txt -m names.safetensors --layers rnn:50 --iterations 35000 --log names.log\n"
                "lstmfc chars sample -m names.safetensors -n 7",
    .verbs = "train sample",
    .cli_groups = CLI_MODEL | CLI_CHARS | CLI_CHARS_TRAIN | CLI_WATCH | CLI_LOCK,
    .min_operands = 1,
    .max_operands = 2,
    .run = run,
};
