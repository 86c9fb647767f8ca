/* memory.h - heap blocks, counted before they are asked for.
 */
#ifndef LSTMFC_MEMORY_H
#define LSTMFC_MEMORY_H

#include <stddef.h>

/* n * size zeroed bytes at a 64-byte boundary (a vector never straddles a cache line at its start); NULL where there is no memory or the
 * product overflows. n = 0 gives a block that can be freed. The caller frees with free(). */
void *memory_zeroed(size_t n, size_t size);

#endif
