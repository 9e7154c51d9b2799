/* The member: eager protocol. On assignment it takes an empty list, so that the group is content
 * and nothing is fetched; a lost assignment is a revocation. */
#include "shell/kafka_group.h"

#include <stdlib.h>
#include <time.h>

#include "base/check.h"

#define POLL_EVERY_MS 1000 /* the group expects to hear from us whatever happens */
#define TURN_MAX 100

struct gb_member {
    struct gb_member_config config;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    struct gb_wakeup wakeup;
    uv_timer_t timer;
    bool is_closed;
};

rd_kafka_conf_t *gb_kafka_member_conf(const struct gb_kafka *kafka, const char *group_id,
                                      const char *instance_id, struct gb_err *err)
{
    rd_kafka_conf_t *conf = gb_kafka_conf(kafka, GB_KAFKA_MEMBER, err);

    if (conf != NULL) {
        gb_kafka_set(conf, "group.id", group_id);
        if (instance_id != NULL) {
            gb_kafka_set(conf, "group.instance.id", instance_id);
        }
    }
    return conf;
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *context)
{
    struct gb_member *member = context;
    bool is_assigned = err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    rd_kafka_topic_partition_list_t *nothing;

    for (int i = 0; i < list->cnt && !member->is_closed; i++) {
        if (is_assigned) {
            member->config.on_assigned(member->config.context, list->elems[i].partition);
        } else {
            member->config.on_revoked(member->config.context, list->elems[i].partition);
        }
    }
    if (is_assigned) {
        nothing = rd_kafka_topic_partition_list_new(0);
        (void)rd_kafka_assign(rk, nothing);
        rd_kafka_topic_partition_list_destroy(nothing);
    } else {
        (void)rd_kafka_assign(rk, NULL);
    }
}

static void serve(void *context)
{
    struct gb_member *member = context;
    rd_kafka_message_t *message = NULL;
    int count = 0;

    do {
        message = rd_kafka_consumer_poll(member->rk, 0);
        if (message != NULL) {
            if (message->err != 0 && !member->is_closed &&
                gb_status_class(gb_kafka_read_status(message->err)) == GB_CLASS_FATAL) {
                member->config.on_fatal(member->config.context,
                                        gb_str_of(rd_kafka_message_errstr(message)));
            }
            rd_kafka_message_destroy(message); /* other errors: the log callback tells */
        }
        count++;
    } while (message != NULL && count < TURN_MAX);
    if (message != NULL) {
        gb_wakeup_again(&member->wakeup);
    }
}

static void on_timer(uv_timer_t *timer)
{
    serve(timer->data);
}

static rd_kafka_resp_err_t subscribe(rd_kafka_t *rk, const char *topic)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t err;

    (void)rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA);
    err = rd_kafka_subscribe(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

struct gb_member *gb_member_new(const struct gb_member_config *config, struct gb_err *err)
{
    struct gb_member *member = calloc(1, sizeof(*member));
    rd_kafka_conf_t *conf =
        gb_kafka_member_conf(config->kafka, config->group_id, config->instance_id, err);

    GB_CHECK(member != NULL);
    member->config = *config;
    if (conf != NULL) {
        rd_kafka_conf_set_opaque(conf, member);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    }
    member->rk = gb_kafka_client(RD_KAFKA_CONSUMER, conf, err);
    if (member->rk == NULL) {
        free(member);
        return NULL;
    }
    (void)rd_kafka_poll_set_consumer(member->rk);
    member->queue = rd_kafka_queue_get_consumer(member->rk);
    gb_wakeup_init(&member->wakeup, &config->loop->uv, serve, member);
    gb_wakeup_watch(&member->wakeup, member->queue);
    (void)uv_timer_init(&config->loop->uv, &member->timer);
    member->timer.data = member;
    (void)uv_timer_start(&member->timer, on_timer, 0, POLL_EVERY_MS);
    GB_CHECK(subscribe(member->rk, config->topic) == 0);
    return member;
}

void gb_member_close(struct gb_member *member)
{
    member->is_closed = true;
    rd_kafka_queue_io_event_enable(member->queue, -1, NULL, 0);
    rd_kafka_queue_destroy(member->queue);
    gb_wakeup_close(&member->wakeup);
    uv_close((uv_handle_t *)&member->timer, NULL);
}

void gb_member_free(struct gb_member *member)
{
    if (gb_kafka_close_consumer(member->rk, 4000)) {
        free(member);
    }
}

static void *close_consumer(void *rk)
{
    (void)rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return NULL;
}

bool gb_kafka_close_consumer(rd_kafka_t *rk, int64_t wait_ms)
{
    struct timespec until;
    pthread_t thread;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000;
    GB_CHECK(pthread_create(&thread, NULL, close_consumer, rk) == 0);
    if (pthread_timedjoin_np(thread, NULL, &until) != 0) {
        (void)pthread_detach(thread);
        return false;
    }
    return true;
}
