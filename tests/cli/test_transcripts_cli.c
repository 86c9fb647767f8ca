/* The sessions in docs/transcripts, played again: the same bytes. After a change of what the program prints: docs/transcripts/make.sh
 * LSTMFC docs/transcripts. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run.h"

#define FOLDER LSTMFC_SOURCE_DIR "/docs/transcripts"

static size_t first_difference(const char *a, const char *b) {
    size_t line = 1;
    for (; *a && *a == *b; a++, b++) line += *a == '\n';
    return *a == *b ? 0 : line;
}

static void sessions_are_true_to_the_byte(void **state) {
    (void)state;
    static const char *const names[] = {"first-session.txt", "cron.txt"};
    char command[2048];
    Said version = RUN("--version");
    const bool old = strstr(version.out, "kernels v1") != NULL;
    said_free(&version);
    if (old) {
        print_message("this machine has no fused multiply-add: numbers differ in their last digits, NOT tested\n");
        skip();
    }
    snprintf(command, sizeof command, "'%s/make.sh' '%s' '%s'", FOLDER, LSTMFC_BINARY, run_folder());
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < 2; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", FOLDER, names[i]);
        char *want = run_read(path), *got = run_read(run_path(names[i]));
        assert_true(want && got && strlen(got) > 500);
        const size_t line = first_difference(want, got);
        if (line) fail_msg("%s differs from line %zu on: run docs/transcripts/make.sh", names[i], line);
        got[100] ^= 1;
        assert_int_not_equal(first_difference(want, got), 0); /* the control */
        free(want);
        free(got);
    }
    run_write(run_path("left"), ""); /* the folder goes with what is in it */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sessions_are_true_to_the_byte)};
    return cmocka_run_group_tests(tests, NULL, run_clean);
}
