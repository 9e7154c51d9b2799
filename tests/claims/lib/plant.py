"""Source records with canaries in every place that a record has.

    for record in texts(canaries, ids): ...      Record(topic, key, value, headers, canaries)

Rows are those of the two example adapters' tables, whole and valid but for what is planted.
"""
import collections
import json

import disguise as lib

PARTY, GRID = "party.dj.sys_party_task", "grid.canal"
Record = collections.namedtuple("Record", "topic key value headers planted")
PARTY_ROW = {
    "id": 1, "task_title": "路灯不亮", "task_type": "livelihood_04", "description": "村口",
    "grid_id": 1, "assigned_member_id": None, "deadline": None, "status": "PENDING",
    "created_by": 7, "created_at": 1764060000000000, "updated_at": "2025-11-25T08:40:00Z",
    "peer_case_id": None, "attach_sha256": None}
GRID_ROW = {
    "id": "1", "case_code": "20251100001123", "case_title": "路灯不亮", "case_desc": "村口",
    "source_type": "check", "case_level": "yiban", "event_type_list": "1004", "grid": "1",
    "occur_addr": "村部", "occur_time": "2025-11-25 16:40:00", "dead_line": None,
    "execute_dept": None, "concerned_person": None, "is_finished": "0", "is_duplicate": "0",
    "duplicate_with": None, "is_supervise": "0", "is_urge": "0", "is_deleted": "0",
    "crt_time": "2025-11-25 16:40:00", "crt_user_id": "U1", "crt_user_name": None,
    "upd_time": "2025-11-25 16:40:00", "party_task_ref": None, "attach_sha256": None}
GRID_TEXTS = ("case_desc", "case_title", "occur_addr")
PARTY_TEXTS = ("description", "task_title")


class Rows:
    """Numbers rows and wraps them as the two systems' tools do."""

    def __init__(self, party_grid, grid_grid, first=8_000_001):
        self.next, self.lsn = first, 30_000_000
        self.party_grid, self.grid_grid = party_grid, grid_grid

    def number(self):
        self.next += 1
        return self.next

    def party(self, changes=(), source=()):
        self.lsn += 8
        row = {**PARTY_ROW, "id": self.number(), "grid_id": self.party_grid, **dict(changes)}
        event = {"before": None, "after": row, "op": "c", "ts_ms": 1764060000000,
                 "source": {"version": "3.6.3.Final", "connector": "postgresql", "name": "party",
                            "ts_ms": 1764060000000, "snapshot": "false", "db": "djpt",
                            "schema": "dj", "table": "sys_party_task", "txId": 1,
                            "lsn": self.lsn, **dict(source)}}
        return event

    def grid(self, changes=(), message=()):
        row = {**GRID_ROW, "id": str(self.number()), "grid": self.grid_grid, **dict(changes)}
        return {"data": [row], "database": "wgzt", "es": 1764060000000, "id": 1, "isDdl": False,
                "mysqlType": None, "old": None, "pkNames": ["id"], "sql": "", "sqlType": None,
                "table": "case_info", "ts": 1764060000041, "type": "INSERT", **dict(message)}


def dump(value, ascii_only=False):
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def texts(canaries, rows):
    """Each canary in a text of its own; names beside the name column that gives them away."""
    for number, canary in enumerate(canaries):
        text = lib.sentence(canary, number)
        if canary.name_column or number % 2:
            column = GRID_TEXTS[number % len(GRID_TEXTS)]
            changes = {column: text, "concerned_person": canary.name_column or None}
            yield Record(GRID, None, dump(rows.grid(changes), number % 3 == 0), None, [canary])
        else:
            changes = {PARTY_TEXTS[number // 2 % len(PARTY_TEXTS)]: text}
            yield Record(PARTY, None, dump(rows.party(changes), number % 3 == 0), None, [canary])


def fields(canaries, rows):
    """Each canary in every column of both tables, in unknown columns, as a column's name."""
    for canary in canaries:
        named = {"concerned_person": canary.name_column} if canary.name_column else {}
        for column in (*GRID_ROW, "reply_person", canary.shown):
            value = canary.value if canary.name_column else canary.shown
            yield Record(GRID, None, dump(rows.grid({**named, column: value})), None, [canary])
        for column in (*PARTY_ROW, "contact_name", canary.shown):
            is_carried = canary.kind in ("name", "titled") and column in PARTY_ROW and \
                column not in (*PARTY_TEXTS, "created_by", "assigned_member_id")
            if canary.name_column or is_carried:
                continue  # without a name column a name in a code cannot be told from a code
            whole = canary.value.isascii() and canary.value.isdigit() and canary.value[0] != "0"
            value = int(canary.value) if whole and canary.disguise == "plain" else canary.shown
            yield Record(PARTY, None, dump(rows.party({column: value})), None, [canary])


def envelopes(canaries, rows):
    """Keys, headers, statements, names of tables, members that no envelope knows."""
    for canary in canaries:
        shown, raw = canary.shown, canary.shown.encode()
        yield Record(PARTY, raw, dump(rows.party()), [(shown, raw), ("traceparent", raw)], [canary])
        yield Record(PARTY, dump({"id": shown}), None, [("ce_id", raw)], [canary])
        for source in ("query", "table", "schema", "db", "name", "snapshot", "txId", "version"):
            yield Record(PARTY, None, dump(rows.party((), {source: shown})), None, [canary])
        for member in ("op", "ts_ms", "transaction", shown):
            yield Record(PARTY, None, dump({**rows.party(), member: shown}), None, [canary])
        for member in ("sql", "database", "table", "type", "es", "gtid", "pkNames", "old", shown):
            yield Record(GRID, raw, dump(rows.grid((), {member: shown})), None, [canary])
        yield Record(GRID, None, dump(rows.grid((), {
            "type": "QUERY", "data": None, "sql": f"INSERT INTO t VALUES ('{shown}')"})), None,
                     [canary])


def broken(canaries, rows):
    """What is no JSON, no UTF-8, or no JSON that we take."""
    for canary in canaries:
        whole = dump(rows.party({"description": canary.shown}))
        half = whole[:whole.index(b'"grid_id"') - 2]
        doubled = whole.replace(b'"status"', b'"description"')
        for value in (half, whole + b"x", whole.replace(b'"op"', b"op"), doubled,
                      whole.replace(b'"after"', b'"' + canary.shown.encode() + b'"', 1) + b"}",
                      whole.replace("村口".encode(), b"") + b"\xb5\xe7",
                      whole.decode().encode("gbk", "replace"), whole.decode().encode("utf-16"),
                      whole.decode().encode("utf-16-le"), b"\x00" + whole, whole[:-1],
                      b"[" * 300 + whole + b"]" * 300, canary.shown.encode(),
                      b'{"a":' + whole + b',"b":1e99999,"c":123456789012345678901234567890}'):
            yield Record(PARTY, None, value, None, [canary])


def sample(canaries, count):
    """Spread over all kinds and disguises."""
    count = min(count, len(canaries))
    return [canaries[i * len(canaries) // count] for i in range(count)]
