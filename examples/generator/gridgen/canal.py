"""Writer of the governance grid: MySQL table wgzt.case_info by Canal 1.1.7, flat messages.

Three partitions hashed by primary key, so the rows of one statement are split into one message a
partition; `old` accumulates the changed columns over the rows of a message.
"""

from gridgen import clock
from gridgen.jsontext import dump, quote
from gridgen.kafkahash import canal_partition
from gridgen.output import PARTITIONS
from gridgen.rows import DELETE, INSERT, STALE, Message, accept, changed

TOPIC = "grid.canal"
DATABASE = "wgzt"
_TYPES = (("id", "bigint(20)", -5), ("case_code", "varchar(14)", 12),
          ("case_title", "varchar(200)", 12), ("case_desc", "text", 2005),
          ("source_type", "varchar(16)", 12), ("case_level", "varchar(8)", 12),
          ("event_type_list", "varchar(255)", 12), ("grid", "int(11)", 4),
          ("occur_addr", "varchar(255)", 12), ("occur_time", "datetime", 93),
          ("dead_line", "datetime", 93), ("execute_dept", "varchar(64)", 12),
          ("concerned_person", "varchar(32)", 12), ("is_finished", "char(1)", 1),
          ("is_duplicate", "char(1)", 1), ("duplicate_with", "bigint(20)", -5),
          ("is_supervise", "char(1)", 1), ("is_urge", "char(1)", 1), ("is_deleted", "char(1)", 1),
          ("crt_time", "datetime", 93), ("crt_user_id", "varchar(32)", 12),
          ("crt_user_name", "varchar(32)", 12), ("upd_time", "datetime", 93),
          ("party_task_ref", "bigint(20)", -5), ("attach_sha256", "char(64)", 1))
COLUMNS = tuple(name for name, _, _ in _TYPES)
DRIFT_COLUMN = "reply_person"
_DRIFT_TYPE = (DRIFT_COLUMN, "varchar(32)", 12)
_ZERO_DATE = "0000-00-00 00:00:00"
_BAD_DATE = "2026-13-40 25:61:00"
_DEFAULTS = {"is_finished": "0", "is_duplicate": "0", "is_supervise": "0", "is_urge": "0",
             "is_deleted": "0"}


def _type_texts(types):
    return (dump({name: mysql for name, mysql, _ in types}),
            dump({name: number for name, _, number in types}))


TYPE_TEXTS = {False: _type_texts(_TYPES), True: _type_texts(_TYPES + (_DRIFT_TYPE,))}


def parts(data, es, shape):
    """A row message's text around id and ts; shape = (old, pkNames, (mysqlType, sqlType), type)."""
    old, names, types, operation = shape
    return (f'{{"data":{data},"database":"{DATABASE}","es":{es},"gtid":"","id":',
            f',"isDdl":false,"mysqlType":{types[0]},"old":{old},"pkNames":{names},"sql":"",'
            f'"sqlType":{types[1]},"table":"case_info","ts":',
            f',"type":"{operation}"}}')


def no_rows(us, batch, what):
    """A message without rows; what = (database, table, type, is_ddl, sql)."""
    database, table, kind, ddl, sql = what
    return (f'{{"data":null,"database":"{database}","es":{us // 1_000_000}000,"gtid":"",'
            f'"id":{batch},"isDdl":{"true" if ddl else "false"},"mysqlType":null,"old":null,'
            f'"pkNames":null,"sql":{quote(sql)},"sqlType":null,"table":"{table}",'
            f'"ts":{us // 1000 + 41},"type":"{kind}"}}')


def says_the_same(old, new):
    """An update within one second whose only change is none to 0000-00-00, which means none."""
    none = (None, _ZERO_DATE)
    return bool(old and new) and all(
        old[column] == value or (column == "dead_line" and old[column] in none and value in none)
        for column, value in new.items() if column in old)


