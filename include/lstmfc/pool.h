/* pool.h - the only threads.
 *
 * A pool runs a list of independent tasks and returns when all are done. Tasks are handed out in order to whichever
 * worker is free; a task must write only what is its own, so results never depend on the number of workers. Idle workers
 * spin for some microseconds (the next batch is usually that near) and then sleep. There are no nested pools: code that
 * runs inside a task is given NULL, which means "you are alone", and runs its own lists in place.
 */
#ifndef LSTMFC_POOL_H
#define LSTMFC_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "lstmfc/error.h"

typedef struct Pool Pool;

/* task: 0 .. n_tasks-1; worker: 0 .. pool_size-1, for scratch memory owned by a worker. */
typedef void PoolTask(void *context, size_t task, size_t worker);

/* n_threads workers, the caller being one of them; 0 = as many as the process may run on. Also prepares the calling thread
 * (see pool_prepare_thread). NULL with ERROR_MEMORY or ERROR_INTERNAL. */
Pool *pool_create(size_t n_threads, Error *error);
void pool_free(Pool *pool);

/* Number of workers; 1 for NULL. */
size_t pool_size(const Pool *pool);

/* Runs task(context, i, worker) for every i below n_tasks and returns when all have returned. Only one thread may call it at a time. */
void pool_run(Pool *pool, size_t n_tasks, PoolTask *task, void *context);

/* Members of a team run one piece of code at once, each on a processor of its own, and meet at barriers. NULL = alone. */
typedef struct Team {
    size_t size, rank;
    Pool *pool;
} Team;

typedef void PoolTeamTask(void *context, const Team *team);

/* Runs task once on every worker, at the same time. Not for pools larger than pool_processors(): members that wait would keep others from
 * working. */
void pool_run_team(Pool *pool, PoolTeamTask *task, void *context);

/* Returns when all members have arrived; what each wrote before is then seen by all. Nothing for NULL. */
void team_meet(const Team *team);

/* This member's part [*first, *last) of n items, cut at multiples of `grain`; everything where team is NULL. */
void team_part(const Team *team, size_t n, size_t grain, size_t *first, size_t *last);

/* Whether this member does what only one should do: rank 0, or alone. */
bool team_leads(const Team *team);

/* One lock a pool, for tasks that report while others run; nothing for NULL. */
void pool_lock(Pool *pool);
void pool_unlock(Pool *pool);

/* Processors this process may run on (affinity respected), at least 1. */
size_t pool_processors(void);

/* Sets the calling thread's floating point so that denormal numbers are zero, as every worker has it: a training must not be
 * a hundred times slower where gradients vanish, and must not depend on which thread does it. */
void pool_prepare_thread(void);

#endif
