#include "lstmfc/split.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/fit.h"
#include "lstmfc/memory.h"
#include "lstmfc/stopwatch.h"

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t default_val_size(const SplitPlan *plan) {
    const size_t taken = plan->train_size + plan->gap, rest = plan->n_windows > taken ? plan->n_windows - taken : 0;
    return rest >= SPLIT_DEFAULT ? rest / SPLIT_DEFAULT : 1;
}

bool split_plan(SplitPlan *plan, const Recipe *recipe, const Series *series, size_t first, size_t end, double train_share, Error *error) {
    const size_t k = recipe->horizon, need = first + k;
    *plan = (SplitPlan){.scheme = (SplitScheme)recipe->scheme, .first = first, .horizon = k, .n_windows = end < need ? 0 : end - need + 1};
    plan->gap = recipe->gap > k - 1 ? recipe->gap : k - 1;
    plan->train_size = recipe->train_size ? recipe->train_size : (size_t)floor(train_share * (double)plan->n_windows);
    plan->val_size = recipe->val_size ? recipe->val_size : default_val_size(plan);
    plan->step = recipe->step ? recipe->step : plan->val_size;
    plan->n_scored = smaller(plan->step, plan->val_size);
    const size_t once = plan->train_size + plan->gap + plan->val_size;
    plan->n_splits = plan->train_size == 0 || plan->n_windows < once ? 0 : (plan->n_windows - once) / plan->step + 1;
    plan->n_splits -= plan->n_splits && recipe->leave_last;
    return plan->n_splits > 0 ||
           error_at(error, ERROR_DATA, series->source, 0, 0, "more rows, or smaller --train-size, --val-size or --window",
                    "no split fits: %zu windows, and one split needs %zu + %zu + %zu", plan->n_windows, plan->train_size, plan->gap,
                    plan->val_size);
}

Split split_at(const SplitPlan *plan, size_t number) {
    const size_t start = plan->first + number * plan->step, last = start + plan->train_size, scored = last + plan->gap;
    return (Split){.train = {plan->scheme == SCHEME_EXPANDING ? plan->first : start, last},
                   .val = {scored, scored + plan->val_size},
                   .scored = {scored, scored + plan->n_scored}};
}

RowRange split_rows(const Split *split, size_t window, size_t horizon) {
    return (RowRange){split->train.first - window, split->train.last - 1 + horizon};
}

bool split_fit(Model *model, const Series *series, const Engine *engine, const Split *split, bool intervals, Trainer **chain,
               FitReport *report, Error *error) {
    const Recipe *r = &model->recipe;
    const RowRange scaled = r->scale_fit == SCALE_FIT_ALL ? (RowRange){0, series->n_rows} : split_rows(split, r->window, r->horizon);
    WindowRange train = split->train, val = split->val;
    if (r->stop_on == STOP_ON_TAIL) {
        const size_t n_val = (size_t)floor(r->val_frac * (double)(train.last - train.first));
        val = (WindowRange){train.last - n_val, train.last};
        train.last -= n_val;
    }
    if (train.last == train.first) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "a larger --train-size, or a smaller --val-frac",
                        "no training windows left beside the validation tail");
    }
    /* without shrinkage a fit is its networks */
    return r->shrink == SHRINK_NONE && !intervals ? forecast_fit_windows(model, series, scaled, train, val, engine, chain, report, error)
                                                  : fit_windows(model, series, scaled, train, val, engine, chain, report, error);
}

static bool forecast(const Model *model, const Series *series, const Engine *engine, WindowRange scored, double *out, Error *error) {
    const size_t n = scored.last - scored.first, k = model->recipe.horizon;
    double *values = memory_zeroed(n, k * sizeof *values);
    const bool ok = values ? forecast_range(model, series, engine, scored.first, n, values, error) : error_memory(error, "a split");
    for (size_t i = 0; ok && i < n; i++) {
        out[i] = values[i * k + k - 1];
    }
    free(values);
    return ok;
}

bool split_run(const Recipe *recipe, const Series *series, const Engine *engine, const Split *split, double *out, SplitReport *report,
               Error *error) {
    Recipe own = *recipe;
    Model model;
    const double start = stopwatch_now();
    own.scale_fit = SCALE_FIT_TRAIN;
    own.stop_on = STOP_ON_TAIL;
    own.interval = INTERVAL_CONFORMAL; /* none are made */
    FitReport fitted;
    *report = (SplitReport){0};
    if (!model_init(&model, &own, series, error)) {
        return false;
    }
    const bool ok = split_fit(&model, series, engine, split, false, NULL, &fitted, error) &&
                    forecast(&model, series, engine, split->scored, out, error);
    *report = (SplitReport){.naive = ok && model_is_naive(&model), .epochs = ok ? fitted.epochs : 0, .seconds = stopwatch_now() - start};
    model_free(&model);
    return ok;
}
