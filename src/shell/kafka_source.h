/* The Kafka side of intake: source topics by a group, gb.intake by an idempotent producer. Carries
 * out the effects of a gb_intake and brings its events, all on one loop. */
#ifndef SHELL_KAFKA_SOURCE_H
#define SHELL_KAFKA_SOURCE_H

#include "lane/intake.h"
#include "shell/kafka_group.h"
#include "shell/worker.h"

struct gb_source_config {
    const struct gb_kafka *kafka;
    const char *group_id, *instance_id;
    const struct gb_source_topic *topics; /* borrowed; with the policy topic */
    size_t topics_count;
    const char *intake_topic, *policy_topic;
    struct gb_loop *loop;
    struct gb_worker *worker;
    rd_kafka_t *watermarks; /* borrowed */
    /* Called with everything but now and wall. Effects may be carried out within. */
    void (*on_event)(void *context, struct gb_intake_event *event);
    bool (*wants)(void *context);
    void (*say)(void *context, struct gb_str text);
    void (*on_fatal)(void *context, struct gb_str text); /* nothing will come any more */
    void *context;
};

struct gb_source;

/* On the loop's thread: joins the group. NULL with err. */
struct gb_source *gb_source_new(const struct gb_source_config *config, struct gb_err *err);

/* Carries out one effect. */
void gb_source_do(struct gb_source *source, const struct gb_intake_effect *effect);

/* On the loop's thread: asks the group for these topics from now on (it gives out all partitions
 * anew). The old ones are no longer used. IO where the client refuses; then the old ones stay. */
enum gb_status gb_source_subscribe(struct gb_source *source, const struct gb_source_topic *topics,
                                   size_t topics_count, struct gb_err *err) GB_MUST_CHECK;

/* True while the group gives this instance no partition at all. */
bool gb_source_has_nothing(const struct gb_source *source);

/* Begins to close; gb_source_free after loop and worker have ended leaves the group. */
void gb_source_close(struct gb_source *source);
void gb_source_free(struct gb_source *source);

#endif
