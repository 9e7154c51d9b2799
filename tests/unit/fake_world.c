/* The fake: effects are queued and answered one by one; each answer may be nasty. */
#include "fake_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

static char *copy(struct gb_str s)
{
    char *text;

    if (!gb_str_is(s)) {
        return NULL;
    }
    text = malloc(s.len + 1);
    GB_CHECK(text != NULL);
    memcpy(text, s.ptr, s.len);
    text[s.len] = 0;
    return text;
}

/* SplitMix64 (Steele, Lea, Flood). */
static bool chance(struct fake_world *w, unsigned per_mille)
{
    uint64_t z = (w->random += 0x9e3779b97f4a7c15U);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % 1000 < per_mille;
}

static void step(struct fake_world *w, struct gb_event *event)
{
    event->now = w->now;
    gb_lane_step(w->lane, event, &w->effects);
}

static void start_process(struct fake_world *w)
{
    struct gb_event event = {.kind = GB_EV_ASSIGNED};

    w->lane = gb_lane_new(&w->config);
    w->effects.count = 0;
    w->consume_ticket = 0;
    w->timer_at = INT64_MAX;
    step(w, &event);
}

void fake_init(struct fake_world *w, uint64_t seed)
{
    *w = (struct fake_world){.random = seed, .now = 1000};
    w->config.batch_records_max = 1000;
    gb_topics_init(&w->config.topics);
    for (int t = 0; t < GB_TOPIC_WRITEBACK; t++) {
        w->config.topics.streams[t] = GB_STR("00112233445566778899aabbccddeeff");
    }
    start_process(w);
}

void fake_crash(struct fake_world *w)
{
    w->crashes++;
    gb_lane_free(w->lane);
    start_process(w);
}

void fake_produce(struct fake_world *w, const char *value)
{
    w->intake = realloc(w->intake, (w->intake_count + 1) * sizeof(w->intake[0]));
    GB_CHECK(w->intake != NULL);
    w->intake[w->intake_count++] = copy(gb_str_of(value));
}

static void on_claim(struct fake_world *w, const struct gb_effect *fx)
{
    struct gb_event event = {.kind = GB_EV_PG_CLAIMED, .ticket = fx->ticket, .status = GB_OK};

    w->row.epoch++;
    w->row.is_halted = w->is_halted;
    w->row.halt_reason = gb_str_of(w->halt_reason);
    event.claimed = &w->row;
    step(w, &event);
}

static void give_rows(struct fake_world *w, const struct gb_effect *fx)
{
    struct gb_event event = {.kind = GB_EV_PG_ROWS, .ticket = fx->ticket, .status = GB_OK};
    struct gb_stored_row *rows = calloc(w->rows_count + 1, sizeof(rows[0]));

    GB_CHECK(rows != NULL);
    for (uint32_t i = 0; i < w->rows_count; i++) {
        const struct fake_row *r = &w->rows[i];

        rows[i].row = (struct gb_row){.table = r->table,
                                      .key = gb_str_of(r->key),
                                      .row = gb_str_of(r->row),
                                      .text = gb_str_of(r->text),
                                      .matter = gb_str_of(r->matter),
                                      .xref = gb_str_of(r->xref),
                                      .live_until = r->live_until};
    }
    event.rows.rows = rows;
    event.rows.count = w->rows_count;
    event.rows.is_last = true;
    step(w, &event);
    free(rows);
}

static void free_row(struct fake_row *r)
{
    free(r->key);
    free(r->row);
    free(r->text);
    free(r->matter);
    free(r->xref);
}

static void put_row(struct fake_world *w, const struct gb_row *row)
{
    uint32_t at = 0;

    while (at < w->rows_count && (w->rows[at].table != row->table ||
                                  !gb_str_eq(gb_str_of(w->rows[at].key), row->key))) {
        at++;
    }
    if (at == w->rows_count) {
        w->rows = realloc(w->rows, (w->rows_count + 1) * sizeof(w->rows[0]));
        GB_CHECK(w->rows != NULL);
        w->rows_count++;
    } else {
        free_row(&w->rows[at]);
    }
    if (row->is_deleted) {
        w->rows[at] = w->rows[--w->rows_count];
        return;
    }
    w->rows[at] = (struct fake_row){row->table,      copy(row->key),    copy(row->row),
                                    copy(row->text), copy(row->matter), copy(row->xref),
                                    row->live_until};
}

