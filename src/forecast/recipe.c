#include "lstmfc/recipe.h"

#include <string.h>

#include "lstmfc/indicator.h"
#include "lstmfc/interval.h"
#include "lstmfc/loss.h"
#include "lstmfc/reservoir.h"

static const char *const missing_choices[] = {"error", "drop", "ffill", NULL};
static const char *const scale_choices[] = {"minmax", "standard", "none", NULL};
static const char *const scale_fit_choices[] = {"train", "all", NULL};
static const char *const anchor_choices[] = {"none", "difference", "ratio", "auto", NULL};
static const char *const init_choices[] = {"keras", "pytorch", "glorot", "he", NULL};
static const char *const optimizer_choices[] = {"adam", "rmsprop", "sgd", NULL};
static const char *const decay_choices[] = {"l2", "decoupled", NULL};
static const char *const objective_choices[] = {"value", "direction", NULL};
static const char *const shrink_choices[] = {"none", "fitted", NULL};
static const char *const interval_choices[] = {"conformal", "quantile", "mcdropout", NULL};
static const char *const scheme_choices[] = {"rolling", "expanding", NULL};
static const char *const refit_choices[] = {"fresh", "warm", NULL};
static const char *const stop_choices[] = {"tail", "scored", NULL};
static const char *const units_choices[] = {"raw", "scaled", NULL};

#define FIELD(name) .offset = offsetof(Recipe, name)
#define COUNT(low, high) .kind = SETTING_COUNT, .argument = "N", .minimum = (low), .maximum = (high)
#define NUMBER(low, high) .kind = SETTING_NUMBER, .argument = "X", .minimum = (low), .maximum = (high)
#define TEXT(what) .kind = SETTING_TEXT, .argument = (what)
#define CHOICE(list) .kind = SETTING_CHOICE, .choices = (list)
#define SAVED .saved = true

