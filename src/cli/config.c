#define _POSIX_C_SOURCE 200809L

#include "config.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lstmfc/file.h"
#include "lstmfc/recipe.h"

#include "command.h"
#include "suggest.h"

static const size_t largest = 1 << 20;

/* What stands in a file would be read too late, or again. */
static const char *const command_line_only[] = {"help", "config", "no-config", "dry-run", NULL};

bool config_place(Text *path) {
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (folder && folder[0] == '/') text_printf(path, "%s/lstmfc/config.ini", folder);
    else if (home && home[0]) text_printf(path, "%s/.config/lstmfc/config.ini", home);
    else return false;
    return !path->failed;
}

void config_free(Config *config) {
    for (size_t i = 0; i < config->n_entries; i++) free(config->entries[i].section);
    free(config->entries);
    free(config->path);
    *config = (Config){0};
}

/* ---- checks ---- */

/* Whether a section's command takes an option; [common] takes what any command does. */
static const Setting *option_in(const char *section, const char *name, bool *in_recipe) {
    for (size_t i = 0; commands[i]; i++) {
        const bool wanted = strcmp(section, CONFIG_COMMON) == 0 || strcmp(section, commands[i]->name) == 0;
        const Setting *row = wanted ? command_option(commands[i], name, in_recipe) : NULL;
        if (row) return row;
    }
    return NULL;
}

static bool refuse_section(const char *section, Error *error) {
    char shown[128], hint[192];
    Suggestion suggestion = suggest_for(section);
    if (!*section) return error_set(error, ERROR_USAGE, "[common], or a command's name", "an option before the first section");
    suggest_offer(&suggestion, CONFIG_COMMON);
    for (size_t i = 0; commands[i]; i++) suggest_offer(&suggestion, commands[i]->name);
    return error_set(error, ERROR_USAGE, suggest_hint(&suggestion, "", "[common], or a command's name", hint, sizeof hint),
                     "there is no section '%s'", text_escape(section, strlen(section), shown, sizeof shown));
}

static bool check_section(const char *section, Error *error) {
    bool known = strcmp(section, CONFIG_COMMON) == 0;
    for (size_t i = 0; commands[i]; i++) known = known || strcmp(commands[i]->name, section) == 0;
    return known || refuse_section(section, error);
}

static bool refuse_name(const char *section, const char *name, Error *error) {
    char shown[128], hint[192];
    Suggestion suggestion = suggest_for(name);
    if (strcmp(section, CONFIG_COMMON) != 0 && option_in(CONFIG_COMMON, name, NULL))
        return error_set(error, ERROR_USAGE, "put it under [common] or another command", "'%s' is not an option of '%s'", name, section);
    for (size_t i = 0; i < cli_n_settings; i++)
        if (option_in(section, cli_settings[i].name, NULL)) suggest_offer(&suggestion, cli_settings[i].name);
    for (size_t i = 0; i < recipe_n_settings; i++)
        if (option_in(section, recipe_settings[i].name, NULL)) suggest_offer(&suggestion, recipe_settings[i].name);
    return error_set(error, ERROR_USAGE, suggest_hint(&suggestion, "", "options stand here without their dashes", hint, sizeof hint),
                     "there is no option '%s'", text_escape(name, strlen(name), shown, sizeof shown));
}

static bool check_entry(const Config *config, const ConfigEntry *entry, Error *error) {
    bool in_recipe = false;
    if (!check_section(entry->section, error)) return false;
    for (size_t i = 0; command_line_only[i]; i++)
        if (strcmp(entry->name, command_line_only[i]) == 0)
            return error_set(error, ERROR_USAGE, NULL, "'%s' belongs to the command line alone", entry->name);
    const Setting *row = option_in(entry->section, entry->name, &in_recipe);
    if (!row) return refuse_name(entry->section, entry->name, error);
    for (size_t i = 0; i < config->n_entries; i++)
        if (strcmp(config->entries[i].section, entry->section) == 0 && strcmp(config->entries[i].name, entry->name) == 0)
            return error_set(error, ERROR_USAGE, NULL, "'%s' stands twice in [%s]: first in line %zu", entry->name, entry->section,
                             config->entries[i].line);
    Recipe recipe = {0};
    CliOptions cli = {0};
    return setting_put(row, in_recipe ? (void *)&recipe : (void *)&cli, entry->value, error);
}

