/* Membership of a group, for its assignment alone: nothing is fetched through it. */
#ifndef SHELL_KAFKA_GROUP_H
#define SHELL_KAFKA_GROUP_H

#include "gridbridge/str.h"
#include "shell/kafka_conf.h"
#include "shell/loop.h"
#include "shell/wakeup.h"

struct gb_member_config {
    const struct gb_kafka *kafka;
    const char *group_id, *instance_id; /* instance_id may be NULL */
    const char *topic;
    struct gb_loop *loop;
    void (*on_assigned)(void *context, int32_t partition); /* once for each */
    void (*on_revoked)(void *context, int32_t partition);
    void (*on_fatal)(void *context, struct gb_str text); /* no member any more, for good */
    void *context;
};

struct gb_member;

/* On the loop's thread: joins. NULL with err. */
struct gb_member *gb_member_new(const struct gb_member_config *config, struct gb_err *err);

/* Begins to close: no more callbacks. gb_member_free after the loop has ended leaves the group. */
void gb_member_close(struct gb_member *member);
void gb_member_free(struct gb_member *member);

/* Closes and destroys a consumer, which can hang when brokers are away: false after wait_ms, and
 * the consumer leaks. */
bool gb_kafka_close_consumer(rd_kafka_t *rk, int64_t wait_ms);

/* A group's consumer with its callbacks' context set; NULL with err. */
rd_kafka_conf_t *gb_kafka_member_conf(const struct gb_kafka *kafka, const char *group_id,
                                      const char *instance_id, struct gb_err *err);

#endif
