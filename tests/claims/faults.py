"""Real faults of all kinds under load: nothing lost, doubled, reordered or differing at the end.

--count faults (1,000; --short: 20), in rounds of at most --round with servers and data of their
own; --keep FILE holds what was done, so that a run may be broken off and gone on with.
Two or three daemons, behind proxies that delay, cut and half-open connections. Kinds: see KINDS.
After each round: no gap, no double, the truth, each source coordinate once, Kafka equal to the
outbox, replay identical; then two ends: records of a source topic created again count, records of
gb.intake deleted before they were read halt the lane. Recovery: seconds from the end of a fault
until lines are applied again, p50 and p99 of each kind. Negative control: a line taken out of the
ledger is missed.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import bridge
import confluent_kafka
import daemon
import ledger
from confluent_kafka.admin import AdminClient, ConfigResource
from feeder import Feeder
from gb_servers import Kafka, Postgres
from proxy import Proxy
from verdict import settle_and_check

SHORT_SECONDS = 300
LANES, TOWNS = 3, 6
SECONDS_A_FAULT = 7
RECOVERY_MAX = 60
POISON = (b"{", b"\xff\xfe", b"[" * 5000, b'{"a":1,"a":2}', b"x" * (8 << 20))
TOPIC = daemon.SOURCES["governance_grid"]


class Place(daemon.Place):
    """Daemons go through the proxies, the claim itself does not."""

    def __init__(self, *args, proxied=None, **more):
        super().__init__(*args, **more)
        self.proxied = proxied or {}

    def configuration(self, name, more=()):
        text = super().configuration(name, more)
        for plain, proxied in self.proxied.items():
            text = text.replace(plain, proxied)
        return text


class World:
    """The servers, the proxies, the daemons, and what was done to them."""

    def __init__(self, place, servers, proxies, chance):
        self.place, self.servers, self.proxies, self.chance = place, servers, proxies, chance
        self.running, self.started, self.poison = [], 0, 0
        self.wrong, self.recovery = [], collections.defaultdict(list)

    def add(self):
        self.started += 1
        self.running.append(self.place.run(f"d{self.started}"))

    def head(self):
        return self.place.ask("SELECT coalesce(sum(next_index), 0) FROM lane")[0][0]

    def admin(self, statement):
        """One statement as PostgreSQL's administrator, past the proxy."""
        dsn = self.servers["postgres"].dsn.replace("gridbridge@", "postgres@", 1)
        subprocess.run(["psql", "-X", "-q", "-c", statement, dsn], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def rest(self, least, most):
        time.sleep(self.chance.uniform(least, most))

    # -- the faults ---------------------------------------------------------------------------

    def kill9(self):
        self.running.pop(self.chance.randrange(len(self.running))).kill()
        self.add()

    def zombie(self):
        one = self.chance.choice(self.running)
        one.process.send_signal(19)
        self.rest(1, 9)
        one.wake()

    def storm(self):
        for _ in range(3):
            self.add()
            self.rest(0.2, 1.5)
            self.running.pop().kill()

    def sigterm(self):
        one = self.running.pop(self.chance.randrange(len(self.running)))
        if one.stop() != 0:
            self.wrong.append("a daemon that was asked to end did not end in order")
        self.add()

    def postgres_killed(self):
        self.server("postgres")

    def kafka_killed(self):
        self.server("kafka")

    def server(self, name):
        self.servers[name].kill()
        self.rest(0, 2)
        self.servers[name].start_again()

    def postgres_read_only(self):
        self.admin("ALTER SYSTEM SET default_transaction_read_only = on")
        self.admin("SELECT pg_reload_conf()")
        self.rest(1, 3)
        self.admin("BEGIN READ WRITE; COMMIT; ALTER SYSTEM RESET default_transaction_read_only")
        self.admin("SELECT pg_reload_conf()")

    def backends_terminated(self):
        self.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE usename = 'gridbridge'")

    def proxied(self, name, mode):
        self.proxies[name].be(mode)
        self.rest(1, 6)
        self.proxies[name].be("pass")

    def postgres_cut(self):
        self.proxies["postgres"].cut()

    def kafka_cut(self):
        self.proxies["kafka"].cut()

    def postgres_slow(self):
        self.proxied("postgres", "delay")

    def kafka_slow(self):
        self.proxied("kafka", "delay")

    def postgres_half_open(self):
        self.proxied("postgres", "hole")
        self.proxies["postgres"].cut()

    def kafka_half_open(self):
        self.proxied("kafka", "hole")
        self.proxies["kafka"].cut()

    def postgres_refused(self):
        self.proxied("postgres", "refuse")

    def kafka_refused(self):
        self.proxied("kafka", "refuse")

    def poisoned(self):
        """Bytes that are no record, up to 8 MB: dead letters, and nothing else stops."""
        producer = confluent_kafka.Producer({"bootstrap.servers": self.place.kafka.bootstrap,
                                             "message.max.bytes": 9 << 20, "log_level": 2})
        producer.produce(TOPIC, self.chance.choice(POISON), partition=0)
        if producer.flush(60):
            raise RuntimeError("poison could not be sent")
        self.poison += 1

    def disk_error(self):
        """The next flush of a backend fails (strace): PostgreSQL panics and recovers."""
        pids = [row[0] for row in self.place.ask("SELECT backend_pid FROM lane")]
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e",
                   "inject=fdatasync,fsync:error=EIO:when=1"]
        tracer = subprocess.Popen([*command, *(w for p in pids for w in ("-p", str(p)))],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.rest(1, 3)
        tracer.terminate()
        tracer.wait()
        if not self.servers["postgres"].is_running():
            self.servers["postgres"].start_again()

    # -- and what is seen ---------------------------------------------------------------------

    def do(self, kind):
        getattr(self, kind)()
        begin, before = time.monotonic(), self.head()
        while self.head() == before:
            if time.monotonic() - begin > RECOVERY_MAX:
                self.wrong.append(f"{kind}: nothing was applied for {RECOVERY_MAX} s")
                break
            time.sleep(0.02)
        self.recovery[kind].append(time.monotonic() - begin)
        for one in self.running:
            if one.process.poll() is not None:
                self.wrong.append(f"{kind}: a daemon ended with {one.process.returncode}")
        self.running = [one for one in self.running if one.process.poll() is None]
        while len(self.running) < 2:
            self.add()

    def end(self):
        for one in self.running:
            one.kill()
        self.running = []


KINDS = ("kill9", "zombie", "storm", "sigterm", "postgres_killed", "kafka_killed",
         "postgres_read_only", "backends_terminated", "postgres_cut", "kafka_cut",
         "postgres_slow", "kafka_slow", "postgres_half_open", "kafka_half_open",
         "postgres_refused", "kafka_refused", "poisoned", "disk_error")


def plan(count, chance):
    """Each kind as often as the others, in any order."""
    kinds = [KINDS[i % len(KINDS)] for i in range(count)]
    chance.shuffle(kinds)
    return kinds


def start(folder, proxies):
    kafka = Kafka(f"{folder.name}-kafka", **{
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{proxies['kafka'].port}",
        "message.max.bytes": 10 << 20, "log.retention.check.interval.ms": 1000}).start()
    postgres = Postgres(f"{folder.name}-postgres").start()
    proxies["kafka"].aim(int(kafka.bootstrap.rpartition(":")[2]))
    port = postgres.dsn.rpartition(":")[2].partition("/")[0]
    proxies["postgres"].aim(int(port))
    proxied = {kafka.bootstrap: f"127.0.0.1:{proxies['kafka'].port}",
               f"127.0.0.1:{port}": f"127.0.0.1:{proxies['postgres'].port}"}
    return kafka, postgres, proxied


def must_halt(place, wrong):
    """Two ends of a bridge: what was deleted or created again is never skipped in silence.

    Kafka forgets the group's offsets with a topic: its records come at offsets that the lanes know,
    and must count all the same."""
    dead = "SELECT sum((row::json ->> 'dead')::int) FROM book"
    before = place.ask(dead)[0][0]
    admin = AdminClient({"bootstrap.servers": place.kafka.bootstrap})
    for future in admin.delete_topics([TOPIC]).values():
        future.result()
    time.sleep(2)
    loader = bridge.ROOT / "examples/generator/load.py"
    subprocess.run([bridge.PYTHON, "-c", f"import sys; sys.path.insert(0, '{loader.parent}');"
                    f" import load; load.create_topics('{place.kafka.bootstrap}')"], check=True)
    producer = confluent_kafka.Producer({"bootstrap.servers": place.kafka.bootstrap,
                                         "log_level": 2})
    for partition in range(3):
        producer.produce(TOPIC, b"{}", partition=partition)
    producer.flush(30)
    with place.run("again") as instance:
        place.settle(instance, 60)
        time.sleep(2)  # the tick that counts them
        instance.stop()
    if place.ask(dead)[0][0] != before + 3:
        wrong.append(f"{place.ask(dead)[0][0] - before} of 3 records of a source topic that was"
                     " created again were counted")
    place.ask("UPDATE lane SET next_offset = 1, last_hash = NULL WHERE lane = 0 RETURNING 1")
    forget_records(place, admin, "gb.intake")
    with place.run("deleted") as instance:
        if not instance.wait_said("halts: intake_log", 40):
            wrong.append("a lane whose records were deleted before they were read does not halt")
        instance.stop()


def forget_records(place, admin, topic):
    """Retention takes all records of the topic; the broker looks once a second (see start())."""
    at = ConfigResource(ConfigResource.Type.TOPIC, topic, set_config={"retention.ms": "1"})
    for future in admin.alter_configs([at]).values():
        future.result()
    consumer = confluent_kafka.Consumer({"bootstrap.servers": place.kafka.bootstrap,
                                         "group.id": "claims-forget"})
    try:
        until = time.monotonic() + 60
        while True:
            low, high = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, 0),
                                                       timeout=10)
            if low == high:
                return
            if time.monotonic() > until:
                raise TimeoutError(f"{topic} still holds {low} to {high}")
            time.sleep(0.5)
    finally:
        consumer.close()


