/* vec.h - one vector of reals, for whichever instruction set the file including it is compiled.
 *
 * The headers of this folder are kernels_isa.c by subject: compiled once for each instruction set, and private to it. Plain + - * / on the
 * type `vec` are the compiler's vector extensions; what they cannot say (fused multiply-add, square root, part of a vector) is here, once
 * for each set. VEC_LANES is all the rest of the code needs to know.
 */
#ifndef LSTMFC_VEC_H
#define LSTMFC_VEC_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lstmfc/real.h"

#define VEC_INLINE static inline __attribute__((always_inline, unused))

#ifdef LSTMFC_DOUBLE
#define VEC_NAME "float64"
#define VEC_LANES 2
typedef int64_t vec_int __attribute__((vector_size(16)));
typedef uint32_t vec_u32 __attribute__((vector_size(8)));
#elif defined(__AVX512F__)
#define VEC_NAME "v4"
#define VEC_LANES 16
#elif defined(__AVX2__)
#define VEC_NAME "v3"
#define VEC_LANES 8
#elif defined(__aarch64__)
#define VEC_NAME "neon"
#define VEC_LANES 4
#else
#define VEC_NAME "v1"
#define VEC_LANES 4
#endif

/* In front of a loop whose count is a constant once its function is inlined. */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* What is written before it in the source stays before it: the compiler may not gather loads or stores. Costs no instruction. */
#define KEEP_ORDER __asm__ volatile("" ::: "memory")

/* The compiler is to hold x itself in a register, not to work it out anew from what it came from. Costs no instruction. */
#define AS_IT_IS(x) __asm__("" : "+r"(x))
#if defined(__x86_64__)
#define VEC_AS_IT_IS(x) __asm__("" : "+v"(x))
#elif defined(__aarch64__)
#define VEC_AS_IT_IS(x) __asm__("" : "+w"(x))
#else
#define VEC_AS_IT_IS(x) (void)0
#endif

#ifndef LSTMFC_DOUBLE
typedef int32_t vec_int __attribute__((vector_size(4 * VEC_LANES)));
typedef uint32_t vec_u32 __attribute__((vector_size(4 * VEC_LANES)));
#endif

typedef real vec __attribute__((vector_size(sizeof(real) * VEC_LANES)));
typedef real vec_anywhere __attribute__((vector_size(sizeof(real) * VEC_LANES), aligned(sizeof(real)), may_alias));

/* Four reals, for what is woven together four by four. */
typedef real quad __attribute__((vector_size(4 * sizeof(real))));
typedef real quad_anywhere __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));

VEC_INLINE vec vec_load(const real *p) {
    return *(const vec_anywhere *)p;
}

VEC_INLINE void vec_store(real *p, vec v) {
    *(vec_anywhere *)p = v;
}

VEC_INLINE vec vec_all(real x) {
    return x - (vec){0};
}

VEC_INLINE vec vec_low(vec v) {
    return v;
}

/* The first n lanes, 0 < n <= VEC_LANES; the other lanes are 0 and their memory is not touched. */
#if defined(LSTMFC_DOUBLE) || (!defined(__AVX512F__) && !defined(__AVX2__))
VEC_INLINE vec vec_load_part(const real *p, size_t n) {
    vec v = {0};
    for (size_t i = 0; i < n; i++) {
        v[i] = p[i];
    }
    return v;
}

VEC_INLINE void vec_store_part(real *p, vec v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        p[i] = v[i];
    }
}
#endif

#if defined(LSTMFC_DOUBLE)

VEC_INLINE vec vec_fma(vec a, vec b, vec c) {
    return a * b + c;
}

VEC_INLINE vec vec_sqrt(vec a) {
    for (int i = 0; i < VEC_LANES; i++) {
        a[i] = sqrt(a[i]);
    }
    return a;
}

#elif defined(__AVX512F__)
#include <immintrin.h>

VEC_INLINE vec vec_fma(vec a, vec b, vec c) {
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

VEC_INLINE vec vec_sqrt(vec a) {
    return (vec)_mm512_sqrt_ps((__m512)a);
}

/* Up to four by a short access: a masked one of the whole width has to wait for all stores that it might touch. */
VEC_INLINE vec vec_load_part(const real *p, size_t n) {
    return n <= 4 ? (vec)_mm512_zextps128_ps512(_mm_maskz_loadu_ps((__mmask8)((1U << n) - 1U), p))
                  : (vec)_mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1U), p);
}

VEC_INLINE void vec_store_part(real *p, vec v, size_t n) {
    if (n <= 4) {
        _mm_mask_storeu_ps(p, (__mmask8)((1U << n) - 1U), _mm512_castps512_ps128((__m512)v));
    } else {
        _mm512_mask_storeu_ps(p, (__mmask16)((1U << n) - 1U), (__m512)v);
    }
}

#elif defined(__AVX2__)
#include <immintrin.h>