static void add_chunk(struct fake_world *w, const struct gb_commit *c)
{
    struct fake_chunk *chunk;

    if (c->outbox.len == 0) {
        return;
    }
    w->chunks = realloc(w->chunks, (w->chunks_count + 1) * sizeof(w->chunks[0]));
    GB_CHECK(w->chunks != NULL);
    chunk = &w->chunks[w->chunks_count++];
    *chunk = (struct fake_chunk){c->from_index,   c->to_index,   copy(c->outbox),
                                 copy(c->hashes), c->outbox.len, c->hashes.len};
}

static enum gb_status apply(struct fake_world *w, const struct gb_commit *c)
{
    int64_t epoch = w->row.epoch;

    if (!w->drop_fence && (c->epoch != epoch || c->from_offset != w->row.next_offset)) {
        return GB_FENCED;
    }
    w->row = c->after;
    w->row.epoch = epoch;
    GB_CHECK(c->after.frontier.len <= sizeof(w->frontier));
    memcpy(w->frontier, c->after.frontier.ptr, c->after.frontier.len);
    w->row.frontier.ptr = w->frontier;
    gb_buf_add_str(&w->ledger, c->body);
    add_chunk(w, c);
    for (uint32_t i = 0; i < c->rows->count; i++) {
        put_row(w, &c->rows->items[i]);
    }
    return GB_OK;
}

static void on_commit(struct fake_world *w, const struct gb_effect *fx)
{
    struct gb_event event = {.kind = GB_EV_PG_COMMITTED, .ticket = fx->ticket};

    if (chance(w, w->rates.commit_failed)) {
        w->losses++;
        event.status = GB_AWAY;
    } else {
        event.status = apply(w, fx->commit);
        if (event.status == GB_OK && chance(w, w->rates.commit_lost)) {
            w->losses++;
            event.status = GB_MAYBE;
        }
    }
    if (chance(w, w->rates.crash)) {
        fake_crash(w);
        return;
    }
    step(w, &event);
}

static void on_outbox(struct fake_world *w, const struct gb_effect *fx)
{
    struct gb_event event = {.kind = GB_EV_PG_OUTBOX, .ticket = fx->ticket, .status = GB_OK};
    struct gb_outbox_chunk *chunks = calloc(w->chunks_count + 1, sizeof(chunks[0]));

    GB_CHECK(chunks != NULL);
    for (uint32_t i = 0; i < w->chunks_count; i++) {
        const struct fake_chunk *c = &w->chunks[i];

        if (c->to_index > fx->outbox.from_index) {
            chunks[event.outbox.count++] =
                (struct gb_outbox_chunk){.from_index = c->from_index,
                                         .to_index = c->to_index,
                                         .body = {c->body, c->body_len},
                                         .hashes = {c->hashes, c->hashes_len}};
        }
    }
    event.outbox.chunks = chunks;
    event.outbox.is_last = true;
    step(w, &event);
    free(chunks);
}

static void on_consume(struct fake_world *w, const struct gb_effect *fx)
{
    struct gb_event event = {.kind = GB_EV_CONSUMING, .ticket = fx->ticket, .status = GB_OK};

    w->consume_ticket = fx->ticket;
    w->consume_at = fx->consume.offset;
    event.consuming.log_end = w->intake_count;
    step(w, &event);
}

static void append(struct fake_world *w, const struct gb_message *m)
{
    struct fake_log *log = &w->logs[m->topic];
    struct fake_message *to;

    log->items = realloc(log->items, (log->count + 1) * sizeof(log->items[0]));
    GB_CHECK(log->items != NULL);
    to = &log->items[log->count++];
    *to = (struct fake_message){.key = copy(m->key), .value = copy(m->value), .seq = m->seq};
    to->headers_count = m->headers_count;
    for (uint32_t i = 0; i < m->headers_count; i++) {
        to->headers[i].name = copy(m->headers[i].name);
        to->headers[i].value = copy(m->headers[i].value);
    }
}

