#define _POSIX_C_SOURCE 200809L

#include "lstmfc/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lstmfc/file.h"
#include "lstmfc/memory.h"
#include "lstmfc/shrinkage.h"
#include "lstmfc/stopwatch.h"
#include "lstmfc/text.h"
#include "metadata.h"
#include "model_layout.h"
#include "tensors.h"

#define CHECKPOINT_KIND "checkpoint"

enum { WEIGHTS, BEST, SLOTS, VECTORS = 4 /* of a job at most */ };

static const char *const anew = "without --resume training begins anew";

/* ---- identity ---- */

static bool hash_file(FileHash *hash, const char *path, Error *error) {
    unsigned char *bytes = NULL;
    size_t n = 0;
    if (!file_read(path, 0, &bytes, &n, error)) {
        return false;
    }
    file_hash_add(hash, bytes, n);
    free(bytes);
    return true;
}

/* Of the rows trained on - all rows, where the scaler sees all - and of the weights begun with. */
static bool identify(Checkpoint *c, const Series *series, size_t first, size_t last, Error *error) {
    const Recipe *recipe = &c->model->recipe;
    const bool all = recipe->scale_fit == SCALE_FIT_ALL;
    FileHash hash;
    model_fingerprint(series, all ? 0 : first, all ? series->n_rows : last, c->fingerprint);
    file_hash_init(&hash);
    file_hash_add(&hash, c->fingerprint, 64);
    for (size_t i = 0; i < c->model->n_columns; i++) {
        file_hash_add(&hash, c->model->columns[i], strlen(c->model->columns[i]) + 1);
    }
    if (recipe->init_from && !hash_file(&hash, recipe->init_from, error)) {
        return false;
    }
    file_hash_finish(&hash, c->fingerprint);
    return true;
}

/* ---- memory ---- */

static void state_free(TrainerState *state) {
    free(state->weights);
    free(state->best_weights);
    free(state->slots);
    free(state->history);
    *state = (TrainerState){0};
}

void checkpoint_free(Checkpoint *c) {
    if (!c->path) {
        return;
    }
    for (size_t i = 0; c->jobs && i < c->n_jobs; i++) {
        state_free(&c->jobs[i]);
    }
    free(c->jobs);
    free(c->path);
    pthread_mutex_destroy(&c->lock);
    *c = (Checkpoint){0};
}

bool checkpoint_init(Checkpoint *c, const Model *model, const Series *series, size_t first, size_t last, const char *kernels,
                     const char *path, double every, Error *error) {
    Text name = {0};
    text_printf(&name, "%s.checkpoint", path);
    *c = (Checkpoint){.model = model, .path = name.data, .every = every, .last = stopwatch_now()};
    if (name.failed || pthread_mutex_init(&c->lock, NULL) != 0) {
        text_free(&name);
        c->path = NULL;
        return error_memory(error, "the checkpoint");
    }
    strcpy(c->arithmetic, strcmp(kernels, "v1") == 0 ? "v1" : "fma");
    c->n_jobs = model->n_members + (model->recipe.shrink == SHRINK_NONE ? 0 : SHRINKAGE_FOLDS * model->n_kinds);
    c->n_slots = optimizer_kinds[model->recipe.optimizer]->n_slots;
    c->jobs = calloc(c->n_jobs, sizeof *c->jobs);
    return c->jobs ? identify(c, series, first, last, error) : error_memory(error, "the checkpoint");
}

bool checkpoint_exists(const Checkpoint *c) {
    return access(c->path, F_OK) == 0;
}

void checkpoint_remove(const Checkpoint *c) {
    unlink(c->path);
}

const TrainerState *checkpoint_state(const Checkpoint *c, size_t job) {
    return c->jobs[job].epoch ? &c->jobs[job] : NULL;
}

/* Folds stand behind the members, one of each kind, so a job's kind is its number's, as a member's is. */
static const Network *job_network(const Checkpoint *c, size_t job) {
    return model_network(c->model, job);
}

