#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lstmfc/memory.h"

enum { HISTORY = 120, ZOOM = 90, TITLE = 256 };

bool picture_check(const CliOptions *options, Error *error) {
    if (plot_prints(options->plot) && options->json)
        return error_set(error, ERROR_USAGE, "a file for the picture", "'--plot term' and '--json' exclude each other");
    return plot_check(options->plot, error);
}

bool picture_refuse_rise(const CliOptions *options, Error *error) {
    return !options->plot || error_set(error, ERROR_USAGE, "train with --objective value", "a model of the direction has no picture");
}

bool picture_show(Plot *plot, bool made, const CliOptions *options, const char *title, Console *console, Error *error) {
    bool ok = made;
    if (made && !plot_prints(options->plot)) ok = plot_draw(plot, options->plot, title, error);
    else if (made && console_talks(console)) ok = plot_print(plot, &console->out, error);
    plot_free(plot);
    return ok;
}

/* A column's name in a title. */
static const char *named(const Series *series, char *buffer, size_t size) {
    return text_escape(series->names[0], strlen(series->names[0]), buffer, size);
}

/* ---- training ---- */

/* One curve by epoch: of a member, or the mean of all as far as all of them went. */
typedef struct Losses {
    const TrainerEpoch *epochs;
    size_t n, n_members, longest, common;
    double *x, *y; /* [longest] */
} Losses;

static double loss_of(const TrainerEpoch *epoch, bool val, bool root) {
    const double loss = val ? epoch->loss_val : epoch->loss_train;
    return root ? sqrt(loss) : loss;
}

static void measure(Losses *l) {
    size_t last = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (l->epochs[i].member + 1 > l->n_members) l->n_members = l->epochs[i].member + 1;
        if (l->epochs[i].epoch > l->longest) l->longest = l->epochs[i].epoch;
    }
    l->common = l->longest;
    for (size_t m = 0; m < l->n_members; m++, last = 0) {
        for (size_t i = 0; i < l->n; i++)
            if (l->epochs[i].member == m && l->epochs[i].epoch > last) last = l->epochs[i].epoch;
        if (last < l->common) l->common = last;
    }
}

/* Fills y with the curve of one member. */
static void member_losses(Losses *l, size_t member, bool val, bool root) {
    for (size_t e = 0; e < l->longest; e++) l->y[e] = NAN;
    for (size_t i = 0; i < l->n; i++)
        if (l->epochs[i].member == member) l->y[l->epochs[i].epoch - 1] = loss_of(&l->epochs[i], val, root);
}

static void mean_losses(Losses *l, bool val, bool root) {
    for (size_t e = 0; e < l->longest; e++) l->y[e] = 0;
    for (size_t i = 0; i < l->n; i++) l->y[l->epochs[i].epoch - 1] += loss_of(&l->epochs[i], val, root) / (double)l->n_members;
}

static void loss_curves(Plot *plot, Losses *l, bool val, bool root) {
    char label[64];
    const PlotColor color = val ? PLOT_MODEL : PLOT_TRAIN;
    for (size_t m = 0; l->n_members > 1 && m < l->n_members; m++) {
        member_losses(l, m, val, root);
        plot_curve(plot, PLOT_THIN, color, NULL, l->longest, l->x, l->y);
    }
    mean_losses(l, val, root);
    snprintf(label, sizeof label, "%s%s", val ? "validation" : "training", l->n_members > 1 ? ", mean of the networks" : "");
    plot_curve(plot, val ? PLOT_POINTS : PLOT_DASHED, color, label, l->common, l->x, l->y);
}

static bool wide(const Losses *l, bool root) {
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < l->n; i++) {
        low = fmin(low, fmin(loss_of(&l->epochs[i], false, root), loss_of(&l->epochs[i], true, root)));
        high = fmax(high, fmax(loss_of(&l->epochs[i], false, root), loss_of(&l->epochs[i], true, root)));
    }
    return low > 0 && high > 20 * low;
}

static void loss_panel(Plot *plot, Losses *l, const char *title, const char *y_label, bool root) {
    bool validated = false;
    for (size_t i = 0; i < l->n; i++) validated = validated || isfinite(l->epochs[i].loss_val);
    plot_panel(plot, title, "epoch", y_label, false);
    if (wide(l, root)) plot_logarithmic(plot);
    loss_curves(plot, l, false, root);
    if (validated) loss_curves(plot, l, true, root);
    for (size_t i = l->n; l->n_members == 1 && validated && i-- > 0;) {
        if (!l->epochs[i].best) continue;
        plot_upright(plot, (double)l->epochs[i].epoch, "kept");
        break;
    }
}

