/* Runs the whole way on real servers without configuration or daemon:
 *   world_drive DSN BOOTSTRAP PREFIX LANES GENERATED SECONDS
 * as the instance that $GB_DRIVE_OWNER names (drive-1).
 * GENERATED is a folder that examples/generator wrote (lookups/, policy/). Migrates, creates the
 * topics, stores and activates the bundle, runs the world until stdin ends or SECONDS are over,
 * prints each lane's view once a second. Exit 0 if the world stopped in order. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/policy_load.h"
#include "shell/admin.h"
#include "shell/files.h"
#include "shell/tool_migrate.h"
#include "shell/tool_produce.h"
#include "shell/tool_store.h"
#include "shell/tool_store.h"
#include "shell/world.h"

struct drive {
    const char *dsn, *bootstrap, *prefix, *generated;
    uint32_t lanes;
    int seconds;
    struct gb_arena arena;
    char policy_topic[64];
    struct gb_topics topics;
};

static void must(enum gb_status status, const struct gb_err *err, const char *what)
{
    if (status != GB_OK) {
        fprintf(stderr, "%s: %s: %s\n", what, gb_status_word(status), err->text);
        exit(1);
    }
}

static struct gb_files *folder(struct drive *d, const char *path)
{
    struct gb_files *files = gb_arena_take(&d->arena, sizeof(*files));
    struct gb_err err = {0};

    must(gb_files_read(path, &d->arena, files, &err), &err, path);
    return files;
}

static const char *below(struct drive *d, const char *name)
{
    return gb_arena_printf(&d->arena, "%s/%s", d->generated, name).ptr;
}

static void complain(const struct gb_mistakes *mistakes)
{
    fprintf(stderr, "%.*s", (int)mistakes->lines.len, mistakes->lines.bytes);
    exit(1);
}

static void set_up(struct drive *d)
{
    struct gb_err err = {0};
    struct gb_mistakes mistakes = {0};
    struct gb_kafka kafka = {.bootstrap = d->bootstrap};
    struct gb_tool_pg *pg = NULL;
    struct gb_admin_topics topics = {.prefix = d->prefix,
                                     .partitions = (int32_t)d->lanes,
                                     .replication = 1,
                                     .retention_ms = "-1"};
    const struct gb_files *bundle = folder(d, below(d, "policy"));
    struct gb_str hash = gb_policy_hash(&d->arena, bundle);
    struct gb_tool_kafka tool = {.bootstrap = d->bootstrap};
    struct gb_tool_produce activate = {.kafka = &tool, .topic = gb_str_of(d->policy_topic),
                                       .key = GB_STR("policy")};
    int64_t offset = 0;

    if (gb_policy_load(&d->arena, bundle, &mistakes) == NULL) {
        complain(&mistakes);
    }
    must(gb_tool_pg_open(d->dsn, &pg, &err), &err, "postgres");
    must(gb_tool_migrate_all(pg, folder(d, "schemas/sql"), &err), &err, "migrate");
    must(gb_admin_topics_create(&kafka, pg, &topics, &err), &err, "topics");
    must(gb_tool_streams(pg, d->prefix, &d->arena, &d->topics, &err), &err, "streams");
    must(gb_tool_policy_store(pg, hash, bundle), &err, "policy");
    gb_tool_pg_close(pg);
    activate.value = gb_arena_printf(&d->arena, "{\"bundle\":\"%.*s\"}", GB_STR_ARG(hash));
    must(gb_tool_produce(&activate, &offset, &err), &err, "activate");
}

static struct gb_door *open_door(struct drive *d)
{
    const struct gb_files *refuse = folder(d, "examples/tangzhang");
    const struct gb_files *lookups = folder(d, below(d, "lookups"));
    struct gb_door_source sources[] = {
        {.name = GB_STR("party_building"),
         .topic = GB_STR("party.dj.sys_party_task"),
         .adapter = folder(d, "adapters/party_building"),
         .lookups = lookups},
        {.name = GB_STR("governance_grid"),
         .topic = GB_STR("grid.canal"),
         .adapter = folder(d, "adapters/governance_grid"),
         .lookups = lookups}};
    struct gb_mistakes mistakes = {0};
    struct gb_str join = GB_STR_NONE;
    struct gb_err err = {0};
    struct gb_door_config config = {.cluster = GB_STR("c1"),
                                    .salt = GB_STR("0123456789abcdef0123456789abcdef"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = d->lanes,
                                    .refuse = gb_files_get(refuse, GB_STR("refuse.yaml")),
                                    .sources = sources,
                                    .sources_count = GB_COUNT(sources)};
    struct gb_door *door;
    char *raw;

    must(gb_files_secret(below(d, "join.key"), &d->arena, &join, &err), &err, "join.key");
    raw = gb_arena_take(&d->arena, 32);
    if (!gb_unhex((uint8_t *)raw, 32, (struct gb_str){join.ptr, 64})) {
        fprintf(stderr, "join.key: not 64 hex digits\n");
        exit(1);
    }
    config.join_key = (struct gb_str){raw, 32};
    door = gb_door_new(&config, &mistakes);
    if (door == NULL) {
        complain(&mistakes);
    }
    return door;
}

static void say(void *context, bool is_warning, int64_t lane, struct gb_str text)
{
    (void)context;
    fprintf(stderr, "%s lane=%" PRId64 " %.*s\n", is_warning ? "warn" : "info", lane,
            GB_STR_ARG(text));
}

static void show(struct gb_world *world, const struct drive *d, int second)
{
    for (uint32_t lane = 0; lane < d->lanes; lane++) {
        struct gb_lane_view v;

        if (gb_world_look(world, lane, &v)) {
            printf("%d lane=%" PRIu32 " %s next=%" PRId64 " published=%" PRIu64 " applied=%" PRIu64
                   " unchanged=%" PRIu64 " refused=%" PRIu64 " dead=%" PRIu64 " ignored=%" PRIu64
                   "\n",
                   second, lane, gb_lane_state_word(v.state), v.next_offset, v.published_index,
                   v.applied, v.unchanged, v.refused, v.dead, v.ignored);
        }
    }
    fflush(stdout);
}

static int run(struct drive *d)
{
    const char *owner = getenv("GB_DRIVE_OWNER");
    struct gb_source_topic sources[] = {{.name = "party.dj.sys_party_task"},
                                        {.name = "grid.canal"},
                                        {.name = d->policy_topic}};
    struct gb_world_config config = {.bootstrap = d->bootstrap,
                                     .dsn = d->dsn,
                                     .bridge_id = "drive",
                                     .cluster = "c1",
                                     .topic_prefix = d->prefix,
                                     .owner = owner != NULL ? owner : "drive-1",
                                     .lanes_count = d->lanes,
                                     .has_intake = true,
                                     .has_lanes = true,
                                     .sources = sources,
                                     .sources_count = GB_COUNT(sources),
                                     .policy_topic = d->policy_topic,
                                     .say = say};
    struct gb_err err = {0};
    struct gb_door *door = open_door(d);
    struct gb_world *world;
    struct pollfd in = {.fd = 0, .events = POLLIN};
    bool ok;

    config.topics = d->topics;
    world = gb_world_start(&config, door, &err);
    if (world == NULL) {
        must(GB_BAD_CONFIG, &err, "world");
    }
    for (int second = 0; second < d->seconds && poll(&in, 1, 1000) == 0; second++) {
        show(world, d, second);
    }
    show(world, d, d->seconds);
    ok = gb_world_stop(world);
    gb_door_free(door);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct drive d = {0};
    int code;

    if (argc != 7) {
        fprintf(stderr, "usage: world_drive DSN BOOTSTRAP PREFIX LANES GENERATED SECONDS\n");
        return 64;
    }
    d = (struct drive){.dsn = argv[1], .bootstrap = argv[2], .prefix = argv[3],
                       .generated = argv[5], .lanes = (uint32_t)strtoul(argv[4], NULL, 10),
                       .seconds = (int)strtol(argv[6], NULL, 10)};
    gb_arena_init(&d.arena, (size_t)1 << 30);
    (void)snprintf(d.policy_topic, sizeof(d.policy_topic), "%spolicy.in", d.prefix);
    set_up(&d);
    code = run(&d);
    gb_arena_close(&d.arena);
    return code;
}
