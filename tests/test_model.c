/* model: round trips, the same bytes, and everything a hostile file can say. Every truncation and every flipped bit of a small model is
 * tried. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lstmfc/file.h"
#include "lstmfc/model.h"
#include "lstmfc/text.h"

static char directory[] = "/tmp/lstmfc-test-XXXXXX";
static const char base[] = "base.model", forged[] = "forged.model";

/* ---- a small fitted model, by hand ---- */

static void put(Recipe *recipe, const char *name, const char *value) {
    Error error = {0};
    assert_true(setting_put(setting_find(recipe_settings, recipe_n_settings, name), recipe, value, &error));
}

static Recipe small_recipe(void) {
    Recipe recipe;
    recipe_defaults(&recipe);
    put(&recipe, "layers", "lstm:1");
    put(&recipe, "window", "4");
    put(&recipe, "anchor", "none");
    put(&recipe, "ensemble", "1");
    put(&recipe, "target", "Close");
    put(&recipe, "features", "Open");
    put(&recipe, "seed", "18446744073709551615");
    put(&recipe, "lr", "0.0012345678901234567");
    put(&recipe, "train-to", "2020-01-31");
    return recipe;
}

static Model fitted(const Recipe *recipe, size_t n_columns) {
    static char close[] = "Close", open[] = "Open";
    char *names[] = {close, open};
    double x[] = {1, 2, 4}, *columns[] = {x, x};
    Date dates[] = {18262, 18263, 18264};
    const Series series = {.n_rows = 3,
                           .n_columns = n_columns,
                           .names = names,
                           .columns = columns,
                           .dates = dates,
                           .calendar = {.weekdays = 31, .month_day = DATE_NONE}};
    Model model;
    Error error = {0};
    if (!model_init(&model, recipe, &series, &error)) {
        fail_msg("%s", error.message);
    }
    model.scaler.columns[0] = (ScalerColumn){(AnchorKind)recipe->anchor, 0.1, 1.0 / 3.0};
    model.training = (ModelTraining){.from = dates[0],
                                     .to = dates[2],
                                     .n_rows = 3,
                                     .n_windows = 2,
                                     .epochs = 5,
                                     .best_epoch = 4,
                                     .loss_train = 0.1,
                                     .loss_val = NAN,
                                     .naive_ratio = 0.97,
                                     .error_ratio = 0.375,
                                     .arithmetic = "fma"};
    for (size_t k = 0; k < recipe->horizon; k++) {
        model.shrink[k] = k % 2 ? 0 : 1.0 / 3.0;
        for (size_t i = 0; i <= k % 3; i++) {
            interval_push(&model.calibration[k], 0.7 + (double)i / 3);
        }
    }
    model.linear = (Linear){.relative = recipe->anchor == ANCHOR_RATIO,
                            .mean = 1.0 / 7,
                            .constant = -1e-300,
                            .level = -0.1,
                            .n_lags = 3,
                            .lags = {0.1 + 0.2, -7, 1e-3},
                            .profile = {2, {-0.5, 1.0 / 3}, true},
                            .seasonal = {0.25, -1e-9}};
    model.linear.curve = (Curve){.mean = 0.2,
                                 .unit = 7,
                                 .constant = 1e-7,
                                 .level = -3,
                                 .share = 1.0 / 3,
                                 .n_lags = 1,
                                 .lags = {0.9},
                                 .n_terms = 2,
                                 .terms = {{{1, 3, 0}, -0.7}, {{2, 2, 3}, 1e9}},
                                 .low = -1,
                                 .high = 2};
    model.linear_shrink[0] = 0.6;
    model_fingerprint(&series, 0, 3, model.training.fingerprint);
    return model;
}

/* Every trained number its own, as tensors in file order have them. */
typedef struct Values {
    Model *model;
    size_t member;
    float next;
} Values;

static bool set_tensor(void *context, const Tensor *tensor, const Layer *layer) {
    Values *v = context;
    float values[256];
    const size_t n = tensor_size(tensor);
    assert_true(n <= 256);
    for (size_t i = 0; i < n; i++) {
        values[i] = v->next += 0.1F;
    }
    if (!tensor->zero) {
        tensor_read(tensor, values, model_weights(v->model, v->member) + layer->offset);
    }
    return true;
}

static void set_weights(Model *model) {
    Values v = {.model = model};
    for (; v.member < model->n_members; v.member++) {
        network_tensors(&model->network, set_tensor, &v);
    }
}

static void write_model(const Recipe *recipe, const char *path) {
    Error error = {0};
    Model model = fitted(recipe, recipe->features ? 2 : 1);
    set_weights(&model);
    if (!model_write(&model, path, &error)) {
        fail_msg("%s", error.message);
    }
    model_free(&model);
}

static unsigned char *read_bytes(const char *path, size_t *n) {
    unsigned char *bytes = NULL;
    Error error = {0};
    assert_true(file_read(path, 0, &bytes, n, &error));
    return bytes;
}

static void write_bytes(const char *path, const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static int enter(void **state) {
    (void)state;
    if (!mkdtemp(directory) || chdir(directory) != 0) {
        return -1;
    }
    const Recipe recipe = small_recipe();
    write_model(&recipe, base);
    return 0;
}

static int leave(void **state) {
    (void)state;
    static const char *const files[] = {base, forged, "again.model", "other.model"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        remove(files[i]);
    }
    return chdir("/") == 0 ? rmdir(directory) : -1;
}

/* ---- round trips ---- */

static void assert_round_trip(const Recipe *recipe) {
    Model first = fitted(recipe, recipe->features ? 2 : 1), second;
    Error error = {0};
    size_t n, m;
    set_weights(&first);
    assert_true(model_write(&first, "again.model", &error));
    if (!model_read(&second, "again.model", &error)) {
        fail_msg("%s", error.message);
    }
    assert_memory_equal(first.weights, second.weights, first.n_members * first.network.n_weights * sizeof(real));
    assert_memory_equal(first.shrink, second.shrink, recipe->horizon * sizeof *first.shrink);
    assert_memory_equal(first.linear_shrink, second.linear_shrink, recipe->horizon * sizeof *first.shrink);
    assert_memory_equal(&first.linear, &second.linear, sizeof first.linear);
    assert_memory_equal(first.calibration, second.calibration, recipe->horizon * sizeof *first.calibration);
    assert_true(model_write(&second, "other.model", &error));
    unsigned char *a = read_bytes("again.model", &n), *b = read_bytes("other.model", &m);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    free(a);
    free(b);
    model_free(&first);
    model_free(&second);
}

static void written_read_and_written_again_are_the_same_bytes(void **state) {
    (void)state;
    static const char *const layers[] = {"lstm:3",           "gru:2,dropout:0.2,lstm:3",  "rnn:5:relu",
                                         "bilstm:3,birnn:2", "gru-before:2,dense:4:tanh", "2*(lstm:2,dropout:0.1),dense:1"};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        Recipe recipe = small_recipe();
        put(&recipe, "layers", layers[i]);
        assert_round_trip(&recipe);
        put(&recipe, "ensemble", "3");
        put(&recipe, "horizon", "2");
        recipe.features = NULL;
        assert_round_trip(&recipe);
    }
}

