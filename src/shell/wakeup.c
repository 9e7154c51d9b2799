/* The pipe and its two handles. */
#include "shell/wakeup.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void work(struct gb_wakeup *wakeup)
{
    (void)uv_idle_stop(&wakeup->idle);
    wakeup->on_work(wakeup->context);
}

static void on_idle(uv_idle_t *idle)
{
    work(idle->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct gb_wakeup *wakeup = poll->data;
    char bytes[256];

    (void)events;
    GB_CHECK(status == 0); /* our own pipe */
    while (read(wakeup->ends[0], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes)) {
    }
    work(wakeup);
}

void gb_wakeup_init(struct gb_wakeup *wakeup, uv_loop_t *loop, void (*on_work)(void *context),
                    void *context)
{
    wakeup->on_work = on_work;
    wakeup->context = context;
    wakeup->open = 2;
    GB_CHECK(pipe2(wakeup->ends, O_NONBLOCK | O_CLOEXEC) == 0);
    GB_CHECK(uv_poll_init(loop, &wakeup->poll, wakeup->ends[0]) == 0);
    GB_CHECK(uv_idle_init(loop, &wakeup->idle) == 0);
    wakeup->poll.data = wakeup;
    wakeup->idle.data = wakeup;
    GB_CHECK(uv_poll_start(&wakeup->poll, UV_READABLE, on_readable) == 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct gb_wakeup *wakeup = handle->data;

    if (--wakeup->open == 0) {
        (void)close(wakeup->ends[0]);
        (void)close(wakeup->ends[1]);
    }
}

void gb_wakeup_close(struct gb_wakeup *wakeup)
{
    uv_close((uv_handle_t *)&wakeup->poll, on_closed);
    uv_close((uv_handle_t *)&wakeup->idle, on_closed);
}

void gb_wakeup_again(struct gb_wakeup *wakeup)
{
    if (!uv_is_closing((uv_handle_t *)&wakeup->idle)) {
        (void)uv_idle_start(&wakeup->idle, on_idle);
    }
}

void gb_wakeup_watch(struct gb_wakeup *wakeup, rd_kafka_queue_t *queue)
{
    rd_kafka_queue_io_event_enable(queue, wakeup->ends[1], "1", 1);
}
