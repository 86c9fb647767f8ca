/* product.h - c = from + a b. Columns are cut into panels of whole vectors and rows into tiles, nearly alike in height; a tile runs over
 * all of k before it is stored. See `product` and `product_row` in lstmfc/kernels.h. */
#ifndef LSTMFC_ISA_PRODUCT_H
#define LSTMFC_ISA_PRODUCT_H

#include "lstmfc/kernels.h"
#include "pass.h"
#include "vec.h"

/* A tile is R rows by V vectors of c held in registers while k runs: 8 x 3, 5 x 5, 2 x 12 ... where there are 32 registers, 4 x 3,
 * 2 x 6 ... where there are 16. */
#if VEC_LANES == 16 || defined(__aarch64__)
#define TILE_ROWS 8
#define TILE_VECTORS 13
static const unsigned char tile_vectors[TILE_ROWS] = {13, 12, 8, 6, 5, 4, 3, 3};
#else
#define TILE_ROWS 4
#define TILE_VECTORS 12
static const unsigned char tile_vectors[TILE_ROWS] = {12, 6, 4, 3};
#endif

typedef struct Tile {
    size_t k; /* length of every sum, 2 at least */
    const real *a;
    size_t a_row, a_column;
    const real *b;
    size_t ldb;
    const real *from; /* sums start here; NULL = 0 */
    size_t ld_from;
    real *c;
    size_t ldc;
    size_t last; /* reals of the tail that are inside c */
} Tile;

/* Through the terms: a row of b, and where it meets a. */
typedef struct TileWalk {
    const real *a, *b;
    size_t row[TILE_ROWS]; /* bytes from a to its value for each row of the tile */
} TileWalk;

VEC_INLINE TileWalk tile_start(const Tile *t, const int n_rows) {
    TileWalk w = {.a = t->a, .b = t->b};
    UNROLL for (int r = 1; r < n_rows; r++) {
        w.row[r] = w.row[r - 1] + t->a_row * sizeof(real);
        AS_IT_IS(w.row[r]);
    }
    return w;
}

VEC_INLINE void tile_next(TileWalk *w, size_t a_column, size_t ldb) {
    w->a += a_column;
    w->b += ldb;
    AS_IT_IS(w->a);
    AS_IT_IS(w->b);
}

/* The tile of n_rows by n_vectors and, where n_tails is 1, a tail: what is left of a row behind its whole vectors, a vector or half of one
 * in `type`. The three numbers are constants where it is called. Sums are read with their first term and written with their last, row by
 * row: a tile's loads and stores are nearly free between its terms, and hold up the next tile where they come all at once. */
#define DEFINE_TILE_RUN(RUN, type)                                                                                                       \
    /* One more term of every sum. `first`: the sums begin at `from` (NULL = 0). `c` (else NULL): they end there. The rows of either lie \
     * `ld` apart. */                                                                                                                    \
    VEC_INLINE void RUN##_term(const TileWalk *w, const bool first, const real *from, real *c, size_t ld, size_t last,                   \
                               vec (*sum)[TILE_VECTORS], type *tail, const int n_rows, const int n_vectors, const int n_tails) {         \
        vec right[TILE_VECTORS];                                                                                                         \
        type right_tail = type##_all(0);                                                                                                 \
        UNROLL for (int v = 0; v < n_vectors; v++) {                                                                                     \
            right[v] = vec_load(w->b + v * VEC_LANES);                                                                                   \
        }                                                                                                                                \
        if (n_tails) {                                                                                                                   \
            right_tail = type##_load(w->b + n_vectors * VEC_LANES);                                                                      \
        }                                                                                                                                \
        UNROLL for (int r = 0; r < n_rows; r++) {                                                                                        \
            const size_t row = (size_t)r * ld;                                                                                           \
            const vec left = vec_all(*(const real *)((const char *)w->a + w->row[r]));                                                   \
            UNROLL for (int v = 0; v < n_vectors; v++) {                                                                                 \
                const vec sofar = !first ? sum[r][v] : from ? vec_load(from + row + v * VEC_LANES) : vec_all(0);                         \
                sum[r][v] = vec_fma(left, right[v], sofar);                                                                              \
                if (c) {                                                                                                                 \
                    vec_store(c + row + v * VEC_LANES, sum[r][v]);                                                                       \
                }                                                                                                                        \
            }                                                                                                                            \
            if (n_tails) {                                                                                                               \
                const type sofar = !first ? tail[r] : from ? type##_load_part(from + row + n_vectors * VEC_LANES, last) : type##_all(0); \
                tail[r] = type##_fma(type##_low(left), right_tail, sofar);                                                               \
                if (c) {                                                                                                                 \
                    type##_store_part(c + row + n_vectors * VEC_LANES, tail[r], last);                                                   \
                }                                                                                                                        \
            }                                                                                                                            \
            if (from || c) {                                                                                                             \
                KEEP_ORDER;                                                                                                              \
            }                                                                                                                            \
        }                                                                                                                                \
    }                                                                                                                                    \
    VEC_INLINE void RUN(const Tile *t, const int n_rows, const int n_vectors, const int n_tails) {                                       \
        TileWalk w = tile_start(t, n_rows);                                                                                              \
        vec sum[TILE_ROWS][TILE_VECTORS];                                                                                                \
        type tail[TILE_ROWS];                                                                                                            \
        if (t->from) {                                                                                                                   \
            RUN##_term(&w, true, t->from, NULL, t->ld_from, t->last, sum, tail, n_rows, n_vectors, n_tails);                             \
        } else {                                                                                                                         \
            RUN##_term(&w, true, NULL, NULL, 0, 0, sum, tail, n_rows, n_vectors, n_tails);                                               \
        }                                                                                                                                \
        const size_t a_column = t->a_column, ldb = t->ldb;                                                                               \
        for (size_t k = t->k - 2; k > 0; k--) {                                                                                          \
            tile_next(&w, a_column, ldb);                                                                                                \
            RUN##_term(&w, false, NULL, NULL, 0, 0, sum, tail, n_rows, n_vectors, n_tails);                                              \
        }                                                                                                                                \
        tile_next(&w, a_column, ldb);                                                                                                    \
        RUN##_term(&w, false, NULL, t->c, t->ldc, t->last, sum, tail, n_rows, n_vectors, n_tails);                                       \
    }

