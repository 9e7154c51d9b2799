"""The shipped program on real servers: its configuration, its set-up, running instances.

    place = Place(folder, kafka, postgres.dsn, lanes)     folder: what bridge.generate wrote
    place.set_up()                                        migrations, topics, policy
    with place.run("a", stop_at="committed:3") as one:
        one.wait_stop_point(20)                           True: it ended there, by its own signal
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import confluent_kafka
import psycopg2

ROOT = pathlib.Path(os.environ["GB_ROOT"])
SOURCES = {"party_building": "party.dj.sys_party_task", "governance_grid": "grid.canal"}
POLICY_TOPIC = "gb.policy.in"
STOP_LINE = re.compile(r'level=warn msg="stop point (\w+) reached (\d+) times: (SIGKILL|SIGSTOP)"')


def program():
    return os.environ["GB_BIN"]


def key_file(folder, name, digit):
    path = pathlib.Path(folder) / name
    if not path.exists():
        path.write_text(digit * 64)
        path.chmod(0o400)
    return path


def patiently(call):
    """The call's result; a broker that has just started says for a while that it leads nothing."""
    until = time.monotonic() + 30
    while True:
        try:
            return call()
        except confluent_kafka.KafkaException:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


class Place:
    """One bridge: its servers, its settings. Several instances may run in it."""

    def __init__(self, folder, kafka, dsn, lanes, batch_records=2000):
        self.folder, self.kafka, self.dsn = pathlib.Path(folder), kafka, dsn
        self.lanes, self.batch_records = lanes, batch_records
        self.connection = None
        self.id = f"claim-{os.getpid()}"  # instances' names are the host's: runs must not meet
        shutil.copy(ROOT / "examples/tangzhang/refuse.yaml", self.folder / "refuse.yaml")
        key_file(self.folder, "salt.key", "5")

    def with_database(self, dsn, batch_records):
        return Place(self.folder, self.kafka, dsn, self.lanes, batch_records)

    def configuration(self, name, more=()):
        lines = ["version: 1", f"bridge: {{id: {self.id}, instance: {name}}}",
                 f"kafka: {{bootstrap: '{self.kafka.bootstrap}'}}",
                 f"postgres: {{dsn: '{self.dsn}'}}",
                 "policy: {refuse: refuse.yaml}", f"lanes: {{count: {self.lanes}}}",
                 f"limits: {{batch_records: {self.batch_records}}}",
                 "privacy: {join_key_file: join.key, salt_file: salt.key}", "sources:"]
        for name, topic in SOURCES.items():
            lines += [f"  {name}: {{topic: {topic}, adapter: {ROOT / 'adapters' / name},"
                      f" lookups: lookups}}"]
        return "\n".join([*lines, *more, ""])

    def write(self, name, more=()):
        path = self.folder / f"{name}.yaml"
        path.write_text(self.configuration(name, more), encoding="utf-8")
        return path

    def call(self, *words, code=0):
        """A command of the program, which must end with the code (None: with any); its stdout."""
        path = self.write("commands")
        done = subprocess.run([program(), *words, "-c", path], cwd=ROOT, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if code not in (None, done.returncode):
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.returncode}: {done.stderr}")
        return done.stdout

    def set_up(self):
        self.call("db", "migrate", "--sql", ROOT / "schemas/sql")
        self.call("topics", "create", "--replication", "1")
        self.call("policy", "activate", self.folder / "policy", "--execute")

    def run(self, name, roles=None, stop_at=None, binary=None):
        return Instance(self, name, roles, stop_at, binary or program())

    def ask(self, sql, *values):
        """Rows of a query, on a connection that is kept, and made anew when a server was killed."""
        until = time.monotonic() + 30
        while True:
            try:
                if self.connection is None or self.connection.closed:
                    self.connection = psycopg2.connect(self.dsn,
                                                       options="-c search_path=gridbridge")
                    self.connection.autocommit = True
                with self.connection.cursor() as cursor:
                    cursor.execute(sql, values)
                    return cursor.fetchall()
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self.connection = None
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def ends(self, topic):
        """{partition: offset of the next record}, what no transaction holds back."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.kafka.bootstrap,
                                             "group.id": "claims-ends",
                                             "isolation.level": "read_uncommitted"})
        try:
            known = patiently(
                lambda: consumer.list_topics(topic, timeout=10).topics[topic].partitions)
            return {p: patiently(lambda p=p: consumer.get_watermark_offsets(
                confluent_kafka.TopicPartition(topic, p), timeout=10))[1] for p in known}
        finally:
            consumer.close()

    def is_intake_done(self):
        """True if the intake's group has committed the end of every source topic."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.kafka.bootstrap,
                                             "group.id": f"{self.id}.intake"})
        try:
            for topic in [*SOURCES.values(), POLICY_TOPIC]:
                wanted = self.ends(topic)
                places = [confluent_kafka.TopicPartition(topic, p) for p in wanted]
                found = patiently(lambda at=places: consumer.committed(at, timeout=10))
                if any(f.offset < wanted[f.partition] for f in found):
                    return False
            return True
        finally:
            consumer.close()

    def left(self, ends):
        """{lane: intake records not yet applied, or 1 if only something is unpublished}."""
        rows = self.ask("SELECT lane, next_offset, next_index, floor_index FROM lane")
        left = dict(ends)
        for lane, next_offset, next_index, floor_index in rows:
            left[lane] = ends[lane] - next_offset or int(floor_index < next_index)
        return left

    def settle(self, instance, seconds):
        """Waits until all that came in is applied and published, and stays so for a while."""
        until, quiet = time.monotonic() + seconds, 0
        while quiet < 3:
            left = self.left(self.ends("gb.intake"))
            is_done = self.is_intake_done() and sum(left.values()) == 0
            quiet = quiet + 1 if is_done else 0
            if time.monotonic() > until:
                raise TimeoutError(f"not settled after {seconds} s: {left}, {instance.log_path}")
            time.sleep(1)


class Instance:
    """`gridbridge run`. Its log is appended to NAME.log; what this process said is said()."""

    def __init__(self, place, name, roles, stop_at, binary):
        path = place.write(name)
        self.log_path = place.folder / f"{name}.log"
        self.log = open(self.log_path, "ab")
        self.begin = self.log.tell()
        environment = {k: v for k, v in os.environ.items() if k != "GRIDBRIDGE_STOP_AT"}
        if stop_at:
            environment["GRIDBRIDGE_STOP_AT"] = stop_at
        self.process = subprocess.Popen(
            [binary, "run", "-c", path, *(["--roles", roles] if roles else [])], cwd=ROOT,
            env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def said(self):
        with open(self.log_path, "rb") as file:
            file.seek(self.begin)
            return file.read().decode(errors="replace")

    def wait_said(self, words, seconds):
        """True once the words stand in its log."""
        until = time.monotonic() + seconds
        while words not in self.said():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def stop_line(self):
        """(point, count, signal) of the stop point that was reached, or None."""
        found = STOP_LINE.search(self.said())
        return (found[1], int(found[2]), found[3]) if found else None

    def wait_stop_point(self, seconds):
        """True if the process ended within the time by SIGKILL at its armed point."""
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        line = self.stop_line()
        return code == -signal.SIGKILL and line is not None and line[2] == "SIGKILL"

    def wait_frozen(self, seconds):
        """True if the process stands still at its armed point within the time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            state = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]
            if state.split()[0] == "T" and self.stop_line() is not None:
                return True
            time.sleep(0.02)
        return False

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        """In order; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.log.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
