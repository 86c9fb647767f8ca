#include "linear_models.h"

#include <math.h>
#include <stdlib.h>

#include "linear_sums.h"
#include "lstmfc/math64.h"

enum {
    MOST_SEASONS = 3,
    MOST_TERMS = 2 + 2 * LINEAR_RECENT + MOST_SEASONS + 1,
    MOST_SHAPES = 2 * (LINEAR_RECENT + 1 + LINEAR_DECAYS) * (16 + LINEAR_FADES)
};

static const double RIDGE = 1e-9;      /* of a regressor's sum of squares: keeps what depends on others solvable */
static const double EXACT = 1e-12;     /* smallest share of the squares a model may leave */
static const double LEVEL = 8;         /* in c: what the level must gain beyond another regressor */
static const double NEGLIGIBLE = 40;   /* in c: a weight below 5e-5 */
static const double TRUST = 0.25;      /* in a difference of c: weights are exp(-TRUST c) */

/* ---- one model */

typedef struct Shape {
    bool level, mean;             /* mean: of the seasons, instead of each */
    size_t recent, season, n_seasons, around;
    size_t fading;                /* 1 .. LINEAR_DECAYS: the fading sum with that decay, in place of recent changes; 0 = none */
    size_t fade;                  /* 1 .. LINEAR_FADES: of the mean over past seasons, beside recent departures from it; 0 = no such mean */
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
    add_term(terms, (Term){LINEAR_FIRST_LAG + lag - 1, 0, 1});
}

static void add_fade_terms(const Shape *shape, size_t n_lags, Terms *terms) {
    add_term(terms, (Term){linear_sums_fade(n_lags, shape->fade - 1, 0), 0, 1});
    for (size_t lag = 1; lag <= shape->recent; lag++) {
        add_term(terms, (Term){linear_sums_fade(n_lags, shape->fade - 1, lag), 0, 1});
    }
    if (shape->fading > 0) {
        add_term(terms, (Term){linear_sums_fade(n_lags, shape->fade - 1, LINEAR_RECENT + shape->fading), 0, 1});
    }
}

static void terms_of(const Shape *shape, size_t n_lags, Terms *terms) {
    *terms = (Terms){.n = 1, .term = {{0, 0, 1}}};
    if (shape->level) {
        add_term(terms, (Term){1, 0, 1});
    }
    if (shape->fade > 0) {
        add_fade_terms(shape, n_lags, terms);
        return;
    }
    for (size_t lag = 1; lag <= shape->recent; lag++) {
        add_lag(terms, lag);
    }
    if (shape->fading > 0) {
        add_term(terms, (Term){linear_sums_fading(n_lags, shape->fading - 1), 0, 1});
    }
    for (size_t i = 0; shape->mean && i <= shape->around; i++) {
        add_term(terms, (Term){LINEAR_FIRST_LAG + shape->season + i - 1, shape->season, shape->n_seasons});
    }
    for (size_t i = 1; !shape->mean && i <= shape->n_seasons; i++) {
        add_lag(terms, i * shape->season);
    }
    for (size_t i = 1; !shape->mean && shape->season && i <= shape->around; i++) {
        add_lag(terms, shape->season + i);
    }
}

/* Of a fade one season is enough. */
static size_t lags_of(const Shape *shape) {
    if (shape->fade > 0) {
        return shape->season + (shape->fading > 0 ? 1 : shape->recent);
    }
    const size_t seasonal = shape->season * shape->n_seasons > 0 ? shape->season * (shape->mean ? shape->n_seasons : 1) + shape->around : 0;
    const size_t seasons = shape->season * shape->n_seasons, most = seasonal > seasons ? seasonal : seasons;
    return most > shape->recent ? most : shape->recent;
}

