"""Every schema is valid 2020-12 and takes its good sample and not its bad one."""
import copy
import json
import pathlib
import re

import jsonschema
import pytest
import yaml

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
HASH = "ab" * 32
SRC = {"cluster": "c", "index": 0, "offset": 5, "partition": 0, "topic": "party.t"}
GOOD = {
    "gb.matter": {
        "assists": ["grid_worker"], "category": "MS02", "id": ID, "informs": [],
        "bodies": [{"claims_lead": True, "returns": 1, "source": "party_building",
                    "state": "ACCEPTED", "state_code": "ACCEPTED"}],
        "due": {"accept_at": 2, "extended_until": 9, "extensions": 1, "hand_over_at": 8,
                "handle_at": 9, "remind_at": 7, "rule": "L03", "supervise_at": 12},
        "lead": {"basis": {"zh": "职责清单"}, "handed_over": "failures", "network": "party",
                 "role": "key_family", "rule": "d1"},
        "supervised": 1, "urged": 2,
        "occurred_at": 1, "policy": HASH, "purpose": "command", "reporters": [],
        "refs": [{"entity": "matter", "key": "1", "source": "party_building"}],
        "state": "ACCEPTED", "town": "320312111", "version": 1, "village": "320312111201"},
    "gb.overlap": {
        "claims": [{"claims_lead": True, "key": "1", "source": "party_building",
                    "state": "ACCEPTED"}],
        "final": False, "id": ID, "kind": "double_lead", "matter": ID, "opened_at": 1,
        "rule": "no_rule", "state": "open", "version": 1},
    "gb.change": {"after": {"state": "CLOSED"}, "before": {"state": "ACCEPTED"}, "clock": 1,
                  "change": "matter.updated", "matter": ID, "policy": HASH,
                  "why": {"record": SRC, "rule": "report"}},
    "gb.post": {
        "grid": "320312111201001", "id": "grid_worker/320312111201001", "place": "320312111201001",
        "holders": [{"also": ["key_family/320312111201000001"], "full_time": True,
                     "network": "grid", "pseudonym": "p1.abcdefgh234", "since": 1,
                     "source": "governance_grid", "until": 9}],
        "policy": HASH, "purpose": "duty", "role": "grid_worker", "town": "320312111",
        "refs": [{"entity": "grid_post", "key": "7/501", "source": "governance_grid"}],
        "vacant": False, "version": 1, "village": "320312111201"},
    "gb.contact": {
        "covered": 290, "grid": "320312111201001", "households": 293, "key_families": 3,
        "id": "grid/320312111201001", "kind": "grid", "policy": HASH, "purpose": "duty",
        "town": "320312111", "uncovered": 3, "version": 1, "village": "320312111201",
        "wrong": ["too_few"]},
    "gb.visit": {
        "credits": ["grid", "party"], "day": "2026-05-06", "duplicates": {"secondary_entry": 1},
        "entries": 2, "grid": "320312111201001", "households": 3, "policy": HASH,
        "id": "grid_worker/320312111201001/2026-05-06", "purpose": "duty", "restated": 1,
        "told_in": "log", "town": "320312111", "version": 1, "village": "320312111201",
        "visits": 1, "worker": "grid_worker/320312111201001"},
    "gb.writeback": {
        "about": "governance_grid/matter/7/501", "action": "update", "clock": 1,
        "entity": "matter", "expires_at": 2, "fields": {"state": "CLOSED"}, "id": ID, "key": "9",
        "matter": ID, "policy": HASH, "seen": 1, "set": {"status": "3"},
        "source": "party_building", "target": "dj.sys_party_task", "town": "320312111", "try": 1,
        "why": {"rule": "d1"}},
    "gb.writeback.result.in": {
        "about": "governance_grid/matter/7/501", "id": ID, "reason": "changed_meanwhile",
        "result": "refused", "town": "320312111", "version": 1},
    "gb.stats": {
        "about": "matters", "category": "MS", "closed_by": {"others": 0, "self": 11}, "due": 11,
        "entries": {"*": 6, "first": 20, "same_fact": 0}, "grid": "320312111201001",
        "id": "320312111201001/MS/2026-05-04", "policy": HASH, "purpose": "statistics",
        "reports": 26, "rules": {"*": 5, "d1": 15}, "threshold": 5,
        "timely": {"late": 5, "on_time": 6}, "town": "320312111", "village": "320312111201",
        "week": "2026-05-04"},
    "gb.deadletter": {"clock": 1, "h_src": HASH, "reason": "bad_json", "src": SRC, "town": ""},
    "gb.books": {"applied": 1, "balanced": True, "closed": True, "dead": 0, "faultless": True,
                 "hour": 0, "ignored": 0, "orphaned": 0, "received": 1, "refused": 0,
                 "source": "party_building", "unchanged": 0},
    "gb.decision.in": {
        "actor": {"post": "seat-03", "role": "command_centre"}, "id": "d-1", "kind": "lead_is",
        "overlap": ID, "reason": "r", "to": "grid_worker", "town": "320312111", "version": 2},
    "headers": {
        "ce_id": "0:1:0", "ce_source": "/gridbridge/lane/0", "ce_specversion": "1.0",
        "ce_subject": ID, "ce_time": "2026-11-25T00:00:00.000Z", "ce_type": "gb.matter.v1",
        "content-type": "application/json", "gb_pos": "0:1:0", "gb_seq": "1",
        "gb_stream": "a" * 32, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"},
    "intake_record": {"entity": "matter", "h_src": HASH, "key": "1", "kind": "observation",
                      "op": "put", "source": "party_building", "src": SRC, "town": "320312111",
                      "verdict": "accepted", "w": {"n": 0, "session": "s"}},
    "mapping": {"version": 1, "system": "s", "zone": "+08:00", "envelope": {"kind": "canal"},
                "entities": {"t": {"entity": "matter", "key": ["id"],
                                   "town": {"constant": "320312111"},
                                   "fields": {"state": {"type": "code", "column": "status"}}}}},
}
REDIRECT = {"id": ID, "policy": HASH, "purpose": "command", "redirect_to": ID,
            "town": "320312111", "version": 2, "village": "320312111201"}
NAMES = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))


