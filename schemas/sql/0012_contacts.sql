-- What the contact network tells: counts, gaps, and what is outside the rules.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE OR REPLACE VIEW contact_v AS
SELECT c.lane, c.key AS id, v ->> 'town' AS town, v ->> 'village' AS village,
       v ->> 'grid' AS grid, (v ->> 'households')::bigint AS households, r ->> 'wrong' AS wrong,
       time_of(r ->> 'since') AS since, (v ->> 'version')::bigint AS version,
       v ->> 'kind' AS kind, (v ->> 'covered')::bigint AS covered,
       (v ->> 'uncovered')::bigint AS uncovered, (v ->> 'key_families')::bigint AS key_families,
       (v ->> 'members')::bigint AS members, json_array_length(v -> 'links') AS links
  FROM contact c, LATERAL (SELECT c.row::json, c.row::json -> 'value') j (r, v);

-- Coverage gaps (覆盖空白), the widest first.
CREATE OR REPLACE VIEW coverage_v AS
SELECT lane, town, village, grid, households, covered, uncovered, key_families, wrong
  FROM contact_v WHERE kind = 'grid' ORDER BY uncovered DESC NULLS LAST, grid;

GRANT SELECT ON coverage_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
