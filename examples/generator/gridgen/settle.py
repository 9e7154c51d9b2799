"""Who contacts whom: key families, the members each contacts, the households each member contacts.

Rules of DOMAIN.md 2.7: 2 to 5 key families a grid, 5 to 15 members a key family, 5 to 20
households a member. A town keeps to them but for what is planted. Households are codes alone:
grid code and a number of three digits.
"""

from gridgen import clock, tables
from gridgen.sheets import Entity

FAMILIES, MEMBERS, HOUSEHOLDS = (2, 5), (5, 15), (5, 20)
_NAMES = ("甲", "乙", "丙", "丁", "戊", "己", "庚", "辛")


class Family:
    """A key family: its row, its grid, the rows of the members it contacts."""

    __slots__ = ("entity", "grid", "code", "links")

    def __init__(self, entity, grid, code):
        self.entity, self.grid, self.code = entity, grid, code
        self.links = []         # Entity of party_family_link

    @property
    def holder(self):
        """Member id of who holds it, None while it is vacant."""
        ident = self.entity.image and self.entity.image["holder_member_id"]
        return None if ident is None else str(ident)


class Settled:
    """The contacts of one town."""

    def __init__(self, run, town):
        self.run, self.town = run, town
        self.rng = run.random("settled")
        self.families = []
        self.contacts = {}      # member id -> [Entity of sys_party_household]
        self.households = {}    # grid code -> how many
        self.planted = {}       # what was planted -> where
        self.next_member = 1_000_001 + town.index * 5000
        self.next_link = 1 + town.index * 1_000_000
        self.next_contact = 1 + town.index * 1_000_000
        self._plant_grids()
        for village in town.villages:
            self._village(village)
        self._plant_links()

    # -- rows ---------------------------------------------------------------------------------

    def member(self):
        self.next_member += 1
        return self.next_member - 1

    def add_family(self, grid, number, holder):
        """A new key family of a grid; holder is a member id or None."""
        code = f"{grid.village.code}{number:06d}"
        start = self.run.start
        image = {"family_id": int(code), "family_code": code,
                 "holder_member_id": None if holder is None else int(holder),
                 "holder_name": self.run.canary(number), "grid_code": grid.code,
                 "six_have": '{"场所": true, "登记": true, "学习资料": 12}',
                 "station_open": 28_800_000_000, "station_close": 63_000_000,
                 "contact_limit": MEMBERS[1], "subsidy": "dTA=", "is_deleted": "0",
                 "modification_num": 1, "established": clock.days(start) - 700 - number,
                 "intro": f"{grid.village.short}村党员中心户，共建共治共享。" * 3,
                 "crt_time": clock.local_micros(start - 600 * clock.DAY) // 1000,
                 "upd_time": clock.utc_text(start - 40 * clock.DAY)}
        family = Family(Entity(tables.KEY_FAMILY, image), grid, code)
        self.families.append(family)
        return family

    def add_link(self, family, member=None):
        """A member whom the key family contacts."""
        member = member or self.member()
        day = clock.days(self.run.start)
        entity = Entity(tables.FAMILY_LINK, {
            "link_id": self.next_link, "family_code": family.code, "party_member_id": member,
            "confirmed_on": day - 300 - self.next_link % 200, "ended_on": None,
            "is_deleted": "0", "updated_at": clock.utc_text(self.run.start - 30 * clock.DAY)})
        self.next_link += 1
        family.links.append(entity)
        return entity

    def add_contact(self, member, code, grid, kind="ordinary"):
        """A household, by its code, that a member contacts; grid is where the row says it is."""
        number = self.next_contact
        day = clock.days(self.run.start)
        entity = Entity(tables.HOUSEHOLD, {
            "id": number, "party_member_id": member, "population_id": code,
            "household_name": self.run.canary(number), "grid_id": grid.party_id,
            "household_address": f"{grid.village.short}村{number % 12 + 1}组{number % 90 + 1}号",
            "visit_count": number * 7 % 23, "last_visit_date": day - 1 - number % 60,
            "created_at": clock.local_micros(self.run.start - number % 400 * clock.DAY),
            "updated_at": None}, kind)
        self.next_contact += 1
        self.contacts.setdefault(member, []).append(entity)
        return entity

    # -- one village after the other -------------------------------------------------------------

    def _village(self, village):
        number = 0
        for grid in village.grids:
            families = []
            for holder in grid.members:
                number += 1
                families.append(self.add_family(grid, number, holder))
            self._grid(grid, families)

    def _grid(self, grid, families):
        rng, mean = self.rng, self.run.options.households
        count = min(999, max(150, round(rng.gauss(mean, mean / 8))))
        self.households[grid.code] = count
        linked = min(count - rng.randrange(1 + count // 25), 300 * len(families))
        size = min(max(round(linked / 12), 5 * len(families)), 15 * len(families))
        members = []
        for place, family in enumerate(families):
            share = size // len(families) + (place < size % len(families))
            members += [self.add_link(family).image["party_member_id"] for _ in range(share)]
        for number in range(linked):
            member = members[number * len(members) // linked]
            self.add_contact(member, f"{grid.code}{number + 1:03d}", grid)

    # -- what is planted -----------------------------------------------------------------------

    def _plant_grids(self):
        """One grid with too few key families, one with too many; neither has a dual hat."""
        few, many = self.rng.sample([g for g in self.town.grids if not g.dual], 2)
        del few.members[1:]
        while len(many.members) < 6:
            many.members.append(self.run.staff.member())
        self.planted = {"grid_families": [few.code, many.code]}

    def _plant_links(self):
        normal = [f for f in self.families if f.grid.code not in self.planted["grid_families"]
                  and 6 <= len(f.links) <= 14 and not f.grid.village_only]
        few, many, sparse, twice, other, elsewhere = self.rng.sample(normal, 6)
        for link in few.links[4:]:
            self._drop(link, few)
        while len(many.links) < 17:
            member = self.add_link(many).image["party_member_id"]
            for entity in self.contacts[many.links[0].image["party_member_id"]][:5]:
                self.add_contact(member, entity.image["population_id"], many.grid, "twice")
        thin, thick = (link.image["party_member_id"] for link in sparse.links[:2])
        moved, self.contacts[thin] = self.contacts[thin][4:], self.contacts[thin][:4]
        for entity in moved:
            entity.image["party_member_id"] = thick
        self.contacts[thick] += moved
        self._plant_codes(twice, other, elsewhere)
        self.planted.update(family_members=[few.code, many.code],
                            member_households=[str(thin), str(thick)])

    def _plant_codes(self, twice, other, elsewhere):
        """Households linked twice, and links that name a grid that is not the household's own."""
        first, second = (f.links[0].image["party_member_id"] for f in (twice, other))
        for entity in self.contacts[first][:3]:
            self.add_contact(second, entity.image["population_id"], twice.grid, "twice")
        member = elsewhere.links[0].image["party_member_id"]
        near = [g for g in elsewhere.grid.village.grids if g is not elsewhere.grid]
        far = [g for g in self.town.grids if g.village is not elsewhere.grid.village]
        for entity, grid in zip(self.contacts[member], (near[0], near[0], far[0])):
            entity.image["grid_id"] = grid.party_id
            entity.kind = "elsewhere"

    def _drop(self, link, family):
        family.links.remove(link)
        for entity in self.contacts.pop(link.image["party_member_id"], ()):
            entity.image["party_member_id"] = family.links[0].image["party_member_id"]
            self.contacts[entity.image["party_member_id"]].append(entity)

    def households_of(self, family):
        """All live contact rows of the members of a key family whose records came through."""
        return [entity for link in family.links if link.image
                for entity in self.contacts.get(link.image["party_member_id"], ())
                if entity.image and entity.good]


def member_name(number):
    """An invented name of a member, for columns that are never carried."""
    return f"测试{_NAMES[number % 8]}"
