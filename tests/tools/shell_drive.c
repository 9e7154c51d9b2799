/* Drives the shell's adapters against real servers: shell_drive DSN BOOTSTRAP SCHEMAS. Prints one
 * line a step and "ok" last. The topics are drive.*, made by it with two partitions. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/merkle.h"
#include "shell/admin.h"
#include "shell/files.h"
#include "shell/kafka_group.h"
#include "shell/kafka_read.h"
#include "shell/kafka_send.h"
#include "shell/pg_ops.h"
#include "shell/tool_migrate.h"

/* No source has a slot: what stands behind the fixed topics is NULL. */
static const char *const topics[GB_TOPIC_COUNT] = {"drive.matter", "drive.overlap", "drive.change",
                                                   "drive.deadletter", "drive.books", "drive.post",
                                                   "drive.contact", "drive.visit",
                                                   "drive.stats"};
static struct gb_kafka kafka;
static struct gb_loop *loop;
static struct gb_pg_ops ops;
static struct gb_sender *sender;
static struct gb_reader *reader;
static struct gb_member *member;
static struct gb_worker *worker;
static uv_sem_t answered;
static enum gb_status status;
static struct gb_lane_row row;
static uint64_t count; /* of rows or records since the last step */
static int64_t ends[GB_TOPIC_COUNT];
static struct gb_effect effect;
static int wrong;

static void on_event(void *context, struct gb_event *event)
{
    (void)context;
    status = event->status;
    if (status != GB_OK) {
        printf("    %s: %.*s\n", gb_status_word(status), GB_STR_ARG(event->message));
    }
    if (event->kind == GB_EV_PG_CLAIMED && status == GB_OK) {
        row = *event->claimed;
        row.frontier = GB_STR("");
    }
    if (event->kind == GB_EV_PG_ROWS) {
        count += event->rows.count;
        if (!event->rows.is_last) {
            return;
        }
    }
    if (event->kind == GB_EV_PG_OUTBOX && !event->outbox.is_last) {
        count += event->outbox.count;
        return;
    }
    if (event->kind == GB_EV_PUB_RECORD) {
        count++;
        return;
    }
    if (event->kind == GB_EV_PUB_READ && status == GB_OK) {
        memcpy(ends, event->read.ends, sizeof(ends));
    }
    uv_sem_post(&answered);
}

static void on_read(void *context, uint32_t lane, struct gb_event *event)
{
    (void)context;
    (void)lane;
    if (event->kind == GB_EV_RECORD && ++count == 3) {
        uv_sem_post(&answered);
    }
}

static bool wants(void *context, uint32_t lane)
{
    (void)context;
    (void)lane;
    return true;
}

static void on_member(void *context, int32_t partition)
{
    (void)context;
    count++;
    if (partition == 1) {
        uv_sem_post(&answered);
    }
}

static void on_lost(void *context, struct gb_str text)
{
    (void)context;
    printf("    fatal: %.*s\n", GB_STR_ARG(text));
}

static void run_effect(void *context)
{
    (void)context;
    if (effect.kind == GB_FX_CONSUME) {
        gb_reader_start(reader, 0, effect.ticket, effect.consume.offset);
    } else if (effect.kind >= GB_FX_PUB_INIT) {
        gb_sender_do(sender, &effect);
    } else {
        gb_pg_ops_do(&ops, &effect);
    }
}

static void expect(const char *what, bool is_right)
{
    printf("%s %s\n", is_right ? "right" : "WRONG", what);
    (void)fflush(stdout);
    wrong += !is_right;
}

static void step(enum gb_effect_kind kind, enum gb_status wanted, const char *what)
{
    effect.kind = kind;
    effect.ticket++;
    count = 0;
    gb_loop_call(loop, run_effect, NULL);
    uv_sem_wait(&answered);
    expect(what, status == wanted);
}

static void open_all(void *context)
{
    struct gb_err err = {0};
    struct gb_reader_config config = {.kafka = &kafka,
                                      .topic = topics[GB_TOPIC_CHANGE],
                                      .loop = loop,
                                      .worker = worker,
                                      .on_event = on_read,
                                      .wants = wants};

    gb_pg_ops_init(&ops, &loop->uv, context, 0);
    ops.owner = "drive";
    ops.on_event = on_event;
    config.watermarks = gb_kafka_open(&kafka, GB_KAFKA_WATERMARKS, &err);
    reader = gb_reader_new(&config, &err);
}

