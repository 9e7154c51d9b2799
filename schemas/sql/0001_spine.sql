-- The spine's tables (DESIGN 5). Applied once, in one transaction, by `gridbridge db migrate`;
-- forward only: a change is a new file. Bodies are JSON Lines, one row a batch; views unfold them.
-- Plain types only (text, bytea, bigint, timestamptz), no extension, no trigger on an upsert target.

CREATE SCHEMA IF NOT EXISTS gridbridge;
SET LOCAL search_path = gridbridge;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['gridbridge_owner', 'gridbridge_writer', 'gridbridge_board',
                                'gridbridge_auditor'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END $$;

CREATE TABLE IF NOT EXISTS migration (
    version int PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now());

-- The fence: one row a lane; every batch moves it by compare-and-swap (DELIVERY 1.2).
-- Arrays hold one number a topic, in the order matter, overlap, change, deadletter, books.
CREATE TABLE lane (
    lane int PRIMARY KEY CHECK (lane >= 0),
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    backend_pid int,
    backend_start timestamptz,
    claimed_at timestamptz,
    next_offset bigint NOT NULL DEFAULT 0,
    next_index bigint NOT NULL DEFAULT 0,
    hash_alg text NOT NULL DEFAULT 'sha256' CHECK (hash_alg IN ('sha256', 'sm3')),
    last_hash bytea,
    frontier bytea NOT NULL DEFAULT '',
    root bytea,
    state_digest bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    clock bigint NOT NULL DEFAULT 0,
    core_semantics int NOT NULL DEFAULT 1,
    seqs bigint[] NOT NULL DEFAULT '{0,0,0,0,0}',
    floor_seqs bigint[] NOT NULL DEFAULT '{0,0,0,0,0}',
    floor_offsets bigint[] NOT NULL DEFAULT '{0,0,0,0,0}',
    floor_index bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'waiting', 'halted')),
    halt_reason text,
    halt_evidence text,
    updated_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 50);

-- gb_stream: 128 random bits by topic, minted by `topics create` (RECORDS 5).
CREATE TABLE stream (
    topic text PRIMARY KEY,
    gb_stream text NOT NULL CHECK (gb_stream ~ '^[0-9a-f]{32}$'),
    created_at timestamptz NOT NULL DEFAULT now());

-- One line per intake record as it came, or a control line (no offsets). leaves: 32 bytes a line.
CREATE TABLE ledger_chunk (
    lane int NOT NULL,
    from_index bigint NOT NULL,
    to_index bigint NOT NULL CHECK (to_index > from_index),
    from_offset bigint,
    to_offset bigint,
    body text COMPRESSION lz4 NOT NULL,
    leaves bytea NOT NULL CHECK (octet_length(leaves) = 32 * (to_index - from_index)),
    root_before bytea NOT NULL,
    frontier bytea NOT NULL,
    state_digest bytea NOT NULL,
    core_semantics int NOT NULL,
    verdicts text,
    epoch bigint NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lane, from_index));

-- Texts and their salts, {"index", "text": {name: {salt, text}}}; a body may be erased to null.
CREATE TABLE text_chunk (
    lane int NOT NULL,
    from_index bigint NOT NULL,
    body text COMPRESSION lz4,
    PRIMARY KEY (lane, from_index));

-- Numbered messages, one line each; hashes: 32 bytes a line. A published body may be purged.
CREATE TABLE outbox_chunk (
    lane int NOT NULL,
    from_index bigint NOT NULL,
    to_index bigint NOT NULL,
    body text COMPRESSION lz4,
    hashes bytea NOT NULL,
    seqs_before bigint[] NOT NULL,
    seqs_after bigint[] NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lane, from_index));

-- State: row is canonical JSON without free text, and what the state digest covers.
CREATE TABLE observation (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, matter text, xref text,
    live_until bigint NOT NULL,
    PRIMARY KEY (lane, key)) WITH (fillfactor = 70);
