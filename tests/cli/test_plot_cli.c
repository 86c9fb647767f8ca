/* --plot: what is drawn, that nothing half drawn is left, and what is said where gnuplot is missing or fails. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>

#include "lstmfc/date.h"

#include "run.h"

#define SMALL "--preset", "classic", "--layers", "lstm:3", "--window", "8", "--epochs", "3", "--train-rows", "120"

enum { N_ROWS = 160 };

static char csv[512], model[512], path_before[4096];

/* The column has a name that a careless script would run, and a careless page would show as markup. */
static void write_series(const char *path) {
    char text[16384], date[DATE_TEXT];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close,it's `touch pwned` <b> & \\' ; quit\n");
    Date day = date_from_civil(2020, 1, 1);
    for (size_t i = 0; i < N_ROWS; i++, day++) {
        while (date_weekday(day) >= 5) day++;
        const double close = 100 + 0.2 * (double)i + 5 * sin((double)i / 7);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f,%.2f\n", date_format(day, date), close, close + 1);
    }
    run_write(path, text);
}

static int set_up(void **state) {
    (void)state;
    strcpy(csv, run_path("prices.csv"));
    strcpy(model, run_path("model"));
    snprintf(path_before, sizeof path_before, "%s", getenv("PATH"));
    write_series(csv);
    Said said = RUN("train", csv, "-m", model, SMALL, "-q");
    assert_int_equal(said.code, 0);
    said_free(&said);
    return 0;
}

static bool have_gnuplot(void) {
    if (system("command -v gnuplot >/dev/null 2>&1") == 0) return true;
    print_message("[  SKIPPED ] gnuplot is not installed: no picture is drawn (apt-get install gnuplot-nox)\n");
    return false;
}

/* Runs, demands success, and returns the file drawn; the caller frees it. */
static char *drawn(const char *name, const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    if (said.code) print_error("%s: exit %d, %s\n", arguments[0], said.code, said.err);
    assert_int_equal(said.code, 0);
    said_free(&said);
    char *text = run_read(run_path(name));
    assert_non_null(text);
    return text;
}

#define DRAWN(name, ...) drawn(name, (const char *const[]){__VA_ARGS__, "-q", "--plot", run_path(name), NULL})

static void holds(const char *text, const char *const *parts) {
    for (; *parts; parts++) {
        if (!strstr(text, *parts)) print_error("the picture has no '%s'\n", *parts);
        assert_non_null(strstr(text, *parts));
    }
}

#define HOLDS(text, ...) holds(text, (const char *const[]){__VA_ARGS__, NULL})

static void test_every_command_draws(void **state) {
    (void)state;
    if (!have_gnuplot()) skip();
    char *svg = DRAWN("train.svg", "train", csv, "-m", run_path("other"), SMALL, "--val-frac", "0.2", "--patience", "5");
    HOLDS(svg, "<svg", "Mean squared error by epoch", "Root mean squared error by epoch", "training", "validation", "kept", "</svg>");
    free(svg);
    svg = DRAWN("evaluate.svg", "evaluate", csv, "-m", model, "--level", "90");
    HOLDS(svg, "<svg", "Close", "actual", "forecast", "naive", "90 % interval", "Errors: forecast minus actual", "2020-07", "</svg>");
    free(svg);
    svg = DRAWN("validate.svg", "validate", csv, SMALL, "--train-size", "60", "--val-size", "10", "--step", "10");
    HOLDS(svg, "<svg", "Root mean squared error of each split", "training windows", "scored windows", "naive", "</svg>");
    free(svg);
    svg = DRAWN("predict.svg", "predict", csv, "-m", model, "--horizon", "5");
    HOLDS(svg, "<svg", "5 forecast, as of 2020-08-11", "80 % interval", "95 % interval", "forecast", "</svg>");
    free(svg);
}

/* Some years of weeks: no label of the axis stands twice in one panel, whichever form a date has there. Three panels of an evaluation have
 * the whole range. */
static void test_labels_of_years(void **state) {
    (void)state;
    if (!have_gnuplot()) skip();
    for (size_t n_weeks = 260; n_weeks <= 440; n_weeks += 20) {
        char text[32768], date[DATE_TEXT], label[16];
        const char *weeks = run_path("weeks.csv");
        size_t at = (size_t)snprintf(text, sizeof text, "Date,Close\n");
        for (size_t i = 0; i < 120 + n_weeks; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f\n", date_format(date_from_civil(1990, 3, 7) + 7 * (Date)i, date),
                                   100 + 5 * sin((double)i / 7));
        run_write(weeks, text);
        Said said = RUN("train", weeks, "-m", run_path("weekly"), SMALL, "-q");
        assert_int_equal(said.code, 0);
        said_free(&said);
        char *svg = DRAWN("weeks.svg", "evaluate", weeks, "-m", run_path("weekly"));
        for (int year = 1992; year < 2005; year++) {
            size_t n = 0;
            snprintf(label, sizeof label, ">%d<", year);
            for (const char *p = svg; (p = strstr(p, label)); p++) n++;
            if (n > 3) print_error("%zu weeks: %d stands %zu times\n", n_weeks, year, n);
            assert_true(n <= 3);
        }
        free(svg);
    }
}

