/* pass.h - one block of code over a row: whole vectors, then what is left of it. */
#ifndef LSTMFC_ISA_PASS_H
#define LSTMFC_ISA_PASS_H

#include "vec.h"

/* Runs a block over n reals, or those of [first, end), i at the first of a vector: whole vectors with part = VEC_LANES, then what is left.
 * LOAD and STORE know `part`. */
#define LOAD(p) (part == VEC_LANES ? vec_load(p) : vec_load_part(p, part))
#define STORE(p, v)                  \
    do {                             \
        if (part == VEC_LANES) {     \
            vec_store(p, v);         \
        } else {                     \
            vec_store_part(p, v, part); \
        }                            \
    } while (0)
#define EACH_VECTOR(n, ...) EACH_FROM(0, n, __VA_ARGS__)
#define EACH_FROM(first, end, ...)                       \
    do {                                                 \
        size_t i = (first);                              \
        for (; i + VEC_LANES <= (end); i += VEC_LANES) { \
            const size_t part = VEC_LANES;               \
            __VA_ARGS__                                  \
        }                                                \
        if (i < (end)) {                                 \
            const size_t part = (end) - i;               \
            __VA_ARGS__                                  \
        }                                                \
    } while (0)

#endif
