#include "lstmfc/rng.h"

#include <assert.h>
#include <math.h>

#include "lstmfc/math64.h"

static uint64_t rotate_left(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

uint64_t rng_mix(uint64_t a, uint64_t b) {
    uint64_t z = a + (b + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* splitmix64 never gives four zeros in a row, the one state xoshiro cannot leave. */
void rng_init(Rng *rng, uint64_t seed, uint64_t stream) {
    uint64_t start = rng_mix(rng_mix(seed, 0), stream);
    for (uint64_t i = 0; i < 4; i++) {
        rng->state[i] = rng_mix(start, i);
    }
}

uint64_t rng_next(Rng *rng) {
    uint64_t *s = rng->state, result = rotate_left(s[1] * 5, 7) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double rng_uniform(Rng *rng) {
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

/* The second normal of a pair is dropped: keeping it would be state outside `state`. */
double rng_normal(Rng *rng) {
    double u, s;
    do {
        u = 2.0 * rng_uniform(rng) - 1.0;
        double v = 2.0 * rng_uniform(rng) - 1.0;
        s = u * u + v * v;
    } while (s >= 1.0 || s == 0.0);
    return u * sqrt(-2.0 * math64_log(s) / s);
}

/* Upper 64 bits of a * b; the lower are a * b itself. */
static uint64_t multiply_high(uint64_t a, uint64_t b) {
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32);
    uint64_t middle = a0 * b1 + (cross & UINT32_MAX);
    return a1 * b1 + (cross >> 32) + (middle >> 32);
}

uint64_t rng_below(Rng *rng, uint64_t n) {
    assert(n > 0);
    uint64_t threshold = (0 - n) % n, x;
    do {
        x = rng_next(rng);
    } while (x * n < threshold);
    return multiply_high(x, n);
}

void rng_shuffle(Rng *rng, size_t *index, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i);
        size_t kept = index[i - 1];
        index[i - 1] = index[j];
        index[j] = kept;
    }
}