bool picture_losses(Plot *plot, const TrainerEpoch *epochs, size_t n, const char *loss, Error *error) {
    Losses l = {.epochs = epochs, .n = n};
    char title[TITLE];
    measure(&l);
    l.x = memory_zeroed(l.longest + 1, 2 * sizeof *l.x);
    if (!l.x) return error_memory(error, "the picture");
    l.y = l.x + l.longest;
    for (size_t e = 0; e < l.longest; e++) l.x[e] = (double)(e + 1);
    if (strcmp(loss, "mse") == 0) {
        loss_panel(plot, &l, "Mean squared error by epoch", "MSE, scaled units", false);
        loss_panel(plot, &l, "Root mean squared error by epoch", "RMSE, scaled units", true);
    } else {
        snprintf(title, sizeof title, "Loss (%s) by epoch", loss);
        loss_panel(plot, &l, title, "loss, scaled units", false);
    }
    free(l.x);
    return true;
}

/* ---- evaluation ---- */

static void forecast_panel(Plot *plot, const Evaluation *e, size_t first, const double *x, const char *title, const char *y_label) {
    const size_t n = e->n - first;
    size_t widest = 0;
    char label[64];
    for (size_t l = 0; l < e->fan.n_levels; l++)
        if (e->fan_score.intervals[l].level > e->fan_score.intervals[widest].level) widest = l;
    plot_panel(plot, title, NULL, y_label, true);
    if (e->fan.n_levels) {
        snprintf(label, sizeof label, "%g %% interval", 100 * e->fan_score.intervals[widest].level);
        plot_band(plot, PLOT_WIDE, label, n, x + first, e->fan.low + widest * e->n + first, e->fan.high + widest * e->n + first);
    }
    plot_curve(plot, PLOT_LINE, PLOT_ACTUAL, "actual", n, x + first, e->actual + first);
    plot_curve(plot, PLOT_LINE, PLOT_MODEL, "forecast", n, x + first, e->forecast + first);
    plot_curve(plot, PLOT_DOTTED, PLOT_NAIVE, "naive", n, x + first, e->naive + first);
}

/* y is room for n numbers. */
static void error_panels(Plot *plot, const Evaluation *e, const double *x, double *y, const char *unit) {
    double sum = 0;
    plot_panel(plot, "Errors: forecast minus actual", NULL, unit, true);
    plot_level(plot, 0);
    for (size_t i = 0; i < e->n; i++) y[i] = e->forecast[i] - e->actual[i];
    plot_curve(plot, PLOT_THIN, PLOT_MODEL, "model", e->n, x, y);
    for (size_t i = 0; i < e->n; i++) y[i] = e->naive[i] - e->actual[i];
    plot_curve(plot, PLOT_DOTTED, PLOT_NAIVE, "naive", e->n, x, y);
    plot_panel(plot, "Squared errors of naive minus the model's, summed: rising where the model is ahead", "date", "sum", true);
    plot_level(plot, 0);
    for (size_t i = 0; i < e->n; i++) {
        const double naive = e->naive[i] - e->actual[i], model = e->forecast[i] - e->actual[i];
        sum += naive * naive - model * model;
        y[i] = sum;
    }
    plot_curve(plot, PLOT_LINE, PLOT_MODEL, "ahead of naive by", e->n, x, y);
}

bool picture_evaluation(Plot *plot, const Evaluation *e, const Series *series, Error *error) {
    char name[128], title[TITLE];
    double *x = memory_zeroed(e->n, 2 * sizeof *x);
    if (!x) return error_memory(error, "the picture");
    for (size_t i = 0; i < e->n; i++) x[i] = (double)series->dates[e->first_row + i];
    named(series, name, sizeof name);
    snprintf(title, sizeof title, "%s: what happened, forecast and naive", name);
    forecast_panel(plot, e, 0, x, title, name);
    if (e->n > 2 * ZOOM) {
        snprintf(title, sizeof title, "%s: the last %d rows", name, ZOOM);
        forecast_panel(plot, e, e->n - ZOOM, x, title, name);
    }
    error_panels(plot, e, x, x + e->n, name);
    free(x);
    return true;
}

/* ---- validation ---- */

