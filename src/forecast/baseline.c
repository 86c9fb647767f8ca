#include "lstmfc/baseline.h"

#include <math.h>
#include <string.h>

#include "lstmfc/skill.h"
#include "lstmfc/sum.h"

/* ---- naive, drift */

static bool naive_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    (void)state;
    return last > first && isfinite(x[last - 1]);
}

static double naive_forecast(const BaselineState *state, const double *x, size_t origin, size_t step) {
    (void)state;
    (void)step;
    return x[origin - 1];
}

static bool drift_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    if (last < first + 2) {
        return false;
    }
    state->change = (x[last - 1] - x[first]) / (double)(last - first - 1);
    return isfinite(state->change);
}

static double drift_forecast(const BaselineState *state, const double *x, size_t origin, size_t step) {
    return x[origin - 1] + (double)step * state->change;
}

/* ---- simple exponential smoothing */

/* Level after the rows before `row`, from the level after the rows before `from`. */
static double ses_level(double alpha, double level, const double *x, size_t from, size_t row) {
    for (size_t i = from; i < row; i++) {
        level += alpha * (x[i] - level);
    }
    return level;
}

enum { CELLS = 40, ABREAST = 8 };

/* Of `ABREAST` alphas at once: each sum waits for itself alone. */
static void ses_squares(const double alpha[ABREAST], const double *x, size_t first, size_t last, double squares[ABREAST]) {
    Sum sums[ABREAST] = {{0.0, 0.0}};
    double level[ABREAST];
    for (size_t k = 0; k < ABREAST; k++) {
        level[k] = x[first];
    }
    for (size_t i = first + 1; i < last; i++) {
        for (size_t k = 0; k < ABREAST; k++) {
            const double e = x[i] - level[k];
            sum_add(&sums[k], e * e);
            level[k] += alpha[k] * e;
        }
    }
    for (size_t k = 0; k < ABREAST; k++) {
        squares[k] = sum_value(&sums[k]);
    }
}

/* Of naive and the cells below it, the least; at the same depth the larger alpha. */
static size_t ses_cell(const double *x, size_t first, size_t last, double *least) {
    size_t best = CELLS;
    *least = INFINITY;
    for (size_t from = 0; from <= CELLS; from += ABREAST) {
        double alpha[ABREAST], squares[ABREAST];
        for (size_t k = 0; k < ABREAST; k++) {
            alpha[k] = from + k < CELLS ? (double)(CELLS - from - k) / CELLS : 0.0;
        }
        ses_squares(alpha, x, first, last, squares);
        for (size_t k = 0; k < ABREAST && from + k <= CELLS; k++) {
            if (squares[k] < *least) {
                *least = squares[k];
                best = CELLS - from - k;
            }
        }
    }
    return best;
}

/* The bottom of the valley in [low, high]: eight points inside, then the same between the neighbours of the lowest. */
static double ses_refine(const double *x, size_t first, size_t last, double low, double high, double *least) {
    double best = high;
    *least = INFINITY;
    while (high - low > 1e-7) {
        const double step = (high - low) / (ABREAST + 1);
        double alpha[ABREAST], squares[ABREAST];
        size_t lowest = 0;
        for (size_t k = 0; k < ABREAST; k++) {
            alpha[k] = low + step * (double)(k + 1);
        }
        ses_squares(alpha, x, first, last, squares);
        for (size_t k = 1; k < ABREAST; k++) {
            lowest = squares[k] < squares[lowest] ? k : lowest;
        }
        best = alpha[lowest];
        *least = squares[lowest];
        low = best - step;
        high = best + step;
    }
    return best;
}

/* The sum of squares may have several valleys: a grid finds the deepest. At the same depth the larger alpha, that is naive, wins; a gain of
 * rounding size is none. */
