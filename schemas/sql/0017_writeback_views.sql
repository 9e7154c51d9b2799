-- What the departments' systems were told (回写), for an auditor with nothing but psql.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

-- Each report's write-backs: the last one of its own row, and of each counterpart.
CREATE OR REPLACE VIEW writeback_v AS
SELECT o.lane, o.key AS about, o.matter, t.v ->> 'source' AS source, t.v ->> 'action' AS action,
       t.v ->> 'state' AS state, t.v ->> 'id' AS id, t.v ->> 'made' AS made,
       t.v ->> 'reason' AS reason, (t.v ->> 'tries')::int AS tries,
       time_of(t.v ->> 'at') AS at, t.v -> 'wish' AS wish
  FROM observation o, LATERAL json_array_elements(o.row::json -> 'told') t (v)
 WHERE o.row LIKE '%"told":[%';

-- Of each source and lane: whether it is live, and what came of its write-backs. saved: entries
-- that nobody had to type (免录入).
CREATE OR REPLACE VIEW writeback_source_v AS
SELECT s.lane, substr(s.key, 11) AS source, (r ->> 'live')::boolean AS is_live,
       (r ->> 'sent')::bigint AS sent, (r ->> 'accepted')::bigint AS accepted,
       (r ->> 'confirmed')::bigint AS confirmed, (r ->> 'refused')::bigint AS refused,
       (r ->> 'expired')::bigint AS expired, (r ->> 'suppressed')::bigint AS suppressed,
       (r ->> 'echoes')::bigint AS echoes, (r ->> 'saved')::bigint AS saved
  FROM lane_state s, LATERAL (SELECT s.row::json) j (r)
 WHERE s.key LIKE 'writeback/%';

GRANT SELECT ON writeback_v, writeback_source_v
    TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
