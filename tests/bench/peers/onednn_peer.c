/* oneDNN 2.x as a peer (protocol: peer.py): its LSTM and GRU (linear before reset) primitives, one a layer, forward_training and backward,
 * with the least around them that makes a trainer: dropout, dense layers, loss and optimizer in plain C.
 *
 * usage: onednn_peer THREADS      build: cc -O3 -march=native -std=gnu11 onednn_peer.c -ldnnl -lm
 * Weights are kept as oneDNN's plain ldigo; where a primitive asks for another layout of them, they are reordered once a batch.
 */
#include <dnnl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { T = 60, LAYERS = 8 };

#define CHECK(call)                                                       \
    do {                                                                  \
        const dnnl_status_t status_ = (call);                             \
        if (status_ != dnnl_success) {                                    \
            printf("@no oneDNN status %d: %s\n", (int)status_, #call);    \
            fflush(stdout);                                               \
            exit(1);                                                      \
        }                                                                 \
    } while (0)

typedef struct Spec {
    bool gru;
    int n_units, units[LAYERS], n_dense, dense[LAYERS], batch, windows;
    float dropout[LAYERS];
    char optimizer[16];
} Spec;

/* One layer's tensors in the flat vectors of weights and gradients. */
typedef struct Slice {
    int in, out;
    size_t w, u, b;
} Slice;

/* A primitive with the memory it runs on. */
typedef struct Call {
    dnnl_primitive_t primitive;
    int n;
    dnnl_exec_arg_t args[32];
} Call;

/* One layer for one batch size. */
typedef struct Stage {
    Call forward, backward, reorder[4];
    int n_before, n_reorders; /* reorders before forward; all before backward */
    float *y, *dy, *dx;       /* (T,B,H), (T,B,H), (T,B,I) */
    float *out;               /* y after dropout; y itself where there is none, since backward wants the layer's own output */
} Stage;

typedef struct Plan {
    int batch;
    bool training;
    float *x;
    Stage stages[LAYERS];
} Plan;

typedef struct Net {
    Spec spec;
    Slice cells[LAYERS], dense[LAYERS];
    size_t n;
    float *w, *g, *m, *v, *series, *mask[LAYERS], *head[LAYERS + 1], *dhead[LAYERS + 1];
    Plan full, rest;
    long step;
    int *order;
} Net;

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static unsigned long long random_state = 88172645463325252ull;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static unsigned random32(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 32);
}

static float *floats(size_t n) {
    void *p;
    if (posix_memalign(&p, 64, (n ? n : 1) * sizeof(float))) {
        exit(10);
    }
    memset(p, 0, n * sizeof(float));
    return p;
}

static int gates(const Net *net) {
    return net->spec.gru ? 3 : 4;
}

/* Rows of bias: the GRU with the reset after the product has one more. */
static int bias_rows(void) {
    return 4;
}

/* ---- primitives */

static dnnl_memory_desc_t shape(int n_dims, const dnnl_dim_t *dims, dnnl_format_tag_t tag) {
    dnnl_memory_desc_t d;
    dnnl_dims_t all = {0};
    memcpy(all, dims, (size_t)n_dims * sizeof *dims);
    CHECK(dnnl_memory_desc_init_by_tag(&d, n_dims, all, dnnl_f32, tag));
    return d;
}

static dnnl_memory_t memory_of(const dnnl_memory_desc_t *d, void *data) {
    dnnl_memory_t m;
    CHECK(dnnl_memory_create(&m, d, engine, data ? data : DNNL_MEMORY_ALLOCATE));
    return m;
}

static void give(Call *call, int arg, dnnl_memory_t m) {
    call->args[call->n++] = (dnnl_exec_arg_t){arg, m};
}

static void run(const Call *call) {
    CHECK(dnnl_primitive_execute(call->primitive, stream, call->n, call->args));
}

static const dnnl_memory_desc_t *asked(const_dnnl_primitive_desc_t pd, dnnl_query_t what, int index) {
    return dnnl_primitive_desc_query_md(pd, what, index);
}

/* The memory that a primitive reads weights from: ours, or a reordered copy that is made anew each batch. */
static dnnl_memory_t weights_as(Stage *stage, const dnnl_memory_desc_t *ours, float *data, const dnnl_memory_desc_t *wanted) {
    dnnl_memory_t from = memory_of(ours, data);
    if (dnnl_memory_desc_equal(ours, wanted)) {
        return from;
    }
    dnnl_memory_t to = memory_of(wanted, NULL);
    Call *call = &stage->reorder[stage->n_reorders++];
    dnnl_primitive_desc_t pd;
    CHECK(dnnl_reorder_primitive_desc_create(&pd, ours, engine, wanted, engine, NULL));
    CHECK(dnnl_primitive_create(&call->primitive, pd));
    give(call, DNNL_ARG_FROM, from);
    give(call, DNNL_ARG_TO, to);
    return to;
}

