/* chars: train and sample as a user does it, the same bytes each time, and what is refused. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "number.h"
#include "run.h"

static const char names[] = LSTMFC_SOURCE_DIR "/data/dragons.txt";

static cJSON *document(const char *text) {
    cJSON *json = cJSON_Parse(text);
    if (!json) fail_msg("no JSON: %s", text);
    return json;
}

static void test_train_and_sample(void **state) {
    (void)state;
    char model[512];
    snprintf(model, sizeof model, "%s", run_path("m"));
    Said trained = RUN("chars", "train", names, "-m", model, "--iterations", "6000", "--every", "2000");
    assert_int_equal(trained.code, 0);
    const char *at = trained.out;
    for (int i = 0; i <= 3; i++) {
        char line[40];
        snprintf(line, sizeof line, "iteration %d, loss ", 2000 * i);
        at = strstr(at, line);
        assert_non_null(at);
        size_t n_lines = 0;
        for (const char *p = at; *p && !(p[0] == '\n' && p[1] == '\n'); p++) n_lines += *p == '\n';
        assert_int_equal(n_lines, 7); /* and none behind the last */
    }
    assert_non_null(strstr(at, "200, of 26 letters"));
    Said sampled = RUN("chars", "sample", "-m", model, "-n", "9"), again = RUN("chars", "sample", "-m", model, "-n", "9"),
         other = RUN("chars", "sample", "-m", model, "-n", "9", "--seed", "2");
    assert_int_equal(sampled.code, 0);
    size_t n = 0;
    for (const char *p = sampled.out; *p; p++) n += *p == '\n';
    assert_int_equal(n, 9);
    assert_true(sampled.out[0] >= 'A' && sampled.out[0] <= 'Z');
    assert_string_equal(sampled.out, again.out);
    assert_string_not_equal(sampled.out, other.out);
    said_free(&trained);
    said_free(&sampled);
    said_free(&again);
    said_free(&other);
}

static void test_json_and_bytes(void **state) {
    (void)state;
    char first[512], second[512];
    snprintf(first, sizeof first, "%s", run_path("a"));
    snprintf(second, sizeof second, "%s", run_path("b"));
    Said one = RUN("chars", "train", names, "-m", first, "--layers", "rnn:50", "--iterations", "5000", "--json", "-n", "3");
    Said two = RUN("chars", "train", names, "-m", second, "--layers", "rnn:50", "--iterations", "5000", "-q");
    assert_int_equal(one.code, 0);
    assert_int_equal(two.code, 0);
    assert_string_equal(two.out, "");
    cJSON *json = document(one.out);
    const cJSON *losses = cJSON_GetObjectItemCaseSensitive(json, "losses");
    assert_int_equal(cJSON_GetArraySize(losses), 4); /* 0, 2000, 4000, 5000 */
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(losses, 0), "samples")), 3);
    assert_true(number(cJSON_GetArrayItem(losses, 3), "iteration") == 5000 &&
                number(cJSON_GetArrayItem(losses, 3), "loss") == number(json, "loss"));
    assert_true(number(json, "examples") == 200 && number(json, "letters") == 26 && number(json, "loss") < 17 &&
                number(cJSON_GetArrayItem(losses, 0), "loss") > 22);
    cJSON_Delete(json);
    char *a = run_read(first), *b = run_read(second);
    assert_string_equal(a + 8, b + 8); /* the header, with the checksum over all bytes */
    free(a);
    free(b);
    said_free(&one);
    said_free(&two);
}

/* Each line of the log is whole; the caller deletes the last. */
static cJSON *last_line(char *text, size_t *n) {
    cJSON *json = NULL;
    *n = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON_Delete(json);
        json = document(line);
        assert_true(number(json, "iteration") == (double)(1000 * *n) || number(json, "iteration") == number(json, "iterations"));
        (*n)++;
    }
    assert_non_null(json);
    return json;
}

/* What was said before stands in the log first: it is appended to. */
static void test_log(void **state) {
    (void)state;
    char log[512];
    size_t n;
    snprintf(log, sizeof log, "%s", run_path("log"));
    run_write(log, "{\"iteration\":0}\n");
    Said said = RUN("chars", "train", names, "-m", run_path("l"), "--iterations", "2500", "--every", "1000", "--log", log, "--no-progress",
                    "--json");
    assert_int_equal(said.code, 0);
    char *text = run_read(log);
    assert_non_null(text);
    assert_ptr_equal(strstr(text, "{\"iteration\":0}\n{\"iteration\":0,"), text);
    cJSON *json = last_line(text + 16, &n), *report = document(said.out);
    assert_int_equal(n, 4); /* 0, 1000, 2000, 2500 */
    assert_true(number(json, "iteration") == 2500 && number(json, "loss") == number(report, "loss") && number(json, "seconds") > 0);
    cJSON_Delete(json);
    cJSON_Delete(report);
    free(text);
    said_free(&said);
}

