#include "lstmfc/pattern.h"

#include <stdint.h>
#include <string.h>

#include "lstmfc/cell.h"
#include "lstmfc/text.h"

/* Of two that read a text alike, the first is named. */
static const char *const patterns_known[] = {
    "%Y-%m-%d",  "%m/%d/%Y",   "%d/%m/%Y",   "%d.%m.%Y",   "%-m/%-d/%Y", "%-d/%-m/%Y", "%-d.%-m.%Y", "%Y%m%d",
    "%Y/%m/%d",  "%Y.%m.%d",   "%Y-%-m-%-d", "%Y/%-m/%-d", "%m-%d-%Y",   "%d-%m-%Y",   "%-m-%-d-%Y", "%-d-%-m-%Y",
    "%m/%d/%y",  "%d/%m/%y",   "%-m/%-d/%y", "%-d/%-m/%y", "%m-%d-%y",   "%d-%m-%y",   "%d.%m.%y",   "%-d.%-m.%y",
    "%d-%b-%Y",  "%-d-%b-%Y",  "%d-%b-%y",   "%-d-%b-%y",  "%b %d, %Y",  "%b %-d, %Y", "%d %b %Y",   "%-d %b %Y",
    "%d. %b %Y", "%-d. %b %Y", "%b-%d-%Y",   "%Y-%b-%d",   "%Y-%m",      "%0s",        "%3s",        "%6s",
    "%9s",       "%E",         "%_m/%_d/%Y", "%_d/%_m/%Y", "%_d.%_m.%Y", "%_m-%_d-%Y", "%_d-%_m-%Y", "%Y-%_m-%_d"};

enum { N_KNOWN = sizeof patterns_known / sizeof *patterns_known };

_Static_assert((int)N_KNOWN <= (int)PATTERN_MAX, "PATTERN_MAX is too small");

static const struct {
    const char *name;
    int month;
} months[] = {{"jan", 1},     {"feb", 2},         {"mar", 3},       {"apr", 4},      {"may", 5},        {"jun", 6},
              {"jul", 7},     {"aug", 8},         {"sep", 9},       {"oct", 10},     {"nov", 11},       {"dec", 12},
              {"sept", 9},    {"january", 1},     {"february", 2},  {"march", 3},    {"april", 4},      {"june", 6},
              {"july", 7},    {"august", 8},      {"september", 9}, {"october", 10}, {"november", 11},  {"december", 12},
              {"mai", 5},     {"okt", 10},        {"dez", 12},      {"mrz", 3},      {"m\xc3\xa4r", 3}, {"januar", 1},
              {"februar", 2}, {"m\xc3\xa4rz", 3}, {"juni", 6},      {"juli", 7},     {"oktober", 10},   {"dezember", 12}};

typedef struct Parts {
    int year, month, day;
    Date date; /* where the text counts days by itself */
} Parts;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Between `least` and `most` digits. */
static bool read_digits(const char **p, const char *end, int least, int most, int *value) {
    int n = 0;
    for (*value = 0; n < most && *p < end && is_digit(**p); n++, ++*p)
        *value = *value * 10 + (**p - '0');
    return n >= least;
}

static bool read_month(const char **p, const char *end, int *month) {
    char name[12];
    size_t n = 0;
    for (; *p < end && n + 1 < sizeof name; n++, ++*p) {
        unsigned char c = (unsigned char)**p;
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c + ('a' - 'A'));
        if ((c < 'a' || c > 'z') && c < 0x80)
            break;
        name[n] = (char)c;
    }
    name[n] = '\0';
    if (n < 3)
        return false;
    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        if (strcmp(name, months[i].name) != 0)
            continue;
        *month = months[i].month;
        return true;
    }
    return false;
}

/* With the flag, a digit, how many digits stand behind the seconds; without, their number tells. */
static bool read_epoch(char flag, const char **p, const char *end, Date *date) {
    uint64_t value = 0, unit = 1;
    size_t n = 0;
    for (; n < 19 && *p < end && is_digit(**p); n++, ++*p)
        value = value * 10 + (uint64_t)(**p - '0');
    size_t fraction = n >= 9 ? (n - 8) / 3 * 3 : 1;
    fraction -= fraction && n - fraction < 9 ? 3 : 0;
    if ((n - fraction != 9 && n - fraction != 10) || (flag && fraction != (size_t)(flag - '0')))
        return false;
    for (size_t i = 0; i < fraction; i++)
        unit *= 10;
    *date = (Date)(value / unit / 86400);
    if (fraction == 0 && end - *p >= 2 && **p == '.' && is_digit((*p)[1]))
        for (++*p; *p < end && is_digit(**p);)
            ++*p;
    return true;
}

/* Days since 1899-12-30; only what lies between 1954 and 2119, lest any number be a date. */
static bool read_serial(const char **p, const char *end, Date *date) {
    int value;
    if (!read_digits(p, end, 5, 5, &value) || value < 20000 || value > 79999)
        return false;
    *date = value - 25569;
    return true;
}

