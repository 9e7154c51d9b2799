/* The simulator: daemons over fakes, one thread, one queue. What the files share.
 *
 * Virtual time counts microseconds; the lanes see milliseconds. Everything that a run remembers
 * lives in its arena and is never changed once written (a row is replaced, not edited), so that an
 * answer under way keeps showing the moment at which it was made. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdio.h>

#include "base/buf.h"
#include "base/map.h"
#include "core/decision.h"
#include "lane/intake.h"
#include "lane/lane.h"
#include "sim/faults.h"

#define SIM_DAEMONS_MAX 4
#define SIM_LANES_MAX 4
#define SIM_STREAMS_MAX 6 /* source partitions, the policy topic first, the decisions' last */
#define SIM_MS ((int64_t)1000)
#define SIM_SECOND ((int64_t)1000000)
#define SIM_NOBODY UINT32_MAX

struct sim;

/* What a seed is: drawn once; a shrinker takes away from it. */
struct sim_plan {
    uint64_t seed;
    uint32_t daemons, lanes, streams;
    uint32_t records;         /* source messages */
    uint32_t batch;
    enum gb_publish_mode mode;
    int64_t tick_ms, idle_tick_ms;
    int64_t scale;            /* wall milliseconds for one of virtual time */
    int64_t faults_us;        /* length of phase 1 */
    int64_t pause_us;         /* in the middle of it the sources are quiet */
    uint32_t faults_max;      /* no more after so many */
    uint32_t policies;        /* bundles activated one after the other */
    uint32_t decisions;       /* of a hundred messages */
    bool is_bundle_late;      /* the second bundle is stored long after the heal */
    bool restarts;            /* all daemons start anew when phase 2 begins */
    bool sleeps;              /* one is stopped in a commit before that, and never wakes */
    bool watches;             /* stays for a while when all is settled */
    bool is_split_replay;     /* how the checker cuts its batches */
    uint16_t rates[SIM_FAULT_COUNT];
};

enum sim_fate { SIM_AS_DRAWN, SIM_ABORTS, SIM_UNHEARD };

struct sim_event;
typedef void sim_run_fn(struct sim *sim, struct sim_event *event);

/* Something that happens at a moment. Of a daemon: dropped if that process is gone, kept until it
 * wakes if it is stopped. SIM_NOBODY: the servers' own. */
struct sim_event {
    int64_t at;
    uint64_t tie, serial;
    sim_run_fn *run;
    uint32_t daemon, incarnation;
    void *data; /* in the arena */
};

struct sim_queue {
    struct sim_event **items;
    uint32_t count, size;
    struct sim_event *free;
};

/* ---- the truth: what was put in ---- */

/* One row of a source message, as the generator meant it. */
struct sim_truth_row {
    uint32_t lane;
    enum gb_verdict verdict;
};

/* What a person decided, as it was sent. */
struct sim_decided {
    struct gb_str id, town;
    enum gb_decision_kind kind;
};

struct sim_message {
    uint32_t stream;
    int64_t offset;
    int64_t at;              /* when it is written */
    struct gb_str key, value;
    const struct gb_source_header *headers; /* two, or NULL */
    bool is_decision;        /* written when its time has come: desk.c */
    struct sim_decided decided;
    struct sim_truth_row rows[4];
    uint32_t rows_count;
};

/* What a lane must know of one source row in the end. */
struct sim_truth_key {
    bool is_seen, is_deleted;
    int64_t version;
    char state; /* raw code */
};

#define SIM_KEYS_MAX 64

struct sim_stream {
    struct gb_str topic, id; /* "c1/topic/partition" */
    int32_t partition;
    struct sim_message **messages;
    uint32_t count;          /* written so far */
    uint32_t total;
};

/* ---- PostgreSQL ---- */

struct sim_slot {
    struct gb_row row; /* is_deleted: gone */
};

struct sim_table {
    struct gb_map map;       /* "table/key" -> slot */
    struct sim_slot **slots; /* by first appearance */
    uint32_t count, size;
    uint32_t live;
    struct sim_kept *kept; /* table decision: nothing in it ever changes */
    uint32_t kept_count, kept_size;
};

/* A row of the append-only table decision: as it was first made. */
struct sim_kept {
    struct gb_str id, body;
};

