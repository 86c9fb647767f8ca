/* predict --ledger and the command ledger, from outside. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/date.h"

#include "run.h"

enum { N_ROWS = 220, TRAINED = 120 };

static char csv[512], model[512], ledger[512];
static Date dates[N_ROWS];
static double close_of[N_ROWS];

/* Rows 0 .. n - 1 without row `hole` (SIZE_MAX = none). */
static void write_rows(size_t n, size_t hole) {
    static char text[32768];
    char date[DATE_TEXT];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close\n");
    for (size_t i = 0; i < n; i++) {
        if (i != hole) at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f\n", date_format(dates[i], date), close_of[i]);
    }
    run_write(csv, text);
}

static int set_up(void **state) {
    (void)state;
    Date day = date_from_civil(2020, 1, 1);
    strcpy(csv, run_path("prices.csv"));
    strcpy(model, run_path("model"));
    strcpy(ledger, run_path("ledger"));
    for (size_t i = 0; i < N_ROWS; i++, day++) {
        while (date_weekday(day) >= 5) day++;
        dates[i] = day;
        close_of[i] = 100 + 0.1 * (double)i + 5 * sin((double)i / 7) + (double)(i * 37 % 11) / 5;
        close_of[i] = round(100 * close_of[i]) / 100;
    }
    write_rows(TRAINED, SIZE_MAX);
    Said said = RUN("train", csv, "-m", model, "--preset", "classic", "--layers", "lstm:3", "--window", "8", "--epochs", "2", "-q");
    assert_int_equal(said.code, 0);
    said_free(&said);
    return 0;
}

static int fresh(void **state) {
    (void)state;
    remove(ledger);
    write_rows(N_ROWS, SIZE_MAX);
    return 0;
}

static cJSON *document(const Said *said) {
    if (said->code != 0) fail_msg("exit %d: %s", said->code, said->err);
    cJSON *json = cJSON_Parse(said->out);
    assert_non_null(json);
    return json;
}

static double number(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

static const cJSON *at(const cJSON *object, const char *name, int i) {
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(object, name), i);
}

/* As of row r, --horizon steps; the document, with what the ledger did in *scored and *entered. */
static cJSON *predict(size_t r, const char *steps, double *scored, double *entered) {
    char date[DATE_TEXT];
    Said said = RUN("predict", csv, "-m", model, "--as-of", date_format(dates[r], date), "--horizon", steps, "--ledger", ledger, "--json");
    cJSON *json = document(&said);
    const cJSON *done = cJSON_GetObjectItemCaseSensitive(json, "ledger");
    *scored = number(done, "scored");
    *entered = number(done, "entered");
    said_free(&said);
    return json;
}

static void predict_counts(size_t r, const char *steps, double scored, double entered) {
    double s, e;
    cJSON_Delete(predict(r, steps, &s, &e));
    if (s != scored || e != entered) fail_msg("row %zu: %g scored, %g entered instead of %g, %g", r, s, e, scored, entered);
}

static cJSON *record(void) {
    Said said = RUN("ledger", ledger, "--json");
    cJSON *json = document(&said);
    said_free(&said);
    return json;
}

static double number_scored(void) {
    cJSON *json = record();
    const double n = number(json, "scored");
    cJSON_Delete(json);
    return n;
}

static void forecasts_are_entered_once_and_scored_on_arrival(void **state) {
    (void)state;
    predict_counts(150, "1", 0, 1);
    predict_counts(150, "1", 0, 0);
    predict_counts(150, "3", 0, 2); /* the two new steps */
    predict_counts(151, "1", 1, 1);
    predict_counts(151, "1", 0, 0);
    predict_counts(153, "1", 3, 1);
    predict_counts(152, "1", 0, 1); /* out of order: its row is not known as of itself ... */
    predict_counts(153, "1", 1, 0); /* ... but on the next day */
    cJSON *json = record();
    assert_true(number(json, "forecasts") == 6 && number(json, "scored") == 5 && number(json, "pending") == 1 &&
                number(json, "models") == 1);
    assert_true(number(json, "n") == 3);
    cJSON_Delete(json);
}

