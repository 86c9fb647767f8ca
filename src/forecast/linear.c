#include "lstmfc/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/math64.h"
#include "lstmfc/memory.h"

enum {
    MOST_RECENT = 12,                                /* changes just before */
    MOST_SEASONS = 3,
    MOST_TERMS = 2 + 2 * MOST_RECENT + MOST_SEASONS + 1,
    MOST_SHAPES = 2 * (MOST_RECENT + 1) * 16,
    COLUMNS = LINEAR_LAGS + 3,                       /* 1, level, each lag, the change to forecast */
    FIRST_LAG = 2
};

static const double RIDGE = 1e-9;      /* of a regressor's sum of squares: keeps what depends on others solvable */
static const double EXACT = 1e-12;     /* smallest share of the squares a model may leave */
static const double NEGLIGIBLE = 40;   /* in c: a weight below 2e-9 */

/* ---- sums of products */

typedef struct Sums {
    size_t n, n_lags;
    double products[COLUMNS][COLUMNS]; /* the last is the change itself */
} Sums;

static void sums_take(Sums *sums, const double *z, size_t last, double mean, size_t n_lags) {
    const size_t n_columns = n_lags + 3, reach = n_lags + 1;
    double row[COLUMNS];
    memset(sums, 0, sizeof *sums);
    sums->n = last - reach;
    sums->n_lags = n_lags;
    for (size_t t = reach; t < last; t++) {
        row[0] = 1;
        row[1] = z[t - 1] - mean;
        for (size_t i = 1; i <= n_lags; i++) {
            row[1 + i] = z[t - i] - z[t - i - 1];
        }
        row[n_columns - 1] = z[t] - z[t - 1];
        for (size_t i = 0; i < n_columns; i++) {
            for (size_t j = 0; j <= i; j++) {
                sums->products[i][j] += row[i] * row[j];
            }
        }
    }
    for (size_t i = 0; i < n_columns; i++) {
        for (size_t j = 0; j < i; j++) {
            sums->products[j][i] = sums->products[i][j];
        }
    }
}

/* ---- one model */

typedef struct Shape {
    bool level, mean;             /* mean: of the seasons, instead of each */
    size_t recent, season, n_seasons, around;
} Shape;

/* A regressor: the mean of columns first, first + step, ... */
typedef struct Term {
    size_t first, step, n;
} Term;

typedef struct Terms {
    size_t n;
    Term term[MOST_TERMS];
} Terms;

/* One that is there already is left out. */
static void add_term(Terms *terms, Term term) {
    for (size_t i = 0; i < terms->n; i++) {
        if (terms->term[i].first == term.first && terms->term[i].n == term.n) {
            return;
        }
    }
    terms->term[terms->n++] = term;
}

static void add_lag(Terms *terms, size_t lag) {
    add_term(terms, (Term){FIRST_LAG + lag - 1, 0, 1});
}

static void terms_of(const Shape *shape, Terms *terms) {
    *terms = (Terms){.n = 1, .term = {{0, 0, 1}}};
    if (shape->level) {
        add_term(terms, (Term){1, 0, 1});
    }
    for (size_t lag = 1; lag <= shape->recent; lag++) {
        add_lag(terms, lag);
    }
    for (size_t i = 0; shape->mean && i <= shape->around; i++) {
        add_term(terms, (Term){FIRST_LAG + shape->season + i - 1, shape->season, shape->n_seasons});
    }
    for (size_t i = 1; !shape->mean && i <= shape->n_seasons; i++) {
        add_lag(terms, i * shape->season);
    }
    for (size_t i = 1; !shape->mean && shape->season && i <= shape->around; i++) {
        add_lag(terms, shape->season + i);
    }
}

static size_t lags_of(const Shape *shape) {
    const size_t seasonal = shape->season * shape->n_seasons > 0 ? shape->season * (shape->mean ? shape->n_seasons : 1) + shape->around : 0;
    const size_t seasons = shape->season * shape->n_seasons, most = seasonal > seasons ? seasonal : seasons;
    return most > shape->recent ? most : shape->recent;
}

static double product(const Sums *sums, const Term *a, const Term *b) {
    double sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        for (size_t j = 0; j < b->n; j++) {
            sum += sums->products[a->first + i * a->step][b->first + j * b->step];
        }
    }
    return sum / (double)(a->n * b->n);
}

/* Solves m w = b, m (n,n) symmetric; false: not positive definite. m becomes its lower factor, b the solution. */
static bool solve(double m[MOST_TERMS][MOST_TERMS], double *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = m[i][j];
            for (size_t k = 0; k < j; k++) {
                sum -= m[i][k] * m[j][k];
            }
            if (i > j) {
                m[i][j] = sum / m[j][j];
            } else if (sum > 0) {
                m[i][i] = sqrt(sum);
            } else {
                return false;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            b[i] -= m[i][k] * b[k];
        }
        b[i] /= m[i][i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) {
            b[i] -= m[k][i] * b[k];
        }
        b[i] /= m[i][i];
    }
    return true;
}

