#include "lstmfc/preset.h"

#include <string.h>

/* Every setting that decides a published recipe is said here, so that our own defaults may change without changing it. */
#define WINDOWS "window=60", "horizon=1", "scale=minmax", "anchor=none", "zero-output=false"
#define INIT "init=keras", "loss=mse"
#define FIT INIT, "momentum=0", PLAIN
#define PLAIN ONE, "no-shuffle=false", "two-biases=false"
#define ONE ROUGH, "smooth=0", "smooth-block=0"
#define ROUGH                                                                                                                              \
    "objective=value", "nesterov=false", "weight-decay=0", "clip-norm=0", "clip-value=0", "spectral-norm=0", "ensemble=1", "shrink=none",  \
        "linear=false"
#define NO_STOP "val-frac=0", "patience=0"

static const char *const classic[] = {
    "layers=lstm:50,dropout:0.2,lstm:50,dropout:0.2", "scale-fit=train", "optimizer=adam", "lr=0.001", "epochs=25", "batch=32", NO_STOP,
    WINDOWS, FIT, NULL};

static const char *const tennyson[] = {
    "layers=lstm:50,dropout:0.3,lstm:50,dropout:0.2,dense:25", "scale-fit=all", "optimizer=adam", "lr=0.001", "epochs=10", "batch=10",
    "val-frac=0", "patience=5",
    "scheme=rolling", "train-size=200", "val-size=10", "step=1", "gap=0", "refit=warm", "stop-on=scored", "units=scaled", "leave-last=true",
    WINDOWS, FIT, NULL};

static const char *const yadav_lstm[] = {
    "target=High", "train-to=2016-12-31", "layers=4*(lstm:50,dropout:0.2)", "scale-fit=train", "optimizer=rmsprop", "lr=0.001", "epochs=50",
    "batch=32", NO_STOP, WINDOWS, FIT, NULL};

static const char *const yadav_gru[] = {
    "target=High", "train-to=2016-12-31", "layers=4*(gru:50,dropout:0.2)", "scale-fit=train", "optimizer=sgd", "lr=0.01", "epochs=50",
    "batch=150", NO_STOP, WINDOWS, INIT, PLAIN, "momentum=0.9", NULL};

static const char *const lahore[] = {
    "train-to=2016-12-31", "layers=4*(lstm:50,dropout:0.1)", "scale-fit=train", "optimizer=rmsprop", "lr=0.001", "epochs=20", "batch=12",
    NO_STOP, WINDOWS, FIT, NULL};

static const char *const castilla[] = {
    "layers=lstm:50,dropout:0.2,lstm:100,dropout:0.2", "scale-fit=train", "optimizer=rmsprop", "lr=0.001", "epochs=25", "batch=32", NO_STOP,
    WINDOWS, FIT, NULL};

static const char *const walia[] = {
    "train-frac=0.75", "layers=4*(lstm:50,dropout:0.2)", "scale-fit=train", "optimizer=adam", "lr=0.001", "epochs=25", "batch=32", NO_STOP,
    WINDOWS, FIT, NULL};

static const char *const ganegedara[] = {
    "layers=lstm:50,dropout:0.2,lstm:50,dropout:0.2", "scale-fit=train", "optimizer=adam", "lr=0.001", "epochs=25", "batch=32", NO_STOP,
    WINDOWS, INIT, "momentum=0", ROUGH, "no-shuffle=false", "two-biases=false",
    "smooth=0.1", "smooth-block=2500", NULL};

static const char *const mishra[] = {
    "target=Close", "missing=ffill", "train-frac=0.8", "layers=lstm:100", "scale-fit=all", "init=pytorch", "optimizer=adam", "lr=0.001",
    "epochs=150", "batch=1",
    "no-shuffle=false", "two-biases=true", "val-frac=0.1", "patience=20", WINDOWS, ONE, "momentum=0", "loss=mse", NULL};

static const char *const ariyanto[] = {
    "target=Open", "layers=4*(lstm:50,dropout:0.2)", "scale-fit=train", "optimizer=adam", "lr=0.001", "epochs=100", "batch=32", NO_STOP,
    WINDOWS, FIT, NULL};

static const char *const esn[] = {
    "layers=esn:400", "spectral-radius=0.9", "sparsity=0.9", "leak=0.5", "input-scale=0.5", "ridge=1e-10", "train-rows=3000", "val-frac=0",
    "window=60", "horizon=1",
    "scale=standard", "scale-fit=train", "anchor=none", "zero-output=false", "optimizer=adam", "lr=0.001", "epochs=1", "batch=32",
    "patience=0", FIT, NULL};