/* ---- reading ---- */

/* The file on its way into libinih, a line at a time, so that we know where we are. */
typedef struct Reading {
    Config *config;
    const char *at;
    size_t line;
    Error *error;
} Reading;

static bool put_entry(Config *config, const ConfigEntry *entry, Error *error) {
    if (config->n_entries == config->capacity) {
        const size_t capacity = config->capacity ? 2 * config->capacity : 16;
        ConfigEntry *more = realloc(config->entries, capacity * sizeof *more);
        if (!more) return error_memory(error, "the configuration");
        config->entries = more;
        config->capacity = capacity;
    }
    const size_t n_section = strlen(entry->section) + 1, n_name = strlen(entry->name) + 1, n_value = strlen(entry->value) + 1;
    char *block = malloc(n_section + n_name + n_value);
    if (!block) return error_memory(error, "the configuration");
    memcpy(block, entry->section, n_section);
    memcpy(block + n_section, entry->name, n_name);
    memcpy(block + n_section + n_name, entry->value, n_value);
    config->entries[config->n_entries++] = (ConfigEntry){block, block + n_section, block + n_section + n_name, entry->line};
    return true;
}

static bool at_line(const Reading *r) {
    error_source(r->error, r->config->path);
    if (r->error->line == 0) r->error->line = r->line;
    return false;
}

static char *next_line(char *line, int size, void *context) {
    Reading *r = context;
    const size_t n = strcspn(r->at, "\n");
    if (!*r->at || r->error->code) return NULL;
    r->line++;
    if (n + 2 > (size_t)size) {
        error_set(r->error, ERROR_USAGE, NULL, "a line of more than %d bytes", size - 2);
        at_line(r);
        return NULL;
    }
    memcpy(line, r->at, n);
    memcpy(line + n, "\n", 2);
    r->at += n + (r->at[n] == '\n');
    return line;
}

static int take(void *context, const char *section, const char *name, const char *value) {
    Reading *r = context;
    const ConfigEntry entry = {(char[64]){0}, name, value ? value : "", r->line};
    if (strlen(section) < 64) strcpy(entry.section, section);
    else strcpy(entry.section, "?");
    if (!r->error->code && !(check_entry(r->config, &entry, r->error) && put_entry(r->config, &entry, r->error))) at_line(r);
    return !r->error->code;
}

static bool parse(Config *config, const char *text, size_t n, Error *error) {
    Reading r = {.config = config, .at = text, .error = error};
    if (strlen(text) != n) return error_at(error, ERROR_USAGE, config->path, 0, 0, NULL, "not a text file");
    const int bad = ini_parse_stream(next_line, &r, take, &r);
    if (bad > 0 && !error->code)
        error_at(error, ERROR_USAGE, config->path, (size_t)bad, 0, "[section], name = value, or a comment after # or ;",
                 "neither a section nor an option");
    return !error->code;
}

bool config_read(Config *config, const char *path, Error *error) {
    unsigned char *bytes = NULL;
    size_t n = 0;
    Text place = {0};
    *config = (Config){0};
    const bool found = path ? true : config_place(&place) && access(place.data, F_OK) == 0;
    if (path) text_puts(&place, path);
    if (!found) {
        text_free(&place);
        return true;
    }
    if (place.failed) {
        text_free(&place);
        return error_memory(error, "the configuration");
    }
    config->path = place.data;
    const bool ok = file_read(config->path, largest, &bytes, &n, error) && parse(config, (const char *)bytes, n, error);
    free(bytes);
    return ok;
}
