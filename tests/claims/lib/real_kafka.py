"""The operations of tests/sim/script.c on a real Kafka: producers' transactions, what readers see.

A lane is a partition and a transactional id; a topic of a script is a topic. Offsets are counted
from where the partitions ended when the script began. A script waits most of its time (a producer
takes half a second to its first record), so that many run beside each other, each with its lanes.
"""
import concurrent.futures
import random
import time

import confluent_kafka
from confluent_kafka import admin

TOPICS = ("fake-0", "fake-1")
LANES = 2
PRODUCERS = 4
WORKERS = 16
MARKER_SECONDS = 5  # a broker writes a transaction's markers soon after it has answered its end
TIMEOUT_MS = 10000  # of a transaction; the broker looks for those every second


def create(bootstrap):
    client = admin.AdminClient({"bootstrap.servers": bootstrap})
    topics = [admin.NewTopic(t, LANES * WORKERS, 1) for t in TOPICS]
    for future in client.create_topics(topics).values():
        future.result(30)


class Producer:
    """One librdkafka producer; once it is fenced it stays so."""

    def __init__(self, bootstrap, lane):
        self.lane, self.is_begun, self.is_fenced = lane, False, False
        self.failed = []
        self.client = confluent_kafka.Producer({
            "bootstrap.servers": bootstrap, "transactional.id": f"fake-{lane}", "linger.ms": 0,
            "transaction.timeout.ms": TIMEOUT_MS, "log_level": 0, "retry.backoff.ms": 5,
            "topic.metadata.refresh.fast.interval.ms": 10, "socket.nagle.disable": True})
        self.client.init_transactions(30)

    def on_delivery(self, error, _):
        if error is not None:
            self.failed.append(error)

    def close(self):
        """Given up as it stands: what it left open is for the next one of its id."""
        try:
            self.client.purge()
            self.client.poll(0)
        except confluent_kafka.KafkaException:
            pass  # it was fenced, and says so once more
        self.client = None

    def send(self, topic, key):
        if self.is_fenced:
            return "fenced"
        try:
            if not self.is_begun:
                self.client.begin_transaction()
                self.is_begun = True
            self.failed = []
            self.client.produce(TOPICS[topic], key.encode(), key.encode(), self.lane,
                                on_delivery=self.on_delivery)
            self.client.flush(30)
        except confluent_kafka.KafkaException as error:
            self.failed.append(error)
        self.is_fenced = bool(self.failed)
        return "fenced" if self.is_fenced else "ok"

    def finish(self, is_commit):
        if self.is_fenced:
            return "fenced"
        self.is_begun = False
        try:
            (self.client.commit_transaction if is_commit else self.client.abort_transaction)(30)
        except confluent_kafka.KafkaException:
            self.is_fenced = True
            return "fenced"
        return "ok"


