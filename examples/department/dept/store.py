"""A department's own PostgreSQL: its table, the log of its changes, the write-backs it has seen.

    store = Store(dsn, systems.Party(), lookups="party_grids.csv")
    store.set_up()
    store.apply(message, now_ms)      -> the answer, as it goes on gb.writeback.result.in

Every change of a row is captured by a trigger into change_log. A statement that changes the table
first takes one advisory lock that is held until its transaction is visible: so the log's numbers
are the order of commits, which a bare sequence would not be.

A write-back is one transaction: what was done, and that it was done, or neither. A message that
comes twice finds its first answer. It is refused where it has expired, where its row is gone, where
it names what the table has not, and where somebody of the department has changed a column of `set`
since the image that the bridge knew (`seen`); changes of the bridge's own do not count for that.
"""
import csv
import json

import psycopg2
import psycopg2.extras

from . import systems

LOCK = 0x6B1D6E
TABLES = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {table} ({columns}, PRIMARY KEY (id));
CREATE SEQUENCE IF NOT EXISTS {schema}.next_id START {first};
CREATE INDEX IF NOT EXISTS {name}_peer ON {table} ({peer});
CREATE TABLE IF NOT EXISTS {schema}.change_log (
    seq bigserial PRIMARY KEY, tx bigint NOT NULL DEFAULT txid_current(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(), op text NOT NULL, key bigint NOT NULL,
    before jsonb, after jsonb, origin text);
CREATE INDEX IF NOT EXISTS change_log_key ON {schema}.change_log (key, seq);
CREATE TABLE IF NOT EXISTS {schema}.change_sent (one bool PRIMARY KEY DEFAULT true, seq bigint);
INSERT INTO {schema}.change_sent (seq) VALUES (0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS {schema}.writeback_seen (
    id text PRIMARY KEY, try integer NOT NULL, answer jsonb NOT NULL);
CREATE OR REPLACE FUNCTION {schema}.in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION {schema}.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.{version} := {now};
    IF TG_OP = 'UPDATE' AND OLD.{version} IS NOT NULL THEN
        NEW.{version} := greatest(NEW.{version}, OLD.{version} + {step});
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION {schema}.capture() RETURNS trigger LANGUAGE plpgsql
SET timezone = 'UTC' AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    INSERT INTO {schema}.change_log (op, key, before, after, origin)
    VALUES (lower(TG_OP), CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END,
            CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
            CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END,
            nullif(current_setting('department.origin', true), ''));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER a_in_order BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.in_order();
CREATE OR REPLACE TRIGGER b_stamp BEFORE INSERT OR UPDATE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {schema}.stamp();
CREATE OR REPLACE TRIGGER c_capture AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {schema}.capture();
"""


class Refusal(Exception):
    """A reason word: why this write-back is not carried out."""


def read_lookup(path):
    """{canonical grid or, with "village/" before it, village: the system's own id}"""
    found = {}
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            if line["grid"]:
                found.setdefault(line["grid"], line["id"])
            found.setdefault("village/" + line["village"], line["id"])
    return found


class Store:
    def __init__(self, dsn, system, lookups=None, first_key=900_001):
        self.system, self.first_key = system, first_key
        self.places = read_lookup(lookups) if lookups else {}
        self.db = psycopg2.connect(dsn, options="-c timezone=UTC -c synchronous_commit=off")
        self.db.autocommit = True

    def close(self):
        self.db.close()

    def ask(self, statement, values=()):
        with self.db.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def set_up(self):
        """Makes schema, table and triggers; what is there already stays."""
        system = self.system
        defaults = {c: f" DEFAULT '{v}'" for c, v in system.defaults.items()}
        columns = ", ".join(f"{c} {t}{defaults.get(c, '')}" for c, t in system.columns.items())
        self.ask(TABLES.format(
            schema=system.schema, table=system.target, name=system.table, columns=columns,
            first=self.first_key, peer=system.peer, lock=LOCK, version=system.version,
            now=system.stamp_now, step=system.stamp_step))
        return self

    # -- what officers do ---------------------------------------------------------------------

    def insert(self, values, origin=None):
        """A new row; its key."""
        with self._transaction(origin) as cursor:
            return self._insert(cursor, self._fresh(cursor), values)

    def update(self, key, values, origin=None):
        """True if the row is there."""
        with self._transaction(origin) as cursor:
            return self._update(cursor, key, values)

    def delete(self, key):
        with self._transaction(None) as cursor:
            cursor.execute(f"DELETE FROM {self.system.target} WHERE id = %s", (key,))

    def row(self, key):
        found = self.ask(f"SELECT * FROM {self.system.target} WHERE id = %s", (key,))
        return found[0] if found else None

    def rows(self):
        """{key: the row as PostgreSQL's JSON writes it}"""
        return {line["id"]: line["row"] for line in self.ask(
            f"SELECT id, to_jsonb(t) AS row FROM {self.system.target} t")}

    def load(self, images):
        """Rows that were there before: {key: {column: text}}; nothing of it is captured."""
        columns = list(self.system.columns)
        lines = [tuple(self.system.text_of(c, image.get(c)) for c in columns)
                 for image in images.values()]
        with self.db.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {self.system.target} DISABLE TRIGGER USER")
            psycopg2.extras.execute_values(
                cursor, f"INSERT INTO {self.system.target} ({', '.join(columns)}) VALUES %s"
                " ON CONFLICT DO NOTHING", lines, page_size=500)
            cursor.execute(f"ALTER TABLE {self.system.target} ENABLE TRIGGER USER")
            cursor.execute(f"SELECT setval('{self.system.schema}.next_id', greatest(%s,"
                           f" (SELECT coalesce(max(id), 0) + 1 FROM {self.system.target})), false)",
                           (self.first_key,))

    def _fresh(self, cursor):
        cursor.execute(f"SELECT nextval('{self.system.schema}.next_id')")
        return cursor.fetchone()[0]

    def _insert(self, cursor, key, values):
        given = {**{c: self.system.text_of(c, v) for c, v in values.items()}, "id": key}
        cursor.execute(f"INSERT INTO {self.system.target} ({', '.join(given)}) VALUES"
                       f" ({', '.join(['%s'] * len(given))})", tuple(given.values()))
        return key

    def _update(self, cursor, key, values):
        names = ", ".join(f"{c} = %s" for c in values)
        cursor.execute(f"UPDATE {self.system.target} SET {names} WHERE id = %s",
                       (*(self.system.text_of(c, v) for c, v in values.items()), key))
        return cursor.rowcount == 1

    def _transaction(self, origin):
        return _Transaction(self.db, origin)

    # -- write-backs --------------------------------------------------------------------------

    def apply(self, message, now_ms, refuse=None):
        """The answer to one message of gb.writeback.<source>; the table is changed with it.

        refuse(message): a reason word for which the department's people turn it down, or None."""
        with self._transaction(message["id"]) as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            before = self._seen(cursor, message)
            if before is not None:
                return before
            answer = {"version": 1, "id": message["id"], "about": message["about"],
                      "town": message["town"], "result": "accepted"}
            try:
                cursor.execute("SAVEPOINT work")
                key = self._carry_out(cursor, message, now_ms, refuse)
                if key is not None:
                    answer["key"] = str(key)
            except (Refusal, psycopg2.DataError, psycopg2.IntegrityError) as why:
                cursor.execute("ROLLBACK TO work")
                answer["result"] = "refused"
                answer["reason"] = str(why) if isinstance(why, Refusal) else "bad_value"
            cursor.execute(
                f"INSERT INTO {self.system.schema}.writeback_seen VALUES (%s, %s, %s) ON CONFLICT"
                " (id) DO UPDATE SET try = excluded.try, answer = excluded.answer",
                (message["id"], message["try"], json.dumps(answer)))
            return answer

    def _seen(self, cursor, message):
        """The answer that was given before; a later try of what was refused is looked at anew."""
        cursor.execute(f"SELECT try, answer FROM {self.system.schema}.writeback_seen WHERE id = %s",
                       (message["id"],))
        found = cursor.fetchone()
        if found and (found[1]["result"] == "accepted" or message["try"] <= found[0]):
            return found[1]
        return None

    def _carry_out(self, cursor, message, now_ms, refuse):
        """The key of the row that was created, or None; Refusal with the reason."""
        if message.get("target") != self.system.target:
            raise Refusal("unknown_target")
        if set(message["set"]) - set(self.system.columns) or "id" in message["set"]:
            raise Refusal("unknown_column")
        if message["expires_at"] <= now_ms:
            raise Refusal("expired")
        reason = refuse(message) if refuse else None
        if reason:
            raise Refusal(reason)
        if message["action"] == "create":
            return self._create(cursor, message, now_ms)
        self._change(cursor, message)
        return None

    def _create(self, cursor, message, now_ms):
        system, fields = self.system, message["fields"]
        peer = message["set"].get(system.peer)
        if peer is not None:
            cursor.execute(f"SELECT t.id, c.origin FROM {system.target} t LEFT JOIN"
                           f" {system.schema}.change_log c ON c.key = t.id AND c.op = 'insert'"
                           f" WHERE t.{system.peer} = %s AND {self._live()}"
                           " ORDER BY c.origin NULLS LAST, t.id LIMIT 1", (peer,))
            found = cursor.fetchone()
            if found and found[1] is None:
                raise Refusal("typed_already")
            if found:  # an earlier try, whose answer was lost, made it
                return found[0]
        key = self._fresh(cursor)
        values = {**system.fills(fields, key, now_ms), **message["set"]}
        values.setdefault(system.grid_column, self.places.get(fields.get("grid")) or
                          self.places.get("village/" + fields.get("village", "")))
        values = {**system.defaults, **{c: v for c, v in values.items() if v is not None}}
        if any(column not in values for column in system.needs):
            raise Refusal("missing_column")
        return self._insert(cursor, key, values)

    def _change(self, cursor, message):
        system = self.system
        if not message["key"].isdigit():
            raise Refusal("no_such_row")
        cursor.execute(f"SELECT * FROM {system.target} t WHERE id = %s AND {self._live()}"
                       " FOR UPDATE", (message["key"],))
        if cursor.fetchone() is None:
            raise Refusal("no_such_row")
        wanted = " AND ".join(f"{c} IS NOT DISTINCT FROM %s::{system.columns[c]}"
                              for c in message["set"])
        values = tuple(system.text_of(c, v) for c, v in message["set"].items())
        cursor.execute(f"SELECT 1 FROM {system.target} WHERE id = %s AND {wanted}",
                       (message["key"], *values))
        if cursor.fetchone():
            return  # it shows so already
        if "seen" in message and self._was_changed(cursor, message):
            raise Refusal("changed_meanwhile")
        self._update(cursor, message["key"], message["set"])

    def _live(self):
        return "true" if self.system.soft_delete is None else \
            "coalesce(t.{}, '') <> '{}'".format(*self.system.soft_delete)

    def _was_changed(self, cursor, message):
        """By the department itself, in a column of `set`, after the image that the bridge knew.

        Of several images of the bridge's second only the first may be the one that it knew: where
        a version column has whole seconds, the others count as newer."""
        cursor.execute(f"SELECT before, after, origin FROM {self.system.schema}.change_log"
                       " WHERE key = %s ORDER BY seq", (message["key"],))
        is_known = False
        for before, after, origin in cursor.fetchall():
            at = self.millis(after or before)
            is_newer = at > message["seen"] or (at == message["seen"] and is_known)
            is_known = is_known or at == message["seen"]
            if is_newer and origin is None and before and (after is None or any(
                    before[c] != after[c] for c in message["set"])):
                return True
        return False

    def millis(self, image):
        """The version of an image in milliseconds UTC, as the bridge reads it."""
        micros = systems.micros_of(image[self.system.version])
        local = self.system.columns[self.system.version] != "timestamptz"
        return (micros - systems.ZONE_US if local else micros) // 1000

    # -- captured changes ---------------------------------------------------------------------

    def captured(self, limit=1000):
        """Changes that were not sent yet, in the order of their commits."""
        return self.ask(
            f"SELECT * FROM {self.system.schema}.change_log WHERE seq >"
            f" (SELECT seq FROM {self.system.schema}.change_sent) ORDER BY seq LIMIT %s", (limit,))

    def mark_sent(self, seq):
        self.ask(f"UPDATE {self.system.schema}.change_sent SET seq = %s", (seq,))

    def log(self):
        return self.ask(f"SELECT * FROM {self.system.schema}.change_log ORDER BY seq")


class _Transaction:
    """`with` a cursor in a transaction; origin: id of the write-back on whose account it is."""

    def __init__(self, db, origin):
        self.db, self.origin = db, origin

    def __enter__(self):
        self.cursor = self.db.cursor()
        self.cursor.execute("BEGIN")
        self.cursor.execute("SELECT set_config('department.origin', %s, true)",
                            (self.origin or "",))
        return self.cursor

    def __exit__(self, kind, *_):
        try:
            self.cursor.execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self.cursor.close()
