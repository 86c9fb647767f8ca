/* The config file, its place in the precedence, and --dry-run, which shows it. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <sys/stat.h>

#include "run.h"

static char config[512];

static int set_up(void **state) {
    (void)state;
    strcpy(config, run_path("my.ini"));
    unsetenv("LSTMFC_THREADS");
    return 0;
}

static const cJSON *setting_of(const cJSON *document, const char *name) {
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(document, "settings")) {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(one, "name")), name) == 0) return one;
    }
    fail_msg("no setting '%s'", name);
    return NULL;
}

static cJSON *dry_run(const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    if (said.code) print_error("%s\n", said.err);
    assert_int_equal(said.code, 0);
    cJSON *document = cJSON_Parse(said.out);
    assert_non_null(document);
    said_free(&said);
    return document;
}

/* A setting's value as JSON and who said it; line 0 = none. */
static void is(const cJSON *document, const char *name, const char *value, const char *from, int line) {
    const cJSON *setting = setting_of(document, name), *at = cJSON_GetObjectItemCaseSensitive(setting, "line");
    char *printed = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(setting, "value"));
    const char *said = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(setting, "from"));
    if (strcmp(printed, value) || strcmp(said, from) || (at ? at->valueint : 0) != line)
        print_error("%s: %s from %s:%d\n", name, printed, said, at ? at->valueint : 0);
    assert_string_equal(printed, value);
    assert_string_equal(said, from);
    assert_int_equal(at ? at->valueint : 0, line);
    cJSON_free(printed);
}

#define DRY(...) dry_run((const char *const[]){__VA_ARGS__, "--dry-run", "--json", "--config", config, NULL})

static void test_precedence(void **state) {
    (void)state;
    run_write(config,
              "# mine\n[common]\nepochs = 60\nbatch = 7 ; inline\nthreads = 5\npreset = classic\n[train]\nepochs = 61\nno-shuffle = true\n"
              "layers = 2*(gru:8,dropout:0.1)\n[validate]\nepochs = 9\n");
    cJSON *d = DRY("train", "x.csv", "--batch", "8");
    is(d, "batch", "8", "option", 0);          /* over the config */
    is(d, "epochs", "61", "config", 8);        /* the command's section over [common], both over the preset */
    is(d, "no-shuffle", "true", "config", 9);
    is(d, "layers", "\"2*(gru:8,dropout:0.1)\"", "config", 10);
    is(d, "window", "60", "preset", 0);
    is(d, "seed", "1", "default", 0);
    is(d, "target", "null", "default", 0);
    is(d, "threads", "5", "config", 5);
    is(d, "preset", "\"classic\"", "config", 6);
    cJSON_Delete(d);
    setenv("LSTMFC_THREADS", "3", 1);
    d = DRY("train");
    is(d, "threads", "3", "environment", 0);   /* over the config */
    cJSON_Delete(d);
    d = DRY("train", "--threads", "2");
    is(d, "threads", "2", "option", 0);        /* over the environment */
    cJSON_Delete(d);
    unsetenv("LSTMFC_THREADS");
    d = DRY("validate");
    is(d, "epochs", "9", "config", 12);
    is(d, "batch", "7", "config", 4);
    is(d, "no-shuffle", "false", "preset", 0); /* another command's section */
    cJSON_Delete(d);
}

/* Of settings that exclude each other a higher level's word ends a lower one's. */
static void test_displacing(void **state) {
    (void)state;
    run_write(config, "[train]\ntrain-frac = 0.5\n");
    cJSON *d = DRY("train", "--train-to", "2020-01-01");
    is(d, "train-to", "\"2020-01-01\"", "option", 0);
    is(d, "train-frac", "null", "default", 0);
    cJSON_Delete(d);
    d = DRY("train", "--preset", "yadav-lstm");
    is(d, "train-frac", "0.5", "config", 2);
    is(d, "train-to", "null", "default", 0);
    cJSON_Delete(d);
}

