#include "lstmfc/skill.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/memory.h"
#include "lstmfc/sum.h"

/* ---- is the mean of a series of terms zero? */

/* Term i is made of first[i] and second[i]. */
typedef struct Terms {
    double (*of)(const struct Terms *terms, size_t i);
    const double *first, *second;
    size_t n, h;             /* terms up to h - 1 apart may be correlated */
    double mean;             /* of the terms */
    double center1, center2; /* changes_product: of the two changes */
} Terms;

static bool terms_all_equal(const Terms *terms) {
    for (size_t i = 1; i < terms->n; i++) {
        if (terms->of(terms, i) != terms->of(terms, 0)) {
            return false;
        }
    }
    return true;
}

static double terms_mean(const Terms *terms) {
    Sum sum = {0.0, 0.0};
    for (size_t i = 0; i < terms->n; i++) {
        sum_add(&sum, terms->of(terms, i));
    }
    return sum_value(&sum) / (double)terms->n;
}

/* n times the autocovariance (divisor n) at a lag. */
static double autocovariance_sum(const Terms *terms, size_t lag) {
    Sum sum = {0.0, 0.0};
    for (size_t i = lag; i < terms->n; i++) {
        sum_add(&sum, (terms->of(terms, i) - terms->mean) * (terms->of(terms, i - lag) - terms->mean));
    }
    return sum_value(&sum);
}

/* Variance of the mean from lags 0 .. h-1, with equal or Bartlett's weights. */
static double weighted_variance(const Terms *terms, bool bartlett) {
    double variance = autocovariance_sum(terms, 0);
    for (size_t lag = 1; lag < terms->h; lag++) {
        double weight = bartlett ? 1.0 - (double)lag / (double)terms->h : 1.0;
        variance += 2.0 * weight * autocovariance_sum(terms, lag);
    }
    return variance / (double)terms->n / (double)terms->n;
}

/* Mean over its standard error, times `factor`; two-sided p of Student's t is left to the caller. Quiet where nothing can be said. */
static double terms_statistic(Terms *terms, double factor) {
    if (terms->n < 2 || terms->n <= terms->h) {
        return 0.0;
    }
    terms->mean = terms_mean(terms);
    if (terms_all_equal(terms)) {
        return terms->mean == 0.0 ? 0.0 : terms->mean > 0.0 ? (double)INFINITY : -(double)INFINITY;
    }
    double variance = weighted_variance(terms, false);
    if (terms->h > 1 && !(variance > 0.0)) {
        variance = weighted_variance(terms, true);
    }
    return terms->mean / sqrt(variance) * factor;
}

static double loss_difference(const Terms *terms, size_t i) {
    return terms->first[i] * terms->first[i] - terms->second[i] * terms->second[i];
}

SkillTest skill_diebold_mariano(const double *e1, const double *e2, size_t n, size_t h) {
    Terms terms = {.of = loss_difference, .first = e1, .second = e2, .n = n, .h = h > 0 ? h : 1};
    double count = (double)n, steps = (double)terms.h;
    double statistic = terms_statistic(&terms, sqrt((count + 1.0 - 2.0 * steps + steps / count * (steps - 1.0)) / count));
    return (SkillTest){statistic, statistic == 0.0 ? 1.0 : 2.0 * skill_t_upper(fabs(statistic), count - 1.0)};
}

/* e1^2 - (e2^2 - (f1 - f2)^2), f1 - f2 = e2 - e1. */
static double adjusted_difference(const Terms *terms, size_t i) {
    return 2.0 * terms->first[i] * (terms->first[i] - terms->second[i]);
}

SkillTest skill_clark_west(const double *e_naive, const double *e_model, size_t n, size_t h) {
    Terms terms = {.of = adjusted_difference, .first = e_naive, .second = e_model, .n = n, .h = h > 0 ? h : 1};
    double statistic = terms_statistic(&terms, sqrt(((double)n - 1.0) / (double)n));
    return (SkillTest){statistic, statistic == 0.0 ? 1.0 : skill_normal_upper(statistic)};
}

/* ---- direction */

