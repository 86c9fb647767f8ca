#include "lstmfc/header.h"

#include <string.h>

#include "lstmfc/cell.h"
#include "lstmfc/text.h"

enum { NAME_MAX_BYTES = 40 };

/* In the order of preference; a rank is a group of names for the same thing. */
static const struct {
    const char *name;
    HeaderRole role;
    size_t rank;
} roles[] = {
    {"date", HEADER_DATE, 0},
    {"datum", HEADER_DATE, 0},
    {"data", HEADER_DATE, 0},
    {"fecha", HEADER_DATE, 0},
    {"tradedate", HEADER_DATE, 0},
    {"\xe6\x97\xa5\xe6\x9c\x9f", HEADER_DATE, 0},
    {"\xe6\x97\xa5\xe4\xbb\x98", HEADER_DATE, 0},
    {"tradingdate", HEADER_DATE, 0},
    {"dates", HEADER_DATE, 0},
    {"observationdate", HEADER_DATE, 0},
    {"datetime", HEADER_DATE, 1},
    {"timestamp", HEADER_DATE, 1},
    {"day", HEADER_DATE, 2},
    {"ds", HEADER_DATE, 2},
    {"windowstart", HEADER_DATE, 2},
    {"dtyyyymmdd", HEADER_DATE, 2},
    {"time", HEADER_DATE, 3},
    {"adjclose", HEADER_PRICE, 0},
    {"adjustedclose", HEADER_PRICE, 0},
    {"closeadj", HEADER_PRICE, 0},
    {"close", HEADER_PRICE, 1},
    {"closelast", HEADER_PRICE, 2},
    {"price", HEADER_PRICE, 3},
    {"zuletzt", HEADER_PRICE, 3},
    {"dernier", HEADER_PRICE, 3},
    {"ultimo", HEADER_PRICE, 3},
    {"\xc3\xbaltimo", HEADER_PRICE, 3},
    {"\xc3\x9altimo", HEADER_PRICE, 3},
    {"latest", HEADER_PRICE, 4},
    {"schlusskurs", HEADER_PRICE, 5},
    {"schlu\xc3\x9fkurs", HEADER_PRICE, 5},
    {"schluss", HEADER_PRICE, 5},
    {"zamkniecie", HEADER_PRICE, 5},
    {"zamkni\xc4\x99"
     "cie",
     HEADER_PRICE, 5},
    {"closingprice", HEADER_PRICE, 5},
    {"closeprice", HEADER_PRICE, 5},
    {"cierre", HEADER_PRICE, 5},
    {"cloture", HEADER_PRICE, 5},
    {"cl\xc3\xb4ture", HEADER_PRICE, 5},
    {"chiusura", HEADER_PRICE, 5},
    {"fechamento", HEADER_PRICE, 5},
    {"slot", HEADER_PRICE, 5},
    {"slotkoers", HEADER_PRICE, 5},
    {"kurszamkniecia", HEADER_PRICE, 5},
    {"kurszamkni\xc4\x99"
     "cia",
     HEADER_PRICE, 5},
    {"\xe6\x94\xb6\xe7\x9b\x98", HEADER_PRICE, 5},
    {"\xe6\x94\xb6\xe7\x9b\x98\xe4\xbb\xb7", HEADER_PRICE, 5},
    {"\xe7\xb5\x82\xe5\x80\xa4", HEADER_PRICE, 5},
    {"pxlast", HEADER_PRICE, 6},
    {"last", HEADER_PRICE, 7},
    {"lastprice", HEADER_PRICE, 7},
    {"letzter", HEADER_PRICE, 7},
    {"kurs", HEADER_PRICE, 7},
    {"settle", HEADER_PRICE, 8},
    {"ticker", HEADER_KEY, 0},
    {"symbol", HEADER_KEY, 0},
    {"name", HEADER_KEY, 1},
    {"stock", HEADER_KEY, 2},
    {"instrument", HEADER_KEY, 2},
    {"isin", HEADER_KEY, 2},
};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void reduce(const char *name, char reduced[NAME_MAX_BYTES]) {
    size_t n = 0;
    for (; *name && n + 1 < NAME_MAX_BYTES; name++) {
        char c = lower(*name);
        bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || c == '%';
        if (kept)
            reduced[n++] = c;
    }
    reduced[n] = '\0';
}

HeaderRole header_role(const char *name, size_t *rank) {
    char reduced[NAME_MAX_BYTES];
    reduce(name, reduced);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(reduced, roles[i].name) != 0)
            continue;
        if (rank)
            *rank = roles[i].rank;
        return roles[i].role;
    }
    return HEADER_OTHER;
}

void header_clean(const char *name, size_t n, char *clean) {
    cell_trim(&name, &n);
    while (n > 1 && name[n - 1] == '*')
        n--;
    if (n > 2 && name[0] == '<' && name[n - 1] == '>') {
        name++;
        n -= 2;
    }
    cell_trim(&name, &n);
    memcpy(clean, name, n);
    clean[n] = '\0';
}

bool header_same(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    cell_trim(&a, &n);
    cell_trim(&b, &m);
    if (n != m)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

static void copy_lower(const char *name, char copy[NAME_MAX_BYTES]) {
    size_t n = 0;
    for (; name[n] && n + 1 < NAME_MAX_BYTES; n++)
        copy[n] = lower(name[n]);
    copy[n] = '\0';
}

size_t header_distance(const char *a, const char *b) {
    char one[NAME_MAX_BYTES], other[NAME_MAX_BYTES];
    copy_lower(a, one);
    copy_lower(b, other);
    return text_distance(one, other);
}

bool header_begins(const char *bytes, size_t n, const char *prefix) {
    for (size_t i = 0; prefix[i]; i++)
        if (i >= n || lower(bytes[i]) != prefix[i])
            return false;
    return true;
}
