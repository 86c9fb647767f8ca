#include "grid.h"

#include "page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void grid_text(Grid *grid, const char *text) {
    char safe[512];
    text_escape(text, strlen(text), safe, sizeof safe);
    text_append(&grid->cells, safe, strlen(safe) + 1);
    grid->n_cells++;
}

void grid_format(Grid *grid, const char *format, ...) {
    char cell[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell, sizeof cell, format, arguments);
    va_end(arguments);
    grid_text(grid, cell);
}

void grid_number(Grid *grid, double value) {
    if (isnan(value)) grid_text(grid, "-");
    else grid_format(grid, "%.6g", value);
}

void grid_percent(Grid *grid, double share) {
    if (isnan(share)) grid_text(grid, "-");
    else grid_format(grid, "%.1f %%", 100.0 * share);
}

void grid_ratio(Grid *grid, double value) {
    if (isnan(value)) grid_text(grid, "-");
    else grid_format(grid, "%.4f", value);
}

void grid_p(Grid *grid, double p) {
    if (isnan(p)) grid_text(grid, "-");
    else grid_format(grid, "%.3f", p);
}

const char *grid_price_text(double value, char *buffer, size_t size) {
    const double height = fabs(value);
    if (height < 1.0 || height >= 1e15) snprintf(buffer, size, "%.6g", value);
    else snprintf(buffer, size, "%.*f", height >= 1000.0 ? 2 : 4, value);
    return buffer;
}

void grid_price(Grid *grid, double value) {
    char text[32];
    grid_text(grid, grid_price_text(value, text, sizeof text));
}

void grid_date(Grid *grid, Date date) {
    char text[DATE_TEXT];
    grid_text(grid, date == DATE_NONE ? "-" : date_format(date, text));
}

/* Characters, not bytes. */
static size_t width_of(const char *cell) {
    size_t n = 0;
    for (; *cell; cell++) n += ((unsigned char)*cell & 0xc0) != 0x80;
    return n;
}

static void pad(Text *text, size_t n) {
    while (n-- > 0) text_puts(text, " ");
}

static size_t grid_columns(const Grid *grid) {
    return grid->columns ? grid->columns : strlen(grid->align);
}

static void print_row(const Grid *grid, const char **cell, const size_t *widths, Text *line) {
    size_t n_columns = grid_columns(grid);
    for (size_t c = 0; c < n_columns; c++, *cell += strlen(*cell) + 1) {
        size_t blank = widths[c] - width_of(*cell);
        if (c > 0) text_puts(line, "  ");
        if (grid->align[c] == 'r') pad(line, blank);
        text_puts(line, *cell);
        if (grid->align[c] == 'l' && c + 1 < n_columns) pad(line, blank);
    }
}

/* The same as a table of a page. */
static void print_page(const Grid *grid, Text *page) {
    const size_t n_columns = grid_columns(grid);
    const char *cell = grid->cells.data;
    text_puts(page, "<table>\n");
    for (size_t i = 0; i < grid->n_cells; i++, cell += strlen(cell) + 1) {
        const char *tag = grid->header && i < n_columns ? "th" : "td";
        if (i % n_columns == 0) text_puts(page, "<tr>");
        text_printf(page, grid->align[i % n_columns] == 'r' ? "<%s class=\"r\">" : "<%s>", tag);
        page_text(page, cell);
        text_printf(page, "</%s>%s", tag, i % n_columns + 1 == n_columns ? "</tr>\n" : "");
    }
    text_puts(page, "</table>\n");
}

void grid_print(Grid *grid, Console *console) {
    size_t n_columns = grid_columns(grid), widths[GRID_COLUMNS] = {0};
    const char *cell = grid->cells.data;
    if (grid->cells.failed || n_columns > GRID_COLUMNS) console->out.failed = true;
    for (size_t i = 0; !console->out.failed && i < grid->n_cells; i++, cell += strlen(cell) + 1)
        if (width_of(cell) > widths[i % n_columns]) widths[i % n_columns] = width_of(cell);
    cell = grid->cells.data;
    if (console->page && !console->out.failed && grid->n_cells > 0) print_page(grid, &console->out);
    for (size_t row = 0; !console->page && !console->out.failed && row < grid->n_cells / n_columns; row++) {
        Text line = {0};
        print_row(grid, &cell, widths, &line);
        console_paint(console, grid->header && row == 0 ? PAINT_BOLD : PAINT_PLAIN, line.failed || !line.data ? "" : line.data);
        text_puts(&console->out, "\n");
        text_free(&line);
    }
    text_free(&grid->cells);
}