DEFINE_TILE_RUN(tile_run, vec)

/* A tile of one height and width: the last of its vectors whole, part of a vector, or no more than half of one. */
typedef struct TileRuns {
    void (*whole)(const Tile *), (*part)(const Tile *), (*half)(const Tile *);
} TileRuns;

#ifdef VEC_HALF_LANES
DEFINE_TILE_RUN(tile_run_half, half)
#define HALF_TILE(R, V)                           \
    static void half_##R##_##V(const Tile *t) {   \
        tile_run_half(t, R, V - 1, 1);            \
    }
#define RUNS(R, V) {tile_##R##_##V, part_##R##_##V, half_##R##_##V}
#else
#define VEC_HALF_LANES 0
#define HALF_TILE(R, V)
#define RUNS(R, V) {tile_##R##_##V, part_##R##_##V, NULL}
#endif
#define TILE(R, V)                                \
    static void tile_##R##_##V(const Tile *t) {   \
        tile_run(t, R, V, 0);                     \
    }                                             \
    static void part_##R##_##V(const Tile *t) {   \
        tile_run(t, R, V - 1, 1);                 \
    }                                             \
    HALF_TILE(R, V)
#define TILES_3(R) TILE(R, 1) TILE(R, 2) TILE(R, 3)
#define TILES_4(R) TILES_3(R) TILE(R, 4)
#define TILES_5(R) TILES_4(R) TILE(R, 5)
#define TILES_6(R) TILES_5(R) TILE(R, 6)
#define TILES_8(R) TILES_6(R) TILE(R, 7) TILE(R, 8)
#define TILES_12(R) TILES_8(R) TILE(R, 9) TILE(R, 10) TILE(R, 11) TILE(R, 12)
#define RUNS_3(R) RUNS(R, 1), RUNS(R, 2), RUNS(R, 3)
#define RUNS_4(R) RUNS_3(R), RUNS(R, 4)
#define RUNS_5(R) RUNS_4(R), RUNS(R, 5)
#define RUNS_6(R) RUNS_5(R), RUNS(R, 6)
#define RUNS_8(R) RUNS_6(R), RUNS(R, 7), RUNS(R, 8)
#define RUNS_12(R) RUNS_8(R), RUNS(R, 9), RUNS(R, 10), RUNS(R, 11), RUNS(R, 12)

#if TILE_ROWS == 8
TILES_12(1) TILE(1, 13) TILES_12(2) TILES_8(3) TILES_6(4) TILES_5(5) TILES_4(6) TILES_3(7) TILES_3(8)
static const TileRuns tiles[TILE_ROWS][TILE_VECTORS] = {
    {RUNS_12(1), RUNS(1, 13)}, {RUNS_12(2)}, {RUNS_8(3)}, {RUNS_6(4)}, {RUNS_5(5)}, {RUNS_4(6)}, {RUNS_3(7)}, {RUNS_3(8)},
};
#else
TILES_12(1) TILES_6(2) TILES_4(3) TILES_3(4)
static const TileRuns tiles[TILE_ROWS][TILE_VECTORS] = {{RUNS_12(1)}, {RUNS_6(2)}, {RUNS_4(3)}, {RUNS_3(4)}};
#endif

