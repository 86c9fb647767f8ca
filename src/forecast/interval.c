#include "lstmfc/interval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/math64.h"
#include "lstmfc/skill.h"
#include "lstmfc/sum.h"
#include "lstmfc/text.h"

static const double LAMBDA = 0.84;
static const double GAMMA = 0.005;
static const double SQRT_PI = 0x1.c5bf891b4ef6bp+0;
static const double SQRT_2PI = 0x1.40d931ff62706p+1;

/* ---- volatility */

void interval_volatility_push(IntervalVolatility *volatility, double change) {
    if (!isfinite(change)) {
        return;
    }
    double weight = volatility->n < INTERVAL_WARM_UP ? 1.0 / (volatility->n + 1.0) : 1.0 - LAMBDA;
    volatility->variance += weight * (change * change - volatility->variance);
    volatility->n += 1.0;
}

double interval_volatility(const IntervalVolatility *volatility) {
    return volatility->n >= INTERVAL_WARM_UP ? sqrt(volatility->variance) : (double)NAN;
}

void interval_volatilities(const double *changes, size_t n, double *sigma) {
    IntervalVolatility volatility = {0.0, 0.0};
    for (size_t t = 0; t < n; t++) {
        sigma[t] = interval_volatility(&volatility);
        interval_volatility_push(&volatility, changes[t]);
    }
    sigma[n] = interval_volatility(&volatility);
}

/* ---- calibration */

double interval_residual(double error, double sigma, double unit) {
    double scale = sigma * unit;
    return scale > 0.0 && isfinite(scale) ? fabs(error) / scale : (double)NAN;
}

void interval_push(IntervalCalibration *calibration, double score) {
    if (!isfinite(score) || score < 0.0) {
        return;
    }
    calibration->score[calibration->next] = score;
    calibration->next = (calibration->next + 1) % INTERVAL_RING;
    calibration->n += calibration->n < INTERVAL_RING;
}

static int compare_scores(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* k-th smallest, k from 1 to n; 0 for k = 0. */
static double kth_score(const IntervalCalibration *calibration, size_t k) {
    double sorted[INTERVAL_RING];
    if (k == 0) {
        return 0.0;
    }
    memcpy(sorted, calibration->score, calibration->n * sizeof *sorted);
    qsort(sorted, calibration->n, sizeof *sorted, compare_scores);
    return sorted[k - 1];
}

/* ceil((n + 1) level); what a rounded level adds to a whole number is no step up. n + 1 where the level is out of reach. */
static size_t rank_of(size_t n, double level) {
    double rank = ceil((double)(n + 1) * level - 1e-9);
    return rank < 1.0 ? level > 0.0 : rank > (double)n ? n + 1 : (size_t)rank;
}

double interval_quantile(const IntervalCalibration *calibration, double level) {
    if (isnan(level)) {
        return level;
    }
    size_t k = rank_of(calibration->n, level);
    return k <= calibration->n ? kth_score(calibration, k) : (double)NAN;
}

size_t interval_scores(const IntervalCalibration *calibration, double *out) {
    size_t oldest = calibration->n < INTERVAL_RING ? 0 : calibration->next;
    for (size_t i = 0; i < calibration->n; i++) {
        out[i] = calibration->score[(oldest + i) % INTERVAL_RING];
    }
    return calibration->n;
}

bool interval_restore(IntervalCalibration *calibration, const double *scores, size_t n) {
    *calibration = (IntervalCalibration){.n = 0};
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(scores[i]) || scores[i] < 0.0) {
            return false;
        }
        interval_push(calibration, scores[i]);
    }
    return true;
}

/* ---- adaptive */

void interval_adaptive_init(IntervalAdaptive *adaptive, double level, double gamma) {
    *adaptive = (IntervalAdaptive){.target = 1.0 - level, .gamma = gamma > 0.0 ? gamma : GAMMA, .alpha = 1.0 - level};
}

void interval_adaptive_push(IntervalAdaptive *adaptive, bool missed) {
    adaptive->alpha += adaptive->gamma * (adaptive->target - (missed ? 1.0 : 0.0));
}

double interval_adaptive_quantile(const IntervalCalibration *calibration, const IntervalAdaptive *adaptive) {
    size_t n = calibration->n;
    if (rank_of(n, 1.0 - adaptive->target) > n) {
        return (double)NAN;
    }
    size_t k = rank_of(n, 1.0 - adaptive->alpha);
    return kth_score(calibration, k < n ? k : n);
}

