#define _GNU_SOURCE
#include "lstmfc/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* Who waits looks this often before giving up the processor: some tens of microseconds, longer than the gap between two batches. Then as
 * often again with the processor offered to others each time, a millisecond or two, since to be woken from sleep costs as much as a small
 * batch. Where there are more workers than processors, looking would keep others from working. */
enum { POOL_SPINS = 4000 };

typedef struct Worker {
    Pool *pool;
    size_t index;
    pthread_t thread;
} Worker;

/* Meetings a worker has come to, on cache lines that nobody else writes: who waits for it pays for one line's way and no more. */
typedef struct Attendance {
    _Alignas(128) atomic_size_t n;
} Attendance;

struct Pool {
    size_t n_workers;
    Attendance *attendance;  /* [n_workers]; equal where no team is at work */
    Worker *workers; /* [n_workers], the first is the caller's */
    PoolTask *task;
    PoolTeamTask *team_task; /* not NULL: each worker runs this once */
    void *context;
    size_t n_tasks;
    atomic_size_t next;       /* task to hand out */
    atomic_size_t busy;       /* workers, the caller apart, that have not finished this run */
    atomic_size_t generation; /* of run; odd numbers never used twice */
    atomic_size_t n_asleep;
    atomic_bool quit;
    pthread_mutex_t mutex, report;
    pthread_cond_t wake;
    size_t n_threads; /* started */
    int n_spins;
};

static void relax(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void pool_prepare_thread(void) {
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040U); /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" ::"r"(fpcr | (1ULL << 24)));
#endif
}

size_t pool_processors(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (size_t)CPU_COUNT(&set);
    }
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (size_t)n : 1;
}

size_t pool_size(const Pool *pool) {
    return pool ? pool->n_workers : 1;
}

static void work(Pool *pool, size_t worker) {
    if (pool->team_task) {
        const Team team = {.size = pool->n_workers, .rank = worker, .pool = pool};
        pool->team_task(pool->context, &team);
        return;
    }
    for (size_t i; (i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < pool->n_tasks;) {
        pool->task(pool->context, i, worker);
    }
}

/* Between two looks, the i-th time. */
static void look_away(const Pool *pool, int i) {
    if (i < pool->n_spins) {
        relax();
    } else {
        sched_yield();
    }
}

/* Returns when the generation is no longer `seen` or the pool ends. */
static void wait_for_run(Pool *pool, size_t seen) {
    for (int i = 0; i < 2 * pool->n_spins; i++) {
        if (atomic_load_explicit(&pool->generation, memory_order_acquire) != seen) {
            return;
        }
        look_away(pool, i);
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->n_asleep, 1);
    while (atomic_load(&pool->generation) == seen) {
        pthread_cond_wait(&pool->wake, &pool->mutex);
    }
    atomic_fetch_sub(&pool->n_asleep, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
    Worker *self = argument;
    Pool *pool = self->pool;
    pool_prepare_thread();
    for (size_t seen = 0;;) {
        wait_for_run(pool, seen);
        seen = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (atomic_load(&pool->quit)) {
            return NULL;
        }
        work(pool, self->index);
        atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_release);
    }
}

static void announce(Pool *pool) {
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->n_asleep) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->mutex);
    }
}

Pool *pool_create(size_t n_threads, Error *error) {
    const size_t n = n_threads ? n_threads : pool_processors();
    Pool *pool = calloc(1, sizeof *pool);
    Worker *workers = calloc(n, sizeof *workers);
    Attendance *attendance = aligned_alloc(_Alignof(Attendance), n * sizeof *attendance);
    if (!pool || !workers || !attendance) {
        free(pool);
        free(workers);
        free(attendance);
        error_memory(error, "the pool of threads");
        return NULL;
    }
    pool_prepare_thread();
    pool->n_workers = n;
    pool->n_spins = n > pool_processors() ? 0 : POOL_SPINS;
    pool->workers = workers;
    pool->attendance = attendance;
    for (size_t i = 0; i < n; i++) {
        atomic_init(&attendance[i].n, 0);
    }
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_mutex_init(&pool->report, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (size_t i = 1; i < n; i++) {
        workers[i] = (Worker){.pool = pool, .index = i};
        if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0) {
            error_set(error, ERROR_INTERNAL, "fewer --threads", "thread %zu of %zu cannot be started", i + 1, n);
            pool_free(pool);
            return NULL;
        }
        pool->n_threads++;
    }
    return pool;
}

void pool_free(Pool *pool) {
    if (!pool) {
        return;
    }
    atomic_store(&pool->quit, true);
    announce(pool);
    for (size_t i = 1; i <= pool->n_threads; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    pthread_mutex_destroy(&pool->report);
    free(pool->workers);
    free(pool->attendance);
    free(pool);
}

void pool_lock(Pool *pool) {
    if (pool) {
        pthread_mutex_lock(&pool->report);
    }
}

void pool_unlock(Pool *pool) {
    if (pool) {
        pthread_mutex_unlock(&pool->report);
    }
}

/* Runs what is set in the pool on every worker and waits for all. */
static void run_all(Pool *pool) {
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_store_explicit(&pool->busy, pool->n_workers - 1, memory_order_relaxed);
    announce(pool);
    work(pool, 0);
    for (int i = 0; atomic_load_explicit(&pool->busy, memory_order_acquire) > 0; i += i < pool->n_spins) {
        look_away(pool, i);
    }
}

void pool_run(Pool *pool, size_t n_tasks, PoolTask *task, void *context) {
    if (pool_size(pool) == 1 || n_tasks <= 1) {
        for (size_t i = 0; i < n_tasks; i++) {
            task(context, i, 0);
        }
        return;
    }
    pool->team_task = NULL;
    pool->task = task;
    pool->context = context;
    pool->n_tasks = n_tasks;
    run_all(pool);
}

void pool_run_team(Pool *pool, PoolTeamTask *task, void *context) {
    if (pool_size(pool) == 1) {
        task(context, NULL);
        return;
    }
    pool->team_task = task;
    pool->context = context;
    run_all(pool);
}

void team_meet(const Team *team) {
    if (!team) {
        return;
    }
    Attendance *attendance = team->pool->attendance;
    const size_t meeting = atomic_load_explicit(&attendance[team->rank].n, memory_order_relaxed) + 1;
    atomic_store_explicit(&attendance[team->rank].n, meeting, memory_order_release);
    for (size_t other = 0; other < team->size; other++) {
        for (int i = 0; atomic_load_explicit(&attendance[other].n, memory_order_acquire) < meeting; i += i < team->pool->n_spins) {
            look_away(team->pool, i);
        }
    }
}

void team_part(const Team *team, size_t n, size_t grain, size_t *first, size_t *last) {
    const size_t size = team ? team->size : 1, rank = team ? team->rank : 0, grains = (n + grain - 1) / grain;
    *first = grains * rank / size * grain;
    *last = grains * (rank + 1) / size * grain;
    *first = *first < n ? *first : n;
    *last = *last < n ? *last : n;
}

bool team_leads(const Team *team) {
    return !team || team->rank == 0;
}
