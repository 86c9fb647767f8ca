/* cut.h - how a batch is cut: into chunks of a few rows, and chunks into shards.
 *
 * A chunk goes forward and backward at once; a shard is the chunks whose gradients are added up in one private vector. Both are functions
 * of the batch's size and of the network alone, never of the number of threads.
 */
#ifndef LSTMFC_CUT_H
#define LSTMFC_CUT_H

#include "lstmfc/network.h"

enum { CUT_ROWS_MOST = 32 }; /* no chunk has more */

typedef struct Cut {
    size_t n_chunks, n_shards;
    bool shared; /* one chunk, and steps that are work enough for a team */
} Cut;

Cut cut_batch(const Network *network, size_t rows);

/* Rows of a chunk at the most. */
size_t cut_rows(const Network *network);

/* Boundary i of n items cut into k nearly equal parts, the larger ones first: who takes the last part waits least for others. */
size_t cut_boundary(size_t n, size_t k, size_t i);

#endif