bool interval_levels(const char *text, size_t most, double *levels, size_t *n_levels, Error *error) {
    *n_levels = 0;
    for (const char *at = text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        double percent;
        if (!text_to_double(at, strcspn(at, ","), &percent) || !(percent > 0 && percent < 100)) {
            char shown[64];
            return error_set(error, ERROR_USAGE, "as in --level 80,95", "'level' wants percents above 0 and below 100, not '%s'",
                             text_escape(text, strlen(text), shown, sizeof shown));
        }
        if (*n_levels == most) {
            return error_set(error, ERROR_USAGE, NULL, "'level' takes at most %zu levels", most);
        }
        levels[(*n_levels)++] = percent / 100;
    }
    return true;
}

/* ---- yardstick and scores */

double interval_gaussian(double level, size_t step) {
    return skill_normal_quantile(0.5 + 0.5 * level) * sqrt((double)step);
}

double interval_winkler(double actual, double lower, double upper, double level) {
    double outside = actual < lower ? lower - actual : actual > upper ? actual - upper : 0.0;
    return upper - lower + 2.0 / (1.0 - level) * outside;
}

double interval_pinball(double actual, double quantile, double tau) {
    return actual >= quantile ? tau * (actual - quantile) : (1.0 - tau) * (quantile - actual);
}

double interval_crps(double actual, const double *tau, const double *quantile, size_t n) {
    Sum sum = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        double from = i > 0 ? 0.5 * (tau[i - 1] + tau[i]) : 0.0, to = i + 1 < n ? 0.5 * (tau[i] + tau[i + 1]) : 1.0;
        sum_add(&sum, (to - from) * interval_pinball(actual, quantile[i], tau[i]));
    }
    return n > 0 ? 2.0 * sum_value(&sum) : (double)NAN;
}

double interval_crps_gaussian(double actual, double mean, double sigma) {
    double error = fabs(actual - mean);
    if (!(sigma > 0.0)) {
        return sigma == 0.0 ? error : (double)NAN;
    }
    double z = error / sigma, density = math64_exp(-0.5 * z * z) / SQRT_2PI;
    return sigma * (z * (1.0 - 2.0 * skill_normal_upper(z)) + 2.0 * density - 1.0 / SQRT_PI);
}

static bool scored(const double *actual, const double *lower, const double *upper, size_t i) {
    return !isnan(actual[i]) && !isnan(lower[i]) && !isnan(upper[i]);
}

static bool covered(const double *actual, const double *lower, const double *upper, size_t i) {
    return actual[i] >= lower[i] && actual[i] <= upper[i];
}

/* Least number covered among INTERVAL_STRETCH consecutive scored rows; INTERVAL_STRETCH + 1 where there are fewer. */
static size_t worst_stretch(const double *actual, const double *lower, const double *upper, size_t n) {
    size_t tail = 0, rows = 0, hits = 0, worst = INTERVAL_STRETCH + 1;
    for (size_t i = 0; i < n; i++) {
        if (!scored(actual, lower, upper, i)) {
            continue;
        }
        rows++;
        hits += covered(actual, lower, upper, i);
        for (; rows > INTERVAL_STRETCH; tail++) {
            if (scored(actual, lower, upper, tail)) {
                rows--;
                hits -= covered(actual, lower, upper, tail);
            }
        }
        worst = rows == INTERVAL_STRETCH && hits < worst ? hits : worst;
    }
    return worst;
}

IntervalScore interval_score(const double *actual, const double *lower, const double *upper, size_t n, double level) {
    IntervalScore score = {.n = 0, .coverage = NAN, .worst = NAN, .width = NAN, .winkler = NAN, .pinball = NAN};
    Sum width = {0.0, 0.0}, winkler = {0.0, 0.0};
    size_t hits = 0;
    for (size_t i = 0; i < n; i++) {
        if (scored(actual, lower, upper, i)) {
            score.n++;
            hits += covered(actual, lower, upper, i);
            sum_add(&width, upper[i] - lower[i]);
            sum_add(&winkler, interval_winkler(actual[i], lower[i], upper[i], level));
        }
    }
    if (score.n > 0) {
        score.coverage = (double)hits / (double)score.n;
        score.width = sum_value(&width) / (double)score.n;
        score.winkler = sum_value(&winkler) / (double)score.n;
        score.pinball = score.winkler * (1.0 - level) / 4.0;
    }
    size_t worst = worst_stretch(actual, lower, upper, n);
    if (worst <= INTERVAL_STRETCH) {
        score.worst = (double)worst / INTERVAL_STRETCH;
    }
    return score;
}
