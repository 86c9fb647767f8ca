/* indicator: TA-Lib's numbers (tests/golden/make_indicators.py), no look ahead, and the way into a series. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "golden.h"
#include "lstmfc/indicator.h"
#include "lstmfc/series.h"

enum { MOST_ROWS = 200 };

typedef struct Data {
    cJSON *json;
    Date dates[MOST_ROWS];
    double *close, *high, *low, *volume;
    IndicatorRows rows;
} Data;

static int load(void **state) {
    static Data data;
    size_t n = 0;
    data.json = golden_load("indicators.json");
    data.close = golden_array(data.json, "close", &n);
    data.high = golden_array(data.json, "high", NULL);
    data.low = golden_array(data.json, "low", NULL);
    data.volume = golden_array(data.json, "volume", NULL);
    for (size_t i = 0; i < n && n <= MOST_ROWS; i++) {
        char at[32];
        snprintf(at, sizeof at, "dates.%zu", i);
        data.dates[i] = date_parse_iso(golden_string(data.json, at));
    }
    data.rows = (IndicatorRows){.n_rows = n, .target = data.close, .dates = data.dates};
    data.rows.sources[INDICATOR_CLOSE] = data.close;
    data.rows.sources[INDICATOR_HIGH] = data.high;
    data.rows.sources[INDICATOR_LOW] = data.low;
    data.rows.sources[INDICATOR_VOLUME] = data.volume;
    *state = &data;
    return n > 100 && n <= MOST_ROWS ? 0 : -1;
}

static int unload(void **state) {
    Data *data = *state;
    cJSON_Delete(data->json);
    free(data->close);
    free(data->high);
    free(data->low);
    free(data->volume);
    return 0;
}

static Indicator parsed(const char *name) {
    Indicators indicators;
    Error error = {0};
    assert_true(indicator_parse(&indicators, name, &error));
    assert_int_equal(indicators.n, 1);
    return indicators.items[0];
}

/* Where TA-Lib has no value we have none, and the other way round. */
static void equals_talib(void **state) {
    const Data *data = *state;
    bool seen[64] = {false};
    for (size_t i = 0; i < golden_count(data->json, "columns"); i++) {
        char at[64], name[INDICATOR_NAME];
        double out[MOST_ROWS];
        size_t n = 0;
        snprintf(at, sizeof at, "columns.%zu.name", i);
        const char *wanted = golden_string(data->json, at);
        const Indicator indicator = parsed(wanted);
        assert_string_equal(indicator_name(&indicator, name), wanted);
        seen[indicator.kind - indicator_kinds] = true;
        snprintf(at, sizeof at, "columns.%zu.values", i);
        double *values = golden_array(data->json, at, &n);
        assert_int_equal(n, data->rows.n_rows);
        indicator.kind->fill(&data->rows, indicator.n, out);
        for (size_t r = 0; r < n; r++) {
            snprintf(at, sizeof at, "%s row %zu", wanted, r);
            /* a flat stretch is 0 here and 1e-8 there: roots of what cancelled */
            assert_true(golden_close(out[r], values[r], 1e-9, 1.0, at));
        }
        free(values);
    }
    for (size_t k = 0; k < indicator_n_kinds; k++) {
        assert_true(seen[k]);
    }
}

static void spoil(double *to, const double *from, size_t n, size_t row) {
    for (size_t i = 0; i < n; i++) {
        to[i] = i < row ? from[i] : 3 * from[i] + 7;
    }
}

/* Rows from `row` on changed: no bit before it may move; and something behind it must, or the test sees nothing. */
static bool looks_ahead(const Data *data, const IndicatorKind *kind, size_t row, bool *moved) {
    static double columns[4][MOST_ROWS];
    const double *const from[4] = {data->close, data->high, data->low, data->volume};
    double a[MOST_ROWS], b[MOST_ROWS];
    const size_t n = data->rows.n_rows;
    IndicatorRows other = data->rows;
    for (int i = 0; i < 4; i++) {
        spoil(columns[i], from[i], n, row);
    }
    other.target = other.sources[INDICATOR_CLOSE] = columns[0];
    other.sources[INDICATOR_HIGH] = columns[1];
    other.sources[INDICATOR_LOW] = columns[2];
    other.sources[INDICATOR_VOLUME] = columns[3];
    kind->fill(&data->rows, kind->fallback, a);
    kind->fill(&other, kind->fallback, b);
    *moved = memcmp(a + row, b + row, (n - row) * sizeof *a) != 0;
    return memcmp(a, b, row * sizeof *a) != 0;
}

