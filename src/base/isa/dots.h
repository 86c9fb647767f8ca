/* dots.h - c = from + a b' where b stays as it lies: every element a dot product of two rows. See `product_dots` and `dots_row` in
 * lstmfc/kernels.h. */
#ifndef LSTMFC_ISA_DOTS_H
#define LSTMFC_ISA_DOTS_H

#include "lstmfc/kernels.h"
#include "vec.h"

/* A dot product is DOT_VECTORS vectors of chains; up to DOTS of them run side by side, enough to keep the adders busy, or DOT_COLUMNS
 * where a single row waits for its matrix: that few rows of it read at a time come fastest. Of 32 registers HELD_VECTORS may keep that
 * row. */
enum { DOT_VECTORS = REAL_ALIGN / VEC_LANES, DOT_COLUMNS = 4, DOTS = VEC_LANES == 16 ? 8 : 4, HELD_VECTORS = 16 };

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
VEC_INLINE quad dots_quad(const vec *chains) {
#if VEC_LANES == 16
    const vec v = chains[0];
    const half eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                       __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
#elif VEC_LANES == 8
    const vec eight = chains[0] + chains[1];
    return __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
#else
    return (chains[0] + chains[2]) + (chains[1] + chains[3]);
#endif
}

#if VEC_LANES == 16
/* The halves of two chains, added: eight lanes of each. */
VEC_INLINE vec dots_eights(vec a, vec b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}

/* And of two such pairs: four lanes of each chain. */
VEC_INLINE vec dots_fours(vec ab, vec cd) {
    return __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}

/* The sums of eight chains: halved side by side, then as columns. */
VEC_INLINE void dots_add_up_8(vec (*chains)[DOT_VECTORS], real *sums) {
    const vec a = dots_fours(dots_eights(chains[0][0], chains[1][0]), dots_eights(chains[2][0], chains[3][0]));
    const vec b = dots_fours(dots_eights(chains[4][0], chains[5][0]), dots_eights(chains[6][0], chains[7][0]));
    const vec two = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
                    __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    half_store(sums,
               __builtin_shufflevector(two, two, 0, 4, 8, 12, 2, 6, 10, 14) + __builtin_shufflevector(two, two, 1, 5, 9, 13, 3, 7, 11, 15));
}
#endif

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
VEC_INLINE void dots_run(size_t k, const real *a, size_t lda, const real *b, size_t ldb, real *sums, const int n_rows,
                         const int n_columns) {
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
                VEC_AS_IT_IS(left[r]); /* read once for all columns */
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
                    const vec left = vec_load_part(a + (size_t)r * lda + at, part);
                    chains[r * n_columns + j][v] = vec_fma(left, right, chains[r * n_columns + j][v]);
                }
            }
        }
    }
#if VEC_LANES == 16
    if (n_rows * n_columns == 8) {
        dots_add_up_8(chains, sums);
        return;
    }
#endif
    UNROLL for (int d = 0; d < n_rows * n_columns; d += 4) {
        dots_add_up(chains + d, sums + d);
    }
}

