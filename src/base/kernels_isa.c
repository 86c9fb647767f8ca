/* The kernels, compiled once for each instruction set under the name KERNELS_TABLE. See kernels.h. */
#include "lstmfc/kernels.h"

#include "lstmfc/rng.h"
#include "vec.h"

/* ---- products ------------------------------------------------------------------------------------------------ */

/* A tile is R rows by V vectors of c held in registers while k runs: 8 x 3, 5 x 5, 2 x 12 ... where there are 32 registers, 4 x 3, 2 x 6 ...
 * where there are 16. */
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

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

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
    const size_t n_tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
    Tile t = *whole;
    t.b = whole->b + j;
    t.last = last;
    for (size_t i = 0, tile = 0; tile < n_tiles; tile++) {
        const size_t rows = (m - i) / (n_tiles - tile);
        t.a = whole->a + i * t.a_row;
        t.c = whole->c + i * t.ldc + j;
        t.from = whole->from ? whole->from + i * t.ld_from + j : NULL;
        (n_vectors ? tiles[rows - 1][n_vectors - 1] : half_tiles[rows - 1])(&t);
        i += rows;
    }
}

static void product(size_t m, size_t n, size_t k, const real *a, size_t a_row, size_t a_column, const real *b, size_t ldb, const real *from, size_t ld_from,
                    real *c, size_t ldc) {
    const Tile whole = {.k = k, .a = a, .a_row = a_row, .a_column = a_column, .b = b, .ldb = ldb, .from = from, .ld_from = ld_from, .c = c, .ldc = ldc};
    const size_t rest = n % VEC_LANES, most_rows = m < TILE_ROWS ? m : TILE_ROWS;
    const bool halves = rest && rest <= VEC_HALF_LANES && most_rows > 3; /* a few rows wait for their sums anyway: one tile hides it better than two */
    const size_t vectors = n / VEC_LANES + (rest && !halves);
    const size_t n_panels = m ? (vectors + tile_vectors[most_rows - 1] - 1) / tile_vectors[most_rows - 1] : 0;
    size_t j = 0;
    for (size_t panel = 0, done = 0; panel < n_panels; panel++) {
        const size_t n_vectors = (vectors - done) / (n_panels - panel);
        done += n_vectors;
        const bool partial = done == vectors && rest && !halves;
        product_columns(&whole, m, j, n_vectors, partial ? rest : VEC_LANES);
        j += n_vectors * VEC_LANES;
    }
    if (halves && m) {
        product_columns(&whole, m, j, 0, rest);
    }
}

/* ---- products by a transposed matrix ------------------------------------------------------------------------------- */

/* A dot product is DOT_VECTORS vectors of chains; up to DOTS of them run side by side, enough to keep the adders busy, or DOT_COLUMNS where a single row
 * waits for its matrix: that few rows of it read at a time come fastest. */
enum { DOT_VECTORS = REAL_ALIGN / VEC_LANES, DOT_COLUMNS = 4, DOTS = VEC_LANES == 16 ? 8 : 4 };

#ifdef LSTMFC_DOUBLE
/* The sums of four rows of chains, in halves. */
static void dots_add_up(vec (*chains)[DOT_VECTORS], real *sums) {
    for (size_t r = 0; r < 4; r++) {
        real lanes[REAL_ALIGN];
        memcpy(lanes, chains[r], sizeof lanes);
        for (size_t half = REAL_ALIGN / 2; half > 0; half /= 2) {
            for (size_t l = 0; l < half; l++) {
                lanes[l] += lanes[l + half];
            }
        }
        sums[r] = lanes[0];
    }
}
#else
typedef real quad __attribute__((vector_size(4 * sizeof(real))));
typedef real quad_anywhere __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));

VEC_INLINE quad dots_quad(const vec *chains) {
#if VEC_LANES == 16
    const vec v = chains[0];
    const half eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
#elif VEC_LANES == 8
    const vec eight = chains[0] + chains[1];
    return __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
#else
    return (chains[0] + chains[2]) + (chains[1] + chains[3]);
#endif
}