static void everything_comes_back(void **state) {
    (void)state;
    Recipe recipe = small_recipe();
    put(&recipe, "delimiter", ";");
    put(&recipe, "init-from", "elsewhere");
    put(&recipe, "no-shuffle", "true");
    write_model(&recipe, "again.model");
    Model model;
    Error error = {0};
    assert_true(model_read(&model, "again.model", &error));
    assert_string_equal(model.recipe.target, "Close");
    assert_string_equal(model.recipe.layers, "lstm:1");
    assert_true(model.recipe.seed == UINT64_MAX && model.recipe.lr == recipe.lr && model.recipe.no_shuffle &&
                model.recipe.train_to == recipe.train_to);
    assert_null(model.recipe.delimiter); /* a file's dialect is not the model's */
    assert_null(model.recipe.init_from);
    assert_int_equal(model.n_columns, 2);
    assert_string_equal(model.columns[1], "Open");
    assert_true(model.scaler.columns[0].offset == 0.1 && model.scaler.columns[0].scale == 1.0 / 3.0);
    assert_true(model.calendar.weekdays == 31 && model.calendar.month_day == DATE_NONE && model.calendar.step_months == 0);
    assert_true(model.training.from == 18262 && model.training.to == 18264 && model.training.n_windows == 2 &&
                model.training.best_epoch == 4);
    assert_true(model.training.loss_train == 0.1 && isnan(model.training.loss_val) && model.training.naive_ratio == 0.97 &&
                model.training.error_ratio == 0.375);
    assert_true(model.shrink[0] == 1.0 / 3.0 && model.calibration[0].n == 1 && model.calibration[0].score[0] == 0.7);
    assert_true(model.linear_shrink[0] == 0.6 && model.linear.n_lags == 3 && model.linear.lags[0] == 0.1 + 0.2 &&
                model.linear.lags[1] == -7 && model.linear.constant == -1e-300);
    assert_true(model.linear.profile.length == 2 && model.linear.profile.by_levels && model.linear.profile.levels[1] == 1.0 / 3 &&
                model.linear.seasonal[0] == 0.25 && model.linear.seasonal[1] == -1e-9);
    assert_true(model.linear.mean == 1.0 / 7 && model.linear.level == -0.1 && !model.linear.relative);
    assert_false(model_is_naive(&model));
    assert_string_equal(model.training.arithmetic, "fma");
    model_free(&model);
    model_free(&model); /* safe twice */
}

/* Full rings that have wrapped, empty ones, and the ends of what a share may be. The order of scores is kept: the next one drives out the
 * oldest. */
static void shares_and_scores_come_back(void **state) {
    (void)state;
    Recipe recipe = small_recipe();
    put(&recipe, "horizon", "4");
    Model first = fitted(&recipe, 2), second;
    Error error = {0};
    const double shares[] = {0, 1, 0x1p-1074, 0.1 + 0.2};
    set_weights(&first);
    const double linear_shares[] = {1, 0, 1 - 0x1p-53, 0.25};
    memcpy(first.shrink, shares, sizeof shares);
    memcpy(first.linear_shrink, linear_shares, sizeof shares);
    first.linear.n_lags = 3;
    first.training.naive_ratio = NAN;
    memset(first.calibration, 0, 4 * sizeof *first.calibration);
    for (size_t i = 0; i < INTERVAL_RING + 17; i++) {
        interval_push(&first.calibration[1], sqrt((double)(i * 7919 % 1000)));
        interval_push(&first.calibration[2], i % 5 ? 1e-300 * (double)i : 0);
    }
    assert_true(model_write(&first, "again.model", &error) && model_read(&second, "again.model", &error));
    assert_memory_equal(second.shrink, shares, sizeof shares);
    assert_memory_equal(second.linear_shrink, linear_shares, sizeof shares);
    assert_int_equal(second.linear.n_lags, 3);
    assert_true(isnan(second.training.naive_ratio));
    for (size_t k = 0; k < 4; k++) {
        double a[INTERVAL_RING], b[INTERVAL_RING];
        interval_push(&first.calibration[k], 3);
        interval_push(&second.calibration[k], 3);
        const size_t n = interval_scores(&first.calibration[k], a);
        assert_int_equal(interval_scores(&second.calibration[k], b), n);
        assert_int_equal(n, k == 1 || k == 2 ? INTERVAL_RING : 1);
        assert_memory_equal(a, b, n * sizeof *a);
    }
    model_free(&first);
    model_free(&second);
}

/* What a fit on few rows leaves: all shares 0 (or 1), no score or scores of 0. The guards against floods must let our own files through. */
static void a_long_horizon_comes_back(void **state) {
    (void)state;
    enum { K = 300 };
    for (int turn = 0; turn < 4; turn++) {
        Recipe recipe = small_recipe();
        put(&recipe, "horizon", "300");
        put(&recipe, "layers", "rnn:1");
        Model first = fitted(&recipe, 2), second;
        Error error = {0};
        memset(first.calibration, 0, K * sizeof *first.calibration);
        first.linear_shrink[0] = 0;
        first.linear.n_lags = 0; /* never fitted */
        first.linear.profile.length = 0;
        first.linear.curve.n_terms = 0;
        for (size_t k = 0; k < K; k++) {
            first.shrink[k] = turn % 2;
            for (size_t i = 0; turn > 1 && i < INTERVAL_RING; i++) {
                interval_push(&first.calibration[k], 0);
            }
        }
        assert_true(model_write(&first, "again.model", &error));
        if (!model_read(&second, "again.model", &error)) {
            fail_msg("%d: %s", turn, error.message);
        }
        assert_memory_equal(second.shrink, first.shrink, K * sizeof *first.shrink);
        assert_memory_equal(second.calibration, first.calibration, K * sizeof *first.calibration);
        model_free(&first);
        model_free(&second);
    }
}

