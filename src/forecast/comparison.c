#include "lstmfc/comparison.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/layer.h"
#include "lstmfc/memory.h"
#include "lstmfc/text.h"

const char *const contestant_kind_names[] = {"baseline", "preset", "recipe", "kind"};

/* All fits: what they share, and where each leaves what came of it. */
typedef struct Job {
    Comparison *comparison;
    const Series *series;
    const Engine *engine;
    ComparisonWatch *watch;
    void *context;
    size_t done, n_jobs;
    size_t failed; /* lowest job that has: later ones need not begin */
    Error *errors;
    SplitReport *reports;
} Job;

/* ---- who takes part */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || c == '-';
}

/* A kind is a word before a colon. */
static bool is_recurrent(const char *word, size_t n) {
    for (size_t i = 0; layer_kinds[i]; i++) {
        const char *name = layer_kinds[i]->name;
        if (layer_kinds[i]->recurrent && strlen(name) == n && memcmp(word, name, n) == 0) {
            return word[n] == ':';
        }
    }
    return false;
}

char *comparison_layers(const char *layers, const char *kind) {
    Text text = {0};
    text_puts(&text, "");
    for (const char *at = layers; *at;) {
        size_t n = 0;
        while (is_letter(at[n])) {
            n++;
        }
        if (kind && is_recurrent(at, n)) {
            text_puts(&text, kind);
        } else {
            text_append(&text, at, n ? n : 1);
        }
        at += n ? n : 1;
    }
    if (text.failed) {
        text_free(&text);
        return NULL;
    }
    return text.data;
}

static bool enter(Comparison *c, ContestantKind kind, const char *name, const Recipe *recipe, char *layers, Error *error) {
    Contestant *it = &c->contestants[c->n_contestants++];
    *it = (Contestant){.kind = kind, .name = name, .recipe = *recipe, .layers = layers};
    it->recipe.layers = layers;
    return layers ? recipe_check(&it->recipe, error) : error_memory(error, "the contestants");
}

/* Its network and fit; data, horizon and seed are those of all. */
static bool enter_preset(Comparison *c, const Preset *preset, const Recipe *ours, Error *error) {
    Recipe recipe, data = *ours;
    recipe_defaults(&recipe);
    if (!preset_apply(preset, &recipe, error)) {
        return false;
    }
    recipe.target = data.target;
    recipe.features = data.features;
    recipe.indicators = data.indicators;
    recipe.train_to = DATE_NONE;
    recipe.horizon = data.horizon;
    recipe.seed = data.seed;
    return enter(c, CONTESTANT_PRESET, preset->name, &recipe, comparison_layers(recipe.layers, NULL), error);
}

static bool enter_kind(Comparison *c, const char *kind, const Recipe *ours, Error *error) {
    char *layers = comparison_layers(ours->layers, kind);
    if (layers && strcmp(layers, ours->layers) == 0) {
        free(layers);
        return true;
    }
    return enter(c, CONTESTANT_LAYERS, kind, ours, layers, error);
}

static size_t count_baselines(void) {
    size_t n = 0;
    while (baseline_kinds[n]) {
        n++;
    }
    return n;
}

/* Naive first: of equals the simpler one wins. */
static bool enter_all(Comparison *c, const ComparisonOptions *options, Error *error) {
    const size_t n_baselines = count_baselines();
    c->contestants = memory_zeroed(n_baselines + options->n_presets + 1 + options->n_kinds, sizeof *c->contestants);
    if (!c->contestants) {
        return error_memory(error, "the contestants");
    }
    for (size_t i = 0; i < n_baselines; i++) {
        c->contestants[c->n_contestants++] =
            (Contestant){.kind = CONTESTANT_BASELINE, .name = baseline_kinds[i]->name, .baseline = baseline_kinds[i]};
    }
    bool ok = true;
    for (size_t i = 0; ok && i < options->n_presets; i++) {
        ok = enter_preset(c, options->presets[i], options->recipe, error);
    }
    ok = ok && enter(c, CONTESTANT_RECIPE, "ours", options->recipe, comparison_layers(options->recipe->layers, NULL), error);
    for (size_t i = 0; ok && i < options->n_kinds; i++) {
        ok = enter_kind(c, options->kinds[i], options->recipe, error);
    }
    return ok;
}

/* Longest window: from here on all have what they need. */
static size_t longest_window(const Comparison *c) {
    size_t longest = 1;
    for (size_t i = 0; i < c->n_contestants; i++) {
        const size_t window = c->contestants[i].recipe.window;
        longest = window > longest ? window : longest;
    }
    return longest;
}

/* ---- one job */

static void run_baseline(const Job *job, const Contestant *contestant, const Split *split, double *forecast) {
    const Comparison *c = job->comparison;
    const double *x = job->series->columns[0];
    const RowRange rows = split_rows(split, c->plan.first, c->plan.horizon);
    BaselineState state;
    baseline_fit(&state, contestant->baseline, x, rows.first, rows.last, 0);
    baseline_forecasts(&state, x, split->scored.first + c->plan.horizon - 1, split->scored.last + c->plan.horizon - 1, c->plan.horizon,
                       forecast);
}

