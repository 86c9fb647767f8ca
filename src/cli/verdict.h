/* verdict.h - how a standing is told: tables, document, and one sentence.
 */
#ifndef LSTMFC_CLI_VERDICT_H
#define LSTMFC_CLI_VERDICT_H

#include "lstmfc/fan.h"
#include "lstmfc/standing.h"

#include "console.h"
#include "json.h"

/* NAME {statistic, p, p_holm}; p_holm is left out where it is negative. */
void verdict_json_test(Json *json, const char *name, const SkillTest *test, double holm);

/* `pesaran_timmermann`, with hits and base rate. */
void verdict_json_direction(Json *json, const SkillDirection *direction);

/* ratio, skill, mase, rmsse, theil_u, direction, dm, clark_west, pesaran_timmermann, lag, baselines, verdict and sentence, into the object
 * that is open. */
void verdict_json(Json *json, const Standing *standing);

/* coverage, width, winkler, pinball and worst_60, into the object that is open. */
void verdict_json_interval(Json *json, const IntervalScore *score);

/* `intervals` of a model beside naive's, and `crps`. */
void verdict_json_intervals(Json *json, const FanScore *score);

/* The metrics of model and naive; the tests, each with what to look for; the baselines. */
void verdict_table(const Standing *standing, Console *console);

/* The last two; for validate, whose metrics stand in a table of their own. */
void verdict_table_tests(const Standing *standing, Console *console);

void verdict_table_intervals(const FanScore *score, Console *console);

/* "no better than naive: RMSE 1.54 against 1.54, ratio 1.0003 (Diebold-Mariano p 0.41); significantly better than none of drift, ses,
 * seasonal-naive, ar1", coloured, on a line of its own, behind what else a reader should know. */
void verdict_sentence(const Standing *standing, Console *console);

#endif
