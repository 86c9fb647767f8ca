/* Every exit code, with the command that causes it. 1, an error of our own, has none. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "lstmfc/file.h"
#include "run.h"

#define SMALL "--layers", "rnn:4", "--window", "8", "--epochs", "1", "--ensemble", "1", "--shrink", "none"

static char csv[512], model[512];

static int prepare(void **state) {
    (void)state;
    char text[8000] = "Date,Close\n";
    unsigned noise = 7, cents = 9000;
    for (int day = 0; day < 200; day++) {
        noise = noise * 1664525u + 1013904223u;
        cents += 50 - (noise >> 20) % 101; /* a walk that nobody can forecast */
        snprintf(text + strlen(text), 40, "2020-%02d-%02d,%u.%02u\n", 1 + day / 28, 1 + day % 28, cents / 100, cents % 100);
    }
    strcpy(csv, run_path("prices.csv"));
    strcpy(model, run_path("prices.safetensors"));
    run_write(csv, text);
    return 0;
}

static void expect(int code, const char *part, Said said) {
    if (said.code != code || (part && !strstr(said.err, part))) fail_msg("exit code %d instead of %d: %s", said.code, code, said.err);
    said_free(&said);
}

static void codes_0_to_9(void **state) {
    (void)state;
    const char *damaged = run_path("damaged.safetensors"), *bad = run_path("bad.csv");
    FileLock lock;
    Error error = {0};
    run_write(damaged, "no model");
    run_write(bad, "Date,Close\n2020-01-02,1.5\n2020-01-03,x\n");
    expect(0, NULL, RUN("train", csv, "-m", model, SMALL, "--train-to", "2020-05-28"));
    expect(2, "there is no option '--epcohs' (did you mean '--epochs'?)", RUN("train", csv, "-m", model, "--epcohs", "3"));
    expect(3, "bad.csv:3:12", RUN("train", bad, "-m", model));
    expect(4, "damaged.safetensors", RUN("predict", csv, "-m", damaged));
    expect(5, "sessions before 2030-01-01", RUN("predict", csv, "-m", model, "--max-age", "3", "--now", "2030-01-01"));
    expect(6, "required skill is missing", RUN("evaluate", csv, "-m", model, "--require-skill"));
    assert_true(file_lock(&lock, model, 0, &error));
    expect(7, NULL, RUN("train", csv, "-m", model, SMALL, "--lock-wait", "0"));
    file_unlock(&lock);
    expect(0, NULL, RUN("train", csv, "-m", model, SMALL, "--lock-wait", "0", "--train-to", "2020-05-28"));
    expect(8, NULL,
           RUN("train", csv, "-m", run_path("wild"), "--layers", "rnn:4:relu", "--window", "8", "--optimizer", "sgd", "--lr", "1000",
               "--epochs", "50"));
    expect(9, "no such file", RUN("train", run_path("absent.csv"), "-m", model));
}

/* A network too large for the memory it is allowed. Not under sanitizers, which want terabytes of addresses. */
static void code_10(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip();
#else
    struct rlimit whole, small;
    assert_int_equal(getrlimit(RLIMIT_AS, &whole), 0);
    small = whole;
    small.rlim_cur = 192u << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
    Said said = RUN("train", csv, "-m", run_path("large"), "--layers", "lstm:4000", "--window", "8", "--epochs", "1", "--threads", "1");
    assert_int_equal(setrlimit(RLIMIT_AS, &whole), 0);
    expect(10, "out of memory", said);
    assert_null(run_read(run_path("large")));
#endif
}

/* As a shell sees a signal: 128 and its number. */
static void codes_130_and_143(void **state) {
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        const struct timespec wait = {.tv_nsec = 700000000};
        const pid_t pid = run_begin((const char *const[]){"train", csv, "-m", run_path("unmade"), "--preset", "classic", "--window", "8",
                                                          "--epochs", "1000000", NULL});
        nanosleep(&wait, NULL);
        assert_int_equal(kill(pid, signals[i]), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(128 + WTERMSIG(status), i == 0 ? 130 : 143);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_0_to_9),
        cmocka_unit_test(code_10),
        cmocka_unit_test(codes_130_and_143),
    };
    return cmocka_run_group_tests(tests, prepare, run_clean);
}
