"""The truth of a run with all entities, written town by town; see DEFINITIONS of truth and here."""

import json
from collections import Counter, defaultdict
from itertools import chain

from gridgen import catalog, tables
from gridgen.catalog import CENTRE, GRID, PARTY
from gridgen.centre import COOP, STATES, STATUS
from gridgen.coverage import Coverage
from gridgen.jsontext import dump
from gridgen.postlines import posts_of
from gridgen.rows import Books
from gridgen.truth import (DEAD_REASONS, DEFINITIONS, ActivityFact, CentreFact, Fact, check_pairs,
                           count, groups_of)
from gridgen.visits import row_name
from gridgen.world import source_key

_DEAD = {**DEAD_REASONS, "bad_flag": ["bad_field"], "excel_truncated": ["excel_truncated"],
         "cut": ["bad_json"]}
MODULES = {COOP: "decision", STATUS: None, "": None}
_ONE_FACT = ("no_evidence", "attachment_three", "xref_twice")
# Columns that may be carried, of the tables that are; the rest must stay where it is.
_CARRIED = {
    "party_org": ("po_type", "po_code", "po_chg_date", "po_expire_date"),
    "party_key_family": ("family_code", "holder_member_id", "grid_code", "contact_limit",
                         "established"),
    "party_family_link": ("family_code", "party_member_id", "confirmed_on", "ended_on"),
    "sys_party_household": ("party_member_id", "population_id", "grid_id", "visit_count",
                            "last_visit_date"),
    "party_visit": ("family_id", "purpose", "visit_date", "household_count"),
    "sys_volunteer_activity": ("activity_date", "grid_id", "max_participants", "status"),
    "area_grid": ("grid_code", "grid_household", "grid_persons"),
    "area_grid_member": ("grid_id", "grid_member", "grid_role", "is_full_time", "begin_date",
                         "end_date"),
    "patrol_task": ("area_grid_id", "source_type", "status", "is_problem", "patrol_date"),
    "thing_log": ("grid_code", "falimy_count", "interview_auto", "interview_up", "log_date")}

WHOLE = {
    "entities": "truth_entities.jsonl, one line per row of a carried table besides tasks and "
                "cases: what a bridge can know of it at the end; raw values of the columns that "
                "may be carried. case_flow has no key: its steps are counted only (by_table).",
    "activities": "rows of sys_volunteer_activity are matters: in truth_rows and truth_groups with "
                  "keys activity/ID, occurred = activity_date.",
    "facts": "truth_facts.jsonl, one line per real fact that more than one record tells of, and "
             "the kind of repetition of DOMAIN.md 6.3: resend (a), secondary_entry (b: one holder "
             "in both platforms), corroboration (c: two people), citizens (d: several citizens, "
             "one problem), log (e: the same fact in a case and a daily log or patrol). lead: who "
             "leads the fact, were all its rows one matter; groups: what certain evidence alone "
             "makes of its live rows. No live row: no lead and no group.",
    "visits": "truth_visits.jsonl, one line per real visit: rows that tell of it, counters "
              "[contact row, count it grew to], and again: secondary_entry where one holder "
              "told it in both networks. households: how many were visited; a log's count holds, "
              "besides its own visit's, those of the visits it repeats.",
    "visit_days": "truth_visit_days.jsonl, per town and day: real visits of each network; rows and "
                  "counters that tell of them; told_twice: visits of the party network that stand "
                  "in a daily log again.",
    "coverage": "truth_coverage.jsonl: findings in the last accepted images. grid_families: not 2 "
                "to 5 live key families; family_members: not 5 to 15; member_households: not 5 to "
                "20 households; member_without_family; household_twice: two live links or more; "
                "household_elsewhere: the link names a place that is not the household's own "
                "(place: the village where the party platform knows no grid); "
                "households_unlinked: households of a grid without a link.",
    "posts": "truth_posts.jsonl, one line per post at the end: role, place (grid; key family's "
             "code; village), its rows and, in their order, their holders (null: an id that "
             "holders.csv does not know). vacant: nobody holds it. A part-time worker holds a "
             "grid's post, too. branch_secretary: term_over where po_expire_date lies before the "
             "run's end; no statement is made about who is the secretary.",
    "centre": "with --centre: rows of the command centre are in truth_rows and truth_groups, too "
              "(occurred = CreateTimeStr, whole minutes). One that names a case (GridCaseId) is of "
              "its matter; where the centre was first, the place's grid leader leads what else "
              "the first contact would. Outcomes in truth_centre.txt.",
    "outcomes": "truth_party.txt, truth_grid.txt: a line per record, as in the file: what must "
                "become of each of its rows, with blanks between: accepted; again (accepted, "
                "changes nothing); dead:DAMAGE; ignored:WHY; refused:WHY. A row that goes to "
                "another town is accepted twice.",
    "vacancies": "posts without a holder, from and until in microseconds; until null: still.",
    "counts.by_table": "records by table; those of a table whose entity is null do not come in; "
                       "a message of such a table is one record, however many rows it holds.",
    "counts.refused": "of the ignored: those that the refuse-list keeps out, by code.",
    "counts.silent": "updates by table of columns that are not carried: the row's version grows, "
                     "its fields do not change.",
    "planted": "what was planted at the beginning, by town; findings tell what became of it."}


