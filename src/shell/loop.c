/* A loop with an inbox. Happy path: post, wake, run. Closing: what waits is run first. */
#include "shell/loop.h"

#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/hash.h"
#include "shell/limits.h"

void gb_tasks_put(struct gb_tasks *tasks, struct gb_task *task)
{
    task->next = NULL;
    if (tasks->last != NULL) {
        tasks->last->next = task;
    } else {
        tasks->first = task;
    }
    tasks->last = task;
    tasks->count++;
}

struct gb_task *gb_tasks_take(struct gb_tasks *tasks)
{
    struct gb_task *task = tasks->first;

    if (task != NULL) {
        tasks->first = task->next;
        tasks->last = tasks->first == NULL ? NULL : tasks->last;
        tasks->count--;
    }
    return task;
}

static struct gb_tasks take_all(struct gb_loop *loop)
{
    struct gb_tasks tasks;

    pthread_mutex_lock(&loop->mutex);
    tasks = loop->inbox;
    loop->inbox = (struct gb_tasks){0};
    pthread_cond_broadcast(&loop->room);
    pthread_mutex_unlock(&loop->mutex);
    return tasks;
}

static void run_inbox(struct gb_loop *loop)
{
    struct gb_tasks tasks = take_all(loop);
    struct gb_task *task;

    while ((task = gb_tasks_take(&tasks)) != NULL) {
        task->run(task);
    }
}

static void on_wake(uv_async_t *wake)
{
    run_inbox(wake->data);
}

static void *run_loop(void *context)
{
    struct gb_loop *loop = context;

    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    gb_hash_end();
    return NULL;
}

struct gb_loop *gb_loop_new(void)
{
    struct gb_loop *loop = calloc(1, sizeof(*loop));

    GB_CHECK(loop != NULL);
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    pthread_mutex_init(&loop->mutex, NULL);
    pthread_cond_init(&loop->room, NULL);
    GB_CHECK(uv_async_init(&loop->uv, &loop->wake, on_wake) == 0);
    loop->wake.data = loop;
    GB_CHECK(pthread_create(&loop->thread, NULL, run_loop, loop) == 0);
    return loop;
}

bool gb_loop_post(struct gb_loop *loop, struct gb_task *task)
{
    bool is_taken;

    pthread_mutex_lock(&loop->mutex);
    while (loop->inbox.count >= GB_INBOX_MAX && !loop->is_closed) {
        pthread_cond_wait(&loop->room, &loop->mutex);
    }
    is_taken = !loop->is_closed;
    if (is_taken) {
        gb_tasks_put(&loop->inbox, task);
        (void)uv_async_send(&loop->wake);
    }
    pthread_mutex_unlock(&loop->mutex);
    return is_taken;
}

struct call {
    struct gb_task task;
    void (*run)(void *context);
    void *context;
    uv_sem_t done;
};

static void run_call(struct gb_task *task)
{
    struct call *call = (struct call *)task;

    call->run(call->context);
    uv_sem_post(&call->done);
}

void gb_loop_call(struct gb_loop *loop, void (*run)(void *context), void *context)
{
    struct call call = {.task.run = run_call, .run = run, .context = context};

    GB_CHECK(uv_sem_init(&call.done, 0) == 0);
    GB_CHECK(gb_loop_post(loop, &call.task));
    uv_sem_wait(&call.done);
    uv_sem_destroy(&call.done);
}

void gb_loop_close(struct gb_loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    GB_CHECK(!loop->is_closed);
    loop->is_closed = true;
    pthread_cond_broadcast(&loop->room);
    pthread_mutex_unlock(&loop->mutex);
    run_inbox(loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
}

bool gb_loop_free(struct gb_loop *loop, int64_t wait_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000;
    if (pthread_timedjoin_np(loop->thread, NULL, &until) != 0) {
        return false;
    }
    (void)uv_loop_close(&loop->uv);
    pthread_mutex_destroy(&loop->mutex);
    pthread_cond_destroy(&loop->room);
    free(loop);
    return true;
}

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t gb_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t gb_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

void gb_turn_clock_read(struct gb_turn_clock *clock, const struct gb_loop *loop)
{
    uint64_t turn = uv_now(&loop->uv);

    if (!clock->is_read || turn != clock->turn) {
        *clock = (struct gb_turn_clock){
            .turn = turn, .is_read = true, .now = gb_now_ms(), .wall = gb_wall_ms()};
    }
}
