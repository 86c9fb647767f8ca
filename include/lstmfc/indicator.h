/* indicator.h - technical indicators as further columns of a series, and the registry of them.
 *
 * An indicator is asked for as NAME or NAME:N, N being its number of rows, and becomes a column called "NAME:N" ("rsi:14") or "NAME" where
 * it takes no N. Definitions, first rows and smoothing are those of TA-Lib (Wilder's smoothing starts from a plain mean; an exponential
 * average from the mean of its first N values):
 *
 *     return          x / x[N rows ago] - 1                                 sma, ema     averages
 *     rsi             Wilder 1978, 0 where nothing moved                    volatility   standard deviation (n) of the last N one-row
 *     returns macd, macd-signal, macd-histogram     Appel: 12, 26 and 9 rows        bollinger-upper, bollinger-lower, bollinger     average
 *     +- 2 standard deviations, and where atr             Wilder's average true range                                        x stands
 *     between them (0 to 1, 0.5 where they meet) obv             Granville's on-balance volume                         volume-change    of
 *     the volume, as return
 *     weekday         Monday 0 .. Sunday 6
 *
 * x is the target; atr and obv take the close of the same file. Quotients by 0 are 0. Every value is computed from its own row and earlier
 * ones alone; the first rows, which have too few before them, are NaN. What is recursive (ema, rsi, macd, atr) forgets where the file
 * begins within some N rows; obv never does, and so enters a network by its changes only. To add one: write its fill and add its row to
 * indicator_kinds in indicator.c.
 */
#ifndef LSTMFC_INDICATOR_H
#define LSTMFC_INDICATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/date.h"
#include "lstmfc/error.h"
#include "lstmfc/scaler.h"

/* What there is to compute from. The target always is; the others are columns of the file that an indicator may need. */
typedef enum IndicatorSource { INDICATOR_CLOSE, INDICATOR_HIGH, INDICATOR_LOW, INDICATOR_VOLUME, INDICATOR_SOURCES } IndicatorSource;

/* The names a source goes by, the best first; ended by NULL. */
extern const char *const *const indicator_source_names[INDICATOR_SOURCES];

typedef struct IndicatorRows {
    size_t n_rows;
    const double *target;                     /* [n_rows], as the sources; finite */
    const double *sources[INDICATOR_SOURCES]; /* NULL where no indicator needs it */
    const Date *dates;
} IndicatorRows;

typedef struct IndicatorKind {
    const char *name, *summary;
    size_t fallback, minimum; /* N where none is given, and the least there may be; fallback 0 = takes no N */
    unsigned needs;           /* bit 1 << source for each source */
    ColumnNature nature;
    void (*fill)(const IndicatorRows *rows, size_t n, double *out); /* out[n_rows] */
} IndicatorKind;

extern const IndicatorKind indicator_kinds[];
extern const size_t indicator_n_kinds;

typedef struct Indicator {
    const IndicatorKind *kind;
    size_t n;
} Indicator;

enum { INDICATOR_MOST = 64, INDICATOR_NAME = 40, INDICATOR_LONGEST = 1000 };

typedef struct Indicators {
    size_t n;
    Indicator items[INDICATOR_MOST];
} Indicators;

/* From "NAME:N,.."; NULL or "" = none. ERROR_USAGE: which is unknown (and the nearest), out of range, given twice, or one too many. */
bool indicator_parse(Indicators *indicators, const char *list, Error *error);

/* Name of its column. Returns `name`. */
const char *indicator_name(const Indicator *indicator, char name[INDICATOR_NAME]);

/* Sources that the indicators need: bits as in `needs`. */
unsigned indicator_needs(const Indicators *indicators);

#endif