static bool ses_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    if (last < first + 2) {
        return false;
    }
    double least, least_refined;
    const size_t best = ses_cell(x, first, last, &least);
    const double low = best > 0 ? (double)(best - 1) / CELLS : 0.0, high = best < CELLS ? (double)(best + 1) / CELLS : 1.0;
    const double refined = ses_refine(x, first, last, low, high, &least_refined);
    state->alpha = least_refined < least * (1.0 - 1e-9) ? refined : (double)best / CELLS;
    state->level = ses_level(state->alpha, x[first], x, first + 1, last);
    state->row = last;
    return isfinite(least) && isfinite(state->level);
}

static double ses_forecast(const BaselineState *state, const double *x, size_t origin, size_t step) {
    (void)step;
    if (origin < state->row) {
        return ses_level(state->alpha, x[state->first], x, state->first + 1, origin);
    }
    return ses_level(state->alpha, state->level, x, state->row, origin);
}

static void ses_advance(BaselineState *state, const double *x, size_t origin) {
    state->level = ses_forecast(state, x, origin, 1);
    state->row = origin;
}

/* ---- seasonal naive */

/* One-step change into row i, about the mean change. */
static double centered_change(const double *x, size_t i, double mean) {
    return x[i] - x[i - 1] - mean;
}

/* Autocorrelation of the n changes of x[n + 1] at a lag over the pairs there are, and its statistic: the sum of products over the root of
 * the sum of their squares. */
static double autocorrelation(const double *x, size_t n, double mean, size_t lag, double *statistic) {
    double products = 0.0, squares = 0.0, now = 0.0, before = 0.0;
    for (size_t i = lag + 1; i <= n; i++) {
        double a = centered_change(x, i, mean), b = centered_change(x, i - lag, mean);
        products += a * b;
        squares += a * b * a * b;
        now += a * a;
        before += b * b;
    }
    *statistic = squares > 0.0 ? products / sqrt(squares) : 0.0;
    return now > 0.0 && before > 0.0 ? products / (sqrt(now) * sqrt(before)) : 0.0;
}

enum { MOST_LAGS = (BASELINE_MAX_SEASON + 1 + ABREAST - 1) / ABREAST * ABREAST, BLOCK = 512 };

/* Sums of products of changes `lag` apart, lag = 1 .. n_lags, block after block of rows: each in the order of the rows, `ABREAST` side by
 * side. */
static void sum_products(const double *x, size_t n, double mean, size_t n_lags, double products[MOST_LAGS + 1]) {
    double changes[MOST_LAGS + BLOCK]; /* of the block and of the rows before it; 0 before the first */
    for (size_t from = 1; from <= n; from += BLOCK) {
        const size_t rows = n + 1 - from < BLOCK ? n + 1 - from : BLOCK;
        for (size_t i = 0; i < MOST_LAGS + rows; i++) {
            changes[i] = from + i > MOST_LAGS ? centered_change(x, from + i - MOST_LAGS, mean) : 0.0;
        }
        for (size_t lag = 1; lag <= n_lags; lag += ABREAST) {
            double sums[ABREAST];
            memcpy(sums, products + lag, sizeof sums);
            for (size_t i = 0; i < rows; i++) {
                const double now = changes[MOST_LAGS + i], *before = changes + MOST_LAGS + i - lag;
                for (size_t k = 0; k < ABREAST; k++) {
                    sums[k] += now * *(before - k);
                }
            }
            memcpy(products + lag, sums, sizeof sums);
        }
    }
}

/* r[lag] as autocorrelation, lag = 1 .. n_lags. */
static void autocorrelations(const double *x, size_t n, double mean, size_t n_lags, double r[MOST_LAGS + 1]) {
    double now = 0.0, before = 0.0, roots[MOST_LAGS + 1] = {0.0};
    sum_products(x, n, mean, n_lags, r);
    for (size_t i = n; i >= 2; i--) {
        const double a = centered_change(x, i, mean);
        now += a * a;
        if (i - 1 <= n_lags) {
            roots[i - 1] = sqrt(now);
        }
    }
    for (size_t i = 1; i < n; i++) {
        const double b = centered_change(x, i, mean);
        before += b * b;
        if (n - i <= n_lags) {
            const double scale = roots[n - i] * sqrt(before);
            r[n - i] = scale > 0.0 ? r[n - i] / scale : 0.0;
        }
    }
}

