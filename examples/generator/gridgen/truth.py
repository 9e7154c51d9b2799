"""The truth: what every row is, which rows are one matter, who leads, what becomes of records."""

import json

from gridgen import catalog, clock
from gridgen.catalog import GRID, PARTY
from gridgen.links import link
from gridgen.rows import claims_lead
from gridgen.world import source_key

DEAD_REASONS = {
    "cut": ["bad_json"], "scalar": ["bad_json", "bad_envelope"],
    "missing_key": ["bad_field", "missing_key"], "bad_date": ["bad_field"],
    "unknown_grid": ["bad_field", "unknown_grid", "unknown_town", "unknown_place"],
    "unknown_state": ["unknown_state"], "need_full_image": ["need_full_image"]}

DEFINITIONS = {
    "rows": "truth_rows.jsonl, one line per source row that came through undamaged at least once: "
            "what a bridge knows of it at the end. Rows none of whose records came through are "
            "listed in never_in.",
    "rows.state": "canonical state of the last accepted image; null when the row is deleted.",
    "rows.deleted": "a delete or is_deleted=1 was the last accepted record. A delete that carried "
                    "the key only is dead (need_full_image), so its row stays.",
    "rows.grid": "15-digit code, null where the lookup file knows only the village.",
    "rows.occurred": "microseconds since 1970 UTC: party created_at, grid occur_time.",
    "rows.holder": "holder key of the reporter (party created_by, grid crt_user_id) where "
                   "holders.csv has the id, else null: equal to nobody.",
    "rows.group": "the matter, null for a deleted row: it is in none.",
    "rows.title": "only where it has odd characters: as it must come out (NUL is U+FFFD).",
    "groups": "truth_groups.jsonl, one line per matter of live rows, linked by certain evidence in "
              "the rows as they stand at the end (a pure function of them, not of their order).",
    "groups.evidence": "xref, attachment, holder, or none for a single row.",
    "groups.elder": "the row of least occurrence time, then source name, then key.",
    "groups.lead": "role by the duty list: grid_worker, key_family, department, or null.",
    "groups.rule": "the line: emergency, command_centre, speciality_party, speciality_grid, "
                   "mediation_party, mediation_grid, first_contact, unlisted.",
    "groups.kind_of_pair": "duplicate_entry (one holder), corroboration (two), null for one row.",
    "groups.no_owner": "no rule gives a lead.",
    "groups.double_lead": "at_end: settled or open when both final images claim the lead, else "
                          "null; ever: some accepted image of each side claimed it, so that a "
                          "double lead may have been found on the way.",
    "groups.contradictory_at_end": "one side is CLOSED, the other neither that nor VOID; an "
                                   "overlap only once the lane clock is 72 h further.",
    "field_conflict": "no statement is made about it.",
    "transient": "Before its last row came, an ambiguous pair may have looked certain "
                 "(patrol_five, attachment_three, xref_twice), and a pair may have been linked "
                 "before a change (xref_corrected, pair_deleted, soft deletes): a link and its "
                 "overlap may then have been published and taken back.",
    "near_misses": "pairs of rows [source, key] that must not be one matter at the end, and why.",
    "intended": "pairs made to be one matter, by kind, that were linked at the end.",
    "counts": "per source: messages = Kafka records; accepted, dead, ignored = intake records "
              "(rows) by verdict; dead by kind of damage with acceptable reasons in dead_reasons; "
              "a broken Canal message is one record; a row that goes to another town is two "
              "accepted records; stale_replays = those accepted records that are repeats and must "
              "change nothing; intake_records = accepted + dead + ignored.",
    "canaries": "texts that stand in columns, statements or broken records that must not be "
                "carried: none may appear in any output, table or log.",
    "traps": "how often each trap was planned (a run's end may cut some short)."}


