#include "lstmfc/loss.h"

#include <math.h>
#include <string.h>

#include "lstmfc/math64.h"

static double squared(double y, double t, double *dy) {
    *dy = 2 * (y - t);
    return (y - t) * (y - t);
}

static double absolute(double y, double t, double *dy) {
    *dy = y > t ? 1 : y < t ? -1 : y - t; /* NaN stays NaN */
    return fabs(y - t);
}

/* Huber 1964 with delta = 1. */
static double huber(double y, double t, double *dy) {
    const double e = y - t;
    if (fabs(e) <= 1) {
        *dy = e;
        return 0.5 * e * e;
    }
    *dy = e > 0 ? 1 : e < 0 ? -1 : e;
    return fabs(e) - 0.5;
}

/* log(1 + e^y) - t y, without overflow. */
static double logistic(double y, double t, double *dy) {
    const double small = math64_exp(-fabs(y)), probability = y >= 0 ? 1 / (1 + small) : small / (1 + small);
    *dy = isnan(y) ? y : probability - t;
    return (y > 0 ? y : 0) + math64_log1p(small) - t * y;
}

const LossKind loss_cross_entropy = {.name = "cross-entropy", .summary = "cross-entropy of a probability", .value = logistic};

static const LossKind loss_mse = {.name = "mse", .summary = "mean squared error", .value = squared};
static const LossKind loss_mae = {.name = "mae", .summary = "mean absolute error", .value = absolute};
static const LossKind loss_huber = {.name = "huber", .summary = "Huber's loss, squared below 1 and absolute above", .value = huber};

const LossKind *const loss_kinds[] = {&loss_mse, &loss_mae, &loss_huber, NULL};

const LossKind *loss_find(const char *name) {
    for (size_t i = 0; loss_kinds[i]; i++) {
        if (strcmp(loss_kinds[i]->name, name) == 0) {
            return loss_kinds[i];
        }
    }
    return NULL;
}

double loss_sum(const LossKind *loss, size_t rows, size_t k, size_t ld, const real *y, const real *target, real *dy, double count) {
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < k; j++) {
            double slope;
            sum += loss->value((double)y[i * ld + j], (double)target[i * ld + j], &slope);
            if (dy) {
                dy[i * ld + j] = (real)(slope / count);
            }
        }
    }
    return sum;
}