static void naive_is_where_no_share_is_kept(void **state) {
    (void)state;
    Recipe recipe = small_recipe();
    put(&recipe, "horizon", "3");
    Model model = fitted(&recipe, 2);
    memset(model.shrink, 0, 3 * sizeof *model.shrink);
    assert_true(!model_is_naive(&model) && model_is_linear(&model));
    model.linear_shrink[0] = 0;
    assert_true(model_is_naive(&model));
    model.shrink[2] = 1e-9;
    assert_true(!model_is_naive(&model) && !model_is_linear(&model));
    model_free(&model);
}

static void the_recipe_is_copied(void **state) {
    (void)state;
    char target[] = "Close";
    Recipe recipe = small_recipe();
    recipe.target = target;
    Model model = fitted(&recipe, 2);
    target[0] = 'X';
    assert_string_equal(model.recipe.target, "Close");
    model_free(&model);
}

/* The digits are of Python's hashlib over struct.pack('<idd', date, x, y) of each row. */
static void fingerprints_cover_rows_and_columns(void **state) {
    (void)state;
    double x[] = {1, 2, 4}, y[] = {0.5, -0.0, 1e300}, *columns[] = {x, y};
    Date dates[] = {18262, 18263, -5};
    Series series = {.n_rows = 3, .n_columns = 2, .columns = columns, .dates = dates};
    char all[65], two[65], other[65];
    model_fingerprint(&series, 0, 3, all);
    assert_string_equal(all, "a52af9b0cb2ec783c4a31b0ed9cae2b6129679ba2719ac52f3631b78bbf05496");
    model_fingerprint(&series, 0, 2, two);
    assert_string_not_equal(all, two);
    x[2] = 5; /* outside the rows */
    model_fingerprint(&series, 0, 2, other);
    assert_string_equal(two, other);
    y[1] = 0.0;
    model_fingerprint(&series, 0, 2, other);
    assert_string_not_equal(two, other);
}

static void what_is_not_fitted_is_not_written(void **state) {
    (void)state;
    const Recipe recipe = small_recipe();
    for (int i = 0; i < 4; i++) {
        Model model = fitted(&recipe, 2);
        Error error = {0};
        if (i == 0) model.training.fingerprint[0] = '\0';
        if (i == 1) model.training.arithmetic[0] = '\0';
        if (i == 2) model.scaler.columns[1].scale = 0;
        if (i == 3) model.weights[0] = (real)NAN;
        assert_false(model_write(&model, "again.model", &error));
        assert_int_equal(error.code, ERROR_INTERNAL);
        model_free(&model);
    }
}

static void a_name_that_is_not_utf8_is_refused(void **state) {
    (void)state;
    char bad[] = "Er\xf6" "ffnung", *names[] = {bad};
    const Series series = {.n_columns = 1, .names = names};
    const Recipe recipe = small_recipe();
    Model model;
    Error error = {0};
    assert_false(model_init(&model, &recipe, &series, &error));
    assert_int_equal(error.code, ERROR_DATA);
    assert_non_null(strstr(error.message, "Er\\xF6"));
}

/* ---- damage ---- */

static bool reads(const char *path, Error *error) {
    Model model;
    *error = (Error){0};
    const bool ok = model_read(&model, path, error);
    if (ok) {
        model_free(&model);
    }
    return ok;
}

static void every_flipped_bit_is_refused(void **state) {
    (void)state;
    size_t n;
    Error error;
    unsigned char *bytes = read_bytes(base, &n);
    write_bytes(forged, bytes, n);
    FILE *f = fopen(forged, "r+b");
    assert_non_null(f);
    assert_true(reads(forged, &error)); /* control: undamaged it is read */
    for (size_t bit = 0; bit < 8 * n; bit++) {
        const unsigned char flipped = (unsigned char)(bytes[bit / 8] ^ 1U << bit % 8);
        assert_int_equal(pwrite(fileno(f), &flipped, 1, (off_t)(bit / 8)), 1);
        if (reads(forged, &error) || error.code != ERROR_MODEL) {
            fail_msg("bit %zu of byte %zu: code %d %s", bit % 8, bit / 8, (int)error.code, error.message);
        }
        assert_int_equal(pwrite(fileno(f), &bytes[bit / 8], 1, (off_t)(bit / 8)), 1);
    }
    assert_true(reads(forged, &error));
    fclose(f);
    free(bytes);
}

static void every_truncation_is_refused(void **state) {
    (void)state;
    size_t n;
    Error error;
    unsigned char *bytes = read_bytes(base, &n);
    for (size_t length = 0; length <= n + 1; length++) {
        unsigned char *longer = calloc(n + 1, 1);
        assert_non_null(longer);
        memcpy(longer, bytes, n);
        write_bytes(forged, longer, length);
        free(longer);
        if (reads(forged, &error) != (length == n) || (length != n && error.code != ERROR_MODEL)) {
            fail_msg("length %zu of %zu: code %d %s", length, n, (int)error.code, error.message);
        }
    }
    free(bytes);
}

static void a_file_that_is_not_there_is_another_error(void **state) {
    (void)state;
    Error error;
    assert_false(reads("absent.model", &error));
    assert_int_equal(error.code, ERROR_FILE);
    assert_false(reads(".", &error));
    assert_int_equal(error.code, ERROR_FILE);
}

/* ---- forgeries: the checksum is right, something else is not ---- */

static char *place_of(const char *text, size_t n, const char *what) {
    for (size_t i = 0, length = strlen(what); i + length <= n; i++) {
        if (memcmp(text + i, what, length) == 0) {
            return (char *)(uintptr_t)(text + i);
        }
    }
    return NULL;
}

static void sign(unsigned char *bytes, size_t n) {
    static const char key[] = "\"checksum\":\"";
    char hex[65], *place = place_of((char *)bytes, n, key);
    FileHash hash;
    if (!place || (size_t)(place - (char *)bytes) + strlen(key) + 64 > n) {
        return;
    }
    memset(place + strlen(key), '0', 64);
    file_hash_init(&hash);
    file_hash_add(&hash, bytes, n);
    file_hash_finish(&hash, hex);
    memcpy(place + strlen(key), hex, 64);
}

