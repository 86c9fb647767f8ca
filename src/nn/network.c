#include "lstmfc/network.h"

#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"
#include "spec.h"

/* The last layer that is not dropout; NULL = none. */
static const Layer *last_layer(const Network *network) {
    for (size_t l = network->n_layers; l-- > 0;) {
        if (!network->layers[l].kind->takes_rate) {
            return &network->layers[l];
        }
    }
    return NULL;
}

static bool add_output(Network *network, size_t n_outputs, Error *error) {
    const Layer *last = last_layer(network);
    if (n_outputs == 0 || (last && !last->kind->recurrent && !last->kind->pools && last->n_units == n_outputs)) {
        return true;
    }
    if (network->n_layers == NETWORK_LAYERS) {
        return error_set(error, ERROR_USAGE, NULL, "layers: no room for the output layer (at most %d layers)", NETWORK_LAYERS);
    }
    const LayerKind *dense = layer_kind_find("dense");
    network->layers[network->n_layers++] = (Layer){.kind = dense, .n_units = n_outputs, .activation = dense->activation};
    return true;
}

/* Steps each layer gives: all where a later layer wants them, else the last. */
static void lay_out_steps(Network *network) {
    bool all = network->every_step;
    for (size_t l = network->n_layers; l-- > 0;) {
        Layer *layer = &network->layers[l];
        layer->steps_out = all && !layer->kind->pools ? network->n_steps : 1;
        all = all || layer->kind->recurrent || layer->kind->pools;
        layer->steps_in = all ? network->n_steps : 1;
    }
}

/* A fixed layer is followed by fixed ones and, last of all, the readout. */
static bool check_fixed(const Network *network, Error *error) {
    const Layer *last = &network->layers[network->n_layers - 1];
    bool any = false, all = true;
    for (size_t l = 0; l + 1 < network->n_layers; l++) {
        any = any || network->layers[l].kind->fixed;
        all = all && network->layers[l].kind->fixed;
    }
    const bool readout = !last->kind->recurrent && !last->kind->pools && !last->kind->takes_rate && last->activation == ACTIVATION_LINEAR;
    return (!any && !last->kind->fixed) || (all && readout && !network->every_step) ||
           error_set(error, ERROR_USAGE, "as in esn:300",
                     "layers: a reservoir takes no layer beside it but reservoirs and its linear readout");
}

static bool check_order(const Network *network, Error *error) {
    bool any = false, all = network->every_step;
    for (size_t l = network->n_layers; l-- > 0;) {
        const LayerKind *kind = network->layers[l].kind;
        if (all && kind->pools) {
            return error_set(error, ERROR_USAGE, "put it behind the recurrent layers", "layers: '%s' leaves no steps for what follows it",
                             kind->name);
        }
        if (network->every_step && kind->each_way) {
            return error_set(error, ERROR_USAGE, "take one that runs forwards", "layers: '%s' would see what each step is asked for",
                             kind->name);
        }
        any = any || kind->recurrent || kind->pools;
        all = all || any;
    }
    return any || error_set(error, ERROR_USAGE, "begin with rnn, lstm or gru", "layers: no recurrent layer");
}

static void lay_out_layer(Network *network, size_t l, size_t n_inputs, size_t *number) {
    Layer *layer = &network->layers[l];
    layer->position = l;
    layer->n_inputs = n_inputs;
    layer->number = *number;
    if (layer->kind->takes_rate) {
        layer->n_units = n_inputs;
    } else {
        ++*number;
    }
    layer->n_outputs = layer->kind->pools ? n_inputs : layer->kind->each_way ? 2 * layer->n_units : layer->n_units;
    layer->kind->shape(layer);
    layer->offset = network->n_weights;
    layer->prepared_offset = network->n_prepared;
    network->n_weights += layer->n_weights;
    network->n_prepared += layer->n_prepared;
}

static bool count_parameters(void *context, const Tensor *tensor, const Layer *layer) {
    (void)layer;
    *(size_t *)context += tensor->zero ? 0 : tensor_size(tensor);
    return true;
}

