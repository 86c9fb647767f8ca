#include "lstmfc/text.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(Text *text, size_t more) {
    size_t need = text->length + more + 1, capacity = text->capacity ? text->capacity : 64;
    if (text->failed)
        return false;
    if (need < more || need > SIZE_MAX / 2)
        return !(text->failed = true);
    if (need <= text->capacity)
        return true;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (!data)
        return !(text->failed = true);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_append(Text *text, const char *bytes, size_t n) {
    if (!reserve(text, n))
        return;
    if (n > 0)
        memcpy(text->data + text->length, bytes, n);
    text->length += n;
    text->data[text->length] = '\0';
}

void text_puts(Text *text, const char *string) {
    text_append(text, string, strlen(string));
}

void text_printf(Text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    if (n < 0) {
        text->failed = true;
    } else if (reserve(text, (size_t)n)) {
        vsnprintf(text->data + text->length, (size_t)n + 1, format, again);
        text->length += (size_t)n;
    }
    va_end(again);
    va_end(arguments);
}

void text_free(Text *text) {
    free(text->data);
    *text = (Text){0};
}

/* Bytes of the printable UTF-8 character at p, 0 where there is none (RFC 3629, table 3-7 of Unicode). */
static size_t printable(const unsigned char *p, size_t n) {
    if (p[0] >= 0x20 && p[0] < 0x7f)
        return 1;
    size_t length = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    if (length == 0 || n < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (p[0] == 0xc2 && p[1] < 0xa0)
        return 0; /* C1 controls */
    if (p[0] == 0xe0 && p[1] < 0xa0)
        return 0; /* overlong */
    if (p[0] == 0xed && p[1] > 0x9f)
        return 0; /* surrogates */
    if (p[0] == 0xf0 && p[1] < 0x90)
        return 0; /* overlong */
    if (p[0] == 0xf4 && p[1] > 0x8f)
        return 0; /* past U+10FFFF */
    return length;
}

const char *text_escape(const char *bytes, size_t n, char *buffer, size_t size) {
    const unsigned char *p = (const unsigned char *)bytes;
    size_t at = 0, cut = 0; /* cut: where "..." would still fit */
    if (size == 0)
        return "";
    for (size_t i = 0; i < n;) {
        size_t length = printable(p + i, n - i), wide = length ? length : 4;
        if (at + wide >= size) {
            size_t dots = size - 1 - cut < 3 ? size - 1 - cut : 3;
            memcpy(buffer + cut, "...", dots);
            at = cut + dots;
            break;
        }
        if (length)
            memcpy(buffer + at, p + i, length);
        else
            snprintf(buffer + at, 5, "\\x%02X", p[i]);
        at += wide;
        i += length ? length : 1;
        if (at + 3 < size)
            cut = at;
    }
    buffer[at] = '\0';
    return buffer;
}

const char *text_double(double value, char buffer[32]) {
    if (!isfinite(value))
        return strcpy(buffer, "null");
    int digits = fabs(value) >= DBL_MIN ? 15 : 1; /* a subnormal may need fewer than the 15 that %g would trim */
    for (double back = 0.0; digits <= 17; digits++) {
        snprintf(buffer, 32, "%.*g", digits, value);
        for (char *p = buffer; *p; p++)
            if (!strchr("0123456789+-e", *p))
                *p = '.';
        if (text_to_double(buffer, strlen(buffer), &back) && memcmp(&back, &value, sizeof back) == 0)
            break;
    }
    return buffer;
}

/* A decimal taken apart: 0.digits... times ten to the `exponent`, the point left out. */
typedef struct Decimal {
    bool negative;
    char digits[800]; /* 767 decide any rounding; what follows is only zero or not */
    size_t n_digits;
    bool more;
    long exponent; /* of the last digit kept */
} Decimal;

static void push_digit(Decimal *decimal, char digit, bool fraction) {
    if (decimal->n_digits == 0 && digit == '0') {
        decimal->exponent -= fraction;
    } else if (decimal->n_digits < sizeof decimal->digits - 32) {
        decimal->digits[decimal->n_digits++] = digit;
        decimal->exponent -= fraction;
    } else {
        decimal->more = decimal->more || digit != '0';
        decimal->exponent += !fraction;
    }
}

static bool read_exponent(const char *p, const char *end, long *exponent) {
    bool negative = p < end && *p == '-';
    long value = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        if (value < 1000000)
            value = value * 10 + (*p - '0');
    }
    *exponent += negative ? -value : value;
    return true;
}

static bool read_decimal(const char *p, const char *end, Decimal *decimal) {
    bool fraction = false, any = false;
    if (p < end && (*p == '-' || *p == '+'))
        decimal->negative = *p++ == '-';
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.' && !fraction) {
            fraction = true;
        } else if (*p >= '0' && *p <= '9') {
            any = true;
            push_digit(decimal, *p, fraction);
        } else {
            return false;
        }
    }
    return any && (p == end || read_exponent(p + 1, end, &decimal->exponent));
}

/* Up to 15 digits and a power of ten that is exact: one correctly rounded operation (Clinger 1990). */
static bool fast_double(const Decimal *decimal, double *value) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t mantissa = 0;
    if (decimal->n_digits > 15 || decimal->exponent < -22 || decimal->exponent > 22)
        return false;
    for (size_t i = 0; i < decimal->n_digits; i++)
        mantissa = mantissa * 10 + (uint64_t)(decimal->digits[i] - '0');
    *value = decimal->exponent < 0 ? (double)mantissa / powers[-decimal->exponent] : (double)mantissa * powers[decimal->exponent];
    return true;
}

bool text_to_double(const char *string, size_t n, double *value) {
    Decimal decimal;
    decimal.negative = decimal.more = false;
    decimal.n_digits = 0;
    decimal.exponent = 0;
    double result = 0.0;
    if (n > LONG_MAX / 4 || !read_decimal(string, string + n, &decimal))
        return false;
    if (decimal.n_digits > 0 && !fast_double(&decimal, &result)) {
        char *end = decimal.digits + decimal.n_digits;
        if (decimal.more)
            *end++ = '1', decimal.exponent--;
        snprintf(end, 30, "e%ld", decimal.exponent); /* no point in it, so that no locale matters */
        result = strtod(decimal.digits, NULL);
    }
    if (!isfinite(result))
        return false;
    *value = decimal.negative ? -result : result;
    return true;
}

bool text_to_size(const char *string, size_t *value) {
    size_t result = 0;
    if (!*string)
        return false;
    for (const char *p = string; *p; p++) {
        size_t digit = (size_t)(*p - '0');
        if (*p < '0' || *p > '9' || result > (SIZE_MAX - digit) / 10)
            return false;
        result = result * 10 + digit;
    }
    *value = result;
    return true;
}

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

int text_compare_nocase(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return lower(*a) - lower(*b);
}

/* One row of the Levenshtein table at a time (Wagner and Fischer 1974); what is longer than a row is cut. */
size_t text_distance(const char *a, const char *b) {
    size_t row[129], n = strlen(a), m = strlen(b);
    if (m > 128)
        m = 128;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 0; i < n; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < m; j++) {
            size_t change = diagonal + (a[i] != b[j]), remove = row[j + 1] + 1, insert = row[j] + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < remove ? change : remove;
            if (insert < row[j + 1])
                row[j + 1] = insert;
        }
    }
    return row[m];
}
