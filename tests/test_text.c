/* error and text: the first error sticks, escaping is printable, numbers survive the round trip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lstmfc/error.h"
#include "lstmfc/text.h"

static void first_error_sticks(void **state) {
    (void)state;
    Error error = {0};
    char buffer[256];
    assert_false(error_at(&error, ERROR_DATA, NULL, 214, 7, "use --missing drop", "column '%s' is not a number", "Close"));
    assert_false(error_set(&error, ERROR_INTERNAL, NULL, "later"));
    error_source(&error, "prices.csv");
    error_source(&error, "other.csv");
    assert_int_equal(error.code, ERROR_DATA);
    assert_string_equal(error_class(error.code), "data");
    assert_string_equal(error_format(&error, buffer, sizeof buffer),
                        "prices.csv:214:7: column 'Close' is not a number (use --missing drop)");
    assert_string_equal(error_format(&error, buffer, 8), "prices.");
}

static void long_errors_are_cut(void **state) {
    (void)state;
    Error error = {0};
    char huge[5000], buffer[8000];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    error_at(&error, ERROR_FILE, huge, 1, 0, huge, "%s", huge);
    assert_true(strlen(error_format(&error, buffer, sizeof buffer)) < 1400);
    error_set(NULL, ERROR_FILE, NULL, "nobody listens");
}

static void text_grows(void **state) {
    (void)state;
    Text text = {0};
    for (int i = 0; i < 1000; i++)
        text_printf(&text, "%d,", i % 10);
    text_append(&text, "a\0b", 3);
    assert_int_equal(text.length, 2003);
    assert_memory_equal(text.data + 1996, "8,9,a\0b", 8);
    assert_false(text.failed);
    text_free(&text);
    text_free(&text);
    assert_null(text.data);
}

static void escape(const char *bytes, size_t n, const char *expected) {
    char buffer[64];
    assert_string_equal(text_escape(bytes, n, buffer, sizeof buffer), expected);
}

static void escaping(void **state) {
    (void)state;
    char small[10];
    escape("plain \\ text", 12, "plain \\ text");
    escape("a\tb\0c\x7f", 6, "a\\x09b\\x00c\\x7F");
    escape("Schlu\xc3\x9fkurs", 11, "Schlu\xc3\x9fkurs");
    escape("\xff\xfe"
           "D",
           3, "\\xFF\\xFED");
    escape("\xc0\xaf", 2, "\\xC0\\xAF");          /* overlong */
    escape("\xed\xa0\x80", 3, "\\xED\\xA0\\x80"); /* surrogate */
    escape("\xc2\x9b", 2, "\\xC2\\x9B");          /* C1 control */
    escape("\xe2\x82", 2, "\\xE2\\x82");          /* cut off */
    escape("\x1b[31m", 5, "\\x1B[31m");
    assert_string_equal(text_escape("123456789", 9, small, sizeof small), "123456789");
    assert_string_equal(text_escape("1234567890", 10, small, sizeof small), "123456...");
    assert_string_equal(text_escape("\xff\xff\xff", 3, small, sizeof small), "\\xFF...");
}

static uint64_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 11 ^ *seed << 40;
}

static void doubles_survive(void **state) {
    (void)state;
    uint64_t seed = 7;
    char buffer[32];
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&seed);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (i % 2)
            value = (double)(bits % 1000000000) / 10000.0;
        text_double(value, buffer);
        if (strcmp(buffer, "null") == 0)
            continue;
        assert_true(strlen(buffer) < 32 && text_to_double(buffer, strlen(buffer), &back));
        assert_memory_equal(&value, &back, sizeof value);
        assert_true(strtod(buffer, NULL) == value);
    }
}

static void shortest(void **state) {
    (void)state;
    char buffer[32];
    assert_string_equal(text_double(0.1, buffer), "0.1");
    assert_string_equal(text_double(-0.0, buffer), "-0");
    assert_string_equal(text_double(0.1 + 0.2, buffer), "0.30000000000000004");
    assert_string_equal(text_double(5e-324, buffer), "5e-324");
    assert_string_equal(text_double(27.8475, buffer), "27.8475");
    assert_string_equal(text_double(strtod("nan", NULL), buffer), "null");
    assert_string_equal(text_double(strtod("-inf", NULL), buffer), "null");
}

/* Correct rounding against the C library, at the places where it is hard. */
static void rounding(void **state) {
    (void)state;
    static const char *const hard[] = {"9007199254740993",
                                       "9007199254740992.99999999999999999999999",
                                       "2.2250738585072011e-308",
                                       "1.7976931348623158e308",
                                       "0.000000000000000000000000000000000001",
                                       "123456789012345678901234567890",
                                       "179769313486231570793e288",
                                       "8.5",
                                       ".5",
                                       "5.",
                                       "+3",
                                       "1e22",
                                       "1e23",
                                       "4.35",
                                       "1e-400"};
    double value;
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        assert_true(text_to_double(hard[i], strlen(hard[i]), &value));
        assert_true(value == strtod(hard[i], NULL));
    }
    char half[1200] = "9007199254740993."; /* the tie is broken by the very last of a thousand digits */
    memset(half + 17, '0', 1100);
    assert_true(text_to_double(half, 1117, &value) && value == 9007199254740992.0);
    half[1116] = '1';
    assert_true(text_to_double(half, 1117, &value) && value == 9007199254740994.0);
    memset(half, '9', 300);
    assert_true(text_to_double(half, 300, &value) && value == 1e300);
}

static void not_doubles(void **state) {
    (void)state;
    static const char *const bad[] = {"",   "-",    "+",   ".",   "e5",  "1e",  "1e+",   "1.2.3", " 1",
                                      "1 ", "0x10", "inf", "nan", "1,5", "--1", "1e400", "1e5.",  "1f"};
    double value = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_to_double(bad[i], strlen(bad[i]), &value));
    assert_false(text_to_double("1\0", 2, &value));
    assert_true(value == 42);
}

static void sizes(void **state) {
    (void)state;
    char largest[32];
    size_t value = 0;
    snprintf(largest, sizeof largest, "%zu", SIZE_MAX);
    assert_true(text_to_size(largest, &value) && value == SIZE_MAX);
    largest[strlen(largest) - 1]++;
    assert_false(text_to_size(largest, &value));
    assert_false(text_to_size("", &value));
    assert_false(text_to_size("-1", &value));
    assert_false(text_to_size("1x", &value));
    assert_true(text_to_size("007", &value) && value == 7);
}

static void comparing(void **state) {
    (void)state;
    assert_int_equal(text_compare_nocase("Close", "cLOSE"), 0);
    assert_true(text_compare_nocase("Close", "Closer") < 0);
    assert_true(text_compare_nocase("b", "A") > 0);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("same", "same"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_error_sticks), cmocka_unit_test(long_errors_are_cut), cmocka_unit_test(text_grows),
        cmocka_unit_test(escaping),           cmocka_unit_test(doubles_survive),     cmocka_unit_test(shortest),
        cmocka_unit_test(rounding),           cmocka_unit_test(not_doubles),         cmocka_unit_test(sizes),
        cmocka_unit_test(comparing),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
