"""The generator against itself: a second, independent reading must give its truth."""

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from generator_reading import (GRID, PARTY, ROOT, Reading, check_groups, holder_reader, lines,
                               table)

GENERATOR = ROOT / "examples" / "generator"
PYTHON = "/usr/bin/python3"
sys.path.insert(0, str(GENERATOR))

import load  # noqa: E402

DAMAGE = {"bad_json": {"cut", "scalar"}}


def run(out, *arguments, hashseed="0"):
    command = [PYTHON, str(GENERATOR / "generate.py"), "--out", str(out), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True,
                   env={"PYTHONHASHSEED": hashseed, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    return out


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Three days of the model town."""
    return run(tmp_path_factory.mktemp("town"), "--seed", 1, "--days", 3)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Two days of two towns, Debezium records with and without schema."""
    return run(tmp_path_factory.mktemp("mixed"), "--seed", 5, "--days", 2, "--towns", 2,
               "--mix-wrapper", "--matters-per-day", 90)


def truth_of(folder):
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


# -- tests -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("which", ["town", "mixed"])
def test_truth_is_what_a_second_reading_finds(which, request):
    folder = request.getfixturevalue(which)
    reading, truth = Reading(folder), truth_of(folder)
    check_counts(reading, truth)
    holders = holder_reader(folder)
    facts = {ident: reading.fact(ident, holders) for ident in reading.rows}
    told = {(r["source"], r["key"]): r for r in lines(folder / "truth_rows.jsonl")}
    assert facts.keys() == told.keys()
    for ident, fact in facts.items():
        wrong = {n for n in told[ident].keys() & fact.keys() if told[ident][n] != fact[n]}
        assert not wrong, (told[ident], fact)
    check_groups(facts, lines(folder / "truth_groups.jsonl"))
    for near in truth["near_misses"]:
        groups = [told[tuple(row)]["group"] for row in near["rows"]]
        assert groups[0] is None or groups[0] != groups[1], near


def test_second_reading_notices_a_wrong_truth(town):
    """Negative control: a link more, a link less or another lead is found."""
    reading, holders = Reading(town), holder_reader(town)
    facts = {ident: reading.fact(ident, holders) for ident in reading.rows}
    groups = lines(town / "truth_groups.jsonl")
    check_groups(facts, groups)
    pair = next(n for n, group in enumerate(groups) if group["evidence"] == "holder")
    single = next(n for n, group in enumerate(groups) if len(group["rows"]) == 1)
    for at, change in ((pair, {"rows": groups[pair]["rows"][:1]}), (pair, {"evidence": "xref"}),
                       (single, {"rows": groups[single]["rows"] + groups[pair]["rows"][:1]}),
                       (single, {"lead": "nobody"})):
        wrong = list(groups)
        wrong[at] = {**groups[at], **change}
        with pytest.raises(AssertionError):
            check_groups(facts, wrong)


def check_counts(reading, truth):
    for source, counts in truth["counts"].items():
        mine = reading.verdicts[source]
        assert mine["accepted"] == counts["accepted"]
        assert mine["ignored"] == sum(counts["ignored"].values())
        assert reading.stale[source] == counts["stale_replays"] > 0
        told = Counter()
        for kind, number in counts["dead"].items():
            told["dead bad_json" if kind in DAMAGE["bad_json"] else f"dead {kind}"] += number
        assert {k: n for k, n in mine.items() if k.startswith("dead")} == dict(told)
        assert sum(mine.values()) == counts["intake_records"]


def test_same_seed_same_bytes(town, tmp_path):
    again = run(tmp_path / "again", "--seed", 1, "--days", 3, hashseed="77")
    files = sorted(p.relative_to(town) for p in town.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for name in files:
        assert (town / name).read_bytes() == (again / name).read_bytes(), name
    other = run(tmp_path / "other", "--seed", 2, "--days", 3)
    assert (town / "grid.jsonl").read_bytes() != (other / "grid.jsonl").read_bytes()


def test_order_partitions_and_keys(town):
    for name in ("party.jsonl", "grid.jsonl"):
        times, home = [], {}
        for record in lines(town / name):
            times.append(record["timestamp"])
            assert record["partition"] in (0, 1, 2)
            for key in keys_in(record):
                assert home.setdefault(key, record["partition"]) == record["partition"]
        assert times == sorted(times)
        assert set(home.values()) == {0, 1, 2}


def keys_in(record):
    if record["key"] is not None:
        return [record["key"]]
    try:
        value = json.loads(record["value"])
        return [] if value["table"] != "case_info" else [r["id"] for r in value["data"]]
    except (ValueError, TypeError, KeyError):
        return []


def inserted(folder):
    """Ids of all inserts of case_info and creates of sys_party_task without repeats."""
    for record in lines(folder / "grid.jsonl"):
        if '"type":"INSERT"' in record["value"] and '"table":"case_info"' in record["value"]:
            value = json.loads(record["value"])
            yield from ((GRID, r["id"], value["es"]) for r in value["data"])
    for record in lines(folder / "party.jsonl"):
        if record["value"] and re.search('"op":"[cr]"', record["value"]):
            value = json.loads(record["value"])
            yield PARTY, value["after"]["id"], value["source"]["lsn"]


def test_ids_are_unique(town):
    times = defaultdict(set)
    for source, key, position in inserted(town):
        times[source, key].add(position)
    assert all(len(positions) == 1 for positions in times.values())
    for name, column in (("party_grids", "id"), ("grid_grids", "id"), ("grid_grids", "grid")):
        values = [r[column] for r in table(town / f"lookups/{name}.csv")]
        assert len(values) == len(set(values))
    codes = [r["code"] for r in table(town / "policy/territory.csv")]
    assert len(codes) == len(set(codes))


def test_every_trap_occurs(town):
    truth = truth_of(town)
    wanted = {"cut", "scalar", "missing_key", "bad_date", "unknown_grid", "unknown_state",
              "need_full_image"}
    for counts in truth["counts"].values():
        assert wanted == set(counts["dead"])
    assert set(truth["counts"][PARTY]["ignored"]) == {"heartbeat", "logical_message", "tombstone",
                                                      "truncate_other_table"}
    assert set(truth["counts"][GRID]["ignored"]) == {"ddl", "other_table", "query"}
    near = {n["kind"] for n in truth["near_misses"]}
    assert near == {"patrol_five", "like_villages", "two_hours_plus", "attachment_three",
                    "xref_twice", "xref_other_village", "attachment_other_village", "village_only",
                    "other_grid", "other_category", "same_network", "no_evidence", "pair_deleted",
                    "xref_corrected"}
    assert set(truth["intended"]) == {
        "secondary_entry", "xref_party", "xref_grid", "xref_both", "xref_late", "attachment",
        "boundary_two_hours", "tie", "strong_first", "no_owner_open_double_lead",
        "settled_double_lead", "contradiction", "pair_undeleted", "xref_corrected"}


def test_traps_in_the_bytes(town):
    """What the truth says of traps is also seen in the records themselves."""
    party = [r["value"] or "" for r in lines(town / "party.jsonl")]
    case = [r["value"] for r in lines(town / "grid.jsonl")]
    assert sum(v == "" for v in party) > 0
    for mark in ('"snapshot":"first"', '"snapshot":"true"', '"snapshot":"last"', '"op":"d"',
                 '"op":"t"', '"op":"m"', "\\uD83C\\uDF27", "ARCHIVED", '"contact_name":"'):
        assert any(mark in v for v in party), mark
    assert party[0].startswith('{"before":null') and '"snapshot":"first"' in party[0]
    for mark in ('"type":"QUERY"', '"type":"ALTER"', '"type":"DELETE"', '"table":"check_route"',
                 '"is_finished":"7"', '"is_deleted":"1"', "路灯\\u0000不亮", "\U0001F327",
                 "0000-00-00 00:00:00", '"reply_person":"'):
        assert any(mark in v for v in case), mark
    assert len(party) > len(set(party))                 # repeats: the same bytes
    assert any(v.count('"case_code"') > 1 for v in case)
    groups = lines(town / "truth_groups.jsonl")
    assert {g["kind_of_pair"] for g in groups} == {None, "duplicate_entry", "corroboration"}
    assert {g["double_lead"]["at_end"] for g in groups} == {None, "settled", "open"}
    assert any(g["contradictory_at_end"] for g in groups)
    assert any(g["no_owner"] for g in groups)
    assert any(g["lead"] == "department" for g in groups)


def test_like_named_villages(town):
    names = {r["code"]: r["name"] for r in table(town / "policy/territory.csv")}
    told = {(r["source"], r["key"]): r for r in lines(town / "truth_rows.jsonl")}
    for near in truth_of(town)["near_misses"]:
        if near["kind"] == "like_villages":
            pair = {names[told[tuple(row)]["village"]] for row in near["rows"]}
            assert pair in ({"前谷堆村委会", "后谷堆村委会"}, {"刘庄村委会", "刘塘村委会"})


def test_canaries_stand_in_sources_only(town):
    canaries = truth_of(town)["canaries"]
    assert len(canaries) > 20
    sources = "".join((town / n).read_text(encoding="utf-8") for n in ("party.jsonl", "grid.jsonl"))
    files = [p for p in town.rglob("*") if p.is_file() and p.suffix != ".json"
             and p.name not in ("party.jsonl", "grid.jsonl")]
    others = "".join(p.read_text(encoding="utf-8") for p in files)
    for canary in canaries:
        assert canary in sources and canary not in others


def test_month_later_and_many_towns(tmp_path):
    folder = run(tmp_path / "month", "--days", 32, "--matters-per-day", 8, "--towns", 1)
    assert "month_later" in {n["kind"] for n in truth_of(folder)["near_misses"]}
    folder = run(tmp_path / "towns", "--days", 1, "--matters-per-day", 10, "--towns", 12)
    assert len(truth_of(folder)["counts"][GRID]["accepted_by_town"]) == 12


def test_schema_wrapper(tmp_path):
    folder = run(tmp_path / "wrapped", "--days", 1, "--matters-per-day", 20, "--schema-wrapper")
    whole = 0
    for text in (t for r in lines(folder / "party.jsonl") for t in (r["key"], r["value"])):
        try:
            value = json.loads(text or "null")
        except ValueError:
            continue
        if isinstance(value, dict):
            assert set(value) == {"schema", "payload"}
            whole += 1
    assert whole > 200


def test_plain_volume(tmp_path):
    folder = run(tmp_path / "volume", "--plain-volume", 4000, "--towns", 3)
    party, case = lines(folder / "party.jsonl"), lines(folder / "grid.jsonl")
    assert len(party) == len(case) == 2000
    assert all(json.loads(r["value"]) for r in party + case)
    assert all(set(c["dead"]) == set() for c in truth_of(folder)["counts"].values())


class FakeProducer:
    """Keeps what it is given; its queue is full now and then."""

    def __init__(self, config):
        assert config["enable.idempotence"] is True
        FakeProducer.sent, self.calls = [], 0

    def produce(self, topic, value, key, **more):
        self.calls += 1
        if self.calls % 50 == 0:
            raise BufferError
        FakeProducer.sent.append((topic, more["partition"], key, value, more["timestamp"]))

    def poll(self, timeout):
        assert timeout <= 0.1

    flush = list


def test_loader_keeps_bytes_partition_and_time(town, monkeypatch):
    merged = [r["timestamp"] for r in load.merge(town)]
    assert merged == sorted(merged)
    monkeypatch.setattr(load, "Producer", FakeProducer)
    load.load(town, "", until_ms=merged[700])
    wanted = [(r["topic"], r["partition"], r["key"], r["value"], r["timestamp"])
              for r in load.merge(town) if r["timestamp"] < merged[700]]
    sent = [(*record[:2], *(None if text is None else text.decode() for text in record[2:4]),
             record[4]) for record in FakeProducer.sent]
    assert sent == wanted


def test_loader_delivers(town):
    """Through librdkafka to its in-process mock broker."""
    merged = [r["timestamp"] for r in load.merge(town)]
    counts = load.load(town, "", rate=5000, until_ms=merged[300],
                       config={"test.mock.num.brokers": 1})
    assert sum(counts.values()) == sum(t < merged[300] for t in merged) > 200
