/* series: the formats vendors write, what must be refused and where, and thousands of damaged files.
 *
 * The directory of real files is taken from LSTMFC_TEST_DATA; without it that one test says so and is
 * skipped. */
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

#include "lstmfc/cell.h"
#include "lstmfc/series.h"

static char path[] = "/tmp/lstmfc-series-XXXXXX";

static int enter(void **state) {
    (void)state;
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int leave(void **state) {
    (void)state;
    return unlink(path);
}

static bool load_bytes(Series *series, const char *bytes, size_t n, const SeriesOptions *options, Error *error) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    *error = (Error){0};
    return series_read(series, path, options, error);
}

static bool load(Series *series, const char *text, const SeriesOptions *options, Error *error) {
    return load_bytes(series, text, strlen(text), options, error);
}

/* ---- what loads ---- */

typedef struct Format {
    const char *name, *text;
    const char *target, *pattern;
    const char *first, *last; /* dates */
    double first_value, last_value;
    size_t n_rows, n_skipped;
    char delimiter, decimal;
    bool reversed;
} Format;

static const Format formats[] = {
    {"Yahoo", "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1,2,1,1.5,1.25,100\n2024-01-03,null,2,1,1.5,1.26,null\n", "Adj Close",
     "YYYY-MM-DD",
     "2024-01-02", "2024-01-03", 1.25, 1.26, 2, 0, ',', '.', false},
    {"Yahoo, pasted",
     "Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume\nSep 6, 2024\t223.95\t225.24\t219.77\t220.82\t220.82\t48,423,000\n"
     "Aug 12, 2024\t0.25 Dividend\n"
     "Aug 9, 2024\t223.95\t225.24\t219.77\t220.82\t1,220.82\t48,423,000\n*Close price adjusted for splits.\n",
     "Adj Close", "Mon D, YYYY", "2024-08-09", "2024-09-06", 1220.82, 220.82, 2, 2, '\t', '.', true},
    {"yfinance", "Price,Close,High,Volume\nTicker,MSFT,MSFT,MSFT\nDate,,,\n2024-01-02,1.5,2,100\n2024-01-03,1.6,2,100\n", "Close",
     "YYYY-MM-DD", "2024-01-02",
     "2024-01-03", 1.5, 1.6, 2, 0, ',', '.', false},
    {"Nasdaq", "Date,Close/Last,Volume,Open\r\n07/26/2024,$217.96,41601350,$218.70\r\n07/25/2024,$217.49,N/A,$218.93\r\n", "Close/Last",
     "MM/DD/YYYY",
     "2024-07-25", "2024-07-26", 217.49, 217.96, 2, 0, ',', '.', true},
    {"Investing",
     "\xef\xbb\xbf\"Date\",\"Price\",\"Open\",\"Vol.\",\"Change "
     "%\"\r\n\"04/13/2020\",\"7,278.20\",\"1\",\"190.28M\",\"1.52%\"\r\n\"04/08/2020\",\"7,178.20\",\"1\",\"-\",\"-1%\"\r\n",
     "Price", "MM/DD/YYYY", "2020-04-08", "2020-04-13", 7178.2, 7278.2, 2, 0, ',', '.', true},
    {"Stooq, Polish", "Data,Otwarcie,Zamkniecie,Wolumen\n2024-01-02,1,1.25,5\n2024-01-03,1,1.26,\n", "Zamkniecie", "YYYY-MM-DD",
     "2024-01-02", "2024-01-03",
     1.25, 1.26, 2, 0, ',', '.', false},
    {"Stooq bulk, Finam", "<TICKER>,<PER>,<DATE>,<TIME>,<CLOSE>,<VOL>\r\nA.US,D,20240102,000000,5.5,3\r\nA.US,D,20240103,000000,5.6,3\r\n",
     "CLOSE", "YYYYMMDD",
     "2024-01-02", "2024-01-03", 5.5, 5.6, 2, 0, ',', '.', false},
    {"Alpha Vantage", "timestamp,open,close,volume\n2024-01-03,1,5,1\n2024-01-02,1,4,1\n", "close", "YYYY-MM-DD", "2024-01-02",
     "2024-01-03", 4, 5, 2, 0, ',',
     '.', true},
    {"Tiingo", "date,close,adjClose\r\n2024-01-02T00:00:00.000Z,1,0.9\r\n2024-01-03T00:00:00.000Z,1.1,1.0\r\n", "adjClose", "YYYY-MM-DD",
     "2024-01-02",
     "2024-01-03", 0.9, 1, 2, 0, ',', '.', false},
    {"Polygon", "ticker,volume,open,close,window_start\nA,1.5,2,3.5,1704171600000000000\nA,1.5,2,3.6,1704258000000000000\n", "close",
     "epoch in ns", "2024-01-02",
     "2024-01-03", 3.5, 3.6, 2, 0, ',', '.', false},
    {"NSE",
     "\xef\xbb\xbf\"Date \",\"series \",\"PREV. CLOSE \",\"ltp \",\"close "
     "\"\n\"03-Oct-2025\",\"EQ\",\"1\",\"1\",\"1,512.00\"\n\"01-Oct-2025\",\"EQ\",\"1\",\"1\",\"1,513.50\"\n",
     "close", "DD-Mon-YYYY", "2025-10-01", "2025-10-03", 1513.5, 1512, 2, 0, ',', '.', true},
    {"Ariva",
     "\xef\xbb\xbf"
     "Datum;Erster;Schlusskurs;Volumen\n28.10.2021;13,1;1.313,2835;1.234,56\n27.10.2021;13,1;13,19;1.234,56\n",
     "Schlusskurs", "DD.MM.YYYY", "2021-10-27", "2021-10-28", 13.19, 1313.2835, 2, 0, ';', ',', true},
    {"Ariva, short years", "Datum;Schlusskurs\n10.09.08;13,28\n09.09.08;13,29\n", "Schlusskurs", "DD.MM.YY", "2008-09-09", "2008-09-10",
     13.29, 13.28, 2, 0,
     ';', ',', true},
    {"Euronext",
     "\xef\xbb\xbf\"Historical Data\"\n\"From 2023-01-01 to 2024-01-01\"\nFR0000120271\nDate;Open;Last;Close;Number of "
     "Shares\n28/12/2023;61.5;61.5;61.6;123\n27/12/2023;61.5;61.5;61.8;123\n",
     "Close", "DD/MM/YYYY", "2023-12-27", "2023-12-28", 61.8, 61.6, 2, 3, ';', '.', true},
    {"Nasdaq Nordic", "sep=;\nDate;Bid;Closing price;Trades;\n2024-01-03;1,5;1,55;5;\n2024-01-02;1,5;1,65;5;\n", "Closing price",
     "YYYY-MM-DD", "2024-01-02",
     "2024-01-03", 1.65, 1.55, 2, 1, ';', ',', true},
    {"Barchart",
     "Time,Open,Latest,%Change\n2024-09-06,1,1.5,0.1%\n2024-09-05,1,1.6,0.1%\n"
     "\"Downloaded from Barchart.com as of 09-06-2024 05:17pm CDT\"\n",
     "Latest", "YYYY-MM-DD", "2024-09-05", "2024-09-06", 1.6, 1.5, 2, 1, ',', '.', true},
    {"FRED", "observation_date,SP500\n2024-01-02,5000.1\n2024-01-03,5001\n", "SP500", "YYYY-MM-DD", "2024-01-02", "2024-01-03", 5000.1,
     5001, 2, 0, ',', '.',
     false},
    {"GOOGLEFINANCE", "Date,Close\n1/2/2020 16:00:00,1.5\n1/13/2020 16:00:00,1.6\n", "Close", "M/D/YYYY", "2020-01-02", "2020-01-13", 1.5,
     1.6, 2, 0, ',', '.',
     false},
    {"MarketWatch", "Date, Open, Close\n01/13/20, \"1,234.5\", \"1,234.6\"\n01/10/20, 1, \"1,230.6\"\n", "Close", "MM/DD/YY", "2020-01-10",
     "2020-01-13",
     1230.6, 1234.6, 2, 0, ',', '.', true},
    {"Bloomberg", "Security,IBM US Equity\nStart Date,1/1/2020\n\nDate,PX_LAST\n43832,135.42\n43833,134.34\n", "PX_LAST", "serial day",
     "2020-01-02",
     "2020-01-03", 135.42, 134.34, 2, 2, ',', '.', false},
    {"Swiss", "Datum|Kurs\n03.01.2024|1'234.50\n04.01.2024|1'235.50\n", "Kurs", "DD.MM.YYYY", "2024-01-03", "2024-01-04", 1234.5, 1235.5, 2,
     0, '|', '.',
     false},
    {"lakh", "Date,Close\n1/3/2012,\"73,80,500\"\n1/13/2012,\"73,65,800\"\n", "Close", "M/D/YYYY", "2012-01-03", "2012-01-13", 7380500,
     7365800, 2, 0, ',', '.',
     false},
    {"D/M by a day past 12", "Date,Close\n01/02/2020,5\n13/02/2020,6\n", "Close", "DD/MM/YYYY", "2020-02-01", "2020-02-13", 5, 6, 2, 0, ',',
     '.', false},
    {"D/M by the order of rows", "Date,Close\n01/02/2020,5\n02/01/2020,6\n02/03/2020,6.5\n", "Close", "MM/DD/YYYY", "2020-01-02",
     "2020-02-03", 5, 6.5, 3, 0,
     ',', '.', false},
    {"old Mac, blank lines", "Date,Close\r2020-01-02,5\r\r   \r2020-01-03,6\r", "Close", "YYYY-MM-DD", "2020-01-02", "2020-01-03", 5, 6, 2,
     0, ',', '.', false},
    {"dates by content", "when,Close\n2020-01-02,5\n2020-01-03,6", "Close", "YYYY-MM-DD", "2020-01-02", "2020-01-03", 5, 6, 2, 0, ',', '.',
     false},
};

