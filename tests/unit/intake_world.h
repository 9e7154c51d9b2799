/* The intake machine with its last effects, and steps for tests: one stream, the policy topic. */
#ifndef TESTS_UNIT_INTAKE_WORLD_H
#define TESTS_UNIT_INTAKE_WORLD_H

#include "base/check.h"
#include "codec/record_json.h"
#include "lane/intake_machine.h"

#define LANES 3U
#define BUNDLE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct world {
    struct gb_door *door;
    struct gb_intake *intake;
    struct gb_intake_effects effects;
    int64_t now;
    int64_t jump; /* of the wall clock */
};

static inline char *slurp(const char *name)
{
    char path[512];
    FILE *file;
    char *text = calloc(1, 1 << 20);

    (void)snprintf(path, sizeof(path), "%s/%s", GB_SOURCE_DIR, name);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    (void)fclose(file);
    return text;
}

static inline struct gb_door *open_door_as(bool is_live)
{
    char *mapping = slurp("adapters/party_building/mapping.yaml");
    char *refuse = slurp("examples/tangzhang/refuse.yaml");
    struct gb_file mapping_file = {GB_STR("mapping.yaml"), gb_str_of(mapping)};
    struct gb_file grids_file = {GB_STR("party_grids.csv"),
                                 GB_STR("id,grid,village,town\n1,,320312111217,320312111\n")};
    struct gb_file refuse_file = {GB_STR("refuse.yaml"), gb_str_of(refuse)};
    struct gb_files adapter = {&mapping_file, 1};
    struct gb_files lookups = {&grids_file, 1};
    struct gb_door_source source = {.name = GB_STR("party_building"),
                                    .topic = GB_STR("party.dj.sys_party_task"),
                                    .adapter = &adapter,
                                    .lookups = &lookups,
                                    .is_live = is_live};
    struct gb_door_config config = {.cluster = GB_STR("c1"),
                                    .salt = GB_STR("0123456789abcdef"),
                                    .join_key = GB_STR("fedcba9876543210"),
                                    .join_key_id = GB_STR("j1"),
                                    .lanes_count = LANES,
                                    .refuse = &refuse_file,
                                    .sources = &source,
                                    .sources_count = 1};
    struct gb_mistakes mistakes = {0};
    struct gb_door *door = gb_door_new(&config, &mistakes);

    if (door == NULL) {
        fail_msg("%.*s", (int)mistakes.lines.len, mistakes.lines.bytes);
    }
    gb_mistakes_close(&mistakes);
    free(mapping);
    free(refuse);
    return door;
}

static inline struct gb_door *open_door(void)
{
    return open_door_as(false);
}

static inline void begin(struct world *w)
{
    *w = (struct world){.door = open_door(), .now = 5000};
    w->intake = gb_intake_new(&(struct gb_intake_config){.door = w->door,
                                                         .cluster = GB_STR("c1"),
                                                         .lanes_count = LANES,
                                                         .tick_ms = 1000,
                                                         .idle_tick_ms = 60000,
                                                         .skew_max_ms = 600000,
                                                         .policy_topic = GB_STR("gb.policy.in")});
}

static inline void end(struct world *w)
{
    gb_intake_free(w->intake);
    gb_intake_effects_close(&w->effects);
    gb_door_free(w->door);
}

static inline void step(struct world *w, struct gb_intake_event event)
{
    event.now = w->now;
    event.wall = 1800000000000 + w->now + w->jump;
    w->effects.count = 0;
    gb_intake_step(w->intake, &event, &w->effects);
}

static inline const struct gb_intake_effect *find(const struct world *w,
                                                  enum gb_intake_effect_kind kind)
{
    for (uint32_t i = 0; i < w->effects.count; i++) {
        if (w->effects.items[i].kind == kind) {
            return &w->effects.items[i];
        }
    }
    return NULL;
}

static inline uint32_t count(const struct world *w, enum gb_intake_effect_kind kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->effects.count; i++) {
        n += w->effects.items[i].kind == kind;
    }
    return n;
}

static inline void assign(struct world *w, int64_t committed, const char *metadata,
                          int64_t log_start)
{
    struct gb_stream_start start = {.topic = GB_STR("gb.policy.in"),
                                    .committed = committed,
                                    .metadata = gb_str_of(metadata),
                                    .log_start = log_start,
                                    .log_end = 10};
    struct gb_intake_event event = {.kind = GB_IE_ASSIGNED};

    event.assigned.items = &start;
    event.assigned.count = 1;
    event.assigned.session = GB_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    event.assigned.secret = GB_STR("ssssssssssssssss");
    event.assigned.has_policy = committed > 0;
    step(w, event);
}

static inline void give(struct world *w, int64_t offset, const char *value)
{
    struct gb_source_record record = {.topic = GB_STR("gb.policy.in"),
                                      .offset = offset,
                                      .value = gb_str_of(value)};

    step(w, (struct gb_intake_event){.kind = GB_IE_RECORD, .record = &record});
}

static inline void ack(struct world *w, uint64_t ticket, enum gb_status status, int64_t skew)
{
    struct gb_intake_event event = {.kind = GB_IE_ACKED, .status = status};

    event.acked.ticket = ticket;
    event.acked.append_time = 1800000000000 + w->now + skew;
    step(w, event);
}

static inline void read_produced(const struct world *w, uint32_t at, struct gb_arena *arena,
                          struct gb_record *rec)
{
    struct gb_str line;
    struct gb_str texts;
    struct gb_err err;

    assert_int_equal(w->effects.items[at].kind, GB_IX_PRODUCE);
    gb_record_split(w->effects.items[at].produce.value, &line, &texts);
    assert_int_equal(gb_record_read(arena, line, texts, rec, &err), GB_OK);
}

#endif
