#include "lstmfc/habit.h"

enum { ONE_IN = 20, SHORTEST = 4, SIGNS = CELL_MINUS | CELL_MINUS_BEHIND | CELL_PLUS };

void habit_count(Habit *habit, const Cell *cell) {
    for (unsigned i = 0; i < CELL_TRAITS; i++)
        habit->traits[i] += cell->traits >> i & 1u;
    habit->n_signed += (cell->traits & SIGNS) != 0;
    habit->n_fractions += cell->n_decimals > 0;
    for (size_t i = 0; i < HABIT_DIGITS; i++) {
        habit->integers[i] += cell->n_integers >= i;
        habit->decimals[i] += cell->n_decimals >= i;
    }
    habit->n++;
}

static size_t count(const Habit *habit, unsigned trait) {
    size_t i = 0;
    while (trait >> i > 1u)
        i++;
    return habit->traits[i];
}

static bool rare(const Habit *habit, size_t n, bool alone) {
    return n * ONE_IN < habit->n || (alone && n == 1 && habit->n >= SHORTEST);
}

/* A sign is in doubt where signs are rare; a minus behind also where only that is. */
static const char *sign_fault(const Habit *habit, unsigned traits, HabitLeave leave, const char **hint) {
    static const char below[] = "has a minus where the others have none";
    bool minus = (traits & (CELL_MINUS | CELL_MINUS_BEHIND)) != 0;
    bool doubt =
        rare(habit, habit->n_signed, habit->price) || (traits & CELL_MINUS_BEHIND && rare(habit, count(habit, CELL_MINUS_BEHIND), true));
    *hint = minus ? "use --negatives where it is meant" : "mend the line: a digit may be lost";
    if (!(traits & SIGNS) || !doubt || (minus && leave.negatives))
        return NULL;
    return minus ? below : "has a plus where the others have none";
}

static const char *group_fault(const Habit *habit, unsigned traits, HabitLeave leave, const char **hint) {
    *hint = "say which: --decimal . or --decimal ,";
    if (!(traits & CELL_ONE_GROUP) || leave.decimal || count(habit, CELL_GROUPED) > 0 || habit->n_fractions == 0)
        return NULL;
    return "has a mark that may be decimal or of thousands";
}

/* A whole number with as many more digits as the others have decimals: their mark is lost, or was read as one of thousands. */
static bool lost_mark(const Habit *habit, const Cell *cell) {
    size_t usual = 0;
    while (usual + 1 < HABIT_DIGITS && habit->decimals[usual + 1] * ONE_IN >= habit->n * (ONE_IN - 1))
        usual++;
    if (habit->n < ONE_IN || usual == 0 || cell->n_decimals > 0 || cell->traits & CELL_MAGNITUDE || cell->n_integers <= usual ||
        cell->n_integers - usual + 1 >= HABIT_DIGITS)
        return false;
    return rare(habit, habit->integers[cell->n_integers - usual + 1], true);
}

const char *habit_fault(const Habit *habit, const Cell *cell, HabitLeave leave, const char **hint) {
    static const struct {
        unsigned trait;
        const char *what;
    } rows[] = {{CELL_BLANK_BEFORE, "begins with a blank, unlike the others"}, {CELL_BLANK_BEHIND, "ends in a blank, unlike the others"},
                {CELL_CURRENCY, "has a currency, unlike the others"},
                {CELL_MAGNITUDE, "has a letter for a power of ten, unlike the others"},
                {CELL_PERCENT, "has a percent sign, unlike the others"},
                {CELL_EXPONENT, "has an exponent, unlike the others"}};
    const char *fault = NULL;
    if (cell->traits) {
        if ((fault = sign_fault(habit, cell->traits, leave, hint)) || (fault = group_fault(habit, cell->traits, leave, hint)))
            return fault;
    }
    *hint = "a digit may be lost: look at the line";
    if (habit->counted && cell->n_decimals > 0 && !(cell->traits & CELL_MAGNITUDE) && rare(habit, habit->n_fractions, true))
        return "has a decimal mark where the others are whole numbers";
    if (lost_mark(habit, cell))
        return "has no decimal mark and more digits than the others";
    for (size_t i = 0; cell->traits && i < sizeof rows / sizeof *rows; i++)
        if (cell->traits & rows[i].trait && rare(habit, count(habit, rows[i].trait), true))
            return rows[i].what;
    bool lacks = !(cell->traits & CELL_MAGNITUDE) && rare(habit, habit->n - count(habit, CELL_MAGNITUDE), true) &&
                 (cell->value < 0.0 || cell->value > 0.0);
    return lacks ? "lacks the letter for a power of ten that the others have" : NULL;
}

static bool fewer(const size_t counts[HABIT_DIGITS], size_t n_cells, size_t digits) {
    return digits + 1 < HABIT_DIGITS && counts[digits + 1] * ONE_IN >= n_cells * (ONE_IN - 1);
}

bool habit_cut(const Habit *habit, const Cell *cell) {
    return habit->n >= SHORTEST &&
           (fewer(habit->integers, habit->n, cell->n_integers) || fewer(habit->decimals, habit->n, cell->n_decimals));
}
