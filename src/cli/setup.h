/* setup.h - from options to what the lower floors want: recipe, series, engine.
 */
#ifndef LSTMFC_CLI_SETUP_H
#define LSTMFC_CLI_SETUP_H

#include "lstmfc/file.h"
#include "lstmfc/forecast.h"
#include "lstmfc/holidays.h"
#include "lstmfc/preset.h"

#include "argument.h"

/* By name. NULL with ERROR_USAGE, which suggests the nearest. */
const Preset *setup_preset(const char *name, Error *error);

/* Our own recipe, then --preset, then the options given; checked as a whole. */
bool setup_recipe(Recipe *recipe, const Arguments *arguments, Error *error);

/* How a recipe wants a series read. */
SeriesOptions setup_series_options(const Recipe *recipe);

/* The model of --model, and the series it wants from the file given: data settings are the model's, then the options; bounds of dates only
 * the options'. Both are the caller's to free, also on failure. */
bool setup_model(Model *model, const Arguments *arguments, Error *error);
bool setup_model_series(Series *series, const Model *model, const Arguments *arguments, Error *error);

/* Gives the series the calendar of --calendar and the days of --holidays, which it borrows. */
bool setup_calendar(Series *series, Holidays *holidays, const CliOptions *options, Error *error);

/* False where a file of this name could not be made, so that hours of work do not end in it. NULL is fine. ERROR_FILE. */
bool setup_target(const char *path, Error *error);

/* The lock of who writes the file of this name; none where it is a device or a pipe. ERROR_LOCKED. */
bool setup_lock(FileLock *lock, const char *path, double seconds, Error *error);

/* Kernels by LSTMFC_ISA and a pool of --threads workers, `otherwise` (0 = all processors) where not given. */
bool setup_engine(Engine *engine, const CliOptions *options, size_t otherwise, Error *error);
void setup_engine_free(Engine *engine);

#endif
