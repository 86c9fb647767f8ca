#include "page.h"

#include <string.h>

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid #ccc}"
    "table{border-collapse:collapse;margin:.5rem 0 1rem;font-size:.9rem}th,td{padding:.2rem .9rem .2rem 0;text-align:left;vertical-align:top}"
    "th{border-bottom:1px solid #999}.r{text-align:right;font-variant-numeric:tabular-nums}td{border-bottom:1px solid #eee}"
    "figure{margin:1rem 0}svg{width:100%;height:auto}.good{color:#00694f}.bad{color:#a83a00}.doubt{color:#7a5b00}.good,.bad,.doubt{font-weight:bold}"
    "p,div{white-space:pre-line}table{white-space:normal}summary{cursor:pointer}footer{margin-top:2rem;color:#595959;font-size:.85rem}@media print{body{margin:0}}";

void page_text(Text *page, const char *text) {
    for (; *text; text++) {
        if (*text == '&') text_puts(page, "&amp;");
        else if (*text == '<') text_puts(page, "&lt;");
        else if (*text == '>') text_puts(page, "&gt;");
        else if (*text == '"') text_puts(page, "&quot;");
        else text_append(page, text, 1);
    }
}

void page_begin(Text *page, const char *title) {
    text_puts(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    page_text(page, title);
    text_printf(page, "</title>\n<style>%s</style>\n</head>\n<body>\n<h1>", style);
    page_text(page, title);
    text_puts(page, "</h1>\n");
}

void page_end(Text *page) {
    text_puts(page, "</body>\n</html>\n");
}

/* Copies up to where a name of the picture begins - id='x', href='#x', url(#x) - puts the number there, and goes on. */
static void put_numbered(Text *page, const char *svg, size_t number) {
    static const char *const marks[] = {"id='", "id=\"", "href='#", "url(#"};
    while (*svg) {
        const char *next = NULL;
        size_t n = 0;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            const char *found = strstr(svg, marks[i]);
            if (!found || (next && found >= next)) continue;
            next = found;
            n = strlen(marks[i]);
        }
        if (!next) break;
        text_append(page, svg, (size_t)(next - svg) + n);
        text_printf(page, "p%zu-", number);
        svg = next + n;
    }
    text_puts(page, svg);
}

void page_picture(Text *page, const Text *svg, size_t number, const char *description) {
    const char *begin = svg->data ? strstr(svg->data, "<svg") : NULL, *head = begin ? strchr(begin, '>') : NULL,
               *rest = head ? strstr(head, "</desc>") : NULL;
    if (svg->failed || !rest) {
        page->failed = true;
        return;
    }
    text_puts(page, "<figure>\n<svg role=\"img\" aria-label=\"");
    page_text(page, description);
    text_puts(page, "\"");
    text_append(page, begin + 4, (size_t)(head - begin) - 3);
    put_numbered(page, rest + strlen("</desc>"), number);
    text_puts(page, "</figure>\n");
}
