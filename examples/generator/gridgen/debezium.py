"""Writer of the party platform: PostgreSQL, dj.sys_party_task by Debezium 3.6, plain or wrapped.

Field order, number forms and the source block are those of captured records of that version with
schemas.enable=false or true and no transaction metadata.
"""

import base64

from gridgen import clock
from gridgen.jsontext import dump, surrogates
from gridgen.kafkahash import murmur2
from gridgen.output import PARTITIONS
from gridgen.rows import DELETE, INSERT, READ, UPDATE, Message, accept, changed
from gridgen.wrapper import (HEARTBEAT_SCHEMAS, MESSAGE_SCHEMAS, TRUNCATE_SCHEMAS, wrap, wrap_key,
                             wrap_with)

TOPIC = "party.dj.sys_party_task"
COLUMNS = ("id", "task_title", "task_type", "description", "grid_id", "assigned_member_id",
           "deadline", "status", "created_by", "created_at", "updated_at", "peer_case_id",
           "attach_sha256")
DRIFT_COLUMN = "contact_name"
_OPS = {INSERT: "c", READ: "r", UPDATE: "u", DELETE: "d"}
_BAD_DATE = "昨天上午"


def source_block(us, lsn, tx, where):
    """The `source` member; where = (snapshot, previous lsn or None, table)."""
    snapshot, before, table = where
    first = "null" if before is None else f'\\"{before}\\"'
    schema = "dj" if table else ""
    return (f'{{"version":"3.6.3.Final","connector":"postgresql","name":"party",'
            f'"ts_ms":{us // 1000},"snapshot":"{snapshot}","db":"djpt",'
            f'"sequence":"[{first},\\"{lsn}\\"]","ts_us":{us},"ts_ns":{us}000,'
            f'"schema":"{schema}","table":"{table}","txId":{tx},"lsn":{lsn},"xmin":null,'
            f'"origin":null,"origin_lsn":null}}')


def tail(operation, us):
    return (f'"transaction":null,"op":"{operation}","ts_ms":{us // 1000},"ts_us":{us},'
            f'"ts_ns":{us}{us % 997:03d}}}')


