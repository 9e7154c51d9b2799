"""The reader's checks over a million records, without holding them: see reader.py.

Order, gaps, canaries and the place of gb_change_seq are looked at on every record. The schema,
which costs a hundred times more, is held against the first 200 of each kind and every n-th after
that, so that rare kinds are validated whole; the figures say how many were.
"""
import collections
import json
import os
import pathlib
import subprocess
import tempfile
import time

import confluent_kafka
import reader

FIRST_OF_KIND = 200


class Lazy(dict):
    """Values are kept as bytes and parsed when they are looked at."""

    def __getitem__(self, key):
        return json.loads(super().__getitem__(key))

    def values(self):
        return (json.loads(raw) for raw in super().values())


def kind_of(record):
    """What makes a record rare or common within its topic."""
    value = record.value
    if value is None:
        return (record.topic, "tombstone")
    if record.topic.startswith(reader.WRITEBACK):
        return (record.topic, value.get("action"))
    if record.topic == "matter":
        return (record.topic, "redirect_to" in value, value.get("state"), "lead" in value)
    words = {"change": ("change",), "overlap": ("kind", "state", "final"),
             "deadletter": ("reason",), "books": ("closed",), "post": ("role", "vacant"),
             "contact": ("kind", "wrong"), "visit": ("told_in", "duplicates"),
             "stats": ("about", "category")}[record.topic]
    return (record.topic, *(str(value.get(word)) for word in words))


class Finder:
    """Looks for thousands of texts in millions of records: `grep -F` looks for all at once."""

    def __init__(self, texts):
        self.texts = [text.encode() for text in texts]
        self.found = tempfile.TemporaryFile()
        self.process = None
        if texts:
            folder = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("GB_SCRATCH")))
            (folder / "texts").write_bytes(b"".join(text + b"\n" for text in self.texts))
            self.process = subprocess.Popen(
                ["grep", "-a", "-F", "-f", folder / "texts"], stdin=subprocess.PIPE,
                stdout=self.found, env=dict(os.environ, LC_ALL="C"))

    def look(self, place, raw):
        """raw: one line, as canonical JSON is."""
        if self.process:
            self.process.stdin.write(b"%s\t%s\n" % (place.encode(), raw))

    def end(self):
        """[(place, text)] of all that was found."""
        if self.process is None:
            return []
        self.process.stdin.close()
        if self.process.wait() > 1:
            raise RuntimeError("grep failed: nothing was looked for")
        self.found.seek(0)
        return [(line.partition(b"\t")[0].decode(), text.decode()) for line in self.found
                for text in self.texts if text in line.partition(b"\t")[2]]


class Scan:
    """faults, state and records as a reader.Result has them (records: none are kept)."""

    def __init__(self, canaries=(), every=200):
        self.every, self.finder = every, Finder(canaries)
        self.schemas = reader.load_schemas()
        self.faults, self.kinds = [], collections.Counter()
        self.counts, self.validated = collections.Counter(), collections.Counter()
        self.by_lane, self.last_seq, self.streams = collections.Counter(), {}, {}
        self.state = {word: Lazy() for word in reader.STATE}
        self.records = {word: [] for word in reader.TOPICS}

    def look(self, record):
        place = f"{record.topic}/{record.lane}/{record.offset}"
        kind = kind_of(record)
        self.kinds[kind] += 1
        self.counts[record.topic] += 1
        self.by_lane[record.topic, record.lane] += 1
        if self.kinds[kind] <= FIRST_OF_KIND or self.kinds[kind] % self.every == 0:
            self.validated[record.topic] += 1
            reader.check_record(record, self.schemas, self.faults)
        if (record.topic in reader.CHANGED) != ("gb_change_seq" in record.headers):
            self.faults.append(f"{place}: gb_change_seq stands where gb.change tells how, only")
        self.look_order(record, place)
        if record.topic == "books":
            reader.check_books([record], self.faults)
        if record.raw:
            self.finder.look(place, record.raw)
        if record.topic in self.state:
            self.state[record.topic].pop(record.key, None)
            if record.raw is not None:
                self.state[record.topic].update({record.key: record.raw})

    def look_order(self, record, place):
        seq, at = int(record.headers.get("gb_seq", "0")), (record.topic, record.lane)
        before = self.last_seq.get(at)
        is_log = record.topic not in reader.STATE
        if before is None and is_log and seq != 1:
            self.faults.append(f"{place}: starts at gb_seq {seq}")
        elif before is not None and (seq <= before or (is_log and seq != before + 1)):
            self.faults.append(f"{place}: gb_seq {seq} after {before}")
        self.last_seq[at] = seq
        stream = record.headers.get("gb_stream")
        if self.streams.setdefault(record.topic, stream) != stream:
            self.faults.append(f"{place}: another gb_stream: {stream}")


def follow(bootstrap, canaries=(), seconds=120, every=200, look=None):
    """Reads all topics from their beginning to their end, read_committed. look sees each."""
    prefix = "gb."
    scan = Scan(canaries, every)
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "gridbridge-claims-scan",
        "isolation.level": "read_committed", "enable.auto.commit": False,
        "auto.offset.reset": "error", "check.crcs": True, "allow.auto.create.topics": False})
    try:
        known = consumer.list_topics(timeout=10).topics
        for word in reader.words_of(known, prefix):
            for partition in sorted(known[prefix + word].partitions):
                for message in reader.read_partition(consumer, prefix + word, partition, seconds):
                    record = reader.record_of(word, message, scan.faults)
                    scan.look(record)
                    if look:
                        look(record)
    finally:
        consumer.close()
    scan.faults += [f"{place}: canary came out: {text}" for place, text in scan.finder.end()]
    return scan
