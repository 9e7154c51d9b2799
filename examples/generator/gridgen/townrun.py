"""One town of a run with all entities: its own queue, rows, staff and writers.

It looks to the planners like a world of one town, so that they need not know of the others; what
the towns share (places, staff, holders) stays shared.
"""

import hashlib
from collections import Counter, defaultdict

from gridgen import canal, clock, debezium, tables, texts
from gridgen.catalog import GRID, PARTY
from gridgen.rows import INSERT, READ, UPDATE
from gridgen.sheets import Change, Entity, GridSheets, PartySheets
from gridgen.spool import BATCH, COMMIT, LSN, SNAPSHOT, TX, Spool
from gridgen.world import World

CALL = 9            # queue: body is called with the time
_KEYS = 1_000_000   # of one town in one table
_PHONES = 2000
REFUSED_PARTY = ("petition_01", "gathering_01", "police_01", "religion_01", "opinion_01",
                 "special_01")
REFUSED_GRID = ("9101", "9201", "9301", "9401", "9501", "9601")
_REFUSED = frozenset(REFUSED_PARTY + REFUSED_GRID)
_FLOW = {INSERT: ("preCase", "toAudit", "上报"), "execute_dept": ("audit", "toProcessing", "派单"),
         "is_finished": ("finishChec", "toFinishWorkFlow", "核查通过")}


class TownRun(World):
    """See the module; base is the World of all towns."""

    def __init__(self, base, town):
        self.__dict__.update(base.__dict__)
        self.base, self.town, self.towns = base, town, [town]
        self.rng = self.random(f"{town.code}/writers")
        self.queue, self.pushed, self.photos = [], 0, 0
        self.rows, self.near_misses, self.intended, self.facts = [], [], [], []
        self.traps, self.month_memory, self.busy = Counter(), {}, {}
        self.used_canaries = set()
        self.entities = []          # all rows of tables that are carried
        self.activities = []
        self.visits = []            # real visits, as the truth tells them
        self.vacancies = []
        self.cases_today = defaultdict(list)    # user -> case rows of this day
        self.refused = Counter()
        self.silent = Counter()     # table -> updates of columns that are not carried
        self.now = self.start       # of what is being carried out
        self.has_bursts = self.options.bursts == "all" or (
            self.options.bursts == "first" and town.index == 0)
        self._activity = 0
        self.centre = None          # Centre, in the town that has one

    def random(self, name):
        """Numbers of its own for each town and name."""
        return self.base.random(name) if name == "towns" else self.base.random(
            f"{self.town.code}/{name}")

    def later(self, us, body):
        """Is it not yet us? Then body is called when it is."""
        if us <= self.now:
            return False
        self.push(us, CALL, body)
        return True

    def is_flood_day(self, day):
        """The second day of a run of three days or more, in the first town and every fifth."""
        return day == 1 and self.options.days >= 3 and self.town.index % 5 == 0

    def elsewhere(self, town):
        return [other for other in self.base.towns if other is not town]

    def photo(self):
        self.photos += 1
        text = f"photo {self.options.seed} {self.town.code} {self.photos}"
        return hashlib.sha256(text.encode()).hexdigest()

    def canary_phone(self):
        """As the World's, but of a bounded number of phones."""
        self.phones = (self.phones + 1) % _PHONES
        shown = texts.canary_phone(self.phones)
        self.used_canaries.add(shown)
        return shown

    def refusal(self, row, image):
        code = image["task_type"] if row.source == PARTY else image["event_type_list"]
        if code in _REFUSED:
            self.refused[code] += 1
            return "refused_category"
        return None

    def next_activity(self):
        """The id of a new activity."""
        self._activity += 1
        return self.town.index * 10_000 + self._activity

    # -- where other tables' rows belong ---------------------------------------------------------

    def town_of(self, table, image):
        """Town code of a row of another table; None for the flow, which names none."""
        if table is tables.FLOW:
            return None
        code = self.code_of(table, image)
        return code and code[:9]

    def code_of(self, table, image):
        """The place a row names: code of a grid, village or town; None if nobody knows it."""
        for column in ("po_code", "grid_code", "family_code"):
            if column in image:
                return image[column]
        if table is tables.VISIT:
            return str(image["family_id"])
        column, places = (("grid_id", self.by_party_id) if table.source == PARTY else
                          ("area_grid_id" if table is tables.PATROL else "grid_id",
                           self.by_grid_id))
        value = image[column]
        grid = places.get(value if table.source == PARTY else str(value))
        return grid and grid.code

    def defect_of(self, table, image):
        """Why a well-formed row can still not be taken."""
        if table is not tables.FLOW and self.code_of(table, image) is None:
            return "unknown_grid"
        if table in (tables.KEY_FAMILY, tables.FAMILY_LINK) and image["is_deleted"] not in "01":
            return "bad_flag"
        if table is tables.HOUSEHOLD and ("E+" in image["population_id"]
                                          or image["population_id"].endswith("000")):
            return "excel_truncated"
        return None


