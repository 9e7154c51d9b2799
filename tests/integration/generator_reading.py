"""A second reading of a generated folder, without the generator's model, link and truth code.

Raw records are judged and applied by the contract's rules, versions guarded, links found by
comparing every pair of a village, leads looked up in a table of patterns.
"""

import base64
import csv
import hashlib
import hmac
import itertools
import json
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PARTY, GRID = "party_building", "governance_grid"
WORDS = dict(livelihood="MS", safety="AQ", environment="HJ", town="CG", market="SC", farming="NY",
             dispute="MD", activity="ZC", emergency="YJ", other="QT")
NUMBERS = dict(zip((10, 20, 30, 40, 50, 60, 70, 80, 90, 99), WORDS.values()))
LEADS = (("YJ..", "grid_worker"), ("AQ0[34]", "department"), ("ZC..|MS0[56]", "key_family"),
         ("MS0[1-4]|CG..|HJ..|SC..|AQ0[12]", "grid_worker"), ("MD0[12]", "key_family"),
         ("MD0[3-6]", "grid_worker"), ("AQ0[5-8]|AQ99|NY0[1-3]|MS99|MD99|QT99", "first"))


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Reading:
    """All records of a folder, judged and applied by the contract's rules."""

    def __init__(self, folder):
        self.party_grids = {r["id"]: r for r in table(folder / "lookups/party_grids.csv")}
        self.case_grids = {r["id"]: r for r in table(folder / "lookups/grid_grids.csv")}
        self.verdicts = {PARTY: Counter(), GRID: Counter()}
        self.stale = Counter()
        self.rows = {}
        for record in lines(folder / "party.jsonl"):
            self.party(record)
        for record in lines(folder / "grid.jsonl"):
            self.case(record)

    def dead(self, source, kind):
        self.verdicts[source][f"dead {kind}"] += 1

    def party(self, record):
        if record["value"] is None:
            self.verdicts[PARTY]["ignored"] += 1
            return
        try:
            value = json.loads(record["value"])
        except ValueError:
            return self.dead(PARTY, "bad_json")
        if not isinstance(value, dict):
            return self.dead(PARTY, "bad_json")
        value = value.get("payload", value)
        if value.get("op") not in ("c", "u", "r", "d"):
            self.verdicts[PARTY]["ignored"] += 1
            return
        assert value["source"]["table"] == "sys_party_task"
        before, after = value["before"], value["after"]
        self.change(PARTY, before, after, (value["source"]["lsn"], value["op"]))

    def case(self, record):
        try:
            value = json.loads(record["value"])
        except ValueError:
            return self.dead(GRID, "bad_json")
        if not isinstance(value, dict):
            return self.dead(GRID, "bad_json")
        if value["data"] is None or value["table"] != "case_info":
            assert value["data"] is None or len(value["data"]) == 1
            self.verdicts[GRID]["ignored"] += 1
            return
        for number, data in enumerate(value["data"]):
            old = value["old"][number] if value["old"] else {}
            self.check_old(value, number)
            images = {"INSERT": (None, data), "UPDATE": ({**data, **old}, data),
                      "DELETE": (data, None)}[value["type"]]
            self.change(GRID, *images, (value["es"], value["type"][0].lower()))

    @staticmethod
    def check_old(value, number):
        """`old` of a row names at least what is named in the rows before it."""
        if value["old"] and number:
            assert set(value["old"][number - 1]) <= set(value["old"][number])

    def change(self, source, before, after, position_op):
        position, operation = position_op
        grids, column = ((self.party_grids, "grid_id") if source == PARTY
                         else (self.case_grids, "grid"))
        image = after or before
        if "id" not in image:
            return self.dead(source, "missing_key")
        needs = [i for i in (before, after) if i is not None]
        whole = operation in "cri" or (before and before.get(column) is not None)
        if not whole or image.get(column) is None:
            return self.dead(source, "need_full_image")
        places = [grids.get(str(i[column])) for i in needs]
        if places[-1] is None:
            return self.dead(source, "unknown_grid")
        if after is not None:
            fault = self.fault(source, after)
            if fault:
                return self.dead(source, fault)
        towns = 2 if len({place["town"] for place in places}) == 2 else 1
        self.verdicts[source]["accepted"] += towns
        self.apply((source, str(image["id"])), source, (before, after, position, places[-1]))

    @staticmethod
    def fault(source, image):
        if source == PARTY:
            if not isinstance(image["created_at"], int):
                return "bad_date"
            known = image["status"] in ("PENDING", "ACCEPTED", "COMPLETED")
        else:
            try:
                datetime.strptime(image["occur_time"], "%Y-%m-%d %H:%M:%S")
            except ValueError:
                return "bad_date"
            known = image["is_finished"] in "012" and image["is_duplicate"] in "01"
        return None if known else "unknown_state"

    def apply(self, ident, source, change):
        """The version guard: columns, then what was seen at this version, deletes by position."""
        before, after, position, place = change
        row = self.rows.setdefault(ident, {"version": "", "seen": set(), "gone": -1, "image": None})
        if after is None:
            row.update(gone=position, deleted=True, image=row["image"] or before, place=place)
            return
        version = after["updated_at" if source == PARTY else "upd_time"]
        seen = json.dumps(after, sort_keys=True)
        if position < row["gone"] or version < row["version"] or (
                version == row["version"] and seen in row["seen"]):
            self.stale[source] += 1
            return
        if version > row["version"]:
            row["seen"] = set()
        row["seen"].add(seen)
        row.update(version=version, image=after, place=place,
                   deleted=source == GRID and after["is_deleted"] == "1")

    def fact(self, ident, holders):
        """The canonical fields of a row, from its last image."""
        source, key = ident
        row = self.rows[ident]
        image, place = row["image"], row["place"]
        epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
        if source == PARTY:
            word, number = image["task_type"].rsplit("_", 1)
            category = WORDS[word] + number
            occurred = image["created_at"] - 8 * 3600 * 10 ** 6
            who, names = ("member", image["created_by"]), image["peer_case_id"]
            state = {"PENDING": "REPORTED", "COMPLETED": "CLOSED"}.get(image["status"], "ACCEPTED")
            claims = image["assigned_member_id"] is not None and image["status"] == "ACCEPTED"
        else:
            number = int(image["event_type_list"].split(",")[0])
            category = f"{NUMBERS[number // 100]}{number % 100:02d}"
            zone = timezone(timedelta(hours=8))
            moment = datetime.strptime(image["occur_time"], "%Y-%m-%d %H:%M:%S")
            occurred = (moment.replace(tzinfo=zone) - epoch) // timedelta(microseconds=1)
            who, names = ("user", image["crt_user_id"]), image["party_task_ref"]
            state = {"1": "CLOSED", "2": "VOID"}.get(image["is_finished"], "REPORTED")
            state = "MERGED" if image["is_duplicate"] == "1" else state
            claims = bool(image["execute_dept"])
        return {"source": source, "key": key, "category": category, "occurred": occurred,
                "holder": holders(source, *who), "names": None if names is None else str(names),
                "photo": image["attach_sha256"], "village": place["village"],
                "town": place["town"], "grid": place["grid"] or None, "claims": claims,
                "extreme": image.get("case_level") == "teji",
                "deleted": row["deleted"], "state": None if row["deleted"] else state}