/* Whether the autocorrelation r > 0 at a lag is larger than chance. */
static bool beyond_chance(const double *x, size_t n, double mean, size_t lag, double r, double limit) {
    double statistic = r * sqrt((double)(n - lag));
    if (r <= 0.5) {
        autocorrelation(x, n, mean, lag, &statistic);
    }
    return statistic > limit;
}

/* The top of the shortest group of peaks that is about as high as the highest; 0 = none. `peak` holds the autocorrelation where a lag is a
 * peak, else 0. Multiples of a lag are beyond 1.5 times it, so what is nearer is of its group. */
static size_t first_high_peak(const double *peak, size_t n_lags, double margin) {
    double highest = 0.0;
    size_t top = 0;
    for (size_t lag = 2; lag <= n_lags; lag++) {
        highest = fmax(highest, peak[lag]);
    }
    double enough = fmin(0.75 * highest, highest - margin);
    for (size_t lag = 2, first = 0; lag <= n_lags && (first == 0 || 2 * lag < 3 * first); lag++) {
        if (peak[lag] > 0.0 && peak[lag] >= enough) {
            first = first > 0 ? first : lag;
            top = peak[lag] > peak[top] ? lag : top;
        }
    }
    return top;
}

/* Noise may lift a neighbour above the season, but not the neighbour's multiples: of the peak and its two neighbours, the lag whose
 * autocorrelations at one, two and three times it sum highest. */
static size_t refine_season(const double *x, size_t n, double mean, size_t peak) {
    enum { MULTIPLES = 3 };
    double highest = -INFINITY, unused;
    size_t best = peak;
    for (size_t lag = peak > 2 ? peak - 1 : 2; lag <= peak + 1; lag++) {
        double sum = 0.0;
        for (size_t i = 1; i <= MULTIPLES && 3 * i * (peak + 1) <= 2 * n; i++) {
            sum += autocorrelation(x, n, mean, i * lag, &unused);
        }
        if (sum > highest) {
            highest = sum;
            best = lag;
        }
    }
    return best;
}

size_t baseline_season(const double *x, size_t first, size_t last) {
    if (last < first + 8) {
        return 0;
    }
    size_t n = last - first - 1, n_lags = n / 3 < BASELINE_MAX_SEASON ? n / 3 : BASELINE_MAX_SEASON;
    double mean = (x[last - 1] - x[first]) / (double)n;
    double r[MOST_LAGS + 1] = {0.0}, peak[BASELINE_MAX_SEASON + 2] = {0.0};
    autocorrelations(x + first, n, mean, n_lags + 1, r);
    double limit = skill_normal_quantile(1.0 - 0.05 / (double)n_lags) * sqrt(1.0 + 2.0 * (r[1] * r[1] + r[2] * r[2]));
    bool fallen = r[1] <= 0.0;
    for (size_t lag = 2; lag <= n_lags; lag++) {
        if (fallen && r[lag] > 0.0 && r[lag] > r[lag - 1] && r[lag] >= r[lag + 1] &&
            beyond_chance(x + first, n, mean, lag, r[lag], limit)) {
            peak[lag] = r[lag];
        }
        fallen = fallen || r[lag] <= 0.0;
    }
    const size_t top = first_high_peak(peak, n_lags, 2.0 / sqrt((double)n));
    return top > 0 ? refine_season(x + first, n, mean, top) : 0;
}

static bool seasonal_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    if (state->season == 0) {
        state->season = baseline_season(x, first, last);
    }
    return naive_fit(state, x, first, last);
}

static double seasonal_forecast(const BaselineState *state, const double *x, size_t origin, size_t step) {
    if (state->season == 0 || origin < state->first + state->season) {
        return x[origin - 1];
    }
    size_t into = (step - 1) % state->season; /* rows into the season that starts at the origin */
    return x[origin - state->season + into];
}

/* ---- ar1 on one-step changes */