def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_every_schema_has_a_sample():
    assert set(NAMES) == set(GOOD)


@pytest.mark.parametrize("name", NAMES)
def test_samples(name):
    check = validator(name)
    check.validate(GOOD[name])
    assert not check.is_valid({**GOOD[name], "unknown_member": 1}), "objects are closed"
    for member in check.schema["required"]:
        bad = copy.deepcopy(GOOD[name])
        del bad[member]
        assert not check.is_valid(bad), member


@pytest.mark.parametrize("member, bad", [
    ("due", {}), ("due", {"soon": 1}), ("due", {"extensions": 0}), ("urged", 0),
    ("supervised", 0)])
def test_times_of_a_matter_are_told_whole(member, bad):
    assert not validator("gb.matter").is_valid({**GOOD["gb.matter"], member: bad})


def test_a_writeback_names_its_row_and_one_way_in():
    check, writeback = validator("gb.writeback"), dict(GOOD["gb.writeback"])
    assert not check.is_valid({**writeback, "action": "create"})
    assert not check.is_valid({**writeback, "call": "/api/task"})
    assert not check.is_valid({**writeback, "set": {"status": 3}})
    del writeback["key"]
    assert not check.is_valid(writeback)
    check.validate({**writeback, "action": "create"})
    del writeback["target"]
    check.validate({**writeback, "action": "create", "call": "/api/task"})


@pytest.mark.parametrize("member, bad", [
    ("result", "done"), ("reason", "Not now, please"), ("key", "9"), ("version", 2),
    ("about", "party_building/matter"), ("town", "3203"), ("id", "1")])
def test_a_result_is_short_and_of_one_kind(member, bad):
    check = validator("gb.writeback.result.in")
    assert not check.is_valid({**GOOD["gb.writeback.result.in"], member: bad})
    check.validate({**GOOD["gb.writeback.result.in"], "result": "accepted", "key": "9"})


