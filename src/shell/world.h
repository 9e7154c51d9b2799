/* The running bridge: owns every thread, connection and state machine of one process. Carries out
 * effects, brings events, decides nothing. */
#ifndef SHELL_WORLD_H
#define SHELL_WORLD_H

#include "codec/door.h"
#include "lane/lane.h"
#include "shell/plain.h"

/* Everything is borrowed and must outlive the world. */
struct gb_world_config {
    const char *bootstrap, *dsn;
    const char *bridge_id;    /* groups are <id>.intake and <id>.reconcile */
    const char *cluster;      /* Kafka cluster id in coordinates */
    const char *topic_prefix; /* "gb." */
    const char *owner;        /* names this process in lane rows; unique */
    const char *instance;     /* names it in groups; a restart has it again; NULL: the owner */
    uint32_t lanes_count;
    bool has_intake, has_lanes;     /* roles */
    enum gb_publish_mode mode;
    uint32_t batch_records_max;     /* 0: default */
    size_t batch_bytes_max;         /* 0: default */
    enum gb_hash_alg alg;           /* of the ledger of lanes that are created */
    const struct gb_kafka_property *properties;
    size_t properties_count;
    const struct gb_source_topic *sources; /* with the policy topic */
    size_t sources_count;
    const char *policy_topic;       /* "gb.policy.in" */
    struct gb_topics topics;        /* outputs */
    int64_t skew_max_ms;            /* 0: ten minutes */
    int64_t idle_tick_ms;           /* 0: a minute */
    /* A line for the log, from any thread; lane -1: none. */
    void (*say)(void *context, bool is_warning, int64_t lane, struct gb_str text);
    void *say_context;
    struct gb_broken *broken; /* set by gb_world_start */
};

struct gb_world;

/* For the roles: marks the world as broken, with words. From any thread. */
struct gb_broken;
void gb_broken_set(struct gb_broken *broken, struct gb_str text);

/* Starts the roles; door may be NULL without intake. NULL with err: a setting that Kafka refuses.
 * That a server is away is no error: the world waits for it. */
struct gb_world *gb_world_start(const struct gb_world_config *config, const struct gb_door *door,
                                struct gb_err *err);

/* What intake goes over to. */
struct gb_intake_turn {
    const struct gb_source_topic *sources;
    size_t sources_count;
    const struct gb_door *door;
    /* A record could be read in another way than before: first everything that was sent is
     * delivered and committed, so that no record is sent again through the other door. */
    bool must_drain;
};

/* Intake reads these sources through that door from now on; lanes go on meanwhile. The group gives
 * out all partitions anew, from their committed offsets, so nothing is missed. When it returns, the
 * old sources and the old door are no longer used - or, with err, the new ones are not. */
enum gb_status gb_world_intake(struct gb_world *world, const struct gb_intake_turn *turn,
                               struct gb_err *err) GB_MUST_CHECK;

/* Orderly: consumes nothing more, finishes what is under way, leaves the groups, frees; below ten
 * seconds. False: something still hangs and leaks; the process should end. */
bool gb_world_stop(struct gb_world *world);

/* The lane as of its last step; false if it was never assigned here. From any thread. */
bool gb_world_look(struct gb_world *world, uint32_t lane, struct gb_lane_view *view);

/* True once something ended for good without which the world is of no use: the process must end,
 * and its supervisor starts another. From any thread. */
bool gb_world_is_broken(struct gb_world *world, struct gb_err *err);

/* An operator has cleared the lane's halt in the database: the lane claims again. */
void gb_world_resume(struct gb_world *world, uint32_t lane);

#endif
