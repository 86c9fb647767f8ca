#include "lstmfc/cell.h"

#include <string.h>

#include "lstmfc/text.h"

static const char *const missing_tokens[] = {"null", "nan", "n/a", "na", "#n/a", "#n/a n/a", "-", "--", ".", "none"};

static const char *const wide_blanks[] = {"\xc2\xa0", "\xe2\x80\x89", "\xe2\x80\xaf", "\xe2\x80\x87"};

static const char *const apostrophes[] = {"'", "\xe2\x80\x99"};

/* Longer ones first where one begins another. */
static const char *const currencies[] = {"US$", "$",   "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5", "\xe2\x82\xb9", "USD",
                                         "EUR", "GBP", "CHF",          "JPY",      "INR",      "PLN",          "SEK",
                                         "NOK", "DKK", "z\xc5\x82",    "Rs.",      "Rs"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Length of whichever of the strings stands at p; 0 = none. */
static size_t one_of(const char *const *strings, size_t n, const char *p, const char *end) {
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(strings[i]);
        if ((size_t)(end - p) >= length && memcmp(p, strings[i], length) == 0)
            return length;
    }
    return 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t blank(const char *p, const char *end) {
    if (p < end && (*p == ' ' || *p == '\t'))
        return 1;
    return p < end && (unsigned char)*p >= 0x80 ? one_of(wide_blanks, COUNT(wide_blanks), p, end) : 0;
}

static const char *skip_blanks(const char *p, const char *end) {
    for (size_t n; (n = blank(p, end)) > 0;)
        p += n;
    return p;
}

void cell_trim(const char **text, size_t *n) {
    const char *end = *text + *n, *p = skip_blanks(*text, end);
    for (size_t width = 1; width <= 3 && width <= (size_t)(end - p);) {
        bool drop = blank(end - width, end) == width;
        end -= drop ? width : 0;
        width = drop ? 1 : width + 1;
    }
    *text = p;
    *n = (size_t)(end - p);
}

static bool equals(const char *text, size_t n, const char *lower) {
    for (size_t i = 0; i < n; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
        if (c != lower[i])
            return false;
    }
    return lower[n] == '\0';
}

bool cell_missing(const char *text, size_t n) {
    cell_trim(&text, &n);
    if (n == 0)
        return true;
    if (n > 8 || (is_digit(text[0]) && n > 1))
        return false;
    for (size_t i = 0; i < COUNT(missing_tokens); i++)
        if (equals(text, n, missing_tokens[i]))
            return true;
    return false;
}

/* ---- numbers ---- */

/* Where we are, and the plain decimal made so far. */
typedef struct Reader {
    const char *p, *end;
    char decimal;
    char plain[160];
    size_t n;
    bool overflow;
    Cell *cell;
} Reader;

static void push(Reader *reader, char c) {
    if (reader->n + 4 < sizeof reader->plain)
        reader->plain[reader->n++] = c;
    else
        reader->overflow = true;
}

static size_t push_digits(Reader *reader) {
    size_t n = 0;
    for (; reader->p < reader->end && is_digit(*reader->p); reader->p++, n++)
        push(reader, *reader->p);
    return n;
}

static size_t minus(const Reader *reader) {
    static const char *const marks[] = {"-", "\xe2\x88\x92"};
    return one_of(marks, COUNT(marks), reader->p, reader->end);
}

/* A sign, or the parenthesis of an accountant's negative. */
static bool read_sign(Reader *reader) {
    size_t length = minus(reader);
    bool open = !length && reader->p < reader->end && *reader->p == '(', plus = !length && reader->p < reader->end && *reader->p == '+';
    if (length || open)
        push(reader, '-');
    reader->cell->traits |= length ? CELL_MINUS : open ? CELL_MINUS | CELL_PARENTHESES : plus ? CELL_PLUS : 0u;
    reader->p += length ? length : open || plus;
    return length || open || plus;
}

static bool read_currency(Reader *reader) {
    size_t length = one_of(currencies, COUNT(currencies), reader->p, reader->end);
    const char *sign_end = reader->p + length;
    reader->p = skip_blanks(sign_end, reader->end);
    reader->cell->traits |= length ? CELL_CURRENCY : 0u;
    /* "$ 80.54": a digit may be lost */
    reader->cell->traits |=
        length && reader->p > sign_end && reader->p < reader->end && *reader->p >= '0' && *reader->p <= '9' ? CELL_BLANK_BEFORE : 0u;
    return length > 0;
}

static size_t group_mark(const Reader *reader, const char *p) {
    if (p < reader->end && *p == (reader->decimal == '.' ? ',' : '.'))
        return 1;
    size_t length = one_of(apostrophes, COUNT(apostrophes), p, reader->end);
    return length ? length : one_of(wide_blanks, COUNT(wide_blanks), p, reader->end);
}

/* Digits of the integer part; false where groups are not of three, or two, two ... three. */
static bool read_integer(Reader *reader, size_t *n_digits, size_t *n_groups) {
    const char *start = reader->p, *mark = NULL;
    size_t first = push_digits(reader), group = first, middle = 0, length;
    *n_digits = first;
    *n_groups = 1;
    while ((length = group_mark(reader, reader->p)) > 0) {
        if (mark && (length != (size_t)group_mark(reader, mark) || memcmp(mark, reader->p, length) != 0))
            return false;
        if (*n_groups > 1 && ((middle && middle != group) || (group != 2 && group != 3)))
            return false;
        if (*n_groups > 1)
            middle = group;
        mark = reader->p;
        reader->p += length;
        group = push_digits(reader);
        *n_digits += group;
        ++*n_groups;
    }
    if (*n_groups == 1)
        return true;
    reader->cell->traits |= mark[0] == '.' || mark[0] == ',' ? 0u : CELL_GROUPED;
    return group == 3 && first >= 1 && first <= (middle == 2 ? 2u : 3u) && *start != '0';
}

static bool read_fraction(Reader *reader, size_t *n_digits) {
    if (reader->p == reader->end || *reader->p != reader->decimal)
        return true;
    reader->p++;
    push(reader, '.');
    size_t n = push_digits(reader);
    *n_digits += n;
    reader->cell->n_decimals = n;
    return n > 0;
}

static bool read_exponent(Reader *reader) {
    const char *p = reader->p;
    if (p == reader->end || (*p != 'e' && *p != 'E'))
        return false;
    p++;
    bool sign = p < reader->end && (*p == '-' || *p == '+');
    p += sign;
    if (p == reader->end || !is_digit(*p))
        return false;
    for (const char *q = reader->p; q < p; q++)
        push(reader, *q);
    reader->p = p;
    push_digits(reader);
    reader->cell->traits |= sign ? 0u : CELL_EXPONENT;
    return true;
}

static void read_magnitude(Reader *reader) {
    static const char letters[] = "KkMmBbTt", powers[] = "336699";
    const char *letter = reader->p < reader->end ? memchr(letters, *reader->p, 8) : NULL;
    if (!letter)
        return;
    size_t which = (size_t)(letter - letters);
    push(reader, 'e');
    if (which >= 6)
        push(reader, '1');
    push(reader, which >= 6 ? '2' : powers[which]);
    reader->cell->traits |= CELL_MAGNITUDE;
    reader->p = skip_blanks(reader->p + 1, reader->end);
}

/* What may stand behind the digits: a currency, a magnitude, a percent sign, the end of a negative. */
static bool read_behind(Reader *reader, bool currency, bool exponent) {
    size_t length = reader->cell->traits & (CELL_MINUS | CELL_PLUS) ? 0 : minus(reader);
    if (length) {
        memmove(reader->plain + 1, reader->plain, reader->n++);
        reader->plain[0] = '-';
        reader->cell->traits |= CELL_MINUS_BEHIND;
        reader->p += length;
    }
    reader->p = skip_blanks(reader->p, reader->end);
    if (!currency)
        currency = read_currency(reader);
    if (!exponent)
        read_magnitude(reader);
    if (reader->p < reader->end && *reader->p == '%' && !currency) {
        reader->cell->traits |= CELL_PERCENT;
        reader->p++;
    }
    if (!(reader->cell->traits & CELL_PARENTHESES))
        return reader->p == reader->end;
    return reader->p + 1 == reader->end && *reader->p == ')';
}

static bool read_dressed(Reader *reader) {
    size_t n_digits = 0, n_groups = 1;
    bool sign = read_sign(reader), currency = read_currency(reader);
    if (!sign)
        read_sign(reader);
    if (!read_integer(reader, &n_digits, &n_groups))
        return false;
    reader->cell->n_integers = n_digits;
    if (!read_fraction(reader, &n_digits) || n_digits == 0)
        return false;
    if (n_groups > 1)
        reader->cell->traits |=
            n_groups == 2 && reader->cell->n_decimals == 0 && !(reader->cell->traits & CELL_GROUPED) ? CELL_ONE_GROUP : CELL_GROUPED;
    bool exponent = n_groups == 1 && read_exponent(reader);
    return read_behind(reader, currency, exponent) && !reader->overflow && text_to_double(reader->plain, reader->n, &reader->cell->value);
}

/* Digits with at most one point between them: what nearly every cell is. */
static bool is_plain(const char *text, size_t n) {
    bool point = false;
    for (size_t i = 0; i < n; i++) {
        if (is_digit(text[i]))
            continue;
        if (text[i] != '.' || point || i == 0 || i + 1 == n)
            return false;
        point = true;
    }
    return n > 0;
}

/* Of a plain number what Cell wants to know. */
static bool read_plain(const char *text, size_t n, Cell *cell) {
    const char *point = memchr(text, '.', n);
    cell->n_integers = point ? (size_t)(point - text) : n;
    cell->n_decimals = n - cell->n_integers - (point != NULL);
    return text_to_double(text, n, &cell->value);
}

bool cell_read(const char *text, size_t n, char decimal, Cell *cell) {
    Reader reader;
    const char *end = text + n;
    *cell = (Cell){0};
    if (decimal == '.' && is_plain(text, n))
        return read_plain(text, n, cell);
    const char *start = text;
    cell_trim(&text, &n);
    cell->traits = (text > start ? CELL_BLANK_BEFORE : 0u) | (text + n < end ? CELL_BLANK_BEHIND : 0u);
    reader.p = text;
    reader.end = text + n;
    reader.decimal = decimal;
    reader.n = 0;
    reader.overflow = false;
    reader.cell = cell;
    return n > 0 && read_dressed(&reader);
}

bool cell_number(const char *text, size_t n, char decimal, double *value) {
    Cell cell;
    bool ok = cell_read(text, n, decimal, &cell);
    *value = cell.value;
    return ok;
}

/* ---- the decimal mark ---- */

enum { MANY = 4 }; /* so many cells in doubt are not decided by a single one, which may be damaged */

void cell_vote(CellVote *vote, const char *text, size_t n) {
    double point = 0.0, comma = 0.0;
    bool is_point = cell_number(text, n, '.', &point), is_comma = cell_number(text, n, ',', &comma);
    vote->point += is_point;
    vote->comma += is_comma;
    if (!is_point || !is_comma || !(point < comma || point > comma))
        return;
    vote->differ++;
    vote->with_comma += memchr(text, ',', n) != NULL;
}

char cell_decimal(const CellVote *vote, char delimiter) {
    size_t margin = vote->comma > vote->point ? vote->comma - vote->point : vote->point - vote->comma;
    if (margin == 1 && vote->differ >= MANY)
        return 0;
    if (vote->comma > vote->point)
        return ',';
    bool open = vote->comma == vote->point && vote->differ > 0;
    if (open && (delimiter == ';' || vote->with_comma > 0))
        return 0;
    return '.';
}
