#include "lstmfc/softmax.h"

#include "lstmfc/math64.h"

double softmax_row(size_t k, const real *z, double temperature, double *p) {
    double most = (double)z[0], sum = 0;
    for (size_t i = 1; i < k; i++) {
        most = (double)z[i] > most ? (double)z[i] : most;
    }
    for (size_t i = 0; i < k; i++) {
        p[i] = math64_exp(((double)z[i] - most) / temperature);
        sum += p[i];
    }
    for (size_t i = 0; i < k; i++) {
        p[i] /= sum;
    }
    return most / temperature + math64_log(sum);
}

double softmax_loss(size_t rows, size_t k, size_t ld, const real *z, const size_t *classes, real *dz, double count, double *p) {
    double loss = 0;
    for (size_t r = 0; r < rows; r++) {
        const real *row = z + r * ld;
        loss += softmax_row(k, row, 1, p) - (double)row[classes[r]];
        for (size_t i = 0; i < k && dz; i++) {
            dz[r * ld + i] = (real)((p[i] - (i == classes[r] ? 1 : 0)) / count);
        }
    }
    return loss;
}