static bool lay_out(Network *network, const char *spec, size_t n_outputs, Error *error) {
    if (!spec_parse(network, spec, error) || !add_output(network, n_outputs, error) || !check_order(network, error) ||
        !check_fixed(network, error)) {
        return false;
    }
    lay_out_steps(network);
    size_t number = 0;
    for (size_t l = 0; l < network->n_layers; l++) {
        lay_out_layer(network, l, l ? network->layers[l - 1].n_outputs : network->n_inputs, &number);
    }
    network->n_outputs = network->layers[network->n_layers - 1].n_outputs;
    return network_tensors(network, count_parameters, &network->n_parameters);
}

bool network_init(Network *network, const char *spec, size_t n_steps, size_t n_inputs, size_t n_outputs, Error *error) {
    *network = (Network){.n_steps = n_steps, .n_inputs = n_inputs};
    return lay_out(network, spec, n_outputs, error);
}

size_t network_kinds(const char *spec) {
    size_t n = 1;
    for (const char *at = spec; (at = strchr(at, '|')); at++) {
        n++;
    }
    return n;
}

bool network_init_kind(Network *network, const char *spec, size_t kind, size_t n_steps, size_t n_inputs, size_t n_outputs, Error *error) {
    if (network_kinds(spec) > NETWORK_KINDS) {
        return error_set(error, ERROR_USAGE, NULL, "layers: more than %d networks", NETWORK_KINDS);
    }
    for (; kind > 0; kind--) {
        spec = strchr(spec, '|') + 1;
    }
    const size_t n = strcspn(spec, "|");
    char *own = malloc(n + 1);
    if (!own) {
        return error_memory(error, "the layers");
    }
    memcpy(own, spec, n);
    own[n] = '\0';
    const bool ok = network_init(network, own, n_steps, n_inputs, n_outputs, error);
    free(own);
    return ok;
}

bool network_init_every_step(Network *network, const char *spec, size_t n_steps, size_t n_inputs, size_t n_outputs, Error *error) {
    *network = (Network){.n_steps = n_steps, .n_inputs = n_inputs, .every_step = true};
    return lay_out(network, spec, n_outputs, error);
}

void network_set_steps(Network *network, size_t n_steps) {
    network->n_steps = n_steps;
    lay_out_steps(network);
}

bool network_tensors(const Network *network, TensorVisit *visit, void *context) {
    for (size_t l = 0; l < network->n_layers; l++) {
        Tensor list[LAYER_TENSORS];
        const size_t n = network->layers[l].kind->tensors(&network->layers[l], list);
        for (size_t i = 0; i < n; i++) {
            if (!visit(context, &list[i], &network->layers[l])) {
                return false;
            }
        }
    }
    return true;
}

/* Whether this member works on the layer: in a layer that does not share its work only the leader does. */
static bool works_on(const Layer *layer, const Team *team) {
    return layer->kind->teams || team_leads(team);
}

void network_prepare(const Network *network, const Kernels *kernels, const Team *team, size_t rows, size_t first, size_t last,
                     const real *weights, real *prepared) {
    for (size_t l = first; l < last; l++) {
        const Layer *layer = &network->layers[l];
        if (layer->kind->prepare && works_on(layer, team)) {
            layer->kind->prepare(layer, kernels, layer->kind->teams ? team : NULL, rows, weights + layer->offset,
                                 prepared + layer->prepared_offset);
        }
    }
}

void network_own(const Layer *layer, const Team *team, size_t *first, size_t *last) {
    *first = 0;
    *last = team_leads(team) ? layer->n_weights : 0;
    if (layer->kind->teams) {
        layer->kind->own(layer, team, first, last);
    }
    *first += layer->offset;
    *last += layer->offset;
}

/* Reals of each part of one thread's buffers. */
typedef struct Sizes {
    size_t x, y, cache[NETWORK_LAYERS], side, gradient, scratch, total;
} Sizes;

static Sizes activations_sizes(const Network *network, size_t rows, bool training) {
    Sizes s = {.x = network->n_steps * rows * kernels_stride(network->n_inputs),
               .y = network->layers[network->n_layers - 1].steps_out * rows * kernels_stride(network->n_outputs)};
    s.total = s.x + 2 * s.y;
    for (size_t l = 0; l < network->n_layers; l++) {
        const Layer *layer = &network->layers[l];
        const size_t output = layer->steps_out * rows * kernels_stride(layer->n_outputs), scratch = layer->kind->scratch(layer, rows);
        s.cache[l] = (layer->kind->cache(layer, rows) + REAL_ALIGN - 1) / REAL_ALIGN * REAL_ALIGN;
        s.gradient = output > s.gradient ? output : s.gradient;
        s.scratch = scratch > s.scratch ? scratch : s.scratch;
        s.side = s.cache[l] > s.side ? s.cache[l] : s.side;
        s.total += training ? s.cache[l] : 0;
    }
    s.total += training ? 2 * s.gradient + s.scratch : 2 * s.side;
    return s;
}

