#define _POSIX_C_SOURCE 200809L
#include "lstmfc/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *memory_zeroed(size_t n, size_t size) {
    enum { BOUNDARY = 64 };
    if (size && n > (SIZE_MAX - BOUNDARY) / size) {
        return NULL;
    }
    void *block = NULL;
    const size_t n_bytes = n && size ? n * size : 1;
    if (posix_memalign(&block, BOUNDARY, n_bytes) != 0) {
        return NULL;
    }
    return memset(block, 0, n_bytes);
}
