/* Books (RECORDS 6) and ticks: what the writers say they sent against what this lane counted.
 *
 * A record is counted under its (session, stream) until the tick that covers it; the tick moves the
 * counts into the book of its source and hour. Counts of an older session that no tick ever covered
 * are orphaned when a newer session's tick covers the stream: its records were sent again. */
#include "base/jsonw.h"
#include "core/node.h"
#include "core/state.h"
#include "core/writeback.h"

static int64_t hour_of(int64_t clock)
{
    return clock - clock % GB_HOUR_MS;
}

static int book_order(const struct gb_book *a, int64_t hour, struct gb_str source)
{
    return a->hour != hour ? (a->hour < hour ? -1 : 1) : gb_str_cmp(a->source, source);
}

struct gb_book *gb_book_get(struct gb_core *core, struct gb_str source, int64_t clock)
{
    int64_t hour = hour_of(clock);
    struct gb_book **at = &core->books;
    struct gb_book *book;

    source = gb_str_is(source) ? source : GB_STR("");
    while (*at != NULL && book_order(*at, hour, source) < 0) {
        at = &(*at)->next;
    }
    if (*at != NULL && book_order(*at, hour, source) == 0) {
        return *at;
    }
    book = gb_pool_take(&core->pool, sizeof(*book));
    book->head.table = GB_TABLE_BOOK;
    book->head.key = gb_pool_str(&core->pool,
                                 gb_arena_printf(&core->scratch, "%.*s/%lld", GB_STR_ARG(source),
                                                 (long long)hour));
    book->source = gb_pool_str(&core->pool, source);
    book->hour = hour;
    book->is_balanced = true;
    book->lag = -1;
    book->next = *at;
    *at = book;
    return book;
}

struct gb_pending *gb_pending_get(struct gb_core *core, struct gb_session *session,
                                  struct gb_str stream)
{
    struct gb_pending **at = &session->pending;

    while (*at != NULL && gb_str_cmp((*at)->stream, stream) < 0) {
        at = &(*at)->next;
    }
    if (*at == NULL || !gb_str_eq((*at)->stream, stream)) {
        struct gb_pending *pending = gb_pool_take(&core->pool, sizeof(*pending));

        pending->stream = gb_pool_str(&core->pool, stream);
        pending->lag = -1;
        pending->new_from = -1;
        pending->next = *at;
        *at = pending;
    }
    gb_object_touch(core, &session->head);
    return *at;
}

/* How far the lane is behind the source: its clock minus the time at which the source changed the
 * row; -1 where one of them is not known, or the row comes from a snapshot. */
static int64_t lag_of(const struct gb_core *core, const struct gb_record *rec)
{
    int64_t changed = gb_value_int(&rec->fields, GB_STR(GB_FIELD_UPDATED_AT), INT64_MAX);

    if (rec->kind != GB_KIND_OBSERVATION || rec->bootstrap || core->clock == 0 ||
        changed == INT64_MAX) {
        return -1;
    }
    return changed < core->clock ? (core->clock - changed) / 1000 : 0;
}

void gb_books_count(struct gb_core *core, const struct gb_record *rec, enum gb_outcome outcome)
{
    struct gb_pending *pending;
    int64_t lag = lag_of(core, rec);

    if (rec->kind == GB_KIND_TICK || rec->kind == GB_KIND_CONTROL || rec->session.len == 0 ||
        rec->src.topic.len == 0) {
        return;
    }
    pending = gb_pending_get(core, gb_session_get(core, rec->session),
                             gb_stream_key(&core->scratch, rec));
    pending->by[outcome]++;
    pending->resent += core->is_resent;
    pending->lag = lag >= 0 ? lag : pending->lag;
}

static void drop_pending(struct gb_core *core, struct gb_session *session,
                         struct gb_pending **at)
{
    struct gb_pending *gone = *at;

    *at = gone->next;
    gb_pool_give_str(&core->pool, gone->stream);
    gb_pool_give(&core->pool, gone, sizeof(*gone));
    gb_object_touch(core, &session->head);
}

static struct gb_pending **find_pending(struct gb_session *session, struct gb_str stream)
{
    struct gb_pending **at = &session->pending;

    while (*at != NULL && !gb_str_eq((*at)->stream, stream)) {
        at = &(*at)->next;
    }
    return at;
}

/* Takes the counts of a stream out of a session; that it is new there stays. */
static struct gb_pending take_pending(struct gb_core *core, struct gb_session *session,
                                      struct gb_str stream)
{
    struct gb_pending **at = find_pending(session, stream);
    struct gb_pending taken = {.lag = -1, .new_from = -1};

    if (*at == NULL) {
        return taken;
    }
    taken = **at;
    drop_pending(core, session, at);
    if (taken.new_from >= 0) {
        struct gb_pending *kept = gb_pending_get(core, session, stream);

        kept->new_from = taken.new_from;
        kept->new_offset = taken.new_offset;
        kept->new_to = taken.new_to;
    }
    return taken;
}