/* Header and data as a file, signed. */
static void write_forged(const char *header, size_t n_header, const unsigned char *data, size_t n_data) {
    const size_t n = 8 + n_header + n_data;
    unsigned char *bytes = malloc(n);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)((uint64_t)n_header >> 8 * i);
    }
    memcpy(bytes + 8, header, n_header);
    if (n_data) {
        memcpy(bytes + 8 + n_header, data, n_data);
    }
    sign(bytes, n);
    write_bytes(forged, bytes, n);
    free(bytes);
}

/* The base model with the first `from` of its header as `to`. */
static void forge(const char *from, const char *to) {
    size_t n;
    unsigned char *bytes = read_bytes(base, &n);
    const size_t n_header = (size_t)bytes[0] | (size_t)bytes[1] << 8;
    char *header = (char *)bytes + 8, *place = place_of(header, n_header, from);
    Text text = {0};
    if (!place) {
        fail_msg("the header has no %s", from);
    }
    text_append(&text, header, (size_t)(place - header));
    text_puts(&text, to);
    text_append(&text, place + strlen(from), n_header - (size_t)(place - header) - strlen(from));
    write_forged(text.data, text.length, bytes + 8 + n_header, n - 8 - n_header);
    text_free(&text);
    free(bytes);
}

static void assert_refused(const char *what, const char *message) {
    Error error;
    if (reads(forged, &error) || error.code != ERROR_MODEL || !strstr(error.message, message) || strcmp(error.source, forged) != 0) {
        fail_msg("%s: code %d '%s', not '%s'", what, (int)error.code, error.message, message);
    }
}

#define Q "\\\""
#define KEY(name) Q name Q ":"
#define TENSOR(name, shape, offsets) "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define SHRINK "\"shrink\":\""
#define LAGS KEY("lags")
#define FACTORS KEY("factors")
#define SCORES "\"scores\":\""
#define FIRST TENSOR("0.weight_ih_l0", "[4,2]", "[0,32]")
#define LAST TENSOR("1.bias", "[1]", "[84,88]")

