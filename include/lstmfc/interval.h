/* interval.h - how far off a forecast may be: conformal intervals on residuals scaled by volatility, and scores of intervals.
 *
 * For one series, in time order:
 *
 *     before a row is known   sigma = interval_volatility(&v);                      from changes up to the row before
 *                             q = interval_quantile(&calibration[step], 0.90);      from scores of rows known so far
 *                             forecast -/+ q * sigma * unit
 *     once it is known        interval_push(&calibration[step], interval_residual(actual - forecast, sigma, unit));
 *                             interval_volatility_push(&v, change);
 *
 * A change is x[t] - x[t-1] over the unit of row t-1; the unit is |x[t-1]| where changes are taken as relative, 1 where they are not. A
 * residual is |actual - forecast| over sigma and unit as they were at the forecast's origin, whatever the horizon: each horizon step has a
 * calibration of its own, which so learns how errors grow with the step. All state is of fixed size and made of doubles, to be stored in a
 * model.
 *
 * If residuals are exchangeable (Vovk, Gammerman and Shafer 2005, "Algorithmic Learning in a Random World"), the interval holds the actual
 * value with at least the level's chance. Those of a series are not quite: scaling by volatility takes out most of what calm and
 * storm do to coverage, the ring forgets, and IntervalAdaptive corrects what remains.
 */
#ifndef LSTMFC_INTERVAL_H
#define LSTMFC_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"

enum {
    INTERVAL_LEVELS = 8,   /* asked for at once, at most */
    INTERVAL_RING = 250,   /* scores kept a horizon step */
    INTERVAL_WARM_UP = 20, /* changes until there is a volatility */
    INTERVAL_STRETCH = 60  /* rows of the worst stretch */
};

/* ---- volatility: exponentially weighted mean square of changes (RiskMetrics 1996), begun with that of the first 20;
 *      lambda 0.84 instead of their 0.94, so that a storm is in the next rows' widths: docs/recipe.md has the measurement */

typedef struct IntervalVolatility {
    double variance; /* mean square so far */
    double n;        /* changes seen */
} IntervalVolatility; /* start from a zeroed one */

/* A change that is not finite is left out. */
void interval_volatility_push(IntervalVolatility *volatility, double change);

/* Standard deviation expected of the next change; NaN before INTERVAL_WARM_UP changes. */
double interval_volatility(const IntervalVolatility *volatility);

/* sigma[t], t = 0 .. n, from changes[0 .. t-1] alone. */
void interval_volatilities(const double *changes, size_t n, double *sigma);

/* ---- conformal calibration of one horizon step */

typedef struct IntervalCalibration {
    double score[INTERVAL_RING]; /* a ring */
    size_t n;                    /* scores held, at most INTERVAL_RING */
    size_t next;                 /* place of the next */
} IntervalCalibration; /* start from a zeroed one */

/* |error| / (sigma * unit); NaN where sigma or unit is not a positive number. */
double interval_residual(double error, double sigma, double unit);

/* The oldest of a full ring is forgotten. A score that is negative or not finite is left out. */
void interval_push(IntervalCalibration *calibration, double score);

/* Half width, in units of sigma * unit, of the interval of a level in (0, 1): the ceil((n + 1) level)-th smallest score. NaN where n
 * scores are too few for the level, that is n < ceil((n + 1) level): 90% needs 9, 95% 19, 99% 99. 0 for level <= 0. */
double interval_quantile(const IntervalCalibration *calibration, double level);

/* Scores held, oldest first, into out[INTERVAL_RING]; returns how many. To be stored. */
size_t interval_scores(const IntervalCalibration *calibration, double *out);

/* The calibration that scores[n], oldest first, would leave; of more than INTERVAL_RING the latest stay. false: one is negative or not
 * finite. */
bool interval_restore(IntervalCalibration *calibration, const double *scores, size_t n);

/* ---- adaptive conformal inference (Gibbs and Candes 2021, arXiv 2106.00170) */

/* alpha follows misses: alpha += gamma (target - missed). What an interval of that alpha misses in the long run is the target, for the
 * mean of (missed - target) over n updates is (first alpha - last alpha) / (n gamma). */
typedef struct IntervalAdaptive {
    double target; /* share that may be missed, 1 - level */
    double gamma;
    double alpha;  /* may leave [0, 1]: it remembers */
} IntervalAdaptive;

/* gamma <= 0 means the default of 0.005. */
void interval_adaptive_init(IntervalAdaptive *adaptive, double level, double gamma);

void interval_adaptive_push(IntervalAdaptive *adaptive, bool missed);

/* interval_quantile at level 1 - alpha, in which alpha <= 0, or less than the scores can tell, gives the largest score, and alpha >= 1
 * gives 0. NaN where the scores are too few for the target itself. */
double interval_adaptive_quantile(const IntervalCalibration *calibration, const IntervalAdaptive *adaptive);

/* "80,95" as 0.8 and 0.95, at most `most` of them. NULL: none. ERROR_USAGE. */
bool interval_levels(const char *text, size_t most, double *levels, size_t *n_levels, Error *error);

/* ---- yardstick */

/* Half width, in units of sigma * unit, of a central Gaussian interval for a random walk `step` steps ahead: z((1 + level) / 2)
 * sqrt(step). */
double interval_gaussian(double level, size_t step);

/* ---- scores; all in the unit of the values, less is better (Gneiting and Raftery 2007, "Strictly proper scoring rules") */

/* Winkler's interval score of a central interval: width, and 2 / (1 - level) for each unit outside. */
double interval_winkler(double actual, double lower, double upper, double level);

/* Quantile loss of `quantile` as the forecast of the tau-quantile. */
double interval_pinball(double actual, double quantile, double tau);

/* CRPS of quantiles at ascending tau[n] in (0, 1), as twice the integral of the pinball loss over tau; each quantile stands for the taus
 * nearer to it than to another. With tau = (i + 1/2) / n that is exactly the CRPS of n equally likely values. NaN for n = 0. */
double interval_crps(double actual, const double *tau, const double *quantile, size_t n);

/* CRPS of a normal distribution, closed form; sigma 0: the absolute error. */
double interval_crps_gaussian(double actual, double mean, double sigma);

typedef struct IntervalScore {
    size_t n;        /* rows with bounds; all below are NaN for 0 */
    double coverage; /* share of actuals in [lower, upper] */
    double worst;    /* least coverage over INTERVAL_STRETCH consecutive rows with bounds; NaN where there are fewer */
    double width;    /* mean */
    double winkler;  /* mean */
    double pinball;  /* mean quantile loss of the two bounds, as quantiles (1 - level) / 2 and (1 + level) / 2: winkler (1 - level) / 4 */
} IntervalScore;

/* Rows where a bound or the actual is NaN are left out. */
IntervalScore interval_score(const double *actual, const double *lower, const double *upper, size_t n, double level);

#endif
