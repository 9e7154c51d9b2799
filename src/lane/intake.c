/* Intake: streams in, numbered intake records out, ticks, then the group's offsets.
 * Happy path: ASSIGNED -> FETCH -> RECORD* -> PRODUCE* -> (timer) ticks -> all ACKED -> COMMIT. */
#include "lane/intake.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lane/intake_machine.h"

#define RESTART_MS 1000
#define SKEW_RESTART_MS 60000

struct gb_intake *gb_intake_new(const struct gb_intake_config *config)
{
    struct gb_intake *intake = calloc(1, sizeof(*intake));

    GB_CHECK(intake != NULL && config->lanes_count > 0 && config->lanes_count <= GB_LANES_MAX);
    gb_arena_init(&intake->names, (size_t)64 << 20);
    gb_arena_init(&intake->session_arena, (size_t)64 << 20);
    gb_arena_init(&intake->step_arena, (size_t)256 << 20);
    intake->config = *config;
    intake->config.cluster = gb_arena_str(&intake->names, config->cluster);
    intake->config.policy_topic = gb_arena_str(&intake->names, config->policy_topic);
    intake->numbers = calloc(config->lanes_count, sizeof(intake->numbers[0]));
    GB_CHECK(intake->numbers != NULL);
    return intake;
}

static void drop_streams(struct gb_intake *intake)
{
    for (uint32_t i = 0; i < intake->streams_count; i++) {
        free(intake->streams[i].sent);
    }
    free(intake->streams);
    intake->streams = NULL;
    intake->streams_count = 0;
    gb_map_close(&intake->by_id);
    gb_arena_reset(&intake->session_arena);
}

void gb_intake_free(struct gb_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    drop_streams(intake);
    free(intake->numbers);
    gb_buf_close(&intake->line);
    gb_arena_close(&intake->names);
    gb_arena_close(&intake->session_arena);
    gb_arena_close(&intake->step_arena);
    free(intake);
}

struct gb_intake_effect *gb_intake_add(struct gb_intake_effects *fx,
                                       enum gb_intake_effect_kind kind)
{
    if (fx->count == fx->size) {
        fx->size = fx->size == 0 ? 16 : fx->size * 2;
        fx->items = realloc(fx->items, fx->size * sizeof(fx->items[0]));
        GB_CHECK(fx->items != NULL);
    }
    fx->items[fx->count] = (struct gb_intake_effect){.kind = kind};
    return &fx->items[fx->count++];
}

static void restart(struct gb_intake *intake, struct gb_intake_effects *fx, int64_t after_ms,
                    struct gb_str why)
{
    intake->state = GB_INTAKE_IDLE;
    intake->unacked = 0;
    intake->commit_left = 0;
    intake->is_committing = false;
    gb_intake_add(fx, GB_IX_PURGE);
    gb_intake_add(fx, GB_IX_RESTART)->after_ms = after_ms;
    gb_intake_add(fx, GB_IX_SAY)->text = why;
}

/* A record that Kafka would not take would be sent again in every session. */
static void make_dead(struct gb_intake *intake, struct gb_record *rec)
{
    rec->verdict = GB_DEAD;
    rec->reason = gb_str_of(gb_status_word(GB_TOO_LARGE));
    rec->detail = gb_arena_printf(&intake->step_arena,
                                  "$: expected an intake record of up to %u bytes, found %zu",
                                  GB_INTAKE_LINE_MAX, intake->line.len);
    rec->fields = (struct gb_value){.type = GB_NULL};
    rec->texts_count = 0;
    rec->h_img = GB_STR_NONE;
}

void gb_intake_send(struct gb_intake *intake, uint32_t lane, struct gb_record *rec,
                    struct gb_intake_effects *fx)
{
    struct gb_intake_effect *effect;

    GB_CHECK(lane < intake->config.lanes_count);
    rec->session = intake->session;
    rec->n = intake->numbers[lane]++;
    gb_buf_clear(&intake->line);
    gb_record_write(&intake->line, rec);
    if (intake->line.len > GB_INTAKE_LINE_MAX) {
        make_dead(intake, rec);
        gb_buf_clear(&intake->line);
        gb_record_write(&intake->line, rec);
    }
    effect = gb_intake_add(fx, GB_IX_PRODUCE);
    effect->produce.lane = lane;
    effect->produce.key = rec->town;
    effect->produce.value = gb_arena_str(&intake->step_arena, gb_buf_str(&intake->line));
    effect->produce.ticket = ++intake->tickets;
    intake->unacked++;
}