static const struct Forgery {
    const char *from, *to, *message;
} forgeries[] = {
    /* the container */
    {"{\"__metadata__\"", "[\"__metadata__\"", "does not begin with '{'"},
    {LAST "}", LAST, "header: not JSON"},
    {LAST "}", LAST "}x", "behind the JSON"},
    {LAST "}", LAST "}{}", "behind the JSON"},
    {LAST "}", LAST "," TENSOR("2.bias", "[1]", "[88,92]") "}", "tensor '2.bias' has offsets outside"},
    {LAST, TENSOR("1.bia", "[1]", "[84,88]"), "'1.bias' is missing"},
    {LAST, "\"1.bias\":" "{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[84,88]}", "is not of shape [1]"},
    {LAST "}", LAST "," LAST "}", "header: '1.bias' stands twice"},
    {"\"format\":", "\"version\":\"1\",\"format\":", "__metadata__: 'version' stands twice"},
    {"\"kernels\":", "\"checksum\":\"\",\"kernels\":", "no checksum"},
    {"\"format\":", "\"x\":[[[[]]]],\"format\":", "nested too deeply"},
    {"\"format\":", "\"x\":1,\"format\":", "no string"},
    {"\"format\":", "\"x\":\"\xff\",\"format\":", "header: not UTF-8"},
    {"\"format\":", "\"x\":\"\xed\xa0\x80\",\"format\":", "header: not UTF-8"},
    {"\"format\":", "\"x\":\"\\u0000\",\"format\":", "a NUL in a string"},
    {"\"__metadata__\"", "\"__metadata__\":1,\"__metadata__\"", "header: '__metadata__' stands twice"},
    {"\"checksum\":", "\"checksun\":", "no checksum"},
    {"\"format\":\"lstmfc\"", "\"format\":\"pt\"", "not a model of lstmfc"},
    {"\"format\":\"lstmfc\"", "\"format\":\"pt\",\"x\":\"\\\"format\\\":\\\"lstmfc\\\"\"", "not a model of lstmfc"},
    {"\"version\":\"1\"", "\"version\":\"2\"", "version '2'"},
    {"\"version\":\"1\",", "", "'version' is missing"},
    /* tensors */
    {"\"F32\"", "\"F16\"", "tensor '0.weight_ih_l0' is not of dtype F32"},
    {"\"dtype\":\"F32\"", "\"dtype\":32", "is not of dtype F32"},
    {"\"shape\":[4,2]", "\"shape\":[2,4]", "'0.weight_ih_l0' is not of shape [4,2]"},
    {"\"shape\":[4,2]", "\"shape\":[8]", "is not of shape [4,2]"},
    {"\"shape\":[4,2]", "\"shape\":[4,2,1]", "is not of shape [4,2]"},
    {"\"shape\":[4,2]", "\"shape\":[4,2,1,1,1,1,1,1,1]", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":[4,-2]", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":[4,2.5]", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":[0,2]", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":[4,\"2\"]", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":[9007199254740992,9007199254740992]", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":[1e300]", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":8", "has no usable shape"},
    {"\"shape\":[4,2]", "\"shape\":[4,3]", "do not fit its shape"},
    {"\"shape\":[4,2]", "\"shapes\":[4,2]", "has no usable shape"},
    {"\"data_offsets\":[0,32]", "\"data_offsets\":[32,0]", "offsets outside"},
    {"\"data_offsets\":[0,32]", "\"data_offsets\":[0,4294967296]", "offsets outside"},
    {"\"data_offsets\":[0,32]", "\"data_offsets\":[0,1e308]", "offsets outside"},
    {"\"data_offsets\":[0,32]", "\"data_offsets\":[-1,31]", "offsets outside"},
    {"\"data_offsets\":[0,32]", "\"data_offsets\":[0]", "offsets outside"},
    {"\"data_offsets\":[0,32]", "\"data_offsets\":[0,32,64]", "offsets outside"},
    {"\"data_offsets\":[0,32]", "\"data_offsets\":[4,36]", "'0.weight_ih_l0' has unused bytes before it"},
    {"\"data_offsets\":[32,48]", "\"data_offsets\":[28,44]", "overlaps another"},
    {FIRST, "\"0.weight_ih_l0\":7", "is not described by"},
    {FIRST, "\"0.weight_ih_l0\":{\"dtype\":\"F32\"}", "is not described by"},
    {"\"0.weight_ih_l0\"", "\"0.weight_ih_l1\"", "'0.weight_ih_l0' is missing"},
    {"," LAST, "", "4 surplus bytes"},
    /* the recipe */
    {KEY("layers") Q "lstm:1" Q, KEY("layers") Q "lstm:65536" Q, "is not of shape [262144,2]"},
    {KEY("layers") Q "lstm:1" Q, KEY("layers") Q "60*(lstm:65536)" Q, "is not of shape [262144,2]"},
    {KEY("layers") Q "lstm:1" Q, KEY("layers") Q "lstm:1,lstm:1" Q, "'1.weight_ih_l0' is missing"},
    {KEY("layers") Q "lstm:1" Q, KEY("layers") Q "lstm:-1" Q, "recipe: layers"},
    {KEY("layers") Q "lstm:1" Q, KEY("layers") Q Q, "recipe: 'layers' wants a value"},
    {KEY("layers") Q "lstm:1" Q ",", "", "recipe: 'layers' is missing"},
    {KEY("layers") Q "lstm:1" Q, KEY("layers") "[1]", "recipe: 'layers' is no string"},
    {KEY("window") Q "4" Q, KEY("window") Q "0" Q, "recipe: 'window'"},
    {KEY("window") Q "4" Q, KEY("window") Q "18446744073709551615" Q, "recipe: 'window'"},
    {KEY("window") Q "4" Q, KEY("window") Q "4" Q "," KEY("window") Q "5" Q, "recipe: 'window' stands twice"},
    {KEY("window") Q "4" Q, KEY("sort") Q "true" Q, "recipe: 'sort' is no setting of a model"},
    {KEY("window") Q "4" Q, KEY("widow") Q "4" Q, "recipe: 'widow' is no setting of a model"},
    {KEY("window") Q "4" Q, KEY("window") "4", "recipe: 'window' is no string"},
    {KEY("horizon") Q "1" Q, KEY("horizon") Q "2" Q, "'1.weight' is not of shape [2,1]"},
    {KEY("ensemble") Q "1" Q, KEY("ensemble") Q "1000" Q, "'member.1.0.weight_ih_l0' is missing"},
    {KEY("optimizer") Q "adam" Q, KEY("optimizer") Q "adamw" Q, "recipe: 'optimizer'"},
    {KEY("train-to") Q "2020-01-31" Q, KEY("train-to") Q "2020-02-31" Q, "recipe: 'train-to'"},
    {KEY("train-to") Q "2020-01-31" Q, KEY("train-to") Q "2020-01-31" Q "," KEY("train-rows") Q "3" Q, "exclude each other"},
    {KEY("window") Q "4" Q, KEY("x") Q "\xc3\xa9\\\\u0000" Q, "recipe: a NUL in a string"},
    {"\"recipe\":\"{", "\"recipe\":\"[", "recipe: not JSON"},
    {"\"recipe\":\"{", "\"recipe\":\"7\",\"old\":\"{", "recipe: no JSON object"},
    {"\"recipe\"", "\"recipes\"", "'recipe' is missing"},
    /* the columns */
    {"[" Q "Close" Q "," Q "Open" Q "]", "[" Q "Close" Q "]", "is not of shape [4,1]"},
    {"[" Q "Close" Q "," Q "Open" Q "]", "[]", "columns: no list of names"},
    {"[" Q "Close" Q "," Q "Open" Q "]", "{}", "columns: no list of names"},
    {"[" Q "Close" Q "," Q "Open" Q "]", "[" Q "Close" Q ",1]", "columns: a name is no string"},
    {"[" Q "Close" Q "," Q "Open" Q "]", "[" Q "Close" Q "," Q "Close" Q "]", "columns: 'Close' stands twice"},
    {"[" Q "Close" Q "," Q "Open" Q "]", "[" Q "Close" Q "," Q "A,B" Q "]", "columns: 'A,B' is no name"},
    {"[" Q "Close" Q "," Q "Open" Q "]", "[" Q Q "," Q "Open" Q "]", "columns: '' is no name"},
    /* the scaler */
    {KEY("anchor") Q "none" Q "," KEY("offset"), KEY("anchor") Q "ratio" Q "," KEY("offset"), "has another anchor than the recipe"},
    {KEY("anchor") Q "none" Q "," KEY("offset"), KEY("anchor") Q "some" Q "," KEY("offset"), "column 'Close' wants"},
    {KEY("offset") "0.1", KEY("offset") "1e999", "column 'Close' wants"},
    {KEY("offset") "0.1", KEY("offset") "null", "column 'Close' wants"},
    {KEY("scale") "0.3", KEY("scale") "-0.3", "column 'Close' wants"},
    {KEY("scale") "1}", KEY("scale") "0}", "column 'Open' wants"},
    {KEY("scale") "1}", KEY("scale") "1e-999}", "column 'Open' wants"},
    {KEY("scale") "1}]", KEY("scale") "1},{}]", "scaler: its columns are not those of the model"},
    {"\"scaler\":\"[", "\"scaler\":\"{}\",\"old\":\"[", "scaler: its columns"},
    /* the rest */
    {KEY("weekdays") "31", KEY("weekdays") "128", "calendar: a number"},
    {KEY("weekdays") "31", KEY("weekdays") "0", "calendar: its numbers contradict"},
    {KEY("month_day") "null", KEY("month_day") Q "2020-01-31" Q, "calendar: its numbers contradict"},
    {KEY("month_day") "null", KEY("month_day") Q "2020-01-32" Q, "calendar: a number"},
    {KEY("step_months") "0", KEY("step_months") "1", "calendar: its numbers contradict"},
    {KEY("step_days") "0", KEY("step_days") "3", "calendar: its numbers contradict"},
    {"\"calendar\"", "\"calender\"", "'calendar' is missing"},
    {KEY("best_epoch") "4", KEY("best_epoch") "6", "training: a count"},
    {KEY("rows") "3", KEY("rows") "-3", "training: a count"},
    {KEY("rows") "3", KEY("rows") "1e30", "training: a count"},
    {KEY("loss_train") "0.1", KEY("loss_train") "1e999", "training: a loss"},
    {KEY("loss_train") "0.1", KEY("loss_train") Q "0.1" Q, "training: a loss"},
    {KEY("from") Q "2020-01-01" Q, KEY("from") Q "2020-01-09" Q, "training: 'from' and 'to'"},
    {KEY("from") Q "2020-01-01" Q, KEY("from") "7", "training: 'from' and 'to'"},
    {KEY("naive_ratio") "0.9", KEY("naive_ratio") "1e999,\\\"x\\\":0.9", "training: a loss"},
    {KEY("naive_ratio") "0.9", KEY("ratio") "0.9", "training: a loss"},
    {KEY("error_ratio") "0.375", KEY("error_ratios") "0.375", "training: 'error_ratio' is missing, as in models of earlier versions"},
    {KEY("error_ratio") "0.375", KEY("error_ratio") "-0.375", "training: 'error_ratio'"},
    {KEY("error_ratio") "0.375", KEY("error_ratio") "null", "training: 'error_ratio'"},
    {"\"kernels\":\"fma\"", "\"kernels\":\"fast\"", "kernels: 'fast'"},
    /* shares and scores */
    {SHRINK "[", SHRINK "[1.0000000000000002,", "shrink: not one number"},
    {SHRINK "[0.3", SHRINK "[1.3", "shrink: a number is not from 0 to 1"},
    {SHRINK "[0.3", SHRINK "[-0.3", "shrink: a number is not from 0 to 1"},
    {SHRINK "[0.3", SHRINK "[1e999,0.3", "shrink: not one number"},
    {SHRINK "[", SHRINK "[1e999]\",\"old\":\"[", "shrink: a number is not from 0 to 1"},
    {SHRINK "[", SHRINK "[null]\",\"old\":\"[", "shrink: a number is not from 0 to 1"},
    {SHRINK "[", SHRINK "[true]\",\"old\":\"[", "shrink: a number is not from 0 to 1"},
    {SHRINK "[", SHRINK "[NaN]\",\"old\":\"[", "shrink: not JSON"},
    {SHRINK "[", SHRINK "[[1]]\",\"old\":\"[", "shrink: a number is not from 0 to 1"},
    {SHRINK "[", SHRINK "[]\",\"old\":\"[", "shrink: not one number"},
    {SHRINK "[", SHRINK "1\",\"old\":\"[", "shrink: not one number"},
    {SHRINK "[", SHRINK "{}\",\"old\":\"[", "shrink: not one number"},
    {"\"shrink\"", "\"shrunk\"", "'shrink' is missing"},
    {KEY("level") "-0.1", KEY("level") "-1e999", "linear: a coefficient"},
    {KEY("level") "-0.1", KEY("slope") "-0.1", "linear: a coefficient"},
    {KEY("mean") "0.", KEY("mean") "null," Q "x" Q ":0.", "linear: a coefficient"},
    {KEY("constant"), KEY("constants"), "linear: a coefficient"},
    {LAGS "[0.", LAGS "[null,0.", "linear: a coefficient"},
    {LAGS "[0.", LAGS "[1e999,0.", "linear: a coefficient"},
    {LAGS "[0.", LAGS "[1,0.", "linear: a coefficient"}, /* four lags in a window of four rows */
    {LAGS "[0.", LAGS "[]," KEY("x") "[0.", "linear: a share has nothing"},
    {LAGS "[0.", KEY("lag") "[0.", "linear: a coefficient"},
    {KEY("shrink") "[0.6", KEY("shrink") "[0.7", "linear: a share has nothing"}, /* 1/3 and 0.7 */
    {KEY("shrink") "[0.6", KEY("shrink") "[-0.6", "linear: a number is not from 0 to 1"},
    {KEY("shrink") "[0.6", KEY("shrink") "[0.6,0", "linear: not one number"},
    {KEY("shrink") "[0.6", KEY("share") "[0.6", "linear: not one number"},
    {"\"linear\":\"{", "\"lines\":\"{", "'linear' is missing"},
    {"\"linear\":\"", "\"linear\":\"x", "linear: not JSON"},
    {KEY("profile") "[-0.5,", KEY("profile") "[1e999,", "linear: of the profile"},
    {KEY("profile") "[-0.5,", KEY("profile") "[0,-0.5,", "linear: of the profile"}, /* as many places as lags */
    {KEY("seasonal") "[0.25,", KEY("seasonal") "[0.25,0,", "linear: of the profile"},
    {KEY("seasonal") "[", KEY("seasons") "[", "linear: of the profile"},
    {KEY("by_levels") "true", KEY("by_levels") "1", "linear: of the profile"},
    {KEY("unit") "7", KEY("unit") "0", "curve: a number"},
    {KEY("share") "0.", KEY("sharing") "0.", "curve: a number"},
    {KEY("high") "2", KEY("high") "-2", "curve: a number"},
    {FACTORS "[1,3,0,", FACTORS "[0,3,0,", "curve: a number"},
    {FACTORS "[1,3,0,", FACTORS "[1,5,0,", "curve: a number"}, /* beyond the rows that the linear forecast reads */
    {FACTORS "[1,3,0,", FACTORS "[1,1.5,0,", "curve: a number"},
    {FACTORS "[1,3,0,", FACTORS "[3,0,", "curve: a number"},
    {FACTORS "[1,3,0,", FACTORS "[1e999,3,0,", "curve: a number"},
    {KEY("weights") "[-0", KEY("weights") "[1,-0", "curve: a number"},
    {"\"curve\":\"", "\"curve\":\"x", "curve: not JSON"},
    {SCORES "[[0.", SCORES "[[-0.", "scores: a list holds"},
    {SCORES "[[0.", SCORES "[[1e999,0.", "scores: a list holds"},
    {SCORES "[[0.", SCORES "[[null,0.", "scores: a list holds"},
    {SCORES "[[0.", SCORES "[[[0],0.", "scores: a list holds"},
    {SCORES "[[0.", SCORES "[[],[0.", "scores: not one list"},
    {SCORES "[", SCORES "[]\",\"old\":\"[", "scores: not one list"},
    {SCORES "[", SCORES "[0.7]\",\"old\":\"[", "scores: a list holds"},
    {SCORES "[", SCORES "0\",\"old\":\"[", "scores: not one list"},
    {"\"scores\"", "\"score\"", "'scores' is missing"},
    {"\"fingerprint\":\"", "\"fingerprint\":\"0", "fingerprint: not 64"},
    {"\"fingerprint\":\"", "\"fingerprint\":\"\",\"old\":\"", "fingerprint: not 64"},
};

