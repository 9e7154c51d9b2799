"""A second reading of a folder made with all entities, without the generator's code.

Other tables' rows are judged and applied here; tasks and cases as generator_reading does.
"""

import json
from collections import Counter, defaultdict

from generator_reading import GRID, PARTY, Reading, lines

CARRIED = {"party_org", "party_key_family", "party_family_link", "sys_party_household",
           "party_visit", "sys_volunteer_activity", "area_grid", "area_grid_member", "case_flow",
           "patrol_task", "thing_log"}
KEYS = {"party_org": ["po_id"], "party_key_family": ["family_id"],
        "party_family_link": ["link_id"], "party_visit": ["visit_id"],
        "area_grid_member": ["grid_id", "grid_member"], "case_flow": None}
REFUSED_WORDS = ("petition", "gathering", "police", "religion", "opinion", "special")


class WholeReading(Reading):
    """rows: tasks and cases; others: {(source, table, key): row} with image, deleted, place."""

    def __init__(self, folder):
        self.tables = {PARTY: defaultdict(Counter), GRID: defaultdict(Counter)}
        self.others = {}
        self.grown = Counter()          # (day, contact) -> growth of visit_count
        self.refused_rows = 0
        super().__init__(folder)

    # -- what table a record is of ----------------------------------------------------------------

    def note(self, source, table, verdict):
        self.tables[source][table][verdict] += 1

    def party(self, record):
        table = record["topic"].rpartition(".")[2]
        if table == "sys_party_task":
            return self.task(record)
        if record["value"] is None:
            return self.note(PARTY, table, "ignored")
        try:
            value = json.loads(record["value"])
        except ValueError:
            return self.note(PARTY, table, "dead")
        value = value.get("payload", value)
        assert value["source"]["table"] == table
        if table not in CARRIED:
            return self.note(PARTY, table, "ignored")
        self.other(PARTY, table, (value["before"], value["after"]))

    def task(self, record):
        """A task; refused categories stay outside."""
        if is_refused(record, '"task_type":"', REFUSED_WORDS):
            self.refused_rows += 1
            self.verdicts[PARTY]["ignored"] += 1
        else:
            super().party(record)

    def case(self, record):
        try:
            value = json.loads(record["value"])
        except ValueError:
            return super().case(record)
        is_row = isinstance(value, dict) and value["data"] is not None
        if not is_row or value["table"] == "case_info":
            if is_refused(record, '"event_type_list":"9', "123456"):
                self.refused_rows += 1
                self.verdicts[GRID]["ignored"] += 1
                return None
            return super().case(record)
        table = value["table"]
        if table not in CARRIED:
            return self.note(GRID, table, "ignored")
        for number, data in enumerate(value["data"]):
            self.check_old(value, number)
            old = value["old"][number] if value["old"] else {}
            self.other(GRID, table, {"INSERT": (None, data), "UPDATE": ({**data, **old}, data),
                                     "DELETE": (data, None)}[value["type"]])
        return None

    # -- rows of other tables --------------------------------------------------------------

    def other(self, source, table, images):
        before, after = images
        image = after or before
        place = self.place(source, table, image)
        if after and table == "party_key_family" and after["is_deleted"] not in "01":
            return self.note(source, table, "dead")
        if after and table == "sys_party_household" and damaged(after["population_id"]):
            return self.note(source, table, "dead")
        if place is None and table != "case_flow":
            return self.note(source, table, "dead")
        towns = {p[:9] for p in (self.place(source, table, i) for i in images if i) if p}
        for _ in range(max(1, len(towns))):
            self.note(source, table, "accepted")
        if table == "case_flow":
            return None
        if table == "sys_party_household" and before and after:
            growth = after["visit_count"] - before["visit_count"]
            if growth > 0:
                self.grown[after["last_visit_date"], str(after["id"])] += growth
        names = KEYS.get(table, [next(iter(image))])
        key = "/".join(str(image[name]) for name in names)
        gone = after is None or after.get("is_deleted") == "1"
        known = self.others.get((source, table, key))
        image = after or (known["image"] if known else before)
        self.others[source, table, key] = {"image": image, "deleted": gone, "place": place}
        return None

    def place(self, source, table, image):
        """The code of the place a row names: 9, 12 or 15 digits."""
        if table == "case_flow":
            return None
        if table in ("party_visit", "party_family_link"):
            return str(image.get("family_id") or image["family_code"])[:12]
        if table == "party_key_family":
            return image["grid_code"] or str(image["family_id"])[:12]
        for name in ("po_code", "grid_code"):
            if name in image:
                return image[name]
        ident = image["area_grid_id" if table == "patrol_task" else "grid_id"]
        found = (self.party_grids if source == PARTY else self.case_grids).get(str(ident))
        return found and (found["grid"] or found["village"])

    # -- derived --------------------------------------------------------------

    def live(self, table):
        return [row for (_, name, _), row in self.others.items()
                if name == table and not row["deleted"]]

    def activity_fact(self, key, row, holders):
        image, place = row["image"], row["place"]
        state = {"PLANNED": "REPORTED", "ONGOING": "IN_PROGRESS", "COMPLETED": "CLOSED",
                 "CANCELLED": "VOID"}[image["status"]]
        return {"source": PARTY, "key": f"activity/{key}", "category": "ZC02",
                "occurred": image["activity_date"] - 8 * 3600 * 10 ** 6,
                "holder": holders(PARTY, "member", image["created_by"]), "names": None,
                "photo": None, "village": place[:12], "town": place[:9],
                "grid": place if len(place) == 15 else None, "claims": False, "extreme": False,
                "deleted": row["deleted"], "state": None if row["deleted"] else state}

    def facts(self, holders):
        """Facts of all rows that are matters."""
        found = {ident: self.fact(ident, holders) for ident in self.rows}
        for (source, table, key), row in self.others.items():
            if table == "sys_volunteer_activity":
                found[source, f"activity/{key}"] = self.activity_fact(key, row, holders)
        return found

    def coverage(self, town):
        """Findings of a town as a multiset of tuples, counted anew from the rows."""
        found = Counter()
        families = [r for r in self.live("party_key_family") if r["place"][:9] == town]
        links = [r["image"] for r in self.live("party_family_link")
                 if r["place"][:9] == town and r["image"]["ended_on"] is None]
        grids = [r for r in self.live("area_grid") if r["place"][:9] == town]
        for grid in grids:
            count = sum(f["image"]["grid_code"] == grid["place"] for f in families)
            if count < 2 or count > 5:
                found["grid_families", grid["place"], count] += 1
        members = Counter(link["family_code"] for link in links)
        for family in families:
            count = members[family["image"]["family_code"]]
            if count < 5 or count > 15:
                found["family_members", family["image"]["family_code"], count] += 1
        linked = {str(link["party_member_id"]) for link in links}
        self.contact_coverage(town, linked, grids, found)
        return found

    def contact_coverage(self, town, linked, grids, found):
        by_member, by_code = defaultdict(set), defaultdict(list)
        for (_, table, key), row in self.others.items():
            home = row["image"].get("population_id", "")[:9]
            if table == "sys_party_household" and not row["deleted"] and home == town:
                by_member[str(row["image"]["party_member_id"])].add(row["image"]["population_id"])
                by_code[row["image"]["population_id"]].append((int(key), row["place"]))
        for member in linked | set(by_member):
            count = len(by_member[member])
            if member not in linked:
                found["member_without_family", member, count] += 1
            elif count < 5 or count > 20:
                found["member_households", member, count] += 1
        for code, rows in by_code.items():
            if len(rows) > 1:
                found["household_twice", code, tuple(str(key) for key, _ in sorted(rows))] += 1
            for key, place in rows:
                if code[:len(place)] != place:
                    found["household_elsewhere", code, str(key), place] += 1
        by_grid = Counter(code[:15] for code in by_code)
        for grid in grids:
            count = int(grid["image"]["grid_household"])
            left = count - by_grid[grid["place"]]
            if left > 0:
                found["households_unlinked", grid["place"], left, count] += 1


def is_refused(record, mark, words):
    """Does the last image of a record name a refused category?"""
    text = record["value"] or ""
    at = text.rfind(mark)
    return at >= 0 and text[at + len(mark):].startswith(tuple(words)) and text.endswith("}")


def damaged(code):
    return not code.isdigit() or code[15:] == "000"


def finding_key(line):
    """A line of truth_coverage as coverage() counts it."""
    names = {"grid_families": ("grid", "count"), "family_members": ("family", "count"),
             "member_households": ("member", "count"), "member_without_family": ("member", "count"),
             "household_twice": ("household", "links"),
             "household_elsewhere": ("household", "link", "place"),
             "households_unlinked": ("grid", "count", "of")}[line["finding"]]
    values = (line[name] for name in names)
    return (line["finding"], *(tuple(v) if isinstance(v, list) else v for v in values))


def told(folder, name):
    return lines(folder / f"truth_{name}.jsonl")
