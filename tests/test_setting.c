/* setting: every kind through put and get, its limits, and what a refusal says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/date.h"
#include "lstmfc/setting.h"

typedef struct Target {
    const char *text;
    size_t count, free_count;
    double number, free_number;
    uint64_t seed;
    Date date;
    int choice;
    bool on;
} Target;

static const char *const colours[] = {"red", "green", "blue", NULL};

static const Setting table[] = {
    {.name = "text", .kind = SETTING_TEXT, .offset = offsetof(Target, text), .argument = "COL"},
    {.name = "count", .kind = SETTING_COUNT, .offset = offsetof(Target, count), .minimum = 2, .maximum = 10, .fallback = "3"},
    {.name = "free-count", .kind = SETTING_COUNT, .offset = offsetof(Target, free_count)},
    {.name = "number", .kind = SETTING_NUMBER, .offset = offsetof(Target, number), .minimum = 0, .maximum = 1, .fallback = "0.25"},
    {.name = "free-number", .kind = SETTING_NUMBER, .offset = offsetof(Target, free_number)},
    {.name = "seed", .kind = SETTING_SEED, .offset = offsetof(Target, seed), .fallback = "7"},
    {.name = "date", .kind = SETTING_DATE, .offset = offsetof(Target, date)},
    {.name = "choice", .kind = SETTING_CHOICE, .offset = offsetof(Target, choice), .choices = colours, .fallback = "green"},
    {.name = "on", .kind = SETTING_SWITCH, .offset = offsetof(Target, on)},
};
enum { N_TABLE = sizeof table / sizeof *table };

static const Setting *row(const char *name) {
    const Setting *found = setting_find(table, N_TABLE, name);
    assert_non_null(found);
    return found;
}

static Target defaults(void) {
    Target target;
    memset(&target, 0x5a, sizeof target);
    setting_defaults(table, N_TABLE, &target);
    return target;
}

static void rows_are_found_by_their_whole_name(void **state) {
    (void)state;
    assert_ptr_equal(row("count"), &table[1]);
    assert_null(setting_find(table, N_TABLE, "coun"));
    assert_null(setting_find(table, N_TABLE, "counts"));
    assert_null(setting_find(table, N_TABLE, ""));
}

static void defaults_fill_every_field(void **state) {
    (void)state;
    const Target t = defaults();
    assert_null(t.text);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.free_count, 0);
    assert_true(t.number == 0.25 && t.free_number == 0);
    assert_int_equal(t.seed, 7);
    assert_int_equal(t.date, DATE_NONE);
    assert_int_equal(t.choice, 1);
    assert_false(t.on);
}

/* One value in, the same value out; `same` NULL = refused. */
static void values_come_back(void **state) {
    (void)state;
    static const struct { const char *name, *value, *same; } cases[] = {
        {"text", "Adj Close", "Adj Close"}, {"text", "", NULL}, {"count", "2", "2"}, {"count", "10", "10"}, {"count", "1", NULL},
        {"count", "11", NULL},
        {"count", "-3", NULL}, {"count", "3.0", NULL}, {"count", " 3", NULL}, {"count", "3x", NULL}, {"count", "0x3", NULL},
        {"count", "99999999999999999999999", NULL}, {"free-count", "4000000000", "4000000000"}, {"number", "0", "0"}, {"number", "1", "1"},
        {"number", "1e-3", "0.001"}, {"number", "0.1", "0.1"}, {"number", "0.30000000000000004", "0.30000000000000004"},
        {"number", "1.0000000000000002", NULL},
        {"number", "-0.1", NULL}, {"number", "nan", NULL}, {"number", "inf", NULL}, {"number", "0,5", NULL}, {"number", "", NULL},
        {"free-number", "-12.5", "-12.5"},
        {"free-number", "1e400", NULL}, {"seed", "0", "0"}, {"seed", "18446744073709551615", "18446744073709551615"},
        {"seed", "18446744073709551616", NULL},
        {"seed", "-1", NULL}, {"seed", "+1", NULL}, {"date", "2016-12-31", "2016-12-31"}, {"date", "2016-02-30", NULL},
        {"date", "31.12.2016", NULL},
        {"date", "2016-12-31 ", NULL}, {"choice", "blue", "blue"}, {"choice", "Blue", NULL}, {"choice", "2", NULL}, {"on", "true", "true"},
        {"on", "false", "false"},
        {"on", "1", NULL}, {"on", "", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Target t = defaults();
        const Target before = t;
        Error error = {0};
        char buffer[64];
        const bool ok = setting_put(row(cases[i].name), &t, cases[i].value, &error);
        if (ok != (cases[i].same != NULL)) {
            fail_msg("%s '%s': %s", cases[i].name, cases[i].value, ok ? "taken" : error.message);
        }
        assert_int_equal(error.code, ok ? ERROR_NONE : ERROR_USAGE);
        if (ok) {
            assert_string_equal(setting_get(row(cases[i].name), &t, buffer, sizeof buffer), cases[i].same);
        } else {
            assert_memory_equal(&t, &before, sizeof t);
            assert_non_null(strstr(error.message, cases[i].name));
        }
    }
}

static void what_is_not_given_is_empty_text(void **state) {
    (void)state;
    const Target t = defaults();
    char buffer[64];
    static const char *const empty[] = {"text", "free-count", "free-number", "date"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(setting_get(row(empty[i]), &t, buffer, sizeof buffer), "");
    }
    assert_string_equal(setting_get(row("on"), &t, buffer, sizeof buffer), "false");
}

static void no_value_turns_a_switch_on_and_nothing_else(void **state) {
    (void)state;
    for (size_t i = 0; i < N_TABLE; i++) {
        Target t = defaults();
        Error error = {0};
        assert_int_equal(setting_put(&table[i], &t, NULL, &error), table[i].kind == SETTING_SWITCH);
        assert_int_equal(t.on, table[i].kind == SETTING_SWITCH);
        assert_int_equal(error.code, table[i].kind == SETTING_SWITCH ? ERROR_NONE : ERROR_USAGE);
    }
}

static void refusals_say_what_is_accepted(void **state) {
    (void)state;
    static const struct { const char *name, *value, *message, *hint; } cases[] = {
        {"count", "11", "'count' is not a whole number in range: '11'", "from 2 to 10"},
        {"number", "2", "'number' is not a number in range: '2'", "from 0 to 1"},
        {"free-number", "x\ny", "'free-number' is not a number in range: 'x\\x0Ay'", ""},
        {"date", "today", "'date' is not a date: 'today'", "write it as 2016-12-31"},
        {"choice", "gren", "'choice' is not one of its choices: 'gren'", "did you mean 'green'? one of red, green, blue"},
        {"choice", "mauve", "'choice' is not one of its choices: 'mauve'", "one of red, green, blue"},
        {"on", "yes", "'on' is not a switch: 'yes'", "true or false"},
        {"text", "", "'text' wants a value: COL", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Target t = defaults();
        Error error = {0};
        assert_false(setting_put(row(cases[i].name), &t, cases[i].value, &error));
        assert_string_equal(error.message, cases[i].message);
        assert_string_equal(error.hint, cases[i].hint);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_their_whole_name),
        cmocka_unit_test(defaults_fill_every_field),
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(what_is_not_given_is_empty_text),
        cmocka_unit_test(no_value_turns_a_switch_on_and_nothing_else),
        cmocka_unit_test(refusals_say_what_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
