"""The command centre's desk on real servers: what is open, deciding it, every kind of answer."""
import json
import os
import shutil
import signal
import subprocess

import pytest


def other_key(folder):
    path = folder / "other.key"
    if not path.exists():
        path.write_text("11" * 32 + "\n", encoding="utf-8")
        os.chmod(path, 0o400)
    return path


@pytest.fixture(scope="module")
def desk(town):
    """A daemon that has taken a generated day in, with a gateway called desk."""
    keys = subprocess.run([os.environ["GB_BIN"], "keys", "gateway", str(town.folder / "desk.key")],
                          capture_output=True, text=True, check=True).stdout
    daemon = town.daemon("desk", keys.replace(str(town.folder) + "/", ""))
    daemon.set_up()
    with daemon:
        daemon.wait_received(town.records)
        yield daemon
        assert daemon.stop() == 0
    assert "identical" in daemon.command("replay")


def rows(desk, *words):
    return json.loads(desk.command("overlaps", "list", "--limit", "1000", "-o", "json", *words))


def run(desk, *words):
    return subprocess.run([desk.binary, *words, "-c", str(desk.config)], capture_output=True,
                          text=True, check=False, timeout=60)


def decide(desk, *words, code=0):
    out = desk.command("overlaps", *words, "--post", "seat-1", "--reason", "by the rota",
                       "--execute", "-o", "json", code=code)
    return json.loads(out)


def test_key_is_private_and_never_written_over(town, desk):
    path = town.folder / "desk.key"
    assert path.stat().st_mode & 0o777 == 0o400
    again = subprocess.run([desk.binary, "keys", "gateway", str(path)], capture_output=True,
                           text=True, check=False)
    assert again.returncode == 75 and "never written over" in again.stderr
    os.chmod(path, 0o444)
    open_key = run(desk, "overlaps", "claim", rows(desk)[0]["id"], "--post", "seat-1")
    os.chmod(path, 0o400)
    assert open_key.returncode == 78 and "mode 0400" in open_key.stderr


def test_lists_in_every_form(desk):
    found = rows(desk, "--state", "open")
    assert found and {r["state"] for r in found} == {"open"}
    lines = desk.command("overlaps", "list", "--limit", "1000", "--state", "open", "-o", "jsonl")
    assert [json.loads(line) for line in lines.splitlines()] == found
    csv = desk.command("overlaps", "list", "--limit", "1000", "--state", "open", "-o", "csv")
    assert len(csv.splitlines()) == len(found) + 1 and csv.startswith("id,kind,state,version,town,")
    kind = found[0]["kind"]
    assert {r["kind"] for r in rows(desk, "--kind", kind)} == {kind}
    assert rows(desk, "--town", "320312112") == []
    assert run(desk, "overlaps", "list", "--state", "closed").returncode == 64


def test_a_plan_changes_nothing(desk):
    one = rows(desk, "--state", "open")[0]
    plan = desk.command("overlaps", "decide", one["id"], "--to", "grid_leader", "--post", "seat-1",
                        "--reason", "r")
    assert "nothing done: add --execute" in plan and f'"version":{one["version"]}' in plan
    assert desk.ask("SELECT count(*) FROM ruling WHERE row LIKE %s", f"%{one['id']}%") == [(0,)]


