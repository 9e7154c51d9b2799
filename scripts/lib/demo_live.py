"""The live part of the demo: both departments' systems run, and their people type a few matters.

Two processes of examples/department are the systems; what their people do is done here, in the
tables of these systems. All that is told comes from those tables and from the bridge's own state.
"""
import csv
import json
import subprocess
import sys
import time

from demo_words import ROOT

sys.path.insert(0, str(ROOT / "examples" / "department"))

from dept.store import Store  # noqa: E402
from dept.systems import SYSTEMS, local_stamp  # noqa: E402

PARTY, GRID = "party_building", "governance_grid"
LOOKUPS = {PARTY: "party_grids.csv", GRID: "grid_grids.csv"}
# (typed where, title, the system's own code of the category)
TYPED = ((PARTY, "村部东侧路灯不亮", "livelihood_04"), (PARTY, "三组排水沟淤塞", "livelihood_02"),
         (PARTY, "桥头垃圾未清运", "town_01"), (PARTY, "广场旁扬尘未覆盖", "environment_04"),
         (GRID, "五保户申请代办医保", "1005"), (GRID, "独居老人需上门探望", "1006"))
CLOSED = 2  # of the cases that came of tasks, so many are finished by the grid's people


class Departments:
    """Both systems, in a PostgreSQL of their own, with the rows of the generated town."""

    def __init__(self, town, dsn):
        self.town, self.processes, self.typed = town, [], []
        self.stores = {source: Store(dsn, SYSTEMS[source]()).set_up() for source in SYSTEMS}
        for source in SYSTEMS:
            log = open(town.folder / f"{source}.log", "w", encoding="utf-8")
            self.processes.append(subprocess.Popen(
                ["/usr/bin/python3", ROOT / "examples/department/department.py", "--source", source,
                 "--bootstrap", town.bootstrap, "--dsn", dsn, "--rows", town.data, "--lookups",
                 town.data / "lookups" / LOOKUPS[source]], stdout=log, stderr=log))

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.wait(timeout=20)

    def wait(self, what, condition, seconds=120):
        """A step of the story that does not come is an error, not a gap in it."""
        until = time.monotonic() + seconds
        while not condition():
            if any(process.poll() is not None for process in self.processes):
                raise SystemExit(f"demo: a department's system ended; see {self.town.folder}/*.log")
            if time.monotonic() > until:
                raise SystemExit(f"demo: {what}: not within {seconds} s; {self.counts()}")
            time.sleep(0.3)

    def are_up(self):
        return all(len(store.rows()) > 20 for store in self.stores.values())

    def grid(self, source, number):
        """The system's own id of some grid that both systems know."""
        with open(self.town.data / "lookups" / LOOKUPS[source], encoding="utf-8") as file:
            lines = [line for line in csv.DictReader(file) if line["grid"]]
        return lines[number * 7 % len(lines)]["id"]

    def note_something(self):
        """An everyday change in each system: what is consumed makes a tick, and the tick tells the
        lanes that their sources are live now (an idle bridge ticks once a minute)."""
        for source, store in self.stores.items():
            column = "description" if source == PARTY else "case_desc"
            store.update(min(store.rows()), {column: "已告知周边住户"})

    def type(self):
        """Their people type matters, each once."""
        for number, (source, title, category) in enumerate(TYPED):
            now = local_stamp(int(time.time() * 1000) - 600_000)
            if source == PARTY:
                row = {"task_title": title, "task_type": category, "created_at": now,
                       "grid_id": self.grid(source, number), "created_by": "10001"}
            else:
                row = {"case_title": title, "event_type_list": category, "occur_time": now,
                       "grid": self.grid(source, number), "source_type": "check",
                       "case_code": f"202611990{number:02d}001", "crt_user_id": "20001"}
            self.typed.append((source, title, self.stores[source].insert(row)))

    def counterpart(self, source, key):
        """The row of the other system that names this one; None: there is none yet."""
        store = self.stores[GRID if source == PARTY else PARTY]
        rows = store.ask(f"SELECT min(id) AS id FROM {store.system.target}"
                         f" WHERE {store.system.peer} = %s AND id >= %s", (key, store.first_key))
        return rows[0]["id"]

    def have_counterparts(self):
        return all(self.counterpart(source, key) is not None for source, _, key in self.typed)

    def close_some(self):
        """The grid's people finish cases that nobody of them typed."""
        self.closed = [(key, self.counterpart(source, key)) for source, _, key in self.typed
                       if source == PARTY][:CLOSED]
        for _, case in self.closed:
            self.stores[GRID].update(case, {"is_finished": "1"})

    def show_closed(self):
        return all(self.stores[PARTY].row(task)["status"] == "COMPLETED"
                   for task, _ in self.closed)

    def counts(self):
        """{word: sum} of what the lanes count of write-backs."""
        sums = {}
        for (row,) in self.town.ask("SELECT row FROM lane_state WHERE key LIKE 'writeback/%%'"):
            for word, value in json.loads(row).items():
                sums[word] = sums.get(word, 0) + int(value)
        return sums

    def are_confirmed(self):
        """No write-back waits: each row shows what it was told last, all answers were heard."""
        told = "row LIKE '%%\"told\":%%'"
        (waiting, done), = self.town.ask(
            "SELECT count(*) FILTER (WHERE row ~ '\"state\":\"(sent|accepted)\"'),"
            f" count(*) FROM observation WHERE {told}")
        heard = self.town.books().get("writeback", {"received": 0})["received"]
        return waiting == 0 and done > 0 and heard >= self.counts()["sent"]