static void forgeries_are_refused_by_name(void **state) {
    (void)state;
    Error error;
    forge("\"format\"", "\"format\""); /* control: the forger's own work is accepted */
    if (!reads(forged, &error)) {
        fail_msg("control: %s", error.message);
    }
    forge(KEY("scale") "1}", KEY("scale") "2}");
    assert_true(reads(forged, &error));
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        forge(forgeries[i].from, forgeries[i].to);
        assert_refused(forgeries[i].to, forgeries[i].message);
    }
}

/* As many scores as a ring holds, and one more. */
static void a_list_of_scores_has_an_end(void **state) {
    (void)state;
    Error error;
    for (int extra = 0; extra < 2; extra++) {
        Text text = {0};
        text_puts(&text, SCORES "[[");
        for (size_t i = 0; i + 1 < INTERVAL_RING + (size_t)extra; i++) {
            text_puts(&text, "1.5,");
        }
        text_puts(&text, "0.");
        forge(SCORES "[[0.", text.data);
        if (extra) {
            assert_refused("one score too many", "scores: a list holds");
        } else if (!reads(forged, &error)) {
            fail_msg("%s", error.message);
        }
        text_free(&text);
    }
}

static void forged_data_is_refused(void **state) {
    (void)state;
    size_t n;
    unsigned char *bytes = read_bytes(base, &n);
    const size_t n_header = (size_t)bytes[0] | (size_t)bytes[1] << 8, n_data = n - 8 - n_header;
    unsigned char data[256] = {0};
    assert_int_equal(n_data, 88);
    memcpy(data, bytes + 8 + n_header, n_data);
    write_forged((char *)bytes + 8, n_header, data, n_data + 1);
    assert_refused("a byte more", "1 surplus bytes");
    write_forged((char *)bytes + 8, n_header, data, n_data - 1);
    assert_refused("a byte less", "offsets outside");
    forge(LAST, LAST "," TENSOR("2.bias", "[1]", "[88,92]"));
    size_t longer;
    unsigned char *more = read_bytes(forged, &longer);
    write_forged((char *)more + 8, longer - 8 - n_data, data, n_data + 4);
    assert_refused("a tensor more", "tensor '2.bias' is none of this network");
    free(more);
    static const uint32_t values[] = {0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001};
    for (size_t i = 0; i < 4; i++) {
        for (int b = 0; b < 4; b++) {
            data[84 + b] = (unsigned char)(values[i] >> 8 * b);
        }
        write_forged((char *)bytes + 8, n_header, data, n_data);
        assert_refused("not finite", "tensor '1.bias' holds a value that is not finite");
    }
    memcpy(data, bytes + 8 + n_header, n_data);
    for (size_t at = 48; at < 80; at += 4) { /* both biases FLT_MAX */
        memcpy(data + at, "\xff\xff\x7f\x7f", 4);
    }
    write_forged((char *)bytes + 8, n_header, data, n_data);
    assert_refused("overflowing sum", "two biases have no finite sum");
    free(bytes);
}