CREATE INDEX observation_matter ON observation (lane, matter);
CREATE INDEX observation_xref ON observation (lane, xref) WHERE xref IS NOT NULL;

CREATE TABLE matter (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, text text COMPRESSION lz4,
    live_until bigint NOT NULL,
    PRIMARY KEY (lane, key)) WITH (fillfactor = 70);

CREATE TABLE overlap (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, matter text,
    live_until bigint NOT NULL,
    PRIMARY KEY (lane, key)) WITH (fillfactor = 70);
CREATE INDEX overlap_matter ON overlap (lane, matter);

CREATE TABLE exception (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, PRIMARY KEY (lane, key));
CREATE TABLE source_mark (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, PRIMARY KEY (lane, key))
    WITH (fillfactor = 50);
CREATE TABLE writer_mark (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, PRIMARY KEY (lane, key))
    WITH (fillfactor = 50);
CREATE TABLE book (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, PRIMARY KEY (lane, key))
    WITH (fillfactor = 70);
CREATE TABLE lane_state (
    lane int NOT NULL, key text NOT NULL, row text NOT NULL, PRIMARY KEY (lane, key))
    WITH (fillfactor = 50);

-- Bundles by hash; files is a JSON object {name: text}.
CREATE TABLE policy (
    hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
    version int NOT NULL,
    files text COMPRESSION lz4 NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT current_user);

-- Append-only: by grants for the writer, by trigger for everybody.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Only the body may change, and only to null.
CREATE FUNCTION refuse_all_but_purge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NULL AND OLD.body IS NOT NULL THEN
        OLD.body := NULL;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_chunk
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE ON outbox_chunk
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purge_only BEFORE UPDATE ON outbox_chunk
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_purge();
CREATE TRIGGER append_only BEFORE DELETE ON text_chunk
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purge_only BEFORE UPDATE ON text_chunk
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_purge();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON policy
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_chunk
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON outbox_chunk
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON text_chunk
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- For an auditor with nothing but psql.
CREATE VIEW ledger_line AS
    SELECT c.lane, c.from_index + l.n - 1 AS index, c.from_offset + l.n - 1 AS "offset", l.line,
           encode(substring(c.leaves FROM (32 * (l.n - 1) + 1)::int FOR 32), 'hex') AS leaf,
           c.epoch, c.committed_at
    FROM ledger_chunk c,
         string_to_table(rtrim(c.body, E'\n'), E'\n') WITH ORDINALITY AS l (line, n);

CREATE VIEW outbox_line AS
    SELECT c.lane, (l.line::json ->> 'pos') AS pos, (l.line::json ->> 'topic') AS topic,
           (l.line::json ->> 'seq')::bigint AS seq, (l.line::json ->> 'key') AS key,
           l.line::json -> 'value' AS value,
           encode(substring(c.hashes FROM (32 * (l.n - 1) + 1)::int FOR 32), 'hex') AS hash
    FROM outbox_chunk c,
         string_to_table(rtrim(c.body, E'\n'), E'\n') WITH ORDINALITY AS l (line, n)
    WHERE c.body IS NOT NULL;

CREATE VIEW matter_link AS
    SELECT lane, matter, key AS observation FROM observation WHERE matter IS NOT NULL;

GRANT USAGE ON SCHEMA gridbridge TO gridbridge_writer, gridbridge_board, gridbridge_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA gridbridge TO gridbridge_writer, gridbridge_auditor;
GRANT SELECT ON lane, matter, overlap, observation, exception, book, matter_link
    TO gridbridge_board;
GRANT INSERT, UPDATE ON lane TO gridbridge_writer;
GRANT INSERT ON ledger_chunk, text_chunk, outbox_chunk, policy, stream TO gridbridge_writer;
GRANT UPDATE (body) ON text_chunk, outbox_chunk TO gridbridge_writer;
GRANT INSERT, UPDATE, DELETE ON observation, matter, overlap, exception, source_mark, writer_mark,
    book, lane_state TO gridbridge_writer;
