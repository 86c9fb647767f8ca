/* date: every day of ten thousand years against a day counted up by hand, calendars against known ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/date.h"
#include "lstmfc/pattern.h"

static void every_day(void **state) {
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    Date date = -719162; /* 0001-01-01 */
    int weekday = 0;     /* a Monday */
    for (int y = 1; y <= 9999; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1, last = lengths[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 || y % 400 == 0)); d <= last + 1; d++) {
                int year, month, day;
                if (d > last) {
                    assert_int_equal(date_from_civil(y, m, d), DATE_NONE);
                    continue;
                }
                date_to_civil(date, &year, &month, &day);
                if (date_from_civil(y, m, d) != date || year != y || month != m || day != d || date_weekday(date) != weekday)
                    fail_msg("%d-%d-%d", y, m, d);
                date++;
                weekday = (weekday + 1) % 7;
            }
    assert_int_equal(date_from_civil(1970, 1, 1), 0);
    assert_int_equal(date_from_civil(2000, 3, 1), 11017);
    assert_int_equal(date_from_civil(0, 1, 1), DATE_NONE);
    assert_int_equal(date_from_civil(10000, 1, 1), DATE_NONE);
    assert_int_equal(date_from_civil(2024, 13, 1), DATE_NONE);
    assert_int_equal(date_from_civil(2024, 1, 0), DATE_NONE);
}

