/* cells: the RNN and LSTM numbers printed in I. Ariyanto's report (golden/make_cells.py), one step and whole sequences, forward and
 * backward.
 *
 * A printed number is right where ours is within half a unit of its last digit (within 2e-13, where more are printed). In the float build
 * the inputs themselves are rounded, so nothing below 5e-5 is asked. */
#include "nn_bench.h"

#include "golden.h"

#ifdef LSTMFC_DOUBLE
static const double least = 2e-13;
#else
static const double least = 5e-5;
#endif

/* A cell as one recurrent layer that gives every step. */
typedef struct Cell {
    const cJSON *node;
    Network network;
    const Layer *layer;
    size_t steps, rows, inputs, units, outputs;
    real *weights, *prepared, *gradient, *cache, *scratch, *x, *a0, *c0, *dy, *dx, *da0, *dc0;
    const real *y;
    real *extra;              /* (B,H): what fold_dc added to dy; NULL = nothing */
    const struct Cell *plain; /* the same without it */
} Cell;

/* n_rows rows of `width` numbers, padded as the layers want them. */
static real *padded(const cJSON *node, const char *path, size_t n_rows, size_t width) {
    const size_t ld = kernels_stride(width);
    real *out = bench_zeros(n_rows * ld, sizeof *out);
    if (node) {
        size_t n;
        double *values = golden_array(node, path, &n);
        assert_int_equal(n, n_rows * width);
        for (size_t i = 0; i < n; i++) {
            out[i / width * ld + i % width] = (real)values[i];
        }
        free(values);
    }
    return out;
}

static void set_tensor(const cJSON *node, const Layer *layer, size_t which, const char *path, real *weights) {
    Tensor list[LAYER_TENSORS];
    size_t n;
    assert_true(layer->kind->tensors(layer, list) > which);
    double *values = golden_array(node, path, &n);
    assert_int_equal(n, tensor_size(&list[which]));
    for (size_t i = 0; i < n; i++) {
        weights[tensor_index(&list[which], i / list[which].columns, i % list[which].columns)] = (real)values[i];
    }
    free(values);
}

/* Half a layer: the second of the two makes the first give all its steps. */
static void cell_init(Cell *cell, const cJSON *node) {
    char spec[64];
    Error error = {0};
    *cell = (Cell){.node = node,
                   .steps = golden_size(node, "steps"),
                   .rows = golden_size(node, "rows"),
                   .inputs = golden_size(node, "inputs"),
                   .units = golden_size(node, "units"),
                   .outputs = golden_size(node, "outputs")};
    snprintf(spec, sizeof spec, "%s:%zu,rnn:1", golden_string(node, "kind"), cell->units);
    assert_true(network_init(&cell->network, spec, cell->steps, cell->inputs, 0, &error));
    const Layer *layer = cell->layer = &cell->network.layers[0];
    const size_t n = cell->steps * cell->rows;
    cell->weights = bench_zeros(layer->n_weights, sizeof(real));
    cell->gradient = bench_zeros(layer->n_weights, sizeof(real));
    cell->prepared = bench_zeros(layer->n_prepared, sizeof(real));
    cell->cache = bench_zeros(layer->kind->cache(layer, cell->rows), sizeof(real));
    cell->scratch = bench_zeros(layer->kind->scratch(layer, cell->rows), sizeof(real));
    set_tensor(node, layer, 0, "weight_ih", cell->weights);
    set_tensor(node, layer, 1, "weight_hh", cell->weights);
    set_tensor(node, layer, 2, "bias", cell->weights);
    layer->kind->prepare(layer, kernels_choose(NULL, NULL), NULL, 2, cell->weights, cell->prepared);
    cell->x = padded(node, "x", n, cell->inputs);
    cell->dx = padded(NULL, NULL, n, cell->inputs);
    cell->a0 = padded(node, "a0", cell->rows, cell->units);
    cell->c0 = golden_has(node, "c0") ? padded(node, "c0", cell->rows, cell->units) : NULL;
    cell->da0 = padded(NULL, NULL, cell->rows, cell->units);
    cell->dc0 = padded(NULL, NULL, cell->rows, cell->units);
    cell->dy = golden_has(node, "da") ? padded(node, "da", n, cell->units) : NULL;
}

static void cell_free(Cell *cell) {
    real *const blocks[] = {cell->weights, cell->prepared, cell->gradient, cell->cache, cell->scratch, cell->x,    cell->a0,
                            cell->c0,      cell->dy,       cell->dx,       cell->da0,   cell->dc0,     cell->extra};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        free(blocks[i]);
    }
}

