/* Echo state network: trained, scored over many paths, inspected and asked for forecasts like any other model. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lstmfc/date.h"

#include "number.h"
#include "run.h"

/* A chaotic map seen through a slow wave: learnable a few rows ahead, not for ever. */
static void write_series(const char *path, int n) {
    FILE *file = fopen(path, "w");
    double x = 0.3;
    assert_non_null(file);
    fputs("Date,Close\n", file);
    for (int i = 0; i < n; i++) {
        char date[DATE_TEXT];
        x = 3.7 * x * (1 - x);
        fprintf(file, "%s,%.9f\n", date_format(date_from_civil(2000, 1, 1) + i, date), 100 + x + 5 * sin(0.2 * i));
    }
    assert_int_equal(fclose(file), 0);
}

static const char *copy(char *to, const char *name) {
    snprintf(to, 512, "%s", run_path(name));
    return to;
}

static void test_train_evaluate_predict(void **state) {
    (void)state;
    char csv[512], a[512], b[512];
    write_series(copy(csv, "map.csv"), 1500);
    copy(a, "a"), copy(b, "b");
    Said said = RUN("train", csv, "-m", a, "--preset", "esn", "--layers", "esn:200", "--train-rows", "1200", "--json", "--threads", "1");
    assert_int_equal(said.code, 0);
    cJSON *json = cJSON_Parse(said.out);
    assert_true(number(json, "epochs") == 1 && number(json, "best_epoch") == 1 && number(json, "windows") == 1140);
    cJSON_Delete(json);
    said_free(&said);
    said = RUN("train", csv, "-m", b, "--preset", "esn", "--layers", "esn:200", "--train-rows", "1200", "-q", "--threads", "2");
    assert_int_equal(said.code, 0);
    said_free(&said);
    char *one = run_read(a), *two = run_read(b);
    assert_string_equal(one + 8, two + 8); /* the header, with the checksum over all bytes */
    free(one);
    free(two);
    said = RUN("evaluate", csv, "-m", a, "--paths", "3", "--json", "--leak-check");
    assert_int_equal(said.code, 0);
    json = cJSON_Parse(said.out);
    const cJSON *paths = cJSON_GetObjectItemCaseSensitive(json, "paths");
    assert_true(number(paths, "steps") == 3 && number(paths, "n") == 100 && number(paths, "nrmse") < 0.5 * number(paths, "nrmse_naive"));
    assert_true(number(paths, "rmse") > number(json, "rmse"));
    cJSON_Delete(json);
    said_free(&said);
    said = RUN("evaluate", csv, "-m", a, "--paths", "3");
    assert_non_null(strstr(said.out, "100 paths of 3 rows: where they end RMSE "));
    said_free(&said);
    said = RUN("evaluate", csv, "-m", a, "--paths", "400");
    assert_int_equal(said.code, 3);
    assert_non_null(strstr(said.err, "no path of 400 rows fits into the 300 rows that are scored"));
    said_free(&said);
    said = RUN("inspect", a);
    assert_non_null(strstr(said.out, "0.leak"));
    assert_non_null(strstr(said.out, "spectral-radius"));
    said_free(&said);
    said = RUN("predict", csv, "-m", a, "--horizon", "5", "--json");
    assert_int_equal(said.code, 0);
    said_free(&said);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *option, *value, *message;
    } cases[] = {{"--loss", "mae", "least squared error"},
                 {"--objective", "direction", "least squared error"},
                 {"--layers", "esn:20,gru:4", "a reservoir takes no layer beside it"},
                 {"--layers", "dropout:0.1,esn:20", "a reservoir takes no layer beside it"},
                 {"--leak", "0", "leak"},
                 {"--sparsity", "1", "sparsity"}};
    char csv[512];
    write_series(copy(csv, "map.csv"), 300);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Said said = RUN("train", csv, "-m", run_path("x"), "--layers", "esn:20", cases[i].option, cases[i].value);
        if (said.code != 2 || !strstr(said.err, cases[i].message))
            fail_msg("%s %s: %d %s", cases[i].option, cases[i].value, said.code, said.err);
        said_free(&said);
    }
    run_write(csv, "Date,Close\n2020-01-01,1\n2020-01-02,2\n");
    Said said = RUN("train", csv, "-m", run_path("x"), "--layers", "esn:20");
    assert_int_equal(said.code, 3); /* too few rows, as for any network */
    said_free(&said);
    assert_null(run_read(run_path("x")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train_evaluate_predict),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, run_clean);
}
