/* Reconcile: claim, load, check the start, then one batch after the other (DELIVERY 2, R1-R5).
 * Happy path: CLAIM -> LOAD -> CONSUME -> [FETCH] -> COMMIT -> [FETCH] -> COMMIT ... */
#include <inttypes.h>

#include "codec/json.h"
#include "codec/policy_load.h"
#include "lane/machine.h"

static void claim(struct gb_lane *lane, struct gb_effects *fx)
{
    lane->state = GB_LANE_CLAIMING;
    (void)gb_lane_ask_pg(lane, fx, GB_FX_PG_CLAIM);
}

static void keep_row(struct gb_lane *lane, const struct gb_lane_row *row)
{
    struct gb_arena old = lane->row_arena;

    gb_arena_init(&lane->row_arena, (size_t)1 << 20);
    lane->row = *row;
    lane->row.frontier = gb_arena_str(&lane->row_arena, row->frontier);
    lane->row.halt_reason = gb_arena_str(&lane->row_arena, row->halt_reason);
    gb_arena_close(&old);
}

static void on_claimed(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    if (event->status == GB_BUSY) {
        (void)gb_lane_ask_pg(lane, fx, GB_FX_PG_TERMINATE);
        return;
    }
    if (event->status != GB_OK) {
        gb_lane_recover(lane, fx,
                        event->status == GB_DIFFERS
                            ? "a newer program wrote this lane (its core_semantics is higher): run "
                              "that one again; claim"
                            : "claim");
        return;
    }
    keep_row(lane, event->claimed);
    gb_merkle_init(&lane->tree, lane->row.alg);
    if (!gb_merkle_restore(&lane->tree, lane->row.next_index, lane->row.frontier)) {
        gb_lane_halt(lane, fx, "bad_frontier", "frontier does not fit %" PRIu64 " lines",
                     lane->row.next_index);
        return;
    }
    if (lane->row.is_halted) {
        lane->state = GB_LANE_HALTED;
        gb_lane_say(lane, fx, true, "halted: %.*s", GB_STR_ARG(lane->row.halt_reason));
        return;
    }
    lane->state = GB_LANE_LOADING;
    lane->core = gb_core_new(lane->config.lane);
    gb_core_set_digest(lane->core, &lane->row.digest);
    for (const struct gb_bundle *b = lane->bundles; b != NULL; b = b->next) {
        gb_core_offer_policy(lane->core, b->policy);
    }
    gb_lane_ask_pg(lane, fx, GB_FX_PG_LOAD)->load.since = lane->row.clock;
}

static enum gb_status load_row(struct gb_lane *lane, const struct gb_row *row, struct gb_err *err)
{
    struct gb_arena arena;
    struct gb_value parsed;
    struct gb_value text;
    bool has_text = gb_str_is(row->text);
    enum gb_status status;

    gb_arena_init(&arena, GB_BATCH_ARENA_MAX);
    status = gb_json_parse(&arena, row->row, &parsed, err);
    if (status == GB_OK && has_text) {
        status = gb_json_parse(&arena, row->text, &text, err);
    }
    if (status == GB_OK) {
        status = gb_core_load(lane->core, row, &parsed, has_text ? &text : NULL, err);
    }
    gb_arena_close(&arena);
    return status;
}

static bool load_rows(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    for (uint32_t i = 0; i < event->rows.count; i++) {
        const struct gb_row *row = &event->rows.rows[i].row;
        struct gb_err err = {0};

        if (load_row(lane, row, &err) != GB_OK) {
            gb_lane_halt(lane, fx, "bad_row", "table %.*s, key %.*s: %s",
                         GB_STR_ARG(gb_table_word(row->table)), GB_STR_ARG(row->key), err.text);
            return false;
        }
    }
    return true;
}

static const struct gb_policy *find_bundle(const struct gb_lane *lane, struct gb_str hash)
{
    for (const struct gb_bundle *b = lane->bundles; b != NULL; b = b->next) {
        if (gb_str_eq(b->policy->hash, hash)) {
            return b->policy;
        }
    }
    return NULL;
}

