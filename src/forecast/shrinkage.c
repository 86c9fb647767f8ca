#include "lstmfc/shrinkage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/band.h"
#include "lstmfc/linear.h"
#include "lstmfc/memory.h"
#include "lstmfc/skill.h"

static const double gate = 0.003;        /* of Clark and West's p sqrt(n / 100), one-sided: 0.07 % on 2,000 rows, 0.4 % on 50 */
static const double first_share = 0.55;  /* of the windows: what the first fold's network is trained on */
/* of the rows, the same where windows are too few for a network: the linear forecast asks for no whole window */
static const double first_alone = 0.2;
static const double trust = 100;         /* what an open gate is worth, in forecasts that were best believed as they are */

/* in each of a network's folds the linear forecast is fitted ANEW times, of no more than ANEW_ROWS rows */
enum { ALONE_FOLDS = 16, ALONE_FORECASTS = 20, ANEW = 5, ANEW_ROWS = 2000 };

/* Who forecasts beside naive. */
enum { LINEAR, NETWORK, RIVALS };

static const double gate_of_curve = 0.001; /* the same, of the linear forecast with its curve against that without */

/* Forecasts of all folds, in time order. */
typedef struct Origins {
    size_t n, k;
    size_t first;   /* row of the first */
    WindowRange all;
    double share;   /* of all that lies before the first fold */
    size_t n_folds, n_linear_folds;
    double *values[RIVALS]; /* (n,K) each; naive's of who takes no part */
    double *curved;         /* (n,K), of the linear forecast with its curve */
    bool curve;             /* a fold has found one */
    double *sigma;  /* as band_volatilities */
    double *own;    /* as band_follow_errors */
} Origins;

static size_t fold_start(const Origins *o, size_t fold, size_t n_folds) {
    const double n = (double)(o->all.last - o->all.first);
    return o->all.first + (size_t)floor(n * (o->share + (1 - o->share) * (double)fold / (double)n_folds));
}

typedef struct FoldWatch {
    const TrainerWatch *outer;
    size_t fold;
} FoldWatch;

static void fold_progress(void *context, double share, double loss) {
    const FoldWatch *w = context;
    w->outer->progress(w->outer->context, ((double)w->fold + share) / SHRINKAGE_FOLDS, loss);
}

/* Fits a network of the same recipe on the windows before the fold and forecasts the fold. */
static bool run_fold(const Model *model, const Series *series, WindowRange all, const Engine *engine, size_t fold, Origins *o,
                     Error *error) {
    const size_t start = fold_start(o, fold, o->n_folds), end = fold_start(o, fold + 1, o->n_folds), k = o->k;
    Recipe recipe = model->recipe;
    recipe.shrink = SHRINK_NONE;
    recipe.ensemble = 1;
    recipe.seed = rng_mix(model->recipe.seed, 1000 + fold);
    FoldWatch watch = {&engine->watch, fold};
    const Engine quiet = {
        .kernels = engine->kernels,
        .pool = engine->pool,
        .checkpoint = engine->checkpoint,
        .job = model->n_members + fold * model->n_kinds,
        .watch = {.progress = engine->watch.progress ? fold_progress : NULL, .context = &watch, .stop = engine->watch.stop},
    };
    const size_t last = start - (k - 1), n_val = (size_t)floor(recipe.val_frac * (double)(last - all.first));
    const WindowRange train = {all.first, last - n_val}, val = {last - n_val, last};
    const RowRange scaled =
        recipe.scale_fit == SCALE_FIT_ALL ? (RowRange){0, series->n_rows} : (RowRange){all.first - recipe.window, start};
    size_t *r = memory_zeroed(end - start, sizeof *r);
    Model own;
    FitReport report;
    if (!r || !model_init(&own, &recipe, series, error)) {
        free(r);
        return error_memory(error, "rolling origins");
    }
    for (size_t i = start; i < end; i++) {
        r[i - start] = i;
    }
    const bool ok = forecast_fit_windows(&own, series, scaled, train, val, &quiet, NULL, &report, error) &&
                    forecast_windows(&own, series, &quiet, r, end - start, o->values[NETWORK] + (start - o->first) * k, error);
    model_free(&own);
    free(r);
    return ok;
}

static bool fit_linear(const Model *model, const Series *series, size_t first, size_t last, Linear *linear, Error *error) {
    const bool relative = model->scaler.columns[0].anchor == ANCHOR_RATIO;
    return linear_fit(linear, series->columns[0], first, last, model->recipe.window, relative, error);
}

