/* skill.h - is a forecast better than another, and is the difference more than chance?
 */
#ifndef LSTMFC_SKILL_H
#define LSTMFC_SKILL_H

#include <stddef.h>

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

#endif
