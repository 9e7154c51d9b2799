-- What decisions of people became (rulings), and by which matters they are found. The append-only
-- table decision keeps each one as it was first made.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE TABLE IF NOT EXISTS ruling (
    lane int NOT NULL,
    key text NOT NULL, -- id of the decision
    row text NOT NULL,
    matters text[] NOT NULL, -- ids of the matters that it concerns now
    live_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS ruling_matters ON ruling USING gin (matters) WITH (fastupdate = off);

-- Ids are unique within a lane: two lanes' decisions are strangers.
ALTER TABLE decision DROP CONSTRAINT IF EXISTS decision_pkey;
ALTER TABLE decision ADD CONSTRAINT decision_pkey PRIMARY KEY (lane, id);

GRANT SELECT, INSERT, UPDATE, DELETE ON ruling TO gridbridge_writer;
GRANT SELECT ON ruling TO gridbridge_board, gridbridge_auditor;
