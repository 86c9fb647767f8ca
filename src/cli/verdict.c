#include "verdict.h"

#include <math.h>

#include "grid.h"
#include "report.h"

/* ---- the sentence ---- */

/* "significantly better than drift, ses and worse than none of the others" in as few words as it takes. */
static void put_others(Text *text, const Standing *s) {
    static const char *const words[] = {[VERDICT_BETTER] = "better than", [VERDICT_WORSE] = "worse than"};
    size_t told = 0;
    for (int verdict = VERDICT_BETTER; verdict <= VERDICT_WORSE; verdict++) {
        size_t n = 0;
        for (size_t i = 1; i < s->n_baselines && verdict != VERDICT_NO_BETTER; i++) {
            if (s->baselines[i].verdict != (Verdict)verdict) continue;
            if (n == 0) text_printf(text, "%s %s", told ? "," : "; significantly", words[verdict]);
            text_printf(text, "%s %s", n ? "," : "", s->baselines[i].kind->name);
            n++;
        }
        told += n;
    }
    if (s->n_baselines > 1 && told == 0) text_puts(text, "; not to be told from any of the other simple forecasts");
}

/* What follows the verdict's name. */
static void put_words(Text *text, const Standing *s) {
    text_printf(text, ": RMSE %.4g against %.4g", s->model.value[METRIC_RMSE], s->naive.value[METRIC_RMSE]);
    if (isfinite(s->ratio)) text_printf(text, ", ratio %.4f", s->ratio);
    text_printf(text, " (DM p %.3f)", s->dm.p);
    put_others(text, s);
}

/* ---- the document ---- */

void verdict_json_test(Json *json, const char *name, const SkillTest *test, double holm) {
    json_open(json, name, JSON_OBJECT);
    json_number(json, "statistic", test->statistic);
    json_number(json, "p", test->p);
    if (!(holm < 0)) json_number(json, "p_holm", holm);
    json_close(json);
}

static void json_baselines(Json *json, const Standing *s) {
    json_open(json, "baselines", JSON_ARRAY);
    for (size_t i = 0; i < s->n_baselines; i++) {
        const StandingBaseline *b = &s->baselines[i];
        json_open(json, NULL, JSON_OBJECT);
        json_text(json, "name", b->kind->name);
        report_json_scores(json, &b->metrics);
        json_number(json, "ratio", b->ratio);
        verdict_json_test(json, "dm", &b->dm, b->holm);
        json_close(json);
    }
    json_close(json);
}

void verdict_json_direction(Json *json, const SkillDirection *direction) {
    json_open(json, "pesaran_timmermann", JSON_OBJECT);
    json_number(json, "statistic", direction->test.statistic);
    json_number(json, "p", direction->test.p);
    json_count(json, "n", direction->n);
    json_number(json, "hit", direction->hit);
    json_number(json, "base", direction->base);
    json_close(json);
}

static void json_lag(Json *json, const SkillLag *lag) {
    json_open(json, "lag", JSON_OBJECT);
    json_count(json, "lag", lag->lag);
    json_number(json, "change_correlation", lag->change);
    json_number(json, "p", lag->p);
    json_bool(json, "shifted", lag->shifted);
    json_close(json);
}

void verdict_json(Json *json, const Standing *s) {
    Text words = {0};
    text_puts(&words, skill_verdict_name(s->verdict));
    put_words(&words, s);
    json_number(json, "ratio", s->ratio);
    json_number(json, "skill", s->skill);
    json_number(json, "mase", s->mase);
    json_number(json, "rmsse", s->rmsse);
    json_number(json, "theil_u", s->theil_u);
    json_number(json, "direction", s->direction);
    report_json_skill(json, &s->dm, s->verdict);
    json_text(json, "sentence", words.failed ? NULL : words.data);
    verdict_json_test(json, "clark_west", &s->clark_west, -1);
    verdict_json_direction(json, &s->direction_test);
    json_lag(json, &s->lag);
    json_baselines(json, s);
    text_free(&words);
}

void verdict_json_interval(Json *json, const IntervalScore *score) {
    json_number(json, "coverage", score->coverage);
    json_number(json, "width", score->width);
    json_number(json, "winkler", score->winkler);
    json_number(json, "pinball", score->pinball);
    json_number(json, "worst_60", score->worst);
}

void verdict_json_intervals(Json *json, const FanScore *score) {
    json_open(json, "intervals", JSON_ARRAY);
    for (size_t l = 0; l < score->n_levels; l++) {
        json_open(json, NULL, JSON_OBJECT);
        json_number(json, "level", 100 * score->intervals[l].level);
        verdict_json_interval(json, &score->intervals[l].model);
        json_open(json, "naive", JSON_OBJECT);
        verdict_json_interval(json, &score->intervals[l].naive);
        json_close(json);
        json_close(json);
    }
    json_close(json);
    json_open(json, "crps", JSON_OBJECT);
    json_number(json, "model", score->crps);
    json_number(json, "naive", score->crps_naive);
    json_close(json);
}

/* ---- tables ---- */