VEC_INLINE vec vec_fma(vec a, vec b, vec c) {
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

VEC_INLINE vec vec_sqrt(vec a) {
    return (vec)_mm256_sqrt_ps((__m256)a);
}

VEC_INLINE __m256i vec_first(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

VEC_INLINE vec vec_load_part(const real *p, size_t n) {
    return (vec)_mm256_maskload_ps(p, vec_first(n));
}

/* By halves: a masked store takes a dozen cycles on some processors. */
VEC_INLINE void vec_store_part(real *p, vec v, size_t n) {
    __m128 rest = _mm256_castps256_ps128((__m256)v);
    if (n & 8) {
        _mm256_storeu_ps(p, (__m256)v);
        return;
    }
    if (n & 4) {
        _mm_storeu_ps(p, rest);
        p += 4;
        rest = _mm256_extractf128_ps((__m256)v, 1);
    }
    if (n & 2) {
        _mm_storel_pi((__m64 *)p, rest);
        p += 2;
        rest = _mm_movehl_ps(rest, rest);
    }
    if (n & 1) {
        _mm_store_ss(p, rest);
    }
}

#elif defined(__aarch64__)
#include <arm_neon.h>

VEC_INLINE vec vec_fma(vec a, vec b, vec c) {
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

VEC_INLINE vec vec_sqrt(vec a) {
    return (vec)vsqrtq_f32((float32x4_t)a);
}

#else
#include <emmintrin.h>

VEC_INLINE vec vec_fma(vec a, vec b, vec c) {
    return a * b + c;
}

VEC_INLINE vec vec_sqrt(vec a) {
    return (vec)_mm_sqrt_ps((__m128)a);
}

#endif

/* Half a vector, for what is left of a row when that is no more: on v3 and v4 it costs half as much. */
#if !defined(LSTMFC_DOUBLE) && (defined(__AVX512F__) || defined(__AVX2__))
#define VEC_HALF_LANES (VEC_LANES / 2)
typedef real half __attribute__((vector_size(sizeof(real) * VEC_HALF_LANES)));
typedef real half_anywhere __attribute__((vector_size(sizeof(real) * VEC_HALF_LANES), aligned(sizeof(real)), may_alias));

VEC_INLINE half half_load(const real *p) {
    return *(const half_anywhere *)p;
}

VEC_INLINE void half_store(real *p, half v) {
    *(half_anywhere *)p = v;
}

VEC_INLINE half half_all(real x) {
    return x - (half){0};
}

#if defined(__AVX512F__)
VEC_INLINE half half_low(vec v) {
    return (half)_mm512_castps512_ps256((__m512)v);
}

VEC_INLINE half half_fma(half a, half b, half c) {
    return (half)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

VEC_INLINE half half_load_part(const real *p, size_t n) {
    return (half)_mm256_maskz_loadu_ps((__mmask8)((1U << n) - 1U), p);
}

VEC_INLINE void half_store_part(real *p, half v, size_t n) {
    _mm256_mask_storeu_ps(p, (__mmask8)((1U << n) - 1U), (__m256)v);
}
#else
VEC_INLINE half half_low(vec v) {
    return (half)_mm256_castps256_ps128((__m256)v);
}

VEC_INLINE half half_fma(half a, half b, half c) {
    return (half)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
}

VEC_INLINE half half_load_part(const real *p, size_t n) {
    return (half)_mm_maskload_ps(p, _mm256_castsi256_si128(vec_first(n)));
}

VEC_INLINE void half_store_part(real *p, half v, size_t n) {
    _mm_maskstore_ps(p, _mm256_castsi256_si128(vec_first(n)), (__m128)v);
}
#endif
#endif

/* 0 1 2 ... */
VEC_INLINE vec_int vec_numbers(void) {
    vec_int lane;
    for (int l = 0; l < VEC_LANES; l++) {
        lane[l] = l;
    }
    return lane;
}

/* Lane l is lane l + n of v, where there is one. */
VEC_INLINE vec vec_down(vec v, size_t n) {
#if !defined(LSTMFC_DOUBLE) && defined(__AVX512F__)
    return (vec)_mm512_permutexvar_ps((__m512i)(vec_numbers() + (int)n), (__m512)v);
#elif !defined(LSTMFC_DOUBLE) && defined(__AVX2__)
    return (vec)_mm256_permutevar8x32_ps((__m256)v, (__m256i)(vec_numbers() + (int)n));
#else
    real lanes[2 * VEC_LANES] = {0};
    vec_store(lanes, v);
    return vec_load(lanes + n);
#endif
}

/* Lane by lane: mask ? a : b, where a mask lane is all ones or 0. */
VEC_INLINE vec vec_select(vec_int mask, vec a, vec b) {
    return (vec)((mask & (vec_int)a) | (~mask & (vec_int)b));
}

/* x where the number is `least` or more, else 0. */
#ifndef LSTMFC_DOUBLE
VEC_INLINE vec vec_keep(vec_u32 number, uint32_t least, vec x) {
#ifdef __AVX512F__
    return (vec)_mm512_maskz_mov_ps(_mm512_cmpge_epu32_mask((__m512i)number, _mm512_set1_epi32((int)least)), (__m512)x);
#else
    return (vec)((vec_int)(number >= least) & (vec_int)x);
#endif
}
#endif

/* Within [low, high]; NaN where x is NaN: x86 takes the second operand where one is NaN, so x comes second. */
VEC_INLINE vec vec_clamp(vec x, real low, real high) {
#if !defined(LSTMFC_DOUBLE) && defined(__AVX512F__)
    return (vec)_mm512_min_ps((__m512)vec_all(high), _mm512_max_ps((__m512)vec_all(low), (__m512)x));
#elif !defined(LSTMFC_DOUBLE) && defined(__AVX2__)
    return (vec)_mm256_min_ps((__m256)vec_all(high), _mm256_max_ps((__m256)vec_all(low), (__m256)x));
#elif !defined(LSTMFC_DOUBLE) && defined(__SSE2__)
    return (vec)_mm_min_ps((__m128)vec_all(high), _mm_max_ps((__m128)vec_all(low), (__m128)x));
#else
    x = vec_select(x < vec_all(low), vec_all(low), x);
    return vec_select(x > vec_all(high), vec_all(high), x);
#endif
}

#endif