class Real:
    def __init__(self, bootstrap, worker):
        self.bootstrap, self.first = bootstrap, worker * LANES
        self.producers = [None] * PRODUCERS
        self.readers = {level: confluent_kafka.Consumer({
            "bootstrap.servers": bootstrap, "group.id": "fakes", "isolation.level": level,
            "enable.auto.commit": False, "enable.partition.eof": True, "fetch.wait.max.ms": 10,
            "auto.offset.reset": "error"}) for level in ("read_committed", "read_uncommitted")}
        self.base = {}

    def begin(self):
        """Nothing is open any more; offsets count from here."""
        for number in range(PRODUCERS):
            self.replace(number, None)
        for lane in range(LANES):
            Producer(self.bootstrap, self.first + lane).close()
        self.base = {(lane, t): self.end(lane, t, "read_uncommitted")
                     for lane in range(LANES) for t in range(len(TOPICS))}

    def replace(self, number, producer):
        if self.producers[number] is not None:
            self.producers[number].close()
        self.producers[number] = producer

    def end(self, lane, topic, level):
        at = confluent_kafka.TopicPartition(TOPICS[topic], self.first + lane)
        return self.readers[level].get_watermark_offsets(at, timeout=30)[1]

    def do(self, operation):
        word, *rest = operation.split()
        if word == "init":
            self.replace(int(rest[0]), None)
            self.producers[int(rest[0])] = Producer(self.bootstrap, self.first + int(rest[1]))
            return []
        if word == "send":
            return [self.producers[int(rest[0])].send(int(rest[1]), rest[2])]
        if word in ("commit", "abort"):
            return [self.producers[int(rest[0])].finish(word == "commit")]
        if word == "expire":
            time.sleep(TIMEOUT_MS / 1000 + 3)
            return []
        return self.log(int(rest[0]), int(rest[1]))

    def log(self, lane, topic):
        base = self.base[(lane, topic)]
        stable = self.end(lane, topic, "read_committed")
        lines = []
        reader = self.readers["read_committed"]
        until = time.monotonic() + 30
        if stable > base:
            reader.assign([confluent_kafka.TopicPartition(TOPICS[topic], self.first + lane, base)])
            while time.monotonic() < until:
                message = reader.poll(1)
                if message is None:
                    continue
                if message.error():
                    break  # the end
                lines.append(f"{message.offset() - base} {message.key().decode()}")
            reader.unassign()
        end = self.end(lane, topic, "read_uncommitted")
        return [*lines, f"stable {stable - base} end {end - base}"]


class Desk:
    """Draws operations that a producer's client can do at all."""

    def __init__(self, chance, may_expire):
        self.chance, self.may_expire = chance, may_expire
        self.lanes = [None] * PRODUCERS
        self.sent = [0] * PRODUCERS
        self.keys = 0

    def next(self):
        c = self.chance
        p, how = c.randrange(PRODUCERS), c.random()
        if self.may_expire and any(self.sent) and how < 0.1:
            self.may_expire = False
            return "expire"
        if self.lanes[p] is None or how < 0.15:
            self.lanes[p], self.sent[p] = c.randrange(LANES), 0
            return f"init {p} {self.lanes[p]}"
        if how < 0.25:
            return f"log {c.randrange(LANES)} {c.randrange(len(TOPICS))}"
        if self.sent[p] and how < 0.55:
            self.sent[p] = 0
            return f"{'commit' if c.random() < 0.7 else 'abort'} {p}"
        self.keys += 1
        self.sent[p] += 1
        return f"send {p} {c.randrange(len(TOPICS))} k{self.keys}"


def run_one(seed, fake, real):
    """The operations up to the first that is answered otherwise, and both answers of each."""
    chance = random.Random(seed)
    desk = Desk(chance, seed % 100 == 1)  # every hundredth lets a transaction time out
    done = []
    fake.do("new")
    real.begin()
    operations = [desk.next() for _ in range(chance.randint(4, 14))]
    operations += [f"log {lane} {t}" for lane in range(LANES) for t in range(len(TOPICS))]
    for operation in operations:
        ours, theirs = fake.do(operation), real.do(operation)
        until = time.monotonic() + MARKER_SECONDS
        while ours != theirs and operation.startswith("log") and time.monotonic() < until:
            time.sleep(0.05)
            theirs = real.do(operation)
        done.append((operation, ours, theirs))
        if done[-1][1] != done[-1][2]:
            break
    return done


def count(seed, done, verdict):
    verdict.count(seed, done)
    if verdict.scripts % 200 == 0:
        print(f"{verdict.scripts} scripts on Kafka, {len(verdict.different)} differ", flush=True)


def run(options, make_fake, bootstrap, verdict):
    """Each worker takes every WORKERS-th script, with a fake, lanes and readers of its own."""
    def work(worker):
        fake, real = make_fake(), Real(bootstrap, worker)
        for at in range(worker, options.kafka_count, WORKERS):
            seed = options.first + at
            count(seed, run_one(seed, fake, real), verdict)
        fake.close()

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(work, worker) for worker in range(WORKERS)]:
            future.result()
