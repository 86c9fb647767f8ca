/* recurrent_kind.h - the descriptor of a kind that runs `cell` on the common driver; included at the end of its file, which names
 * RECURRENT_KIND, RECURRENT_NAME and RECURRENT_SUMMARY. */
static void shape(Layer *layer) {
    recurrent_shape(&cell.recurrent, layer);
}

static size_t tensors(const Layer *layer, Tensor *list) {
    return recurrent_tensors(&cell.recurrent, layer, list);
}

static size_t cache(const Layer *layer, size_t rows) {
    return recurrent_cache(&cell.recurrent, layer, rows);
}

static size_t scratch(const Layer *layer, size_t rows) {
    return recurrent_scratch(&cell.recurrent, layer, rows);
}

static void own(const Layer *layer, const Team *team, size_t *first, size_t *last) {
    recurrent_own(&cell.recurrent, layer, team, first, last);
}

static void prepare(const Layer *layer, const Kernels *kernels, const Team *team, size_t rows, const real *weights, real *prepared) {
    recurrent_prepare(&cell.recurrent, layer, kernels, team, rows, weights, prepared);
}

static const real *forward(const Layer *layer, const Pass *pass) {
    return recurrent_forward(&cell, layer, pass);
}

static void backward(const Layer *layer, const Pass *pass) {
    recurrent_backward(&cell, layer, pass);
}

extern const LayerKind RECURRENT_KIND;
const LayerKind RECURRENT_KIND = {
    .name = RECURRENT_NAME,
    .summary = RECURRENT_SUMMARY,
    .recurrent = true,
    .teams = true,
    .activation = ACTIVATION_TANH,
    .shape = shape,
    .tensors = tensors,
    .cache = cache,
    .scratch = scratch,
    .own = own,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
};