/* A tile whose last vector ends `rest` reals behind a whole one; 0 = whole. */
static void run_tile(size_t n_rows, size_t n_vectors, size_t rest, Tile *t) {
    const TileRuns *runs = &tiles[n_rows - 1][n_vectors - 1];
    t->last = rest;
    (rest == 0 ? runs->whole : rest <= VEC_HALF_LANES ? runs->half : runs->part)(t);
}

/* All m rows of the tile's columns, n_vectors of vectors. */
static void product_columns(Tile *t, size_t m, size_t n_vectors, size_t rest) {
    const unsigned n_tiles = (unsigned)((m + TILE_ROWS - 1) / TILE_ROWS), rows = (unsigned)m / n_tiles,
                   n_lower = n_tiles - (unsigned)m % n_tiles;
    for (unsigned tile = 0; tile < n_tiles; tile++) {
        const unsigned n_rows = rows + (tile >= n_lower);
        run_tile(n_rows, n_vectors, rest, t);
        t->a += n_rows * t->a_row;
        t->c += n_rows * t->ldc;
        t->from = t->from ? t->from + n_rows * t->ld_from : NULL;
    }
}

/* Sums of one term or none: nothing to keep in registers. */
static void product_short(size_t m, size_t n, size_t k, const real *a, size_t a_row, const real *b, const real *from, size_t ld_from,
                          real *c, size_t ldc) {
    for (size_t r = 0; r < m; r++, a += a_row, c += ldc, from = from ? from + ld_from : NULL) {
        EACH_VECTOR(n, {
            const vec start = from ? LOAD(from + i) : vec_all(0);
            STORE(c + i, k ? vec_fma(vec_all(*a), LOAD(b + i), start) : start);
        });
    }
}

static void product(size_t m, size_t n, size_t k, const real *a, size_t a_row, size_t a_column, const real *b, size_t ldb, const real *from,
                    size_t ld_from, real *c, size_t ldc) {
    if (m == 0 || n == 0) {
        return;
    }
    if (k < 2) {
        product_short(m, n, k, a, a_row, b, from, ld_from, c, ldc);
        return;
    }
    const unsigned rest = (unsigned)n % VEC_LANES, vectors = (unsigned)(n / VEC_LANES) + (rest > 0);
    const unsigned most = tile_vectors[(m < TILE_ROWS ? m : TILE_ROWS) - 1], n_panels = (vectors + most - 1) / most;
    const unsigned width = vectors / n_panels, n_narrow = n_panels - vectors % n_panels;
    size_t j = 0;
    for (unsigned panel = 0; panel < n_panels; panel++) {
        const unsigned n_vectors = width + (panel >= n_narrow);
        /* afresh for each panel: to copy one whose fields were just written would wait for those stores */
        Tile t = {.k = k,
                  .a = a,
                  .a_row = a_row,
                  .a_column = a_column,
                  .b = b + j,
                  .ldb = ldb,
                  .from = from ? from + j : NULL,
                  .ld_from = ld_from,
                  .c = c + j,
                  .ldc = ldc};
        product_columns(&t, m, n_vectors, panel + 1 == n_panels ? rest : 0);
        j += n_vectors * VEC_LANES;
    }
}

/* Narrow panels, so that the one read last is still in the L1 cache; the last takes what is left, less than two of them. */
enum { ROW_VECTORS = 48 / VEC_LANES < TILE_VECTORS / 2 ? 48 / VEC_LANES : TILE_VECTORS / 2 };

static void product_row(size_t n, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first) {
    if (n == 0 || k < 2) {
        product_short(1, n, k, a, 0, b, from, 0, c, 0);
        return;
    }
    const size_t vectors = (n + VEC_LANES - 1) / VEC_LANES, n_panels = vectors < ROW_VECTORS ? 1 : vectors / ROW_VECTORS;
    for (size_t i = 0; i < n_panels; i++) {
        const size_t panel = last_first ? n_panels - 1 - i : i, first = panel * ROW_VECTORS, j = first * VEC_LANES;
        const bool last = panel + 1 == n_panels;
        Tile t = {.k = k, .a = a, .a_column = 1, .b = b + j, .ldb = ldb, .from = from ? from + j : NULL, .c = c + j};
        run_tile(1, last ? vectors - first : ROW_VECTORS, last ? n % VEC_LANES : 0, &t);
    }
}

#endif
