/* KANN as a peer (protocol: peer.py): its LSTM, GRU, dropout and dense layers, unrolled over the window, and its own gradients; with more
 * than one thread its kann_mt, which gives each a part of every batch.
 *
 * usage: kann_peer THREADS      build: cc -O3 -march=native -std=gnu11 -DHAVE_PTHREAD -I DIR kann_peer.c DIR/kann.c DIR/kautodiff.c -lm
 * -lpthread
 *                                      (-DHAVE_CBLAS and -lopenblas for products by OpenBLAS)
 * RMSprop is KANN's own; it has neither Adam nor momentum, so those are plain C here.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kann.h"

enum { T = 60, LAYERS = 8 };

typedef struct Spec {
    bool gru;
    int n_units, n_dense, batch, windows;
    float units[LAYERS], dropout[LAYERS], dense[LAYERS];
    char optimizer[16];
} Spec;

typedef struct Net {
    Spec spec;
    bool threads;        /* more than one, each with a part of the batch */
    kann_t *ann, *steps; /* one step, and T of them on the same weights */
    int n_weights, *order;
    long step;
    float *m, *v;        /* slots of the optimizer, (n_weights) each */
    float *series;       /* (windows + T) */
    float *x[T], *y[1];  /* (B) each: the batch as KANN reads it */
} Net;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *zeroed(int n, size_t size) {
    void *p = calloc((size_t)n, size);
    if (!p) {
        exit(10);
    }
    return p;
}

static float *floats(int n) {
    return zeroed(n, sizeof(float));
}

/* ---- the network */

static kann_t *make_graph(const Spec *s) {
    kad_node_t *t = kann_layer_input(1);
    for (int l = 0; l < s->n_units; l++) {
        t = s->gru ? kann_layer_gru(t, (int)s->units[l], 0) : kann_layer_lstm(t, (int)s->units[l], 0);
        if (l == s->n_units - 1) {
            t = kad_select(1, &t, -1); /* of the last layer only the last step goes on */
        }
        if (s->dropout[l] > 0) {
            t = kann_layer_dropout(t, s->dropout[l]);
        }
    }
    for (int l = 0; l < s->n_dense - 1; l++) {
        t = kann_layer_dense(t, (int)s->dense[l]);
    }
    return kann_new(kann_layer_cost(t, (int)s->dense[s->n_dense - 1], KANN_C_MSE), 0);
}

static void make_data(Net *net) {
    const Spec *s = &net->spec;
    net->series = floats(s->windows + T);
    for (int i = 0; i < s->windows + T; i++) {
        net->series[i] = (1 + sinf(.05f * (float)i)) / 2;
    }
    net->order = zeroed(s->windows, sizeof *net->order);
    for (int k = 0; k < T; k++) {
        net->x[k] = floats(s->batch);
    }
    net->y[0] = floats(s->batch);
}

static void make_net(Net *net, int threads) {
    const Spec *s = &net->spec;
    net->ann = make_graph(s);
    net->steps = kann_unroll(net->ann, T);
    net->n_weights = kann_size_var(net->ann);
    net->m = floats(net->n_weights);
    net->v = floats(net->n_weights);
    make_data(net);
    kann_set_batch_size(net->steps, s->batch);
    net->threads = threads > 1 && s->batch >= threads;
    if (net->threads) {
        kann_mt(net->steps, threads, s->batch);
    }
    kann_switch(net->steps, 1);
    kann_feed_bind(net->steps, KANN_F_IN, 0, net->x);
    kann_feed_bind(net->steps, KANN_F_TRUTH, 0, net->y);
}

/* ---- optimizers */

static void adam(Net *net, const float *g, float *w) {
    const double t = (double)++net->step;
    const float rate = (float)(1e-3 / (1 - pow(.9, t))), correction = (float)(1 / sqrt(1 - pow(.999, t)));
    float *m = net->m, *v = net->v;
    for (int i = 0; i < net->n_weights; i++) {
        m[i] = .9f * m[i] + .1f * g[i];
        v[i] = .999f * v[i] + .001f * g[i] * g[i];
        w[i] -= rate * m[i] / (sqrtf(v[i]) * correction + 1e-8f);
    }
}