static double product(const LinearSums *sums, const Term *a, const Term *b) {
    double sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        for (size_t j = 0; j < b->n; j++) {
            const size_t x = a->first + i * a->step, y = b->first + j * b->step;
            sum += x > y ? sums->products[x][y] : sums->products[y][x];
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

/* What the model leaves of the squares of the change; false: it cannot be solved. coefficients[MOST_TERMS]. */
static bool fit_terms(const LinearSums *sums, const Terms *terms, double *coefficients, double *left) {
    const Term change = {sums->change, 0, 1};
    const double squares = product(sums, &change, &change);
    double m[MOST_TERMS][MOST_TERMS];
    *left = squares;
    for (size_t i = 0; i < terms->n; i++) {
        for (size_t j = 0; j <= i; j++) {
            m[i][j] = product(sums, &terms->term[i], &terms->term[j]);
        }
        m[i][i] *= 1 + RIDGE;
        coefficients[i] = product(sums, &terms->term[i], &change);
    }
    if (!solve(m, coefficients, terms->n)) {
        return false;
    }
    for (size_t i = 0; i < terms->n; i++) {
        *left -= coefficients[i] * product(sums, &terms->term[i], &change);
    }
    *left = *left > EXACT * squares ? *left : EXACT * squares;
    return true;
}

/* Infinite where the rows are too few for the model. */
static double criterion(const LinearSums *sums, const Shape *shape) {
    double unused[MOST_TERMS], left;
    Terms terms;
    if (lags_of(shape) > sums->n_lags) {
        return INFINITY;
    }
    terms_of(shape, sums->n_lags, &terms);
    /* decays and fades are chosen, too */
    const double n = (double)sums->n, k = (double)(terms.n + sums->n_fitted) + 1 + (shape->fading > 0) + (shape->fade > 0);
    if (n < k + 8 || !fit_terms(sums, &terms, unused, &left)) {
        return INFINITY;
    }
    return n * math64_log(left / n) + (shape->level ? LEVEL : 0) + 0.5 * (2 * k + 2 * k * (k + 1) / (n - k - 1) + k * math64_log(n));
}

/* ---- all models */

typedef struct Shapes {
    size_t n;
    Shape shape[MOST_SHAPES];
    double criterion[MOST_SHAPES];
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

static void add_fades(Shapes *shapes, Shape shape, size_t season) {
    shape.season = season;
    for (shape.fade = 1; shape.fade <= LINEAR_FADES; shape.fade++) {
        shapes->shape[shapes->n++] = shape;
    }
}

/* season 0: none. */
static void shapes_of(Shapes *shapes, size_t season) {
    shapes->n = 0;
    for (size_t i = 0; i < 2 * (LINEAR_RECENT + 1 + LINEAR_DECAYS); i++) {
        Shape shape = {.level = i % 2, .recent = i / 2};
        if (shape.recent > LINEAR_RECENT) {
            shape.fading = shape.recent - LINEAR_RECENT;
            shape.recent = 0;
        }
        shapes->shape[shapes->n++] = shape;
        if (season > 0) {
            add_seasonal(shapes, shape, season);
            add_fades(shapes, shape, season);
        }
    }
}

/* The least; each is kept. */
static double judge(const LinearSums *sums, Shapes *shapes) {
    double least = INFINITY;
    for (size_t i = 0; i < shapes->n; i++) {
        shapes->criterion[i] = criterion(sums, &shapes->shape[i]);
        least = shapes->criterion[i] < least ? shapes->criterion[i] : least;
    }
    return least;
}

/* Of a lag as a season, by a few models of moderate size: as many seasons as fit. */
static double season_criterion(const LinearSums *sums, size_t season) {
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
static size_t find_season(const LinearSums *sums, Shapes *plain) {
    double least = judge(sums, plain) - 2 * math64_log((double)sums->n_lags);
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

static void add_weighted(Linear *linear, size_t season, const Terms *terms, const double *coefficients, double weight) {
    for (size_t i = 0; i < terms->n; i++) {
        const Term *term = &terms->term[i];
        for (size_t j = 0; j < term->n; j++) {
            linear_sums_spread(linear, season, term->first + j * term->step, weight * coefficients[i] / (double)term->n);
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

/* Models that need the rows from `first` on, by their weights. Returns the sum of these. */
static double add_models(Linear *linear, const LinearSums *sums, const Shapes *shapes, double least, size_t first) {
    double total = 0, coefficients[MOST_TERMS], left;
    for (size_t i = 0; i < shapes->n; i++) {
        const size_t lags = lags_of(&shapes->shape[i]);
        Terms terms;
        if ((lags > 1 ? lags : 1) + 1 != first || !(shapes->criterion[i] < least + NEGLIGIBLE)) {
            continue;
        }
        terms_of(&shapes->shape[i], sums->n_lags, &terms);
        if (fit_terms(sums, &terms, coefficients, &left)) {
            const double weight = math64_exp(TRUST * (least - shapes->criterion[i]));
            add_weighted(linear, sums->season, &terms, coefficients, weight);
            total += weight;
        }
    }
    return total;
}

/* Mean over models: judged on the same rows, each then fitted on all from which its own lags are known. Returns the least criterion. */
static double average(Linear *linear, LinearSums *sums, Shapes *shapes, const double *z) {
    const double least = judge(sums, shapes);
    double total = 0;
    if (!isfinite(least)) {
        return least;
    }
    for (size_t first = sums->n_lags + 1; first > 1; first--) {
        if (first <= sums->n_lags) {
            linear_sums_add(sums, z, first);
        }
        total += add_models(linear, sums, shapes, least, first);
    }
    if (total > 0) {
        scale_all(linear, 1 / total);
    }
    return least;
}

bool linear_models_average(Linear *linear, const double *z, size_t n, size_t n_fitted, double *least, Error *error) {
    LinearSums *sums = malloc(sizeof *sums);
    Shapes *shapes = malloc(sizeof *shapes);
    const bool ok = (sums && shapes) || error_memory(error, "the linear forecast");
    if (ok) {
        linear_sums_take(sums, z, n, linear->n_lags, 0);
        sums->n_fitted = n_fitted;
        shapes_of(shapes, 0);
        const size_t season = find_season(sums, shapes);
        if (season > 0) {
            linear_sums_take(sums, z, n, linear->n_lags, season);
            sums->n_fitted = n_fitted;
        }
        shapes_of(shapes, season);
        *least = average(linear, sums, shapes, z);
    }
    free(sums);
    free(shapes);
    return ok;
}