class PartyWriter:
    """Turns statements on sys_party_task into records, in commit order."""

    def __init__(self, output, world):
        self.output = output
        self.world = world
        self.next_key = 700001
        self.lsn = 26_980_376
        self.commit = self.lsn
        self.tx = 778

    # -- statements ---------------------------------------------------------------------------

    def write(self, us, operation, items):
        """Execute one statement; rows that do not exist (any more) are left out."""
        self.tx += 1
        for place, item in enumerate(items):
            row = item.row
            if operation in (INSERT, READ):
                self._number(row, us)
            elif row.image is None:
                continue
            mark = self.mark(place, len(items)) if operation == READ else "false"
            self._change(us, operation, item, mark)
        self.commit = self.lsn

    @staticmethod
    def mark(place, count):
        """`source.snapshot` of a single table: first, true ..., last."""
        if place == count - 1:
            return "last"
        return "true" if place else "first"

    def _number(self, row, us):
        row.key = self.next_key
        row.born = us
        self.next_key += 1

    def _change(self, us, operation, item, mark):
        row = item.row
        old, old_text = row.image, row.text
        new = None
        if operation != DELETE:
            new = self._next_image(us, operation, item)
        before = self._with_drift(us, row, old, old_text) if old else "null"
        row.image = new
        row.text = surrogates(dump(new)) if new else None
        self._advance(operation)
        message = self._record(us, operation, item, (before, mark))
        self._judge(item, message, old, new)
        self._send(us, row, message)
        if operation == DELETE:
            self._tombstone(us, row)

    def _next_image(self, us, operation, item):
        row = item.row
        image = changed(row, item.delta)
        if operation in (INSERT, READ):
            image = {column: image.get(column) for column in COLUMNS}
            image["id"] = row.key
        if operation != READ:
            image["updated_at"] = clock.utc_text(us)
        if us >= self.world.drift_us and DRIFT_COLUMN not in image:
            image[DRIFT_COLUMN] = self.world.canary(row.key)
        return image

    def _with_drift(self, us, row, old, old_text):
        if us >= self.world.drift_us and DRIFT_COLUMN not in old:
            return surrogates(dump({**old, DRIFT_COLUMN: None}))
        return old_text or surrogates(dump(old))

    def position(self, operation):
        """lsn, transaction and lsn of the commit before, as they are written into a record."""
        return self.lsn, self.tx, None if operation == READ else self.commit

    def _advance(self, operation):
        if operation != READ:
            self.lsn += 168 + (self.lsn * 7 + self.tx) % 1200 // 8 * 8

    # -- records ------------------------------------------------------------------------------

    def _record(self, us, operation, item, before_mark):
        row = item.row
        before, mark = before_mark
        key, after = f'{{"id":{row.key}}}', row.text or "null"
        if item.defect == "missing_key":
            key, after = None, _without_id(after)
            before = _without_id(before)
        elif item.defect == "need_full_image":
            before = self._default_identity(operation, row)
        elif item.defect == "bad_date":
            after = surrogates(dump({**row.image, "created_at": _BAD_DATE}))
        value = self._envelope(us, operation, (before, after), mark)
        wrapped = self.world.wraps()
        if wrapped:
            value = wrap(value, us >= self.world.drift_us)
        if item.defect == "cut":
            value = value[:len(value) * self.world.rng.randrange(35, 80) // 100]
        elif item.defect == "scalar":
            value = self.world.rng.choice(("42", '"ok"', "true"))
        return self._message(row, (key, value), wrapped)

    def _envelope(self, us, operation, images, snapshot):
        lag = 40_000 + self.lsn % 300_000
        lsn, tx, before = self.position(operation)
        source = source_block(us, lsn, tx, (snapshot, before, "sys_party_task"))
        return (f'{{"before":{images[0]},"after":{images[1]},"source":{source},'
                + tail(_OPS[operation], us + lag))

    @staticmethod
    def _message(row, key_value, wrapped):
        key, value = key_value
        partition = murmur2(f'{{"id":{row.key}}}'.encode()) % PARTITIONS
        if key is not None and wrapped:
            key = wrap_key(key)
        return Message(partition, key, value, [])

    @staticmethod
    def _default_identity(operation, row):
        """`before` without REPLICA IDENTITY FULL: none, or key and column defaults."""
        if operation == UPDATE:
            return "null"
        image = dict.fromkeys(COLUMNS)
        image.update(id=row.key, status="PENDING")
        return dump(image)

    def _judge(self, item, message, old, new):
        """Give the message its verdicts and the row its known image."""
        row = item.row
        defect = item.defect or self.world.inherent_defect(row, new or old, new is None)
        if defect:
            message.verdicts = [(f"dead:{defect}", None)]
            return
        refusal = self.world.refusal(row, new or old)
        if refusal:
            message.verdicts = [(f"ignored:{refusal}", None)]
            return
        towns = self.world.towns_of(row, old, new)
        message.verdicts = [("accepted", town) for town in towns]
        row.moved = row.moved or len(towns) > 1
        accept(row, new or old, new is None)
        message.clean = new is not None and not row.moved

    def _send(self, us, row, message):
        if row.sent is not None:
            row.sent.append(message)
        self.output.send((us + 90_000 + self.lsn % 400_000) // 1000, message)

    def _tombstone(self, us, row):
        wrapped = self.world.wraps()
        message = self._message(row, (f'{{"id":{row.key}}}', None), wrapped)
        message.verdicts = [("ignored:tombstone", None)]
        self.output.send((us + 95_000 + self.lsn % 400_000) // 1000, message)

    # -- records that are no rows ------------------------------------------------------------

    def other(self, us, kind):
        """A heartbeat, a logical message, or the truncation of another table."""
        getattr(self, f"_{kind}")(us)

    def _put(self, us, partition, key_value, verdict_schemas):
        verdict, schemas = verdict_schemas
        if self.world.wraps():
            key_value = wrap_with(schemas, key_value)
        message = Message(partition, *key_value, [(verdict, None)])
        self.output.send((us + 120_000) // 1000, message)

    def _heartbeat(self, us):
        key, value = '{"serverName":"party"}', f'{{"ts_ms":{us // 1000}}}'
        partition = murmur2(key.encode()) % PARTITIONS
        self._put(us, partition, (key, value), ("ignored:heartbeat", HEARTBEAT_SCHEMAS))

    def _logical_message(self, us):
        self._advance(UPDATE)
        content = base64.b64encode("批次结束 batch=1".encode()).decode()
        lsn, _, _ = self.position(UPDATE)
        source = source_block(us, lsn, "null", ("false", lsn, ""))
        value = (f'{{"op":"m","ts_ms":{us // 1000 + 31},"source":{source},"transaction":null,'
                 f'"message":{{"prefix":"gridbridge","content":"{content}"}}}}')
        key = '{"prefix":"gridbridge"}'
        self._put(us, murmur2(key.encode()) % PARTITIONS, (key, value),
                  ("ignored:logical_message", MESSAGE_SCHEMAS))

    def _truncate(self, us):
        self._advance(UPDATE)
        self.tx += 1
        lsn, tx, before = self.position(UPDATE)
        source = source_block(us, lsn, tx, ("false", before, "sys_party_assessment"))
        value = f'{{"before":null,"after":null,"source":{source},' + tail("t", us + 61_000)
        self._put(us, self.tx % PARTITIONS, (None, value),
                  ("ignored:truncate_other_table", TRUNCATE_SCHEMAS))

    def resend(self, us, message):
        """Replay: the same bytes at a later offset."""
        self.output.send((us + 60_000) // 1000, message, replay=True)


def _without_id(text):
    at = text.find(",")
    return text if at < 0 else "{" + text[at + 1:]
