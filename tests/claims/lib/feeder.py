"""Feeds a generated folder into the source topics at a pace, so that a daemon always has work."""
import importlib.util
import os
import pathlib
import threading
import time

import confluent_kafka

PATH = pathlib.Path(os.environ["GB_ROOT"]) / "examples/generator/load.py"


def loader():
    """examples/generator/load.py as a module."""
    spec = importlib.util.spec_from_file_location("generator_load", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def every_message(bootstrap, topics):
    """All messages of the topics, each partition in its order."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "claims-feeder", "enable.auto.commit": False,
        "auto.offset.reset": "error", "enable.partition.eof": True})
    try:
        known = consumer.list_topics(timeout=10).topics
        left = {(t, p) for t in topics for p in known[t].partitions}
        consumer.assign([confluent_kafka.TopicPartition(*at, 0) for at in left])
        while left:
            message = consumer.poll(30)
            if message is None:
                raise TimeoutError(f"no word of {left}")
            if message.error() is None:
                yield message
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                left.discard((message.topic(), message.partition()))
    finally:
        consumer.close()


class Feeder(threading.Thread):
    """Starts at once; `hurry()` sends the rest as fast as it goes; `end()` waits until all is in.

    Outlives a broker that is killed and started again: nothing times out. Where that doubles a
    message all the same (an idempotent producer may have to begin anew), `doubles()` names it: each
    carries its number in a header."""

    def __init__(self, folder, bootstrap, records_per_s):
        super().__init__(daemon=True)
        self.load, self.bootstrap = loader(), bootstrap
        self.load.create_topics(bootstrap)
        self.folder, self.pause = folder, 1.0 / records_per_s
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20,
            "message.timeout.ms": 0, "compression.type": "lz4",
            "log_level": 2})
        self.sent, self.delivered, self.errors = 0, 0, []
        self.in_hurry = threading.Event()
        self.start()

    def on_delivered(self, error, _):
        self.delivered += error is None
        if error is not None:
            self.errors.append(str(error))

    def run(self):
        for record in self.load.merge(self.folder):
            self.produce(record)
            self.sent += 1
            if not self.in_hurry.is_set():
                time.sleep(self.pause)

    def produce(self, record):
        value, key = (None if record[name] is None else record[name].encode()
                      for name in ("value", "key"))
        while True:
            try:
                self.producer.produce(record["topic"], value, key, partition=record["partition"],
                                      timestamp=record["timestamp"],
                                      headers={"fed": str(self.sent)},
                                      on_delivery=self.on_delivered)
                self.producer.poll(0)
                return
            except BufferError:
                self.producer.poll(0.1)

    def doubles(self):
        """{(topic, partition, offset)} of messages that stand in the topic a second time."""
        seen, found = set(), set()
        for message in every_message(self.bootstrap, self.load.FILES.values()):
            number = dict(message.headers() or ()).get("fed")
            if number is None:
                continue  # somebody else's
            if number in seen:
                found.add((message.topic(), message.partition(), message.offset()))
            seen.add(number)
        if len(seen) != self.sent:
            raise RuntimeError(f"{len(seen)} messages stand in the topics, {self.sent} were fed")
        return found

    def is_done(self):
        return not self.is_alive()

    def hurry(self):
        self.in_hurry.set()

    def end(self, seconds=120):
        """Records delivered; an error if one was not."""
        self.hurry()
        self.join(seconds)
        left = self.producer.flush(seconds)
        if left or self.errors or self.is_alive():
            raise RuntimeError(f"feeding: {left} left, {self.errors[:3]}")
        return self.delivered