/* The sums of four rows of chains: their quads as columns, added. */
VEC_INLINE void dots_add_up(vec (*chains)[DOT_VECTORS], real *sums) {
    const quad a = dots_quad(chains[0]), b = dots_quad(chains[1]), c = dots_quad(chains[2]), d = dots_quad(chains[3]);
    const quad ac0 = __builtin_shufflevector(a, c, 0, 4, 1, 5), ac1 = __builtin_shufflevector(a, c, 2, 6, 3, 7);
    const quad bd0 = __builtin_shufflevector(b, d, 0, 4, 1, 5), bd1 = __builtin_shufflevector(b, d, 2, 6, 3, 7);
    const quad even = ac0 + ac1, odd = bd0 + bd1; /* x0 + x2 and x1 + x3 of rows a and c, of b and d */
    *(quad_anywhere *)sums = __builtin_shufflevector(even, odd, 0, 4, 1, 5) + __builtin_shufflevector(even, odd, 2, 6, 3, 7);
}
#endif

/* The dot products of n_rows rows of a with n_columns rows of b, both constants, row after row. */
VEC_INLINE void dots_run(size_t k, const real *a, size_t lda, const real *b, size_t ldb, real *sums, const int n_rows, const int n_columns) {
    vec chains[DOTS][DOT_VECTORS];
    UNROLL for (int d = 0; d < n_rows * n_columns; d++) {
        UNROLL for (int v = 0; v < DOT_VECTORS; v++) {
            chains[d][v] = vec_all(0);
        }
    }
    size_t i = 0;
    for (; i + REAL_ALIGN <= k; i += REAL_ALIGN) {
        UNROLL for (int v = 0; v < DOT_VECTORS; v++) {
            const size_t at = i + (size_t)v * VEC_LANES;
            vec left[DOTS];
            UNROLL for (int r = 0; r < n_rows; r++) {
                left[r] = vec_load(a + (size_t)r * lda + at);
            }
            UNROLL for (int j = 0; j < n_columns; j++) {
                const vec right = vec_load(b + (size_t)j * ldb + at);
                UNROLL for (int r = 0; r < n_rows; r++) {
                    chains[r * n_columns + j][v] = vec_fma(left[r], right, chains[r * n_columns + j][v]);
                }
            }
        }
    }
    UNROLL for (int v = 0; v < DOT_VECTORS; v++) {
        const size_t at = i + (size_t)v * VEC_LANES;
        if (at < k) {
            const size_t part = k - at < VEC_LANES ? k - at : VEC_LANES;
            UNROLL for (int j = 0; j < n_columns; j++) {
                const vec right = vec_load_part(b + (size_t)j * ldb + at, part);
                UNROLL for (int r = 0; r < n_rows; r++) {
                    chains[r * n_columns + j][v] = vec_fma(vec_load_part(a + (size_t)r * lda + at, part), right, chains[r * n_columns + j][v]);
                }
            }
        }
    }
    UNROLL for (int d = 0; d < n_rows * n_columns; d += 4) {
        dots_add_up(chains + d, sums + d);
    }
}

/* n_columns columns of c, n_rows rows at a time, both constants. */
VEC_INLINE void dots_columns(size_t m, size_t k, const real *a, size_t lda, const real *b, size_t ldb, const real *from, size_t ld_from, real *c, size_t ldc,
                             const size_t n_rows, const size_t n_columns) {
    for (size_t i = 0, rows; i < m; i += rows) {
        real sums[DOTS];
        rows = m - i < n_rows ? 1 : n_rows; /* what is left one by one: the same row several times */
        dots_run(k, a + i * lda, rows == n_rows ? lda : 0, b, ldb, sums, (int)n_rows, (int)n_columns);
        for (size_t r = 0; r < rows; r++) {
            for (size_t j = 0; j < n_columns; j++) {
                const real sum = sums[r * n_columns + j];
                c[(i + r) * ldc + j] = from ? from[(i + r) * ld_from + j] + sum : sum;
            }
        }
    }
}

