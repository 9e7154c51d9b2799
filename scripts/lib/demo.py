"""The demo: generated town -> Kafka -> daemon -> what became one, who leads, what is left open."""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import psycopg2

import demo_words
from demo_live import Departments
from demo_story import Story
from demo_words import ROOT

BINARY = ROOT / "build" / "release" / "gridbridge"
TOPICS = {"party_building": "party.dj.sys_party_task", "governance_grid": "grid.canal"}
EXAMPLE = ROOT / "examples" / "tangzhang"
LANES = "2"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Town:
    """Private servers, a generated town and the daemon, all below one scratch folder."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gridbridge-demo-"))
        os.chmod(self.folder, 0o755)
        self.data = self.folder / "town"
        self.daemon = self.departments = None
        self.started = []

    def server(self, script, name=None):
        folder = self.folder / (name or script)
        self.started.append((script, folder))
        out = subprocess.run([ROOT / "scripts" / script, "start", "--dir", folder], check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return out.stdout.strip().partition("=")[2]

    def start_servers(self):
        say("demo: starting a private Kafka and PostgreSQL")
        self.bootstrap = self.server("kafka")
        self.dsn = self.server("postgres")

    def command(self, *words):
        done = subprocess.run([BINARY, *words], check=False, cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise SystemExit(f"demo: gridbridge {' '.join(words)} ended with {done.returncode}:\n"
                             f"{done.stdout}{done.stderr}")
        return done.stdout

    def generate(self):
        say("demo: generating three days of Tangzhang: 17 villages, both networks' own dialects")
        subprocess.run(["/usr/bin/python3", ROOT / "examples/generator/generate.py", "--out",
                        self.data, "--seed", "1", "--days", "3", "--towns", "1"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in (EXAMPLE / "policy").iterdir():
            if not (self.data / "policy" / path.name).exists():
                shutil.copy(path, self.data / "policy" / path.name)
        shutil.copy(EXAMPLE / "refuse.yaml", self.data / "refuse.yaml")
        (self.data / "keys").mkdir()
        for name in ("join.key", "salt.key", "publish.key"):
            shutil.copy(EXAMPLE / "keys" / name, self.data / "keys" / name)
            os.chmod(self.data / "keys" / name, 0o400)

    def configure(self):
        """The configuration that an operator would write."""
        self.config = self.data / "gridbridge.yaml"
        sources = "".join(f"  {name}: {{topic: {topic}, adapter: {ROOT / 'adapters' / name},"
                          " lookups: lookups}\n" for name, topic in TOPICS.items())
        desk = self.command("keys", "gateway", str(self.data / "keys" / "desk.key"))
        self.config.write_text(
            f"version: 1\nbridge: {{id: demo}}\nkafka: {{bootstrap: '{self.bootstrap}'}}\n"
            f"postgres: {{dsn: '{self.dsn}'}}\nsources:\n{sources}"
            f"policy: {{refuse: refuse.yaml}}\nlanes: {{count: {LANES}}}\n"
            "privacy: {join_key_file: keys/join.key, publish_key_file: keys/publish.key,"
            " salt_file: keys/salt.key}\n" + desk, encoding="utf-8")

    def set_up(self):
        say("demo: schema, topics, policy bundle")
        self.configure()
        config = ["-c", str(self.config)]
        self.command("db", "migrate", *config)
        self.command("topics", "create", *config)
        self.command("policy", "activate", str(self.data / "policy"), "--execute", *config)
        subprocess.run(["/usr/bin/python3", ROOT / "examples/generator/load.py", self.data,
                        "--bootstrap", self.bootstrap, "--create-topics"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self):
        say("demo: the daemon runs")
        with open(self.folder / "daemon.log", "w", encoding="utf-8") as log:
            self.daemon = subprocess.Popen(
                [BINARY, "run", "-c", self.config],
                cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        self.database = psycopg2.connect(self.dsn, options="-c search_path=gridbridge")
        self.database.autocommit = True

    def ask(self, statement, *values):
        with self.database.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def wait(self, seconds=60):
        """Until all generated records are in the books and all outputs are published."""
        truth = json.loads((self.data / "truth.json").read_text(encoding="utf-8"))
        due = sum(c["intake_records"] for c in truth["counts"].values())
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.daemon.poll() is None:
            received = sum(book["received"] for book in self.books().values())
            (left,), = self.ask("SELECT coalesce(sum(next_index - floor_index), 0) FROM lane")
            if sys.stderr.isatty():
                print(f"\rdemo: {received} of {due} records", end="", file=sys.stderr)
            if received >= due and left == 0:
                say("")
                return
            time.sleep(0.5)
        raise SystemExit(f"demo: not done in {seconds} s; the daemon said:\n"
                         + (self.folder / "daemon.log").read_text(encoding="utf-8")[-2000:])

    def books(self):
        books = {}
        for (row,) in self.ask("SELECT row FROM book"):
            book = json.loads(row)
            if book["source"] == "policy":
                continue
            sums = books.setdefault(book["source"], dict.fromkeys(
                ("received", "applied", "unchanged", "refused", "dead", "ignored"), 0))
            for word in sums:
                sums[word] += book[word]
        return books

    def go_live(self):
        """The departments' own systems start, and both sources leave shadow mode by a reload."""
        say("demo: both departments' systems start; their sources go live")
        self.departments = Departments(self, self.server("postgres", "departments"))
        self.departments.wait("the departments' rows", self.departments.are_up)
        text = self.config.read_text(encoding="utf-8")
        self.config.write_text(text.replace("lookups: lookups}", "lookups: lookups, mode: live}"),
                               encoding="utf-8")
        self.daemon.send_signal(signal.SIGHUP)
        self.departments.note_something()
        self.departments.wait("live mode", lambda: re.search(
            r'"live":true', "".join(row for row, in self.ask(
                "SELECT row FROM lane_state WHERE key LIKE 'writeback/%%'"))))

    def play_live(self):
        live = self.departments
        live.type()
        live.wait("counterparts", live.have_counterparts)
        live.close_some()
        live.wait("tasks that show their cases as closed", live.show_closed)
        live.wait("confirmation of all that was written back", live.are_confirmed)
        live.wait("balanced books", self.are_balanced)  # a tick later than the last record

    def are_balanced(self):
        return all(2 * book["received"] == sum(book.values()) for book in self.books().values())

    def stop(self):
        if self.departments is not None:
            self.departments.stop()
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(timeout=20)
        for name, folder in self.started:
            subprocess.run([ROOT / "scripts" / name, "stop", "--dir", folder],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def say_next(town, keep):
    if keep:
        pids = " ".join(str(process.pid) for process in
                        [*town.departments.processes, town.daemon])
        stops = "; ".join(f"scripts/{script} stop --dir {folder}"
                          for script, folder in town.started)
        print(f"\nLeft running: GRIDBRIDGE: bootstrap {town.bootstrap}, dsn {town.dsn}\n"
              f"  daemon pid {town.daemon.pid}; data in {town.folder}; to end it:\n"
              f"  kill {pids}; {stops}")
    else:
        print("\nNext: scripts/demo --keep, then `gridbridge lanes list`, `gridbridge replay` or"
              " psql on the views\nof schema gridbridge; scripts/prove lists what is claimed.")


def language(options):
    """zh or en: the option, else LANG."""
    word = options.lang or os.environ.get("DEMO_LANG") or "en"
    return "zh" if word.lower().startswith("zh") else "en"


def tell(town, words):
    story = Story(town, words)
    story.became_one(story.typed())
    story.who_leads()
    town.go_live()
    before = town.departments.counts()
    town.play_live()
    story.written_back(town.departments, before)
    story.to_decide()
    story.one_matter()
    story.books()
    story.replay()


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--keep", action="store_true", help="leave servers and daemon running")
    parser.add_argument("--lang", choices=("zh-CN", "en"), help="language of the page; else LANG's")
    options = parser.parse_args()
    words = demo_words.Words(EXAMPLE, language(options))
    town = Town()
    done = False
    try:
        town.start_servers()
        town.generate()
        town.set_up()
        town.run()
        town.wait()
        tell(town, words)
        say_next(town, options.keep)
        done = True
    finally:
        if not (done and options.keep):
            town.stop()


if __name__ == "__main__":
    main()
