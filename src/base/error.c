#include "lstmfc/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lstmfc/text.h"

static void copy(char *to, size_t size, const char *from) {
    size_t n = from ? strlen(from) : 0;
    if (n >= size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
            n--; /* not in the middle of a UTF-8 character */
    }
    if (n > 0)
        memcpy(to, from, n);
    to[n] = '\0';
}

ERROR_PRINTF(7, 0)
static void fill(Error *error, ErrorCode code, const char *source, size_t line, size_t column, const char *hint, const char *format,
                 va_list arguments) {
    if (!error || error->code != ERROR_NONE)
        return;
    error->code = code;
    error->line = line;
    error->column = column;
    copy(error->source, sizeof error->source, source);
    copy(error->hint, sizeof error->hint, hint);
    vsnprintf(error->message, sizeof error->message, format, arguments);
}

bool error_set(Error *error, ErrorCode code, const char *hint, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fill(error, code, NULL, 0, 0, hint, format, arguments);
    va_end(arguments);
    return false;
}

bool error_at(Error *error, ErrorCode code, const char *source, size_t line, size_t column, const char *hint, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fill(error, code, source, line, column, hint, format, arguments);
    va_end(arguments);
    return false;
}

bool error_memory(Error *error, const char *what) {
    return error_set(error, ERROR_MEMORY, NULL, "out of memory while making %s", what);
}

void error_source(Error *error, const char *source) {
    if (error && error->code != ERROR_NONE && error->source[0] == '\0')
        copy(error->source, sizeof error->source, source);
}

const char *error_class(ErrorCode code) {
    switch (code) {
    case ERROR_NONE: return "none";
    case ERROR_INTERNAL: return "internal";
    case ERROR_USAGE: return "usage";
    case ERROR_DATA: return "data";
    case ERROR_MODEL: return "model";
    case ERROR_STALE: return "stale";
    case ERROR_GATE: return "gate";
    case ERROR_LOCKED: return "locked";
    case ERROR_DIVERGED: return "diverged";
    case ERROR_FILE: return "file";
    case ERROR_MEMORY: return "memory";
    case ERROR_STOPPED: return "stopped";
    }
    return "internal";
}

const char *error_format(const Error *error, char *buffer, size_t size) {
    char source[2 * sizeof error->source];
    Text text = {0};
    if (error->source[0]) {
        text_printf(&text, "%s:", text_escape(error->source, strlen(error->source), source, sizeof source));
        if (error->line)
            text_printf(&text, "%zu:", error->line);
        if (error->line && error->column)
            text_printf(&text, "%zu:", error->column);
        text_puts(&text, " ");
    } else if (error->line) {
        text_printf(&text, "line %zu: ", error->line);
    }
    text_puts(&text, error->message);
    if (error->hint[0])
        text_printf(&text, " (%s)", error->hint);
    copy(buffer, size, text.failed || !text.data ? error->message : text.data);
    text_free(&text);
    return buffer;
}