static void make_stage(Net *net, Plan *plan, int k, float *x) {
    const Slice *s = &net->cells[k];
    Stage *st = &plan->stages[k];
    const dnnl_dim_t B = plan->batch, I = s->in, H = s->out, G = gates(net);
    const dnnl_memory_desc_t src = shape(3, (dnnl_dim_t[]){T, B, I}, dnnl_tnc), dst = shape(3, (dnnl_dim_t[]){T, B, H}, dnnl_tnc);
    const dnnl_memory_desc_t w = shape(5, (dnnl_dim_t[]){1, 1, I, G, H}, dnnl_ldigo),
                             u = shape(5, (dnnl_dim_t[]){1, 1, H, G, H}, dnnl_ldigo);
    const dnnl_memory_desc_t w_any = shape(5, (dnnl_dim_t[]){1, 1, I, G, H}, dnnl_format_tag_any),
                             u_any = shape(5, (dnnl_dim_t[]){1, 1, H, G, H}, dnnl_format_tag_any);
    const dnnl_memory_desc_t b = shape(4, (dnnl_dim_t[]){1, 1, bias_rows(), H}, dnnl_ldgo);
    const dnnl_prop_kind_t kind = plan->training ? dnnl_forward_training : dnnl_forward_inference;
    const dnnl_rnn_direction_t way = dnnl_unidirectional_left2right;
    dnnl_rnn_desc_t d;
    dnnl_primitive_desc_t fpd, bpd;
    if (net->spec.gru) {
        CHECK(dnnl_lbr_gru_forward_desc_init(&d, kind, way, &src, NULL, &w_any, &u_any, &b, &dst, NULL, 0));
    } else {
        CHECK(dnnl_lstm_forward_desc_init(&d, kind, way, &src, NULL, NULL, &w_any, &u_any, &b, &dst, NULL, NULL, 0));
    }
    CHECK(dnnl_primitive_desc_create(&fpd, &d, NULL, engine, NULL));
    CHECK(dnnl_primitive_create(&st->forward.primitive, fpd));
    st->y = floats((size_t)(T * B * H));
    st->out = plan->training && net->spec.dropout[k] > 0 ? floats((size_t)(T * B * H)) : st->y;
    dnnl_memory_t m_src = memory_of(&src, x), m_dst = memory_of(&dst, st->y), m_b = memory_of(&b, net->w + s->b);
    give(&st->forward, DNNL_ARG_SRC_LAYER, m_src);
    give(&st->forward, DNNL_ARG_DST_LAYER, m_dst);
    give(&st->forward, DNNL_ARG_BIAS, m_b);
    give(&st->forward, DNNL_ARG_WEIGHTS_LAYER, weights_as(st, &w, net->w + s->w, asked(fpd, dnnl_query_weights_md, 0)));
    give(&st->forward, DNNL_ARG_WEIGHTS_ITER, weights_as(st, &u, net->w + s->u, asked(fpd, dnnl_query_weights_md, 1)));
    st->n_before = st->n_reorders;
    if (!plan->training) {
        return;
    }
    dnnl_memory_t workspace = memory_of(asked(fpd, dnnl_query_workspace_md, 0), NULL);
    give(&st->forward, DNNL_ARG_WORKSPACE, workspace);
    if (net->spec.gru) {
        CHECK(dnnl_lbr_gru_backward_desc_init(&d, dnnl_backward, way, &src, NULL, &w_any, &u_any, &b, &dst, NULL, &src, NULL, &w, &u, &b,
                                              &dst, NULL, 0));
    } else {
        CHECK(dnnl_lstm_backward_desc_init(&d, dnnl_backward, way, &src, NULL, NULL, &w_any, &u_any, &b, &dst, NULL, NULL, &src, NULL, NULL,
                                           &w, &u, &b, &dst, NULL, NULL, 0));
    }
    CHECK(dnnl_primitive_desc_create(&bpd, &d, NULL, engine, fpd));
    CHECK(dnnl_primitive_create(&st->backward.primitive, bpd));
    st->dy = floats((size_t)(T * B * H));
    st->dx = floats((size_t)(T * B * I));
    give(&st->backward, DNNL_ARG_SRC_LAYER, m_src);
    give(&st->backward, DNNL_ARG_DST_LAYER, m_dst);
    give(&st->backward, DNNL_ARG_BIAS, m_b);
    give(&st->backward, DNNL_ARG_WEIGHTS_LAYER, weights_as(st, &w, net->w + s->w, asked(bpd, dnnl_query_weights_md, 0)));
    give(&st->backward, DNNL_ARG_WEIGHTS_ITER, weights_as(st, &u, net->w + s->u, asked(bpd, dnnl_query_weights_md, 1)));
    give(&st->backward, DNNL_ARG_WORKSPACE, workspace);
    give(&st->backward, DNNL_ARG_DIFF_SRC_LAYER, memory_of(&src, st->dx));
    give(&st->backward, DNNL_ARG_DIFF_DST_LAYER, memory_of(&dst, st->dy));
    give(&st->backward, DNNL_ARG_DIFF_WEIGHTS_LAYER, memory_of(&w, net->g + s->w));
    give(&st->backward, DNNL_ARG_DIFF_WEIGHTS_ITER, memory_of(&u, net->g + s->u));
    give(&st->backward, DNNL_ARG_DIFF_BIAS, memory_of(&b, net->g + s->b));
}

