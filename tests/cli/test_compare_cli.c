/* compare, tune and evaluate --importance from outside. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <time.h>

#include "lstmfc/date.h"

#include "number.h"
#include "run.h"

#define SMALL "--layers", "gru:3", "--window", "8", "--epochs", "2", "--ensemble", "1", "--shrink", "none"

static char csv[512], model[512];

static int set_up(void **state) {
    (void)state;
    enum { N_ROWS = 300 };
    char text[N_ROWS * 40], date[DATE_TEXT];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close,High\n");
    Date day = date_from_civil(2020, 1, 1);
    for (size_t i = 0; i < N_ROWS; i++, day++) {
        const double close = 100 + 0.1 * (double)i + 5 * sin((double)i / 4) + (double)(i * 37 % 11) / 10;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f,%.2f\n", date_format(day, date), close, close + (double)(i % 5));
    }
    strcpy(csv, run_path("prices.csv"));
    strcpy(model, run_path("model"));
    run_write(csv, text);
    return 0;
}

/* What it prints, after it has ended well. */
static char *said(const char *const *arguments) {
    Said s = run_program(arguments, NULL, NULL);
    if (s.code) print_error("%s\n", s.err);
    assert_int_equal(s.code, 0);
    free(s.err);
    return s.out;
}

#define SAID(...) said((const char *const[]){__VA_ARGS__, NULL})

static void expect(int code, const char *part, const char *const *arguments) {
    Said s = run_program(arguments, NULL, NULL);
    if (s.code != code || !strstr(s.err, part)) print_error("exit %d: %s\n", s.code, s.err);
    assert_int_equal(s.code, code);
    assert_non_null(strstr(s.err, part));
    assert_string_equal(s.out, "");
    said_free(&s);
}

#define EXPECT(code, part, ...) expect(code, part, (const char *const[]){__VA_ARGS__, NULL})

static void assert_same_text(char *a, char *b) {
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void compare_ranks(void **state) {
    (void)state;
    char *text = SAID("compare", csv, SMALL, "--presets", "none", "--json");
    cJSON *doc = cJSON_Parse(text);
    const cJSON *ranking = cJSON_GetObjectItemCaseSensitive(doc, "ranking"), *row;
    double before = 0;
    int rank = 0;
    assert_int_equal(cJSON_GetArraySize(ranking), 7 + 1 + 2);
    cJSON_ArrayForEach(row, ranking) {
        assert_int_equal((int)number(row, "rank"), ++rank);
        assert_true(number(row, "rmse") >= before);
        before = number(row, "rmse");
    }
    assert_int_equal((int)number(doc, "splits"), 4);
    assert_non_null(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(doc, "sentence")));
    cJSON_Delete(doc);
    free(text);
}

static void compare_on_any_threads(void **state) {
    (void)state;
    assert_same_text(SAID("compare", csv, SMALL, "--presets", "none", "--json", "--threads", "1"),
                     SAID("compare", csv, SMALL, "--presets", "none", "--json", "--threads", "2"));
    assert_same_text(SAID("compare", csv, SMALL, "--presets", "none", "--threads", "1"),
                     SAID("compare", csv, SMALL, "--presets", "none", "--threads", "2"));
}

static void compare_logs_every_fit(void **state) {
    (void)state;
    const char *log = run_path("compare.jsonl");
    free(SAID("compare", csv, SMALL, "--presets", "none", "--kinds", "none", "--log", log, "-q"));
    char *text = run_read(log);
    size_t lines = 0;
    for (const char *at = text; *at; at++) lines += *at == '\n';
    assert_int_equal(lines, 8 * 4);
    free(text);
}

static void compare_refuses(void **state) {
    (void)state;
    EXPECT(2, "no preset", "compare", csv, "--presets", "clasic");
    EXPECT(2, "layers", "compare", csv, SMALL, "--presets", "none", "--kinds", "lsmt");
    EXPECT(2, "kinds", "compare", csv, "--kinds", "lstm,,rnn");
    EXPECT(2, "scale-fit", "compare", csv, "--scale-fit", "all");
    EXPECT(3, "no split fits", "compare", csv, SMALL, "--presets", "none", "--train-size", "1000");
}

#define TUNE "tune", csv, SMALL, "--trials", "4"

/* The search broken off: the log's first lines. */
static void keep_lines(const char *from, const char *to, size_t n) {
    char *text = run_read(from), *at = text;
    for (; n > 0; n--) at = strchr(at, '\n') + 1;
    *at = '\0';
    run_write(to, text);
    free(text);
}

