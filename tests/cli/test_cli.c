/* The command line from outside: runs the program on small files and reads what it says. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lstmfc/date.h"
#include "lstmfc/recipe.h"
#include "lstmfc/text.h"

#include "run.h"

/* The network of most tests: small and quick. */
#define SMALL "--preset", "classic", "--layers", "lstm:3", "--window", "8", "--epochs", "2"

static const char *const all_commands[] = {"train", "evaluate", "predict", "validate", "check", "inspect", "presets", "chars", "help"};
enum { N_COMMANDS = 8, N_ROWS = 160 };

static char csv[512], model[512];

/* Working days from 2020-01-01 and a wave with a trend: Date,Close,High. */
static void write_series(const char *path, size_t n_rows, size_t spoiled_row, const char *spoiled) {
    char text[16384], date[DATE_TEXT];
    size_t at = (size_t)snprintf(text, sizeof text, "Date,Close,High\n");
    Date day = date_from_civil(2020, 1, 1);
    for (size_t i = 0; i < n_rows; i++, day++) {
        while (date_weekday(day) >= 5) day++;
        const double close = 100 + 0.2 * (double)i + 5 * sin((double)i / 7) + (double)(i * 37 % 11) / 10;
        if (i == spoiled_row) at += (size_t)snprintf(text + at, sizeof text - at, "%s,%s\n", date_format(day, date), spoiled);
        else at += (size_t)snprintf(text + at, sizeof text - at, "%s,%.2f,%.2f\n", date_format(day, date), close, close + 1);
    }
    run_write(path, text);
}

static int set_up(void **state) {
    (void)state;
    strcpy(csv, run_path("prices.csv"));
    strcpy(model, run_path("model"));
    write_series(csv, N_ROWS, SIZE_MAX, NULL);
    Said said = RUN("train", csv, "-m", model, SMALL, "--train-rows", "120", "-q");
    assert_int_equal(said.code, 0);
    said_free(&said);
    return 0;
}

static bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

/* Runs, demands the exit code, and a message only where there should be one. */
static void expect(int code, const char *part, const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    if (said.code != code || (part && !has(said.err, part)))
        print_error("%s %s: exit %d, %s\n", arguments[0], arguments[1] ? arguments[1] : "", said.code, said.err);
    assert_int_equal(said.code, code);
    if (part) assert_true(has(said.err, part));
    if (code != 0) assert_string_equal(said.out, "");
    said_free(&said);
}

#define EXPECT(code, part, ...) expect(code, part, (const char *const[]){__VA_ARGS__, NULL})

/* The one document in `text`: nothing but a newline behind it. */
static cJSON *parse(const char *text) {
    const char *end = NULL;
    cJSON *document = cJSON_ParseWithOpts(text, &end, false);
    assert_non_null(document);
    assert_string_equal(end, "\n");
    return document;
}

static cJSON *run_json(const char *const *arguments) {
    Said said = run_program(arguments, NULL, NULL);
    if (said.code) print_error("%s\n", said.err);
    assert_int_equal(said.code, 0);
    cJSON *document = parse(said.out);
    said_free(&said);
    return document;
}

#define JSON(...) run_json((const char *const[]){__VA_ARGS__, "--json", NULL})

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item) print_error("no member '%s'\n", name);
    assert_non_null(item);
    return item;
}

