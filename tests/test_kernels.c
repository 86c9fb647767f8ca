/* kernels: products against a plain double loop, activations against the long double library, dropout's statistics, and the same bits from
 * every instruction set with fused multiply-add. Built in float (all sets of this machine) and in double. */
#include "nn_bench.h"

#ifdef LSTMFC_DOUBLE
typedef uint64_t Bits;
static const char *const set_names[] = {"float64"};
static const double real_epsilon = 2.3e-16, tanh_error = 3e-16, sigmoid_error = 3e-16, most_fall = 2.3e-16;
#else
typedef uint32_t Bits;
static const char *const set_names[] = {"v1", "v3", "v4", "neon"};
/* of 1; tanh_error of the value, too */
static const double real_epsilon = 1.2e-7, tanh_error = 3.3e-7, sigmoid_error = 2.3e-7, most_fall = 5e-7;
#endif
enum { N_SETS = sizeof set_names / sizeof *set_names };

/* The sets this machine has; at least one. */
static size_t sets(const Kernels *list[N_SETS]) {
    size_t n = 0;
    for (size_t i = 0; i < N_SETS; i++) {
        Error error = {0};
        list[n] = kernels_choose(set_names[i], &error);
        n += list[n] != NULL;
        assert_true(list[i < n ? i : 0] || error.code == ERROR_USAGE);
    }
    assert_true(n > 0);
    return n;
}

static void chosen_by_name(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n = sets(list);
    Error error = {0};
    const Kernels *best = kernels_choose(NULL, &error);
    assert_non_null(best);
    assert_ptr_equal(best, kernels_choose("", &error));
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(kernels_choose(list[i]->name, &error), list[i]);
        assert_true(best->lanes >= list[i]->lanes);
    }
    assert_int_equal(error.code, ERROR_NONE);
    assert_null(kernels_choose("v2", &error));
    assert_int_equal(error.code, ERROR_USAGE);
    assert_non_null(strstr(error.message, "'v2'"));
}

