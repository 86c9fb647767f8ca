#include "lstmfc/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear_models.h"
#include "lstmfc/math64.h"
#include "lstmfc/memory.h"

static const double FOUND = 0.995; /* of the fitted rows must find their place in a profile */

static bool all_finite(const Linear *linear) {
    bool ok = isfinite(linear->mean) && isfinite(linear->constant) && isfinite(linear->level);
    for (size_t i = 0; i < linear->n_lags; i++) {
        ok = ok && isfinite(linear->lags[i]);
    }
    for (size_t i = 0; i < linear->profile.length; i++) {
        ok = ok && isfinite(linear->profile.levels[i]) && isfinite(linear->seasonal[i]);
    }
    return ok;
}

/* ---- a fit */

/* z of n values; false: one cannot be taken. */
static bool transform(const double *x, size_t n, bool relative, double *z) {
    for (size_t i = 0; i < n; i++) {
        z[i] = !relative ? x[i] : x[i] > 0 ? math64_log(x[i]) : NAN;
        if (!isfinite(z[i])) {
            return false;
        }
    }
    return true;
}

static double mean_of(const double *z, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += z[i] / (double)n;
    }
    return sum;
}

/* Changes and levels are brought to about one unit first, so that no sum of squares is out of range. */
static double unit_of(const double *z, size_t n) {
    double sum = 0;
    for (size_t i = 1; i < n; i++) {
        sum += fabs(z[i] - z[i - 1]) / (double)(n - 1);
    }
    return sum;
}

/* Lags for n rows: two fifths of them at most are not judged on. */
static size_t lags_for(size_t n, size_t reach) {
    size_t lags = 2 * n / 5 - 1;
    lags = lags < reach - 1 ? lags : reach - 1;
    return lags < LINEAR_LAGS ? lags : LINEAR_LAGS;
}

/* What a forecast of z without its profile adds at a place to one of z itself: the profile's own change, less what the coefficients make of
 * the profile before it. */
static double seasonal_of(const Linear *adjusted, size_t place) {
    const Profile *q = &adjusted->profile;
    const size_t at = place + (adjusted->n_lags + 2) * q->length; /* counted on, so that the past is no place below 0 */
    double sum = profile_level(q, at) - profile_level(q, at - 1) - adjusted->level * profile_level(q, at - 1);
    for (size_t i = 0; i < adjusted->n_lags; i++) {
        sum -= adjusted->lags[i] * (profile_level(q, at - 1 - i) - profile_level(q, at - 2 - i));
    }
    return sum;
}

/* The mean of a forecast of z and of one of z without its profile. */
static void blend(Linear *linear, const Linear *adjusted) {
    linear->profile = adjusted->profile;
    for (size_t place = 0; place < linear->profile.length; place++) {
        linear->seasonal[place] = seasonal_of(adjusted, place) / 2;
    }
    linear->constant = (linear->constant + adjusted->constant) / 2;
    linear->level = (linear->level + adjusted->level) / 2;
    for (size_t i = 0; i < linear->n_lags; i++) {
        linear->lags[i] = (linear->lags[i] + adjusted->lags[i]) / 2;
    }
}

/* The same once more on z without the profile of its season, where that says more than `plain`, the least criterion without; z is lost. */
static bool fit_adjusted(Linear *linear, double *z, size_t n, double plain, Error *error) {
    Linear adjusted = {.n_lags = linear->n_lags};
    const size_t season = profile_season(z, n, linear->n_lags - 1);
    double least;
    if (season == 0) {
        return true;
    }
    profile_fit(&adjusted.profile, z, n, season);
    if (!(profile_found(&adjusted.profile, z, n, linear_reach(linear)) >= FOUND)) {
        return true;
    }
    profile_remove(&adjusted.profile, z, n);
    if (!linear_models_average(&adjusted, z, n, season - 1, &least, error)) {
        return false;
    }
    if (least < plain) {
        blend(linear, &adjusted);
    }
    return true;
}