static void the_record_is_right(void **state) {
    (void)state;
    double sse = 0, naive = 0;
    const size_t first = 150, last = 180;
    for (size_t r = first; r < last; r++) {
        double scored, entered;
        cJSON *json = predict(r, "1", &scored, &entered);
        const double value = number(at(json, "forecasts", 0), "value");
        if (r + 1 < last) {
            sse += (close_of[r + 1] - value) * (close_of[r + 1] - value);
            naive += (close_of[r + 1] - close_of[r]) * (close_of[r + 1] - close_of[r]);
        }
        cJSON_Delete(json);
    }
    cJSON *json = record();
    const double n = (double)(last - first - 1);
    assert_true(number(json, "n") == n && fabs(number(json, "rmse") / sqrt(sse / n) - 1) < 1e-9);
    assert_true(fabs(number(cJSON_GetObjectItem(json, "naive"), "rmse") / sqrt(naive / n) - 1) < 1e-9);
    assert_true(fabs(number(json, "skill") - (1 - sse / naive)) < 1e-9);
    assert_true(cJSON_IsString(cJSON_GetObjectItem(json, "verdict")) && cJSON_GetArraySize(cJSON_GetObjectItem(json, "intervals")) == 2);
    assert_true(number(at(json, "intervals", 0), "level") == 80 && number(at(json, "intervals", 1), "level") == 95);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "drift"), "alarm")));
    assert_true(cJSON_GetArraySize(cJSON_GetObjectItem(json, "rows")) == 10);
    cJSON_Delete(json);
    Said said = RUN("ledger", ledger);
    assert_int_equal(said.code, 0);
    assert_true(strstr(said.out, "29 scored") && strstr(said.out, "naive: RMSE") && strstr(said.out, "drift") &&
                strstr(said.out, "pending"));
    said_free(&said);
}

/* After rows scored the interval is the adaptive one: alpha moves by 0.005 (0.2 - missed) a row. */
static void intervals_learn_from_the_ledger(void **state) {
    (void)state;
    char date[DATE_TEXT];
    double alpha = 0.2, scored, entered;
    bool differs = false;
    for (size_t r = 140; r < 200; r++) {
        cJSON *json = predict(r, "1", &scored, &entered);
        const cJSON *interval = at(at(json, "forecasts", 0), "intervals", 0);
        const cJSON *told = at(cJSON_GetObjectItem(json, "ledger"), "alpha", 0);
        Said said = RUN("predict", csv, "-m", model, "--as-of", date_format(dates[r], date), "--json");
        cJSON *plain = document(&said);
        assert_true(fabs(told->valuedouble - alpha) < 1e-12);
        differs |= number(interval, "low") != number(at(at(plain, "forecasts", 0), "intervals", 0), "low");
        assert_true(r > 140 || !differs);
        alpha += 0.005 * (0.2 - (close_of[r + 1] < number(interval, "low") || close_of[r + 1] > number(interval, "high")));
        said_free(&said);
        cJSON_Delete(plain);
        cJSON_Delete(json);
    }
    assert_true(differs);
}

static void the_command_scores_from_a_file(void **state) {
    (void)state;
    predict_counts(150, "3", 0, 3);
    write_rows(153, 152);
    Said said = RUN("ledger", ledger, csv, "--json");
    cJSON *json = document(&said);
    assert_true(number(json, "scored") == 1 && number(json, "pending") == 2);
    cJSON_Delete(json);
    said_free(&said);
    write_rows(N_ROWS, SIZE_MAX); /* the row that was missing came late */
    said = RUN("ledger", ledger, csv, "--json");
    json = document(&said);
    assert_true(number(json, "scored") == 3 && number(json, "pending") == 0);
    cJSON_Delete(json);
    said_free(&said);
    char *once = run_read(ledger);
    said = RUN("ledger", ledger, csv, "-q");
    char *twice = run_read(ledger);
    assert_true(said.code == 0 && !*said.out && !*said.err && strcmp(once, twice) == 0);
    free(once);
    free(twice);
    said_free(&said);
}

