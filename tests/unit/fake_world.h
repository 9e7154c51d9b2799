/* A small fake of everything below a lane: one PostgreSQL, one Kafka, in memory, with a switch for
 * the nasty answers of DELIVERY 5. Not the simulator: one lane, one clock, for unit tests. */
#ifndef UNIT_FAKE_WORLD_H
#define UNIT_FAKE_WORLD_H

#include "base/buf.h"
#include "lane/lane.h"

struct fake_row {
    enum gb_table table;
    char *key, *row, *text, *matter, *xref;
    int64_t live_until;
};

struct fake_message {
    char *key, *value; /* value NULL: tombstone */
    uint32_t headers_count;
    struct {
        char *name, *value;
    } headers[GB_HEADERS_MAX];
    int64_t seq;
};

struct fake_log {
    struct fake_message *items;
    uint32_t count;
};

struct fake_chunk {
    uint64_t from_index, to_index;
    char *body, *hashes;
    size_t body_len, hashes_len;
};

/* Chances in 1/1000 that a request ends this way. */
struct fake_rates {
    unsigned commit_lost;   /* happened, answer lost */
    unsigned commit_failed; /* did not happen */
    unsigned send_lost;     /* visible, answer lost */
    unsigned send_failed;   /* not visible */
    unsigned send_slow;     /* other answers overtake it */
    unsigned outbox_slow;   /* the timer comes before the answer */
    unsigned init_failed;
    unsigned crash; /* the lane's process ends before it sees the answer */
};

struct fake_world {
    struct gb_lane *lane;
    struct gb_lane_config config;
    struct gb_effects effects;
    uint64_t random;
    struct fake_rates rates;
    int64_t now;
    /* PostgreSQL */
    struct gb_lane_row row;
    char frontier[GB_HASH_LEN * 64];
    struct fake_row *rows;
    uint32_t rows_count;
    struct gb_buf ledger;
    struct fake_chunk *chunks;
    uint32_t chunks_count;
    bool is_halted;
    char halt_reason[64], halt_evidence[700];
    bool drop_fence; /* negative control: commits of an old epoch are taken in */
    /* Kafka */
    char **intake;
    uint32_t intake_count;
    struct fake_log logs[GB_TOPIC_COUNT];
    /* The lane's client side */
    uint64_t consume_ticket;
    int64_t consume_at;
    int64_t timer_at;
    uint32_t crashes, losses;
    uint32_t asked_policy; /* bundles asked for; none is held */
};

void fake_init(struct fake_world *world, uint64_t seed);
void fake_close(struct fake_world *world);

/* Appends one value to gb.intake. */
void fake_produce(struct fake_world *world, const char *value);

/* Runs until the lane has applied and published all, or steps_max is over; true if it did. */
bool fake_run(struct fake_world *world, uint32_t steps_max);

/* Ends the lane's process and starts a new one. */
void fake_crash(struct fake_world *world);

/* All visible messages of all topics as one text, for comparing runs. */
void fake_visible(const struct fake_world *world, struct gb_buf *out);

#endif