static void tune_goes_on(void **state) {
    (void)state;
    const char *log = run_path("tune.jsonl"), *part = run_path("part.jsonl");
    char *whole = SAID(TUNE, "--json", "--log", log, "--threads", "1");
    keep_lines(log, part, 3);
    assert_same_text(SAID(TUNE, "--json", "--log", part, "--resume", "--threads", "2"), strdup(whole));
    char *a = run_read(log), *b = run_read(part);
    assert_int_equal(strlen(a), strlen(b)); /* the rest was added, in whatever order */
    free(a);
    free(b);
    assert_same_text(SAID(TUNE, "--json", "--log", part, "--resume"), whole);
}

static bool has_a_line(const char *path) {
    char *text = run_read(path);
    const bool has = text && strchr(text, '\n');
    free(text);
    return has;
}

/* Ended by a signal while it runs (or, on a quick machine, just after): what follows is the same. */
static void tune_goes_on_after_a_signal(void **state) {
    (void)state;
    const char *log = run_path("signal.jsonl");
    const struct timespec wait = {.tv_nsec = 1000000};
    int status = 0;
    char *whole = SAID("tune", csv, SMALL, "--trials", "12", "--json");
    const pid_t pid = run_begin((const char *const[]){"tune", csv, SMALL, "--trials", "12", "--log", log, NULL});
    for (int i = 0; i < 5000 && !has_a_line(log); i++) nanosleep(&wait, NULL);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    assert_true(has_a_line(log));
    assert_same_text(SAID("tune", csv, SMALL, "--trials", "12", "--json", "--log", log, "--resume"), whole);
}

static void tune_refuses_a_damaged_log(void **state) {
    (void)state;
    const char *log = run_path("damaged.jsonl"), *other = run_path("other.jsonl");
    free(SAID(TUNE, "-q", "--log", log));
    char *text = run_read(log), *second = strchr(text, '\n') + 1, *third = strchr(second, '\n') + 1;
    char damaged[4096];
    snprintf(damaged, sizeof damaged, "%.*s{\"search\":\"x\",\n%s", (int)(second - text), text, third);
    run_write(other, damaged);
    EXPECT(3, "other.jsonl:2: damaged line", TUNE, "--log", other, "--resume");
    snprintf(damaged, sizeof damaged, "%.*s", (int)(third - text - 5), text);
    run_write(other, damaged);
    EXPECT(3, "other.jsonl:2: damaged line", TUNE, "--log", other, "--resume");
    char *sse = strstr(second, "\"sse\"");
    snprintf(damaged, sizeof damaged, "%.*s\"sss\"%s", (int)(sse - text), text, sse + 5);
    run_write(other, damaged);
    EXPECT(3, "other.jsonl:2: damaged line", TUNE, "--log", other, "--resume");
    snprintf(damaged, sizeof damaged, "{\"epoch\":1}\n%s", text); /* another command's line is passed over */
    run_write(other, damaged);
    free(SAID(TUNE, "-q", "--log", other, "--resume"));
    free(text);
    EXPECT(2, "--log FILE", TUNE, "--resume");
}

static void importance_is_told(void **state) {
    (void)state;
    free(SAID("train", csv, "-m", model, "--features", "High", SMALL, "--train-rows", "240", "-q"));
    char *text = SAID("evaluate", csv, "-m", model, "--importance", "--json");
    cJSON *doc = cJSON_Parse(text);
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(doc, "importance");
    assert_int_equal(cJSON_GetArraySize(items), 2 + 3); /* columns; 1, 2-5, 6-7 */
    assert_int_equal((int)number(cJSON_GetArrayItem(items, 4), "lag_to"), 7);
    cJSON_Delete(doc);
    free(text);
    text = SAID("evaluate", csv, "-m", model, "--importance");
    assert_non_null(strstr(text, "lags 2-5"));
    free(text);
    text = SAID("evaluate", csv, "-m", model);
    assert_null(strstr(text, "lags 2-5"));
    free(text);
}