static bool read_field(char token, char flag, const char **p, const char *end, Parts *parts) {
    int other;
    int least = flag ? 1 : 2;
    if (flag == '-' && *p < end && **p == '0')
        return false;
    switch (token) {
    case 'Y': return read_digits(p, end, 4, 4, &parts->year);
    case 'y':
        if (!read_digits(p, end, 2, 2, &parts->year))
            return false;
        parts->year += parts->year < 69 ? 2000 : 1900;
        return true;
    case 'm': return read_digits(p, end, least, 2, &parts->month) && parts->month <= 12;
    case 'd': return read_digits(p, end, least, 2, &parts->day);
    case 'b': return read_month(p, end, &parts->month);
    case 's': return read_epoch(flag, p, end, &parts->date);
    case 'E': return read_serial(p, end, &parts->date);
    case 'H': return read_digits(p, end, 1, 2, &other) && other < 25;
    case 'M':
    case 'S': return read_digits(p, end, 2, 2, &other) && other < 61;
    default: return false;
    }
}

/* ---- the time of day, which no daily series needs ---- */

static void skip(const char **p, const char *end, const char *any) {
    if (*p < end && memchr(any, **p, strlen(any)))
        ++*p;
}

static bool skip_word(const char **p, const char *end, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(end - *p) < n || memcmp(*p, word, n) != 0)
        return false;
    *p += n;
    return true;
}

static bool skip_zone(const char **p, const char *end) {
    int value;
    const char *start = *p;
    skip(p, end, " ");
    if (*p == end)
        return *p == start;
    if (skip_word(p, end, "Z") || skip_word(p, end, "UTC") || skip_word(p, end, "GMT"))
        return true;
    if (**p != '+' && **p != '-')
        return false;
    ++*p;
    if (!read_digits(p, end, 2, 2, &value) || value > 14)
        return false;
    skip(p, end, ":");
    return read_digits(p, end, 2, 2, &value) && value < 60;
}

static bool is_time(const char *p, const char *end) {
    int hour, minute, second = 0;
    if (*p != 'T' && *p != ' ')
        return false;
    p++;
    if (!read_digits(&p, end, 1, 2, &hour) || hour > 24 || !skip_word(&p, end, ":") || !read_digits(&p, end, 2, 2, &minute))
        return false;
    if (skip_word(&p, end, ":") && !read_digits(&p, end, 2, 2, &second))
        return false;
    if (minute > 59 || second > 60)
        return false;
    if (skip_word(&p, end, ".")) {
        const char *start = p;
        while (p < end && is_digit(*p))
            p++;
        if (p == start)
            return false;
    }
    const char *before = p;
    skip(&p, end, " ");
    if (!skip_word(&p, end, "AM") && !skip_word(&p, end, "PM") && !skip_word(&p, end, "am") && !skip_word(&p, end, "pm"))
        p = before;
    return (p == end || skip_zone(&p, end)) && p == end;
}

/* ---- one text, one pattern ---- */

static Date parse(const char *pattern, const char *p, const char *end, bool *with_time) {
    Parts parts = {0, 0, 1, DATE_NONE};
    for (const char *f = pattern; *f; f++) {
        char flag = '\0';
        if (*f != '%') {
            if (p == end || *p++ != *f)
                return DATE_NONE;
            continue;
        }
        if (*++f == '-' || *f == '_' || is_digit(*f))
            flag = *f++;
        if (!read_field(*f, flag, &p, end, &parts))
            return DATE_NONE;
    }
    *with_time = p < end;
    if (p < end && (parts.date != DATE_NONE || !is_time(p, end)))
        return DATE_NONE;
    return parts.date != DATE_NONE ? parts.date : date_from_civil(parts.year, parts.month, parts.day);
}

Date pattern_parse(const char *pattern, const char *text, size_t n, bool *with_time) {
    bool time = false;
    cell_trim(&text, &n);
    Date date = parse(pattern, text, text + n, &time);
    if (with_time)
        *with_time = time;
    return date;
}

/* ---- what the user says ---- */

/* Our own way of printing patterns, longest first, and what it stands for. A single digit is taken as well. */
static const struct {
    const char *shown, *pattern;
} shown[] = {{"YYYY", "%Y"}, {"%Y", "%Y"}, {"%y", "%y"},  {"%-m", "%_m"}, {"%-d", "%_d"}, {"%m", "%_m"}, {"%d", "%_d"}, {"%e", "%_d"},
             {"%b", "%b"},   {"%B", "%b"}, {"%s", "%s"},  {"%E", "%E"},   {"%H", "%H"},   {"%M", "%M"},  {"%S", "%S"},  {"%F", "%Y-%m-%d"},
             {"Mon", "%b"},  {"YY", "%y"}, {"MM", "%_m"}, {"DD", "%_d"},  {"M", "%_m"},   {"D", "%_d"}};

