-- Views that unfold chunks and rows for an auditor with nothing but psql.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE OR REPLACE FUNCTION time_of(ms text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS
$$ SELECT timestamptz 'epoch' + ms::bigint * interval '1 millisecond' $$;

-- offset is known where every line of the chunk came from one offset; a control line has none.
CREATE OR REPLACE VIEW ledger_line AS
SELECT c.lane, c.from_index + l.n - 1 AS index,
       CASE WHEN c.to_offset - c.from_offset = c.to_index - c.from_index
            THEN c.from_offset + l.n - 1 END AS "offset",
       l.line, encode(substring(c.leaves FROM ((l.n - 1) * 32 + 1)::int FOR 32), 'hex') AS leaf,
       c.epoch, c.committed_at
  FROM ledger_chunk c,
       LATERAL unnest(string_to_array(rtrim(c.body, E'\n'), E'\n')) WITH ORDINALITY l (line, n);

CREATE OR REPLACE VIEW outbox_line AS
SELECT c.lane, j.v ->> 'topic' AS topic, (j.v ->> 'seq')::bigint AS seq, j.v ->> 'pos' AS pos,
       (j.v ->> 'change_seq')::bigint AS change_seq, j.v ->> 'key' AS key,
       j.v ->> 'value' AS value, j.v -> 'headers' AS headers, c.from_index, l.n, l.line,
       encode(substring(c.hashes FROM ((l.n - 1) * 32 + 1)::int FOR 32), 'hex') AS hash
  FROM outbox_chunk c,
       LATERAL unnest(string_to_array(rtrim(c.body, E'\n'), E'\n')) WITH ORDINALITY l (line, n),
       LATERAL (SELECT l.line::json) j (v);

CREATE OR REPLACE VIEW observation_v AS
SELECT o.lane, o.key, r ->> 'source' AS source, r ->> 'entity' AS entity, o.matter, o.xref,
       r ->> 'town' AS town, r ->> 'village' AS village, r ->> 'grid' AS grid,
       r ->> 'category' AS category, r ->> 'category_code' AS category_code,
       r ->> 'state' AS state, r ->> 'state_code' AS state_code, r ->> 'level' AS level,
       (r ->> 'claims_lead')::boolean AS claims_lead, (r ->> 'deleted')::boolean AS is_deleted,
       time_of(r ->> 'occurred_at') AS occurred_at, time_of(r ->> 'deadline_at') AS deadline_at,
       time_of(r ->> 'updated_at') AS updated_at, r ->> 'pseudonym' AS pseudonym
  FROM observation o, LATERAL (SELECT o.row::json) j (r);

CREATE OR REPLACE VIEW matter_v AS
SELECT m.lane, m.key AS id, v ->> 'town' AS town, v ->> 'village' AS village,
       v ->> 'grid' AS grid, v ->> 'category' AS category, v ->> 'level' AS level,
       v ->> 'state' AS state, time_of(v ->> 'occurred_at') AS occurred_at,
       time_of(v ->> 'deadline_at') AS deadline_at, v -> 'lead' ->> 'role' AS lead_role,
       v -> 'lead' ->> 'network' AS lead_network, v -> 'lead' ->> 'rule' AS lead_rule,
       v -> 'lead' ->> 'basis' AS lead_basis, v -> 'bodies' AS bodies, v -> 'refs' AS refs,
       v ->> 'policy' AS policy, (r ->> 'link_level')::int AS link_level,
       time_of(r ->> 'opened_at') AS opened_at, m.live_until = 9223372036854775807 AS is_open
  FROM matter m, LATERAL (SELECT m.row::json, m.row::json -> 'value') j (r, v);

CREATE OR REPLACE VIEW overlap_v AS
SELECT o.lane, o.key AS id, r ->> 'kind' AS kind, r ->> 'state' AS state, o.matter,
       r ->> 'rule' AS rule, r -> 'claims' AS claims, r -> 'evidence' AS evidence,
       time_of(r ->> 'opened_at') AS opened_at, time_of(r ->> 'settled_at') AS settled_at,
       (r ->> 'final')::boolean AS is_final
  FROM overlap o, LATERAL (SELECT o.row::json) j (r);

CREATE OR REPLACE VIEW exception_v AS
SELECT e.lane, e.key, r ->> 'reason' AS reason, r ->> 'detail' AS detail,
       r ->> 'source' AS source, r ->> 'entity' AS entity, r ->> 'key' AS source_key,
       r ->> 'town' AS town, r -> 'src' ->> 'cluster' AS cluster, r -> 'src' ->> 'topic' AS topic,
       (r -> 'src' ->> 'partition')::int AS partition,
       (r -> 'src' ->> 'offset')::bigint AS "offset", (r -> 'src' ->> 'index')::int AS index,
       r ->> 'h_src' AS h_src, time_of(r ->> 'clock') AS at
  FROM exception e, LATERAL (SELECT e.row::json) j (r);

CREATE OR REPLACE VIEW book_v AS
SELECT b.lane, r ->> 'source' AS source, time_of(r ->> 'hour') AS hour,
       (r ->> 'received')::bigint AS received, (r ->> 'applied')::bigint AS applied,
       (r ->> 'unchanged')::bigint AS unchanged, (r ->> 'refused')::bigint AS refused,
       (r ->> 'dead')::bigint AS dead, (r ->> 'ignored')::bigint AS ignored,
       (r ->> 'orphaned')::bigint AS orphaned, (r ->> 'balanced')::boolean AS is_balanced,
       (r ->> 'closed')::boolean AS is_closed
  FROM book b, LATERAL (SELECT b.row::json) j (r);

CREATE OR REPLACE VIEW lane_v AS
SELECT lane, status, epoch, owner, next_offset, next_index, hash_alg,
       encode(root, 'hex') AS root, encode(state_digest, 'hex') AS state_digest,
       core_semantics, time_of(clock::text) AS clock, seqs, floor_seqs, floor_index,
       halt_reason, halt_evidence, claimed_at, updated_at
  FROM lane;

GRANT SELECT ON ledger_line, outbox_line, observation_v, matter_v, overlap_v, exception_v, book_v,
    lane_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
