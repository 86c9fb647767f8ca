/* habit.h - how the numbers of one column are usually written, so that a damaged one stands out.
 *
 * A digit lost to a blank, a minus or a letter leaves a number, only another one: " 23.4", "-23.4" or "1.3M". Each would be
 * right in a column that is written so. What a cell has that fewer than one in twenty of its column have (in a short column:
 * that it alone has) is therefore refused by name, and so is a cell that lacks what nearly all have and what changes its value.
 */
#ifndef LSTMFC_HABIT_H
#define LSTMFC_HABIT_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/cell.h"

enum { HABIT_DIGITS = 24 };

/* Zero-initialise, and set price where values below zero are not to be expected, counted where fractions are not. */
typedef struct Habit {
    size_t n, traits[CELL_TRAITS]; /* cells, and those with each trait */
    size_t n_signed, n_fractions;
    size_t integers[HABIT_DIGITS], decimals[HABIT_DIGITS]; /* cells with so many digits before and behind the decimal mark, or more */
    bool price, counted;
} Habit;

void habit_count(Habit *habit, const Cell *cell);

/* What a person may have said about a column, so that it is no longer in doubt. */
typedef struct HabitLeave {
    bool negatives, decimal;
} HabitLeave;

/* Why the cell is unlike the others, as "has a blank inside its field, unlike the others", and in `hint` the cure; NULL = it is not. */
const char *habit_fault(const Habit *habit, const Cell *cell, HabitLeave leave, const char **hint);

/* True where the last cell of a file that breaks off behind it, without an end of line, has fewer digits than nineteen in twenty
 * others: it may be cut. */
bool habit_cut(const Habit *habit, const Cell *cell);

#endif
