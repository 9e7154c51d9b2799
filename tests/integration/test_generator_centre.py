"""The command centre as a third source: a second reading of its pages agrees with the truth."""

import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from generator_reading import GRID, lead_of, lines, table
from test_generator_whole import run, truth_of
from whole_reading import told

CENTRE = "command_centre"
ENDINGS = ("村民委员会", "村委会", "村")
CATEGORIES = {"市政设施": "MS01", "污水外溢": "MS02", "居民消防隐患": "AQ01", "企业消防隐患": "AQ02",
              "安全生产隐患": "AQ03", "液化气隐患": "AQ05", "绿化保护": "CG05", "违章搭建": "CG02",
              "非法虚假广告行为": "SC01", "违规排放": "HJ01", "露天焚烧": "HJ02", "渔业保护": "NY04",
              "其他": "QT99", "帮办代办": "SP02", "立案线索": "ZF02"}
STATES = ("REPORTED", "DISPATCHED", "ACCEPTED", "IN_PROGRESS", "HANDLED", *("VERIFIED",) * 3,
          "CLOSED", "RETURNED", "VOID", "WITHDRAWN")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return run(tmp_path_factory.mktemp("centre"), "--days", 2, "--households", 150, "--bursts",
               "none", "--centre")


def village_of(name, units):
    for ending in ENDINGS:
        name = name.removesuffix(ending) if name.removesuffix(ending) in units else name
    return units.get(name)


def fact_of(row, village):
    """The canonical fields of one row of a page."""
    parts = re.fullmatch(r"(\d{4})/(\d\d)/(\d\d)(\d\d):(\d\d)", row["CreateTimeStr"])
    local = datetime(*map(int, parts.groups()), tzinfo=timezone(timedelta(hours=8)))
    last = [step.strip() for step in row["CategoryPath"].split("/") if step.strip()][-1]
    gone = row["RowState"] == "removed" or row["IsDeleted"]
    return {"source": CENTRE, "key": row["Id"], "village": village, "grid": None, "holder": None,
            "category": CATEGORIES[last], "occurred": int(local.timestamp()) * 10 ** 6,
            "state": None if gone else STATES[row["EnumOrderStatus"]], "deleted": gone}


def read(town):
    """({key: fact}, {key: case}, verdicts) of all pages."""
    units = {r["id"]: r["village"] for r in table(town / "lookups/centre_units.csv")}
    facts, cases, verdicts = {}, {}, Counter()
    for record in lines(town / "centre.jsonl"):
        page = json.loads(record["value"])
        if page["module"] == "EventStatus":
            verdicts["ignored"] += 1
            continue
        for row in page["data"]["list"]:
            village = village_of(row["VillageName"], units)
            if page["module"] == "CoopInfo":
                verdicts["accepted"] += 1
            elif "信访" in row["CategoryPath"] or "维权" in row["CategoryPath"] \
                    or "宗教" in row["CategoryPath"]:
                verdicts["refused"] += 1
            elif village is None or row["EnumOrderStatus"] >= len(STATES):
                verdicts["dead"] += 1
            else:
                verdicts["accepted"] += 1
                facts[row["Id"]] = fact_of(row, village)
                cases[row["Id"]] = row["GridCaseId"]
    return facts, cases, verdicts


def check(town, facts):
    """The rows, and which case each belongs to."""
    rows = {(r["source"], r["key"]): r for r in told(town, "rows")}
    mine = {key: row for (source, key), row in rows.items() if source == CENTRE}
    assert facts.keys() == mine.keys()
    for key, fact in facts.items():
        wrong = {n: (mine[key][n], v) for n, v in fact.items() if mine[key][n] != v}
        assert not wrong, (key, wrong)
    return rows, mine


def test_rows_and_counts(town):
    facts, _, verdicts = read(town)
    check(town, facts)
    counts = truth_of(town)["counts"][CENTRE]
    assert verdicts["accepted"] == counts["accepted"]
    assert verdicts["dead"] == sum(counts["dead"].values()) > 0
    assert verdicts["refused"] == sum(counts["refused"].values()) > 0
    assert verdicts["refused"] + verdicts["ignored"] == sum(counts["ignored"].values())
    # Negative control: a row of another state is noticed.
    key = next(k for k, fact in facts.items() if fact["state"] == "CLOSED")
    with pytest.raises(AssertionError):
        check(town, {**facts, key: {**facts[key], "state": "VOID"}})


def test_matters_of_three_sources(town):
    """A row of the centre is of the case that it names; who leads hangs on the elder."""
    facts, cases, _ = read(town)
    rows, mine = check(town, facts)
    groups = {g["group"]: g for g in told(town, "groups")}
    joined, alone = 0, 0
    for key, row in mine.items():
        case = rows.get((GRID, cases[key]))
        if row["deleted"]:
            assert row["group"] is None
        elif case and not case["deleted"] and case["village"] == row["village"]:
            joined += 1
            assert row["group"] == case["group"]
        else:
            alone += 1
            assert groups[row["group"]]["rows"] == [[CENTRE, key]]
    assert joined >= 5 and alone >= 10
    for group in groups.values():
        sources = [source for source, _ in group["rows"]]
        if CENTRE in sources and group["elder"][0] == CENTRE:
            first = lead_of(group["category"], "party_building", False)
            other = lead_of(group["category"], GRID, False)
            due = "grid_leader" if first != other else first
            due = "department" if group["category"][:2] in ("SP", "ZF") else due
            assert group["lead"] == due, group


def test_the_other_sources_stay_as_they_are(town, tmp_path):
    """With and without the centre, the two networks' records are the same bytes."""
    without = run(tmp_path / "without", "--days", 2, "--households", 150, "--bursts", "none")
    for name in ("party.jsonl", "grid.jsonl", "truth_entities.jsonl"):
        assert (without / name).read_bytes() == (town / name).read_bytes(), name