static void test_png_and_page(void **state) {
    (void)state;
    if (!have_gnuplot()) skip();
    char *png = DRAWN("fan.png", "predict", csv, "-m", model);
    assert_memory_equal(png, "\211PNG\r\n\032\n", 8);
    free(png);
    char *page = DRAWN("fan.html", "predict", csv, "-m", model);
    HOLDS(page, "<!DOCTYPE html>", "<title>Forecast</title>", "<svg role=\"img\"", "id='p1-gpPt0'", "href='#p1-gpPt", "</html>");
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "='#gp"));
    free(page);
}

/* Twice the same picture is the same bytes; a document of --json is not touched by it. */
static void test_the_same_bytes(void **state) {
    (void)state;
    if (!have_gnuplot()) skip();
    char *one = DRAWN("one.svg", "predict", csv, "-m", model), *other = DRAWN("other.svg", "predict", csv, "-m", model);
    assert_string_equal(one, other);
    free(one);
    free(other);
    Said with = RUN("predict", csv, "-m", model, "--json", "--plot", run_path("one.svg")),
         without = RUN("predict", csv, "-m", model, "--json");
    assert_string_equal(with.out, without.out);
    said_free(&with);
    said_free(&without);
}

/* A column's name is text and nothing else. */
static void test_hostile_names(void **state) {
    (void)state;
    if (!have_gnuplot()) skip();
    const char *hostile = "it's `touch pwned` <b> & \\' ; quit";
    char *page = DRAWN("hostile.html", "train", csv, "-m", run_path("other"), SMALL, "--target", hostile);
    free(page);
    page = DRAWN("hostile.html", "predict", csv, "-m", run_path("other"));
    HOLDS(page, "`touch pwned`", "&lt;b> &amp;");
    assert_null(strstr(page, "<b>"));
    assert_int_not_equal(access("pwned", F_OK), 0);
    free(page);
}

static void test_terminal(void **state) {
    (void)state;
    if (!have_gnuplot()) skip();
    Said said = RUN("predict", csv, "-m", model, "--plot", "term");
    assert_int_equal(said.code, 0);
    HOLDS(said.out, "against naive", "+---", "***");
    said_free(&said);
    said = RUN("predict", csv, "-m", model, "--plot", "term", "-q");
    assert_int_equal(said.code, 0);
    assert_string_equal(said.out, "");
    said_free(&said);
}

static void refused(int code, const char *part, const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    if (said.code != code || !strstr(said.err, part)) print_error("exit %d, %s\n", said.code, said.err);
    assert_int_equal(said.code, code);
    assert_non_null(strstr(said.err, part));
    assert_string_equal(said.out, "");
    said_free(&said);
}

#define REFUSED(code, part, ...) refused(code, part, (const char *const[]){__VA_ARGS__, NULL})

static void test_refusals(void **state) {
    (void)state;
    REFUSED(2, "'plot' wants a file that ends in .svg, .png or .html, not 'fan.gif'", "predict", csv, "-m", model, "--plot", "fan.gif");
    REFUSED(2, "exclude each other", "predict", csv, "-m", model, "--plot", "term", "--json");
    REFUSED(2, "'--plot' is not an option of 'check'", "check", csv, "--plot", "a.svg");
    if (!have_gnuplot()) skip();
    REFUSED(9, "no such folder", "predict", csv, "-m", model, "--plot", run_path("nowhere/fan.svg"));
}

/* Each id once, nothing fetched, no script, and an HTML checker, where there is one, has nothing to say. */
static void is_sound(const char *path) {
    char command[1200], *page = run_read(path);
    assert_non_null(page);
    HOLDS(page, "<!DOCTYPE html>", "</html>");
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "src="));
    assert_null(strstr(page, "<link"));
    for (const char *at = page; (at = strstr(at, " id='")); at++) {
        char id[64] = "";
        sscanf(at, " id='%56[^']", id + 0);
        snprintf(command, sizeof command, " id='%s'", id);
        assert_null(strstr(at + 1, command));
    }
    free(page);
    snprintf(command, sizeof command, "tidy -q -e '%s' >'%s' 2>&1", path, run_path("tidy"));
    if (system("command -v tidy >/dev/null 2>&1") != 0) print_message("tidy is not installed: the page is not checked by it\n");
    else assert_int_equal(system(command), 0);
}

