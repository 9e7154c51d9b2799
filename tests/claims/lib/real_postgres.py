"""The operations of tests/sim/script.c on a real PostgreSQL, by the statements of the shell.

They are taken from src/shell/pg_sql.h and sent as the shell sends them, in pipeline mode, so that a
transaction can stand half sent with its backend waiting for the client.
"""
import os
import pathlib
import re
import select
import time

from psycopg import pq

TABLES = {0: "observation", 1: "matter", 2: "overlap", 4: "source_mark", 5: "writer_mark",
          6: "book", 7: "lane_state", 8: "ruling"}
UPSERTS = {0: "SQL_UPSERT_OBSERVATION", 1: "SQL_UPSERT_MATTER", 2: "SQL_UPSERT_OVERLAP",
           4: "SQL_UPSERT_LIVE", 5: "SQL_UPSERT_PLAIN", 6: "SQL_UPSERT_LIVE",
           7: "SQL_UPSERT_PLAIN", 8: "SQL_UPSERT_RULING"}
LOCK_MS = 1000
EVIDENCE_MAX = 9  # carriers of one piece; scripts have fewer
SEMANTICS = 1  # core_semantics: the scripts know one program only
STATES = {"22012": "fenced", "55P03": "busy", "23505": "twice"}


def statements(root):
    """{name: text with {table} where the macro has it} of pg_sql.h."""
    text = (pathlib.Path(root) / "src/shell/pg_sql.h").read_text(encoding="utf-8")
    found = {}
    macro = re.compile(r"^#define (SQL_\w+)(?:\(table\))?[ ]*((?:.*\\\n)*.*)$", re.M)
    for name, body in macro.findall(text):
        parts = re.findall(r'"((?:[^"\\]|\\.)*)"|\b(table)\b', body)
        found[name] = "".join("{table}" if word else literal for literal, word in parts)
    return found


TEXTS, NUMBERS, UNKNOWN = 1009, 1016, 0  # as the shell types its parameters


class Array(str):
    """The text of an array, with its type."""
    oid = TEXTS


class Numbers(Array):
    oid = NUMBERS


def array(items, kind=Array):
    quoted = ("NULL" if x is None else '"' + str(x).replace("\\", "\\\\").replace('"', '\\"') + '"'
              for x in items)
    return kind("{" + ",".join(quoted) + "}")


class Connection:
    """One libpq connection; at most one transaction under way."""

    def __init__(self, conninfo):
        self.pg = pq.PGconn.connect(conninfo)
        if self.pg.status != pq.ConnStatus.OK:
            raise RuntimeError(self.pg.error_message.decode())
        self.pid = self.pg.backend_pid
        self.pg.nonblocking = 1
        self.pg.enter_pipeline_mode()
        self.is_sent = self.is_open = self.is_told = False
        self.error = None
        self.awaited = 0  # results of statements that were sent

    def send(self, steps, is_whole):
        for sql, values in steps:
            self.pg.send_query_params(
                sql.encode(), [None if v is None else str(v).encode() for v in values],
                [getattr(v, "oid", UNKNOWN) for v in values])
        if is_whole:
            self.pg.pipeline_sync()
        else:
            self.pg.send_flush_request()
        self.awaited = len(steps)
        self.is_sent, self.is_open, self.is_told = is_whole, True, False
        while self.pg.flush():
            select.select([], [self.pg.socket], [], 1)

    def poll(self):
        """True when the transaction is over; error then says why, or is None."""
        try:
            self.pg.consume_input()
        except Exception:  # pylint: disable=broad-except
            self.error, self.is_open = "lost", False
            return True
        while not self.pg.is_busy():
            result = self.pg.get_result()
            if result is None:
                if self.pg.status != pq.ConnStatus.OK:
                    self.error, self.is_open = "lost", False
                    return True
                result = self.pg.get_result()
                if result is None:
                    return False
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                self.is_open = False
                return True
            self.awaited -= 1
            if result.status == pq.ExecStatus.FATAL_ERROR and self.error is None:
                state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"?").decode()
                self.error = STATES.get(state, state + (result.error_message or b"").decode())
        return False


    def finish(self):
        """The status; after an error the session stands in a failed transaction until ROLLBACK."""
        error, self.error = self.error, None
        if error is None or error == "lost":
            return error or "ok"
        self.send([("ROLLBACK", ())], True)
        until = time.monotonic() + 20
        while not self.poll():
            if time.monotonic() > until:
                raise RuntimeError("no answer to ROLLBACK")
        self.error = None
        return error


