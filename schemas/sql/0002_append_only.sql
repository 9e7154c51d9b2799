-- Grants, and triggers that refuse a change of the past even to the owner. What may be taken away
-- is text: a body becomes null, nothing else of its row changes, and the hashes stay.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE FUNCTION allow_null_body() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    old.body := NULL;
    IF new IS DISTINCT FROM old THEN
        RAISE EXCEPTION '%.%: only body may become null', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN new;
END $$;

DO $$
DECLARE
    word text;
    has_body boolean;
BEGIN
    FOREACH word IN ARRAY
        ARRAY['ledger_chunk', 'outbox_chunk', 'text_chunk', 'decision', 'access_log', 'policy']
    LOOP
        has_body := word IN ('outbox_chunk', 'text_chunk');
        EXECUTE format('CREATE OR REPLACE TRIGGER keep_update BEFORE UPDATE ON %I FOR EACH ROW'
                       ' EXECUTE FUNCTION %I()', word,
                       CASE WHEN has_body THEN 'allow_null_body' ELSE 'refuse_change' END);
        EXECUTE format('CREATE OR REPLACE TRIGGER keep_delete BEFORE DELETE ON %I FOR EACH ROW'
                       ' EXECUTE FUNCTION refuse_change()', word);
        EXECUTE format('CREATE OR REPLACE TRIGGER keep_truncate BEFORE TRUNCATE ON %I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', word);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER keep_update,'
                       ' ENABLE ALWAYS TRIGGER keep_delete,'
                       ' ENABLE ALWAYS TRIGGER keep_truncate', word);
    END LOOP;
END $$;

-- Takes away the bodies of chunks that are published and end at or below to_index.
CREATE OR REPLACE FUNCTION purge_outbox(of_lane int, until_index bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    purged bigint;
BEGIN
    UPDATE gridbridge.outbox_chunk o SET body = NULL FROM gridbridge.lane l
     WHERE o.lane = of_lane AND l.lane = of_lane AND o.to_index <= until_index
       AND o.to_index <= l.floor_index AND o.body IS NOT NULL;
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END $$;

-- Takes away the texts and salts of one chunk; the ledger keeps the commitments.
CREATE OR REPLACE FUNCTION erase_text(of_lane int, of_from_index bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    erased bigint;
BEGIN
    UPDATE gridbridge.text_chunk SET body = NULL
     WHERE lane = of_lane AND from_index = of_from_index AND body IS NOT NULL;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;

REVOKE ALL ON FUNCTION purge_outbox(int, bigint), erase_text(int, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_outbox(int, bigint), erase_text(int, bigint) TO gridbridge_writer;

GRANT SELECT ON ALL TABLES IN SCHEMA gridbridge TO gridbridge_writer;
GRANT INSERT, UPDATE ON lane, stream TO gridbridge_writer;
GRANT INSERT ON ledger_chunk, outbox_chunk, text_chunk, decision, access_log, policy
    TO gridbridge_writer;
GRANT INSERT, UPDATE, DELETE ON observation, matter, overlap, exception, source_mark, writer_mark,
    book, lane_state TO gridbridge_writer;

GRANT SELECT ON lane, stream, matter, observation, overlap, exception, book, source_mark, policy,
    decision TO gridbridge_board;
GRANT INSERT ON access_log TO gridbridge_board;

-- An auditor sees everything but free text.
GRANT SELECT ON migration, lane, stream, ledger_chunk, outbox_chunk, observation, overlap,
    exception, source_mark, writer_mark, book, lane_state, policy, decision, access_log
    TO gridbridge_auditor;
GRANT SELECT (lane, key, row, live_until) ON matter TO gridbridge_auditor;
