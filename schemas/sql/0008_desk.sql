-- What a seat at the command centre sees: overlaps with the version that a decision must name and
-- who works on them, and the decisions made. Columns are added at the end: views keep their order.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE OR REPLACE VIEW overlap_v AS
SELECT o.lane, o.key AS id, r ->> 'kind' AS kind, r ->> 'state' AS state, o.matter,
       r ->> 'rule' AS rule, r -> 'claims' AS claims, r -> 'evidence' AS evidence,
       time_of(r ->> 'opened_at') AS opened_at, time_of(r ->> 'settled_at') AS settled_at,
       (r ->> 'final')::boolean AS is_final, (r ->> 'version')::bigint AS version,
       r ->> 'claimed_by' AS claimed_by, time_of(r ->> 'claimed_until') AS claimed_until,
       r ->> 'ruled_by' AS ruled_by
  FROM overlap o, LATERAL (SELECT o.row::json) j (r);

CREATE OR REPLACE VIEW matter_v AS
SELECT m.lane, m.key AS id, v ->> 'town' AS town, v ->> 'village' AS village,
       v ->> 'grid' AS grid, v ->> 'category' AS category, v ->> 'level' AS level,
       v ->> 'state' AS state, time_of(v ->> 'occurred_at') AS occurred_at,
       time_of(v ->> 'deadline_at') AS deadline_at, v -> 'lead' ->> 'role' AS lead_role,
       v -> 'lead' ->> 'network' AS lead_network, v -> 'lead' ->> 'rule' AS lead_rule,
       v -> 'lead' ->> 'basis' AS lead_basis, v -> 'bodies' AS bodies, v -> 'refs' AS refs,
       v ->> 'policy' AS policy, (r ->> 'link_level')::int AS link_level,
       time_of(r ->> 'opened_at') AS opened_at, m.live_until = 9223372036854775807 AS is_open,
       v -> 'lead' ->> 'unit' AS lead_unit, v -> 'lead' ->> 'decision' AS lead_decision,
       (v ->> 'version')::bigint AS version
  FROM matter m, LATERAL (SELECT m.row::json, m.row::json -> 'value') j (r, v);

CREATE OR REPLACE VIEW ruling_v AS
SELECT d.lane, d.key AS id, f ->> 'kind' AS kind, r ->> 'state' AS state,
       f -> 'actor' ->> 'post' AS actor_post, f -> 'actor' ->> 'role' AS actor_role,
       f ->> 'town' AS town, d.matters, f ->> 'to' AS given_to, f ->> 'decision' AS names,
       f ->> 'basis' AS basis, time_of(r ->> 'decided_at') AS decided_at,
       r ->> 'reason' AS refused, r ->> 'undone_by' AS undone_by,
       (r ->> 'index')::bigint AS index
  FROM ruling d, LATERAL (SELECT d.row::json, d.row::json -> 'fields') j (r, f);

GRANT SELECT ON ruling_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