static void sgd(Net *net, const float *g, float *w) {
    float *m = net->m;
    for (int i = 0; i < net->n_weights; i++) {
        m[i] = .9f * m[i] + g[i];
        w[i] -= .01f * m[i];
    }
}

static void optimize(Net *net) {
    const float *g = net->steps->g;
    float *w = net->steps->x;
    if (strcmp(net->spec.optimizer, "rmsprop") == 0) {
        kann_RMSprop(net->n_weights, 1e-3f, NULL, .9f, g, w, net->v);
    } else if (strcmp(net->spec.optimizer, "adam") == 0) {
        adam(net, g, w);
    } else {
        sgd(net, g, w);
    }
}

/* ---- batches */

static void gather(Net *net, const int *windows, int n) {
    for (int k = 0; k < T; k++) {
        for (int i = 0; i < n; i++) {
            net->x[k][i] = net->series[windows[i] + k];
        }
    }
    for (int i = 0; i < n; i++) {
        net->y[0][i] = net->series[windows[i] + T];
    }
}

static float epoch(Net *net) {
    const int n = net->spec.windows, batch = net->spec.batch;
    double loss = 0;
    kann_shuffle(n, net->order);
    for (int first = 0; first < n; first += batch) {
        int rows = n - first < batch ? n - first : batch;
        if (net->threads && n >= batch) { /* all batches of one size, as the threads were started for: the last one begins earlier */
            first = n - first < batch ? n - batch : first;
            rows = batch;
        }
        kann_set_batch_size(net->steps, rows);
        gather(net, net->order + first, rows);
        loss += (double)kann_cost(net->steps, 0, 1) * rows;
        optimize(net);
    }
    return (float)(loss / n);
}

static void forward(Net *net, int n, int repeats) {
    kann_t *steps = kann_unroll(net->ann, T);
    float *x[T];
    for (int k = 0; k < T; k++) {
        x[k] = floats(n);
        memcpy(x[k], net->series + k, (size_t)n * sizeof(float));
    }
    kann_set_batch_size(steps, n);
    kann_switch(steps, 0);
    kann_feed_bind(steps, KANN_F_IN, 0, x);
    kann_eval(steps, KANN_F_OUT, 0);
    putchar('@');
    for (int i = 0; i < repeats; i++) {
        const double start = now();
        kann_eval(steps, KANN_F_OUT, 0);
        printf("%.9f ", now() - start);
    }
    putchar('\n');
    kann_delete_unrolled(steps);
    for (int k = 0; k < T; k++) {
        free(x[k]);
    }
    kann_switch(net->steps, 1);
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

/* Nets are not freed: a peer lives for a few loads. */
static Net *load(const char *line, int threads) {
    char cell[16], units[128], dropout[128], dense[128];
    Net *net = zeroed(1, sizeof *net);
    Spec *s = &net->spec;
    if (sscanf(line, "load %15s %127s %127s %127s %d %15s %d", cell, units, dropout, dense, &s->batch, s->optimizer, &s->windows) != 7 ||
        s->batch < 1 || s->windows < 1) {
        free(net);
        return NULL;
    }
    s->gru = strcmp(cell, "gru") == 0;
    s->n_units = list(units, s->units);
    list(dropout, s->dropout);
    s->n_dense = list(dense, s->dense);
    make_net(net, threads);
    return net;
}

int main(int argc, char **argv) {
    const int threads = argc > 1 ? atoi(argv[1]) : 1;
    char line[1024];
    Net *net = NULL;
    printf("@ready KANN %s\n", KANN_VERSION);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) && strncmp(line, "quit", 4) != 0) {
        int n, repeats;
        if (strncmp(line, "load ", 5) == 0) {
            net = load(line, threads);
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