static void ask_policy(struct gb_lane *lane, struct gb_effects *fx, struct gb_str hash)
{
    gb_lane_ask_pg(lane, fx, GB_FX_PG_POLICY)->policy.hash = hash;
}

/* The bundle that must be known before going on, absent if none is missing. */
static struct gb_str missing_policy(const struct gb_lane *lane)
{
    struct gb_str hash = GB_STR_NONE;

    if (lane->flying != NULL && gb_batch_is_policy(lane->flying)) {
        hash = gb_value_str(&lane->flying->records[0].record.fields, GB_STR("bundle"));
    } else if (lane->flying == NULL) {
        hash = gb_core_policy(lane->core);
    }
    return gb_str_is(hash) && find_bundle(lane, hash) == NULL ? hash : GB_STR_NONE;
}

static void start_consuming(struct gb_lane *lane, struct gb_effects *fx)
{
    int64_t from = lane->row.next_offset - (lane->row.has_last_hash ? 1 : 0);

    lane->state = GB_LANE_CHECKING;
    lane->next_receive = from;
    lane->consume_ticket = gb_lane_ticket(lane);
    gb_effects_add(fx, GB_FX_CONSUME, lane->config.lane, lane->consume_ticket)->consume.offset =
        from;
    gb_publish_start(lane, fx);
}

static void after_load(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_str missing = missing_policy(lane);

    if (gb_str_is(missing)) {
        ask_policy(lane, fx, missing);
        return;
    }
    start_consuming(lane, fx);
}

static void step_batch(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_batch_state state = {.core = lane->core,
                                   .tree = &lane->tree,
                                   .before = &lane->row,
                                   .topics = &lane->config.topics};
    struct gb_err err;

    if (gb_batch_step(lane->flying, &state, &err) != GB_OK) {
        gb_lane_halt(lane, fx, "no_writeback_topic", "%s", err.text);
        return;
    }
    gb_lane_ask_pg(lane, fx, GB_FX_PG_COMMIT)->commit = &lane->flying->commit;
}

static void fetch_batch(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_effect *ask;

    gb_arena_reset(&lane->wants_arena);
    lane->wants = (struct gb_wants){.arena = &lane->wants_arena};
    for (uint32_t i = 0; i < lane->flying->count; i++) {
        gb_core_wants(lane->core, &lane->flying->records[i].record, &lane->wants);
    }
    if (lane->wants.count == 0 && lane->wants.evidence_count == 0) {
        step_batch(lane, fx);
        return;
    }
    ask = gb_lane_ask_pg(lane, fx, GB_FX_PG_FETCH);
    ask->fetch.keys = lane->wants.keys;
    ask->fetch.count = lane->wants.count;
    ask->fetch.evidence = lane->wants.evidence;
    ask->fetch.evidence_count = lane->wants.evidence_count;
}

static void begin_batch(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_str missing = missing_policy(lane);

    if (gb_str_is(missing)) {
        ask_policy(lane, fx, missing);
        return;
    }
    fetch_batch(lane, fx);
}

void gb_reconcile_go(struct gb_lane *lane, struct gb_effects *fx)
{
    if (lane->state != GB_LANE_RUNNING || lane->pg_ticket != 0 || lane->flying != NULL ||
        lane->incoming.count == 0 || lane->pub.state != GB_PUB_READY ||
        gb_publish_is_full(&lane->pub)) {
        return;
    }
    lane->flying = gb_queue_take(&lane->incoming);
    begin_batch(lane, fx);
}

void gb_reconcile_retry(struct gb_lane *lane, struct gb_effects *fx)
{
    struct gb_str missing = lane->core != NULL ? missing_policy(lane) : GB_STR_NONE;

    if (gb_str_is(missing)) {
        ask_policy(lane, fx, missing);
    }
}