def misses_a_line(place, counts, doubles):
    """Negative control: with a coordinate taken out of the ledger the verdict is not the same."""
    lanes = {lane: ledger.judge(rows) for lane, rows in ledger.read(place).items()}
    passed = [p for judged in lanes.values() for p in judged.passed]
    ends = {topic: place.ends(topic) for topic in daemon.SOURCES.values()}
    wrong = []
    ledger.check_once([p for p in passed[:-1]], ends, wrong)
    del counts, doubles
    return bool(wrong)


def play(folder, kinds, seed):
    """One round; (what is wrong, seconds by kind, figures)."""
    bridge.generate(folder, 2, TOWNS, seed=seed)
    counts = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["counts"]
    proxies = {"kafka": Proxy(), "postgres": Proxy()}
    kafka, postgres, proxied = start(folder, proxies)
    try:
        place = Place(folder, kafka, postgres.dsn, LANES, batch_records=20, proxied=proxied)
        messages = sum(c["messages"] for c in counts.values())
        feeder = Feeder(folder, kafka.bootstrap, messages / (len(kinds) * SECONDS_A_FAULT))
        place.set_up()
        world = World(place, {"kafka": kafka, "postgres": postgres}, proxies, random.Random(seed))
        world.add()
        world.add()
        for number, kind in enumerate(kinds):
            if feeder.is_done():
                world.wrong.append(f"nothing was left to do at fault {number + 1}")
                break
            world.do(kind)
            bridge.progress(f"fault {number + 1} of {len(kinds)}: {kind}"
                            f" {world.recovery[kind][-1]:.1f} s, {feeder.sent} records fed,"
                            f" {len(world.wrong)} wrong {world.wrong[-1:]}")
        world.end()
        feeder.end(300)
        counts["governance_grid"]["dead"]["poison"] = world.poison
        counts["governance_grid"]["messages"] += world.poison
        found, figures, _ = settle_and_check(place, feeder, counts)
        if not misses_a_line(place, counts, None):
            found.append("negative control: a missing line is not missed")
        must_halt(place, found)
        return world.wrong + found, world.recovery, figures
    finally:
        for server in (kafka, postgres):
            server.stop()
        for proxy in proxies.values():
            proxy.end()
        shutil.rmtree(folder, ignore_errors=True)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def read(path):
    if path and path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    return {"rounds": 0, "wrong": [], "recovery": {}, "lines": 0}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--round", type=int, default=60)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    options.count = options.count or (20 if options.short else 1000)
    done = read(options.keep)
    while sum(map(len, done["recovery"].values())) < options.count and not done["wrong"]:
        left = options.count - sum(map(len, done["recovery"].values()))
        seed = 1000 + done["rounds"]
        folder = pathlib.Path(os.environ["GB_SCRATCH"]) / f"faults-{done['rounds']}"
        wrong, recovery, figures = play(
            folder, plan(min(left, options.round), random.Random(seed)), seed)
        done["rounds"] += 1
        done["wrong"] += wrong
        done["lines"] += figures["ledger_lines"]
        for kind, seconds in recovery.items():
            done["recovery"].setdefault(kind, []).extend(round(s, 2) for s in seconds)
        if options.keep:
            options.keep.write_text(json.dumps(done), encoding="utf-8")
    for kind, seconds in sorted(done["recovery"].items()):
        print(f"{kind}={len(seconds)}")
        print(f"{kind}_p50={percentile(seconds, 0.5):.1f}")
        print(f"{kind}_p99={percentile(seconds, 0.99):.1f}")
    print(f"faults={sum(map(len, done['recovery'].values()))}")
    print(f"rounds={done['rounds']}")
    print(f"ledger_lines={done['lines']}")
    print(f"wrong={len(done['wrong'])}")
    for line in done["wrong"][:20]:
        print(f"  {line}")
    if done["wrong"]:
        print(f"faults fails: {len(done['wrong'])} differences, the first: {done['wrong'][0]}")
        sys.exit(1)
    print("faults holds")


if __name__ == "__main__":
    main()