static void vendors(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const Format *f = &formats[i];
        SeriesOptions options = series_options();
        Series s;
        Error error;
        char text[1500], date[DATE_TEXT];
        if (!load(&s, f->text, &options, &error))
            fail_msg("%s: %s", f->name, error_format(&error, text, sizeof text));
        assert_string_equal(s.names[0], f->target);
        assert_string_equal(s.date_pattern, f->pattern);
        assert_string_equal(date_format(s.dates[0], date), f->first);
        assert_string_equal(date_format(s.dates[s.n_rows - 1], date), f->last);
        assert_true(s.columns[0][0] == f->first_value && s.columns[0][s.n_rows - 1] == f->last_value);
        assert_true(s.n_rows == f->n_rows && s.n_skipped == f->n_skipped && s.reversed == f->reversed && s.target_chosen);
        assert_true(s.delimiter == f->delimiter && s.decimal == f->decimal);
        series_free(&s);
    }
}

/* ---- what is refused ---- */

typedef struct Refusal {
    const char *text, *message, *hint;
    size_t line;
} Refusal;

#define ROWS "Date,Open,Close\n2020-01-02,1,5\n2020-01-03,2,6\n"

static const Refusal refusals[] = {
    {"", "empty", "", 0},
    {"\n \n", "empty", "", 0},
    {"<html><body>404</body></html>\n", "HTML", "", 1},
    {"\n{\"Note\": \"Thank you\"}", "JSON", "", 2},
    {"Get your apikey: visit us", "message of the server", "", 1},
    {"PK\x03\x04zip", "Excel", "", 1},
    {"\xff\xfe"
     "D",
     "UTF-16", "iconv -f UTF-16", 1},
    {"Date,Close\n", "no rows", "", 1},
    {"Date\n2020-01-02\n", "only one column", "", 1},
    {"2020-01-02,5\n2020-01-03,6\n", "no header", "", 1},
    {"Date,\"Close\n2020-01-02,5\n", "never closed", "", 1},
    {ROWS "2020-01-06,3\n", "too few fields", "", 4},
    {ROWS "2020-01-06,3,7,8\n", "too many fields", "", 4},
    {ROWS "\n\n2020-01-06,3,7,8\n", "too many fields", "", 6},
    {ROWS "2020-01-06,\"3,7\n2020-01-07,4\"\",8\n", "never closed", "", 4},
    {ROWS "2020-01-06,3\"3,7\n", "stray quote", "", 4},
    {ROWS "2020-01-06,\"3\"3,7\n", "stray quote", "", 4},
    {ROWS "2020-01-06,3,7\r8\n", "carriage return", "", 4},
    {ROWS "2020-01-06,3,\n", "no value: ''", "--missing", 4},
    {ROWS "2020-01-06,3,N/A\n", "no value: 'N/A'", "--missing", 4},
    {ROWS "2020-01-06,3,27.8x\n", "not a number: '27.8x'", "", 4},
    {ROWS "2020-01-06,3,27..8\n", "not a number", "", 4},
    {ROWS "2020-01-06,3,\"1,2,3\"\n", "not a number", "", 4},
    {ROWS "2020-01-06x,3,7\n", "not a date", "", 4},
    {ROWS "20 0-01-06,3,7\n", "not a date", "", 4},
    {ROWS "01/06/2020,3,7\n", "not a date like the others (YYYY-MM-DD)", "", 4},
    {ROWS "2020-01-06 00:00:00,3,7\n", "not a date like the others", "", 4},
    {ROWS ",3,7\n", "not a date", "", 4},
    {ROWS "Date,Open,Close\n", "not a date", "", 4},
    {ROWS "2020-01-03,2,7\n", "stands twice", "", 4},
    {ROWS "2020-01-02,1,7\n2020-01-06,1,8\n2020-01-07,1,9\n", "oldest first", "--sort", 4},
    {ROWS "2020-01-06,1,7\n2020-01-02,1,7\n", "oldest first", "--sort", 5},
    {ROWS "2021-01-06,1,7\n2020-01-07,1,7\n2020-01-08,1,8\n", "oldest first", "--sort", 4},
    {"Date,Close\n03/02/2020,5\n04/02/2020,6\n05/02/2020,7\n", "cannot be told apart", "--date-format", 2},
    {"Date;Close\n2020-01-02;1,234\n2020-01-03;1,235\n", "thousands", "--decimal", 2},
    {"Date,Close,High,Close\n2020-01-02,1,2,3\n", "2 times", "", 1},
    {"Date,Open,High\n2020-01-02,1,2\n", "no column 'Close': the columns are Date, Open, High", "", 1},
    {"date,close,Name\n2013-01-02,1,AAL\n2013-01-03,2,AAL\n2013-01-02,5,AAPL\n", "AAL, AAPL", "--series", 4},
    {"Price,Close,Close\nTicker,MSFT,AAPL\nDate,,\n2024-01-02,1.5,2\n", "several series", "--series", 2},
};

