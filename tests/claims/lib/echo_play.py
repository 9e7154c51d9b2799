"""The play of claim echo: many matters, each with its own seeded course, in two live departments.

Each matter is typed once, in one of the systems, with a category and grid that no other matter of
the run has: so only what is meant becomes one. Then officers of both systems act on its row and on
the counterpart that the bridge had made, at times drawn by lot, while the connectors refuse, answer
late, twice or never, take messages twice, and are away for a while.
"""
import heapq
import json
import pathlib
import random
import sys
import time
import zlib

from echo_check import GRID, PARTY

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "examples" / "department"))
sys.path.insert(0, str(ROOT / "examples" / "generator"))

from dept.connector import Calm, Connector  # noqa: E402
from dept.officers import Officers  # noqa: E402
from dept.store import Store  # noqa: E402
from dept.systems import SYSTEMS, local_stamp  # noqa: E402
from gridgen import catalog  # noqa: E402
from load import create_topics  # noqa: E402,F401
from gridgen.world import Options, World  # noqa: E402

# First-contact lines are few here: whoever has it first leads, and nobody else needs a row.
CATEGORIES = [c for c in catalog.CATEGORIES
              if catalog.duty(c, PARTY)["rule"] not in ("first_contact", "emergency", "unlisted")
              or c in ("AQ05", "NY01", "YJ01")]
GAP = 1.2   # seconds between acts on one matter: a version of whole seconds tells them apart
# (whose row: the leader's, the other side's; what; how often of a hundred or so)
ACTS = [("lead", "accept", 14), ("lead", "close", 22), ("lead", "handle", 8),
        ("lead", "retitle", 6), ("lead", "reopen", 10), ("lead", "give_back", 5),
        ("other", "accept", 10), ("other", "close", 8), ("other", "reopen", 6),
        ("other", "retitle", 5), ("other", "handle", 5), ("hand", "hand", 5)]


def other_of(source):
    return GRID if source == PARTY else PARTY


class Whims(Calm):
    """What goes wrong at a connector, drawn by lot for each message id, the same in every run."""

    def __init__(self, seed):
        self.seed = seed
        self.done = dict.fromkeys(("refuse", "twice", "late", "lost", "again"), 0)

    def lot(self, message, what):
        """A number from 0 to 99."""
        text = f"{self.seed}/{what}/{message['about']}/{message['clock']}/{message['action']}"
        return zlib.crc32(text.encode()) % 100

    def note(self, what):
        self.done[what] += 1

    def refuse(self, message):
        if self.lot(message, "refuse") >= 6:
            return None
        self.note("refuse")
        return "busy"

    def answers(self, message, _answer):
        lot = self.lot(message, "answer")
        for what, below, delays in (("twice", 10, [0, 0.7]), ("late", 22, [1.5]),
                                    ("lost", 32, [])):
            if lot < below:
                self.note(what)
                return delays
        return [0]

    def takes_again(self, message):
        is_again = self.lot(message, "again") < 6
        if is_again:
            self.note("again")
        return is_again


class Sender(Connector):
    """A connector that keeps where each captured change came to stand in Kafka."""

    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        self.places = {}  # (topic, partition, offset): number in the log

    def note(self, seq, error, at):
        super().note(seq, error, at)
        if error is None:
            self.places[at.topic(), at.partition(), at.offset()] = seq


class Department:
    def __init__(self, dsn, bootstrap, source, lookups, seed):
        self.store = Store(dsn, SYSTEMS[source](), lookups).set_up()
        self.whims = Whims(f"{seed}/{source}")
        self.connector = Sender(self.store, bootstrap, calm=self.whims)
        self.away_until = 0.0

    def turn(self):
        """What it did; nothing while it is away."""
        return 0 if time.monotonic() < self.away_until else self.connector.turn(0.02)

    def close(self):
        self.connector.close()
        self.store.close()


