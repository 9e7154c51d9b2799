/* R4: the batch transaction: fence, ledger, texts, state rows, outbox, in one round trip. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/merkle.h"
#include "shell/pg_ops.h"
#include "shell/pg_param.h"
#include "shell/pg_sql.h"

static const struct {
    const char *upsert, *remove;
    bool has_live, has_matter, has_xref, has_text;
} tables[GB_TABLE_COUNT] = {
    [GB_TABLE_OBSERVATION] = {SQL_UPSERT_OBSERVATION, SQL_DELETE("observation"), true, true, true,
                              false},
    [GB_TABLE_MATTER] = {SQL_UPSERT_MATTER, SQL_DELETE("matter"), true, false, false, true},
    [GB_TABLE_OVERLAP] = {SQL_UPSERT_OVERLAP, SQL_DELETE("overlap"), true, true, false, false},
    [GB_TABLE_EXCEPTION] = {SQL_UPSERT_PLAIN("exception"), SQL_DELETE("exception"), false, false,
                            false, false},
    [GB_TABLE_SOURCE_MARK] = {SQL_UPSERT_LIVE("source_mark"), SQL_DELETE("source_mark"), true,
                              false, false, false},
    [GB_TABLE_WRITER_MARK] = {SQL_UPSERT_PLAIN("writer_mark"), SQL_DELETE("writer_mark"), false,
                              false, false, false},
    [GB_TABLE_BOOK] = {SQL_UPSERT_LIVE("book"), SQL_DELETE("book"), true, false, false, false},
    [GB_TABLE_LANE_STATE] = {SQL_UPSERT_PLAIN("lane_state"), SQL_DELETE("lane_state"), false, false,
                             false, false},
    [GB_TABLE_RULING] = {SQL_UPSERT_RULING, SQL_DELETE("ruling"), true, true, false, false},
    [GB_TABLE_POST] = {SQL_UPSERT_LIVE("post"), SQL_DELETE("post"), true, false, false, false},
    [GB_TABLE_CONTACT] = {SQL_UPSERT_LIVE("contact"), SQL_DELETE("contact"), true, false, false,
                          false},
    [GB_TABLE_VISIT] = {SQL_UPSERT_LIVE("visit"), SQL_DELETE("visit"), true, false, false, false},
    [GB_TABLE_STATS] = {SQL_UPSERT_LIVE("stats"), SQL_DELETE("stats"), true, false, false, false},
};

static struct gb_str hash_str(const struct gb_hash *hash)
{
    return (struct gb_str){(const char *)hash->bytes, GB_HASH_LEN};
}

static struct gb_hash root_after(const struct gb_lane_row *row)
{
    struct gb_merkle tree;

    gb_merkle_init(&tree, row->alg);
    GB_CHECK(gb_merkle_restore(&tree, row->next_index, row->frontier));
    return gb_merkle_root(&tree);
}

static void add_fence(struct gb_pg_request *r, const struct gb_commit *commit)
{
    struct gb_pg_statement *s = gb_pg_request_add_prepared(r, SQL_FENCE);
    const struct gb_lane_row *after = &commit->after;
    struct gb_hash root = root_after(after);

    gb_pg_add_int(r, s, after->lane);
    gb_pg_add_int(r, s, commit->epoch);
    gb_pg_add_int(r, s, commit->from_offset);
    gb_pg_add_int(r, s, commit->to_offset);
    gb_pg_add_int(r, s, (int64_t)commit->to_index);
    gb_pg_add_bytes(r, s, after->has_last_hash ? hash_str(&after->last_hash) : GB_STR_NONE);
    gb_pg_add_bytes(r, s, after->frontier);
    gb_pg_add_bytes(r, s, hash_str(&root));
    gb_pg_add_bytes(r, s, hash_str(&after->digest));
    gb_pg_add_int(r, s, after->clock);
    gb_pg_add_ints(r, s, after->seqs, GB_TOPIC_COUNT);
    gb_pg_add_ints(r, s, after->floor_seqs, GB_TOPIC_COUNT);
    gb_pg_add_ints(r, s, after->floor_offsets, GB_TOPIC_COUNT);
    gb_pg_add_int(r, s, (int64_t)after->floor_index);
    gb_pg_add_int(r, s, GB_CORE_SEMANTICS);
    gb_pg_add_int(r, s, (int64_t)commit->from_index);
}

static void add_ledger(struct gb_pg_request *r, const struct gb_commit *commit)
{
    struct gb_pg_statement *s = gb_pg_request_add_prepared(r, SQL_LEDGER);

    gb_pg_add_int(r, s, commit->after.lane);
    gb_pg_add_int(r, s, commit->epoch);
    gb_pg_add_int(r, s, commit->from_offset);
    gb_pg_add_int(r, s, commit->to_offset);
    gb_pg_add_int(r, s, (int64_t)commit->from_index);
    gb_pg_add_int(r, s, (int64_t)commit->to_index);
    gb_pg_lend_text(s, commit->body);
    gb_pg_lend_bytes(s, commit->leaves);
    gb_pg_add_bytes(r, s, hash_str(&commit->root_before));
    gb_pg_add_bytes(r, s, commit->after.frontier);
    gb_pg_add_bytes(r, s, hash_str(&commit->after.digest));
    gb_pg_add_int(r, s, GB_CORE_SEMANTICS);
}

static void add_texts(struct gb_pg_request *r, const struct gb_commit *commit)
{
    struct gb_pg_statement *s;

    if (commit->texts.len > 0) {
        s = gb_pg_request_add_prepared(r, SQL_TEXT);
        gb_pg_add_int(r, s, commit->after.lane);
        gb_pg_add_int(r, s, (int64_t)commit->from_index);
        gb_pg_lend_text(s, commit->texts);
    }
}

static void add_outbox(struct gb_pg_request *r, const struct gb_commit *commit)
{
    struct gb_pg_statement *s;

    if (commit->outbox.len > 0) {
        s = gb_pg_request_add_prepared(r, SQL_OUTBOX);
        gb_pg_add_int(r, s, commit->after.lane);
        gb_pg_add_int(r, s, (int64_t)commit->from_index);
        gb_pg_add_int(r, s, (int64_t)commit->to_index);
        gb_pg_lend_text(s, commit->outbox);
        gb_pg_lend_bytes(s, commit->hashes);
        gb_pg_add_ints(r, s, commit->seqs_before, GB_TOPIC_COUNT);
        gb_pg_add_ints(r, s, commit->after.seqs, GB_TOPIC_COUNT);
    }
}

/* Columns of one table's changed rows, for unnest. */
struct columns {
    struct gb_str *keys, *rows, *matters, *xrefs, *evidence, *texts, *gone;
    int64_t *live;
    uint32_t count, gone_count;
};

