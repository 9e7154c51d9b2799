-- What a load leaves out: closed books, marks of streams that nothing moved for a week (they are
-- fetched by key when they move again), and exceptions, which no lane reads.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

ALTER TABLE book ADD COLUMN IF NOT EXISTS live_until bigint NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE source_mark
    ADD COLUMN IF NOT EXISTS live_until bigint NOT NULL DEFAULT 9223372036854775807;
CREATE INDEX IF NOT EXISTS book_live ON book (lane, live_until);
CREATE INDEX IF NOT EXISTS source_mark_live ON source_mark (lane, live_until);