static int64_t sum_of(const int64_t *by)
{
    return by[0] + by[1] + by[2] + by[3] + by[4];
}

struct orphans {
    struct gb_core *core;
    struct gb_str stream;
    int64_t order;
    int64_t count;
};

/* The writer may only be slow: its tick, if it comes, still counts what it sent. */
static void take_orphans(void *value, void *context)
{
    struct gb_session *session = value;
    struct orphans *orphans = context;
    struct gb_pending **at = find_pending(session, orphans->stream);
    int64_t sum = session->order < orphans->order && *at != NULL ? sum_of((*at)->by) : 0;

    if (sum == 0) {
        return;
    }
    orphans->count += sum;
    (*at)->orphaned += sum;
    (*at)->resent = 0;
    memset((*at)->by, 0, sizeof((*at)->by));
    gb_object_touch(orphans->core, &session->head);
    if (session->is_refused) {
        drop_pending(orphans->core, session, at);
    }
}

void gb_books_balance(struct gb_core *core, struct gb_str stream, struct gb_str reason)
{
    if (!gb_str_is(core->unbalanced_stream)) {
        gb_core_set(core, &core->unbalanced_stream, stream);
        gb_core_set(core, &core->unbalanced_reason, reason);
        gb_object_touch(core, &core->balance_row);
    }
}

/* The interval of a stream must begin at or below the end of what is known. */
static struct gb_str chain(struct gb_core *core, struct gb_stream *stream, int64_t from,
                           int64_t to)
{
    struct gb_str fault = GB_STR_NONE;

    if (stream->to >= 0 && from > stream->to) {
        fault = gb_arena_printf(&core->scratch, "interval begins at %lld, expected %lld",
                                (long long)from, (long long)stream->to);
    }
    if (to > stream->to) {
        stream->to = to;
        stream->seen_at = core->clock;
        gb_object_touch(core, &stream->head);
    }
    return fault;
}

/* A session says that it found no committed offset for the stream. It reads only once it has
 * committed one itself, so its first record or interval shows that this was so; a zombie, whose
 * commit is refused, sends none, and its word alone renews nothing. */
static void note_new(struct gb_core *core, struct gb_session *session,
                     const struct gb_stream *stream, int64_t from)
{
    struct gb_pending *pending = gb_pending_get(core, session, stream->head.key);

    pending->new_from = from;
    pending->new_offset = stream->offset;
    pending->new_to = stream->to;
}

/* The stream had been read before: Kafka forgot the group's offsets, as it does when a topic is
 * deleted. Other records may stand at the offsets of before, so versions decide what is new, not
 * the marks. Where the stream has moved since the session said so, another one has taken it over:
 * then this one is the zombie, and its records are held against the marks. */
void gb_stream_renew(struct gb_core *core, struct gb_session *session, struct gb_stream *stream)
{
    struct gb_pending *pending = *find_pending(session, stream->head.key);

    if (pending == NULL || pending->new_from < 0) {
        return;
    }
    if ((stream->offset >= 0 || stream->to >= 0) && stream->offset == pending->new_offset &&
        stream->to == pending->new_to) {
        stream->offset = -1;
        stream->to = pending->new_from;
        gb_object_touch(core, &stream->head);
    }
    pending->new_from = -1;
    gb_object_touch(core, &session->head);
}

static void tick_stream(struct gb_core *core, struct gb_session *session,
                        const struct gb_value *item)
{
    struct gb_str id = gb_value_str(item, GB_STR("id"));
    int64_t sent = gb_value_int(item, GB_STR("sent"), 0);
    struct gb_stream *stream;
    struct orphans orphans = {core, id, session->order, 0};
    struct gb_str fault;
    struct gb_book *book;
    struct gb_pending taken;
    int64_t counted;

    if (!gb_str_is(id)) {
        return;
    }
    stream = gb_stream_get(core, id);
    if (gb_value_bool(item, GB_STR("new"), false)) {
        note_new(core, session, stream, gb_value_int(item, GB_STR("from"), 0));
        return;
    }
    if (gb_value_int(item, GB_STR("to"), 0) > gb_value_int(item, GB_STR("from"), 0)) {
        gb_stream_renew(core, session, stream);
    }
    taken = take_pending(core, session, id);
    counted = sum_of(taken.by) + taken.orphaned;
    gb_map_each(&core->sessions, take_orphans, &orphans);
    fault = chain(core, stream, gb_value_int(item, GB_STR("from"), 0),
                  gb_value_int(item, GB_STR("to"), 0));
    if (counted != sent) {
        fault = gb_arena_printf(&core->scratch, "%lld sent, %lld counted", (long long)sent,
                                (long long)counted);
    }
    if (gb_str_is(fault)) {
        gb_books_balance(core, id, fault);
    }
    if (sent == 0 && counted == 0 && orphans.count == 0 && !gb_str_is(fault)) {
        return;
    }
    book = gb_book_get(core, stream->source, core->clock);
    book->counts.received += sent - taken.orphaned;
    book->counts.orphaned += orphans.count;
    book->is_balanced = book->is_balanced && !gb_str_is(fault);
    for (int i = 0; i < 5; i++) {
        book->counts.by[i] += taken.by[i];
    }
    book->counts.resent += taken.resent;
    book->lag = taken.lag >= 0 ? taken.lag : book->lag;
    gb_object_touch(core, &book->head);
}