static void on_policy(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_str hash = missing_policy(lane);
    struct gb_bundle *bundle;
    struct gb_mistakes mistakes = {0};

    GB_CHECK(gb_str_is(hash));
    if (event->status != GB_OK) {
        if (event->status != GB_NOT_FOUND) {
            gb_lane_recover(lane, fx, "policy");
            return;
        }
        gb_lane_say(lane, fx, true, "waits for policy bundle %.*s: store it with `policy activate`",
                    GB_STR_ARG(hash));
        lane->due_retry = lane->now + GB_RETRY_MS_MAX;
        return;
    }
    bundle = gb_bundle_new(event->policy, &mistakes);
    if (bundle == NULL || !gb_str_eq(bundle->policy->hash, hash)) {
        gb_lane_halt(lane, fx, "bad_policy", "bundle %.*s: %.*s", GB_STR_ARG(hash),
                     (int)(mistakes.lines.len > 300 ? 300 : mistakes.lines.len),
                     mistakes.lines.len > 0 ? mistakes.lines.bytes : "another hash");
        gb_bundle_free(bundle);
        gb_mistakes_close(&mistakes);
        return;
    }
    bundle->next = lane->bundles;
    lane->bundles = bundle;
    gb_core_offer_policy(lane->core, bundle->policy);
    gb_mistakes_close(&mistakes);
    if (lane->flying != NULL) {
        begin_batch(lane, fx);
    } else {
        start_consuming(lane, fx);
    }
}

static void on_committed(struct gb_lane *lane, const struct gb_event *event,
                         struct gb_effects *fx)
{
    struct gb_batch *batch = lane->flying;
    struct gb_lane_row floors = lane->row;

    if (event->status != GB_OK) {
        gb_lane_recover(lane, fx, "commit");
        if (event->status == GB_FENCED) {
            lane->due_retry = lane->now + GB_FENCED_MS;
        }
        return;
    }
    GB_CHECK(batch != NULL);
    keep_row(lane, &batch->commit.after);
    memcpy(lane->row.floor_seqs, floors.floor_seqs, sizeof(floors.floor_seqs));
    memcpy(lane->row.floor_offsets, floors.floor_offsets, sizeof(floors.floor_offsets));
    lane->row.floor_index = floors.floor_index; /* moved on while the commit was under way */
    for (uint32_t i = 0; i < GB_COUNT(lane->outcomes); i++) {
        lane->outcomes[i] += batch->outcomes[i];
    }
    lane->committed_at = lane->now;
    lane->retry_ms = GB_RETRY_MS_MIN;
    lane->flying = NULL;
    gb_publish_give(lane, batch);
}

static void run(struct gb_lane *lane, struct gb_effects *fx)
{
    lane->state = GB_LANE_RUNNING;
    gb_lane_say(lane, fx, false, "runs from offset %" PRId64 ", line %" PRIu64,
                lane->row.next_offset, lane->row.next_index);
}

static void on_consuming(struct gb_lane *lane, const struct gb_event *event,
                         struct gb_effects *fx)
{
    int64_t next = lane->row.next_offset;
    int64_t start = event->consuming.log_start;
    int64_t end = event->consuming.log_end;

    if (event->status != GB_OK) {
        gb_lane_recover(lane, fx, "reading gb.intake");
        return;
    }
    if (!lane->row.has_last_hash && start <= next && end >= next && (next > 0 || start == 0)) {
        run(lane, fx); /* a new lane, or an operator accepted a loss */
    } else if (start == next && end == next) {
        gb_lane_say(lane, fx, true, "gb.intake is empty up to %" PRId64 ": nothing to compare",
                    next);
        lane->next_receive = next;
        run(lane, fx);
    } else if (start > next - 1 || end < next) {
        gb_lane_halt(lane, fx, "intake_log",
                     "gb.intake holds offsets %" PRId64 " to %" PRId64 ", the lane is at %" PRId64,
                     start, end, next);
    }
}

static void check_start(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    struct gb_arena arena;
    struct gb_hash leaf;

    gb_arena_init(&arena, GB_BATCH_ARENA_MAX);
    leaf = gb_merkle_leaf(lane->row.alg, gb_batch_line(&arena, lane->config.lane,
                                                       event->record.offset,
                                                       event->record.value));
    gb_arena_close(&arena);
    if (!lane->row.has_last_hash ||
        memcmp(leaf.bytes, lane->row.last_hash.bytes, GB_HASH_LEN) != 0) {
        gb_lane_halt(lane, fx, "start_check",
                     "gb.intake offset %" PRId64 " is not the record that the lane applied last",
                     event->record.offset);
        return;
    }
    run(lane, fx);
}