static void make_plan(Net *net, Plan *plan, int batch, bool training) {
    *plan = (Plan){.batch = batch, .training = training, .x = floats((size_t)(T * batch))};
    for (int k = 0; k < net->spec.n_units; k++) {
        make_stage(net, plan, k, k ? plan->stages[k - 1].out : plan->x);
    }
}

/* ---- the network around them */

static void make_slices(Net *net) {
    int in = 1;
    for (int k = 0; k < net->spec.n_units; k++) {
        const size_t H = (size_t)net->spec.units[k], G = (size_t)gates(net);
        net->cells[k] = (Slice){in, (int)H, net->n, net->n + (size_t)in * G * H, net->n + ((size_t)in + H) * G * H};
        net->n += (((size_t)in + H) * G + (size_t)bias_rows()) * H;
        in = (int)H;
    }
    for (int k = 0; k < net->spec.n_dense; k++) {
        const size_t out = (size_t)net->spec.dense[k];
        net->dense[k] = (Slice){in, (int)out, net->n, 0, net->n + (size_t)in * out};
        net->n += ((size_t)in + 1) * out;
        in = (int)out;
    }
}

static void draw(float *w, size_t n, int fan) {
    const float limit = sqrtf(3 / (float)fan);
    for (size_t i = 0; i < n; i++) {
        w[i] = limit * ((float)random32() * 0x1p-31f - 1);
    }
}

static void make_weights(Net *net) {
    net->w = floats(net->n);
    net->g = floats(net->n);
    net->m = floats(net->n);
    net->v = floats(net->n);
    for (int k = 0; k < net->spec.n_units; k++) {
        const Slice *s = &net->cells[k];
        draw(net->w + s->w, s->u - s->w, s->in);
        draw(net->w + s->u, s->b - s->u, s->out);
    }
    for (int k = 0; k < net->spec.n_dense; k++) {
        draw(net->w + net->dense[k].w, (size_t)net->dense[k].in * (size_t)net->dense[k].out, net->dense[k].in);
    }
}

static void make_net(Net *net) {
    const Spec *s = &net->spec;
    make_slices(net);
    make_weights(net);
    net->series = floats((size_t)(s->windows + T));
    net->order = calloc((unsigned)s->windows, sizeof *net->order);
    for (int i = 0; i < s->windows + T; i++) {
        net->series[i] = (1 + sinf(.05f * (float)i)) / 2;
    }
    for (int i = 0; i < s->windows; i++) {
        net->order[i] = i;
    }
    for (int k = 0; k < s->n_units; k++) {
        net->mask[k] = floats((size_t)(T * s->batch * s->units[k]));
    }
    for (int k = 0; k <= s->n_dense; k++) {
        const int n = k ? s->dense[k - 1] : s->units[s->n_units - 1];
        net->head[k] = floats((size_t)(s->batch * n));
        net->dhead[k] = floats((size_t)(s->batch * n));
    }
    make_plan(net, &net->full, s->batch < s->windows ? s->batch : s->windows, true);
    if (s->windows % s->batch) {
        make_plan(net, &net->rest, s->windows % s->batch, true);
    }
}

