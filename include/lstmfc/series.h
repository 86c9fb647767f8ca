/* series.h - a CSV read into named columns of raw doubles by date.
 *
 * Only the columns asked for are kept (8 bytes a cell), oldest row first, with the line of the file each row
 * came from. A cell of a column that is not asked for is never interpreted.
 *
 * The walk: dialect (what separates fields, which line is the header) -> table (the cells of the columns wanted, one physical line one
 * record) -> notation (how the file writes dates and numbers, decided once from all rows) -> arrange (order, bounds, missing values,
 * repetitions) -> indicators (computed from all rows there are, those before `from` included; rows before their first values are left out).
 */
#ifndef LSTMFC_SERIES_H
#define LSTMFC_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lstmfc/date.h"
#include "lstmfc/error.h"
#include "lstmfc/indicator.h"

typedef enum MissingPolicy { MISSING_ERROR, MISSING_DROP, MISSING_FFILL } MissingPolicy;

/* How to read. Zero-initialised means: find everything out. All strings are borrowed. */
typedef struct SeriesOptions {
    const char *target;      /* NULL: Adj Close > Close > Close/Last > Price > ... (dialect.h) */
    const char *features;    /* comma list of further input columns; NULL: the target alone */
    const char *indicators;  /* further input columns that are computed: indicator.h; NULL: none; not with all_columns */
    const char *date_column; /* NULL: found by name, else by content */
    const char *date_format; /* NULL: decided from all rows; else %d/%m/%Y or DD/MM/YYYY (pattern.h) */
    const char *delimiter;   /* NULL: found; one of , ; | or "tab" */
    const char *decimal;     /* NULL: found; "." or "," */
    const char *key;         /* long files: value of the ticker column to keep; NULL: there must be one only */
    MissingPolicy missing;
    bool sort;               /* order rows by date instead of refusing disorder */
    bool negatives;          /* a rare value below zero is meant, not a digit lost to a minus */
    bool file_order;         /* leave a newest-first file as it is, to reproduce a paper: time runs backwards */
    /* keep every numeric column (for `check`); cells that are no number become NaN, and nothing is carried forward ... */
    bool all_columns;
    Error *fault;            /* ... what would have been refused in the columns asked for goes here, the first of it; may be NULL */
    Date from, to;           /* keep rows in [from, to]; DATE_NONE (set it!) = no bound */
} SeriesOptions;

/* Options that keep everything (from = to = DATE_NONE, the rest zero). */
SeriesOptions series_options(void);

typedef struct Series {
    size_t n_rows, n_columns;
    char **names;        /* [n_columns]; names[0] is the target, features follow in the order asked */
    double **columns;    /* [n_columns][n_rows] raw values, oldest first; finite unless all_columns */
    Date *dates;         /* [n_rows] strictly ascending, descending where `backward` */
    uint32_t *lines;     /* [n_rows] physical line of the file, from 1, header included */
    char *source;        /* the file's name as given, "<stdin>" for "-" */
    Calendar calendar;   /* inferred from the dates */
    /* What was understood, for people and for `check`: */
    char delimiter;
    char decimal;
    char date_pattern[32]; /* "YYYY-MM-DD", "MM/DD/YYYY" ... */
    bool reversed;         /* the file is newest first */
    bool backward;         /* and its rows still are: file_order */
    bool target_chosen;    /* the target was chosen by us, not named by the user */
    size_t n_dropped;      /* rows left out by `missing`, n_filled cells carried forward */
    size_t n_filled;
    size_t n_duplicates;   /* equal rows given twice and kept once */
    size_t n_skipped;      /* preamble and footer lines */
    uint32_t *places;      /* [n_columns], with all_columns: column of the file, from 0 */
    uint32_t *left_out;    /* [n_left_out] lines of rows left out as repeated or, by `missing`, incomplete */
    size_t n_left_out;
    size_t n_left_columns; /* with all_columns: those that hold no numbers */
    size_t n_unused;       /* rows outside of `from` and `to` */
    bool timed;            /* dates carry a time of day */
    /* Columns that are computed: the last indicators.n of n_columns. What they are made from stands behind them, up to columns[n_columns +
     * n_hidden), and n_before rows of every column stand in front of row 0: indicators have seen them, nobody else does. */
    Indicators indicators;
    size_t sources[INDICATOR_SOURCES]; /* column of each source that is needed */
    size_t n_hidden, n_before;
    size_t n_warm_up;      /* rows left out because an indicator has no value there yet */
    void *block;           /* memory of all the above */
} Series;

/* Reads `path` ("-" = standard input) whole. False with ERROR_FILE (cannot be read), ERROR_DATA (the line, the
 * column and the cure) or ERROR_MEMORY. On success the caller owns `series` until series_free. */
bool series_read(Series *series, const char *path, const SeriesOptions *options, Error *error);
void series_free(Series *series);

/* Column index by name: exact first, then without regard to case and outer blanks; n_columns = none. */
size_t series_column(const Series *series, const char *name);

/* First row at `date` or behind it in the order of the rows (n_rows where there is none); and the first behind it. */
size_t series_row(const Series *series, Date date);
size_t series_behind(const Series *series, Date date);

/* A copy of `series` that differs in every row from `row` on: other values, indicators computed again from them. Dates, names and the rest
 * are borrowed from `series`. The caller ends it with series_free. For leak checks. */
bool series_disturbed(Series *copy, const Series *series, size_t row, Error *error);

/* Keeps only the first n_rows rows (for --as-of); never reallocates. */
void series_truncate(Series *series, size_t n_rows);

#endif