const Preset presets[] = {
    {"classic", "what tutorials and student reports on stock prices with LSTM networks have in common",
     "Windows of 60 price levels, scaled to [0,1] over the training rows, forecast the next level; 25 epochs of Adam, no early stop, no "
     "validation tail.", classic},
    {"tennyson", "B. Tennyson, Report on LSTM-RNN Networks and Using Them to Predict Stock Prices, University of Texas at Dallas, 2024",
     "Apple's close, scaled over the whole file; one network trained on, split after split, through 200 windows and scored on the next 10, "
     "one window further each time, "
     "the last split left out. Early stop watches the windows that are scored and the figures are in scaled units, and both flatter it.",
     tennyson},
    {"yadav-lstm", "Yadav, Keras notebook on recurrent networks for IBM's share price, 2006 to 2017",
     "IBM's daily high: trained to the end of 2016 and scored one day ahead over 2017. It reports a root mean squared error of 3.01, where "
     "repeating the last value has 1.54.", yadav_lstm},
    {"yadav-gru", "Yadav, Keras notebook on recurrent networks for IBM's share price, 2006 to 2017",
     "The notebook's second network, on the same rows. It reports a root mean squared error of 3.16, where repeating the last value has "
     "1.54.", yadav_gru},
    {"lahore", "student report on stock prices with LSTM networks, Lahore, on IBM, Apple, Amazon and Home Depot",
     "Daily prices trained to the end of 2016 and scored one day ahead over 2017. It reports 1.905 for IBM's high, which this protocol "
     "does not give with Keras either.", lahore},
    {"castilla", "P. Castilla, Kaggle notebook on predicting stock prices with LSTM, as the Lahore report reviews it",
     "It asks whether a share will rise (--objective direction makes that the question), with a network that widens from 50 to 100 units "
     "and is fitted to the price level. The review tells layers, loss and optimizer; "
     "window, epochs and batch are those of 'classic'.", castilla},
    {"walia", "M. Walia, article on LSTM in Python for datascienceplus.com, as the Lahore report reviews it",
     "The oldest 75 of 100 rows are trained on, the rest is scored. The review tells layers and split; the optimizer, window, epochs and "
     "batch are those of 'classic'.", walia},
    {"ganegedara", "T. Ganegedara, tutorial on stock market predictions with LSTM for datacamp.com, as the Lahore report reviews it",
     "Training rows are scaled in blocks and smoothed by an exponential average; two averages stand beside the network (the baselines "
     "average-100 and ema, in every evaluation). "
     "The review does not tell the network: layers and fit are those of 'classic'.", ganegedara},
    {"mishra", "Mishra, article on recurrent networks in time, with PyTorch on Apple's share price, 2015 to 2020",
     "Apple's close, scaled over the whole file: the oldest 80 of 100 rows trained on one window at a time, the rest scored. "
     "Its loop takes the windows in order and the last epoch's weights, which does not settle, in PyTorch neither; here they are shuffled, "
     "and the best epoch by the last tenth of the training rows is kept. Its own: --no-shuffle --val-frac 0 --patience 0. "
     "Its printed losses are illustrations, and the scaler has seen what is scored.", mishra},
    {"ariyanto", "I. Ariyanto, Pattern Recognition Report Paper on RNN and LSTM, Institut Teknologi Bandung, on Tata Global's share price",
     "The opening price; every row of its file is trained on and 16 rows of another file are scored. Its file is newest first and was "
     "never turned round, so it forecasts "
     "backwards in time; here rows run forwards, and --file-order reproduces the mistake. Say with --train-to or --train-rows what to hold "
     "out.", ariyanto},
    {"esn",
     "H. Jaeger and H. Haas, Harnessing Nonlinearity: Predicting Chaotic Systems and Saving Energy in Wireless Communication, Science 304, "
     "2004",
     "An echo state network on a chaotic series: 3000 rows teach the readout of a fixed reservoir, which is then left to itself for 84 "
     "rows (evaluate --paths 84). "
     "Theirs has 1000 units that never forget; ours has 400, which see 60 rows.", esn},
};

const size_t n_presets = sizeof presets / sizeof *presets;

const Preset *preset_find(const char *name) {
    for (size_t i = 0; i < n_presets; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            return &presets[i];
        }
    }
    return NULL;
}

/* The row that "name=value" is about; NULL = none. */
static const Setting *setting_of(const char *line) {
    char name[32];
    const size_t n = strcspn(line, "=");
    if (n >= sizeof name || !line[n]) {
        return NULL;
    }
    memcpy(name, line, n);
    name[n] = '\0';
    return setting_find(recipe_settings, recipe_n_settings, name);
}

bool preset_apply(const Preset *preset, Recipe *recipe, Error *error) {
    for (const char *const *line = preset->settings; *line; line++) {
        const Setting *setting = setting_of(*line);
        if (!setting) {
            return error_set(error, ERROR_USAGE, NULL, "preset '%s' has no setting of ours in '%s'", preset->name, *line);
        }
        recipe_displace(recipe, setting->name);
        if (!setting_put(setting, recipe, strchr(*line, '=') + 1, error)) {
            return false;
        }
    }
    return true;
}
