#include "spec.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/text.h"

enum { SPEC_DEPTH = 8, SPEC_UNITS = 65536 };

typedef struct Parser {
    Network *network;
    const char *at; /* what is left */
    int depth;
    Error *error;
} Parser;

static const char *const hint = "as in 4*(lstm:50,dropout:0.2),dense:1";

static bool fail(Parser *p, const char *what) {
    char rest[48];
    return error_set(p->error, ERROR_USAGE, hint, "layers: %s at '%s'", what, text_escape(p->at, strlen(p->at), rest, sizeof rest));
}

static void skip_blanks(Parser *p) {
    p->at += strspn(p->at, " ");
}

static bool take(Parser *p, char c) {
    skip_blanks(p);
    if (*p->at != c) {
        return false;
    }
    p->at++;
    skip_blanks(p);
    return true;
}

/* Copies the run of `accept` characters; false where it is empty or too long. */
static bool word(Parser *p, const char *accept, char *buffer, size_t size) {
    const size_t n = strspn(p->at, accept);
    if (n == 0 || n >= size) {
        return false;
    }
    memcpy(buffer, p->at, n);
    buffer[n] = '\0';
    p->at += n;
    return true;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyz-"
#define DIGITS "0123456789"

static bool count(Parser *p, size_t limit, size_t *value) {
    char digits[16];
    const char *start = p->at;
    if (!word(p, DIGITS, digits, sizeof digits) || !text_to_size(digits, value) || *value == 0 || *value > limit) {
        p->at = start;
        return false;
    }
    return true;
}

static bool parse_rate(Parser *p, Layer *layer) {
    char digits[32];
    const char *start = p->at;
    if (!word(p, DIGITS ".eE-+", digits, sizeof digits) || !text_to_double(digits, strlen(digits), &layer->rate) || layer->rate < 0 ||
        layer->rate >= 1) {
        p->at = start;
        return fail(p, "a rate from 0 to below 1 is missing");
    }
    return true;
}

static bool parse_activation(Parser *p, Layer *layer) {
    char name[16];
    const char *start = p->at;
    if (word(p, LETTERS, name, sizeof name)) {
        for (int i = 0; i < ACTIVATION_COUNT; i++) {
            if (strcmp(name, activation_names[i]) == 0) {
                layer->activation = (Activation)i;
                return true;
            }
        }
    }
    p->at = start;
    return fail(p, "no such activation (linear, tanh, sigmoid, relu)");
}

static bool parse_layer(Parser *p) {
    char name[24];
    const char *start = p->at;
    const LayerKind *kind = word(p, LETTERS, name, sizeof name) ? layer_kind_find(name) : NULL;
    if (!kind) {
        p->at = start;
        return fail(p, "no such kind of layer");
    }
    if (p->network->n_layers == NETWORK_LAYERS) {
        return fail(p, "too many layers");
    }
    Layer *layer = &p->network->layers[p->network->n_layers++];
    *layer = (Layer){.kind = kind, .activation = kind->activation};
    if (!take(p, ':')) {
        return fail(p, kind->takes_rate ? "':' and a rate are missing" : "':' and the number of units are missing");
    }
    if (kind->takes_rate) {
        return parse_rate(p, layer);
    }
    if (!count(p, SPEC_UNITS, &layer->n_units)) {
        return fail(p, "a number of units from 1 to 65536 is missing");
    }
    return !take(p, ':') || parse_activation(p, layer);
}

static bool parse_list(Parser *p);

static bool parse_group(Parser *p) {
    if (++p->depth > SPEC_DEPTH) {
        return fail(p, "too many brackets");
    }
    if (!parse_list(p)) {
        return false;
    }
    p->depth--;
    return take(p, ')') || fail(p, "')' is missing");
}

/* Appends layers [first, n_layers) again until they stand there `times` times. */
static bool repeat(Parser *p, size_t first, size_t times) {
    Network *n = p->network;
    const size_t size = n->n_layers - first;
    if (times > 1 && size * (times - 1) > NETWORK_LAYERS - n->n_layers) {
        return fail(p, "too many layers");
    }
    for (size_t i = 1; i < times; i++) {
        memcpy(n->layers + n->n_layers, n->layers + first, size * sizeof *n->layers);
        n->n_layers += size;
    }
    return true;
}

static bool parse_item(Parser *p) {
    size_t times = 1;
    const size_t first = p->network->n_layers;
    skip_blanks(p);
    if (*p->at >= '0' && *p->at <= '9') {
        if (!count(p, NETWORK_LAYERS, &times)) {
            return fail(p, "too many layers");
        }
        if (!take(p, '*')) {
            return fail(p, "'*' is missing");
        }
    }
    if (!(take(p, '(') ? parse_group(p) : parse_layer(p))) {
        return false;
    }
    return repeat(p, first, times);
}

static bool parse_list(Parser *p) {
    do {
        if (!parse_item(p)) {
            return false;
        }
    } while (take(p, ','));
    return true;
}

bool spec_parse(Network *network, const char *text, Error *error) {
    Parser p = {.network = network, .at = text, .error = error};
    network->n_layers = 0;
    if (!parse_list(&p)) {
        return false;
    }
    return !*p.at || fail(&p, "',' is missing");
}