@pytest.mark.parametrize("kind", ["overdue", "ping_pong", "forbidden_network"])
def test_kinds_of_overlap(kind):
    validator("gb.overlap").validate({**GOOD["gb.overlap"], "kind": kind})
    change = {"after": {"state": "open", "version": 1}, "before": {}, "clock": 1, "kind": kind,
              "change": "overlap.opened", "matter": ID, "overlap": ID, "policy": HASH,
              "why": {"rule": "L03"}}
    validator("gb.change").validate(change)
    assert not validator("gb.change").is_valid({**change, "kind": f"{kind}s"})


@pytest.mark.parametrize("bad", [
    {"reports": 4}, {"entries": {"first": 3}}, {"timely": {"*": 1}}, {"category": "MS02"},
    {"about": "visits"}, {"grid": "320312111201"}, {"rules": {}}])
def test_statistics_tell_nothing_small(bad):
    assert not validator("gb.stats").is_valid({**GOOD["gb.stats"], **bad})


def test_an_overlap_is_about_a_matter_or_a_node():
    check, overlap = validator("gb.overlap"), dict(GOOD["gb.overlap"])
    del overlap["matter"]
    assert not check.is_valid(overlap)
    overlap |= {"kind": "post_vacant", "node": "grid_worker/320312111201001",
                "town": "320312111"}
    check.validate(overlap)
    assert not check.is_valid({**overlap, "matter": ID})


def test_persons_of_the_network_go_by_an_alias():
    check, alias = validator("gb.contact"), f"household/d1.{'0' * 32}"
    contact = {"id": alias, "kind": "household", "policy": HASH, "purpose": "duty", "version": 1,
               "links": [{"key": "1", "source": "party_building"}], "town": "320312111"}
    check.validate(contact)
    assert not check.is_valid({**contact, "id": f"household/j1.{'a' * 26}"})
    assert not check.is_valid({**contact, "links": []})


def test_a_change_of_a_post_names_it():
    check = validator("gb.change")
    change = {"after": {"vacant": True}, "before": {"vacant": False}, "change": "post.changed",
              "clock": 1, "node": "grid_worker/320312111201001", "policy": HASH,
              "why": {"rule": "time"}}
    check.validate(change)
    assert not check.is_valid({**change, "matter": ID})
    del change["node"]
    assert not check.is_valid(change)


@pytest.mark.parametrize("path", sorted((SCHEMAS.parent / "tests/golden/nodes").glob("*.want")),
                         ids=lambda path: path.stem)
def test_golden_outputs_fit(path):
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    checks = {topic: validator(f"gb.{topic}") for topic in {line["topic"] for line in lines}}
    assert len(checks) > 2
    for line in lines:
        if line["value"] is not None:
            checks[line["topic"]].validate(line["value"])


def test_kinds_are_those_of_the_program():
    text = (SCHEMAS.parent / "src/core/said.h").read_text(encoding="utf-8")
    listed = text[text.index("GB_OVERLAP_LIST(X)"):text.index("enum gb_overlap_kind")]
    kinds = set(re.findall(r'"([a-z_]+)"', listed))
    for name in ("gb.overlap", "gb.change"):
        assert set(validator(name).schema["properties"]["kind"]["enum"]) == kinds


def test_a_merged_matter_says_where_it_went():
    validator("gb.matter").validate(REDIRECT)


def test_a_change_answers_a_decision():
    actor = {"post": "seat-03", "role": "command_centre"}
    answer = {"after": {"actor": actor, "decides": "lead_is", "outcome": "stale",
                        "targets": [{"named": ID, "outcome": "stale"}]},
              "before": {}, "change": "decision.stale", "clock": 1, "decision": "d-1",
              "policy": HASH, "why": {"record": SRC, "rule": "decision"}}
    check = validator("gb.change")
    check.validate(answer)
    assert not check.is_valid({**answer, "matter": ID})
    del answer["decision"]
    assert not check.is_valid(answer)


def test_asyncapi_names_files_that_exist():
    text = (SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8")
    channels = yaml.safe_load(text)["channels"]
    addresses = {c["address"].removesuffix(".{source}") for c in channels.values()}
    assert addresses == {n for n in NAMES if n.startswith("gb.")}
    for line in text.splitlines():
        if "$ref: ./" in line:
            assert (SCHEMAS / line.split("./", 1)[1]).exists(), line
