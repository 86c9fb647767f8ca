/* page.h - a page of HTML that stands alone: style and pictures inside, no script, nothing fetched.
 */
#ifndef LSTMFC_CLI_PAGE_H
#define LSTMFC_CLI_PAGE_H

#include "lstmfc/text.h"

void page_begin(Text *page, const char *title);
void page_end(Text *page);

/* Text with &, <, > and quotes as entities. */
void page_text(Text *page, const char *text);

/* An SVG document inside the page. Its names get `number` in front, so that several pictures do not meet. */
void page_picture(Text *page, const Text *svg, size_t number, const char *description);

#endif