def test_decided_shown_stale_and_undone(desk):
    one = [r for r in rows(desk, "--state", "open") if r["kind"] == "no_owner"][0]
    answer = decide(desk, "decide", one["id"], "--to", "grid_leader", "--id", "t-1")
    assert answer["after"]["outcome"] == "applied"
    shown = desk.command("overlaps", "show", one["id"])
    assert "ruled_by       t-1" in shown and "lead_is to grid_leader by seat-1, active" in shown
    matter = json.loads(desk.command("matters", "show", one["matter"], "-o", "json"))
    assert matter["lead"]["role"] == "grid_leader" and matter["lead"]["decision"] == "t-1"
    same = run(desk, "overlaps", "decide", one["id"], "--to", "grid_worker", "--id", "t-1",
               "--post", "seat-1", "--reason", "r", "--execute")
    assert same.returncode == 0 and "decided already" in same.stderr
    stale = decide(desk, "decide", one["id"], "--to", "grid_worker", "--version",
                   str(one["version"]), code=1)
    assert stale["after"]["outcome"] == "stale"
    assert stale["after"]["targets"][0]["state"] == "settled"
    assert stale["after"]["targets"][0]["version"] > one["version"]
    history = desk.command("matters", "history", one["matter"], "-o", "jsonl")
    assert any(json.loads(line)["about"] == "t-1" for line in history.splitlines())
    assert decide(desk, "undo", "t-1", "--id", "t-2")["after"]["outcome"] == "waiting"
    alone = decide(desk, "confirm", "t-2", code=1)  # four eyes are two people's
    assert alone["after"]["refused"] == "same_actor"
    second = run(desk, "overlaps", "confirm", "t-2", "--post", "seat-2", "--reason", "seen",
                 "--execute")
    assert second.returncode == 0 and "applied" in second.stdout, second.stdout + second.stderr
    now = [r for r in rows(desk) if r["id"] == one["id"]][0]
    assert now["state"] == "open" and now["lead"] in ("", None)
    then = json.loads(desk.command("matters", "show", one["matter"], "--at", "now", "-o", "json"))
    then.pop("title", None)  # the published one; the state row keeps no text
    assert then == json.loads(desk.command("matters", "show", one["matter"], "-o", "json"))
    assert run(desk, "matters", "show", one["matter"], "--at", "2020-01-01").returncode == 1


def test_claims_of_two_seats(desk):
    one = rows(desk, "--state", "open")[0]
    assert decide(desk, "claim", one["id"], "--until", "+2h")["after"]["outcome"] == "applied"
    assert [r["claimed_by"] for r in rows(desk) if r["id"] == one["id"]] == ["seat-1"]
    other = run(desk, "overlaps", "claim", one["id"], "--post", "seat-2", "--execute")
    assert other.returncode == 1 and "refused: claimed, by seat-1" in other.stdout
    taken = run(desk, "overlaps", "hand-over", one["id"], "--post", "seat-2", "--execute")
    assert taken.returncode == 0, taken.stdout + taken.stderr
    assert [r["claimed_by"] for r in rows(desk) if r["id"] == one["id"]] == ["seat-2"]
    given = run(desk, "overlaps", "release", one["id"], "--post", "seat-2", "--execute")
    assert given.returncode == 0


def test_several_at_once(desk):
    three = [r for r in rows(desk, "--state", "open") if r["kind"] == "field_conflict"][:3]
    answer = decide(desk, "escalate", *[r["id"] for r in three])
    assert [t["outcome"] for t in answer["after"]["targets"]] == ["done"] * 3


def test_what_the_bridge_would_not_take_is_not_sent(town, desk):
    one = rows(desk, "--state", "open")[0]
    bad = run(desk, "overlaps", "decide", one["id"], "--to", "Nobody!", "--post", "seat-1",
              "--reason", "r", "--execute")
    assert bad.returncode == 64 and "$.to" in bad.stderr
    key = run(desk, "overlaps", "claim", one["id"], "--post", "seat-1", "--key",
              str(other_key(town.folder)), "--execute")
    assert key.returncode == 78 and "has another public key" in key.stderr
    assert run(desk, "overlaps", "show", "00000000-0000-7000-8000-000000000000").returncode == 1
    assert run(desk, "overlaps", "undo", "never-made", "--post", "s", "--reason", "r"
               ).returncode == 1


def test_a_dead_letter_and_no_answer_are_told(town, desk):
    one = rows(desk, "--state", "open")[0]
    text = desk.config.read_text(encoding="utf-8")
    forged = subprocess.run([desk.binary, "keys", "gateway", str(town.folder / "forged.key")],
                            capture_output=True, text=True, check=True).stdout
    head = text[:text.index("decisions:")]
    path = town.folder / "forged.yaml"
    path.write_text(head + forged.replace(str(town.folder) + "/", ""), encoding="utf-8")
    words = [desk.binary, "overlaps", "claim", one["id"], "--post", "seat-1", "--execute", "-c",
             str(path)]
    dead = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert dead.returncode == 65 and "bad_signature" in dead.stderr, dead.stderr
    os.kill(desk.process.pid, signal.SIGSTOP)  # whatever is sent now waits
    try:
        none = subprocess.run(words + ["--wait", "0"], capture_output=True, text=True, check=False,
                              timeout=60)
    finally:
        os.kill(desk.process.pid, signal.SIGCONT)
    assert none.returncode == 75 and "the same id twice has no effect" in none.stderr