def holder_reader(folder):
    key = bytes.fromhex((ROOT / "examples/tangzhang/keys/join.key").read_text().strip())
    known = {r["id_hash"]: r["holder"] for r in table(folder / "policy/holders.csv")}

    def read(source, kind, ident):
        text = f"{source}\x1f{kind}\x1f{ident}".encode()
        token = base64.b32encode(hmac.new(key, text, hashlib.sha256).digest()[:16]).decode()
        return known.get("j1." + token.strip("=").lower())
    return read


def evidence_level(party, case):
    """0 to 2 for the strength of what joins two rows, None for nothing (every level they meet)."""
    if party["names"] == case["key"] or case["names"] == party["key"]:
        yield "xref"
    if party["photo"] and party["photo"] == case["photo"]:
        yield "attachment"
    near = abs(party["occurred"] - case["occurred"]) <= 7200 * 10 ** 6
    if near and party["holder"] and party["grid"] and all(
            party[name] == case[name] for name in ("holder", "grid", "category")):
        yield "holder"


def brute_force_links(facts):
    """Compare every pair of a village; then, level by level, keep what has no rival."""
    cells = defaultdict(lambda: ([], []))
    for fact in facts:
        if not fact["deleted"]:
            cells[fact["village"]][fact["source"] == GRID].append(fact)
    found = {"xref": [], "attachment": [], "holder": []}
    for party, cases in cells.values():
        for one, two in itertools.product(party, cases):
            for level in evidence_level(one, two):
                found[level].append((one["key"], two["key"]))
    linked, result = (set(), set()), {}
    for level, pairs in found.items():
        open_pairs = [p for p in pairs if p[0] not in linked[0] and p[1] not in linked[1]]
        for pair in open_pairs:
            rivals = [p for p in open_pairs if (p[0] == pair[0]) != (p[1] == pair[1])]
            if not rivals:
                result[pair] = level
        linked[0].update(p[0] for p in result)
        linked[1].update(p[1] for p in result)
    return result


def lead_of(category, elder_source, is_extreme):
    if is_extreme and re.fullmatch("(?!AQ0[34]|NY04).*", category):
        return "grid_worker"
    for pattern, lead in LEADS:
        if re.fullmatch(pattern, category):
            first = "key_family" if elder_source == PARTY else "grid_worker"
            return first if lead == "first" else lead
    return None


def check_groups(facts, groups):
    links = brute_force_links(facts.values())
    pairs = {tuple(key for _, key in sorted(g["rows"], reverse=True)): g["evidence"]
             for g in groups if len(g["rows"]) == 2}
    assert pairs == links
    members = [tuple(row) for group in groups for row in group["rows"]]
    assert len(members) == len(set(members))
    assert set(members) == {ident for ident, fact in facts.items() if not fact["deleted"]}
    for group in groups:
        rows = [facts[tuple(row)] for row in group["rows"]]
        elder = min(rows, key=lambda f: (f["occurred"], f["source"], f["key"]))
        assert group["elder"] == [elder["source"], elder["key"]]
        assert group["lead"] == lead_of(elder["category"], elder["source"],
                                         any(f["extreme"] for f in rows))
        assert group["no_owner"] == (group["lead"] is None)
        both = len(rows) == 2 and all(f["claims"] for f in rows)
        outcome = "settled" if group["lead"] else "open"
        assert group["double_lead"]["at_end"] == (outcome if both else None)
