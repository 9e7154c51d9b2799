/* One thread, one uv loop. Other threads queue functions under a mutex and wake the loop under the
 * same mutex, so that nothing is woken after it was closed. */
#ifndef SHELL_LOOP_H
#define SHELL_LOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* A function to run; embedded in what it works on. run owns the task. */
struct gb_task {
    struct gb_task *next;
    void (*run)(struct gb_task *task);
};

struct gb_tasks {
    struct gb_task *first, *last;
    uint32_t count;
};

void gb_tasks_put(struct gb_tasks *tasks, struct gb_task *task);
struct gb_task *gb_tasks_take(struct gb_tasks *tasks); /* NULL if empty */

struct gb_loop {
    uv_loop_t uv;
    uv_async_t wake;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards inbox and is_closed */
    pthread_cond_t room;
    struct gb_tasks inbox;
    bool is_closed;
};

/* Makes the loop and starts its thread; NULL without threads or descriptors. */
struct gb_loop *gb_loop_new(void);

/* Queues task; waits while GB_INBOX_MAX are waiting, so never call it from the loop's own thread.
 * False once the loop is closed: the task stays the caller's. */
bool gb_loop_post(struct gb_loop *loop, struct gb_task *task);

/* Runs run(context) on the loop's thread and waits for it. */
void gb_loop_call(struct gb_loop *loop, void (*run)(void *context), void *context);

/* On the loop's thread: takes nothing more in; the loop ends when every other handle is closed. */
void gb_loop_close(struct gb_loop *loop);

/* Waits for the thread at most wait_ms, frees. False: it still runs, and everything leaks. */
bool gb_loop_free(struct gb_loop *loop, int64_t wait_ms);

/* A reading of the clocks, good for one turn of a loop: asked for with each of thousands of records
 * a second, the clocks themselves would cost more than what is done with them. */
struct gb_turn_clock {
    uint64_t turn; /* uv_now of the reading */
    bool is_read;
    int64_t now, wall;
};

/* Reads both clocks if the loop has turned since the last reading. now never falls. */
void gb_turn_clock_read(struct gb_turn_clock *clock, const struct gb_loop *loop);

/* Monotonic and wall milliseconds. */
int64_t gb_now_ms(void);
int64_t gb_wall_ms(void);

#endif
