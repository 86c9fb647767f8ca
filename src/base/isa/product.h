/* product.h - c = from + a b. Columns are cut into panels of whole vectors and rows into tiles, nearly alike in height; a tile runs over
 * all of k before it is stored. See `product` and `product_row` in lstmfc/kernels.h. */
#ifndef LSTMFC_ISA_PRODUCT_H
#define LSTMFC_ISA_PRODUCT_H

#include "lstmfc/kernels.h"
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
    size_t k; /* length of every sum */
    const real *a;
    size_t a_row, a_column;
    const real *b;
    size_t ldb;
    const real *from; /* sums start here; NULL = 0 */
    size_t ld_from;
    real *c;
    size_t ldc;
    size_t last; /* reals of the last vector that are inside c */
} Tile;

/* The tile on vectors `type` of `lanes`: RUN(t, n_rows, n_vectors), both constants where it is called. */
#define DEFINE_TILE_RUN(RUN, type, lanes)                                                                                              \
    VEC_INLINE void RUN(const Tile *tile, const int n_rows, const int n_vectors) {                                                     \
        const Tile t = *tile;                                                                                                          \
        const bool whole = t.last == lanes;                                                                                            \
        type sum[TILE_ROWS][TILE_VECTORS];                                                                                             \
        UNROLL for (int r = 0; r < n_rows; r++) {                                                                                      \
            const real *from = t.from ? t.from + (size_t)r * t.ld_from : NULL;                                                         \
            UNROLL for (int v = 0; v < n_vectors; v++) {                                                                               \
                sum[r][v] = !from                           ? type##_all(0)                                                            \
                            : whole || v < n_vectors - 1    ? type##_load(from + v * lanes)                                            \
                                                            : type##_load_part(from + v * lanes, t.last);                              \
            }                                                                                                                          \
        }                                                                                                                              \
        const real *a = t.a, *b = t.b;                                                                                                 \
        for (size_t k = t.k; k-- > 0;) {                                                                                               \
            type right[TILE_VECTORS];                                                                                                  \
            UNROLL for (int v = 0; v < n_vectors; v++) {                                                                               \
                right[v] = type##_load(b + v * lanes);                                                                                 \
            }                                                                                                                          \
            UNROLL for (int r = 0; r < n_rows; r++) {                                                                                  \
                const type left = type##_all(a[(size_t)r * t.a_row]);                                                                  \
                UNROLL for (int v = 0; v < n_vectors; v++) {                                                                           \
                    sum[r][v] = type##_fma(left, right[v], sum[r][v]);                                                                 \
                }                                                                                                                      \
            }                                                                                                                          \
            a += t.a_column;                                                                                                           \
            b += t.ldb;                                                                                                                \
        }                                                                                                                              \
        real *c = t.c;                                                                                                                 \
        UNROLL for (int r = 0; r < n_rows; r++, c += t.ldc) {                                                                          \
            UNROLL for (int v = 0; v < n_vectors - 1; v++) {                                                                           \
                type##_store(c + v * lanes, sum[r][v]);                                                                                \
            }                                                                                                                          \
            if (whole) {                                                                                                               \
                type##_store(c + (n_vectors - 1) * lanes, sum[r][n_vectors - 1]);                                                      \
            } else {                                                                                                                   \
                type##_store_part(c + (n_vectors - 1) * lanes, sum[r][n_vectors - 1], t.last);                                         \
            }                                                                                                                          \
        }                                                                                                                              \
    }

DEFINE_TILE_RUN(tile_run, vec, VEC_LANES)

#define TILE(R, V)                              \
    static void tile_##R##_##V(const Tile *t) { \
        tile_run(t, R, V);                      \
    }
#define TILES_3(R) TILE(R, 1) TILE(R, 2) TILE(R, 3)
#define TILES_4(R) TILES_3(R) TILE(R, 4)
#define TILES_5(R) TILES_4(R) TILE(R, 5)
#define TILES_6(R) TILES_5(R) TILE(R, 6)
#define TILES_8(R) TILES_6(R) TILE(R, 7) TILE(R, 8)
#define TILES_12(R) TILES_8(R) TILE(R, 9) TILE(R, 10) TILE(R, 11) TILE(R, 12)
#define ROW_3(R) tile_##R##_1, tile_##R##_2, tile_##R##_3
#define ROW_4(R) ROW_3(R), tile_##R##_4
#define ROW_5(R) ROW_4(R), tile_##R##_5
#define ROW_6(R) ROW_5(R), tile_##R##_6
#define ROW_8(R) ROW_6(R), tile_##R##_7, tile_##R##_8
#define ROW_12(R) ROW_8(R), tile_##R##_9, tile_##R##_10, tile_##R##_11, tile_##R##_12

