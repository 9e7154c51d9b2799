"""Posts of a town: organisations, grids, who works them, and what changes during the run.

The party's tables come as a snapshot, the grid system's as inserts of the first hour (Canal has no
snapshot). Vacancies and moves happen on the first evening, so that no report of that day hangs
on them.
"""

from gridgen import clock, tables
from gridgen.catalog import GRID, PARTY
from gridgen.rows import INSERT, READ, UPDATE
from gridgen.sheets import Change, Entity
from gridgen.townrun import CALL

_EVENING = 19 * clock.HOUR + 30 * clock.MINUTE
_NAMES = ("({short}村)网格{n}", "{short}村第{cn}网格(基础)", "{short}村委会-网格{n:02d}")
_NUMERALS = "零一二三四五六七八九"


class Posts:
    """The posts of one town; sheets = (party, grid)."""

    def __init__(self, run, settled, sheets):
        self.run, self.town, self.settled = run, run.town, settled
        self.party, self.grid = sheets
        self.rng = run.random("posts")
        self.workers = {}       # grid code -> Entity of its 网格员
        self.helped = set()     # codes of grids with a part-time worker

    def keep(self, table, image, kind="ordinary"):
        """A row that the truth tells of."""
        entity = Entity(table, image, kind)
        self.run.entities.append(entity)
        return entity

    # -- the beginning --------------------------------------------------------------------------

    def snapshot(self, us):
        """party_org, as the first collection of the snapshot."""
        town, day = self.town, clock.days(self.run.start)
        rows = [("DW", town.code, f"{town.name}党委", 2400)]
        for village in town.villages:
            kind, word = (("DZZB", "党总支") if len(village.grids) > 3 else ("DZB", "党支部"))
            rows.append((kind, village.code, f"{village.short}村{word}", 60 + len(rows)))
        first = 1 + town.index * 1000
        entities = [self.keep(tables.PARTY_ORG, {
            "po_id": first + n, "po_type": kind, "po_code": code, "po_name": name,
            "po_chg_date": day - 900 + n, "po_expire_date": day + 195 - 40 * (n % 7),
            "po_mem_normal": members, "po_remark": None})
            for n, (kind, code, name, members) in enumerate(rows)]
        self.party.write(us, READ, [Change(entity) for entity in entities])

    def first_hour(self, us):
        """area_grid, area_grid_member and the register of grids: each one statement."""
        self.grid.write(us, INSERT, [Change(e, e.image) for e in self._grids(us)])
        self.grid.write(us + clock.MINUTE, INSERT, [Change(e, e.image) for e in self._members()])
        self.grid.write(us + 2 * clock.MINUTE, INSERT,
                        [Change(e, e.image) for e in self._register()])

    def _grids(self, us):
        now = clock.local_text(us)
        for n, grid in enumerate(self.town.grids):
            number = int(grid.code[-3:])
            name = _NAMES[n % 3].format(short=grid.village.short, n=number,
                                        cn=_NUMERALS[number % 10])
            count = self.settled.households[grid.code]
            yield self.keep(tables.AREA_GRID, {
                "id": grid.grid_id, "grid_code": grid.code, "grid_name": name,
                "grid_level": "zrwg", "grid_household": count, "grid_persons": count * 3 + n % 40,
                "is_deleted": "0", "grid_label": f"{grid.code}/{name}", "crt_time": f"{now}.000",
                "upd_time": now})

    def _members(self):
        for grid in self.town.grids:
            yield self._post(grid, grid.village.leader, "网格长", "0")
            self.workers[grid.code] = self._post(grid, grid.user, "网格员", "1")
            yield self.workers[grid.code]
            if self.rng.random() < 0.4:
                self.helped.add(grid.code)
                yield self._post(grid, self.run.staff.user(), "兼职网格员", "0")

    def _post(self, grid, user, role, full_time):
        begin = clock.local_date(self.run.start - self.rng.randrange(90, 900) * clock.DAY)
        return self.keep(tables.GRID_MEMBER, {
            "grid_id": grid.grid_id, "grid_member": user, "grid_role": role,
            "is_full_time": full_time, "begin_date": begin, "end_date": None})

    def _register(self):
        for n, grid in enumerate(self.town.grids):
            yield Entity(tables.REGISTER, {
                "code": grid.code, "region_cd": grid.village.code, "area_name": grid.name,
                "name": f"网格{n + 1}", "type": "2", "population": "2", "party_branch": "1",
                "branch_type": "3", "cover_type": "1", "isDelete": "0",
                "rowId": f"00000000-0000-4000-9000-{n:012d}", "modification_num": 1})

    # -- what changes ---------------------------------------------------------------------------

    def day(self, day, midnight):
        """Push what happens to posts on a day."""
        run = self.run
        if day == 0:
            run.push(midnight + _EVENING, CALL, self._vacancies)
            run.push(midnight + _EVENING + clock.MINUTE, CALL, self._family_changes)
        for _ in range(3):
            entity = self.rng.choice(run.entities)
            if entity.table is tables.AREA_GRID:
                run.push(midnight + self.rng.randrange(9, 17) * clock.HOUR, CALL,
                         lambda us, e=entity: self._recount(us, e))

    def _recount(self, us, entity):
        more = entity.image["grid_persons"] + self.rng.randrange(1, 9)
        self.grid.write(us, UPDATE, [Change(entity, {"grid_persons": more,
                                                     "upd_time": clock.local_text(us)})])

    def _plain_grids(self):
        """Grids whose worker holds no second post, and that no plant has touched."""
        return [g for g in self.town.grids if not g.dual
                and g.code not in self.settled.planted["grid_families"]]

    def _vacancies(self, us):
        """One grid loses its worker for good, one for a night, one to another village."""
        chosen = self.rng.sample([g for g in self._plain_grids() if g.code not in self.helped], 3)
        for grid, kind in zip(chosen, ("left", "replaced", "moved")):
            entity = self.workers[grid.code]
            until = None
            today = clock.local_date(us)
            self.grid.write(us, UPDATE, [Change(entity, {"end_date": today})])
            user, grid.user = grid.user, grid.village.leader
            if kind != "left":
                until = us + 12 * clock.HOUR
                self.run.push(until, CALL, lambda at, g=grid: self._successor(at, g, "网格员"))
            if kind == "moved":
                target = self.rng.choice([g for g in self.town.grids if g not in chosen
                                          and g.village is not grid.village])
                self._insert(us + clock.MINUTE, target, user, "兼职网格员")
                self.run.traps["worker_moved"] += 1
            self._vacant((GRID, entity), grid, (us, until), "grid_worker")
            self.run.traps[f"worker_{kind}"] += 1

    def _successor(self, us, grid, role):
        grid.user = self.run.staff.user()
        self.workers[grid.code] = self._insert(us, grid, grid.user, role)

    def _insert(self, us, grid, user, role):
        entity = self.keep(tables.GRID_MEMBER, {
            "grid_id": grid.grid_id, "grid_member": user, "grid_role": role, "is_full_time": "1",
            "begin_date": clock.local_date(us), "end_date": None})
        self.grid.write(us, INSERT, [Change(entity, entity.image)])
        return entity

    def _vacant(self, source_entity, grid, span, role):
        source, entity = source_entity
        ended = span[1] if span[1] is not None and span[1] < self.run.end else None
        self.run.vacancies.append({
            "role": role, "source": source, "table": entity.table.name, "key": entity.key(),
            "town": self.town.code, "village": grid.village.code, "grid": grid.code,
            "from": span[0], "until": ended})

    # -- key families -----------------------------------------------------------------------------

    def _family_changes(self, us):
        """One key family loses its holder for good, one for three hours, one is given up."""
        plain = {grid.code for grid in self._plain_grids()}
        by_grid = {}
        for least in (4, 3):        # small towns have few grids with four
            if len(by_grid) < 3:
                by_grid.update((f.grid.code, f) for f in self.settled.families
                               if f.grid.code in plain and f.holder in f.grid.members[1:]
                               and len(f.grid.members) >= least)
        chosen = self.rng.sample(sorted(by_grid), 3)
        gone, back, closed = (by_grid[code] for code in chosen)
        for family in (gone, back):
            until = us + 3 * clock.HOUR if family is back else None
            family.grid.members.remove(family.holder)
            self._update(us, family, {"holder_member_id": None})
            self._vacant((PARTY, family.entity), family.grid, (us, until), "key_family")
        self.run.push(us + 3 * clock.HOUR, CALL, lambda at: self._new_holder(at, back))
        self._close(us + 2 * clock.MINUTE, closed)
        self.run.traps.update({"family_vacant": 2, "family_closed": 1})

    def _new_holder(self, us, family):
        holder = self.settled.member()
        family.grid.members.append(str(holder))
        self._update(us, family, {"holder_member_id": holder})

    def _update(self, us, family, delta, defect=None):
        image = family.entity.image
        more = {"modification_num": image["modification_num"] + 1, "upd_time": clock.utc_text(us)}
        self.party.write(us, UPDATE, [Change(family.entity, {**delta, **more}, defect)])

    def _close(self, us, family):
        """Given up: its members go to another key family of the grid, where it has room."""
        family.grid.members.remove(family.holder)
        self._update(us, family, {"is_deleted": "1"})
        other = next(f for f in self.settled.families
                     if f.grid is family.grid and f is not family and f.holder)
        day = clock.days(us)
        now = clock.utc_text(us + clock.MINUTE)
        ended = [Change(link, {"ended_on": day, "is_deleted": "1", "updated_at": now})
                 for link in family.links]
        self.party.write(us + clock.MINUTE, UPDATE, ended)
        fresh = [self.settled.add_link(other, link.image["party_member_id"])
                 for link in family.links]
        for link in fresh:
            link.image.update(confirmed_on=day, updated_at=now)
        self.run.entities += fresh
        self.party.write(us + 2 * clock.MINUTE, INSERT, [Change(e, e.image) for e in fresh])
        self.settled.families.remove(family)

    def bad_flag(self, us):
        """A row whose soft delete says neither yes nor no, and the correction."""
        family = self.rng.choice([f for f in self.settled.families if f.holder])
        self._update(us, family, {"is_deleted": "2"})
        self._update(us + clock.HOUR, family, {"is_deleted": "0"})
        self.run.traps["bad_flag"] += 1
