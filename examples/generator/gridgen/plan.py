"""One town's day: the place where reports become rows with a life.

A Report says what a post holder enters in one system; `party` and `grid` turn it into a row, push
its insert and, unless told not to, the updates of a usual life.
"""

import random

from gridgen import catalog, clock, texts
from gridgen.catalog import GRID, PARTY
from gridgen.rows import DELETE, INSERT, UPDATE, Item, Row
from gridgen.world import OTHER, REPLAY_ROW, STATEMENT

_HOURS = (1, .6, .4, .4, .8, 3, 10, 25, 50, 95, 90, 55, 30, 25, 50, 95, 90, 55, 30, 20, 14, 9, 5, 2)


class Busy(Exception):
    """Nobody is free for one more report of this kind; raised before anything is pushed."""


class Report:
    """What is entered: when it occurred, category, grid, by whom, title, text, photo, extras."""

    def __init__(self, us, category, grid, by=None):
        self.us = us
        self.category = category
        self.grid = grid
        self.by = by
        self.title = None
        self.text = None
        self.photo = None
        self.kind = "ordinary"
        self.extra = {}
        self.entered = None         # grid: time of the insert, when it is not soon after us
        self.defect = None

    def copy(self, **changes):
        """The same report with some members changed."""
        other = Report(self.us, self.category, self.grid, self.by)
        other.__dict__.update(self.__dict__)
        other.extra = dict(self.extra)
        other.__dict__.update(changes)
        return other


class Plan:
    """Day number `day` (from 0) of a town."""

    def __init__(self, world, town, day):
        self.world = world
        self.town = town
        self.day = day
        self.rng = random.Random(f"{world.options.seed}/{town.code}/{day}")
        self.midnight = world.start + day * clock.DAY
        self.last_village = None    # of the last row made for a trap

    # -- times and people ---------------------------------------------------------------------

    def moment(self):
        """A time of the day, two peaks 9-11 and 15-17, in microseconds."""
        hour = self.rng.choices(range(24), _HOURS)[0]
        return self.midnight + hour * clock.HOUR + self.rng.randrange(clock.HOUR)

    def at(self, first_hour, last_hour):
        """A whole second between two hours of the day."""
        seconds = self.rng.randrange(int(first_hour * 3600), int(last_hour * 3600))
        return self.midnight + seconds * clock.SECOND

    def category(self, weights):
        return self.rng.choices(catalog.CATEGORIES, weights)[0]

    def any_grid(self, placed=False):
        """A grid of the town; placed: one that both systems know as a grid."""
        grids = [g for g in self.town.grids if not (placed and g.village_only)]
        return self.rng.choice(grids)

    def dual(self, category, hours, village_only=False, until=12):
        """A grid with a dual-hat holder and a free time there: (grid, us), span hours reserved."""
        grids = [g for g in self.town.grids if g.dual and g.village_only == village_only]
        for _ in range(60):
            grid, us = self.rng.choice(grids), self.at(7, until)
            span = (us, us + int(hours * clock.HOUR))
            if self.world.claim_time(grid.dual, category, grid, span):
                return grid, us
        raise Busy(f"no free dual-hat holder for {category} on day {self.day}")

    def plain_member(self, grid):
        """A key family of the grid that is no dual hat."""
        return self.rng.choice(grid.members[1:] if grid.dual else grid.members)

    def plain_user(self, grid):
        """A user of the grid system for this grid that is no dual hat."""
        return grid.village.leader if grid.dual else grid.user

    def reporter(self, source, report):
        """Who enters an ordinary report; a dual hat only where no pair can come of it by chance."""
        grid = report.grid
        chosen = self.rng.choice(grid.members) if source == PARTY else grid.user
        if self.world.holder(source, chosen) != grid.dual or grid.dual is None:
            return chosen
        span = (report.us, report.us)
        if self.world.claim_time(grid.dual, report.category, grid, span):
            return chosen
        return self.plain_member(grid) if source == PARTY else self.plain_user(grid)

    def fill(self, report, source):
        """Complete what the report leaves open."""
        if report.by is None:
            report.by = self.reporter(source, report)
        if report.title is None:
            report.title = texts.title(self.rng, report.category, report.grid.village)
        if report.text is None:
            report.text = texts.description(self.rng)
        return report

    # -- pushing ------------------------------------------------------------------------------

    def statement(self, us, operation, items):
        """One statement; all items are rows of one source."""
        self.world.push(us, STATEMENT, (items[0].row.source, operation, items))

    def update(self, row, us, delta, defect=None):
        self.statement(us, UPDATE, [Item(row, delta, defect)])

    def delete(self, row, us, defect=None):
        self.statement(us, DELETE, [Item(row, None, defect)])

    def replay(self, row, us, count=None):
        """Send the row's first count records (all so far) once more at us."""
        row.sent = []
        self.world.push(us, REPLAY_ROW, (row, count))

    def other(self, us, source, kind):
        self.world.push(us, OTHER, (source, kind))

    def trap(self, name):
        self.world.traps[name] += 1

    # -- rows ---------------------------------------------------------------------------------

    def party(self, report, life=True):
        """A row of sys_party_task, created at the report's time."""
        self.fill(report, PARTY)
        row = self._row(PARTY, report.kind)
        self.statement(report.us, INSERT, [Item(row, self.party_image(report), report.defect)])
        if life:
            party_life(self, row, report)
        return row

    def party_image(self, report):
        image = {"task_title": report.title, "task_type": catalog.party_code(report.category),
                 "description": report.text, "grid_id": report.grid.party_id, "status": "PENDING",
                 "created_by": report.by, "created_at": clock.local_micros(report.us),
                 "attach_sha256": report.photo}
        if self.rng.random() < 0.4:
            days = self.rng.randrange(1, 6)
            image["deadline"] = clock.local_micros(self.midnight + days * clock.DAY
                                                   + 18 * clock.HOUR)
        image.update(report.extra)
        return image

    def grid(self, report, life=True):
        """A row of case_info, inserted some minutes after it occurred."""
        item = self.grid_item(report)
        self.statement(report.entered, INSERT, [item])
        if life:
            grid_life(self, item.row, report)
        return item.row

    def grid_item(self, report):
        """The insert of a grid row, for the caller to put into a statement."""
        self.fill(report, GRID)
        row = self._row(GRID, report.kind)
        self.stamp_grid(report)
        return Item(row, self.grid_image(report), report.defect)

    def stamp_grid(self, report):
        """Whole seconds for the occurrence; time of the insert."""
        report.us = report.us // clock.SECOND * clock.SECOND
        if report.entered is None:
            report.entered = report.us + self.rng.randrange(clock.MINUTE, 12 * clock.MINUTE)

    def grid_image(self, report):
        rng, village = self.rng, report.grid.village
        types = catalog.grid_code(report.category)
        if rng.random() < 0.1:
            types += "," + catalog.grid_code(rng.choice(catalog.CATEGORIES))
        image = {"case_title": report.title, "case_desc": report.text,
                 "source_type": rng.choice(("check", "check", "check", "hotline", "12345")),
                 "case_level": rng.choices(("normal", "jinji", "teji"), (90, 8, 2))[0],
                 "event_type_list": types, "grid": str(report.grid.grid_id),
                 "occur_addr": texts.address(rng, village),
                 "occur_time": clock.local_text(report.us), "crt_user_id": report.by,
                 "attach_sha256": report.photo}
        if rng.random() < 0.5:
            days = rng.randrange(1, 8)
            image["dead_line"] = clock.local_text(report.us + days * clock.DAY)
        if rng.random() < 0.3:
            name = image["concerned_person"] = self.world.canary(rng.randrange(64))
            told = f"{name}来电，{self.world.canary_phone()}。"
            image["case_desc"] = ((image["case_desc"] or "") + told)[-200:]
        image.update(report.extra)
        return image

    def _row(self, source, kind):
        row = Row(source, kind)
        self.world.rows.append(row)
        return row


