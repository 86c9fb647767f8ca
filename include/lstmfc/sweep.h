/* sweep.h - a network over many windows, forward only: its outputs, or its loss.
 *
 * Windows are taken by chunks of a few rows, one a task of the pool; each chunk is one worker's, so the numbers have the same bits on any
 * number of threads. Dropout is off.
 */
#ifndef LSTMFC_SWEEP_H
#define LSTMFC_SWEEP_H

#include "lstmfc/loss.h"
#include "lstmfc/network.h"
#include "lstmfc/pool.h"
#include "lstmfc/window.h"

/* Runs the network over windows r[0..n) and writes outputs in scaled units, (n, K) packed. pool NULL = alone. ERROR_MEMORY. */
bool sweep_outputs(const Network *network, const Kernels *kernels, Pool *pool, const Windows *windows, const size_t *r, size_t n,
                   const real *weights, double *outputs, Error *error);

/* *mean = loss over the windows [first, last), at least one of them, per window and output. `activations`: one for each worker of the pool,
 * all of as many rows, which are done at once. ERROR_MEMORY. */
bool sweep_loss(const Network *network, const Kernels *kernels, Pool *pool, const Windows *windows, size_t first, size_t last,
                const real *weights, const Loss *loss, Activations *activations, double *mean, Error *error);

#endif