/* Vector v of a job's state: its place, NULL = not there. */
static real *vector(const Checkpoint *c, const TrainerState *state, size_t job, size_t v) {
    return v == WEIGHTS                             ? state->weights
           : v == BEST                              ? state->best_weights
           : state->slots && v - SLOTS < c->n_slots ? state->slots + (v - SLOTS) * job_network(c, job)->n_weights
                                                    : NULL;
}

static bool state_room(const Checkpoint *c, TrainerState *state, size_t job, Error *error) {
    const size_t n = job_network(c, job)->n_weights;
    if (!state->weights) {
        state->weights = memory_zeroed(n, sizeof(real));
        state->best_weights = memory_zeroed(n, sizeof(real));
        state->slots = memory_zeroed(n, c->n_slots * sizeof(real));
        state->history = calloc(c->model->recipe.epochs, sizeof *state->history);
    }
    return (state->weights && state->best_weights && state->slots && state->history) || error_memory(error, "the checkpoint");
}

static void drop_rest(TrainerState *state) {
    free(state->best_weights);
    free(state->slots);
    state->best_weights = state->slots = NULL;
}

/* ---- writing ---- */

/* Three numbers an epoch: losses, and whether it was the best so far. */
static bool add_history(cJSON *object, const TrainerState *state) {
    cJSON *list = cJSON_CreateArray();
    bool ok = metadata_add(object, "history", list);
    for (size_t i = 0; ok && i < state->epoch; i++) {
        const TrainerEpoch *e = &state->history[i];
        ok = cJSON_AddItemToArray(list, metadata_number(e->loss_train)) && cJSON_AddItemToArray(list, metadata_number(e->loss_val)) &&
             cJSON_AddItemToArray(list, cJSON_CreateNumber(e->best));
    }
    return ok;
}

static bool add_job(cJSON *jobs, const TrainerState *state) {
    cJSON *object = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(jobs, object)) {
        return false;
    }
    return state->epoch == 0 ||
           (metadata_add(object, "done", cJSON_CreateBool(state->done)) && metadata_add_number(object, "epoch", (double)state->epoch) &&
            metadata_add_number(object, "best_epoch", (double)state->result.best_epoch) &&
            metadata_add_number(object, "windows", (double)state->result.windows) &&
            metadata_add_number(object, "seconds", state->result.seconds) &&
            metadata_add_number(object, "loss_train", state->result.loss_train) &&
            metadata_add_number(object, "loss_val", state->result.loss_val) && metadata_add_number(object, "best", state->best) &&
            metadata_add_number(object, "beta1_power", state->beta1_power) &&
            metadata_add_number(object, "beta2_power", state->beta2_power) &&
            metadata_add_number(object, "steps", (double)state->n_steps) && add_history(object, state));
}

static cJSON *metadata_json(const Checkpoint *c) {
    cJSON *metadata = cJSON_CreateObject(), *jobs = cJSON_CreateArray();
    char zeros[65] = {0};
    bool ok = metadata && jobs;
    memset(zeros, '0', 64);
    for (size_t i = 0; ok && i < c->n_jobs; i++) {
        ok = add_job(jobs, &c->jobs[i]);
    }
    ok = metadata_nest(metadata, "jobs", jobs, ok) && model_add_recipe(metadata, &c->model->recipe) &&
         metadata_add(metadata, "format", cJSON_CreateString(MODEL_FORMAT)) &&
         metadata_add(metadata, "kind", cJSON_CreateString(CHECKPOINT_KIND)) &&
         metadata_add(metadata, "version", cJSON_CreateString(MODEL_VERSION)) &&
         metadata_add(metadata, "checksum", cJSON_CreateString(zeros)) &&
         metadata_add(metadata, "kernels", cJSON_CreateString(c->arithmetic)) &&
         metadata_add(metadata, "fingerprint", cJSON_CreateString(c->fingerprint));
    if (!ok) {
        cJSON_Delete(metadata);
    }
    return ok ? metadata : NULL;
}