static double number(const cJSON *object, const char *name) {
    const cJSON *item = member(object, name);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static const char *string(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(member(object, name));
    assert_non_null(text);
    return text;
}

static void has_members(const cJSON *object, const char *names) {
    char name[64];
    for (int n = 0; sscanf(names, "%63s%n", name, &n) == 1; names += n) member(object, name);
}

static size_t count_lines(const char *text) {
    size_t n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

/* ---- usage ---- */

static void test_without_a_command_the_beginning_is_shown(void **state) {
    (void)state;
    Said said = run_program((const char *const[]){NULL}, NULL, NULL);
    assert_int_equal(said.code, 2);
    assert_string_equal(said.out, "");
    assert_true(has(said.err, "lstmfc train ") && has(said.err, "lstmfc evaluate ") && has(said.err, "lstmfc predict "));
    assert_false(has(said.err, "lstmfc validate "));
    said_free(&said);
}

static void test_help_goes_to_standard_output(void **state) {
    (void)state;
    const char *const *const asked[] = {(const char *const[]){"help", NULL}, (const char *const[]){"--help", NULL},
                                        (const char *const[]){"-h", NULL}};
    for (size_t i = 0; i < 3; i++) {
        Said said = run_program(asked[i], NULL, NULL);
        assert_int_equal(said.code, 0);
        assert_string_equal(said.err, "");
        for (size_t c = 0; c < N_COMMANDS; c++) assert_true(has(said.out, all_commands[c]));
        said_free(&said);
    }
    Said version = RUN("--version");
    assert_int_equal(version.code, 0);
    assert_true(strncmp(version.out, "lstmfc ", 7) == 0 && has(version.out, "(kernels "));
    said_free(&version);
}

/* An option is taken exactly where help lists it. `--NAME=` without a value is refused by every option that is taken. */
static void check_option(const char *command, const char *help, const char *name) {
    char option[64], listed[64];
    snprintf(option, sizeof option, "--%s=", name);
    snprintf(listed, sizeof listed, "--%s", name);
    Said said = RUN(command, option);
    assert_int_equal(said.code, 2);
    const bool taken = !has(said.err, "is not an option of") && !has(said.err, "there is no option");
    const char *at = strstr(help, listed);
    while (at && at[strlen(listed)] != ' ' && at[strlen(listed)] != '\n') at = strstr(at + 1, listed);
    if (taken != (at != NULL)) print_error("%s --%s: taken %d, in help %d\n", command, name, taken, at != NULL);
    assert_int_equal(taken, at != NULL);
    said_free(&said);
}

static void test_help_lists_what_the_parser_takes(void **state) {
    (void)state;
    static const char *const names[] = {"model",       "preset",        "as-of",  "mode",    "predictions", "leak-check",
                                        "level",       "require-skill", "splits", "threads", "json",        "quiet",
                                        "no-progress", "log",           "output", "color",   "help"};
    for (size_t c = 0; c < N_COMMANDS; c++) {
        Said by_option = RUN(all_commands[c], "--help"), by_command = RUN("help", all_commands[c]);
        assert_int_equal(by_option.code, 0);
        assert_string_equal(by_option.out, by_command.out);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) check_option(all_commands[c], by_option.out, names[i]);
        for (size_t i = 0; i < recipe_n_settings; i++) check_option(all_commands[c], by_option.out, recipe_settings[i].name);
        said_free(&by_option);
        said_free(&by_command);
    }
}

static void test_usage_errors(void **state) {
    (void)state;
    EXPECT(2, "there is no command 'nosuch'", "nosuch");
    EXPECT(2, "did you mean 'train'?", "trian");
    EXPECT(2, "before its options", "--json", "train");
    EXPECT(2, "did you mean '--epochs'?", "train", csv, "--epoch", "3");
    EXPECT(2, "did you mean '--window'?", "train", csv, "--widnow=3");
    EXPECT(2, "there is no option '--nosuchthing'", "train", csv, "--nosuchthing");
    EXPECT(2, "did you mean '--json'?", "predict", csv, "-json");
    EXPECT(2, "taken by validate", "predict", csv, "--splits", "x");
    EXPECT(2, "taken by train, validate", "evaluate", csv, "-m", model, "--epochs", "3");
    EXPECT(2, "wants a value", "train", csv, "-m");
    EXPECT(2, "wants a value", "train", csv, "-m", model, "--target", "--json");
    EXPECT(2, "'epochs'", "train", csv, "-m", model, "--epochs", "x");
    EXPECT(2, "'color'", "check", csv, "--color", "sometimes");
    EXPECT(2, "exclude each other", "train", csv, "-m", model, "--train-rows", "9", "--train-to", "2020-02-02");
    EXPECT(2, "-m MODEL", "train", csv);
    EXPECT(2, "-m MODEL", "predict", csv);
    EXPECT(2, "wants more", "train");
    EXPECT(2, "does not know what to do with", "check", csv, csv);
    EXPECT(2, "did you mean 'classic'?", "train", csv, "-m", model, "--preset", "clasic");
    EXPECT(2, "there is no command", "help", "nosuch");
    static const char *const no_levels[] = {"0", "100", "-5", "x", "80,", ",80", "80,,90", "nan", "1,2,3,4,5,6,7,8,9"};
    for (size_t i = 0; i < sizeof no_levels / sizeof no_levels[0]; i++) {
        EXPECT(2, "'level'", "evaluate", csv, "-m", model, "--level", no_levels[i]);
        EXPECT(2, "'level'", "predict", csv, "-m", model, "--level", no_levels[i]);
    }
    EXPECT(2, "taken by", "train", csv, "-m", model, "--predictions", "p.csv");
    for (size_t i = 0; i < sizeof no_levels / sizeof no_levels[0]; i++)
        EXPECT(2, "'level'", "train", csv, "-m", run_path("none"), "--level", no_levels[i]);
    EXPECT(2, "dropout", "train", csv, "-m", run_path("none"), "--interval", "mcdropout");
    EXPECT(2, "taken by", "predict", csv, "-m", model, "--require-skill");
    EXPECT(2, "later than", "evaluate", csv, "-m", model, "--from", "2020-09-01", "--to", "2020-08-01");
}

static void test_every_other_exit_code(void **state) {
    (void)state;
    const char *bad = run_path("bad.csv"), *cut = run_path("cut"), *none = run_path("none/none");
    run_write(bad, "<html><body>404</body></html>\n");
    run_write(cut, "no model at all");
    EXPECT(3, "bad.csv", "check", bad);
    EXPECT(3, "Nosuch", "train", csv, "-m", model, "--target", "Nosuch");
    EXPECT(3, "no rows", "predict", csv, "-m", model, "--as-of", "2001-01-01");
    EXPECT(4, "cut", "inspect", cut);
    EXPECT(4, "cut", "predict", csv, "-m", cut);
    EXPECT(8, NULL, "train", csv, "-m", run_path("wild"), "--layers", "rnn:4:relu", "--window", "8", "--optimizer", "sgd", "--lr", "1000",
           "--epochs", "50");
    EXPECT(9, "none", "check", none);
    EXPECT(9, "none", "train", csv, "-m", none, SMALL);
    EXPECT(9, "none", "train", csv, "-m", run_path("unused"), "--log", none, SMALL);
    EXPECT(9, "none", "check", csv, "-o", none);
    assert_null(run_read(run_path("wild")));
    assert_null(run_read(run_path("unused")));
}

static void test_a_cell_that_is_no_number_is_named_by_its_line(void **state) {
    (void)state;
    const char *spoiled = run_path("spoiled.csv");
    write_series(spoiled, N_ROWS, 40, "n.a?,1");
    Said said = RUN("predict", spoiled, "-m", model, "--json");
    assert_int_equal(said.code, 3);
    assert_string_equal(said.out, "");
    cJSON *document = parse(said.err);
    const cJSON *error = member(document, "error");
    has_members(error, "code class message source line column hint");
    assert_true(number(error, "code") == 3 && number(error, "line") == 42);
    assert_string_equal(string(error, "class"), "data");
    assert_string_equal(string(error, "source"), spoiled);
    cJSON_Delete(document);
    said_free(&said);
}

static void test_options_stand_anywhere(void **state) {
    (void)state;
    Said before = RUN("predict", "--json", "--horizon", "3", "-m", model, csv),
         after = RUN("predict", csv, "-m", model, "--horizon=3", "--json");
    Said ended = RUN("predict", "-m", model, "--horizon=9", "--horizon=3", "--json", "--", csv),
         switched = RUN("predict", csv, "-m", model, "--horizon=3", "--json=true", "--quiet=false");
    assert_int_equal(before.code, 0);
    assert_string_equal(before.out, after.out);
    assert_string_equal(before.out, ended.out);
    assert_string_equal(before.out, switched.out);
    said_free(&before);
    said_free(&after);
    said_free(&ended);
    said_free(&switched);
}

static double setting_of(const char *path, const char *name) {
    cJSON *document = JSON("inspect", path);
    const double value = number(member(document, "settings"), name);
    cJSON_Delete(document);
    return value;
}

static void test_precedence(void **state) {
    (void)state;
    const char *other = run_path("other");
    Recipe defaults;
    recipe_defaults(&defaults);
    EXPECT(0, NULL, "train", csv, "-m", other, "--epochs", "1", "--layers", "lstm:2", "--window", "8", "-q");
    assert_true(setting_of(other, "val-frac") == defaults.val_frac && defaults.val_frac > 0);
    EXPECT(0, NULL, "train", csv, "-m", other, "--epochs", "1", "--preset", "classic", "--layers", "lstm:2", "-q");
    assert_true(setting_of(other, "val-frac") == 0); /* preset over default */
    assert_true(setting_of(other, "epochs") == 1);   /* option over preset, though it stands before it */
    EXPECT(0, NULL, "train", csv, "-m", other, SMALL, "--val-frac", "0.25", "-q");
    assert_true(setting_of(other, "val-frac") == 0.25);
    setenv("LSTMFC_THREADS", "none", 1);
    EXPECT(2, "LSTMFC_THREADS", "predict", csv, "-m", model);
    EXPECT(0, NULL, "check", csv);                                  /* takes no threads */
    EXPECT(0, NULL, "predict", csv, "-m", model, "--threads", "1"); /* option over environment */
    setenv("LSTMFC_THREADS", "2", 1);
    EXPECT(0, NULL, "predict", csv, "-m", model);
    unsetenv("LSTMFC_THREADS");
    setenv("LSTMFC_ISA", "v9", 1);
    EXPECT(2, "LSTMFC_ISA", "predict", csv, "-m", model);
    unsetenv("LSTMFC_ISA");
}

/* ---- what is said ---- */

static void test_documents_have_their_members(void **state) {
    (void)state;
    const char *other = run_path("other");
    cJSON *train = JSON("train", csv, "-m", other, SMALL), *predict = JSON("predict", csv, "-m", model), *check = JSON("check", csv);
    cJSON *validate = JSON("validate", csv, SMALL, "--train-size", "60", "--val-size", "10", "--step", "20"),
          *inspect = JSON("inspect", model);
    cJSON *list = JSON("presets"), *one = JSON("presets", "classic"), *evaluate = JSON("evaluate", csv, "-m", model);
    has_members(train, "epochs best_epoch loss windows parameters seconds windows_per_second model seed target from to val_windows");
    has_members(member(train, "loss"), "train val");
    assert_true(cJSON_IsNull(member(member(train, "loss"), "val"))); /* no validation tail: undefined, so null */
    has_members(predict, "as_of last target forecasts model");
    has_members(cJSON_GetArrayItem(member(predict, "forecasts"), 0), "step date value naive baselines intervals");
    has_members(member(cJSON_GetArrayItem(member(predict, "forecasts"), 0), "baselines"),
                "naive drift ses seasonal-naive ar1 average-100 ema");
    has_members(member(predict, "training"), "to naive_ratio naive sentence");
    has_members(evaluate, "target from to n mse rmse mae r2 evs scaled naive skill mase direction dm verdict mode");
    has_members(member(evaluate, "scaled"), "mse rmse mae r2 evs");
    has_members(member(evaluate, "naive"), "mse rmse mae r2 evs");
    has_members(member(evaluate, "dm"), "statistic p");
    has_members(evaluate, "ratio rmsse theil_u clark_west pesaran_timmermann lag baselines intervals crps steps sentence");
    has_members(validate, "ratio skill mase rmsse theil_u direction clark_west pesaran_timmermann lag baselines intervals crps sentence");
    has_members(cJSON_GetArrayItem(member(validate, "baselines"), 1), "name rmse ratio dm");
    has_members(member(cJSON_GetArrayItem(member(evaluate, "baselines"), 1), "dm"), "statistic p p_holm");
    has_members(member(evaluate, "crps"), "model naive");
    has_members(cJSON_GetArrayItem(member(validate, "intervals"), 1), "level coverage width winkler pinball worst_60 naive");
    has_members(member(evaluate, "clark_west"), "statistic p");
    has_members(member(evaluate, "pesaran_timmermann"), "statistic p hit base");
    has_members(member(evaluate, "lag"), "lag change_correlation p shifted");
    has_members(cJSON_GetArrayItem(member(evaluate, "intervals"), 0), "level coverage width winkler pinball worst_60 naive");
    has_members(validate, "splits summary pooled next next_date dm verdict units seconds");
    has_members(member(member(member(validate, "summary"), "naive"), "rmse"), "count mean std min 25% 50% 75% max");
    has_members(check, "rows from to target columns delimiter date_format calendar problems");
    has_members(inspect, "layers tensors parameters scaler training settings columns window horizon");
    has_members(member(inspect, "training"), "from to rows windows naive_ratio error_ratio naive shrink fingerprint arithmetic");
    assert_true(cJSON_GetArraySize(member(list, "presets")) > 1);
    has_members(one, "name source protocol settings");
    cJSON *const documents[] = {train, predict, check, validate, inspect, list, one, evaluate};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) cJSON_Delete(documents[i]);
}