/* A config decides a run as the options would. */
static void test_it_counts(void **state) {
    (void)state;
    char csv[512], one[512], other[512], text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close\n");
    strcpy(csv, run_path("prices.csv"));
    strcpy(one, run_path("one"));
    strcpy(other, run_path("other"));
    for (int i = 0; i < 200; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%d-%02d-%02d,%d.5\n", 2020 + i / 100, 1 + i % 100 / 25, 1 + i % 25,
                               100 + i % 17);
    run_write(csv, text);
    snprintf(text, sizeof text, "[train]\npreset = classic\nlayers = gru:3\nwindow = 10\nepochs = 2\nmodel = %s\n[common]\nquiet = true\n",
             one);
    run_write(config, text);
    Said said = RUN("train", csv, "--config", config);
    assert_int_equal(said.code, 0);
    assert_string_equal(said.out, "");
    assert_string_equal(said.err, "");
    said_free(&said);
    said = RUN("train", csv, "-m", other, "--preset", "classic", "--layers", "gru:3", "--window", "10", "--epochs", "2");
    assert_int_equal(said.code, 0);
    said_free(&said);
    char command[1200];
    snprintf(command, sizeof command, "cmp -s '%s' '%s'", one, other);
    assert_int_equal(system(command), 0);
    /* The model's own settings stand below what is said of them. */
    run_write(config, "[common]\nmissing = drop\n");
    cJSON *d = DRY("predict", csv, "-m", one);
    is(d, "missing", "\"drop\"", "config", 2);
    is(d, "series", "null", "model", 0);
    cJSON_Delete(d);
}

static void refused(const char *text, const char *part) {
    char wanted[256];
    run_write(config, text);
    Said said = RUN("check", "x.csv", "--config", config);
    snprintf(wanted, sizeof wanted, "my.ini%s", part);
    if (said.code != 2 || !strstr(said.err, wanted)) print_error("exit %d, %s\n", said.code, said.err);
    assert_int_equal(said.code, 2);
    assert_non_null(strstr(said.err, wanted));
    assert_string_equal(said.out, "");
    said_free(&said);
}

static void test_refusals(void **state) {
    (void)state;
    refused("[train]\n\nepochz = 3\n", ":3: there is no option 'epochz' (did you mean 'epochs'?)");
    refused("[train]\nepochs = many\n", ":2: 'epochs' is not a whole number in range: 'many'");
    refused("[train]\noptimizer = adan\n", ":2: 'optimizer' is not one of its choices");
    refused("[trian]\nepochs = 3\n", ":2: there is no section 'trian' (did you mean 'train'?)");
    refused("epochs = 3\n", ":1: an option before the first section");
    refused("[check]\nepochs = 3\n", ":2: 'epochs' is not an option of 'check'");
    refused("[train]\nepochs = 3\nbatch = 2\nepochs = 4\n", ":4: 'epochs' stands twice in [train]: first in line 2");
    refused("[common]\ndry-run = true\n", ":2: 'dry-run' belongs to the command line alone");
    refused("[common]\nconfig = other.ini\n", ":2: 'config' belongs to the command line alone");
    refused("[common]\nquiet\n", ":2: neither a section nor an option");
    refused("[common]\nquiet = yes\n", ":2: 'quiet' is not a switch");
    char long_line[1024] = "[common]\nledger = ";
    memset(long_line + 18, 'x', 900);
    refused(long_line, ":2: a line of more than");
    Said said = RUN("check", "x.csv", "--config", run_path("none.ini"));
    assert_int_equal(said.code, 9);
    assert_non_null(strstr(said.err, "none.ini"));
    said_free(&said);
    said = RUN("check", "x.csv", "--config", config, "--no-config");
    assert_int_equal(said.code, 2);
    said_free(&said);
    /* The document under --json has the place, and json = true of the file itself counts. */
    run_write(config, "[common]\njson = true\n[train]\nepochs = x\n");
    said = RUN("check", "x.csv", "--config", config, "--json");
    assert_non_null(strstr(said.err, "\"line\":4"));
    said_free(&said);
    run_write(config, "[common]\njson = true\n");
    said = RUN("check", "x.csv", "--config", config);
    assert_true(said.err[0] == '{');
    said_free(&said);
}