static void on_send(struct fake_world *w, const struct gb_effect *fx)
{
    struct gb_event event = {.kind = GB_EV_PUB_SENT, .ticket = fx->ticket, .status = GB_OK};
    int64_t offsets[GB_TOPIC_COUNT];

    if (chance(w, w->rates.send_failed)) {
        w->losses++;
        event.status = GB_MAYBE;
    } else {
        for (uint32_t i = 0; i < fx->send.count; i++) {
            append(w, fx->send.messages[i]);
        }
        if (chance(w, w->rates.send_lost)) {
            w->losses++;
            event.status = GB_MAYBE;
        }
    }
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        offsets[t] = w->logs[t].count;
    }
    event.sent.offsets = offsets;
    if (chance(w, w->rates.crash)) {
        fake_crash(w);
        return;
    }
    step(w, &event);
}

static void give_message(struct fake_world *w, uint64_t ticket, enum gb_topic topic, uint32_t at)
{
    const struct fake_message *m = &w->logs[topic].items[at];
    struct gb_header headers[GB_HEADERS_MAX];
    struct gb_event event = {.kind = GB_EV_PUB_RECORD, .ticket = ticket, .status = GB_OK};

    for (uint32_t i = 0; i < m->headers_count; i++) {
        headers[i].name = gb_str_of(m->headers[i].name);
        headers[i].value = gb_str_of(m->headers[i].value);
    }
    event.seen.topic = topic;
    event.seen.offset = at;
    event.seen.key = gb_str_of(m->key);
    event.seen.value = gb_str_of(m->value);
    event.seen.headers = headers;
    event.seen.headers_count = m->headers_count;
    step(w, &event);
}

static void on_read(struct fake_world *w, const struct gb_effect *fx)
{
    struct gb_event event = {.kind = GB_EV_PUB_READ, .ticket = fx->ticket, .status = GB_OK};
    int64_t starts[GB_TOPIC_COUNT] = {0};
    int64_t ends[GB_TOPIC_COUNT];
    int64_t from[GB_TOPIC_COUNT];

    memcpy(from, fx->read.offsets, sizeof(from));
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        ends[t] = w->logs[t].count;
        for (int64_t at = from[t]; at < ends[t]; at++) {
            give_message(w, fx->ticket, (enum gb_topic)t, (uint32_t)at);
        }
    }
    event.read.log_starts = starts;
    event.read.ends = ends;
    step(w, &event);
}

static void answer_plain(struct fake_world *w, const struct gb_effect *fx,
                         enum gb_event_kind kind, enum gb_status status)
{
    struct gb_event event = {.kind = kind, .ticket = fx->ticket, .status = status};

    step(w, &event);
}

static void on_halt(struct fake_world *w, const struct gb_effect *fx)
{
    w->is_halted = true;
    (void)snprintf(w->halt_reason, sizeof(w->halt_reason), "%.*s", GB_STR_ARG(fx->halt.reason));
    (void)snprintf(w->halt_evidence, sizeof(w->halt_evidence), "%.*s",
                   GB_STR_ARG(fx->halt.evidence));
    answer_plain(w, fx, GB_EV_PG_HALTED, GB_OK);
}

static void carry_out(struct fake_world *w, const struct gb_effect *fx)
{
    switch (fx->kind) {
    case GB_FX_PG_CLAIM:
        on_claim(w, fx);
        break;
    case GB_FX_PG_TERMINATE:
        answer_plain(w, fx, GB_EV_PG_TERMINATED, GB_OK);
        break;
    case GB_FX_PG_LOAD:
    case GB_FX_PG_FETCH:
        give_rows(w, fx);
        break;
    case GB_FX_PG_POLICY:
        w->asked_policy++;
        answer_plain(w, fx, GB_EV_PG_POLICY, GB_NOT_FOUND);
        break;
    case GB_FX_PG_COMMIT:
        on_commit(w, fx);
        break;
    case GB_FX_PG_OUTBOX:
        on_outbox(w, fx);
        break;
    case GB_FX_PG_FLOOR:
        memcpy(w->row.floor_seqs, fx->floor->floor_seqs, sizeof(w->row.floor_seqs));
        memcpy(w->row.floor_offsets, fx->floor->floor_offsets, sizeof(w->row.floor_offsets));
        w->row.floor_index = fx->floor->floor_index;
        answer_plain(w, fx, GB_EV_PG_FLOORED, GB_OK);
        break;
    case GB_FX_PG_HALT:
        on_halt(w, fx);
        break;
    case GB_FX_CONSUME:
        on_consume(w, fx);
        break;
    case GB_FX_CONSUME_STOP:
        w->consume_ticket = 0;
        break;
    case GB_FX_PUB_INIT:
        answer_plain(w, fx, GB_EV_PUB_INITED, chance(w, w->rates.init_failed) ? GB_AWAY : GB_OK);
        break;
    case GB_FX_PUB_READ:
        on_read(w, fx);
        break;
    case GB_FX_PUB_SEND:
        on_send(w, fx);
        break;
    case GB_FX_TIMER:
        w->timer_at = w->now + fx->timer.after_ms;
        break;
    case GB_FX_PG_RESET:
    case GB_FX_PUB_DESTROY:
    case GB_FX_SAY:
        break;
    }
}

