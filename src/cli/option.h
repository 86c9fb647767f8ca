/* option.h - the options that belong to the command line alone, one row each; those that decide a fit stand in lstmfc/recipe.h.
 */
#ifndef LSTMFC_CLI_OPTION_H
#define LSTMFC_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lstmfc/date.h"
#include "lstmfc/setting.h"

#define AGE_ANY SIZE_MAX

typedef enum ColorWhen { COLOR_AUTO, COLOR_NEVER, COLOR_ALWAYS } ColorWhen;

typedef struct CharsOptions {
    const char *layers;
    size_t iterations, every, count;
    double lr, clip, temperature;
    uint64_t seed;
} CharsOptions;

typedef struct CliOptions {
    bool help, json, quiet, no_progress, leak_check, require_skill, importance, resume, if_changed, no_config, dry_run;
    int color; /* ColorWhen */
    int mode;  /* EvaluationMode */
    const char *output, *log, *model, *preset, *predictions, *splits, *levels, *ledger;
    double lock_wait; /* seconds */
    size_t threads; /* 0 = not given */
    size_t steps;   /* predict --horizon; 0 = the model's */
    const char *holidays;
    int calendar; /* place in calendar_names */
    const char *fix;
    size_t max_age; /* sessions; AGE_ANY = not given */
    Date now;       /* DATE_NONE = today */
    Date as_of;
    Date from, to;  /* targets that evaluate scores */
    size_t paths;   /* rows of each of evaluate's paths; 0 = none */
    const char *presets, *kinds; /* of compare: lists */
    size_t trials;               /* of tune */
    double holdout;
    const char *plot, *config;
    CharsOptions chars;
} CliOptions;

/* Which commands take a row, and under which title help shows it. */
enum {
    CLI_COMMON = 1,    /* every command */
    CLI_WATCH = 2,     /* what fits: progress and log */
    CLI_THREADS = 4,
    CLI_MODEL = 8,
    CLI_PRESET = 16,
    CLI_FORECAST = 32,
    CLI_SCORE = 64,
    CLI_SPLITS = 128,
    CLI_LEVELS = 256,
    CLI_LEDGER = 512,
    CLI_LOCK = 1024,
    CLI_CHANGED = 2048,
    CLI_AGE = 4096,
    CLI_COMPARE = 8192,
    CLI_TUNE = 16384,
    CLI_PLOT = 32768,
    CLI_RESUME = 65536,
    CLI_CHARS = 131072,
    CLI_CHARS_TRAIN = 262144,
    CLI_CALENDAR = 524288,
    CLI_FIX = 1048576
};

extern const Setting cli_settings[];
extern const size_t cli_n_settings;

#endif
