/* Statements of short-lived commands. */
#include "shell/tool_store.h"

#include <inttypes.h>

#include "base/jsonw.h"
#include "codec/policy_load.h"

static struct gb_str number(struct gb_arena *arena, int64_t value)
{
    return gb_arena_printf(arena, "%" PRId64, value);
}

enum gb_status gb_tool_lanes(struct gb_tool_pg *pg, struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(
        pg,
        "SELECT lane, status, epoch, next_offset, next_index, floor_index, clock, halt_reason,"
        " halt_evidence, owner,"
        " to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
        " floor(extract(epoch FROM now() - updated_at))::bigint, hash_alg,"
        " encode(root, 'hex'), encode(state_digest, 'hex'),"
        " (SELECT concat(s.row::json ->> 'stream', ': ', s.row::json ->> 'reason')"
        "  FROM lane_state s WHERE s.lane = lane.lane AND s.key = 'balance'"
        "  AND s.row::json ->> 'stream' IS NOT NULL)"
        " FROM lane ORDER BY lane",
        NULL, 0, rows);
}

enum gb_status gb_tool_writebacks(struct gb_tool_pg *pg, struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(
        pg,
        "SELECT source, CASE WHEN bool_and(is_live) THEN 'live' ELSE 'shadow' END, sum(sent),"
        " sum(accepted), sum(confirmed), sum(refused), sum(expired), sum(suppressed),"
        " sum(echoes), sum(saved) FROM writeback_source_v GROUP BY source ORDER BY source",
        NULL, 0, rows);
}

int64_t gb_tool_lane_find(const struct gb_tool_rows *rows, int64_t lane)
{
    for (size_t i = 0; i < gb_tool_rows_count(rows); i++) {
        if (gb_tool_rows_int(rows, i, GB_LANE_COLUMN_LANE) == lane) {
            return (int64_t)i;
        }
    }
    return -1;
}

static struct gb_str present(struct gb_str s)
{
    return gb_str_is(s) ? s : GB_STR("");
}

enum gb_status gb_tool_chunk(struct gb_tool_pg *pg, int64_t lane, uint64_t from_index,
                             struct gb_arena *arena, struct gb_replay_chunk *chunk)
{
    struct gb_str params[] = {number(arena, lane), number(arena, (int64_t)from_index)};
    struct gb_tool_rows *rows;
    bool has_outbox;
    enum gb_status status = gb_tool_pg_ask(
        pg,
        "SELECT l.from_index, l.to_index, l.from_offset, l.core_semantics, l.body, l.leaves,"
        " l.root_before, l.frontier, l.state_digest, t.body, o.body, o.hashes,"
        " o.from_index IS NOT NULL FROM ledger_chunk l"
        " LEFT JOIN text_chunk t ON t.lane = l.lane AND t.from_index = l.from_index"
        " LEFT JOIN outbox_chunk o ON o.lane = l.lane AND o.from_index = l.from_index"
        " WHERE l.lane = $1 AND l.from_index >= $2 ORDER BY l.from_index LIMIT 1",
        params, GB_COUNT(params), &rows);

    if (status != GB_OK) {
        return status;
    }
    if (gb_tool_rows_count(rows) == 0) {
        gb_tool_rows_free(rows);
        return GB_NOT_FOUND;
    }
    has_outbox = gb_str_eq(gb_tool_rows_text(rows, 0, 12), GB_STR("t"));
    *chunk = (struct gb_replay_chunk){
        .from_index = (uint64_t)gb_tool_rows_int(rows, 0, 0),
        .to_index = (uint64_t)gb_tool_rows_int(rows, 0, 1),
        .from_offset = gb_tool_rows_int(rows, 0, 2),
        .core_semantics = (int32_t)gb_tool_rows_int(rows, 0, 3),
        .body = gb_arena_str(arena, gb_tool_rows_text(rows, 0, 4)),
        .leaves = gb_tool_rows_bytes(arena, rows, 0, 5),
        .root_before = gb_tool_rows_bytes(arena, rows, 0, 6),
        .frontier = gb_tool_rows_bytes(arena, rows, 0, 7),
        .state_digest = gb_tool_rows_bytes(arena, rows, 0, 8),
        .texts = present(gb_arena_str(arena, gb_tool_rows_text(rows, 0, 9))),
        .outbox = has_outbox ? gb_arena_str(arena, gb_tool_rows_text(rows, 0, 10)) : GB_STR(""),
        .hashes = present(gb_tool_rows_bytes(arena, rows, 0, 11))};
    gb_tool_rows_free(rows);
    return GB_OK;
}

enum gb_status gb_tool_policy_read(struct gb_tool_pg *pg, struct gb_str hash,
                                   struct gb_arena *arena, struct gb_files *files)
{
    struct gb_tool_rows *rows;
    struct gb_file *items;
    size_t count;
    enum gb_status status = gb_tool_pg_ask(
        pg,
        "SELECT e.key, e.value FROM policy p, jsonb_each_text(p.files::jsonb) e"
        " WHERE p.hash = $1 ORDER BY e.key COLLATE \"C\"",
        &hash, 1, &rows);

    if (status != GB_OK) {
        return status;
    }
    count = gb_tool_rows_count(rows);
    items = gb_arena_take(arena, (count + 1) * sizeof(items[0]));
    for (size_t i = 0; i < count; i++) {
        items[i].name = gb_arena_str(arena, gb_tool_rows_text(rows, i, 0));
        items[i].bytes = gb_arena_str(arena, gb_tool_rows_text(rows, i, 1));
    }
    gb_tool_rows_free(rows);
    *files = (struct gb_files){items, count};
    return count > 0 ? GB_OK : GB_NOT_FOUND;
}