static bool feed(struct fake_world *w)
{
    struct gb_event event = {.kind = GB_EV_RECORD, .ticket = w->consume_ticket};

    if (w->consume_ticket == 0 || w->consume_at >= w->intake_count ||
        !gb_lane_wants_records(w->lane)) {
        return false;
    }
    event.record.offset = w->consume_at;
    event.record.value = gb_str_of(w->intake[w->consume_at]);
    w->consume_at++;
    step(w, &event);
    return true;
}

static bool is_done(const struct fake_world *w)
{
    struct gb_lane_view view;

    gb_lane_look(w->lane, &view);
    return view.next_offset == w->intake_count && view.published_index == view.next_index &&
           view.state == GB_LANE_RUNNING;
}

static void let_time_pass(struct fake_world *w)
{
    struct gb_event timer = {.kind = GB_EV_TIMER};

    w->now = w->timer_at != INT64_MAX && w->timer_at > w->now ? w->timer_at : w->now + 1;
    w->timer_at = INT64_MAX;
    step(w, &timer);
}

bool fake_run(struct fake_world *w, uint32_t steps_max)
{
    for (uint32_t i = 0; i < steps_max && !is_done(w) && !w->is_halted; i++) {
        if (w->effects.count > 0) {
            struct gb_effect fx = w->effects.items[0];

            w->effects.count--;
            memmove(w->effects.items, w->effects.items + 1, w->effects.count * sizeof(fx));
            if (fx.kind == GB_FX_PUB_SEND && chance(w, w->rates.send_slow)) {
                *gb_effects_add(&w->effects, fx.kind, fx.lane, fx.ticket) = fx;
                (void)feed(w);
            } else if (fx.kind == GB_FX_PG_OUTBOX && chance(w, w->rates.outbox_slow)) {
                *gb_effects_add(&w->effects, fx.kind, fx.lane, fx.ticket) = fx;
                let_time_pass(w);
            } else {
                carry_out(w, &fx);
            }
        } else if (!feed(w)) {
            let_time_pass(w);
        }
    }
    return !w->is_halted && is_done(w);
}

void fake_visible(const struct fake_world *w, struct gb_buf *out)
{
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        for (uint32_t i = 0; i < w->logs[t].count; i++) {
            const struct fake_message *m = &w->logs[t].items[i];

            gb_buf_printf(out, "%d %" PRId64 " %s %s", t, m->seq, m->key,
                          m->value != NULL ? m->value : "(tombstone)");
            for (uint32_t h = 0; h < m->headers_count; h++) {
                gb_buf_printf(out, " %s=%s", m->headers[h].name, m->headers[h].value);
            }
            gb_buf_add_char(out, '\n');
        }
    }
}

static void close_log(struct fake_log *log)
{
    for (uint32_t i = 0; i < log->count; i++) {
        free(log->items[i].key);
        free(log->items[i].value);
        for (uint32_t h = 0; h < log->items[i].headers_count; h++) {
            free(log->items[i].headers[h].name);
            free(log->items[i].headers[h].value);
        }
    }
    free(log->items);
}

void fake_close(struct fake_world *w)
{
    gb_lane_free(w->lane);
    gb_effects_close(&w->effects);
    for (uint32_t i = 0; i < w->rows_count; i++) {
        free_row(&w->rows[i]);
    }
    for (uint32_t i = 0; i < w->chunks_count; i++) {
        free(w->chunks[i].body);
        free(w->chunks[i].hashes);
    }
    for (uint32_t i = 0; i < w->intake_count; i++) {
        free(w->intake[i]);
    }
    for (int t = 0; t < GB_TOPIC_COUNT; t++) {
        close_log(&w->logs[t]);
    }
    free(w->rows);
    free(w->chunks);
    free(w->intake);
    gb_buf_close(&w->ledger);
}
