#!/usr/bin/python3
"""Keeps a copy of all matters: from the compacted topic first, then change by change.

usage: reader.py BOOTSTRAP STATE.json [--once]     --once: stop at the end as it is now
STATE.json holds the matters and, for each lane, the gb_seq of the last change they contain; both
are written together, so the reader may be stopped or killed at any time and goes on from there.
"""

import json
import os
import signal
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition



class Reader:
    def __init__(self, bootstrap, path):
        self.path, self.stopped = path, False
        # Positions are kept in the state; the group's name is asked for, but not used.
        self.consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "earliest",
            "enable.partition.eof": True})
        self.state = json.load(open(path, encoding="utf-8")) if os.path.exists(path) else None

    def save(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.state, file, ensure_ascii=False)
            os.fsync(file.fileno())
        os.replace(self.path + ".new", self.path)

    def read(self, topic, offsets, once):
        """Messages of a topic from {partition: offset}; once: up to the end of every partition."""
        lanes = self.consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self.consumer.assign([TopicPartition(topic, lane, offsets.get(lane, OFFSET_BEGINNING))
                              for lane in lanes])
        left = set(lanes)
        while not self.stopped and (left or not once):
            message = self.consumer.poll(0.5)
            if message is None:
                continue
            if message.error() is None:
                yield message, {name: value.decode() for name, value in message.headers()}
            elif message.error().code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition())
                self.save()
            else:
                raise KafkaException(message.error())

    def bootstrap(self):
        """The last word on every matter, and which change of its lane it came with."""
        self.state = {"stream": None, "seq": {}, "matters": {}}
        for message, headers in self.read("gb.matter", {}, True):
            self.state["matters"].pop(message.key().decode(), None)
            if message.value() is not None:
                self.state["matters"][message.key().decode()] = json.loads(message.value())
            self.state["seq"][str(message.partition())] = int(headers["gb_change_seq"])

    def follow(self, once):
        # Markers of transactions take offsets too: gb_seq n stands at offset n - 1 or later.
        offsets = {int(lane): seq for lane, seq in self.state["seq"].items()}
        for number, (message, headers) in enumerate(self.read("gb.change", offsets, once)):
            self.take(str(message.partition()), int(headers["gb_seq"]), message, headers)
            if number % 200 == 0:
                self.save()
        self.save()

    def take(self, lane, seq, message, headers):
        stream, last = headers["gb_stream"], self.state["seq"].get(lane, 0)
        if self.state["stream"] not in (None, stream):
            sys.exit(f"the topics were made anew: remove {self.path} and begin again")
        if seq <= last:
            return      # contained already
        if seq != last + 1:
            sys.exit(f"lane {lane}: gb_seq {seq} after {last}: remove {self.path} and begin again")
        change = json.loads(message.value())
        if change["change"].startswith("matter."):
            matter = self.state["matters"].pop(change["matter"], {})
            matter = {n: v for n, v in matter.items() if n not in change["before"]}
            matter.update(change["after"])
            if matter:
                self.state["matters"][change["matter"]] = matter
        self.state["stream"], self.state["seq"][lane] = stream, seq
        print(lane, seq, change["change"], flush=True)

    def run(self, once):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stopped", True))
        if self.state is None:
            self.bootstrap()
        if not self.stopped:
            self.follow(once)
        self.consumer.close()


if __name__ == "__main__":
    Reader(*sys.argv[1:3]).run("--once" in sys.argv[3:])
