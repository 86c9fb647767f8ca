/* real.h - the number type of the recurrent core.
 *
 * `real` is float in everything that ships and double in the second build of the same sources that the
 * gradient and golden-number tests link (LSTMFC_DOUBLE). Prices, dates, metrics and statistics are always
 * double and never `real`.
 */
#ifndef LSTMFC_REAL_H
#define LSTMFC_REAL_H

#ifdef LSTMFC_DOUBLE
typedef double real;
#define REAL_NAME "float64"
#else
typedef float real;
#define REAL_NAME "float32"
#endif

/* Rows of every matrix are padded to this many reals, so that a vector store never leaves its row. */
enum { REAL_ALIGN = 16 };

/* Lowest multiple of REAL_ALIGN that is >= n: the leading dimension of a row of n reals. */
#define REAL_PAD(n) (((size_t)(n) + REAL_ALIGN - 1) / REAL_ALIGN * REAL_ALIGN)

#endif
