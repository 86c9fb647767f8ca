#include "lstmfc/problem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/text.h"

enum { REPEATED = 5, GAP_SESSIONS = 10, WEEKEND = 0x60 };

static const double jump_limit = 0.2, split_tolerance = 0.03;

void problems_add(Problems *problems, size_t line, const char *code, Severity severity, const char *format, ...) {
    va_list arguments;
    if (problems->n == problems->capacity) {
        size_t capacity = problems->capacity ? 2 * problems->capacity : 16;
        Problem *grown =
            problems->failed || capacity > (size_t)-1 / sizeof *grown ? NULL : realloc(problems->list, capacity * sizeof *grown);
        if (!grown) {
            problems->failed = true;
            return;
        }
        problems->list = grown;
        problems->capacity = capacity;
    }
    Problem *problem = &problems->list[problems->n++];
    *problem = (Problem){.line = line, .code = code, .severity = severity};
    va_start(arguments, format);
    vsnprintf(problem->message, sizeof problem->message, format, arguments);
    va_end(arguments);
}

/* First column with one of the names; NULL = none. */
static const double *find(const Series *s, const char *const *names) {
    for (; *names; names++) {
        size_t c = series_column(s, *names);
        if (c < s->n_columns) return s->columns[c];
    }
    return NULL;
}

/* Half a cent, or half a percent of what costs less than a dollar. */
static double rounding(double price) {
    return fmin(0.006, 0.005 * fabs(price));
}

static void find_contradictions(Problems *problems, const Series *s) {
    static const char *const high_names[] = {"High", NULL}, *const low_names[] = {"Low", NULL}, *const open_names[] = {"Open", NULL},
                             *const close_names[] = {"Close", "Close/Last", NULL};
    const double *high = find(s, high_names), *low = find(s, low_names), *open = find(s, open_names), *close = find(s, close_names);
    for (size_t i = 0; high && low && i < s->n_rows; i++) {
        double slack = rounding(high[i]);
        if (high[i] < low[i] - slack)
            problems_add(problems, s->lines[i], "ohlc", SEVERITY_WARNING, "high %.6g is below low %.6g", high[i], low[i]);
        else if (close && (close[i] > high[i] + slack || close[i] < low[i] - slack))
            problems_add(problems, s->lines[i], "ohlc", SEVERITY_WARNING, "close %.6g is outside of low %.6g to high %.6g", close[i],
                         low[i], high[i]);
        else if (open && (open[i] > high[i] + slack || open[i] < low[i] - slack))
            problems_add(problems, s->lines[i], "ohlc", SEVERITY_WARNING, "open %.6g is outside of low %.6g to high %.6g", open[i], low[i],
                         high[i]);
    }
}

static bool is_price(const Series *s, size_t c) {
    static const char *const names[] = {"Open", "High", "Low", "Close", "Adj Close", "Close/Last", "Last", "Price"};
    bool price = c == 0;
    for (size_t i = 0; !price && i < sizeof names / sizeof names[0]; i++) price = text_compare_nocase(s->names[c], names[i]) == 0;
    return price;
}

static void find_bad_values(Problems *problems, const Series *s, size_t c) {
    char name[100];
    size_t n_missing = 0, first = 0;
    text_escape(s->names[c], strlen(s->names[c]), name, sizeof name);
    for (size_t i = 0; i < s->n_rows; i++) {
        double x = s->columns[c][i];
        if (isnan(x) && n_missing++ == 0) first = s->lines[i];
        if (x <= 0.0 && is_price(s, c))
            problems_add(problems, s->lines[i], "not-positive", SEVERITY_WARNING, "price '%s' is %.6g", name, x);
    }
    if (n_missing)
        problems_add(problems, first, "missing", is_price(s, c) ? SEVERITY_WARNING : SEVERITY_INFO,
                     "column '%s' has %zu cell%s without a number, the first here", name, n_missing, n_missing == 1 ? "" : "s");
}

/* The ratio of a split that a step from one close to the next may be; 0 = none. */
static double split_ratio(double step) {
    static const double ratios[] = {1.5, 2, 3, 4, 5, 7, 8, 10, 15, 20, 25, 50};
    double up = step > 1.0 ? step : 1.0 / step;
    for (size_t i = 0; i < sizeof ratios / sizeof ratios[0]; i++)
        if (fabs(up / ratios[i] - 1.0) < split_tolerance) return ratios[i];
    return 0.0;
}

static void find_jumps(Problems *problems, const Series *s) {
    const double *x = s->columns[0];
    for (size_t i = 1; i < s->n_rows; i++) {
        if (!(x[i] > 0.0 && x[i - 1] > 0.0) || fabs(x[i] / x[i - 1] - 1.0) <= jump_limit) continue;
        double step = x[i] / x[i - 1], ratio = split_ratio(step);
        if (ratio > 0.0)
            problems_add(problems, s->lines[i], "split", SEVERITY_WARNING, "%.6g to %.6g is nearly %s%.3g: a split not adjusted for?",
                         x[i - 1], x[i], step < 1.0 ? "1/" : "x", ratio);
        else problems_add(problems, s->lines[i], "jump", SEVERITY_INFO, "%.6g to %.6g is %+.1f %%", x[i - 1], x[i], 100.0 * (step - 1.0));
    }
}

static void find_repeats(Problems *problems, const Series *s) {
    const double *x = s->columns[0];
    for (size_t i = 0, j; i < s->n_rows; i = j) {
        for (j = i + 1; j < s->n_rows && !(x[j] < x[i]) && !(x[j] > x[i]);) j++;
        if (j - i >= REPEATED && isfinite(x[i]))
            problems_add(problems, s->lines[i], "repeated", SEVERITY_INFO, "the same value %.6g on %zu rows from here on", x[i], j - i);
    }
}

