/* header.h - names of columns and what they are called elsewhere. */
#ifndef LSTMFC_HEADER_H
#define LSTMFC_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* What a column is to us, by its name alone. Names are compared without case, blanks and punctuation. */
typedef enum HeaderRole { HEADER_OTHER, HEADER_DATE, HEADER_PRICE, HEADER_KEY } HeaderRole;

/* Role of a name and its rank among those of its role: 0 is the first choice. `rank` may be NULL. */
HeaderRole header_role(const char *name, size_t *rank);

/* The name without blanks (no-break ones, too), <> around and * behind, copied to `clean`, which has room for n + 1. */
void header_clean(const char *name, size_t n, char *clean);

/* Equal without regard to case and outer blanks. */
bool header_same(const char *a, const char *b);

/* Edit distance without regard to case, for "did you mean". */
size_t header_distance(const char *a, const char *b);

/* Whether n bytes begin with `prefix`, given in lower case, in any case. */
bool header_begins(const char *bytes, size_t n, const char *prefix);

#endif