static void carve(Activations *a, const Network *network, const Sizes *s, bool training, real *next) {
    a->x = next;
    a->y = next += s->x;
    a->dy = next += s->y;
    next += s->y;
    if (!training) {
        a->side = s->side;
        a->sides[0] = next;
        a->sides[1] = next + s->side;
        return;
    }
    for (size_t l = 0; l < network->n_layers; l++) {
        a->cache[l] = next;
        next += s->cache[l];
    }
    a->gradient[0] = next;
    a->gradient[1] = next + s->gradient;
    a->scratch = next + 2 * s->gradient;
}

bool activations_init_each(Activations *list, size_t n, const Network *network, size_t rows, bool training, Error *error) {
    const Sizes s = activations_sizes(network, rows, training);
    const size_t size = (s.total + REAL_ALIGN - 1) / REAL_ALIGN * REAL_ALIGN;
    real *block = memory_zeroed(n, size * sizeof *block);
    *list = (Activations){0};
    if (!block) {
        return error_memory(error, "the network's activations");
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = (Activations){.rows = rows, .block = i ? NULL : block};
        carve(&list[i], network, &s, training, block + i * size);
    }
    return true;
}

bool activations_init(Activations *a, const Network *network, size_t rows, bool training, Error *error) {
    return activations_init_each(a, 1, network, rows, training, error);
}

void activations_free(Activations *a) {
    if (!a) {
        return;
    }
    free(a->block);
    *a = (Activations){0};
}

/* Where a layer's input is not; a layer that only hands it on leaves it where it is. */
static real *free_side(const Activations *a, const real *input) {
    return a->sides[input >= a->sides[0] && input < a->sides[0] + a->side];
}

static Pass layer_pass(const Layer *layer, const Run *run, const Activations *a, size_t rows) {
    return (Pass){
        .kernels = run->kernels,
        .team = layer->kind->teams ? run->team : NULL,
        .rows = rows,
        .training = run->training,
        .dropout_key = run->dropout_key,
        .first_row = run->first_row,
        .batch_rows = run->batch_rows,
        .weights = run->weights + layer->offset,
        .prepared = run->prepared ? run->prepared + layer->prepared_offset : NULL,
        .cache = a->cache[layer->position],
        .x = a->inputs[layer->position],
        .scratch = a->scratch,
    };
}

const real *network_forward(const Network *network, const Run *run, Activations *a, size_t rows) {
    if (team_leads(run->team)) {
        a->inputs[0] = a->x;
    }
    for (size_t l = 0; l < network->n_layers; l++) {
        team_meet(run->team);
        const Layer *layer = &network->layers[l];
        if (a->side) {
            a->cache[l] = free_side(a, a->inputs[l]);
        }
        const Pass pass = layer_pass(layer, run, a, rows);
        if (works_on(layer, run->team)) {
            const real *y = layer->kind->forward(layer, &pass);
            if (team_leads(run->team)) {
                a->inputs[l + 1] = y;
            }
        }
    }
    team_meet(run->team);
    return a->inputs[network->n_layers];
}

void network_backward(const Network *network, const Run *run, Activations *a, size_t rows, real *gradient, bool accumulate) {
    real *dy = a->dy;
    for (size_t l = network->n_layers; l-- > 0;) {
        const Layer *layer = &network->layers[l];
        Pass pass = layer_pass(layer, run, a, rows);
        pass.dy = dy;
        pass.dx = l ? a->gradient[l % 2] : NULL;
        pass.dweights = gradient + layer->offset;
        pass.accumulate = accumulate;
        if (works_on(layer, run->team)) {
            layer->kind->backward(layer, &pass);
        }
        team_meet(run->team);
        dy = pass.dx;
    }
}
