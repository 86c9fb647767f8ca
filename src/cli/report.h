/* report.h - what several commands say in the same words.
 */
#ifndef LSTMFC_CLI_REPORT_H
#define LSTMFC_CLI_REPORT_H

#include "lstmfc/metric.h"
#include "lstmfc/series.h"
#include "lstmfc/skill.h"

#include "console.h"
#include "json.h"

/* The five members mse rmse mae r2 evs, into the object that is open. */
void report_json_scores(Json *json, const Metrics *metrics);

/* The same as an object of its own. */
void report_json_metrics(Json *json, const char *name, const Metrics *metrics);

/* `dm` and `verdict`. */
void report_json_skill(Json *json, const SkillTest *dm, Verdict verdict);

/* "worse than naive: RMSE 3.12 against 1.54 (DM p 0.000)", coloured, on a line of its own. */
void report_verdict(Console *console, Verdict verdict, double rmse, double rmse_naive, double p);

/* What reading the series did without being asked: target chosen, rows turned round, dropped, filled, given twice. */
void report_series(Console *console, const Series *series);

/* "5.07 s", "3 min 20 s". */
const char *report_duration(double seconds, char *buffer, size_t size);

#endif
