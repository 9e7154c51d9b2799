/* A thread for calls that block: runs its jobs one after the other. */
#ifndef SHELL_WORKER_H
#define SHELL_WORKER_H

#include <stdatomic.h>

#include "shell/loop.h"

struct gb_worker {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards jobs */
    pthread_cond_t more;
    struct gb_tasks jobs;
    atomic_bool is_stopping; /* long jobs look at it and give up */
    void (*on_idle)(void *context); /* on its thread once a second, may be NULL */
    void *context;
};

/* Starts the thread. */
struct gb_worker *gb_worker_new(void (*on_idle)(void *context), void *context);

/* Queues a job, which runs on the worker's thread and owns itself. The callers are bounded: more
 * than GB_WORKER_JOBS_MAX waiting is a bug. */
void gb_worker_give(struct gb_worker *worker, struct gb_task *job);

/* Tells the jobs to give up. They all still run. */
void gb_worker_stop(struct gb_worker *worker);

/* Runs what waits, joins the thread, frees. Stop first. */
void gb_worker_free(struct gb_worker *worker);

#endif
