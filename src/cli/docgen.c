/* Run by the build: writes the manual pages and completions from the tables. docgen FOLDER DATE */
#include <stdio.h>
#include <string.h>

#include "lstmfc/file.h"

#include "completion.h"
#include "manual.h"

static bool write_away(Text *text, const char *folder, const char *name, Error *error) {
    char path[1024];
    const int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    bool ok =
        !text->failed && n > 0 && (size_t)n < sizeof path ? file_write(path, text->data, text->length, error) : error_memory(error, name);
    text_free(text);
    *text = (Text){0};
    return ok;
}

static bool write_manual(const char *folder, Date date, Error *error) {
    char name[64];
    Text text = {0};
    manual_program(&text, date);
    bool ok = write_away(&text, folder, "lstmfc.1", error);
    for (size_t i = 0; ok && commands[i]; i++) {
        snprintf(name, sizeof name, "lstmfc-%s.1", commands[i]->name);
        manual_command(&text, commands[i], date);
        ok = write_away(&text, folder, name, error);
    }
    return ok;
}

static bool write_completion(const char *folder, Error *error) {
    static const struct {
        const char *name;
        void (*put)(Text *text);
    } shells[] = {{"lstmfc.bash", completion_bash}, {"_lstmfc", completion_zsh}, {"lstmfc.fish", completion_fish}};
    Text text = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof shells / sizeof *shells; i++) {
        shells[i].put(&text);
        ok = write_away(&text, folder, shells[i].name, error);
    }
    return ok;
}

int main(int argc, char **argv) {
    Error error = {0};
    const Date date = argc == 3 ? date_parse_iso(argv[2]) : DATE_NONE;
    if (date == DATE_NONE) error_set(&error, ERROR_USAGE, NULL, "docgen FOLDER DATE");
    else if (write_manual(argv[1], date, &error)) write_completion(argv[1], &error);
    if (error.code != ERROR_NONE) console_error(&error, false);
    return (int)error.code;
}
