"""A whole town with all entities: ranges, plants, and a truth that a second reading agrees with."""

import json
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from generator_reading import (GRID, PARTY, ROOT, check_groups, holder_reader, lines, table)
from whole_reading import WholeReading, finding_key, told

GENERATE = ROOT / "examples" / "generator" / "generate.py"
TANGZHANG = "320312111"
FILES = ("rows", "groups", "entities", "facts", "posts", "visits", "visit_days", "coverage")


def run(out, *arguments, hashseed="0"):
    command = ["/usr/bin/python3", str(GENERATE), "--out", str(out), "--entities", "all",
               *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True,
                   env={"PYTHONHASHSEED": hashseed, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    return out


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Three days of two small towns; the first has the bursts, the flood and the month's end."""
    return run(tmp_path_factory.mktemp("whole"), "--towns", 2, "--days", 3, "--households", 150)


@pytest.fixture(scope="module")
def reading(whole):
    return WholeReading(whole)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """One usual day of the model town in its full size."""
    return run(tmp_path_factory.mktemp("model"), "--days", 1, "--bursts", "none")


def truth_of(folder):
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


# -- the truth agrees with the rows --------------------------------------------------------------

def test_matters(whole, reading):
    facts = reading.facts(holder_reader(whole))
    rows = {(r["source"], r["key"]): r for r in told(whole, "rows")}
    assert facts.keys() == rows.keys()
    for ident, fact in facts.items():
        wrong = {n for n in rows[ident].keys() & fact.keys() if rows[ident][n] != fact[n]}
        assert not wrong, (rows[ident], fact)
    check_groups(facts, told(whole, "groups"))
    for near in truth_of(whole)["near_misses"]:
        groups = [rows[tuple(row)]["group"] for row in near["rows"]]
        assert groups[0] is None or groups[0] != groups[1], near


def test_counts_by_table(whole, reading):
    truth = truth_of(whole)
    for source, counts in truth["counts"].items():
        for name, books in counts["by_table"].items():
            if name not in ("", "sys_party_task", "case_info"):
                mine = reading.tables[source][name]
                assert mine["accepted"] == books["accepted"], name
                assert mine["dead"] == sum(books["dead"].values()), name
                assert mine["ignored"] == sum(books["ignored"].values()), name
        total = sum(sum(c.values()) for c in reading.tables[source].values())
        mine = reading.verdicts[source]
        # Rows of the tables that no mapping names are counted by the first reading's rule.
        assert total + sum(mine.values()) == counts["intake_records"]
        assert reading.stale[source] == counts["stale_replays"] > 0
    refused = sum(sum(c["refused"].values()) for c in truth["counts"].values())
    assert reading.refused_rows == refused >= 8


def test_outcomes_add_up(whole):
    """The outcomes, line by line, are the counts."""
    for name, counts in (("party", truth_of(whole)["counts"][PARTY]),
                         ("grid", truth_of(whole)["counts"][GRID])):
        text = (whole / f"truth_{name}.txt").read_text(encoding="ascii")
        words = Counter(word for word in text.split())
        assert text.count("\n") == counts["messages"] == len(lines(whole / f"{name}.jsonl"))
        assert words["accepted"] + words["again"] == counts["accepted"]
        assert words["again"] == counts["stale_replays"]
        assert {w[5:]: n for w, n in words.items() if w[:5] == "dead:"} == counts["dead"]


def test_rows_of_other_tables(whole, reading):
    entities = {(e["source"], e["table"], e["key"]): e for e in told(whole, "entities")}
    assert entities.keys() == reading.others.keys()
    for ident, entity in entities.items():
        mine = reading.others[ident]
        assert entity["deleted"] == mine["deleted"], entity
        town, length = mine["place"][:9], len(mine["place"])
        assert entity["town"] == town and (entity["grid"] is None) == (length != 15), entity
        for name, value in entity["fields"].items():
            image = mine["image"][name]
            assert image == value or (entity["source"] == GRID and image == str(value)), entity


@pytest.fixture(scope="module")
def found(whole, reading):
    """What the second reading finds, by town."""
    return {town: reading.coverage(town) for town in truth_of(whole)["options"]["towns"]}


def check_coverage(found, findings):
    by_town = {town: Counter() for town in found}
    for line in findings:
        by_town[line["town"]][finding_key(line)] += 1
    for town, counted in by_town.items():
        assert found[town] == counted, (found[town] - counted, counted - found[town])


def test_coverage(whole, found):
    assert len(found) == 2
    check_coverage(found, told(whole, "coverage"))


def test_a_wrong_coverage_is_noticed(whole, found):
    """Negative control: a finding less, one more, one of another count."""
    findings = told(whole, "coverage")
    for kind in ("grid_families", "member_households", "household_twice", "household_elsewhere"):
        at = next(n for n, line in enumerate(findings) if line["finding"] == kind)
        less = findings[:at] + findings[at + 1:]
        with pytest.raises(AssertionError):
            check_coverage(found, less)
        with pytest.raises(AssertionError):
            check_coverage(found, findings + [findings[at]])


def check_visits(reading, visits):
    """Each row of a visit tells of one visit; counters grow as often as they are told to."""
    rows, counters, logs = Counter(), Counter(), defaultdict(int)
    for visit in visits:
        for row in visit["rows"]:
            rows[tuple(row)] += row[1] == "party_visit" or visit["network"] == GRID
            if row[1] == "thing_log":
                logs[tuple(row)] += visit["households"]
            else:
                assert reading.others[tuple(row)]["image"]["household_count"] == \
                    visit["households"], visit
        for contact, _ in visit["counters"]:
            counters[contact] += 1
    grown = Counter()
    for (_, contact), growth in reading.grown.items():
        grown[contact] += growth
    assert counters == grown
    assert set(rows.values()) == {1}
    for row, count in logs.items():
        assert int(reading.others[row]["image"]["falimy_count"]) == count, row
    assert len(logs) == len(reading.live("thing_log"))


def test_visits(whole, reading):
    visits = told(whole, "visits")
    check_visits(reading, visits)
    again = [v for v in visits if v["again"] == "secondary_entry"]
    assert again and all(v["holder"] and v["network"] == PARTY for v in again)
    days = told(whole, "visit_days")
    assert len(days) == 6
    assert sum(d[PARTY]["visits"] for d in days) == sum(v["network"] == PARTY for v in visits)
    assert sum(d[PARTY]["told_twice"] for d in days) == len(again)


def test_a_wrong_visit_is_noticed(whole, reading):
    """Negative control: a visit told once more, one left out, one with another count."""
    visits = told(whole, "visits")
    with pytest.raises(AssertionError):
        check_visits(reading, visits + [next(v for v in visits if v["counters"])])
    for change in ({"households": 99}, {"counters": []}):
        at = next(n for n, v in enumerate(visits) if v["counters"] and v["rows"])
        with pytest.raises(AssertionError):
            check_visits(reading, visits[:at] + [{**visits[at], **change}] + visits[at + 1:])


def test_facts(whole, reading):
    """The five kinds, each as the rows say."""
    holders = holder_reader(whole)
    facts = reading.facts(holders)
    kinds = {r["key"]: r["kind"] for r in told(whole, "rows") if r["source"] == GRID}
    logged = Counter()
    seen = defaultdict(list)
    for line in told(whole, "facts"):
        rows = [facts[source, key] for source, name, key in line["rows"]
                if name in ("sys_party_task", "case_info")]
        seen[line["kind"]].append(rows)
        if line["kind"] == "log":
            source, name, key = line["rows"][1]
            logged[name, key] += 1
            place = reading.others[source, name, key]["place"]
            assert rows[0]["grid"] == place or kinds[rows[0]["key"]].endswith("_move")
    assert set(seen) == {"resend", "secondary_entry", "corroboration", "citizens", "log"}
    for rows in seen["secondary_entry"]:
        assert len({row["holder"] for row in rows}) == 1 and rows[0]["holder"]
        assert {row["source"] for row in rows} == {PARTY, GRID}
    for rows in seen["corroboration"]:
        assert len({row["source"] for row in rows}) == 2
        assert not rows[0]["holder"] or len({row["holder"] for row in rows}) > 1
    for rows in seen["citizens"]:
        assert len({(row["grid"], row["category"]) for row in rows}) == 1
        assert {row["source"] for row in rows} == {GRID} and len(rows) > 1
    for row in reading.live("thing_log"):
        count = int(row["image"]["interview_auto"]) + int(row["image"]["interview_up"])
        assert logged["thing_log", row["image"]["id"]] == count
    assert any(name == "patrol_task" for name, _ in logged)


def test_vacancies(whole, reading):
    """Who is without a holder at the end: by the truth, and by the rows."""
    open_now = {(v["role"], v["grid"]) for v in truth_of(whole)["vacancies"]
                if v["until"] is None}
    families = {("key_family", row["place"]) for row in reading.live("party_key_family")
                if row["image"]["holder_member_id"] is None}
    posted = {row["place"] for row in reading.live("area_grid_member")
              if row["image"]["grid_role"].endswith("网格员") and row["image"]["end_date"] is None}
    workers = {("grid_worker", row["place"]) for row in reading.live("area_grid")
               if row["place"] not in posted}
    assert open_now == families | workers
    assert len(families) == len(workers) == 2
    assert sum(v["until"] is not None for v in truth_of(whole)["vacancies"]) == 6
    posts = told(whole, "posts")
    assert open_now == {(p["role"], p["grid"]) for p in posts if p.get("vacant")}
    assert {p["place"] for p in posts if p["role"] == "key_family"} == \
        {row["image"]["family_code"] for row in reading.live("party_key_family")}
    dual = [p["holders"][0] for p in posts if p["role"] == "key_family" and any(p["holders"])]
    workers = {h for p in posts if p["role"] == "grid_worker" for h in p["holders"] if h}
    assert len(set(dual) & workers) > 20        # dual hats: one holder in both networks
    assert {p["term_over"] for p in posts if p["role"] == "branch_secretary"} == {True, False}


# -- what is planted is there --------------------------------------------------------------------

def test_plants(whole):
    traps = truth_of(whole)["traps"]
    for name in ("citizens", "flood", "excel_burst", "excel_truncated", "excel_mended",
                 "month_end_contacts", "month_end_assessment", "contact_town_move",
                 "contact_unknown_grid", "contact_cut", "household_moved", "visit_in_log",
                 "visit_corrected", "visit_count_back", "worker_left", "worker_replaced",
                 "worker_moved", "family_vacant", "family_closed", "bad_flag", "refused_words",
                 "refused_party_building", "refused_governance_grid", "server_clock",
                 "device_clock", "dated_2099_party_building", "dated_2099_governance_grid",
                 "town_move_party_building", "town_move_governance_grid", "patrol_with_case"):
        assert traps.get(name, 0) > 0, name
    findings = {line["finding"] for line in told(whole, "coverage")}
    assert findings >= {"grid_families", "family_members", "member_households", "household_twice",
                        "household_elsewhere", "households_unlinked"}


def test_month_end_and_excel_in_the_bytes(whole):
    """Every assessment and every contact: once deleted, its tombstone, once created."""
    operations = defaultdict(Counter)
    damaged = 0
    for record in lines(whole / "party.jsonl"):
        name = record["topic"].rpartition(".")[2]
        if name in ("sys_party_assessment", "sys_party_household"):
            value = record["value"]
            mark = "T" if value is None else value[value.rfind('"op":"') + 6]
            operations[name, record["key"]][mark] += 1
            damaged += bool(value) and "E+17" in value
    assert damaged >= 10
    rewritten = {ident for ident, count in operations.items()
                 if count["d"] and count["T"] == count["d"] and count["c"]}
    assessments = {ident for ident in operations if ident[0] == "sys_party_assessment"}
    assert assessments and assessments <= rewritten
    contacts = [i for i in operations if i[0] == "sys_party_household"
                and json.loads(i[1])["id"] < 1_000_000]
    assert len(set(contacts) & rewritten) > 0.99 * len(contacts)


def test_canaries_stand_in_sources_only(whole):
    canaries = truth_of(whole)["canaries"]
    assert 80 < len(canaries) < 5000
    sources = "".join((whole / n).read_text(encoding="utf-8")
                      for n in ("party.jsonl", "grid.jsonl"))
    others = "".join(p.read_text(encoding="utf-8") for p in whole.rglob("*")
                     if p.is_file() and p.suffix != ".json"
                     and p.name not in ("party.jsonl", "grid.jsonl"))
    looked = [c for n, c in enumerate(canaries) if len(c) == 3 or n % 20 == 0]
    # A few stand in rows that the run's end cut off.
    assert sum(canary in sources for canary in looked) > 0.9 * len(looked) > 30
    for canary in looked:
        assert canary not in others, canary


def test_positions_ascend_over_towns_and_topics(whole):
    """The log's positions and the batches, filled in at the merge, never go back."""
    last, batches, times = 0, 0, 0
    for record in lines(whole / "party.jsonl"):
        assert record["timestamp"] >= times
        times = record["timestamp"]
        try:
            value = json.loads(record["value"] or "0")
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("op") in ("c", "u", "d"):
            lsn = value["source"]["lsn"]
            commit, own = json.loads(value["source"]["sequence"])
            assert int(own) == lsn and int(commit) < lsn
            if lsn > last:
                last = lsn
    text = (whole / "party.jsonl").read_text(encoding="utf-8")
    assert not set("\x01\x02\x03\x04\x05") & set(text)
    for mark in ("\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005"):
        assert mark not in text
    for record in lines(whole / "grid.jsonl"):
        if record["value"].startswith("{") and record["value"].endswith("}"):
            batch = json.loads(record["value"])["id"]
            assert batch > batches
            batches = batch


# -- ranges of DOMAIN.md -----------------------------------------------------------------------

def test_ranges_of_the_model_town(model):
    territory = table(model / "policy/territory.csv")
    assert sum(r["level"] == "village" for r in territory) == 17
    assert 60 <= sum(r["level"] == "grid" for r in territory) <= 72
    kinds = Counter()
    households = 0
    for entity in told(model, "entities"):
        kinds[entity["table"]] += not entity["deleted"]
        if entity["table"] == "area_grid":
            households += entity["fields"]["grid_household"]
    assert 130 <= kinds["party_key_family"] <= 330
    assert 1200 <= kinds["party_family_link"] <= 2400
    assert 18_000 <= households <= 22_000
    assert 0.9 * households < kinds["sys_party_household"] < 1.05 * households
    day = told(model, "visit_days")[0]
    assert 20 <= day[PARTY]["visits"] <= 50


def test_matters_a_day_with_their_mix_and_peaks(model):
    """As many matters as DOMAIN.md 6.5 says, shares as 2.1, peaks at 9-11 and 15-17."""
    rows = [r for r in told(model, "rows") if r["kind"] not in ("snapshot", "dated_2099")]
    usual = [r for r in rows if not r["key"].startswith("activity/")]
    matters = {r["group"] or r["key"] for r in usual}
    assert 170 <= len(matters) <= 380
    grid = Counter(r["category"] for r in usual if r["source"] == GRID)
    assert {"AQ01", "MS01"} <= {c for c, _ in grid.most_common(4)}
    top = sum(n for _, n in grid.most_common(5)) / sum(grid.values())
    assert 0.5 < top < 0.9
    hours = Counter(r["occurred"] // 3_600_000_000 % 24 for r in usual if r["kind"] == "ordinary")
    local = Counter({(hour + 8) % 24: n for hour, n in hours.items()})
    whole_day = sum(local.values())
    assert sum(local[h] for h in (9, 10, 15, 16)) > 0.4 * whole_day
    assert sum(local[h] for h in range(5)) < 0.03 * whole_day
    assert local[13] < min(local[9], local[15])


def test_flood_day(whole):
    days = Counter((r["occurred"] + 28_800_000_000) // 86_400_000_000 for r in told(whole, "rows")
                   if r["town"] == TANGZHANG and r["kind"] not in ("snapshot", "dated_2099"))
    usual, rain = sorted(n for n in days.values() if n > 100)[0], max(days.values())
    assert rain > 3 * usual


# -- the form of the run ---------------------------------------------------------------------------

def test_same_seed_same_bytes(tmp_path):
    options = ("--days", 1, "--towns", 2, "--households", 150, "--bursts", "none", "--mix-wrapper",
               "--matters-per-day", 60)
    one = run(tmp_path / "one", *options)
    two = run(tmp_path / "two", *options, hashseed="77")
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert {f"truth_{name}.jsonl" for name in FILES} <= {str(f) for f in files}
    assert files == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file())
    for name in files:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    other = run(tmp_path / "other", *options, "--seed", 2)
    assert (one / "party.jsonl").read_bytes() != (other / "party.jsonl").read_bytes()


def peak_of(out, towns):
    """Peak memory in KiB of a run of a small day of so many towns."""
    options = ["--towns", str(towns), "--days", "1", "--matters-per-day", "20", "--households",
               "150", "--bursts", "none", "--entities", "all", "--out", str(out)]
    before = f"import resource,sys;sys.argv={['generate.py', *options]!r};" \
        f"sys.path.insert(0,{str(GENERATE.parent)!r});import generate;generate.main();" \
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", before], check=True, capture_output=True,
                          text=True)
    return int(done.stdout)


def test_memory_does_not_grow_with_towns(tmp_path):
    """Four towns more cost no more than their places and staff, far less than their rows."""
    few, many = peak_of(tmp_path / "few", 2), peak_of(tmp_path / "many", 6)
    size = (tmp_path / "many" / "party.jsonl").stat().st_size // 1024
    assert many - few < 6_000 < size / 8
