#include "lstmfc/preset.h"

#include "command.h"
#include "grid.h"
#include "json.h"
#include "setup.h"

static void json_preset(Json *json, const Preset *preset) {
    json_text(json, "name", preset->name);
    json_text(json, "source", preset->source);
    json_text(json, "protocol", preset->protocol);
    json_open(json, "settings", JSON_ARRAY);
    for (const char *const *line = preset->settings; *line; line++) json_text(json, NULL, *line);
    json_close(json);
}

static bool write_json(const Preset *only, Console *console, Error *error) {
    Json json;
    json_init(&json);
    if (only) {
        json_preset(&json, only);
    } else {
        json_open(&json, "presets", JSON_ARRAY);
        for (size_t i = 0; i < n_presets; i++) {
            json_open(&json, NULL, JSON_OBJECT);
            json_preset(&json, &presets[i]);
            json_close(&json);
        }
        json_close(&json);
    }
    return json_finish(&json, &console->out, error);
}

static void write_list(Console *console) {
    Grid grid = {.align = "ll"};
    for (size_t i = 0; i < n_presets; i++) {
        grid_text(&grid, presets[i].name);
        grid_text(&grid, presets[i].source);
    }
    grid_print(&grid, console);
}

static void write_preset(const Preset *preset, Console *console) {
    console_paint(console, PAINT_BOLD, preset->name);
    text_printf(&console->out, ": %s\n\n%s\n\n", preset->source, preset->protocol);
    for (const char *const *line = preset->settings; *line; line++) text_printf(&console->out, "  --%s\n", *line);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    const Preset *only = NULL;
    if (arguments->n_operands && !(only = setup_preset(arguments->operands[0], error))) return false;
    if (console->json) return write_json(only, console, error);
    if (!console_talks(console)) return true;
    if (only) write_preset(only, console);
    else write_list(console);
    return true;
}

const Command command_presets = {
    .name = "presets",
    .summary = "list the published recipes, or print one",
    .usage = "[NAME]",
    .examples = "lstmfc presets\n"
                "lstmfc presets classic",
    .max_operands = 1,
    .run = run,
};