static void refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const Refusal *r = &refusals[i];
        SeriesOptions options = series_options();
        Series s;
        Error error;
        char text[1500];
        if (load(&s, r->text, &options, &error))
            fail_msg("loaded: %s", r->text);
        error_format(&error, text, sizeof text);
        if (error.code != ERROR_DATA || error.line != r->line)
            fail_msg("line %zu wanted: %s", r->line, text);
        if (!strstr(error.message, r->message) || !strstr(error.hint, r->hint))
            fail_msg("'%s' wanted: %s", r->message, text);
        assert_string_equal(error.source, path);
        assert_null(s.block);
    }
    SeriesOptions options = series_options();
    Series s;
    Error error;
    assert_false(load_bytes(&s, ROWS "2020-01-06,\0,7\n", sizeof ROWS "2020-01-06,\0,7\n" - 1, &options, &error));
    assert_true(error.code == ERROR_DATA && error.line == 4 && error.column == 12);
    assert_false(load_bytes(&s, "D\0a\0t\0e\0,\0", 10, &options, &error));
    assert_non_null(strstr(error.message, "UTF-16"));
    error = (Error){0};
    assert_false(series_read(&s, "/no/such/file.csv", &options, &error));
    assert_int_equal(error.code, ERROR_FILE);
}

