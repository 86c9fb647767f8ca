/* rng: published numbers of splitmix64 and xoshiro256**, and the moments and frequencies that each draw promises. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/rng.h"

/* First numbers of splitmix64 seeded with 1234567, as published with its reference code. */
static void mix_is_splitmix64(void **state) {
    (void)state;
    const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
                                 UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
    for (uint64_t i = 0; i < 5; i++) {
        assert_true(rng_mix(1234567, i) == expected[i]);
    }
}

/* First numbers of the reference xoshiro256** from the state 1, 2, 3, 4. */
static void next_is_xoshiro256(void **state) {
    (void)state;
    Rng rng = {{1, 2, 3, 4}};
    const uint64_t expected[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240), UINT64_C(1216172134540287360),
                                 UINT64_C(607988272756665600), UINT64_C(16172922978634559625), UINT64_C(8476171486693032832),
                                 UINT64_C(10595114339597558777), UINT64_C(2904607092377533576)};
    for (size_t i = 0; i < 10; i++) {
        assert_true(rng_next(&rng) == expected[i]);
    }
}

static void seeds_repeat_and_streams_differ(void **state) {
    (void)state;
    Rng a, b, other_stream, other_seed, shifted;
    rng_init(&a, 42, RNG_INIT);
    rng_init(&b, 42, RNG_INIT);
    rng_init(&other_stream, 42, RNG_SHUFFLE);
    rng_init(&other_seed, 43, RNG_INIT);
    rng_init(&shifted, 41, RNG_SHUFFLE);
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_next(&a);
        assert_true(x == rng_next(&b));
        assert_true(x != rng_next(&other_stream) && x != rng_next(&other_seed) && x != rng_next(&shifted));
    }
}

/* Correlation of uniforms of two neighbouring streams: about N(0, 1/n). */
static void streams_are_uncorrelated(void **state) {
    (void)state;
    enum { N = 100000 };
    Rng a, b;
    rng_init(&a, 7, 1);
    rng_init(&b, 7, 2);
    double product = 0.0;
    for (int i = 0; i < N; i++) {
        product += (rng_uniform(&a) - 0.5) * (rng_uniform(&b) - 0.5);
    }
    assert_true(fabs(12.0 * product / N) < 4.0 / sqrt(N));
}

static void uniform_is_uniform(void **state) {
    (void)state;
    enum { N = 100000, BINS = 20 };
    Rng rng;
    rng_init(&rng, 3, RNG_DROPOUT);
    double counts[BINS] = {0}, chi = 0.0;
    for (int i = 0; i < N; i++) {
        double u = rng_uniform(&rng);
        assert_true(u >= 0.0 && u < 1.0);
        counts[(size_t)(u * BINS)] += 1.0;
    }
    for (int k = 0; k < BINS; k++) {
        chi += (counts[k] - N / BINS) * (counts[k] - N / BINS) / (N / BINS);
    }
    assert_true(chi > 6.8 && chi < 43.8); /* 19 degrees of freedom: 0.5 % lie below, 0.1 % above */
}

/* Moments of the standard normal, each within about four standard errors, and the share beyond 1.96. */
static void normal_is_normal(void **state) {
    (void)state;
    enum { N = 200000 };
    Rng rng;
    rng_init(&rng, 5, RNG_INIT);
    double m1 = 0.0, m2 = 0.0, m3 = 0.0, m4 = 0.0, beyond = 0.0;
    for (int i = 0; i < N; i++) {
        double x = rng_normal(&rng);
        m1 += x / N;
        m2 += x * x / N;
        m3 += x * x * x / N;
        m4 += x * x * x * x / N;
        beyond += fabs(x) > 1.959963984540054 ? 1.0 / N : 0.0;
    }
    assert_true(fabs(m1) < 4.0 * sqrt(1.0 / N) && fabs(m2 - 1.0) < 4.0 * sqrt(2.0 / N));
    assert_true(fabs(m3) < 4.0 * sqrt(15.0 / N) && fabs(m4 - 3.0) < 4.0 * sqrt(96.0 / N));
    assert_true(fabs(beyond - 0.05) < 4.0 * sqrt(0.05 * 0.95 / N));
}