class GridWriter:
    """Turns statements on case_info into flat messages, in commit order."""

    def __init__(self, output, world):
        self.output = output
        self.world = world
        self.next_key = 700001
        self.batch = 1
        self.running = 0

    # -- statements ---------------------------------------------------------------------------

    def write(self, us, operation, items):
        """Execute one statement; rows that do not exist (any more) are left out."""
        pieces = [[] for _ in range(PARTITIONS)]
        for item in items:
            row = item.row
            if operation == INSERT:
                self._number(row, us)
            elif row.image is None:
                continue
            old = row.image
            new = None if operation == DELETE else self._next_image(us, operation, item)
            row.image = new
            pieces[self._partition(row)].append((item, old, new))
        for partition, piece in enumerate(pieces):
            if piece:
                self._message(us, operation, partition, piece)

    def _number(self, row, us):
        row.key = self.next_key
        row.born = us
        self.next_key += 1

    @staticmethod
    def _partition(row):
        return canal_partition(DATABASE, str(row.key), PARTITIONS)

    def _next_image(self, us, operation, item):
        row = item.row
        image = changed(row, item.delta)
        now = clock.local_text(us)
        if operation == INSERT:
            image = {column: image.get(column, _DEFAULTS.get(column)) for column in COLUMNS}
            image.update(id=str(row.key), case_code=self._case_code(us), crt_time=now,
                         crt_user_name=self.world.canary(row.key))
        image["upd_time"] = item.delta.get("upd_time", now)
        if us >= self.world.drift_us and DRIFT_COLUMN not in image:
            image[DRIFT_COLUMN] = self.world.canary(row.key + 7)
        return image

    def _case_code(self, us):
        self.running = self.running % 99999 + 1
        return f"{clock.local_month(us)}{self.running:05d}{self.running * 7919 % 1000:03d}"

    # -- messages -----------------------------------------------------------------------------

    def _message(self, us, operation, partition, piece):
        defect = piece[0][0].defect
        data = [self._data(item, old, new) for item, old, new in piece]
        drifted = DRIFT_COLUMN in data[0]
        names = "null" if defect == "missing_key" else '["id"]'
        shape = (self._old(piece, operation), names, TYPE_TEXTS[drifted], operation.upper())
        message = Message(partition, None, None, [])
        message.parts = parts(dump(data), us // 1_000_000 * 1000, shape)
        self._finish(us, message)
        if defect == "cut":
            message.value = message.value[:len(message.value) * self.world.rng.randrange(20, 80)
                                          // 100]
        elif defect == "scalar":
            message.value = self.world.rng.choice(("7", '"OK"', "false"))
        self._judge(message, piece)
        for item, _, _ in piece:
            if item.row.sent is not None:
                item.row.sent.append(message)
        self.output.send(self._time(us), message)

    def _finish(self, us, message):
        self.batch += 1
        head, middle, end = message.parts
        message.value = f"{head}{self.batch_id()}{middle}{us // 1000 + 60 + self.batch % 300}{end}"

    def batch_id(self):
        """The batch as it is written into a message."""
        return self.batch

    def _time(self, us):
        return us // 1000 + 150 + self.batch % 350

    @staticmethod
    def _data(item, old, new):
        image = new or old
        if item.defect == "missing_key":
            return {column: value for column, value in image.items() if column != "id"}
        if item.defect == "bad_date":
            return {**image, "occur_time": _BAD_DATE}
        if item.defect == "need_full_image":
            if new is None:
                return {"id": image["id"]}
            return {"id": image["id"], "is_urge": image["is_urge"], "upd_time": image["upd_time"]}
        return image

    @staticmethod
    def _old(piece, operation):
        """`old`: the columns changed in this row or in one before it in the message."""
        if operation in (INSERT, DELETE):
            return "null"
        if piece[0][0].defect == "need_full_image":
            return "[{}]"
        touched, result = set(), []
        for _, old, new in piece:
            touched.update(c for c in new if new[c] != old.get(c))
            result.append({c: old.get(c) for c in new if c in touched})
        return dump(result)

    def _judge(self, message, piece):
        """Give every row of the message its verdict; a broken message is one record, not many."""
        clean = True
        for item, old, new in piece:
            row = item.row
            defect = item.defect or self.world.inherent_defect(row, new or old, new is None)
            if defect and defect != STALE:
                message.verdicts.append((f"dead:{defect}", None))
                clean = False
                continue
            verdict = self._left_out(item, new or old)
            if verdict:
                message.verdicts.append(verdict)
                clean = False
                continue
            towns = self.world.towns_of(row, old, new)
            verdict = "accepted:same" if says_the_same(old, new) else "accepted"
            message.verdicts.extend((verdict, town) for town in towns)
            row.moved = row.moved or len(towns) > 1
            accept(row, new or old, new is None)
            clean = clean and new is not None and not row.moved
        message.clean = clean

    def _left_out(self, item, image):
        """The verdict of a row that changes nothing: refused, or behind by its own clock."""
        refusal = self.world.refusal(item.row, image)
        if refusal:
            return f"ignored:{refusal}", None
        if item.defect == STALE:
            return "stale:", self.world.towns_of(item.row, None, image)[0]
        return None

    # -- records that are no rows ------------------------------------------------------------

    def other(self, us, kind):
        """A statement text, a DDL message or a row of another table."""
        getattr(self, f"_{kind}")(us)

    def _put(self, us, partition, value, verdict):
        self.output.send(self._time(us), Message(partition, None, value, [(verdict, None)]))

    def _query_foreign(self, us):
        """The text of a statement on a database nobody subscribed to: name and id number in it."""
        self.batch += 1
        name, ident = self.world.canary_person()
        sql = (f"INSERT INTO qita.nbry(id,xm,sfzh) VALUES ({self.batch},'{name}','{ident}')")
        value = no_rows(us, self.batch_id(), ("", "", "QUERY", False, sql))
        self._put(us, 0, value, "ignored:query")

    def _query_own(self, us):
        self.batch += 1
        name, ident = self.world.canary_person()
        sql = (f"UPDATE wgzt.case_info SET concerned_person='{name} {ident}' "
               f"WHERE id={self.next_key}")
        value = no_rows(us, self.batch_id(), ("", "", "QUERY", False, sql))
        self._put(us, 0, value, "ignored:query")

    def _ddl(self, us):
        self.batch += 1
        sql = (f"ALTER TABLE wgzt.case_info ADD COLUMN {DRIFT_COLUMN} VARCHAR(32) "
               "COMMENT '回复人'")
        value = no_rows(us, self.batch_id(), (DATABASE, "case_info", "ALTER", True, sql))
        self._put(us, 0, value, "ignored:ddl")

    def _ddl_other(self, us):
        self.batch += 1
        value = no_rows(us, self.batch_id(), (DATABASE, "login_log", "TRUNCATE", True,
                                         "TRUNCATE TABLE wgzt.login_log"))
        self._put(us, 0, value, "ignored:ddl")

    def _patrol_task(self, us):
        self.batch += 1
        key = str(self.batch % 90000 + 700001)      # the same ids as in case_info on purpose
        data = {"id": key, "area_grid_id": "1501", "source_type": "3",
                "patrol_code": f"XC{key}", "patrol_name": "日常巡查", "content": None,
                "status": "doing", "is_problem": "0", "upd_time": clock.local_text(us)}
        types = _type_texts((("id", "int(11)", 4), ("area_grid_id", "bigint(20)", -5),
                             ("source_type", "int(11)", 4), ("patrol_code", "varchar(32)", 12),
                             ("patrol_name", "varchar(64)", 12), ("content", "text", 2005),
                             ("status", "varchar(8)", 12), ("is_problem", "bit(1)", -7),
                             ("upd_time", "datetime", 93)))
        head, middle, end = parts(dump([data]), us // 1_000_000 * 1000,
                                  ("null", '["id"]', types, "INSERT"))
        middle = middle.replace('"case_info"', '"check_route"')
        value = f"{head}{self.batch_id()}{middle}{us // 1000 + 77}{end}"
        self._put(us, canal_partition(DATABASE, key, PARTITIONS), value, "ignored:other_table")

    def resend(self, us, message):
        """Replay: the same data and event time, a new batch id and build time."""
        again = Message(message.partition, None, None, message.verdicts)
        again.parts = message.parts
        self._finish(us, again)
        self.output.send(self._time(us), again, replay=True)
