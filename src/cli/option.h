/* option.h - the options that belong to the command line alone, one row each; those that decide a fit stand in lstmfc/recipe.h.
 */
#ifndef LSTMFC_CLI_OPTION_H
#define LSTMFC_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/date.h"
#include "lstmfc/setting.h"

typedef enum ColorWhen { COLOR_AUTO, COLOR_NEVER, COLOR_ALWAYS } ColorWhen;

typedef struct CliOptions {
    bool help, json, quiet, no_progress, leak_check, require_skill;
    int color; /* ColorWhen */
    int mode;  /* EvaluationMode */
    const char *output, *log, *model, *preset, *predictions, *splits, *levels;
    size_t threads; /* 0 = not given */
    size_t steps;   /* predict --horizon; 0 = the model's */
    Date as_of;
    Date from, to;  /* targets that evaluate scores */
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
    CLI_LEVELS = 256
};

extern const Setting cli_settings[];
extern const size_t cli_n_settings;

#endif