class Matter:
    """One course: who typed what where, and what is done to it when."""

    def __init__(self, number, category, grid, seed):
        rng = random.Random(f"{seed}/{number}")
        self.number, self.category, self.grid, self.rng = number, category, grid, rng
        lead = catalog.duty(category, GRID)["lead"]
        self.lead = PARTY if lead == "key_family" else GRID
        self.first = other_of(self.lead) if rng.random() < 0.7 else self.lead
        self.at_ms = int(time.time() * 1000) - rng.randrange(60, 1200) * 1000
        self.key = None  # of the row that was typed first
        self.is_hand = False
        self.acts = self._course(rng)

    def _course(self, rng):
        """[(seconds after the report, whose, what)]"""
        names = [(whose, what) for whose, what, _ in ACTS]
        weights = [weight for _, _, weight in ACTS]
        chosen = rng.choices(names, weights, k=rng.randrange(1, 8))
        at, course = 2.0, []
        for whose, what in chosen:
            at += GAP + rng.expovariate(1 / 2.5)
            course.append((at, whose, what))
        return course

    def values(self, source, is_dual=False):
        """The columns that somebody types."""
        member = self.grid.members[0] if is_dual else self.grid.members[-1]
        user = self.grid.user if is_dual else str(40_000 + self.number)
        if source == PARTY:
            return {"task_title": f"事项第{self.number}号", "created_by": member,
                    "task_type": catalog.party_code(self.category), "status": "PENDING",
                    "grid_id": str(self.grid.party_id), "created_at": local_stamp(self.at_ms)}
        return {"case_title": f"事项第{self.number}号", "crt_user_id": user,
                "event_type_list": catalog.grid_code(self.category),
                "grid": str(self.grid.grid_id), "source_type": "check",
                "case_code": f"202611{self.number % 100_000:05d}{self.number % 1000:03d}",
                "occur_time": local_stamp(self.at_ms // 1000 * 1000)}


def places_of(world):
    """(category, grid) pairs, each once, dual-hat grids among them."""
    grids = [grid for town in world.towns for grid in town.grids]
    pairs = [(category, grid) for category in CATEGORIES for grid in grids]
    random.Random("pairs").shuffle(pairs)
    return pairs


class Play:
    """departments: {source: Department}. Everything happens in turn(), in one thread."""

    def __init__(self, departments, seed, first, count, seconds):
        world = World(Options(seed=1, days=1, towns=2))
        pairs = places_of(world)
        if first + count > len(pairs):
            raise ValueError(f"at most {len(pairs)} matters")
        self.departments, self.rng = departments, random.Random(f"{seed}/play/{first}")
        self.done = dict.fromkeys(("report", "act", "foreign", "hand", "too_early"), 0)
        self.queue, self.pushed = [], 0
        self.begin = time.monotonic()
        self.matters = [Matter(first + n, *pairs[first + n], seed) for n in range(count)]
        for matter in self.matters:
            self.push(self.rng.random() * seconds, matter, "report", "report")
        self.is_over = False

    def push(self, at, matter, whose, what):
        self.pushed += 1
        heapq.heappush(self.queue, (at, self.pushed, matter, whose, what))

    def is_done(self):
        return not self.queue

    def turn(self):
        """All that is due, then one turn of each connector; how much was done."""
        done = 0
        while self.queue and self.queue[0][0] <= time.monotonic() - self.begin:
            at, _, matter, whose, what = heapq.heappop(self.queue)
            self._act(at, matter, whose, what)
            done += 1
        return done + sum(department.turn() for department in self.departments.values())

    def _act(self, at, matter, whose, what):
        if what == "report":
            is_dual = matter.grid.dual is not None and any(a[2] == "hand" for a in matter.acts)
            matter.key = self.departments[matter.first].store.insert(
                matter.values(matter.first, is_dual))
            self.done["report"] += 1
            for after, one, act in matter.acts:
                self.push(at + after, matter, one, act)
        elif what == "hand":
            self._type_by_hand(matter, whose == "hand_peer")
        else:
            self._edit(matter, whose, what)

    def _type_by_hand(self, matter, names_peer):
        """The second entry that the bridge is there to save, typed all the same."""
        if matter.is_hand or matter.grid.dual is None:
            return
        matter.is_hand = True
        store = self.departments[other_of(matter.first)].store
        values = matter.values(other_of(matter.first), True)
        if names_peer:
            values[store.system.peer] = str(matter.key)
        store.insert(values)
        self.done["hand"] += 1

    def _edit(self, matter, whose, what):
        source = matter.lead if whose == "lead" else other_of(matter.lead)
        store = self.departments[source].store
        key = matter.key
        if source != matter.first:
            found = store.ask(f"SELECT min(id) AS id FROM {store.system.target} WHERE"
                              f" {store.system.peer} = %s", (matter.key,))
            key = found[0]["id"]
        if key is None:
            self.done["too_early"] += 1
            return
        store.update(key, Officers(store.system, matter.rng).act(what))
        self.done["act" if whose == "lead" else "foreign"] += 1


def departments_of(folder, bootstrap, dsn, seed):
    """Both departments, each with a schema of its own in a server that is not the bridge's."""
    lookups = {PARTY: "party_grids.csv", GRID: "grid_grids.csv"}
    return {source: Department(dsn, bootstrap, source, folder / "lookups" / name, seed)
            for source, name in lookups.items()}


def answers_of(department):
    """{id: answer} as its table of what it has seen holds them."""
    rows = department.store.ask(
        f"SELECT answer FROM {department.store.system.schema}.writeback_seen")
    answers = [row["answer"] if isinstance(row["answer"], dict) else json.loads(row["answer"])
               for row in rows]
    return {answer["id"]: answer for answer in answers}
