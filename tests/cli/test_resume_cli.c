/* train --resume: killed at any moment, a run loses at most one epoch and ends in the bytes of one that was not. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <time.h>

#include "lstmfc/date.h"

#include "run.h"

enum { N_ROWS = 500, WORDS = 48, KILLS = 40 };

static char csv[512], other_csv[512], whole[512], cut[512], checkpoint[512], log_file[512];

static void write_series(const char *path, double spoil) {
    static char text[1 << 15];
    char date[DATE_TEXT];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close,High\n");
    Date day = date_from_civil(2018, 1, 1);
    for (size_t i = 0; i < N_ROWS; i++, day++) {
        while (date_weekday(day) >= 5) day++;
        const double close = 100 + 0.2 * (double)i + 5 * sin((double)i / 7) + (double)(i * 37 % 11) / 10 + (i == 50 ? spoil : 0);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f,%.2f\n", date_format(day, date), close, close + 1);
    }
    run_write(path, text);
}

static int set_up(void **state) {
    (void)state;
    strcpy(csv, run_path("prices.csv"));
    strcpy(other_csv, run_path("other.csv"));
    strcpy(whole, run_path("whole"));
    strcpy(cut, run_path("cut"));
    strcpy(checkpoint, run_path("cut.checkpoint"));
    strcpy(log_file, run_path("log"));
    write_series(csv, 0);
    write_series(other_csv, 1);
    return 0;
}

/* "train CSV -m MODEL ..." in `words`. */
static void command(const char **words, const char *model, const char *const *options, const char *const *more) {
    size_t n = 0;
    const char *const begin[] = {"train", csv, "-m", model, "-q"};
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++) words[n++] = begin[i];
    for (; *options; options++) words[n++] = *options;
    for (; *more; more++) words[n++] = *more;
    assert_true(n < WORDS);
    words[n] = NULL;
}

static size_t lines_of(const char *path) {
    char *text = run_read(path);
    size_t n = 0;
    for (const char *at = text; at && *at; at++) n += *at == '\n';
    free(text);
    return n;
}

static bool same_files(const char *a, const char *b) {
    char one[1100];
    snprintf(one, sizeof one, "cmp -s '%s' '%s'", a, b);
    return system(one) == 0;
}

