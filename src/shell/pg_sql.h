/* Every statement that a lane sends, by name. Tables: schemas/sql. The fence (DELIVERY 1.2) raises
 * by division by zero, so that no COMMIT behind it in the pipeline can succeed. */
#ifndef SHELL_PG_SQL_H
#define SHELL_PG_SQL_H

#define SQL_CLAIM_TIMEOUT "SET LOCAL lock_timeout = '2s'"

/* $1 lane, $2 hash of the ledger */
#define SQL_CLAIM_ROW                                                                              \
    "INSERT INTO lane (lane, hash_alg) VALUES ($1, $2) ON CONFLICT (lane) DO NOTHING"

/* $1 lane, $2 owner, $3 core_semantics of this program: what a newer one wrote stays untouched, and
 * so does its epoch. */
#define SQL_CLAIM                                                                                  \
    "UPDATE lane SET epoch = epoch + 1, owner = $2, backend_pid = pg_backend_pid(),"               \
    " backend_start = (SELECT a.backend_start FROM pg_stat_activity a"                             \
    "  WHERE a.pid = pg_backend_pid()), claimed_at = clock_timestamp(), updated_at = now()"        \
    " WHERE lane = $1 AND core_semantics <= $3"                                                    \
    " RETURNING epoch, next_offset, next_index, hash_alg, last_hash, frontier,"    \
    " state_digest, clock, seqs, floor_seqs, floor_offsets, floor_index, status, halt_reason"

#define SQL_HOLDER "SELECT backend_pid, backend_start::text FROM lane WHERE lane = $1"

/* $1 pid, $2 start */
#define SQL_TERMINATE                                                                              \
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1"                        \
    " AND backend_start = $2::timestamptz AND pid <> pg_backend_pid()"

/* Rows as (table, key, row, text, matter, xref, live_until). $1 lane, $2 since. */
#define SQL_LOAD                                                                                   \
    "SELECT 0, t.key, t.row, NULL, t.matter, t.xref, t.live_until FROM observation t"              \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 1, t.key, t.row, t.text, NULL, NULL, t.live_until FROM matter t"            \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 2, t.key, t.row, NULL, t.matter, NULL, t.live_until FROM overlap t"         \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 4, t.key, t.row, NULL, NULL, NULL, t.live_until FROM source_mark t"         \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 5, t.key, t.row, NULL, NULL, NULL, 0 FROM writer_mark t WHERE t.lane = $1"  \
    " UNION ALL SELECT 6, t.key, t.row, NULL, NULL, NULL, t.live_until FROM book t"                \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 7, t.key, t.row, NULL, NULL, NULL, 0 FROM lane_state t WHERE t.lane = $1"   \
    " UNION ALL SELECT 8, t.key, t.row, NULL, NULL, NULL, t.live_until FROM ruling t"              \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 9, t.key, t.row, NULL, NULL, NULL, t.live_until FROM post t"                \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 10, t.key, t.row, NULL, NULL, NULL, t.live_until FROM contact t"            \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 11, t.key, t.row, NULL, NULL, NULL, t.live_until FROM visit t"              \
    " WHERE t.lane = $1 AND t.live_until >= $2"                                                    \
    " UNION ALL SELECT 12, t.key, t.row, NULL, NULL, NULL, t.live_until FROM stats t"              \
    " WHERE t.lane = $1 AND t.live_until >= $2"

/* What the keys name (reports, marks, matters, nodes, overlaps, decisions), at most $4 that carry
 * each piece of evidence, everything of their matters and nodes, and the rulings on all those
 * reports; a row may come more than once. m: the reports, matters and nodes so named, k: the
 * reports of those matters.
 * $1 lane, $2 keys, $3 evidence, $5 those of the keys that can be a matter's or an overlap's: ids
 * without a slash, which every report's key has, and most keys are reports'. Arrays, not joins: no
 * plan may read the tables as a whole; nor the lane's whole index beside that of the evidence or of
 * the rulings' reports, which + 0 forbids. So there is one good plan whatever the tables hold, and
 * it is made once a connection: planning took longer than asking for a small batch. */
