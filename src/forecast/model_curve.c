#include <math.h>
#include <stddef.h>

#include "metadata.h"
#include "model_layout.h"
#include "tensors.h"

/* The curve as "curve" of a file's metadata: names of its numbers, "lags", and its products as "factors", CURVE_DEGREE lags each, and "weights". */

typedef struct CurveNumber {
    const char *name;
    size_t offset;
} CurveNumber;

#define NUMBER(field) {#field, offsetof(Curve, field)}
static const CurveNumber curve_numbers[] = {NUMBER(mean), NUMBER(unit), NUMBER(constant), NUMBER(level), NUMBER(share), NUMBER(low), NUMBER(high)};

enum { N_NUMBERS = sizeof curve_numbers / sizeof *curve_numbers, MOST_FACTORS = CURVE_TERMS * CURVE_DEGREE };

bool model_add_curve(cJSON *metadata, const Model *model) {
    const Curve *curve = &model->linear.curve;
    double factors[MOST_FACTORS], weights[CURVE_TERMS];
    if (curve->n_terms == 0) {
        return true;
    }
    cJSON *object = cJSON_CreateObject();
    bool ok = true;
    for (size_t i = 0; i < N_NUMBERS; i++) {
        ok = ok && metadata_add_number(object, curve_numbers[i].name, *(const double *)((const char *)curve + curve_numbers[i].offset));
    }
    for (size_t i = 0; i < curve->n_terms; i++) {
        weights[i] = curve->terms[i].weight;
        for (size_t k = 0; k < CURVE_DEGREE; k++) {
            factors[i * CURVE_DEGREE + k] = (double)curve->terms[i].lags[k];
        }
    }
    ok = ok && metadata_add(object, "lags", metadata_numbers(curve->lags, curve->n_lags)) &&
         metadata_add(object, "factors", metadata_numbers(factors, curve->n_terms * CURVE_DEGREE)) && metadata_add(object, "weights", metadata_numbers(weights, curve->n_terms));
    return metadata_nest(metadata, "curve", object, ok);
}

/* `most` finite numbers at most. */
static bool read_numbers(const cJSON *object, const char *key, size_t most, double *values, size_t *n) {
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key);
    *n = 0;
    if (!cJSON_IsArray(array)) {
        return false;
    }
    for (const cJSON *item = array->child; item; item = item->next) {
        if (*n == most || !cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
            return false;
        }
        values[(*n)++] = item->valuedouble;
    }
    return true;
}

static bool read_coefficients(Curve *curve, const cJSON *object) {
    for (size_t i = 0; i < N_NUMBERS; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, curve_numbers[i].name);
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) {
            return false;
        }
        *(double *)((char *)curve + curve_numbers[i].offset) = item->valuedouble;
    }
    return read_numbers(object, "lags", CURVE_LAGS, curve->lags, &curve->n_lags) && curve->unit > 0 && curve->low <= curve->high;
}

/* Lags are whole numbers, from 1 but for the last of a product, and within `reach`. */
static bool read_products(Curve *curve, const cJSON *object, size_t reach) {
    double factors[MOST_FACTORS], weights[CURVE_TERMS];
    size_t n_factors;
    if (!read_numbers(object, "factors", MOST_FACTORS, factors, &n_factors) || !read_numbers(object, "weights", CURVE_TERMS, weights, &curve->n_terms) ||
        n_factors != curve->n_terms * CURVE_DEGREE) {
        return false;
    }
    for (size_t i = 0; i < n_factors; i++) {
        const double least = i % CURVE_DEGREE == CURVE_DEGREE - 1 ? 0 : 1;
        if (!(factors[i] >= least && factors[i] <= (double)reach) || factors[i] != floor(factors[i])) {
            return false;
        }
        curve->terms[i / CURVE_DEGREE].lags[i % CURVE_DEGREE] = (size_t)factors[i];
        curve->terms[i / CURVE_DEGREE].weight = weights[i / CURVE_DEGREE];
    }
    return curve->n_terms > 0;
}

bool model_read_curve(Model *model, const cJSON *object, Error *error) {
    Curve *curve = &model->linear.curve;
    const size_t reach = linear_reach(&model->linear);
    if (!object) {
        return true;
    }
    return (reach > 1 && read_coefficients(curve, object) && read_products(curve, object, reach) && curve_reach(curve) <= reach) ||
           tensors_refuse(error, "curve: a number is missing or out of range");
}