/* The mask is kept for the way back. */
static void drop(const float *y, float *mask, size_t n, float p, float *out) {
    const unsigned limit = (unsigned)((double)p * 4294967295.0);
    for (size_t i = 0; i < n; i++) {
        mask[i] = random32() < limit ? 0 : 1 / (1 - p);
        out[i] = y[i] * mask[i];
    }
}

static void gather(const Net *net, Plan *plan, int first) {
    for (int t = 0; t < T; t++) {
        for (int b = 0; b < plan->batch; b++) {
            plan->x[t * plan->batch + b] = net->series[net->order[first + b] + t];
        }
    }
}

/* Dense layers and loss, forward and back; leaves the gradient of the last hidden state in dhead[0]. */
static float head(Net *net, const Plan *plan, int first) {
    const Spec *s = &net->spec;
    const int B = plan->batch, last = s->n_dense;
    float loss = 0;
    for (int k = 0; k < last; k++) {
        const Slice *d = &net->dense[k];
        for (int b = 0; b < B; b++) {
            for (int o = 0; o < d->out; o++) {
                float sum = net->w[d->b + (size_t)o];
                for (int i = 0; i < d->in; i++) {
                    sum += net->head[k][b * d->in + i] * net->w[d->w + (size_t)(o * d->in + i)];
                }
                net->head[k + 1][b * d->out + o] = sum;
            }
        }
    }
    for (int b = 0; b < B; b++) {
        const float e = net->head[last][b] - net->series[net->order[first + b] + T];
        loss += e * e;
        net->dhead[last][b] = 2 * e / (float)B;
    }
    for (int k = last - 1; k >= 0; k--) {
        const Slice *d = &net->dense[k];
        memset(net->dhead[k], 0, (size_t)(B * d->in) * sizeof(float));
        for (int b = 0; b < B; b++) {
            for (int o = 0; o < d->out; o++) {
                const float dy = net->dhead[k + 1][b * d->out + o];
                net->g[d->b + (size_t)o] += dy;
                for (int i = 0; i < d->in; i++) {
                    net->g[d->w + (size_t)(o * d->in + i)] += dy * net->head[k][b * d->in + i];
                    net->dhead[k][b * d->in + i] += dy * net->w[d->w + (size_t)(o * d->in + i)];
                }
            }
        }
    }
    return loss;
}

static void optimize(Net *net) {
    float *restrict w = net->w, *restrict m = net->m, *restrict v = net->v;
    const float *restrict g = net->g;
    const size_t n = net->n;
    net->step++;
    if (strcmp(net->spec.optimizer, "adam") == 0) {
        const float c1 = (float)(1e-3 / (1 - pow(.9, (double)net->step))), c2 = (float)(1 / sqrt(1 - pow(.999, (double)net->step)));
        for (size_t i = 0; i < n; i++) {
            m[i] = .9f * m[i] + .1f * g[i];
            v[i] = .999f * v[i] + .001f * g[i] * g[i];
            w[i] -= c1 * m[i] / (sqrtf(v[i]) * c2 + 1e-8f);
        }
    } else if (strcmp(net->spec.optimizer, "rmsprop") == 0) {
        for (size_t i = 0; i < n; i++) {
            v[i] = .9f * v[i] + .1f * g[i] * g[i];
            w[i] -= 1e-3f * g[i] / sqrtf(v[i] + 1e-7f);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            m[i] = .9f * m[i] + g[i];
            w[i] -= .01f * m[i];
        }
    }
}

static void stack_forward(Net *net, Plan *plan) {
    const Spec *s = &net->spec;
    for (int k = 0; k < s->n_units; k++) {
        Stage *st = &plan->stages[k];
        const size_t step = (size_t)(plan->batch * s->units[k]);
        for (int i = 0; i < st->n_before; i++) {
            run(&st->reorder[i]);
        }
        run(&st->forward);
        CHECK(dnnl_stream_wait(stream));
        const bool masked = plan->training && s->dropout[k] > 0;
        if (k < s->n_units - 1 && masked) {
            drop(st->y, net->mask[k], T * step, s->dropout[k], st->out);
        } else if (masked) {
            drop(st->y + (T - 1) * step, net->mask[k], step, s->dropout[k], net->head[0]);
        } else if (k == s->n_units - 1) {
            memcpy(net->head[0], st->y + (T - 1) * step, step * sizeof(float));
        }
    }
}

static void multiply(float *x, const float *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        x[i] *= y[i];
    }
}

