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

static double ses_squares(double alpha, const double *x, size_t first, size_t last) {
    Sum sum = {0.0, 0.0};
    double level = x[first];
    for (size_t i = first + 1; i < last; i++) {
        double e = x[i] - level;
        sum_add(&sum, e * e);
        level += alpha * e;
    }
    return sum_value(&sum);
}

/* Golden section in [low, high]. */
static double ses_refine(const double *x, size_t first, size_t last, double low, double high) {
    static const double SHARE = 0x1.3c6ef372fe950p-1; /* (sqrt(5) - 1) / 2 */
    double a = high - SHARE * (high - low), b = low + SHARE * (high - low);
    double at_a = ses_squares(a, x, first, last), at_b = ses_squares(b, x, first, last);
    while (high - low > 1e-7) {
        if (at_a <= at_b) {
            high = b, b = a, at_b = at_a;
            a = high - SHARE * (high - low), at_a = ses_squares(a, x, first, last);
        } else {
            low = a, a = b, at_a = at_b;
            b = low + SHARE * (high - low), at_b = ses_squares(b, x, first, last);
        }
    }
    return 0.5 * (low + high);
}

/* The sum of squares may have several valleys: a grid finds the deepest, golden section its bottom. At the same depth the larger
 * alpha, that is naive, wins; a gain of rounding size is none. */
static bool ses_fit(BaselineState *state, const double *x, size_t first, size_t last) {
    enum { CELLS = 40 };
    if (last < first + 2) {
        return false;
    }
    size_t best = CELLS;
    double least = ses_squares(1.0, x, first, last);
    for (size_t i = CELLS; i-- > 0;) {
        double squares = ses_squares((double)i / CELLS, x, first, last);
        if (squares < least) {
            least = squares;
            best = i;
        }
    }
    double low = best > 0 ? (double)(best - 1) / CELLS : 0.0, high = best < CELLS ? (double)(best + 1) / CELLS : 1.0;
    double refined = ses_refine(x, first, last, low, high);
    state->alpha = ses_squares(refined, x, first, last) < least * (1.0 - 1e-9) ? refined : (double)best / CELLS;
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

/* Noise may lift a neighbour above the season, but not the neighbour's multiples: of the peak and its two neighbours, the lag whose autocorrelations at one, two and three times it sum highest. */
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
    double r[BASELINE_MAX_SEASON + 2] = {0.0}, statistic[BASELINE_MAX_SEASON + 2] = {0.0}, peak[BASELINE_MAX_SEASON + 2] = {0.0};
    for (size_t lag = 1; lag <= n_lags + 1; lag++) {
        r[lag] = autocorrelation(x + first, n, mean, lag, &statistic[lag]);
    }
    double limit = skill_normal_quantile(1.0 - 0.05 / (double)n_lags) * sqrt(1.0 + 2.0 * (r[1] * r[1] + r[2] * r[2]));
    bool fallen = r[1] <= 0.0;
    for (size_t lag = 2; lag <= n_lags; lag++) {
        double chance = r[lag] > 0.5 ? r[lag] * sqrt((double)(n - lag)) : statistic[lag];
        if (fallen && chance > limit && r[lag] > r[lag - 1] && r[lag] >= r[lag + 1]) {
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
