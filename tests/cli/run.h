/* run.h - runs the program as a user would, and keeps what it said. For the one test file that includes it, after cmocka.h.
 */
#ifndef LSTMFC_TEST_RUN_H
#define LSTMFC_TEST_RUN_H

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { ARGUMENTS = 64, PATHS = 16 };

typedef struct Said {
    int code;        /* exit code, or 128 + signal */
    char *out, *err; /* owned; said_free */
} Said;

#define RUN(...) run_program((const char *const[]){__VA_ARGS__, NULL}, NULL, NULL)

/* A folder of the test's own, made at first use; run_clean removes it with its files. */
static const char *run_folder(void) {
    static char folder[] = "/tmp/lstmfc-cli-XXXXXX";
    static bool made;
    if (!made) assert_non_null(mkdtemp(folder));
    made = true;
    return folder;
}

/* "FOLDER/name"; one of a few static buffers. */
static const char *run_path(const char *name) {
    static char paths[PATHS][512];
    static int next;
    char *path = paths[next++ % PATHS];
    snprintf(path, sizeof paths[0], "%s/%s", run_folder(), name);
    return path;
}

static void run_write(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* The caller frees it; NULL = cannot be read. */
static char *run_read(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    size_t n = 0, capacity = 1 << 20;
    char *text = malloc(capacity);
    for (size_t got = 1; text && got > 0; n += got) {
        if (capacity - n < 2) text = realloc(text, capacity *= 2);
        got = text ? fread(text + n, 1, capacity - n - 1, file) : 0;
    }
    fclose(file);
    if (text) text[n] = '\0';
    return text;
}

static pid_t spawn(const char *const *arguments, const char *input, const char *out, const char *err) {
    char *argv[ARGUMENTS] = {(char *)(uintptr_t)LSTMFC_BINARY};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    for (int i = 0; arguments[i]; i++) {
        assert_true(i + 2 < ARGUMENTS);
        argv[i + 1] = (char *)(uintptr_t)arguments[i];
    }
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_addopen(&actions, 0, input ? input : "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&pid, LSTMFC_BINARY, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

/* arguments: without the program's name, ended by NULL. `input` NULL = /dev/null; `output` NULL = kept in `out`. */
static Said run_program(const char *const *arguments, const char *input, const char *output) {
    char out[512], err[512];
    int status = 0;
    snprintf(out, sizeof out, "%s/stdout", run_folder());
    snprintf(err, sizeof err, "%s/stderr", run_folder());
    const pid_t pid = spawn(arguments, input, output ? output : out, err);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    Said said = {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
    said.out = output ? strdup("") : run_read(out);
    said.err = run_read(err);
    assert_non_null(said.out);
    assert_non_null(said.err);
    return said;
}

static void said_free(Said *said) {
    free(said->out);
    free(said->err);
    *said = (Said){0};
}

/* Begins it and returns at once. */
static inline pid_t run_begin(const char *const *arguments) {
    return spawn(arguments, NULL, "/dev/null", "/dev/null");
}

/* Teardown of a group of tests. */
static int run_clean(void **state) {
    (void)state;
    DIR *dir = opendir(run_folder());
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) unlink(run_path(entry->d_name));
    if (dir) closedir(dir);
    rmdir(run_folder());
    return 0;
}

#endif