#define SQL_FETCH                                                                                  \
    "WITH hit AS MATERIALIZED"                                                                     \
    " (SELECT o.key, o.matter FROM observation o WHERE o.lane = $1 AND o.key = ANY ($2)"           \
    "  UNION ALL SELECT f.key, f.matter"                                                           \
    "   FROM (SELECT DISTINCT e FROM unnest($3::bigint[]) e) w (e),"                               \
    "   LATERAL (SELECT c.key, c.matter FROM observation c WHERE c.lane + 0 = $1"                  \
    "    AND c.evidence @> ARRAY[w.e] LIMIT $4) f"                                                 \
    "  UNION ALL SELECT NULL, t.key FROM matter t WHERE t.lane = $1 AND t.key = ANY ($5)"          \
    "  UNION ALL SELECT NULL, t.key FROM contact t WHERE t.lane = $1 AND t.key = ANY ($2)"         \
    "  UNION ALL SELECT NULL, t.key FROM visit t WHERE t.lane = $1 AND t.key = ANY ($2)"           \
    "  UNION ALL SELECT NULL, v.matter FROM overlap v WHERE v.lane = $1 AND v.key = ANY ($5)"      \
    "  UNION ALL SELECT n.key, n.matter FROM ruling r,"                                            \
    "   LATERAL (SELECT o.key, o.matter FROM observation o"                                        \
    "    WHERE o.lane = $1 AND o.key = ANY (r.reports)) n"                                         \
    "   WHERE r.lane = $1 AND r.key = ANY ($2)),"                                                  \
    " m AS MATERIALIZED (SELECT array_agg(DISTINCT hit.key) AS keys,"                              \
    "  array_agg(DISTINCT hit.matter) AS matters FROM hit),"                                       \
    " k AS MATERIALIZED (SELECT array_agg(o.key) AS keys FROM observation o WHERE o.lane = $1"     \
    "  AND o.matter = ANY ((SELECT m.matters FROM m)::text[]))"                                    \
    " SELECT 0, p.key, p.row, NULL, p.matter, p.xref, p.live_until FROM observation p"             \
    " WHERE p.lane = $1 AND p.key = ANY ((SELECT m.keys FROM m)::text[])"                          \
    " UNION ALL SELECT 0, p.key, p.row, NULL, p.matter, p.xref, p.live_until FROM observation p"   \
    " WHERE p.lane = $1 AND p.matter = ANY ((SELECT m.matters FROM m)::text[])"                    \
    " UNION ALL SELECT 1, t.key, t.row, t.text, NULL, NULL, t.live_until FROM matter t"            \
    " WHERE t.lane = $1 AND t.key = ANY ((SELECT m.matters FROM m)::text[])"                       \
    " UNION ALL SELECT 2, t.key, t.row, NULL, t.matter, NULL, t.live_until FROM overlap t"         \
    " WHERE t.lane = $1 AND t.matter = ANY ((SELECT m.matters FROM m)::text[])"                    \
    " UNION ALL SELECT 4, t.key, t.row, NULL, NULL, NULL, t.live_until FROM source_mark t"         \
    " WHERE t.lane = $1 AND t.key = ANY ($2)"                                                      \
    " UNION ALL SELECT 8, t.key, t.row, NULL, NULL, NULL, t.live_until FROM ruling t"              \
    " WHERE t.lane = $1 AND t.key = ANY ($2)"                                                      \
    " UNION ALL SELECT 8, t.key, t.row, NULL, NULL, NULL, t.live_until FROM ruling t"              \
    " WHERE t.lane + 0 = $1 AND t.reports && (SELECT m.keys FROM m)::text[]"                       \
    " UNION ALL SELECT 8, t.key, t.row, NULL, NULL, NULL, t.live_until FROM ruling t"              \
    " WHERE t.lane + 0 = $1 AND t.reports && (SELECT k.keys FROM k)::text[]"                       \
    " UNION ALL SELECT 9, t.key, t.row, NULL, NULL, NULL, t.live_until FROM post t"                \
    " WHERE t.lane = $1 AND t.key = ANY ((SELECT m.matters FROM m)::text[])"                       \
    " UNION ALL SELECT 10, t.key, t.row, NULL, NULL, NULL, t.live_until FROM contact t"            \
    " WHERE t.lane = $1 AND t.key = ANY ((SELECT m.matters FROM m)::text[])"                       \
    " UNION ALL SELECT 11, t.key, t.row, NULL, NULL, NULL, t.live_until FROM visit t"              \
    " WHERE t.lane = $1 AND t.key = ANY ((SELECT m.matters FROM m)::text[])"

/* $1 bundle hash; rows (name, text). */
#define SQL_POLICY                                                                                 \
    "SELECT e.key, e.value FROM policy p, jsonb_each_text(p.files::jsonb) e WHERE p.hash = $1"     \
    " ORDER BY e.key COLLATE \"C\""

/* $1 lane, $2 epoch, $3 next_offset before, then the columns as they shall be. */
#define SQL_FENCE                                                                                  \
    "WITH u AS (UPDATE lane SET next_offset = $4, next_index = $5, last_hash = $6,"                \
    " frontier = $7, root = $8, state_digest = $9, clock = $10, seqs = $11, floor_seqs = $12,"     \
    " floor_offsets = $13, floor_index = $14, core_semantics = $15, updated_at = now()"            \
    " WHERE lane = $1 AND epoch = $2 AND next_offset = $3 AND next_index = $16 RETURNING 1)"       \
    " SELECT 1 / count(*) FROM u"

