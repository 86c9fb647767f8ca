#include <string.h>

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

/* What the preset says of a setting; NULL = nothing. */
static const char *value_of(const Preset *preset, const char *name) {
    const size_t n = strlen(name);
    for (const char *const *line = preset->settings; *line; line++)
        if (strncmp(*line, name, n) == 0 && (*line)[n] == '=') return *line + n + 1;
    return NULL;
}

/* The settings that tell one protocol from another; the rest stands under the preset's name. */
static void grid_protocol(Grid *grid, const Preset *preset) {
    static const char *const names[] = {"window",   "optimizer",  "lr",         "momentum", "epochs",    "batch",  "target",
                                        "train-to", "train-frac", "train-rows", "scale",    "scale-fit", "scheme", "refit"};
    const char *layers = value_of(preset, "layers");
    Text text = {0};
    text_puts(&text, layers ? layers : "");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = value_of(preset, names[i]);
        if (value && strcmp(value, "0") != 0) text_printf(&text, ", %s %s", names[i], value);
    }
    grid_text(grid, text.failed ? "" : text.data);
    text_free(&text);
}

static void write_list(Console *console) {
    Grid grid = {.align = "ll"};
    for (size_t i = 0; i < n_presets; i++) {
        grid_text(&grid, presets[i].name);
        grid_text(&grid, presets[i].source);
        grid_text(&grid, "");
        grid_protocol(&grid, &presets[i]);
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