static bool write_file(Checkpoint *c, Error *error) {
    const double start = stopwatch_now();
    TensorsMember *members = calloc(c->n_jobs, VECTORS * sizeof *members);
    size_t n = 0;
    for (size_t i = 0; members && i < c->n_jobs * VECTORS; i++) {
        real *weights = vector(c, &c->jobs[i / VECTORS], i / VECTORS, i % VECTORS);
        if (weights) {
            members[n++] = (TensorsMember){.network = job_network(c, i / VECTORS), .number = i, .weights = weights};
        }
    }
    const bool ok = members ? tensors_write(c->path, metadata_json(c), members, n, error) : error_memory(error, "the checkpoint");
    free(members);
    c->written = c->written || ok;
    c->last = stopwatch_now();
    c->cost = c->last - start;
    return ok;
}

static bool take_copy(Checkpoint *c, size_t job, const TrainerState *state, Error *error) {
    const size_t size = job_network(c, job)->n_weights * sizeof(real);
    TrainerState *own = &c->jobs[job], kept = *own;
    if (!state_room(c, &kept, job, error)) {
        *own = kept;
        return false;
    }
    memcpy(kept.weights, state->weights, size);
    memcpy(kept.best_weights, state->best_weights, size);
    memcpy(kept.slots, state->slots, c->n_slots * size);
    kept.history[state->epoch - 1] = *state->history;
    *own = *state;
    own->weights = kept.weights;
    own->best_weights = kept.best_weights;
    own->slots = kept.slots;
    own->history = kept.history;
    if (own->done) {
        drop_rest(own);
    }
    return true;
}

static bool is_time(const Checkpoint *c) {
    const double passed = stopwatch_now() - c->last;
    return c->every == 0 || (passed >= c->every && passed >= 50 * c->cost);
}

bool checkpoint_keep(Checkpoint *c, size_t job, const TrainerState *state, Error *error) {
    pthread_mutex_lock(&c->lock);
    bool ok = take_copy(c, job, state, error);
    if (ok && is_time(c)) {
        ok = write_file(c, error);
    }
    pthread_mutex_unlock(&c->lock);
    return ok;
}

/* ---- reading ---- */

static const char *text_of(const Safetensors *file, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(file->metadata, key);
    return item ? item->valuestring : "";
}

static bool check_recipe(const Recipe *recipe, const cJSON *object, Error *error) {
    for (size_t i = 0; i < recipe_n_settings; i++) {
        char buffer[64], was[128], now[128];
        if (!recipe_settings[i].saved) {
            continue;
        }
        const char *mine = setting_get(&recipe_settings[i], recipe, buffer, sizeof buffer);
        const char *saved = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, recipe_settings[i].name)),
                   *theirs = saved ? saved : "";
        if (strcmp(mine, theirs) != 0) {
            theirs = *theirs ? theirs : "not given";
            mine = *mine ? mine : "not given";
            return error_set(error, ERROR_USAGE, anew, "the checkpoint is of other settings: '%s' was '%s' and is '%s'",
                             recipe_settings[i].name, text_escape(theirs, strlen(theirs), was, sizeof was),
                             text_escape(mine, strlen(mine), now, sizeof now));
        }
    }
    return true;
}

static bool check_identity(const Checkpoint *c, const Safetensors *file, Error *error) {
    if (!file->ours || strcmp(text_of(file, "kind"), CHECKPOINT_KIND) != 0 || strcmp(text_of(file, "version"), MODEL_VERSION) != 0) {
        return error_set(error, ERROR_MODEL, anew, "not a checkpoint of this version");
    }
    const char *text = text_of(file, "recipe");
    cJSON *recipe = safetensors_json(text, strlen(text), 2, "recipe", error);
    const bool same = recipe && check_recipe(&c->model->recipe, recipe, error);
    cJSON_Delete(recipe);
    if (!same) {
        return false;
    }
    if (strcmp(text_of(file, "fingerprint"), c->fingerprint) != 0) {
        return error_set(error, ERROR_DATA, anew,
                         "the checkpoint is of other rows or columns than those to train on, or of other weights to begin with");
    }
    return strcmp(text_of(file, "kernels"), c->arithmetic) == 0 ||
           error_set(error, ERROR_USAGE, anew, "the checkpoint was made with other arithmetic: 'LSTMFC_ISA' or the machine is another");
}

static bool read_number(const cJSON *object, const char *key, double *value) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    *value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    return cJSON_IsNumber(item) || cJSON_IsNull(item);
}

