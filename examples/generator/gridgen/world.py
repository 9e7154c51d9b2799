"""What all parts share: towns, staff, the queue of things to come, what the truth must remember."""

import hashlib
import heapq
import random
from collections import Counter

from gridgen import catalog, clock, people, places, texts
from gridgen.catalog import GRID, PARTY

STATEMENT, OTHER, REPLAY_ROW, REPLAY_WINDOW = range(4)
WRAP_NEVER, WRAP_ALWAYS, WRAP_MIXED = range(3)
_CANARIES = 96


class Options:
    """What the command line asked for."""

    def __init__(self, seed=1, days=3, towns=1, start="2026-11-02"):
        self.seed = seed
        self.days = days
        self.towns = towns
        self.start = start
        self.wrap = WRAP_NEVER
        self.matters_per_day = None
        self.households = 300       # mean of a grid; only with all entities
        self.centre = False         # the command centre as a third source
        self.bursts = "first"       # towns with the Excel burst and the rewrite of all contacts


class World:
    """One run. Queue entries are (time, number, kind, body); equal times keep their order."""

    least, most = 1, 10 ** 9        # matters of a usual day

    def __init__(self, options):
        self.options = options
        self.rng = random.Random(f"{options.seed}/writers")
        self.start = clock.day_start(options.start)
        self.end = self.start + options.days * clock.DAY
        self.drift_us = self.start + min(options.days, 2) * clock.DAY - 10 * clock.HOUR
        self.queue = []
        self.pushed = 0
        self.photos = 0
        self.rows = []
        self.near_misses = []       # (kind, why, [Row or (Row, Row)])
        self.intended = []          # (kind, party Row, grid Row): must be one matter
        self.traps = Counter()
        self.facts = []             # (kind, rows): one fact in several rows of any table
        self.month_memory = {}      # (town, day) -> reports to repeat on that day
        self.busy = {}              # (holder, category, grid) -> times of reports
        self.persons = 0
        self.phones = 0
        self._canaries = texts.canary_names(_CANARIES)
        self.used_canaries = set()
        self._build_towns()

    def random(self, name):
        """A generator of random numbers of its own for what is called so."""
        return random.Random(f"{self.options.seed}/{name}")

    def elsewhere(self, town):
        """The other towns."""
        return [other for other in self.towns if other is not town]

    def _build_towns(self):
        rng = self.random("towns")
        self.staff = people.Staff()
        self.towns = [places.build_town(n, rng) for n in range(self.options.towns)]
        for town in self.towns:
            people.staff_town(town, self.staff, rng)
            town.mean = self.options.matters_per_day or rng.randrange(185, 366)
        self.by_party_id = {g.party_id: g for t in self.towns for g in t.grids}
        self.by_grid_id = {str(g.grid_id): g for t in self.towns for g in t.grids}

    # -- the queue ----------------------------------------------------------------------------

    def push(self, us, kind, body):
        """Let something happen at time us; what would happen after the run's end is dropped."""
        if us < self.end:
            self.pushed += 1
            heapq.heappush(self.queue, (us, self.pushed, kind, body))

    def pop_before(self, us):
        """Yield and remove, in order, what happens before us; entries may be added meanwhile."""
        while self.queue and self.queue[0][0] < us:
            yield heapq.heappop(self.queue)

    # -- what the writers ask -----------------------------------------------------------------

    def wraps(self):
        """Does the next Debezium record carry its schema?"""
        if self.options.wrap == WRAP_MIXED:
            return self.rng.random() < 0.5
        return self.options.wrap == WRAP_ALWAYS

    def place_of(self, row, image):
        """The grid an image names, None where no lookup file knows its id."""
        if row.source == PARTY:
            return self.by_party_id.get(image["grid_id"])
        return self.by_grid_id.get(image["grid"])

    def inherent_defect(self, row, image, is_delete):
        """Why an image that is well-formed can still not be taken: its place or its state."""
        if self.place_of(row, image) is None:
            return "unknown_grid"
        if not is_delete and self.state_of(row, image) is None:
            return "unknown_state"
        return None

    def refusal(self, row, image):
        """Why the refuse-list keeps an image out, None where it does not."""
        return None

    @staticmethod
    def state_of(row, image):
        """The canonical state, None for an unknown code."""
        if row.source == PARTY:
            return catalog.PARTY_STATE.get(image["status"])
        return catalog.GRID_STATE.get(f"{image['is_finished']}/{image['is_duplicate']}")

    def towns_of(self, row, old, new):
        """Town codes of the intake records of a change: two where the row leaves a town."""
        towns = [self.place_of(row, image).village.town.code for image in (old, new) if image]
        return towns[:1] if len(towns) == 2 and towns[0] == towns[1] else towns

    def canary(self, number):
        """A name for a column that must not be carried."""
        name = self._canaries[number % (_CANARIES - 16)]
        self.used_canaries.add(name)
        return name

    def canary_person(self):
        """A name and an id number for a statement's text."""
        self.persons += 1
        pair = (self._canaries[-1 - self.persons % 16], texts.canary_id(self.persons))
        self.used_canaries.update(pair)
        return pair

    def canary_phone(self):
        """A phone number as somebody types it into a description."""
        self.phones += 1
        shown = texts.canary_phone(self.phones)
        self.used_canaries.add(shown)
        return shown

    # -- what the planners ask ----------------------------------------------------------------

    def photo(self):
        """The hash of a new attachment."""
        self.photos += 1
        return hashlib.sha256(f"photo {self.options.seed} {self.photos}".encode()).hexdigest()

    def claim_time(self, holder, category, grid, span):
        """Reserve (first, last) for a holder, category and grid; False if others are near.

        Near is three hours, so that no pair comes to be by chance that was not meant.
        """
        times = self.busy.setdefault((holder, category, grid.code), [])
        first, last = span
        if any(first - 3 * clock.HOUR < b and a < last + 3 * clock.HOUR for a, b in times):
            return False
        times.append(span)
        return True

    def holder(self, source, ident):
        return self.staff.holder_of.get((source, ident))


def source_key(row):
    """A row as the truth names it."""
    return [row.source, str(row.key)]