static void test_quiet_says_nothing(void **state) {
    (void)state;
    const char *other = run_path("other"), *kept = run_path("kept.txt");
    const char *const *const runs[] = {
        (const char *const[]){"train", csv, "-m", other, SMALL, "-q", NULL},
        (const char *const[]){"predict", csv, "-m", model, "--horizon", "4", "-q", NULL},
        (const char *const[]){"evaluate", "--quiet", csv, "-m", model, NULL},
        (const char *const[]){"validate", csv, SMALL, "--train-size", "60", "-q", NULL},
        (const char *const[]){"check", csv, "-q", NULL},
        (const char *const[]){"inspect", "-q", model, NULL},
        (const char *const[]){"presets", "-q", NULL},
        (const char *const[]){"predict", csv, "-m", model, "-q", "-o", kept, NULL},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        Said said = run_program(runs[i], NULL, NULL);
        assert_int_equal(said.code, 0);
        assert_string_equal(said.out, "");
        assert_string_equal(said.err, "");
        said_free(&said);
    }
    char *text = run_read(kept); /* what goes to a file is no noise */
    assert_non_null(text);
    assert_true(has(text, "forecast"));
    free(text);
}

static void test_what_was_chosen_is_said_on_standard_error(void **state) {
    (void)state;
    Said chosen = RUN("train", csv, "-m", run_path("other"), SMALL),
         named = RUN("train", csv, "-m", run_path("other"), SMALL, "--target", "High");
    assert_true(has(chosen.err, "target: Close"));
    assert_string_equal(named.err, "");
    assert_false(has(chosen.out, "\033"));
    said_free(&chosen);
    said_free(&named);
}