static void product_dots(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, const real *from, size_t ld_from, real *c, size_t ldc) {
    for (size_t j = 0, width; j < n; j += width) {
        const real *right = b + j * ldb, *start = from ? from + j : NULL;
        width = n - j >= DOT_COLUMNS ? DOT_COLUMNS : n - j >= 2 ? 2 : 1;
        if (width == DOT_COLUMNS && m == 1) {
            dots_columns(m, k, a, lda, right, ldb, start, ld_from, c + j, ldc, 1, DOT_COLUMNS);
        } else if (width == DOT_COLUMNS) {
            dots_columns(m, k, a, lda, right, ldb, start, ld_from, c + j, ldc, DOTS / DOT_COLUMNS, DOT_COLUMNS);
        } else if (width == 2) {
            dots_columns(m, k, a, lda, right, ldb, start, ld_from, c + j, ldc, DOTS / 2, 2);
        } else {
            dots_columns(m, k, a, lda, right, ldb, start, ld_from, c + j, ldc, DOTS, 1);
        }
    }
}

/* ---- activations --------------------------------------------------------------------------------------------- */

/* tanh x = x P(x^2) / Q(x^2) on [-8, 8], minimax of our own fitting; beyond, the value at 8. Absolute and relative error below 3.3e-7. */
VEC_INLINE vec vec_tanh(vec x) {
#ifdef LSTMFC_DOUBLE
    for (int i = 0; i < VEC_LANES; i++) {
        x[i] = tanh(x[i]);
    }
    return x;
#else
    x = vec_clamp(x, -8, 8);
    const vec z = x * x;
    vec p = vec_fma(vec_all(1.52306097e-08F), z, vec_all(2.18947989e-05F));
    vec q = vec_fma(vec_all(8.52252469e-07F), z, vec_all(0.000341130566F));
    p = vec_fma(p, z, vec_all(0.00357160647F));
    q = vec_fma(q, z, vec_all(0.026164474F));
    p = vec_fma(p, z, vec_all(0.134445056F));
    q = vec_fma(q, z, vec_all(0.467778325F));
    p = vec_fma(p, z, vec_all(1));
    q = vec_fma(q, z, vec_all(1));
    return x * p / q;
#endif
}

/* 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2 */
VEC_INLINE vec vec_sigmoid(vec x) {
    const vec by2 = vec_all((real)0.5);
    return vec_fma(by2, vec_tanh(by2 * x), by2);
}

VEC_INLINE vec vec_activate(const Activation f, vec x) {
    switch (f) {
    case ACTIVATION_TANH: return vec_tanh(x);
    case ACTIVATION_SIGMOID: return vec_sigmoid(x);
    case ACTIVATION_RELU: return vec_select(x < vec_all(0), vec_all(0), x);
    case ACTIVATION_LINEAR:
    case ACTIVATION_COUNT: break;
    }
    return x;
}

/* f'(x) from y = f(x). */
VEC_INLINE vec vec_slope(const Activation f, vec y) {
    switch (f) {
    case ACTIVATION_TANH: return vec_fma(-y, y, vec_all(1));
    case ACTIVATION_SIGMOID: return vec_fma(-y, y, y);
    case ACTIVATION_RELU: return vec_select(y > vec_all(0), vec_all(1), vec_all(0));
    case ACTIVATION_LINEAR:
    case ACTIVATION_COUNT: break;
    }
    return vec_all(1);
}

/* Runs a block over n reals, i at the first of a vector: whole vectors with part = VEC_LANES, then what is left. LOAD and STORE know `part`. */
#define LOAD(p) (part == VEC_LANES ? vec_load(p) : vec_load_part(p, part))
#define STORE(p, v)                  \
    do {                             \
        if (part == VEC_LANES) {     \
            vec_store(p, v);         \
        } else {                     \
            vec_store_part(p, v, part); \
        }                            \
    } while (0)
#define EACH_VECTOR(n, ...)                                       \
    do {                                                          \
        size_t i = 0;                                             \
        for (; i + VEC_LANES <= (n); i += VEC_LANES) {            \
            const size_t part = VEC_LANES;                        \
            __VA_ARGS__                                             \
        }                                                         \
        if (i < (n)) {                                            \
            const size_t part = (n) - i;                          \
            __VA_ARGS__                                             \
        }                                                         \
    } while (0)

