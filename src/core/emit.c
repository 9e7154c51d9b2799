/* Outputs of a step: ids, messages, dead letters. */
#include "base/jsonw.h"
#include "core/state.h"

struct gb_str gb_topic_word(enum gb_topic topic)
{
    static const char *const words[] = {
#define X(name, word) word,
        GB_TOPIC_LIST(X)
#undef X
    };

    GB_CHECK(topic < GB_TOPIC_COUNT);
    return topic < GB_TOPIC_WRITEBACK ? gb_str_of(words[topic]) : GB_STR("writeback");
}

bool gb_topic_is_state(enum gb_topic topic)
{
    return topic == GB_TOPIC_MATTER || topic == GB_TOPIC_OVERLAP || topic == GB_TOPIC_POST ||
           topic == GB_TOPIC_CONTACT || topic == GB_TOPIC_VISIT || topic == GB_TOPIC_STATS;
}

/* UUIDv7 (RFC 9562): 48 bits of lane clock, the rest of a hash of where it was made. */
struct gb_str gb_core_mint(struct gb_core *core, const char *kind)
{
    const struct gb_str unit = GB_STR("\x1f");
    char digits[3][GB_DIGITS_MAX];
    struct gb_str seed =
        GB_JOIN(&core->scratch, gb_str_of(kind), unit, gb_int_text(digits[0], core->lane), unit,
                gb_int_text(digits[1], (int64_t)core->step->index), unit,
                gb_int_text(digits[2], core->minted++));
    struct gb_hash hash = gb_hash_of(GB_SHA256, seed);
    uint8_t *b = hash.bytes;
    char hex[32];

    memmove(b + 6, b, 10);
    for (int i = 0; i < 6; i++) {
        b[i] = (uint8_t)((uint64_t)core->clock >> (40 - 8 * i));
    }
    b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    gb_hex(hex, b, 16);
    return GB_JOIN(&core->scratch, {hex, 8}, GB_STR("-"), {hex + 8, 4}, GB_STR("-"), {hex + 12, 4},
                   GB_STR("-"), {hex + 16, 4}, GB_STR("-"), {hex + 20, 12});
}

struct gb_output *gb_emit(struct gb_core *core, enum gb_topic topic, struct gb_str key,
                          struct gb_str value)
{
    struct gb_step *step = core->step;
    struct gb_output *out;

    if (step->outputs_count == step->outputs_size) {
        uint32_t size = step->outputs_size == 0 ? 8 : step->outputs_size * 2;
        struct gb_output *more = gb_arena_take(step->arena, size * sizeof(more[0]));

        if (step->outputs_count > 0) {
            memcpy(more, step->outputs, step->outputs_count * sizeof(more[0]));
        }
        step->outputs = more;
        step->outputs_size = size;
    }
    out = &step->outputs[step->outputs_count];
    *out = (struct gb_output){.topic = topic,
                              .key = gb_arena_str(step->arena, key),
                              .value = gb_arena_str(step->arena, value),
                              .ordinal = step->outputs_count,
                              .change = -1};
    out->subject = out->key;
    out->type = GB_JOIN(step->arena, GB_STR("gb."), gb_topic_word(topic), GB_STR(".v1"));
    step->outputs_count++;
    return out;
}

static struct gb_str write_dead(struct gb_core *core, const struct gb_record *rec,
                                struct gb_str reason, struct gb_str detail)
{
    struct gb_jsonw w;

    gb_buf_clear(&core->buf);
    gb_jsonw_init(&w, &core->buf);
    gb_jsonw_object(&w);
    gb_jsonw_key_int(&w, GB_STR("clock"), core->clock);
    gb_jsonw_key_opt(&w, GB_STR("detail"), detail);
    gb_jsonw_key_opt(&w, GB_STR("entity"), rec->entity);
    gb_jsonw_key_opt(&w, GB_STR("h_src"), rec->h_src);
    gb_jsonw_key_opt(&w, GB_STR("key"), rec->key);
    if (rec->src.len > 0) {
        gb_jsonw_key_int(&w, GB_STR("len"), rec->src.len);
    }
    gb_jsonw_key_str(&w, GB_STR("reason"), reason);
    gb_jsonw_key_opt(&w, GB_STR("source"), rec->source);
    gb_jsonw_key(&w, GB_STR("src"));
    gb_jsonw_object(&w);
    gb_jsonw_key_opt(&w, GB_STR("cluster"), rec->src.cluster);
    gb_jsonw_key_int(&w, GB_STR("index"), rec->src.index);
    gb_jsonw_key_int(&w, GB_STR("offset"), rec->src.offset);
    gb_jsonw_key_int(&w, GB_STR("partition"), rec->src.partition);
    gb_jsonw_key_opt(&w, GB_STR("topic"), rec->src.topic);
    gb_jsonw_end(&w);
    gb_jsonw_key_opt(&w, GB_STR("town"), rec->town);
    gb_jsonw_end(&w);
    return gb_core_text(core);
}

void gb_emit_dead(struct gb_core *core, const struct gb_record *rec, struct gb_str reason,
                  struct gb_str detail)
{
    struct gb_str key =
        gb_arena_printf(&core->scratch, "%.*s/%d/%lld/%d", GB_STR_ARG(rec->src.topic),
                        rec->src.partition, (long long)rec->src.offset, rec->src.index);
    struct gb_str row = write_dead(core, rec, reason, detail);
    struct gb_plain *plain = gb_pool_take(&core->pool, sizeof(*plain));
    struct gb_output *out;

    plain->head.table = GB_TABLE_EXCEPTION;
    plain->head.key = gb_pool_str(&core->pool, key);
    plain->row = gb_pool_str(&core->pool, row);
    gb_object_touch(core, &plain->head);
    out = gb_emit(core, GB_TOPIC_DEADLETTER, key, row);
    out->about = rec;
    out->reason = gb_arena_str(core->step->arena, reason);
    out->detail = gb_arena_str(core->step->arena, detail);
}
