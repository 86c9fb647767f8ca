/* Every file of data/dialects: the numbers expected.json has, or its line and cure. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <unistd.h>

#include "golden.h"
#include "lstmfc/clean.h"
#include "lstmfc/series.h"

#define FOLDER LSTMFC_SOURCE_DIR "/data/dialects"

static cJSON *load_expected(void) {
    FILE *file = fopen(FOLDER "/expected.json", "rb");
    assert_non_null(file);
    static char text[1 << 18];
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    cJSON *expected = cJSON_Parse(text);
    assert_non_null(expected);
    return expected;
}

static const char *option(const cJSON *entry, const char *path) {
    return golden_has(entry, path) ? golden_string(entry, path) : NULL;
}

static bool load(Series *series, const cJSON *entry, Error *error) {
    char path[1024];
    SeriesOptions options = series_options();
    snprintf(path, sizeof path, FOLDER "/%s", golden_string(entry, "file"));
    options.target = option(entry, "options.target");
    options.key = option(entry, "options.series");
    options.missing = option(entry, "options.missing") ? MISSING_DROP : MISSING_ERROR;
    *error = (Error){0};
    return series_read(series, path, &options, error);
}

/* What is not as expected; "" = nothing. */
static const char *right_numbers(const cJSON *entry, const Series *s) {
    static char what[256];
    char date[DATE_TEXT], place[40];
    size_t n;
    double *values = golden_array(entry, "values", &n);
    what[0] = '\0';
    if (s->n_rows != n) snprintf(what, sizeof what, "%zu rows", s->n_rows);
    if (strcmp(s->names[0], golden_string(entry, "target")) != 0) snprintf(what, sizeof what, "target '%s'", s->names[0]);
    for (size_t i = 0; i < n && !what[0]; i++) {
        snprintf(place, sizeof place, "dates.%zu", i);
        if (strcmp(date_format(s->dates[i], date), golden_string(entry, place)) != 0)
            snprintf(what, sizeof what, "row %zu has date %s", i, date);
        else if (fabs(s->columns[0][i] - values[i]) > 1e-12 * fabs(values[i]))
            snprintf(what, sizeof what, "%s is %.17g", date, s->columns[0][i]);
    }
    free(values);
    return what;
}

static void every_file_has_its_numbers_or_its_cure(void **state) {
    (void)state;
    cJSON *expected = load_expected();
    size_t n_right = 0, n_refused = 0, n_wrong = 0;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, expected) {
        const char *name = golden_string(entry, "file");
        char text[1000];
        Series s;
        Error error;
        bool loaded = load(&s, entry, &error), good = golden_has(entry, "values");
        if (!loaded) error_format(&error, text, sizeof text);
        if (good && !loaded) {
            print_error("%s: %s\n", name, text);
            n_wrong++;
        } else if (good) {
            const char *what = right_numbers(entry, &s);
            if (*what) print_error("%s: %s\n", name, what);
            n_wrong += *what != '\0';
            n_right++;
        } else if (loaded) {
            print_error("%s loads\n", name);
            n_wrong++;
        } else {
            bool told = error.code == ERROR_DATA && error.line == golden_size(entry, "refused.line") &&
                        strstr(error.message, golden_string(entry, "refused.says")) &&
                        strstr(error.hint, golden_string(entry, "refused.cure"));
            if (!told) print_error("%s: %s\n", name, text);
            n_wrong += !told;
            n_refused++;
        }
        if (loaded) series_free(&s);
    }
    print_message("%zu files with the right numbers, %zu refused with line and cure, %zu wrong\n", n_right, n_refused, n_wrong);
    assert_int_equal(n_wrong, 0);
    assert_true(n_right >= 60 && n_refused >= 35);
    cJSON_Delete(expected);
}