class Real:
    def __init__(self, dsn, root, connections):
        self.sql = statements(root)
        os.environ["PGOPTIONS"] = f"-c search_path=gridbridge -c lock_timeout={LOCK_MS}"
        self.conninfo = dsn.encode()
        self.control = pq.PGconn.connect(self.conninfo)
        self.connections = [Connection(self.conninfo) for _ in range(connections)]
        self.ghosts = []  # backends that wait, and whose clients have gone
        self.base = 0  # lanes of this script begin here

    # ---- the control connection ----

    def ask(self, sql, *values):
        result = self.control.exec_params(sql.encode(), [str(v).encode() for v in values],
                                          [getattr(v, "oid", UNKNOWN) for v in values])
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            raise RuntimeError(f"{sql}: {result.error_message.decode()}")
        return [[None if (v := result.get_value(r, c)) is None else v.decode()
                 for c in range(result.nfields)] for r in range(result.ntuples)]

    def state_of(self, pid):
        """gone, lock (another holds it), or busy."""
        rows = self.ask("SELECT cardinality(pg_blocking_pids(pid)) FROM pg_stat_activity"
                        " WHERE pid = $1", pid)
        return "gone" if not rows else "lock" if rows[0][0] != "0" else "busy"

    def wait_state(self, pid, wanted):
        until = time.monotonic() + 20
        while (state := self.state_of(pid)) not in wanted:
            if time.monotonic() > until:
                raise RuntimeError(f"backend {pid} is {state}, not {wanted}")
        return state

    # ---- operations ----

    def do(self, operation):
        word, *rest = operation.split()
        answers = getattr(self, "op_" + word)(*rest)
        return self.told() if answers is None else answers

    def told(self):
        """What has become of each transaction that was sent whole: all end or wait for a lock, and
        what ends may let another one go on."""
        answers = {}
        until = time.monotonic() + 20
        is_settled = False
        while not is_settled:
            is_settled = True
            for number, c in enumerate(self.connections):
                if not (c.is_open and c.is_sent):
                    continue
                if c.poll():
                    answers[number] = c.finish()
                    is_settled = False
                elif self.state_of(c.pid) != "lock":
                    is_settled = False
                elif not c.is_told:
                    answers[number], c.is_told = "waits", True
                    is_settled = False
            states = {pid: self.state_of(pid) for pid in self.ghosts}
            self.ghosts = [pid for pid, state in states.items() if state != "gone"]
            is_settled = is_settled and "busy" not in states.values()
            if time.monotonic() > until:
                raise RuntimeError("a transaction neither ends nor waits")
        return [f"{n} {w}" for n, w in sorted(answers.items())]

    def lane(self, text):
        return self.base + int(text)

    def op_new(self):
        for number, c in enumerate(self.connections):
            if c.is_open:
                self.close(number)
        self.base += 2
        return []

    def close(self, number):
        c = self.connections[number]
        pid = c.pid
        c.pg.finish()
        if self.wait_state(pid, ("gone", "lock")) == "lock":
            self.ghosts.append(pid)
        self.connections[number] = Connection(self.conninfo)

    def op_claim(self, number, lane):
        lane = self.lane(lane)
        self.connections[int(number)].send(
            [("BEGIN", ()),
             (self.sql["SQL_CLAIM_TIMEOUT"].replace("2s", f"{LOCK_MS}ms"), ()),
             (self.sql["SQL_CLAIM_ROW"], (lane, "sha256")),
             (self.sql["SQL_CLAIM"], (lane, "s", SEMANTICS)), ("COMMIT", ())], True)

    def op_open(self, number, lane, epoch, offset, index, lines, *rows):
        lane, to = self.lane(lane), int(index) + int(lines)
        zeros = array([0] * 5, Numbers)
        nothing = "\\x" + "00" * 32
        until = int(offset) + int(lines)
        steps = [("BEGIN", ()),
                 (self.sql["SQL_FENCE"], (lane, epoch, offset, until, to, nothing, "\\x", nothing,
                                          nothing, 0, zeros, zeros, zeros, 0, 1, index)),
                 (self.sql["SQL_LEDGER"], (lane, epoch, offset, until, index, to, "x",
                                           "\\x" + "00" * 32 * int(lines), nothing, "\\x", nothing,
                                           1)),
                 (self.sql["SQL_OUTBOX"], (lane, index, to, "x", "\\x", zeros, zeros))]
        for table in TABLES:
            steps += self.write(lane, table, [r.split("/") for r in rows
                                              if r.split("/")[0] == str(table)])
        c = self.connections[int(number)]
        c.send(steps, False)
        until = time.monotonic() + 20
        while not c.poll() and c.awaited > 0 and self.state_of(c.pid) != "lock":
            if time.monotonic() > until:
                raise RuntimeError("a transaction half sent neither waits nor is done")

    def write(self, lane, table, rows):
        gone = [r[1] for r in rows if len(r) == 3]
        kept = [r for r in rows if len(r) == 6]
        steps = []
        if gone:
            steps.append((self.sql["SQL_DELETE"].format(table=TABLES[table]), (lane, array(gone))))
        if not kept:
            return steps
        values = [lane, array([r[1] for r in kept]), array(['{"index":1}'] * len(kept))]
        if table not in (5, 7):
            values.append(array([r[3] for r in kept], Numbers))
        if table in (0, 2):
            values.append(array([None if r[2] == "-" else r[2] for r in kept]))
        if table == 0:
            values.append(array([None] * len(kept)))
            values.append(array([None if r[4] == "-" else "{" + r[4] + "}" for r in kept]))
        if table == 1:
            values.append(array([None] * len(kept)))
        if table == 8:
            values.append(array([array(r[5].split(",")) for r in kept]))
        text = self.sql[UPSERTS[table]]
        if "{table}" in text:
            text = text.format(table=TABLES[table])
        return [*steps, (text, values)]

    def op_close(self, number):
        self.connections[int(number)].send([("COMMIT", ())], True)

    def op_floor(self, number, lane, epoch, index):
        zeros = array([0] * 5, Numbers)
        self.connections[int(number)].send(
            [(self.sql["SQL_FLOOR"], (self.lane(lane), epoch, zeros, zeros, index))], True)

    def op_halt(self, number, lane, epoch):
        self.connections[int(number)].send(
            [(self.sql["SQL_HALT"], (self.lane(lane), epoch, "by_script", "{}"))], True)

    def op_drop(self, number):
        self.close(int(number))

    def op_end(self, number):
        c = self.connections[int(number)]
        self.ask("SELECT pg_terminate_backend($1)", c.pid)
        self.wait_state(c.pid, ("gone",))
        c.pg.finish()
        self.connections[int(number)] = Connection(self.conninfo)

    def op_wait(self):
        time.sleep(LOCK_MS / 1000)
        until = time.monotonic() + 20
        while any(self.state_of(c.pid) == "lock" for c in self.connections if c.is_open):
            if time.monotonic() > until:
                raise RuntimeError("no lock_timeout came")
            time.sleep(0.02)

    def op_row(self, lane):
        rows = self.ask("SELECT epoch, next_offset, next_index, floor_index, status FROM lane"
                        " WHERE lane = $1", self.lane(lane))
        return [f"epoch {e} offset {o} index {i} floor {f} {s}" for e, o, i, f, s in rows]

    def op_load(self, lane, since):
        rows = self.ask(self.sql["SQL_LOAD"], self.lane(lane), since)
        return sorted({f"{r[0]}/{r[1]}" for r in rows})

    def op_fetch(self, lane, *words):
        at = words.index("=") if "=" in words else len(words)
        rows = self.ask(self.sql["SQL_FETCH"], self.lane(lane), array(words[:at]),
                        array(words[at + 1:], Numbers), EVIDENCE_MAX,
                        array(w for w in words[:at] if "/" not in w))
        return sorted({f"{r[0]}/{r[1]}" for r in rows})

    def op_outbox(self, lane, index):
        return [f"{r[0]} {r[1]}" for r in self.ask(self.sql["SQL_READ_OUTBOX"], self.lane(lane),
                                                   index)]

    def op_kept(self, lane):
        rows = self.ask("SELECT id FROM decision WHERE lane = $1", self.lane(lane))
        return sorted(f"0/{r[0]}" for r in rows)