def who(desk, *words, code=0):
    out = desk.command("duty", "who", "--place", "320312111217001", "--category", "MS04", *words,
                       "-o", "json", code=code)
    return json.loads(out) if out else None


def test_who_was_responsible_as_known_when(town, desk, tmp_path):
    (before,), = desk.ask("SELECT now()")
    one = who(desk, "--on", "2026-11-20", "--known", "now")
    assert one["lead"] == "grid_worker" and one["rule"] == "D04" and "网格" in one["basis_zh"]
    assert who(desk, "--on", "2026-11-20", "--known", "2020-01-01", code=1) is None
    bundle = tmp_path / "policy"
    shutil.copytree(town.folder / "policy", bundle)
    text = (bundle / "duties.yaml").read_text(encoding="utf-8")
    assert text.count("first_contact: [key_family]") == 1
    (bundle / "duties.yaml").write_text(text.replace(
        "    lead: grid_worker\n    first_contact: [key_family]",
        "    lead: grid_leader\n    first_contact: [key_family]"), encoding="utf-8")
    desk.command("policy", "activate", str(bundle), "--execute")
    desk.wait("the new bundle", lambda: who(desk, "--on", "2026-11-20", "--known",
                                            "now")["lead"] == "grid_leader", 30)
    then = who(desk, "--on", "2026-11-20", "--known", before.isoformat())
    assert then == {**one, "known": then["known"]}
    assert who(desk, "--on", "2026-11-20", "--known", "now")["bundle"] != one["bundle"]
    assert who(desk, "--on", "2026-11-20", "--known", "now", "--network", "party",
               "--urgency", "1")["rule"] == "D08"
    assert run(desk, "duty", "who", "--place", "320312111217", "--category", "NY04", "--on",
               "2026-11-20", "--known", "now").stdout.count("nobody") == 1
    for bad in (["--category", "XX01"], ["--place", "999999999"], ["--network", "moon"]):
        words = {"--category": "MS04", "--place": "320312111", "--on": "2026-11-20",
                 "--known": "now", bad[0]: bad[1]}
        done = run(desk, "duty", "who", *[w for pair in words.items() for w in pair])
        assert done.returncode == 1 and bad[1] in done.stderr


def test_told_in_words(desk, tmp_path):
    kinds = {row["kind"]: row for row in rows(desk)}
    for row in kinds.values():
        for lang in ("zh-CN", "en"):
            told = desk.command("explain", "--overlap", row["id"], "--lang", lang)
            assert row["id"] in told and row["kind"] not in told and "{" not in told, told
    one = next(r for r in rows(desk, "--state", "open") if r["kind"] != "post_vacant")
    told = desk.command("explain", "--overlap", one["id"], "--lang", "zh-CN")
    assert "职责交叉说明" in told and "待处理" in told and "【认定结论】" in told
    matter = desk.command("explain", "--matter", one["matter"], "--lang", "en")
    bundle = json.loads(desk.command("explain", "--matter", one["matter"], "-o", "json"))
    assert "Determination" in matter and bundle["matter"]["policy"] in matter
    assert matter.count("\n  1. ") == 1 and "Overlaps found" in matter
    assert run(desk, "explain", "--overlap", "0" * 36).returncode == 1
    assert run(desk, "explain", "--overlap", one["id"], "--matter", "x").returncode == 64
    assert run(desk, "explain", "--matter", one["matter"], "--lang", "fr").returncode == 64
    # A report that nobody sent: under the bundle that is active, and nothing of it is stored.
    record = tmp_path / "record.json"
    record.write_text('{"source": "party_building", "category": "MS04"}\n', encoding="utf-8")
    dry = desk.command("explain", str(record), "--lang", "zh-CN")
    (active,), = desk.ask(
        "SELECT DISTINCT row::json ->> 'hash' FROM lane_state WHERE key = 'policy'")
    assert "试算" in dry and "D04" in dry and active in dry
    assert desk.ask("SELECT count(*) FROM observation WHERE key = 'party_building/matter/1'") == \
        [(0,)]
    record.write_text('{"source": "party_bulding", "category": "MS04"}\n', encoding="utf-8")
    wrong = run(desk, "explain", str(record))
    assert wrong.returncode == 65 and "record.json:1:12: source:" in wrong.stdout
