/* check: what it understood and found, --fix, --calendar, --now. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "run.h"

static cJSON *json_of(const Said *said) {
    cJSON *document = cJSON_Parse(said->out);
    if (!document) fail_msg("no JSON: '%s' '%s'", said->out, said->err);
    return document;
}

static bool has(const cJSON *document, const char *list, const char *code, double line) {
    const cJSON *entry;
    bool found = false;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItem(document, list)) found |=
        strcmp(golden_string(entry, "code"), code) == 0 && (line <= 0 || golden_number(entry, "line") == line);
    return found;
}

static const char messy[] =
    "Datum;Schlusskurs;Bemerkung;Volumen\n05.01.2024;1.001,5;x;-\n05.01.2024;1.001,5;x;-\n04.01.2024;;x;20\n03.01.2024;999,25;x;30\n02.01.2024;998;x;40\n";

static void fix_writes_what_was_understood(void **state) {
    (void)state;
    const char *in = run_path("messy.csv"), *out = run_path("fixed.csv");
    run_write(in, messy);
    Said said = RUN("check", in, "--fix", out, "--missing", "drop", "--json");
    assert_int_equal(said.code, 0);
    cJSON *document = json_of(&said);
    assert_true(has(document, "changes", "left-out", 2) && has(document, "changes", "left-out", 4) && has(document, "changes", "empty", 3));
    assert_true(has(document, "changes", "form", 0) && has(document, "changes", "columns", 0));
    assert_int_equal(golden_size(document, "errors"), 0);
    cJSON_Delete(document);
    said_free(&said);
    char *text = run_read(out);
    assert_string_equal(text, "Date,Schlusskurs,Volumen\n2024-01-02,998,40\n2024-01-03,999.25,30\n2024-01-05,1001.5,\n");
    free(text);
    said = RUN("check", in, "--fix", out, "--missing", "drop");
    assert_non_null(strstr(said.out, "line 4: the row is left out: it lacks a value"));
    assert_non_null(strstr(said.out, "line 3: the cell of column 'Volumen' is no number and is left empty"));
    said_free(&said);
    unlink(in), unlink(out);
}

static void what_training_refuses_is_an_error_and_nothing_is_written(void **state) {
    (void)state;
    const char *in = run_path("messy.csv"), *out = run_path("fixed.csv");
    run_write(in, messy);
    Said said = RUN("check", in, "--fix", out, "--json"), train = RUN("train", in, "-m", run_path("none"));
    assert_int_equal(said.code, 3);
    assert_int_equal(train.code, 3);
    assert_non_null(strstr(said.err, "\"line\":4"));
    assert_non_null(strstr(train.err, "messy.csv:4:12: column 'Schlusskurs' has no value"));
    cJSON *document = json_of(&said);
    assert_int_equal(golden_size(document, "errors"), 1);
    assert_true(has(document, "problems", "load", 4));
    assert_int_equal(access(out, F_OK), -1);
    cJSON_Delete(document);
    said_free(&said);
    said_free(&train);
    said = RUN("check", in);
    assert_int_equal(said.code, 3);
    assert_non_null(strstr(said.out, "1 error, "));
    said_free(&said);
    unlink(in);
}

static void the_input_is_not_overwritten(void **state) {
    (void)state;
    const char *in = run_path("messy.csv"), *link_path = run_path("link.csv"), *paths[] = {in, link_path};
    run_write(in, messy);
    assert_int_equal(symlink(in, link_path), 0);
    for (int i = 0; i < 2; i++) {
        Said said = RUN("check", in, "--missing", "drop", "--fix", paths[i]);
        assert_int_equal(said.code, 2);
        assert_non_null(strstr(said.err, "would overwrite the file it reads"));
        said_free(&said);
    }
    char *text = run_read(in);
    assert_string_equal(text, messy);
    free(text);
    Said said = RUN("check", in, "--missing", "drop", "--fix", "/no/such/folder/x.csv");
    assert_int_equal(said.code, 9);
    said_free(&said);
    unlink(in), unlink(link_path);
}

/* Each with the option that shows it; line 0 = any. */
static void findings(void **state) {
    (void)state;
    const char *in = run_path("found.csv");
    run_write(
        in,
        "Date,Open,High,Low,Close,Adj Close,Volume\n2024-03-27,10,11,9,10,9.9,100\n2024-03-28,10,11,9,10.5,10.3,100\n2024-03-29,10,11,9,10.5,10.3,110\n2024-04-01,10,11,9,10.2,10.1,120\n"
        "2024-04-02,10,11,9,10.2,10.1,120\n2024-04-03,10,11,9,10.2,9.5,130\n2024-04-04,10,11,9,10.2,10.4,140\n"
        "2024-04-05,10,11,9,10.9,10.9,140\n2024-04-08,10,11,9,10.9,10.9,150\n"
        "2024-04-09,10,11,9,10.9,10.8,160\n2024-04-10,10,11,9,10.8,10.8,170\n");
    Said said = RUN("check", in, "--json", "--calendar", "nyse", "--now", "2024-04-09");
    cJSON *document = json_of(&said);
    assert_int_equal(said.code, 0);
    assert_string_equal(golden_string(document, "calendar"), "Mon-Fri, NYSE");
    assert_true(has(document, "problems", "closed", 4));   /* Good Friday */
    assert_true(has(document, "problems", "repeated", 6)); /* the whole row */
    assert_true(has(document, "problems", "adjusted", 7)); /* falls against the close */
    assert_true(has(document, "problems", "adjusted", 8)); /* above the close */
    assert_true(has(document, "problems", "future", 12));
    assert_false(has(document, "problems", "future", 11));
    assert_true(golden_size(document, "warnings") >= 5);
    cJSON_Delete(document);
    said_free(&said);
    said = RUN("check", in, "--json", "--now", "2024-04-10");
    document = json_of(&said);
    assert_false(has(document, "problems", "closed", 0) || has(document, "problems", "future", 0));
    cJSON_Delete(document);
    said_free(&said);
    said = RUN("check", in, "--max-age", "1", "--now", "2024-04-15");
    assert_int_equal(said.code, 5);
    said_free(&said);
    unlink(in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fix_writes_what_was_understood),
        cmocka_unit_test(what_training_refuses_is_an_error_and_nothing_is_written),
        cmocka_unit_test(the_input_is_not_overwritten),
        cmocka_unit_test(findings),
    };
    return cmocka_run_group_tests(tests, NULL, run_clean);
}
