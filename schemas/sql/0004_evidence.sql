-- By what a closed observation can be found again once memory has let it go: hashes of the id it
-- names, of its attachments, of its holder's hours. Null while its matter is open, so that the hot
-- rows stay out of the index. The pending list is off: a fetch would read it whole.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

ALTER TABLE observation ADD COLUMN IF NOT EXISTS evidence bigint[];
CREATE INDEX IF NOT EXISTS observation_evidence ON observation USING gin (evidence)
    WITH (fastupdate = off) WHERE evidence IS NOT NULL;

-- Who names an id is asked by evidence now.
DROP INDEX IF EXISTS observation_xref;
