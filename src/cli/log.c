#include "log.h"

#include "lstmfc/file.h"
#include "lstmfc/text.h"

#include "json.h"
#include "report.h"

bool log_check(const char *path, Error *error) {
    return file_append(path, "", 0, error);
}

static bool append(const char *path, Json *json, Error *error) {
    Text line = {0};
    bool ok = json_finish(json, &line, error) && file_append(path, line.data, line.length, error);
    text_free(&line);
    return ok;
}

bool log_epoch(const char *path, const TrainerEpoch *epoch, Error *error) {
    Json json;
    json_init(&json);
    json_count(&json, "member", epoch->member);
    json_count(&json, "epoch", epoch->epoch);
    json_count(&json, "epochs", epoch->n_epochs);
    json_open(&json, "loss", JSON_OBJECT);
    json_number(&json, "train", epoch->loss_train);
    json_number(&json, "val", epoch->loss_val);
    json_close(&json);
    json_bool(&json, "best", epoch->best);
    json_count(&json, "windows", epoch->windows);
    json_number(&json, "seconds", epoch->seconds);
    return append(path, &json, error);
}

bool log_iteration(const char *path, size_t iteration, size_t iterations, double loss, double seconds, Error *error) {
    Json json;
    json_init(&json);
    json_count(&json, "iteration", iteration);
    json_count(&json, "iterations", iterations);
    json_number(&json, "loss", loss);
    json_number(&json, "seconds", seconds);
    return append(path, &json, error);
}

bool log_split(const char *path, size_t split, const ValidationSplit *result, Error *error) {
    Json json;
    json_init(&json);
    json_count(&json, "split", split + 1);
    json_date(&json, "train_from", result->train_from);
    json_date(&json, "train_to", result->train_to);
    json_date(&json, "val_from", result->val_from);
    json_date(&json, "val_to", result->val_to);
    json_count(&json, "epochs", result->epochs);
    report_json_metrics(&json, "train", &result->train);
    report_json_metrics(&json, "val", &result->val);
    report_json_metrics(&json, "naive", &result->naive);
    return append(path, &json, error);
}