class Fact:
    """What the last accepted image of a row says, in canonical terms."""

    __slots__ = ("row", "source", "key", "town", "village", "grid", "category", "occurred",
                 "holder", "names", "photo", "state", "group", "evidence", "is_extreme")

    def __init__(self, world, row):
        image, place = row.good, world.place_of(row, row.good)
        self.row, self.source, self.key = row, row.source, str(row.key)
        self.village, self.town = place.village.code, place.village.town.code
        self.state = None if row.deleted else world.state_of(row, image)
        self.photo = image["attach_sha256"]
        self.group, self.evidence = None, "none"
        self.is_extreme = row.source == GRID and image["case_level"] == "teji"
        if row.source == PARTY:
            self._party(world, image, place)
        else:
            self._grid(world, image, place)

    def _party(self, world, image, place):
        self.grid = None if place.village_only else place.code
        self.category = catalog.PARTY_CATEGORY[image["task_type"]]
        self.occurred = image["created_at"] - clock.ZONE
        self.holder = world.holder(PARTY, image["created_by"])
        self.names = None if image["peer_case_id"] is None else str(image["peer_case_id"])

    def _grid(self, world, image, place):
        self.grid = place.code
        self.category = catalog.GRID_CATEGORY[image["event_type_list"].split(",")[0]]
        day, time = image["occur_time"].split(" ")
        hours, minutes, seconds = map(int, time.split(":"))
        self.occurred = clock.day_start(day) + (hours * 3600 + minutes * 60 + seconds) * 1_000_000
        self.holder = world.holder(GRID, image["crt_user_id"])
        self.names = image["party_task_ref"]

    def order(self):
        return (self.occurred, self.source, self.key)

    def line(self):
        row = self.row
        line = {"source": self.source, "entity": "matter", "key": self.key, "town": self.town,
                "village": self.village, "grid": self.grid, "category": self.category,
                "occurred": self.occurred, "holder": self.holder, "state": self.state,
                "deleted": row.deleted, "group": self.group, "evidence": self.evidence,
                "kind": row.kind}
        if row.kind.startswith("text_"):
            title = row.good["task_title" if self.source == PARTY else "case_title"]
            line["title"] = title.replace("\0", "\ufffd")
        return line


class Activity:
    """An open activity as the row of a matter: what Fact and the groups ask a row."""

    __slots__ = ("source", "key", "good", "deleted", "kind", "claimed")

    def __init__(self, entity):
        self.source, self.key = PARTY, f"activity/{entity.key()}"
        self.good = {"status": entity.good["status"], "assigned_member_id": None}
        self.deleted, self.kind, self.claimed = entity.deleted, "activity", False


class ActivityFact(Fact):
    """What the last image of a row of sys_volunteer_activity says."""

    __slots__ = ()

    def __init__(self, world, entity):
        image = entity.good
        place = world.by_party_id[image["grid_id"]]
        self.row = Activity(entity)
        self.source, self.key = PARTY, self.row.key
        self.village, self.town = place.village.code, place.village.town.code
        self.grid = None if place.village_only else place.code
        self.state = None if entity.deleted else ACTIVITY_STATE[image["status"]]
        self.category, self.names, self.photo = "ZC02", None, None
        self.occurred = image["activity_date"] - clock.ZONE
        self.holder = world.holder(PARTY, image["created_by"])
        self.group, self.evidence, self.is_extreme = None, "none", False


class CentreFact(Fact):
    """What the last image of a matter of the command centre says."""

    __slots__ = ()

    def __init__(self, row, states):
        self.row, self.source, self.key = row, row.source, row.key
        self.village, self.town = row.village.code, row.village.town.code
        self.grid, self.holder, self.photo = None, None, None
        self.category, self.occurred = row.category, row.occurred
        self.names = None if row.case is None else str(row.case.key)
        self.state = None if row.deleted else states[row.good["EnumOrderStatus"]]
        self.group, self.evidence, self.is_extreme = None, "none", False


ACTIVITY_STATE = {"PLANNED": "REPORTED", "ONGOING": "IN_PROGRESS", "COMPLETED": "CLOSED",
                  "CANCELLED": "VOID"}


def _group_line(number, members, evidence):
    members = sorted(members, key=Fact.order)
    elder = members[0]
    for fact in members:
        fact.group, fact.evidence = number, evidence
    is_extreme = any(fact.is_extreme for fact in members)  # the grid's word on urgency counts
    duty = catalog.duty(elder.category, elder.source, is_extreme)
    two = [fact for fact in members if fact.source != catalog.CENTRE]
    pair = len(two) == 2
    same = pair and two[0].holder is not None and two[0].holder == two[1].holder
    states = {fact.state for fact in members}
    line = {"group": number, "town": elder.town, "village": elder.village,
            "rows": [source_key(fact.row) for fact in members], "evidence": evidence,
            "category": elder.category, "elder": source_key(elder.row), **duty,
            "kind_of_pair": ("duplicate_entry" if same else "corroboration") if pair else None,
            "no_owner": duty["lead"] is None, "double_lead": _double_lead(two, duty),
            "contradictory_at_end": pair and "CLOSED" in states and len(states) == 2
            and "VOID" not in states}
    return line