static void report_job(Job *job, const Contestant *contestant, size_t split, const SplitReport *report) {
    const Comparison *c = job->comparison;
    const size_t n = c->plan.n_scored;
    const Metrics metrics = metric_score(c->actual + split * n, contestant->forecast + split * n, n);
    pool_lock(job->engine->pool);
    job->done++;
    if (job->watch) {
        job->watch(job->context, contestant, split, &metrics, report, job->done, job->n_jobs);
    }
    pool_unlock(job->engine->pool);
}

static bool run_job(Job *job, size_t number, Error *error) {
    const Comparison *c = job->comparison;
    const size_t number_of_split = number % c->plan.n_splits;
    const Contestant *contestant = &c->contestants[number / c->plan.n_splits];
    const Engine alone = {.kernels = job->engine->kernels, .watch = {.stop = job->engine->watch.stop}};
    const Split split = split_at(&c->plan, number_of_split);
    double *forecast = contestant->forecast + number_of_split * c->plan.n_scored;
    if (contestant->baseline) {
        run_baseline(job, contestant, &split, forecast);
    } else if (!split_run(&contestant->recipe, job->series, &alone, &split, forecast, &job->reports[number], error)) {
        return false;
    }
    report_job(job, contestant, number_of_split, &job->reports[number]);
    return true;
}

static void job_task(void *context, size_t number, size_t worker) {
    (void)worker;
    Job *job = context;
    Error *error = &job->errors[number];
    pool_lock(job->engine->pool);
    const bool hopeless = number > job->failed;
    pool_unlock(job->engine->pool);
    if (job->engine->watch.stop && *job->engine->watch.stop) {
        error_set(error, ERROR_STOPPED, NULL, "stopped, nothing written");
    } else if (!hopeless) {
        run_job(job, number, error);
    }
    pool_lock(job->engine->pool);
    job->failed = error->code && error->code != ERROR_DIVERGED && number < job->failed ? number : job->failed;
    pool_unlock(job->engine->pool);
}

/* A contestant that diverged is out; any other failure ends the comparison. */
static bool gather(Job *job, Error *error) {
    Comparison *c = job->comparison;
    for (size_t i = 0; i < job->n_jobs; i++) {
        Contestant *contestant = &c->contestants[i / c->plan.n_splits];
        if (job->errors[i].code && job->errors[i].code != ERROR_DIVERGED) {
            *error = job->errors[i];
            return false;
        }
        contestant->diverged = contestant->diverged || job->errors[i].code;
        contestant->n_naive += job->reports[i].naive;
    }
    return true;
}

static bool run_jobs(Job *job, Error *error) {
    job->n_jobs = job->comparison->n_contestants * job->comparison->plan.n_splits;
    job->errors = memory_zeroed(job->n_jobs, sizeof *job->errors);
    job->reports = memory_zeroed(job->n_jobs, sizeof *job->reports);
    bool ok = (job->errors && job->reports) || error_memory(error, "the comparison");
    if (ok) {
        pool_run(job->engine->pool, job->n_jobs, job_task, job);
        ok = gather(job, error);
    }
    free(job->reports);
    free(job->errors);
    return ok;
}

/* ---- ranks and tests */

static void score(Comparison *c, const Series *series) {
    const Split first = split_at(&c->plan, 0);
    const RowRange rows = split_rows(&first, c->plan.first, c->plan.horizon);
    const double mse = metric_score(c->actual, c->naive, c->n).value[METRIC_MSE];
    for (size_t i = 0; i < c->n_contestants; i++) {
        Contestant *it = &c->contestants[i];
        it->metrics = it->diverged ? metric_score(NULL, NULL, 0) : metric_score(c->actual, it->forecast, c->n);
        it->skill = skill_score(it->metrics.value[METRIC_MSE], mse);
        it->ratio = mse > 0 ? sqrt(it->metrics.value[METRIC_MSE] / mse) : NAN;
        it->mase = metric_mase(it->metrics.value[METRIC_MAE], series->columns[0] + rows.first, rows.last - rows.first, 1);
        it->rmsse = metric_rmsse(it->metrics.value[METRIC_RMSE], series->columns[0] + rows.first, rows.last - rows.first, 1);
        it->theil_u = it->diverged ? NAN : skill_theil_u(c->actual, it->forecast, c->naive, c->n);
    }
}

/* NaN comes last; of equals the one that entered first stays before the other. */
static bool goes_before(const Contestant *a, const Contestant *b) {
    const double x = a->metrics.value[METRIC_RMSE], y = b->metrics.value[METRIC_RMSE];
    return x < y || (isnan(y) && !isnan(x));
}

static void sort(Comparison *c) {
    for (size_t i = 1; i < c->n_contestants; i++) {
        const Contestant it = c->contestants[i];
        size_t at = i;
        for (; at > 0 && goes_before(&it, &c->contestants[at - 1]); at--) {
            c->contestants[at] = c->contestants[at - 1];
        }
        c->contestants[at] = it;
    }
}

