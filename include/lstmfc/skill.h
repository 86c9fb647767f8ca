/* skill.h - is a forecast better than another, and is the difference more than chance?
 */
#ifndef LSTMFC_SKILL_H
#define LSTMFC_SKILL_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"

typedef struct SkillTest {
    double statistic; /* > 0: the first forecast has the larger loss (is worse) */
    double p;         /* two-sided unless said otherwise; 1 where both forecast alike */
} SkillTest;

/* Diebold-Mariano test of equal squared-error accuracy (Diebold and Mariano 1995) with the small-sample factor and
 * Student t of Harvey, Leybourne and Newbold (1997): statistic and p of R's forecast::dm.test(e1, e2, h, power = 2,
 * varestimator = "acf"); for h > 1 where that variance is not positive, the Bartlett estimate is used instead.
 * e1, e2: errors [n]. All differences zero: statistic 0, p 1; all equal but not zero: statistic infinite, p 0. h = 0 counts
 * as 1. n < 2 or n <= h (the small-sample factor is 0): statistic 0, p 1. NaN among the errors: both NaN. */
SkillTest skill_diebold_mariano(const double *e1, const double *e2, size_t n, size_t h);

/* Clark-West test that a model is no better than naive, for models that contain naive as a special case (Clark and West 2007,
 * "Approximately normal tests for equal predictive accuracy in nested models"): the model's squared error is relieved of the noise that
 * estimating it adds, (naive forecast - its forecast)^2. Mean of e_naive^2 - e_model^2 + (e_naive - e_model)^2 over its standard error
 * (divisor n - 1; autocovariances up to lag h - 1 with equal weights, Bartlett's where that is not positive); p one-sided from the normal:
 * small where the model holds information that naive lacks, even if its error is not smaller yet. Statistic > 0 speaks for the model.
 * Degenerate cases as in skill_diebold_mariano: a model that is naive has statistic 0, p 1. */
SkillTest skill_clark_west(const double *e_naive, const double *e_model, size_t n, size_t h);

/* Direction of change from `last`, the last value known at each origin. Pairs where the actual or the forecast change is 0 are left out:
 * such a forecast takes no side (metric_direction counts it as a miss). */
typedef struct SkillDirection {
    size_t n;        /* pairs counted */
    double hit;      /* share of right directions; NaN for n = 0, as the next two */
    double base;     /* share a forecast of always the commoner direction would have had, >= 0.5 */
    double expected; /* share that forecasts with as many ups, but blind, hit on average */
    SkillTest test;  /* Pesaran and Timmermann (1992), "A simple nonparametric test of predictive performance": statistic
                      * (hit - expected) / sqrt(V(hit) - V(expected)), p one-sided from the normal. Statistic 0 and p 1 where forecasts or
                      * actuals all point one way. Pairs count as independent: for h > 1 pass every h-th forecast. */
} SkillDirection;

SkillDirection skill_direction(const double *actual, const double *forecast, const double *last, size_t n);

/* Theil's U (U2; Theil 1966, "Applied Economic Forecasting"), on changes relative to the last value known:
 * sqrt(sum ((forecast - actual) / last)^2 / sum ((actual - last) / last)^2); naive has 1. As in R's forecast::accuracy. Pairs whose last
 * value is 0 are left out; NaN where nothing is left or nothing changed. */
double skill_theil_u(const double *actual, const double *forecast, const double *last, size_t n);

/* Is a forecast only the last value, shifted? For consecutive rows, forecast[i] being of the row of actual[i], h steps ahead. */
enum { SKILL_LAGS = 11 };

typedef struct SkillLag {
    double correlation[SKILL_LAGS]; /* of forecast[i] with actual[i - lag], all over the same i >= 10; 0 where one is constant */
    size_t lag;                     /* of the largest; the shortest of equals */
    double change; /* correlation of forecast[i] - actual[i - h] with actual[i] - actual[i - h]; 0 where one is constant (the
                                     * forecast's spread not above a billionth of the actual's) */
    double p;                       /* one-sided, that it is not positive: Student t of the mean product, robust to changing volatility
                                     * (autocovariances up to lag h - 1) */
    bool shifted;                   /* lag >= 1 and p >= 0.05: follows the past and tells nothing of the change */
} SkillLag;

/* n < 13 or n <= 2h: all NaN, lag 0, not shifted. h = 0 counts as 1. */
SkillLag skill_lag(const double *forecast, const double *actual, size_t n, size_t h);

/* p-values adjusted for having made many tests: reject where adjusted < level.
 * Holm (1979): the chance of any false rejection is at most the level, whatever the dependence.
 * Benjamini and Hochberg (1995): the expected share of false ones among the rejections is.
 * NaNs stay NaN and are not counted. p and adjusted [n] must not overlap. ERROR_MEMORY. */
typedef enum SkillAdjustment { SKILL_HOLM, SKILL_BENJAMINI_HOCHBERG } SkillAdjustment;

bool skill_adjust(SkillAdjustment how, const double *p, size_t n, double *adjusted, Error *error);

/* 1 - SSE/SSE of naive; NaN where naive's is 0. */
double skill_score(double sse, double sse_naive);

typedef enum Verdict { VERDICT_BETTER, VERDICT_NO_BETTER, VERDICT_WORSE } Verdict;

/* Better or worse than naive by the sign of `skill` where the difference is significant at 5 %, else (NaN too) no better. */
Verdict skill_verdict(double skill, double dm_p);

/* "better than naive", "no better than naive", "worse than naive". */
const char *skill_verdict_name(Verdict verdict);

/* Distribution functions, own and the same bits everywhere; upper tail P(X > x), relative error below 1e-12 down to 1e-300.
 * Student t with v > 0 degrees of freedom is the regularised incomplete beta function by its continued fraction (DLMF 8.17.22);
 * the normal a power series near 0 (Marsaglia 2004) and Laplace's continued fraction beyond. */
double skill_t_upper(double x, double v);
double skill_normal_upper(double x);

/* x with P(X <= x) = p for the standard normal (Wichura 1988, AS 241): relative error about 1e-15 in p and 1 - p as they are in double;
 * minus and plus infinity at 0 and 1, NaN outside. */
double skill_normal_quantile(double p);

#endif
