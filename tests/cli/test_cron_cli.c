/* What a cron job leans on: the lock, --if-changed, --max-age, and silence. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lstmfc/date.h"
#include "lstmfc/file.h"

#include "run.h"

#define SMALL "--preset", "classic", "--layers", "lstm:3", "--window", "8", "--epochs", "2"

enum { N_ROWS = 100 };

static char csv[512], model[512];

/* Working days from `first` on, a wave: Date,Close,High. */
static void write_series(const char *path, Date first, size_t n_rows, double spoil) {
    char text[8192], date[DATE_TEXT];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close,High\n");
    Date day = first;
    for (size_t i = 0; i < n_rows; i++, day++) {
        while (date_weekday(day) >= 5) day++;
        const double close = 100 + 0.2 * (double)i + 5 * sin((double)i / 7) + (i == 50 ? spoil : 0);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f,%.2f\n", date_format(day, date), close, close + 1);
    }
    run_write(path, text);
}

static int set_up(void **state) {
    (void)state;
    strcpy(csv, run_path("prices.csv"));
    strcpy(model, run_path("model"));
    write_series(csv, date_from_civil(2020, 1, 1), N_ROWS, 0); /* Wednesday; the last row is Tuesday 2020-05-19 */
    Said said = RUN("train", csv, "-m", model, SMALL, "-q");
    assert_int_equal(said.code, 0);
    assert_string_equal(said.out, "");
    assert_string_equal(said.err, "");
    said_free(&said);
    return 0;
}

static void expect(int code, const char *out, const char *err, const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    const bool ok = said.code == code && (!out || strstr(said.out, out)) && (!err || strstr(said.err, err));
    if (!ok) print_error("%s: exit %d, '%s', '%s'\n", arguments[0], said.code, said.out, said.err);
    assert_true(ok);
    said_free(&said);
}

#define EXPECT(code, out, err, ...) expect(code, out, err, (const char *const[]){__VA_ARGS__, NULL})

/* ---- --if-changed ---- */

typedef struct Look {
    char hash[65];
    struct stat status;
} Look;

static Look look(const char *path) {
    Look seen;
    unsigned char *bytes;
    size_t n;
    Error error = {0};
    FileHash hash;
    assert_true(file_read(path, 0, &bytes, &n, &error));
    file_hash_init(&hash);
    file_hash_add(&hash, bytes, n);
    file_hash_finish(&hash, seen.hash);
    free(bytes);
    assert_int_equal(stat(path, &seen.status), 0);
    return seen;
}