static void add_stream(struct gb_intake *intake, const struct gb_stream_start *start,
                       struct gb_intake_effects *fx)
{
    struct gb_stream *stream = &intake->streams[intake->streams_count++];

    stream->topic = gb_arena_str(&intake->session_arena, start->topic);
    stream->partition = start->partition;
    stream->id = gb_arena_printf(&intake->session_arena, "%.*s/%.*s/%" PRId32,
                                 GB_STR_ARG(intake->config.cluster), GB_STR_ARG(start->topic),
                                 start->partition);
    stream->is_policy = gb_str_eq(start->topic, intake->config.policy_topic);
    stream->last_offset = -1;
    stream->sent = calloc(intake->config.lanes_count, sizeof(stream->sent[0]));
    GB_CHECK(stream->sent != NULL);
    (void)gb_map_put(&intake->by_id, stream->id, stream);
    gb_intake_place(intake, stream, start, fx);
}

/* Sources wait until a policy has reached the lanes: a record before it could not be read. */
static void fetch(struct gb_intake *intake, struct gb_intake_effects *fx)
{
    struct gb_stream_offset *items =
        gb_arena_take(&intake->step_arena, (intake->streams_count + 1U) * sizeof(items[0]));
    struct gb_intake_effect *effect;
    uint32_t count = 0;

    for (uint32_t i = 0; i < intake->streams_count; i++) {
        const struct gb_stream *s = &intake->streams[i];

        if (!s->is_halted && !s->is_unreadable && !s->is_starting &&
            (s->is_policy || intake->has_policy)) {
            items[count++] = (struct gb_stream_offset){
                .topic = s->topic,
                .partition = s->partition,
                .offset = s->verify_offset >= 0 ? s->verify_offset : s->next};
        }
    }
    effect = gb_intake_add(fx, GB_IX_FETCH);
    effect->streams.items = items;
    effect->streams.count = count;
}

/* Whoever owns the policy topic sees the activation itself; the others look again. */
static void wait_for_policy(struct gb_intake *intake, struct gb_intake_effects *fx)
{
    bool owns_policy = false;

    for (uint32_t i = 0; i < intake->streams_count; i++) {
        owns_policy = owns_policy || intake->streams[i].is_policy;
    }
    gb_intake_add(fx, GB_IX_SAY)->text =
        GB_STR("no policy is active yet: sources wait; run `gridbridge policy activate`");
    if (!owns_policy) {
        gb_intake_add(fx, GB_IX_RESTART)->after_ms = RESTART_MS;
    }
}

static void on_assigned(struct gb_intake *intake, const struct gb_intake_event *event,
                        struct gb_intake_effects *fx)
{
    uint32_t count = event->assigned.count;

    drop_streams(intake);
    intake->streams = calloc(count + 1U, sizeof(intake->streams[0]));
    GB_CHECK(intake->streams != NULL && count <= GB_STREAMS_MAX);
    memset(intake->numbers, 0, intake->config.lanes_count * sizeof(intake->numbers[0]));
    intake->session = gb_arena_str(&intake->session_arena, event->assigned.session);
    intake->secret = gb_arena_str(&intake->session_arena, event->assigned.secret);
    intake->has_policy = event->assigned.has_policy;
    intake->is_clock_checked = false;
    intake->state = GB_INTAKE_RUNNING;
    intake->ticked_at = event->now;
    for (uint32_t i = 0; i < count; i++) {
        add_stream(intake, &event->assigned.items[i], fx);
    }
    gb_intake_begin_new(intake, fx);
    fetch(intake, fx);
    if (!intake->has_policy) {
        wait_for_policy(intake, fx);
    }
    gb_intake_add(fx, GB_IX_TIMER)->after_ms = intake->config.tick_ms;
}

/* True if the record was the one to compare, or stands below the place. */
static bool is_verified(struct gb_intake *intake, struct gb_stream *stream,
                        const struct gb_source_record *rec, struct gb_intake_effects *fx)
{
    struct gb_str hash;

    if (stream->verify_offset >= 0 && rec->offset == stream->verify_offset) {
        hash = gb_door_hash(intake->config.door, rec, &intake->step_arena);
        if (!gb_str_eq(hash, stream->verify_hash)) {
            gb_intake_halt_stream(stream,
                        gb_arena_printf(&intake->step_arena,
                                        "%.*s: offset %" PRId64 " holds another record than the "
                                        "one read before: was the topic created again?",
                                        GB_STR_ARG(stream->id), rec->offset),
                        fx);
        }
        stream->verify_offset = -1;
    }
    return rec->offset < stream->next || stream->is_halted || stream->is_unreadable;
}

