#include "lstmfc/curve.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/math64.h"
#include "lstmfc/memory.h"
#include "lstmfc/sum.h"

enum {
    CONSTANT,
    LEVEL,
    SHARE,
    CHANGES, /* columns that are always there end with these */
    BASE = CHANGES + CURVE_LAGS,
    MOST_COLUMNS = BASE + CURVE_TERMS,
    MOST_CANDIDATES =
        CURVE_LAGS * (CURVE_LAGS + 1) / 2 + CURVE_LAGS * (CURVE_LAGS + 1) * (CURVE_LAGS + 2) / 6 + 2 * (CURVE_LEVELS - CURVE_LAGS)
};

static const double DEPENDENT = 1e-8; /* share of a column's squares that is too little to be new */
static const double EXACT = 1e-20;    /* share of the squares that a rule without noise leaves */
static const double BEYOND = 0.1;     /* of the range of the fitted rows, on both sides */

typedef struct Candidate {
    unsigned char lags[CURVE_DEGREE];
} Candidate;

/* Columns so far, orthogonal: column = sum over k of q[k] r[k][column]; weight[k] = product of q[k] with the target. */
typedef struct Search {
    const double *z, *linear; /* from the first row on that is forecast: z[-1] is known before */
    size_t n, reach, n_columns, n_candidates;
    double mean, unit;
    size_t column[MOST_COLUMNS]; /* from BASE on a candidate's index */
    double r[MOST_COLUMNS][MOST_COLUMNS], weight[MOST_COLUMNS];
    double *q;                   /* [MOST_COLUMNS][n] */
    double *left;                /* [n], of the target */
    Candidate candidates[MOST_CANDIDATES];
    double squares[MOST_CANDIDATES], fresh[MOST_CANDIDATES]; /* of a candidate, and of what is not yet in the columns */
    double gain[MOST_CANDIDATES];                            /* its product with what is left */
    double products[BASE][MOST_CANDIDATES];                  /* with the columns taken last */
} Search;

/* ---- rows */

static void add_candidate(Search *s, size_t i, size_t j, size_t k) {
    s->candidates[s->n_candidates++] = (Candidate){{(unsigned char)i, (unsigned char)j, (unsigned char)k}};
}

static void list_candidates(Search *s) {
    const size_t near = s->reach < CURVE_LAGS ? s->reach : CURVE_LAGS;
    for (size_t i = 1; i <= near; i++) {
        for (size_t j = i; j <= near; j++) {
            add_candidate(s, i, j, 0);
            for (size_t k = j; k <= near; k++) {
                add_candidate(s, i, j, k);
            }
        }
    }
    for (size_t i = near + 1; i <= s->reach; i++) {
        add_candidate(s, i, i, 0);
        add_candidate(s, i, i, i);
    }
}

/* Scaled levels before row i, the newest at [1]; [0] is 1, the factor of a product of two. */
static void levels_before(const Search *s, size_t i, double *w) {
    const double *z = s->z + i;
    w[0] = 1;
    for (size_t lag = 1; lag <= s->reach; lag++) {
        w[lag] = (*--z - s->mean) / s->unit;
    }
}

static double candidate_value(const double *w, Candidate c) {
    return w[c.lags[0]] * w[c.lags[1]] * w[c.lags[2]];
}

static double column_value(const Search *s, const double *w, size_t i, size_t column) {
    return column >= BASE    ? candidate_value(w, s->candidates[column - BASE])
         : column >= CHANGES ? w[column - CHANGES + 1] - w[column - CHANGES + 2]
         : column == SHARE   ? s->linear[i]
                             : w[column];
}

/* ---- orthogonal least squares */

/* Takes away from v what it has of the columns so far; again, for what rounding has left. */
static void make_orthogonal(Search *s, double *v) {
    const size_t n = s->n, m = s->n_columns;
    for (size_t k = 0; k < m; k++) {
        s->r[k][m] = 0;
    }
    for (size_t pass = 0; pass < 2 * m; pass++) {
        const double *q = s->q + pass % m * n, product = sum_dot(q, v, n);
        s->r[pass % m][m] += product;
        for (size_t i = 0; i < n; i++) {
            v[i] -= product * q[i];
        }
    }
}