/* Calls FUNCTION with the activation as a constant, so that each gets its own loop. */
#define WITH_ACTIVATION(f, FUNCTION, ...)                                                \
    switch (f) {                                                                         \
    case ACTIVATION_TANH: FUNCTION(ACTIVATION_TANH, __VA_ARGS__); break;                 \
    case ACTIVATION_SIGMOID: FUNCTION(ACTIVATION_SIGMOID, __VA_ARGS__); break;           \
    case ACTIVATION_RELU: FUNCTION(ACTIVATION_RELU, __VA_ARGS__); break;                 \
    case ACTIVATION_LINEAR:                                                              \
    case ACTIVATION_COUNT: FUNCTION(ACTIVATION_LINEAR, __VA_ARGS__); break;              \
    }

VEC_INLINE void activate_as(const Activation f, size_t n, real *x) {
    EACH_VECTOR(n, { STORE(x + i, vec_activate(f, LOAD(x + i))); });
}

static void activate(Activation f, size_t n, real *x) {
    WITH_ACTIVATION(f, activate_as, n, x)
}

VEC_INLINE void activate_backward_as(const Activation f, size_t n, const real *y, real *dy) {
    EACH_VECTOR(n, { STORE(dy + i, LOAD(dy + i) * vec_slope(f, LOAD(y + i))); });
}

static void activate_backward(Activation f, size_t n, const real *y, real *dy) {
    WITH_ACTIVATION(f, activate_backward_as, n, y, dy)
}

/* ---- cells ---------------------------------------------------------------------------------------------------- */

/* Runs a block over the units of an LSTM row: i at the first unit of a vector, `gate` at its input gate and the others `size` apart. */
#define EACH_WOVEN(n, gates, ...)                                                            \
    for (size_t group = 0; group < (n); group += REAL_ALIGN) {                               \
        const size_t size = (n) - group < REAL_ALIGN ? (n) - group : REAL_ALIGN;             \
        for (size_t at = 0; at < size; at += VEC_LANES) {                                    \
            const size_t i = group + at;                                                     \
            real *gate = (gates) + 4 * group + at;                                           \
            if (size - at >= VEC_LANES) {                                                    \
                const size_t part = VEC_LANES;                                               \
                __VA_ARGS__                                                                  \
            } else {                                                                         \
                const size_t part = size - at;                                               \
                __VA_ARGS__                                                                  \
            }                                                                                \
        }                                                                                    \
    }

/* Gates of a row: i f o g, woven. */
VEC_INLINE void lstm_forward_as(const Activation f, const CellStep *s) {
    for (size_t b = 0; b < s->rows; b++) {
        const real *c_prev = s->c_prev ? s->c_prev + b * s->ld : NULL;
        real *c_row = s->c + b * s->ld;
        EACH_WOVEN(s->units, s->gates + b * s->ld_gates, {
            const vec in = vec_sigmoid(LOAD(gate)), forget = vec_sigmoid(LOAD(gate + size));
            const vec out = vec_sigmoid(LOAD(gate + 2 * size)), g = vec_activate(f, LOAD(gate + 3 * size));
            vec c = in * g;
            if (c_prev) {
                c = vec_fma(forget, LOAD(c_prev + i), c);
            }
            STORE(gate, in);
            STORE(gate + size, forget);
            STORE(gate + 2 * size, out);
            STORE(gate + 3 * size, g);
            STORE(c_row + i, c);
        })
    }
    for (size_t b = 0; b < s->rows; b++) {
        const real *c_row = s->c + b * s->ld;
        real *act_row = s->c_act + b * s->ld, *h_row = s->h + b * s->ld_h;
        EACH_WOVEN(s->units, s->gates + b * s->ld_gates, {
            const vec act = vec_activate(f, LOAD(c_row + i));
            STORE(act_row + i, act);
            STORE(h_row + i, LOAD(gate + 2 * size) * act);
        })
    }
}

static void lstm_forward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, lstm_forward_as, s)
}

