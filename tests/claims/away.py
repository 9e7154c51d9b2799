"""Kafka or PostgreSQL away, at start and during the run: the daemon waits, says so, goes on.

--seconds each time (60; --short: 20). `gridbridge run` stays, names what it waits for without
repeating it for ever, uses less than 1 % of a core while it waits and while it is idle, goes on by
itself, and nothing is lost: books, topics, truth and replay. Negative controls: a spinning process
is seen to spin, and the truth is not met before the last part of the records has come.
"""
import argparse
import json
import os
import pathlib
import signal
import sys
import time

import bridge
import reader
import watch
from gb_daemon import Daemon
from gb_servers import Kafka, Postgres

sys.path.insert(0, str(bridge.ROOT / "examples" / "generator"))
import load  # noqa: E402

SHORT_SECONDS = 200
LANES = 2
PARTS = 4
CPU_SECONDS = 20
CPU_MAX = 1.0
LINES_MAX = 30  # of one absence: two lanes, intake, what each waits for
WORDS = {"kafka": "waits for Kafka: ", "postgres": "waits for PostgreSQL: "}


class Run:
    def __init__(self, folder, kafka, postgres, seconds):
        self.servers = {"kafka": kafka, "postgres": postgres}
        self.seconds, self.folder = seconds, folder
        self.records = list(load.merge(folder))
        self.loaded = 0
        self.figures, self.wrong = {}, []
        self.daemon = Daemon(folder, kafka.bootstrap, postgres.dsn, LANES)

    def load_part(self, part):
        """The next quarter of the records, in their order."""
        end = len(self.records) * part // PARTS
        producer = load.Producer({"bootstrap.servers": self.servers["kafka"].bootstrap,
                                  "enable.idempotence": True})
        for r in self.records[self.loaded:end]:
            producer.produce(r["topic"], None if r["value"] is None else r["value"].encode(),
                             None if r["key"] is None else r["key"].encode(),
                             partition=r["partition"], timestamp=r["timestamp"])
        if producer.flush(60) > 0:
            raise TimeoutError("the records of a part were not delivered")
        self.loaded = end

    def drained(self):
        """Every source record so far stands in the group's offsets and all outputs are out."""
        received, left, halted = self.daemon.state()
        return received >= self.loaded and left == 0 and halted == 0

    def wait_drained(self, name):
        begin = time.monotonic()
        self.daemon.wait(f"{name}: all records", self.drained, 120)
        self.figures[f"back_s_{name}"] = round(time.monotonic() - begin, 1)

    def absence(self, name, server, mark):
        """Watches the daemon without a server; then the server comes back."""
        begin = time.monotonic()
        time.sleep(2)
        cpu = watch.cpu_percent(self.daemon.process.pid, CPU_SECONDS)
        if name == "postgres_start":
            self.load_part(3)
        time.sleep(max(0, begin + self.seconds - time.monotonic()))
        said = self.daemon.log()[mark:]
        lines = len(said.splitlines())
        often, words = watch.repeated(said)
        self.figures.update({f"cpu_percent_{name}": round(cpu, 2), f"lines_{name}": lines})
        if not self.daemon.is_running():
            self.wrong.append(f"{name}: the daemon ended with {self.daemon.process.returncode}")
        if WORDS[server] not in said:
            self.wrong.append(f"{name}: it does not say what it waits for: {said[:300]!r}")
        if lines > LINES_MAX or often > 2:
            self.wrong.append(f"{name}: {lines} lines in {self.seconds} s, one {often} times:"
                              f" {words[:160]}")
        if cpu >= CPU_MAX:
            self.wrong.append(f"{name}: {cpu:.2f} % of a core while waiting")
        self.servers[server].start_again()
        self.wait_drained(name)

    def at_start(self, server):
        mark = len(self.daemon.log()) if self.daemon.log_path.exists() else 0
        self.servers[server].stop()
        self.daemon.start()
        self.absence(f"{server}_start", server, mark)

    def during(self, server, part):
        """The server is killed while the daemon works on a part that came all at once."""
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.load_part(part)
        mark = len(self.daemon.log())
        self.daemon.process.send_signal(signal.SIGCONT)
        self.servers[server].kill()
        self.absence(f"{server}_run", server, mark)

    def idle(self):
        time.sleep(3)
        cpu = watch.cpu_percent(self.daemon.process.pid, CPU_SECONDS)
        self.figures["cpu_percent_idle"] = round(cpu, 2)
        if cpu >= CPU_MAX:
            self.wrong.append(f"idle: {cpu:.2f} % of a core with all servers up")

    def controls(self, before_last):
        busy = watch.busy_percent()
        self.figures["cpu_percent_control"] = round(busy)
        if busy < 10:
            self.wrong.append(f"negative control: a spinning process shows {busy:.1f} %")
        if not bridge.compare(self.folder, before_last):
            self.wrong.append("negative control: the truth is met without the last records")

    def all(self):
        self.daemon.set_up()
        load.create_topics(self.servers["kafka"].bootstrap)
        self.load_part(1)
        self.at_start("kafka")
        self.idle()
        self.during("kafka", 2)
        code = self.daemon.stop()
        self.at_start("postgres")
        before_last = reader.follow(self.servers["kafka"].bootstrap, "gb.", seconds=120)
        self.during("postgres", 4)
        self.idle()
        if (code, self.daemon.stop()) != (0, 0):
            self.wrong.append("the daemon did not end with 0")
        self.controls(before_last)


def run(seconds, folder):
    bridge.generate(folder, 2, 1)
    with Kafka("away-kafka") as kafka, Postgres("away-postgres") as postgres:
        all_of = Run(folder, kafka, postgres, seconds)
        try:
            all_of.all()
        finally:
            all_of.daemon.end()
        result = reader.follow(kafka.bootstrap, "gb.", seconds=120)
        wrong = all_of.wrong + result.faults + bridge.compare(folder, result)
        wrong += bridge.replay_identical(postgres, LANES)
        books = all_of.daemon.books()
    for source, book in books.items():
        if book["received"] != sum(v for k, v in book.items() if k != "received"):
            wrong.append(f"books of {source} do not balance: {book}")
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["counts"]
    due = sum(c["intake_records"] for c in truth.values())
    received = sum(b["received"] for s, b in books.items() if s != "policy")
    all_of.figures["records"] = due
    if received < due:
        wrong.append(f"{received} records in the books, {due} were there")
    return all_of.figures, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "away"
    figures, wrong = run(22 if options.short else options.seconds, folder)
    for name, figure in figures.items():
        print(f"{name}={figure}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"away fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("away holds")


if __name__ == "__main__":
    main()