static void table_figures(const Standing *s, Console *console) {
    const SkillDirection *direction = &s->direction_test;
    Grid grid = {.align = "lll"};
    grid_text(&grid, "skill against naive");
    grid_number(&grid, s->skill);
    grid_text(&grid, "share of naive's squared error that is gone");
    grid_text(&grid, "MASE, RMSSE, Theil's U");
    grid_format(&grid, "%.3f, %.3f, %.3f", s->mase, s->rmsse, s->theil_u);
    grid_text(&grid, "below 1: smaller errors than naive's (MASE, RMSSE: naive's of the training rows)");
    grid_text(&grid, "direction right");
    if (direction->n > 0) grid_format(&grid, "%.1f %% of %zu (p %.3f)", 100 * direction->hit, direction->n, direction->test.p);
    else grid_text(&grid, "takes no side");
    if (direction->n > 0) grid_format(&grid, "Pesaran-Timmermann; always one way would have %.1f %%", 100 * direction->base);
    else grid_text(&grid, "");
    grid_text(&grid, "Diebold-Mariano");
    grid_format(&grid, "%.3f (p %.3f)", s->dm.statistic, s->dm.p);
    grid_text(&grid, "below 0: smaller errors than naive's; p below 0.05: more than chance");
    grid_text(&grid, "Clark-West");
    grid_format(&grid, "%.3f (p %.3f)", s->clark_west.statistic, s->clark_west.p);
    grid_text(&grid, "p below 0.05: knows something that naive does not");
    grid_print(&grid, console);
}

static void table_baselines(const Standing *s, Console *console) {
    static const char *const titles[] = {"beside", "RMSE", "MAE", "R2", "model's RMSE of it", "DM p", "Holm", "the model is"};
    static const char *const words[] = {[VERDICT_BETTER] = "better", [VERDICT_NO_BETTER] = "no better", [VERDICT_WORSE] = "worse"};
    Grid grid = {.align = "lrrrrrrl", .header = true};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) grid_text(&grid, titles[i]);
    for (size_t i = 0; i < s->n_baselines; i++) {
        const StandingBaseline *b = &s->baselines[i];
        grid_text(&grid, b->kind->name);
        grid_number(&grid, b->metrics.value[METRIC_RMSE]);
        grid_number(&grid, b->metrics.value[METRIC_MAE]);
        grid_number(&grid, b->metrics.value[METRIC_R2]);
        grid_ratio(&grid, b->ratio);
        grid_p(&grid, b->dm.p);
        grid_p(&grid, b->holm);
        grid_text(&grid, words[b->verdict]);
    }
    if (s->n_baselines) text_puts(&console->out, "\n");
    grid_print(&grid, console);
}

static void table_metrics(const Standing *s, Console *console) {
    static const char *const titles[METRIC_COUNT] = {"MSE", "RMSE", "MAE", "R2", "explained variance"};
    Grid grid = {.align = "lrr", .header = true};
    grid_text(&grid, "");
    grid_text(&grid, "model");
    grid_text(&grid, "naive");
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        grid_text(&grid, titles[i]);
        grid_number(&grid, s->model.value[i]);
        grid_number(&grid, s->naive.value[i]);
    }
    grid_print(&grid, console);
}

void verdict_table_tests(const Standing *standing, Console *console) {
    text_puts(&console->out, "\n");
    table_figures(standing, console);
    table_baselines(standing, console);
}

void verdict_table(const Standing *standing, Console *console) {
    table_metrics(standing, console);
    verdict_table_tests(standing, console);
}

void verdict_table_intervals(const FanScore *score, Console *console) {
    static const char *const titles[] = {"interval", "covers", "worst 60 rows", "width", "pinball", "Winkler", "naive covers", "Winkler"};
    Grid grid = {.align = "lrrrrrrr", .header = true};
    if (score->n_levels == 0) return;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) grid_text(&grid, titles[i]);
    for (size_t l = 0; l < score->n_levels; l++) {
        const IntervalScore *model = &score->intervals[l].model, *naive = &score->intervals[l].naive;
        grid_format(&grid, "%g %%", 100 * score->intervals[l].level);
        grid_percent(&grid, model->coverage);
        grid_percent(&grid, model->worst);
        grid_number(&grid, model->width);
        grid_number(&grid, model->pinball);
        grid_number(&grid, model->winkler);
        grid_percent(&grid, naive->coverage);
        grid_number(&grid, naive->winkler);
    }
    text_puts(&console->out, "\n");
    grid_print(&grid, console);
    if (isfinite(score->crps))
        text_printf(&console->out, "CRPS %.6g; naive with a normal distribution %.6g\n", score->crps, score->crps_naive);
}

void verdict_sentence(const Standing *s, Console *console) {
    static const Paint paints[] = {[VERDICT_BETTER] = PAINT_GOOD, [VERDICT_NO_BETTER] = PAINT_DOUBT, [VERDICT_WORSE] = PAINT_BAD};
    if (s->lag.shifted && s->ratio != 1)
        text_printf(&console->out, "the forecast is a copy of the past, shifted by %zu row%s\n", s->lag.lag, s->lag.lag == 1 ? "" : "s");
    if (s->verdict == VERDICT_NO_BETTER && s->clark_west.p < 0.05)
        text_puts(&console->out, "it knows something that naive does not (Clark-West), but not enough to make its errors surely smaller\n");
    console_paint(console, paints[s->verdict], skill_verdict_name(s->verdict));
    put_words(&console->out, s);
    text_puts(&console->out, "\n");
}
