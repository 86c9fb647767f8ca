/* suggest.h - "did you mean": the known word nearest to one that is not known.
 */
#ifndef LSTMFC_CLI_SUGGEST_H
#define LSTMFC_CLI_SUGGEST_H

#include <stddef.h>

typedef struct Suggestion {
    const char *word;  /* as typed, without dashes */
    const char *best;  /* NULL = nothing near enough */
    size_t distance;
} Suggestion;

Suggestion suggest_for(const char *word);

/* One known word; the first of the nearest ones is kept. */
void suggest_offer(Suggestion *suggestion, const char *known);

/* "did you mean 'PREFIXbest'?", or `otherwise` where nothing is near. Returns buffer or otherwise. */
const char *suggest_hint(const Suggestion *suggestion, const char *prefix, const char *otherwise, char *buffer, size_t size);

#endif
