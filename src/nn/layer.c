#include "lstmfc/layer.h"

#include <string.h>

extern const LayerKind layer_rnn, layer_lstm, layer_gru, layer_gru_before, layer_birnn, layer_bilstm, layer_bigru, layer_esn,
    layer_attention, layer_dense, layer_dropout;

const LayerKind *const layer_kinds[] = {&layer_rnn,   &layer_lstm,      &layer_gru,   &layer_gru_before, &layer_birnn, &layer_bilstm,
                                        &layer_bigru, &layer_esn,       &layer_attention, &layer_dense,  &layer_dropout, NULL};

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
    return n_units < 96 ? 1 : n_units < 192 ? 2 : n_units < 384 ? 4 : LAYER_PARTS;
}

size_t layer_part_start(size_t n_units, size_t n_parts, size_t part) {
    const size_t start = REAL_PAD(n_units) / REAL_ALIGN * part / n_parts * REAL_ALIGN;
    return start < n_units ? start : n_units;
}

size_t tensor_size(const Tensor *tensor) {
    return tensor->rows * tensor->columns;
}

size_t tensor_index(const Tensor *tensor, size_t row, size_t column) {
    const size_t units = tensor->rows / tensor->n_blocks, block = tensor->order[row / units], weave = tensor->weave;
    const TensorPart *part = tensor->parts;
    size_t unit = row % units;
    for (; unit >= part->units; part++) {
        unit -= part->units;
    }
    const size_t group = weave ? unit - unit % weave : 0, left = part->units - group, size = weave && weave < left ? weave : left;
    const size_t place = group * tensor->n_blocks + block * size + (unit - group);
    return tensor->offset + part->offset + place * tensor->row_stride + column * part->column_stride;
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