/* Counts of up and down: forecast, actual, both. */
typedef struct Directions {
    size_t n, ups, actual_ups, hits;
} Directions;

static Directions directions_of(const double *actual, const double *forecast, const double *last, size_t n) {
    Directions counts = {0, 0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        bool up = actual[i] > last[i], forecast_up = forecast[i] > last[i];
        if ((up || actual[i] < last[i]) && (forecast_up || forecast[i] < last[i])) {
            counts.n++;
            counts.actual_ups += up;
            counts.ups += forecast_up;
            counts.hits += up == forecast_up;
        }
    }
    return counts;
}

SkillDirection skill_direction(const double *actual, const double *forecast, const double *last, size_t n) {
    Directions counts = directions_of(actual, forecast, last, n);
    SkillDirection direction = {.n = counts.n, .hit = NAN, .base = NAN, .expected = NAN, .test = {0.0, 1.0}};
    if (counts.n == 0) {
        return direction;
    }
    double count = (double)counts.n, y = (double)counts.actual_ups / count, f = (double)counts.ups / count;
    direction.hit = (double)counts.hits / count;
    direction.base = y >= 0.5 ? y : (double)(counts.n - counts.actual_ups) / count;
    direction.expected = y * f + (1.0 - y) * (1.0 - f);
    bool mixed = counts.ups > 0 && counts.ups < counts.n && counts.actual_ups > 0 && counts.actual_ups < counts.n;
    if (mixed) {
        /* V(hit) - V(expected) of the paper: nearly all of it cancels. */
        double variance = 4.0 * y * (1.0 - y) * f * (1.0 - f) * (count - 1.0) / count / count;
        double statistic = (direction.hit - direction.expected) / sqrt(variance);
        direction.test = (SkillTest){statistic, skill_normal_upper(statistic)};
    }
    return direction;
}

/* ---- is it only the last value, shifted? */

/* Correlation of a[n] with b[n]; 0 where one of them is constant. */
static double correlation(const double *a, const double *b, size_t n) {
    double mean_a = sum_mean(a, n), mean_b = sum_mean(b, n);
    double squares = sum_squares(a, n, mean_a) * sum_squares(b, n, mean_b);
    Sum products = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        sum_add(&products, (a[i] - mean_a) * (b[i] - mean_b));
    }
    return squares > 0.0 ? sum_value(&products) / sqrt(squares) : 0.0;
}

static double change_of(const Terms *terms, const double *values, size_t i) {
    return values[i + terms->h] - terms->second[i]; /* from the value known at the origin */
}

static double changes_product(const Terms *terms, size_t i) {
    return (change_of(terms, terms->first, i) - terms->center1) * (change_of(terms, terms->second, i) - terms->center2);
}

static void center_changes(Terms *terms) {
    Sum forecast = {0.0, 0.0}, actual = {0.0, 0.0};
    for (size_t i = 0; i < terms->n; i++) {
        sum_add(&forecast, change_of(terms, terms->first, i));
        sum_add(&actual, change_of(terms, terms->second, i));
    }
    terms->center1 = sum_value(&forecast) / (double)terms->n;
    terms->center2 = sum_value(&actual) / (double)terms->n;
}

/* Correlation of forecast with actual changes; 0 where the forecast's are constant but for rounding. */
static double changes_correlation(const Terms *terms) {
    Sum products = {0.0, 0.0}, forecast = {0.0, 0.0}, actual = {0.0, 0.0};
    for (size_t i = 0; i < terms->n; i++) {
        double f = change_of(terms, terms->first, i) - terms->center1, y = change_of(terms, terms->second, i) - terms->center2;
        sum_add(&products, f * y);
        sum_add(&forecast, f * f);
        sum_add(&actual, y * y);
    }
    double size_f = sqrt(sum_value(&forecast)), size_y = sqrt(sum_value(&actual));
    return size_f > 1e-9 * size_y && size_y > 0.0 ? sum_value(&products) / (size_f * size_y) : 0.0;
}