static void strides(void **state) {
    (void)state;
    for (size_t n = 1; n < 3000; n++) {
        const size_t ld = kernels_stride(n);
        assert_true(ld >= n && ld % REAL_ALIGN == 0 && ld <= REAL_PAD(n) + REAL_ALIGN);
        assert_true(ld <= 64 || ld % 64 != 0);
    }
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

typedef struct Product {
    size_t m, n, k, a_row, a_column, lda, ldb, ldc, n_a, n_b, n_c;
    int start;
    size_t ld_from, n_from;
    real *a, *b, *before, *c, *from;
} Product;

enum { LAYOUT_ROWS, LAYOUT_TRANSPOSED, LAYOUT_ONE, LAYOUTS };
enum { FROM_ZERO, FROM_C, FROM_BIAS, FROM_OTHER, FROMS }; /* what the sums start from */
static const real canary = (real)-12345.5;

/* Blocks end where the product may last read, so that a sanitizer sees more. What stands in padding is not a number. */
static void product_init(Product *p, size_t m, size_t n, size_t k, int layout, int start, uint64_t seed) {
    Rng rng;
    rng_init(&rng, seed, m * 1000003 + n * 1009 + k);
    *p = (Product){.m = m, .n = n, .k = k, .start = start, .ldb = REAL_PAD(n) + REAL_ALIGN * (seed % 2), .ldc = n + seed % 3};
    p->lda = layout == LAYOUT_ROWS ? k + seed % 5 : m + seed % 5;
    p->a_row = layout == LAYOUT_ROWS ? p->lda : layout == LAYOUT_TRANSPOSED ? 1 : 0;
    p->a_column = layout == LAYOUT_ROWS ? 1 : layout == LAYOUT_TRANSPOSED ? p->lda : 0;
    p->n_a = k == 0 ? 0 : (m - 1) * p->a_row + (k - 1) * p->a_column + 1;
    p->n_b = k == 0 ? 0 : (k - 1) * p->ldb + REAL_PAD(n);
    p->n_c = (m - 1) * p->ldc + n;
    p->a = bench_zeros(p->n_a, sizeof(real));
    p->b = bench_zeros(p->n_b, sizeof(real));
    p->c = bench_zeros(p->n_c, sizeof(real));
    p->before = bench_zeros(p->n_c, sizeof(real));
    p->ld_from = start == FROM_BIAS ? 0 : start == FROM_C ? p->ldc : n + 3;
    p->n_from = start == FROM_BIAS ? n : (m - 1) * p->ld_from + n;
    p->from = bench_zeros(p->n_from, sizeof(real));
    for (size_t i = 0; i < p->n_from; i++) {
        p->from[i] = (real)rng_uniform(&rng);
    }
    for (size_t i = 0; i < p->n_a; i++) {
        p->a[i] = (real)(2 * rng_uniform(&rng) - 1);
    }
    for (size_t i = 0; i < p->n_b; i++) {
        p->b[i] = i % p->ldb < n ? (real)(2 * rng_uniform(&rng) - 1) : (real)NAN;
    }
    for (size_t i = 0; i < p->n_c; i++) {
        p->before[i] = i % p->ldc < n ? (real)rng_uniform(&rng) : canary;
    }
}

static void product_free(Product *p) {
    free(p->a);
    free(p->b);
    free(p->c);
    free(p->before);
    free(p->from);
}

static void product_run(Product *p, const Kernels *kernels) {
    memcpy(p->c, p->before, p->n_c * sizeof(real));
    const real *from = p->start == FROM_ZERO ? NULL : p->start == FROM_C ? p->c : p->from;
    kernels->product(p->m, p->n, p->k, p->a, p->a_row, p->a_column, p->b, p->ldb, from, p->ld_from, p->c, p->ldc);
}

/* The sum in doubles, and the sum of sizes that its rounding is measured by. */
static double plain_sum(const Product *p, size_t i, size_t j, double *size) {
    const real *from = p->start == FROM_C ? p->before : p->from;
    double sum = p->start == FROM_ZERO ? 0 : (double)from[i * p->ld_from + j];
    *size = fabs(sum);
    for (size_t k = 0; k < p->k; k++) {
        const double term = (double)p->a[i * p->a_row + k * p->a_column] * (double)p->b[k * p->ldb + j];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static void product_check(const Product *p, const char *set) {
    for (size_t i = 0; i < p->n_c; i++) {
        const size_t row = i / p->ldc, column = i % p->ldc;
        double size = 0;
        if (column >= p->n) {
            assert_true(p->c[i] == canary);
        } else if (!(fabs((double)p->c[i] - plain_sum(p, row, column, &size)) <= real_epsilon * (double)(p->k + 1) * size)) {
            fail_msg("%s: product %zu x %zu x %zu, element (%zu,%zu)", set, p->m, p->n, p->k, row, column);
        }
    }
}

/* Sets with fused multiply-add give the bits of the first of them; v1 rounds twice. */
static void one_product(size_t m, size_t n, size_t k, int layout, int start, uint64_t seed) {
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    Product p;
    product_init(&p, m, n, k, layout, start, seed);
    real *first = NULL;
    for (size_t s = 0; s < n_sets; s++) {
        product_run(&p, list[s]);
        product_check(&p, list[s]->name);
        if (strcmp(list[s]->name, "v1") == 0) {
            continue;
        }
        if (first) {
            assert_memory_equal(first, p.c, p.n_c * sizeof(real));
        } else {
            first = bench_zeros(p.n_c, sizeof(real));
            memcpy(first, p.c, p.n_c * sizeof(real));
        }
    }
    free(first);
    product_free(&p);
}

static void products(void **state) {
    (void)state;
    uint64_t seed = 0;
    for (size_t m = 1; m <= 20; m++) {
        for (size_t n = 1; n <= 70; n++) {
            one_product(m, n, 1 + (m * n) % 9, (int)(seed % LAYOUTS), (int)(seed / 3 % FROMS), seed);
            seed++;
        }
    }
    Rng rng;
    rng_init(&rng, 2, 2);
    for (size_t i = 0; i < 400; i++, seed++) {
        one_product(1 + rng_below(&rng, 20), 1 + rng_below(&rng, 70), rng_below(&rng, 131), (int)rng_below(&rng, LAYOUTS),
                    (int)rng_below(&rng, FROMS), seed);
    }
}

/* A row's result does not depend on which rows it is computed with: that is what makes chunks and threads give the same bits. */
static void rows_are_independent(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    for (size_t s = 0; s < n_sets; s++) {
        for (size_t m = 1; m <= 20; m++) {
            Product p;
            product_init(&p, m, 37, 29, LAYOUT_ROWS, FROM_C, 30);
            product_run(&p, list[s]);
            for (size_t i = 0; i < m; i++) {
                real row[37];
                memcpy(row, p.before + i * p.ldc, sizeof row);
                list[s]->product(1, 37, 29, p.a + i * p.a_row, p.a_row, 1, p.b, p.ldb, row, 37, row, 37);
                assert_memory_equal(row, p.c + i * p.ldc, sizeof row);
            }
            product_free(&p);
        }
    }
}

/* The products of one row: the bits of `product` and `product_dots`, in whichever order the columns are done, and nothing written past
 * n. */
static void one_row(const Kernels *kernels, size_t n, size_t k, bool sums_given, Rng *rng) {
    const size_t ldb = REAL_PAD(n) + REAL_PAD(k) + 3, n_c = n + 2;
    real *a = bench_zeros(k, sizeof *a), *b = bench_zeros((n + k) * ldb, sizeof *b), *start = bench_zeros(n_c, sizeof *start),
         *expected = bench_zeros(n_c, sizeof *expected), *c = bench_zeros(n_c, sizeof *c);
    for (size_t i = 0; i < k; i++) {
        a[i] = (real)(2 * rng_uniform(rng) - 1);
    }
    for (size_t i = 0; i < (n + k) * ldb; i++) {
        b[i] = (real)(2 * rng_uniform(rng) - 1);
    }
    for (size_t i = 0; i < n_c; i++) {
        start[i] = (real)i + (real)0.3;
    }
    for (int way = 0; way < 4; way++) {
        memcpy(expected, start, n_c * sizeof *c);
        memcpy(c, start, n_c * sizeof *c);
        if (way < 2) {
            kernels->product(1, n, k, a, 0, 1, b, ldb, sums_given ? expected : NULL, 0, expected, 0);
            kernels->product_row(n, k, a, b, ldb, sums_given ? c : NULL, c, way == 1);
        } else {
            kernels->product_dots(1, n, k, a, 0, b, ldb, sums_given ? expected : NULL, 0, expected, 0);
            kernels->dots_row(n, k, a, b, ldb, sums_given ? c : NULL, c, way == 3);
        }
        assert_memory_equal(expected, c, n_c * sizeof *c);
    }
    free(a);
    free(b);
    free(start);
    free(expected);
    free(c);
}

static void single_rows(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    Rng rng;
    rng_init(&rng, 9, 1);
    for (size_t s = 0; s < n_sets; s++) {
        for (size_t n = 1; n <= 210; n += n < 20 ? 1 : 19) {
            static const size_t lengths[] = {1, 16, 53, 208, 256, 257};
            for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                one_row(list[s], n, lengths[i], n % 2, &rng);
            }
        }
    }
}

/* Rows times a transposed matrix: the value, the same bits from all sets that fuse, nothing written past n, and sums that start where they
 * are told. */
static void one_dots(size_t m, size_t n, size_t k, uint64_t seed) {
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list), lda = k + 1, ldb = k + 3, ldc = n + 2;
    real *a = bench_zeros(m * lda, sizeof *a), *b = bench_zeros(n * ldb + 1, sizeof *b), *c = bench_zeros(m * ldc, sizeof *c),
         *first = bench_zeros(m * ldc, sizeof *first);
    bool any = false;
    Rng rng;
    rng_init(&rng, seed, 3);
    for (size_t i = 0; i < m * lda; i++) {
        a[i] = (real)(2 * rng_uniform(&rng) - 1);
    }
    for (size_t i = 0; i < n * ldb; i++) {
        b[i] = (real)(2 * rng_uniform(&rng) - 1);
    }
    for (size_t s = 0; s < n_sets; s++) {
        for (size_t i = 0; i < m * ldc; i++) {
            c[i] = (real)i;
        }
        list[s]->product_dots(m, n, k, a, lda, b, ldb, seed % 2 ? c : NULL, ldc, c, ldc);
        for (size_t i = 0; i < m * ldc; i++) {
            const size_t row = i / ldc, column = i % ldc;
            double expected = seed % 2 || column >= n ? (double)i : 0, size = expected;
            for (size_t l = 0; column < n && l < k; l++) {
                expected += (double)a[row * lda + l] * (double)b[column * ldb + l];
                size += fabs((double)a[row * lda + l] * (double)b[column * ldb + l]);
            }
            assert_true(fabs((double)c[i] - expected) <= (column < n ? real_epsilon * (double)(k / REAL_ALIGN + 6) * size : 0));
        }
        if (any && strcmp(list[s]->name, "v1") != 0) {
            assert_memory_equal(first, c, m * ldc * sizeof *c);
        } else if (strcmp(list[s]->name, "v1") != 0) {
            memcpy(first, c, m * ldc * sizeof *c);
            any = true;
        }
    }
    free(a);
    free(b);
    free(c);
    free(first);
}

static void dot_products(void **state) {
    (void)state;
    uint64_t seed = 0;
    for (size_t n = 1; n <= 20; n++) {
        for (size_t k = 1; k <= 70; k++) {
            one_dots(1, n, k, seed++);
        }
    }
    for (size_t m = 2; m <= 10; m++) {
        for (size_t n = 1; n <= 9; n++) {
            one_dots(m, n, 3, seed++);
            one_dots(m, n, 53, seed++);
        }
    }
    one_dots(1, 100, 400, seed++);
    one_dots(64, 2, 200, seed++);
    one_dots(1, 97, 388, seed);
}

/* The check must see one wrong element. */
static void product_check_can_fail(void **state) {
    (void)state;
    Error error = {0};
    Product p;
    double size;
    product_init(&p, 5, 19, 40, LAYOUT_ROWS, FROM_ZERO, 1);
    product_run(&p, kernels_choose(NULL, &error));
    const double expected = plain_sum(&p, 4, 18, &size), limit = real_epsilon * 41 * size;
    assert_true(fabs((double)p.c[4 * p.ldc + 18] - expected) <= limit);
    p.a[4 * p.a_row + 39] += (real)0.001;
    assert_false(fabs((double)p.c[4 * p.ldc + 18] - plain_sum(&p, 4, 18, &size)) <= limit);
    product_free(&p);
}

/* ---- activations --------------------------------------------------------------------------------------------------- */

enum { SAMPLES = 1 << 19 };

static real from_bits(Bits bits) {
    real x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Every exponent, both signs, infinities and NaN included: bit patterns in equal steps. */
static real *all_reals(void) {
    real *x = bench_zeros(SAMPLES, sizeof *x);
    for (size_t i = 0; i < SAMPLES; i++) {
        x[i] = from_bits((Bits)i * (Bits)((Bits)-1 / SAMPLES) + (Bits)(i * i % 1009));
    }
    static const double special[] = {0,        -0.0,     INFINITY, -INFINITY, 1,  -1,   8,     -8,     16,   -16,
                                     7.999999, 8.000001, 88,       -88,       89, -104, 1e-38, -1e-38, 1e-45};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        x[1000 + 10 * i] = (real)special[i];
    }
    return x;
}

static bool same_bits(real a, real b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_tanh(const char *set, real x, real y) {
    const double exact = (double)tanhl((long double)x), error = fabs((double)y - exact);
    if (!(error <= tanh_error && error <= tanh_error * fabs(exact) + 1e-45) || fabs((double)y) > 1) {
        fail_msg("%s: tanh(%.9g) = %.9g, not %.9g", set, (double)x, (double)y, exact);
    }
}

static void check_sigmoid(const char *set, real x, real y) {
    const double exact = (double)(1 / (1 + expl(-(long double)x)));
    if (!(fabs((double)y - exact) <= sigmoid_error) || y < 0 || y > 1) {
        fail_msg("%s: sigmoid(%.9g) = %.9g, not %.9g", set, (double)x, (double)y, exact);
    }
}

static void check_value(const char *set, Activation f, real x, real y) {
    if (isnan(x)) {
        assert_true(isnan(y));
        return;
    }
    switch (f) {
    case ACTIVATION_TANH: check_tanh(set, x, y); break;
    case ACTIVATION_SIGMOID: check_sigmoid(set, x, y); break;
    case ACTIVATION_RELU: assert_true(x > 0 ? same_bits(x, y) : y == 0); break;
    case ACTIVATION_LINEAR:
    case ACTIVATION_COUNT: assert_true(same_bits(x, y)); break;
    }
}

static void values(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    real *x = all_reals(), *y = bench_zeros(SAMPLES, sizeof *y), *first = bench_zeros(SAMPLES, sizeof *first);
    for (int f = 0; f < ACTIVATION_COUNT; f++) {
        size_t n_fused = 0;
        for (size_t s = 0; s < n_sets; s++) {
            memcpy(y, x, SAMPLES * sizeof *y);
            list[s]->activate((Activation)f, SAMPLES, y);
            for (size_t i = 0; i < SAMPLES; i++) {
                check_value(list[s]->name, (Activation)f, x[i], y[i]);
            }
            if (strcmp(list[s]->name, "v1") != 0) {
                for (size_t i = 0; i < SAMPLES && n_fused > 0; i++) {
                    assert_true(same_bits(first[i], y[i]) || (isnan(first[i]) && isnan(y[i])));
                }
                memcpy(first, y, SAMPLES * sizeof *y);
                n_fused++;
            }
        }
    }
    free(x);
    free(y);
    free(first);
}

/* Odd to the bit; s(x) + s(-x) = 1; rising but for the rounding of the quotient, near 1 a few last places. */
static void shape_of_the_curves(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    real *up = bench_zeros(SAMPLES, sizeof *up), *down = bench_zeros(SAMPLES, sizeof *down);
    for (size_t s = 0; s < n_sets; s++) {
        for (int f = ACTIVATION_TANH; f <= ACTIVATION_SIGMOID; f++) {
            for (size_t i = 0; i < SAMPLES; i++) {
                up[i] = (real)(20.0 * (double)i / SAMPLES - 10.0);
                down[i] = -up[i];
            }
            list[s]->activate((Activation)f, SAMPLES, up);
            list[s]->activate((Activation)f, SAMPLES, down);
            for (size_t i = 0; i < SAMPLES; i++) {
                if (f == ACTIVATION_TANH) {
                    assert_true(same_bits(up[i], -down[i]));
                } else {
                    assert_true(fabs((double)up[i] + (double)down[i] - 1) <= real_epsilon);
                }
                if (i > 0 && (double)up[i] < (double)up[i - 1] - most_fall) {
                    fail_msg("%s: %s falls from %.9g to %.9g", list[s]->name, activation_names[f], (double)up[i - 1], (double)up[i]);
                }
            }
        }
    }
    free(up);
    free(down);
}

/* Whatever the length, each number gets what it gets alone, and what follows is left alone. */
static void lengths(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    for (size_t s = 0; s < n_sets; s++) {
        for (int f = 0; f < ACTIVATION_COUNT; f++) {
            for (size_t n = 0; n <= 50; n++) {
                real x[52], dy[52], one, done;
                for (size_t i = 0; i < 52; i++) {
                    x[i] = dy[i] = i < n ? (real)sin(3 * (double)i) : canary;
                }
                list[s]->activate((Activation)f, n, x);
                list[s]->activate_backward((Activation)f, n, x, dy);
                for (size_t i = 0; i < n; i++) {
                    one = done = (real)sin(3 * (double)i);
                    list[s]->activate((Activation)f, 1, &one);
                    list[s]->activate_backward((Activation)f, 1, &one, &done);
                    assert_true(same_bits(one, x[i]) && same_bits(done, dy[i]));
                }
                for (size_t i = n; i < 52; i++) {
                    assert_true(x[i] == canary && dy[i] == canary);
                }
            }
        }
    }
}

/* dy *= f'(x), the derivative from y. */
static void slopes(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    for (size_t s = 0; s < n_sets; s++) {
        for (int i = -400; i <= 400; i++) {
            const double x = i / 50.0 + 0.001;
            for (int f = 0; f < ACTIVATION_COUNT; f++) {
                const double t = tanh(x), g = 1 / (1 + exp(-x));
                const double exact[ACTIVATION_COUNT] = {
                    [ACTIVATION_LINEAR] = 1, [ACTIVATION_TANH] = 1 - t * t, [ACTIVATION_SIGMOID] = g * (1 - g), [ACTIVATION_RELU] = x > 0};
                real y = (real)x, dy = (real)1.5;
                list[s]->activate((Activation)f, 1, &y);
                list[s]->activate_backward((Activation)f, 1, &y, &dy);
                assert_true(fabs((double)dy - 1.5 * exact[f]) <= 10 * real_epsilon);
            }
        }
    }
}

/* ---- dropout ------------------------------------------------------------------------------------------------------- */

enum { DROP_ROWS = 400, DROP_UNITS = 50, DROP_LD = 64 };

/* y of ones; canaries between the rows. */
static void drop(const Kernels *kernels, size_t rows, uint64_t key, uint64_t first, double rate, real *y) {
    real *x = bench_zeros(rows * DROP_LD, sizeof *x);
    for (size_t i = 0; i < rows * DROP_LD; i++) {
        x[i] = 1;
        y[i] = canary;
    }
    kernels->dropout(rows, DROP_UNITS, DROP_LD, x, y, key, first, rate);
    for (size_t i = 0; i < rows * DROP_LD; i++) {
        assert_true(i % DROP_LD < DROP_UNITS || y[i] == canary);
    }
    free(x);
}

/* Share dropped, and how often two neighbours (distance apart in memory) are dropped together. */
static double dropped(const real *y, size_t distance, double *together) {
    size_t n = 0, n_both = 0, n_all = 0;
    for (size_t r = 0; r < DROP_ROWS - distance / DROP_LD; r++) {
        for (size_t i = 0; i < DROP_UNITS - distance % DROP_LD; i++, n_all++) {
            const bool here = y[r * DROP_LD + i] == 0, there = y[r * DROP_LD + i + distance] == 0;
            n += here;
            n_both += here && there;
        }
    }
    *together = (double)n_both / (double)n_all;
    return (double)n / (double)n_all;
}

/* Five standard deviations of a binomial share of n. */
static bool share_is(double share, double p, double n) {
    return fabs(share - p) <= 5 * sqrt(p * (1 - p) / n);
}

static void check_statistics(const real *y, double rate) {
    double together, n = DROP_ROWS * DROP_UNITS * 0.95;
    assert_true(share_is(dropped(y, 0, &together), rate, n));
    static const size_t distances[] = {1, 2, 7, DROP_LD, DROP_LD + 1, 3 * DROP_LD};
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        dropped(y, distances[i], &together);
        assert_true(share_is(together, rate * rate, n));
    }
    for (size_t i = 0; i < DROP_UNITS; i++) {
        size_t k = 0;
        for (size_t r = 0; r < DROP_ROWS; r++) {
            k += y[r * DROP_LD + i] == 0;
        }
        assert_true(share_is((double)k / DROP_ROWS, rate, DROP_ROWS));
    }
}

static void dropout_statistics(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    static const double rates[] = {0.01, 0.2, 0.5, 0.9};
    real *y = bench_zeros(DROP_ROWS * DROP_LD, sizeof *y), *first = bench_zeros(DROP_ROWS * DROP_LD, sizeof *first);
    for (size_t k = 0; k < sizeof rates / sizeof *rates; k++) {
        for (size_t s = 0; s < n_sets; s++) {
            double mean = 0;
            drop(list[s], DROP_ROWS, 0x123456789abcdefULL * (k + 1), 77, rates[k], y);
            check_statistics(y, rates[k]);
            for (size_t i = 0; i < DROP_ROWS * DROP_LD; i++) {
                const double value = i % DROP_LD < DROP_UNITS ? (double)y[i] : 0;
                assert_true(value == 0 || fabs(value - 1 / (1 - rates[k])) < 2e-7 / (1 - rates[k]));
                mean += value / (DROP_ROWS * DROP_UNITS);
            }
            assert_true(fabs(mean - 1) <= 5 * sqrt(rates[k] / (1 - rates[k]) / (DROP_ROWS * DROP_UNITS)));
            assert_true(s == 0 || memcmp(first, y, DROP_ROWS * DROP_LD * sizeof *y) == 0);
            memcpy(first, y, DROP_ROWS * DROP_LD * sizeof *y);
        }
    }
    free(y);
    free(first);
}

/* The mask hangs on key and place alone: not on the values, not on the rows done together. */
static void dropout_mask(void **state) {
    (void)state;
    Error error = {0};
    const Kernels *kernels = kernels_choose(NULL, &error);
    const size_t n = DROP_ROWS * DROP_LD;
    real *whole = bench_zeros(n, sizeof *whole), *cut = bench_zeros(n, sizeof *cut), *other = bench_zeros(n, sizeof *other);
    drop(kernels, DROP_ROWS, 5, 0, 0.4, whole);
    for (size_t r = 0; r < DROP_ROWS; r += 100) {
        drop(kernels, 100, 5, r * DROP_UNITS, 0.4, cut + r * DROP_LD);
    }
    assert_memory_equal(whole, cut, n * sizeof *whole);
    for (size_t i = 0; i < n; i++) {
        cut[i] = (real)3;
    }
    kernels->dropout(DROP_ROWS, DROP_UNITS, DROP_LD, cut, cut, 5, 0, 0.4); /* in place, other values */
    for (size_t i = 0; i < n; i++) {
        assert_true(i % DROP_LD >= DROP_UNITS || (cut[i] == 0) == (whole[i] == 0));
    }
    for (unsigned bit = 0; bit < 64; bit++) { /* keys one bit apart give masks that have nothing to do with each other */
        size_t n_differ = 0;
        drop(kernels, DROP_ROWS, 5 ^ (1ULL << bit), 0, 0.4, other);
        for (size_t i = 0; i < n; i++) {
            n_differ += (other[i] == 0) != (whole[i] == 0);
        }
        assert_true(share_is((double)n_differ / (DROP_ROWS * DROP_UNITS), 0.48, DROP_ROWS * DROP_UNITS));
    }
    drop(kernels, DROP_ROWS, 5, 0, 0, other);
    for (size_t i = 0; i < n; i++) {
        assert_true(i % DROP_LD >= DROP_UNITS || other[i] == 1);
    }
    free(whole);
    free(cut);
    free(other);
}

/* ---- everything together ------------------------------------------------------------------------------------------- */

static real *whole_gradient(const Kernels *kernels, size_t *n, double *loss) {
    Bench b;
    bench_init(&b, "lstm:17,dropout:0.3,gru:9,gru-before:5,rnn:6,bilstm:5,bigru:4,dense:7:sigmoid,dense:2", 11, 13, 3, 0);
    b.kernels = kernels;
    b.training = true;
    b.dropout_key = 1;
    bench_random(&b, 3, 0.6);
    *loss = bench_gradient(&b, 5);
    *n = b.network.n_weights;
    real *gradient = b.gradient;
    b.gradient = NULL;
    bench_free(&b);
    return gradient;
}

/* Loss and gradient of a network of all kinds: fused sets agree to the bit, v1 to rounding. */
static void networks_agree(void **state) {
    (void)state;
    const Kernels *list[N_SETS];
    const size_t n_sets = sets(list);
    double loss, first_loss;
    size_t n;
    real *first = whole_gradient(list[n_sets - 1], &n, &first_loss);
    for (size_t s = 0; s + 1 < n_sets; s++) {
        real *gradient = whole_gradient(list[s], &n, &loss);
        if (strcmp(list[s]->name, "v1") != 0) {
            assert_memory_equal(first, gradient, n * sizeof *first);
            assert_true(loss == first_loss);
        }
        for (size_t i = 0; i < n; i++) {
            assert_true(fabs((double)(first[i] - gradient[i])) < 1e-5);
        }
        free(gradient);
    }
    free(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_by_name),
        cmocka_unit_test(strides),
        cmocka_unit_test(products),
        cmocka_unit_test(rows_are_independent),
        cmocka_unit_test(dot_products),
        cmocka_unit_test(single_rows),
        cmocka_unit_test(product_check_can_fail),
        cmocka_unit_test(values),
        cmocka_unit_test(shape_of_the_curves),
        cmocka_unit_test(lengths),
        cmocka_unit_test(slopes),
        cmocka_unit_test(dropout_statistics),
        cmocka_unit_test(dropout_mask),
        cmocka_unit_test(networks_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
