#include "lstmfc/fan.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/memory.h"
#include "lstmfc/sum.h"

enum { CRPS_LEVELS = 9, CRPS_QUANTILES = 2 * CRPS_LEVELS + 1 };

bool fan_init(Fan *fan, const double *levels, size_t n_levels, size_t n, Error *error) {
    const size_t part = n_levels * n;
    *fan = (Fan){.n = n, .n_levels = n_levels, .levels = levels, .block = memory_zeroed(n, (4 * n_levels + 2) * sizeof *fan->block)};
    if (!fan->block) {
        return error_memory(error, "the intervals");
    }
    fan->low = fan->block;
    fan->high = fan->low + part;
    fan->naive_low = fan->high + part;
    fan->naive_high = fan->naive_low + part;
    fan->crps = fan->naive_high + part;
    fan->crps_naive = fan->crps + n;
    return true;
}

void fan_free(Fan *fan) {
    free(fan->block);
    *fan = (Fan){0};
}

static double crps_of(const Band *band, size_t step, double actual, double forecast) {
    double tau[CRPS_QUANTILES], quantile[CRPS_QUANTILES];
    tau[CRPS_LEVELS] = 0.5;
    quantile[CRPS_LEVELS] = forecast;
    for (size_t i = 1; i <= CRPS_LEVELS; i++) {
        const double level = (double)i / (CRPS_LEVELS + 1), half = band_half(band, step, level);
        tau[CRPS_LEVELS - i] = (1 - level) / 2;
        tau[CRPS_LEVELS + i] = (1 + level) / 2;
        const double center = band_center(band, step, level, forecast);
        quantile[CRPS_LEVELS - i] = center - half;
        quantile[CRPS_LEVELS + i] = center + half;
    }
    return interval_crps(actual, tau, quantile, CRPS_QUANTILES);
}

void fan_spread(Fan *fan, size_t i, const Band *band, size_t step, double actual, double forecast, double naive, double unit) {
    const double scale = band_scale(band, step);
    for (size_t l = 0; l < fan->n_levels; l++) {
        const double half = band_half(band, step, fan->levels[l]), around = interval_gaussian(fan->levels[l], 1) * scale;
        const double center = band_center(band, step, fan->levels[l], forecast);
        fan->low[l * fan->n + i] = (center - half) / unit;
        fan->high[l * fan->n + i] = (center + half) / unit;
        fan->naive_low[l * fan->n + i] = (naive - around) / unit;
        fan->naive_high[l * fan->n + i] = (naive + around) / unit;
    }
    fan->crps[i] = crps_of(band, step, actual, forecast) / unit;
    fan->crps_naive[i] = interval_crps_gaussian(actual, naive, scale) / unit;
}

/* Both over the rows that have both. */
static void mean_crps(const Fan *fan, FanScore *score) {
    Sum model = {0.0, 0.0}, naive = {0.0, 0.0};
    size_t n = 0;
    for (size_t i = 0; i < fan->n; i++) {
        if (isfinite(fan->crps[i]) && isfinite(fan->crps_naive[i])) {
            sum_add(&model, fan->crps[i]);
            sum_add(&naive, fan->crps_naive[i]);
            n++;
        }
    }
    score->crps = n ? sum_value(&model) / (double)n : (double)NAN;
    score->crps_naive = n ? sum_value(&naive) / (double)n : (double)NAN;
}

FanScore fan_score(const Fan *fan, const double *actual) {
    FanScore score = {.n_levels = fan->n_levels};
    for (size_t l = 0; l < fan->n_levels; l++) {
        const size_t at = l * fan->n;
        score.intervals[l].level = fan->levels[l];
        score.intervals[l].model = interval_score(actual, fan->low + at, fan->high + at, fan->n, fan->levels[l]);
        score.intervals[l].naive = interval_score(actual, fan->naive_low + at, fan->naive_high + at, fan->n, fan->levels[l]);
    }
    mean_crps(fan, &score);
    return score;
}
