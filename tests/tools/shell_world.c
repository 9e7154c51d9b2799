/* Runs the role of the lanes against real servers: shell_world DSN BOOTSTRAP ID RECORDS. Sends
 * RECORDS values that are no records to each of two lanes (topics <ID>.*, which must exist), waits
 * until all are applied and visible, stops, and prints what the lanes saw. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shell/admin.h"
#include "shell/kafka_produce.h"
#include "shell/loop.h"
#include "shell/tool_store.h"
#include "shell/world.h"

#define LANES 2
#define WAIT_MS 40000

static void say(void *context, bool is_warning, int64_t lane, struct gb_str text)
{
    (void)context;
    printf("  %s lane %lld: %.*s\n", is_warning ? "warn" : "info", (long long)lane,
           GB_STR_ARG(text));
}

static bool produce(const struct gb_kafka *kafka, const char *topic, int records)
{
    struct gb_err err = {0};
    struct gb_kafka_record record = {.topic = topic, .value = GB_STR("no record")};
    rd_kafka_t *rk = gb_kafka_open(kafka, GB_KAFKA_PRODUCER, &err);
    rd_kafka_resp_err_t code = rk == NULL ? RD_KAFKA_RESP_ERR__FAIL : 0;

    for (int i = 0; i < records * LANES && code == 0; i++) {
        record.partition = i % LANES;
        code = gb_kafka_produce(rk, &record);
    }
    code = code == 0 ? rd_kafka_flush(rk, 20000) : code;
    if (rk != NULL) {
        rd_kafka_destroy(rk);
    }
    return code == 0;
}

static bool is_done(struct gb_world *world, int64_t before[LANES], int records)
{
    bool all = true;

    for (uint32_t i = 0; i < LANES; i++) {
        struct gb_lane_view view;

        all = all && gb_world_look(world, i, &view) && view.state == GB_LANE_RUNNING &&
              view.next_offset >= before[i] + records && view.published_index >= view.next_index;
    }
    return all;
}

static bool run(struct gb_world_config *config, int64_t before[LANES], int records)
{
    struct gb_err err = {0};
    int64_t began = gb_now_ms();
    struct gb_world *world = gb_world_start(config, NULL, &err);
    bool is_right;

    if (world == NULL) {
        printf("start: %s\n", err.text);
        return false;
    }
    while (!is_done(world, before, records) && gb_now_ms() - began < WAIT_MS) {
        (void)usleep(20000);
    }
    is_right = is_done(world, before, records);
    printf("done=%d after_ms=%lld\n", is_right, (long long)(gb_now_ms() - began));
    for (uint32_t i = 0; i < LANES; i++) {
        struct gb_lane_view view = {0};

        (void)gb_world_look(world, i, &view);
        printf("lane %u %s next_offset=%lld published=%llu dead=%llu\n", i,
               gb_lane_state_word(view.state), (long long)view.next_offset,
               (unsigned long long)view.published_index, (unsigned long long)view.dead);
        before[i] = view.next_offset;
    }
    began = gb_now_ms();
    is_right = gb_world_stop(world) && is_right;
    printf("stopped_ms=%lld\n", (long long)(gb_now_ms() - began));
    return is_right;
}

int main(int argc, char **argv)
{
    struct gb_arena arena;
    struct gb_err err = {0};
    struct gb_tool_pg *pg = NULL;
    struct gb_world_config config = {.lanes_count = LANES, .has_lanes = true, .say = say};
    int64_t before[LANES] = {0};
    char prefix[64];
    char intake[80];
    int records;
    bool is_right = true;

    if (argc != 5) {
        return 2;
    }
    records = (int)strtol(argv[4], NULL, 10);
    (void)snprintf(prefix, sizeof(prefix), "%s.", argv[3]);
    (void)snprintf(intake, sizeof(intake), "%sintake", prefix);
    gb_arena_init(&arena, (size_t)1 << 20);
    config.dsn = argv[1];
    config.bootstrap = argv[2];
    config.bridge_id = argv[3];
    config.topic_prefix = prefix;
    config.owner = "world-1";
    struct gb_kafka kafka = {.bootstrap = argv[2], .client_id = "world"};
    struct gb_admin_topics topics = {.prefix = prefix,
                                     .partitions = LANES,
                                     .replication = 1,
                                     .retention_ms = "-1"};

    if (gb_tool_pg_open(argv[1], &pg, &err) != GB_OK ||
        gb_admin_topics_create(&kafka, pg, &topics, &err) != GB_OK ||
        gb_tool_streams(pg, prefix, &arena, &config.topics, &err) != GB_OK) {
        printf("prepare: %s\n", err.text);
        return 1;
    }
    gb_tool_pg_close(pg);
    for (int round = 0; round < 2 && is_right; round++) {
        is_right = produce(&kafka, intake, records) && run(&config, before, records);
    }
    gb_arena_close(&arena);
    printf("%s\n", is_right ? "ok" : "failed");
    return !is_right;
}
