#include "reliance.h"

#include <math.h>

#include "grid.h"

void reliance_json(Json *json, const Importance *importance) {
    if (importance->n_items == 0) return;
    json_open(json, "importance", JSON_ARRAY);
    for (size_t i = 0; i < importance->n_items; i++) {
        const ImportanceItem *item = &importance->items[i];
        json_open(json, NULL, JSON_OBJECT);
        json_text(json, "column", item->column);
        json_number_or_null(json, "lag_from", (double)item->lag_first, !item->column);
        json_number_or_null(json, "lag_to", (double)item->lag_last, !item->column);
        json_number(json, "rmse", item->rmse);
        json_number(json, "rise", item->rise);
        json_number(json, "spread", item->spread);
        json_close(json);
    }
    json_close(json);
}

void reliance_table(const Importance *importance, Console *console) {
    Grid grid = {.align = "lrr", .header = true};
    if (importance->n_items == 0) return;
    grid_text(&grid, "permuted");
    grid_text(&grid, "RMSE rises by");
    grid_text(&grid, "+/-");
    for (size_t i = 0; i < importance->n_items; i++) {
        const ImportanceItem *item = &importance->items[i];
        if (item->column) grid_text(&grid, item->column);
        else if (item->lag_first == item->lag_last) grid_format(&grid, "lag %zu", item->lag_first);
        else grid_format(&grid, "lags %zu-%zu", item->lag_first, item->lag_last);
        grid_format(&grid, "%.2f %%", 100 * item->rise);
        grid_format(&grid, "%.2f", 100 * item->spread);
    }
    grid_print(&grid, console);
    if (importance->naive) text_puts(&console->out, "the model is naive: it rests on the last value alone, so nothing else matters\n");
}
