#include <math.h>
#include <stddef.h>

#include "metadata.h"
#include "model_layout.h"
#include "tensors.h"

/* ---- the curve */

/* As "curve" of a file's metadata: names of its numbers, "lags", and its products as "factors", CURVE_DEGREE lags each, and "weights". */

typedef struct CurveNumber {
    const char *name;
    size_t offset;
} CurveNumber;

#define NUMBER(field) {#field, offsetof(Curve, field)}
static const CurveNumber curve_numbers[] = {NUMBER(mean),  NUMBER(unit), NUMBER(constant), NUMBER(level),
                                            NUMBER(share), NUMBER(low),  NUMBER(high)};

enum { N_NUMBERS = sizeof curve_numbers / sizeof *curve_numbers, MOST_FACTORS = CURVE_TERMS * CURVE_DEGREE };

static bool add_curve(cJSON *metadata, const Model *model) {
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
         metadata_add(object, "factors", metadata_numbers(factors, curve->n_terms * CURVE_DEGREE)) &&
         metadata_add(object, "weights", metadata_numbers(weights, curve->n_terms));
    return metadata_nest(metadata, "curve", object, ok);
}

static bool read_coefficients(Curve *curve, const cJSON *object) {
    for (size_t i = 0; i < N_NUMBERS; i++) {
        if (!metadata_read_number(object, curve_numbers[i].name, (double *)((char *)curve + curve_numbers[i].offset))) {
            return false;
        }
    }
    return metadata_read_numbers(object, "lags", CURVE_LAGS, curve->lags, &curve->n_lags) && curve->unit > 0 && curve->low <= curve->high;
}

/* Lags are whole numbers, from 1 but for the last of a product, and within `reach`. */
static bool read_products(Curve *curve, const cJSON *object, size_t reach) {
    double factors[MOST_FACTORS], weights[CURVE_TERMS];
    size_t n_factors;
    if (!metadata_read_numbers(object, "factors", MOST_FACTORS, factors, &n_factors) ||
        !metadata_read_numbers(object, "weights", CURVE_TERMS, weights, &curve->n_terms) || n_factors != curve->n_terms * CURVE_DEGREE) {
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

static bool read_curve(Model *model, const cJSON *object, Error *error) {
    Curve *curve = &model->linear.curve;
    const size_t reach = linear_reach(&model->linear);
    if (!object) {
        return true;
    }
    return (reach > 1 && read_coefficients(curve, object) && read_products(curve, object, reach) && curve_reach(curve) <= reach) ||
           tensors_refuse(error, "curve: a number is missing or out of range");
}

/* ---- the line */

static bool add_profile(cJSON *object, const Linear *linear) {
    const Profile *profile = &linear->profile;
    return profile->length == 0 || (metadata_add(object, "profile", metadata_numbers(profile->levels, profile->length)) &&
                                    metadata_add(object, "seasonal", metadata_numbers(linear->seasonal, profile->length)) &&
                                    metadata_add(object, "by_levels", cJSON_CreateBool(profile->by_levels)));
}

bool model_add_linear(cJSON *metadata, const Model *model) {
    const Linear *linear = &model->linear;
    cJSON *object = cJSON_CreateObject();
    const bool ok = metadata_add_number(object, "mean", linear->mean) && metadata_add_number(object, "constant", linear->constant) &&
                    metadata_add_number(object, "level", linear->level) &&
                    metadata_add(object, "lags", metadata_numbers(linear->lags, linear->n_lags)) &&
                    metadata_add(object, "shrink", metadata_numbers(model->linear_shrink, model->recipe.horizon)) &&
                    add_profile(object, linear);
    return metadata_nest(metadata, "linear", object, ok) && add_curve(metadata, model);
}

/* No more lags than a window has changes. */
static bool read_line(Linear *linear, const cJSON *object, size_t window) {
    return metadata_read_number(object, "mean", &linear->mean) && metadata_read_number(object, "constant", &linear->constant) &&
           metadata_read_number(object, "level", &linear->level) &&
           metadata_read_numbers(object, "lags", LINEAR_LAGS, linear->lags, &linear->n_lags) && linear->n_lags < window;
}

/* None where there is no season; a place is found by a season of changes and more. */
static bool read_profile(Linear *linear, const cJSON *object) {
    const cJSON *way = cJSON_GetObjectItemCaseSensitive(object, "by_levels");
    size_t n;
    linear->profile.by_levels = cJSON_IsTrue(way);
    return !cJSON_GetObjectItemCaseSensitive(object, "profile") ||
           (metadata_read_numbers(object, "profile", PROFILE_PLACES, linear->profile.levels, &linear->profile.length) &&
            linear->profile.length >= 2 && linear->profile.length < linear->n_lags &&
            metadata_read_numbers(object, "seasonal", PROFILE_PLACES, linear->seasonal, &n) && n == linear->profile.length &&
            cJSON_IsBool(way));
}

static bool check_shares(const Model *model) {
    bool ok = true;
    for (size_t k = 0; k < model->recipe.horizon; k++) {
        ok = ok && model->shrink[k] + model->linear_shrink[k] <= 1 && (model->linear_shrink[k] <= 0 || model->linear.n_lags > 0);
    }
    return ok;
}

bool model_read_linear(Model *model, const cJSON *linear, const cJSON *curve, Error *error) {
    model->linear.relative = model->scaler.columns[0].anchor == ANCHOR_RATIO;
    return (read_line(&model->linear, linear, model->recipe.window) ||
            tensors_refuse(error, "linear: a coefficient is missing or not finite, or there are more lags than a window has changes")) &&
           model_read_shares(model->linear_shrink, model->recipe.horizon, "linear", cJSON_GetObjectItemCaseSensitive(linear, "shrink"),
                             error) &&
           (check_shares(model) || tensors_refuse(error, "linear: a share has nothing left to be a share of")) &&
           (read_profile(&model->linear, linear) ||
            tensors_refuse(
                error,
                "linear: of the profile of a season something is missing or not finite, or it has not from 2 places to fewer than there are lags")) &&
           read_curve(model, curve, error);
}
