"""An independent reader of the published topics: reads everything and checks what is promised.

    result = follow("127.0.0.1:9092", "gb.")
    result.faults     what is wrong, in words; empty if all promises hold
    result.records    {topic word: [Record ...]} by partition and offset; topics of what is written
                      back, "writeback.SOURCE", among them where there are any
    result.state      {"matter": {key: value}, "overlap": {...}}: the last word of each key
"""
import collections
import dataclasses
import json
import pathlib
import time

import confluent_kafka
import jsonschema

TOPICS = ("matter", "overlap", "change", "deadletter", "books", "post", "contact", "visit",
          "stats")
STATE = ("matter", "overlap", "post", "contact", "visit", "stats")
CHANGED = ("matter", "overlap", "post", "contact", "visit")  # gb.change tells how
WRITEBACK = "writeback."  # + source; not the topic that the systems answer on
SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "schemas"
OUTCOMES = ("applied", "unchanged", "refused", "dead", "ignored")
Record = collections.namedtuple("Record", "topic lane offset key value headers raw")


@dataclasses.dataclass
class Result:
    records: dict
    state: dict
    faults: list
    dropped: dict  # {topic word: doubles that drop_seen left out}


def load_schemas():
    names = ["headers", "gb.writeback", *(f"gb.{word}" for word in TOPICS)]
    return {name: jsonschema.Draft202012Validator(json.loads(
        (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))) for name in names}


def words_of(known, prefix):
    """The output topics by word: the fixed ones, and a write-back topic for each source."""
    names = (name[len(prefix):] for name in known if name.startswith(prefix + WRITEBACK))
    return (*TOPICS, *sorted(word for word in names if word != "writeback.result.in"))


def schema_of(word):
    return "gb.writeback" if word.startswith(WRITEBACK) else f"gb.{word}"


def read_partition(consumer, topic, partition, silence):
    """Messages up to the end as it is now; nothing new for that many seconds: TimeoutError."""
    at = confluent_kafka.TopicPartition(topic, partition)
    low, high = consumer.get_watermark_offsets(at, timeout=10)
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, low)])
    place, deadline = low, time.monotonic() + silence
    while place < high:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            yield message
            place, deadline = message.offset() + 1, time.monotonic() + silence
            continue
        if time.monotonic() > deadline:
            raise TimeoutError(f"{topic}/{partition}: at {place}, end is {high}")
        if message is not None and \
                message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
            raise confluent_kafka.KafkaException(message.error())
        position = consumer.position([at])[0].offset
        place = max(place, position)  # passes control records, which no poll returns


def record_of(word, message, faults):
    place = f"{word}/{message.partition()}/{message.offset()}"
    pairs = [(k, v.decode()) for k, v in message.headers() or []]
    if len(dict(pairs)) != len(pairs):
        faults.append(f"{place}: a header stands twice")
    raw = message.value()
    value = None if raw is None else json.loads(raw)
    return Record(word, message.partition(), message.offset(), (message.key() or b"").decode(),
                  value, dict(pairs), raw)


def check_record(record, schemas, faults):
    place = f"{record.topic}/{record.lane}/{record.offset}"
    for name, value in (("headers", record.headers), (schema_of(record.topic), record.value)):
        if value is None and record.topic in STATE and record.topic != "overlap":
            continue
        for error in schemas[name].iter_errors(value):
            faults.append(f"{place}: {name}: {error.json_path}: {error.message[:200]}")
    if (record.topic in CHANGED) != ("gb_change_seq" in record.headers):
        faults.append(f"{place}: gb_change_seq stands where gb.change tells how, and only there")


def check_sequence(word, records, faults):
    """Ascends; without a gap where the topic is a log. One gb_stream for the topic."""
    last = {}
    streams = {r.headers.get("gb_stream") for r in records}
    if len(streams) > 1:
        faults.append(f"{word}: more than one gb_stream: {sorted(map(str, streams))}")
    for r in records:
        seq = int(r.headers.get("gb_seq", "0"))
        before = last.get(r.lane)
        if before is not None and seq <= before:
            faults.append(f"{word}/{r.lane}/{r.offset}: gb_seq {seq} after {before}")
        elif word not in STATE and before is not None and seq != before + 1:
            faults.append(f"{word}/{r.lane}/{r.offset}: gap: gb_seq {seq} after {before}")
        last[r.lane] = seq


def check_first(records, faults):
    """gb.change starts at 1 in every lane; call it where nothing has expired."""
    seen = set()
    for r in records:
        if r.lane not in seen and r.headers.get("gb_seq") != "1":
            faults.append(f"change/{r.lane}: starts at gb_seq {r.headers.get('gb_seq')}")
        seen.add(r.lane)


def check_books(records, faults):
    for r in records:
        book = r.value
        total = sum(book[word] for word in OUTCOMES)
        if book["received"] != total or not book["balanced"]:
            faults.append(f"books/{r.lane} {r.key}: received {book['received']}, counted {total},"
                          f" balanced {book['balanced']}")


def fold(records):
    state = {}
    for r in records:
        state.pop(r.key, None)
        if r.value is not None:
            state[r.key] = r.value
    return state


def drop_seen(records):
    """What a reader of idempotent mode does: a gb_seq it has seen in a lane is passed over."""
    last, kept = {}, []
    for r in records:
        seq = int(r.headers.get("gb_seq", "0"))
        if seq > last.get(r.lane, 0):
            kept.append(r)
            last[r.lane] = seq
    return kept


def follow(bootstrap, prefix="gb.", seconds=60, whole=True, drops_seen=False):
    """Reads all topics from their beginning to their end, read_committed, and checks them.

    whole: nothing has expired, so gb.change must start at gb_seq 1."""
    faults, records, dropped = [], {}, {}
    schemas = load_schemas()
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "gridbridge-claims-reader",
        "isolation.level": "read_committed", "enable.auto.commit": False,
        "auto.offset.reset": "error", "check.crcs": True, "allow.auto.create.topics": False})
    try:
        known = consumer.list_topics(timeout=10).topics
        for word in words_of(known, prefix):
            records[word] = []
            if prefix + word not in known:
                faults.append(f"{prefix}{word}: no such topic")
                continue
            for partition in sorted(known[prefix + word].partitions):
                for message in read_partition(consumer, prefix + word, partition, seconds):
                    record = record_of(word, message, faults)
                    check_record(record, schemas, faults)
                    records[word].append(record)
            if drops_seen:
                dropped[word] = len(records[word])
                records[word] = drop_seen(records[word])
                dropped[word] -= len(records[word])
            check_sequence(word, records[word], faults)
    finally:
        consumer.close()
    if whole:
        check_first(records["change"], faults)
    check_books(records["books"], faults)
    return Result(records, {word: fold(records[word]) for word in STATE}, faults, dropped)
