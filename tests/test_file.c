/* file: whole-file reads, all-or-nothing writes, locks between processes, SHA-256 test vectors of FIPS 180-4. */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lstmfc/file.h"

static char directory[] = "/tmp/lstmfc-test-XXXXXX";

static int enter(void **state) {
    (void)state;
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static size_t count_files(void) {
    size_t n = 0;
    DIR *d = opendir(".");
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    if (d)
        closedir(d);
    return n;
}

static int leave(void **state) {
    (void)state;
    DIR *d = opendir(".");
    for (struct dirent *e; d && (e = readdir(d));)
        remove(e->d_name);
    if (d)
        closedir(d);
    return chdir("/") == 0 ? rmdir(directory) : -1;
}

static void holds(const char *path, const char *expected) {
    unsigned char *bytes;
    size_t n;
    Error error = {0};
    assert_true(file_read(path, 0, &bytes, &n, &error));
    assert_int_equal(n, strlen(expected));
    assert_string_equal((char *)bytes, expected);
    free(bytes);
}

static void write_and_read(void **state) {
    (void)state;
    Error error = {0};
    struct stat status;
    assert_true(file_write("a", "one", 3, &error));
    holds("a", "one");
    assert_int_equal(chmod("a", 0640), 0);
    assert_true(file_write("a", "", 0, &error));
    holds("a", "");
    assert_int_equal(stat("a", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(count_files(), 1);
    mode_t mask = umask(027);
    assert_true(file_write("fresh", "x", 1, &error));
    umask(mask);
    assert_int_equal(stat("fresh", &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
}

static void through_links(void **state) {
    (void)state;
    Error error = {0};
    struct stat status;
    assert_int_equal(mkdir("deep", 0700), 0);
    assert_int_equal(symlink("deep/real", "first"), 0);
    assert_int_equal(symlink("first", "second"), 0);
    assert_true(file_write("second", "new", 3, &error)); /* dangling so far */
    assert_true(file_write("second", "newer", 5, &error));
    holds("deep/real", "newer");
    assert_true(lstat("second", &status) == 0 && S_ISLNK(status.st_mode));
    assert_true(lstat("first", &status) == 0 && S_ISLNK(status.st_mode));
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_false(file_write("loop", "x", 1, &error));
    assert_int_equal(error.code, ERROR_FILE);
    assert_int_equal(unlink("deep/real"), 0);
}

static void failures(void **state) {
    (void)state;
    unsigned char *bytes;
    size_t n;
    Error error = {0};
    assert_false(file_read("none", 0, &bytes, &n, &error));
    assert_int_equal(error.code, ERROR_FILE);
    assert_string_equal(error.source, "none");
    assert_string_equal(error.message, "cannot open: no such file or directory");
    error = (Error){0};
    assert_false(file_read(".", 0, &bytes, &n, &error));
    assert_int_equal(error.code, ERROR_FILE);
    error = (Error){0};
    assert_false(file_write(".", "x", 1, &error));
    assert_int_equal(error.code, ERROR_FILE);
    error = (Error){0};
    assert_false(file_write("no/such/place", "x", 1, &error));
    assert_int_equal(error.code, ERROR_FILE);
    error = (Error){0};
    assert_true(file_write("five", "12345", 5, &error));
    assert_true(file_read("five", 5, &bytes, &n, &error));
    free(bytes);
    assert_false(file_read("five", 4, &bytes, &n, &error));
    assert_int_equal(error.code, ERROR_FILE);
    assert_null(bytes);
}

/* A disk that is full: the old file stands, nothing else is left behind. */
static void full_disk(void **state) {
    (void)state;
    Error error = {0};
    char big[20000];
    memset(big, 'x', sizeof big);
    assert_true(file_write("kept", "old", 3, &error));
    size_t before = count_files();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {4096, 4096};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        bool failed = !file_write("kept", big, sizeof big, &error) && error.code == ERROR_FILE;
        error = (Error){0};
        failed = failed && !file_append("log", big, sizeof big, &error) && error.code == ERROR_FILE;
        _exit(failed ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    holds("kept", "old");
    holds("log", "");
    assert_int_equal(count_files(), before + 1);
}

static void devices(void **state) {
    (void)state;
    Error error = {0};
    struct stat status;
    assert_true(file_write("/dev/null", "x", 1, &error));
    assert_true(stat("/dev/null", &status) == 0 && S_ISCHR(status.st_mode));
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    char got[4] = "";
    assert_true(file_write("pipe", "abc", 3, &error));
    assert_int_equal(read(reader, got, 3), 3);
    assert_string_equal(got, "abc");
    close(reader);
}

static void appending(void **state) {
    (void)state;
    Error error = {0};
    assert_true(file_append("ledger", "one\n", 4, &error));
    assert_true(file_append("ledger", "two\n", 4, &error));
    holds("ledger", "one\ntwo\n");
    assert_false(file_append("/", "x", 1, &error));
    assert_int_equal(error.code, ERROR_FILE);
}

static void locking(void **state) {
    (void)state;
    int ready[2], status = -1;
    char byte;
    Error error = {0};
    FileLock lock;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool ok = file_lock(&lock, "model", 0, &error) && write(ready[1], "x", 1) == 1;
        struct timespec pause = {0, 300000000};
        nanosleep(&pause, NULL);
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_false(file_lock(&lock, "model", 0, &error));
    assert_int_equal(error.code, ERROR_LOCKED);
    assert_int_equal(lock.descriptor, -1);
    error = (Error){0};
    assert_true(file_lock(&lock, "model", 20, &error)); /* freed by the other's end */
    file_unlock(&lock);
    file_unlock(&lock);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(file_lock(&lock, "no/such/model", 0, &error));
    assert_int_equal(error.code, ERROR_FILE);
}

static void digest(const void *bytes, size_t n, size_t step, const char *expected) {
    FileHash hash;
    char hex[65];
    file_hash_init(&hash);
    for (size_t i = 0; i < n; i += step)
        file_hash_add(&hash, (const char *)bytes + i, n - i < step ? n - i : step);
    file_hash_finish(&hash, hex);
    assert_string_equal(hex, expected);
}

static void hashing(void **state) {
    (void)state;
    static char million[1000000];
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    memset(million, 'a', sizeof million);
    digest("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest("abc", 3, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (size_t step = 1; step < 60; step++)
        digest(two, 56, step, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    for (size_t step = 61; step < 1000000; step = step * 7 + 3)
        digest(million, sizeof million, step, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_and_read), cmocka_unit_test(through_links), cmocka_unit_test(failures), cmocka_unit_test(full_disk),
        cmocka_unit_test(devices),        cmocka_unit_test(appending),     cmocka_unit_test(locking),  cmocka_unit_test(hashing),
    };
    return cmocka_run_group_tests_name("file", tests, enter, leave);
}