/* A window of 10000 days is forty years; the upper limits keep what a hostile file can ask for within memory. */
const Setting recipe_settings[] = {
    {.name = "target", FIELD(target), TEXT("COL"), .group = RECIPE_DATA, SAVED,
     .help = "column to forecast; default Adj Close > Close > Close/Last > Price"},
    {.name = "features", FIELD(features), TEXT("COL,.."), .group = RECIPE_DATA, SAVED, .help = "further input columns"},
    {.name = "indicators", FIELD(indicators), TEXT("NAME:N,.."), .group = RECIPE_DATA, SAVED,
     .help = "computed input columns, as rsi:14,atr,weekday; help lists them under Indicators"},
    {.name = "date", FIELD(date), TEXT("COL"), .group = RECIPE_DATA, .help = "column of dates; default found by name or content"},
    {.name = "date-format", FIELD(date_format), TEXT("F"), .group = RECIPE_DATA,
     .help = "how dates are written, as %d.%m.%Y; default found"},
    {.name = "delimiter", FIELD(delimiter), TEXT("C"), .group = RECIPE_DATA, .help = "field separator: , ; | or tab; default found"},
    {.name = "decimal", FIELD(decimal), TEXT("C"), .group = RECIPE_DATA, .help = "decimal mark: . or , (default found)"},
    {.name = "missing", FIELD(missing), CHOICE(missing_choices), .fallback = "error", .group = RECIPE_DATA, SAVED,
     .help = "what to do with empty cells of the columns used"},
    {.name = "sort", FIELD(sort), .kind = SETTING_SWITCH, .group = RECIPE_DATA,
     .help = "put rows in order of their dates instead of refusing disorder"},
    {.name = "negatives", FIELD(negatives), .kind = SETTING_SWITCH, .group = RECIPE_DATA,
     .help = "a rare value below zero is meant; refused otherwise, as a digit lost to a minus"},
    {.name = "file-order", FIELD(file_order), .kind = SETTING_SWITCH, .group = RECIPE_DATA, SAVED,
     .help = "leave a newest-first file as it is, for reproducing papers only: time runs backwards and the past is forecast"},
    {.name = "series", FIELD(series), TEXT("KEY"), .group = RECIPE_DATA, SAVED, .help = "the series to take from a file that holds many"},
    {.name = "from", FIELD(from), .kind = SETTING_DATE, .argument = "DATE", .group = RECIPE_DATA, SAVED,
     .help = "first date used, YYYY-MM-DD"},
    {.name = "to", FIELD(to), .kind = SETTING_DATE, .argument = "DATE", .group = RECIPE_DATA, SAVED, .help = "last date used, YYYY-MM-DD"},

    {.name = "train-to", FIELD(train_to), .kind = SETTING_DATE, .argument = "DATE", .group = RECIPE_SPLIT, SAVED,
     .help = "last date trained on; later rows are left for evaluate"},
    {.name = "train-frac", FIELD(train_frac), NUMBER(0, 1), .group = RECIPE_SPLIT, SAVED,
     .help = "share of the rows trained on, from the oldest"},
    {.name = "train-rows", FIELD(train_rows), COUNT(1, 4e9), .group = RECIPE_SPLIT, SAVED,
     .help = "number of rows trained on, from the oldest"},
    {.name = "val-frac", FIELD(val_frac), NUMBER(0, 0.9), .fallback = "0.1", .group = RECIPE_SPLIT, SAVED,
     .help = "share of the training part, its end, that only early stop looks at"},

    {.name = "layers", FIELD(layers), TEXT("SPEC"), .fallback = "gru:32", .group = RECIPE_NETWORK, SAVED,
     .help = "the network, as 4*(lstm:50,dropout:0.2),dense:1; A|B is an ensemble of both"},
    {.name = "window", FIELD(window), COUNT(1, 10000), .fallback = "40", .group = RECIPE_NETWORK, SAVED,
     .help = "rows the network looks at"},
    {.name = "horizon", FIELD(horizon), COUNT(1, 10000), .fallback = "1", .group = RECIPE_NETWORK, SAVED,
     .help = "rows ahead it forecasts at once"},
    {.name = "scale", FIELD(scale), CHOICE(scale_choices), .fallback = "standard", .group = RECIPE_NETWORK, SAVED,
     .help = "how columns are brought to the network's units"},
    {.name = "scale-fit", FIELD(scale_fit), CHOICE(scale_fit_choices), .fallback = "train", .group = RECIPE_NETWORK, SAVED,
     .help = "rows the scaler is fitted on; all leaks, for reproducing papers only"},
    {.name = "anchor", FIELD(anchor), CHOICE(anchor_choices), .fallback = "auto", .group = RECIPE_NETWORK, SAVED,
     .help = "windows and target relative to the last value seen"},
    {.name = "smooth", FIELD(smooth), NUMBER(0, 1), .fallback = "0", .group = RECIPE_NETWORK, SAVED,
     .help = "training rows of the target as an exponential average with this weight of the newest; 0 = as they are"},
    {.name = "smooth-block", FIELD(smooth_block), COUNT(0, 4e9), .fallback = "0", .group = RECIPE_NETWORK, SAVED,
     .help = "rows brought to [0,1] together before smoothing; 0 = all"},
    {.name = "init", FIELD(init), CHOICE(init_choices), .fallback = "keras", .group = RECIPE_NETWORK, SAVED,
     .help = "how weights begin; glorot is also called Xavier's"},
    {.name = "zero-output", FIELD(zero_output), .kind = SETTING_SWITCH, .fallback = "true", .group = RECIPE_NETWORK, SAVED,
     .help = "the output layer starts at zero: with an anchor, at naive"},
    {.name = "spectral-radius", FIELD(spectral_radius), NUMBER(0, 100), .fallback = "0.9", .group = RECIPE_NETWORK, SAVED,
     .help = "esn: largest absolute eigenvalue of the reservoir's connections"},
    {.name = "sparsity", FIELD(sparsity), NUMBER(0, 0.9999), .fallback = "0.9", .group = RECIPE_NETWORK, SAVED,
     .help = "esn: share of the reservoir's connections that are left out"},
    {.name = "leak", FIELD(leak), NUMBER(0.0001, 1), .fallback = "0.5", .group = RECIPE_NETWORK, SAVED,
     .help = "esn: share of a state that is new at each step"},
    {.name = "input-scale", FIELD(input_scale), NUMBER(0, 1000), .fallback = "0.5", .group = RECIPE_NETWORK, SAVED,
     .help = "esn: largest weight of an input, and largest bias"},

    {.name = "epochs", FIELD(epochs), COUNT(1, 1e6), .fallback = "40", .group = RECIPE_FIT, SAVED,
     .help = "times through the training windows, at most"},
    {.name = "batch", FIELD(batch), COUNT(1, 1e6), .fallback = "32", .group = RECIPE_FIT, SAVED, .help = "windows a step"},
    {.name = "optimizer", FIELD(optimizer), CHOICE(optimizer_choices), .fallback = "adam", .group = RECIPE_FIT, SAVED,
     .help = "how weights move"},
    {.name = "lr", FIELD(lr), NUMBER(0, 1000), .group = RECIPE_FIT, SAVED, .help = "learning rate; default the optimizer's own"},
    {.name = "momentum", FIELD(momentum), NUMBER(0, 1), .fallback = "0", .group = RECIPE_FIT, SAVED, .help = "momentum of sgd and rmsprop"},
    {.name = "nesterov", FIELD(nesterov), .kind = SETTING_SWITCH, .group = RECIPE_FIT, SAVED, .help = "Nesterov's momentum, with sgd"},
    {.name = "weight-decay", FIELD(weight_decay), NUMBER(0, 1000), .fallback = "0", .group = RECIPE_FIT, SAVED,
     .help = "how strongly weights are drawn to 0"},
    {.name = "decay", FIELD(decay), CHOICE(decay_choices), .fallback = "l2", .group = RECIPE_FIT, SAVED,
     .help = "weight decay through the gradient or apart from it"},
    {.name = "clip-norm", FIELD(clip_norm), NUMBER(0, 1e9), .fallback = "0", .group = RECIPE_FIT, SAVED,
     .help = "largest norm of a batch's gradient; 0 = off"},
    {.name = "clip-value", FIELD(clip_value), NUMBER(0, 1e9), .fallback = "0", .group = RECIPE_FIT, SAVED,
     .help = "largest element of a batch's gradient; 0 = off"},
    {.name = "spectral-norm", FIELD(spectral_norm), NUMBER(0, 1e9), .fallback = "0", .group = RECIPE_FIT, SAVED,
     .help = "largest singular value a recurrent matrix may have, held after every step; 0 = off"},
    {.name = "objective", FIELD(objective), CHOICE(objective_choices), .fallback = "value", .group = RECIPE_FIT, SAVED,
     .help = "forecast the value, or the probability that it will stand above the last one (cross-entropy; nothing is shrunk)"},
    {.name = "loss", FIELD(loss), TEXT("mse|mae|huber|quantile:TAU"), .fallback = "mse", .group = RECIPE_FIT, SAVED,
     .help = "what training makes small; quantile:0.9 forecasts the value that nine in ten stay below"},
    {.name = "patience", FIELD(patience), COUNT(0, 1e6), .fallback = "8", .group = RECIPE_FIT, SAVED,
     .help = "epochs without a better validation loss before stopping; 0 = no early stop"},
    {.name = "seed", FIELD(seed), .kind = SETTING_SEED, .argument = "N", .fallback = "1", .group = RECIPE_FIT, SAVED,
     .help = "of everything random"},
    {.name = "ensemble", FIELD(ensemble), COUNT(1, 1000), .fallback = "3", .group = RECIPE_FIT, SAVED,
     .help = "networks (of each kind) that differ in their seed; forecasts are their mean"},
    {.name = "shrink", FIELD(shrink), CHOICE(shrink_choices), .fallback = "fitted", .group = RECIPE_FIT, SAVED,
     .help = "keep of the departure from naive what rolling-origin validation inside the training part supports"},
    {.name = "linear", FIELD(linear), .kind = SETTING_SWITCH, .fallback = "true", .group = RECIPE_FIT, SAVED,
     .help = "weigh a linear autoregression beside the network, with --shrink fitted"},
    {.name = "interval", FIELD(interval), CHOICE(interval_choices), .fallback = "conformal", .group = RECIPE_FIT, SAVED,
     .help = "what intervals are measured in: volatility, quantiles a head learns, or forecasts with dropout on; all made conformal"},
    {.name = "level", FIELD(level), TEXT("P,.."), .fallback = "80,95", .group = RECIPE_FIT, SAVED,
     .help = "levels that --interval quantile learns, in percent"},
    {.name = "two-biases", FIELD(two_biases), .kind = SETTING_SWITCH, .group = RECIPE_FIT, SAVED,
     .help = "lstm and rnn as PyTorch trains them: two biases a gate that add up, so that their sum moves by two steps"},
    {.name = "no-shuffle", FIELD(no_shuffle), .kind = SETTING_SWITCH, .group = RECIPE_FIT, SAVED, .help = "take windows in order of time"},
    {.name = "ridge", FIELD(ridge), NUMBER(0, 1e9), .fallback = "1e-6", .group = RECIPE_FIT, SAVED,
     .help = "esn: how strongly the readout's weights are held down; it is solved, so epochs, batch and optimizer have no part in it"},
    {.name = "init-from", FIELD(init_from), TEXT("MODEL"), .group = RECIPE_FIT, .help = "begin with the weights of a safetensors file"},

    {.name = "scheme", FIELD(scheme), CHOICE(scheme_choices), .fallback = "rolling", .group = RECIPE_VALIDATE,
     .help = "training windows move along, or grow from the first"},
    {.name = "train-size", FIELD(train_size), COUNT(1, 4e9), .fallback = "200", .group = RECIPE_VALIDATE,
     .help = "windows a split trains on"},
    {.name = "val-size", FIELD(val_size), COUNT(1, 4e9), .fallback = "10", .group = RECIPE_VALIDATE,
     .help = "windows a split is scored on"},
    {.name = "step", FIELD(step), COUNT(1, 4e9), .fallback = "10", .group = RECIPE_VALIDATE, .help = "windows from one split to the next"},
    {.name = "gap", FIELD(gap), COUNT(0, 4e9), .fallback = "0", .group = RECIPE_VALIDATE,
     .help = "windows left out between training and scoring"},
    {.name = "refit", FIELD(refit), CHOICE(refit_choices), .fallback = "fresh", .group = RECIPE_VALIDATE,
     .help = "each split from new weights, or on with the last split's"},
    {.name = "stop-on", FIELD(stop_on), CHOICE(stop_choices), .fallback = "tail", .group = RECIPE_VALIDATE,
     .help = "what early stop watches; scored leaks, for reproducing papers only"},
    {.name = "units", FIELD(units), CHOICE(units_choices), .fallback = "raw", .group = RECIPE_VALIDATE, .help = "units of the figures"},
    {.name = "leave-last", FIELD(leave_last), .kind = SETTING_SWITCH, .group = RECIPE_VALIDATE,
     .help = "leave out the last split that fits"},
};

