#include "lstmfc/indicator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lstmfc/sum.h"
#include "lstmfc/text.h"

/* ---- arithmetic: out[0 .. first) has no value */

static void blank(double *out, size_t n_rows, size_t first) {
    for (size_t i = 0; i < n_rows && i < first; i++) {
        out[i] = NAN;
    }
}

static double change(const double *x, size_t i, size_t n) {
    const double before = x[i - n];
    return before < 0.0 || before > 0.0 ? x[i] / before - 1.0 : 0.0;
}

static void changes(const double *x, size_t n_rows, size_t n, double *out) {
    blank(out, n_rows, n);
    for (size_t i = n; i < n_rows; i++) {
        out[i] = change(x, i, n);
    }
}

static double mean_to(const double *x, size_t i, size_t n) {
    return sum_mean(x + i + 1 - n, n);
}

static double deviation_to(const double *x, size_t i, size_t n, double mean) {
    return sqrt(sum_squares(x + i + 1 - n, n, mean) / (double)n);
}

/* ---- fills */

static void fill_return(const IndicatorRows *rows, size_t n, double *out) {
    changes(rows->target, rows->n_rows, n, out);
}

static void fill_sma(const IndicatorRows *rows, size_t n, double *out) {
    blank(out, rows->n_rows, n - 1);
    for (size_t i = n - 1; i < rows->n_rows; i++) {
        out[i] = mean_to(rows->target, i, n);
    }
}

static void fill_ema(const IndicatorRows *rows, size_t n, double *out) {
    const double *x = rows->target, weight = 2.0 / ((double)n + 1.0);
    blank(out, rows->n_rows, n - 1);
    for (size_t i = n - 1; i < rows->n_rows; i++) {
        out[i] = i == n - 1 ? mean_to(x, i, n) : out[i - 1] + (x[i] - out[i - 1]) * weight;
    }
}

/* Wilder's average of n values: their mean first, then each new one counts 1/n. `i` from 1. */
static double wilder(double average, double value, size_t i, size_t n) {
    return i <= n ? average + value / (double)n : (average * ((double)n - 1.0) + value) / (double)n;
}

static void fill_rsi(const IndicatorRows *rows, size_t n, double *out) {
    double up = 0.0, down = 0.0;
    blank(out, rows->n_rows, n);
    for (size_t i = 1; i < rows->n_rows; i++) {
        const double step = rows->target[i] - rows->target[i - 1];
        up = wilder(up, step > 0.0 ? step : 0.0, i, n);
        down = wilder(down, step < 0.0 ? -step : 0.0, i, n);
        if (i >= n) {
            out[i] = up + down > 0.0 ? 100.0 * (up / (up + down)) : 0.0;
        }
    }
}

enum { MACD_FAST = 12, MACD_SLOW = 26, MACD_SIGNAL = 9, MACD_FIRST = MACD_SLOW + MACD_SIGNAL - 2 };

/* Both averages begin at the slow one's first row, the signal with the mean of the first nine differences. */
static void macd(const IndicatorRows *rows, double of_line, double of_signal, double *out) {
    const double *x = rows->target;
    double fast = 0.0, slow = 0.0, signal = 0.0;
    blank(out, rows->n_rows, MACD_FIRST);
    for (size_t i = MACD_SLOW - 1; i < rows->n_rows; i++) {
        const bool first = i == MACD_SLOW - 1;
        fast = first ? mean_to(x, i, MACD_FAST) : fast + (x[i] - fast) * (2.0 / (MACD_FAST + 1));
        slow = first ? mean_to(x, i, MACD_SLOW) : slow + (x[i] - slow) * (2.0 / (MACD_SLOW + 1));
        const double line = fast - slow;
        signal += i <= MACD_FIRST ? line / MACD_SIGNAL : (line - signal) * (2.0 / (MACD_SIGNAL + 1));
        if (i >= MACD_FIRST) {
            out[i] = of_line * line + of_signal * signal;
        }
    }
}

static void fill_macd(const IndicatorRows *rows, size_t n, double *out) {
    (void)n;
    macd(rows, 1.0, 0.0, out);
}

static void fill_macd_signal(const IndicatorRows *rows, size_t n, double *out) {
    (void)n;
    macd(rows, 0.0, 1.0, out);
}

static void fill_macd_histogram(const IndicatorRows *rows, size_t n, double *out) {
    (void)n;
    macd(rows, 1.0, -1.0, out);
}

static void band(const IndicatorRows *rows, size_t n, double deviations, double *out) {
    blank(out, rows->n_rows, n - 1);
    for (size_t i = n - 1; i < rows->n_rows; i++) {
        const double mean = mean_to(rows->target, i, n);
        out[i] = mean + deviations * deviation_to(rows->target, i, n, mean);
    }
}

static void fill_bollinger_upper(const IndicatorRows *rows, size_t n, double *out) {
    band(rows, n, 2.0, out);
}

