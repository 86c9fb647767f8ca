#include <math.h>

#include "command.h"
#include "grid.h"
#include "json.h"
#include "report.h"
#include "setup.h"

static const char *const anchor_names[] = {[ANCHOR_NONE] = "none", [ANCHOR_DIFFERENCE] = "difference", [ANCHOR_RATIO] = "ratio"};

/* ---- the document ---- */

static void json_shares(Json *json, const char *name, const double *shares, size_t n) {
    json_open(json, name, JSON_ARRAY);
    for (size_t i = 0; i < n; i++) json_number(json, NULL, shares[i]);
    json_close(json);
}

static void json_training(Json *json, const Model *model) {
    const ModelTraining *t = &model->training;
    char calendar[40];
    json_open(json, "training", JSON_OBJECT);
    json_date(json, "from", t->from);
    json_date(json, "to", t->to);
    json_count(json, "rows", t->n_rows);
    json_count(json, "windows", t->n_windows);
    json_count(json, "val_windows", t->n_val_windows);
    json_count(json, "epochs", t->epochs);
    json_count(json, "best_epoch", t->best_epoch);
    json_open(json, "loss", JSON_OBJECT);
    json_number(json, "train", t->loss_train);
    json_number(json, "val", t->loss_val);
    json_close(json);
    json_number(json, "naive_ratio", t->naive_ratio);
    json_number(json, "error_ratio", t->error_ratio);
    json_bool(json, "naive", model_is_naive(model));
    json_shares(json, "shrink", model->shrink, model->recipe.horizon);
    json_shares(json, "linear_shrink", model->linear_shrink, model->recipe.horizon);
    json_text(json, "calendar", calendar_describe(&model->calendar, calendar, sizeof calendar));
    json_text(json, "fingerprint", t->fingerprint);
    json_text(json, "arithmetic", t->arithmetic);
    json_close(json);
}

static bool json_tensor(void *context, const Tensor *tensor, const Layer *layer) {
    Json *json = context;
    json_open(json, NULL, JSON_OBJECT);
    json_text(json, "name", tensor->name);
    json_text(json, "kind", layer->kind->name);
    json_open(json, "shape", JSON_ARRAY);
    json_count(json, NULL, tensor->rows);
    if (tensor->role != TENSOR_BIAS) json_count(json, NULL, tensor->columns);
    json_close(json);
    json_close(json);
    return true;
}

static void json_layers(Json *json, const Network *network) {
    json_open(json, "layers", JSON_ARRAY);
    for (size_t i = 0; i < network->n_layers; i++) {
        const Layer *layer = &network->layers[i];
        json_open(json, NULL, JSON_OBJECT);
        json_text(json, "kind", layer->kind->name);
        if (layer->kind->takes_rate) {
            json_number(json, "rate", layer->rate);
        } else {
            json_count(json, "inputs", layer->n_inputs);
            json_count(json, "units", layer->n_units);
            json_text(json, "activation", activation_names[layer->activation]);
        }
        json_close(json);
    }
    json_close(json);
    json_open(json, "tensors", JSON_ARRAY);
    network_tensors(network, json_tensor, json);
    json_close(json);
}

static void json_scaler(Json *json, const Model *model) {
    json_open(json, "scaler", JSON_ARRAY);
    for (size_t c = 0; c < model->n_columns; c++) {
        const ScalerColumn *column = &model->scaler.columns[c];
        json_open(json, NULL, JSON_OBJECT);
        json_text(json, "column", model->columns[c]);
        json_text(json, "anchor", anchor_names[column->anchor]);
        json_number(json, "offset", column->offset);
        json_number(json, "scale", column->scale);
        json_close(json);
    }
    json_close(json);
}

static bool write_json(const Model *model, const char *path, Console *console, Error *error) {
    Json json;
    json_init(&json);
    json_text(&json, "model", path);
    json_text(&json, "target", model->columns[0]);
    json_open(&json, "columns", JSON_ARRAY);
    for (size_t c = 0; c < model->n_columns; c++) json_text(&json, NULL, model->columns[c]);
    json_close(&json);
    json_count(&json, "window", model->recipe.window);
    json_count(&json, "horizon", model->recipe.horizon);
    json_count(&json, "members", model->n_members);
    json_count(&json, "parameters", model_parameters(model));
    json_layers(&json, &model->network);
    json_open(&json, "kinds", JSON_ARRAY);
    for (size_t i = 1; i < model->n_kinds; i++) {
        json_open(&json, NULL, JSON_OBJECT);
        json_layers(&json, model_network(model, i));
        json_close(&json);
    }
    json_close(&json);
    json_scaler(&json, model);
    json_training(&json, model);
    report_json_settings(&json, &model->recipe);
    return json_finish(&json, &console->out, error);
}