static void join(void *context)
{
    struct gb_err err = {0};
    struct gb_member_config config = {.kafka = &kafka,
                                      .group_id = "drive.reconcile",
                                      .topic = topics[GB_TOPIC_CHANGE],
                                      .loop = loop,
                                      .on_assigned = on_member,
                                      .on_revoked = on_member,
                                      .on_fatal = on_lost};

    (void)context;
    count = 0;
    member = gb_member_new(&config, &err);
}

static void drive_database(void)
{
    static const int64_t evidence[] = {7, INT64_MIN, 8};
    struct gb_row rows[3] = {
        {.table = GB_TABLE_OBSERVATION, .key = GB_STR("a/matter/1"), .row = GB_STR("{}"),
         .matter = GB_STR("m1"), .live_until = INT64_MAX, .evidence = evidence,
         .evidence_count = 3},
        {.table = GB_TABLE_MATTER, .key = GB_STR("m1"), .row = GB_STR("{}"),
         .live_until = INT64_MAX},
        {.table = GB_TABLE_SOURCE_MARK, .key = GB_STR("s"), .row = GB_STR("{}"),
         .live_until = 1}};
    struct gb_rows all = {rows, 3};
    struct gb_str key = GB_STR("a/matter/1");
    struct gb_hash leaf = gb_merkle_leaf(GB_SHA256, GB_STR("{}"));
    struct gb_commit commit = {.rows = &all, .to_offset = 1, .to_index = 1};
    struct gb_merkle tree;

    step(GB_FX_PG_CLAIM, GB_OK, "claim");
    gb_merkle_init(&tree, GB_SHA256);
    gb_merkle_add(&tree, &leaf);
    commit.epoch = row.epoch;
    commit.body = GB_STR("{}\n");
    commit.leaves = (struct gb_str){(const char *)leaf.bytes, GB_HASH_LEN};
    commit.hashes = commit.leaves;
    commit.outbox = GB_STR("{}\n");
    commit.after = row;
    commit.after.next_index = 1;
    commit.after.next_offset = 1;
    commit.after.frontier = gb_merkle_frontier(&tree);
    effect.commit = &commit;
    step(GB_FX_PG_COMMIT, GB_OK, "commit");
    step(GB_FX_PG_COMMIT, GB_FENCED, "the same commit again is fenced");
    effect.load.since = 0;
    step(GB_FX_PG_LOAD, GB_OK, "load");
    expect("three rows", count == 3);
    effect.fetch.keys = &key;
    effect.fetch.count = 1;
    effect.fetch.evidence_count = 0;
    step(GB_FX_PG_FETCH, GB_OK, "fetch");
    expect("observation and matter", count == 2);
    effect.fetch.count = 0;
    effect.fetch.evidence = evidence + 1;
    effect.fetch.evidence_count = 1;
    step(GB_FX_PG_FETCH, GB_OK, "fetch by evidence");
    expect("observation and matter by evidence", count == 2);
    effect.fetch.evidence_count = 0;
    step(GB_FX_PG_FETCH, GB_OK, "fetch of nothing");
    expect("nothing", count == 0);
    key = GB_STR("s");
    effect.fetch.count = 1;
    step(GB_FX_PG_FETCH, GB_OK, "fetch of a mark");
    expect("the mark", count == 1);
    effect.outbox.from_index = 0;
    step(GB_FX_PG_OUTBOX, GB_OK, "outbox");
    expect("one chunk", count == 1);
    effect.floor = &commit.after;
    step(GB_FX_PG_FLOOR, GB_OK, "floor");
    effect.policy.hash = GB_STR("none");
    step(GB_FX_PG_POLICY, GB_NOT_FOUND, "no such policy");
    effect.halt.reason = effect.halt.evidence = GB_STR("drive"); /* a union: set it whole */
    effect.halt.epoch = row.epoch - 1;
    step(GB_FX_PG_HALT, GB_FENCED, "halt under an old epoch is fenced");
    step(GB_FX_PG_CLAIM, GB_OK, "claim again");
    expect("the row moved on", row.next_offset == 1 && row.next_index == 1);
}

