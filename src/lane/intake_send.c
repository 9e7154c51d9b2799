/* The records that intake makes of its own: ticks and policy activations. */
#include <inttypes.h>

#include "codec/json.h"
#include "lane/intake_machine.h"

static struct gb_value text_value(struct gb_str text)
{
    return (struct gb_value){.type = GB_STRING, .text = text};
}

static struct gb_value int_value(int64_t number)
{
    return (struct gb_value){.type = GB_INT, .number = number};
}

static struct gb_value object_of(struct gb_arena *arena, const struct gb_member *members,
                                 uint32_t count)
{
    struct gb_member *copy = gb_arena_take(arena, count * sizeof(copy[0]));

    memcpy(copy, members, count * sizeof(copy[0]));
    return (struct gb_value){.type = GB_OBJECT, .count = count, .members = copy};
}

static struct gb_value stream_value(struct gb_arena *arena, const struct gb_stream *stream,
                                    uint32_t lane)
{
    struct gb_member members[] = {{GB_STR("from"), int_value(stream->from)},
                                  {GB_STR("id"), text_value(stream->id)},
                                  {GB_STR("new"), {.type = GB_BOOL, .truth = true}},
                                  {GB_STR("sent"), int_value(stream->sent[lane])},
                                  {GB_STR("to"), int_value(stream->next)}};
    uint32_t old_count = GB_COUNT(members) - 1;

    if (stream->is_new) {
        return object_of(arena, members, GB_COUNT(members));
    }
    memmove(&members[2], &members[3], 2 * sizeof(members[0]));
    return object_of(arena, members, old_count);
}

static void tick_lane(struct gb_intake *intake, uint32_t lane, int64_t clock,
                      struct gb_intake_effects *fx)
{
    struct gb_arena *arena = &intake->step_arena;
    struct gb_value *items =
        gb_arena_take(arena, (intake->streams_count + 1U) * sizeof(items[0]));
    struct gb_value streams = {.type = GB_ARRAY, .items = items};
    struct gb_record rec = {.kind = GB_KIND_TICK,
                            .town = GB_STR(""),
                            .src = {.cluster = intake->config.cluster, .topic = GB_STR("")},
                            .verdict = GB_ACCEPTED};

    for (uint32_t i = 0; i < intake->streams_count; i++) {
        if (!intake->streams[i].is_halted) {
            items[streams.count++] = stream_value(arena, &intake->streams[i], lane);
        }
    }
    rec.fields = object_of(arena,
                           (struct gb_member[]){
                               {GB_STR("clock"), int_value(clock)},
                               {GB_STR("modes"), *gb_door_modes(intake->config.door)},
                               {GB_STR("streams"), streams}},
                           3);
    gb_intake_send(intake, lane, &rec, fx);
}

void gb_intake_tick(struct gb_intake *intake, int64_t clock, struct gb_intake_effects *fx)
{
    for (uint32_t lane = 0; lane < intake->config.lanes_count; lane++) {
        tick_lane(intake, lane, clock, fx);
    }
    for (uint32_t i = 0; i < intake->streams_count; i++) {
        struct gb_stream *s = &intake->streams[i];

        s->is_new = false;
        s->from = s->next;
        s->ticked = s->next;
        s->ticked_offset = s->last_offset;
        memcpy(s->ticked_hash, s->last_hash, sizeof(s->ticked_hash));
        memset(s->sent, 0, intake->config.lanes_count * sizeof(s->sent[0]));
    }
}

static struct gb_record policy_record(struct gb_intake *intake, const struct gb_stream *stream,
                                      const struct gb_source_record *in, struct gb_str h_src)
{
    struct gb_arena *arena = &intake->step_arena;
    struct gb_record rec = {.kind = GB_KIND_OBSERVATION, /* a dead one, until it is read */
                            .town = GB_STR(""),
                            .src = {intake->config.cluster, stream->topic, stream->partition,
                                    in->offset, 0, (int64_t)(in->key.len + in->value.len)},
                            .verdict = GB_DEAD,
                            .reason = gb_str_of(gb_status_word(GB_BAD_POLICY)),
                            .detail = GB_STR("$.bundle: expected 64 hex digits"),
                            .source = GB_STR("policy"),
                            .h_src = h_src};
    struct gb_value value;
    struct gb_str hash;
    struct gb_err err;
    uint8_t bytes[GB_HASH_LEN];

    if (!gb_str_is(in->value) || gb_json_parse(arena, in->value, &value, &err) != GB_OK) {
        return rec;
    }
    hash = gb_value_str(&value, GB_STR("bundle"));
    if (!gb_str_is(hash) || !gb_unhex(bytes, GB_HASH_LEN, hash)) {
        return rec;
    }
    rec.kind = GB_KIND_POLICY;
    rec.verdict = GB_ACCEPTED;
    rec.reason = rec.detail = GB_STR_NONE;
    rec.fields = object_of(arena, &(struct gb_member){GB_STR("bundle"), text_value(hash)}, 1);
    return rec;
}

struct gb_str gb_intake_policy(struct gb_intake *intake, struct gb_stream *stream,
                               const struct gb_source_record *in, struct gb_intake_effects *fx)
{
    struct gb_str h_src = gb_door_hash(intake->config.door, in, &intake->step_arena);
    struct gb_record rec = policy_record(intake, stream, in, h_src);

    for (uint32_t lane = 0; lane < intake->config.lanes_count; lane++) {
        stream->sent[lane]++;
        gb_intake_send(intake, lane, &rec, fx);
    }
    return h_src;
}