static void cell_run(Cell *cell) {
    Error error = {0};
    Pass pass = {.kernels = kernels_choose(NULL, &error),
                 .rows = cell->rows,
                 .batch_rows = cell->rows,
                 .weights = cell->weights,
                 .prepared = cell->prepared,
                 .cache = cell->cache,
                 .x = cell->x,
                 .h0 = cell->a0,
                 .c0 = cell->c0,
                 .scratch = cell->scratch};
    cell->y = cell->layer->kind->forward(cell->layer, &pass);
    if (cell->dy) {
        pass.dy = cell->dy;
        pass.dx = cell->dx;
        pass.dweights = cell->gradient;
        pass.dh0 = cell->da0;
        pass.dc0 = cell->dc0;
        cell->layer->kind->backward(cell->layer, &pass);
    }
}

/* ---- the cell state, which a layer keeps to itself ------------------------------------------------------------- */

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}

/* Gate `g` of row b from tensors and an earlier output, in doubles. */
static double gate_sum(const Cell *cell, size_t g, size_t unit, const real *x, const real *a) {
    Tensor list[LAYER_TENSORS];
    cell->layer->kind->tensors(cell->layer, list);
    const size_t row = g * cell->units + unit;
    double sum = (double)cell->weights[tensor_index(&list[2], row, 0)];
    for (size_t i = 0; i < cell->inputs; i++) {
        sum += (double)cell->weights[tensor_index(&list[0], row, i)] * (double)x[i];
    }
    for (size_t i = 0; i < cell->units; i++) {
        sum += (double)cell->weights[tensor_index(&list[1], row, i)] * (double)a[i];
    }
    return sum;
}

/* c of a step, unit by unit: f c' + i g, where the outputs a are the layer's own. Its y must be o tanh(c), so that a wrong c of the layer's
 * cannot hide. */
static double cell_state(const Cell *cell, size_t step, size_t row, size_t unit) {
    const size_t ld = kernels_stride(cell->units), ld_x = kernels_stride(cell->inputs);
    double c = cell->c0 ? (double)cell->c0[row * ld + unit] : 0;
    for (size_t t = 0; t <= step; t++) {
        const real *x = cell->x + (t * cell->rows + row) * ld_x;
        const real *a = t ? cell->y + ((t - 1) * cell->rows + row) * ld : cell->a0 + row * ld;
        c = logistic(gate_sum(cell, 1, unit, x, a)) * c + logistic(gate_sum(cell, 0, unit, x, a)) * tanh(gate_sum(cell, 2, unit, x, a));
        const double y = logistic(gate_sum(cell, 3, unit, x, a)) * tanh(c);
        assert_true(golden_close((double)cell->y[(t * cell->rows + row) * ld + unit], y, least, 1, "o tanh(c)"));
    }
    return c;
}

/* The loss of the report's LSTM step reaches c straight, too (its dc), and a layer takes no gradient of its last c. But a = o tanh(c), so
 * dc is what dc / (o tanh'(c)) added to da gives everywhere except in the output gate, whose own gradients come from the run without it. */
static void fold_dc(Cell *cell, const Cell *plain) {
    const size_t ld = kernels_stride(cell->units), ld_x = kernels_stride(cell->inputs);
    cell->plain = plain;
    cell->extra = padded(cell->node, "dc", cell->rows, cell->units);
    for (size_t b = 0; b < cell->rows; b++) {
        for (size_t i = 0; i < cell->units; i++) {
            const double t = tanh(cell_state(plain, 0, b, i)), o = logistic(gate_sum(cell, 3, i, cell->x + b * ld_x, cell->a0 + b * ld));
            cell->extra[b * ld + i] /= (real)(o * (1 - t * t));
            cell->dy[b * ld + i] += cell->extra[b * ld + i];
        }
    }
}

/* What `extra` sent through the output gate into column `column` of tensor `which` (0: dx, 1: da0). */
static double through_output_gate(const Cell *cell, size_t which, size_t row, size_t column) {
    Tensor list[LAYER_TENSORS];
    cell->layer->kind->tensors(cell->layer, list);
    double sum = 0;
    for (size_t i = 0; i < cell->units; i++) {
        const double z = gate_sum(cell, 3, i, cell->x + row * kernels_stride(cell->inputs), cell->a0 + row * kernels_stride(cell->units));
        const double o = logistic(z),
                     d = (double)cell->extra[row * kernels_stride(cell->units) + i] * tanh(cell_state(cell, 0, row, i)) * o * (1 - o);
        sum += d * (double)cell->weights[tensor_index(&list[which], 3 * cell->units + i, column)];
    }
    return sum;
}

/* The network's own dense layer on all outputs of a cell, one row for each. */
typedef struct Head {
    Network network;
    const Layer *layer;
    Pass pass;
    real *weights, *gradient, *prepared, *cache, *dx;
    const real *z;
} Head;

