/* pattern.h - how a file writes its dates, decided once from all of its rows.
 *
 * A pattern is a format in the manner of strptime: %Y (4 digits), %y (2 digits, 69 to 99 are 19xx), %m and %d (2 digits), %-m and %-d
 * (without a leading zero), %b (English or German name, short or whole), %s (seconds, or milli-, micro- or nanoseconds since 1970 by the
 * number of digits; with 0, 3, 6 or 9 before the s these alone), %E (days as spreadsheets count them), and any other character for itself.
 * %_m and %_d take a leading zero or none. Whatever the pattern, a time of day may follow the date ("2024-07-26T00:00:00.000Z", "2024-07-26
 * 00:00:00-04:00", "1/2/2020 4:00 PM"): it is checked and left out.
 */
#ifndef LSTMFC_PATTERN_H
#define LSTMFC_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/date.h"
#include "lstmfc/error.h"

enum { PATTERN_TEXT = 48, PATTERN_MAX = 56 };

/* The date in `text`, DATE_NONE where it does not follow the pattern to its last character. `with_time` (may be
 * NULL) tells whether a time of day stood behind it. */
Date pattern_parse(const char *pattern, const char *text, size_t n, bool *with_time);

/* What the user asked for as a pattern: strptime-like, or as we print it ("DD/MM/YYYY"). A single digit where
 * two are usual is taken, too. ERROR_USAGE where it cannot name a day. */
bool pattern_from_user(const char *user, char pattern[PATTERN_TEXT], Error *error);

/* Which of the known patterns fit, over all rows of a file. Zero-initialise. */
typedef struct PatternVote {
    size_t matches[PATTERN_MAX];
    size_t n_cells, with_time;
} PatternVote;

void pattern_vote(PatternVote *vote, const char *text, size_t n);

/* The patterns that fit most cells: one, or several that would read the same text as different days (M/D and D/M), or
 * none. Returns how many; at most PATTERN_MAX. */
size_t pattern_best(const PatternVote *vote, const char *patterns[PATTERN_MAX]);

/* Whether text is a date in any known pattern that does not merely count days or seconds. */
bool pattern_any(const char *text, size_t n);

/* "%m/%d/%Y" as "MM/DD/YYYY", for people. Returns buffer. */
const char *pattern_name(const char *pattern, char *buffer, size_t size);

#endif