static void test_output_file_and_full_device(void **state) {
    (void)state;
    const char *kept = run_path("kept.json");
    Said plain = RUN("evaluate", csv, "-m", model, "--json");
    EXPECT(0, NULL, "evaluate", csv, "-m", model, "--json", "-o", kept);
    char *text = run_read(kept);
    assert_string_equal(text, plain.out);
    free(text);
    said_free(&plain);
    if (access("/dev/full", W_OK) != 0) return;
    Said full = run_program((const char *const[]){"evaluate", csv, "-m", model, NULL}, NULL, "/dev/full");
    assert_int_equal(full.code, 9);
    assert_true(has(full.err, "<stdout>"));
    said_free(&full);
}

static void test_standard_input(void **state) {
    (void)state;
    Said named = RUN("predict", csv, "-m", model, "--json");
    Said piped = run_program((const char *const[]){"predict", "-m", model, "--json", "-", NULL}, csv, NULL);
    assert_int_equal(piped.code, 0);
    assert_string_equal(named.out, piped.out);
    said_free(&named);
    said_free(&piped);
}

static void test_colour(void **state) {
    (void)state;
    Said always = RUN("evaluate", csv, "-m", model, "--color", "always"), never = RUN("evaluate", csv, "-m", model, "--color=never");
    assert_true(has(always.out, "\033["));
    assert_false(has(never.out, "\033["));
    said_free(&always);
    said_free(&never);
}

/* ---- figures ---- */

