"""Findings about contacts: what the rules of DOMAIN.md 2.7 and 6.4 say of the rows as they stand.

A pure function of the last accepted images, so that nothing of how they were made gets in.
"""

from collections import Counter, defaultdict

from gridgen import tables
from gridgen.settle import FAMILIES, HOUSEHOLDS, MEMBERS


def _outside(count, limits):
    return not limits[0] <= count <= limits[1]


class Coverage:
    """The live rows of a town, and what is wrong with them."""

    def __init__(self, run):
        self.run = run
        live = [e for e in run.entities if e.good is not None and not e.deleted]
        self.rows = defaultdict(list)
        for entity in live:
            self.rows[entity.table.name].append(entity.good)

    def findings(self):
        """All findings of the town, each a dict that begins with its kind."""
        families = self.rows[tables.KEY_FAMILY.name]
        links = [i for i in self.rows[tables.FAMILY_LINK.name] if i["ended_on"] is None]
        contacts = self.rows[tables.HOUSEHOLD.name]
        yield from self._families(families)
        yield from self._members(families, links)
        yield from self._member_households(links, contacts)
        yield from self._households(contacts)
        yield from self._unlinked(contacts)

    def _families(self, families):
        count = Counter(image["grid_code"] for image in families)
        for grid in self.run.town.grids:
            if _outside(count[grid.code], FAMILIES):
                yield {"finding": "grid_families", "grid": grid.code, "count": count[grid.code]}

    @staticmethod
    def _members(families, links):
        count = Counter(image["family_code"] for image in links)
        for image in families:
            code = image["family_code"]
            if _outside(count[code], MEMBERS):
                yield {"finding": "family_members", "family": code, "count": count[code]}

    @staticmethod
    def _member_households(links, contacts):
        households = defaultdict(set)
        for image in contacts:
            households[image["party_member_id"]].add(image["population_id"])
        members = {image["party_member_id"] for image in links}
        for member in sorted(members | set(households)):
            count = len(households.get(member, ()))
            kind = "member_households" if member in members else "member_without_family"
            if member not in members or _outside(count, HOUSEHOLDS):
                yield {"finding": kind, "member": str(member), "count": count}

    def _households(self, contacts):
        links = defaultdict(list)
        for image in contacts:
            links[image["population_id"]].append(image)
        for code, images in sorted(links.items()):
            if len(images) > 1:
                yield {"finding": "household_twice", "household": code,
                       "links": sorted((str(image["id"]) for image in images), key=int)}
            for image in images:
                grid = self.run.by_party_id[image["grid_id"]]
                known = grid.village.code if grid.village_only else grid.code
                if not code.startswith(known):
                    yield {"finding": "household_elsewhere", "household": code,
                           "link": str(image["id"]), "place": known}

    def _unlinked(self, contacts):
        linked = Counter(code[:15] for code in {i["population_id"] for i in contacts})
        for image in self.rows[tables.AREA_GRID.name]:
            left = image["grid_household"] - linked[image["grid_code"]]
            if left > 0:
                yield {"finding": "households_unlinked", "grid": image["grid_code"],
                       "count": left, "of": image["grid_household"]}
