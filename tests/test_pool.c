/* pool: every task once whatever the number of workers, thousands of short runs, sleeping and waking, the lock. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "lstmfc/pool.h"

enum { MOST = 1000 };

static const size_t sizes[] = {1, 2, 3, 8};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

typedef struct Count {
    size_t size; /* of the pool */
    atomic_uint runs[MOST];
    atomic_size_t sum, inside[8], bad;
} Count;

static Pool *create(size_t n_threads) {
    Error error = {0};
    Pool *pool = pool_create(n_threads, &error);
    assert_non_null(pool);
    assert_int_equal(pool_size(pool), n_threads ? n_threads : pool_processors());
    return pool;
}

/* Also notes where two tasks run at once under one worker's number, or under a number that no worker has. */
static void count_task(void *context, size_t task, size_t worker) {
    Count *c = context;
    if (worker >= c->size || atomic_fetch_add(&c->inside[worker], 1) != 0) {
        atomic_fetch_add(&c->bad, 1);
        return;
    }
    atomic_fetch_add(&c->runs[task], 1);
    atomic_fetch_add(&c->sum, task);
    atomic_fetch_sub(&c->inside[worker], 1);
}

static bool once_each(const Count *c, size_t n_tasks) {
    for (size_t i = 0; i < MOST; i++) {
        if (c->runs[i] != (i < n_tasks)) {
            return false;
        }
    }
    return c->bad == 0 && c->sum == (n_tasks ? n_tasks * (n_tasks - 1) / 2 : 0);
}

static void every_task_runs_once(void **state) {
    (void)state;
    static const size_t n_tasks[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 100, MOST};
    for (size_t s = 0; s < N_SIZES; s++) {
        Pool *pool = create(sizes[s]);
        for (size_t i = 0; i < sizeof n_tasks / sizeof *n_tasks; i++) {
            Count *c = calloc(1, sizeof *c);
            assert_non_null(c);
            c->size = sizes[s];
            pool_run(pool, n_tasks[i], count_task, c);
            assert_true(once_each(c, n_tasks[i]));
            free(c);
        }
        pool_free(pool);
    }
}

/* Negative control: a task left out, given twice, or given to a worker that is not. */
static void a_wrong_count_is_seen(void **state) {
    (void)state;
    Count *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->size = 2;
    pool_run(NULL, 9, count_task, c);
    assert_true(once_each(c, 9));
    assert_false(once_each(c, 10));
    count_task(c, 4, 0);
    assert_false(once_each(c, 9));
    count_task(c, 9, 2);
    assert_int_equal(c->bad, 1);
    free(c);
}

static void no_pool_is_one_worker(void **state) {
    (void)state;
    Count *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->size = 1;
    assert_int_equal(pool_size(NULL), 1);
    pool_run(NULL, 50, count_task, c);
    assert_true(once_each(c, 50));
    pool_lock(NULL);
    pool_unlock(NULL);
    pool_free(NULL);
    free(c);
}

typedef struct Order {
    size_t next;
    bool sorted;
} Order;

static void order_task(void *context, size_t task, size_t worker) {
    Order *o = context;
    o->sorted = o->sorted && task == o->next++ && worker == 0;
}

static void one_worker_goes_in_order(void **state) {
    (void)state;
    Pool *pool = create(1);
    Order with = {0, true}, without = {0, true};
    pool_run(pool, 100, order_task, &with);
    pool_run(NULL, 100, order_task, &without);
    assert_true(with.sorted && with.next == 100 && without.sorted && without.next == 100);
    pool_free(pool);
}

/* What a batch is: a phase in which each task writes its own place without atomics, then a phase that reads what others wrote. */
typedef struct Phases {
    size_t run, in[8], out[8];
} Phases;

static void write_task(void *context, size_t task, size_t worker) {
    (void)worker;
    Phases *p = context;
    p->in[task] = p->run * 8 + task;
}

static void read_task(void *context, size_t task, size_t worker) {
    (void)worker;
    Phases *p = context;
    p->out[task] = 0;
    for (size_t i = 0; i < 8; i++) {
        p->out[task] += p->in[i];
    }
}

static size_t wrong_phases(Pool *pool, size_t n_runs) {
    Phases p = {0};
    size_t wrong = 0;
    for (; p.run < n_runs; p.run++) {
        pool_run(pool, 8, write_task, &p);
        pool_run(pool, 8, read_task, &p);
        for (size_t i = 0; i < 8; i++) {
            wrong += p.out[i] != p.run * 64 + 28;
        }
    }
    return wrong;
}

static void many_short_runs(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SIZES; s++) {
        /* each of two phases; dear where there are more workers than processors */
        static const size_t n_runs[N_SIZES] = {10000, 5000, 500, 100};
        Pool *pool = create(sizes[s]);
        assert_int_equal(wrong_phases(pool, n_runs[s]), 0);
        pool_free(pool);
    }
}

static void pause_for(long microseconds) {
    const struct timespec t = {.tv_nsec = microseconds * 1000};
    nanosleep(&t, NULL);
}