/* Broken off: by the signal, with a log of whole lines, and no model in its place. */
static void test_stopped(void **state) {
    (void)state;
    char log[512], model[512];
    size_t n;
    int status = 0;
    const struct timespec wait = {.tv_nsec = 20000000};
    signal(SIGINT, SIG_DFL); /* a shell's background job begins without it */
    snprintf(log, sizeof log, "%s", run_path("stopped.log"));
    snprintf(model, sizeof model, "%s", run_path("stopped"));
    const pid_t pid = run_begin(
        (const char *const[]){"chars", "train", names, "-m", model, "--iterations", "900000000", "--every", "1000", "--log", log, NULL});
    char *text = run_read(log);
    for (int i = 0; i < 3000 && (!text || !*text); i++) { /* until the first line stands */
        nanosleep(&wait, NULL);
        free(text);
        text = run_read(log);
    }
    free(text);
    assert_int_equal(kill(pid, SIGINT), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_null(run_read(model));
    text = run_read(log);
    assert_non_null(text);
    cJSON_Delete(last_line(text, &n));
    free(text);
}

static void refused(int code, const char *words, const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    if (said.code != code || !strstr(said.err, words)) fail_msg("%d: %s", said.code, said.err);
    assert_string_equal(said.out, "");
    said_free(&said);
}

#define REFUSED(code, words, ...) refused(code, words, (const char *const[]){__VA_ARGS__, NULL})

static void test_refusals(void **state) {
    (void)state;
    char model[512], forecaster[512], bad[512];
    snprintf(model, sizeof model, "%s", run_path("c"));
    snprintf(forecaster, sizeof forecaster, "%s", run_path("f"));
    snprintf(bad, sizeof bad, "%s", run_path("bad.txt"));
    Said made = RUN("chars", "train", names, "-m", model, "--iterations", "10", "-q");
    assert_int_equal(made.code, 0);
    said_free(&made);
    made = RUN("train", LSTMFC_SOURCE_DIR "/data/sp500-2000.csv", "-m", forecaster, "--from", "2019-01-01", "--layers", "rnn:2", "--epochs",
               "1", "--ensemble", "1", "--shrink", "none", "-q");
    assert_int_equal(made.code, 0);
    said_free(&made);
    run_write(bad, "one\ntw\to\x02\n");
    REFUSED(2, "'chars' wants more", "chars");
    REFUSED(2, "'chars' cannot 'smple' (did you mean 'sample'?)", "chars", "smple");
    REFUSED(2, "no file to learn from", "chars", "train", "-m", model);
    REFUSED(2, "no file given to save the model in", "chars", "train", names);
    REFUSED(2, "'--iterations' is not an option of 'chars sample'", "chars", "sample", "-m", model, "--iterations", "5");
    REFUSED(2, "'--log' is not an option of 'chars sample'", "chars", "sample", "-m", model, "--log", run_path("x"));
    REFUSED(9, "no-folder/log", "chars", "train", names, "-m", run_path("x"), "--log", "no-folder/log");
    REFUSED(2, "'chars sample' takes no file", "chars", "sample", names, "-m", model);
    REFUSED(2, "'bilstm' would see", "chars", "train", names, "-m", run_path("x"), "--layers", "bilstm:4");
    REFUSED(2, "'--epochs' is not an option of 'chars'", "chars", "train", names, "-m", run_path("x"), "--epochs", "5");
    REFUSED(3, "bad.txt:2: a control character", "chars", "train", bad, "-m", run_path("x"));
    REFUSED(9, "none.txt", "chars", "train", "none.txt", "-m", run_path("x"));
    REFUSED(4, "not a character model of lstmfc", "chars", "sample", "-m", forecaster);
    REFUSED(4, "a model of characters, and not of a series ('lstmfc chars sample' reads it)", "inspect", model);
    REFUSED(4, "a model of characters", "predict", LSTMFC_SOURCE_DIR "/data/sp500-2000.csv", "-m", model);
    assert_null(run_read(run_path("x")));
}

/* The dinosaurs' names of the exercise: LSTMFC_TEST_DATA names the folder that has dinos.txt. */
static void test_dinosaurs(void **state) {
    (void)state;
    static const char *const layers[] = {"rnn:50", "lstm:50", "gru:50"};
    const char *folder = getenv("LSTMFC_TEST_DATA");
    char file[512];
    snprintf(file, sizeof file, "%s/dinos.txt", folder ? folder : "");
    if (!folder || access(file, R_OK) != 0) {
        print_message("SKIPPED: no dinos.txt in LSTMFC_TEST_DATA\n");
        skip();
    }
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        Said said = RUN("chars", "train", file, "-m", run_path("d"), "--layers", layers[i], "--json");
        assert_int_equal(said.code, 0);
        cJSON *json = document(said.out);
        assert_true(number(json, "letters") == 27 && number(json, "examples") == 1536 && number(json, "iterations") == 35000);
        assert_true(number(json, "loss") < 23);
        cJSON_Delete(json);
        said_free(&said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train_and_sample),
        cmocka_unit_test(test_json_and_bytes),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_dinosaurs),
    };
    return cmocka_run_group_tests(tests, NULL, run_clean);
}
