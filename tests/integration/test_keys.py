"""A rotation of the join key on a running daemon: plan, overlap, holders' file, end of the overlap;
who reported stays who he is, and no key is seen anywhere."""
import base64
import csv
import hashlib
import hmac
import io
import json
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from gb_servers import ROOT
from tasks_of_tests import Tasks, wait_row

NOBODY = "99999"  # a member whom holders.csv does not name


def named_member(town):
    """A member whom holders.csv names, found by the generator's own key."""
    key = bytes.fromhex(pathlib.Path(ROOT, "examples/tangzhang/keys/join.key").read_text().strip())
    rows = (town.folder / "policy/holders.csv").read_text(encoding="utf-8")
    for member in sorted(set(re.findall(r'created_by\\":\\"(\d+)',
                                        (town.folder / "party.jsonl").read_text()))):
        plain = b"party_building\x1fmember\x1f" + member.encode()
        code = base64.b32encode(hmac.new(key, plain, hashlib.sha256).digest()[:16])
        if f"j1.{code.decode().lower().rstrip('=')}," in rows:
            return member
    raise RuntimeError("holders.csv names nobody who reported")


@pytest.fixture
def bridge(town, tmp_path):
    """A daemon with a topic, a bundle and keys of its own."""
    tasks = Tasks(town, "keys.tasks")
    tasks.row["after"]["created_by"] = named_member(town)
    shutil.copytree(town.folder / "policy", tmp_path / "policy")
    daemon = tasks.daemon(town, "keys")
    keys = tmp_path / "keys"
    shutil.copytree(daemon.folder / "keys", keys)
    text = daemon.config.read_text(encoding="utf-8").replace("keys/", f"{keys}/")
    daemon.config.write_text(text, encoding="utf-8")
    daemon.set_up(tmp_path / "policy")
    tasks.send(1)
    tasks.send(2, created_by=NOBODY)
    with daemon:
        yield daemon, tasks, keys, tmp_path / "policy"


def line_of(daemon, key):
    lines = daemon.ask("SELECT line FROM ledger_line WHERE line LIKE %s", f'%"key":"{key}"%')
    return json.loads(lines[0][0])["fields"]


def reload(daemon, words):
    after = len(daemon.log())
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_log(words, 30, after)


def seen(daemon, outputs):
    """Everything that people and other programs may look at, as one text."""
    texts = [daemon.log(), *outputs]  # and what the commands say now
    for words in (("config", "show"), ("keys", "list"), ("status",)):
        done = subprocess.run([daemon.binary, *words, "-c", str(daemon.config)], cwd=ROOT,
                              text=True, capture_output=True, check=False, timeout=60)
        texts += [done.stdout, done.stderr]
    for name in ("cmdline", "environ"):
        texts.append(pathlib.Path(f"/proc/{daemon.process.pid}/{name}").read_text())
    dump = subprocess.run(["pg_dump", daemon.dsn.replace("gridbridge@", "postgres@")], text=True,
                          capture_output=True, check=True, timeout=120)
    return "\n".join([*texts, dump.stdout])


def secrets_of(keys):
    return {word for path in keys.iterdir() for word in re.findall(r"[0-9a-f]{64}",
                                                                   path.read_text())}


def test_a_rotation_keeps_holders_and_shows_no_key(bridge):
    daemon, tasks, keys, policy = bridge
    first, nobody = wait_row(daemon, 1), wait_row(daemon, 2)
    assert first["pseudonym"].startswith("p1.") and "pseudonym" not in nobody
    old = secrets_of(keys)
    outputs = [daemon.command("keys", "rotate", "join", "--hash", "sm3")]
    assert secrets_of(keys) == old, "a plan changes nothing"
    outputs.append(daemon.command("keys", "rotate", "join", "--hash", "sm3", "--overlap", "7",
                                  "--execute"))
    assert len(secrets_of(keys)) == len(old) + 1
    reload(daemon, "other keys")

    tasks.send(3)  # both forms travel, and either finds the holder
    tasks.send(4, created_by=NOBODY)
    third, fourth = wait_row(daemon, 3), wait_row(daemon, 4)
    fields = line_of(daemon, 3)
    assert fields["reporter"].startswith("j2.") and fields["reporter_was"].startswith("j1.")
    assert (third["holder"], third["pseudonym"]) == (first["holder"], first["pseudonym"])
    assert fourth["holder"] == nobody["holder"] != third["holder"]

    made = daemon.command("keys", "holders", str(policy))
    rows = {row["id_hash"]: row for row in csv.DictReader(io.StringIO(made))}
    assert rows[fields["reporter"]]["holder"] == first["holder"]
    assert rows[fields["reporter"]]["pseudonym"] == first["pseudonym"]
    assert sum(name.startswith("j2.") for name in rows) == 1, "only who has a row gets a new one"
    (policy / "holders.csv").write_text(made, encoding="utf-8")
    outputs += [made, daemon.command("policy", "activate", str(policy), "--execute")]

    text = re.sub(r"until 20\d\d-\d\d-\d\d", "until 2020-01-01", (keys / "join.key").read_text())
    (keys / "join.key").chmod(0o600)
    (keys / "join.key").write_text(text)
    (keys / "join.key").chmod(0o440)
    reload(daemon, "everything stays as it was")
    assert "mode 0400" in daemon.log()
    (keys / "join.key").chmod(0o400)
    reload(daemon, "other keys")
    assert "j1 sha256 over since 2020-01-01" in daemon.command("keys", "list")

    tasks.send(5)  # the overlap is over: the new form alone, by its new row
    fifth, fields = wait_row(daemon, 5), line_of(daemon, 5)
    assert fields["reporter"].startswith("j2.") and "reporter_was" not in fields
    assert (fifth["holder"], fifth["pseudonym"]) == (first["holder"], first["pseudonym"])

    text = seen(daemon, outputs)
    secrets = secrets_of(keys) | old
    assert len(secrets) == 4
    assert not [s for s in secrets if s in text.lower()]
    assert any(s in text + (keys / "salt.key").read_text() for s in secrets), "the search finds"
    assert fields["reporter"] in text, "and looks where it should"
    assert daemon.stop() == 0
    assert "identical" in daemon.command("replay")