VEC_INLINE void lstm_backward_as(const Activation f, const CellStep *s) {
    for (size_t b = 0; b < s->rows; b++) {
        const real *c_prev = s->c_prev ? s->c_prev + b * s->ld : NULL;
        const real *dy_row = s->dy ? s->dy + b * s->ld_h : NULL;
        const real *act_row = s->c_act + b * s->ld, *dh_row = s->dh + b * s->ld;
        real *dc_row = s->dc + b * s->ld;
        EACH_WOVEN(s->units, s->gates + b * s->ld_gates, {
            const vec in = LOAD(gate), forget = LOAD(gate + size), out = LOAD(gate + 2 * size), g = LOAD(gate + 3 * size);
            const vec act = LOAD(act_row + i);
            vec dh = LOAD(dh_row + i);
            if (dy_row) {
                dh += LOAD(dy_row + i);
            }
            const vec dc = vec_fma(dh * out, vec_slope(f, act), LOAD(dc_row + i));
            const vec past = c_prev ? LOAD(c_prev + i) : vec_all(0);
            STORE(dc_row + i, dc * forget);
            STORE(gate, dc * g * vec_slope(ACTIVATION_SIGMOID, in));
            STORE(gate + size, dc * past * vec_slope(ACTIVATION_SIGMOID, forget));
            STORE(gate + 2 * size, dh * act * vec_slope(ACTIVATION_SIGMOID, out));
            STORE(gate + 3 * size, dc * in * vec_slope(f, g));
        })
    }
}

static void lstm_backward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, lstm_backward_as, s)
}

/* Gates of a row: n r z, and the hidden part of n before its reset. */
VEC_INLINE void gru_forward_as(const Activation f, const CellStep *s) {
    const size_t n = s->units;
    for (size_t b = 0; b < s->rows; b++) {
        activate_as(ACTIVATION_SIGMOID, 2 * n, s->gates + b * s->ld_gates + n);
    }
    for (size_t b = 0; b < s->rows; b++) {
        real *gates = s->gates + b * s->ld_gates, *h_row = s->h + b * s->ld_h;
        const real *h_prev = s->h_prev ? s->h_prev + b * s->ld_h : NULL;
        EACH_VECTOR(n, {
            const vec reset = LOAD(gates + n + i), z = LOAD(gates + 2 * n + i), hidden = LOAD(gates + 3 * n + i);
            const vec fresh = vec_activate(f, vec_fma(reset, hidden, LOAD(gates + i)));
            const vec past = h_prev ? LOAD(h_prev + i) : vec_all(0);
            STORE(gates + i, fresh);
            STORE(h_row + i, vec_fma(z, past - fresh, fresh));
        });
    }
}

static void gru_forward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, gru_forward_as, s)
}

VEC_INLINE void gru_backward_as(const Activation f, const CellStep *s) {
    const size_t n = s->units;
    for (size_t b = 0; b < s->rows; b++) {
        real *gates = s->gates + b * s->ld_gates, *dh_row = s->dh + b * s->ld;
        const real *h_prev = s->h_prev ? s->h_prev + b * s->ld_h : NULL;
        const real *dy_row = s->dy ? s->dy + b * s->ld_h : NULL;
        EACH_VECTOR(n, {
            const vec fresh = LOAD(gates + i), reset = LOAD(gates + n + i), z = LOAD(gates + 2 * n + i), hidden = LOAD(gates + 3 * n + i);
            const vec past = h_prev ? LOAD(h_prev + i) : vec_all(0);
            vec dh = LOAD(dh_row + i);
            if (dy_row) {
                dh += LOAD(dy_row + i);
            }
            const vec dfresh = dh * (vec_all(1) - z) * vec_slope(f, fresh);
            STORE(dh_row + i, dh * z);
            STORE(gates + i, dfresh);
            STORE(gates + n + i, dfresh * hidden * vec_slope(ACTIVATION_SIGMOID, reset));
            STORE(gates + 2 * n + i, dh * (past - fresh) * vec_slope(ACTIVATION_SIGMOID, z));
            STORE(gates + 3 * n + i, dfresh * reset);
        });
    }
}