static void close_books(struct gb_core *core, int64_t hour)
{
    while (core->books != NULL && core->books->hour < hour) {
        struct gb_book *book = core->books;
        struct gb_row row = {0};

        core->books = book->next;
        book->next = NULL;
        book->head.is_stub = true; /* closed: forgotten after the flush */
        gb_object_touch(core, &book->head);
        gb_object_render(core, &book->head, &row);
        gb_emit(core, GB_TOPIC_BOOKS, book->head.key, gb_core_text(core));
    }
}

/* What no tick ever covered is orphaned: counted, and never in balance with anything. */
void gb_session_drop(struct gb_core *core, struct gb_session *session)
{
    while (session->pending != NULL) {
        const struct gb_pending *pending = session->pending;
        const struct gb_stream *stream = gb_map_get(&core->streams, pending->stream);
        int64_t sum = sum_of(pending->by);

        if (sum > 0) {
            struct gb_book *book =
                gb_book_get(core, stream != NULL ? stream->source : GB_STR_NONE, core->clock);

            book->counts.orphaned += sum;
            gb_object_touch(core, &book->head);
        }
        drop_pending(core, session, &session->pending);
    }
    session->head.is_removed = true;
    gb_object_touch(core, &session->head);
}

static void drop_session(void *value, void *context)
{
    struct gb_session *session = value;
    struct gb_core *core = context;

    if (!session->head.is_removed && session->seen_at + GB_MARK_KEEP_MS < core->clock) {
        gb_session_drop(core, session);
    }
}

/* Before the first tick the lane had no time: what happened then happened now. */
static void date_report(void *value, void *context)
{
    struct gb_observation *o = value;
    struct gb_core *core = context;

    if (!o->is_deleted && !o->head.is_stub && gb_state_is_closed(o->image.state) &&
        o->closed_at == 0) {
        o->closed_at = core->clock;
        gb_object_touch(core, &o->head);
    }
}

static void date_session(void *value, void *context)
{
    struct gb_session *session = value;
    struct gb_core *core = context;

    if (!session->head.is_removed && session->seen_at == 0) {
        session->seen_at = core->clock;
        gb_object_touch(core, &session->head);
    }
}

static void date_matter(void *value, void *context)
{
    struct gb_matter *matter = value;
    struct gb_core *core = context;

    gb_matter_live(core, matter);
    if (matter->has_contradiction && matter->contradiction_since == 0) {
        matter->contradiction_since = core->clock;
        gb_object_touch(core, &matter->head);
    }
}

static void date_node(void *value, void *context)
{
    struct gb_node *node = value;
    struct gb_core *core = context;

    if (!node->head.is_stub && !node->head.is_removed && node->since == 0) {
        node->since = core->clock;
        gb_object_touch(core, &node->head);
    }
    if (node->kind == GB_NODE_VISIT && !node->head.is_stub) {
        gb_node_live(core, node, gb_visit_live(core, node));
    }
}

void gb_tick(struct gb_core *core, const struct gb_record *rec)
{
    int64_t before = core->clock;
    int64_t clock = gb_value_int(&rec->fields, GB_STR("clock"), 0);
    const struct gb_value *streams = gb_value_get(&rec->fields, GB_STR("streams"));
    struct gb_session *session =
        gb_session_get(core, rec->session.len > 0 ? rec->session : GB_STR("-"));

    if (clock > before) {
        core->clock = clock;
        gb_object_touch(core, &core->clock_row);
    }
    session->seen_at = core->clock;
    gb_object_touch(core, &session->head);
    if (before == 0 && core->clock != 0) {
        gb_map_each(&core->observations, date_report, core);
        gb_map_each(&core->matters, date_matter, core);
        gb_map_each(&core->sessions, date_session, core);
        gb_map_each(&core->nodes, date_node, core);
        gb_stats_date(core);
    }
    gb_targets_tick(core, rec);
    if (streams != NULL && streams->type == GB_ARRAY) {
        for (uint32_t i = 0; i < streams->count; i++) {
            tick_stream(core, session, &streams->items[i]);
        }
    }
    if (hour_of(core->clock) != hour_of(before)) {
        close_books(core, hour_of(core->clock));
        gb_map_each(&core->sessions, drop_session, core);
        gb_cell_turn(core);
        gb_stats_turn(core, before);
        core->is_evicting = true;
    }
    gb_overlap_due(core);
    gb_due_fall(core);
    gb_nodes_due(core);
    gb_stats_tick(core);
}
