#include "resolution.h"

#include <stdio.h>
#include <string.h>

#include "grid.h"
#include "json.h"
#include "report.h"
#include "setup.h"

/* One setting on its way to the table. */
typedef struct Resolved {
    const Setting *setting;
    const char *value, *from; /* value "" = not given */
    const Given *given;       /* NULL = nobody said it */
} Resolved;

typedef struct Resolution {
    const Command *command;
    const Arguments *arguments;
    Recipe recipe;
    Model model;
    const Preset *preset;
    bool of_model; /* settings that nobody gives are the model's */
    Json json;
    Grid grid;
    bool to_json;
} Resolution;

static bool takes_recipe(const Command *command) {
    return command->recipe_groups != 0;
}

/* As setup_recipe and setup_model_series do. */
static bool resolve(Resolution *r, Error *error) {
    const CliOptions *cli = &r->arguments->cli;
    r->of_model = takes_recipe(r->command) && r->command->cli_groups & CLI_MODEL && !(r->command->recipe_groups & RECIPE_FIT);
    recipe_defaults(&r->recipe);
    if (!r->of_model) {
        r->preset = cli->preset ? setup_preset(cli->preset, error) : NULL;
        return (!cli->preset || r->preset) && (!takes_recipe(r->command) || setup_recipe(&r->recipe, r->arguments, error));
    }
    if (cli->model) {
        if (!setup_model(&r->model, r->arguments, error)) return false;
        r->recipe = r->model.recipe;
        r->recipe.from = r->recipe.to = DATE_NONE;
    }
    return arguments_apply(r->arguments, &r->recipe, error);
}

static bool preset_says(const Preset *preset, const char *name) {
    const size_t n = strlen(name);
    for (const char *const *line = preset ? preset->settings : NULL; line && *line; line++)
        if (strncmp(*line, name, n) == 0 && (*line)[n] == '=') return true;
    return false;
}

static const char *origin_of(const Resolution *r, const Setting *row, bool in_recipe, const Given *given, const char *value) {
    static const char *const names[] = {[ORIGIN_CONFIG] = "config", [ORIGIN_ENVIRONMENT] = "environment", [ORIGIN_OPTION] = "option"};
    if (given) return names[given->origin];
    if (in_recipe && *value && preset_says(r->preset, row->name)) return "preset";
    return in_recipe && r->of_model && r->arguments->cli.model ? "model" : "default";
}

static void show_json(Resolution *r, const Resolved *s) {
    json_open(&r->json, NULL, JSON_OBJECT);
    json_text(&r->json, "name", s->setting->name);
    report_json_setting(&r->json, "value", s->setting, s->value);
    json_text(&r->json, "from", s->from);
    if (s->given && s->given->place) json_text(&r->json, "source", s->given->place);
    if (s->given && s->given->line) json_count(&r->json, "line", s->given->line);
    json_close(&r->json);
}

static void show_row(Resolution *r, const Resolved *s) {
    grid_text(&r->grid, s->setting->name);
    grid_text(&r->grid, *s->value ? s->value : "-");
    if (s->given && s->given->line) grid_format(&r->grid, "%s, %s:%zu", s->from, s->given->place, s->given->line);
    else if (s->given && s->given->place) grid_format(&r->grid, "%s, %s", s->from, s->given->place);
    else grid_text(&r->grid, s->from);
}

/* The first line tells of the config. */
static bool about_itself(const Setting *row) {
    static const char *const names[] = {"help", "dry-run", "config", "no-config", NULL};
    for (size_t i = 0; names[i]; i++)
        if (strcmp(row->name, names[i]) == 0) return true;
    return false;
}

/* Of the table's rows those that the command takes. */
static void show_table(Resolution *r, const Setting *table, size_t n, const void *target, bool in_recipe) {
    for (size_t i = 0; i < n; i++) {
        char buffer[64];
        const Setting *row = &table[i];
        if (!command_takes(r->command, row) || about_itself(row)) continue;
        Resolved s = {.setting = row, .value = setting_get(row, target, buffer, sizeof buffer)};
        s.given = arguments_find(r->arguments, row->name, in_recipe);
        if (s.given && !*s.value) s.given = NULL; /* another took its place */
        if (!s.given && !in_recipe && !row->fallback && row->kind == SETTING_COUNT) s.value = "";
        s.from = origin_of(r, row, in_recipe, s.given, s.value);
        if (r->to_json) show_json(r, &s);
        else show_row(r, &s);
    }
}

static void show_all(Resolution *r) {
    show_table(r, recipe_settings, recipe_n_settings, &r->recipe, true);
    show_table(r, cli_settings, cli_n_settings, &r->arguments->cli, false);
}

static bool print_json(Resolution *r, Console *console, Error *error) {
    json_init(&r->json);
    json_bool(&r->json, "dry_run", true);
    json_text(&r->json, "command", r->command->name);
    json_text(&r->json, "config", r->arguments->config.path);
    json_open(&r->json, "files", JSON_ARRAY);
    for (size_t i = 0; i < r->arguments->n_operands; i++) json_text(&r->json, NULL, r->arguments->operands[i]);
    json_close(&r->json);
    json_open(&r->json, "settings", JSON_ARRAY);
    show_all(r);
    json_close(&r->json);
    return json_finish(&r->json, &console->out, error);
}

static void print_table(Resolution *r, Console *console) {
    const char *config = r->arguments->config.path;
    char shown[512];
    r->grid = (Grid){.align = "lll", .header = true};
    grid_text(&r->grid, "setting");
    grid_text(&r->grid, "value");
    grid_text(&r->grid, "from");
    show_all(r);
    text_printf(&console->out, "lstmfc %s, nothing done; config file: %s\n", r->command->name,
                config ? text_escape(config, strlen(config), shown, sizeof shown) : "none");
    grid_print(&r->grid, console);
}

bool resolution_print(const Command *command, const Arguments *arguments, Console *console, Error *error) {
    Resolution r = {.command = command, .arguments = arguments, .to_json = console->json};
    bool ok = resolve(&r, error);
    if (ok && console->json) ok = print_json(&r, console, error);
    else if (ok && console_talks(console)) print_table(&r, console);
    model_free(&r.model);
    return ok;
}
