#include "lstmfc/corpus.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/file.h"
#include "lstmfc/memory.h"

enum { CODE_POINTS = 0x110000, FILE_LIMIT = 1 << 28 };

uint32_t corpus_letter(const unsigned char *text, size_t n, size_t *n_bytes) {
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t more = 0; more < sizeof forms / sizeof *forms && more < n; more++) {
        if ((text[0] & forms[more].mask) != forms[more].lead) {
            continue;
        }
        uint32_t letter = text[0] & (unsigned char)~forms[more].mask;
        bool whole = true;
        for (size_t i = 1; i <= more; i++) {
            whole = whole && (text[i] & 0xC0) == 0x80;
            letter = letter << 6 | (text[i] & 0x3FU);
        }
        if (whole && letter >= forms[more].least && letter < CODE_POINTS && (letter < 0xD800 || letter > 0xDFFF)) {
            *n_bytes = more + 1;
            return letter;
        }
    }
    *n_bytes = 0;
    return 0;
}

void corpus_put(Text *text, uint32_t letter) {
    char bytes[4];
    size_t n = letter < 0x80 ? 1 : letter < 0x800 ? 2 : letter < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; letter >>= 6) {
        bytes[i] = (char)(0x80 | (letter & 0x3F));
    }
    bytes[0] = (char)(leads[n] | letter);
    text_append(text, bytes, n);
}

/* A file on its way: every letter as a code point, marks for those seen, and then their places. */
typedef struct Reading {
    Corpus *corpus;
    const char *path;
    uint32_t *code_points;
    size_t n, line, n_capital;
    uint16_t *place; /* [CODE_POINTS]: 1 = seen; at the end the place in the alphabet */
    Error *error;
} Reading;

static bool refuse(const Reading *r, size_t line, const char *hint, const char *what) {
    return error_at(r->error, ERROR_DATA, r->path, line, 0, hint, "%s", what);
}

static bool is_blank(unsigned char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static bool take_line(Reading *r, const unsigned char *line, size_t n) {
    Corpus *c = r->corpus;
    const size_t first = r->n;
    r->line++;
    for (; n > 0 && is_blank(line[n - 1]); n--) {
    }
    for (; n > 0 && is_blank(*line); line++, n--) {
    }
    if (n == 0) {
        return true;
    }
    r->n_capital += *line >= 'A' && *line <= 'Z';
    for (size_t used; n > 0; line += used, n -= used) {
        uint32_t letter = corpus_letter(line, n, &used);
        if (used == 0) {
            return refuse(r, r->line, "convert it to UTF-8", "not UTF-8");
        }
        if (letter < 0x20 || (letter >= 0x7F && letter < 0xA0)) {
            return refuse(r, r->line, "one example a line, as plain text", "a control character");
        }
        letter += letter >= 'A' && letter <= 'Z' ? 'a' - 'A' : 0;
        r->place[letter] = 1;
        r->code_points[r->n++] = letter;
    }
    if (r->n - first > CORPUS_LONGEST) {
        return refuse(r, r->line, "one example a line, at most 1000 characters", "the line is too long");
    }
    c->longest = r->n - first > c->longest ? r->n - first : c->longest;
    c->starts[++c->n_examples] = r->n;
    return true;
}

static bool take_lines(Reading *r, const unsigned char *bytes, size_t n_bytes) {
    for (size_t at = 0; at < n_bytes;) {
        const unsigned char *end = memchr(bytes + at, '\n', n_bytes - at);
        const size_t n = end ? (size_t)(end - bytes) - at : n_bytes - at;
        if (!take_line(r, bytes + at, n)) {
            return false;
        }
        at += n + 1;
    }
    r->corpus->capital = 2 * r->n_capital > r->corpus->n_examples;
    return r->corpus->n_examples > 0 || refuse(r, 0, "one example a line", "there is no example in it");
}

static bool number_letters(Reading *r) {
    Corpus *c = r->corpus;
    c->n_letters = 1;
    for (size_t i = 0; i < CODE_POINTS; i++) {
        c->n_letters += r->place[i];
    }
    if (c->n_letters > CORPUS_LETTERS) {
        return refuse(r, 0, "at most 4096", "too many different characters");
    }
    c->alphabet = memory_zeroed(c->n_letters, sizeof *c->alphabet);
    c->letters = memory_zeroed(r->n, sizeof *c->letters);
    if (!c->alphabet || !c->letters) {
        return error_memory(r->error, "the alphabet");
    }
    c->alphabet[0] = '\n';
    size_t next = 1;
    for (uint32_t i = 0; i < CODE_POINTS; i++) {
        if (r->place[i]) {
            r->place[i] = (uint16_t)next;
            c->alphabet[next++] = i;
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        c->letters[i] = r->place[r->code_points[i]];
    }
    return true;
}

static void fingerprint(Corpus *corpus, const unsigned char *bytes, size_t n) {
    FileHash hash;
    file_hash_init(&hash);
    file_hash_add(&hash, bytes, n);
    file_hash_finish(&hash, corpus->fingerprint);
}

bool corpus_read(Corpus *corpus, const char *path, Error *error) {
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;
    *corpus = (Corpus){0};
    if (!file_read(path, FILE_LIMIT, &bytes, &n_bytes, error)) {
        return false;
    }
    Reading r = {.corpus = corpus, .path = path, .error = error};
    r.code_points = memory_zeroed(n_bytes + 1, sizeof *r.code_points);
    r.place = memory_zeroed(CODE_POINTS, sizeof *r.place);
    corpus->starts = memory_zeroed(n_bytes + 2, sizeof *corpus->starts);
    bool ok = (r.code_points && r.place && corpus->starts) || error_memory(error, "the text");
    ok = ok && take_lines(&r, bytes, n_bytes) && number_letters(&r);
    fingerprint(corpus, bytes, n_bytes);
    free(r.code_points);
    free(r.place);
    free(bytes);
    if (!ok) {
        corpus_free(corpus);
    }
    return ok;
}

void corpus_free(Corpus *corpus) {
    free(corpus->alphabet);
    free(corpus->starts);
    free(corpus->letters);
    *corpus = (Corpus){0};
}
