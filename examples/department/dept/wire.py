"""Captured changes as the capture tools send them: Debezium of the party platform, Canal of the
grid system, written by the generator's own writers (examples/generator/gridgen).

Positions follow from the number of a change in the log: a change that is sent twice, because the
sender died before it noted that it had sent it, has the same bytes again, as with the real tools.
"""
import pathlib
import sys

from . import systems

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "generator"))

from load import create_topics  # noqa: E402,F401
from gridgen import canal, clock, debezium  # noqa: E402
from gridgen.catalog import GRID, PARTY  # noqa: E402
from gridgen.rows import DELETE, INSERT, UPDATE, Item, Row  # noqa: E402

OPERATIONS = {"insert": INSERT, "update": UPDATE, "delete": DELETE}
LSN_FIRST, LSN_STEP = 1_000_000_000, 256


class NoTraps:
    """What the generator's writers ask their world; here nothing goes wrong on purpose."""
    drift_us = 1 << 62

    def wraps(self):
        return False

    def inherent_defect(self, _row, _image, _is_delete):
        return None

    def refusal(self, _row, _image):
        return None

    def towns_of(self, _row, _old, _new):
        return [None]


class Sink:
    """The writers' output: gathers (topic, partition, key, value) instead of writing a file."""

    def __init__(self, topic):
        self.topic, self.records = topic, []

    def send(self, _ms, message, replay=False):
        self.records.append((self.topic, message.partition, message.key, message.value))


class DebeziumWire(debezium.PartyWriter):
    """sys_party_task. Images come from the log, not from the writer's own memory."""
    source = PARTY

    def __init__(self):
        super().__init__(Sink(debezium.TOPIC), NoTraps())

    def records(self, change):
        self.lsn = LSN_FIRST + change["seq"] * LSN_STEP
        self.commit, self.tx = self.lsn - LSN_STEP, change["tx"] - 1
        return _records(self, change, self.image)

    def _number(self, _row, _us):
        """The key is the row's own."""

    def _advance(self, _operation):
        """The position is that of the log."""

    def _next_image(self, us, operation, item):
        return item.delta

    def _with_drift(self, us, row, old, old_text):
        return debezium.surrogates(debezium.dump(old))

    @staticmethod
    def image(row):
        """A row of the log as Debezium writes it: micros of the wall clock, zoned text in UTC."""
        image = {column: row[column] for column in debezium.COLUMNS}
        for column in ("deadline", "created_at"):
            if image[column] is not None:
                image[column] = systems.micros_of(image[column])
        image["updated_at"] = clock.utc_text(systems.micros_of(image["updated_at"]))
        return image

    @staticmethod
    def time_of(image):
        return systems.micros_of(image["updated_at"].removesuffix("Z"))


class CanalWire(canal.GridWriter):
    """case_info. Every value is text, times have whole seconds."""
    source = GRID

    def __init__(self):
        super().__init__(Sink(canal.TOPIC), NoTraps())

    def records(self, change):
        self.batch = change["seq"]
        return _records(self, change, self.image)

    def _number(self, _row, _us):
        """The key is the row's own."""

    def _next_image(self, us, operation, item):
        return item.delta

    @staticmethod
    def image(row):
        image = {}
        for column in canal.COLUMNS:
            value = row[column]
            if value is not None and systems.CASE_COLUMNS[column] == "timestamp(0)":
                value = value.replace("T", " ")
            elif value is not None and systems.CASE_COLUMNS[column] == "char(64)":
                value = value.rstrip()
            image[column] = None if value is None else str(value)
        return image

    @staticmethod
    def time_of(image):
        return systems.micros_of(image["upd_time"]) - systems.ZONE_US


def _records(writer, change, image):
    """Lets the writer write one change; what it sent for it."""
    row = Row(writer.source, "department")
    row.key = change["key"]
    row.image = image(change["before"]) if change["before"] else None
    after = image(change["after"]) if change["after"] else None
    us = writer.time_of(after) if after else int(change["at"].timestamp() * 1_000_000)
    writer.output.records = []
    writer.write(us, OPERATIONS[change["op"]], [Item(row, after)])
    return writer.output.records


WIRES = {PARTY: DebeziumWire, GRID: CanalWire}
TOPICS = {PARTY: debezium.TOPIC, GRID: canal.TOPIC}