static struct columns make_columns(struct gb_arena *arena, uint32_t size)
{
    size_t len = size * sizeof(struct gb_str);

    return (struct columns){.keys = gb_arena_take(arena, len),
                            .rows = gb_arena_take(arena, len),
                            .matters = gb_arena_take(arena, len),
                            .xrefs = gb_arena_take(arena, len),
                            .evidence = gb_arena_take(arena, len),
                            .texts = gb_arena_take(arena, len),
                            .gone = gb_arena_take(arena, len),
                            .live = gb_arena_take(arena, size * sizeof(int64_t))};
}

/* "{1,2}" as the text of a bigint[]: arrays of rows need not be of one length. */
static struct gb_str array_text(struct gb_arena *arena, const struct gb_row *row)
{
    struct gb_buf text = {0};
    struct gb_str kept;

    if (row->evidence_count == 0) {
        return GB_STR_NONE;
    }
    for (uint32_t i = 0; i < row->evidence_count; i++) {
        gb_buf_printf(&text, "%c%" PRId64, i == 0 ? '{' : ',', row->evidence[i]);
    }
    gb_buf_add_char(&text, '}');
    kept = gb_arena_str(arena, gb_buf_str(&text));
    gb_buf_close(&text);
    return kept;
}

static void keep_row(struct gb_arena *arena, struct columns *c, const struct gb_row *row)
{
    if (row->is_deleted) {
        c->gone[c->gone_count++] = row->key;
        return;
    }
    c->keys[c->count] = row->key;
    c->rows[c->count] = row->row;
    c->matters[c->count] = row->matter;
    c->xrefs[c->count] = row->xref;
    c->evidence[c->count] = array_text(arena, row);
    c->texts[c->count] = row->text;
    c->live[c->count] = row->live_until;
    c->count++;
}

static void add_table(struct gb_pg_request *r, uint32_t lane, enum gb_table table,
                      const struct columns *c)
{
    struct gb_pg_statement *s;

    if (c->gone_count > 0) {
        s = gb_pg_request_add(r, tables[table].remove);
        gb_pg_add_int(r, s, lane);
        gb_pg_add_texts(r, s, c->gone, c->gone_count);
    }
    if (c->count == 0) {
        return;
    }
    s = gb_pg_request_add_prepared(r, tables[table].upsert);
    gb_pg_add_int(r, s, lane);
    gb_pg_add_texts(r, s, c->keys, c->count);
    gb_pg_add_texts(r, s, c->rows, c->count);
    if (tables[table].has_live) {
        gb_pg_add_ints(r, s, c->live, c->count);
    }
    if (tables[table].has_matter) {
        gb_pg_add_texts(r, s, c->matters, c->count);
    }
    if (tables[table].has_xref) {
        gb_pg_add_texts(r, s, c->xrefs, c->count);
        gb_pg_add_texts(r, s, c->evidence, c->count);
    }
    if (tables[table].has_text) {
        gb_pg_add_texts(r, s, c->texts, c->count);
    }
}

/* Rows come ordered by table. */
static void add_rows(struct gb_pg_request *r, const struct gb_commit *commit)
{
    const struct gb_rows *rows = commit->rows;
    struct columns c;
    uint32_t at = 0;

    if (rows == NULL) {
        return;
    }
    while (at < rows->count) {
        enum gb_table table = rows->items[at].table;

        c = make_columns(&r->arena, rows->count - at);
        while (at < rows->count && rows->items[at].table == table) {
            keep_row(&r->arena, &c, &rows->items[at++]);
        }
        add_table(r, commit->after.lane, table, &c);
    }
}

static void on_committed(struct gb_pg_request *request, enum gb_status status,
                         struct gb_str message)
{
    struct gb_event event = {.kind = GB_EV_PG_COMMITTED};

    if (status == GB_OK) {
        gb_stop_at(GB_STOP_COMMITTED);
    }
    gb_pg_ops_event(request, &event, status, message);
    gb_pg_request_free(request);
}

void gb_pg_commit(struct gb_pg_ops *ops, const struct gb_effect *effect)
{
    struct gb_pg_request *request = gb_pg_ops_request(ops, effect->ticket);

    (void)gb_pg_request_add(request, "BEGIN");
    add_fence(request, effect->commit);
    add_ledger(request, effect->commit);
    add_texts(request, effect->commit);
    add_rows(request, effect->commit);
    add_outbox(request, effect->commit);
    (void)gb_pg_request_add(request, "COMMIT");
    request->on_done = on_committed;
    request->stop_half = GB_STOP_COMMIT_HALF;
    request->stop_sent = GB_STOP_COMMIT_SENT;
    gb_stop_at(GB_STOP_STEPPED);
    gb_pg_ask(ops->pg, request);
}
