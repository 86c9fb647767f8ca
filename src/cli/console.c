#define _POSIX_C_SOURCE 200809L

#include "console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lstmfc/file.h"

#include "json.h"
#include "page.h"

static bool wants_color(const CliOptions *options) {
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (options->color != COLOR_AUTO) return options->color == COLOR_ALWAYS;
    if (options->output || (no_color && no_color[0])) return false;
    return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

void console_init(Console *console, const CliOptions *options) {
    *console = (Console){.json = options->json, .quiet = options->quiet, .output = options->output};
    console->color = !console->json && wants_color(options);
}

void console_free(Console *console) {
    text_free(&console->out);
    text_free(&console->notes);
}

bool console_talks(const Console *console) {
    return !console->json && (!console->quiet || console->output);
}

void console_note(Console *console, const char *format, ...) {
    char line[1024];
    va_list arguments;
    if (console->quiet) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (console->json) text_printf(&console->notes, "lstmfc: %s\n", line);
    else fprintf(stderr, "lstmfc: %s\n", line);
}

void console_paint(Console *console, Paint paint, const char *text) {
    static const char *const codes[] = {[PAINT_BOLD] = "1", [PAINT_GOOD] = "32", [PAINT_BAD] = "31", [PAINT_DOUBT] = "33"};
    static const char *const classes[] = {[PAINT_BOLD] = "bold", [PAINT_GOOD] = "good", [PAINT_BAD] = "bad", [PAINT_DOUBT] = "doubt"};
    if (console->page && paint != PAINT_PLAIN) {
        text_printf(&console->out, "<span class=\"%s\">", classes[paint]);
        page_text(&console->out, text);
        text_puts(&console->out, "</span>");
    } else if (!console->color || paint == PAINT_PLAIN) text_puts(&console->out, text);
    else text_printf(&console->out, "\033[%sm%s\033[0m", codes[paint], text);
}

static bool print(const Text *text, Error *error) {
    errno = 0;
    if (fwrite(text->data, 1, text->length, stdout) == text->length && fflush(stdout) == 0) return true;
    const char *words = errno == ENOSPC ? "no space left" : errno == EBADF ? "it is closed" : errno ? strerror(errno) : "unknown error";
    return error_at(error, ERROR_FILE, "<stdout>", 0, 0, NULL, "cannot write: %s", words);
}

bool console_finish(Console *console, Error *error) {
    const Text *out = &console->out;
    if (out->failed) return error_memory(error, "the output");
    if (console->output && !file_write(console->output, out->data ? out->data : "", out->length, error)) return false;
    if (!console->output && out->length > 0 && !print(out, error)) return false;
    if (console->notes.length > 0) fputs(console->notes.data, stderr);
    return true;
}

static bool error_document(const Error *error, Text *text) {
    Json json;
    json_init(&json);
    json_open(&json, "error", JSON_OBJECT);
    json_number(&json, "code", (double)error->code);
    json_text(&json, "class", error_class(error->code));
    json_text(&json, "message", error->message);
    json_text(&json, "source", error->source[0] ? error->source : NULL);
    json_number_or_null(&json, "line", (double)error->line, error->line > 0);
    json_number_or_null(&json, "column", (double)error->column, error->column > 0);
    json_text(&json, "hint", error->hint[0] ? error->hint : NULL);
    json_close(&json);
    return json_finish(&json, text, NULL);
}

void console_error(const Error *error, bool json) {
    char line[2048];
    Text text = {0};
    if (json && error_document(error, &text)) fputs(text.data, stderr);
    else fprintf(stderr, "lstmfc: %s\n", error_format(error, line, sizeof line));
    text_free(&text);
}