const size_t recipe_n_settings = sizeof recipe_settings / sizeof *recipe_settings;

void recipe_defaults(Recipe *recipe) {
    *recipe = (Recipe){0};
    setting_defaults(recipe_settings, recipe_n_settings, recipe);
}

Loss recipe_loss(const Recipe *recipe) {
    Loss loss = {.kind = &loss_cross_entropy, .n_taus = 1};
    Error known = {0}; /* of a checked recipe there is none */
    if (recipe->objective == OBJECTIVE_VALUE) {
        loss_parse(&loss, recipe->loss, &known);
    }
    return loss;
}

void recipe_displace(Recipe *recipe, const char *name) {
    if (strcmp(name, "train-to") == 0 || strcmp(name, "train-frac") == 0 || strcmp(name, "train-rows") == 0) {
        recipe->train_to = DATE_NONE;
        recipe->train_frac = 0;
        recipe->train_rows = 0;
    }
}

static bool contradiction(Error *error, const char *hint, const char *what) {
    return error_set(error, ERROR_USAGE, hint, "%s", what);
}

static bool check_data(const Recipe *r, Error *error) {
    const int ends = (r->train_to != DATE_NONE) + (r->train_frac > 0) + (r->train_rows > 0);
    if (ends > 1) {
        return contradiction(error, "give one of them", "'train-to', 'train-frac' and 'train-rows' exclude each other");
    }
    if (r->sort && r->file_order) {
        return contradiction(error, "give one of them", "'sort' and 'file-order' exclude each other");
    }
    if (r->from != DATE_NONE && r->to != DATE_NONE && r->from > r->to) {
        return contradiction(error, NULL, "'from' is later than 'to'");
    }
    if (r->from != DATE_NONE && r->train_to != DATE_NONE && r->from > r->train_to) {
        return contradiction(error, NULL, "'from' is later than 'train-to'");
    }
    return true;
}