static void forecast_fold(const Linear *linear, const Series *series, size_t fold, const Origins *o, double *values) {
    for (size_t r = fold_start(o, fold, o->n_linear_folds); r < fold_start(o, fold + 1, o->n_linear_folds); r++) {
        linear_forecast(linear, series->columns[0], r, o->k, values + (r - o->first) * o->k);
    }
}

/* The same for the linear forecast, without a curve and with it, from the rows before the fold. */
static bool run_linear_fold(const Model *model, const Series *series, size_t first, size_t fold, Origins *o, Error *error) {
    const size_t start = fold_start(o, fold, o->n_linear_folds);
    Linear linear;
    if (!fit_linear(model, series, first, start, &linear, error)) {
        return false;
    }
    forecast_fold(&linear, series, fold, o, o->values[LINEAR]);
    if (!linear_bend(&linear, series->columns[0], first, start, error)) {
        return false;
    }
    forecast_fold(&linear, series, fold, o, o->curved);
    o->curve = o->curve || linear.curve.n_terms > 0;
    return true;
}

/* Errors at one step, relative to the last value and in units of the size of changes, so that no level decides alone. values NULL:
 * naive's. */
static void errors_of_step(const Model *model, const Series *series, const Origins *o, size_t step, const double *values, double *errors) {
    const double *x = series->columns[0];
    for (size_t i = 0; i < o->n; i++) {
        const size_t r = o->first + i;
        const double unit = scaler_unit(&model->scaler.columns[0], x[r - 1]), forecast = values ? values[i * o->k + step - 1] : x[r - 1];
        errors[i] = (x[r + step - 1] - forecast) / (unit > 0 ? unit : 1);
    }
}

static bool gate_opens(const double *errors, const double *rival, size_t n, size_t step, double level) {
    return skill_clark_west(errors, rival, n, step).p * sqrt((double)n / 100) < level;
}

/* The curve replaces the line where one step ahead it is better by the gate's test. errors[2n]. */
static bool choose_curve(const Model *model, const Series *series, Origins *o, double *errors) {
    if (!o->curve) {
        return false;
    }
    errors_of_step(model, series, o, 1, o->values[LINEAR], errors);
    errors_of_step(model, series, o, 1, o->curved, errors + o->n);
    if (!gate_opens(errors, errors + o->n, o->n, 1, gate_of_curve)) {
        return false;
    }
    memcpy(o->values[LINEAR], o->curved, o->n * o->k * sizeof *o->curved);
    return true;
}

/* ---- shares */

/* Sums over the folds of products of two departures d and of each with the change u. */
typedef struct Moments {
    double dd[RIVALS][RIVALS], du[RIVALS];
} Moments;

/* The gate: a network must be better than the linear forecast, too, where that has passed. */
static Moments moments_of(const double *naive, double *const rivals[RIVALS], size_t n, size_t step) {
    Moments m = {0};
    for (size_t j = 0; j < RIVALS; j++) {
        const bool open = gate_opens(naive, rivals[j], n, step, gate) &&
                          (j == LINEAR || m.dd[LINEAR][LINEAR] == 0 || gate_opens(rivals[LINEAR], rivals[j], n, step, gate));
        for (size_t k = 0; open && k <= j; k++) {
            for (size_t i = 0; i < n; i++) {
                m.dd[j][k] += (naive[i] - rivals[j][i]) * (naive[i] - rivals[k][i]);
            }
        }
        for (size_t i = 0; open && i < n; i++) {
            m.du[j] += (naive[i] - rivals[j][i]) * naive[i];
        }
    }
    return m;
}

/* What shares a of the linear forecast and b of the network leave of the squares of u, less these. */
static double left_over(const Moments *m, double a, double b) {
    return a * a * m->dd[LINEAR][LINEAR] + 2 * a * b * m->dd[NETWORK][LINEAR] + b * b * m->dd[NETWORK][NETWORK] - 2 * a * m->du[LINEAR] -
           2 * b * m->du[NETWORK];
}

static void try_shares(const Moments *m, double a, double b, double best[RIVALS]) {
    if (a >= 0 && b >= 0 && a + b <= 1 && left_over(m, a, b) < left_over(m, best[LINEAR], best[NETWORK])) {
        best[LINEAR] = a;
        best[NETWORK] = b;
    }
}

static double within(double value) {
    return value > 0 ? value < 1 ? value : 1 : 0;
}

