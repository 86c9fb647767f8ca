/* transpose.h - a matrix turned over, four rows by four columns at a time. */
#ifndef LSTMFC_ISA_TRANSPOSE_H
#define LSTMFC_ISA_TRANSPOSE_H

#include "vec.h"

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

#endif