static void none_looks_ahead(void **state) {
    const Data *data = *state;
    for (size_t k = 0; k < indicator_n_kinds; k++) {
        bool moved, any = false;
        for (size_t row = 1; row < data->rows.n_rows; row += 7) {
            assert_false(looks_ahead(data, &indicator_kinds[k], row, &moved));
            any = any || moved;
        }
        assert_true(any || strcmp(indicator_kinds[k].name, "weekday") == 0);
    }
}

static void fill_tomorrow(const IndicatorRows *rows, size_t n, double *out) {
    (void)n;
    for (size_t i = 0; i < rows->n_rows; i++) {
        out[i] = rows->target[i + 1 < rows->n_rows ? i + 1 : i];
    }
}

static const IndicatorKind tomorrow = {"tomorrow", "the next value", 0, 0, 0, COLUMN_LEVEL, fill_tomorrow};

static void one_that_looks_ahead_is_seen(void **state) {
    bool moved;
    assert_true(looks_ahead(*state, &tomorrow, 50, &moved));
}

static void lists_are_read(void **state) {
    (void)state;
    Indicators indicators;
    Error error = {0};
    char name[INDICATOR_NAME];
    assert_true(indicator_parse(&indicators, "rsi:9, macd ,sma", &error));
    assert_int_equal(indicators.n, 3);
    assert_string_equal(indicator_name(&indicators.items[0], name), "rsi:9");
    assert_string_equal(indicator_name(&indicators.items[1], name), "macd");
    assert_string_equal(indicator_name(&indicators.items[2], name), "sma:20");
    assert_true(indicator_parse(&indicators, NULL, &error) && indicators.n == 0);
    assert_true(indicator_parse(&indicators, "", &error) && indicators.n == 0);
    static const struct { const char *list, *says; } bad[] = {
        {"rsj", "no indicator 'rsj'"}, {"rsi,", "no indicator ''"}, {"rsi:", "from 2 to 1000"}, {"rsi:1", "from 2 to 1000"},
        {"sma:1001", "from 1 to 1000"}, {"sma:-3", "from 1 to 1000"},
        {"macd:9", "takes no number"}, {"sma,sma:20", "given twice"}, {"sma:5,rsi,sma:5", "'sma:5' is given twice"},
        {"a-very-long-name-that-goes-on-and-on-and-on-and-on:3", "no indicator"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error = (Error){0};
        assert_false(indicator_parse(&indicators, bad[i].list, &error));
        assert_int_equal(error.code, ERROR_USAGE);
        assert_non_null(strstr(error.message, bad[i].says));
    }
    assert_false(indicator_parse(&indicators, "rsj", &(Error){0}));
}

/* ---- in a series */

static char path[] = "/tmp/lstmfc-indicator-XXXXXX";

/* Rows 0.. of the golden data as a CSV; `without` a column, `hole` a row whose close is empty (0 = none). */
static void write_csv(const Data *data, const char *without, size_t hole) {
    static const char *const names[] = {"Close", "High", "Low", "Volume"};
    const double *const columns[] = {data->close, data->high, data->low, data->volume};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("Date", file);
    for (int c = 0; c < 4; c++) {
        fprintf(file, "%s%s", strcmp(names[c], without) ? "," : "", strcmp(names[c], without) ? names[c] : "");
    }
    for (size_t r = 0; r < data->rows.n_rows; r++) {
        char date[DATE_TEXT];
        fprintf(file, "\n%s", date_format(data->dates[r], date));
        for (int c = 0; c < 4; c++) {
            if (strcmp(names[c], without) == 0) {
                continue;
            }
            fputc(',', file);
            if (c > 0 || hole == 0 || r != hole) {
                fprintf(file, "%.17g", columns[c][r]);
            }
        }
    }
    fputc('\n', file);
    assert_int_equal(fclose(file), 0);
}

static bool read_csv(Series *series, const SeriesOptions *options, Error *error) {
    *error = (Error){0};
    return series_read(series, path, options, error);
}

static SeriesOptions with(const char *indicators) {
    SeriesOptions options = series_options();
    options.indicators = indicators;
    return options;
}

static void columns_of_a_series(void **state) {
    const Data *data = *state;
    SeriesOptions options = with("sma:5,atr:3,obv");
    Series series;
    Error error;
    double sma[MOST_ROWS], atr[MOST_ROWS];
    options.features = "Low";
    write_csv(data, "", 0);
    assert_true(read_csv(&series, &options, &error));
    static const char *const names[] = {"Close", "Low", "sma:5", "atr:3", "obv"};
    assert_int_equal(series.n_columns, 5);
    for (size_t c = 0; c < 5; c++) {
        assert_string_equal(series.names[c], names[c]);
    }
    assert_int_equal(series.n_hidden, 2); /* High and Volume; Low and Close are there anyway */
    assert_int_equal(series.n_warm_up, 4);
    assert_int_equal(series.n_before, 4);
    assert_int_equal(series.n_rows, data->rows.n_rows - 4);
    assert_int_equal(series.lines[0], 6);
    assert_int_equal(series.dates[0], data->dates[4]);
    indicator_kinds[1].fill(&data->rows, 5, sma);
    parsed("atr").kind->fill(&data->rows, 3, atr);
    for (size_t i = 0; i < series.n_rows; i++) {
        assert_true(series.columns[0][i] == data->close[i + 4] && series.columns[1][i] == data->low[i + 4]);
        assert_true(series.columns[2][i] == sma[i + 4] && series.columns[3][i] == atr[i + 4]);
    }
    series_free(&series);
}

/* Rows before --from give indicators their values; where they do not reach, or are broken, rows behind it are left out. */
static void rows_before_from_warm_up(void **state) {
    const Data *data = *state;
    SeriesOptions options = with("sma:5");
    Series series;
    Error error;
    options.from = data->dates[30];
    write_csv(data, "", 0);
    assert_true(read_csv(&series, &options, &error));
    assert_true(series.n_warm_up == 0 && series.n_before == 30 && series.dates[0] == data->dates[30] && series.lines[0] == 32);
    series_free(&series);
    write_csv(data, "", 28); /* rows 29, 30 ... are whole: the first mean of five is that of row 33 */
    assert_true(read_csv(&series, &options, &error));
    assert_true(series.n_warm_up == 3 && series.dates[0] == data->dates[33]);
    series_free(&series);
    options.missing = MISSING_FFILL;
    assert_true(read_csv(&series, &options, &error));
    assert_true(series.n_filled == 0 && series.dates[0] == data->dates[33]);
    series_free(&series);
    write_csv(data, "", 40);
    assert_true(read_csv(&series, &options, &error));
    assert_true(series.n_filled == 1 && series.columns[0][10] == data->close[39]);
    series_free(&series);
    options.missing = MISSING_ERROR;
    assert_false(read_csv(&series, &options, &error));
    assert_int_equal(error.line, 42);
}

static void what_cannot_be_computed_is_refused(void **state) {
    const Data *data = *state;
    SeriesOptions options = with("rsi,atr:5");
    Series series;
    Error error;
    write_csv(data, "High", 0);
    assert_false(read_csv(&series, &options, &error));
    assert_int_equal(error.code, ERROR_DATA);
    assert_non_null(strstr(error.message, "'atr:5' needs a column 'High'"));
    options = with("volume-change");
    write_csv(data, "Volume", 0);
    assert_false(read_csv(&series, &options, &error));
    assert_non_null(strstr(error.message, "needs a column 'Volume'"));
    options = with("sma:161");
    write_csv(data, "", 0);
    assert_false(read_csv(&series, &options, &error));
    assert_int_equal(error.code, ERROR_DATA);
    assert_non_null(strstr(error.message, "there are 160 rows"));
    options = with("sma:5");
    options.from = data->dates[159] + 10;
    assert_false(read_csv(&series, &options, &error));
    assert_int_equal(error.code, ERROR_DATA);
}

/* A disturbed series agrees before the row, computed columns too, and differs from it on; an indicator that looks ahead gives itself
 * away. */
static void disturbance_reaches_computed_columns(void **state) {
    const SeriesOptions options = with("sma:5,rsi:14,obv");
    Series series, other;
    Error error;
    write_csv(*state, "", 0);
    assert_true(read_csv(&series, &options, &error));
    assert_true(series_disturbed(&other, &series, 40, &error));
    for (size_t c = 0; c < series.n_columns; c++) {
        assert_memory_equal(series.columns[c], other.columns[c], 40 * sizeof(double));
        assert_true(series.columns[c][40] < other.columns[c][40] || series.columns[c][40] > other.columns[c][40]);
    }
    series_free(&other);
    series.indicators.items[0].kind = &tomorrow;
    fill_tomorrow(&(IndicatorRows){.n_rows = series.n_rows, .target = series.columns[0]}, 0, series.columns[1]);
    assert_true(series_disturbed(&other, &series, 40, &error));
    assert_true(memcmp(series.columns[1], other.columns[1], 40 * sizeof(double)) != 0);
    series_free(&other);
    series_free(&series);
}

static int enter(void **state) {
    const int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor) ? -1 : load(state);
}

static int leave(void **state) {
    return unlink(path) ? -1 : unload(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_talib),
        cmocka_unit_test(none_looks_ahead),
        cmocka_unit_test(one_that_looks_ahead_is_seen),
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(columns_of_a_series),
        cmocka_unit_test(rows_before_from_warm_up),
        cmocka_unit_test(what_cannot_be_computed_is_refused),
        cmocka_unit_test(disturbance_reaches_computed_columns),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
