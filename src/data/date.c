#include "lstmfc/date.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lstmfc/nyse.h"

enum { MONDAY_TO_FRIDAY = 0x1f, EVERY_DAY = 0x7f, FEW_ROWS = 10, LONGEST_GAP = 512 };

static const char *const weekday_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

Date date_from_civil(int year, int month, int day) {
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return DATE_NONE;
    int shifted = month <= 2 ? year - 1 : year; /* years begin in March, so that the leap day comes last */
    int era = shifted / 400, of_era = shifted % 400;
    int of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_to_civil(Date date, int *year, int *month, int *day) {
    int64_t days = (int64_t)date + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int of_era = (int)(days - era * 146097);
    int years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * years + years / 4 - years / 100);
    int shifted = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (int)(years + era * 400) + (*month <= 2);
}

int date_weekday(Date date) {
    int day = (int)(((int64_t)date + 3) % 7);
    return day < 0 ? day + 7 : day;
}

Date date_parse_iso(const char *text) {
    int part[3] = {0, 0, 0};
    for (int i = 0; i < 10; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return DATE_NONE;
        int *number = &part[i < 4 ? 0 : i < 7 ? 1 : 2];
        if (!dash)
            *number = *number * 10 + (text[i] - '0');
    }
    return text[10] ? DATE_NONE : date_from_civil(part[0], part[1], part[2]);
}

const char *date_format(Date date, char buffer[DATE_TEXT]) {
    int year, month, day;
    buffer[0] = '\0';
    if (date == DATE_NONE)
        return buffer;
    date_to_civil(date, &year, &month, &day);
    snprintf(buffer, DATE_TEXT, "%04d-%02u-%02u",
             year > 9999   ? 9999
             : year < -999 ? -999
                           : year,
             (unsigned)month % 100, (unsigned)day % 100);
    return buffer;
}

/* ---- calendars ---- */

static Date median_gap(const Date *dates, size_t n) {
    size_t counts[LONGEST_GAP + 1] = {0}, seen = 0;
    for (size_t i = 1; i < n; i++) {
        int64_t gap = (int64_t)dates[i] - dates[i - 1];
        counts[gap < 0 ? 0 : gap > LONGEST_GAP ? LONGEST_GAP : gap]++;
    }
    for (Date gap = 0; gap <= LONGEST_GAP; gap++)
        if ((seen += counts[gap]) * 2 >= n - 1)
            return gap;
    return LONGEST_GAP;
}

/* How many days of (from, to] fall on a weekday. */
static size_t occurrences(Date from, Date to, int weekday) {
    int64_t days = (int64_t)to - from, first = (weekday - date_weekday(from) + 7) % 7;
    if (first == 0)
        first = 7;
    return days < first ? 0 : (size_t)((days - first) / 7 + 1);
}

static uint8_t infer_mask(const Date *dates, size_t n, bool weekly) {
    size_t rows[7] = {0}, most = 0;
    unsigned mask = 0;
    for (size_t i = 0; i < n; i++)
        rows[date_weekday(dates[i])]++;
    for (size_t d = 0; d < 7; d++)
        if (rows[d] > rows[most])
            most = d;
    if (weekly)
        return (uint8_t)(1u << most);
    for (int d = 0; d < 7 && n >= FEW_ROWS; d++)
        if (rows[d] > 0 && rows[d] * 10 >= occurrences(dates[0] - 1, dates[n - 1], d))
            mask |= 1u << d;
    if (mask)
        return (uint8_t)mask;
    return rows[5] + rows[6] > 0 ? EVERY_DAY : MONDAY_TO_FRIDAY;
}

/* The usual day of the month; month ends (of any length, business or not) are told by their latest day. */
static Date infer_month_day(const Date *dates, size_t n) {
    size_t counts[32] = {0}, late = 0;
    Date at[32] = {0};
    int year, month, day, best = 1, last = 1;
    for (size_t i = 0; i < n; i++) {
        date_to_civil(dates[i], &year, &month, &day);
        counts[day]++;
        at[day] = dates[i];
        late += day >= 26;
        if (day > last)
            last = day;
    }
    for (day = 1; day <= 31; day++)
        if (counts[day] > counts[best])
            best = day;
    return at[late * 2 > n && last >= 28 ? last : best];
}

void calendar_infer(Calendar *calendar, const Date *dates, size_t n_dates) {
    Date gap = n_dates >= 4 ? median_gap(dates, n_dates) : 0;
    *calendar = (Calendar){.month_day = DATE_NONE};
    if (gap >= 26) {
        calendar->step_months = (int)((gap * 100 + 1522) / 3044);
        if (calendar->step_months == 11 || calendar->step_months == 13)
            calendar->step_months = 12;
        calendar->month_day = infer_month_day(dates, n_dates);
    }
    calendar->step_days = gap >= 6 && gap <= 8 ? 7 : 0;
    calendar->weekdays = infer_mask(dates, n_dates, calendar->step_days == 7);
}

