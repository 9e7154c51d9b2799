"""Writers of the tables beside tasks and cases: rows in, records in the dialect of the source out.

An Entity is one row over its life, with two images as rows.Row has them: what the database holds,
and what a bridge can know. One call of `write` is one transaction (Canal: one statement).
"""

from gridgen import canal, debezium, tables
from gridgen.catalog import PARTY
from gridgen.jsontext import dump, surrogates
from gridgen.kafkahash import java_hash, murmur2
from gridgen.output import PARTITIONS
from gridgen.rows import DELETE, INSERT, READ, UPDATE, Message
from gridgen.wrapper import wrap_table

_OPS = {INSERT: "c", READ: "r", UPDATE: "u", DELETE: "d"}
# What Debezium fills in for NOT NULL columns with a default that the log does not hold (fact 2).
_INVENTED = {"is_deleted": "0", "modification_num": 1}


class Entity:
    """One row of a table."""

    __slots__ = ("table", "image", "good", "deleted", "kind")

    def __init__(self, table, image, kind="ordinary"):
        self.table = table
        self.image = {column: image.get(column) for column in table.columns}
        self.good = None        # last image of an accepted record, also after a delete
        self.deleted = False    # as far as accepted records tell
        self.kind = kind

    def key(self):
        """The row's key as one text; empty for a table without one."""
        image = self.good or self.image
        return "/".join(str(image[column]) for column in self.table.key)


class Change:
    """What happens to one row: new column values, or its end; perhaps a damaged record."""

    __slots__ = ("entity", "delta", "defect")

    def __init__(self, entity, delta=None, defect=None):
        self.entity = entity
        self.delta = delta or {}
        self.defect = defect


def _due(operation, changes):
    """The changes of rows that are there; a row that is gone takes no update and no delete."""
    if operation in (INSERT, READ):
        return changes
    return [change for change in changes if change.entity.image is not None]


def _judge(run, change, old, new):
    """The verdicts of a record, and what it makes known of the row."""
    entity = change.entity
    table = entity.table
    if table.entity is None:
        return [(f"ignored:{table.ignored}", None)]
    defect = change.defect or run.defect_of(table, new or old)
    if defect:
        return [(f"dead:{defect}", None)]
    # A row that comes from where nobody knows does not leave a town; it only enters one.
    towns = [run.town_of(table, image) for image in (old, new) if image]
    towns = list(dict.fromkeys(town for town in towns if town)) or [None]
    entity.good = new or old
    entity.deleted = new is None or new.get("is_deleted") == "1"
    return [("accepted", town) for town in towns]