def _double_lead(members, duty):
    now = len(members) == 2 and all(claims_lead(f.row, f.row.good) for f in members)
    ever = len(members) == 2 and all(f.row.claimed for f in members)
    outcome = "settled" if duty["lead"] else "open"
    return {"at_end": outcome if now else None, "ever": ever}


def groups_of(facts, prefix="m"):
    """One line per matter of the live facts; notes in each fact where it belongs."""
    live = [fact for fact in facts if not fact.row.deleted]
    partner = {}
    for party, grid, evidence in link([f for f in live if f.source != catalog.CENTRE]):
        partner[id(party)] = partner[id(grid)] = ((party, grid), evidence)
    _join_centre(live, partner)
    lines, done = [], set()
    for fact in live:
        if id(fact) in done:
            continue
        members, evidence = partner.get(id(fact), ((fact,), "none"))
        done.update(id(member) for member in members)
        lines.append(_group_line(f"{prefix}{len(lines) + 1:06d}", members, evidence))
    return lines


def _join_centre(live, partner):
    """A matter of the centre goes to the group of the one case that it names."""
    cases = {(f.key, f.village): f for f in live if f.source == GRID}
    for fact in live:
        case = cases.get((fact.names, fact.village)) if fact.source == catalog.CENTRE else None
        if case is not None:
            members, evidence = partner.get(id(case), ((case,), "xref"))
            for member in (*members, fact):
                partner[id(member)] = ((*members, fact), evidence)


def check_pairs(world, facts):
    """Near-misses are apart; intended pairs are together where their evidence came through."""
    by_row = {id(fact.row): fact for fact in facts}
    near, intended = [], {}
    for kind, why, pairs in world.near_misses:
        for one, two in pairs:
            a, b = by_row.get(id(one)), by_row.get(id(two))
            if a is None or b is None:
                continue
            if a.group is not None and a.group == b.group:
                raise AssertionError(f"near-miss {kind} became one matter: {one} {two}")
            near.append({"kind": kind, "why": why, "rows": [source_key(one), source_key(two)]})
    for kind, one, two in world.intended:
        a, b = by_row.get(id(one)), by_row.get(id(two))
        if a is None or b is None or one.deleted or two.deleted:
            continue
        if a.group == b.group:
            intended.setdefault(kind, []).append([source_key(one), source_key(two)])
        elif link([a, b]):
            raise AssertionError(f"intended pair {kind} is not certain: {one} {two}")
    return near, intended


def count(books):
    dead, ignored = sum(books.dead.values()), sum(books.ignored.values())
    return {"messages": books.messages, "intake_records": books.accepted + dead + ignored,
            "accepted": books.accepted, "stale_replays": books.replayed,
            "dead": dict(sorted(books.dead.items())),
            "ignored": dict(sorted(books.ignored.items())),
            "accepted_by_town": dict(sorted(books.accepted_by_town.items()))}


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def counts_of(outputs):
    """Counts of both sources, for a truth without rows."""
    return {source: count(output.books) for source, output in outputs.items()}


def write_truth(world, outputs, directory):
    """Write truth.json, truth_rows.jsonl, truth_groups.jsonl; returns the former's content."""
    facts = [Fact(world, row) for row in world.rows if row.good is not None]
    groups = groups_of(facts)
    near, intended = check_pairs(world, facts)
    write_lines(directory / "truth_rows.jsonl", (fact.line() for fact in facts))
    write_lines(directory / "truth_groups.jsonl", groups)
    never = [{"row": source_key(row), "kind": row.kind} for row in world.rows
             if row.key is not None and row.good is None]
    truth = {"definitions": DEFINITIONS,
             "options": {"seed": world.options.seed, "days": world.options.days,
                         "towns": [town.code for town in world.towns],
                         "start": world.options.start},
             "counts": counts_of(outputs), "dead_reasons": DEAD_REASONS,
             "rows": len(facts), "groups": len(groups), "intended": intended,
             "near_misses": near, "never_in": never,
             "traps": dict(sorted(world.traps.items())), "canaries": sorted(world.used_canaries)}
    write_json(directory / "truth.json", truth)
    return truth


def write_json(path, content):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")