static void head_init(Head *head, const Cell *cell) {
    Error error = {0};
    char spec[64];
    const size_t n = cell->steps * cell->rows;
    snprintf(spec, sizeof spec, "rnn:%zu,dense:%zu", cell->units, cell->outputs);
    assert_true(network_init(&head->network, spec, 1, 1, 0, &error));
    const Layer *layer = head->layer = &head->network.layers[1];
    head->weights = bench_zeros(layer->n_weights, sizeof(real));
    head->gradient = bench_zeros(layer->n_weights, sizeof(real));
    head->prepared = bench_zeros(layer->n_prepared, sizeof(real));
    head->cache = bench_zeros(layer->kind->cache(layer, n), sizeof(real));
    head->dx = padded(NULL, NULL, n, cell->units);
    set_tensor(cell->node, layer, 0, "dense", head->weights);
    set_tensor(cell->node, layer, 1, "dense_bias", head->weights);
    layer->kind->prepare(layer, kernels_choose(NULL, NULL), NULL, 2, head->weights, head->prepared);
    head->pass = (Pass){.kernels = kernels_choose(NULL, &error),
                        .rows = n,
                        .batch_rows = n,
                        .weights = head->weights,
                        .prepared = head->prepared,
                        .cache = head->cache,
                        .x = cell->y,
                        .dx = head->dx,
                        .dweights = head->gradient};
    head->z = layer->kind->forward(layer, &head->pass);
}

static void head_free(Head *head) {
    free(head->weights);
    free(head->gradient);
    free(head->prepared);
    free(head->cache);
    free(head->dx);
}

/* Softmax of one row of n sums. */
static double softmax_of(const real *z, size_t n, size_t place) {
    double sum = 0, most = (double)z[0];
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, (double)z[i]);
    }
    for (size_t i = 0; i < n; i++) {
        sum += exp((double)z[i] - most);
    }
    return exp((double)z[place] - most) / sum;
}

/* The report's prediction: softmax of the dense layer on the cell's output. */
static double softmax(const Cell *cell, size_t place) {
    Head head;
    head_init(&head, cell);
    const double value = softmax_of(head.z + place / cell->outputs * kernels_stride(cell->outputs), cell->outputs, place % cell->outputs);
    head_free(&head);
    return value;
}

static double in_rows(const real *rows, size_t width, size_t place) {
    return (double)rows[place / width * kernels_stride(width) + place % width];
}

static double in_tensor(const Cell *cell, size_t which, size_t place) {
    Tensor list[LAYER_TENSORS];
    cell->layer->kind->tensors(cell->layer, list);
    const size_t row = place / list[which].columns;
    const real *gradient = cell->plain && row >= 3 * cell->units ? cell->plain->gradient : cell->gradient;
    return (double)gradient[tensor_index(&list[which], row, place % list[which].columns)];
}

static double value_of(const Cell *cell, const char *what, size_t place) {
    const char *const tensors[] = {"dweight_ih", "dweight_hh", "dbias"};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(what, tensors[i]) == 0) {
            return in_tensor(cell, i, place);
        }
    }
    if (strcmp(what, "softmax") == 0) {
        return softmax(cell, place);
    }
    if (strcmp(what, "c") == 0) {
        const size_t row = place / cell->units % cell->rows, step = place / cell->units / cell->rows;
        return cell_state(cell, step, row, place % cell->units);
    }
    const struct {
        const char *what;
        const real *rows;
        size_t width;
    } all[] = {{"y", cell->y, cell->units},
               {"x", cell->x, cell->inputs},
               {"dx", cell->dx, cell->inputs},
               {"da0", cell->da0, cell->units},
               {"dc0", cell->dc0, cell->units}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(what, all[i].what) == 0) {
            const bool corrected = cell->plain && (i == 2 || i == 3);
            return in_rows(all[i].rows, all[i].width, place) -
                   (corrected ? through_output_gate(cell, i - 2, place / all[i].width, place % all[i].width) : 0);
        }
    }
    fail_msg("nothing is called '%s'", what);
    return NAN;
}

static bool as_printed(double actual, double printed, size_t digits) {
    const double half = 0.5000001 * pow(10, -(double)digits);
    return fabs(actual - printed) <= fmax(half, least * fmax(1, fabs(printed)));
}

static void check_value(const cJSON *expected, double actual) {
    const double printed = golden_number(expected, "value");
    if (!as_printed(actual, printed, golden_size(expected, "digits"))) {
        fail_msg("%s[%zu]: got %.17g, printed %.17g", golden_string(expected, "what"), golden_size(expected, "index"), actual, printed);
    }
}

static void check(const Cell *cell, const cJSON *expected) {
    check_value(expected, value_of(cell, golden_string(expected, "what"), golden_size(expected, "index")));
}

static size_t check_all(const Cell *cell, const cJSON *list) {
    const size_t n = golden_count(list, "");
    for (size_t i = 0; i < n; i++) {
        char path[32];
        snprintf(path, sizeof path, "%zu", i);
        check(cell, golden_at(list, path));
    }
    return n;
}

