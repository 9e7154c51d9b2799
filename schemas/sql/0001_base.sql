-- Roles, schema and tables of gridbridge (PostgreSQL 15). One transaction; may be applied again.
-- Who applies it needs CREATEROLE and CREATE on the database, and becomes a member of the owner.
DO $$
DECLARE
    word text;
BEGIN
    FOREACH word IN ARRAY ARRAY['owner', 'writer', 'board', 'auditor'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridbridge_' || word) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', 'gridbridge_' || word);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of the cluster made it at the same moment
        END;
    END LOOP;
    IF NOT pg_has_role(current_user, 'gridbridge_owner', 'MEMBER') THEN
        EXECUTE format('GRANT gridbridge_owner TO %I', current_user);
    END IF;
END $$;

CREATE SCHEMA IF NOT EXISTS gridbridge;
ALTER SCHEMA gridbridge OWNER TO gridbridge_owner;
GRANT USAGE ON SCHEMA gridbridge TO gridbridge_writer, gridbridge_board, gridbridge_auditor;
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE TABLE IF NOT EXISTS migration (
    version int PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL, -- hex, of the file's bytes
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- The fence: who writes a chunk must find epoch and next_offset as it left them.
-- Arrays have one element per topic: matter, overlap, change, deadletter, books.
CREATE TABLE IF NOT EXISTS lane (
    lane int PRIMARY KEY CHECK (lane >= 0),
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    backend_pid int,
    backend_start timestamptz,
    claimed_at timestamptz,
    next_offset bigint NOT NULL DEFAULT 0,
    next_index bigint NOT NULL DEFAULT 0,
    last_hash bytea,
    frontier bytea NOT NULL DEFAULT '',
    root bytea,
    state_digest bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    hash_alg text NOT NULL DEFAULT 'sha256' CHECK (hash_alg IN ('sha256', 'sm3')),
    core_semantics int NOT NULL DEFAULT 1,
    clock bigint NOT NULL DEFAULT 0, -- ms since 1970 UTC, moved by ticks alone
    seqs bigint[] NOT NULL DEFAULT '{0,0,0,0,0}',
    floor_seqs bigint[] NOT NULL DEFAULT '{0,0,0,0,0}',
    floor_offsets bigint[] NOT NULL DEFAULT '{0,0,0,0,0}',
    floor_index bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'waiting', 'halted')),
    halt_reason text,
    halt_evidence text,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS stream (
    topic text PRIMARY KEY,
    gb_stream text NOT NULL CHECK (gb_stream ~ '^[0-9a-f]{32}$')
);

-- body: the ledger's lines as they came, each ended by a newline; leaves: 32 bytes a line.
-- Indexes and offsets are half open: [from, to). A control line has no offset of its own.
CREATE TABLE IF NOT EXISTS ledger_chunk (
    lane int NOT NULL,
    from_index bigint NOT NULL,
    to_index bigint NOT NULL CHECK (to_index > from_index),
    from_offset bigint,
    to_offset bigint,
    body text COMPRESSION lz4 NOT NULL,
    leaves bytea NOT NULL,
    root_before bytea,
    frontier bytea,
    state_digest bytea,
    core_semantics int NOT NULL,
    verdicts text,
    epoch bigint NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lane, from_index),
    CHECK (octet_length(leaves) = 32 * (to_index - from_index))
);

-- body: JSON Lines {"index": n, "text": {name: {"salt", "text"}}}; null once erased.
CREATE TABLE IF NOT EXISTS text_chunk (
    lane int NOT NULL,
    from_index bigint NOT NULL,
    body text COMPRESSION lz4,
    PRIMARY KEY (lane, from_index)
);

-- body: JSON Lines {"change_seq", "headers", "key", "pos", "seq", "topic", "value"}; null once
-- purged. hashes stay.
CREATE TABLE IF NOT EXISTS outbox_chunk (
    lane int NOT NULL,
    from_index bigint NOT NULL,
    to_index bigint NOT NULL CHECK (to_index > from_index),
    body text COMPRESSION lz4,
    hashes bytea NOT NULL,
    seqs_before bigint[] NOT NULL,
    seqs_after bigint[] NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lane, from_index)
);

-- State rows: canonical JSON in row; the other columns are what a fetch asks for.
CREATE TABLE IF NOT EXISTS observation (
    lane int NOT NULL,
    key text NOT NULL, -- source/entity/key
    row text NOT NULL,
    matter text,
    xref text,
    live_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS observation_matter ON observation (lane, matter);
CREATE INDEX IF NOT EXISTS observation_xref ON observation (lane, xref) WHERE xref IS NOT NULL;

CREATE TABLE IF NOT EXISTS matter (
    lane int NOT NULL,
    key text NOT NULL,
    row text NOT NULL,
    text text, -- {observation key: {name: text}}
    live_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, key)
) WITH (fillfactor = 70);

CREATE TABLE IF NOT EXISTS overlap (
    lane int NOT NULL,
    key text NOT NULL,
    row text NOT NULL,
    matter text,
    live_until bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (lane, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS overlap_matter ON overlap (lane, matter);

DO $$
DECLARE
    word text;
BEGIN
    FOREACH word IN ARRAY ARRAY['exception', 'source_mark', 'writer_mark', 'book', 'lane_state']
    LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I (lane int NOT NULL, key text NOT NULL,'
                       ' row text NOT NULL, PRIMARY KEY (lane, key)) WITH (fillfactor = 70)', word);
    END LOOP;
END $$;

-- files: JSON object {file name: text of the file}; text, so that the bytes stay as hashed.
CREATE TABLE IF NOT EXISTS policy (
    hash text PRIMARY KEY,
    version text,
    files text COMPRESSION lz4 NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT session_user
);

CREATE TABLE IF NOT EXISTS decision (
    id text PRIMARY KEY,
    lane int NOT NULL,
    index bigint NOT NULL,
    body text NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS access_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    reason text
);