/* Whole rows that repeat the one before, volume and all: nobody has quoted. */
static void find_stale(Problems *problems, const Series *s) {
    for (size_t i = 1; s->n_columns >= 4 && i < s->n_rows; i++) {
        bool same = true;
        for (size_t c = 0; same && c < s->n_columns; c++) {
            double x = s->columns[c][i], y = s->columns[c][i - 1];
            same = x <= y && x >= y;
        }
        if (same)
            problems_add(problems, s->lines[i], "repeated", SEVERITY_WARNING, "the row repeats the one before in all of its %zu columns",
                         s->n_columns);
    }
}

/* An adjusted close lies at or below the close, nearer the later the row: dividends and splits pull the past down. */
static void find_adjustments(Problems *problems, const Series *s) {
    static const char *const adjusted_names[] = {"Adj Close", "adjClose", "Adjusted Close", "adjusted_close", "closeadj", NULL},
                             *const close_names[] = {"Close", NULL};
    const double *adjusted = find(s, adjusted_names), *close = find(s, close_names);
    size_t n_above = 0, above = 0;
    double before = 0.0;
    for (size_t i = 0; adjusted && close && i < s->n_rows; i++) {
        if (!(adjusted[i] > 0.0 && close[i] > 0.0)) continue;
        double ratio = adjusted[i] / close[i], slack = rounding(close[i]) / close[i] + rounding(adjusted[i]) / adjusted[i];
        if (ratio > 1.0 + slack && n_above++ == 0) above = s->lines[i];
        if (before > 0.0 && ratio < before * (1.0 - 0.002) - slack)
            problems_add(
                problems, s->lines[i], "adjusted", SEVERITY_WARNING,
                "the adjusted close falls from %.4f to %.4f of the close: a dividend or split counted twice, or not in the rows before",
                before, ratio);
        before = ratio;
    }
    if (n_above)
        problems_add(problems, above, "adjusted", SEVERITY_WARNING, "the adjusted close is above the close on %zu row%s, the first here",
                     n_above, n_above == 1 ? "" : "s");
}

static void find_closed(Problems *problems, const Series *s, Date now, size_t i) {
    const Calendar *calendar = &s->calendar;
    char date[DATE_TEXT];
    Date day = s->dates[i];
    bool weekend = date_weekday(day) >= 5 && !(calendar->weekdays & WEEKEND);
    date_format(day, date);
    if (weekend)
        problems_add(problems, s->lines[i], "weekend", SEVERITY_WARNING, "%s is a %s", date,
                     date_weekday(day) == 5 ? "Saturday" : "Sunday");
    else if (calendar_sessions(calendar, day - 1, day) == 0)
        problems_add(problems, s->lines[i], "closed", SEVERITY_WARNING, "%s has no session by the calendar", date);
    if (now != DATE_NONE && day > now) problems_add(problems, s->lines[i], "future", SEVERITY_WARNING, "%s has not come yet", date);
}

static void find_dates(Problems *problems, const Series *s, Date now) {
    const Calendar *calendar = &s->calendar;
    char date[DATE_TEXT];
    bool daily = calendar->step_months == 0 && calendar->step_days == 0;
    for (size_t i = 0; daily && i < s->n_rows; i++) {
        size_t sessions = i > 0 ? calendar_sessions(calendar, s->dates[i - 1], s->dates[i]) : 0;
        find_closed(problems, s, now, i);
        if (sessions > GAP_SESSIONS)
            problems_add(problems, s->lines[i], "gap", SEVERITY_WARNING, "%zu sessions without a row before %s", sessions - 1,
                         date_format(s->dates[i], date));
    }
    if (s->n_duplicates)
        problems_add(problems, 0, "duplicate", SEVERITY_INFO, "%zu row%s given twice, kept once", s->n_duplicates,
                     s->n_duplicates == 1 ? "" : "s");
}

static int by_line(const void *a, const void *b) {
    const Problem *p = a, *q = b;
    if ((p->severity == SEVERITY_ERROR) != (q->severity == SEVERITY_ERROR)) return p->severity == SEVERITY_ERROR ? -1 : 1;
    if (p->line != q->line) return p->line < q->line ? -1 : 1;
    return strcmp(p->message, q->message);
}

bool problems_find(Problems *problems, const Series *series, Date now, const Error *fault, Error *error) {
    *problems = (Problems){0};
    if (fault && fault->code) problems_add(problems, fault->line, "load", SEVERITY_ERROR, "%.180s", fault->message);
    find_contradictions(problems, series);
    for (size_t c = 0; c < series->n_columns; c++) find_bad_values(problems, series, c);
    find_jumps(problems, series);
    find_repeats(problems, series);
    find_stale(problems, series);
    find_adjustments(problems, series);
    find_dates(problems, series, now);
    if (problems->failed) return error_memory(error, "the list of problems");
    if (problems->n) qsort(problems->list, problems->n, sizeof *problems->list, by_line);
    return true;
}

size_t problems_count(const Problems *problems, Severity severity) {
    size_t n = 0;
    for (size_t i = 0; i < problems->n; i++) n += problems->list[i].severity == severity;
    return n;
}

void problems_free(Problems *problems) {
    free(problems->list);
    *problems = (Problems){0};
}

const char *problem_severity(Severity severity) {
    static const char *const names[] = {[SEVERITY_INFO] = "info", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};
    return names[severity];
}
