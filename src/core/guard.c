/* The marks that make every source record count once (DELIVERY 2): writers must not jump, and what
 * is not above a stream's mark has been applied before. */
#include "core/state.h"

struct gb_str gb_stream_key(struct gb_arena *arena, const struct gb_record *rec)
{
    char partition[GB_DIGITS_MAX];

    return GB_JOIN(arena, rec->src.cluster, GB_STR("/"), rec->src.topic, GB_STR("/"),
                   gb_int_text(partition, rec->src.partition));
}

/* The end of an hour, so that the column changes once an hour. */
int64_t gb_stream_live(const struct gb_stream *stream)
{
    int64_t until = stream->seen_at + GB_MARK_KEEP_MS;

    return stream->seen_at == 0 ? INT64_MAX : until - until % GB_HOUR_MS + GB_HOUR_MS - 1;
}

struct gb_stream *gb_stream_get(struct gb_core *core, struct gb_str key)
{
    struct gb_stream *stream = gb_map_get(&core->streams, key);

    if (stream == NULL) {
        stream = gb_pool_take(&core->pool, sizeof(*stream));
        stream->head.table = GB_TABLE_SOURCE_MARK;
        stream->head.key = gb_pool_str(&core->pool, key);
        stream->offset = -1;
        stream->to = -1;
        stream->era = core->marks_era;
        gb_map_put(&core->streams, stream->head.key, stream);
    }
    if (stream->era < core->marks_era) {
        stream->era = core->marks_era;
        stream->offset = -1;
        stream->to = -1;
    }
    return stream;
}

struct gb_session *gb_session_get(struct gb_core *core, struct gb_str key)
{
    struct gb_session *session = gb_map_get(&core->sessions, key);

    if (session == NULL) {
        session = gb_pool_take(&core->pool, sizeof(*session));
        session->head.table = GB_TABLE_WRITER_MARK;
        session->head.key = gb_pool_str(&core->pool, key);
        gb_map_put(&core->sessions, session->head.key, session);
    }
    return session;
}

struct silent {
    struct gb_session *session;
    uint32_t count;
};

static void find_silent(void *value, void *context)
{
    struct gb_session *session = value;
    struct silent *silent = context;
    const struct gb_session *least = silent->session;

    if (session->head.is_removed) {
        return;
    }
    silent->count++;
    if (least == NULL || session->seen_at < least->seen_at ||
        (session->seen_at == least->seen_at && session->order < least->order)) {
        silent->session = session;
    }
}

/* Room for one more. */
static void bound_sessions(struct gb_core *core)
{
    struct silent silent = {0};

    gb_map_each(&core->sessions, find_silent, &silent);
    if (silent.count >= GB_SESSIONS_MAX) {
        gb_session_drop(core, silent.session);
    }
}

static bool pass_writer(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_session *session = gb_map_get(&core->sessions, rec->session);

    if (session == NULL || session->head.is_removed) {
        bound_sessions(core);
        session = gb_session_get(core, rec->session);
        session->head.is_removed = false;
        session->n = 0;
        session->order = ++core->sessions_count;
        gb_object_touch(core, &core->clock_row);
    }
    session->seen_at = core->clock;
    gb_object_touch(core, &session->head);
    if (session->is_refused || rec->n != session->n) {
        session->is_refused = true;
        return false;
    }
    session->n++;
    return true;
}

static bool pass_source(struct gb_core *core, const struct gb_record *rec)
{
    struct gb_stream *stream = gb_stream_get(core, gb_stream_key(&core->scratch, rec));

    if (rec->session.len > 0) {
        gb_stream_renew(core, gb_session_get(core, rec->session), stream);
    }
    if (!gb_str_eq(stream->source, rec->source) && rec->source.len > 0) {
        gb_core_set(core, &stream->source, rec->source);
        gb_object_touch(core, &stream->head);
    }
    if (rec->src.offset < stream->offset ||
        (rec->src.offset == stream->offset && rec->src.index <= stream->index)) {
        return false;
    }
    stream->offset = rec->src.offset;
    stream->index = rec->src.index;
    stream->seen_at = core->clock;
    gb_object_touch(core, &stream->head);
    return true;
}

bool gb_guard_pass(struct gb_core *core, const struct gb_record *rec)
{
    bool is_counted = rec->kind != GB_KIND_TICK && rec->kind != GB_KIND_CONTROL;

    if (rec->session.len > 0 && !pass_writer(core, rec)) {
        if (is_counted) {
            struct gb_book *book = gb_book_get(core, rec->source, core->clock);

            book->counts.orphaned++;
            gb_object_touch(core, &book->head);
        }
        return false;
    }
    if (is_counted && rec->src.topic.len > 0 && !pass_source(core, rec)) {
        core->is_resent = true;
        gb_books_count(core, rec, GB_UNCHANGED);
        return false;
    }
    return true;
}