static void iso(void **state) {
    (void)state;
    static const char *const bad[] = {"",           "2024-02-30", "2024-2-03",  "2024-02-03 ", " 2024-02-03",
                                      "2024/02/03", "20240203",   "2024-02-0x", "0000-01-01",  "2024-02-033"};
    char text[DATE_TEXT];
    assert_string_equal(date_format(date_parse_iso("2024-02-29"), text), "2024-02-29");
    assert_string_equal(date_format(date_parse_iso("0001-01-01"), text), "0001-01-01");
    assert_string_equal(date_format(date_parse_iso("9999-12-31"), text), "9999-12-31");
    assert_string_equal(date_format(DATE_NONE, text), "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(date_parse_iso(bad[i]), DATE_NONE);
}

static void reads(const char *pattern, const char *text, const char *expected) {
    char shown[DATE_TEXT];
    assert_string_equal(date_format(pattern_parse(pattern, text, strlen(text), NULL), shown), expected);
}

static void patterns(void **state) {
    (void)state;
    reads("%Y-%m-%d", "2024-07-26", "2024-07-26");
    reads("%Y-%m-%d", "2024-07-26T00:00:00.000Z", "2024-07-26");
    reads("%Y-%m-%d", "2024-07-26 00:00:00-04:00", "2024-07-26");
    reads("%-m/%-d/%Y", "1/2/2020 4:00 PM", "2020-01-02");
    reads("%m/%d/%Y", "07/26/2024", "2024-07-26");
    reads("%d.%m.%y", "10.09.08", "2008-09-10");
    reads("%d.%m.%y", "10.09.69", "1969-09-10");
    reads("%d-%b-%Y", "03-Oct-2025", "2025-10-03");
    reads("%d-%b-%Y", "03-OKT-2025", "2025-10-03");
    reads("%b %-d, %Y", "Sep 6, 2024", "2024-09-06");
    reads("%b %-d, %Y", "September 6, 2024", "2024-09-06");
    reads("%s", "1704171600000000000", "2024-01-02");
    reads("%E", "43832", "2020-01-02");
    static const char *const bad[] = {"2015-01-02x",
                                      "20 5-01-02",
                                      "2015-01-2",
                                      "2015-13-02",
                                      "2015-02-30",
                                      "2015-01-02T",
                                      "2015-01-02 25:00",
                                      "2015-01-02 12:60",
                                      "2015-01-02 12:00+99:00",
                                      "2015-01-02 12:00 junk",
                                      "",
                                      "x",
                                      "2015-01-02 12:00:00."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        reads("%Y-%m-%d", bad[i], "");
    reads("%-m/%-d/%Y", "01/02/2020", "");
    reads("%m/%d/%Y", "1/2/2020", "");
}

static void asked(const char *user, const char *text, const char *expected) {
    char pattern[PATTERN_TEXT];
    Error error = {0};
    assert_true(pattern_from_user(user, pattern, &error));
    reads(pattern, text, expected);
}

static void user_patterns(void **state) {
    (void)state;
    static const char *const bad[] = {"", "%d", "%Q/%Y", "%", "words", "%Y-%d"};
    char pattern[PATTERN_TEXT];
    asked("%d/%m/%Y", "1/2/2020", "2020-02-01");
    asked("DD/MM/YYYY", "01/02/2020", "2020-02-01");
    asked("M/D/YY", "1/2/20", "2020-01-02");
    asked("%Y-%m-%d %H:%M:%S", "2020-01-02 16:00:00", "2020-01-02");
    asked("Mon D, YYYY", "Sep 6, 2024", "2024-09-06");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Error error = {0};
        assert_false(pattern_from_user(bad[i], pattern, &error));
        assert_int_equal(error.code, ERROR_USAGE);
    }
}

/* ---- calendars ---- */

static size_t fill(Date *dates, size_t most, const char *from, unsigned mask) {
    size_t n = 0;
    for (Date d = date_parse_iso(from); n < most; d++)
        if (mask >> date_weekday(d) & 1u)
            dates[n++] = d;
    return n;
}

static void described(const Date *dates, size_t n, const char *expected) {
    Calendar calendar;
    char text[64];
    calendar_infer(&calendar, dates, n);
    assert_string_equal(calendar_describe(&calendar, text, sizeof text), expected);
}

static void masks(void **state) {
    (void)state;
    Date dates[400];
    Calendar calendar;
    described(dates, fill(dates, 300, "2020-01-01", 0x1f), "Mon-Fri");
    described(dates, fill(dates, 300, "2020-01-01", 0x7f), "every day");
    described(dates, fill(dates, 300, "2020-01-01", 0x4f), "Mon-Thu,Sun");
    described(dates, fill(dates, 300, "2020-01-01", 0x05), "Mon,Wed");
    described(dates, fill(dates, 300, "2020-01-01", 0x10), "Fri, weekly");
    described(dates, fill(dates, 5, "2020-01-06", 0x1f), "Mon-Fri");
    described(dates, fill(dates, 5, "2020-01-03", 0x7f), "every day");
    described(dates, 1, "Mon-Fri");
    described(dates, 0, "Mon-Fri");
    size_t n = fill(dates, 300, "2020-01-01", 0x1f); /* one Saturday session does not make a six-day week */
    for (size_t i = n; i-- > 100;)
        dates[i + 1] = dates[i];
    while (date_weekday(dates[100]) != 0)
        memmove(dates + 100, dates + 101, (n-- - 100) * sizeof *dates);
    dates[99] = dates[100] - 2;
    described(dates, n, "Mon-Fri");
    calendar_infer(&calendar, dates, n);
    assert_int_equal(calendar_next(&calendar, date_parse_iso("2017-12-29")), date_parse_iso("2018-01-01"));
    assert_int_equal(calendar_next(&calendar, date_parse_iso("2017-12-28")), date_parse_iso("2017-12-29"));
    assert_int_equal(calendar_sessions(&calendar, date_parse_iso("2017-12-29"), date_parse_iso("2018-01-08")), 6);
    assert_int_equal(calendar_sessions(&calendar, 5, 5), 0);
    assert_int_equal(calendar_sessions(&calendar, 6, 5), 0);
}

static void sessions_are_steps(void **state) {
    (void)state;
    for (unsigned mask = 1; mask < 128; mask++) {
        Calendar calendar = {.weekdays = (uint8_t)mask, .month_day = DATE_NONE};
        for (Date from = 18000; from < 18007; from++)
            for (Date to = from; to < from + 30; to++) {
                size_t n = 0;
                for (Date d = calendar_next(&calendar, from); d <= to; d = calendar_next(&calendar, d))
                    n++;
                assert_int_equal(calendar_sessions(&calendar, from, to), n);
            }
    }
}

static void months(void **state) {
    (void)state;
    static const char *const ends[] = {"2023-08-31", "2023-09-29", "2023-10-31", "2023-11-30", "2023-12-29", "2024-01-31"};
    Date dates[24];
    Calendar calendar;
    for (int i = 0; i < 24; i++)
        dates[i] = date_from_civil(2020 + i / 12, i % 12 + 1, 1);
    described(dates, 24, "monthly");
    calendar_infer(&calendar, dates, 24);
    assert_int_equal(calendar_next(&calendar, dates[23]), date_from_civil(2022, 1, 1));
    assert_int_equal(calendar_sessions(&calendar, dates[0], dates[23]), 23);
    for (int i = 0; i < 6; i++)
        dates[i] = date_parse_iso(ends[i]);
    calendar_infer(&calendar, dates, 6);
    assert_int_equal(calendar_next(&calendar, dates[5]), date_from_civil(2024, 2, 29));
    assert_int_equal(calendar_next(&calendar, date_from_civil(2024, 2, 29)), date_from_civil(2024, 3, 31));
    for (int i = 0; i < 12; i++)
        dates[i] = date_from_civil(2020 + i / 4, i % 4 * 3 + 1, 1);
    described(dates, 12, "quarterly");
    for (int i = 0; i < 12; i++)
        dates[i] = date_from_civil(2000 + i, 12, 31);
    described(dates, 12, "yearly");
    calendar_infer(&calendar, dates, 12);
    assert_int_equal(calendar_next(&calendar, date_from_civil(9999, 12, 31)), DATE_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day), cmocka_unit_test(iso),    cmocka_unit_test(patterns),           cmocka_unit_test(user_patterns),
        cmocka_unit_test(masks),     cmocka_unit_test(months), cmocka_unit_test(sessions_are_steps),
    };
    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
