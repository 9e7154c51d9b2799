#!/usr/bin/python3
"""Produces a generated folder to Kafka: all topics by timestamp, exact bytes and partitions.

The producer is idempotent; a record that cannot be delivered ends the load with exit status 1.
Topics made by --create-topics keep records of any age (the data is dated, a broker's default
retention would delete it) and take times ahead of the broker's clock.
"""

import argparse
import heapq
import json
import sys
import time
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

MORE = ("centre.jsonl",)     # there with --centre
FILES = {"party.jsonl": "party.dj.sys_party_task", "grid.jsonl": "grid.canal"}
PARTITIONS = 3
_TOPIC_CONFIG = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
_FUTURE = {"message.timestamp.after.max.ms": str(2 ** 63 - 1)}


def topics_of(directory):
    """The topics of a folder: those of topics.txt where it was made with all entities."""
    path = Path(directory) / "topics.txt"
    return path.read_text(encoding="utf-8").split() if path.exists() else list(FILES.values())


def records(path):
    """The records of one file, in its order."""
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


def merge(directory):
    """All records of a folder by timestamp; at equal times the party topic first."""
    names = [*FILES, *(name for name in MORE if (Path(directory) / name).exists())]
    return heapq.merge(*(records(Path(directory) / name) for name in names),
                       key=lambda record: record["timestamp"])


def create_topics(bootstrap, timeout=30, names=tuple(FILES.values())):
    """Create topics with three partitions; one that is there already is left as it is."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for config in ({**_TOPIC_CONFIG, **_FUTURE}, _TOPIC_CONFIG):
        topics = [NewTopic(topic, PARTITIONS, 1, config=config) for topic in names]
        codes = set()
        for future in admin.create_topics(topics, request_timeout=timeout).values():
            try:
                future.result()
            except KafkaException as error:
                codes.add(error.args[0].code())
        if KafkaError.INVALID_CONFIG not in codes:      # brokers before 3.6 do not know _FUTURE
            break
    codes.discard(KafkaError.TOPIC_ALREADY_EXISTS)
    if codes:
        raise KafkaException(KafkaError(codes.pop()))


class _Delivery:
    """Counts delivered records by topic and keeps the first failure."""

    def __init__(self, topics):
        self.counts = dict.fromkeys(topics, 0)
        self.error = None

    def __call__(self, error, message):
        if error is not None:
            self.error = self.error or error
        else:
            self.counts[message.topic()] += 1


def _produce(producer, record, delivery):
    key, value = record["key"], record["value"]
    while True:
        try:
            producer.produce(record["topic"], None if value is None else value.encode(),
                             None if key is None else key.encode(),
                             partition=record["partition"], timestamp=record["timestamp"],
                             on_delivery=delivery)
            return
        except BufferError:
            producer.poll(0.1)


def load(directory, bootstrap, rate=None, until_ms=None, config=None):
    """Produce a folder; rate in records/s, until_ms an exclusive end. Returns counts by topic."""
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True,
                         "linger.ms": 20, "compression.type": "lz4", **(config or {})})
    delivery = _Delivery(topics_of(directory))
    began = time.monotonic()
    for number, record in enumerate(merge(directory)):
        if delivery.error or (until_ms is not None and record["timestamp"] >= until_ms):
            break
        if rate:
            _wait(producer, began + number / rate)
        _produce(producer, record, delivery)
        producer.poll(0)
    producer.flush()
    if delivery.error:
        raise KafkaException(delivery.error)
    return delivery.counts


def _wait(producer, moment):
    while (left := moment - time.monotonic()) > 0:
        producer.poll(min(left, 0.1))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--bootstrap", required=True, metavar="HOST:PORT")
    parser.add_argument("--rate", type=float, metavar="R", help="records a second")
    parser.add_argument("--until-ts", type=int, metavar="MS", help="stop before this timestamp")
    parser.add_argument("--create-topics", action="store_true")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.create_topics:
            create_topics(chosen.bootstrap, names=topics_of(chosen.directory))
        counts = load(chosen.directory, chosen.bootstrap, chosen.rate, chosen.until_ts)
    except KafkaException as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    for topic, count in counts.items():
        print(f"{topic} {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