static bool fit_transformed(Linear *linear, double *z, size_t n, Error *error) {
    const double unit = unit_of(z, n);
    double least;
    if (!(unit > 0) || !isfinite(unit)) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        z[i] = (z[i] - linear->mean) / unit;
    }
    const bool ok = linear_models_average(linear, z, n, 0, &least, error) && fit_adjusted(linear, z, n, least, error);
    linear->constant *= unit;
    for (size_t i = 0; i < linear->profile.length; i++) {
        linear->profile.levels[i] *= unit;
        linear->seasonal[i] *= unit;
    }
    return ok;
}

bool linear_fit(Linear *linear, const double *x, size_t first, size_t last, size_t reach, bool relative, Error *error) {
    const size_t n = last > first ? last - first : 0;
    *linear = (Linear){.relative = relative};
    if (n < LINEAR_ROWS || reach < 2) {
        return true;
    }
    double *z = memory_zeroed(n, sizeof *z);
    bool ok = z || error_memory(error, "the linear forecast");
    if (ok && transform(x + first, n, relative, z)) {
        linear->mean = mean_of(z, n);
        linear->n_lags = lags_for(n, reach);
        ok = fit_transformed(linear, z, n, error);
        *linear = all_finite(linear) ? *linear : (Linear){.relative = relative};
    }
    free(z);
    return ok;
}

/* ---- a curve beside it */

/* To a row of that place. */
static double next_change(const Linear *linear, double level, const double *changes, size_t place) {
    double sum = linear->constant + (linear->profile.length > 0 ? linear->seasonal[place % linear->profile.length] : 0) +
                 linear->level * (level - linear->mean);
    for (size_t i = 0; i < linear->n_lags; i++) {
        sum += linear->lags[i] * changes[i];
    }
    return sum;
}

bool linear_bend(Linear *linear, const double *x, size_t first, size_t last, Error *error) {
    const size_t n = last > first ? last - first : 0, reach = linear_reach(linear);
    double changes[LINEAR_LAGS];
    linear->curve = (Curve){0};
    if (linear->n_lags == 0 || n <= reach) {
        return true;
    }
    double *z = memory_zeroed(n, 2 * sizeof *z), *forecast = z + n;
    bool ok = z || error_memory(error, "the nonlinear forecast");
    if (ok && transform(x + first, n, linear->relative, z)) {
        for (size_t t = reach; t < n; t++) {
            for (size_t i = 0; i < linear->n_lags; i++) {
                changes[i] = z[t - 1 - i] - z[t - 2 - i];
            }
            forecast[t] = next_change(linear, z[t - 1], changes, t);
        }
        ok = curve_fit(&linear->curve, z, forecast, n, reach, error);
    }
    free(z);
    return ok;
}

/* ---- a forecast */

size_t linear_reach(const Linear *linear) {
    return linear->n_lags + 1;
}

void linear_forecast(const Linear *linear, const double *x, size_t r, size_t n, double *values) {
    const size_t reach = linear_reach(linear);
    const double last = x[r - 1];
    double z[LINEAR_LAGS + 1], levels[LINEAR_LAGS + 2], changes[LINEAR_LAGS + 1] = {0}, sum = 0;
    const bool known = linear->n_lags > 0 && transform(x + r - reach, reach, linear->relative, z);
    const size_t place = known ? profile_place(&linear->profile, z, reach) : 0;
    for (size_t i = 0; known && i < reach; i++) {
        levels[i] = z[reach - 1 - i];
        changes[i] = i + 1 < reach ? levels[i] - z[reach - 2 - i] : 0;
    }
    for (size_t step = 0; step < n; step++) {
        double value = last;
        if (known) {
            const double straight = next_change(linear, levels[0], changes, place + step),
                         change = straight + curve_forecast(&linear->curve, levels, straight);
            memmove(changes + 1, changes, LINEAR_LAGS * sizeof *changes);
            memmove(levels + 1, levels, reach * sizeof *levels);
            changes[0] = change;
            sum += change;
            levels[0] = z[reach - 1] + sum;
            value = linear->relative ? last * math64_exp(sum) : last + sum;
        }
        values[step] = isfinite(value) ? value : last;
    }
}