static void gru_backward(const CellStep *s) {
    WITH_ACTIVATION(s->activation, gru_backward_as, s)
}

/* ---- dropout --------------------------------------------------------------------------------------------------- */

/* A 32-bit mixer in the manner of C. Wellons' "prospecting for hash functions" (two multiplications, full avalanche), keyed twice. */
#define DROPOUT_MIX(x, key1, key2) \
    do {                           \
        x ^= (key1);               \
        x ^= x >> 16;              \
        x *= 0x7feb352dU;          \
        x ^= x >> 15;              \
        x ^= (key2);               \
        x *= 0x846ca68bU;          \
        x ^= x >> 16;              \
    } while (0)

static void dropout(size_t rows, size_t n, size_t ld, const real *x, real *y, uint64_t key, uint64_t first, double rate) {
    const uint64_t mixed = rng_mix(key, first >> 32);
    const uint32_t key1 = (uint32_t)mixed, key2 = (uint32_t)(mixed >> 32), threshold = (uint32_t)(rate * 4294967296.0);
    const real keep = (real)(1 / (1 - rate));
#ifndef LSTMFC_DOUBLE
    vec_u32 count;
    for (unsigned l = 0; l < VEC_LANES; l++) {
        count[l] = l;
    }
#endif
    for (size_t b = 0; b < rows; b++) {
        const uint32_t base = (uint32_t)(first + b * n);
#ifdef LSTMFC_DOUBLE
        for (size_t i = 0; i < n; i++) {
            uint32_t hash = base + (uint32_t)i;
            DROPOUT_MIX(hash, key1, key2);
            y[b * ld + i] = hash < threshold ? 0 : x[b * ld + i] * keep;
        }
#else
        vec_u32 lane = count + base;
        EACH_VECTOR(n, {
            vec_u32 hash = lane;
            lane += VEC_LANES;
            DROPOUT_MIX(hash, key1, key2);
            STORE(y + b * ld + i, vec_select((vec_int)(hash < threshold), vec_all(0), LOAD(x + b * ld + i) * keep));
        });
#endif
    }
}

/* ---- optimizers ------------------------------------------------------------------------------------------------ */

/* What every optimizer does to g first. */
VEC_INLINE vec step_gradient(const StepFactors *f, vec g, vec w) {
    g = g * f->scale;
    if (f->clip > 0) {
        g = vec_clamp(g, -f->clip, f->clip);
    }
    return vec_fma(vec_all(f->decay), w, g);
}

static void adam(const StepFactors *f, size_t n, const real *g, real *w, real *m, real *v) {
    const StepFactors k = *f;
    EACH_VECTOR(n, {
        const vec w0 = LOAD(w + i), g0 = step_gradient(&k, LOAD(g + i), w0);
        const vec m1 = vec_fma(vec_all(k.rest1), g0 - LOAD(m + i), LOAD(m + i));
        const vec v1 = vec_fma(vec_all(k.rest2) * g0, g0, k.beta2 * LOAD(v + i));
        const vec root = vec_fma(vec_sqrt(v1), vec_all(k.correction2), vec_all(k.epsilon));
        STORE(m + i, m1);
        STORE(v + i, v1);
        STORE(w + i, vec_fma(-w0, vec_all(k.shrink), w0) - k.lr * m1 / root);
    });
}

static void rmsprop(const StepFactors *f, size_t n, const real *g, real *w, real *v, real *m) {
    const StepFactors k = *f;
    EACH_VECTOR(n, {
        const vec w0 = LOAD(w + i), g0 = step_gradient(&k, LOAD(g + i), w0);
        const vec v1 = vec_fma(vec_all(k.rest2) * g0, g0, k.beta2 * LOAD(v + i));
        vec step = k.lr * g0 / vec_sqrt(v1 + k.epsilon);
        STORE(v + i, v1);
        if (k.momentum > 0) {
            step = vec_fma(vec_all(k.momentum), LOAD(m + i), step);
            STORE(m + i, step);
        }
        STORE(w + i, vec_fma(-w0, vec_all(k.shrink), w0) - step);
    });
}