bool pattern_from_user(const char *user, char pattern[PATTERN_TEXT], Error *error) {
    static const char hint[] = "as in %d/%m/%Y, %m/%d/%Y or %d-%b-%Y";
    char escaped[64];
    size_t n = 0;
    bool plain = strchr(user, '%') == NULL;
    text_escape(user, strlen(user), escaped, sizeof escaped);
    while (*user) {
        const char *from = user, *to = NULL;
        size_t length = 1;
        for (size_t i = 0; i < sizeof shown / sizeof *shown && !to; i++) {
            if ((shown[i].shown[0] == '%') == plain || strncmp(user, shown[i].shown, strlen(shown[i].shown)) != 0)
                continue;
            to = shown[i].pattern;
            user += strlen(shown[i].shown);
        }
        if (!to && *user == '%')
            return error_set(error, ERROR_USAGE, hint, "unknown letter in the date format '%s'", escaped);
        if (to)
            length = strlen(from = to);
        else
            user++;
        if (n + length >= PATTERN_TEXT)
            return error_set(error, ERROR_USAGE, hint, "date format '%s' is too long", escaped);
        memcpy(pattern + n, from, length);
        n += length;
    }
    pattern[n] = '\0';
    bool counted = strstr(pattern, "%s") || strstr(pattern, "%E");
    bool year = strstr(pattern, "%Y") || strstr(pattern, "%y"), month = strstr(pattern, "%_m") || strstr(pattern, "%b");
    if (counted || (year && month))
        return true;
    return error_set(error, ERROR_USAGE, hint, "date format '%s' has no year or no month", escaped);
}

const char *pattern_name(const char *pattern, char *buffer, size_t size) {
    Text text = {0};
    for (const char *f = pattern; *f; f++) {
        if (*f != '%') {
            text_append(&text, f, 1);
            continue;
        }
        bool single = *++f == '-';
        const char *unit = *f == '3' ? "epoch in ms" : *f == '6' ? "epoch in us" : *f == '9' ? "epoch in ns" : "epoch";
        if (single || *f == '_' || is_digit(*f))
            f++;
        text_puts(&text, *f == 'Y'   ? "YYYY"
                         : *f == 'y' ? "YY"
                         : *f == 'm' ? (single ? "M" : "MM")
                         : *f == 'd' ? (single ? "D" : "DD")
                         : *f == 'b' ? "Mon"
                         : *f == 's' ? unit
                         : *f == 'E' ? "serial day"
                         : *f == 'H' ? "hh"
                         : *f == 'M' ? "mm"
                                     : "ss");
    }
    text_escape(text.data ? text.data : "", text.length, buffer, size);
    text_free(&text);
    return buffer;
}

/* ---- all cells, all patterns ---- */

void pattern_vote(PatternVote *vote, const char *text, size_t n) {
    bool time = false, any_time = false;
    cell_trim(&text, &n);
    vote->n_cells++;
    for (size_t i = 0; i < N_KNOWN; i++) {
        if (parse(patterns_known[i], text, text + n, &time) == DATE_NONE)
            continue;
        vote->matches[i]++;
        any_time = any_time || time;
    }
    vote->with_time += any_time;
}

bool pattern_any(const char *text, size_t n) {
    bool time;
    cell_trim(&text, &n);
    for (size_t i = 0; i < N_KNOWN; i++) {
        bool counted = strchr(patterns_known[i], 's') || strcmp(patterns_known[i], "%E") == 0;
        if (!counted && parse(patterns_known[i], text, text + n, &time) != DATE_NONE)
            return true;
    }
    return false;
}

/* Alike but for leading zeros. */
static bool same_order(const char *a, const char *b) {
    for (; *a && *b && *a == *b; a++, b++) {
        if (*a != '%')
            continue;
        a += a[1] == '-' || a[1] == '_';
        b += b[1] == '-' || b[1] == '_';
    }
    return !*a && !*b;
}

/* Days with and without a leading zero in one file are two habits, not one damaged cell: both must be frequent. */
static size_t matches_of(const PatternVote *vote, size_t i) {
    size_t strict = 0;
    if (!strchr(patterns_known[i], '_'))
        return vote->matches[i];
    for (size_t k = 0; k < N_KNOWN; k++)
        if (!strchr(patterns_known[k], '_') && same_order(patterns_known[i], patterns_known[k]) && vote->matches[k] > strict)
            strict = vote->matches[k];
    return strict * 20 <= vote->matches[i] * 19 && strict + 2 <= vote->matches[i] ? vote->matches[i] : 0;
}

size_t pattern_best(const PatternVote *vote, const char *patterns[PATTERN_MAX]) {
    size_t most = 0, n = 0;
    for (size_t i = 0; i < N_KNOWN; i++)
        if (matches_of(vote, i) > most)
            most = matches_of(vote, i);
    for (size_t i = 0; i < N_KNOWN && most > 0; i++) {
        bool seen = matches_of(vote, i) < most;
        for (size_t k = 0; k < n && !seen; k++)
            seen = same_order(patterns[k], patterns_known[i]);
        if (!seen)
            patterns[n++] = patterns_known[i];
    }
    return n;
}
