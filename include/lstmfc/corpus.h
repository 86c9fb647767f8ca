/* corpus.h - a text file of short examples, one a line, as numbers for a character model.
 *
 * Lines are trimmed of blanks, blank lines skipped, A to Z made small. The alphabet is every character (Unicode code point) of the file in
 * order, with the end of an example as letter 0.
 */
#ifndef LSTMFC_CORPUS_H
#define LSTMFC_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lstmfc/error.h"
#include "lstmfc/text.h"

enum { CORPUS_LETTERS = 4096, CORPUS_LONGEST = 1000 }; /* of the alphabet; of an example */

typedef struct Corpus {
    uint32_t *alphabet; /* [n_letters]; the first is '\n' */
    size_t n_letters;
    size_t *starts;     /* [n_examples + 1]: example i is letters starts[i] .. starts[i + 1] - 1 */
    size_t n_examples, longest;
    uint16_t *letters;  /* places in the alphabet, the end not among them */
    bool capital;       /* most examples begin with one of A to Z */
    char fingerprint[65]; /* SHA-256 of the file's bytes, hex */
} Corpus;

/* `path` "-" = standard input. ERROR_FILE; ERROR_DATA with the line: not UTF-8, a control character, an example longer than CORPUS_LONGEST,
 * an alphabet larger than CORPUS_LETTERS, or no example at all. */
bool corpus_read(Corpus *corpus, const char *path, Error *error);
void corpus_free(Corpus *corpus);

/* Appends the UTF-8 of a code point. */
void corpus_put(Text *text, uint32_t letter);

/* The code point at text[0 .. n) and how many bytes it has; 0 bytes where there is none (RFC 3629). */
uint32_t corpus_letter(const unsigned char *text, size_t n, size_t *n_bytes);

#endif