/* ---- the report ---- */

static void grid_promise(Grid *grid, const Model *model) {
    Text words = {0};
    report_promise(&words, model);
    grid_text(grid, words.failed ? "" : words.data);
    text_free(&words);
}

static void write_head(const Model *model, const char *path, Console *console) {
    const ModelTraining *t = &model->training;
    char from[DATE_TEXT], to[DATE_TEXT], calendar[40];
    Grid grid = {.align = "ll"};
    grid_text(&grid, "model");
    grid_text(&grid, path);
    grid_text(&grid, "forecasts");
    grid_format(&grid, "%s, %zu step%s from windows of %zu rows", model->columns[0], model->recipe.horizon,
                model->recipe.horizon == 1 ? "" : "s", model->recipe.window);
    grid_text(&grid, "parameters");
    report_parameters(&grid, model);
    grid_text(&grid, "trained on");
    grid_format(&grid, "%zu rows %s to %s, %s", t->n_rows, date_format(t->from, from), date_format(t->to, to),
                calendar_describe(&model->calendar, calendar, sizeof calendar));
    grid_text(&grid, "windows");
    grid_format(&grid, "%zu, and %zu to stop by", t->n_windows, t->n_val_windows);
    grid_text(&grid, "epochs");
    grid_format(&grid, "%zu, best %zu", t->epochs, t->best_epoch);
    grid_text(&grid, "loss");
    if (isnan(t->loss_val)) grid_format(&grid, "%.6g", t->loss_train);
    else grid_format(&grid, "%.6g, validation %.6g", t->loss_train, t->loss_val);
    grid_text(&grid, "beside naive");
    grid_promise(&grid, model);
    grid_text(&grid, "arithmetic");
    grid_text(&grid, t->arithmetic);
    grid_text(&grid, "fingerprint");
    grid_text(&grid, t->fingerprint);
    grid_print(&grid, console);
}

static bool grid_tensor(void *context, const Tensor *tensor, const Layer *layer) {
    Grid *grid = context;
    (void)layer;
    grid_text(grid, tensor->name);
    if (tensor->role == TENSOR_BIAS) grid_format(grid, "%zu", tensor->rows);
    else grid_format(grid, "%zu x %zu", tensor->rows, tensor->columns);
    return true;
}

static void write_network(const Network *network, Console *console) {
    Grid layers = {.align = "lrrl", .header = true}, tensors = {.align = "lr", .header = true};
    static const char *const titles[] = {"layer", "inputs", "units", "activation"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) grid_text(&layers, titles[i]);
    for (size_t i = 0; i < network->n_layers; i++) {
        const Layer *layer = &network->layers[i];
        grid_text(&layers, layer->kind->name);
        grid_format(&layers, "%zu", layer->n_inputs);
        grid_format(&layers, "%zu", layer->n_units);
        if (layer->kind->takes_rate) grid_format(&layers, "rate %.6g", layer->rate);
        else grid_text(&layers, activation_names[layer->activation]);
    }
    grid_text(&tensors, "tensor");
    grid_text(&tensors, "shape");
    network_tensors(network, grid_tensor, &tensors);
    text_puts(&console->out, "\n");
    grid_print(&layers, console);
    text_puts(&console->out, "\n");
    grid_print(&tensors, console);
}

static void write_scaler(const Model *model, Console *console) {
    Grid grid = {.align = "llrr", .header = true};
    static const char *const titles[] = {"column", "anchor", "offset", "scale"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) grid_text(&grid, titles[i]);
    for (size_t c = 0; c < model->n_columns; c++) {
        grid_text(&grid, model->columns[c]);
        grid_text(&grid, anchor_names[model->scaler.columns[c].anchor]);
        grid_number(&grid, model->scaler.columns[c].offset);
        grid_number(&grid, model->scaler.columns[c].scale);
    }
    text_puts(&console->out, "\n");
    grid_print(&grid, console);
}

static bool run(const Arguments *arguments, Console *console, Error *error) {
    const char *path = arguments->operands[0];
    Model model = {0};
    bool ok = model_read(&model, path, error);
    if (ok && console->json) {
        ok = write_json(&model, path, console, error);
    } else if (ok && console_talks(console)) {
        write_head(&model, path, console);
        for (size_t i = 0; i < model.n_kinds; i++) write_network(model_network(&model, i), console);
        write_scaler(&model, console);
        text_puts(&console->out, "\n");
        report_settings(console, &model.recipe);
    }
    model_free(&model);
    return ok;
}

const Command command_inspect = {
    .name = "inspect",
    .summary = "what a model is and what it was trained on",
    .usage = "MODEL",
    .examples = "lstmfc inspect prices.safetensors\n"
                "lstmfc inspect prices.safetensors --json",
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};
