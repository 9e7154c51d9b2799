"""Many towns in bounded memory: each town writes a spool, the spools are merged by time.

A town's run knows nothing of the others, so what the database counts for all of them - log
positions, transactions, Canal's batches - stands in a spooled text as one control character (raw
ones occur in no JSON text) and is filled in while the spools are merged. Happy path: write every
spool, note which records are sent again, merge. Memory: one town, plus one record a town.
"""

import heapq
import marshal
from collections import defaultdict, deque

from gridgen.jsontext import quote
from gridgen.output import PARTITIONS
from gridgen.rows import Books

LSN, COMMIT, TX, BATCH, SNAPSHOT = "\x01", "\x02", "\x03", "\x04", "\x05"
_FIRST_LSN = 26_980_376
_WINDOW = 6


class Spool:
    """The output of one town for one source: what output.Output is for a run of one piece."""

    def __init__(self, path, main_table):
        self.path = path
        self.file = open(path, "wb")
        self.main_table = main_table
        self.tables = defaultdict(Books)    # "" holds what belongs to no table
        self.books = Books()
        self.statement = 0
        self.last_ms = 0
        self.count = 0
        self.resent = set()
        self.windows = [deque(maxlen=_WINDOW) for _ in range(PARTITIONS)]

    def send(self, ms, message, replay=False):
        """Append a record at ms, or, if it has been sent as it is, a mark that it comes again."""
        self.last_ms = ms = max(ms, self.last_ms)
        self.books.note(message, replay)
        self.tables[self._table(message)].note(message, replay)
        again = message.number
        if again is not None:
            self.resent.add(again)
        else:
            message.number = self.count
        body = (message.key, message.value) if again is None else (None, None)
        marshal.dump((ms, self.count, message.table or self.main_table, message.partition, *body,
                      self.statement, again, _outcome(message, replay)), self.file)
        self.count += 1
        if message.table is None:
            self._note_window(message, replay)

    def _table(self, message):
        if message.table is not None:
            return message.table
        inside = message.verdicts[0][0].partition(":")[2] if message.verdicts else ""
        return "" if inside in ("heartbeat", "logical_message", "truncate_other_table", "query",
                                "ddl", "other_table") else self.main_table

    def _note_window(self, message, replay):
        window = self.windows[message.partition]
        if message.clean and not replay:
            window.append(message)
        else:
            window.clear()

    def close(self):
        self.file.close()


def _outcome(message, replay):
    """What must become of a record's rows, as the truth files of outcomes say it."""
    words = []
    for verdict, _ in message.verdicts:
        kind, _, detail = verdict.partition(":")
        if kind == "stale" or kind == "accepted" and (replay or detail == "same"):
            words.append("again")
        elif detail.startswith("refused_"):
            words.append(f"refused:{detail[8:]}")
        elif detail == "truncate_other_table":      # of a table that the refuse-list names
            words.append("refused:table")
        else:
            words.append(verdict)
    return " ".join(words)


def _entries(spool, town):
    with open(spool.path, "rb") as file:
        for _ in range(spool.count):
            ms, *rest = marshal.load(file)
            yield ms, town, *rest


class _Party:
    """Fills in the PostgreSQL log's positions; a statement of a town is a transaction."""

    def __init__(self):
        self.lsn, self.commit, self.tx = _FIRST_LSN, _FIRST_LSN, 778
        self.current = None

    def fill(self, value, transaction):
        if LSN in value:
            if transaction != self.current:
                self.current, self.commit, self.tx = transaction, self.lsn, self.tx + 1
            self.lsn += 168 + (self.lsn * 7 + self.tx) % 1200 // 8 * 8
            return (value.replace(LSN, str(self.lsn)).replace(COMMIT, str(self.commit))
                    .replace(TX, str(self.tx)))
        return value.replace(SNAPSHOT, str(_FIRST_LSN)).replace(TX, "777")


class _Grid:
    """Fills in Canal's batch numbers."""

    def __init__(self):
        self.batch = 0

    def fill(self, value, _):
        if BATCH not in value:
            return value
        self.batch += 1
        return value.replace(BATCH, str(self.batch))


class Merged:
    """The file of one source made of its spools; topic_of(table name) names a record's topic."""

    def __init__(self, path, topic_of, is_party):
        self.path, self.topic_of = path, topic_of
        self.filler = _Party() if is_party else _Grid()
        self.heads = {}
        self.value_bytes = 0
        self.topics = set()

    def merge(self, spools):
        """Write all records of the spools by time; at equal times town by town."""
        kept = {}
        wanted = [spool.resent for spool in spools]
        streams = [_entries(spool, town) for town, spool in enumerate(spools)]
        outcomes = self.path.with_name(f"truth_{self.path.stem}.txt")
        with open(self.path, "w", encoding="utf-8", newline="\n") as file, \
                open(outcomes, "w", encoding="ascii", newline="\n") as told:
            for ms, town, number, table, part, key, value, tx, again, outcome in \
                    heapq.merge(*streams):
                if again is not None:
                    key, value = kept[town, again]
                elif value is not None:
                    value = self.filler.fill(value, (town, tx))
                if number in wanted[town]:
                    kept[town, number] = key, value
                file.write(self._line((table, part), (key, value), ms))
                told.write(f"{outcome}\n")

    def _line(self, place, key_value, ms):
        head = self.heads.get(place)
        if head is None:
            topic = self.topic_of(place[0])
            self.topics.add(topic)
            head = self.heads[place] = f'{{"topic":"{topic}","partition":{place[1]},"key":'
        key, value = ("null" if text is None else quote(text) for text in key_value)
        self.value_bytes += 0 if key_value[1] is None else len(value)
        return f'{head}{key},"value":{value},"timestamp":{ms}}}\n'