SkillLag skill_lag(const double *forecast, const double *actual, size_t n, size_t h) {
    SkillLag result = {.lag = 0, .change = NAN, .p = NAN, .shifted = false};
    h = h > 0 ? h : 1;
    bool enough = n > h && n - h > h && n >= SKILL_LAGS + 2;
    for (size_t lag = 0; lag < SKILL_LAGS; lag++) {
        size_t from = SKILL_LAGS - 1;
        result.correlation[lag] = enough ? correlation(forecast + from, actual + from - lag, n - from) : (double)NAN;
        result.lag = result.correlation[lag] > result.correlation[result.lag] ? lag : result.lag;
    }
    if (!enough) {
        return result;
    }
    Terms terms = {.of = changes_product, .first = forecast, .second = actual, .n = n - h, .h = h};
    center_changes(&terms);
    result.change = changes_correlation(&terms);
    double statistic = result.change != 0.0 ? terms_statistic(&terms, 1.0) : 0.0;
    result.p = statistic == 0.0 ? 1.0 : skill_t_upper(statistic, (double)terms.n - 1.0);
    result.shifted = result.lag >= 1 && !(result.p < 0.05);
    return result;
}

/* ---- relative to naive */

double skill_theil_u(const double *actual, const double *forecast, const double *last, size_t n) {
    Sum errors = {0.0, 0.0}, changes = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        if (last[i] != 0.0) {
            double e = (forecast[i] - actual[i]) / last[i], change = (actual[i] - last[i]) / last[i];
            sum_add(&errors, e * e);
            sum_add(&changes, change * change);
        }
    }
    double naive = sum_value(&changes);
    return naive > 0.0 ? sqrt(sum_value(&errors) / naive) : (double)NAN;
}

double skill_score(double sse, double sse_naive) {
    return sse_naive != 0.0 ? 1.0 - sse / sse_naive : (double)NAN;
}

Verdict skill_verdict(double skill, double dm_p) {
    if (!(dm_p < 0.05) || isnan(skill) || skill == 0.0) {
        return VERDICT_NO_BETTER;
    }
    return skill > 0.0 ? VERDICT_BETTER : VERDICT_WORSE;
}

const char *skill_verdict_name(Verdict verdict) {
    static const char *const names[] = {"better than naive", "no better than naive", "worse than naive"};
    return names[verdict];
}

/* ---- many tests at once */

static int compare_places(const void *a, const void *b) {
    double x = **(const double *const *)a, y = **(const double *const *)b;
    return (x > y) - (x < y);
}

/* Places of the p-values that are numbers, smallest first; NULL = out of memory. */
static const double **sorted_places(const double *p, size_t n, size_t *n_places) {
    const double **places = memory_zeroed(n, sizeof *places);
    *n_places = 0;
    for (size_t i = 0; places && i < n; i++) {
        if (!isnan(p[i])) {
            places[(*n_places)++] = &p[i];
        }
    }
    if (places) {
        qsort(places, *n_places, sizeof *places, compare_places);
    }
    return places;
}

static void adjust_holm(const double *p, const double *const *places, size_t n, double *adjusted) {
    double so_far = 0.0;
    for (size_t i = 0; i < n; i++) {
        so_far = fmax(so_far, fmin(1.0, (double)(n - i) * *places[i]));
        adjusted[places[i] - p] = so_far;
    }
}

static void adjust_benjamini_hochberg(const double *p, const double *const *places, size_t n, double *adjusted) {
    double so_far = 1.0;
    for (size_t i = n; i-- > 0;) {
        so_far = fmin(so_far, (double)n / (double)(i + 1) * *places[i]);
        adjusted[places[i] - p] = so_far;
    }
}

bool skill_adjust(SkillAdjustment how, const double *p, size_t n, double *adjusted, Error *error) {
    size_t n_places = 0;
    const double **places = sorted_places(p, n, &n_places);
    if (!places) {
        return error_memory(error, "the order of p-values");
    }
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = (double)NAN;
    }
    if (how == SKILL_HOLM) {
        adjust_holm(p, places, n_places, adjusted);
    } else {
        adjust_benjamini_hochberg(p, places, n_places, adjusted);
    }
    free(places);
    return true;
}
