/* B2 and B3: the ledger through a fresh core. Batches are cut otherwise than the lane cut them; at
 * each chunk's end (or, where batches span chunks, at the last) the digest must be the stored one,
 * and each output must stand in the outbox under its number, with its key, value and headers. */
#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "codec/json.h"
#include "sim/ledger.h"

struct replay {
    struct sim *sim;
    const struct sim_ledger *ledger;
    struct gb_core *core;
    struct sim_table table; /* what the replay itself has stored */
    uint32_t seqs[GB_TOPIC_COUNT];
};

static void load(struct replay *r, const struct gb_row *row)
{
    struct gb_value parsed, text;
    struct gb_err err = {0};
    bool has_text = gb_str_is(row->text);
    bool is_good = gb_json_parse(&r->sim->arena, row->row, &parsed, &err) == GB_OK &&
                   (!has_text || gb_json_parse(&r->sim->arena, row->text, &text, &err) == GB_OK) &&
                   gb_core_load(r->core, row, &parsed, has_text ? &text : NULL, &err) == GB_OK;

    if (!is_good) {
        sim_fail(r->sim, SIM_INV_B2, "lane %u: a row does not load: %s", r->ledger->lane, err.text);
    }
}

/* What the core may have forgotten and the lines touch again. */
static void fetch(struct replay *r, uint32_t from, uint32_t to)
{
    struct gb_wants wants = {.arena = &r->sim->arena};
    struct gb_stored_row *rows;
    struct sim_fetch want;
    uint32_t count;

    for (uint32_t i = from; i < to; i++) {
        gb_core_wants(r->core, &r->ledger->lines[i].record, &wants);
    }
    if (wants.count == 0 && wants.evidence_count == 0) {
        return;
    }
    want = (struct sim_fetch){wants.keys, wants.count, wants.evidence, wants.evidence_count};
    rows = sim_table_fetch(r->sim, &r->table, &want, &count);
    for (uint32_t i = 0; i < count; i++) {
        load(r, &rows[i].row);
    }
}

static bool has(struct gb_str line, const char *text)
{
    return memmem(line.ptr, line.len, text, strlen(text)) != NULL;
}

/* Where an output belongs. */
static uint32_t place_of(const struct gb_output *out)
{
    if (out->topic != GB_TOPIC_WRITEBACK) {
        return out->topic;
    }
    return GB_TOPIC_WRITEBACK +
           (gb_str_eq(out->target, GB_STR("party")) ? SIM_SLOT_PARTY : SIM_SLOT_GRID);
}

/* Key and value behind the headers. */
static bool is_body(const struct replay *r, const struct gb_output *out, struct gb_str line,
                    uint32_t seq)
{
    const char *at = memmem(line.ptr, line.len, "]],\"key\":\"", 10);
    struct gb_str value = gb_str_is(out->value) ? out->value : GB_STR("null");
    struct gb_str rest =
        gb_arena_printf(&r->sim->arena, ",\"seq\":%u,\"topic\":\"%.*s\",\"value\":", seq,
                        GB_STR_ARG(sim_topics()->words[place_of(out)]));
    size_t tail = rest.len + value.len + 1;

    return at != NULL && tail <= line.len &&
           memcmp(line.ptr + line.len - tail, rest.ptr, rest.len) == 0 &&
           memcmp(line.ptr + line.len - 1 - value.len, value.ptr, value.len) == 0 &&
           (size_t)(line.ptr + line.len - at) > 10 + out->key.len &&
           memcmp(at + 10, out->key.ptr, out->key.len) == 0 && at[10 + out->key.len] == '"';
}

/* ["ce_time", the lane's clock as RFC 3339]. */
static void write_time(char *out, size_t size, int64_t ms)
{
    time_t seconds = ms / 1000;
    char text[32];
    struct tm tm;

    GB_CHECK(gmtime_r(&seconds, &tm) != NULL);
    GB_CHECK(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) > 0);
    (void)snprintf(out, size, "[\"ce_time\",\"%s.%03dZ\"]", text, (int)(ms % 1000));
}