/* False: there is nothing new in it. */
static bool take_column(Search *s, size_t column) {
    const size_t n = s->n, m = s->n_columns;
    double w[CURVE_LEVELS + 1], *v = s->q + m * n;
    for (size_t i = 0; i < n; i++) {
        levels_before(s, i, w);
        v[i] = column_value(s, w, i, column);
    }
    const double squares = sum_dot(v, v, n);
    make_orthogonal(s, v);
    const double fresh = sum_dot(v, v, n), norm = sqrt(fresh);
    if (!(fresh > DEPENDENT * squares)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        v[i] /= norm;
    }
    s->r[m][m] = norm;
    s->weight[m] = sum_dot(v, s->left, n);
    for (size_t i = 0; i < n; i++) {
        s->left[i] -= s->weight[m] * v[i];
    }
    s->column[m] = column;
    s->n_columns++;
    return true;
}

static void take_base(Search *s) {
    const size_t n_changes = s->reach - 1 < CURVE_LAGS ? s->reach - 1 : CURVE_LAGS;
    for (size_t column = 0; column < CHANGES + n_changes; column++) {
        take_column(s, column);
    }
}

/* Products of all candidates with the columns from `first` on and with what is left, row by row: no candidate's column is ever kept. */
static void multiply(Search *s, size_t first) {
    const size_t m = s->n_candidates;
    double w[CURVE_LEVELS + 1], row[MOST_CANDIDATES];
    for (size_t j = 0; j < m; j++) {
        s->gain[j] = 0;
        for (size_t k = first; k < s->n_columns; k++) {
            s->products[k - first][j] = 0;
        }
    }
    for (size_t i = 0; i < s->n; i++) {
        levels_before(s, i, w);
        for (size_t j = 0; j < m; j++) {
            row[j] = candidate_value(w, s->candidates[j]);
            s->gain[j] += s->left[i] * row[j];
            s->squares[j] += first == 0 ? row[j] * row[j] : 0;
        }
        for (size_t k = first; k < s->n_columns; k++) {
            const double q = s->q[k * s->n + i];
            double *products = s->products[k - first];
            for (size_t j = 0; j < m; j++) {
                products[j] += q * row[j];
            }
        }
    }
}

static void judge_candidates(Search *s, size_t first) {
    multiply(s, first);
    for (size_t j = 0; j < s->n_candidates; j++) {
        s->fresh[j] = first == 0 ? s->squares[j] : s->fresh[j];
        for (size_t k = first; k < s->n_columns; k++) {
            s->fresh[j] -= s->products[k - first][j] * s->products[k - first][j];
        }
    }
}

/* False: none is worth it. */
static bool take_best(Search *s) {
    const double n = (double)s->n, squares = sum_dot(s->left, s->left, s->n);
    double most = 0;
    size_t best = 0;
    for (size_t j = 0; j < s->n_candidates; j++) {
        const double gain = s->fresh[j] > DEPENDENT * s->squares[j] ? s->gain[j] * s->gain[j] / s->fresh[j] : 0;
        if (gain > most) {
            most = gain;
            best = j;
        }
    }
    const double left = squares > most ? squares - most : 0, price = math64_log(n) + 2 * math64_log((double)s->n_candidates);
    const bool worth = most > 0 && (left == 0 || n * math64_log(squares / left) > price);
    return worth && n > 2 * (double)(s->n_columns + 1) + 8 && take_column(s, BASE + best);
}

/* ---- a fit */

/* Coefficients of the columns themselves. */
static void solve_columns(const Search *s, double *c) {
    for (size_t i = s->n_columns; i-- > 0;) {
        c[i] = s->weight[i];
        for (size_t k = i + 1; k < s->n_columns; k++) {
            c[i] -= s->r[i][k] * c[k];
        }
        c[i] /= s->r[i][i];
    }
}

static void set_coefficient(Curve *curve, const Search *s, size_t column, double value) {
    if (column >= BASE) {
        const Candidate c = s->candidates[column - BASE];
        curve->terms[curve->n_terms++] = (CurveTerm){{c.lags[0], c.lags[1], c.lags[2]}, value};
    } else if (column >= CHANGES) {
        curve->n_lags = column - CHANGES + 1;
        curve->lags[column - CHANGES] = value;
    } else {
        *(column == CONSTANT ? &curve->constant : column == LEVEL ? &curve->level : &curve->share) = value;
    }
}