static void test_predictions_agree_with_the_document(void **state) {
    (void)state;
    const char *file = run_path("predictions.csv");
    cJSON *document = JSON("evaluate", csv, "-m", model, "--predictions", file, "--leak-check");
    char *text = run_read(file), date[16];
    double actual, forecast, naive, before = NAN, squares = 0, absolute = 0, naive_squares = 0;
    size_t n = 0;
    assert_true(strncmp(text, "date,actual,forecast,naive,low_80,high_80,low_95,high_95\n", 57) == 0);
    for (const char *line = strchr(text, '\n') + 1; sscanf(line, "%10[^,],%lf,%lf,%lf", date, &actual, &forecast, &naive) == 4;
         line = strchr(line, '\n') + 1, n++) {
        if (n > 0) assert_true(naive == before);
        else assert_string_equal(date, string(document, "from"));
        before = actual;
        squares += (actual - forecast) * (actual - forecast);
        naive_squares += (actual - naive) * (actual - naive);
        absolute += fabs(actual - forecast);
    }
    assert_int_equal(n, N_ROWS - 120);
    assert_true(number(document, "n") == (double)n);
    assert_string_equal(date, string(document, "to"));
    assert_true(fabs(number(document, "mse") / (squares / (double)n) - 1) < 1e-12);
    assert_true(fabs(number(document, "mae") / (absolute / (double)n) - 1) < 1e-12);
    assert_true(fabs(number(member(document, "naive"), "mse") / (naive_squares / (double)n) - 1) < 1e-12);
    assert_true(fabs(number(document, "skill") - (1 - squares / naive_squares)) < 1e-12);
    assert_string_equal(string(document, "leak_check"), "ok");
    free(text);
    cJSON_Delete(document);
}

/* The figures of an interval are those of its columns in the file. */
static void test_levels_agree_with_the_predictions(void **state) {
    (void)state;
    const char *file = run_path("predictions.csv");
    cJSON *document = JSON("evaluate", csv, "-m", model, "--predictions", file, "--level", "90,50.5");
    const cJSON *intervals = member(document, "intervals");
    static const double levels[] = {90, 50.5};
    char *text = run_read(file);
    double inside[2] = {0, 0}, width[2] = {0, 0}, winkler[2] = {0, 0}, n = 0, actual, forecast, bound[4];
    assert_true(strncmp(text, "date,actual,forecast,naive,low_90,high_90,low_50.5,high_50.5\n", 61) == 0);
    for (const char *line = strchr(text, '\n') + 1;
         sscanf(line, "%*10[^,],%lf,%lf,%*f,%lf,%lf,%lf,%lf", &actual, &forecast, &bound[0], &bound[1], &bound[2], &bound[3]) == 6;
         line = strchr(line, '\n') + 1, n++) {
        for (size_t l = 0; l < 2; l++) {
            const double low = bound[2 * l], high = bound[2 * l + 1],
                         outside = actual < low    ? low - actual
                                   : actual > high ? actual - high
                                                   : 0;
            assert_true(low < forecast && forecast < high && fabs(high + low - 2 * forecast) < 1e-9 * forecast);
            inside[l] += outside == 0;
            width[l] += high - low;
            winkler[l] += high - low + 2 / (1 - levels[l] / 100) * outside;
        }
        assert_true(bound[0] < bound[2] && bound[3] < bound[1]);
    }
    assert_true(n == N_ROWS - 120 && cJSON_GetArraySize(intervals) == 2);
    for (int l = 0; l < 2; l++) {
        const cJSON *one = cJSON_GetArrayItem(intervals, l);
        assert_true(number(one, "level") == levels[l]);
        assert_true(fabs(number(one, "coverage") - inside[l] / n) < 1e-12);
        assert_true(fabs(number(one, "width") / (width[l] / n) - 1) < 1e-12);
        assert_true(fabs(number(one, "winkler") / (winkler[l] / n) - 1) < 1e-12);
    }
    free(text);
    cJSON_Delete(document);
}

static void test_forecasts_have_intervals(void **state) {
    (void)state;
    cJSON *document = JSON("predict", csv, "-m", model, "--horizon", "4", "--level", "60,90");
    const cJSON *f;
    double before = 0;
    cJSON_ArrayForEach(f, member(document, "forecasts")) {
        const cJSON *narrow = cJSON_GetArrayItem(member(f, "intervals"), 0), *wide = cJSON_GetArrayItem(member(f, "intervals"), 1);
        const double value = number(f, "value"), width = number(wide, "high") - number(wide, "low");
        assert_int_equal(cJSON_GetArraySize(member(f, "intervals")), 2);
        assert_true(number(narrow, "level") == 60 && number(wide, "level") == 90);
        assert_true(number(wide, "low") < number(narrow, "low") && number(narrow, "low") < value && value < number(narrow, "high") &&
                    number(narrow, "high") < number(wide, "high"));
        assert_true(width > before); /* the farther, the wider */
        before = width;
    }
    cJSON_Delete(document);
    document = JSON("predict", csv, "-m", model, "--level", "99.9"); /* more than its scores can tell: undefined, so null */
    f = cJSON_GetArrayItem(member(cJSON_GetArrayItem(member(document, "forecasts"), 0), "intervals"), 0);
    assert_true(cJSON_IsNull(member(f, "low")) && cJSON_IsNull(member(f, "high")));
    cJSON_Delete(document);
}