/* ---- options ---- */

static void columns_by_name(void **state) {
    (void)state;
    SeriesOptions options = series_options();
    Series s;
    Error error;
    const char *text = "Date,Open,close,Close \n2020-01-02,1,5,50\n2020-01-03,2,6,60\n";
    options.target = "Close";
    options.features = " open , Close,OPEN";
    assert_true(load(&s, text, &options, &error)); /* 'Close ' is cleaned to 'Close' and matches exactly */
    assert_true(s.n_columns == 2 && s.columns[0][1] == 60 && s.columns[1][1] == 2 && !s.target_chosen);
    assert_true(series_column(&s, "Open") == 1 && series_column(&s, " oPEN ") == 1 && series_column(&s, "x") == 2);
    series_free(&s);
    options.target = "Clse";
    assert_false(load(&s, text, &options, &error));
    assert_true(error.code == ERROR_DATA && strstr(error.hint, "did you mean 'close'?"));
    options.target = "Date";
    assert_false(load(&s, text, &options, &error));
    options = series_options();
    options.delimiter = "?";
    assert_false(load(&s, text, &options, &error));
    assert_int_equal(error.code, ERROR_USAGE);
}

static void missing_values(void **state) {
    (void)state;
    const char *text = "Date,Open,Close\n2020-01-02,1,5\n2020-01-03,null,6\n2020-01-06,3,NaN\n2020-01-07,4,8\n";
    SeriesOptions options = series_options();
    Series s;
    Error error;
    options.features = "Open";
    assert_false(load(&s, text, &options, &error));
    assert_int_equal(error.line, 3);
    options.missing = MISSING_DROP;
    assert_true(load(&s, text, &options, &error));
    assert_true(s.n_rows == 2 && s.n_dropped == 2 && s.lines[1] == 5 && s.columns[0][1] == 8);
    series_free(&s);
    options.missing = MISSING_FFILL;
    assert_true(load(&s, text, &options, &error));
    assert_true(s.n_rows == 4 && s.n_filled == 2 && s.columns[0][2] == 6 && s.columns[1][1] == 1);
    series_free(&s);
    options.from = date_parse_iso("2020-01-03");
    assert_false(load(&s, text, &options, &error)); /* nothing to carry */
    assert_int_equal(error.line, 3);
    options.missing = MISSING_ERROR;
    options.from = date_parse_iso("2020-01-07"); /* the holes are outside */
    assert_true(load(&s, text, &options, &error));
    assert_true(s.n_rows == 1 && s.columns[1][0] == 4);
    series_free(&s);
    options.from = date_parse_iso("2021-01-07");
    assert_false(load(&s, text, &options, &error));
    assert_non_null(strstr(error.message, "2020-01-02 to 2020-01-07"));
    options = series_options();
    options.all_columns = true;
    assert_true(load(&s, "Date,Close,Volume,Note\n2020-01-02,1,N/A,x\n2020-01-03,junk,5,y\n", &options, &error));
    assert_true(s.n_columns == 2 && isnan(s.columns[0][1]) && isnan(s.columns[1][0]) && s.columns[1][1] == 5);
    series_free(&s);
}