class Stream:
    """A list that is too long for memory: a file of JSON lines, part of truth.json at the end."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "w", encoding="utf-8", newline="\n")
        self.count = 0

    def extend(self, lines):
        for line in lines:
            self.file.write(dump(line) + "\n")
            self.count += 1

    def close(self):
        self.file.close()


class WholeTruth:
    """Takes one town after the other and gives the summary at the end."""

    FILES = ("rows", "groups", "entities", "facts", "posts", "visits", "visit_days", "coverage")

    def __init__(self, directory, spools):
        self.directory = directory
        self.files = {name: Stream(directory / f"truth_{name}.jsonl") for name in self.FILES}
        self.lists = {name: Stream(spools / name)
                      for name in ("near_misses", "never_in", "vacancies")}
        self.intended, self.spools = {}, spools
        self.books = {PARTY: Books(), GRID: Books()}
        self.tables = defaultdict(lambda: defaultdict(Books))
        self.refused = defaultdict(Counter)
        self.traps, self.silent, self.canaries = Counter(), Counter(), set()
        self.planted = {}

    def add(self, run, settled, spools):
        """Write what one town came to; spools = {source: Spool}."""
        facts = [Fact(run, row) for row in run.rows if row.good is not None]
        facts += [ActivityFact(run, e) for e in run.activities if e.good is not None]
        if run.centre:
            facts += [CentreFact(row, STATES) for row in run.centre.rows if row.good is not None]
        groups = groups_of(facts, f"m{run.town.code}-")
        near, intended = check_pairs(run, facts)
        self.files["rows"].extend(fact.line() for fact in facts)
        self.files["groups"].extend(groups)
        self.files["entities"].extend(_entity_lines(run))
        self.files["facts"].extend(_facts(run, facts))
        self.files["posts"].extend(posts_of(run))
        visits = [line for line in map(_visit, run.visits) if line["rows"] or line["counters"]]
        self.files["visits"].extend(visits)
        self.files["visit_days"].extend(_visit_days(run, visits))
        findings = Coverage(run).findings()
        self.files["coverage"].extend({**f, "town": run.town.code} for f in findings)
        self.lists["near_misses"].extend(near)
        self.lists["vacancies"].extend(run.vacancies)
        self.lists["never_in"].extend(
            {"row": source_key(row), "kind": row.kind} for row in run.rows
            if row.key is not None and row.good is None)
        for kind, pairs in intended.items():
            if kind not in self.intended:
                self.intended[kind] = Stream(self.spools / f"intended_{kind}")
            self.intended[kind].extend(pairs)
        self._count(run, settled, spools)

    def _count(self, run, settled, spools):
        for source, spool in spools.items():
            self.books.setdefault(source, Books()).add(spool.books)
            for name, books in spool.tables.items():
                self.tables[source][name].add(books)
        for code, number in run.refused.items():
            source = GRID if code.isdigit() else CENTRE if "/" in code else PARTY
            self.refused[source][code] += number
        self.traps.update(run.traps)
        self.silent.update(run.silent)
        self.canaries |= run.used_canaries
        self.planted[run.town.code] = settled.planted

    # -- truth.json -------------------------------------------------------------------------------

    def finish(self, world):
        """Write truth.json; returns its counts."""
        for stream in chain(self.files.values(), self.lists.values(), self.intended.values()):
            stream.close()
        counts = {source: self._counts(source) for source in self.books}
        options = world.options
        sections = {
            "definitions": {**DEFINITIONS, **WHOLE},
            "options": {"seed": options.seed, "days": options.days, "entities": "all",
                        "towns": [town.code for town in world.towns], "start": options.start},
            "counts": counts, "dead_reasons": _DEAD, "rows": self.files["rows"].count,
            "groups": self.files["groups"].count,
            "intended": dict(sorted(self.intended.items())), **self.lists,
            "planted": self.planted, "traps": dict(sorted(self.traps.items())),
            "canaries": sorted(self.canaries)}
        with open(self.directory / "truth.json", "w", encoding="utf-8", newline="\n") as file:
            _write_object(file, sections)
            file.write("\n")
        return counts

    def _counts(self, source):
        counts = count(self.books[source])
        counts["refused"] = dict(sorted(self.refused[source].items()))
        known = {t.name: t for t in tables.PARTY_TABLES + tables.GRID_TABLES}
        counts["by_table"] = {}
        for name, books in sorted(self.tables[source].items()):
            entity = known[name].entity if name in known else MODULES.get(name, "matter")
            line = count(books)
            del line["accepted_by_town"]
            counts["by_table"][name] = {"entity": entity, **line}
            if self.silent[name] and name in known and known[name].source == source:
                counts["by_table"][name]["silent"] = self.silent[name]
        return counts


def _write_object(file, members):
    """A JSON object whose values may be Streams, or objects that hold Streams."""
    file.write("{")
    for place, (name, value) in enumerate(members.items()):
        file.write(("," if place else "") + f"\n {dump(name)}: ")
        if isinstance(value, Stream):
            _write_list(file, value)
        elif isinstance(value, dict) and any(isinstance(v, Stream) for v in value.values()):
            _write_object(file, value)
        else:
            json.dump(value, file, ensure_ascii=False, indent=1)
    file.write("\n}")


def _write_list(file, stream):
    with open(stream.path, encoding="utf-8", newline="\n") as lines:
        for place, line in enumerate(lines):
            file.write(("[\n" if place == 0 else ",\n") + line.rstrip("\n"))
    file.write("\n]" if stream.count else "[]")


# -- lines ---------------------------------------------------------------------------------------

def _entity_lines(run):
    for entity in run.entities + run.activities:
        if entity.good is None:
            continue
        table, image = entity.table, entity.good
        code = run.code_of(table, image)
        if table is tables.VISIT or table is tables.FAMILY_LINK:
            code = code[:12]
        grid = run.by_party_id.get(image["grid_id"]) if table.source == PARTY \
            and "grid_id" in image else None
        yield {"source": table.source, "table": table.name, "entity": table.entity,
               "key": entity.key(), "town": code[:9],
               "village": code[:12] if len(code) >= 12 else None,
               "grid": code if len(code) == 15 and not (grid and grid.village_only) else None,
               "deleted": entity.deleted,
               "fields": {column: image[column] for column in _CARRIED[table.name]},
               "kind": entity.kind}


def _visit(visit):
    names = {table for _, table, _ in visit["rows"]}
    in_both = tables.THING_LOG.name in names and visit["network"] == PARTY
    return {**visit, "again": "secondary_entry" if in_both else None}


def _visit_days(run, visits):
    days = defaultdict(lambda: {PARTY: Counter(), GRID: Counter()})
    for visit in visits:
        cell = days[visit["day"]][visit["network"]]
        cell["visits"] += 1
        cell["households"] += visit["households"]
        cell["rows"] += len(visit["rows"])
        cell["counters"] += len(visit["counters"])
        cell["told_twice"] += visit["again"] is not None
    for day, cells in sorted(days.items()):
        yield {"town": run.town.code, "day": day,
               **{network: dict(sorted(cell.items())) for network, cell in cells.items()}}


def _facts(run, facts):
    by_row = {id(fact.row): fact for fact in facts}
    for number, (kind, rows) in enumerate(_repeated(run, by_row)):
        known = [by_row[id(row)] for row in rows if id(row) in by_row]
        live = [fact for fact in known if not fact.row.deleted]
        elder = min(live or known, key=Fact.order)
        duty = catalog.duty(elder.category, elder.source, any(f.is_extreme for f in live))
        yield {"fact": f"f{run.town.code}-{number + 1:06d}", "kind": kind, "town": elder.town,
               "village": elder.village, "category": elder.category,
               "rows": [row_name(row) for row in rows],
               "lead": duty["lead"] if live else None, "rule": duty["rule"] if live else None,
               "groups": sorted({fact.group for fact in live})}


def _repeated(run, by_row):
    """(kind, rows) of all facts in several records; rows that never came in are left out."""
    for kind, one, two in run.intended:
        yield from _pair(by_row, (one, two))
    for kind, _, pairs in run.near_misses:
        if kind in _ONE_FACT:
            rows = {id(row): row for pair in pairs for row in pair}
            yield from _pair(by_row, tuple(rows.values()))
    for kind, rows in run.facts:
        known = [row for row in rows if row.good is not None]
        if len(known) > 1:
            yield kind, known
    for row in run.rows:
        if row.sent and row.good is not None:
            yield "resend", [row]


def _pair(by_row, rows):
    known = [row for row in rows if id(row) in by_row and not row.deleted]
    if len(known) > 1:
        holders = {by_row[id(row)].holder for row in known}
        same = len(holders) == 1 and None not in holders
        yield "secondary_entry" if same else "corroboration", known


