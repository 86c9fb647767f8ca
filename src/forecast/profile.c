#include "lstmfc/profile.h"

#include <math.h>

#include "lstmfc/math64.h"

double profile_level(const Profile *profile, size_t place) {
    return profile->length > 0 ? profile->levels[place % profile->length] : 0;
}

void profile_fit(Profile *profile, const double *z, size_t n, size_t length) {
    double changes[PROFILE_PLACES] = {0}, drift = 0, mean = 0;
    size_t counts[PROFILE_PLACES] = {0};
    *profile = (Profile){.length = length};
    for (size_t t = 1; t < n; t++) {
        changes[t % length] += z[t] - z[t - 1];
        counts[t % length]++;
    }
    for (size_t i = 0; i < length; i++) {
        changes[i] /= (double)(counts[i] > 0 ? counts[i] : 1);
        drift += changes[i] / (double)length;
    }
    for (size_t i = 1; i < length; i++) {
        profile->levels[i] = profile->levels[i - 1] + changes[i] - drift;
        mean += profile->levels[i] / (double)length;
    }
    for (size_t i = 0; i < length; i++) {
        profile->levels[i] -= mean;
    }
}

/* n log of the squares that changes leave behind a profile of that length, and the mean of the penalties of AIC and BIC. */
static double criterion(const double *z, size_t n, size_t length) {
    Profile profile = {0};
    double mean = (z[n - 1] - z[0]) / (double)(n - 1), sum = 0;
    if (length > 0) {
        profile_fit(&profile, z, n, length);
    }
    for (size_t t = 1; t < n; t++) {
        const double left = z[t] - z[t - 1] - mean - (profile_level(&profile, t) - profile_level(&profile, t - 1));
        sum += left * left;
    }
    const double rows = (double)(n - 1), k = length > 0 ? (double)length : 1;
    return rows * math64_log(sum / rows) + 0.5 * (2 * k + k * math64_log(rows));
}

size_t profile_season(const double *z, size_t n, size_t most) {
    double least = criterion(z, n, 0);
    size_t found = 0;
    for (size_t length = 2; length <= most && 2 * length < n; length++) {
        const double c = criterion(z, n, length);
        if (c < least) {
            least = c;
            found = length;
        }
    }
    return found;
}

/* What is left of z[n] without the profile, if z[0] is of that place: squares of its changes, or of its distances from their mean. */
static double left_over(const Profile *profile, const double *z, size_t n, size_t place) {
    double sum = 0, mean = 0, before = 0;
    for (size_t i = 0; i < n && profile->by_levels; i++) {
        mean += (z[i] - profile_level(profile, place + i)) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        const double level = z[i] - profile_level(profile, place + i) - mean;
        const double left = profile->by_levels ? level : i > 0 ? level - before : 0;
        sum += left * left;
        before = level;
    }
    return sum;
}

size_t profile_place(const Profile *profile, const double *z, size_t n) {
    double least = INFINITY;
    size_t found = 0;
    for (size_t place = 0; place < profile->length; place++) {
        const double left = left_over(profile, z, n, place);
        if (left < least) {
            least = left;
            found = (place + n) % profile->length;
        }
    }
    return found;
}

static double found_of(const Profile *profile, const double *z, size_t n, size_t reach) {
    size_t right = 0;
    for (size_t t = reach; t < n; t++) {
        right += profile_place(profile, z + t - reach, reach) == t % profile->length;
    }
    return n > reach ? (double)right / (double)(n - reach) : 0;
}

double profile_found(Profile *profile, const double *z, size_t n, size_t reach) {
    profile->by_levels = false;
    const double changes = found_of(profile, z, n, reach);
    if (changes >= 1) {
        return changes; /* levels cannot find more */
    }
    profile->by_levels = true;
    const double levels = found_of(profile, z, n, reach);
    profile->by_levels = levels > changes;
    return levels > changes ? levels : changes;
}

void profile_remove(const Profile *profile, double *z, size_t n) {
    for (size_t t = 0; t < n; t++) {
        z[t] -= profile_level(profile, t);
    }
}