/* Least squares of u on both departures with shares of 0 and more that sum to 1 at most: inside, or on one of the three sides. */
static void fit_shares(const Moments *m, double shares[RIVALS]) {
    const double aa = m->dd[LINEAR][LINEAR], ab = m->dd[NETWORK][LINEAR], bb = m->dd[NETWORK][NETWORK], au = m->du[LINEAR],
                 bu = m->du[NETWORK];
    const double determinant = aa * bb - ab * ab, difference = aa + bb - 2 * ab;
    shares[LINEAR] = shares[NETWORK] = 0;
    if (aa > 0) {
        try_shares(m, within(au / aa), 0, shares);
    }
    if (bb > 0) {
        try_shares(m, 0, within(bu / bb), shares);
    }
    if (aa > 0 && bb > 0 && difference > 0) {
        const double a = within((au - bu + bb - ab) / difference);
        try_shares(m, a, 1 - a, shares);
    }
    if (aa > 0 && bb > 0 && determinant > 0) {
        try_shares(m, (au * bb - bu * ab) / determinant, (bu * aa - au * ab) / determinant, shares);
    }
}

/* Few forecasts make shares too cautious: their models had part of the rows. */
static void believe(double shares[RIVALS], size_t n) {
    const double sum = shares[LINEAR] + shares[NETWORK];
    for (size_t j = 0; j < RIVALS && sum > 0; j++) {
        shares[j] *= ((double)n * sum + trust) / ((double)n + trust) / sum;
    }
}

static double ratio_of(const double *naive, double *const rivals[RIVALS], size_t n, const double shares[RIVALS]) {
    double sse = 0, sse_naive = 0;
    for (size_t i = 0; i < n; i++) {
        const double e = naive[i] + shares[LINEAR] * (rivals[LINEAR][i] - naive[i]) + shares[NETWORK] * (rivals[NETWORK][i] - naive[i]);
        sse += e * e;
        sse_naive += naive[i] * naive[i];
    }
    return sse_naive > 0 ? sqrt(sse / sse_naive) : NAN;
}

static void combine(const Series *series, const Origins *o, size_t step, const double shares[RIVALS], double *forecast) {
    for (size_t i = 0; i < o->n; i++) {
        const size_t at = i * o->k + step - 1;
        const double last = series->columns[0][o->first + i - 1];
        forecast[i] = last + shares[LINEAR] * (o->values[LINEAR][at] - last) + shares[NETWORK] * (o->values[NETWORK][at] - last);
    }
}

/* Of the combined forecasts; the first step's errors are what later ones are measured in. */
static void calibrate_step(Model *model, const Series *series, const Origins *o, size_t step, const double *forecast) {
    if (step == 1 && band_in_errors(model, step)) {
        band_follow_errors(model, series, o->sigma, o->first, forecast, o->n, o->own);
    }
    const double *sigma = band_in_errors(model, step) ? o->own : o->sigma;
    for (size_t i = 0; i < o->n; i++) {
        interval_push(&model->calibration[step - 1], band_score(model, series, sigma, o->first + i, step, forecast[i]));
    }
}

static bool decide(Model *model, const Series *series, Origins *o, Error *error) {
    double *errors = memory_zeroed(o->n, (RIVALS + 1) * sizeof *errors);
    if (!errors) {
        return error_memory(error, "rolling origins");
    }
    double *const rivals[RIVALS] = {errors + o->n, errors + 2 * o->n};
    o->curve = choose_curve(model, series, o, errors);
    for (size_t step = 1; step <= o->k; step++) {
        double shares[RIVALS];
        errors_of_step(model, series, o, step, NULL, errors);
        for (size_t j = 0; j < RIVALS; j++) {
            errors_of_step(model, series, o, step, o->values[j], rivals[j]);
        }
        const Moments m = moments_of(errors, rivals, o->n, step);
        fit_shares(&m, shares);
        believe(shares, o->n);
        model->shrink[step - 1] = shares[NETWORK];
        model->linear_shrink[step - 1] = shares[LINEAR];
        if (step == 1) {
            model->training.naive_ratio = ratio_of(errors, rivals, o->n, shares);
        }
        combine(series, o, step, shares, errors);
        calibrate_step(model, series, o, step, errors);
    }
    free(errors);
    return true;
}

static void forget(Model *model) {
    memset(model->calibration, 0, model->recipe.horizon * sizeof *model->calibration);
    model->training.naive_ratio = NAN;
    model->training.error_ratio = 1;
}