class TownParty(debezium.PartyWriter):
    """The party platform's writer into a spool."""

    def __init__(self, spool, run, ends):
        super().__init__(spool, run)
        self.next_key += run.town.index * _KEYS
        self.is_first, self.is_last = ends
        self.snapshots = 0

    def position(self, operation):
        return (SNAPSHOT, TX, None) if operation == READ else (LSN, TX, COMMIT)

    def begin(self):
        """Begin a transaction."""
        self.tx += 1
        self.output.statement += 1

    def advance(self):
        self._advance(UPDATE)

    def write(self, us, operation, items):
        self.output.statement += 1
        super().write(us, operation, items)

    def other(self, us, kind):
        self.output.statement += 1
        super().other(us, kind)

    def mark(self, place, count):
        """`source.snapshot`: the towns' rows of a table are one collection."""
        self.snapshots += place == 0
        is_tasks = self.snapshots > len(tables.PARTY_TABLES)
        if place == 0 and self.is_first:
            return "first" if self.snapshots == 1 else "first_in_data_collection"
        if place == count - 1 and self.is_last:
            return "last" if is_tasks else "last_in_data_collection"
        return "true"


class TownGrid(canal.GridWriter):
    """The grid system's writer into a spool; each case also leaves steps in case_flow."""

    def __init__(self, spool, run):
        super().__init__(spool, run)
        self.next_key += run.town.index * _KEYS
        self.sheets = GridSheets(self, run)

    def batch_id(self):
        return BATCH

    def finish_and_send(self, us, message):
        """Send a message of another table."""
        self._finish(us, message)
        self.output.send(self._time(us), message)

    def write(self, us, operation, items):
        there = [item for item in items if operation == INSERT or item.row.image is not None]
        super().write(us, operation, items)
        steps = [step for item in there if not item.defect
                 for step in self._steps(us, operation, item)]
        if steps:
            self.sheets.write(us, INSERT, steps)

    def _steps(self, us, operation, item):
        image = item.row.image
        if operation == INSERT:
            self.world.cases_today[image["crt_user_id"]].append(item.row)
        for name in [INSERT] if operation == INSERT else list(item.delta):
            if name in _FLOW and (operation == INSERT or image and image.get(name)):
                node, direction, opinion = _FLOW[name]
                entity = Entity(tables.FLOW, {
                    "case_id": image["id"], "node": node, "direction": direction,
                    "opinion": opinion, "operator": self.world.canary(item.row.key + 3),
                    "op_time": clock.local_text(us)})
                yield Change(entity, entity.image)


def writers_of(run, folder, ends):
    """The town's writers {source: writer} and sheets (party, grid)."""
    party = TownParty(Spool(folder / f"{run.town.code}.party", tables.TASK), run, ends)
    grid = TownGrid(Spool(folder / f"{run.town.code}.grid", tables.CASE), run)
    return {PARTY: party, GRID: grid}, (PartySheets(party, run), grid.sheets)