struct sim_chunk {
    uint64_t from_index, to_index;
    int64_t from_offset, to_offset;
    int64_t epoch;
    struct gb_str body, leaves, frontier, texts, outbox, hashes;
    struct gb_hash root_before, digest;
    int64_t seqs_before[GB_TOPIC_COUNT], seqs_after[GB_TOPIC_COUNT];
};

struct sim_tx;

struct sim_pg_lane {
    struct gb_lane_row row;
    bool exists;
    uint64_t backend;        /* of the last claim that committed */
    uint32_t owner, owner_incarnation;
    struct gb_str evidence;
    struct sim_table table;
    struct sim_chunk **chunks; /* the ledger and the outbox */
    uint32_t chunks_count, chunks_size;
    struct sim_tx *holder;   /* of the row lock */
    struct sim_tx *waiting;  /* first of those who wait */
    uint32_t policy_from;    /* not before: the bundle is stored late */
};

/* ---- Kafka ---- */

enum sim_entry_state { SIM_OPEN, SIM_VISIBLE, SIM_ABORTED, SIM_MARKER, SIM_GONE };

struct sim_entry {
    enum sim_entry_state state;
    const struct gb_message *message; /* NULL: a marker */
    uint64_t producer;
};

struct sim_log {
    struct sim_entry *entries;
    uint32_t count, size;
    uint32_t checked;        /* the checker has read below */
    uint64_t broken;         /* producer whose last records here were lost with the tail */
};

/* The coordinator's view of one lane's transactional id. */
struct sim_coordinator {
    uint64_t epoch;          /* of the producer that may write */
    uint64_t transaction;    /* open, 0: none */
    uint64_t transactions;   /* last one given */
};

struct sim_intake_record {
    struct gb_str value;
};

struct sim_intake_log {
    struct sim_intake_record *records;
    uint32_t count, size;
};

/* A consumer group over count things (lanes, or streams). */
struct sim_group {
    bool is_intake;
    uint32_t count;
    uint64_t generation;
    uint32_t owners[8];                       /* daemon, or SIM_NOBODY */
    bool is_member[SIM_DAEMONS_MAX];
    bool is_pending;                          /* a rebalance is under way */
};

struct sim_committed {
    int64_t offset; /* -1: none */
    struct gb_str metadata;
    int64_t most; /* ever: a late commit may take the offset back */
};

/* ---- one daemon ---- */

struct sim_job;

struct sim_client { /* a lane in a process */
    struct gb_lane *lane;
    uint64_t connection;     /* of PostgreSQL; another number after a reset */
    bool is_connected;
    uint64_t pg_ticket;      /* under way */
    uint64_t pg_answered;    /* the last one */
    uint64_t busy_backend;   /* named by the last BUSY answer */
    uint64_t consume_ticket, old_ticket;
    int64_t position;
    bool is_polling;
    uint64_t timer;          /* the newest timer's number */
    /* the sender's worker */
    struct sim_job *jobs;
    uint64_t generation;
    uint64_t producer;       /* epoch at the coordinator, 0: no producer */
    uint64_t inits;          /* PUB_INITs answered: what was given up before is ours no more */
};

struct sim_daemon {
    uint32_t incarnation;
    bool is_up, is_stopped;
    int64_t skew_ms;
    struct sim_client clients[SIM_LANES_MAX];
    struct gb_effects effects;
    struct gb_intake *intake;
    struct gb_intake_effects intake_effects;
    uint64_t sink;           /* generation of the intake producer */
    int64_t sink_at[SIM_LANES_MAX]; /* leaving of its last record, by lane */
    int64_t wire_at[SIM_LANES_MAX]; /* its arrival */
    int64_t ack_at[SIM_LANES_MAX];
    uint64_t fetch;          /* generation of the assignment */
    int64_t positions[SIM_STREAMS_MAX]; /* -1: not fetched */
    uint64_t group_generation;
    uint64_t timer, restart;
    bool is_polling, is_looking;
    bool has_lanes[SIM_LANES_MAX], has_streams;
    bool must_halt;          /* what its intake was told lets it halt a stream, and nothing else */
    bool must_halt_lane;     /* the same for the lane in step */
    struct sim_event **parked;
    uint32_t parked_count, parked_size;
};

