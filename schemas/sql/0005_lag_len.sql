-- What books and dead letters tell since: the lag in seconds, the length of the source's bytes.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE OR REPLACE VIEW exception_v AS
SELECT e.lane, e.key, r ->> 'reason' AS reason, r ->> 'detail' AS detail,
       r ->> 'source' AS source, r ->> 'entity' AS entity, r ->> 'key' AS source_key,
       r ->> 'town' AS town, r -> 'src' ->> 'cluster' AS cluster, r -> 'src' ->> 'topic' AS topic,
       (r -> 'src' ->> 'partition')::int AS partition,
       (r -> 'src' ->> 'offset')::bigint AS "offset", (r -> 'src' ->> 'index')::int AS index,
       r ->> 'h_src' AS h_src, time_of(r ->> 'clock') AS at, (r ->> 'len')::bigint AS len
  FROM exception e, LATERAL (SELECT e.row::json) j (r);

CREATE OR REPLACE VIEW book_v AS
SELECT b.lane, r ->> 'source' AS source, time_of(r ->> 'hour') AS hour,
       (r ->> 'received')::bigint AS received, (r ->> 'applied')::bigint AS applied,
       (r ->> 'unchanged')::bigint AS unchanged, (r ->> 'refused')::bigint AS refused,
       (r ->> 'dead')::bigint AS dead, (r ->> 'ignored')::bigint AS ignored,
       (r ->> 'orphaned')::bigint AS orphaned, (r ->> 'balanced')::boolean AS is_balanced,
       (r ->> 'closed')::boolean AS is_closed, (r ->> 'lag')::bigint AS lag_seconds
  FROM book b, LATERAL (SELECT b.row::json) j (r);