static void origins_free(Origins *o) {
    free(o->values[LINEAR]);
    free(o->values[NETWORK]);
    free(o->curved);
    free(o->sigma);
    free(o->own);
}

/* Everybody begins with naive's forecasts. */
static bool origins_init(Origins *o, const Model *model, const Series *series, WindowRange all, double share, size_t n_folds,
                         Error *error) {
    *o = (Origins){.k = model->recipe.horizon, .all = all, .share = share, .n_folds = n_folds, .n_linear_folds = n_folds};
    o->first = fold_start(o, 0, n_folds);
    o->n = all.last - o->first;
    const size_t first = o->first, n = o->n, k = o->k;
    o->sigma = memory_zeroed(series->n_rows + 1, sizeof *o->sigma);
    o->curved = memory_zeroed(n, k * sizeof *o->curved);
    o->own = memory_zeroed(series->n_rows + 1, sizeof *o->own);
    bool ok = o->sigma && o->curved && o->own;
    for (size_t j = 0; j < RIVALS; j++) {
        o->values[j] = memory_zeroed(n, k * sizeof **o->values);
        ok = ok && o->values[j];
        for (size_t i = 0; ok && i < n * k; i++) {
            o->values[j][i] = series->columns[0][first + i / k - 1];
        }
    }
    if (!ok) {
        origins_free(o);
        return error_memory(error, "rolling origins");
    }
    band_volatilities(model, series, o->sigma);
    return true;
}

/* Enough windows for a network to show anything, or only rows for the linear forecast, or for nobody: then naive is calibrated on its own
 * errors. */
bool shrinkage_fit(Model *model, const Series *series, WindowRange all, const Engine *engine, Error *error) {
    const size_t n = all.last - all.first, k = model->recipe.horizon, first = all.first - model->recipe.window, n_rows = all.last - first;
    const bool network = n >= SHRINKAGE_WINDOWS && (size_t)floor((double)n * first_share) >= SHRINKAGE_WINDOWS / 2 + k;
    const bool linear = model->recipe.linear && (network || n_rows + 1 >= LINEAR_ROWS + ALONE_FORECASTS + k);
    const double alone = (LINEAR_ROWS + 0.5) / (double)n_rows;
    Origins o;
    forget(model);
    if (!(network  ? origins_init(&o, model, series, all, first_share, SHRINKAGE_FOLDS, error)
          : linear ? origins_init(&o, model, series, (WindowRange){first, all.last}, alone > first_alone ? alone : first_alone, ALONE_FOLDS,
                                  error)
                   : origins_init(&o, model, series, all, 0, 1, error))) {
        return false;
    }
    bool ok = true;
    o.n_linear_folds *= network && n_rows <= ANEW_ROWS ? ANEW : 1;
    for (size_t fold = 0; ok && network && fold < o.n_folds; fold++) {
        ok = run_fold(model, series, all, engine, fold, &o, error);
    }
    for (size_t fold = 0; ok && linear && fold < o.n_linear_folds; fold++) {
        ok = run_linear_fold(model, series, first, fold, &o, error);
    }
    ok = ok && decide(model, series, &o, error) && (!linear || fit_linear(model, series, first, all.last + k - 1, &model->linear, error)) &&
         (!o.curve || linear_bend(&model->linear, series->columns[0], first, all.last + k - 1, error));
    origins_free(&o);
    return ok;
}

bool shrinkage_calibrate(Model *model, const Series *series, WindowRange train, const Engine *engine, Error *error) {
    const size_t k = model->recipe.horizon, n = train.last - train.first < INTERVAL_RING ? train.last - train.first : INTERVAL_RING;
    size_t r[INTERVAL_RING];
    double forecast[INTERVAL_RING];
    Origins o;
    forget(model);
    for (size_t i = 0; i < n; i++) {
        r[i] = train.last - n + i;
    }
    if (!origins_init(&o, model, series, (WindowRange){r[0], train.last}, 0, 1, error)) {
        return false;
    }
    const bool ok = forecast_windows(model, series, engine, r, n, o.values[NETWORK], error);
    for (size_t step = 1; ok && step <= k; step++) {
        for (size_t i = 0; i < n; i++) {
            forecast[i] = o.values[NETWORK][i * k + step - 1];
        }
        calibrate_step(model, series, &o, step, forecast);
    }
    origins_free(&o);
    return ok;
}
