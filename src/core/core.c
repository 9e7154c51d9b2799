/* The door: guards first, then the verdict of intake, then the kind of record. */
#include "core/core.h"

#include "core/node.h"
#include "core/ruling.h"
#include "core/state.h"
#include "core/writeback.h"

static void init_row(struct gb_core *core, struct gb_object *row, struct gb_str key)
{
    (void)core;
    row->table = GB_TABLE_LANE_STATE;
    row->key = key;
}

struct gb_core *gb_core_new(uint32_t lane)
{
    struct gb_pool pool;
    struct gb_core *core;

    gb_pool_init(&pool);
    core = gb_pool_take(&pool, sizeof(*core));
    core->pool = pool;
    core->lane = lane;
    gb_arena_init(&core->scratch, SIZE_MAX / 4);
    init_row(core, &core->clock_row, GB_STR("clock"));
    init_row(core, &core->policy_row, GB_STR("policy"));
    init_row(core, &core->balance_row, GB_STR("balance"));
    init_row(core, &core->links_row, GB_STR("links"));
    init_row(core, &core->stats_row, GB_STR("stats"));
    core->left_until = INT64_MIN;
    return core;
}

void gb_core_free(struct gb_core *core)
{
    struct gb_pool pool;

    if (core == NULL) {
        return;
    }
    gb_map_close(&core->observations);
    gb_map_close(&core->matters);
    gb_map_close(&core->overlaps);
    gb_map_close(&core->streams);
    gb_map_close(&core->sessions);
    gb_map_close(&core->index);
    gb_map_close(&core->shared);
    gb_map_close(&core->nodes);
    gb_map_close(&core->cells);
    gb_hats_close(core);
    gb_rulings_close(core);
    gb_arena_close(&core->scratch);
    gb_buf_close(&core->buf);
    pool = core->pool; /* core itself lives in it */
    gb_pool_close(&pool);
}

const struct gb_policy *gb_core_known_policy(const struct gb_core *core, struct gb_str hash)
{
    for (const struct gb_known_policy *k = core->policies; k != NULL; k = k->next) {
        if (gb_str_eq(k->policy->hash, hash)) {
            return k->policy;
        }
    }
    return NULL;
}

void gb_core_offer_policy(struct gb_core *core, const struct gb_policy *policy)
{
    struct gb_known_policy *known;

    if (gb_core_known_policy(core, policy->hash) != NULL) {
        return;
    }
    known = gb_pool_take(&core->pool, sizeof(*known));
    known->policy = policy;
    known->next = core->policies;
    core->policies = known;
}

struct gb_str gb_core_policy(const struct gb_core *core)
{
    return core->policy_hash;
}

static enum gb_outcome activate(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_str hash = gb_value_str(&rec->fields, GB_STR("bundle"));
    const struct gb_policy *policy = gb_core_known_policy(core, hash);

    if (!gb_str_is(hash)) {
        gb_emit_dead(core, rec, GB_STR("bad_record"), GB_STR("a string at $.fields.bundle"));
        return GB_OUT_DEAD;
    }
    GB_CHECK(policy != NULL);
    if (core->policy == policy) {
        return GB_UNCHANGED;
    }
    core->policy = policy;
    gb_core_set(core, &core->policy_hash, hash);
    gb_object_touch(core, &core->policy_row);
    return GB_APPLIED;
}

/* An operator accepted a loss: the books begin anew. Where Kafka lost its tail, new records may
 * come at offsets that were applied before: their versions decide, not the marks. */
static enum gb_outcome control(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_str action = gb_value_str(&rec->fields, GB_STR("action"));
    bool is_again = gb_value_bool(&rec->fields, GB_STR("again"), false);

    if (!gb_str_eq(action, GB_STR("accept-loss")) ||
        (!is_again && !gb_str_is(core->unbalanced_stream))) {
        return GB_UNCHANGED;
    }
    core->marks_era += is_again;
    gb_core_set(core, &core->unbalanced_stream, GB_STR_NONE);
    gb_core_set(core, &core->unbalanced_reason, GB_STR_NONE);
    gb_object_touch(core, &core->balance_row);
    return GB_APPLIED;
}

static enum gb_outcome accept(struct gb_core *core, const struct gb_record *rec)
{
    switch (rec->kind) {
    case GB_KIND_OBSERVATION:
        return gb_observe(core, rec);
    case GB_KIND_POLICY:
        return activate(core, rec);
    case GB_KIND_TICK:
        gb_tick(core, rec);
        return GB_APPLIED;
    case GB_KIND_CONTROL:
        return control(core, rec);
    case GB_KIND_DECISION:
        return gb_decision_step(core, rec);
    case GB_KIND_RESULT:
        return gb_writeback_result(core, rec);
    }
    return GB_UNCHANGED;
}

static enum gb_outcome decide(struct gb_core *core, const struct gb_record *rec)
{
    switch (rec->verdict) {
    case GB_REFUSED:
        return GB_OUT_REFUSED;
    case GB_DEAD:
        gb_emit_dead(core, rec, rec->reason, rec->detail);
        return GB_OUT_DEAD;
    case GB_IGNORED:
        return GB_OUT_IGNORED;
    case GB_ACCEPTED:
        break;
    }
    return accept(core, rec);
}

void gb_core_step(struct gb_core *core, const struct gb_record *rec, struct gb_step *step)
{
    gb_arena_reset(&core->scratch);
    core->step = step;
    core->rec = rec;
    core->minted = 0;
    core->touched = (struct gb_list){0};
    core->nodes_touched = (struct gb_list){0};
    core->stepped = NULL;
    core->rule = GB_STR_NONE;
    core->is_crowding = core->is_cut = core->is_resent = false;
    core->is_loading = rec->kind == GB_KIND_OBSERVATION && rec->bootstrap;
    if (core->policy == NULL && gb_str_is(core->policy_hash)) {
        core->policy = gb_core_known_policy(core, core->policy_hash);
    }
    if (gb_guard_pass(core, rec)) {
        step->outcome = decide(core, rec);
        gb_books_count(core, rec, step->outcome);
    } else {
        step->outcome = GB_UNCHANGED;
    }
    core->step = NULL;
    core->rec = NULL;
}

int64_t gb_core_clock(const struct gb_core *core)
{
    return core->clock;
}

bool gb_core_is_balanced(const struct gb_core *core, struct gb_err *err)
{
    if (!gb_str_is(core->unbalanced_stream)) {
        return true;
    }
    (void)gb_fail(err, GB_DIFFERS, "stream %.*s: %.*s", GB_STR_ARG(core->unbalanced_stream),
                  GB_STR_ARG(core->unbalanced_reason));
    return false;
}