#if TILE_ROWS == 8
TILES_12(1) TILE(1, 13) TILES_12(2) TILES_8(3) TILES_6(4) TILES_5(5) TILES_4(6) TILES_3(7) TILES_3(8)
static void (*const tiles[TILE_ROWS][TILE_VECTORS])(const Tile *) = {
    {ROW_12(1), tile_1_13}, {ROW_12(2)}, {ROW_8(3)}, {ROW_6(4)}, {ROW_5(5)}, {ROW_4(6)}, {ROW_3(7)}, {ROW_3(8)},
};
#else
TILES_12(1) TILES_6(2) TILES_4(3) TILES_3(4)
static void (*const tiles[TILE_ROWS][TILE_VECTORS])(const Tile *) = {{ROW_12(1)}, {ROW_6(2)}, {ROW_4(3)}, {ROW_3(4)}};
#endif

/* What is left of a row behind its whole vectors, where half a vector holds it. */
#ifdef VEC_HALF_LANES
DEFINE_TILE_RUN(tile_run_half, half, VEC_HALF_LANES)
#define HALF_TILE(R)                            \
    static void half_tile_##R(const Tile *t) { \
        tile_run_half(t, R, 1);                 \
    }
HALF_TILE(1) HALF_TILE(2) HALF_TILE(3) HALF_TILE(4)
#if TILE_ROWS == 8
HALF_TILE(5) HALF_TILE(6) HALF_TILE(7) HALF_TILE(8)
#endif
static void (*const half_tiles[TILE_ROWS])(const Tile *) = {
    half_tile_1, half_tile_2, half_tile_3, half_tile_4,
#if TILE_ROWS == 8
    half_tile_5, half_tile_6, half_tile_7, half_tile_8,
#endif
};
#else
#define VEC_HALF_LANES 0
static void (*const half_tiles[TILE_ROWS])(const Tile *) = {NULL};
#endif

/* All rows of the columns [j, j + width): n_vectors whole ones, the last holding `last` reals; n_vectors 0 = half a vector. */
static void product_columns(const Tile *whole, size_t m, size_t j, size_t n_vectors, size_t last) {
    const unsigned n_tiles = (unsigned)((m + TILE_ROWS - 1) / TILE_ROWS), rows = (unsigned)m / n_tiles, n_lower = n_tiles - (unsigned)m % n_tiles;
    Tile t = *whole;
    t.b += j;
    t.c += j;
    t.from = t.from ? t.from + j : NULL;
    t.last = last;
    for (unsigned tile = 0; tile < n_tiles; tile++) {
        const unsigned n_rows = rows + (tile >= n_lower);
        (n_vectors ? tiles[n_rows - 1][n_vectors - 1] : half_tiles[n_rows - 1])(&t);
        t.a += n_rows * t.a_row;
        t.c += n_rows * t.ldc;
        t.from = t.from ? t.from + n_rows * t.ld_from : NULL;
    }
}

static void product(size_t m, size_t n, size_t k, const real *a, size_t a_row, size_t a_column, const real *b, size_t ldb, const real *from,
                    size_t ld_from, real *c, size_t ldc) {
    if (m == 0) {
        return;
    }
    const Tile whole = {
        .k = k, .a = a, .a_row = a_row, .a_column = a_column, .b = b, .ldb = ldb, .from = from, .ld_from = ld_from, .c = c, .ldc = ldc};
    const size_t rest = n % VEC_LANES, most_rows = m < TILE_ROWS ? m : TILE_ROWS;
    /* A few rows wait for their sums anyway: one tile hides it better than two. */
    const bool halves = rest && rest <= VEC_HALF_LANES && most_rows > 3;
    const unsigned vectors = (unsigned)(n / VEC_LANES) + (rest && !halves), most = tile_vectors[most_rows - 1], n_panels = (vectors + most - 1) / most;
    const unsigned width = n_panels ? vectors / n_panels : 0, n_narrow = n_panels ? n_panels - vectors % n_panels : 0;
    size_t j = 0;
    for (unsigned panel = 0; panel < n_panels; panel++) {
        const unsigned n_vectors = width + (panel >= n_narrow);
        product_columns(&whole, m, j, n_vectors, panel + 1 == n_panels && rest && !halves ? rest : VEC_LANES);
        j += n_vectors * VEC_LANES;
    }
    if (halves) {
        product_columns(&whole, m, j, 0, rest);
    }
}

/* Narrow panels, so that the one read last is still in the L1 cache; the last takes what is left, less than two of them. */
enum { ROW_VECTORS = 64 / VEC_LANES < TILE_VECTORS / 2 ? 64 / VEC_LANES : TILE_VECTORS / 2 };

static void product_row(size_t n, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first) {
    const size_t vectors = (n + VEC_LANES - 1) / VEC_LANES, n_panels = vectors < ROW_VECTORS ? 1 : vectors / ROW_VECTORS;
    for (size_t i = 0; i < n_panels && n > 0; i++) {
        const size_t panel = last_first ? n_panels - 1 - i : i, first = panel * ROW_VECTORS, j = first * VEC_LANES;
        const Tile t = {.k = k, .a = a, .a_column = 1, .b = b + j, .ldb = ldb, .from = from ? from + j : NULL, .c = c + j,
                        .last = panel + 1 < n_panels ? VEC_LANES : n - (vectors - 1) * VEC_LANES};
        tiles[0][panel + 1 < n_panels ? ROW_VECTORS - 1 : vectors - first - 1](&t);
    }
}

#endif
