/* peak - what one core of this machine can do, for the bounds of docs/benchmarks.md.
 *
 * usage: peak [SECONDS]     best of many short runs; one JSON object on stdout, in G a second
 *   fma     fused multiply-adds in registers, independent chains, as FLOP (two each)
 *   l1, l2  the same with one operand of each read from 16 kB and from 160 kB (the recurrent weights of an LSTM of 100), as FLOP
 *   tanh    rational tanh with its division and clamp, as values; tanh_error is its largest error, so that the rate is
 *           that of a tanh worth having
 *
 * Compiled once for each vector width: -mavx512f, -mavx2 -mfma, or nothing on a machine with 128-bit vectors. GNU C: vector extensions.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { LANES = 16, CHAINS = 24 };
#define EACH(X)                                                                                                                            \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)
#elif defined(__AVX2__)
enum { LANES = 8, CHAINS = 12 };
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#else
enum { LANES = 4, CHAINS = 12 };
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#endif

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int mask __attribute__((vector_size(4 * LANES)));

static volatile float sink;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static vec splat(float x) {
    vec v;
    for (int i = 0; i < LANES; i++) {
        v[i] = x;
    }
    return v;
}

static float total(vec v) {
    float s = 0;
    for (int i = 0; i < LANES; i++) {
        s += v[i];
    }
    return s;
}

/* FLOP done by one call of each. */
typedef double Work(void);

static double fma_registers(void) {
    enum { TURNS = 20000 };
    const vec m = splat(0.999f), a = splat(1e-3f);
#define MAKE(i) vec c##i = splat((float)i);
#define STEP(i) c##i = c##i * m + a;
#define ADD(i) sum += c##i;
    EACH(MAKE)
    for (int t = 0; t < TURNS; t++) {
        EACH(STEP)
    }
    vec sum = splat(0);
    EACH(ADD)
    sink = total(sum);
    return 2.0 * CHAINS * LANES * TURNS;
}

static vec *operands;

static double fma_memory(size_t bytes, int turns) {
    const size_t n = bytes / sizeof(vec) / CHAINS * CHAINS;
    const vec m = splat(0.999f);
    EACH(MAKE)
#define LOAD(i) c##i = p[i] * m + c##i;
    for (int t = 0; t < turns; t++) {
        for (const vec *p = operands; p < operands + n; p += CHAINS) {
            EACH(LOAD)
        }
    }
    vec sum = splat(0);
    EACH(ADD)
    sink = total(sum);
    return 2.0 * LANES * (double)n * turns;
}

static double fma_l1(void) {
    return fma_memory(16 << 10, 400);
}

static double fma_l2(void) {
    return fma_memory(160000, 40);
}

static vec choose(mask m, vec a, vec b) {
    return (vec)((m & (mask)a) | (~m & (mask)b));
}

/* x P(x^2) / Q(x^2), both of degree 4, fitted to tanh on [-9, 9]. */
static vec rational_tanh(vec x) {
    const vec top = splat(9);
    x = choose(x < top, x, top);
    x = choose(x > -top, x, -top);
    const vec u = x * x;
    const vec p =
        (((1.3354677363963674e-08f * u + 2.0609100829460658e-05f) * u + 0.0034955895971506834f) * u + 0.13381026685237885f) * u + 1.0f;
    const vec q =
        (((7.776566803840979e-07f * u + 0.0003285637067165226f) * u + 0.025876987725496292f) * u + 0.4671434164047241f) * u + 1.0f;
    return x * p / q;
}

static double tanh_values(void) {
    enum { BYTES = 16 << 10, TURNS = 50 };
    const int n = BYTES / (int)sizeof(vec);
    for (int t = 0; t < TURNS; t++) {
        for (int i = 0; i < n; i++) {
            operands[i] = rational_tanh(operands[i]);
        }
        __asm__ volatile("" : : "r"(operands) : "memory");
    }
    return (double)LANES * n * TURNS;
}

static double tanh_error(void) {
    double worst = 0;
    for (float x = -12; x < 12; x += 1e-4f) {
        const double e = fabs((double)rational_tanh(splat(x))[0] - tanh((double)x));
        worst = e > worst ? e : worst;
    }
    return worst;
}

static double best_rate(Work *work, double seconds) {
    double best = 0;
    const double end = now() + seconds;
    while (now() < end) {
        const double start = now(), done = work(), rate = done / (now() - start);
        best = rate > best ? rate : best;
    }
    return best * 1e-9;
}

int main(int argc, char **argv) {
    const double seconds = argc > 1 ? atof(argv[1]) : 0.3;
    void *memory;
    if (posix_memalign(&memory, 4096, 1 << 18)) {
        return 10;
    }
    operands = memory;
    for (size_t i = 0; i < (1 << 18) / sizeof(vec); i++) {
        operands[i] = splat(0.25f);
    }
    printf("{\"bits\": %d, \"fma\": %.2f, ", 32 * LANES, best_rate(fma_registers, seconds));
    printf("\"l1\": %.2f, \"l2\": %.2f, ", best_rate(fma_l1, seconds), best_rate(fma_l2, seconds));
    printf("\"tanh\": %.3f, \"tanh_error\": %.2g}\n", best_rate(tanh_values, seconds), tanh_error());
    free(memory);
    return 0;
}