static void order_and_repetition(void **state) {
    (void)state;
    SeriesOptions options = series_options();
    Series s;
    Error error;
    options.sort = true;
    assert_true(load(&s, "Date,Close\n2020-01-03,6\n2020-01-07,8\n2020-01-02,5\n2020-01-07,8\n", &options, &error));
    assert_true(s.n_rows == 3 && s.n_duplicates == 1 && s.lines[0] == 4 && s.lines[1] == 2 && s.columns[0][2] == 8);
    assert_int_equal(series_row(&s, s.dates[1]), 1);
    assert_int_equal(series_row(&s, s.dates[1] + 1), 2);
    assert_int_equal(series_row(&s, s.dates[2] + 1), 3);
    series_truncate(&s, 5);
    series_truncate(&s, 2);
    assert_int_equal(s.n_rows, 2);
    series_free(&s);
    assert_false(load(&s, "Date,Close\n2020-01-07,9\n2020-01-03,6\n2020-01-02,5\n2020-01-07,8\n", &options, &error));
    assert_int_equal(error.line, 5);
    options = series_options();
    assert_true(load(&s, "Date,Close\n2020-01-07,9\n2020-01-07,9\n2020-01-03,6\n", &options, &error));
    assert_true(s.n_rows == 2 && s.reversed && s.n_duplicates == 1 && s.columns[0][0] == 6);
    series_free(&s);
}

static void long_files(void **state) {
    (void)state;
    const char *text = "date,close,Name\n2013-01-02,1,AAL\n2013-01-03,2,AAL\n2013-01-02,5,AAPL\n2013-01-03,6,AAPL\n";
    SeriesOptions options = series_options();
    Series s;
    Error error;
    options.key = "aapl";
    assert_true(load(&s, text, &options, &error));
    assert_true(s.n_rows == 2 && s.columns[0][0] == 5 && s.lines[0] == 4);
    series_free(&s);
    options.key = "MSFT";
    assert_false(load(&s, text, &options, &error));
    assert_non_null(strstr(error.message, "AAL, AAPL"));
    options.key = "AAPL";
    assert_true(load(&s, "Price,Close,Close\nTicker,MSFT,AAPL\nDate,,\n2024-01-02,1.5,2\n", &options, &error));
    assert_true(s.columns[0][0] == 2);
    series_free(&s);
    assert_false(load(&s, ROWS, &options, &error));
    assert_int_equal(error.code, ERROR_DATA);
}

static void numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char decimal;
        double value;
    } good[] = {{"27.8475", '.', 27.8475},
                {"$191.38", '.', 191.38},
                {"-$5", '.', -5},
                {"$ -5.5", '.', -5.5},
                {"12,50 EUR", ',', 12.5},
                {"\xe2\x82\xac"
                 "1.234,56",
                 ',', 1234.56},
                {"1,234,567.8", '.', 1234567.8},
                {"73,80,500", '.', 7380500},
                {"1,23,45,678", '.', 12345678},
                {"190.28M", '.', 190280000},
                {"1.1K", '.', 1100},
                {"2.5B", '.', 2.5e9},
                {"3T", '.', 3e12},
                {"-1.52%", '.', -1.52},
                {"1\xc2\xa0"
                 "234,5",
                 ',', 1234.5},
                {"1\xe2\x80\xaf"
                 "234",
                 '.', 1234},
                {".5", '.', 0.5},
                {"1.5e-3", '.', 0.0015},
                {" 7 ", '.', 7},
                {"+7", '.', 7},
                {"(5.5)", '.', -5.5},
                {"$(5)", '.', -5},
                {"($1,234.5)", '.', -1234.5},
                {"12.5-", '.', -12.5},
                {"\xe2\x88\x92"
                 "7",
                 '.', -7}};
    static const char *const bad[] = {"",          "x",     "27.8x",  "27..8",     "1,2,3",   "12,34", "1234,567", "0,123",   "1,234,56",
                                      "1,23,4567", ",123",  "1,,234", "1,234'567", "27.",     "1 234", "--5",      "$",       "5$$",
                                      "1.5M5",     "1.5%%", "5MM",    "0x10",      "nan",     "inf",   "1e999",    "1.2,345", "(5",
                                      "5)",        "-(5)",  "-5-",    "0'000.00",  "1,234e5", "5 5"};
    double value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!cell_number(good[i].text, strlen(good[i].text), good[i].decimal, &value))
            fail_msg("%s", good[i].text);
        if (value < good[i].value || value > good[i].value)
            fail_msg("%s is %.17g", good[i].text, value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cell_number(bad[i], strlen(bad[i]), '.', &value))
            fail_msg("'%s' was taken as %g", bad[i], value);
}

