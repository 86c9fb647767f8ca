/* cholesky.h - linear equations in double, with the same bits on every machine.
 */
#ifndef LSTMFC_CHOLESKY_H
#define LSTMFC_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Solves A X = B for a symmetric positive definite A (n,n), of which the lower triangle is read, by Cholesky's decomposition: B (n,k)
 * becomes X, A its factor. False where A is not positive definite to working precision; both are then spoilt. */
bool cholesky_solve(size_t n, double *a, size_t k, double *b);

#endif