/* The model's criterion; infinite where the rows are too few for it. coefficients[MOST_TERMS]. */
static double fit_shape(const Sums *sums, const Terms *terms, double *coefficients) {
    const Term change = {sums->n_lags + FIRST_LAG, 0, 1};
    const double n = (double)sums->n, k = (double)terms->n + 1, squares = product(sums, &change, &change);
    double m[MOST_TERMS][MOST_TERMS], left = squares;
    if (n < k + 8) {
        return INFINITY;
    }
    for (size_t i = 0; i < terms->n; i++) {
        for (size_t j = 0; j <= i; j++) {
            m[i][j] = product(sums, &terms->term[i], &terms->term[j]);
        }
        m[i][i] *= 1 + RIDGE;
        coefficients[i] = product(sums, &terms->term[i], &change);
    }
    if (!solve(m, coefficients, terms->n)) {
        return INFINITY;
    }
    for (size_t i = 0; i < terms->n; i++) {
        left -= coefficients[i] * product(sums, &terms->term[i], &change);
    }
    left = left > EXACT * squares ? left : EXACT * squares;
    return n * math64_log(left / n) + 0.5 * (2 * k + 2 * k * (k + 1) / (n - k - 1) + k * math64_log(n));
}

static double criterion(const Sums *sums, const Shape *shape) {
    double unused[MOST_TERMS];
    Terms terms;
    if (lags_of(shape) > sums->n_lags) {
        return INFINITY;
    }
    terms_of(shape, &terms);
    return fit_shape(sums, &terms, unused);
}

/* ---- all models */

typedef struct Shapes {
    size_t n;
    Shape shape[MOST_SHAPES];
} Shapes;

/* Those with `recent` recent changes; `around` as many too, or one, or none. */
static void add_seasonal(Shapes *shapes, Shape shape, size_t season) {
    const size_t around[] = {0, 1, shape.recent};
    shape.season = season;
    for (shape.n_seasons = 1; shape.n_seasons <= MOST_SEASONS; shape.n_seasons++) {
        for (size_t i = 0; i < (shape.recent > 1 ? 3U : 2U); i++) {
            shape.around = around[i];
            shape.mean = false;
            shapes->shape[shapes->n++] = shape;
            shape.mean = true;
            if (shape.n_seasons > 1) {
                shapes->shape[shapes->n++] = shape;
            }
        }
    }
}

/* season 0: none. */
static void shapes_of(Shapes *shapes, size_t season) {
    shapes->n = 0;
    for (size_t i = 0; i < 2 * (MOST_RECENT + 1); i++) {
        const Shape shape = {.level = i % 2, .recent = i / 2};
        shapes->shape[shapes->n++] = shape;
        if (season > 0) {
            add_seasonal(shapes, shape, season);
        }
    }
}

static double least_criterion(const Sums *sums, const Shapes *shapes) {
    double least = INFINITY;
    for (size_t i = 0; i < shapes->n; i++) {
        const double c = criterion(sums, &shapes->shape[i]);
        least = c < least ? c : least;
    }
    return least;
}

/* Of a lag as a season, by a few models of moderate size: as many seasons as fit. */
static double season_criterion(const Sums *sums, size_t season) {
    double least = INFINITY;
    for (size_t i = 0; i < 6; i++) {
        Shape shape = {.level = i % 2, .recent = 1 + i / 2, .around = 1 + i / 2, .season = season, .n_seasons = MOST_SEASONS, .mean = true};
        while (shape.n_seasons > 1 && lags_of(&shape) > sums->n_lags) {
            shape.n_seasons--;
        }
        shape.mean = shape.n_seasons > 1;
        const double c = criterion(sums, &shape);
        least = c < least ? c : least;
    }
    return least;
}

/* 0 = none. */
static size_t find_season(const Sums *sums, const Shapes *plain) {
    double least = least_criterion(sums, plain) - 2 * math64_log((double)sums->n_lags);
    size_t found = 0;
    for (size_t season = 2; season < sums->n_lags; season++) {
        const double c = season_criterion(sums, season);
        if (c < least) {
            least = c;
            found = season;
        }
    }
    return found;
}

