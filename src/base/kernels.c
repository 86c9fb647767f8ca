#include "lstmfc/kernels.h"

#include <string.h>

/* One row an instruction set, best first. */
#if defined(LSTMFC_DOUBLE)
extern const Kernels kernels_float64;
#define KERNELS_ALL {&kernels_float64, true}
#elif defined(__x86_64__)
extern const Kernels kernels_v1, kernels_v3, kernels_v4;
#define HAS(feature) (__builtin_cpu_supports(feature) != 0)
#define KERNELS_ALL                                                                                            \
    {&kernels_v4, HAS("avx512f") && HAS("avx512vl") && HAS("avx512bw") && HAS("avx512dq") && HAS("fma")},      \
        {&kernels_v3, HAS("avx2") && HAS("fma")}, {&kernels_v1, true}
#elif defined(__aarch64__)
extern const Kernels kernels_neon;
#define KERNELS_ALL {&kernels_neon, true}
#else
extern const Kernels kernels_v1;
#define KERNELS_ALL {&kernels_v1, true}
#endif

const Kernels *kernels_choose(const char *name, Error *error) {
    const struct {
        const Kernels *kernels;
        bool supported;
    } all[] = {KERNELS_ALL};
    const bool any = !name || !*name;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].supported && (any || strcmp(all[i].kernels->name, name) == 0)) {
            return all[i].kernels;
        }
    }
    error_set(error, ERROR_USAGE, "v1, v3 and v4 are for x86-64, neon for aarch64; unset it to take the best",
              "this machine has no instruction set '%.20s'", any ? "" : name);
    return NULL;
}

size_t kernels_stride(size_t n) {
    const size_t padded = REAL_PAD(n);
    return padded > 64 && padded % 64 == 0 ? padded + REAL_ALIGN : padded;
}