/* ---- the checker's own notes ---- */

/* One published number of one lane and topic, as the outbox has it. */
struct sim_output {
    struct gb_str line;
    uint64_t index; /* ledger line */
    uint32_t ordinal;
};

struct sim_output_list {
    struct sim_output *items;
    uint32_t count, size;
    uint32_t known;   /* of before a restore: these must come out again as they are */
    uint32_t visible; /* seen by readers, a prefix */
};

struct sim_check {
    struct sim_output_list outputs[SIM_LANES_MAX][GB_TOPIC_COUNT];
    int64_t epochs[SIM_LANES_MAX], offsets[SIM_LANES_MAX];
    int64_t most_offsets[SIM_LANES_MAX]; /* ever; a restore takes offsets back */
    uint64_t owner_changes;
    uint32_t send_failures[SIM_LANES_MAX]; /* since the last claim */
    bool is_tail_lost[SIM_LANES_MAX], must_halt[SIM_LANES_MAX];
};

struct sim_failure {
    bool is_set;
    enum sim_invariant invariant;
    char text[600];
};

struct sim {
    struct sim_plan plan;
    struct gb_arena arena;
    int64_t now;             /* microseconds */
    uint64_t random;         /* of everything but the truth and the plan */
    uint64_t serial;
    uint64_t digest;         /* of all that was stepped */
    uint64_t numbers;        /* backends, connections, producers */
    bool is_healing;
    FILE *trace;             /* NULL: silent */
    int64_t out_until;       /* servers are away before that */
    int64_t healed_at, settled_at;
    int64_t bundle_at;       /* when the second bundle is stored */
    int64_t quiet_epochs[SIM_LANES_MAX];
    uint32_t faults, faults_by[SIM_FAULT_COUNT];
    uint64_t steps;
    struct sim_backup *backup; /* NULL: none, or used */
    uint64_t dead_until;       /* connections up to this number ended with the server */
    enum sim_fate next[SIM_LANES_MAX]; /* of the transaction that takes a lost tail's place */
    uint32_t sleeper;        /* SIM_NOBODY: none yet */
    struct sim_queue queue;
    struct sim_stream streams[SIM_STREAMS_MAX];
    struct sim_message *messages;
    uint32_t written;
    struct sim_truth_key truth[SIM_LANES_MAX][SIM_STREAMS_MAX][SIM_KEYS_MAX];
    struct sim_pg_lane pg[SIM_LANES_MAX];
    struct sim_log logs[SIM_LANES_MAX][GB_TOPIC_COUNT];
    struct sim_coordinator coordinators[SIM_LANES_MAX];
    struct sim_intake_log intake[SIM_LANES_MAX];
    struct sim_committed committed[SIM_STREAMS_MAX];
    struct sim_group lanes_group, intake_group;
    struct sim_daemon daemons[SIM_DAEMONS_MAX];
    struct sim_check check;
    struct sim_failure failure;
};

/* ---- queue.c: time, chance, trace ---- */
uint64_t sim_mix(uint64_t *state);
uint64_t sim_random(struct sim *sim);
uint32_t sim_below(struct sim *sim, uint32_t bound);
int64_t sim_between(struct sim *sim, int64_t low, int64_t high);
/* True if this fault happens now; counts and tells it. */
bool sim_fault(struct sim *sim, enum sim_fault fault);
struct sim_event *sim_after(struct sim *sim, int64_t delay, sim_run_fn *run, void *data);
/* The same for a process: its own doing. */
struct sim_event *sim_after_daemon(struct sim *sim, uint32_t daemon, int64_t delay,
                                   sim_run_fn *run, void *data);
void sim_push(struct sim *sim, struct sim_event *event);
/* Runs the next event; false if there is none. */
bool sim_next(struct sim *sim);
void sim_queue_close(struct sim *sim);
int64_t sim_ms(const struct sim *sim);
bool sim_is_out(const struct sim *sim);
void sim_note(struct sim *sim, uint64_t what); /* into the digest */
__attribute__((format(printf, 2, 3))) void sim_trace(struct sim *sim, const char *format, ...);
__attribute__((format(printf, 3, 4))) void sim_fail(struct sim *sim, enum sim_invariant invariant,
                                                    const char *format, ...);