/* Pauses from none to longer than any spinning: workers are met awake, asleep, and on the way to either. */
static void wakes_after_idling(void **state) {
    (void)state;
    for (size_t s = 1; s < N_SIZES; s++) {
        Pool *pool = create(sizes[s]);
        for (long i = 0; i < 90; i++) {
            pause_for(i % 30 * 100);
            assert_int_equal(wrong_phases(pool, 1), 0);
        }
        pool_free(pool);
    }
}

/* Ended at once, after a sleep, and in the middle of spinning. */
static void begins_and_ends(void **state) {
    (void)state;
    for (long i = 0; i < 60; i++) {
        Pool *pool = create(1 + (size_t)i % 4);
        if (i % 3) {
            assert_int_equal(wrong_phases(pool, 1), 0);
        }
        pause_for(i % 5 * 500);
        pool_free(pool);
    }
    pool_free(create(0));
}

typedef struct Locked {
    Pool *pool;
    size_t sum, busy, worst; /* no atomics: the lock is what is tested */
} Locked;

static void locked_task(void *context, size_t task, size_t worker) {
    (void)worker;
    Locked *l = context;
    pool_lock(l->pool);
    l->busy++;
    l->worst = l->busy > l->worst ? l->busy : l->worst;
    l->sum += task;
    l->busy--;
    pool_unlock(l->pool);
}

static void the_lock_lets_one_in(void **state) {
    (void)state;
    for (size_t s = 0; s < N_SIZES; s++) {
        Locked l = {.pool = create(sizes[s])};
        for (size_t i = 0; i < 5; i++) {
            pool_run(l.pool, 1000, locked_task, &l);
        }
        assert_int_equal(l.sum, 5 * 499500);
        assert_int_equal(l.worst, 1);
        pool_free(l.pool);
    }
}

/* ---- teams ---- */

/* Each member writes its part of a row, all meet, each reads the whole row before the next is begun. No atomics but the marks. */
typedef struct Rows {
    size_t x[2][64], n_rows;
    atomic_size_t sum, leaders, members;
} Rows;

static void row_task(void *context, const Team *team) {
    Rows *rows = context;
    size_t first, last;
    atomic_fetch_add(&rows->members, 1);
    atomic_fetch_add(&rows->leaders, team_leads(team));
    for (size_t row = 0; row < rows->n_rows; row++) {
        size_t *x = rows->x[row % 2], sum = 0;
        team_part(team, 64, 16, &first, &last);
        for (size_t i = first; i < last; i++) {
            x[i] = row + i;
        }
        team_meet(team);
        for (size_t i = 0; i < 64; i++) {
            sum += x[i];
        }
        atomic_fetch_add(&rows->sum, sum - 64 * row == 2016 ? 1 : 0);
    }
}

static void teams_meet(void **state) {
    (void)state;
    for (size_t n = 0; n <= pool_processors() && n <= 4; n++) {
        Pool *pool = n ? create(n) : NULL;
        for (size_t i = 0; i < 300; i++) {
            Rows rows = {.n_rows = i % 3 * 10};
            pool_run_team(pool, row_task, &rows);
            assert_int_equal(rows.members, pool_size(pool));
            assert_int_equal(rows.leaders, 1);
            assert_int_equal(rows.sum, rows.n_rows * pool_size(pool));
            assert_int_equal(wrong_phases(pool, 1), 0);
        }
        pool_free(pool);
    }
}

/* Parts of all members follow each other without hole or overlap, and begin at multiples of the grain. */
static void parts_make_the_whole(void **state) {
    (void)state;
    size_t first, last;
    team_part(NULL, 37, 16, &first, &last);
    assert_true(first == 0 && last == 37);
    for (size_t size = 1; size <= 9; size++) {
        for (size_t n = 0; n < 100; n++) {
            for (size_t grain = 1; grain <= 16; grain += 5) {
                size_t next = 0;
                for (size_t rank = 0; rank < size; rank++) {
                    const Team team = {.size = size, .rank = rank};
                    team_part(&team, n, grain, &first, &last);
                    assert_true(first == next && last >= first && (first % grain == 0 || first == n));
                    next = last;
                }
                assert_int_equal(next, n);
            }
        }
    }
}

static void denormal_task(void *context, size_t task, size_t worker) {
    (void)worker;
    float *x = context;
    volatile float tiny = 1e-38F;
    x[task] = tiny * 0.01F;
}

/* All workers, the caller among them, have denormals as zero. */
static void denormals_are_zero_everywhere(void **state) {
    (void)state;
    static float x[1000];
    Pool *pool = create(3);
    for (size_t i = 0; i < 1000; i++) {
        x[i] = 1;
    }
    pool_run(pool, 1000, denormal_task, x);
    for (size_t i = 0; i < 1000; i++) {
        assert_true(x[i] == 0);
    }
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once), cmocka_unit_test(a_wrong_count_is_seen),
        cmocka_unit_test(no_pool_is_one_worker), cmocka_unit_test(one_worker_goes_in_order),
        cmocka_unit_test(many_short_runs),      cmocka_unit_test(wakes_after_idling),
        cmocka_unit_test(begins_and_ends),      cmocka_unit_test(the_lock_lets_one_in),
        cmocka_unit_test(teams_meet),           cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(denormals_are_zero_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