static void errors_of(const Comparison *c, const double *forecast, double *errors) {
    for (size_t i = 0; i < c->n; i++) {
        errors[i] = c->actual[i] - forecast[i];
    }
}

/* Against itself, and where a contestant diverged, there is no test. */
static SkillTest test(const Comparison *c, const Contestant *it, const Contestant *other, const double *errors,
                      const double *other_errors) {
    const SkillTest none = {NAN, NAN};
    return it == other || it->diverged ? none : skill_diebold_mariano(errors, other_errors, c->n, c->plan.horizon);
}

/* Directions of rows that do not overlap: every horizon-th. `work` [3 n]. */
static SkillDirection direction(const Comparison *c, const Contestant *it, double *work) {
    size_t n = 0;
    for (size_t i = 0; i < c->n && !it->diverged; i += c->plan.horizon, n++) {
        work[n] = c->actual[i];
        work[c->n + n] = it->forecast[i];
        work[2 * c->n + n] = c->naive[i];
    }
    return skill_direction(work, work + c->n, work + 2 * c->n, n);
}

static const Contestant *find_naive(const Comparison *c) {
    for (size_t i = 0; i < c->n_contestants; i++) {
        if (c->contestants[i].baseline == baseline_kinds[0]) {
            return &c->contestants[i];
        }
    }
    return NULL;
}

static bool adjust(Comparison *c, double *p, Error *error) {
    const size_t n = c->n_contestants;
    for (size_t i = 0; i < n; i++) {
        p[i] = c->contestants[i].dm_naive.p;
        p[n + i] = c->contestants[i].dm_best.p;
    }
    if (!skill_adjust(SKILL_HOLM, p, n, p + 2 * n, error) || !skill_adjust(SKILL_HOLM, p + n, n, p + 3 * n, error)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        Contestant *it = &c->contestants[i];
        it->holm_naive = p[2 * n + i];
        it->holm_best = p[3 * n + i];
        it->verdict = skill_verdict(it->skill, it->holm_naive);
    }
    return true;
}

static bool judge(Comparison *c, Error *error) {
    const Contestant *naive = find_naive(c);
    double *work = memory_zeroed(c->n, 6 * sizeof *work), *p = memory_zeroed(c->n_contestants, 4 * sizeof *p);
    bool ok = (work && p) || error_memory(error, "the ranking");
    if (ok) {
        errors_of(c, c->naive, work + c->n);
        errors_of(c, c->contestants[0].forecast, work + 2 * c->n);
    }
    for (size_t i = 0; ok && i < c->n_contestants; i++) {
        Contestant *it = &c->contestants[i];
        errors_of(c, it->forecast, work);
        it->dm_naive = test(c, it, naive, work, work + c->n);
        it->dm_best = test(c, it, &c->contestants[0], work, work + 2 * c->n);
        it->clark_west = it == naive || it->diverged ? (SkillTest){NAN, NAN} : skill_clark_west(work + c->n, work, c->n, c->plan.horizon);
        it->direction = direction(c, it, work + 3 * c->n);
    }
    ok = ok && adjust(c, p, error);
    free(p);
    free(work);
    return ok;
}

/* ---- */

static bool lay_out(Comparison *c, const Series *series, Error *error) {
    const SplitPlan *plan = &c->plan;
    const double *x = series->columns[0];
    c->n = plan->n_splits * plan->n_scored;
    c->actual = memory_zeroed(c->n, (2 + c->n_contestants) * sizeof *c->actual);
    if (!c->actual) {
        return error_memory(error, "the comparison");
    }
    c->naive = c->actual + c->n;
    for (size_t i = 0; i < c->n_contestants; i++) {
        c->contestants[i].forecast = c->actual + (2 + i) * c->n;
    }
    for (size_t i = 0; i < c->n; i++) {
        const size_t row = split_at(plan, i / plan->n_scored).scored.first + i % plan->n_scored;
        c->actual[i] = x[row + plan->horizon - 1];
        c->naive[i] = x[row - 1];
        c->to = series->dates[row + plan->horizon - 1];
        c->from = i ? c->from : c->to;
    }
    return true;
}

bool comparison_run(Comparison *c, const ComparisonOptions *options, const Series *series, const Engine *engine, ComparisonWatch *watch,
                    void *context, Error *error) {
    Job job = {.comparison = c, .series = series, .engine = engine, .watch = watch, .context = context, .failed = SIZE_MAX};
    *c = (Comparison){0};
    bool ok = enter_all(c, options, error) &&
              split_plan(&c->plan, options->recipe, series, longest_window(c), series->n_rows, COMPARISON_SHARE / 100.0, error) &&
              lay_out(c, series, error) && run_jobs(&job, error);
    if (ok) {
        score(c, series);
        sort(c);
        ok = judge(c, error);
    }
    if (!ok) {
        comparison_free(c);
    }
    return ok;
}

void comparison_free(Comparison *c) {
    for (size_t i = 0; c->contestants && i < c->n_contestants; i++) {
        free(c->contestants[i].layers);
    }
    free(c->contestants);
    free(c->actual);
    *c = (Comparison){0};
}