const char *sim_invariant_word(enum sim_invariant invariant);
void *sim_grow(struct sim *sim, void *items, uint32_t count, uint32_t *size, size_t each);

/* ---- plan.c, town.c ---- */
void sim_plan_draw(struct sim_plan *plan, uint64_t seed);
/* What all runs share: the door for a number of lanes, the policy bundle. */
const struct gb_door *sim_door(uint32_t lanes);

#define SIM_SLOT_GRID 0
#define SIM_SLOT_PARTY 2
const struct gb_topics *sim_topics(void);
#define SIM_POLICIES_MAX 2U /* the second knows four eyes, and forbids departments to lead */
const struct gb_files *sim_bundle_files(uint32_t number);
const struct gb_policy *sim_bundle_policy(uint32_t number);
void sim_shared_close(void);
void sim_town(struct sim *sim);
#define SIM_TOWNS 4U
/* FNV-1a of the town code (or of "topic/partition") modulo lanes, reckoned here anew. */
uint32_t sim_lane_of(const struct sim *sim, const char *text);

/* ---- desk.c: people who read what is published, and decide ---- */
#define SIM_GATEWAY "desk-1"
void sim_desk_key(uint8_t *public_key);
void sim_desk_write(struct sim *sim, struct sim_message *message);
/* The stream of gb.decision.in. */
uint32_t sim_desk_stream(const struct sim *sim);
#define SIM_CLUSTER "c1"

/* ---- pg_table.c, pg.c, pg_client.c ---- */
struct sim_fetch {
    const struct gb_str *keys;
    uint32_t count;
    const int64_t *evidence;
    uint32_t evidence_count;
};

void sim_table_put(struct sim *sim, struct sim_table *table, const struct gb_row *row);
/* Rows of LOAD or FETCH as they stand, in the arena. */
struct gb_stored_row *sim_table_load(struct sim *sim, const struct sim_table *table,
                                     int64_t since, uint32_t *count);
struct gb_stored_row *sim_table_fetch(struct sim *sim, const struct sim_table *table,
                                      const struct sim_fetch *fetch, uint32_t *count);
void sim_table_close(struct sim_table *table);

enum sim_tx_kind { SIM_TX_CLAIM, SIM_TX_COMMIT, SIM_TX_FLOOR, SIM_TX_HALT };

/* A transaction on the server that needs the lane's row. */
struct sim_tx {
    enum sim_tx_kind kind;
    uint32_t lane, daemon, incarnation;
    uint64_t backend, ticket;
    struct gb_commit *commit;  /* copied */
    struct gb_lane_row *floor; /* copied */
    int64_t epoch;
    struct gb_str reason, evidence;
    struct sim_tx *next;       /* who waits behind */
    bool has_lock, is_over, is_complete; /* complete: all of the request has arrived */
    bool is_answer_lost, is_answered, is_rest_sent;
    bool is_warned;            /* nobody waited for the standby ... */
    bool is_unreplicated;      /* ... which takes over without it */
    int64_t wait_us, commit_us; /* lock_timeout; from complete to the commit point */
    enum gb_status status, forced;
    struct gb_lane_row *row;   /* answer of a claim */
};
/* Arrives: takes the lock or waits for it. */
void sim_tx_arrive(struct sim *sim, struct sim_tx *tx);
/* The rest of the request (with COMMIT) has arrived. */
void sim_tx_complete(struct sim *sim, struct sim_tx *tx);
/* The connection is gone: what has not been completed is rolled back. */
void sim_pg_hang_up(struct sim *sim, uint64_t backend);
void sim_pg_terminate(struct sim *sim, uint32_t lane, uint64_t backend);
/* Called by the server when a transaction is over. */
void sim_tx_answer(struct sim *sim, struct sim_tx *tx);
/* The server starts anew: nothing that was under way in the lane happens. */
void sim_pg_end_all(struct sim *sim, uint32_t lane);
void sim_backup_take(struct sim *sim);
void sim_backup_restore(struct sim *sim);
void sim_pg_do(struct sim *sim, uint32_t daemon, const struct gb_effect *effect);
void sim_pg_close(struct sim *sim);
struct gb_str sim_copy(struct sim *sim, struct gb_str s);

