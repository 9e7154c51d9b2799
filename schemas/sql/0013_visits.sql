-- Visits as work: one row a worker and day and place where it is told.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE TABLE IF NOT EXISTS visit (
    lane int NOT NULL,
    key text NOT NULL, -- visit/WORKER/DAY
    row text NOT NULL,
    live_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS visit_live ON visit (lane, live_until);
GRANT SELECT, INSERT, UPDATE, DELETE ON visit TO gridbridge_writer;
GRANT SELECT ON visit TO gridbridge_board, gridbridge_auditor;

CREATE OR REPLACE VIEW visit_v AS
SELECT n.lane, v ->> 'id' AS id, v ->> 'town' AS town, v ->> 'village' AS village,
       v ->> 'grid' AS grid, v ->> 'worker' AS worker, v ->> 'day' AS day,
       v ->> 'told_in' AS told_in, (v ->> 'entries')::bigint AS entries,
       (v ->> 'visits')::bigint AS visits, (v ->> 'households')::bigint AS households,
       coalesce((v -> 'duplicates' ->> 'secondary_entry')::bigint, 0) AS secondary_entry,
       coalesce((v -> 'duplicates' ->> 'same_fact')::bigint, 0) AS same_fact,
       coalesce((v ->> 'restated')::bigint, 0) AS restated, v -> 'credits' AS credits,
       (v ->> 'version')::bigint AS version
  FROM visit n, LATERAL (SELECT n.row::json -> 'value') j (v);

-- Kinds of duplicate by town, of reports and of rows about visits; by unit, never by person.
CREATE OR REPLACE VIEW duplicate_v AS
SELECT lane, town, 'matter' AS entity, d.key AS kind, sum(d.value::bigint)::bigint AS count
  FROM (SELECT m.lane, m.row::json -> 'value' ->> 'town' AS town,
               m.row::json -> 'value' -> 'duplicates' AS duplicates FROM matter m) m,
       LATERAL json_each_text(coalesce(m.duplicates, '{}')) d
 GROUP BY lane, town, d.key
UNION ALL
SELECT lane, town, 'visit', d.kind, sum(d.count)::bigint
  FROM visit_v, LATERAL (VALUES ('secondary_entry', secondary_entry), ('same_fact', same_fact),
                                ('restated', restated)) d (kind, count)
 GROUP BY lane, town, d.kind HAVING sum(d.count) > 0;

GRANT SELECT ON visit_v, duplicate_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