/* A file written anew is another file even where its bytes are the same. */
static bool untouched(const Look *before) {
    const Look after = look(model);
    const struct stat *a = &before->status, *b = &after.status;
    return strcmp(before->hash, after.hash) == 0 && a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void test_unchanged_is_left_alone(void **state) {
    (void)state;
    const Look before = look(model);
    EXPECT(0, "is up to date", NULL, "train", csv, "-m", model, SMALL, "--if-changed");
    EXPECT(0, "\"changed\":false", NULL, "train", csv, "-m", model, SMALL, "--if-changed", "--json");
    Said said = RUN("train", csv, "-m", model, SMALL, "--if-changed", "-q");
    assert_int_equal(said.code, 0);
    assert_string_equal(said.out, "");
    assert_string_equal(said.err, "");
    said_free(&said);
    assert_true(untouched(&before));
    /* The control: without the option the file is another, with the same bytes. */
    EXPECT(0, "\"changed\":true", NULL, "train", csv, "-m", model, SMALL, "--json");
    assert_false(untouched(&before));
    assert_string_equal(look(model).hash, before.hash);
}

/* Each of these is a reason to train; what was there is put back behind each. */
static void test_changes_are_seen(void **state) {
    (void)state;
    const char *other = run_path("other.csv"), *longer = run_path("longer.csv"), *later = run_path("later.csv");
    const Date first = date_from_civil(2020, 1, 1);
    write_series(other, first, N_ROWS, 0.01);
    write_series(longer, first, N_ROWS + 1, 0);
    write_series(later, first + 7, N_ROWS, 0);
    const char *const rows[] = {other, longer, later};
    for (size_t i = 0; i < 3; i++) {
        const Look before = look(model);
        EXPECT(0, "\"changed\":true", "the rows to train on have changed", "train", rows[i], "-m", model, SMALL, "--if-changed", "--json");
        assert_false(untouched(&before));
        EXPECT(0, NULL, NULL, "train", csv, "-m", model, SMALL, "-q");
    }
    const char *const options[][2] = {{"--seed", "8"}, {"--lr", "0.002"}, {"--epochs", "3"}, {"--anchor", "ratio"}, {"--target", "High"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        EXPECT(0, "\"changed\":true", "other settings", "train", csv, "-m", model, SMALL, options[i][0], options[i][1], "--if-changed",
               "--json");
        EXPECT(0, NULL, NULL, "train", csv, "-m", model, SMALL, "-q");
    }
}

/* Rows behind the training part do not matter. */
static void test_later_rows_do_not_count(void **state) {
    (void)state;
    const char *longer = run_path("longer.csv"), *kept = run_path("kept");
    write_series(longer, date_from_civil(2020, 1, 1), N_ROWS + 5, 0);
    EXPECT(0, NULL, NULL, "train", csv, "-m", kept, SMALL, "--train-to", "2020-04-30", "-q");
    EXPECT(0, "up to date", NULL, "train", longer, "-m", kept, SMALL, "--train-to", "2020-04-30", "--if-changed");
}

static void test_damage_and_absence_are_reasons_to_train(void **state) {
    (void)state;
    const char *path = run_path("damaged");
    run_write(path, "no model");
    EXPECT(0, NULL, "not a sound model", "train", csv, "-m", path, SMALL, "--if-changed");
    EXPECT(0, "up to date", NULL, "train", csv, "-m", path, SMALL, "--if-changed");
    EXPECT(0, NULL, "there is none to read", "train", csv, "-m", run_path("absent"), SMALL, "--if-changed");
}

/* What looks at more than the training rows is trained each time. */
static void test_not_claimed_where_it_cannot_be_told(void **state) {
    (void)state;
    const char *path = run_path("from");
    for (int i = 0; i < 2; i++) {
        EXPECT(0, NULL, "'init-from'", "train", csv, "-m", path, SMALL, "--init-from", model, "--if-changed");
        EXPECT(0, NULL, "'scale-fit all'", "train", csv, "-m", path, SMALL, "--scale-fit", "all", "--if-changed");
    }
}

/* ---- the lock ---- */

static void test_lock(void **state) {
    (void)state;
    const Look before = look(model);
    FileLock lock;
    Error error = {0};
    assert_true(file_lock(&lock, model, 0, &error));
    EXPECT(7, "", "another run holds the lock", "train", csv, "-m", model, SMALL, "--lock-wait", "0");
    EXPECT(7, "", "another run holds the lock", "train", csv, "-m", model, SMALL, "--lock-wait", "0.2", "--if-changed");
    EXPECT(7, "", "\"code\":7", "train", csv, "-m", model, SMALL, "--lock-wait", "0", "--json");
    assert_true(untouched(&before));
    /* Another model is another lock; who only reads asks for none. */
    EXPECT(0, NULL, NULL, "train", csv, "-m", run_path("second"), SMALL, "--lock-wait", "0", "-q");
    EXPECT(0, NULL, NULL, "predict", csv, "-m", model, "-q");
    file_unlock(&lock);
    EXPECT(0, NULL, NULL, "train", csv, "-m", model, SMALL, "--lock-wait", "0", "-q");
}

static void test_waits_for_the_lock(void **state) {
    (void)state;
    const struct timespec pause = {0, 400000000};
    FileLock lock;
    Error error = {0};
    int status;
    assert_true(file_lock(&lock, model, 0, &error));
    const pid_t pid = run_begin((const char *const[]){"train", csv, "-m", model, SMALL, "--lock-wait", "60", "-q", NULL});
    nanosleep(&pause, NULL);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
    file_unlock(&lock);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_devices_are_not_locked(void **state) {
    (void)state;
    EXPECT(0, NULL, NULL, "train", csv, "-m", "/dev/null", SMALL, "-q");
    assert_int_not_equal(access("/dev/null.lock", F_OK), 0);
}

/* ---- --max-age ---- */

static void test_age_is_counted_in_sessions(void **state) {
    (void)state;
    static const struct {
        const char *now, *most;
        int code;
    } cases[] = {
        {"2020-05-19", "0", 0}, {"2020-05-20", "0", 5}, {"2020-05-20", "1", 0}, {"2020-05-21", "1", 5},
        {"2020-05-22", "3", 0}, {"2020-05-24", "3", 0}, {"2020-05-25", "3", 5}, {"2020-05-25", "4", 0}, /* a weekend adds nothing */
        {"2020-01-01", "0", 0},                                                                      /* rows of the future are not old */
    };
    const char *early = run_path("early");
    EXPECT(0, NULL, NULL, "train", csv, "-m", early, SMALL, "--train-to", "2020-03-31", "-q");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        EXPECT(cases[i].code, NULL, cases[i].code ? "the last row is of 2020-05-19" : NULL, "predict", csv, "-m", model, "--max-age",
               cases[i].most, "--now", cases[i].now);
        EXPECT(cases[i].code, NULL, cases[i].code ? "\"class\":\"stale\"" : NULL, "evaluate", csv, "-m", early, "--max-age", cases[i].most,
               "--now", cases[i].now, "--json");
    }
}

/* Without --now it is the clock's day that counts; without --max-age nothing is too old. */
static void test_clock(void **state) {
    (void)state;
    const Date today = (Date)(time(NULL) / 86400);
    const char *fresh = run_path("fresh.csv");
    write_series(fresh, today - 200, N_ROWS + 60, 0);
    EXPECT(0, NULL, NULL, "predict", csv, "-m", model);
    EXPECT(5, "", "allow more with --max-age", "predict", csv, "-m", model, "--max-age", "200");
    EXPECT(0, NULL, NULL, "predict", fresh, "-m", model, "--max-age", "2");
    EXPECT(0, NULL, NULL, "predict", csv, "-m", model, "--now", "2030-01-01");
    EXPECT(2, "", "'max-age'", "predict", csv, "-m", model, "--max-age", "-1");
    EXPECT(2, "", "'now'", "predict", csv, "-m", model, "--max-age", "1", "--now", "today");
}

static void test_holidays(void **state) {
    (void)state;
    const char *list = run_path("holidays.txt"), *bad = run_path("bad.txt"), *empty = run_path("empty.txt");
    /* unordered, one twice, one a Saturday */
    run_write(list, "# days off\n2020-05-21 # Thursday\r\n\n  2020-05-20\n2020-05-20\n2020-05-23\n2019-12-25");
    run_write(bad, "2020-05-20\n20.05.2020\n");
    run_write(empty, "");
    EXPECT(5, "", "3 sessions before", "predict", csv, "-m", model, "--max-age", "1", "--now", "2020-05-22");
    EXPECT(0, "\"date\":\"2020-05-22\"", NULL, "predict", csv, "-m", model, "--max-age", "1", "--now", "2020-05-22", "--holidays", list,
           "--json");
    EXPECT(5, "", "2 sessions before", "predict", csv, "-m", model, "--max-age", "1", "--now", "2020-05-25", "--holidays", list);
    EXPECT(0, "\"date\":\"2020-05-20\"", NULL, "predict", csv, "-m", model, "--holidays", empty, "--json");
    EXPECT(3, "", "bad.txt:2: '20.05.2020' is not a date", "predict", csv, "-m", model, "--holidays", bad);
    EXPECT(9, "", "cannot open", "predict", csv, "-m", model, "--holidays", run_path("absent.txt"));
}

/* ---- the scripts of docs/cron.md, as pasted, in an environment with nothing in it ---- */

/* Block number `number` of those that begin with ```sh. */
static void paste(const char *name, int number) {
    char *text = run_read(LSTMFC_SOURCE_DIR "/docs/cron.md"), *at = text;
    assert_non_null(text);
    for (int i = 0; i <= number; i++) {
        at = strstr(at, "\n```sh\n");
        assert_non_null(at);
        at += strlen("\n```sh\n");
    }
    char *end = strstr(at, "\n```\n");
    assert_non_null(end);
    end[1] = '\0';
    run_write(run_path(name), at);
    free(text);
}

/* As cron would: no home, no locale, no terminal. Exit code; what it said is left in "said". */
static int cron(const char *script, const char *options) {
    char command[2048], program[512];
    snprintf(program, sizeof program, "%s", LSTMFC_BINARY);
    *strrchr(program, '/') = '\0';
    snprintf(command, sizeof command, "env -i PATH='%s:/usr/bin:/bin' sh '%s' '%s' %s </dev/null >'%s' 2>&1", program, run_path(script),
             run_folder(), options, run_path("said"));
    const int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void said_part(const char *part) {
    char *said = run_read(run_path("said"));
    assert_non_null(said);
    if (*part ? !strstr(said, part) : *said) print_error("wanted '%s', said '%s'\n", part, said);
    assert_true(*part ? strstr(said, part) != NULL : !*said);
    free(said);
}

static void test_scripts(void **state) {
    (void)state;
    const char *quick = "--preset classic --layers lstm:3 --window 8 --epochs 2";
    FileLock lock;
    Error error = {0};
    paste("weekly.sh", 0);
    paste("nightly.sh", 1);
    assert_int_equal(cron("nightly.sh", "--now 2020-05-19"), 9);
    said_part("prices.safetensors");
    assert_int_equal(cron("weekly.sh", quick), 0);
    said_part("");
    const Look before = look(run_path("prices.safetensors"));
    assert_int_equal(cron("weekly.sh", quick), 0);
    assert_true(look(run_path("prices.safetensors")).status.st_ino == before.status.st_ino);
    assert_true(file_lock(&lock, run_path("prices.safetensors"), 0, &error));
    assert_int_equal(cron("weekly.sh", "--lock-wait 0"), 0); /* left to the other run */
    file_unlock(&lock);
    assert_int_equal(cron("weekly.sh", "--layers none"), 2);
    assert_int_equal(cron("nightly.sh", "--now 2020-05-20"), 0);
    said_part("");
    char *forecast = run_read(run_path("forecast.json"));
    assert_non_null(forecast);
    assert_non_null(strstr(forecast, "\"date\":\"2020-05-20\""));
    assert_int_equal(cron("nightly.sh", "--now 2020-05-21"), 5);
    said_part("2 sessions before 2020-05-21");
    char *after = run_read(run_path("forecast.json"));
    assert_string_equal(after, forecast);
    free(forecast);
    free(after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unchanged_is_left_alone),
        cmocka_unit_test(test_changes_are_seen),
        cmocka_unit_test(test_later_rows_do_not_count),
        cmocka_unit_test(test_damage_and_absence_are_reasons_to_train),
        cmocka_unit_test(test_not_claimed_where_it_cannot_be_told),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_waits_for_the_lock),
        cmocka_unit_test(test_devices_are_not_locked),
        cmocka_unit_test(test_age_is_counted_in_sessions),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_holidays),
        cmocka_unit_test(test_scripts),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