static void test_baselines_stand_beside_the_model(void **state) {
    (void)state;
    static const char *const names[] = {"naive", "drift", "ses", "seasonal-naive", "ar1", "average-100", "ema"};
    cJSON *document = JSON("evaluate", csv, "-m", model);
    const cJSON *baselines = member(document, "baselines"), *b;
    Said table = RUN("evaluate", csv, "-m", model);
    size_t n = 0;
    cJSON_ArrayForEach(b, baselines) {
        assert_true(n < sizeof names / sizeof names[0]);
        assert_string_equal(string(b, "name"), names[n]);
        has_members(b, "mse rmse mae r2 evs dm");
        has_members(member(b, "dm"), "statistic p");
        assert_true(number(b, "rmse") > 0 && has(table.out, names[n]));
        n++;
    }
    assert_int_equal(n, sizeof names / sizeof names[0]);
    b = cJSON_GetArrayItem(baselines, 0);
    assert_true(number(b, "mse") == number(member(document, "naive"), "mse") &&
                number(member(b, "dm"), "p") == number(member(document, "dm"), "p"));
    assert_true(has(table.out, "80 %") && has(table.out, "95 %"));
    said_free(&table);
    cJSON_Delete(document);
}

/* ---- the gate ---- */

/* A wave, which a network learns and naive cannot follow: Date,Close. */
static void write_wave(const char *path, size_t n_rows) {
    Text text = {0};
    char date[DATE_TEXT];
    Date day = date_from_civil(2020, 1, 1);
    text_puts(&text, "Date,Close\n");
    for (size_t i = 0; i < n_rows; i++, day++) {
        while (date_weekday(day) >= 5) day++;
        text_printf(&text, "%s,%.4f\n", date_format(day, date), 100 + 10 * sin((double)i / 2));
    }
    run_write(path, text.data);
    text_free(&text);
}

#define QUICK "--layers", "gru:6", "--window", "8", "--lr", "0.02", "--epochs", "25", "--patience", "0", "--ensemble", "1"

/* Our own recipe on what can be learnt passes; on too few rows to show anything it is naive, says so, and does not. */
static void test_required_skill(void **state) {
    (void)state;
    const char *wave = run_path("wave.csv"), *skilled = run_path("skilled"), *naive = run_path("naive");
    write_wave(wave, 260);
    EXPECT(0, NULL, "train", wave, "-m", skilled, QUICK, "--train-rows", "200", "-q");
    cJSON *good = JSON("evaluate", wave, "-m", skilled, "--require-skill", "--leak-check");
    assert_string_equal(string(good, "verdict"), "better than naive");
    assert_true(number(good, "skill") > 0.5);
    cJSON_Delete(good);
    EXPECT(0, NULL, "evaluate", wave, "-m", skilled, "--require-skill", "-q");

    EXPECT(0, NULL, "train", wave, "-m", naive, QUICK, "--train-rows", "100", "--linear=false", "-q");
    Said told = RUN("evaluate", wave, "-m", naive, "--require-skill"),
         asked = RUN("evaluate", wave, "-m", naive, "--require-skill", "--json");
    Said unasked = RUN("evaluate", wave, "-m", naive), quiet = RUN("evaluate", wave, "-m", naive, "--require-skill", "-q");
    assert_true(told.code == 6 && asked.code == 6 && quiet.code == 6 && unasked.code == 0);
    assert_true(has(told.err, "required skill is missing") && has(quiet.err, "no better than naive"));
    assert_true(has(unasked.out, "nothing beat naive"));
    assert_string_equal(quiet.out, "");
    assert_string_equal(told.out, unasked.out); /* what was found is shown all the same */
    cJSON *document = parse(asked.out);
    assert_string_equal(string(document, "verdict"), "no better than naive");
    cJSON_Delete(document);
    cJSON *refused = parse(asked.err);
    has_members(member(refused, "error"), "code class message");
    assert_true(number(member(refused, "error"), "code") == 6);
    cJSON_Delete(refused);
    cJSON *plain = JSON("evaluate", wave, "-m", naive);
    assert_true(number(plain, "skill") == 0 && number(member(plain, "dm"), "p") == 1);
    cJSON_Delete(plain);
    said_free(&told);
    said_free(&asked);
    said_free(&unasked);
    said_free(&quiet);
}

/* A forecast that is not believed is the last value, in every row. */
static void test_a_shut_gate_forecasts_naive(void **state) {
    (void)state;
    const char *other = run_path("shut"), *file = run_path("shut.csv");
    EXPECT(0, NULL, "train", csv, "-m", other, QUICK, "--train-rows", "100", "--linear=false", "-q");
    cJSON *predict = JSON("predict", csv, "-m", other, "--horizon", "3"),
          *evaluate = JSON("evaluate", csv, "-m", other, "--predictions", file);
    const cJSON *f;
    cJSON_ArrayForEach(f, member(predict, "forecasts")) assert_true(number(f, "value") == number(predict, "last"));
    assert_true(number(evaluate, "mse") == number(member(evaluate, "naive"), "mse"));
    assert_string_equal(string(evaluate, "verdict"), "no better than naive");
    cJSON_Delete(predict);
    cJSON_Delete(evaluate);
}