/* One magnitude, currency or plus among plain numbers is damage; where they are usual they count. */
static void rare_dress(void **state) {
    (void)state;
    static const char *const dresses[] = {"27.33M", "+7.33", "$7.33", "27.33%", "27.3$", "2.7e3", "27.33"};
    SeriesOptions options = series_options();
    Series s;
    Error error;
    for (size_t k = 0; k < sizeof dresses / sizeof *dresses; k++) {
        char text[4000] = "Date,Close,Vol.\n";
        bool plain = strcmp(dresses[k], "27.33") == 0;
        for (int i = 1; i <= 30; i++)
            snprintf(text + strlen(text), 100, "2020-01-%02d,%s,%s\n", i, i == 17 ? dresses[k] : "27.33", i % 2 ? "1.5M" : "900");
        options.target = "Close";
        assert_true(load(&s, text, &options, &error) == plain);
        assert_true(plain || (error.line == 18 && error.column == 12));
        series_free(&s);
        options.target = "vol.";
        assert_true(load(&s, text, &options, &error));
        assert_true(s.columns[0][0] == 1.5e6 && s.columns[0][1] == 900);
        series_free(&s);
    }
}

/* ---- damage ---- */

enum { N_ROWS = 99, N_MUTANTS = 6000, LINE_BYTES = 160 };

static uint64_t seed = 11;

static size_t below(size_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % n;
}

typedef struct Sheet {
    char lines[N_ROWS + 1][LINE_BYTES];
    size_t lengths[N_ROWS + 1];
} Sheet;

/* style 0: as Yahoo writes, 1: as Nasdaq, 2: quoted as Investing, 3: semicolons and decimal commas */
static void make_sheet(Sheet *sheet, int style) {
    static const char *const heads[] = {"Date,Open,High,Low,Close,Adj Close,Volume", "Date,Close/Last,Volume,Open,High,Low",
                                        "\"Date\",\"Price\",\"Open\",\"Vol.\"", "Datum;Erster;Schlusskurs;Volumen"};
    snprintf(sheet->lines[0], LINE_BYTES, "%s", heads[style]);
    Date date = date_from_civil(2015, 1, 1);
    for (int i = 1; i <= N_ROWS; i++) {
        int y, m, d, row = style == 1 || style == 2 ? N_ROWS + 1 - i : i;
        do
            date++;
        while (date_weekday(date) > 4);
        date_to_civil(date, &y, &m, &d);
        unsigned a = 20 + (unsigned)below(9), b = 100000 + (unsigned)below(900000), c = 1000 + (unsigned)below(9000);
        if (style == 0)
            snprintf(sheet->lines[row], LINE_BYTES, "%04d-%02d-%02d,%u.%u,%u.5,%u.25,%u.%u,%u.%u,%u00", y, m, d, a, b, a, a, a, b, a, c, b);
        if (style == 1)
            snprintf(sheet->lines[row], LINE_BYTES, "%02d/%02d/%04d,$%u.%u,%u,$%u.5,$%u.75,$%u.25", m, d, y, a, c, b, a, a, a);
        if (style == 2)
            snprintf(sheet->lines[row], LINE_BYTES, "\"%02d/%02d/%04d\",\"%u,%03u.%02u\",\"%u.5\",\"%u.28M\"", m, d, y, a, c % 900 + 100,
                     c % 90 + 10, a, a);
        if (style == 3)
            snprintf(sheet->lines[row], LINE_BYTES, "%02d.%02d.%04d;%u,5;%u.%03u,%02u;%u", d, m, y, a, a, c % 900 + 100, c % 90 + 10, b);
    }
    for (int i = 0; i <= N_ROWS; i++)
        sheet->lengths[i] = strlen(sheet->lines[i]);
}

static bool load_sheet(Series *series, const Sheet *sheet, size_t twice, Error *error) {
    static char bytes[(N_ROWS + 2) * LINE_BYTES];
    SeriesOptions options = series_options();
    size_t n = 0;
    for (size_t i = 0; i <= N_ROWS; i++)
        for (int k = 0; k < (twice > 0 && i == twice ? 2 : 1); k++) {
            memcpy(bytes + n, sheet->lines[i], sheet->lengths[i]);
            n += sheet->lengths[i];
            bytes[n++] = '\n';
        }
    return load_bytes(series, bytes, n, &options, error);
}

static void insert(Sheet *sheet, size_t i, size_t k, char c) {
    memmove(sheet->lines[i] + k + 1, sheet->lines[i] + k, sheet->lengths[i]++ - k);
    sheet->lines[i][k] = c;
}

static bool same_numbers(const Series *a, const Series *b) {
    return a->n_rows == b->n_rows && memcmp(a->dates, b->dates, a->n_rows * sizeof *a->dates) == 0 &&
           memcmp(a->columns[0], b->columns[0], a->n_rows * sizeof **a->columns) == 0 && strcmp(a->names[0], b->names[0]) == 0;
}

static const char kinds[] = "qctnlwx"; /* quote, comma, twice, nul, letter, swap, cut */