static void lengths_are_not_believed(void **state) {
    (void)state;
    static const struct { unsigned char bytes[12]; size_t n; const char *message; } cases[] = {
        {{0}, 0, "empty"}, {{1}, 1, "too short"}, {{2, 0, 0, 0, 0, 0, 0, 0, '{'}, 9, "too short"},
        {{0, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, 10, "does not begin"}, {{3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, 10, "longer than the file"},
        {{255, 255, 255, 255, 255, 255, 255, 255, '{', '}'}, 10, "longer than the file"},
        {{0, 0, 0, 0, 0, 0, 0, 128, '{', '}'}, 10, "longer than the file"},
        {{0, 0, 0, 0, 1, 0, 0, 0, '{', '}'}, 10, "longer than the file"}, {{2, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, 10, "not a model of lstmfc"},
        {{2, 0, 0, 0, 0, 0, 0, 0, '{', 0}, 10, "not UTF-8"}, {{2, 0, 0, 0, 0, 0, 0, 0, '{', '}', 0}, 11, "1 surplus bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_bytes(forged, cases[i].bytes, cases[i].n);
        assert_refused("length", cases[i].message);
    }
}

/* Small files that would make a parser that trusts them use much memory or stack. */
static void floods_are_refused(void **state) {
    (void)state;
    enum { N = 200000 };
    char *text = malloc(N);
    assert_non_null(text);
    memset(text, '[', N);
    text[0] = '{';
    write_forged(text, N, NULL, 0);
    assert_refused("brackets", "nested too deeply");
    for (size_t i = 0; i < N; i++) {
        text[i] = i % 2 ? ',' : '0';
    }
    memcpy(text, "{\"\":[", 5);
    memcpy(text + N - 3, "0]}", 3);
    write_forged(text, N, NULL, 0);
    assert_refused("values", "too many values");
    free(text);
}

/* ---- weights made by anyone ---- */

static Model foreign_model(size_t ensemble) {
    Recipe recipe = small_recipe();
    put(&recipe, "layers", "lstm:3");
    Model model;
    recipe.ensemble = ensemble;
    model = fitted(&recipe, 2);
    set_weights(&model);
    return model;
}

static bool check_tensor(void *context, const Tensor *tensor, const Layer *layer) {
    static const struct { const char *name; float first; } bases[] = {
        {"0.weight_ih_l0", 1}, {"0.weight_hh_l0", 2}, {"0.bias_ih_l0", 7}, {"0.bias_hh_l0", 0}, {"1.weight", 5}, {"1.bias", 6}};
    const Values *v = context;
    float values[256];
    tensor_write(tensor, model_weights(v->model, v->member) + layer->offset, values);
    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++) {
        for (size_t i = 0; strcmp(bases[b].name, tensor->name) == 0 && i < tensor_size(tensor); i++) {
            const float step = tensor->zero ? 0 : b == 2 ? (float)i / 32 : (float)i / 64; /* two biases are summed */
            assert_true(values[i] == bases[b].first + step);
        }
    }
    return true;
}

static void weights_saved_by_another_library_are_read(void **state) {
    (void)state;
    Model model = foreign_model(2);
    Error error = {0};
    for (size_t m = 0; m < 2; m++) {
        if (!model_read_weights(&model, m, LSTMFC_GOLDEN_DIR "/foreign.safetensors", &error)) {
            fail_msg("%s", error.message);
        }
        network_tensors(&model.network, check_tensor, &(Values){.model = &model, .member = m});
    }
    model_free(&model);
}

#define F32 "{\"dtype\":\"F32\",\"shape\":"
#define WEIGHTS "\"0.weight_ih_l0\":" F32 "[4,2],\"data_offsets\":[0,32]},\"0.weight_hh_l0\":" F32 "[4,1],\"data_offsets\":[32,48]},"
#define BIAS "\"0.bias_ih_l0\":" F32 "[4],\"data_offsets\":[48,64]},"
#define DENSE "\"1.weight\":" F32 "[1,1],\"data_offsets\":[64,68]},\"1.bias\":" F32 "[1],\"data_offsets\":[68,72]}"

/* Which foreign files do for lstm:1 of two columns; message NULL = taken. */
static void foreign_files_are_taken_or_refused_by_name(void **state) {
    (void)state;
    static const struct { const char *header, *message; size_t n_data; } cases[] = {
        {"{" WEIGHTS BIAS DENSE "}", NULL, 72},
        {"{\"__metadata__\":{\"format\":\"pt\",\"checksum\" : \"no\"}," WEIGHTS BIAS DENSE "}  ", NULL, 72},
        {"{" WEIGHTS BIAS DENSE ",\"2.bias\":" F32 "[1],\"data_offsets\":[72,76]}}", "tensor '2.bias' is none of this network", 76},
        {"{" WEIGHTS BIAS DENSE ",\"member.1.1.bias\":" F32 "[1],\"data_offsets\":[72,76]}}",
         "tensor 'member.1.1.bias' is none of this network", 76},
        {"{" WEIGHTS "\"0.bias_hh_l0\":" F32 "[4],\"data_offsets\":[48,64]}," DENSE "}", "tensor '0.bias_ih_l0' is missing", 72},
        {"{" WEIGHTS "\"0.bias_ih_l0\":" F32 "[4,1],\"data_offsets\":[48,64]}," DENSE "}", "'0.bias_ih_l0' is not of shape [4]", 72},
        {"{\"__metadata__\":{\"format\":\"lstmfc\"}," WEIGHTS BIAS DENSE "}", "no checksum", 72},
        {"{\"__metadata__\":[]," WEIGHTS BIAS DENSE "}", "__metadata__ is no object", 72},
        {"{}", "tensor '0.weight_ih_l0' is missing", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Recipe recipe = small_recipe();
        Model model = fitted(&recipe, 2);
        Error error = {0};
        unsigned char data[80] = {0};
        write_forged(cases[i].header, strlen(cases[i].header), data, cases[i].n_data);
        const bool ok = model_read_weights(&model, 0, forged, &error);
        if (ok != !cases[i].message || (!ok && (error.code != ERROR_MODEL || !strstr(error.message, cases[i].message)))) {
            fail_msg("%zu: code %d '%s'", i, (int)error.code, error.message);
        }
        model_free(&model);
    }
}

/* No checksum: a flipped bit may pass as another number, but nothing else may happen than taken or refused. */
static void damaged_foreign_files_never_crash(void **state) {
    (void)state;
    const char header[] = "{" WEIGHTS BIAS DENSE "}";
    const Recipe recipe = small_recipe();
    Model model = fitted(&recipe, 2);
    unsigned char data[72] = {0}, *bytes;
    size_t n, taken = 0;
    write_forged(header, strlen(header), data, sizeof data);
    bytes = read_bytes(forged, &n);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        Error error = {0};
        bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
        write_bytes(forged, bytes, n);
        bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
        const bool ok = model_read_weights(&model, 0, forged, &error);
        assert_true(ok || error.code == ERROR_MODEL);
        if (ok && bit / 8 < 8 + strlen(header)) {
            fail_msg("bit %zu of the header passes", bit);
        }
        taken += ok;
    }
    assert_int_equal(taken, 72 * 8); /* one bit never makes a zero infinite */
    for (size_t length = 0; length < n; length++) {
        Error error = {0};
        write_bytes(forged, bytes, length);
        assert_false(model_read_weights(&model, 0, forged, &error));
        assert_int_equal(error.code, ERROR_MODEL);
    }
    free(bytes);
    model_free(&model);
}

static void members_are_taken_from_an_ensemble_of_ours(void **state) {
    (void)state;
    Recipe recipe = small_recipe();
    put(&recipe, "ensemble", "2");
    write_model(&recipe, "again.model");
    Model model = fitted(&recipe, 2), expected = fitted(&recipe, 2);
    Error error = {0};
    set_weights(&expected);
    const size_t size = model.network.n_weights * sizeof(real);
    for (size_t m = 0; m < 2; m++) {
        assert_true(model_read_weights(&model, m, "again.model", &error));
    }
    assert_memory_equal(model.weights, expected.weights, 2 * size);
    assert_memory_not_equal(model_weights(&model, 0), model_weights(&model, 1), size);
    model_free(&model);
    model_free(&expected);
}

/* ---- the CSV a model wants ---- */

static void a_model_reads_its_own_columns(void **state) {
    (void)state;
    const char csv[] = "Date,High,Open,Close\n2020-01-01,9,1,5\n2020-01-02,9,2,6\n2020-01-03,9,3,7\n";
    Model model;
    Recipe recipe;
    Series series;
    Error error = {0};
    write_bytes("other.model", csv, strlen(csv));
    assert_true(model_read(&model, base, &error));
    recipe_defaults(&recipe);
    put(&recipe, "from", "2020-01-02");
    if (!model_read_series(&model, &recipe, "other.model", &series, &error)) {
        fail_msg("%s", error.message);
    }
    assert_true(series.n_columns == 2 && series.n_rows == 2 && series.columns[0][0] == 6 && series.columns[1][1] == 3);
    series_free(&series);
    write_bytes("other.model", "Date,High,Close\n2020-01-01,9,5\n2020-01-02,9,6\n", 46);
    assert_false(model_read_series(&model, &recipe, "other.model", &series, &error));
    assert_int_equal(error.code, ERROR_DATA);
    model_free(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_read_and_written_again_are_the_same_bytes),
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(shares_and_scores_come_back),
        cmocka_unit_test(a_long_horizon_comes_back),
        cmocka_unit_test(naive_is_where_no_share_is_kept),
        cmocka_unit_test(the_recipe_is_copied),
        cmocka_unit_test(fingerprints_cover_rows_and_columns),
        cmocka_unit_test(what_is_not_fitted_is_not_written),
        cmocka_unit_test(a_name_that_is_not_utf8_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_is_another_error),
        cmocka_unit_test(forgeries_are_refused_by_name),
        cmocka_unit_test(a_list_of_scores_has_an_end),
        cmocka_unit_test(forged_data_is_refused),
        cmocka_unit_test(lengths_are_not_believed),
        cmocka_unit_test(floods_are_refused),
        cmocka_unit_test(weights_saved_by_another_library_are_read),
        cmocka_unit_test(foreign_files_are_taken_or_refused_by_name),
        cmocka_unit_test(damaged_foreign_files_never_crash),
        cmocka_unit_test(members_are_taken_from_an_ensemble_of_ours),
        cmocka_unit_test(a_model_reads_its_own_columns),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
