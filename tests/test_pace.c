/* Sharing a batch is tried now and then, taken where it pays, and given up soon where it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../src/forecast/pace.h"

/* Does n batches of which one alone takes 1 and a shared one `shared`; returns how many were shared, *seconds the sum. */
static size_t run(Pace *p, size_t n, double shared, double *seconds) {
    size_t n_shared = 0;
    *seconds = 0;
    for (size_t i = 0; i < n; i++) {
        const bool shares = pace_shares(p);
        const double took = shares ? shared : 1;
        n_shared += shares;
        *seconds += took;
        pace_tell(p, took);
    }
    return n_shared;
}

static void sharing_is_taken_where_it_pays(void **state) {
    (void)state;
    Pace p;
    double seconds;
    pace_start(&p);
    const size_t n = run(&p, 20 * PACE_PERIOD, 0.6, &seconds);
    assert_int_equal(n, 20 * PACE_PERIOD - 2 * PACE_TRIAL); /* a trial at first, and one after PACE_LOOKS looks */
    assert_true(seconds < 0.601 * 20 * PACE_PERIOD);
}

static void it_is_left_where_it_does_not(void **state) {
    (void)state;
    Pace p;
    double seconds;
    pace_start(&p);
    const size_t n = run(&p, 20 * PACE_PERIOD, 1.1, &seconds);
    assert_true(n > 0 && n <= 5 * PACE_TRIAL);
}

/* A core that another program has: a meeting takes milliseconds. */
static void a_dear_trial_is_short(void **state) {
    (void)state;
    Pace p;
    double seconds;
    pace_start(&p);
    const size_t n = run(&p, 20 * PACE_PERIOD, 50, &seconds);
    assert_true(n > 0 && n <= 5);
    assert_true(seconds < 1.03 * 20 * PACE_PERIOD);
}

static void it_is_tried_again_when_the_machine_changes(void **state) {
    (void)state;
    Pace p;
    double seconds;
    pace_start(&p);
    run(&p, 4 * PACE_PERIOD, 50, &seconds);
    assert_false(pace_shares(&p));
    run(&p, 40 * PACE_PERIOD, 0.6, &seconds);
    assert_true(p.decided ? p.pays : true);
    assert_true(run(&p, PACE_PERIOD, 0.6, &seconds) > PACE_PERIOD / 2);
    assert_true(run(&p, 2 * PACE_PERIOD, 3, &seconds) < 2 * PACE_LOOK + 2 * PACE_TRIAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharing_is_taken_where_it_pays),
        cmocka_unit_test(it_is_left_where_it_does_not),
        cmocka_unit_test(a_dear_trial_is_short),
        cmocka_unit_test(it_is_tried_again_when_the_machine_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
