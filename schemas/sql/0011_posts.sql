-- Posts and the contact network: standing state that rows other than matters make (nodes). Keys are
-- natural: grid_worker/320312111217001, grid/320312111217001. The column matter of observation and
-- overlap holds such a key where the row speaks of no matter.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

DO $$
DECLARE
    word text;
BEGIN
    FOREACH word IN ARRAY ARRAY['post', 'contact'] LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I (lane int NOT NULL, key text NOT NULL,'
                       ' row text NOT NULL, live_until bigint NOT NULL DEFAULT 0,'
                       ' PRIMARY KEY (lane, key)) WITH (fillfactor = 70)', word);
        EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (lane, live_until)', word || '_live',
                       word);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO gridbridge_writer', word);
        EXECUTE format('GRANT SELECT ON %I TO gridbridge_board, gridbridge_auditor', word);
    END LOOP;
END $$;

CREATE OR REPLACE VIEW post_v AS
SELECT p.lane, p.key AS id, v ->> 'role' AS role, v ->> 'town' AS town,
       v ->> 'village' AS village, v ->> 'grid' AS grid, v ->> 'place' AS place,
       (v ->> 'vacant')::boolean AS is_vacant, v -> 'holders' AS holders, r ->> 'wrong' AS wrong,
       time_of(r ->> 'since') AS since, (v ->> 'version')::bigint AS version
  FROM post p, LATERAL (SELECT p.row::json, p.row::json -> 'value') j (r, v);

CREATE OR REPLACE VIEW contact_v AS
SELECT c.lane, c.key AS id, v ->> 'town' AS town, v ->> 'village' AS village,
       v ->> 'grid' AS grid, (v ->> 'households')::bigint AS households, r ->> 'wrong' AS wrong,
       time_of(r ->> 'since') AS since, (v ->> 'version')::bigint AS version
  FROM contact c, LATERAL (SELECT c.row::json, c.row::json -> 'value') j (r, v);

CREATE OR REPLACE VIEW overlap_v AS
SELECT o.lane, o.key AS id, r ->> 'kind' AS kind, r ->> 'state' AS state, o.matter,
       r ->> 'rule' AS rule, r -> 'claims' AS claims, r -> 'evidence' AS evidence,
       time_of(r ->> 'opened_at') AS opened_at, time_of(r ->> 'settled_at') AS settled_at,
       (r ->> 'final')::boolean AS is_final, (r ->> 'version')::bigint AS version,
       r ->> 'claimed_by' AS claimed_by, time_of(r ->> 'claimed_until') AS claimed_until,
       r ->> 'ruled_by' AS ruled_by, r ->> 'node' AS node, r ->> 'town' AS town
  FROM overlap o, LATERAL (SELECT o.row::json) j (r);

GRANT SELECT ON post_v, contact_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
