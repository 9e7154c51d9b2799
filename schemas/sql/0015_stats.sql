-- Cells of statistics: what was counted of matters and visits that memory no longer holds, until
-- the week is told (gb.stats). A cell goes when its week is told; what was told stands in the
-- outbox and on the topic.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE TABLE IF NOT EXISTS stats (
    lane int NOT NULL,
    key text NOT NULL, -- place/category/week
    row text NOT NULL,
    live_until bigint NOT NULL DEFAULT 9223372036854775807,
    PRIMARY KEY (lane, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS stats_live ON stats (lane, live_until);
GRANT SELECT, INSERT, UPDATE, DELETE ON stats TO gridbridge_writer;
GRANT SELECT ON stats TO gridbridge_auditor; -- not suppressed: no board reads it

-- Technical re-sends stand in the books beside what changed nothing.
CREATE OR REPLACE VIEW resent_v AS
SELECT b.lane, r ->> 'source' AS source, time_of(r ->> 'hour') AS hour,
       (r ->> 'unchanged')::bigint AS unchanged, coalesce((r ->> 'resent')::bigint, 0) AS resent
  FROM book b, LATERAL (SELECT b.row::json) j (r);

GRANT SELECT ON resent_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
