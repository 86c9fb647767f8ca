#include "lstmfc/importance.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/memory.h"
#include "lstmfc/rng.h"

/* Windows of one call, laid end to end in a series made for it. */
enum { CHUNK = 256 };

static const size_t group_ends[] = {1, 5, 20, 60, SIZE_MAX};
enum { GROUPS = sizeof group_ends / sizeof *group_ends };

typedef struct Ground {
    const Model *model;
    const Series *series;
    const Engine *engine;
    size_t first, n;   /* rows scored */
    size_t length;     /* of a window */
    double *block;     /* [columns][CHUNK * length] */
    double **columns;
    double *values;    /* [CHUNK][K] */
    size_t *windows;   /* [CHUNK] */
    size_t *from;      /* [n] whose inputs each window gets */
} Ground;

/* What is permuted: columns [first, last), lags [lag_first, lag_last]. */
typedef struct Target {
    size_t first, last, lag_first, lag_last;
} Target;

static bool anchored(const Ground *g, size_t column) {
    return g->model->scaler.columns[column].anchor != ANCHOR_NONE;
}

/* Lags that a column has: a window of T values has T - 1 changes. */
static size_t n_lags(const Ground *g, size_t column) {
    return anchored(g, column) ? g->length - 1 : g->length;
}

/* The value before `next` by the change into row `row` of `x`. */
static double step_back(const Ground *g, size_t column, const double *x, size_t row, double next) {
    if (g->model->scaler.columns[column].anchor == ANCHOR_DIFFERENCE) {
        return next - (x[row] - x[row - 1]);
    }
    return x[row] > 0 && x[row - 1] > 0 ? next * (x[row - 1] / x[row]) : next;
}

/* Window of row `own` with the lags of the window of row `other`, latest value last. */
static void build_column(const Ground *g, size_t column, const Target *t, size_t own, size_t other, double *out) {
    const double *x = g->series->columns[column];
    double next = x[own - 1];
    bool moved = false;
    for (size_t lag = 1; lag <= g->length; lag++) {
        const bool swap = lag >= t->lag_first && lag <= t->lag_last;
        if (!anchored(g, column)) {
            out[g->length - lag] = x[(swap ? other : own) - lag];
            continue;
        }
        out[g->length - lag] = next;
        moved = moved || swap;
        if (lag < g->length) {
            next = moved ? step_back(g, column, x, (swap ? other : own) - lag, next) : x[own - lag - 1];
        }
    }
}

static void build_window(const Ground *g, const Target *t, size_t place, size_t own, size_t other) {
    static const Target nothing = {0, 0, 1, 0};
    for (size_t c = 0; c < g->model->n_columns; c++) {
        build_column(g, c, c >= t->first && c < t->last ? t : &nothing, own, other, g->columns[c] + place * g->length);
    }
}

/* Sum of squared errors of windows [begin, end) of those scored. */
static bool score_chunk(const Ground *g, const Target *t, size_t begin, size_t end, double *sse, Error *error) {
    Series made = *g->series;
    made.columns = g->columns;
    made.n_rows = (end - begin) * g->length;
    for (size_t i = begin; i < end; i++) {
        build_window(g, t, i - begin, g->first + i, g->first + g->from[i]);
        g->windows[i - begin] = (i - begin + 1) * g->length;
    }
    if (!forecast_windows(g->model, &made, g->engine, g->windows, end - begin, g->values, error)) {
        return false;
    }
    for (size_t i = begin; i < end; i++) {
        const double e = g->series->columns[0][g->first + i] - g->values[(i - begin) * g->model->recipe.horizon];
        *sse += e * e;
    }
    return true;
}

static bool score(const Ground *g, const Target *t, double *rmse, Error *error) {
    double sse = 0;
    for (size_t begin = 0; begin < g->n; begin += CHUNK) {
        if (!score_chunk(g, t, begin, begin + CHUNK < g->n ? begin + CHUNK : g->n, &sse, error)) {
            return false;
        }
    }
    *rmse = sqrt(sse / (double)g->n);
    return true;
}

/* Every item has the same permutations: what differs between items is the item. */
static void permute(const Ground *g, uint64_t seed, size_t repeat) {
    Rng rng;
    rng_init(&rng, rng_mix(seed, repeat), RNG_PERMUTE);
    for (size_t i = 0; i < g->n; i++) {
        g->from[i] = i;
    }
    rng_shuffle(&rng, g->from, g->n);
}