/* Starts it and kills it once the log has so many lines. True where it ended by itself first. */
static bool run_and_kill(const char *const *words, size_t lines) {
    int status = 0;
    const pid_t pid = run_begin(words);
    for (int i = 0; i < 30000; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
            return true;
        }
        if (lines_of(log_file) >= lines) {
            kill(pid, SIGKILL);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            return WIFEXITED(status); /* it may have been quicker */
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    fail_msg("no epoch in half a minute");
    return false;
}

/* Kills every few epochs; epochs told of more than once are what was lost. */
static void broken_off(const char *const *options, size_t every) {
    const char *words[WORDS];
    size_t kills = 0;
    command(words, whole, options, (const char *const[]){"--log", log_file, NULL});
    unlink(log_file);
    Said said = run_program(words, NULL, NULL);
    assert_int_equal(said.code, 0);
    said_free(&said);
    const size_t epochs = lines_of(log_file);
    unlink(log_file);
    unlink(cut);
    unlink(checkpoint);
    command(words, cut, options, (const char *const[]){"--log", log_file, "--resume", "--threads", "1", NULL});
    while (!run_and_kill(words, lines_of(log_file) + every + kills % 2)) {
        assert_true(++kills < KILLS);
        assert_int_not_equal(access(cut, F_OK), 0);
    }
    assert_true(kills > 0);
    assert_true(same_files(whole, cut));
    assert_int_not_equal(access(checkpoint, F_OK), 0);
    assert_true(lines_of(log_file) <= epochs + kills);
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_one_network(void **state) {
    (void)state;
    broken_off(OPTIONS("--layers", "lstm:8,dropout:0.3,dense:4", "--window", "30", "--epochs", "12", "--ensemble", "1", "--shrink", "none",
                       "--patience", "4"),
               2);
    broken_off(OPTIONS("--preset", "classic", "--layers", "gru:6,lstm:6", "--epochs", "9", "--optimizer", "rmsprop", "--momentum", "0.5",
                       "--weight-decay", "0.01"),
               1);
    broken_off(OPTIONS("--preset", "classic", "--layers", "bilstm:5", "--epochs", "9", "--optimizer", "sgd", "--momentum", "0.9",
                       "--clip-norm", "1", "--scale-fit", "all"),
               2);
}

/* Members, then the folds of the rolling origins; --threads 1 of the second run changes nothing. */
static void test_ensemble_and_folds(void **state) {
    (void)state;
    broken_off(OPTIONS("--layers", "gru:6", "--window", "20", "--epochs", "8", "--ensemble", "3"), 3);
}

/* Leaves a checkpoint behind a run that was killed. */
static void leave_checkpoint(const char *const *options) {
    const char *words[WORDS];
    unlink(cut);
    unlink(checkpoint);
    unlink(log_file);
    command(words, cut, options, (const char *const[]){"--log", log_file, "--resume", NULL});
    assert_false(run_and_kill(words, 3));
    assert_int_equal(access(checkpoint, F_OK), 0);
}

static void expect(int code, const char *part, const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    if (said.code != code || !strstr(said.err, part)) print_error("exit %d, %s\n", said.code, said.err);
    assert_int_equal(said.code, code);
    assert_non_null(strstr(said.err, part));
    said_free(&said);
}

#define EXPECT(code, part, ...) expect(code, part, (const char *const[]){__VA_ARGS__, NULL})
#define LONG "--preset", "classic", "--layers", "lstm:16", "--epochs", "60"

static void test_refusals(void **state) {
    (void)state;
    leave_checkpoint(OPTIONS(LONG));
    EXPECT(2, "the checkpoint is of other settings: 'seed' was '1' and is '2' (without --resume training begins anew)", "train", csv, "-m",
           cut, LONG, "--resume", "--seed", "2");
    EXPECT(2, "'epochs' was '60' and is '61'", "train", csv, "-m", cut, LONG, "--resume", "--epochs", "61");
    EXPECT(2, "'layers' was 'lstm:16' and is 'lstm:17'", "train", csv, "-m", cut, LONG, "--resume", "--layers", "lstm:17");
    EXPECT(3, "cut.checkpoint: the checkpoint is of other rows", "train", other_csv, "-m", cut, LONG, "--resume");
    EXPECT(2, "'train-rows' was 'not given' and is '400'", "train", csv, "-m", cut, LONG, "--resume", "--train-rows", "400");
    EXPECT(4, "", "inspect", checkpoint);
    assert_int_not_equal(access(cut, F_OK), 0);
}

static void test_damage(void **state) {
    (void)state;
    leave_checkpoint(OPTIONS(LONG));
    FILE *file = fopen(checkpoint, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -5, SEEK_END), 0);
    const int byte = fgetc(file);
    assert_int_equal(fseek(file, -5, SEEK_END), 0);
    fputc(byte ^ 1, file);
    fclose(file);
    EXPECT(4, "cut.checkpoint: checksum does not match", "train", csv, "-m", cut, LONG, "--resume");
    run_write(checkpoint, "nonsense");
    EXPECT(4, "cut.checkpoint", "train", csv, "-m", cut, LONG, "--resume");
    /* A model is no checkpoint. */
    Said said = RUN("train", csv, "-m", whole, LONG, "--epochs", "1", "-q");
    assert_int_equal(said.code, 0);
    said_free(&said);
    assert_int_equal(rename(whole, checkpoint), 0);
    EXPECT(4, "not a checkpoint", "train", csv, "-m", cut, LONG, "--resume");
    /* Without --resume it is no hindrance, and goes away. */
    EXPECT(0, "this run begins anew", "train", csv, "-m", cut, LONG, "--epochs", "2");
    assert_int_not_equal(access(checkpoint, F_OK), 0);
    EXPECT(0, "no checkpoint is there", "train", csv, "-m", cut, LONG, "--epochs", "2", "--resume");
}

/* The control: bytes tell runs apart. Another order of the windows ends in another model. */
static void test_other_runs_differ(void **state) {
    (void)state;
    const char *words[WORDS];
    command(words, whole, OPTIONS(LONG), OPTIONS("--no-shuffle"));
    Said said = run_program(words, NULL, NULL);
    said_free(&said);
    command(words, cut, OPTIONS(LONG), (const char *const[]){NULL});
    said = run_program(words, NULL, NULL);
    assert_int_equal(said.code, 0);
    said_free(&said);
    assert_false(same_files(whole, cut));
}

static void test_a_signal_keeps_it(void **state) {
    (void)state;
    int status = 0;
    const char *words[WORDS];
    unlink(cut);
    unlink(checkpoint);
    unlink(log_file);
    command(words, cut, OPTIONS(LONG), (const char *const[]){"--log", log_file, "--resume", NULL});
    const pid_t pid = run_begin(words);
    for (int i = 0; i < 30000 && lines_of(log_file) < 2; i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_int_equal(access(checkpoint, F_OK), 0);
    assert_int_not_equal(access(cut, F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_network), cmocka_unit_test(test_ensemble_and_folds),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_damage),      cmocka_unit_test(test_other_runs_differ)  , cmocka_unit_test(test_a_signal_keeps_it),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