#define SQL_LEDGER                                                                                 \
    "INSERT INTO ledger_chunk (lane, epoch, from_offset, to_offset, from_index, to_index, body,"   \
    " leaves, root_before, frontier, state_digest, core_semantics)"                                \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"

#define SQL_TEXT "INSERT INTO text_chunk (lane, from_index, body) VALUES ($1, $2, $3)"

#define SQL_OUTBOX                                                                                 \
    "INSERT INTO outbox_chunk (lane, from_index, to_index, body, hashes, seqs_before, seqs_after)" \
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"

/* $1 lane, $2 keys, $3 rows; with matter, xref, live_until, text where the table has them. */
#define SQL_UPSERT_PLAIN(table)                                                                    \
    "INSERT INTO " table " AS t (lane, key, row) SELECT $1, u.key, u.row"                          \
    " FROM unnest($2, $3) AS u (key, row)"                                                         \
    " ON CONFLICT (lane, key) DO UPDATE SET row = excluded.row"

#define SQL_UPSERT_LIVE(table)                                                                     \
    "INSERT INTO " table " AS t (lane, key, row, live_until) SELECT $1, u.key, u.row,"             \
    " u.live_until FROM unnest($2, $3, $4) AS u (key, row, live_until)"                            \
    " ON CONFLICT (lane, key) DO UPDATE SET row = excluded.row, live_until = excluded.live_until"

#define SQL_UPSERT_OBSERVATION                                                                     \
    "INSERT INTO observation AS t (lane, key, row, live_until, matter, xref, evidence)"            \
    " SELECT $1, u.key, u.row, u.live_until, u.matter, u.xref, u.evidence::bigint[]"               \
    " FROM unnest($2, $3, $4, $5, $6, $7) AS u (key, row, live_until, matter, xref, evidence)"     \
    " ON CONFLICT (lane, key) DO UPDATE SET row = excluded.row, matter = excluded.matter,"         \
    " xref = excluded.xref, live_until = excluded.live_until, evidence = excluded.evidence"

#define SQL_UPSERT_MATTER                                                                          \
    "INSERT INTO matter AS t (lane, key, row, live_until, text)"                                   \
    " SELECT $1, u.key, u.row, u.live_until, u.text"                                               \
    " FROM unnest($2, $3, $4, $5) AS u (key, row, live_until, text)"                               \
    " ON CONFLICT (lane, key) DO UPDATE SET row = excluded.row, text = excluded.text,"             \
    " live_until = excluded.live_until"

#define SQL_UPSERT_OVERLAP                                                                         \
    "INSERT INTO overlap AS t (lane, key, row, live_until, matter)"                                \
    " SELECT $1, u.key, u.row, u.live_until, u.matter"                                             \
    " FROM unnest($2, $3, $4, $5) AS u (key, row, live_until, matter)"                             \
    " ON CONFLICT (lane, key) DO UPDATE SET row = excluded.row, matter = excluded.matter,"         \
    " live_until = excluded.live_until"

/* reports come as text of an array: rows need not have the same number. */
#define SQL_UPSERT_RULING                                                                          \
    "WITH u AS MATERIALIZED (SELECT u.* FROM"                                                      \
    "  unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) AS u (key, row, live, reports)),"  \
    " d AS (INSERT INTO decision (id, lane, index, body)"                                          \
    "  SELECT u.key, $1, (u.row::json ->> 'index')::bigint, u.row FROM u"                          \
    "  ON CONFLICT (lane, id) DO NOTHING)"                                                         \
    " INSERT INTO ruling AS t (lane, key, row, live_until, reports)"                               \
    " SELECT $1, u.key, u.row, u.live, u.reports::text[] FROM u"                                   \
    " ON CONFLICT (lane, key) DO UPDATE SET row = excluded.row, reports = excluded.reports,"       \
    " live_until = excluded.live_until"

#define SQL_DELETE(table) "DELETE FROM " table " WHERE lane = $1 AND key = ANY ($2)"

/* $1 lane, $2 from_index */
#define SQL_READ_OUTBOX                                                                            \
    "SELECT from_index, to_index, body, hashes, seqs_before, seqs_after FROM outbox_chunk"         \
    " WHERE lane = $1 AND to_index > $2 ORDER BY from_index"

#define SQL_FLOOR                                                                                  \
    "WITH u AS (UPDATE lane SET floor_seqs = $3, floor_offsets = $4, floor_index = $5"             \
    " WHERE lane = $1 AND epoch = $2 RETURNING 1) SELECT 1 / count(*) FROM u"

#define SQL_HALT                                                                                   \
    "WITH u AS (UPDATE lane SET status = 'halted', halt_reason = $3, halt_evidence = $4,"          \
    " updated_at = now() WHERE lane = $1 AND epoch = $2 RETURNING 1) SELECT 1 / count(*) FROM u"

#endif