/* Least squares of x[i] - x[i-1] on 1 and x[i-1] - x[i-2]; constant changes have phi 0. */
static bool ar1_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    if (last < first + 4) {
        return false;
    }
    double pairs = (double)(last - first - 2);
    double mean_now = (x[last - 1] - x[first + 1]) / pairs, mean_before = (x[last - 2] - x[first]) / pairs;
    Sum products = {0.0, 0.0}, squares = {0.0, 0.0};
    for (size_t i = first + 2; i < last; i++) {
        double now = x[i] - x[i - 1] - mean_now, before = x[i - 1] - x[i - 2] - mean_before;
        sum_add(&products, now * before);
        sum_add(&squares, before * before);
    }
    state->phi = sum_value(&squares) == 0.0 ? 0.0 : sum_value(&products) / sum_value(&squares);
    state->change = mean_now - state->phi * mean_before;
    return isfinite(state->phi) && isfinite(state->change);
}

static double ar1_forecast(const BaselineState *state, const double *x, size_t origin, size_t step) {
    double value = x[origin - 1], change = origin >= state->first + 2 ? value - x[origin - 2] : 0.0;
    for (size_t i = 0; i < step; i++) {
        change = state->change + state->phi * change;
        value += change;
    }
    return value;
}

/* ---- averages */

enum { AVERAGED = 100 };

static bool any_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    (void)state;
    return last > first && isfinite(x[last - 1]);
}

static double average_forecast(const BaselineState *state, const double *x, size_t origin, size_t step) {
    (void)step;
    const size_t n = origin - state->first < AVERAGED ? origin - state->first : AVERAGED;
    return sum_mean(x + origin - n, n);
}

static bool ema_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    if (last <= first) {
        return false;
    }
    state->alpha = 0.5;
    state->level = ses_level(state->alpha, x[first], x, first + 1, last);
    state->row = last;
    return isfinite(state->level);
}

/* ---- registry */

static const BaselineKind naive = {"naive", "the last value", naive_fit, naive_forecast, NULL};
static const BaselineKind drift = {"drift", "the last value plus the mean change of the training rows", drift_fit, drift_forecast, NULL};
static const BaselineKind ses = {"ses", "simple exponential smoothing, alpha fitted on the training rows", ses_fit, ses_forecast,
                                 ses_advance};
static const BaselineKind seasonal = {"seasonal-naive", "the value one season earlier", seasonal_fit, seasonal_forecast, NULL};
static const BaselineKind ar1 = {"ar1", "an autoregression of one-step changes on the change before", ar1_fit, ar1_forecast, NULL};

static const BaselineKind average = {"average-100", "the mean of the last 100 values", any_fit, average_forecast, NULL};
static const BaselineKind ema = {"ema", "exponential average, weight 1/2", ema_fit, ses_forecast, ses_advance};

const BaselineKind *const baseline_kinds[] = {&naive, &drift, &ses, &seasonal, &ar1, &average, &ema, NULL};

const BaselineKind *baseline_find(const char *name) {
    for (size_t i = 0; baseline_kinds[i]; i++) {
        if (strcmp(baseline_kinds[i]->name, name) == 0) {
            return baseline_kinds[i];
        }
    }
    return NULL;
}

bool baseline_fit(BaselineState *state, const BaselineKind *kind, const double *x, size_t first, size_t last, size_t season) {
    *state = (BaselineState){.kind = kind, .first = first, .season = season, .alpha = 1.0, .row = first};
    if (kind->fit(state, x, first, last)) {
        return true;
    }
    *state = (BaselineState){.kind = &naive, .first = first, .alpha = 1.0, .row = first};
    return false;
}

double baseline_forecast(const BaselineState *state, const double *x, size_t origin, size_t step) {
    return state->kind->forecast(state, x, origin, step);
}

void baseline_forecasts(const BaselineState *state, const double *x, size_t first_row, size_t last_row, size_t step, double *out) {
    BaselineState rolling = *state;
    for (size_t row = first_row; row < last_row; row++) {
        size_t origin = row + 1 - step;
        if (rolling.kind->advance) {
            rolling.kind->advance(&rolling, x, origin);
        }
        out[row - first_row] = baseline_forecast(&rolling, x, origin, step);
    }
}