/* Intervals of a network that takes no part in the forecast: said once, and not where the network does take part or the intervals are the
 * forecast's own. */
static void test_intervals_of_an_unused_network_are_told(void **state) {
    (void)state;
    const char *other = run_path("unused");
    static const struct {
        const char *interval, *shrink;
        bool told;
    } cases[] = {{"quantile", "fitted", true}, {"quantile", "none", false}, {"conformal", "fitted", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Said said = RUN("train", csv, "-m", other, QUICK, "--train-rows", "100", "--linear=false", "--interval", cases[i].interval,
                        "--shrink", cases[i].shrink);
        assert_int_equal(said.code, 0);
        assert_true((strstr(said.err, "the gate left unused") != NULL) == cases[i].told);
        said_free(&said);
    }
}

static void test_no_preset_leaks(void **state) {
    (void)state;
    cJSON *list = JSON("presets");
    const cJSON *preset;
    const char *other = run_path("other");
    cJSON_ArrayForEach(preset, member(list, "presets")) {
        EXPECT(0, NULL, "train", csv, "-m", other, "--preset", string(preset, "name"), "--target", "Close", "--features", "High",
               "--layers", "lstm:3", "--window", "8", "--epochs", "1", "--train-rows", "120", "-q");
        cJSON *document = JSON("evaluate", csv, "-m", other, "--leak-check");
        assert_string_equal(string(document, "leak_check"), "ok");
        assert_true(number(document, "mse") != number(member(document, "naive"), "mse"));
        cJSON_Delete(document);
    }
    cJSON_Delete(list);
}

/* Each with its source and, below, what tells its protocol from others. */
static void test_presets_tell_their_protocol(void **state) {
    (void)state;
    Said said = RUN("presets");
    assert_int_equal(said.code, 0);
    assert_non_null(strstr(said.out, "\nyadav-gru   Yadav, "));
    assert_non_null(strstr(
        said.out,
        " 4*(gru:50,dropout:0.2), window 60, optimizer sgd, lr 0.01, momentum 0.9, epochs 50, batch 150, target High, train-to 2016-12-31, scale minmax, scale-fit train\n"));
    size_t n = 0;
    for (const char *at = said.out; (at = strstr(at, ", optimizer ")); at++) n++;
    cJSON *list = JSON("presets");
    assert_int_equal(n, cJSON_GetArraySize(member(list, "presets")));
    cJSON_Delete(list);
    said_free(&said);
}

static void test_bounds_of_evaluate_are_targets(void **state) {
    (void)state;
    cJSON *all = JSON("evaluate", csv, "-m", model),
          *some = JSON("evaluate", csv, "-m", model, "--from", "2020-07-01", "--to", "2020-07-03");
    assert_true(number(some, "n") == 3 && number(all, "n") == N_ROWS - 120);
    assert_string_equal(string(some, "from"), "2020-07-01");
    assert_string_equal(string(some, "to"), "2020-07-03");
    cJSON_Delete(all);
    cJSON_Delete(some);
}

static void test_as_of_is_a_shorter_file(void **state) {
    (void)state;
    const char *shorter = run_path("shorter.csv");
    write_series(shorter, 150, SIZE_MAX, NULL);
    cJSON *check = JSON("check", shorter);
    Said cut = RUN("predict", shorter, "-m", model, "--horizon", "3", "--json");
    Said pretended = RUN("predict", csv, "-m", model, "--horizon", "3", "--json", "--as-of", string(check, "to"));
    Said now = RUN("predict", csv, "-m", model, "--horizon", "3", "--json");
    assert_string_equal(cut.out, pretended.out);
    assert_string_not_equal(cut.out, now.out);
    said_free(&cut);
    said_free(&pretended);
    said_free(&now);
    cJSON_Delete(check);
}

static void test_forecast_dates_are_sessions(void **state) {
    (void)state;
    cJSON *document = JSON("predict", csv, "-m", model, "--horizon", "10");
    const cJSON *forecasts = member(document, "forecasts"), *f;
    Date day = date_parse_iso(string(document, "as_of"));
    double step = 0;
    cJSON_ArrayForEach(f, forecasts) {
        const Date next = date_parse_iso(string(f, "date"));
        assert_true(next > day && date_weekday(next) < 5 && next - day <= 3);
        assert_true(number(f, "step") == ++step && number(f, "naive") == number(document, "last"));
        day = next;
    }
    assert_true(step == 10);
    cJSON_Delete(document);
}

static void test_splits_and_logs(void **state) {
    (void)state;
    const char *splits = run_path("splits.csv"), *log = run_path("log.jsonl");
    cJSON *document =
        JSON("validate", csv, SMALL, "--train-size", "60", "--val-size", "10", "--step", "20", "--splits", splits, "--log", log);
    char *text = run_read(splits), *lines = run_read(log);
    const size_t n = (size_t)number(document, "splits");
    assert_true(n > 1);
    assert_int_equal(count_lines(text), n + 1);
    assert_int_equal(count_lines(lines), n);
    assert_true(strncmp(text, "split,train_from,train_to,val_from,val_to,train_mse,train_rmse,train_mae,train_r2,train_evs,val_mse,", 96) ==
                0);
    free(lines);
    EXPECT(0, NULL, "train", csv, "-m", run_path("other"), SMALL, "--log", log, "-q");
    lines = run_read(log); /* two epochs more: appended */
    assert_int_equal(count_lines(lines), n + 2);
    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *entry = cJSON_ParseWithOpts(line, NULL, true);
        assert_non_null(entry);
        cJSON_Delete(entry);
    }
    free(text);
    free(lines);
    cJSON_Delete(document);
}

