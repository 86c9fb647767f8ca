#include "linear_sums.h"

#include <string.h>

static const double decays[LINEAR_DECAYS] = {0.3, 0.5, 0.7, 0.8, 0.9};
static const double fades[LINEAR_FADES] = {1, 0.7, 0.4};

size_t linear_sums_fading(size_t n_lags, size_t decay) {
    return LINEAR_FIRST_LAG + n_lags + decay;
}

size_t linear_sums_fade(size_t n_lags, size_t fade, size_t which) {
    return LINEAR_FIRST_LAG + n_lags + LINEAR_DECAYS + fade * LINEAR_OF_FADE + which;
}

/* Weights, which sum to 1, of the changes i + season, i + 2 season, .. back, as far as there are n of them; returns how many that is. */
static size_t fade_weights(size_t n, size_t season, size_t i, double fade, double *weights) {
    const size_t n_seasons = n > i ? (n - i) / season : 0;
    double weight = 1, total = 0;
    for (size_t k = 0; k < n_seasons; k++, weight *= fade) {
        weights[k] = weight;
        total += weight;
    }
    for (size_t k = 0; k < n_seasons; k++) {
        weights[k] /= total;
    }
    return n_seasons;
}

/* The mean over past seasons as it is for the change i back; lags[0] is the last one. */
static double fade_mean(const double *lags, size_t n, size_t season, size_t i, double fade) {
    double weights[LINEAR_LAGS], sum = 0;
    const size_t n_seasons = fade_weights(n, season, i, fade, weights);
    for (size_t k = 0; k < n_seasons; k++) {
        sum += weights[k] * lags[(k + 1) * season + i - 1];
    }
    return sum;
}

/* lags[known] of n_lags are known. */
static void fill_fade(const LinearSums *sums, const double *lags, size_t known, size_t fade, double *row) {
    const size_t n = known < sums->n_lags ? known : sums->n_lags, most = sums->n_lags - sums->season;
    double departures[LINEAR_LAGS + 1];
    row[linear_sums_fade(sums->n_lags, fade, 0)] = fade_mean(lags, n, sums->season, 0, fades[fade]);
    for (size_t i = 1; i <= sums->n_lags; i++) {
        departures[i] = lags[i - 1] - fade_mean(lags, n, sums->season, i, fades[fade]);
    }
    for (size_t i = 1; i <= LINEAR_RECENT && i <= sums->n_lags; i++) {
        row[linear_sums_fade(sums->n_lags, fade, i)] = departures[i];
    }
    for (size_t k = 0; k < LINEAR_DECAYS; k++) {
        double *sum = &row[linear_sums_fade(sums->n_lags, fade, LINEAR_RECENT + 1 + k)];
        for (size_t i = most; i > 0; i--) {
            *sum = departures[i] + decays[k] * *sum;
        }
    }
}

void linear_sums_add(LinearSums *sums, const double *z, size_t t) {
    const size_t n_lags = sums->n_lags;
    double row[LINEAR_COLUMNS] = {1, z[t - 1]};
    for (size_t i = 1; i <= n_lags && i < t; i++) {
        row[LINEAR_FIRST_LAG + i - 1] = z[t - i] - z[t - i - 1];
    }
    for (size_t i = n_lags; i-- > 0;) {
        for (size_t k = 0; k < LINEAR_DECAYS; k++) {
            double *sum = &row[linear_sums_fading(n_lags, k)];
            *sum = row[LINEAR_FIRST_LAG + i] + decays[k] * *sum;
        }
    }
    for (size_t fade = 0; sums->season > 0 && fade < LINEAR_FADES; fade++) {
        fill_fade(sums, row + LINEAR_FIRST_LAG, t - 1, fade, row);
    }
    row[sums->change] = z[t] - z[t - 1];
    for (size_t i = 0; i <= sums->change; i++) {
        for (size_t j = 0; j <= i; j++) {
            sums->products[i][j] += row[i] * row[j];
        }
    }
    sums->n++;
}

void linear_sums_take(LinearSums *sums, const double *z, size_t last, size_t n_lags, size_t season) {
    memset(sums, 0, sizeof *sums);
    sums->n_lags = n_lags;
    sums->season = season;
    sums->change = linear_sums_fade(n_lags, season > 0 ? LINEAR_FADES : 0, 0);
    for (size_t t = n_lags + 1; t < last; t++) {
        linear_sums_add(sums, z, t);
    }
}

/* A departure i changes back, or with i = 0 the mean itself. */
static void add_departure(Linear *linear, size_t season, size_t i, double fade, double weight) {
    double weights[LINEAR_LAGS];
    const size_t n_seasons = fade_weights(linear->n_lags, season, i, fade, weights);
    if (i > 0) {
        linear->lags[i - 1] += weight;
    }
    for (size_t k = 0; k < n_seasons; k++) {
        linear->lags[(k + 1) * season + i - 1] += i > 0 ? -weight * weights[k] : weight * weights[k];
    }
}

static void add_fade_column(Linear *linear, size_t season, size_t fade, size_t which, double weight) {
    if (which <= LINEAR_RECENT) {
        add_departure(linear, season, which, fades[fade], weight);
        return;
    }
    for (size_t i = 1; i <= linear->n_lags - season; i++) {
        add_departure(linear, season, i, fades[fade], weight);
        weight *= decays[which - LINEAR_RECENT - 1];
    }
}

void linear_sums_spread(Linear *linear, size_t season, size_t column, double weight) {
    const size_t first_fading = linear_sums_fading(linear->n_lags, 0), first_fade = linear_sums_fade(linear->n_lags, 0, 0);
    if (column < LINEAR_FIRST_LAG) {
        *(column == 0 ? &linear->constant : &linear->level) += weight;
    } else if (column < first_fading) {
        linear->lags[column - LINEAR_FIRST_LAG] += weight;
    } else if (column >= first_fade) {
        add_fade_column(linear, season, (column - first_fade) / LINEAR_OF_FADE, (column - first_fade) % LINEAR_OF_FADE, weight);
    } else {
        for (size_t i = 0; i < linear->n_lags; i++) {
            linear->lags[i] += weight;
            weight *= decays[column - first_fading];
        }
    }
}
