/* Statements of the desk. */
#include "shell/tool_desk.h"

#include "base/buf.h"

#define TIME(column)                                                                               \
    "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
#define ROLE_UNIT "concat_ws(':', m.lead_role, m.lead_unit)"
#define OVERLAP_COLUMNS                                                                            \
    "o.id, o.kind, o.state, o.version, coalesce(m.town, o.town), m.village, m.category,"           \
    " o.matter, o.rule, " TIME(                                                                    \
        "o.opened_at") ", CASE WHEN o.claimed_until > l.clock THEN o.claimed_by END, nullif("      \
                       ROLE_UNIT ", '')"
#define OVERLAP_FROM                                                                               \
    " FROM overlap_v o JOIN lane_v l ON l.lane = o.lane"                                           \
    " LEFT JOIN matter_v m ON m.lane = o.lane AND m.id = o.matter"
#define RULING_COLUMNS                                                                             \
    "r.id, r.kind, r.state, r.actor_post, r.given_to, " TIME("r.decided_at")                       \
        ", r.refused, r.undone_by"

enum gb_status gb_desk_overlaps(struct gb_tool_pg *pg, const struct gb_desk_filter *filter,
                                struct gb_tool_rows **rows)
{
    char digits[GB_DIGITS_MAX];
    struct gb_str params[] = {filter->state, filter->kind, filter->town,
                              gb_int_text(digits, filter->limit)};

    return gb_tool_pg_ask(pg,
                          "SELECT " OVERLAP_COLUMNS OVERLAP_FROM
                          " WHERE ($1::text IS NULL OR o.state = $1)"
                          " AND ($2::text IS NULL OR o.kind = $2)"
                          " AND ($3::text IS NULL OR coalesce(m.town, o.town) = $3)"
                          " ORDER BY o.state, o.opened_at, o.id LIMIT $4::bigint",
                          params, 4, rows);
}

enum gb_status gb_desk_overlap(struct gb_tool_pg *pg, struct gb_str id, struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(pg,
                          "SELECT " OVERLAP_COLUMNS ", o.is_final, b.row, a.row, m.version"
                          OVERLAP_FROM " JOIN overlap b ON b.lane = o.lane AND b.key = o.id"
                          " LEFT JOIN matter a ON a.lane = o.lane AND a.key = o.matter"
                          " WHERE o.lane IN (SELECT lane FROM lane) AND o.id = $1",
                          &id, 1, rows);
}

enum gb_status gb_desk_matter(struct gb_tool_pg *pg, struct gb_str id, struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(pg,
                          "SELECT v ->> 'town', v ->> 'version', v, l.clock, m.row FROM matter m"
                          " JOIN lane l USING (lane), LATERAL (SELECT m.row::json -> 'value') j (v)"
                          " WHERE m.lane IN (SELECT lane FROM lane) AND m.key = $1",
                          &id, 1, rows);
}

enum gb_status gb_desk_rulings(struct gb_tool_pg *pg, struct gb_str matter,
                               struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(pg,
                          "SELECT " RULING_COLUMNS " FROM ruling_v r"
                          " WHERE r.reports && ARRAY(SELECT o.key FROM observation o"
                          " WHERE o.lane IN (SELECT lane FROM lane) AND o.matter = $1)"
                          " ORDER BY r.lane, r.index",
                          &matter, 1, rows);
}

enum gb_status gb_desk_ruling(struct gb_tool_pg *pg, struct gb_str id, struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(pg,
                          "SELECT " RULING_COLUMNS ", r.lane, r.index, r.town FROM ruling_v r"
                          " WHERE r.lane IN (SELECT lane FROM lane) AND r.id = $1",
                          &id, 1, rows);
}

enum gb_status gb_desk_lines(struct gb_tool_pg *pg, const struct gb_str lane_index_id[3],
                             struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(
        pg,
        "SELECT l.line FROM outbox_chunk o,"
        " LATERAL unnest(string_to_array(o.body, E'\\n')) WITH ORDINALITY l(line, n)"
        " WHERE o.lane = $1::int AND o.from_index <= $2::bigint AND o.to_index > $2::bigint"
        " AND strpos(l.line, $3) > 0 ORDER BY l.n",
        lane_index_id, 3, rows);
}

enum gb_status gb_desk_dead(struct gb_tool_pg *pg, struct gb_str topic, struct gb_str offset,
                            struct gb_tool_rows **rows)
{
    struct gb_str params[] = {topic, offset};

    return gb_tool_pg_ask(pg,
                          "SELECT reason, detail FROM exception_v"
                          " WHERE topic = $1 AND partition = 0 AND \"offset\" = $2::bigint",
                          params, 2, rows);
}

enum gb_status gb_desk_activation(struct gb_tool_pg *pg, const struct gb_str town_hash_known[2],
                                  struct gb_tool_rows **rows)
{
    return gb_tool_pg_ask(
        pg,
        "SELECT j.r -> 'fields' ->> 'bundle', " TIME("c.committed_at")
        " FROM ledger_chunk c,"
        " LATERAL unnest(string_to_array(rtrim(c.body, E'\\n'), E'\\n')) WITH ORDINALITY"
        " l (line, n), LATERAL (SELECT CASE WHEN strpos(l.line, '\"kind\":\"policy\"') > 0"
        " THEN l.line::json END) j (r)"
        " WHERE c.lane = (SELECT mod($1::numeric, count(*))::int FROM lane)"
        " AND c.committed_at <= timestamptz 'epoch' + $2::bigint * interval '1 millisecond'"
        " AND strpos(c.body, '\"kind\":\"policy\"') > 0 AND j.r ->> 'kind' = 'policy'"
        " ORDER BY c.from_index DESC, l.n DESC LIMIT 1",
        town_hash_known, 2, rows);
}
