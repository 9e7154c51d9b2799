-- When a matter falls due, and how often it was urged, supervised and returned.
SET LOCAL ROLE gridbridge_owner;
SET LOCAL search_path = gridbridge, pg_catalog;

CREATE OR REPLACE VIEW due_v AS
SELECT m.lane, m.key AS matter, v ->> 'town' AS town, v ->> 'village' AS village,
       v ->> 'category' AS category, v ->> 'state' AS state, v -> 'lead' ->> 'role' AS lead_role,
       v -> 'lead' ->> 'handed_over' AS handed_over, d ->> 'rule' AS rule,
       time_of(d ->> 'accept_at') AS accept_at, time_of(d ->> 'remind_at') AS remind_at,
       time_of(d ->> 'hand_over_at') AS hand_over_at, time_of(d ->> 'handle_at') AS handle_at,
       time_of(d ->> 'supervise_at') AS supervise_at,
       time_of(d ->> 'extended_until') AS extended_until,
       coalesce((d ->> 'extensions')::bigint, 0) AS extensions,
       coalesce((v ->> 'urged')::bigint, 0) AS urged,
       coalesce((v ->> 'supervised')::bigint, 0) AS supervised,
       time_of(r ->> 'due_next') AS next_at, -- what falls due next; null: nothing more
       EXISTS (SELECT FROM overlap o WHERE o.lane = m.lane AND o.matter = m.key
                  AND o.row::json ->> 'kind' = 'overdue'
                  AND o.row::json ->> 'state' = 'open') AS is_overdue
  FROM matter m, LATERAL (SELECT m.row::json, m.row::json -> 'value',
                                 m.row::json -> 'value' -> 'due') j (r, v, d);

-- One line a refusal that is still kept; returns counts those of the report since it was first seen.
CREATE OR REPLACE VIEW return_v AS
SELECT o.lane, o.matter, o.key AS report, r ->> 'source' AS source,
       (r -> 'returned' ->> 'returns')::bigint AS returns, time_of(f.v ->> 'at') AS at,
       f.v ->> 'why' AS why
  FROM observation o, LATERAL (SELECT o.row::json) j (r),
       LATERAL json_array_elements(r -> 'returned' -> 'refusals') f (v);

GRANT SELECT ON due_v, return_v TO gridbridge_auditor, gridbridge_writer, gridbridge_board;