static void on_record(struct gb_intake *intake, const struct gb_intake_event *event,
                      struct gb_intake_effects *fx)
{
    const struct gb_source_record *rec = event->record;
    struct gb_stream *stream = gb_intake_stream(intake, rec->topic, rec->partition);
    struct gb_str hash;

    if (stream == NULL || is_verified(intake, stream, rec, fx)) {
        return;
    }
    if (stream->is_policy) {
        hash = gb_intake_policy(intake, stream, rec, fx);
    } else {
        struct gb_door_rows rows = {0};

        gb_door_open(intake->config.door, rec, intake->secret, &intake->step_arena, &rows);
        GB_CHECK(rows.count > 0);
        for (size_t i = 0; i < rows.count; i++) {
            stream->sent[rows.items[i].lane]++;
            gb_intake_send(intake, rows.items[i].lane, &rows.items[i].record, fx);
        }
        hash = rows.items[0].record.h_src;
    }
    stream->next = rec->offset + 1;
    stream->last_offset = rec->offset;
    GB_CHECK(hash.len == sizeof(stream->last_hash) - 1);
    memcpy(stream->last_hash, hash.ptr, hash.len);
}

static void commit(struct gb_intake *intake, struct gb_intake_effects *fx)
{
    struct gb_stream_offset *items =
        gb_arena_take(&intake->step_arena, (intake->streams_count + 1U) * sizeof(items[0]));
    struct gb_intake_effect *effect;
    uint32_t count = 0;

    for (uint32_t i = 0; i < intake->streams_count; i++) {
        struct gb_stream *s = &intake->streams[i];

        if (s->is_halted || (!s->is_starting && s->ticked_offset < 0) ||
            s->ticked <= s->committed) {
            continue;
        }
        items[count] = (struct gb_stream_offset){
            .topic = s->topic, .partition = s->partition, .offset = s->ticked};
        if (s->ticked_offset >= 0) {
            items[count].metadata = gb_arena_printf(&intake->step_arena, "%" PRId64 ":%.64s",
                                                    s->ticked_offset, s->ticked_hash);
        }
        count++;
    }
    if (count == 0) {
        intake->is_committing = false;
        return;
    }
    effect = gb_intake_add(fx, GB_IX_COMMIT);
    effect->streams.items = items;
    effect->streams.count = count;
}

static void on_acked(struct gb_intake *intake, const struct gb_intake_event *event,
                     struct gb_intake_effects *fx)
{
    int64_t skew = event->acked.append_time - event->wall;

    if (event->acked.ticket <= intake->tickets_purged) {
        return;
    }
    if (event->status != GB_OK) {
        intake->tickets_purged = intake->tickets;
        restart(intake, fx, RESTART_MS, GB_STR("delivery to gb.intake failed: a new session"));
        return;
    }
    if (skew > intake->config.skew_max_ms || -skew > intake->config.skew_max_ms) {
        intake->tickets_purged = intake->tickets;
        restart(intake, fx, SKEW_RESTART_MS,
                gb_arena_printf(&intake->step_arena,
                                "this host's clock differs from the broker's by %" PRId64
                                " s: nothing is sent; set the clock",
                                skew / 1000));
        return;
    }
    intake->is_clock_checked = true;
    intake->proven_now = event->now;
    intake->proven_wall = event->wall;
    GB_CHECK(intake->unacked > 0);
    intake->unacked--;
    if (intake->is_committing && event->acked.ticket <= intake->commit_ticket) {
        GB_CHECK(intake->commit_left > 0);
        if (--intake->commit_left == 0) {
            commit(intake, fx);
        }
    }
}

static void on_committed(struct gb_intake *intake, const struct gb_intake_event *event,
                         struct gb_intake_effects *fx)
{
    bool has_more = false; /* to fetch */
    bool had_policy = intake->has_policy;

    if (event->status != GB_OK) {
        intake->tickets_purged = intake->tickets;
        restart(intake, fx, RESTART_MS, GB_STR("committing offsets failed: a new session"));
        return;
    }
    intake->is_committing = false;
    for (uint32_t i = 0; i < intake->streams_count; i++) {
        struct gb_stream *s = &intake->streams[i];

        s->committed = s->ticked_offset >= 0 || s->is_starting ? s->ticked : s->committed;
        has_more = has_more || s->is_starting;
        s->is_starting = false;
        intake->has_policy = intake->has_policy || (s->is_policy && s->committed > 0);
    }
    if (has_more || (intake->has_policy && !had_policy)) {
        fetch(intake, fx);
    }
}

/* What the client overcomes by itself changes nothing; after anything else all streams are looked
 * up again, and one whose records are gone halts with evidence. */
