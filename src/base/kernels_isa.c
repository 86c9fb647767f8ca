/* The kernels of isa/, compiled once for each instruction set under the name KERNELS_TABLE. See kernels.h. */
#include "lstmfc/kernels.h"

/* In the order of the table below. */
#include "isa/product.h"
#include "isa/dots.h"
#include "isa/cell.h"
#include "isa/dropout.h"
#include "isa/step.h"
#include "isa/transpose.h"

extern const Kernels KERNELS_TABLE;
const Kernels KERNELS_TABLE = {
    .name = VEC_NAME,
    .lanes = VEC_LANES,
    .product = product,
    .product_dots = product_dots,
    .product_row = product_row,
    .dots_row = dots_row,
    .activate = activate,
    .activate_backward = activate_backward,
    .lstm_forward = lstm_forward,
    .lstm_backward = lstm_backward,
    .gru_forward = gru_forward,
    .gru_backward = gru_backward,
    .dropout = dropout,
    .adam = adam,
    .rmsprop = rmsprop,
    .sgd = sgd,
    .add = add,
    .transpose = transpose,
};