static void drive_kafka(void)
{
    const struct gb_header header = {GB_STR("gb_seq"), GB_STR("1")};
    int64_t zero[GB_TOPIC_COUNT] = {0};
    struct gb_message messages[3];
    const struct gb_message *list[3] = {&messages[0], &messages[1], &messages[2]};

    for (int i = 0; i < 3; i++) {
        messages[i] = (struct gb_message){.topic = GB_TOPIC_CHANGE,
                                          .seq = i + 1,
                                          .key = GB_STR("k"),
                                          .value = GB_STR("{}"),
                                          .headers = &header,
                                          .headers_count = 1};
    }
    step(GB_FX_PUB_INIT, GB_OK, "init");
    effect.read.offsets = zero;
    step(GB_FX_PUB_READ, GB_OK, "read back nothing");
    expect("nothing there", count == 0);
    effect.send.messages = list;
    effect.send.count = 3;
    step(GB_FX_PUB_SEND, GB_OK, "send");
    step(GB_FX_PUB_INIT, GB_OK, "init again");
    effect.read.offsets = zero;
    step(GB_FX_PUB_READ, GB_OK, "read back");
    expect("three records", count == 3 && ends[GB_TOPIC_CHANGE] == 4);
    effect.consume.offset = 0;
    effect.kind = GB_FX_CONSUME;
    count = 0;
    gb_loop_call(loop, run_effect, NULL);
    uv_sem_wait(&answered);
    expect("consumed", count == 3);
    gb_loop_call(loop, join, NULL);
    uv_sem_wait(&answered);
    expect("assigned", count == 2);
}

static void close_all(void *context)
{
    (void)context;
    gb_pg_ops_close(&ops);
    gb_sender_stop(sender);
    gb_member_close(member);
    gb_reader_close(reader);
    gb_loop_close(loop);
}

static enum gb_status prepare(const char *dsn, const char *schemas, struct gb_err *err)
{
    struct gb_arena arena;
    struct gb_files files;
    struct gb_tool_pg *pg = NULL;
    struct gb_admin_topics wanted = {
        .prefix = "drive.", .partitions = 2, .replication = 1, .retention_ms = "-1"};
    enum gb_status result;

    gb_arena_init(&arena, (size_t)64 << 20);
    result = gb_files_read(schemas, &arena, &files, err);
    if (result == GB_OK) {
        result = gb_tool_pg_open(dsn, &pg, err);
    }
    if (result == GB_OK) {
        result = gb_tool_migrate_all(pg, &files, err);
    }
    if (result == GB_OK) {
        result = gb_admin_topics_create(&kafka, pg, &wanted, err);
    }
    gb_tool_pg_close(pg);
    gb_arena_close(&arena);
    return result;
}

int main(int argc, char **argv)
{
    struct gb_err err = {0};
    struct gb_sender_config config = {.kafka = &kafka,
                                      .transactional_id = "drive.0",
                                      .topics = topics,
                                      .on_event = on_event};

    if (argc != 4) {
        return 2;
    }
    kafka = (struct gb_kafka){.bootstrap = argv[2], .client_id = "drive"};
    if (prepare(argv[1], argv[3], &err) != GB_OK) {
        printf("prepare: %s\n", err.text);
        return 1;
    }
    GB_CHECK(uv_sem_init(&answered, 0) == 0);
    loop = gb_loop_new();
    worker = gb_worker_new(NULL, NULL);
    gb_loop_call(loop, open_all, argv[1]);
    config.loop = loop;
    config.readback = gb_kafka_open(&kafka, GB_KAFKA_READBACK, &err);
    config.watermarks = gb_kafka_open(&kafka, GB_KAFKA_WATERMARKS, &err);
    sender = gb_sender_new(&config);
    drive_database();
    drive_kafka();
    gb_loop_call(loop, close_all, NULL);
    expect("loop ends", gb_loop_free(loop, 5000));
    gb_sender_free(sender);
    gb_member_free(member);
    gb_worker_free(worker);
    gb_reader_free(reader);
    printf("%s\n", wrong == 0 ? "ok" : "failed");
    return wrong != 0;
}
