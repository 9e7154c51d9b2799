"""What gb.stats must tell, made from what stands on the topics and from the declaration alone.

    model = Model(policy_folder, intake, records)    intake: {lane: [line one of gb.intake ...]}
    model.tables(lane, pos, week, is_latest)         {category: {group: {(place, part): count}}}

records: {topic word: [reader.Record ...]}. Rows are folded from gb.intake by their versions; which
rows are one matter, where it lies and who leads it stand in gb.matter. Written from
include/gridbridge/stats.h and RECORDS 2; nothing of the core's counting was looked at.
"""
import collections
import csv
import datetime
import pathlib

import yaml

ZONE = datetime.timezone(datetime.timedelta(hours=8))
HOUR, DAY = 3600000, 86400000
SETTLE, VISIT_KEPT = DAY, 5 * DAY
RESPONSE = (("to_10m", 600000), ("to_30m", 1800000), ("to_1h", HOUR), ("to_4h", 4 * HOUR),
            ("to_1d", DAY), ("to_3d", 3 * DAY), ("longer", None))
HANDLING = (("to_1h", HOUR), ("to_4h", 4 * HOUR), ("to_1d", DAY), ("to_3d", 3 * DAY),
            ("to_7d", 7 * DAY), ("to_15d", 15 * DAY), ("to_30d", 30 * DAY), ("longer", None))
DONE = {"HANDLED", "VERIFIED", "CLOSED"}
OVER = DONE | {"VOID", "WITHDRAWN", "MERGED"}
TAKEN = DONE | {"ACCEPTED", "IN_PROGRESS", "SUSPENDED"}
KINDS = ("secondary_entry", "same_fact", "citizens", "corroboration")  # the gravest first


def monday_of(ms):
    day = datetime.datetime.fromtimestamp(ms / 1000, ZONE).date()
    return day - datetime.timedelta(days=day.weekday())


def begin_of(monday):
    return int(datetime.datetime(monday.year, monday.month, monday.day,
                                 tzinfo=ZONE).timestamp() * 1000)


def week_of(at, seen):
    return monday_of(min(max(at, seen - SETTLE), seen))


def bucket(buckets, ms):
    return next(word for word, most in buckets if most is None or ms <= most)


class Policy:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.states = {}
        for row in yaml.safe_load((folder / "states.yaml").read_text())["states"]:
            for code, state in row["codes"].items():
                self.states[row["source"], row["entity"], str(code)] = state
        self.crosswalk = {}
        for row in self.rows(folder / "crosswalk.csv"):
            assert not row["valid_from"] and not row["valid_until"], "no code of the town expires"
            self.crosswalk[row["source"], row["field"], row["code"]] = row["canonical"]
        self.holders = {r["id_hash"]: r["holder"] for r in self.rows(folder / "holders.csv")}
        self.places = {r["code"] for r in self.rows(folder / "territory.csv")}
        self.sources = {r["source"]: r for r in yaml.safe_load(
            (folder / "bundle.yaml").read_text())["sources"]}

    @staticmethod
    def rows(path):
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


class Row:
    """A report: what its images said, and when what happened to it."""

    def __init__(self):
        self.column, self.parts, self.seen, self.is_there = None, None, [], False
        self.state = self.fields = None
        self.came = self.accepted = self.over = self.seen_accepted = self.seen_over = 0

    def order(self, line):
        """-1: older than what is known; 0: the same version; 1: newer."""
        version, is_delete = line.get("version", {}), line["op"] in ("delete", "leave")
        column, parts = version.get("column"), version.get("envelope")
        by_column = 0
        if not is_delete and None not in (column, self.column):
            by_column = (column > self.column) - (column < self.column)
        by_parts = (parts or []) > (self.parts or [])
        by_parts = by_parts - ((parts or []) < (self.parts or []))
        has_column = not is_delete and None not in (column, self.column)
        if not has_column and not (parts and self.parts):
            return 1 if is_delete or not self.seen or self.column is None else 0
        first, second = (by_parts, by_column) if not self.is_there else (by_column, by_parts)
        return first or second

    def keep_version(self, line, order):
        version = line.get("version", {})
        if order > 0:
            self.seen = []
        self.seen = (self.seen + [line.get("h_img")])[-16:]
        if version.get("column") is not None and line["op"] != "delete":
            self.column = version["column"]
        self.parts = version.get("envelope") or self.parts

    def put(self, line, state, clock):
        before, is_live = self.state if self.is_there else None, not line.get("bootstrap")
        at = max(min(line["fields"].get("updated_at", clock), clock), 1)
        if is_live and not self.is_there and not self.came:
            self.came = clock
        if is_live and state in TAKEN and before not in TAKEN and not self.accepted:
            self.accepted, self.seen_accepted = at, clock
        if state not in OVER:
            self.over = 0
        elif is_live and before not in OVER:
            self.over, self.seen_over = at, clock
        self.state, self.fields, self.is_there = state, line["fields"], True


