"""The generator's truth against the door: every record of a whole town through `test mapping`.

Truth and door were written apart from each other, from the same documents; here they meet without
a server. What the core makes of the rows is not asked here.
"""

import json
import shutil
import subprocess
from collections import Counter
from itertools import islice

import pytest

from generator_reading import GRID, PARTY, ROOT
from test_generator_whole import run, truth_of
from whole_reading import told

CENTRE = "command_centre"
FILES = {PARTY: "party.jsonl", GRID: "grid.jsonl", CENTRE: "centre.jsonl"}
PART = 10_000   # records of one fixture: the command takes files of bounded size


@pytest.fixture(scope="module")
def whole_town(tmp_path_factory):
    """Two days of two towns, the first with the Excel burst and the month's end."""
    return run(tmp_path_factory.mktemp("door"), "--days", 2, "--towns", 2, "--households", 150,
               "--matters-per-day", 60, "--centre")


def parts(path):
    """The texts of fixtures that hold a file's records one after the other."""
    with open(path, encoding="utf-8", newline="\n") as lines:
        records = (json.loads(line) for line in lines)
        while chosen := list(islice(records, PART)):
            yield "".join(json.dumps({
                "topic": r["topic"], "partition": r["partition"], "offset": n, "key": r["key"],
                "value": r["value"], "headers": []}, ensure_ascii=False) + "\n"
                for n, r in enumerate(chosen))


def through_the_door(gridbridge, town, source, folder):
    """What the door makes of all records of a source, line by line."""
    adapter = folder / source
    shutil.copytree(ROOT / "adapters" / source, adapter)
    shutil.rmtree(adapter / "fixtures")
    shutil.copytree(town / "lookups", adapter / "fixtures" / "lookups")
    for text in parts(town / FILES[source]):
        (adapter / "fixtures" / "all.in").write_text(text, encoding="utf-8")
        subprocess.run([gridbridge, "test", "mapping", str(adapter), "--refuse",
                        str(ROOT / "examples/tangzhang/refuse.yaml"), "--write"], check=True,
                       capture_output=True, timeout=300)
        with open(adapter / "fixtures" / "all.want", encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def check_outcomes(town, source, found, unread=()):
    """Each record's rows, in order, are accepted, refused, ignored or dead as the truth says.

    unread: the topics that this adapter leaves alone."""
    found, path = iter(found), town / FILES[source]
    with open(path.with_name(f"truth_{path.stem}.txt"), encoding="ascii") as told, \
            open(path, encoding="utf-8", newline="\n") as records:
        for number, (outcome, record) in enumerate(zip(told, records), 1):
            for word in outcome.split():
                due = word.partition(":")[0]
                if word == "dead:unknown_state" or due == "again":
                    due = "accepted"    # the door does not translate codes, and forgets
                if record[:80].startswith(unread):
                    due = "ignored"
                assert next(found)["verdict"] == due, (FILES[source], number, outcome)
    assert next(found, None) is None


def is_counted(line):
    """A visit that the door found in a counter: the record's row is the contact."""
    return line.get("entity") == "visit" and "count" in line.get("fields", {})


def due(counts):
    """(entity, verdict) -> rows, as the truth has them; what is not told apart is left together."""
    rows = Counter()
    for books in counts["by_table"].values():
        # An unknown state code passes the door: codes are translated in the core.
        behind = books["dead"].get("unknown_state", 0)
        rows[books["entity"], "accepted"] += books["accepted"] + behind
        rows["dead"] += sum(books["dead"].values()) - behind
        rows["out"] += sum(books["ignored"].values())
    return rows


def check(found, counts, counters):
    rows = due(counts)
    members = rows.pop(("member", "accepted"), 0)
    if not found["member", "accepted"]:     # an adapter may leave the links of members alone
        rows["out"] += members
    else:
        rows["member", "accepted"] = members
    rows["visit", "accepted"] += counters
    assert {k: n for k, n in rows.items() if n} == {k: n for k, n in found.items() if n}


@pytest.mark.parametrize("source", FILES)
def test_the_door_agrees_with_the_truth(gridbridge, whole_town, tmp_path, source):
    found = Counter()
    rows = list(through_the_door(gridbridge, whole_town, source, tmp_path))
    for line in rows:
        verdict = line["verdict"]
        if verdict == "accepted":
            found[line["entity"], verdict] += 1
        else:
            found["dead" if verdict == "dead" else "out"] += 1
    counts = truth_of(whole_town)["counts"][source]
    visits = told(whole_town, "visits") if source == PARTY else []
    counters = sum(len(visit["counters"]) for visit in visits)
    check(found, counts, counters)
    unread = () if found["member", "accepted"] else ('{"topic":"party.dj.party_family_link"',)
    check_outcomes(whole_town, source, (r for r in rows if not is_counted(r)), unread)
    with pytest.raises(AssertionError):
        check_outcomes(whole_town, source, rows[1:], unread)
    # Negative control: one row more, or of another verdict, is noticed.
    for change in (Counter({"dead": 1}), Counter({("matter", "accepted"): 1})):
        with pytest.raises(AssertionError):
            check(found + change, counts, counters)
