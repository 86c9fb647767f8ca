/* report.h - what several commands say in the same words.
 */
#ifndef LSTMFC_CLI_REPORT_H
#define LSTMFC_CLI_REPORT_H

#include "lstmfc/metric.h"
#include "lstmfc/model.h"
#include "lstmfc/series.h"
#include "lstmfc/skill.h"
#include "lstmfc/track.h"

#include "console.h"
#include "grid.h"
#include "json.h"

/* The five members mse rmse mae r2 evs, into the object that is open. */
void report_json_scores(Json *json, const Metrics *metrics);

/* The same as an object of its own. */
void report_json_metrics(Json *json, const char *name, const Metrics *metrics);

/* `dm` and `verdict`. */
void report_json_skill(Json *json, const SkillTest *dm, Verdict verdict);

/* "worse than naive: RMSE 3.12 against 1.54 (DM p 0.000)", coloured, on a line of its own. */
void report_verdict(Console *console, Verdict verdict, double rmse, double rmse_naive, double p);

/* What a model was trained to, in words: the RMSE of its rolling origins as a share of naive's; that nothing beat naive; or that it was not
 * measured. Appends. */
void report_promise(Text *text, const Model *model);

/* `drift`: alarm, statistic, p. */
void report_json_drift(Json *json, const TrackDrift *drift);

/* "prices.csv High" into the output: the beginning of a title. */
void report_title(Console *console, const Series *series);

/* What reading the series did without being asked: target chosen, rows turned round, dropped, filled, given twice. */
void report_series(Console *console, const Series *series);

/* A recipe that lets training see what it is scored on says so. */
void report_leaks(Console *console, const Recipe *recipe);

/* A model whose intervals are a network's, although no network is left in its forecasts, says so. */
void report_interval(Console *console, const Model *model);

/* A setting as what it is: a number, a switch, text; "" = null. */
void report_json_setting(Json *json, const char *name, const Setting *setting, const char *text);

/* The settings stored in a model: `settings`, an object of text, numbers and switches as they are; or a table. */
void report_json_settings(Json *json, const Recipe *recipe);
void report_settings(Console *console, const Recipe *recipe);

/* "3297", "3297 in each of 3 networks" or "7714 in one network of each of 2 kinds, 6 in all" into the grid. */
void report_parameters(Grid *grid, const Model *model);

/* "5.07 s", "3 min 20 s". */
const char *report_duration(double seconds, char *buffer, size_t size);

#endif