static bool read_count(const cJSON *object, const char *key, size_t limit, size_t *value) {
    return safetensors_count(cJSON_GetObjectItemCaseSensitive(object, key), value) && *value <= limit;
}

static bool read_history(const Checkpoint *c, const cJSON *object, size_t job, TrainerState *state) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "history");
    double best = 0;
    item = item ? item->child : NULL;
    for (size_t i = 0; i < 3 * state->epoch; i++, item = item->next) {
        if (!item) {
            return false;
        }
        TrainerEpoch *e = &state->history[i / 3];
        const double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
        *e = i % 3 == 0 ? (TrainerEpoch){.epoch = i / 3 + 1,
                                         .n_epochs = c->model->recipe.epochs,
                                         .restored = true,
                                         .member = job < c->model->n_members ? job : job % c->model->n_kinds}
                        : *e;
        *(i % 3 == 0 ? &e->loss_train : i % 3 == 1 ? &e->loss_val : &best) = value;
        e->best = best > 0;
    }
    return !item;
}

static bool read_counters(const Checkpoint *c, const cJSON *object, size_t job, TrainerState *state) {
    const size_t most = (size_t)1 << 53;
    size_t steps = 0;
    state->done = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "done"));
    const bool ok = read_count(object, "epoch", c->model->recipe.epochs, &state->epoch) && state->epoch > 0 &&
                    read_count(object, "best_epoch", state->epoch, &state->result.best_epoch) &&
                    read_count(object, "windows", most, &state->result.windows) && read_count(object, "steps", most, &steps) &&
                    read_number(object, "seconds", &state->result.seconds) &&
                    read_number(object, "loss_train", &state->result.loss_train) &&
                    read_number(object, "loss_val", &state->result.loss_val) && read_number(object, "best", &state->best) &&
                    read_number(object, "beta1_power", &state->beta1_power) && read_number(object, "beta2_power", &state->beta2_power) &&
                    read_history(c, object, job, state);
    state->result.epochs = state->epoch;
    state->n_steps = steps;
    return ok;
}

static bool read_vectors(const Checkpoint *c, Safetensors *file, size_t job, TrainerState *state, Error *error) {
    for (size_t v = 0; v < VECTORS; v++) {
        const TensorsMember member = {.network = job_network(c, job), .number = VECTORS * job + v, .weights = vector(c, state, job, v)};
        if (member.weights && !(tensors_match(file, &member, error) && tensors_fill(file, &member, error))) {
            return false;
        }
    }
    return true;
}

static bool read_job(Checkpoint *c, Safetensors *file, const cJSON *object, size_t job, Error *error) {
    TrainerState *state = &c->jobs[job];
    if (cJSON_IsObject(object) && !object->child) {
        return true; /* not begun */
    }
    if (!state_room(c, state, job, error)) {
        return false;
    }
    if (!read_counters(c, object, job, state)) {
        return error_set(error, ERROR_MODEL, anew, "the checkpoint's counters make no sense");
    }
    if (state->done) {
        drop_rest(state);
    }
    return read_vectors(c, file, job, state, error);
}

static bool read_jobs(Checkpoint *c, Safetensors *file, Error *error) {
    const char *text = text_of(file, "jobs");
    cJSON *jobs = safetensors_json(text, strlen(text), 2, "jobs", error);
    const cJSON *one = cJSON_IsArray(jobs) ? jobs->child : NULL;
    bool ok = jobs != NULL;
    for (size_t i = 0; ok && i < c->n_jobs; i++, one = one->next) {
        ok = one ? read_job(c, file, one, i, error) : error_set(error, ERROR_MODEL, anew, "the checkpoint has too few jobs");
        if (!ok) {
            break;
        }
    }
    cJSON_Delete(jobs);
    return ok;
}

bool checkpoint_read(Checkpoint *c, Error *error) {
    Safetensors file;
    const bool ok = safetensors_read(&file, c->path, error) && check_identity(c, &file, error) && read_jobs(c, &file, error);
    safetensors_free(&file);
    if (!ok) {
        error_source(error, c->path);
    }
    c->written = ok;
    return ok;
}
