"""The program as an operator runs it: a configuration, `gridbridge run`, its log and its end.

    daemon = Daemon(folder, kafka.bootstrap, postgres.dsn, lanes=2)
    daemon.set_up(); daemon.start(); daemon.wait_applied(120); daemon.stop()

folder holds lookups/ and policy/ as examples/generator writes them. `more` is YAML text appended
to the configuration: whole sections.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import psycopg2
from gb_servers import ROOT

EXAMPLE = pathlib.Path(ROOT) / "examples" / "tangzhang"
TOPICS = {"party_building": "party.dj.sys_party_task", "governance_grid": "grid.canal"}
OUTCOMES = ("applied", "unchanged", "refused", "dead", "ignored")
KEYS = ("join.key", "salt.key", "publish.key")


class Daemon:
    def __init__(self, folder, bootstrap, dsn, lanes=2, more="", name="gridbridge", binary=None):
        self.folder = pathlib.Path(folder)
        self.bootstrap, self.dsn, self.lanes = bootstrap, dsn, lanes
        self.binary = binary or os.environ.get("GB_BIN") or \
            os.path.join(ROOT, "build", "release", "gridbridge")
        self.config = self.folder / f"{name}.yaml"
        self.log_path = self.folder / f"{name}.log"
        self.process = None
        self.write(more)

    def write(self, more):
        (self.folder / "keys").mkdir(parents=True, exist_ok=True)
        for key in KEYS:
            if not (self.folder / "keys" / key).exists():
                shutil.copy(EXAMPLE / "keys" / key, self.folder / "keys" / key)
                os.chmod(self.folder / "keys" / key, 0o400)
        shutil.copy(EXAMPLE / "refuse.yaml", self.folder / "refuse.yaml")
        sources = "".join(f"  {name}: {{topic: {topic}, lookups: lookups,"
                          f" adapter: {ROOT}/adapters/{name}}}\n" for name, topic in TOPICS.items())
        kafka = "" if "kafka:" in more else f"kafka: {{bootstrap: '{self.bootstrap}'}}\n"
        sections = "" if "sources:" in more else f"sources:\n{sources}"
        self.config.write_text(
            f"version: 1\n{kafka}postgres: {{dsn: '{self.dsn}'}}\n{sections}"
            f"policy: {{refuse: refuse.yaml}}\nlanes: {{count: {self.lanes}}}\n"
            "privacy: {join_key_file: keys/join.key, publish_key_file: keys/publish.key,"
            f" salt_file: keys/salt.key}}\n{more}", encoding="utf-8")

    def command(self, *words, code=0):
        """Stdout of one command with the configuration; raises on another exit code."""
        done = subprocess.run([self.binary, *words, "-c", str(self.config)], cwd=ROOT, text=True,
                              capture_output=True, check=False, timeout=300)
        if code is not None and done.returncode != code:
            raise RuntimeError(f"gridbridge {' '.join(words)} ended with {done.returncode}:\n"
                               f"{done.stdout}{done.stderr}")
        return done.stdout

    def set_up(self, policy=None):
        self.command("db", "migrate")
        self.command("topics", "create")
        self.command("policy", "activate", str(policy or self.folder / "policy"), "--execute")

    def start(self, environment=None):
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.binary, "run", "-c", str(self.config)], cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=dict(os.environ, **(environment or {})))
        return self

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=15):
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """Whatever its state."""
        if self.is_running():
            self.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.end()

    def ask(self, statement, *values):
        with psycopg2.connect(self.dsn, options="-c search_path=gridbridge") as connection:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()

    def books(self):
        """Sums of the open and closed books by source."""
        books = {}
        for (row,) in self.ask("SELECT row FROM book"):
            book = json.loads(row)
            sums = books.setdefault(book["source"], dict.fromkeys(("received", *OUTCOMES), 0))
            for word in sums:
                sums[word] += book[word]
        return books

    def state(self):
        """(records received from sources, ledger lines that are not published, halted lanes)."""
        received = sum(b["received"] for s, b in self.books().items() if s != "policy")
        (left, halted), = self.ask("SELECT coalesce(sum(next_index - floor_index), 0),"
                                   " count(*) FILTER (WHERE status = 'halted') FROM lane")
        return received, left, halted

    def wait(self, what, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if not self.is_running():
                raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n"
                                   f"{self.log()[-2000:]}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what}: not within {seconds} s; the daemon said:\n"
                                   f"{self.log()[-3000:]}")
            time.sleep(0.2)

    def wait_received(self, records, seconds=120):
        """Until the books hold that many source records and all outputs are published."""
        def done():
            received, left, _ = self.state()
            return received >= records and left == 0
        self.wait(f"{records} records", done, seconds)

    def wait_log(self, words, seconds=30, after=0):
        self.wait(f"log line {words!r}", lambda: words in self.log()[after:], seconds)