static void fill_bollinger_lower(const IndicatorRows *rows, size_t n, double *out) {
    band(rows, n, -2.0, out);
}

static void fill_bollinger(const IndicatorRows *rows, size_t n, double *out) {
    blank(out, rows->n_rows, n - 1);
    for (size_t i = n - 1; i < rows->n_rows; i++) {
        const double mean = mean_to(rows->target, i, n), half = 2.0 * deviation_to(rows->target, i, n, mean);
        out[i] = half > 0.0 ? (rows->target[i] - mean + half) / (2.0 * half) : 0.5;
    }
}

static double true_range(const IndicatorRows *rows, size_t i) {
    const double high = rows->sources[INDICATOR_HIGH][i], low = rows->sources[INDICATOR_LOW][i],
                 before = rows->sources[INDICATOR_CLOSE][i - 1];
    return fmax(high - low, fmax(fabs(high - before), fabs(low - before)));
}

static void fill_atr(const IndicatorRows *rows, size_t n, double *out) {
    double average = 0.0;
    blank(out, rows->n_rows, n);
    for (size_t i = 1; i < rows->n_rows; i++) {
        average = wilder(average, true_range(rows, i), i, n);
        if (i >= n) {
            out[i] = average;
        }
    }
}

static void fill_obv(const IndicatorRows *rows, size_t n, double *out) {
    const double *close = rows->sources[INDICATOR_CLOSE], *volume = rows->sources[INDICATOR_VOLUME];
    (void)n;
    for (size_t i = 0; i < rows->n_rows; i++) {
        const double step = i == 0 || close[i] > close[i - 1] ? volume[i] : close[i] < close[i - 1] ? -volume[i] : 0.0;
        out[i] = i == 0 ? step : out[i - 1] + step;
    }
}

static void fill_volatility(const IndicatorRows *rows, size_t n, double *out) {
    changes(rows->target, rows->n_rows, 1, out);
    for (size_t i = rows->n_rows; i-- > n;) { /* from the end: what is overwritten is not read again */
        out[i] = deviation_to(out, i, n, mean_to(out, i, n));
    }
    blank(out, rows->n_rows, n);
}

static void fill_volume_change(const IndicatorRows *rows, size_t n, double *out) {
    changes(rows->sources[INDICATOR_VOLUME], rows->n_rows, n, out);
}

static void fill_weekday(const IndicatorRows *rows, size_t n, double *out) {
    (void)n;
    for (size_t i = 0; i < rows->n_rows; i++) {
        out[i] = (double)date_weekday(rows->dates[i]);
    }
}

/* ---- the registry */

#define NEEDS_BAR (1U << INDICATOR_HIGH | 1U << INDICATOR_LOW | 1U << INDICATOR_CLOSE)
#define NEEDS_VOLUME (1U << INDICATOR_VOLUME)

const IndicatorKind indicator_kinds[] = {
    {"return", "change over N rows, as a share", 1, 1, 0, COLUMN_STATIONARY, fill_return},
    {"sma", "mean of the last N rows", 20, 1, 0, COLUMN_LEVEL, fill_sma},
    {"ema", "exponential average, weight 2/(N+1)", 20, 1, 0, COLUMN_LEVEL, fill_ema},
    {"rsi", "Wilder's relative strength index", 14, 2, 0, COLUMN_STATIONARY, fill_rsi},
    {"macd", "difference of the exponential averages of 12 and 26 rows", 0, 0, 0, COLUMN_STATIONARY, fill_macd},
    {"macd-signal", "exponential average of 9 rows of it", 0, 0, 0, COLUMN_STATIONARY, fill_macd_signal},
    {"macd-histogram", "the former less the latter", 0, 0, 0, COLUMN_STATIONARY, fill_macd_histogram},
    {"bollinger", "where the value stands between the bands", 20, 2, 0, COLUMN_STATIONARY, fill_bollinger},
    {"bollinger-upper", "mean of the last N rows and two standard deviations", 20, 2, 0, COLUMN_LEVEL, fill_bollinger_upper},
    {"bollinger-lower", "mean of the last N rows less two standard deviations", 20, 2, 0, COLUMN_LEVEL, fill_bollinger_lower},
    {"atr", "Wilder's average true range; needs high, low and close", 14, 1, NEEDS_BAR, COLUMN_LEVEL, fill_atr},
    {"obv", "on-balance volume; needs close and volume", 0, 0, 1U << INDICATOR_CLOSE | NEEDS_VOLUME, COLUMN_SUM, fill_obv},
    {"volatility", "standard deviation of the last N returns", 20, 2, 0, COLUMN_STATIONARY, fill_volatility},
    {"volume-change", "change of the volume over N rows, as a share", 1, 1, NEEDS_VOLUME, COLUMN_STATIONARY, fill_volume_change},
    {"weekday", "Monday 0 to Sunday 6", 0, 0, 0, COLUMN_STATIONARY, fill_weekday},
};

