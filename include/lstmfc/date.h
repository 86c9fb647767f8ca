/* date.h - civil dates and trading calendars.
 *
 * A Date is the number of days since 1970-01-01 in the proleptic Gregorian calendar (days-from-civil as in
 * H. Hinnant, "chrono-compatible low-level date algorithms"). No time zone, no locale, no C library calendar.
 */
#ifndef LSTMFC_DATE_H
#define LSTMFC_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int32_t Date;

#define DATE_NONE INT32_MIN

enum { DATE_TEXT = 16 }; /* bytes that hold any formatted date and its NUL */

/* Days since 1970-01-01 of year-month-day; DATE_NONE where there is no such day or the year is outside 1..9999. */
Date date_from_civil(int year, int month, int day);
void date_to_civil(Date date, int *year, int *month, int *day);

/* 0 = Monday ... 6 = Sunday. */
int date_weekday(Date date);

/* Reads YYYY-MM-DD and nothing else (whole string); DATE_NONE where it is anything else. */
Date date_parse_iso(const char *text);

/* Writes YYYY-MM-DD into buffer[DATE_TEXT] and returns it; "" for DATE_NONE. */
const char *date_format(Date date, char buffer[DATE_TEXT]);

/* Which days have sessions. The mask is inferred from data: a weekday counts as open where at least
 * one in ten of its occurrences between the first and the last row has a row (a series with fewer than ten
 * rows: Monday to Friday, or every day where a row falls on a weekend). From four rows on, the median gap between
 * neighbours tells weekly (6 to 8 days: the commonest weekday) and monthly or longer data (26 days and more: the
 * commonest day of the month, or the latest one where most rows stand at the end of their month). */
typedef struct Calendar {
    uint8_t weekdays;   /* bit d set: weekday d (0 = Monday) has sessions */
    Date month_day;     /* not DATE_NONE: monthly (or longer) data, `step_months` apart, on the day of this date */
    int step_months;    /* 1 monthly, 3 quarterly, 12 yearly; 0 = daily or weekly */
    int step_days;      /* 0 = daily by mask; 7 = weekly on the mask's single day */
    const Date *holidays; /* ascending: days of the mask without a session, of daily data; borrowed, NULL = none known (holidays.h) */
    size_t n_holidays;
    bool (*closed)(Date date); /* rules of an exchange for days of the mask, of daily data; NULL = none */
    const char *exchange;      /* its name; NULL */
} Calendar;

/* The calendars that have a name, ended by NULL: "infer" (leaves what was inferred), "weekdays", "7d", "nyse" (nyse.h). */
extern const char *const calendar_names[];

/* Takes the calendar of that name instead of the inferred one; false where there is none. Holidays stay. */
bool calendar_choose(Calendar *calendar, const char *name);

void calendar_infer(Calendar *calendar, const Date *dates, size_t n_dates);

/* The first session after `date`; monthly data: the nominal day of the month that is step_months later (its last
 * day where it is shorter). DATE_NONE past the year 9999. */
Date calendar_next(const Calendar *calendar, Date date);

/* Sessions in (from, to]; 0 where to <= from. */
size_t calendar_sessions(const Calendar *calendar, Date from, Date to);

/* "Mon-Fri", "every day", "Mon,Wed", "monthly" ... for people; buffer of at least 40 bytes; returns it. */
const char *calendar_describe(const Calendar *calendar, char *buffer, size_t size);

#endif