class Lane:
    """One lane's reports, and the lane's clock at each record."""

    def __init__(self, policy, lines):
        self.policy, self.clock, self.rows, self.dead = policy, 0, {}, 0
        for line in lines:
            if line["kind"] == "tick":
                self.clock = max(self.clock, line["fields"]["clock"])
            elif line["kind"] == "observation" and line["verdict"] == "accepted" and \
                    line["entity"] == "matter":
                self.look(line)

    def look(self, line):
        key = (line["source"], line["key"])
        row = self.rows.setdefault(key, Row())
        order = row.order(line)
        if order < 0 or (order == 0 and line.get("h_img") in row.seen):
            return
        if line["op"] in ("delete", "leave"):
            row.keep_version(line, order)
            row.is_there = False
            return
        fields, source = line["fields"], line["source"]
        state = self.policy.states.get((source, "matter", fields.get("state")))
        known = self.policy.crosswalk.get((source, "category", fields.get("category")))
        if state is None or known is None or fields.get("village") not in self.policy.places:
            self.dead += 1
            if not row.seen:
                del self.rows[key]
            return
        row.keep_version(line, order)
        row.put(line, state, self.clock)


class Matter:
    """A published matter with its reports' rows, eldest first."""

    def __init__(self, policy, value, rows):
        self.policy, self.value, self.rows = policy, value, rows
        village, grid = value["village"], value.get("grid", "")
        self.place = grid[:15] if len(grid) >= 15 and grid.startswith(village) else village
        self.category = value["category"][:2]

    def kind(self, i):
        """Of the i-th report: the gravest that it makes with an elder one (DOMAIN 6.3)."""
        return min((KINDS.index(self.pair(self.rows[j], self.rows[i])) for j in range(i)))

    def pair(self, a, b):
        (key_a, row_a), (key_b, row_b) = a, b
        holder = [self.policy.holders.get(r.fields.get("reporter"), r.fields.get("reporter"))
                  for r in (row_a, row_b)]
        networks = [self.policy.sources[k[0]]["network"] for k in (key_a, key_b)]
        if holder[0] is not None and holder[0] == holder[1]:
            return "same_fact" if networks[0] == networks[1] else "secondary_entry"
        citizens = [self.policy.crosswalk.get((k[0], "channel", r.fields.get("channel")))
                    == "citizen" for k, r in (a, b)]
        return "citizens" if all(citizens) else "corroboration"

    def counts(self):
        """(group, part or None, monday) of all that it counts."""
        came = [(i, week_of(row.fields["occurred_at"], row.came))
                for i, (_, row) in enumerate(self.rows) if row.came]
        for i, week in came:
            yield "reports", None, week
            yield "entries", "first" if i == 0 else KINDS[self.kind(i)], week
            if i == 0:
                yield "rules", self.value.get("lead", {}).get("rule", "none"), week
        yield from self.response()
        handled, week = self.handled()
        if handled:
            yield "handled", None, week
            yield "handling", bucket(HANDLING, max(handled - self.begin(), 0)), week
            yield "closed_by", "self" if self.is_self_closed() else "others", week
        yield from self.due(handled, week, min((w for _, w in came), default=None))

    def begin(self):
        return self.rows[0][1].fields["occurred_at"]

    def response(self):
        taken = [row for _, row in self.rows if row.accepted]
        if taken and not any(r.state in TAKEN and not r.accepted for _, r in self.rows):
            at = min(row.accepted for row in taken)
            week = week_of(at, min(row.seen_accepted for row in taken))
            yield "responded", None, week
            yield "response", bucket(RESPONSE, max(at - self.begin(), 0)), week

    def handled(self):
        """(time, monday), or (0, None)."""
        states = {row.state for _, row in self.rows}
        at = max(row.over for _, row in self.rows)
        if not at or not states <= OVER or not states & DONE:
            return 0, None
        return at, week_of(at, max(row.seen_over for _, row in self.rows if row.over))

    def is_self_closed(self):
        lead, upper = self.value.get("lead", {}), ("command_centre", "department")
        roles = [self.policy.sources[key[0]]["role"] for key, _ in self.rows]
        return not set(roles) & set(upper) and lead.get("role") not in upper and \
            "decision" not in lead

    def due(self, handled, week, first):
        limit = self.value.get("due", {}).get("handle_at")
        is_over = {row.state for _, row in self.rows} <= OVER
        at_work = {row.state for _, row in self.rows} - OVER
        if limit is None or (not handled and (first is None or is_over or
                                              at_work == {"SUSPENDED"})):
            return
        passed = max(monday_of(limit), first) if first else monday_of(limit)
        at = min(week, passed) if handled and first else week if handled else passed
        yield "due", None, at
        yield "timely", "on_time" if handled and handled <= limit else "late", at