static void damage_is_refused_and_a_crash_survived(void **state) {
    (void)state;
    predict_counts(150, "2", 0, 2);
    char *whole = run_read(ledger);
    assert_non_null(whole);
    const size_t second = (size_t)(strchr(whole, '\n') - whole) + 1;
    char *cut = strdup(whole);
    cut[second + 40] = '\0';
    run_write(ledger, cut);
    Said said = RUN("ledger", ledger);
    assert_true(said.code == 0 && strstr(said.err, "line 2 was not written whole"));
    said_free(&said);
    predict_counts(150, "2", 0, 1); /* what was lost */
    predict_counts(151, "2", 1, 2);
    whole[second + 40] = '\n';
    run_write(ledger, whole);
    said = RUN("ledger", ledger);
    assert_true(said.code == 3 && strstr(said.err, "ledger:2: ") && !*said.out);
    said_free(&said);
    said = RUN("predict", csv, "-m", model, "--ledger", ledger, "--json");
    assert_true(said.code == 3 && strstr(said.err, "\"line\":2") && !*said.out);
    said_free(&said);
    char *after = run_read(ledger);
    assert_string_equal(after, whole); /* nothing was written to it */
    free(after);
    free(whole);
    free(cut);
}

static void other_files_are_left_alone(void **state) {
    (void)state;
    const char *const victims[] = {csv, model};
    for (size_t i = 0; i < 2; i++) {
        char *before = run_read(victims[i]);
        Said said = RUN("predict", csv, "-m", model, "--ledger", victims[i]);
        char *after = run_read(victims[i]);
        assert_true(said.code == 3 && strcmp(before, after) == 0);
        free(before);
        free(after);
        said_free(&said);
    }
    Said said = RUN("ledger", run_path("none"));
    assert_int_equal(said.code, 9);
    said_free(&said);
    said = RUN("ledger", run_path("none"), csv);
    assert_true(said.code == 9 && access(run_path("none.lock"), F_OK) != 0);
    said_free(&said);
    said = RUN("predict", csv, "-m", model, "--ledger", run_path("no/folder"));
    assert_int_equal(said.code, 9);
    said_free(&said);
    said = RUN("predict", csv, "-m", model, "--ledger", "-");
    assert_int_equal(said.code, 2);
    said_free(&said);
}

static void in_sample_forecasts_do_not_count(void **state) {
    (void)state;
    predict_counts(100, "1", 0, 1);
    predict_counts(101, "1", 1, 1);
    cJSON *json = record();
    assert_true(number(json, "in_sample") == 2 && number(json, "scored") == 1 && number(json, "n") == 0);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "rmse")));
    cJSON_Delete(json);
}

/* Six runs at once, two of each day: no record is lost, torn or written twice. */
static void runs_at_once_take_turns(void **state) {
    (void)state;
    pid_t child[6];
    char date[DATE_TEXT];
    for (size_t i = 0; i < 6; i++) {
        child[i] = run_begin((const char *const[]){"predict", csv, "-m", model, "--as-of", date_format(dates[150 + 2 * (i / 2)], date),
                                                   "--horizon", "4", "--ledger", ledger, "--lock-wait", "60", NULL});
    }
    for (size_t i = 0; i < 6; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_int_equal(status, 0);
    }
    predict_counts(170, "1", 12 - number_scored(), 1);
    cJSON *json = record();
    assert_true(number(json, "forecasts") == 13 && number(json, "scored") == 12);
    cJSON_Delete(json);
}

static void nothing_of_the_machine_is_written(void **state) {
    (void)state;
    char name[256] = "";
    predict_counts(150, "2", 0, 2);
    predict_counts(151, "2", 1, 2);
    char *first = run_read(ledger);
    remove(ledger);
    predict_counts(150, "2", 0, 2);
    predict_counts(151, "2", 1, 2);
    char *again = run_read(ledger);
    assert_string_equal(first, again);
    assert_null(strstr(first, run_folder()));
    assert_true(gethostname(name, sizeof name - 1) != 0 || strlen(name) < 4 || !strstr(first, name));
    free(first);
    free(again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(forecasts_are_entered_once_and_scored_on_arrival, fresh),
        cmocka_unit_test_setup(the_record_is_right, fresh),
        cmocka_unit_test_setup(intervals_learn_from_the_ledger, fresh),
        cmocka_unit_test_setup(the_command_scores_from_a_file, fresh),
        cmocka_unit_test_setup(damage_is_refused_and_a_crash_survived, fresh),
        cmocka_unit_test_setup(other_files_are_left_alone, fresh),
        cmocka_unit_test_setup(in_sample_forecasts_do_not_count, fresh),
        cmocka_unit_test_setup(runs_at_once_take_turns, fresh),
        cmocka_unit_test_setup(nothing_of_the_machine_is_written, fresh),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