static void test_check_finds_what_was_planted(void **state) {
    (void)state;
    static const struct {
        const char *code;
        double line;
    } planted[] = {{"ohlc", 4}, {"split", 9}, {"not-positive", 11}, {"repeated", 12}, {"weekend", 17}, {"gap", 18}};
    const char *file = run_path("planted.csv");
    Text text = {0};
    text_puts(
        &text,
        "Date,Open,High,Low,Close\n2020-01-01,10,11,9,10\n2020-01-02,10,11,9,10.5\n2020-01-03,10,11,12,10.2\n2020-01-06,10,11,9,10\n2020-01-07,10,11,9,10.1\n"
        "2020-01-08,10,11,9,10\n2020-01-09,10,11,9,10\n2020-01-10,5,6,4,5\n2020-01-13,5,6,4,5.1\n2020-01-14,0,6,0,5.2\n");
    for (int day = 15; day < 18; day++) text_printf(&text, "2020-01-%d,5,6,4,5.3\n", day);
    text_puts(&text, "2020-01-20,5,6,4,5.3\n2020-01-21,5,6,4,5.3\n2020-01-25,5,6,4,5.4\n");
    Date day = date_from_civil(2020, 3, 2);
    char date[DATE_TEXT];
    for (int i = 0; i < 60; i++, day += date_weekday(day) == 4 ? 3 : 1)
        text_printf(&text, "%s,5,6,4,%d.%d\n", date_format(day, date), 5, i % 4);
    run_write(file, text.data);
    text_free(&text);
    cJSON *document = JSON("check", file), *clean = JSON("check", csv);
    for (size_t i = 0; i < sizeof planted / sizeof planted[0]; i++) {
        const cJSON *problem;
        bool found = false;
        cJSON_ArrayForEach(problem, member(document, "problems")) found |=
            strcmp(string(problem, "code"), planted[i].code) == 0 && number(problem, "line") == planted[i].line;
        if (!found) print_error("no '%s' on line %.0f\n", planted[i].code, planted[i].line);
        assert_true(found);
    }
    assert_int_equal(cJSON_GetArraySize(member(clean, "problems")), 0);
    cJSON_Delete(document);
    cJSON_Delete(clean);
}

/* ---- signals ---- */

static void test_signals_end_it_and_leave_nothing(void **state) {
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM};
    const char *unmade = run_path("unmade");
    for (size_t i = 0; i < 2; i++) {
        int status = 0;
        const struct timespec wait = {.tv_sec = 1};
        const pid_t pid = run_begin(
            (const char *const[]){"train", csv, "-m", unmade, "--preset", "classic", "--window", "8", "--epochs", "1000000", NULL});
        nanosleep(&wait, NULL);
        assert_int_equal(kill(pid, signals[i]), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
        assert_null(run_read(unmade));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_command_the_beginning_is_shown),
        cmocka_unit_test(test_help_goes_to_standard_output),
        cmocka_unit_test(test_help_lists_what_the_parser_takes),
        cmocka_unit_test(test_usage_errors),
        cmocka_unit_test(test_every_other_exit_code),
        cmocka_unit_test(test_a_cell_that_is_no_number_is_named_by_its_line),
        cmocka_unit_test(test_options_stand_anywhere),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_documents_have_their_members),
        cmocka_unit_test(test_quiet_says_nothing),
        cmocka_unit_test(test_what_was_chosen_is_said_on_standard_error),
        cmocka_unit_test(test_output_file_and_full_device),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_colour),
        cmocka_unit_test(test_predictions_agree_with_the_document),
        cmocka_unit_test(test_levels_agree_with_the_predictions),
        cmocka_unit_test(test_forecasts_have_intervals),
        cmocka_unit_test(test_baselines_stand_beside_the_model),
        cmocka_unit_test(test_required_skill),
        cmocka_unit_test(test_a_shut_gate_forecasts_naive),
        cmocka_unit_test(test_intervals_of_an_unused_network_are_told),
        cmocka_unit_test(test_no_preset_leaks),
        cmocka_unit_test(test_presets_tell_their_protocol),
        cmocka_unit_test(test_bounds_of_evaluate_are_targets),
        cmocka_unit_test(test_as_of_is_a_shorter_file),
        cmocka_unit_test(test_forecast_dates_are_sessions),
        cmocka_unit_test(test_splits_and_logs),
        cmocka_unit_test(test_check_finds_what_was_planted),
        cmocka_unit_test(test_signals_end_it_and_leave_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, run_clean);
}