static void below_is_unbiased(void **state) {
    (void)state;
    enum { N = 90000 };
    Rng rng;
    rng_init(&rng, 9, RNG_TUNE);
    double counts[9] = {0};
    for (int i = 0; i < N; i++) {
        uint64_t x = rng_below(&rng, 9);
        assert_true(x < 9);
        counts[x] += 1.0;
    }
    for (size_t k = 0; k < 9; k++) {
        assert_true(fabs(counts[k] - N / 9) < 5.0 * sqrt(N / 9));
    }
    assert_int_equal(rng_below(&rng, 1), 0);
}

/* At n = 3 * 2^62 the 2^64 words fall on the numbers 2 1 1 2 1 1 ... times: without rejection half of all draws would be
 * multiples of 3. */
static void below_rejects_where_it_must(void **state) {
    (void)state;
    enum { N = 30000 };
    Rng rng;
    rng_init(&rng, 11, RNG_TUNE);
    double counts[3] = {0};
    for (int i = 0; i < N; i++) {
        uint64_t x = rng_below(&rng, UINT64_C(3) << 62);
        assert_true(x < UINT64_C(3) << 62);
        counts[x % 3] += 1.0;
    }
    for (size_t k = 0; k < 3; k++) {
        assert_true(fabs(counts[k] - N / 3) < 5.0 * sqrt(N / 3));
    }
}

/* Upper and lower word of a * b, bit by bit. */
static uint64_t long_product(uint64_t a, uint64_t b, uint64_t *low) {
    uint64_t high = 0;
    *low = 0;
    for (int bit = 63; bit >= 0; bit--) {
        high = (high << 1) | (*low >> 63);
        *low <<= 1;
        if (b >> bit & 1) {
            *low += a;
            high += *low < a;
        }
    }
    return high;
}

/* Every draw is the upper word of word times n, for n of every size, over the words whose lower word is not short. */
static void below_is_the_upper_word(void **state) {
    (void)state;
    Rng rng, copy, sizes;
    rng_init(&rng, 12, RNG_TUNE);
    rng_init(&copy, 12, RNG_TUNE);
    rng_init(&sizes, 13, RNG_TUNE);
    for (int i = 0; i < 20000; i++) {
        uint64_t n = (rng_next(&sizes) >> (i % 64)) + (i % 64 > 0), low, high;
        do {
            high = long_product(rng_next(&copy), n, &low);
        } while (low < (UINT64_MAX - n + 1) % n);
        assert_true(rng_below(&rng, n) == high);
    }
}

/* Every one of the 24 orders of 4 comes about equally often. */
static void shuffle_is_fair(void **state) {
    (void)state;
    enum { N = 48000 };
    Rng rng;
    rng_init(&rng, 13, RNG_SHUFFLE);
    static double counts[256];
    size_t seen = 0;
    for (int i = 0; i < N; i++) {
        size_t order[4] = {0, 1, 2, 3};
        rng_shuffle(&rng, order, 4);
        assert_int_equal((1 << order[0]) | (1 << order[1]) | (1 << order[2]) | (1 << order[3]), 15);
        counts[order[0] + 4 * order[1] + 16 * order[2] + 64 * order[3]] += 1.0;
    }
    for (size_t k = 0; k < 256; k++) {
        seen += counts[k] > 0.0;
        assert_true(counts[k] == 0.0 || fabs(counts[k] - N / 24) < 5.0 * sqrt(N / 24));
    }
    assert_int_equal(seen, 24);
    rng_shuffle(&rng, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mix_is_splitmix64),
        cmocka_unit_test(next_is_xoshiro256),
        cmocka_unit_test(seeds_repeat_and_streams_differ),
        cmocka_unit_test(streams_are_uncorrelated),
        cmocka_unit_test(uniform_is_uniform),
        cmocka_unit_test(normal_is_normal),
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(below_rejects_where_it_must),
        cmocka_unit_test(below_is_the_upper_word),
        cmocka_unit_test(shuffle_is_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
