/* See the header. */
#include "codec/dry.h"

#include "codec/json.h"

#define ARENA_MAX ((size_t)256 << 20)

static void keep(struct gb_dry *dry, struct gb_dry_value *items, uint32_t *count,
                 const struct gb_output *output)
{
    struct gb_value value = {.type = GB_NULL};
    uint32_t at = 0;

    if (gb_str_is(output->value) &&
        gb_json_parse(&dry->arena, output->value, &value, NULL) != GB_OK) {
        return;
    }
    while (at < *count && !gb_str_eq(items[at].key, output->key)) {
        at++;
    }
    if (at == GB_DRY_KEEP_MAX) {
        return;
    }
    items[at] = (struct gb_dry_value){gb_arena_str(&dry->arena, output->key), value};
    *count += at == *count;
}

static void keep_change(struct gb_dry *dry, const struct gb_output *output)
{
    if (dry->changes_count < GB_COUNT(dry->changes) &&
        gb_json_parse(&dry->arena, output->value, &dry->changes[dry->changes_count], NULL) ==
            GB_OK) {
        dry->changes_count++;
    }
}

static void take(struct gb_dry *dry, const struct gb_output *output)
{
    switch (output->topic) {
    case GB_TOPIC_MATTER:
        keep(dry, dry->matters, &dry->matters_count, output);
        break;
    case GB_TOPIC_OVERLAP:
        keep(dry, dry->overlaps, &dry->overlaps_count, output);
        break;
    case GB_TOPIC_DEADLETTER:
        dry->dead = gb_arena_str(&dry->arena, output->reason);
        dry->dead_detail = gb_arena_str(&dry->arena, output->detail);
        break;
    case GB_TOPIC_CHANGE:
        keep_change(dry, output);
        break;
    case GB_TOPIC_BOOKS:
    case GB_TOPIC_POST:
    case GB_TOPIC_CONTACT:
    case GB_TOPIC_VISIT:
    case GB_TOPIC_WRITEBACK:
    case GB_TOPIC_STATS:
    case GB_TOPIC_COUNT:
        break;
    }
}

enum gb_outcome gb_dry_step(struct gb_dry *dry, const struct gb_record *rec)
{
    struct gb_step step = {.arena = &dry->arena, .index = dry->index++};
    struct gb_record *own = gb_arena_take(&dry->arena, sizeof(*own));

    *own = *rec;
    own->session = GB_STR("dry"); /* one writer, whose numbers have no gap */
    own->n = (int64_t)step.index;
    gb_core_step(dry->core, own, &step);
    for (uint32_t i = 0; i < step.outputs_count; i++) {
        take(dry, &step.outputs[i]);
    }
    return step.outcome;
}

void gb_dry_flush(struct gb_dry *dry)
{
    struct gb_rows rows;

    gb_core_flush(dry->core, &dry->arena, &rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct gb_row *row = &rows.items[i];
        struct gb_output output = {.key = row->key};
        struct gb_value value;
        const struct gb_value *losers;

        if (row->table != GB_TABLE_MATTER || row->is_deleted ||
            gb_json_parse(&dry->arena, row->row, &value, NULL) != GB_OK) {
            continue;
        }
        keep(dry, dry->losers, &dry->losers_count, &output);
        losers = gb_value_get(&value, GB_STR("losers"));
        for (uint32_t n = 0; losers != NULL && n < dry->losers_count; n++) {
            if (gb_str_eq(dry->losers[n].key, row->key)) {
                dry->losers[n].value = *losers;
            }
        }
    }
}

void gb_dry_tick(struct gb_dry *dry, int64_t clock)
{
    struct gb_member *members = gb_arena_take(&dry->arena, 2 * sizeof(members[0]));
    struct gb_record rec = {.kind = GB_KIND_TICK, .town = GB_STR("")};

    if (clock <= dry->clock) {
        return;
    }
    dry->clock = clock;
    members[0] = (struct gb_member){GB_STR("clock"), {.type = GB_INT, .number = clock}};
    members[1] = (struct gb_member){GB_STR("streams"), {.type = GB_ARRAY}};
    rec.fields = (struct gb_value){.type = GB_OBJECT, .count = 2, .members = members};
    (void)gb_dry_step(dry, &rec);
}

void gb_dry_begin(struct gb_dry *dry, const struct gb_policy *policy, int64_t clock)
{
    struct gb_record rec = {.kind = GB_KIND_POLICY, .town = GB_STR("")};
    struct gb_member *member;

    memset(dry, 0, sizeof(*dry));
    gb_arena_init(&dry->arena, ARENA_MAX);
    dry->policy = policy;
    dry->core = gb_core_new(0);
    gb_core_offer_policy(dry->core, policy);
    member = gb_arena_take(&dry->arena, sizeof(*member));
    *member = (struct gb_member){GB_STR("bundle"), {.type = GB_STRING, .text = policy->hash}};
    rec.fields = (struct gb_value){.type = GB_OBJECT, .count = 1, .members = member};
    (void)gb_dry_step(dry, &rec);
    gb_dry_tick(dry, clock);
}

void gb_dry_end(struct gb_dry *dry)
{
    gb_core_free(dry->core);
    gb_arena_close(&dry->arena);
}

static bool has_report(const struct gb_value *matter, struct gb_str source, struct gb_str key)
{
    const struct gb_value *refs = gb_value_get(matter, GB_STR("refs"));

    for (uint32_t i = 0; refs != NULL && refs->type == GB_ARRAY && i < refs->count; i++) {
        if (gb_str_eq(gb_value_str(&refs->items[i], GB_STR("source")), source) &&
            gb_str_eq(gb_value_str(&refs->items[i], GB_STR("key")), key)) {
            return true;
        }
    }
    return false;
}

const struct gb_value *gb_dry_matter_of(const struct gb_dry *dry, struct gb_str source,
                                        struct gb_str key)
{
    for (uint32_t i = 0; i < dry->matters_count; i++) {
        if (has_report(&dry->matters[i].value, source, key)) {
            return &dry->matters[i].value;
        }
    }
    return NULL;
}
