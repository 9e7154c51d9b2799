/* A worker thread: waits for a job or a second, whichever comes first. */
#include "shell/worker.h"

#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/hash.h"
#include "shell/limits.h"

static struct gb_task *next_job(struct gb_worker *worker)
{
    struct timespec until;
    struct gb_task *job;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&worker->mutex);
    if (worker->jobs.count == 0 && !atomic_load(&worker->is_stopping)) {
        (void)pthread_cond_timedwait(&worker->more, &worker->mutex, &until);
    }
    job = gb_tasks_take(&worker->jobs);
    pthread_mutex_unlock(&worker->mutex);
    return job;
}

static void *run_worker(void *context)
{
    struct gb_worker *worker = context;

    for (;;) {
        struct gb_task *job = next_job(worker);

        if (job != NULL) {
            job->run(job);
        } else if (atomic_load(&worker->is_stopping)) {
            gb_hash_end();
            return NULL;
        } else if (worker->on_idle != NULL) {
            worker->on_idle(worker->context);
        }
    }
}

struct gb_worker *gb_worker_new(void (*on_idle)(void *context), void *context)
{
    struct gb_worker *worker = calloc(1, sizeof(*worker));

    GB_CHECK(worker != NULL);
    worker->on_idle = on_idle;
    worker->context = context;
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->more, NULL);
    atomic_init(&worker->is_stopping, false);
    GB_CHECK(pthread_create(&worker->thread, NULL, run_worker, worker) == 0);
    return worker;
}

void gb_worker_give(struct gb_worker *worker, struct gb_task *job)
{
    pthread_mutex_lock(&worker->mutex);
    GB_CHECK(worker->jobs.count < GB_WORKER_JOBS_MAX);
    gb_tasks_put(&worker->jobs, job);
    pthread_cond_signal(&worker->more);
    pthread_mutex_unlock(&worker->mutex);
}

void gb_worker_stop(struct gb_worker *worker)
{
    pthread_mutex_lock(&worker->mutex);
    atomic_store(&worker->is_stopping, true);
    pthread_cond_signal(&worker->more);
    pthread_mutex_unlock(&worker->mutex);
}

void gb_worker_free(struct gb_worker *worker)
{
    gb_worker_stop(worker);
    pthread_join(worker->thread, NULL);
    pthread_mutex_destroy(&worker->mutex);
    pthread_cond_destroy(&worker->more);
    free(worker);
}
