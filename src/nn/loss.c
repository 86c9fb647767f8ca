#include "lstmfc/loss.h"

#include <math.h>
#include <string.h>

#include "lstmfc/math64.h"
#include "lstmfc/text.h"

static double squared(double y, double t, double tau, double *dy) {
    (void)tau;
    *dy = 2 * (y - t);
    return (y - t) * (y - t);
}

static double absolute(double y, double t, double tau, double *dy) {
    (void)tau;
    *dy = y > t ? 1 : y < t ? -1 : y - t; /* NaN stays NaN */
    return fabs(y - t);
}

/* Huber 1964 with delta = 1. */
static double huber(double y, double t, double tau, double *dy) {
    (void)tau;
    const double e = y - t;
    if (fabs(e) <= 1) {
        *dy = e;
        return 0.5 * e * e;
    }
    *dy = e > 0 ? 1 : e < 0 ? -1 : e;
    return fabs(e) - 0.5;
}

/* log(1 + e^y) - t y, without overflow. */
static double logistic(double y, double t, double tau, double *dy) {
    (void)tau;
    const double small = math64_exp(-fabs(y)), probability = y >= 0 ? 1 / (1 + small) : small / (1 + small);
    *dy = isnan(y) ? y : probability - t;
    return (y > 0 ? y : 0) + math64_log1p(small) - t * y;
}

const LossKind loss_cross_entropy = {.name = "cross-entropy", .summary = "cross-entropy of a probability", .value = logistic};

/* Koenker and Bassett 1978: too low costs tau, too high 1 - tau. */
static double quantile(double y, double t, double tau, double *dy) {
    *dy = y > t ? 1 - tau : y < t ? -tau : y - t;
    return y > t ? (1 - tau) * (y - t) : tau * (t - y);
}

static const LossKind loss_mse = {.name = "mse", .summary = "mean squared error", .value = squared};
static const LossKind loss_mae = {.name = "mae", .summary = "mean absolute error", .value = absolute};
static const LossKind loss_huber = {.name = "huber", .summary = "Huber's loss, squared below 1 and absolute above", .value = huber};

static const LossKind loss_quantile = {
    .name = "quantile", .summary = "pinball loss: the output becomes the TAU-quantile", .takes_tau = true, .value = quantile};

const LossKind *const loss_kinds[] = {&loss_mse, &loss_mae, &loss_huber, &loss_quantile, NULL};

const LossKind *loss_find(const char *name) {
    for (size_t i = 0; loss_kinds[i]; i++) {
        if (strcmp(loss_kinds[i]->name, name) == 0) {
            return loss_kinds[i];
        }
    }
    return NULL;
}

bool loss_parse(Loss *loss, const char *text, Error *error) {
    char name[16], shown[64];
    const size_t n = strcspn(text, ":");
    const char *tau = text[n] ? text + n + 1 : NULL;
    *loss = (Loss){.n_taus = 1, .tau = {0.5}};
    if (n < sizeof name) {
        memcpy(name, text, n);
        name[n] = '\0';
        loss->kind = loss_find(name);
    }
    const bool share = tau && text_to_double(tau, strlen(tau), &loss->tau[0]) && loss->tau[0] > 0 && loss->tau[0] < 1;
    if (loss->kind && (loss->kind->takes_tau ? share : !tau)) {
        return true;
    }
    const char *hint =
        loss->kind && loss->kind->takes_tau ? "a TAU above 0 and below 1, as in quantile:0.9" : "mse, mae, huber or quantile:TAU";
    return error_set(error, ERROR_USAGE, hint, "'loss' is none: '%s'", text_escape(text, strlen(text), shown, sizeof shown));
}

double loss_sum(const Loss *loss, size_t rows, size_t k, size_t ld, const real *y, const real *target, real *dy, double count) {
    const size_t n_targets = k / loss->n_taus;
    double sum = 0;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < k; j++) {
            double slope;
            sum += loss->kind->value((double)y[i * ld + j], (double)target[i * ld + j % n_targets], loss->tau[j / n_targets], &slope);
            if (dy) {
                dy[i * ld + j] = (real)(slope / count);
            }
        }
    }
    return sum;
}
