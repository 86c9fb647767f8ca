/* dropout.h - masks drawn from a hash of the element's number, so that backward draws them again instead of keeping them. */
#ifndef LSTMFC_ISA_DROPOUT_H
#define LSTMFC_ISA_DROPOUT_H

#include "lstmfc/rng.h"
#include "pass.h"

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
            STORE(y + b * ld + i, vec_keep(hash, threshold, LOAD(x + b * ld + i) * keep));
        });
#endif
    }
}

#endif
