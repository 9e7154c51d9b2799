"""Work that is no matter, and its double entry: visits, daily logs, patrols, activities.

A key family's visit may be told three times: a row of party_visit, a grown counter on the contact
row of each household, and - where the key family is the grid's worker, too - the grid worker's
daily log, which counts the households once more and the worker's cases of the day as well. The
truth keeps each visit once, with the rows that tell of it.
"""

from gridgen import catalog, clock, tables
from gridgen.catalog import GRID, PARTY
from gridgen.contacts import visit_image
from gridgen.plan import Report
from gridgen.rows import DELETE, INSERT, UPDATE
from gridgen.sheets import Change, Entity
from gridgen.townrun import CALL
from gridgen.world import source_key

_SELF_CLOSED = 0.857        # DOMAIN.md 2.1: the share that the grid settles itself
_HALF_DAYS = ((8, 11), (14, 17))
_LOG = "log"


class Visits:
    """The visits of one town; sheets = (party, grid)."""

    def __init__(self, run, settled, sheets):
        self.run, self.settled = run, settled
        self.party, self.grid = sheets
        self.rng = run.random("visits")
        self.number = 1000
        self.next_id = 1 + run.town.index * 1_000_000
        self.by_worker = {}     # holder who has both posts -> visits of today

    def _next(self):
        self.next_id += 1
        return self.next_id - 1

    def day(self, plan):
        """Push a day's visits, logs, patrols and activities."""
        rng, run = self.rng, self.run
        self.by_worker = {}
        run.cases_today.clear()
        families = [f for f in self.settled.families if f.holder]
        for family in rng.sample(families, rng.randrange(20, 51)):
            first, last = rng.choice(_HALF_DAYS)
            run.push(plan.at(first, last), CALL, lambda us, f=family: self._visit(us, f))
        for grid in plan.town.grids:
            if rng.random() < 0.85:
                run.push(plan.at(17, 18.5), CALL, lambda us, g=grid: self._log(us, g))
            if rng.random() < 0.5:
                self._patrol(plan, grid)
        for _ in range(rng.randrange(4, 8)):
            self._activity(plan)

    # -- key families -----------------------------------------------------------------------------

    def _visit(self, us, family):
        rng = self.rng
        rows = self.settled.households_of(family)
        if not rows or not family.holder:
            return
        chosen = rng.sample(rows, min(len(rows), rng.randrange(2, 7)))
        chance = rng.random()
        visit = self._real(PARTY, family.grid, us, (family.holder, len(chosen)))
        if chance < 0.88:
            self._visit_row(us, family, visit)
        if chance < 0.7 or chance >= 0.88:
            for place, entity in enumerate(chosen):
                self.run.push(us + (30 + place) * clock.MINUTE, CALL,
                              lambda at, e=entity: self._count(at, e, visit))
        grid = family.grid
        if grid.dual and family.holder == grid.members[0]:
            self.by_worker.setdefault(grid.code, []).append(visit)

    def _real(self, network, grid, us, who_count):
        holder, households = who_count
        visit = {"network": network, "day": clock.local_date(us), "town": grid.village.town.code,
                 "village": grid.village.code, "grid": grid.code, "by": holder,
                 "holder": self.run.holder(network, holder), "households": households,
                 "rows": [], "counters": []}
        self.run.visits.append(visit)
        return visit

    def _visit_row(self, us, family, visit):
        self.number += 1
        minute = (us + clock.ZONE) % clock.DAY // clock.MINUTE
        image = visit_image(family, (self.run.town.index, self.number),
                            (clock.days(us), minute, visit["households"]))
        image["updated_at"] = clock.utc_text(us)
        if self.number % 5 == 0:
            image["context"] = f"{self.run.canary(self.number)}家，{self.run.canary_phone()}。"
        entity = Entity(tables.VISIT, image)
        self.run.entities.append(entity)
        self.party.write(us, INSERT, [Change(entity, image)])
        visit["rows"].append([PARTY, tables.VISIT.name, entity.key()])
        if self.rng.random() < 0.06:
            self.run.push(us + 2 * clock.HOUR, CALL,
                          lambda at: self._correct(at, entity, visit))

    def _correct(self, us, entity, visit):
        """One household was forgotten: the visit was one more, as the row now says."""
        visit["households"] += 1
        self.party.write(us, UPDATE, [Change(entity, {"household_count": visit["households"],
                                                      "updated_at": clock.utc_text(us)})])
        self.run.traps["visit_corrected"] += 1

    def _count(self, us, entity, visit):
        """visit_count of a contact row grows by one."""
        if entity.image is None:
            return
        count = entity.image["visit_count"]
        visit["counters"].append([str(entity.image["id"]), count + 1])
        self.party.write(us, UPDATE, [Change(entity, {
            "visit_count": count + 1, "last_visit_date": clock.days(us),
            "updated_at": clock.local_micros(us)})])

    # -- grid workers -----------------------------------------------------------------------------

    def _log(self, us, grid):
        """A worker's daily log: own visits, and once more what stands elsewhere already."""
        rng = self.rng
        own = rng.randrange(1, 8)
        twice = self.by_worker.pop(grid.code, [])
        cases = [row for row in self.run.cases_today[grid.user] if self._is_known(row, grid)]
        auto = sum(rng.random() < _SELF_CLOSED for _ in cases)
        count = own + sum(visit["households"] for visit in twice)
        image = {"id": self._next(), "grid_code": grid.code, "am_begin": "08:30:00",
                 "am_end": "10:30:00", "falimy_count": count,
                 "falimy_details": f"1号{self.run.canary(count)}户、2号{self.run.canary(own)}户",
                 "interview_auto": auto, "interview_up": len(cases) - auto,
                 "log_type": rng.choice(("PC", "APP")), "log_date": clock.local_date(us)}
        entity = Entity(tables.THING_LOG, image)
        self.run.entities.append(entity)
        self.grid.write(us, INSERT, [Change(entity, image)])
        row = [GRID, tables.THING_LOG.name, entity.key()]
        self._real(GRID, grid, us, (grid.user, own))["rows"].append(row)
        for visit in twice:
            visit["rows"].append(row)
            self.run.traps["visit_in_log"] += 1
        for case in cases:
            self.run.facts.append((_LOG, (case, entity)))

    def _is_known(self, row, grid):
        """Is it a sound row of this grid? Damaged ones are in no log."""
        image = row.good
        return image is not None and not row.deleted and image["grid"] == str(grid.grid_id)

    def _patrol(self, plan, grid):
        """A patrol, done after an hour; one in eight finds something and files a case."""
        rng, us = self.rng, plan.at(8, 15)
        number = self._next()
        finds = rng.random() < 0.12
        image = {"id": number, "area_grid_id": grid.grid_id,
                 "source_type": rng.choice((3, 3, 2, 1)), "patrol_code": f"XC{number:08d}",
                 "patrol_name": "日常巡查", "content": "巡查",
                 "status": "doing", "is_problem": 0, "patrol_date": clock.local_date(us),
                 "cost": "0.0"}
        entity = Entity(tables.PATROL, image)
        self.run.entities.append(entity)
        done = us + rng.randrange(40, 90) * clock.MINUTE
        self.run.push(us, CALL, lambda at: self.grid.write(at, INSERT, [Change(entity, image)]))
        self.run.push(done, CALL, lambda at: self.grid.write(at, UPDATE, [
            Change(entity, {"status": "finish", "is_problem": int(finds)})]))
        if finds:
            report = Report(done - 20 * clock.MINUTE, plan.category(catalog.GRID_WEIGHTS), grid,
                            plan.plain_user(grid))
            report.kind, report.entered = "from_patrol", done + 5 * clock.MINUTE
            self.run.facts.append((_LOG, (plan.grid(report), entity)))
            plan.trap("patrol_with_case")

    # -- activities -------------------------------------------------------------------------------

    def _activity(self, plan):
        """An open activity: planned, going on, over; now and then cancelled or taken out."""
        rng, us, grid = self.rng, plan.at(8, 17), plan.any_grid()
        at = plan.midnight + rng.randrange(0, 4) * clock.DAY + 18 * clock.HOUR
        image = {"id": self.run.next_activity(), "title": f"{grid.village.short}村志愿清扫活动",
                 "description": "自愿参加。", "activity_date": clock.local_micros(at),
                 "grid_id": grid.party_id, "max_participants": rng.randrange(10, 60),
                 "status": "PLANNED", "created_by": plan.plain_member(grid)}
        entity = Entity(tables.ACTIVITY, image)
        self.run.activities.append(entity)
        self.run.push(us, CALL, lambda t: self.party.write(t, INSERT, [Change(entity, image)]))
        end = rng.random()
        if end < 0.04:
            self.run.push(us + 5 * clock.HOUR, CALL,
                          lambda t: self.party.write(t, DELETE, [Change(entity)]))
        elif end < 0.12:
            self._state(us + clock.HOUR, entity, "CANCELLED")
        else:
            self._state(at, entity, "ONGOING")
            self._state(at + 2 * clock.HOUR, entity, "COMPLETED")
        self.run.push(us + clock.HOUR, CALL, lambda t: self._signups(t, image["id"]))

    def _state(self, us, entity, status):
        def change(at):
            if entity.image:
                self.party.write(at, UPDATE, [Change(entity, {"status": status})])
        self.run.push(us, CALL, change)

    def _signups(self, us, activity):
        """Persons: nothing of it comes in."""
        rows = [Entity(tables.SIGNUP, {"id": self._next() % 2_000_000_000,
                                       "activity_id": activity, "status": "SIGNED_UP",
                                       "user_id": self.settled.next_member - n})
                for n in range(self.rng.randrange(2, 6))]
        self.party.write(us, INSERT, [Change(e, e.image) for e in rows])


def row_name(row):
    """[source, table, key] of a Row or an Entity."""
    if isinstance(row, Entity):
        return [row.table.source, row.table.name, row.key()]
    source, key = source_key(row)
    return [source, tables.TASK if source == PARTY else tables.CASE, key]