static void stack_backward(Net *net, Plan *plan) {
    const Spec *s = &net->spec;
    for (int k = s->n_units - 1; k >= 0; k--) {
        Stage *st = &plan->stages[k];
        const size_t step = (size_t)(plan->batch * s->units[k]);
        if (k == s->n_units - 1) {
            memcpy(st->dy + (T - 1) * step, net->dhead[0], step * sizeof(float)); /* earlier steps stay 0 */
            if (s->dropout[k] > 0) {
                multiply(st->dy + (T - 1) * step, net->mask[k], step);
            }
        } else {
            memcpy(st->dy, plan->stages[k + 1].dx, T * step * sizeof(float));
            if (s->dropout[k] > 0) {
                multiply(st->dy, net->mask[k], T * step);
            }
        }
        for (int i = st->n_before; i < st->n_reorders; i++) {
            run(&st->reorder[i]);
        }
        run(&st->backward);
        CHECK(dnnl_stream_wait(stream));
    }
}

static float epoch(Net *net) {
    const int n = net->spec.windows;
    float loss = 0;
    for (int i = n - 1; i > 0; i--) {
        const int j = (int)(random32() % (unsigned)(i + 1)), t = net->order[i];
        net->order[i] = net->order[j];
        net->order[j] = t;
    }
    for (int first = 0; first < n;) {
        Plan *plan = n - first >= net->full.batch ? &net->full : &net->rest;
        gather(net, plan, first);
        stack_forward(net, plan);
        memset(net->g, 0, net->n * sizeof(float)); /* oneDNN adds to gradients */
        loss += head(net, plan, first);
        stack_backward(net, plan);
        optimize(net);
        first += plan->batch;
    }
    return loss / (float)n;
}

/* ---- protocol */

/* Numbers of a comma list; how many. */
static int list(char *text, float *values) {
    int n = 0;
    for (char *p = strtok(text, ","); p && n < LAYERS; p = strtok(NULL, ",")) {
        values[n++] = (float)atof(p);
    }
    return n;
}

static int integers(char *text, int *values) {
    float v[LAYERS];
    const int n = list(text, v);
    for (int i = 0; i < n; i++) {
        values[i] = (int)v[i];
    }
    return n;
}

/* Nets are not freed: a peer lives for a few loads. */
static Net *load(const char *line) {
    char cell[16], units[128], dropout[128], dense[128];
    Net *net = calloc(1, sizeof *net);
    Spec *s = &net->spec;
    if (sscanf(line, "load %15s %127s %127s %127s %d %15s %d", cell, units, dropout, dense, &s->batch, s->optimizer, &s->windows) != 7 ||
        s->batch < 1 || s->windows < 1) {
        free(net);
        return NULL;
    }
    s->gru = strcmp(cell, "gru") == 0;
    s->n_units = integers(units, s->units);
    list(dropout, s->dropout);
    s->n_dense = integers(dense, s->dense);
    make_net(net);
    return net;
}

static void forward(Net *net, int n, int repeats) {
    Plan plan;
    float *head_was = net->head[0];
    net->head[0] = floats((size_t)(n * net->spec.units[net->spec.n_units - 1]));
    make_plan(net, &plan, n, false);
    gather(net, &plan, 0);
    stack_forward(net, &plan);
    putchar('@');
    for (int i = 0; i < repeats; i++) {
        const double start = now();
        stack_forward(net, &plan);
        printf("%.9f ", now() - start); /* without the dense layer: a few microseconds in its favour */
    }
    putchar('\n');
    free(net->head[0]);
    net->head[0] = head_was;
}

int main(void) {
    char line[1024];
    Net *net = NULL;
    const dnnl_version_t *version = dnnl_version();
    CHECK(dnnl_engine_create(&engine, dnnl_cpu, 0));
    CHECK(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
    printf("@ready oneDNN %d.%d.%d\n", version->major, version->minor, version->patch);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) && strncmp(line, "quit", 4) != 0) {
        int n, repeats;
        if (strncmp(line, "load ", 5) == 0) {
            net = load(line);
            puts(net ? "@ok" : "@no spec");
        } else if (net && strncmp(line, "epoch", 5) == 0) {
            const double start = now();
            const float loss = epoch(net);
            printf("@%.6f %g\n", now() - start, (double)loss);
        } else if (net && sscanf(line, "forward %d %d", &n, &repeats) == 2 && n <= net->spec.windows) {
            forward(net, n, repeats);
        } else {
            puts("@no command");
        }
        fflush(stdout);
    }
    return 0;
}