static void test_report(void **state) {
    (void)state;
    if (!have_gnuplot()) skip();
    const char *page = run_path("report.html"), *hostile = "it's `touch pwned` <b> & \\' ; quit", *other = run_path("other");
    Said said = RUN("report", csv, "-m", model, "-o", page, "--horizon", "3");
    assert_int_equal(said.code, 0);
    said_free(&said);
    char *text = run_read(page);
    HOLDS(text, "<h1>Close of ", "<h2>Forecast</h2>", "<h2>Evaluation</h2>", "<h2>Intervals</h2>", "<h2>Model</h2>", "<h2>Data</h2>",
          "Diebold-Mariano", "than naive</span>", "2020-08-14", "<td>layers</td><td>lstm:3</td>",
          "<td>rows</td><td>160, 2020-01-01 to 2020-08-11</td>");
    free(text);
    is_sound(page);
    /* names from the file are text on the page */
    said = RUN("train", csv, "-m", other, SMALL, "--target", hostile, "-q");
    assert_int_equal(said.code, 0);
    said_free(&said);
    said = RUN("report", csv, "-m", other, "-o", page);
    assert_int_equal(said.code, 0);
    said_free(&said);
    text = run_read(page);
    HOLDS(text, "<h1>it's `touch pwned` &lt;b&gt; &amp; ");
    assert_null(strstr(text, "<b>"));
    free(text);
    is_sound(page);
    /* nothing behind the training part: said, and no evaluation */
    said = RUN("report", csv, "-m", model, "--to", "2020-06-16");
    assert_int_equal(said.code, 0);
    HOLDS(said.out, "nothing could be scored", "<h2>Forecast</h2>");
    assert_null(strstr(said.out, "<h2>Evaluation</h2>"));
    said_free(&said);
    REFUSED(2, "a report is a page of HTML", "report", csv, "-m", model, "--json");
    REFUSED(2, "no model given", "report", csv);
}

/* PATH is a folder of the test's own, with a gnuplot that is a shell script, or with none. */
static void stand_in(const char *script) {
    const char *program = run_path("gnuplot");
    unlink(program);
    if (script) {
        run_write(program, script);
        assert_int_equal(chmod(program, 0700), 0);
    }
    setenv("PATH", run_folder(), 1);
}

static void test_gnuplot_missing_or_failing(void **state) {
    (void)state;
    const char *picture = run_path("failed.svg"), *other = run_path("never");
    stand_in(NULL);
    /* told before any work: no model is made either */
    REFUSED(9, "apt-get install gnuplot-nox", "train", csv, "-m", other, SMALL, "--plot", picture);
    assert_int_not_equal(access(other, F_OK), 0);
    REFUSED(9, "apt-get install gnuplot-nox", "report", csv, "-m", model, "-o", run_path("failed.html"));
    assert_int_not_equal(access(run_path("failed.html"), F_OK), 0);
    stand_in("#!/bin/sh\necho '<svg half a picture'; echo 'line 3: all is lost' >&2; exit 3\n");
    REFUSED(9, "gnuplot failed with exit code 3: line 3: all is lost", "predict", csv, "-m", model, "--plot", picture);
    assert_int_not_equal(access(picture, F_OK), 0);
    stand_in("#!/bin/sh\nkill -9 $$\n");
    REFUSED(9, "gnuplot failed with exit code 137", "predict", csv, "-m", model, "--plot", picture);
    /* one that reads nothing and says nothing: no signal of a broken pipe ends us */
    stand_in("#!/bin/sh\nexec <&-\nexit 0\n");
    REFUSED(9, "gnuplot failed", "evaluate", csv, "-m", model, "--plot", picture);
    assert_int_not_equal(access(picture, F_OK), 0);
    /* the control: a stand-in that draws */
    stand_in("#!/bin/sh\nwhile read -r line; do :; done\necho '<svg></svg>'\n");
    Said said = RUN("predict", csv, "-m", model, "--plot", picture);
    assert_int_equal(said.code, 0);
    char *svg = run_read(picture);
    assert_string_equal(svg, "<svg></svg>\n");
    free(svg);
    said_free(&said);
    setenv("PATH", path_before, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_draws),
        cmocka_unit_test(test_labels_of_years),
        cmocka_unit_test(test_png_and_page),
        cmocka_unit_test(test_the_same_bytes),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_gnuplot_missing_or_failing),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