/* A broken file does not stand in the way of help, nor of --no-config. */
static void test_the_usual_place(void **state) {
    (void)state;
    char folder[700], path[700], home[512];
    strcpy(home, run_path("home"));
    snprintf(folder, sizeof folder, "mkdir -p '%s/.config/lstmfc'", home);
    assert_int_equal(system(folder), 0);
    snprintf(path, sizeof path, "%s/.config/lstmfc/config.ini", home);
    run_write(path, "[common]\nseed = 5\nepochs = x\n");
    const char *before = getenv("XDG_CONFIG_HOME");
    char kept[512] = "";
    if (before) snprintf(kept, sizeof kept, "%s", before);
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    Said said = RUN("train", "--dry-run");
    assert_int_equal(said.code, 2);
    assert_non_null(strstr(said.err, "config.ini:3"));
    said_free(&said);
    said = RUN("train", "--help");
    assert_int_equal(said.code, 0);
    said_free(&said);
    said = RUN("train", "--dry-run", "--no-config");
    assert_int_equal(said.code, 0);
    assert_non_null(strstr(said.out, "config file: none"));
    said_free(&said);
    run_write(path, "[common]\nseed = 5\n");
    said = RUN("train", "--dry-run");
    assert_non_null(strstr(said.out, "config.ini:2"));
    said_free(&said);
    /* XDG_CONFIG_HOME comes first, and a relative one counts for nothing. */
    setenv("XDG_CONFIG_HOME", run_folder(), 1);
    said = RUN("train", "--dry-run");
    assert_non_null(strstr(said.out, "config file: none"));
    said_free(&said);
    setenv("XDG_CONFIG_HOME", "relative", 1);
    said = RUN("train", "--dry-run");
    assert_non_null(strstr(said.out, "config, "));
    said_free(&said);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    said = RUN("train", "--dry-run");
    assert_int_equal(said.code, 0);
    said_free(&said);
    if (kept[0]) setenv("XDG_CONFIG_HOME", kept, 1);
    snprintf(folder, sizeof folder, "rm -r '%s'", home);
    assert_int_equal(system(folder), 0);
}

/* Nothing is read, made or written, not even what --output names. */
static void test_a_dry_run_is_dry(void **state) {
    (void)state;
    char out[512], model[512];
    strcpy(out, run_path("out.txt"));
    strcpy(model, run_path("never"));
    Said said = RUN("train", "nosuch.csv", "-m", model, "-o", out, "--dry-run", "--log", run_path("log"));
    assert_int_equal(said.code, 0);
    assert_non_null(strstr(said.out, "nothing done"));
    assert_int_not_equal(access(out, F_OK), 0);
    assert_int_not_equal(access(model, F_OK), 0);
    assert_int_not_equal(access(run_path("log"), F_OK), 0);
    said_free(&said);
    said = RUN("train", "--dry-run", "--preset", "clasic");
    assert_int_equal(said.code, 2);
    said_free(&said);
    said = RUN("train", "--dry-run", "--momentum", "0.5");
    assert_int_equal(said.code, 2);
    assert_non_null(strstr(said.err, "'momentum' is not for 'adam'"));
    said_free(&said);
    static const char *const names[] = {"train", "evaluate", "predict", "validate", "compare", "tune",
                                        "check", "inspect",  "ledger",  "report",   "presets", "help"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        said = RUN(names[i], "--dry-run");
        assert_int_equal(said.code, 0);
        assert_non_null(strstr(said.out, "color"));
        said_free(&said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence), cmocka_unit_test(test_displacing),      cmocka_unit_test(test_it_counts),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_the_usual_place), cmocka_unit_test(test_a_dry_run_is_dry),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