/* ---- log.c, sender.c ---- */
uint64_t sim_coordinator_init(struct sim *sim, uint32_t lane);
/* False: this producer is fenced. */
bool sim_log_append(struct sim *sim, uint32_t lane, uint64_t producer,
                    const struct gb_message *message);
bool sim_log_end(struct sim *sim, uint32_t lane, uint64_t producer, bool is_commit);
void sim_log_tear(struct sim *sim, uint32_t lane, uint64_t producer);
int64_t sim_log_stable(const struct sim_log *log);
void sim_log_lose_tail(struct sim *sim);
void sim_log_compact(struct sim *sim, uint32_t lane);
void sim_log_close(struct sim *sim);
void sim_sender_do(struct sim *sim, uint32_t daemon, const struct gb_effect *effect);

/* ---- reader.c, source.c, group.c ---- */
void sim_reader_start(struct sim *sim, uint32_t daemon, const struct gb_effect *effect);
void sim_reader_kick(struct sim *sim, uint32_t daemon, uint32_t lane);
void sim_reader_kick_all(struct sim *sim, uint32_t lane);
void sim_source_do(struct sim *sim, uint32_t daemon, const struct gb_intake_effect *effect);
void sim_source_look_up(struct sim *sim, uint32_t daemon, int64_t delay);
void sim_source_kick(struct sim *sim, uint32_t daemon);
void sim_group_join(struct sim *sim, struct sim_group *group, uint32_t daemon);
void sim_group_leave(struct sim *sim, struct sim_group *group, uint32_t daemon);
void sim_group_rebalance(struct sim *sim, struct sim_group *group);

/* ---- process.c, scenario.c ---- */
void sim_daemon_start(struct sim *sim, uint32_t daemon);
void sim_daemon_crash(struct sim *sim, uint32_t daemon);
void sim_daemon_stop(struct sim *sim, uint32_t daemon, int64_t for_us);
void sim_daemon_wake(struct sim *sim, uint32_t daemon);
void sim_daemon_free(struct sim *sim, uint32_t daemon);
void sim_lane_step(struct sim *sim, uint32_t daemon, uint32_t lane, struct gb_event *event);
void sim_intake_step(struct sim *sim, uint32_t daemon, struct gb_intake_event *event);
int64_t sim_wall(const struct sim *sim);
void sim_scenario(struct sim *sim);

/* ---- check*.c ---- */
void sim_check_claimed(struct sim *sim, uint32_t lane);
void sim_check_committed(struct sim *sim, uint32_t lane, const struct sim_chunk *chunk);
void sim_check_visible(struct sim *sim, uint32_t lane, enum gb_topic topic);
void sim_check_cut(struct sim *sim, uint32_t lane, enum gb_topic topic);
void sim_check_received(struct sim *sim, uint32_t daemon, uint32_t lane);
void sim_check_unpublished(struct sim *sim, uint32_t lane);
void sim_check_clock(struct sim *sim, uint32_t lane);
void sim_check_floor(struct sim *sim, uint32_t lane);
/* What is durable is visible, though a batch may wait for its bundle. */
void sim_check_published(struct sim *sim);
void sim_check_end(struct sim *sim);
bool sim_is_settled(struct sim *sim);
void sim_check_close(struct sim *sim);

/* ---- run.c, shrink.c ---- */
struct sim_result {
    struct sim_failure failure;
    uint64_t digest;
    uint32_t records, faults, owner_changes, lines, outputs;
    uint64_t steps;
    int64_t settled_ms; /* from the heal */
    bool counts;
    uint32_t faults_by[SIM_FAULT_COUNT];
};
void sim_run(const struct sim_plan *plan, FILE *trace, struct sim_result *result);
/* Microseconds within which all must be settled after the heal. */
int64_t sim_patience(const struct sim *sim);
void sim_run_bare(const struct sim_plan *plan, FILE *trace, struct sim_result *result);
/* Makes the plan of a failing run smaller as long as it fails in the same way. */
void sim_shrink(struct sim_plan *plan, const struct sim_result *failed);

/* ---- script.c: the fakes alone, operations from the standard input; the exit code ---- */
int sim_script(void);

#endif