class PartySheets:
    """Debezium records of the party platform's other tables, through the town's PartyWriter."""

    def __init__(self, writer, run):
        self.writer, self.run = writer, run

    def write(self, us, operation, changes):
        """Write one transaction at us, or as soon as it is us; all changes are of one table."""
        if self.run.later(us, lambda at: self.write(at, operation, changes)):
            return
        writer = self.writer
        writer.begin()
        changes = _due(operation, changes)
        for place, change in enumerate(changes):
            mark = "false"
            if operation == READ:
                mark = writer.mark(place, len(changes))
            self._change(us, operation, change, mark)

    def rewrite(self, us, entities):
        """The monthly regeneration: every row deleted and inserted again, in one transaction."""
        if self.run.later(us, lambda at: self.rewrite(at, entities)):
            return
        self.writer.begin()
        for entity in entities:
            image = entity.image
            self._change(us, DELETE, Change(entity), "false")
            self._change(us, INSERT, Change(entity, image), "false")

    def _change(self, us, operation, change, mark):
        entity, writer = change.entity, self.writer
        old = None if operation in (INSERT, READ) else entity.image
        new = None if operation == DELETE else {**(entity.image or {}), **change.delta}
        entity.image = new
        if operation != READ:
            writer.advance()
        text = self._value(us, operation, (old, new), mark, entity.table)
        if change.defect == "cut":
            text = text[:len(text) * 3 // 5]
        key = dump({column: (new or old)[column] for column in entity.table.key})
        self._send(us, entity.table, (key, text), _judge(self.run, change, old, new))
        if operation == DELETE:
            self._send(us, entity.table, (key, None), [("ignored:tombstone", None)])

    def _value(self, us, operation, images, mark, table):
        old, new = images
        before = "null" if old is None else surrogates(dump(old))
        if table.identity == tables.DEFAULT and old is not None:
            before = "null"
            if operation == DELETE:
                before = dump({column: old[column] if column in table.key
                               else _INVENTED.get(column) for column in table.columns})
        after = "null" if new is None else surrogates(dump(new))
        lsn, tx, commit = self.writer.position(operation)
        source = debezium.source_block(us, lsn, tx, (mark, commit, table.name))
        return (f'{{"before":{before},"after":{after},"source":{source},'
                + debezium.tail(_OPS[operation], us + 40_000 + self.writer.lsn % 300_000))

    def _send(self, us, table, key_value, verdicts):
        key, value = key_value
        partition = murmur2(key.encode()) % PARTITIONS
        if self.run.wraps():
            key, value = wrap_table(key, value, table)
        message = Message(partition, key, value, verdicts)
        message.table = table.name
        lag = 90_000 + self.writer.lsn % 400_000
        self.writer.output.send((us + lag) // 1000, message)


def _text(value):
    return None if value is None else str(value)


class GridSheets:
    """Canal messages of the grid system's other tables, through the town's GridWriter."""

    def __init__(self, writer, run):
        self.writer, self.run = writer, run
        self.types = {}

    def write(self, us, operation, changes):
        """Write one statement: a message for each partition it touches; at us, or when it is us."""
        if self.run.later(us, lambda at: self.write(at, operation, changes)):
            return
        pieces = [[] for _ in range(PARTITIONS)]
        for change in _due(operation, changes):
            entity = change.entity
            old = None if operation == INSERT else entity.image
            new = None if operation == DELETE else {**(entity.image or {}), **change.delta}
            entity.image = new
            pieces[self._partition(entity.table, new or old)].append((change, old, new))
        for partition, piece in enumerate(pieces):
            if piece:
                self._message(us, operation, partition, piece)

    @staticmethod
    def _partition(table, image):
        value = java_hash(canal.DATABASE)
        for column in table.key:
            value ^= java_hash(str(image[column]))
        return ((1 << 32) - value if value >> 31 else value) % PARTITIONS

    def _message(self, us, operation, partition, piece):
        table = piece[0][0].entity.table
        rows = [{c: _text(v) for c, v in (new or old).items()} for _, old, new in piece]
        names = dump(list(table.key)) if table.key else "null"
        shape = (self._old(piece, operation), names, self._types(table), operation.upper())
        head, middle, end = canal.parts(dump(rows), us // 1_000_000 * 1000, shape)
        middle = middle.replace('"table":"case_info"', f'"table":"{table.name}"')
        message = Message(partition, None, None, [])
        message.parts = (head, middle, end)
        message.table = table.name
        for change, old, new in piece:
            message.verdicts += _judge(self.run, change, old, new)
        if table.entity is None:
            del message.verdicts[1:]    # a message of a table that nobody reads is one record
        self.writer.finish_and_send(us, message)

    def _types(self, table):
        if table.name not in self.types:
            self.types[table.name] = (
                dump(table.types), dump({c: tables.sql_type(t) for c, t in table.types.items()}))
        return self.types[table.name]

    @staticmethod
    def _old(piece, operation):
        """`old`: the columns changed in this row or in one before it in the message."""
        if operation in (INSERT, DELETE):
            return "null"
        touched, result = set(), []
        for _, old, new in piece:
            touched.update(c for c in new if new[c] != old[c])
            result.append({c: _text(old[c]) for c in new if c in touched})
        return dump(result)


def sheet_of(sheets, table):
    """The writer of a table; sheets = (PartySheets, GridSheets)."""
    return sheets[table.source != PARTY]