def pos_of(record):
    return tuple(int(part) for part in record.headers["gb_pos"].split(":"))


def time_of(record):
    text = record.headers["ce_time"].replace("Z", "+00:00")
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


class Model:
    def __init__(self, policy_folder, intake, records):
        self.policy, self.records = Policy(policy_folder), records
        self.lanes = {lane: Lane(self.policy, lines) for lane, lines in intake.items()}
        loaded = {tuple(line["src"][n] for n in ("topic", "partition", "offset", "index"))
                  for lines in intake.values() for line in lines if line.get("bootstrap")}
        self.loaded = {r.value["node"] for r in records["change"]
                       if r.value["change"] == "visit.opened" and
                       tuple(r.value["why"].get("record", {}).get(n) for n in
                             ("topic", "partition", "offset", "index")) in loaded}

    def state(self, word, lane, pos):
        """{key: (value, lane clock at which the key first came)} before pos."""
        state, first = {}, {}
        for record in self.records[word]:
            if record.lane != lane or pos_of(record) >= pos:
                continue
            if record.value is None:
                state.pop(record.key, None)
                first.pop(record.key, None)
            else:
                first.setdefault(record.key, time_of(record))
                state[record.key] = (record.value, first[record.key])
        return state

    def matters(self, lane, pos):
        rows = self.lanes[lane].rows
        for value, _ in self.state("matter", lane, pos).values():
            if "redirect_to" not in value:
                keys = [(ref["source"], ref["key"]) for ref in value["refs"]]
                yield Matter(self.policy, value, [(key, rows[key]) for key in keys])

    def tables(self, lane, pos, town, week, is_latest):
        """{category: {(group, part): {place: count}}} of a town and a monday."""
        tables = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
        places = {}
        for matter in self.matters(lane, pos):
            places[matter.value["id"]] = matter
            if matter.place[:9] == town:
                for group, part, monday in matter.counts():
                    if monday == week:
                        tables[matter.category][group, part][matter.place] += 1
        if is_latest:
            self.standing(lane, pos, town, places, tables)
        self.visits(lane, pos, town, week, tables)
        return tables

    def standing(self, lane, pos, town, places, tables):
        for overlap, _ in self.state("overlap", lane, pos).values():
            matter = places.get(overlap.get("matter"))
            if overlap["state"] == "open" and matter and matter.place[:9] == town:
                table = tables[matter.category]
                table["open_overlaps", None][matter.place] += 1
                table["overlaps", overlap["kind"]][matter.place] += 1
        for post, _ in self.state("post", lane, pos).values():
            place = post.get("grid") or post.get("village") or post["town"]
            if place[:9] == town:
                part = "vacant" if post["vacant"] else "filled"
                tables["coverage"]["posts", part][place[:15]] += 1
        for grid, _ in self.state("contact", lane, pos).values():
            if grid["kind"] != "grid" or grid["grid"][:9] != town:
                continue
            place, table = grid["grid"][:15], tables["coverage"]
            if "households" in grid:
                table["grids", "with_findings" if "wrong" in grid else "in_order"][place] += 1
                table["households", None][place] += grid["households"]
                table["reached", "uncovered"][place] += grid["uncovered"]
                table["reached", "covered"][place] += grid["households"] - grid["uncovered"]

    def visits(self, lane, pos, town, week, tables):
        for visit, first in self.state("visit", lane, pos).values():
            place = visit.get("grid", visit.get("village", ""))[:15]
            day = begin_of(datetime.date.fromisoformat(visit["day"]))
            seen = (first + VISIT_KEPT) // HOUR * HOUR + HOUR - 1 - VISIT_KEPT
            if visit["id"] in self.loaded or place[:9] != town or \
                    week_of(day + DAY // 2, seen) != week:
                continue
            table = tables["visits"]
            table["visit_entries", None][place] += visit["entries"]
            for kind, count in visit.get("duplicates", {}).items():
                table["visit_duplicates", kind][place] += count
            table["visit_duplicates", "restated"][place] += visit.get("restated", 0)