static void damage(const Sheet *clean, const Series *want, char delimiter, size_t *refused_count) {
    Sheet bad = *clean;
    size_t i = 1 + below(N_ROWS), k = below(clean->lengths[i]), twice = 0;
    char kind = kinds[below(sizeof kinds - 1)];
    if (kind == 'q')
        insert(&bad, i, k, '"');
    if (kind == 'c')
        insert(&bad, i, k, delimiter);
    if (kind == 't')
        twice = i;
    if (kind == 'n')
        insert(&bad, i, k, '\0');
    if (kind == 'l')
        bad.lines[i][k] = 'x';
    if (kind == 'x')
        bad.lengths[i] = 1 + below((size_t)(strrchr(clean->lines[i], delimiter) - clean->lines[i]));
    if (kind == 'w' && i > 1) {
        memcpy(bad.lines[i], clean->lines[i - 1], LINE_BYTES);
        memcpy(bad.lines[i - 1], clean->lines[i], LINE_BYTES);
        bad.lengths[i] = clean->lengths[i - 1];
        bad.lengths[i - 1] = clean->lengths[i];
    }
    Series got;
    Error error;
    if (load_sheet(&got, &bad, twice, &error)) {
        bool same = same_numbers(&got, want);
        series_free(&got);
        if (!same)
            fail_msg("other numbers, no error: %c at line %zu column %zu: %s", kind, i + 1, k + 1, bad.lines[i]);
        return;
    }
    ++*refused_count;
    bool here = error.line == i + 1 || (kind == 'w' && (error.line == i || error.line == i + 2));
    if (error.code != ERROR_DATA || !here)
        fail_msg("%c at line %zu column %zu of '%s': line %zu, %s", kind, i + 1, k + 1, bad.lines[i], error.line, error.message);
}

/* The control: one digit of a price changed is no error, but other numbers. */
static bool sees_a_digit(const Sheet *clean, const Series *want) {
    Sheet other = *clean;
    char text[LINE_BYTES];
    unsigned price = (unsigned)want->columns[0][4];
    size_t line = want->lines[4] - 1;
    snprintf(text, sizeof text, "%u", price / 1000 ? price / 1000 : price);
    for (char *p = other.lines[line] + 10; (p = strstr(p, text)); p++)
        p[1] = p[1] == '9' ? '8' : '9';
    Series got;
    Error error;
    bool same = !load_sheet(&got, &other, 0, &error) || same_numbers(&got, want);
    series_free(&got);
    return !same;
}

static void damaged_files(void **state) {
    (void)state;
    static const char delimiters[] = ",,,;";
    for (int style = 0; style < 4; style++) {
        Sheet clean;
        Series want;
        Error error;
        size_t n_refused = 0;
        memset(&clean, 0, sizeof clean);
        make_sheet(&clean, style);
        if (!load_sheet(&want, &clean, 0, &error))
            fail_msg("style %d: line %zu: %s", style, error.line, error.message);
        assert_int_equal(want.n_rows, N_ROWS);
        for (int n = 0; n < N_MUTANTS / 4; n++)
            damage(&clean, &want, delimiters[style], &n_refused);
        print_message("style %d: %d damaged files, %zu refused, 0 wrong numbers\n", style, N_MUTANTS / 4, n_refused);
        assert_true(n_refused > N_MUTANTS / 8 && n_refused < N_MUTANTS / 4);
        assert_true(sees_a_digit(&clean, &want));
        series_free(&want);
    }
}

/* Any bytes at all: an error or a series, never a crash. */
static void noise(void **state) {
    (void)state;
    for (int n = 0; n < 4000; n++) {
        char bytes[600];
        const char *from = formats[below(sizeof formats / sizeof *formats)].text;
        size_t length = strlen(from) < sizeof bytes ? strlen(from) : sizeof bytes;
        memcpy(bytes, from, length);
        for (size_t k = 0; k < 1 + below(6); k++)
            bytes[below(length)] = (char)(below(2) ? below(256) : (size_t) ",;\t|\"\n\r.'-/ 0"[below(13)]);
        SeriesOptions options = series_options();
        options.all_columns = below(2);
        options.sort = below(2);
        options.missing = (MissingPolicy)below(3);
        Series s;
        Error error;
        if (!load_bytes(&s, bytes, length - below(length / 2), &options, &error))
            assert_int_equal(error.code, ERROR_DATA);
        series_free(&s);
    }
}

/* ---- real files ---- */

