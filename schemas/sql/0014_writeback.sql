-- Which source's write-back topic has which slot of the arrays in a lane's row. A registry that is
-- only ever added to: the numbers in a slot stay those of one source.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

ALTER TABLE stream ADD COLUMN IF NOT EXISTS slot int
    CONSTRAINT stream_slot_check CHECK (slot >= 0); -- NULL: one of the fixed topics
CREATE UNIQUE INDEX IF NOT EXISTS stream_slot ON stream (slot);

CREATE OR REPLACE FUNCTION keep_slot() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' OR new.topic <> old.topic OR new.slot IS DISTINCT FROM old.slot THEN
        RAISE EXCEPTION '%.%: a slot is given once and for all', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN new;
END $$;
CREATE OR REPLACE TRIGGER keep_slot BEFORE UPDATE OR DELETE ON stream FOR EACH ROW
    WHEN (old.slot IS NOT NULL) EXECUTE FUNCTION keep_slot();
ALTER TABLE stream ENABLE ALWAYS TRIGGER keep_slot;