bool picture_validation(Plot *plot, const Validation *v, const char *target, const char *units, Error *error) {
    char name[128], label[160];
    const size_t n = v->n_splits;
    double *x = memory_zeroed(n, 5 * sizeof *x);
    if (!x) return error_memory(error, "the picture");
    double *train = x + n, *val = train + n, *naive = val + n, *ratio = naive + n;
    for (size_t i = 0; i < n; i++) {
        const ValidationSplit *s = &v->splits[i];
        x[i] = (double)s->val_to;
        train[i] = s->train.value[METRIC_RMSE];
        val[i] = s->val.value[METRIC_RMSE];
        naive[i] = s->naive.value[METRIC_RMSE];
        ratio[i] = naive[i] > 0 ? val[i] / naive[i] : NAN;
    }
    snprintf(label, sizeof label, "RMSE of %s, %s units", text_escape(target, strlen(target), name, sizeof name), units);
    plot_panel(plot, "Root mean squared error of each split", NULL, label, true);
    plot_curve(plot, PLOT_DASHED, PLOT_TRAIN, "training windows", n, x, train);
    plot_curve(plot, PLOT_LINE, PLOT_MODEL, "scored windows", n, x, val);
    plot_curve(plot, PLOT_DOTTED, PLOT_NAIVE, "naive", n, x, naive);
    plot_panel(plot, "The same as a share of naive's: below 1 the model is ahead", "last date scored", "RMSE / naive's", true);
    plot_level(plot, 1);
    plot_curve(plot, PLOT_LINE, PLOT_MODEL, "model / naive", n, x, ratio);
    free(x);
    return true;
}

/* ---- forecast ---- */

/* The level that `rank` others are wider than. */
static size_t wider_than(const Outlook *fan, size_t rank) {
    for (size_t l = 0; l < fan->n_levels; l++) {
        size_t wider = 0;
        for (size_t i = 0; i < fan->n_levels; i++) wider += fan->levels[i] > fan->levels[l] || (fan->levels[i] == fan->levels[l] && i < l);
        if (wider == rank) return l;
    }
    return 0;
}

/* The fan hangs on the last row. */
static void put_fan(Plot *plot, const Series *series, const Outlook *fan, double *room) {
    const size_t n = fan->n + 1, last = series->n_rows - 1;
    double *x = room, *low = x + n, *high = low + n;
    char label[64];
    x[0] = (double)series->dates[last];
    for (size_t i = 1; i < n; i++) x[i] = (double)fan->dates[i - 1];
    for (size_t drawn = 0; drawn < fan->n_levels; drawn++) {
        const size_t l = wider_than(fan, drawn);
        low[0] = high[0] = series->columns[0][last];
        for (size_t i = 1; i < n; i++) {
            low[i] = fan->low[l * fan->n + i - 1];
            high[i] = fan->high[l * fan->n + i - 1];
        }
        snprintf(label, sizeof label, "%g %% interval", 100 * fan->levels[l]);
        plot_band(plot, drawn == 0 ? PLOT_WIDE : drawn == 1 ? PLOT_MIDDLE : PLOT_NARROW, label, n, x, low, high);
    }
    for (size_t i = 1; i < n; i++) low[i] = fan->values[i - 1];
    plot_curve(plot, PLOT_POINTS, PLOT_MODEL, "forecast", n, x, low);
    for (size_t i = 0; i < n; i++) low[i] = series->columns[0][last];
    plot_curve(plot, PLOT_DOTTED, PLOT_NAIVE, "naive", n, x, low);
}

bool picture_forecast(Plot *plot, const Series *series, const Outlook *fan, Error *error) {
    const size_t wanted = fan->n > HISTORY / 3 ? 3 * fan->n : HISTORY, n = series->n_rows < wanted ? series->n_rows : wanted,
                 first = series->n_rows - n;
    char name[128], title[TITLE], as_of[DATE_TEXT];
    double *room = memory_zeroed(n + 3 * (fan->n + 1), sizeof *room);
    if (!room) return error_memory(error, "the picture");
    for (size_t i = 0; i < n; i++) room[i] = (double)series->dates[first + i];
    snprintf(title, sizeof title, "%s: the last %zu rows and %zu forecast, as of %s", named(series, name, sizeof name), n, fan->n,
             date_format(series->dates[series->n_rows - 1], as_of));
    plot_panel(plot, title, "date", name, true);
    plot_curve(plot, PLOT_LINE, PLOT_ACTUAL, "actual", n, room, series->columns[0] + first);
    put_fan(plot, series, fan, room + n);
    free(room);
    return true;
}
