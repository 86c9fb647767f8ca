/* On a terminal: the progress bar and colours, where they should be and nowhere else; and the help that teaches. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <time.h>

#include "lstmfc/date.h"

#include "run.h"

static char csv[512], model[512];

static int set_up(void **state) {
    (void)state;
    static char text[1 << 15];
    char date[DATE_TEXT];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close\n");
    Date day = date_from_civil(2018, 1, 1);
    strcpy(csv, run_path("prices.csv"));
    strcpy(model, run_path("model"));
    for (int i = 0; i < 1500; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f\n", date_format(day + i, date),
                               100 + 5 * sin(i / 7.0) + i * 37 % 11 / 10.0);
    run_write(csv, text);
    return 0;
}

/* What the program writes to a terminal that is all its streams; *seconds from start to end. The caller frees it. */
static char *on_terminal(const char *const *arguments, double *seconds) {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    const char *name = ptsname(terminal);
    const int keep = open(name, O_RDWR | O_NOCTTY); /* so that reading does not end before the program has begun */
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const pid_t pid = spawn(arguments, NULL, name, name);
    char *text = malloc(1 << 20);
    size_t n = 0;
    int status = 0;
    assert_non_null(text);
    fcntl(terminal, F_SETFL, O_NONBLOCK);
    for (bool ended = false; !ended;) {
        ended = waitpid(pid, &status, WNOHANG) == pid;
        for (ssize_t got = 1; got > 0 && n < (1 << 20) - 1;) {
            got = read(terminal, text + n, (1 << 20) - 1 - n);
            if (got > 0) n += (size_t)got;
        }
        if (!ended) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    close(keep);
    close(terminal);
    text[n] = '\0';
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    *seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    return text;
}

#define ON_TERMINAL(seconds, ...) on_terminal((const char *const[]){__VA_ARGS__, NULL}, seconds)

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) n++;
    return n;
}

/* Long enough for a bar on any machine. */
#define TRAIN "train", csv, "-m", model, "--preset", "classic", "--layers", "lstm:48", "--epochs", "5", "--threads", "1"

static void test_bar(void **state) {
    (void)state;
    double seconds;
    setenv("TERM", "xterm", 1);
    char *text = ON_TERMINAL(&seconds, TRAIN);
    const size_t bars = count(text, "\r\033[K[");
    assert_true(bars > 0);
    assert_true((double)bars <= 10 * seconds + 1);
    assert_non_null(strstr(text, "% "));
    assert_non_null(strstr(text, " left  loss "));
    /* wiped before the table */
    const char *last = strstr(text, "model  "), *wipe = NULL;
    for (const char *at = text; (at = strstr(at, "\r\033[K")); at++) wipe = at;
    assert_non_null(last);
    assert_true(wipe && wipe < last && wipe[4] != '[');
    free(text);
}

static void no_bar(char *text) {
    assert_int_equal(count(text, "\r\033[K"), 0);
    assert_int_equal(count(text, " left  "), 0);
    free(text);
}

static void test_no_bar(void **state) {
    (void)state;
    double seconds;
    setenv("TERM", "xterm", 1);
    no_bar(ON_TERMINAL(&seconds, TRAIN, "--no-progress"));
    no_bar(ON_TERMINAL(&seconds, TRAIN, "-q"));
    setenv("TERM", "dumb", 1);
    no_bar(ON_TERMINAL(&seconds, TRAIN));
    unsetenv("TERM");
    no_bar(ON_TERMINAL(&seconds, TRAIN));
    setenv("TERM", "xterm", 1);
    Said said = RUN(TRAIN); /* standard error is a file */
    assert_null(strchr(said.err, '\r'));
    said_free(&said);
}

static bool coloured(const char *terminal, const char *no_color, const char *when) {
    double seconds;
    if (terminal) setenv("TERM", terminal, 1);
    else unsetenv("TERM");
    if (no_color) setenv("NO_COLOR", no_color, 1);
    else unsetenv("NO_COLOR");
    char *text = ON_TERMINAL(&seconds, "check", csv, "--color", when);
    const bool found = strstr(text, "\033[") != NULL;
    free(text);
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    return found;
}

static void test_colours(void **state) {
    (void)state;
    double seconds;
    assert_true(coloured("xterm", NULL, "auto"));
    assert_true(coloured("xterm", "", "auto")); /* an empty NO_COLOR says nothing */
    assert_false(coloured("xterm", "1", "auto"));
    assert_false(coloured("dumb", NULL, "auto"));
    assert_false(coloured(NULL, NULL, "auto"));
    assert_false(coloured("xterm", NULL, "never"));
    assert_true(coloured("xterm", "1", "always"));
    Said said = RUN("check", csv);
    assert_null(strstr(said.out, "\033["));
    said_free(&said);
    said = RUN("check", csv, "--color", "always");
    assert_non_null(strstr(said.out, "\033["));
    said_free(&said);
    char *text = ON_TERMINAL(&seconds, "check", csv, "--json");
    assert_null(strstr(text, "\033["));
    free(text);
    text = ON_TERMINAL(&seconds, "check", csv, "-o", run_path("out.txt"));
    free(text);
    text = run_read(run_path("out.txt"));
    assert_null(strstr(text, "\033["));
    free(text);
}

static void teaches(const char *part, int code, const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    assert_int_equal(said.code, code);
    if (!strstr(said.err, part)) print_error("no '%s' in %s\n", part, said.err);
    assert_non_null(strstr(said.err, part));
    assert_string_equal(said.out, "");
    said_free(&said);
}

#define TEACHES(part, ...) teaches(part, 2, (const char *const[]){__VA_ARGS__, NULL})

/* Alone it shows the three commands that a newcomer needs; what is mistyped finds its neighbour, whatever it is. */
static void test_help_teaches(void **state) {
    (void)state;
    Said said = run_program((const char *const[]){NULL}, NULL, NULL);
    assert_int_equal(said.code, 2);
    assert_int_equal(count(said.err, "\n  lstmfc "), 3);
    assert_non_null(strstr(said.err, "  lstmfc train prices.csv -m "));
    assert_non_null(strstr(said.err, "  lstmfc evaluate prices.csv -m "));
    assert_non_null(strstr(said.err, "  lstmfc predict prices.csv -m "));
    said_free(&said);
    TEACHES("did you mean 'train'?", "trian");
    TEACHES("did you mean 'report'?", "help", "reprot");
    TEACHES("did you mean '--plot'?", "train", "--plto", "x.svg");
    TEACHES("did you mean '--resume'?", "train", "--resmue");
    TEACHES("did you mean '--dry-run'?", "train", "--dryrun");
    TEACHES("did you mean '--no-config'?", "check", "--noconfig");
    TEACHES("did you mean 'never'?", "check", csv, "--color", "nevr");
    TEACHES("did you mean 'classic'?", "train", csv, "-m", model, "--preset", "clasic");
    TEACHES("taken by train", "check", csv, "--resume");
    static const char *const names[] = {"train",   "evaluate", "predict", "validate", "compare", "tune", "check",
                                        "inspect", "ledger",   "report",  "presets",  "chars",   "help"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        said = RUN("help", names[i]);
        assert_int_equal(said.code, 0);
        assert_non_null(strstr(said.out, "\nExamples:\n  lstmfc "));
        for (const char *line = said.out; *line; line = strchr(line, '\n') + 1) assert_true(strcspn(line, "\n") <= 120);
        said_free(&said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bar),
        cmocka_unit_test(test_no_bar),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_help_teaches),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
