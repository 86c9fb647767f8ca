#include "lstmfc/holidays.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/memory.h"
#include "lstmfc/text.h"

enum { HOLIDAYS_BYTES = 1 << 20 };

static int compare(const void *a, const void *b) {
    const Date one = *(const Date *)a, other = *(const Date *)b;
    return (one > other) - (one < other);
}

/* The line without comment and outer blanks, ended by a NUL. */
static char *strip(char *line, size_t n) {
    line[n] = '\0';
    n = strcspn(line, "#");
    while (n > 0 && strchr(" \t\r", line[n - 1])) n--;
    line[n] = '\0';
    return line + strspn(line, " \t");
}

static bool read_lines(Holidays *holidays, char *text, const char *path, Error *error) {
    char shown[64];
    for (size_t number = 1; *text; number++) {
        const size_t n = strcspn(text, "\n");
        const bool more = text[n] == '\n';
        const char *word = strip(text, n);
        const Date date = date_parse_iso(word);
        if (*word && date == DATE_NONE)
            return error_at(error, ERROR_DATA, path, number, 0, "one date a line, as 2024-12-25", "'%s' is not a date",
                            text_escape(word, strlen(word), shown, sizeof shown));
        if (*word) holidays->dates[holidays->n++] = date;
        text += n + more;
    }
    return true;
}

bool holidays_read(Holidays *holidays, const char *path, Calendar *calendar, Error *error) {
    unsigned char *bytes;
    size_t n_bytes;
    *holidays = (Holidays){0};
    if (!path) return true;
    if (!file_read(path, HOLIDAYS_BYTES, &bytes, &n_bytes, error)) return false;
    holidays->dates = memory_zeroed(n_bytes / 10 + 1, sizeof *holidays->dates);
    bool ok = holidays->dates ? read_lines(holidays, (char *)bytes, path, error) : error_memory(error, "the holidays");
    free(bytes);
    if (!ok) return false;
    qsort(holidays->dates, holidays->n, sizeof *holidays->dates, compare);
    calendar->holidays = holidays->dates;
    calendar->n_holidays = holidays->n;
    return true;
}

void holidays_free(Holidays *holidays) {
    free(holidays->dates);
    *holidays = (Holidays){0};
}