const size_t indicator_n_kinds = sizeof indicator_kinds / sizeof *indicator_kinds;

static const char *const close_names[] = {"Close", "Close/Last", "Last", "Price", "Schlusskurs", "PX_LAST", "Adj Close", NULL};
static const char *const high_names[] = {"High", "Hoch", "PX_HIGH", NULL};
static const char *const low_names[] = {"Low", "Tief", "PX_LOW", NULL};
static const char *const volume_names[] = {"Volume", "Vol.", "Vol", "Volumen", "Total Trade Quantity", "PX_VOLUME", NULL};

const char *const *const indicator_source_names[INDICATOR_SOURCES] = {
    [INDICATOR_CLOSE] = close_names, [INDICATOR_HIGH] = high_names, [INDICATOR_LOW] = low_names, [INDICATOR_VOLUME] = volume_names};

/* ---- names */

const char *indicator_name(const Indicator *indicator, char name[INDICATOR_NAME]) {
    if (indicator->kind->fallback) {
        snprintf(name, INDICATOR_NAME, "%s:%zu", indicator->kind->name, indicator->n);
    } else {
        snprintf(name, INDICATOR_NAME, "%s", indicator->kind->name);
    }
    return name;
}

static bool unknown(const char *word, Error *error) {
    char shown[80], hint[120];
    const char *near = NULL;
    size_t best = 3; /* more typing errors than two are another word */
    for (size_t i = 0; i < indicator_n_kinds; i++) {
        const size_t distance = text_distance(indicator_kinds[i].name, word);
        if (distance < best) {
            best = distance;
            near = indicator_kinds[i].name;
        }
    }
    if (near) {
        snprintf(hint, sizeof hint, "did you mean '%s'?", near);
    } else {
        snprintf(hint, sizeof hint,
                 "return sma ema rsi macd bollinger atr obv volatility volume-change weekday and more: see 'lstmfc help train'");
    }
    return error_set(error, ERROR_USAGE, hint, "there is no indicator '%s'", text_escape(word, strlen(word), shown, sizeof shown));
}

static bool parse_number(const IndicatorKind *kind, const char *text, size_t *n, Error *error) {
    char shown[60];
    *n = kind->fallback;
    if (!text) {
        return true;
    }
    if (!kind->fallback) {
        return error_set(error, ERROR_USAGE, "leave the number out", "indicator '%s' takes no number of rows", kind->name);
    }
    return (text_to_size(text, n) && *n >= kind->minimum && *n <= INDICATOR_LONGEST) ||
           error_set(error, ERROR_USAGE, NULL, "indicator '%s' wants a number of rows from %zu to %d, not '%s'", kind->name, kind->minimum,
                     INDICATOR_LONGEST, text_escape(text, strlen(text), shown, sizeof shown));
}

static bool parse_one(Indicator *indicator, char *word, Error *error) {
    char *number = strchr(word, ':');
    if (number) {
        *number++ = '\0';
    }
    for (size_t i = 0; i < indicator_n_kinds; i++) {
        if (strcmp(indicator_kinds[i].name, word) == 0) {
            indicator->kind = &indicator_kinds[i];
            return parse_number(indicator->kind, number, &indicator->n, error);
        }
    }
    return unknown(word, error);
}

static bool add(Indicators *indicators, const Indicator *indicator, Error *error) {
    char name[INDICATOR_NAME];
    for (size_t i = 0; i < indicators->n; i++) {
        if (indicators->items[i].kind == indicator->kind && indicators->items[i].n == indicator->n) {
            return error_set(error, ERROR_USAGE, NULL, "indicator '%s' is given twice", indicator_name(indicator, name));
        }
    }
    if (indicators->n == INDICATOR_MOST) {
        return error_set(error, ERROR_USAGE, NULL, "'indicators' takes at most %d", INDICATOR_MOST);
    }
    indicators->items[indicators->n++] = *indicator;
    return true;
}

bool indicator_parse(Indicators *indicators, const char *list, Error *error) {
    indicators->n = 0;
    for (const char *at = list && *list ? list : NULL; at; at = *at ? at + 1 : NULL) {
        char word[INDICATOR_NAME];
        Indicator indicator = {0};
        size_t n = strcspn(at, ",");
        const size_t blanks = strspn(at, " ");
        const char *start = at + (blanks < n ? blanks : n);
        at += n;
        n = (size_t)(at - start);
        while (n > 0 && start[n - 1] == ' ') {
            n--;
        }
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word), start);
        if (!parse_one(&indicator, word, error) || !add(indicators, &indicator, error)) {
            return false;
        }
    }
    return true;
}

unsigned indicator_needs(const Indicators *indicators) {
    unsigned needs = 0;
    for (size_t i = 0; i < indicators->n; i++) {
        needs |= indicators->items[i].kind->needs;
    }
    return needs;
}