def _steps(plan, start, gaps):
    """Times after start; gaps are (least, most) minutes to the step before."""
    us = start
    for least, most in gaps:
        us += plan.rng.randrange(least * clock.MINUTE, most * clock.MINUTE)
        yield us


def party_life(plan, row, report):
    """Assigned, accepted, notes, completed: two to seven updates over hours and days."""
    rng, members = plan.rng, report.grid.members
    deltas = [(3, 40, {"assigned_member_id": int(rng.choice(members))})]
    if rng.random() < 0.15:
        deltas = []
    deltas.append((10, 360, {"status": "ACCEPTED"}))
    for _ in range(rng.choices((0, 1, 2, 3), (45, 35, 15, 5))[0]):
        deltas.append((20, 600, {"description": _amend(rng, "description")}))
    if rng.random() < 0.9:
        deltas.append((60, 2400, {"status": "COMPLETED"}))
        if rng.random() < 0.03:
            deltas.append((30, 900, {"status": "ACCEPTED"}))
            deltas.append((60, 900, {"status": "COMPLETED"}))
    _push_life(plan, row, report.us, deltas)


def grid_life(plan, row, report):
    """Handed to a department, urged, amended, finished: updates over hours and days."""
    rng = plan.rng
    deltas = []
    if rng.random() < 0.45:
        deltas.append((5, 90, {"execute_dept": texts.department(rng)}))
    deltas.append((5, 240, {"case_desc": _amend(rng, "case_desc")}))
    for chance, delta in ((0.15, {"is_urge": "1"}), (0.06, {"is_supervise": "1"}),
                          (0.12, {"case_level": "jinji"}),
                          (0.3, {"case_desc": _amend(rng, "case_desc")})):
        if rng.random() < chance:
            deltas.append((30, 900, delta))
    finish = rng.random()
    if finish < 0.9:
        deltas.append((60, 2000, {"is_finished": "1"}))
    elif finish < 0.92 and report.kind == "ordinary":
        deltas.append((60, 900, {"is_finished": "2"}))
    if rng.random() < 0.1:
        deltas.append((60, 600, {"is_supervise": "0", "is_urge": "0"}))
    _push_life(plan, row, report.entered, deltas)


def _amend(rng, column):
    """A change that adds a sentence to what stands in the column when it happens."""
    choice = rng.random()

    def change(image):
        return texts.amended(random.Random(f"{choice}/{image['id']}"), image[column])
    return change


def _push_life(plan, row, start, deltas):
    times = _steps(plan, start, [delta[:2] for delta in deltas])
    for us, delta in zip(times, deltas):
        plan.update(row, us, delta[2])