static void sgd(const StepFactors *f, size_t n, const real *g, real *w, real *m) {
    const StepFactors k = *f;
    EACH_VECTOR(n, {
        const vec w0 = LOAD(w + i), g0 = step_gradient(&k, LOAD(g + i), w0);
        vec step = g0;
        if (k.momentum > 0) {
            step = vec_fma(vec_all(k.momentum), LOAD(m + i), g0);
            STORE(m + i, step);
            if (k.nesterov) {
                step = vec_fma(vec_all(k.momentum), step, g0);
            }
        }
        STORE(w + i, vec_fma(-step, vec_all(k.lr), vec_fma(-w0, vec_all(k.shrink), w0)));
    });
}

static void add(size_t n, const real *x, real *y) {
    EACH_VECTOR(n, { STORE(y + i, LOAD(y + i) + LOAD(x + i)); });
}

/* ---- transpose -------------------------------------------------------------------------------------------------- */

/* Elements [r0, r1) x [c0, c1) one by one. */
static void transpose_rest(size_t r0, size_t r1, size_t c0, size_t c1, const real *from, size_t ld_from, real *to, size_t ld_to) {
    for (size_t c = c0; c < c1; c++) {
        for (size_t r = r0; r < r1; r++) {
            to[c * ld_to + r] = from[r * ld_from + c];
        }
    }
}

#ifndef LSTMFC_DOUBLE
/* 4 x 4: pairs of rows are woven together twice. */
VEC_INLINE void transpose_quad(const real *from, size_t ld_from, real *to, size_t ld_to) {
    const quad a = *(const quad_anywhere *)from, b = *(const quad_anywhere *)(from + ld_from);
    const quad c = *(const quad_anywhere *)(from + 2 * ld_from), d = *(const quad_anywhere *)(from + 3 * ld_from);
    const quad ac0 = __builtin_shufflevector(a, c, 0, 4, 1, 5), ac1 = __builtin_shufflevector(a, c, 2, 6, 3, 7);
    const quad bd0 = __builtin_shufflevector(b, d, 0, 4, 1, 5), bd1 = __builtin_shufflevector(b, d, 2, 6, 3, 7);
    *(quad_anywhere *)to = __builtin_shufflevector(ac0, bd0, 0, 4, 1, 5);
    *(quad_anywhere *)(to + ld_to) = __builtin_shufflevector(ac0, bd0, 2, 6, 3, 7);
    *(quad_anywhere *)(to + 2 * ld_to) = __builtin_shufflevector(ac1, bd1, 0, 4, 1, 5);
    *(quad_anywhere *)(to + 3 * ld_to) = __builtin_shufflevector(ac1, bd1, 2, 6, 3, 7);
}

static void transpose(size_t rows, size_t columns, const real *from, size_t ld_from, real *to, size_t ld_to) {
    const size_t r_end = rows / 4 * 4, c_end = columns / 4 * 4;
    for (size_t r = 0; r < r_end; r += 4) {
        for (size_t c = 0; c < c_end; c += 4) {
            transpose_quad(from + r * ld_from + c, ld_from, to + c * ld_to + r, ld_to);
        }
    }
    transpose_rest(r_end, rows, 0, columns, from, ld_from, to, ld_to);
    transpose_rest(0, r_end, c_end, columns, from, ld_from, to, ld_to);
}
#else
static void transpose(size_t rows, size_t columns, const real *from, size_t ld_from, real *to, size_t ld_to) {
    transpose_rest(0, rows, 0, columns, from, ld_from, to, ld_to);
}
#endif

extern const Kernels KERNELS_TABLE;
const Kernels KERNELS_TABLE = {
    .name = VEC_NAME,
    .lanes = VEC_LANES,
    .product = product,
    .product_dots = product_dots,
    .activate = activate,
    .activate_backward = activate_backward,
    .lstm_forward = lstm_forward,
    .lstm_backward = lstm_backward,
    .gru_forward = gru_forward,
    .gru_backward = gru_backward,
    .dropout = dropout,
    .adam = adam,
    .rmsprop = rmsprop,
    .sgd = sgd,
    .add = add,
    .transpose = transpose,
};
