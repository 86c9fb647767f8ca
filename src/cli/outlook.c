#include "outlook.h"

#include <math.h>
#include <stdlib.h>

#include "lstmfc/memory.h"

#include "grid.h"

bool outlook_init(Outlook *o, const Series *series, size_t n, const double *levels, size_t n_levels, Error *error) {
    const size_t last = series->n_rows - 1;
    *o = (Outlook){.n = n, .n_levels = n_levels, .as_of = series->dates[last], .last = series->columns[0][last]};
    o->dates = memory_zeroed(n, sizeof *o->dates);
    o->values = memory_zeroed(n, (1 + 2 * OUTLOOK_LEVELS) * sizeof *o->values);
    if (!o->dates || !o->values) {
        outlook_free(o);
        return error_memory(error, "the forecasts");
    }
    o->low = o->values + n;
    o->high = o->low + n_levels * n;
    for (size_t l = 0; l < n_levels; l++) o->levels[l] = levels[l];
    for (size_t i = 0; i < 2 * n_levels * n; i++) o->low[i] = NAN;
    Date date = o->as_of;
    for (size_t i = 0; i < n; i++) {
        date = date == DATE_NONE ? DATE_NONE : calendar_next(&series->calendar, date);
        o->dates[i] = date;
    }
    return true;
}

void outlook_free(Outlook *o) {
    free(o->dates);
    free(o->values);
    *o = (Outlook){0};
}

void outlook_bound(Outlook *o, size_t i, size_t level, double center, double half) {
    o->low[level * o->n + i] = center - half;
    o->high[level * o->n + i] = center + half;
}

static void put_bounds(Grid *grid, double low, double high) {
    char one[32], other[32];
    if (isfinite(low)) grid_format(grid, "%s to %s", grid_price_text(low, one, sizeof one), grid_price_text(high, other, sizeof other));
    else grid_text(grid, "-");
}

void outlook_table(const Outlook *o, Console *console) {
    Grid grid = {.align = "lrrrrrrrrrr", .header = true, .columns = 3 + o->n_levels};
    grid_text(&grid, "date");
    grid_text(&grid, "forecast");
    grid_text(&grid, "against naive");
    for (size_t l = 0; l < o->n_levels; l++) grid_format(&grid, "%g %%", 100 * o->levels[l]);
    for (size_t i = 0; i < o->n; i++) {
        grid_date(&grid, o->dates[i]);
        grid_price(&grid, o->values[i]);
        if (o->last > 0.0) grid_format(&grid, "%+.2f %%", 100.0 * (o->values[i] / o->last - 1.0));
        else grid_format(&grid, "%+.6g", o->values[i] - o->last);
        for (size_t l = 0; l < o->n_levels; l++) put_bounds(&grid, o->low[l * o->n + i], o->high[l * o->n + i]);
    }
    grid_print(&grid, console);
}
