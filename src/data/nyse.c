#include "lstmfc/nyse.h"

#include <stddef.h>

enum { LAST_WEEK = 5 };

typedef enum Move { MOVE_NONE, MOVE_SUNDAY, MOVE_BOTH } Move; /* a Sunday to Monday; a Saturday to Friday, too */

/* A day of the month (`day` > 0) or the week-th weekday of it, in the years from..to. */
static const struct {
    int month, day, week, weekday, from, to;
    Move move;
} rules[] = {
    {1, 1, 0, 0, 1, 9999, MOVE_SUNDAY},      /* New Year's Day */
    {1, 0, 3, 0, 1998, 9999, MOVE_NONE},     /* Martin Luther King Jr. Day */
    {2, 12, 0, 0, 1, 1953, MOVE_SUNDAY},     /* Lincoln's Birthday */
    {2, 22, 0, 0, 1, 1963, MOVE_SUNDAY},     /* Washington's Birthday */
    {2, 22, 0, 0, 1964, 1970, MOVE_BOTH},
    {2, 0, 3, 0, 1971, 9999, MOVE_NONE},
    {5, 30, 0, 0, 1, 1963, MOVE_SUNDAY},     /* Memorial Day */
    {5, 30, 0, 0, 1964, 1969, MOVE_BOTH},
    {5, 30, 0, 0, 1970, 1970, MOVE_SUNDAY},
    {5, 0, LAST_WEEK, 0, 1971, 9999, MOVE_NONE},
    {6, 19, 0, 0, 2022, 9999, MOVE_BOTH},    /* Juneteenth */
    {7, 4, 0, 0, 1, 1953, MOVE_SUNDAY},      /* Independence Day */
    {7, 4, 0, 0, 1954, 9999, MOVE_BOTH},
    {9, 0, 1, 0, 1, 9999, MOVE_NONE},        /* Labor Day */
    {10, 12, 0, 0, 1, 1953, MOVE_SUNDAY},    /* Columbus Day */
    {11, 11, 0, 0, 1, 1953, MOVE_SUNDAY},    /* Veterans Day */
    {11, 0, 4, 3, 1, 9999, MOVE_NONE},       /* Thanksgiving */
    {12, 25, 0, 0, 1, 1953, MOVE_SUNDAY},    /* Christmas */
    {12, 25, 0, 0, 1954, 9999, MOVE_BOTH},
};

/* Closings with a reason of their own, each from a day to a day, every step days. */
static const struct {
    short year;
    signed char month, day, n, step;
} closings[] = {
    {1954, 12, 24, 1, 1}, /* Christmas Eve */
    {1956, 12, 24, 1, 1},
    {1958, 12, 26, 1, 1},
    {1961, 5, 29, 1, 1},
    {1963, 11, 25, 1, 1}, /* funeral of J. F. Kennedy */
    {1965, 12, 24, 1, 1},
    {1968, 2, 12, 1, 1},
    {1968, 4, 9, 1, 1},   /* M. L. King */
    {1968, 6, 12, 3, 7},  /* Wednesdays: the paperwork of the year */
    {1968, 7, 10, 8, 7},
    {1968, 9, 11, 8, 7},
    {1968, 11, 11, 1, 1},
    {1968, 11, 20, 1, 1},
    {1968, 12, 4, 4, 7},
    {1968, 7, 5, 1, 1},
    {1969, 2, 10, 1, 1},  /* snow */
    {1969, 3, 31, 1, 1},  /* D. D. Eisenhower */
    {1969, 7, 21, 1, 1},  /* the moon */
    {1972, 12, 28, 1, 1}, /* H. S. Truman */
    {1973, 1, 25, 1, 1},  /* L. B. Johnson */
    {1977, 7, 14, 1, 1},  /* blackout */
    {1985, 9, 27, 1, 1},  /* hurricane Gloria */
    {1994, 4, 27, 1, 1},  /* R. M. Nixon */
    {2001, 9, 11, 4, 1},  /* the attacks */
    {2004, 6, 11, 1, 1},  /* R. W. Reagan */
    {2007, 1, 2, 1, 1},   /* G. R. Ford */
    {2012, 10, 29, 2, 1}, /* hurricane Sandy */
    {2018, 12, 5, 1, 1},  /* G. H. W. Bush */
    {2025, 1, 9, 1, 1},   /* J. E. Carter */
};

static Date nth_weekday(int year, int month, int week, int weekday) {
    Date first = date_from_civil(year, month, 1), day = first + (weekday - date_weekday(first) + 7) % 7 + 7 * (week - 1);
    int y, m, d;
    date_to_civil(day, &y, &m, &d);
    return m == month ? day : day - 7;
}

static Date kept_on(Date day, Move move) {
    int weekday = date_weekday(day);
    return weekday == 6 && move != MOVE_NONE ? day + 1 : weekday == 5 && move == MOVE_BOTH ? day - 1 : day;
}

/* Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8). */
static Date easter(int year) {
    int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
    int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    int n = h + l - 7 * m + 114;
    return date_from_civil(year, n / 31, n % 31 + 1);
}

/* The Tuesday after the first Monday of November. */
static bool is_election(Date date, int year) {
    return (year <= 1968 || (year <= 1980 && year % 4 == 0)) && date == nth_weekday(year, 11, 1, 0) + 1;
}

static bool is_special(Date date, int year) {
    for (size_t i = 0; i < sizeof closings / sizeof *closings; i++) {
        if (closings[i].year != year)
            continue;
        Date after = date - date_from_civil(year, closings[i].month, closings[i].day);
        if (after >= 0 && after % closings[i].step == 0 && after / closings[i].step < closings[i].n)
            return true;
    }
    return false;
}

bool nyse_closed(Date date) {
    int year, month, day;
    date_to_civil(date, &year, &month, &day);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (year < rules[i].from || year > rules[i].to || month != rules[i].month)
            continue;
        Date kept = rules[i].day ? kept_on(date_from_civil(year, month, rules[i].day), rules[i].move)
                                 : nth_weekday(year, month, rules[i].week, rules[i].weekday);
        if (date == kept)
            return true;
    }
    return date == easter(year) - 2 || is_election(date, year) || is_special(date, year);
}
