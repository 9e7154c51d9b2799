"""The two systems as their vendors made them: table, columns, spellings of times, form of a key.

A system knows nothing of the other one and nothing of a matter. What a creation needs beyond the
columns that it is sent (`set`) is filled in from the canonical `fields`, as the department's own
clerk would: its own id of the grid, its own text for a time.
"""
import datetime

EPOCH = datetime.datetime(1970, 1, 1)
ZONE_US = 8 * 3600 * 1_000_000  # both systems live in Asia/Shanghai, +08:00 all year
STAMPS = ("timestamp", "timestamp(0)", "timestamptz")
TASK_COLUMNS = {
    "id": "bigint", "task_title": "text", "task_type": "text", "description": "text",
    "grid_id": "bigint", "assigned_member_id": "bigint", "deadline": "timestamp",
    "status": "text", "created_by": "text", "created_at": "timestamp",
    "updated_at": "timestamptz", "peer_case_id": "bigint", "attach_sha256": "text"}
CASE_COLUMNS = {
    "id": "bigint", "case_code": "varchar(14)", "case_title": "varchar(200)", "case_desc": "text",
    "source_type": "varchar(16)", "case_level": "varchar(8)", "event_type_list": "varchar(255)",
    "grid": "integer", "occur_addr": "varchar(255)", "occur_time": "timestamp(0)",
    "dead_line": "timestamp(0)", "execute_dept": "varchar(64)", "concerned_person": "varchar(32)",
    "is_finished": "char(1)", "is_duplicate": "char(1)", "duplicate_with": "bigint",
    "is_supervise": "char(1)", "is_urge": "char(1)", "is_deleted": "char(1)",
    "crt_time": "timestamp(0)", "crt_user_id": "varchar(32)", "crt_user_name": "varchar(32)",
    "upd_time": "timestamp(0)", "party_task_ref": "bigint", "attach_sha256": "char(64)"}


def micros_of(stamp):
    """Microseconds since 1970 of PostgreSQL's JSON text of a timestamp; a zone is UTC's."""
    text = stamp.replace("T", " ").removesuffix("+00:00")
    return round((datetime.datetime.fromisoformat(text) - EPOCH) / datetime.timedelta(
        microseconds=1))


def stamp_of(micros):
    """PostgreSQL's text of a time given in microseconds since 1970."""
    return (EPOCH + datetime.timedelta(microseconds=micros)).isoformat(" ")


def local_stamp(ms):
    """The wall clock's text of a time in milliseconds UTC."""
    return stamp_of(ms * 1000 + ZONE_US)


class System:
    """One vendor's table. `fills` are a creation's columns that come from canonical fields."""

    def __init__(self, source, schema, table, columns):
        self.source, self.schema, self.table, self.columns = source, schema, table, columns
        self.target = f"{schema}.{table}"

    def text_of(self, column, text):
        """What PostgreSQL is given for a raw value: counts of time become stamps."""
        if text is None:
            return None
        if self.columns[column] in STAMPS and text.lstrip("-").isdigit():
            return stamp_of(int(text) * (1 if len(text) > 14 else 1000))
        if text == "" and self.columns[column] not in ("text",) and \
                not self.columns[column].startswith("varchar"):
            return None
        return text


class Party(System):
    """The party platform: PostgreSQL, read by Debezium."""
    version, peer, soft_delete = "updated_at", "peer_case_id", None
    needs = ("task_type", "grid_id", "status", "created_at")
    defaults = {"status": "PENDING"}
    grid_column = "grid_id"
    stamp_now = "clock_timestamp()"
    stamp_step = "interval '1 microsecond'"  # a version never stands still

    def __init__(self):
        super().__init__("party_building", "dj", "sys_party_task", TASK_COLUMNS)

    @staticmethod
    def fills(fields, _key, now_ms):
        """Of a creation's canonical fields."""
        filled = {"task_title": fields.get("title"),
                  "created_at": local_stamp(fields.get("occurred_at", now_ms))}
        if "deadline_at" in fields:
            filled["deadline"] = local_stamp(fields["deadline_at"])
        return filled


class Grid(System):
    """The grid system: a MySQL table in PostgreSQL's clothes, read by Canal; whole seconds."""
    version, peer, soft_delete = "upd_time", "party_task_ref", ("is_deleted", "1")
    needs = ("event_type_list", "grid", "occur_time", "case_code")
    defaults = {"is_finished": "0", "is_duplicate": "0", "is_supervise": "0", "is_urge": "0",
                "is_deleted": "0", "source_type": "dangjian", "case_level": "normal"}
    grid_column = "grid"
    stamp_now = "date_trunc('second', clock_timestamp() AT TIME ZONE 'Asia/Shanghai')"
    stamp_step = "interval '0'"

    def __init__(self):
        super().__init__("governance_grid", "wgzt", "case_info", CASE_COLUMNS)

    @staticmethod
    def fills(fields, key, now_ms):
        """case_code: month, a running number of five digits, three digits of no meaning."""
        now = local_stamp(now_ms)
        code = now[:7].replace("-", "") + f"{key % 100_000:05d}{key * 7919 % 1000:03d}"
        filled = {"case_title": fields.get("title"), "case_code": code, "crt_time": now,
                  "occur_time": local_stamp(fields.get("occurred_at", now_ms))}
        if "deadline_at" in fields:
            filled["dead_line"] = local_stamp(fields["deadline_at"])
        return filled


SYSTEMS = {"party_building": Party, "governance_grid": Grid}
