/* spectral.h - a bound on the recurrent matrices' spectral norm, so that no step of BPTT can blow a gradient up by more.
 *
 * Yoshida and Miyato 2017 hold the norm down by a penalty, Miyato et al. 2018 by dividing; here a matrix whose largest singular value is
 * above the limit is scaled to it after a step of the optimizer (a projection along the ray). The matrix is the one in the model file: of
 * an LSTM the four gates together (4H,H).
 */
#ifndef LSTMFC_SPECTRAL_H
#define LSTMFC_SPECTRAL_H

#include "lstmfc/network.h"

/* Largest singular value of w (rows, columns), columns <= rows: the root of the largest eigenvalue of W^T W by the power method, at most
 * 200 steps. Never too large; too small by at most a few thousandths, where the two largest singular values are nearly the same. scratch:
 * columns * (columns + 2) doubles. */
double spectral_norm(size_t rows, size_t columns, const double *w, double *scratch);

/* Doubles that spectral_bound wants as scratch; 0 = the network has no recurrent matrix. */
size_t spectral_scratch(const Network *network);

/* Scales every trained recurrent matrix whose norm is above the limit. The same bits on every machine and number of threads, and no state
 * between calls. */
void spectral_bound(const Network *network, double limit, real *weights, double *scratch);

#endif