static Date add_months(const Calendar *calendar, Date date, int64_t months) {
    int year, month, day, nominal;
    date_to_civil(calendar->month_day, &year, &month, &nominal);
    date_to_civil(date, &year, &month, &day);
    int64_t total = (int64_t)year * 12 + month - 1 + months;
    year = (int)(total / 12);
    month = (int)(total % 12) + 1;
    int longest = days_in_month(year, month);
    return date_from_civil(year, month, nominal < longest ? nominal : longest);
}

/* Holidays before `date`. */
static size_t holidays_before(const Calendar *calendar, Date date) {
    size_t low = 0, high = calendar->n_holidays;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (calendar->holidays[middle] < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_closed(const Calendar *calendar, Date date) {
    const size_t i = holidays_before(calendar, date);
    return (i < calendar->n_holidays && calendar->holidays[i] == date) || (calendar->closed && calendar->closed(date));
}

static bool is_session(const Calendar *calendar, unsigned mask, Date date) {
    if (!(mask >> date_weekday(date) & 1u))
        return false;
    return calendar->step_days > 0 || !is_closed(calendar, date);
}

Date calendar_next(const Calendar *calendar, Date date) {
    if (calendar->step_months > 0)
        return add_months(calendar, date, calendar->step_months);
    unsigned mask = calendar->weekdays & EVERY_DAY ? calendar->weekdays : EVERY_DAY;
    do
        date++;
    while (!is_session(calendar, mask, date));
    return date;
}

size_t calendar_sessions(const Calendar *calendar, Date from, Date to) {
    size_t n = 0;
    if (to <= from || from == DATE_NONE)
        return 0;
    if (calendar->step_months > 0) {
        Date next = from;
        while ((next = calendar_next(calendar, next)) != DATE_NONE && next <= to)
            n++;
        return n;
    }
    if (calendar->closed && calendar->step_days == 0) {
        for (Date date = from + 1; date <= to; date++)
            n += is_session(calendar, calendar->weekdays, date);
        return n;
    }
    for (int d = 0; d < 7; d++)
        if (calendar->weekdays >> d & 1)
            n += occurrences(from, to, d);
    for (size_t i = holidays_before(calendar, from + 1);
         calendar->step_days == 0 && i < calendar->n_holidays && calendar->holidays[i] <= to; i++)
        if (calendar->weekdays >> date_weekday(calendar->holidays[i]) & 1 && (i == 0 || calendar->holidays[i - 1] != calendar->holidays[i]))
            n--;
    return n;
}

static void append(char *buffer, size_t size, const char *text) {
    size_t n = strlen(buffer);
    if (n < size)
        snprintf(buffer + n, size - n, "%s", text);
}

/* Runs of three days and more as "Mon-Fri", others one by one. */
static void describe_mask(unsigned mask, char *buffer, size_t size) {
    for (int d = 0; d < 7; d++) {
        int last = d;
        if (!(mask >> d & 1u))
            continue;
        while (last < 6 && mask >> (last + 1) & 1u)
            last++;
        if (buffer[0])
            append(buffer, size, ",");
        append(buffer, size, weekday_names[d]);
        if (last < d + 2)
            continue;
        append(buffer, size, "-");
        append(buffer, size, weekday_names[last]);
        d = last;
    }
}

const char *calendar_describe(const Calendar *calendar, char *buffer, size_t size) {
    unsigned mask = calendar->weekdays & EVERY_DAY;
    if (size > 0)
        buffer[0] = '\0';
    if (calendar->step_months == 1)
        append(buffer, size, "monthly");
    else if (calendar->step_months == 3)
        append(buffer, size, "quarterly");
    else if (calendar->step_months == 12)
        append(buffer, size, "yearly");
    else if (calendar->step_months > 0)
        snprintf(buffer, size, "every %d months", calendar->step_months);
    else if (mask == EVERY_DAY)
        append(buffer, size, "every day");
    else
        describe_mask(mask, buffer, size);
    if (calendar->step_days == 7)
        append(buffer, size, ", weekly");
    if (calendar->exchange) {
        append(buffer, size, ", ");
        append(buffer, size, calendar->exchange);
    }
    return buffer;
}

/* ---- calendars that have a name ---- */

const char *const calendar_names[] = {"infer", "weekdays", "7d", "nyse", NULL};

static const struct {
    uint8_t weekdays;
    bool (*closed)(Date date);
    const char *exchange;
} named[] = {{0, NULL, NULL}, {MONDAY_TO_FRIDAY, NULL, NULL}, {EVERY_DAY, NULL, NULL}, {MONDAY_TO_FRIDAY, nyse_closed, "NYSE"}};

bool calendar_choose(Calendar *calendar, const char *name) {
    size_t i = 0;
    while (calendar_names[i] && strcmp(calendar_names[i], name) != 0)
        i++;
    if (!calendar_names[i] || i == 0)
        return calendar_names[i] != NULL;
    *calendar = (Calendar){.weekdays = named[i].weekdays,
                           .month_day = DATE_NONE,
                           .holidays = calendar->holidays,
                           .n_holidays = calendar->n_holidays,
                           .closed = named[i].closed,
                           .exchange = named[i].exchange};
    return true;
}