/* No file without an entry: what nobody expects nobody tests. */
static void every_file_is_expected(void **state) {
    (void)state;
    cJSON *expected = load_expected();
    size_t n = 0;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    for (struct dirent *file; (file = readdir(folder));) {
        const char *dot = strrchr(file->d_name, '.');
        n += dot && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".tsv") == 0 || strcmp(dot, ".txt") == 0);
    }
    closedir(folder);
    assert_int_equal(n, cJSON_GetArraySize(expected));
    cJSON_Delete(expected);
}

/* The control: one number changed is seen. */
static void a_wrong_number_is_seen(void **state) {
    (void)state;
    cJSON *expected = load_expected();
    const cJSON *first = cJSON_GetArrayItem(expected, 0);
    Series s;
    Error error;
    assert_true(load(&s, first, &error));
    assert_string_equal(right_numbers(first, &s), "");
    s.columns[0][3] *= 1.0001;
    assert_true(*right_numbers(first, &s) != '\0');
    series_free(&s);
    cJSON_Delete(expected);
}

static bool same_columns(const Series *a, const Series *b) {
    bool same = a->n_rows == b->n_rows && a->n_columns == b->n_columns && memcmp(a->dates, b->dates, a->n_rows * sizeof *a->dates) == 0;
    for (size_t c = 0; same && c < a->n_columns; c++) {
        const size_t k = series_column(b, a->names[c]);
        same = k < b->n_columns;
        for (size_t i = 0; same && i < a->n_rows; i++)
            same =
                memcmp(&a->columns[c][i], &b->columns[k][i], sizeof(double)) == 0 || (isnan(a->columns[c][i]) && isnan(b->columns[k][i]));
    }
    return same;
}

/* What --fix writes of any file here reads back as the same numbers, and a second time as the same bytes. */
static void clean_files_read_back(void **state) {
    (void)state;
    char path[] = "/tmp/lstmfc-clean-XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    cJSON *expected = load_expected();
    const cJSON *entry;
    size_t n = 0, n_changed = 0;
    cJSON_ArrayForEach(entry, expected) {
        if (!golden_has(entry, "values")) continue;
        char source[1024];
        Text text[2] = {{0}, {0}};
        Problems changes[2] = {{0}, {0}};
        Series first, second;
        Error error = {0};
        SeriesOptions options = series_options();
        snprintf(source, sizeof source, FOLDER "/%s", golden_string(entry, "file"));
        options.all_columns = true;
        options.target = option(entry, "options.target");
        options.key = option(entry, "options.series");
        options.missing = option(entry, "options.missing") ? MISSING_DROP : MISSING_ERROR;
        assert_true(series_read(&first, source, &options, &error) && clean_write(&first, &text[0], &changes[0], &error));
        FILE *file = fopen(path, "wb");
        assert_true(file && fwrite(text[0].data, 1, text[0].length, file) == text[0].length && fclose(file) == 0);
        options.key = NULL;
        options.missing = MISSING_ERROR;
        if (!series_read(&second, path, &options, &error)) fail_msg("%s: %zu: %s", source, error.line, error.message);
        if (!same_columns(&first, &second)) fail_msg("%s reads back as something else", source);
        assert_true(clean_write(&second, &text[1], &changes[1], &error));
        assert_string_equal(text[0].data, text[1].data);
        for (size_t i = 0; i < changes[1].n; i++) assert_string_equal(changes[1].list[i].code, "empty");
        n_changed += changes[0].n > 0;
        n++;
        for (int i = 0; i < 2; i++) text_free(&text[i]), problems_free(&changes[i]);
        series_free(&first);
        series_free(&second);
    }
    print_message("%zu files, %zu of them changed\n", n, n_changed);
    assert_true(n_changed > n / 3 && n_changed < n);
    cJSON_Delete(expected);
    close(descriptor);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_has_its_numbers_or_its_cure),
        cmocka_unit_test(every_file_is_expected),
        cmocka_unit_test(a_wrong_number_is_seen),
        cmocka_unit_test(clean_files_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