static void indicators_are_told_by_name(void **state) {
    (void)state;
    free(SAID("train", csv, "-m", model, "--indicators", "rsi:9,sma", SMALL, "--train-rows", "240", "-q"));
    char *text = SAID("evaluate", csv, "-m", model, "--importance", "--leak-check");
    assert_non_null(strstr(text, "rsi:9 "));
    assert_non_null(strstr(text, "sma:20 "));
    assert_non_null(strstr(text, "leak check"));
    free(text);
    text = SAID("inspect", model);
    assert_non_null(strstr(text, "rsi:9 "));
    free(text);
    Said s = RUN("predict", csv, "-m", model);
    assert_int_equal(s.code, 0);
    assert_non_null(strstr(s.err, "19 rows left out"));
    said_free(&s);
    EXPECT(2, "have not happened", "predict", csv, "-m", model, "--horizon", "3");
    EXPECT(2, "have not happened", "evaluate", csv, "-m", model, "--mode", "path");
    EXPECT(2, "did you mean 'rsi'", "train", csv, "-m", model, "--indicators", "rso");
    EXPECT(3, "needs a column 'Low'", "train", csv, "-m", model, "--indicators", "atr");
}

static void a_rise_is_told(void **state) {
    (void)state;
    free(SAID("train", csv, "-m", model, "--objective", "direction", SMALL, "--train-rows", "240", "-q"));
    char *text = SAID("evaluate", csv, "-m", model, "--json", "--leak-check");
    cJSON *doc = cJSON_Parse(text);
    assert_int_equal((int)number(doc, "n"), 60);
    const double brier = number(doc, "brier"), accuracy = number(doc, "accuracy"),
                 rate = number(cJSON_GetObjectItemCaseSensitive(doc, "base"), "rate");
    assert_true(brier > 0 && brier < 1 && accuracy >= 0 && accuracy <= 1 && rate > 0 && rate < 1);
    cJSON_Delete(doc);
    free(text);
    text = SAID("evaluate", csv, "-m", model);
    assert_non_null(strstr(text, "the base rate: Brier score"));
    free(text);
    text = SAID("predict", csv, "-m", model, "--json");
    doc = cJSON_Parse(text);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(doc, "forecasts"), 0);
    assert_true(number(first, "probability") > 0 && number(first, "probability") < 1);
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(first, "value")));
    cJSON_Delete(doc);
    free(text);
    text = SAID("predict", csv, "-m", model);
    assert_non_null(strstr(text, "above the last value"));
    free(text);
    EXPECT(2, "no path", "evaluate", csv, "-m", model, "--mode", "path");
    EXPECT(2, "ledger", "predict", csv, "-m", model, "--ledger", run_path("never.jsonl"));
    EXPECT(2, "horizon of 1", "predict", csv, "-m", model, "--horizon", "2");
    EXPECT(2, "not an option of 'validate'", "validate", csv, "--objective", "direction");
}

/* Both orders of a file of its own: forwards it ends in the newest row, in the file's order in the oldest. */
static void file_order_says_so(void **state) {
    (void)state;
    const char *newest = run_path("newest.csv");
    char *text = run_read(csv), *turned = calloc(1, strlen(text) + 1), *end = strrchr(text, '\n');
    strcpy(turned, "Date,Close,High\n");
    for (char *line; (line = strrchr(text, '\n')); *line = '\0') {
        if (line[1]) strcat(strcat(turned, line + 1), "\n");
        end = line;
    }
    assert_non_null(end);
    run_write(newest, turned);
    free(turned);
    free(text);
    Said s = RUN("train", newest, "-m", model, "--file-order", SMALL, "--train-rows", "284");
    assert_int_equal(s.code, 0);
    assert_non_null(strstr(s.err, "time runs backwards"));
    said_free(&s);
    text = SAID("evaluate", newest, "-m", model, "--json", "--leak-check");
    assert_non_null(strstr(text, "\"from\":\"2020-01-16\",\"to\":\"2020-01-01\",\"n\":16"));
    free(text);
    EXPECT(2, "the past", "predict", newest, "-m", model);
    EXPECT(2, "exclude each other", "train", newest, "-m", model, "--file-order", "--sort");
    s = RUN("train", newest, "-m", model, SMALL, "--train-rows", "284");
    assert_int_equal(s.code, 0);
    assert_null(strstr(s.err, "backwards"));
    said_free(&s);
    text = SAID("evaluate", newest, "-m", model, "--json");
    assert_non_null(strstr(text, "\"to\":\"2020-10-26\",\"n\":16"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_ranks),
        cmocka_unit_test(compare_on_any_threads),
        cmocka_unit_test(compare_logs_every_fit),
        cmocka_unit_test(compare_refuses),
        cmocka_unit_test(tune_goes_on),
        cmocka_unit_test(tune_goes_on_after_a_signal),
        cmocka_unit_test(tune_refuses_a_damaged_log),
        cmocka_unit_test(importance_is_told),
        cmocka_unit_test(indicators_are_told_by_name),
        cmocka_unit_test(a_rise_is_told),
        cmocka_unit_test(file_order_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
