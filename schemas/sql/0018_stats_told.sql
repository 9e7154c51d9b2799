-- What was told of statistics stands in the table stats beside the cells that wait (live_until 0:
-- no lane reads it); a board sees it by this view and never the cells, which are not suppressed.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE OR REPLACE VIEW stats_v AS
SELECT s.lane, s.key AS id, r ->> 'about' AS about, r ->> 'week' AS week, r ->> 'town' AS town,
       r ->> 'village' AS village, r ->> 'grid' AS grid, r ->> 'category' AS category,
       (r ->> 'reports')::bigint AS reports, (r ->> 'responded')::bigint AS responded,
       (r ->> 'handled')::bigint AS handled, (r ->> 'due')::bigint AS due,
       (r -> 'timely' ->> 'on_time')::bigint AS on_time,
       (r -> 'closed_by' ->> 'self')::bigint AS self_closed,
       (r ->> 'entries_saved')::bigint AS entries_saved,
       (r ->> 'open_overlaps')::bigint AS open_overlaps, r AS value
  FROM stats s, LATERAL (SELECT s.row::json) j (r) WHERE s.live_until = 0;

GRANT SELECT ON stats_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