/* n_columns columns of c, n_rows rows at a time, both constants. */
VEC_INLINE void dots_columns(size_t m, size_t k, const real *a, size_t lda, const real *b, size_t ldb, const real *from, size_t ld_from,
                             real *c, size_t ldc, const size_t n_rows, const size_t n_columns) {
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

static void product_dots(size_t m, size_t n, size_t k, const real *a, size_t lda, const real *b, size_t ldb, const real *from,
                         size_t ld_from, real *c, size_t ldc) {
    for (size_t j = 0, width; j < n; j += width) {
        const real *right = b + j * ldb, *start = from ? from + j : NULL;
        width = n - j >= DOT_COLUMNS ? DOT_COLUMNS : n - j >= 2 ? 2 : 1;
        if (width == DOT_COLUMNS) {
            dots_columns(m, k, a, lda, right, ldb, start, ld_from, c + j, ldc, DOTS / DOT_COLUMNS, DOT_COLUMNS);
        } else if (width == 2) {
            dots_columns(m, k, a, lda, right, ldb, start, ld_from, c + j, ldc, DOTS / 2, 2);
        } else {
            dots_columns(m, k, a, lda, right, ldb, start, ld_from, c + j, ldc, DOTS, 1);
        }
    }
}

/* Columns of one row, DOT_COLUMNS at a time. */
typedef void RowGroups(size_t n_groups, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first);

static void row_groups(size_t n_groups, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first) {
    for (size_t i = 0; i < n_groups; i++) {
        const size_t j = (last_first ? n_groups - 1 - i : i) * DOT_COLUMNS;
        dots_columns(1, k, a, 0, b + j * ldb, ldb, from ? from + j : NULL, 0, c + j, 0, 1, DOT_COLUMNS);
    }
}

#if VEC_LANES == 16
/* The same of a row that stays in registers: n_vectors of vectors, a constant, the last of them maybe in part. */
VEC_INLINE void held_group(const vec *left, size_t part, const real *b, size_t ldb, const real *from, real *c, const int n_vectors) {
    vec chains[DOT_COLUMNS][DOT_VECTORS];
    const real *rows[DOT_COLUMNS];
    UNROLL for (int j = 0; j < DOT_COLUMNS; j++) {
        chains[j][0] = vec_all(0);
        rows[j] = j ? rows[j - 1] + ldb : b;
        AS_IT_IS(rows[j]);
    }
    UNROLL for (int v = 0; v < n_vectors; v++) {
        UNROLL for (int j = 0; j < DOT_COLUMNS; j++) {
            const real *right = rows[j] + v * VEC_LANES;
            chains[j][0] = vec_fma(left[v], v + 1 < n_vectors ? vec_load(right) : vec_load_part(right, part), chains[j][0]);
        }
    }
    if (!from) {
        dots_add_up(chains, c);
        return;
    }
    real sums[DOT_COLUMNS];
    dots_add_up(chains, sums);
    for (size_t j = 0; j < DOT_COLUMNS; j++) {
        c[j] = from[j] + sums[j];
    }
}

VEC_INLINE void held_groups(size_t n_groups, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first,
                            const int n_vectors) {
    const size_t part = k - ((size_t)n_vectors - 1) * VEC_LANES;
    vec left[HELD_VECTORS];
    UNROLL for (int v = 0; v < n_vectors; v++) {
        left[v] = v + 1 < n_vectors ? vec_load(a + v * VEC_LANES) : vec_load_part(a + v * VEC_LANES, part);
        VEC_AS_IT_IS(left[v]);
    }
    for (size_t i = 0; i < n_groups; i++) {
        const size_t j = (last_first ? n_groups - 1 - i : i) * DOT_COLUMNS;
        held_group(left, part, b + j * ldb, ldb, from ? from + j : NULL, c + j, n_vectors);
    }
}

#define HELD(V)                                                                                                          \
    static void held_##V(size_t n_groups, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, \
                         bool last_first) {                                                                              \
        held_groups(n_groups, k, a, b, ldb, from, c, last_first, V);                                                     \
    }
HELD(1) HELD(2) HELD(3) HELD(4) HELD(5) HELD(6) HELD(7) HELD(8) HELD(9) HELD(10) HELD(11) HELD(12) HELD(13) HELD(14) HELD(15) HELD(16)
static RowGroups *const held[HELD_VECTORS] = {held_1, held_2,  held_3,  held_4,  held_5,  held_6,  held_7,  held_8,
                                              held_9, held_10, held_11, held_12, held_13, held_14, held_15, held_16};
#endif

static void dots_row(size_t n, size_t k, const real *a, const real *b, size_t ldb, const real *from, real *c, bool last_first) {
    const size_t n_groups = n / DOT_COLUMNS, rest = n_groups * DOT_COLUMNS;
    RowGroups *groups = row_groups;
#if VEC_LANES == 16
    if (k > 0 && k <= HELD_VECTORS * VEC_LANES) {
        groups = held[(k - 1) / VEC_LANES];
    }
#endif
    groups(n_groups, k, a, b, ldb, from, c, last_first);
    product_dots(1, n - rest, k, a, 0, b + rest * ldb, ldb, from ? from + rest : NULL, 0, c + rest, 0);
}

#endif
