/* rng.h - seeded random numbers with the state held by the caller.
 *
 * xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), seeded by
 * splitmix64 from (seed, stream): different streams of a seed are independent for every use here. The same
 * seed gives the same numbers on every machine; nothing uses the C library's log or cos.
 */
#ifndef LSTMFC_RNG_H
#define LSTMFC_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct Rng {
    uint64_t state[4];
} Rng;

/* One row per independent use of a run's seed. Append only: a new row must not move the others. */
typedef enum RngStream {
    RNG_INIT = 1,
    RNG_SHUFFLE = 2,
    RNG_DROPOUT = 3,
    RNG_TUNE = 4,
    RNG_SAMPLE = 5,
    RNG_MEMBER = 6,
    RNG_RESERVOIR = 7,
    RNG_PERMUTE = 8,
    RNG_INTERVAL = 9
} RngStream;

void rng_init(Rng *rng, uint64_t seed, uint64_t stream);
uint64_t rng_next(Rng *rng);

/* [0, 1) with 53 random bits. */
double rng_uniform(Rng *rng);

/* Standard normal (Marsaglia's polar method, math64_log). */
double rng_normal(Rng *rng);

/* Unbiased integer in [0, n), n > 0 (Lemire's multiply and reject). */
uint64_t rng_below(Rng *rng, uint64_t n);

/* Fisher-Yates over n indices. */
void rng_shuffle(Rng *rng, size_t *index, size_t n);

/* Mixes two words into one: output number b (from 0) of the splitmix64 seeded with a. Seeds of ensemble members, jobs
 * and dropout masks. */
uint64_t rng_mix(uint64_t a, uint64_t b);

#endif
