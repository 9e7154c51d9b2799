-- A ruling is found by the reports that it concerned, which never change: its matters did, and one
-- whose reports were deleted for a while was not found again.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

ALTER TABLE ruling ADD COLUMN IF NOT EXISTS reports text[]; -- source/entity/key
UPDATE ruling SET reports = ARRAY(SELECT json_array_elements_text(row::json -> 'side0')
                        UNION ALL SELECT json_array_elements_text(row::json -> 'side1'))
 WHERE reports IS NULL;
ALTER TABLE ruling ALTER COLUMN reports SET NOT NULL;
CREATE INDEX IF NOT EXISTS ruling_reports ON ruling USING gin (reports) WITH (fastupdate = off);

CREATE OR REPLACE VIEW ruling_v AS
SELECT d.lane, d.key AS id, f ->> 'kind' AS kind, r ->> 'state' AS state,
       f -> 'actor' ->> 'post' AS actor_post, f -> 'actor' ->> 'role' AS actor_role,
       f ->> 'town' AS town,
       ARRAY(SELECT DISTINCT o.matter FROM observation o
              WHERE o.lane = d.lane AND o.key = ANY (d.reports) AND o.matter IS NOT NULL
              ORDER BY 1) AS matters,
       f ->> 'to' AS given_to, f ->> 'decision' AS names,
       f ->> 'basis' AS basis, time_of(r ->> 'decided_at') AS decided_at,
       r ->> 'reason' AS refused, r ->> 'undone_by' AS undone_by,
       (r ->> 'index')::bigint AS index, d.reports
  FROM ruling d, LATERAL (SELECT d.row::json, d.row::json -> 'fields') j (r, f);

ALTER TABLE ruling DROP COLUMN IF EXISTS matters;