static bool check_fit(const Recipe *r, Error *error) {
    enum { ADAM, RMSPROP, SGD };
    Loss loss;
    if (!loss_parse(&loss, r->loss, error)) {
        return false;
    }
    if (loss.kind->takes_tau && loss.tau[0] != 0.5 && r->shrink == SHRINK_FITTED) {
        return contradiction(error, "add --shrink none", "a quantile is a bound: nothing shrinks it towards naive");
    }
    if (r->objective == OBJECTIVE_DIRECTION && strcmp(r->loss, "mse") != 0) {
        return contradiction(error, "leave --loss out", "'loss' is of a value: a direction has cross-entropy");
    }
    if (r->momentum > 0 && r->optimizer == ADAM) {
        return contradiction(error, "take --optimizer sgd or rmsprop", "'momentum' is not for 'adam'");
    }
    if (r->nesterov && (r->optimizer != SGD || !(r->momentum > 0))) {
        return contradiction(error, "give --optimizer sgd and --momentum", "'nesterov' wants 'sgd' with a momentum");
    }
    if (r->two_biases && ((r->weight_decay > 0 && r->decay == DECAY_L2) || r->clip_norm > 0)) {
        return contradiction(error, "take --decay decoupled or --clip-value",
                             "'two-biases' stand as one: neither L2 decay nor the gradient's norm would see both");
    }
    if (r->momentum >= 1) {
        return contradiction(error, "as 0.9", "'momentum' is not below 1");
    }
    return true;
}