static void check_output(struct replay *r, const struct gb_step *step, const struct gb_output *out,
                         const uint32_t *changes)
{
    const struct sim_output_list *list =
        &r->sim->check.outputs[r->ledger->lane][place_of(out)];
    uint32_t seq = ++r->seqs[place_of(out)];
    char place[64], number[48], change[48], type[96], time[64];
    struct gb_str line;
    bool is_same;

    if (seq > list->count) {
        sim_fail(r->sim, SIM_INV_B2,
                 "lane %u line %llu: output %u of topic %u is not in the outbox", r->ledger->lane,
                 (unsigned long long)step->index, seq, out->topic);
        return;
    }
    line = list->items[seq - 1].line;
    write_time(time, sizeof(time), gb_core_clock(r->core));
    (void)snprintf(place, sizeof(place), "[\"gb_pos\",\"%u:%llu:%u\"]", r->ledger->lane,
                   (unsigned long long)step->index, out->ordinal);
    (void)snprintf(number, sizeof(number), "[\"gb_seq\",\"%u\"]", seq);
    (void)snprintf(type, sizeof(type), "[\"ce_type\",\"%.*s\"]", GB_STR_ARG(out->type));
    is_same = has(line, time) && has(line, place) && has(line, number) && has(line, type) &&
              is_body(r, out, line, seq);
    if (out->change >= 0) {
        (void)snprintf(change, sizeof(change), "[\"gb_change_seq\",\"%u\"]", changes[out->change]);
        is_same = is_same && has(line, change);
    }
    if (!is_same) {
        sim_trace(r->sim, "stored: %.*s", GB_STR_ARG(line));
        sim_trace(r->sim, "replay: %s %s key %.*s value %.*s", place, type, GB_STR_ARG(out->key),
                  GB_STR_ARG(out->value));
        sim_fail(r->sim, r->sim->plan.is_split_replay ? SIM_INV_B2 : SIM_INV_B3,
                 "lane %u line %llu: topic %u gb_seq %u: the replay makes another output",
                 r->ledger->lane, (unsigned long long)step->index, out->topic, seq);
    }
}

static void step(struct replay *r, uint32_t at)
{
    struct gb_step made = {.arena = &r->sim->arena, .index = at};
    uint32_t *numbers;

    gb_core_step(r->core, &r->ledger->lines[at].record, &made);
    numbers = gb_arena_take(&r->sim->arena, (made.outputs_count + 1) * sizeof(numbers[0]));
    for (uint32_t i = 0; i < made.outputs_count && !r->sim->failure.is_set; i++) {
        numbers[i] = r->seqs[place_of(&made.outputs[i])] + 1;
        if (made.outputs[i].ordinal != i) {
            sim_fail(r->sim, SIM_INV_B2, "lane %u line %u: output %u has ordinal %u",
                     r->ledger->lane, at, i, made.outputs[i].ordinal);
        }
        check_output(r, &made, &made.outputs[i], numbers);
    }
}

static void run_batch(struct replay *r, uint32_t from, uint32_t to)
{
    struct gb_rows rows;

    fetch(r, from, to);
    for (uint32_t i = from; i < to && !r->sim->failure.is_set; i++) {
        step(r, i);
    }
    gb_core_flush(r->core, &r->sim->arena, &rows);
    for (uint32_t i = 0; i < rows.count; i++) {
        sim_table_put(r->sim, &r->table, &rows.items[i]);
    }
}

static void check_digest(struct replay *r, const struct gb_hash *stored, uint64_t index)
{
    struct gb_hash digest = gb_core_digest(r->core);

    if (memcmp(digest.bytes, stored->bytes, GB_HASH_LEN) != 0) {
        sim_fail(r->sim, r->sim->plan.is_split_replay ? SIM_INV_B2 : SIM_INV_B3,
                 "lane %u: after line %llu the replay has another state digest", r->ledger->lane,
                 (unsigned long long)index);
    }
}

/* Each chunk in one to three batches. */
static void replay_split(struct replay *r)
{
    const struct sim_pg_lane *pg = &r->sim->pg[r->ledger->lane];

    for (uint32_t c = 0; c < pg->chunks_count && !r->sim->failure.is_set; c++) {
        uint32_t at = (uint32_t)pg->chunks[c]->from_index;
        uint32_t end = (uint32_t)pg->chunks[c]->to_index;

        while (at < end) {
            uint32_t to = at + 1 + sim_below(r->sim, end - at);

            run_batch(r, at, to);
            at = to;
        }
        check_digest(r, &pg->chunks[c]->digest, end);
    }
}

/* Batches that know nothing of chunks. */
static void replay_merged(struct replay *r)
{
    uint32_t at = 0;

    while (at < r->ledger->count && !r->sim->failure.is_set) {
        uint32_t left = r->ledger->count - at;
        uint32_t to = at + 1 + sim_below(r->sim, left < 300 ? left : 300);

        run_batch(r, at, to);
        at = to;
    }
    check_digest(r, &r->sim->pg[r->ledger->lane].row.digest, at);
}

void sim_replay_check(struct sim *sim, const struct sim_ledger *ledger)
{
    struct replay r = {.sim = sim, .ledger = ledger, .core = gb_core_new(ledger->lane)};

    for (uint32_t n = 0; n < SIM_POLICIES_MAX; n++) {
        gb_core_offer_policy(r.core, sim_bundle_policy(n));
    }
    if (sim->plan.is_split_replay) {
        replay_split(&r);
    } else {
        replay_merged(&r);
    }
    for (uint32_t t = 0; t < GB_TOPIC_COUNT && !sim->failure.is_set; t++) {
        if (r.seqs[t] != sim->check.outputs[ledger->lane][t].count) {
            sim_fail(sim, SIM_INV_B2, "lane %u topic %u: the outbox has %u outputs, the replay %u",
                     ledger->lane, t, sim->check.outputs[ledger->lane][t].count, r.seqs[t]);
        }
    }
    gb_core_free(r.core);
    sim_table_close(&r.table);
}
