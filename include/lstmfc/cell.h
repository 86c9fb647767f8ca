/* cell.h - what one cell of a table means as a number.
 *
 * A number is an optional sign, digits that may be grouped, a fraction, an exponent, and around it what vendors
 * write: a currency ("$191.38", "12,50 EUR"), a magnitude (190.28M) or a percent sign (1.52%, which is 1.52).
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

/* Whether more than digits, separators and a minus stands in the cell: a currency, a magnitude, a percent sign, a plus,
 * an exponent without a sign. In a column where next to no cell is dressed so, it is damage: a letter that took
 * the place of a digit must not become a factor of a million. */
bool cell_dressed(const char *text, size_t n);

/* Which decimal mark a file uses, decided once from all of its cells: each cell is read both ways. */
typedef struct CellVote {
    size_t point, comma; /* cells that are numbers with this mark */
    size_t differ;       /* cells that are numbers both ways, but not the same */
    size_t with_comma;   /* ... of which have a comma */
} CellVote;

void cell_vote(CellVote *vote, const char *text, size_t n);

/* '.' or ',', the mark under which more cells are numbers. 0 where every cell is a number both ways and some differ
 * ("1,234" in a file not delimited by commas), so that somebody has to say. */
char cell_decimal(const CellVote *vote, char delimiter);

#endif
