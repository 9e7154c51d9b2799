"""A new bundle: what it would change is counted beforehand, activating it changes nothing that is
open, and deciding anew changes exactly what was counted."""
import json
import os
import shutil
import subprocess

import pytest

TOWN = "320312111"


@pytest.fixture(scope="module")
def place(town):
    """A daemon that has taken a generated day in, with a gateway called desk."""
    key = town.folder / "change.key"
    keys = subprocess.run([os.environ["GB_BIN"], "keys", "gateway", str(key)],
                          capture_output=True, text=True, check=True).stdout
    daemon = town.daemon("change", keys.replace(str(town.folder) + "/", ""))
    daemon.set_up()
    with daemon:
        daemon.wait_received(town.records)
        yield daemon
        assert daemon.stop() == 0
    assert "identical" in daemon.command("replay")


@pytest.fixture(scope="module")
def bundle(town, tmp_path_factory):
    """Errands go to the grid worker, and fishery, which nobody led, to the key family."""
    folder = tmp_path_factory.mktemp("new") / "policy"
    shutil.copytree(town.folder / "policy", folder)
    duties = folder / "duties.yaml"
    text = duties.read_text(encoding="utf-8")
    old = "    lead: key_family\n    assist: [grid_worker]"
    assert text.count(old) == 1
    duties.write_text(text.replace(old, "    lead: grid_worker") + (
        "  - {id: D10, category: NY04, lead: key_family, basis_zh: 渔业, basis_en: Fishery}\n"),
        encoding="utf-8")
    words = folder / "words.yaml"
    text = words.read_text(encoding="utf-8")
    words.write_text(text.replace("\nrules:\n", "\nrules:\n  D10: {zh: 渔业, en: Fishery}\n"),
                     encoding="utf-8")
    return folder


def run(place, *words):
    return subprocess.run([place.binary, *words, "-c", str(place.config)], capture_output=True,
                          text=True, check=False, timeout=120)


def leads(place):
    """{id: (village, rule, lead)} of all matters that are published."""
    found = place.ask("SELECT id, village, lead_rule, lead_role FROM matter_v")
    return {one[0]: (one[1], one[2] or "nobody", one[3] or "nobody") for one in found}


def compare(place, folder, code):
    done = run(place, "replay", "--policy", str(folder), "--compare", "-o", "json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout), done.stderr


def counted(before, after):
    """{(village, rules, leads): ids} of what differs."""
    rows = {}
    for key, (village, rule, lead) in before.items():
        if after[key] != (village, rule, lead):
            assert after[key][0] == village
            rows.setdefault((village, rule, after[key][1], lead, after[key][2]), set()).add(key)
    return rows


def test_what_was_counted_is_what_changes(town, place, bundle):
    rows, talk = compare(place, bundle, 1)
    assert "keeps its decision until it is next" in talk and "no_owner: 0 would be opened" in talk
    assert {r["rule_after"] for r in rows} == {"D03", "D10"}
    nothing, _ = compare(place, town.folder / "policy", 0)
    assert nothing == []
    before = leads(place)
    place.command("policy", "activate", str(bundle), "--execute")
    new = subprocess.run([place.binary, "check", "policy", str(bundle)], capture_output=True,
                         text=True, check=True).stdout.strip()
    place.wait("the new bundle in every lane", lambda: place.ask(
        "SELECT DISTINCT row::json ->> 'hash' FROM lane_state WHERE key = 'policy'") == [(new,)],
               60)
    assert leads(place) == before  # an activation decides nothing anew
    assert compare(place, bundle, 1)[0] == rows
    words = ("policy", "redecide", "--town", TOWN, "--post", "seat-1", "--reason", "new list")
    assert "every open matter of town 320312111" in place.command(*words)
    assert leads(place) == before  # neither does a plan
    answer = place.command(*words, "--execute")
    assert "applied" in answer
    changed = counted(before, leads(place))
    told = {tuple(r[c] for c in ("village", "rule_before", "rule_after", "lead_before",
                                 "lead_after")): r for r in rows}
    assert {key: len(ids) for key, ids in changed.items()} == {
        key: int(r["matters"]) for key, r in told.items()}
    for key, row in told.items():
        assert row["examples"].split() == sorted(changed[key])[:3]
    assert compare(place, bundle, 0)[0] == []  # nothing is left to change


def test_misuse(place, bundle, tmp_path):
    assert run(place, "replay", "--policy", str(bundle)).returncode == 64
    assert run(place, "replay", "--compare").returncode == 64
    assert run(place, "replay", "--policy", str(bundle), "--compare", "--to", "5").returncode == 64
    assert run(place, "replay", "--policy", str(tmp_path), "--compare").returncode == 78
    who = ("--post", "seat-1", "--reason", "r")
    assert run(place, "policy", "redecide", *who).returncode == 64
    assert run(place, "policy", "redecide", "--town", "3203", *who).returncode == 64
    assert run(place, "policy", "redecide", "--matter", "no-such-matter", *who).returncode == 1
