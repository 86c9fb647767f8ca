#include "option.h"

static const char *const color_names[] = {"auto", "never", "always", NULL};
static const char *const mode_names[] = {"one-step", "path", NULL};

#define FIELD(name) .offset = offsetof(CliOptions, name)

const Setting cli_settings[] = {
    {.name = "model", .letter = 'm', .kind = SETTING_TEXT, FIELD(model), .argument = "FILE", .group = CLI_MODEL, .help = "the model file"},
    {.name = "preset", .kind = SETTING_TEXT, FIELD(preset), .argument = "NAME", .group = CLI_PRESET,
     .help = "start from a published recipe instead of ours; 'lstmfc presets' lists them"},
    {.name = "horizon", .kind = SETTING_COUNT, FIELD(steps), .argument = "N", .minimum = 1, .maximum = 100000, .group = CLI_FORECAST,
     .help = "steps to forecast (the model's horizon where not given); beyond it forecasts are fed back in"},
    {.name = "as-of", .kind = SETTING_DATE, FIELD(as_of), .argument = "DATE", .group = CLI_FORECAST,
     .help = "pretend that rows after this date do not exist"},
    {.name = "from", .kind = SETTING_DATE, FIELD(from), .argument = "DATE", .group = CLI_SCORE, .help = "first target to score"},
    {.name = "to", .kind = SETTING_DATE, FIELD(to), .argument = "DATE", .group = CLI_SCORE, .help = "last target to score"},
    {.name = "mode", .kind = SETTING_CHOICE, FIELD(mode), .choices = mode_names, .fallback = "one-step", .group = CLI_SCORE,
     .help = "path: each forecast is fed back in, without looking at later rows"},
    {.name = "predictions", .kind = SETTING_TEXT, FIELD(predictions), .argument = "FILE", .group = CLI_SCORE,
     .help = "write date,actual,forecast,naive and the intervals' bounds of every row scored"},
    {.name = "require-skill", .kind = SETTING_SWITCH, FIELD(require_skill), .group = CLI_SCORE,
     .help = "exit with 6 unless the verdict is 'better than naive'"},
    {.name = "level", .kind = SETTING_TEXT, FIELD(levels), .argument = "PERCENT,..", .fallback = "80,95", .group = CLI_LEVELS,
     .help = "levels of the prediction intervals"},
    {.name = "leak-check", .kind = SETTING_SWITCH, FIELD(leak_check), .group = CLI_SCORE,
     .help = "change later rows and demand the same forecasts"},
    {.name = "splits", .kind = SETTING_TEXT, FIELD(splits), .argument = "FILE", .group = CLI_SPLITS, .help = "write one row a split: dates and metrics"},
    {.name = "threads", .kind = SETTING_COUNT, FIELD(threads), .argument = "N", .minimum = 1, .maximum = 1024, .group = CLI_THREADS,
     .help = "threads to use (environment: LSTMFC_THREADS); results do not depend on it"},
    {.name = "json", .kind = SETTING_SWITCH, FIELD(json), .group = CLI_COMMON, .help = "one JSON document on standard output"},
    {.name = "quiet", .letter = 'q', .kind = SETTING_SWITCH, FIELD(quiet), .group = CLI_COMMON, .help = "print nothing on success"},
    {.name = "no-progress", .kind = SETTING_SWITCH, FIELD(no_progress), .group = CLI_WATCH, .help = "no progress bar on the terminal"},
    {.name = "log", .kind = SETTING_TEXT, FIELD(log), .argument = "FILE", .group = CLI_WATCH, .help = "append JSON lines, one an epoch or split"},
    {.name = "output", .letter = 'o', .kind = SETTING_TEXT, FIELD(output), .argument = "FILE", .group = CLI_COMMON,
     .help = "write to this file what would go to standard output"},
    {.name = "color", .kind = SETTING_CHOICE, FIELD(color), .choices = color_names, .fallback = "auto", .group = CLI_COMMON,
     .help = "colours (NO_COLOR is honoured)"},
    {.name = "help", .letter = 'h', .kind = SETTING_SWITCH, FIELD(help), .group = CLI_COMMON, .help = "show this help"},
};

const size_t cli_n_settings = sizeof cli_settings / sizeof cli_settings[0];