enum gb_status gb_tool_policy_store(struct gb_tool_pg *pg, struct gb_str hash,
                                    const struct gb_files *files)
{
    struct gb_buf json = {0};
    struct gb_jsonw w;
    struct gb_str params[2] = {hash};
    enum gb_status status;

    gb_jsonw_init(&w, &json);
    gb_jsonw_object(&w);
    for (size_t i = 0; i < files->count; i++) {
        if (gb_policy_is_part(files->items[i].name)) {
            gb_jsonw_key_str(&w, files->items[i].name, files->items[i].bytes);
        }
    }
    gb_jsonw_end(&w);
    params[1] = gb_buf_str(&json);
    status = gb_tool_pg_ask(
        pg, "INSERT INTO policy (hash, files) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
        params, 2, NULL);
    gb_buf_close(&json);
    return status;
}

enum gb_status gb_tool_matter_lines(struct gb_tool_pg *pg, struct gb_str id,
                                    struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(
        pg,
        "SELECT o.lane, l.line FROM outbox_chunk o,"
        " LATERAL unnest(string_to_array(o.body, E'\\n')) WITH ORDINALITY l(line, n)"
        " WHERE strpos(o.body, $1) > 0 AND strpos(l.line, $1) > 0"
        " ORDER BY o.lane, o.from_index, l.n",
        &id, 1, rows);
}

/* Where the name behind the prefix begins, if it may begin with head; prefix NULL: the first part
 * that does. topic.len: nowhere. */
static size_t skip_prefix(struct gb_str topic, const char *prefix, struct gb_str head)
{
    size_t skip = prefix != NULL ? strlen(prefix) : 0;

    if (prefix != NULL) {
        return topic.len > skip && memcmp(topic.ptr, prefix, skip) == 0 ? skip : topic.len;
    }
    while (skip + head.len <= topic.len) {
        if ((skip == 0 || topic.ptr[skip - 1] == '.') &&
            memcmp(topic.ptr + skip, head.ptr, head.len) == 0) {
            return skip;
        }
        skip++;
    }
    return topic.len;
}

static struct gb_str name_of(struct gb_str topic, const char *prefix, struct gb_str head)
{
    size_t skip = skip_prefix(topic, prefix, head);

    return (struct gb_str){topic.ptr + skip, topic.len - skip};
}

/* One row of the registry. */
static void take_stream(struct gb_topics *topics, struct gb_arena *arena, const char *prefix,
                        const struct gb_tool_rows *rows, size_t at)
{
    struct gb_str topic = gb_tool_rows_text(rows, at, 0);
    struct gb_str stream = gb_arena_str(arena, gb_tool_rows_text(rows, at, 1));
    int64_t slot = gb_tool_rows_int(rows, at, 2);

    if (gb_str_is(gb_tool_rows_text(rows, at, 2))) {
        struct gb_str source = gb_topics_source_of(name_of(topic, prefix, GB_STR("writeback.")));

        if (gb_str_is(source) && slot < GB_WRITEBACK_TOPICS) {
            gb_topics_bind(topics, arena, (uint32_t)slot, source);
            topics->streams[GB_TOPIC_WRITEBACK + slot] = stream;
        }
        return;
    }
    for (int t = 0; t < GB_TOPIC_WRITEBACK; t++) {
        if (gb_str_eq(name_of(topic, prefix, topics->words[t]), topics->words[t])) {
            topics->streams[t] = stream;
        }
    }
}

enum gb_status gb_tool_slots(struct gb_tool_pg *pg, const char *prefix, struct gb_arena *arena,
                             struct gb_topics *topics, struct gb_err *err)
{
    struct gb_tool_rows *rows = NULL;

    if (gb_tool_pg_ask(pg, "SELECT topic, gb_stream, slot FROM gridbridge.stream ORDER BY topic",
                       NULL, 0, &rows) != GB_OK) {
        gb_tool_pg_why(pg, err);
        return err->status;
    }
    gb_topics_init(topics);
    for (size_t i = 0; i < gb_tool_rows_count(rows); i++) {
        take_stream(topics, arena, prefix, rows, i);
    }
    gb_tool_rows_free(rows);
    return GB_OK;
}

enum gb_status gb_tool_streams(struct gb_tool_pg *pg, const char *prefix, struct gb_arena *arena,
                               struct gb_topics *topics, struct gb_err *err)
{
    enum gb_status status = gb_tool_slots(pg, prefix, arena, topics, err);

    for (int t = 0; t < GB_TOPIC_WRITEBACK && status == GB_OK; t++) {
        if (!gb_str_is(topics->streams[t]) && prefix != NULL) {
            status = gb_fail(err, GB_NOT_FOUND, "topic %s%.*s has no stream id yet: topics create",
                             prefix, GB_STR_ARG(topics->words[t]));
        }
    }
    return status;
}

enum gb_status gb_tool_active_policies(struct gb_tool_pg *pg, struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(pg,
                          "SELECT row::json ->> 'hash', count(*) FROM lane_state"
                          " WHERE key = 'policy' GROUP BY 1 ORDER BY 2 DESC, 1",
                          NULL, 0, rows);
}
