/* cell.h - what one cell of a table means as a number.
 *
 * A number is an optional sign, digits that may be grouped, a fraction, an exponent, and around it what vendors
 * write: a currency ("$191.38", "12,50 EUR"), a magnitude (190.28M) or a percent sign (1.52%, which is 1.52). A negative
 * may be written -1.5, 1.5- or (1.5).
 * Groups are checked: threes (1,234,567) or lakh and crore (73,80,500), one separator throughout, which is the mark
 * that is not the decimal one, an apostrophe, or a no-break or thin space. Whatever is left over makes the
 * cell no number; nothing is ever guessed. Magnitudes shift the decimal exponent, so that the result is the double
 * nearest to what is written.
 */
#ifndef LSTMFC_CELL_H
#define LSTMFC_CELL_H

#include <stdbool.h>
#include <stddef.h>

/* Leaves out blanks at both ends, no-break and thin spaces included. */
void cell_trim(const char **text, size_t *n);

/* "" null NaN N/A NA #N/A "#N/A N/A" - -- . None, in any case and with blanks around. */
bool cell_missing(const char *text, size_t n);

/* The cell as a number, `decimal` being '.' or ','. False where it is none. */
bool cell_number(const char *text, size_t n, char decimal, double *value);

/* What stands in a cell beside plain digits. In a column where next to no cell has a trait it is damage: a letter or a blank
 * that took the place of a digit must not become a factor of a million or a tenth of the price (habit.h). */
enum {
    CELL_BLANK_BEFORE = 1,
    CELL_BLANK_BEHIND = 2,
    CELL_MINUS = 4,         /* before the digits, or parentheses around them */
    CELL_PARENTHESES = 8,
    CELL_MINUS_BEHIND = 16, /* "12.5-" */
    CELL_PLUS = 32,
    CELL_CURRENCY = 64,
    CELL_MAGNITUDE = 128,   /* K M B T */
    CELL_PERCENT = 256,
    CELL_EXPONENT = 512,    /* without a sign: 2.7e3 */
    CELL_GROUPED = 1024,    /* separators of thousands that can be nothing else */
    CELL_ONE_GROUP = 2048,  /* one of , and . with three digits behind it, which the other decimal mark would read otherwise */
    CELL_TRAITS = 12
};

typedef struct Cell {
    double value;
    unsigned traits;
    size_t n_integers, n_decimals; /* digits before and behind the decimal mark */
} Cell;

/* As cell_number, with all there is to know about how the number is written. */
bool cell_read(const char *text, size_t n, char decimal, Cell *cell);

/* Which decimal mark a file uses, decided once from all of its cells: each cell is read both ways. */
typedef struct CellVote {
    size_t point, comma; /* cells that are numbers with this mark */
    size_t differ;       /* cells that are numbers both ways, but not the same */
    size_t with_comma;   /* ... of which have a comma */
} CellVote;

void cell_vote(CellVote *vote, const char *text, size_t n);

/* '.' or ',', the mark under which more cells are numbers. 0 where every cell is a number both ways and some differ
 * ("1,234" alone, quoted or between semicolons), so that somebody has to say. */
char cell_decimal(const CellVote *vote, char delimiter);

#endif
