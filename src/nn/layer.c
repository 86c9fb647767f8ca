#include "lstmfc/layer.h"

#include <string.h>

extern const LayerKind layer_rnn, layer_lstm, layer_gru, layer_gru_before, layer_birnn, layer_bilstm, layer_bigru, layer_attention, layer_dense, layer_dropout;

const LayerKind *const layer_kinds[] = {&layer_rnn,   &layer_lstm,      &layer_gru,   &layer_gru_before, &layer_birnn, &layer_bilstm,
                                        &layer_bigru, &layer_attention, &layer_dense, &layer_dropout,    NULL};

const char *const activation_names[ACTIVATION_COUNT] = {"linear", "tanh", "sigmoid", "relu"};

const LayerKind *layer_kind_find(const char *name) {
    for (size_t i = 0; layer_kinds[i]; i++) {
        if (strcmp(layer_kinds[i]->name, name) == 0) {
            return layer_kinds[i];
        }
    }
    return NULL;
}

size_t layer_parts(size_t n_units) {
    return n_units < 32 ? 1 : n_units < 192 ? 2 : n_units < 384 ? 4 : 8;
}

size_t tensor_size(const Tensor *tensor) {
    return tensor->rows * tensor->columns;
}

size_t tensor_index(const Tensor *tensor, size_t row, size_t column) {
    const size_t units = tensor->rows / tensor->n_blocks, block = tensor->order[row / units], unit = row % units, weave = tensor->weave;
    const size_t group = weave ? unit - unit % weave : 0, size = !weave || units - group < weave ? units - group : weave;
    const size_t place = group * tensor->n_blocks + block * size + (unit - group);
    return tensor->offset + place * tensor->row_stride + column * tensor->column_stride;
}

void tensor_write(const Tensor *tensor, const real *range, float *file_order) {
    for (size_t r = 0; r < tensor->rows; r++) {
        for (size_t c = 0; c < tensor->columns; c++) {
            *file_order++ = tensor->zero ? 0 : (float)range[tensor_index(tensor, r, c)];
        }
    }
}

void tensor_read(const Tensor *tensor, const float *file_order, real *range) {
    for (size_t r = 0; r < tensor->rows; r++) {
        for (size_t c = 0; c < tensor->columns; c++) {
            real *place = range + tensor_index(tensor, r, c);
            *place = (tensor->zero ? *place : 0) + (real)*file_order++;
        }
    }
}