static void add_weighted(Linear *linear, const Terms *terms, const double *coefficients, double weight) {
    for (size_t i = 0; i < terms->n; i++) {
        const Term *term = &terms->term[i];
        for (size_t j = 0; j < term->n; j++) {
            const size_t column = term->first + j * term->step;
            double *place = column == 0 ? &linear->constant : column == 1 ? &linear->level : &linear->lags[column - FIRST_LAG];
            *place += weight * coefficients[i] / (double)term->n;
        }
    }
}

static void scale_all(Linear *linear, double factor) {
    linear->constant *= factor;
    linear->level *= factor;
    for (size_t i = 0; i < linear->n_lags; i++) {
        linear->lags[i] *= factor;
    }
}

/* Mean over models by their weights. */
static void average(Linear *linear, const Sums *sums, const Shapes *shapes) {
    const double least = least_criterion(sums, shapes);
    double total = 0;
    for (size_t i = 0; i < shapes->n && isfinite(least); i++) {
        double coefficients[MOST_TERMS];
        Terms terms;
        terms_of(&shapes->shape[i], &terms);
        const double c = lags_of(&shapes->shape[i]) <= sums->n_lags ? fit_shape(sums, &terms, coefficients) : INFINITY;
        if (c < least + NEGLIGIBLE) {
            const double weight = math64_exp(0.5 * (least - c));
            add_weighted(linear, &terms, coefficients, weight);
            total += weight;
        }
    }
    if (total > 0) {
        scale_all(linear, 1 / total);
    }
}

static bool all_finite(const Linear *linear) {
    bool ok = isfinite(linear->mean) && isfinite(linear->constant) && isfinite(linear->level);
    for (size_t i = 0; i < linear->n_lags; i++) {
        ok = ok && isfinite(linear->lags[i]);
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

/* Lags for n rows: two fifths of them at most are not fitted on. */
static size_t lags_for(size_t n, size_t reach) {
    size_t lags = 2 * n / 5 - 1;
    lags = lags < reach - 1 ? lags : reach - 1;
    return lags < LINEAR_LAGS ? lags : LINEAR_LAGS;
}

static void fit_transformed(Linear *linear, double *z, size_t n, Sums *sums, Shapes *shapes) {
    const double unit = unit_of(z, n);
    if (!(unit > 0) || !isfinite(unit)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        z[i] = (z[i] - linear->mean) / unit;
    }
    sums_take(sums, z, n, 0, linear->n_lags);
    shapes_of(shapes, 0);
    shapes_of(shapes, find_season(sums, shapes));
    average(linear, sums, shapes);
    linear->constant *= unit;
}

bool linear_fit(Linear *linear, const double *x, size_t first, size_t last, size_t reach, bool relative, Error *error) {
    const size_t n = last > first ? last - first : 0;
    *linear = (Linear){.relative = relative};
    if (n < LINEAR_ROWS || reach < 2) {
        return true;
    }
    double *z = memory_zeroed(n, sizeof *z);
    Sums *sums = malloc(sizeof *sums);
    Shapes *shapes = malloc(sizeof *shapes);
    const bool ok = (z && sums && shapes) || error_memory(error, "the linear forecast");
    if (ok && transform(x + first, n, relative, z)) {
        linear->mean = mean_of(z, n);
        linear->n_lags = lags_for(n, reach);
        fit_transformed(linear, z, n, sums, shapes);
        *linear = all_finite(linear) ? *linear : (Linear){.relative = relative};
    }
    free(z);
    free(sums);
    free(shapes);
    return ok;
}

/* ---- a forecast */

size_t linear_reach(const Linear *linear) {
    return linear->n_lags + 1;
}

static double next_change(const Linear *linear, double level, const double *changes) {
    double sum = linear->constant + linear->level * (level - linear->mean);
    for (size_t i = 0; i < linear->n_lags; i++) {
        sum += linear->lags[i] * changes[i];
    }
    return sum;
}

void linear_forecast(const Linear *linear, const double *x, size_t r, size_t n, double *values) {
    const size_t reach = linear_reach(linear);
    const double last = x[r - 1];
    double z[LINEAR_LAGS + 1], changes[LINEAR_LAGS + 1] = {0}, sum = 0;
    const bool known = linear->n_lags > 0 && transform(x + r - reach, reach, linear->relative, z);
    for (size_t i = 0; known && i + 1 < reach; i++) {
        changes[i] = z[reach - 1 - i] - z[reach - 2 - i];
    }
    for (size_t step = 0; step < n; step++) {
        double value = last;
        if (known) {
            const double change = next_change(linear, z[reach - 1] + sum, changes);
            memmove(changes + 1, changes, LINEAR_LAGS * sizeof *changes);
            changes[0] = change;
            sum += change;
            value = linear->relative ? last * math64_exp(sum) : last + sum;
        }
        values[step] = isfinite(value) ? value : last;
    }
}
