/* calendars: the rules of the NYSE against two packages, day by day; what a calendar makes of next sessions and counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "lstmfc/date.h"
#include "lstmfc/nyse.h"

static void every_day_since_1953(void **state) {
    (void)state;
    cJSON *golden = golden_load("nyse.json");
    const Date first = date_parse_iso(golden_string(golden, "first")), last = date_parse_iso(golden_string(golden, "last"));
    const cJSON *next = cJSON_GetObjectItem(golden, "closed")->child;
    size_t n_wrong = 0, n_closed = 0;
    assert_int_equal(golden_count(golden, "apart_1990_2026"), 0);
    for (Date date = first; date <= last; date++) {
        char text[DATE_TEXT];
        if (date_weekday(date) > 4) continue;
        const bool closed = next && strcmp(date_format(date, text), next->valuestring) == 0;
        if (closed) next = next->next;
        n_closed += closed;
        if (nyse_closed(date) == closed) continue;
        print_error("%s is %s\n", text, closed ? "closed" : "open");
        n_wrong++;
    }
    print_message("%zu closed days, %zu wrong\n", n_closed, n_wrong);
    assert_null(next);
    assert_int_equal(n_wrong, 0);
    cJSON_Delete(golden);
}

static void calendars_by_name(void **state) {
    (void)state;
    const Date thursday = date_parse_iso("2024-03-28"), monday = date_parse_iso("2024-04-01");
    Calendar calendar;
    calendar_infer(&calendar, &thursday, 1);
    assert_true(calendar_choose(&calendar, "nyse"));
    assert_int_equal(calendar_next(&calendar, thursday), monday); /* Good Friday */
    assert_int_equal(calendar_sessions(&calendar, thursday, monday), 1);
    assert_true(calendar_choose(&calendar, "weekdays"));
    assert_int_equal(calendar_next(&calendar, thursday), thursday + 1);
    assert_int_equal(calendar_sessions(&calendar, thursday, monday), 2);
    assert_true(calendar_choose(&calendar, "7d"));
    assert_int_equal(calendar_sessions(&calendar, thursday, monday), 4);
    assert_false(calendar_choose(&calendar, "moon"));
}

/* A list comes on top of the rules; a day in both counts once. */
static void holidays_on_top(void **state) {
    (void)state;
    const Date list[] = {date_parse_iso("2024-03-29"), date_parse_iso("2024-04-01")};
    Calendar calendar;
    calendar_infer(&calendar, list, 1);
    assert_true(calendar_choose(&calendar, "nyse"));
    calendar.holidays = list;
    calendar.n_holidays = 2;
    assert_int_equal(calendar_next(&calendar, list[0] - 1), list[1] + 1);
    assert_int_equal(calendar_sessions(&calendar, list[0] - 1, list[1] + 1), 1);
}

static void described(void **state) {
    (void)state;
    const Date day = date_parse_iso("2024-03-28");
    Calendar calendar;
    char text[40];
    calendar_infer(&calendar, &day, 1);
    assert_true(calendar_choose(&calendar, "nyse"));
    assert_string_equal(calendar_describe(&calendar, text, sizeof text), "Mon-Fri, NYSE");
    assert_true(calendar_choose(&calendar, "7d"));
    assert_string_equal(calendar_describe(&calendar, text, sizeof text), "every day");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_since_1953),
        cmocka_unit_test(calendars_by_name),
        cmocka_unit_test(holidays_on_top),
        cmocka_unit_test(described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
