/* recipe.h - everything that decides a fit, as one plain struct and one table of settings.
 *
 * A recipe is made of defaults (our own recipe), then a preset, then whatever the user says. It is stored in the model, so that predict and
 * evaluate see what train saw. Strings are borrowed (argv, presets, or the model that owns them).
 */
#ifndef LSTMFC_RECIPE_H
#define LSTMFC_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lstmfc/date.h"
#include "lstmfc/error.h"
#include "lstmfc/loss.h"
#include "lstmfc/setting.h"

typedef enum ScaleFit { SCALE_FIT_TRAIN, SCALE_FIT_ALL } ScaleFit;
typedef enum DecayKind { DECAY_L2, DECAY_DECOUPLED } DecayKind;
typedef enum SplitScheme { SCHEME_ROLLING, SCHEME_EXPANDING } SplitScheme;
typedef enum RefitKind { REFIT_FRESH, REFIT_WARM } RefitKind;
typedef enum ShrinkKind { SHRINK_NONE, SHRINK_FITTED } ShrinkKind;
typedef enum Objective { OBJECTIVE_VALUE, OBJECTIVE_DIRECTION } Objective;
typedef enum IntervalKind { INTERVAL_CONFORMAL, INTERVAL_QUANTILE, INTERVAL_MCDROPOUT } IntervalKind;
typedef enum StopOn { STOP_ON_TAIL, STOP_ON_SCORED } StopOn;
typedef enum ScoreUnits { UNITS_RAW, UNITS_SCALED } ScoreUnits;

typedef struct Recipe {
    /* data */
    const char *target, *features, *indicators, *date, *date_format, *delimiter, *decimal, *series;
    int missing; /* MissingPolicy */
    bool sort, file_order;
    bool negatives;
    Date from, to;
    /* split */
    Date train_to;
    double train_frac;
    size_t train_rows;
    double val_frac;
    /* network */
    const char *layers;
    size_t window, horizon;
    int scale, scale_fit, anchor; /* ScaleKind, ScaleFit, AnchorKind */
    double smooth;                /* smoothing.h; 0 = off */
    size_t smooth_block;
    int init;                     /* InitKind */
    bool zero_output;             /* output layer starts at zero */
    double spectral_radius, sparsity, leak, input_scale, ridge; /* of reservoirs and their readout */
    /* fit */
    size_t epochs, batch;
    int optimizer; /* index into optimizer_kinds */
    double lr, momentum;
    bool nesterov;
    double weight_decay;
    int decay; /* DecayKind */
    double clip_norm, clip_value, spectral_norm;
    int objective; /* Objective */
    const char *loss; /* of a value, as loss_parse reads it */
    size_t patience;
    uint64_t seed;
    size_t ensemble;
    int shrink; /* ShrinkKind */
    bool linear; /* a linear forecast beside the networks; only shrinkage can weigh it */
    int interval; /* IntervalKind */
    const char *level; /* percents, as interval_levels reads them: those that a quantile head learns */
    bool no_shuffle, two_biases;
    const char *init_from;
    /* validate */
    int scheme; /* SplitScheme */
    size_t train_size, val_size, step, gap;
    int refit;     /* RefitKind */
    int stop_on;   /* StopOn: early stop watches the tail of the training part, or (a paper's leak) the window that is scored */
    int units;     /* ScoreUnits of validate's figures */
    bool leave_last; /* the last split that fits is left out */
} Recipe;

/* Which commands take a row. */
enum { RECIPE_DATA = 1, RECIPE_SPLIT = 2, RECIPE_NETWORK = 4, RECIPE_FIT = 8, RECIPE_VALIDATE = 16 };

extern const Setting recipe_settings[];
extern const size_t recipe_n_settings;

/* Our own recipe. */
void recipe_defaults(Recipe *recipe);

/* The loss that training makes small: that of the objective. */
Loss recipe_loss(const Recipe *recipe);

/* Call it with the name of each setting that a higher level (preset, file, command line) is about to put, before it puts any: forgets what
 * a lower level chose instead of it (of train-to, train-frac and train-rows only one can hold). Two of one level are left for
 * recipe_check. */
void recipe_displace(Recipe *recipe, const char *name);

/* What no single row can check: contradictions between settings. ERROR_USAGE. */
bool recipe_check(const Recipe *recipe, Error *error);

#endif
