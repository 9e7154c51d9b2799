"""The connector of one department: write-backs in, answers out, captured changes out.

    connector = Connector(store, bootstrap)
    while ...: connector.turn(0.2)

One turn: take what came on gb.writeback.<source> (a consumer group of the department's own),
carry each out in a transaction, answer on gb.writeback.result.in, send what the log captured, and
only then note how far it read. A connector that dies anywhere takes its messages again, finds that
they were carried out, and answers once more: the bridge drops an answer that it knows.
"""
import heapq
import json
import time

import confluent_kafka

from . import wire

RESULT_TOPIC = "writeback.result.in"


class Calm:
    """How a department behaves when nothing is in its way. Tests put their own in its place."""

    def refuse(self, _message):
        """A reason word: the department's people turn it down."""
        return None

    def answers(self, _message, _answer):
        """Delays in seconds of the copies of an answer that are sent: [] is a lost one. The changes
        that a message made are sent between those with delay 0 and the others."""
        return [0]

    def takes_again(self, _message):
        """True: the same message is consumed once more, as after a crash before the commit."""
        return False


class Connector:
    def __init__(self, store, bootstrap, prefix="gb.", calm=None, group=None):
        self.store, self.prefix, self.calm = store, prefix, calm or Calm()
        self.source = store.system.source
        self.wire = wire.WIRES[self.source]()
        self.topic = f"{prefix}writeback.{self.source}"
        self.counts = dict.fromkeys(("taken", "accepted", "refused", "created", "sent"), 0)
        self.late = []  # (due, number, payload, key)
        self.lost = None
        self.producer = confluent_kafka.Producer({
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": bootstrap, "group.id": group or f"department-{self.source}",
            "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "isolation.level": "read_committed", "topic.metadata.refresh.interval.ms": 2000})
        self.consumer.subscribe([self.topic])

    def turn(self, timeout=0.2):
        """How many messages and changes it dealt with."""
        messages = [m for m in self.consumer.consume(200, timeout) if m.error() is None]
        for message in messages:
            body = json.loads(message.value())
            for _ in range(2 if self.calm.takes_again(body) else 1):
                self._deal_with(body)
        self.producer.flush()
        sent = self.send_changes()
        self._send_late()
        if messages:
            self.consumer.commit(asynchronous=False)
        return len(messages) + sent + len(self.late)

    def _deal_with(self, message):
        is_new = len(self.store.ask(f"SELECT 1 FROM {self.store.system.schema}.writeback_seen"
                                    " WHERE id = %s", (message["id"],))) == 0
        answer = self.store.apply(message, int(time.time() * 1000), self.calm.refuse)
        self.counts["taken"] += 1
        self.counts[answer["result"]] += is_new
        self.counts["created"] += is_new and "key" in answer
        payload = json.dumps(answer, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        for delay in self.calm.answers(message, answer):
            if delay == 0:
                self._answer(payload, answer["about"])
            else:
                heapq.heappush(self.late, (time.monotonic() + delay, self.counts["taken"],
                                           payload, answer["about"]))

    def _answer(self, payload, about):
        self.producer.produce(self.prefix + RESULT_TOPIC, payload.encode(), about.encode())

    def _send_late(self):
        while self.late and self.late[0][0] <= time.monotonic():
            self._answer(*heapq.heappop(self.late)[2:])
        self.producer.flush()

    def send_changes(self):
        """Sends what was captured and not yet sent; how many changes that were."""
        changes = self.store.captured()
        for change in changes:
            for topic, partition, key, value in self.wire.records(change):
                self.producer.produce(
                    topic, None if value is None else value.encode(),
                    None if key is None else key.encode(), partition,
                    on_delivery=lambda error, at, seq=change["seq"]: self.note(seq, error, at))
        if self.producer.flush(30) or self.lost is not None:
            raise TimeoutError(f"{self.source}: Kafka took no change: {self.lost or '30 s'}")
        if changes:
            self.store.mark_sent(changes[-1]["seq"])
            self.counts["sent"] += len(changes)
        return len(changes)

    def note(self, seq, error, at):
        """Change seq of the log is a record of Kafka's now, or could not be delivered."""
        if error is not None:
            self.lost = error

    def close(self):
        self.producer.flush()
        self.consumer.close()