static void set_range(Curve *curve, const Search *s) {
    for (size_t i = 0; i < s->n; i++) {
        double sum = 0;
        for (size_t k = 0; k < s->n_columns; k++) {
            sum += s->weight[k] * s->q[k * s->n + i];
        }
        curve->low = i == 0 || sum < curve->low ? sum : curve->low;
        curve->high = i == 0 || sum > curve->high ? sum : curve->high;
    }
    const double beyond = BEYOND * (curve->high - curve->low);
    curve->low -= beyond;
    curve->high += beyond;
}

static void search(Search *s, Curve *curve) {
    const double squares = sum_dot(s->left, s->left, s->n);
    double coefficients[MOST_COLUMNS];
    list_candidates(s);
    take_base(s);
    const size_t base = s->n_columns;
    for (size_t first = 0; s->n_columns < base + CURVE_TERMS && sum_dot(s->left, s->left, s->n) > EXACT * squares;) {
        judge_candidates(s, first);
        first = s->n_columns;
        if (!take_best(s)) {
            break;
        }
    }
    if (s->n_columns > base) {
        curve->mean = s->mean;
        curve->unit = s->unit;
        solve_columns(s, coefficients);
        for (size_t i = 0; i < s->n_columns; i++) {
            set_coefficient(curve, s, s->column[i], coefficients[i]);
        }
        set_range(curve, s);
    }
}

static bool all_finite(const Curve *curve) {
    double sum = curve->mean + curve->unit + curve->constant + curve->level + curve->share + curve->low + curve->high;
    for (size_t i = 0; i < curve->n_lags; i++) {
        sum += curve->lags[i];
    }
    for (size_t i = 0; i < curve->n_terms; i++) {
        sum += curve->terms[i].weight;
    }
    return isfinite(sum);
}

bool curve_fit(Curve *curve, const double *z, const double *linear, size_t n, size_t reach, Error *error) {
    *curve = (Curve){0};
    if (reach < 2 || reach > CURVE_LEVELS || n < reach + CURVE_ROWS) {
        return true;
    }
    const size_t first = n - reach > CURVE_MOST_ROWS ? n - CURVE_MOST_ROWS : reach, n_rows = n - first;
    Search *s = memory_zeroed(1, sizeof *s);
    double *columns = memory_zeroed(n_rows, (MOST_COLUMNS + 1) * sizeof *columns);
    const bool ok = (s && columns) || error_memory(error, "the nonlinear forecast");
    if (ok) {
        *s = (Search){
            .z = z + first, .linear = linear + first, .n = n_rows, .reach = reach, .q = columns, .left = columns + MOST_COLUMNS * n_rows};
        s->mean = sum_mean(z + first, n_rows);
        s->unit = sqrt(sum_squares(z + first, n_rows, s->mean) / (double)n_rows);
        for (size_t i = 0; i < n_rows; i++) {
            s->left[i] = z[first + i] - z[first + i - 1] - linear[first + i];
        }
    }
    if (ok && s->unit > 0 && isfinite(s->unit)) {
        search(s, curve);
        *curve = all_finite(curve) ? *curve : (Curve){0};
    }
    free(s);
    free(columns);
    return ok;
}

/* ---- a forecast */

size_t curve_reach(const Curve *curve) {
    size_t reach = curve->n_terms > 0 ? curve->n_lags + 1 : 0;
    for (size_t i = 0; i < curve->n_terms; i++) {
        for (size_t k = 0; k < CURVE_DEGREE; k++) {
            reach = curve->terms[i].lags[k] > reach ? curve->terms[i].lags[k] : reach;
        }
    }
    return reach;
}

double curve_forecast(const Curve *curve, const double *levels, double linear) {
    const size_t reach = curve_reach(curve);
    double w[CURVE_LEVELS + 1] = {1};
    if (reach == 0) {
        return 0;
    }
    for (size_t lag = 1; lag <= reach; lag++) {
        w[lag] = (levels[lag - 1] - curve->mean) / curve->unit;
    }
    double sum = curve->constant + curve->level * w[1] + curve->share * linear;
    for (size_t i = 0; i < curve->n_lags; i++) {
        sum += curve->lags[i] * (w[i + 1] - w[i + 2]);
    }
    for (size_t i = 0; i < curve->n_terms; i++) {
        const size_t *lags = curve->terms[i].lags;
        sum += curve->terms[i].weight * w[lags[0]] * w[lags[1]] * w[lags[2]];
    }
    return sum < curve->low ? curve->low : sum > curve->high ? curve->high : sum;
}