static void real_files(void **state) {
    (void)state;
    static const struct {
        const char *name, *target, *first, *last;
        size_t n_rows;
        double first_value, last_value;
        bool reversed;
    } files[] = {
        {"AAPL_nasdaq_2019-07-29_2024-07-26.csv", "Close/Last", "2019-07-29", "2024-07-26", 1258, 52.42, 217.96, true},
        {"AAPL_yahoo_2015-01-01_2020-12-31.csv", "Adj Close", "2015-01-02", "2020-12-31", 1511, 24.644018, 131.333557, false},
        {"IBM_2006-01-01_to_2018-01-01.csv", "Close", "2006-01-03", "2017-12-29", 3020, 82.06, 153.42, false},
        {"NSE-TATAGLOBAL.csv", "Close", "2010-07-21", "2018-09-28", 2035, 121.55, 233.75, true},
    };
    const char *directory = getenv("LSTMFC_TEST_DATA");
    if (!directory) {
        print_message("LSTMFC_TEST_DATA is not set: the real files are NOT tested\n");
        skip();
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[1000], text[1500], a[DATE_TEXT], b[DATE_TEXT];
        SeriesOptions options = series_options();
        Series s;
        Error error = {0};
        snprintf(name, sizeof name, "%s/%s", directory, files[i].name);
        if (!series_read(&s, name, &options, &error))
            fail_msg("%s", error_format(&error, text, sizeof text));
        assert_string_equal(s.names[0], files[i].target);
        assert_string_equal(date_format(s.dates[0], a), files[i].first);
        assert_string_equal(date_format(s.dates[s.n_rows - 1], b), files[i].last);
        assert_true(s.n_rows == files[i].n_rows && s.reversed == files[i].reversed);
        assert_true(s.columns[0][0] == files[i].first_value && s.columns[0][s.n_rows - 1] == files[i].last_value);
        assert_string_equal(calendar_describe(&s.calendar, text, sizeof text), "Mon-Fri");
        for (size_t k = 1; k < s.n_rows; k++)
            assert_true(s.dates[k] > s.dates[k - 1]);
        series_free(&s);
    }
}

/* Left as it is, a newest-first file runs backwards: rows are found by date all the same. */
static void file_order_keeps_newest_first(void **state) {
    (void)state;
    SeriesOptions options = series_options();
    Series series;
    Error error;
    options.file_order = true;
    assert_true(load(&series, "Date,Close\n2020-01-08,4\n2020-01-07,3\n2020-01-03,2\n2020-01-02,1\n", &options, &error));
    assert_true(series.backward && series.reversed && series.n_rows == 4 && series.columns[0][0] > 3.5 && series.columns[0][3] < 1.5);
    assert_int_equal(series.dates[0], date_from_civil(2020, 1, 8));
    assert_int_equal(series_row(&series, date_from_civil(2020, 1, 7)), 1);
    assert_int_equal(series_behind(&series, date_from_civil(2020, 1, 7)), 2);
    assert_int_equal(series_row(&series, date_from_civil(2020, 1, 5)), 2);
    assert_int_equal(series_behind(&series, date_from_civil(2020, 1, 5)), 2);
    assert_int_equal(series_row(&series, date_from_civil(2020, 2, 1)), 0);
    assert_int_equal(series_behind(&series, date_from_civil(2020, 1, 2)), 4);
    assert_true(series.calendar.weekdays != 0);
    series_free(&series);
    /* oldest first: nothing to leave */
    assert_true(load(&series, "Date,Close\n2020-01-02,1\n2020-01-03,2\n2020-01-07,3\n", &options, &error));
    assert_true(!series.backward && series.columns[0][0] < 1.5);
    assert_int_equal(series_behind(&series, date_from_civil(2020, 1, 3)), 2);
    assert_int_equal(series_behind(&series, date_from_civil(2020, 1, 4)), 2);
    series_free(&series);
}

/* Forty rows of two decimals around `level`; the last but one is written `odd` instead. */
static bool load_with(const char *odd, double level, Error *error) {
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "Date,Close\n");
    for (int i = 0; i < 40; i++) {
        char number[32];
        snprintf(number, sizeof number, "%.2f", level + 0.37 * (i % 9));
        n += (size_t)snprintf(text + n, sizeof text - n, "2024-%02d-%02d,%s\n", 1 + i / 28, 1 + i % 28, i == 38 && odd ? odd : number);
    }
    SeriesOptions options = series_options();
    options.target = "Close";
    Series series = {0};
    bool ok = load(&series, text, &options, error);
    series_free(&series);
    return ok;
}

static void a_lost_decimal_mark_is_seen(void **state) {
    (void)state;
    static const char *const lost[] = {"18059", "18'059"};
    for (size_t i = 0; i < 2; i++) {
        Error error = {0};
        assert_false(load_with(lost[i], 180, &error));
        assert_int_equal(error.code, ERROR_DATA);
        assert_int_equal(error.line, 40);
    }
    Error error = {0};
    static const struct { const char *number; double level; } whole[] = {{NULL, 180}, {"181", 180}, {"1000", 997}}; /* none of that */
    for (size_t i = 0; i < 3; i++) {
        if (!load_with(whole[i].number, whole[i].level, &error)) {
            fail_msg("%s", error.message);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_order_keeps_newest_first),
        cmocka_unit_test(vendors),
        cmocka_unit_test(refused),
        cmocka_unit_test(columns_by_name),
        cmocka_unit_test(missing_values),
        cmocka_unit_test(order_and_repetition),
        cmocka_unit_test(long_files),
        cmocka_unit_test(rare_dress),
        cmocka_unit_test(numbers),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(a_lost_decimal_mark_is_seen),
        cmocka_unit_test(noise),
        cmocka_unit_test(real_files),
    };
    return cmocka_run_group_tests_name("series", tests, enter, leave);
}
