/* The house: a file includes only its own floor and lower floors. Reads the sources, so that it fails the day somebody includes upwards. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const floors[] = {"base", "data", "nn", "forecast", "cli"};
enum { N_FLOORS = 5 };

/* Floor of a public header: the floor whose folder has the source of that name; -1 = none. real.h has no source. */
static int floor_of(const char *root, const char *name) {
    if (strcmp(name, "real") == 0) {
        return 0;
    }
    for (int i = 0; i < N_FLOORS; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/src/%s/%s.c", root, floors[i], name);
        FILE *file = fopen(path, "r");
        if (file) {
            fclose(file);
            return i;
        }
    }
    return -1;
}

/* Counts includes of `path` that go up; `floor` is that of the file. */
static int upward_includes(const char *root, const char *path, int floor) {
    char line[512], name[128];
    int bad = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "#include \"lstmfc/%127[^.\"].h\"", name) == 1) {
            const int other = floor_of(root, name);
            if (other < 0 || other > floor) {
                print_error("%s includes lstmfc/%s.h\n", path, name);
                bad++;
            }
        } else if (sscanf(line, "#include \"../%127[^\"]\"", name) == 1) {
            print_error("%s includes ../%s\n", path, name);
            bad++;
        }
    }
    fclose(file);
    return bad;
}

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* All sources of a folder and of those in it; counts them and the includes that go up. */
static void walk(const char *folder, int floor, int *n_files, int *bad) {
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[2048];
        struct stat facts;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (ends_with(entry->d_name, ".c") || ends_with(entry->d_name, ".h")) {
            *bad += upward_includes(LSTMFC_SOURCE_DIR, path, floor);
            ++*n_files;
        } else if (entry->d_name[0] != '.' && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) {
            walk(path, floor, n_files, bad);
        }
    }
    closedir(dir);
}

static void test_sources_include_downwards(void **state) {
    (void)state;
    int n_files = 0, bad = 0;
    for (int i = 0; i < N_FLOORS; i++) {
        char folder[1024];
        snprintf(folder, sizeof folder, "%s/src/%s", LSTMFC_SOURCE_DIR, floors[i]);
        walk(folder, i, &n_files, &bad);
    }
    assert_true(n_files > 40);
    assert_int_equal(bad, 0);
}

static void test_headers_include_downwards(void **state) {
    (void)state;
    char folder[1024], path[2048];
    int n_files = 0, bad = 0;
    snprintf(folder, sizeof folder, "%s/include/lstmfc", LSTMFC_SOURCE_DIR);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char name[128];
        if (sscanf(entry->d_name, "%127[^.].h", name) == 1 && ends_with(entry->d_name, ".h")) {
            const int floor = floor_of(LSTMFC_SOURCE_DIR, name);
            if (floor < 0) {
                print_error("%s has no source of its name\n", entry->d_name);
                bad++;
                continue;
            }
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            bad += upward_includes(LSTMFC_SOURCE_DIR, path, floor);
            n_files++;
        }
    }
    closedir(dir);
    assert_true(n_files > 20);
    assert_int_equal(bad, 0);
}

/* Negative control: a made-up file of the base floor that includes the network. */
static void test_an_upward_include_is_found(void **state) {
    (void)state;
    char path[] = "/tmp/lstmfc-house-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("#include \"lstmfc/error.h\"\n#include \"lstmfc/network.h\"\n", file);
    fclose(file);
    assert_int_equal(upward_includes(LSTMFC_SOURCE_DIR, path, 0), 1);
    assert_int_equal(upward_includes(LSTMFC_SOURCE_DIR, path, 2), 0);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_include_downwards),
        cmocka_unit_test(test_headers_include_downwards),
        cmocka_unit_test(test_an_upward_include_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