static void add_record(struct gb_lane *lane, const struct gb_event *event)
{
    struct gb_batch *open = lane->incoming.last;
    struct gb_batch *own;

    if (open == NULL || open->count >= lane->config.batch_records_max ||
        open->bytes >= lane->config.batch_bytes_max) {
        open = gb_batch_new();
        gb_queue_put(&lane->incoming, open);
    }
    gb_batch_add(open, lane->config.lane, event->record.offset, event->record.value);
    if (open->count > 1 && open->records[open->count - 1].record.kind == GB_KIND_POLICY) {
        open->count--; /* an activation begins a batch of its own: its bundle is fetched before */
        own = gb_batch_new();
        gb_queue_put(&lane->incoming, own);
        gb_batch_add(own, lane->config.lane, event->record.offset, event->record.value);
    }
}

static void on_record(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    if (event->ticket != lane->consume_ticket ||
        (lane->state != GB_LANE_RUNNING && lane->state != GB_LANE_CHECKING)) {
        return;
    }
    if (event->record.offset != lane->next_receive) {
        gb_lane_halt(lane, fx, "intake_hole",
                     "gb.intake offset %" PRId64 " came where %" PRId64 " was due",
                     event->record.offset, lane->next_receive);
        return;
    }
    lane->next_receive++;
    if (event->record.offset < lane->row.next_offset && lane->state == GB_LANE_CHECKING) {
        check_start(lane, event, fx);
        return;
    }
    add_record(lane, event);
}

/* While the lane runs only bad news come. What the client overcomes by itself changes nothing; for
 * the rest the lane claims again, and the check at the start finds out what is lost. */
static void on_reading(struct gb_lane *lane, const struct gb_event *event, struct gb_effects *fx)
{
    switch (gb_status_class(event->status)) {
    case GB_CLASS_OK:
    case GB_CLASS_RETRY: break;
    case GB_CLASS_REJECT:
    case GB_CLASS_UNKNOWN:
    case GB_CLASS_FATAL: gb_lane_recover(lane, fx, "reading gb.intake"); break;
    }
}

void gb_reconcile_event(struct gb_lane *lane, const struct gb_event *event,
                        struct gb_effects *fx)
{
    enum gb_effect_kind asked = lane->pg_kind;

    switch ((int)event->kind) {
    case GB_EV_ASSIGNED:
        lane->is_assigned = true;
        if (lane->state == GB_LANE_IDLE && lane->pg_ticket == 0) {
            claim(lane, fx);
        }
        break;
    case GB_EV_PG_CLAIMED:
        on_claimed(lane, event, fx);
        break;
    case GB_EV_PG_TERMINATED:
        claim(lane, fx);
        break;
    case GB_EV_PG_ROWS:
        if (event->status != GB_OK) {
            gb_lane_recover(lane, fx, asked == GB_FX_PG_LOAD ? "load" : "fetch");
        } else if (load_rows(lane, event, fx) && event->rows.is_last) {
            if (asked == GB_FX_PG_LOAD) {
                after_load(lane, fx);
            } else {
                step_batch(lane, fx);
            }
        }
        break;
    case GB_EV_PG_POLICY:
        on_policy(lane, event, fx);
        break;
    case GB_EV_PG_COMMITTED:
        on_committed(lane, event, fx);
        break;
    case GB_EV_CONSUMING:
        if (event->ticket == lane->consume_ticket && lane->state == GB_LANE_CHECKING) {
            on_consuming(lane, event, fx);
        } else if (event->ticket == lane->consume_ticket && lane->state == GB_LANE_RUNNING) {
            on_reading(lane, event, fx);
        }
        break;
    case GB_EV_RECORD:
        on_record(lane, event, fx);
        break;
    }
}
