/* Manual pages and completion, which the build writes from the tables: every option stands in them, mandoc finds nothing to say, and bash
 * completes. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lstmfc/recipe.h"

#include "run.h"

static bool have(const char *program) {
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

/* What a shell command prints, in a folder that holds alpha.csv and a model; the caller frees it. */
static char *shell(const char *script) {
    char command[4096];
    run_write(run_path("script"), script);
    snprintf(command, sizeof command, "cd '%s' && bash script >'%s' 2>&1", run_folder(), run_path("said"));
    const int status = system(command);
    char *said = run_read(run_path("said"));
    assert_non_null(said);
    if (status) print_error("%s\n", said);
    assert_int_equal(status, 0);
    return said;
}

/* Words in COMPREPLY, a blank behind each, of a command line whose last word is completed. */
static void completes(const char *line, const char *part, const char *no_part) {
    char script[2048];
    snprintf(script, sizeof script,
             "set -u\ntouch alpha.csv\nsource '%s/lstmfc.bash'\ncomplete -p lstmfc >/dev/null || exit 1\nCOMP_WORDS=(%s)\n"
             "COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))\n_lstmfc\nprintf '%%s ' \"${COMPREPLY[@]:-}\"\n",
             LSTMFC_DOCS_DIR, line);
    char *said = shell(script);
    if ((part && !strstr(said, part)) || (no_part && strstr(said, no_part))) print_error("%s: '%s'\n", line, said);
    if (part) assert_non_null(strstr(said, part));
    if (no_part) assert_null(strstr(said, no_part));
    free(said);
}

static void test_bash(void **state) {
    (void)state;
    if (!have("bash")) skip();
    completes("lstmfc ''", "train evaluate predict", "alpha.csv");
    completes("lstmfc ev", "evaluate ", "train");
    completes("lstmfc train --opt", "--optimizer ", "--epochs");
    completes("lstmfc train --optimizer ''", "adam rmsprop sgd", "--");
    completes("lstmfc train --optimizer = r", "rmsprop ", "adam");
    completes("lstmfc train --optimizer =", "adam rmsprop sgd", NULL);
    completes("lstmfc train --preset cl", "classic ", "yadav");
    completes("lstmfc train --if", "--if-changed ", NULL);
    completes("lstmfc predict --if", NULL, "--if-changed"); /* not taken there */
    completes("lstmfc predict --max", "--max-age ", NULL);
    completes("lstmfc predict --pl", "--plot ", NULL);
    completes("lstmfc check --pl", NULL, "--plot");
    completes("lstmfc train --res", "--resume ", NULL);
    completes("lstmfc predict --res", NULL, "--resume");
    completes("lstmfc check --dry", "--dry-run ", NULL);
    completes("lstmfc check --config al", "alpha.csv ", NULL);
    completes("lstmfc train --plot al", "alpha.csv ", NULL);
    completes("lstmfc rep", "report ", NULL);
    completes("lstmfc train al", "alpha.csv ", NULL);
    completes("lstmfc predict alpha.csv -m al", "alpha.csv ", NULL);
    completes("lstmfc train --epochs ''", NULL, "alpha.csv");
    completes("lstmfc help pre", "predict presets", "train");
    completes("lstmfc presets cl", "classic ", "alpha.csv");
}

/* Every option that help shows, in the page and in all three completions of the command. */
static void test_every_option_stands_everywhere(void **state) {
    (void)state;
    static const char *const names[] = {"train",   "evaluate", "predict", "validate", "compare", "tune", "check",
                                        "inspect", "ledger",   "report",  "presets",  "chars",   "help"};
    char *bash = run_read(LSTMFC_DOCS_DIR "/lstmfc.bash"), *zsh = run_read(LSTMFC_DOCS_DIR "/_lstmfc"),
         *fish = run_read(LSTMFC_DOCS_DIR "/lstmfc.fish");
    int n = 0;
    assert_true(bash && zsh && fish);
    for (size_t c = 0; c < sizeof names / sizeof *names; c++) {
        char path[1024], entry[160];
        snprintf(path, sizeof path, "%s/lstmfc-%s.1", LSTMFC_DOCS_DIR, names[c]);
        char *page = run_read(path);
        assert_non_null(page);
        Said help = RUN("help", names[c]);
        for (char *at = help.out; (at = strstr(at, "  --")) || false; at++) {
            char name[64] = "";
            sscanf(at, "  --%63[a-z0-9-]", name);
            if (!*name) continue;
            n++;
            snprintf(entry, sizeof entry, "Fl -%s", name);
            if (!strstr(page, entry)) print_error("%s: no --%s\n", path, name);
            assert_non_null(strstr(page, entry));
            snprintf(entry, sizeof entry, "from %s' -l %s ", names[c], name);
            assert_non_null(strstr(fish, entry));
            snprintf(entry, sizeof entry, "--%s[", name);
            assert_non_null(strstr(zsh, entry));
            snprintf(entry, sizeof entry, " --%s ", name);
            char *words = strstr(bash, entry);
            snprintf(entry, sizeof entry, " --%s'", name);
            assert_true(words || strstr(bash, entry));
        }
        said_free(&help);
        free(page);
    }
    assert_true(n > 100);
    free(bash);
    free(zsh);
    free(fish);
}

static void test_mandoc(void **state) {
    (void)state;
    if (!have("mandoc")) skip();
    char *said = shell("cd '" LSTMFC_DOCS_DIR "' && mandoc -Tlint *.1");
    assert_string_equal(said, "");
    free(said);
    /* The control: a page with a fault is found out. */
    said = shell("{ cat '" LSTMFC_DOCS_DIR "/lstmfc.1'; echo .Nonsense; } >bad.1; mandoc -Tlint bad.1 || true");
    assert_non_null(strstr(said, "unknown macro"));
    free(said);
}

static void test_shellcheck(void **state) {
    (void)state;
    if (!have("shellcheck")) skip();
    char *said = shell("shellcheck '" LSTMFC_DOCS_DIR "/lstmfc.bash'; bash -n '" LSTMFC_DOCS_DIR "/lstmfc.bash'");
    assert_string_equal(said, "");
    free(said);
}

/* What a person copies out of a page must be what was meant: plain quotes and minus signs. */
static void test_examples_can_be_copied(void **state) {
    (void)state;
    if (!have("mandoc")) skip();
    char *said = shell("mandoc -Tutf8 '" LSTMFC_DOCS_DIR "/lstmfc-train.1' | col -b 2>/dev/null || mandoc -Tutf8 '" LSTMFC_DOCS_DIR
                       "/lstmfc-train.1'");
    assert_non_null(strstr(said, "--layers '2*(lstm:50,dropout:0.2)'"));
    free(said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bash),
        cmocka_unit_test(test_every_option_stands_everywhere),
        cmocka_unit_test(test_mandoc),
        cmocka_unit_test(test_shellcheck),
        cmocka_unit_test(test_examples_can_be_copied),
    };
    return cmocka_run_group_tests(tests, NULL, run_clean);
}
