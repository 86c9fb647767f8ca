/* reservoir.h - the fixed weights of echo state networks.
 *
 * W_h has a share `sparsity` of zeros, the rest uniform and scaled to the spectral radius; W_x and b are uniform in (-input_scale,
 * input_scale). Jaeger 2001; Lukosevicius 2012, "A practical guide to applying echo state networks".
 */
#ifndef LSTMFC_RESERVOIR_H
#define LSTMFC_RESERVOIR_H

#include "lstmfc/network.h"

typedef struct Reservoir {
    double spectral_radius; /* >= 0; below 1 the past fades */
    double sparsity;        /* in [0, 1) */
    double leak;            /* in (0, 1]; 1 = no memory but through the connections */
    double input_scale;     /* > 0 */
} Reservoir;

/* Whether a network is a reservoir with a readout: its last layer alone is to be fitted. */
bool reservoir_is(const Network *network);

/* Draws every fixed layer of the network. ERROR_USAGE where so few connections are left that they form no loop. */
bool reservoir_draw(const Network *network, const Reservoir *reservoir, Rng *rng, real *weights, Error *error);

/* Largest absolute eigenvalue of w (n,n): the growth of a vector over the second half of 2000 products with it (Gelfand's formula), right
 * to about a thousandth; 0 where nothing is left of the vector. `v`: 2n doubles of scratch. */
double reservoir_radius(size_t n, const double *w, Rng *rng, double *v);

#endif