/* A cell ready to be looked at: `plain` is filled where the report's dc asks for two runs. */
static void run_both(Cell *cell, Cell *plain, const cJSON *node) {
    cell_init(cell, node);
    *plain = (Cell){0};
    if (golden_has(node, "dc")) {
        cell_init(plain, node);
        cell_run(plain);
        fold_dc(cell, plain);
    }
    cell_run(cell);
}

static void printed_numbers(void **state) {
    (void)state;
    size_t n_checked = 0;
    cJSON *document = golden_load("cells.json");
    assert_int_equal(golden_count(document, "cells"), 7);
    for (size_t i = 0; i < golden_count(document, "cells"); i++) {
        char path[32];
        Cell cell, plain;
        snprintf(path, sizeof path, "cells.%zu", i);
        run_both(&cell, &plain, golden_at(document, path));
        n_checked += check_all(&cell, golden_at(cell.node, "expected"));
        cell_free(&cell);
        cell_free(&plain);
    }
    assert_int_equal(n_checked, 94);
    cJSON_Delete(document);
}

/* The report's dxt and da_prev of the LSTM step take the forget gate's gradient for every gate and are wrong; ours are what its formulas
 * give with each gate's own. That ours are far from the printed ones shows that the comparison can fail. */
static void misprints(void **state) {
    (void)state;
    cJSON *document = golden_load("cells.json");
    const cJSON *node = golden_at(document, "cells.6");
    Cell cell, plain;
    assert_string_equal(golden_string(node, "name"), "lstm cell backward");
    run_both(&cell, &plain, node);
    assert_int_equal(check_all(&cell, golden_at(document, "errata")), 2);
    for (size_t i = 0; i < 2; i++) {
        char path[32];
        snprintf(path, sizeof path, "errata.%zu", i);
        const cJSON *wrong = golden_at(document, path);
        assert_false(
            as_printed(value_of(&cell, golden_string(wrong, "what"), golden_size(wrong, "index")), golden_number(wrong, "printed"), 2));
    }
    cell_free(&cell);
    cell_free(&plain);
    cJSON_Delete(document);
}

/* The sum of -log softmax over all steps; its gradient goes into dz and through the dense layer into the cell's dy. */
static double language_loss(Cell *cell, Head *head) {
    size_t n;
    double loss = 0, *answers = golden_array(cell->node, "answers", &n);
    real *dz = padded(NULL, NULL, n, cell->outputs);
    assert_int_equal(n, cell->steps);
    for (size_t t = 0; t < n; t++) {
        const real *z = head->z + t * kernels_stride(cell->outputs);
        const size_t answer = (size_t)answers[t];
        loss -= log(softmax_of(z, cell->outputs, answer));
        for (size_t i = 0; i < cell->outputs; i++) {
            dz[t * kernels_stride(cell->outputs) + i] = (real)(softmax_of(z, cell->outputs, i) - (i == answer));
        }
    }
    head->pass.dy = dz;
    head->layer->kind->backward(head->layer, &head->pass);
    free(dz);
    free(answers);
    return loss;
}

static double head_gradient(const Head *head, size_t which, size_t place) {
    Tensor list[LAYER_TENSORS];
    head->layer->kind->tensors(head->layer, list);
    return (double)head->gradient[tensor_index(&list[which], place / list[which].columns, place % list[which].columns)];
}

/* First of the largest, after clipping to 5. */
static size_t largest(const Cell *cell) {
    size_t best = 0;
    for (size_t i = 0; i < cell->inputs * cell->units; i++) {
        if (fmin(5, in_tensor(cell, 0, i)) > fmin(5, in_tensor(cell, 0, best))) {
            best = i;
        }
    }
    return best;
}

/* One step of the character model: a plain cell from a given state, a dense head on every step. */
static void language_model(void **state) {
    (void)state;
    cJSON *document = golden_load("cells.json");
    const cJSON *node = golden_at(document, "language");
    Cell cell;
    Head head;
    cell_init(&cell, node);
    cell_run(&cell);
    head_init(&head, &cell);
    check_value(golden_at(node, "loss"), language_loss(&cell, &head));
    check_value(golden_at(node, "ddense"), head_gradient(&head, 0, golden_size(node, "ddense.index")));
    check_value(golden_at(node, "ddense_bias"), head_gradient(&head, 1, golden_size(node, "ddense_bias.index")));
    cell.dy = head.dx;
    head.dx = NULL;
    cell_run(&cell);
    assert_int_equal(check_all(&cell, golden_at(node, "expected")), 3);
    assert_int_equal(largest(&cell), golden_size(node, "largest_dweight_ih"));
    head_free(&head);
    cell_free(&cell);
    cJSON_Delete(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(printed_numbers), cmocka_unit_test(misprints), cmocka_unit_test(language_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
