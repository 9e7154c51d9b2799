"""The contact rows of a town over the run: first load, changes, Excel, the month's end."""

from gridgen import clock, tables
from gridgen.rows import DELETE, INSERT, READ, UPDATE
from gridgen.settle import member_name
from gridgen.sheets import Change, Entity
from gridgen.townrun import CALL

_TRUNCATED = ("3.20312E+17", "000")


class Contacts:
    """sys_party_household and the tables of persons around it; party = PartySheets."""

    def __init__(self, run, settled, party):
        self.run, self.town, self.settled, self.party = run, run.town, settled, party
        self.rng = run.random("contacts")
        self.assessments = []
        self.unlinked = {code: set() for code in settled.households}
        self._find_unlinked()

    def _find_unlinked(self):
        linked = {e.image["population_id"] for rows in self.settled.contacts.values()
                  for e in rows}
        for code, count in self.settled.households.items():
            self.unlinked[code] = {f"{code}{n:03d}" for n in range(1, count + 1)} - linked

    # -- the first load --------------------------------------------------------------------------

    def snapshot(self, us):
        """All tables but party_org and tasks, one collection after the other."""
        settled, run = self.settled, self.run
        families = [family.entity for family in settled.families]
        links = [link for family in settled.families for link in family.links]
        contacts = [e for rows in settled.contacts.values() for e in rows]
        run.entities += families + links + contacts
        members = [link.image["party_member_id"] for link in links]
        rows = (families, links, contacts, self._old_visits(), self._old_activities(),
                self._signups(), self._persons(members), self._meetings(),
                self._assessment(members), self._pages(members), self._help(members))
        for place, entities in enumerate(rows):
            self.party.write(us + place * 2 * clock.SECOND, READ, [Change(e) for e in entities])

    def _old_visits(self):
        day = clock.days(self.run.start)
        for n, family in enumerate(self.settled.families[:40]):
            entity = Entity(tables.VISIT, visit_image(family, (self.run.town.index, n),
                                                      (day - 1 - n % 20, 9 * 60 + n, 3)), "old")
            self.run.entities.append(entity)
            yield entity

    def _old_activities(self):
        for n in range(6):
            grid = self.rng.choice(self.town.grids)
            at = self.run.start - (3 + n) * clock.DAY + 9 * clock.HOUR
            entity = Entity(tables.ACTIVITY, {
                "id": self.run.next_activity(), "title": f"{grid.village.short}村志愿服务",
                "activity_date": clock.local_micros(at), "grid_id": grid.party_id,
                "max_participants": 30, "status": "COMPLETED", "created_by": grid.members[-1]})
            self.run.activities.append(entity)
            yield entity

    def _signups(self):
        return [Entity(tables.SIGNUP, {"id": self.run.town.index * 10000 + n, "activity_id": n,
                                       "user_id": self.settled.next_member - n,
                                       "status": "ATTENDED"}) for n in range(1, 9)]

    def _persons(self, members):
        """Whole rows of persons, of which nothing may come in."""
        for n, member in enumerate(members):
            name, ident = self.run.canary_person() if n % 97 == 0 else (member_name(n), None)
            yield Entity(tables.MEMBER, {
                "id": member, "user_id": member + 9, "name": name, "party_status": "正式党员",
                "party_branch": f"{self.town.villages[n % 9].short}村党支部", "id_card": ident,
                "phone": self.run.canary_phone() if n % 97 == 1 else None, "is_public": False,
                "status": "ACTIVE", "created_at": clock.local_micros(self.run.start),
                "updated_at": clock.utc_text(self.run.start)})

    def _meetings(self):
        at = clock.local_micros(self.run.start - 2 * clock.DAY)
        return [Entity(tables.MEETING, {
            "id": self.run.town.index * 1000 + n, "meeting_type": "党小组会", "title": "学习",
            "meeting_date": at, "party_branch": f"{village.short}村党支部",
            "participant_count": 12 + n, "status": "COMPLETED"})
            for n, village in enumerate(self.town.villages)]

    def _assessment(self, members):
        month = clock.local_text(self.run.start)[:7]
        self.assessments = [Entity(tables.ASSESSMENT, {
            "id": self.run.town.index * 100_000 + n, "party_member_id": member,
            "assessment_month": month, "patrol_count": n % 5, "mediation_count": n % 3,
            "volunteer_hours": n % 7, "meeting_attendance": n % 2,
            "total_score": 10 * (n % 5) + 15 * (n % 3) + 5 * (n % 7) + 20 * (n % 2)})
            for n, member in enumerate(members)]
        return self.assessments

    def _pages(self, members):
        return [Entity(tables.UNION_PAGE, {
            "userId": member, "userName": self.run.canary(n),
            "areaNames": f"{self.run.canary(n + 1)}、{self.run.canary(n + 2)}户"})
            for n, member in enumerate(members[:30])]

    def _help(self, members):
        for n, member in enumerate(members[:12]):
            name, ident = self.run.canary_person()
            yield Entity(tables.HELP, {
                "id": self.run.town.index * 1000 + n, "helpObject": name, "helpObjectCard": ident,
                "helperPartyId": member, "helperName": self.run.canary(n + 5),
                "helpTime": clock.local_micros(self.run.start - n * clock.DAY)})

    # -- the days ---------------------------------------------------------------------------------

    def day(self, day, midnight):
        """Push the changes of a day."""
        run, rng = self.run, self.rng
        steps = [self._link] * rng.randrange(2, 6) + [self._end] * rng.randrange(1, 4)
        if day == 0:
            steps += [self._move_village, self._move_town, self._unknown_grid, self._cut,
                      self._count_back]
        elif rng.random() < 0.3:
            steps.append(self._move_village)
        for step in steps:
            run.push(midnight + rng.randrange(9 * 3600, 17 * 3600) * clock.SECOND, CALL, step)
        days = run.options.days
        if day == min(1, days - 1):
            run.push(midnight + 14 * clock.HOUR, CALL, self._excel)
        if self._is_month_end(day, midnight):
            run.push(midnight + 23 * clock.HOUR, CALL, self._month_end)

    def _is_month_end(self, day, midnight):
        """The last day of a month; a run without one has it on its last day."""
        run = self.run
        nights = [run.start + n * clock.DAY for n in range(run.options.days)]
        ends = [at for at in nights
                if clock.local_month(at) != clock.local_month(at + clock.DAY)]
        return midnight in ends or (not ends and day == run.options.days - 1)

    def _live(self):
        """A member's live contact rows, of a member that has more than six."""
        while True:
            rows = self.settled.contacts[self.rng.choice(list(self.settled.contacts))]
            live = [e for e in rows if e.image and e.kind == "ordinary"]
            if len(live) > 6:
                return live

    def _insert(self, us, model, code, grid):
        """A new link by the member of a row."""
        entity = self.settled.add_contact(model.image["party_member_id"], code, grid, "new")
        entity.image.update(visit_count=0, last_visit_date=None,
                            created_at=clock.local_micros(us), updated_at=clock.local_micros(us))
        self.run.entities.append(entity)
        return entity

    def _grid_of(self, entity):
        return self.run.by_party_id[entity.image["grid_id"]]

    def _free(self, other_than=None):
        """A row of a member, and a code of its grid that nobody contacts, outside a village."""
        while True:
            model = self._live()[0]
            grid = self._grid_of(model)
            codes = self.unlinked[grid.code]
            if codes and grid.village is not other_than:
                code = min(codes)
                codes.discard(code)
                return model, code

    def _link(self, us):
        """A household that nobody contacted is linked."""
        model, code = self._free()
        entity = self._insert(us, model, code, self._grid_of(model))
        self.party.write(us, INSERT, [Change(entity, entity.image)])
        self.run.traps["contact_linked"] += 1

    def _end(self, us):
        """A link is ended: a hard delete."""
        self._delete(us, self._live()[-1])
        self.run.traps["contact_ended"] += 1

    def _delete(self, us, entity):
        self.party.write(us, DELETE, [Change(entity)])

    def _move_village(self, us):
        """A household moves: its link ends, in the other village it has another code."""
        entity = self._live()[-1]
        model, code = self._free(self._grid_of(entity).village)
        self._delete(us, entity)
        fresh = self._insert(us + clock.MINUTE, model, code, self._grid_of(model))
        self.party.write(us + clock.MINUTE, INSERT, [Change(fresh, fresh.image)])
        self.run.traps["household_moved"] += 1

    def _move_town(self, us):
        """The link's grid is corrected to one of another town: leave and enter."""
        others = self.run.elsewhere(self.town)
        if others:
            grid = self.rng.choice(self.rng.choice(others).grids)
            entity = self._live()[-1]
            entity.kind = "other_town"
            self._touch(us, entity, {"grid_id": grid.party_id})
            self.run.traps["contact_town_move"] += 1

    def _touch(self, us, entity, delta, defect=None):
        delta["updated_at"] = clock.local_micros(us)
        self.party.write(us, UPDATE, [Change(entity, delta, defect)])

    def _unknown_grid(self, us):
        """A new link of a grid that nobody knows, corrected later."""
        model, code = self._free()
        grid = self._grid_of(model)
        entity = self._insert(us, model, code, grid)
        self.party.write(us, INSERT, [Change(entity, dict(entity.image, grid_id=99001))])
        self.run.push(us + clock.HOUR, CALL,
                      lambda at: self._touch(at, entity, {"grid_id": grid.party_id}))
        self.run.traps["contact_unknown_grid"] += 1

    def _count_back(self, us):
        """A counter is set back by one: a slip is corrected, nobody was visited."""
        entity = next(e for e in self._live() + self._live() if e.image["visit_count"] > 0)
        self._touch(us, entity, {"visit_count": entity.image["visit_count"] - 1})
        self.run.traps["visit_count_back"] += 1

    def _cut(self, us):
        """A record that was cut on its way; the next one repairs the row."""
        entity = self._live()[0]
        address = entity.image["household_address"]
        self._touch(us, entity, {"household_address": f"{address}东"}, "cut")
        self.run.push(us + clock.HOUR, CALL, lambda at: self._touch(
            at, entity, {"household_address": f"{address}西"}))
        self.run.silent[tables.HOUSEHOLD.name] += 1
        self.run.traps["contact_cut"] += 1

    def _excel(self, us):
        """The office loads its sheet: damaged codes and, where bursts are on, every row anew."""
        rows = self._all()
        if self.run.has_bursts:
            micros = clock.local_micros(us)
            changes = [Change(e, {"household_address": f"{e.image['household_address']}号",
                                  "updated_at": micros}) for e in rows]
            self.party.write(us, UPDATE, changes)
            self.run.silent[tables.HOUSEHOLD.name] += len(changes)
            self.run.traps["excel_burst"] += 1
        damaged = []
        for n, model in enumerate(self.rng.sample(rows, 20)):
            code = _TRUNCATED[0] if n % 2 else model.image["population_id"][:15] + _TRUNCATED[1]
            damaged.append(self._insert(us, model, code, self._grid_of(model)))
        self.party.write(us + clock.MINUTE, INSERT, [Change(e, e.image) for e in damaged])
        self.run.traps["excel_truncated"] += len(damaged)
        self.run.push(us + clock.HOUR, CALL, lambda at: self._mend(at, damaged[:5]))

    def _mend(self, us, damaged):
        """Somebody types the codes in again."""
        for entity in damaged:
            codes = self.unlinked[self._grid_of(entity).code]
            if codes:
                code = min(codes)
                codes.discard(code)
                self._touch(us, entity, {"population_id": code})
                self.run.traps["excel_mended"] += 1

    def _all(self):
        """Every live row whose code is a household's, in the order of the table."""
        rows = [e for own in self.settled.contacts.values() for e in own
                if e.image and e.good and not e.deleted and e.kind != "other_town"]
        return sorted(rows, key=lambda e: e.image["id"])

    def _month_end(self, us):
        """Every assessment, and where bursts are on every contact, is deleted and written anew."""
        self.party.rewrite(us, self.assessments)
        self.run.traps["month_end_assessment"] += 1
        if self.run.has_bursts:
            rows = self._all()
            self.party.rewrite(us + 10 * clock.MINUTE, rows)
            self.run.traps["month_end_contacts"] += 1


def visit_image(family, number, when):
    """A row of party_visit; when = (day, minute of the day, households)."""
    town, count = number
    day, minute, households = when
    end = minute + 25 - 8 * 60
    return {"visit_id": f"00000000-0000-4000-8{town % 4096:03x}-{count:012x}",
            "family_id": int(family.code), "purpose": ("policy", "care", "errand",
                                                       "mediation")[count % 4],
            "visit_date": day, "begin_time": minute * 60_000,
            "end_time": f"{end // 60 % 24:02d}:{end % 60:02d}:00Z", "duration": 1_500_000_000,
            "household_count": households, "produced_matters": [], "ok": True,
            "ext": '{"a": 1}', "context": "入户走访，了解近况。"}
