/* readout.h - the linear readout of a reservoir, in closed form: no epochs.
 *
 *     minimise  mean over windows of |W h + b - y|^2  +  ridge |W|^2        h: what the last layer reads of a window; b is not held down
 *
 * by the normal equations in double (Hoerl and Kennard 1970), summed in the order of the windows whatever the number of threads.
 */
#ifndef LSTMFC_READOUT_H
#define LSTMFC_READOUT_H

#include "lstmfc/network.h"
#include "lstmfc/pool.h"
#include "lstmfc/trainer.h"
#include "lstmfc/window.h"

typedef struct ReadoutOptions {
    const Kernels *kernels;
    Pool *pool; /* NULL = alone */
    double ridge;
    const volatile sig_atomic_t *stop; /* non-zero: give up with ERROR_STOPPED; NULL = never */
} ReadoutOptions;

/* Fits the last layer of `network` (dense, linear) in `weights` on the windows `train`; losses are mean squared errors, of `val` NaN where
 * it is empty. ERROR_DIVERGED where a state is not finite or the equations have no one solution, ERROR_STOPPED, ERROR_MEMORY. */
bool readout_fit(const Network *network, const ReadoutOptions *options, const Windows *windows, WindowRange train, WindowRange val,
                 real *weights, TrainerResult *result, Error *error);

#endif