static bool score_item(const Ground *g, const Target *t, uint64_t seed, double rmse, ImportanceItem *item, Error *error) {
    double rises[IMPORTANCE_REPEATS], squares = 0;
    for (size_t i = 0; i < IMPORTANCE_REPEATS; i++) {
        double permuted;
        permute(g, seed, i);
        if (!score(g, t, &permuted, error)) {
            return false;
        }
        rises[i] = rmse > 0 ? permuted / rmse - 1 : NAN;
        item->rmse += permuted / IMPORTANCE_REPEATS;
        item->rise += rises[i] / IMPORTANCE_REPEATS;
    }
    for (size_t i = 0; i < IMPORTANCE_REPEATS; i++) {
        squares += (rises[i] - item->rise) * (rises[i] - item->rise);
    }
    item->spread = sqrt(squares / (IMPORTANCE_REPEATS - 1));
    return true;
}

static bool score_items(Importance *im, const Ground *g, uint64_t seed, Error *error) {
    const size_t n_columns = g->model->n_columns;
    size_t most = 0;
    for (size_t c = 0; c < n_columns; c++) {
        Target t = {c, c + 1, 1, n_lags(g, c)};
        im->items[im->n_items].column = g->model->columns[c];
        if (!score_item(g, &t, seed, im->rmse, &im->items[im->n_items++], error)) {
            return false;
        }
        most = t.lag_last > most ? t.lag_last : most;
    }
    for (size_t i = 0, lag = 1; i < GROUPS && lag <= most; lag = group_ends[i++] + 1) {
        ImportanceItem *item = &im->items[im->n_items++];
        item->lag_first = lag;
        item->lag_last = group_ends[i] < most ? group_ends[i] : most;
        Target t = {0, n_columns, item->lag_first, item->lag_last};
        if (!score_item(g, &t, seed, im->rmse, item, error)) {
            return false;
        }
        if (item->lag_last == most) {
            break;
        }
    }
    return true;
}

static bool ground_init(Ground *g, Error *error) {
    const size_t n_columns = g->model->n_columns, room = CHUNK * g->length;
    g->block = memory_zeroed(room, n_columns * sizeof *g->block);
    g->columns = calloc(n_columns, sizeof *g->columns);
    g->values = memory_zeroed(CHUNK, g->model->recipe.horizon * sizeof *g->values);
    g->windows = memory_zeroed(CHUNK, sizeof *g->windows);
    g->from = memory_zeroed(g->n, sizeof *g->from);
    if (!g->block || !g->columns || !g->values || !g->windows || !g->from) {
        return error_memory(error, "the importance of inputs");
    }
    for (size_t c = 0; c < n_columns; c++) {
        g->columns[c] = g->block + c * room;
    }
    permute(g, 0, 0);
    return true;
}

static void ground_free(Ground *g) {
    free(g->block);
    free(g->columns);
    free(g->values);
    free(g->windows);
    free(g->from);
}

bool importance_run(Importance *im, const Model *model, const Series *series, const Engine *engine, size_t first, size_t last,
                    uint64_t seed, Error *error) {
    Ground g = {.model = model,
                .series = series,
                .engine = engine,
                .first = first,
                .n = last > first ? last - first : 0,
                .length = model->recipe.window};
    static const Target nothing = {0, 0, 1, 0};
    *im = (Importance){.n = g.n, .naive = model_is_naive(model)};
    if (g.n < 2 || first < g.length || last > series->n_rows) {
        return error_at(error, ERROR_DATA, series->source, 0, 0, "score more rows", "%zu rows are too few to permute", g.n);
    }
    im->items = memory_zeroed(model->n_columns + GROUPS, sizeof *im->items);
    const bool ok = im->items ? ground_init(&g, error) && score(&g, &nothing, &im->rmse, error) && score_items(im, &g, seed, error)
                              : error_memory(error, "the importance of inputs");
    ground_free(&g);
    if (!ok) {
        importance_free(im);
    }
    return ok;
}

void importance_free(Importance *im) {
    free(im->items);
    *im = (Importance){0};
}