static bool check_reservoir(const Recipe *r, const Network *network, Error *error) {
    if (!reservoir_is(network) || recipe_loss(r).kind == loss_find("mse")) {
        return true;
    }
    return contradiction(error, "take --loss mse and --objective value", "the readout of an 'esn' is the one with the least squared error");
}

static bool check_interval(const Recipe *r, const Network *network, Error *error) {
    double levels[INTERVAL_LEVELS];
    size_t n_levels;
    bool drops = false;
    for (size_t l = 0; l < network->n_layers; l++) {
        drops = drops || (network->layers[l].kind->takes_rate && network->layers[l].rate > 0);
    }
    if (r->interval == INTERVAL_MCDROPOUT && !drops) {
        return contradiction(error, "as in --layers gru:32,dropout:0.2", "'interval' mcdropout wants a layer of dropout in each network");
    }
    if (r->interval == INTERVAL_QUANTILE && reservoir_is(network)) {
        return contradiction(error, "leave --interval out", "the readout of an 'esn' is solved for the mean: it learns no quantiles");
    }
    if (r->interval != INTERVAL_CONFORMAL && r->objective == OBJECTIVE_DIRECTION) {
        return contradiction(error, "leave --interval out", "a direction has no intervals");
    }
    return interval_levels(r->level, INTERVAL_LEVELS, levels, &n_levels, error);
}

static bool check_networks(const Recipe *r, Error *error) {
    Network network;
    for (size_t i = 0, n = network_kinds(r->layers); i < n; i++) {
        if (!network_init_kind(&network, r->layers, i, r->window, 1, r->horizon, error) || !check_reservoir(r, &network, error) ||
            !check_interval(r, &network, error)) {
            return false;
        }
    }
    return true;
}

bool recipe_check(const Recipe *recipe, Error *error) {
    Indicators indicators;
    return check_data(recipe, error) && indicator_parse(&indicators, recipe->indicators, error) && check_fit(recipe, error) &&
           check_networks(recipe, error);
}
