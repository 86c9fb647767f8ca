#include "suggest.h"

#include <stdio.h>
#include <string.h>

#include "lstmfc/text.h"

Suggestion suggest_for(const char *word) {
    size_t n = strlen(word);
    return (Suggestion){.word = word, .distance = n < 64 ? (n + 2) / 3 + 1 : 0};
}

void suggest_offer(Suggestion *suggestion, const char *known) {
    if (suggestion->distance == 0) return;
    size_t distance = text_distance(suggestion->word, known);
    if (distance >= suggestion->distance || distance >= strlen(known)) return;
    suggestion->best = known;
    suggestion->distance = distance;
}

const char *suggest_hint(const Suggestion *suggestion, const char *prefix, const char *otherwise, char *buffer, size_t size) {
    if (!suggestion->best) return otherwise;
    snprintf(buffer, size, "did you mean '%s%s'?", prefix, suggestion->best);
    return buffer;
}