static void on_failed(struct gb_intake *intake, const struct gb_intake_event *event,
                      struct gb_intake_effects *fx)
{
    switch (gb_status_class(event->status)) {
    case GB_CLASS_OK:
    case GB_CLASS_RETRY: break;
    case GB_CLASS_REJECT:
    case GB_CLASS_UNKNOWN:
    case GB_CLASS_FATAL:
        if (gb_intake_leave_broken(intake, event, fx)) {
            break;
        }
        intake->tickets_purged = intake->tickets;
        restart(intake, fx, RESTART_MS,
                gb_arena_printf(&intake->step_arena,
                                "reading %.*s/%" PRId32 " failed: %.*s: a new session",
                                GB_STR_ARG(event->failed.topic), event->failed.partition,
                                GB_STR_ARG(event->failed.words)));
        break;
    }
}

/* The clock for a tick: 0 before the first report, and when it has jumped since the last one. */
static int64_t proven_clock(const struct gb_intake *intake, const struct gb_intake_event *event)
{
    int64_t jump = event->wall - intake->proven_wall - (event->now - intake->proven_now);
    int64_t most = intake->config.skew_max_ms;

    return intake->is_clock_checked && jump <= most && -jump <= most ? event->wall : 0;
}

static void on_timer(struct gb_intake *intake, const struct gb_intake_event *event,
                     struct gb_intake_effects *fx)
{
    bool idle = true;

    gb_intake_add(fx, GB_IX_TIMER)->after_ms = intake->config.tick_ms;
    for (uint32_t i = 0; i < intake->streams_count; i++) {
        idle = idle && intake->streams[i].next == intake->streams[i].from;
    }
    if (intake->is_committing ||
        (idle && event->now - intake->ticked_at < intake->config.idle_tick_ms)) {
        return;
    }
    intake->ticked_at = event->now;
    gb_intake_tick(intake, proven_clock(intake, event), fx);
    gb_intake_await_commit(intake);
}

void gb_intake_step(struct gb_intake *intake, const struct gb_intake_event *event,
                    struct gb_intake_effects *fx)
{
    gb_arena_reset(&intake->step_arena);
    if (event->kind == GB_IE_ASSIGNED) {
        intake->tickets_purged = intake->tickets;
        intake->unacked = 0;
        intake->is_committing = false;
        on_assigned(intake, event, fx);
        return;
    }
    if (event->kind == GB_IE_REVOKED) {
        intake->state = GB_INTAKE_IDLE;
        intake->tickets_purged = intake->tickets;
        drop_streams(intake);
        gb_intake_add(fx, GB_IX_PURGE);
        return;
    }
    if (intake->state == GB_INTAKE_IDLE) {
        return;
    }
    switch ((int)event->kind) {
    case GB_IE_RECORD:
        on_record(intake, event, fx);
        break;
    case GB_IE_ACKED:
        on_acked(intake, event, fx);
        break;
    case GB_IE_COMMITTED:
        on_committed(intake, event, fx);
        break;
    case GB_IE_FAILED:
        on_failed(intake, event, fx);
        break;
    case GB_IE_TIMER:
        on_timer(intake, event, fx);
        break;
    }
}

void gb_intake_set_door(struct gb_intake *intake, const struct gb_door *door)
{
    intake->config.door = door;
}

/* True once everything is read that an earlier session may have sent and not committed. */
static bool is_past_doubt(const struct gb_intake *intake)
{
    for (uint32_t i = 0; i < intake->streams_count; i++) {
        const struct gb_stream *s = &intake->streams[i];

        if (!s->is_halted && !s->is_unreadable && s->next < s->log_end) {
            return false;
        }
    }
    return true;
}

bool gb_intake_wants_records(const struct gb_intake *intake)
{
    return intake->state == GB_INTAKE_RUNNING && intake->unacked < GB_INTAKE_UNACKED_MAX &&
           !(intake->is_draining && is_past_doubt(intake));
}

void gb_intake_drain(struct gb_intake *intake, bool is_wanted)
{
    intake->is_draining = is_wanted;
}

bool gb_intake_is_drained(const struct gb_intake *intake)
{
    if (intake->state != GB_INTAKE_RUNNING || intake->unacked > 0 || intake->is_committing ||
        !is_past_doubt(intake)) {
        return false;
    }
    for (uint32_t i = 0; i < intake->streams_count; i++) {
        const struct gb_stream *s = &intake->streams[i];

        if (!s->is_halted &&
            (s->next != s->from || (s->last_offset >= 0 && s->committed != s->next))) {
            return false;
        }
    }
    return true;
}
