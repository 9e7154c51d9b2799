"""The program as a stranger meets it: exit codes, suggestions, mistakes, and a lane's way out of a
halt, on a real PostgreSQL."""
import json
import os
import shutil
import subprocess
import time

import pytest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUNDLE = os.path.join(ROOT, "examples", "tangzhang", "policy")


@pytest.fixture
def run(gridbridge):
    def call(*words, **more):
        return subprocess.run([gridbridge, *words], capture_output=True, text=True, timeout=60,
                              cwd=ROOT, check=False, **more)
    return call


def test_no_argument_is_short_and_64(run):
    done = run()
    assert done.returncode == 64 and done.stdout == ""
    assert len(done.stderr.splitlines()) <= 25
    assert sum(line.startswith("  gridbridge ") for line in done.stderr.splitlines()) == 3


def test_unknown_words_suggest(run):
    assert "did you mean replay?" in run("repaly").stderr
    assert "did you mean lanes resume?" in run("lanes", "resme").stderr
    assert run("repaly").returncode == 64
    assert run("lanes").returncode == 64


def test_completion_is_bash(run):
    script = run("completion").stdout
    check = script + "\nCOMP_WORDS=(gridbridge la); COMP_CWORD=1; _gridbridge; echo ${COMPREPLY[*]}"
    done = subprocess.run(["bash", "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["lanes"]


def test_stdout_that_is_full_is_74(gridbridge):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([gridbridge, "version"], stdout=full, check=False,
                              stderr=subprocess.DEVNULL)
    assert done.returncode == 74


def test_policy_of_the_model_town_has_no_mistake(run):
    done = run("check", "policy", BUNDLE)
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.strip()) == 64


def test_policy_activate_shows_a_plan(run, new_postgres):
    server = new_postgres("postgres-plan")
    done = run("policy", "activate", BUNDLE, "--bootstrap", "127.0.0.1:1", "--postgres", server.dsn)
    assert done.returncode == 0, done.stderr
    assert "nothing done: add --execute" in done.stdout


def test_three_mistakes_in_two_files_are_three_lines(run, tmp_path):
    bundle = tmp_path / "policy"
    shutil.copytree(BUNDLE, bundle)
    with open(bundle / "matching.yaml", "a", encoding="utf-8") as f:
        f.write("holder_windw: 2h\n")
    with open(bundle / "deadlines.yaml", "a", encoding="utf-8") as f:
        f.write("one_wrong_word: 1\nanother_wrong_word: 2\n")
    done = run("check", "policy", str(bundle))
    lines = done.stdout.splitlines()
    assert done.returncode == 78
    assert len(lines) == 3, done.stdout
    for line in lines:
        name, row, column, _ = line.split(":", 3)
        assert name.endswith(("matching.yaml", "deadlines.yaml"))
        assert int(row) > 1 and int(column) == 1


def test_ten_megabytes_of_noise_are_one_line_at_once(run, tmp_path):
    bundle = tmp_path / "policy"
    shutil.copytree(BUNDLE, bundle)
    with open(bundle / "duties.yaml", "wb") as f:
        f.write(os.urandom(10 << 20))
    begin = time.monotonic()
    done = run("check", "policy", str(bundle))
    assert time.monotonic() - begin < 1
    assert done.returncode == 78
    assert len([x for x in done.stdout.splitlines() if "duties.yaml" in x]) == 1


def test_config_three_mistakes_in_two_files(run, tmp_path):
    (tmp_path / "more.yaml").write_text("lanes:\n  cuont: 2\n")
    main = tmp_path / "main.yaml"
    main.write_text("version: 1\ninclude: [more.yaml]\nkafka:\n  botstrap: x\nlog:\n  level: loud\n"
                    "sources:\n  a: {topic: t, adapter: a}\n")
    done = run("check", "config", str(main))
    lines = done.stdout.splitlines()
    assert done.returncode == 78 and len(lines) == 3, done.stdout + done.stderr
    assert any("more.yaml:2:3: " in x and "count" in x for x in lines)
    assert any("main.yaml:4:3: " in x and "bootstrap" in x for x in lines)
    assert any("main.yaml:6:10: " in x for x in lines)


def test_config_of_noise_is_one_line_at_once(run, tmp_path):
    noise = tmp_path / "noise.yaml"
    noise.write_bytes(os.urandom(10 << 20))
    begin = time.monotonic()
    done = run("check", "config", str(noise))
    assert time.monotonic() - begin < 1
    assert done.returncode == 78
    assert len((done.stdout + done.stderr).splitlines()) == 1


def test_run_refuses_roles_and_stop_points_that_are_none(run, tmp_path):
    config = tmp_path / "small.yaml"
    config.write_text("version: 1\npolicy: {refuse: r}\nsources:\n  a: {topic: t, adapter: a}\n")
    done = run("run", "-c", str(config), "--roles", "intake,recon")
    assert done.returncode == 64 and "recon is none of intake, reconcile" in done.stderr
    for text in ("commited:1", "committed", "committed:0"):
        done = run("run", "-c", str(config), env=dict(os.environ, GRIDBRIDGE_STOP_AT=text))
        assert done.returncode == 78 and f"{text}: expected NAME:COUNT" in done.stderr
        assert "committed" in done.stderr.partition("NAME of")[2]


def test_refuse_list_of_the_example_has_no_mistake(run):
    done = run("check", "refuse", "examples/tangzhang/refuse.yaml")
    assert done.returncode == 0 and len(done.stdout.strip()) == 64, done.stdout + done.stderr


def test_refuse_list_with_two_mistakes(run, tmp_path):
    (tmp_path / "refuse.yaml").write_text(
        "version: 1\nclasses:\n  - class: phone\n    colums: [tel]\n"
        "  - class: id\n    columns: [\"*\"]\n")
    done = run("check", "refuse", str(tmp_path / "refuse.yaml"))
    lines = done.stdout.splitlines()
    assert done.returncode == 78 and len(lines) == 2, done.stdout
    assert "refuse.yaml:4:5: " in lines[0] and "columns" in lines[0]
    assert "refuse.yaml:6:15: " in lines[1]


def test_texts_of_disputes_stay_outside(run, tmp_path):
    """A list that would let them in is told at each row of crosswalk.csv, before a bundle rules."""
    done = run("check", "policy", BUNDLE, "--refuse", "examples/tangzhang/refuse.yaml")
    assert done.returncode == 0, done.stdout
    with open(f"{ROOT}/examples/tangzhang/refuse.yaml", encoding="utf-8") as file:
        text = file.read()
    assert '["70*"]' in text
    refuse = tmp_path / "refuse.yaml"
    refuse.write_text(text.replace('["70*"]', '["700*"]'), encoding="utf-8")
    done = run("check", "policy", BUNDLE, "--refuse", str(refuse))
    lines = done.stdout.splitlines()
    assert done.returncode == 78 and len(lines) == 1, done.stdout
    assert lines[0].startswith("crosswalk.csv:") and "7099 becomes MD99" in lines[0]
    config = config_with_refuse(tmp_path, "policy: {refuse: refuse.yaml}\n")
    done = run("policy", "activate", BUNDLE, "--execute", "-c", config)
    assert done.returncode == 78 and "7099 becomes MD99" in done.stderr, done.stderr
    refuse.write_text(text.replace("  template: []", "  tmplate: []"), encoding="utf-8")
    done = run("check", "mapping", "adapters/_template", "--refuse", str(refuse))
    assert done.returncode == 78
    assert "no_text of the refuse-list does not name template" in done.stdout


def config_with_refuse(tmp_path, refuse):
    """A daemon's configuration of two sources, whole but for the refuse-list."""
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("join", "salt", "publish"):
        (keys / f"{name}.key").write_text("ab" * 32)
        (keys / f"{name}.key").chmod(0o400)
    adapter = f"{ROOT}/adapters/party_building"
    (tmp_path / "gridbridge.yaml").write_text(
        "version: 1\nkafka: {bootstrap: '127.0.0.1:1'}\npostgres: {dsn: 'host=127.0.0.1 port=1'}\n"
        f"sources:\n  party_building: {{topic: t, adapter: {adapter}, lookups: {tmp_path}}}\n"
        f"{refuse}privacy: {{join_key_file: keys/join.key, salt_file: keys/salt.key,"
        " publish_key_file: keys/publish.key}\n")
    (tmp_path / "party_grids.csv").write_text("id,grid,village,town\n")
    return str(tmp_path / "gridbridge.yaml")


@pytest.mark.parametrize("refuse,expected", [
    ("", "refuse"), ("policy: {refuse: gone.yaml}\n", "gone.yaml"),
    ("policy: {refuse: empty.yaml}\n", "empty.yaml:2:10: "),
    ("policy: {refuse: wrong.yaml}\n", "wrong.yaml:2:1: ")])
def test_without_a_refuse_list_the_daemon_does_not_start(run, tmp_path, refuse, expected):
    (tmp_path / "empty.yaml").write_text("version: 1\nclasses: []\n")
    (tmp_path / "wrong.yaml").write_text("[")
    done = run("run", "-c", config_with_refuse(tmp_path, refuse))
    assert done.returncode != 0
    assert expected in done.stdout + done.stderr, done.stdout + done.stderr


def test_a_folder_that_is_not_there(run):
    assert run("check", "policy", "no/such/folder").returncode == 1


def test_database_away_is_69(run):
    done = run("lanes", "list", "--postgres", "host=127.0.0.1 port=1 dbname=x")
    assert done.returncode == 69 and done.stdout == ""
    assert run("status", "--postgres", "host=127.0.0.1 port=1 dbname=x").returncode == 2


def test_migrations_and_the_way_out_of_a_halt(run, new_postgres):
    server = new_postgres("postgres-cli")
    where = ("--postgres", server.dsn)
    assert run("db", "status", *where).returncode == 1
    assert run("db", "migrate", *where).returncode == 0
    assert run("db", "migrate", *where).stdout == ""
    assert run("db", "status", *where).returncode == 0
    assert run("status", *where).returncode == 1
    sql = ("INSERT INTO gridbridge.lane (lane, status, halt_reason, halt_evidence)"
           " VALUES (0, 'halted', 'start_check', 'offset 7')")
    subprocess.run(["psql", "-q", server.dsn, "-c", sql], check=True)
    assert run("status", *where).returncode == 2
    assert "start_check" in run("lanes", "list", *where).stdout
    assert run("lanes", "resume", "0", *where).returncode == 64
    plan = run("lanes", "resume", "0", "--reason", "looked", *where)
    assert plan.returncode == 0 and "--execute" in plan.stdout
    assert run("status", *where).returncode == 2
    done = run("lanes", "resume", "0", "--reason", "looked", "--execute", *where)
    assert done.returncode == 0, done.stderr
    assert run("lanes", "resume", "0", "--reason", "x", "--execute", *where).returncode == 75
    assert run("status", *where).returncode == 0
    replay = run("replay", "-o", "json", *where)
    assert replay.returncode == 0
    assert json.loads(replay.stdout)[0]["lines"] == 1
    sql = ("INSERT INTO gridbridge.lane_state (lane, key, row) VALUES (0, 'balance',"
           """ '{"reason":"3 came, 4 were sent","stream":"c/t/0"}')""")
    subprocess.run(["psql", "-q", server.dsn, "-c", sql], check=True)
    unbalanced = run("status", *where)
    assert unbalanced.returncode == 1 and "books of 1 of 1 lanes" in unbalanced.stdout
    assert "c/t/0: 3 came, 4 were sent" in run("lanes", "show", "0", *where).stdout
    subprocess.run(["psql", "-q", server.dsn, "-c", "DELETE FROM gridbridge.lane_state"],
                   check=True)
    assert run("status", *where).returncode == 0
    assert run("replay", *where).stdout.splitlines()[0] == "identical"


def test_writebacks_are_summed_over_lanes(run, new_postgres):
    """A source is live only where it is so in every lane."""
    server = new_postgres("postgres-cli-told")
    where = ("--postgres", server.dsn)
    assert run("db", "migrate", *where).returncode == 0
    assert json.loads(run("writebacks", "list", "-o", "json", *where).stdout) == []
    counts = {name: 0 for name in ("accepted", "confirmed", "echoes", "expired", "refused",
                                   "saved", "sent", "suppressed")}
    rows = [(0, "grid", {**counts, "live": True, "sent": 3, "saved": 1}),
            (1, "grid", {**counts, "live": True, "sent": 4}),
            (0, "party", {**counts, "live": True}),
            (1, "party", {**counts, "live": False, "suppressed": 5})]
    values = ", ".join(f"({lane}, 'writeback/{source}', '{json.dumps(row)}')"
                       for lane, source, row in rows)
    sql = f"INSERT INTO gridbridge.lane_state (lane, key, row) VALUES {values}"
    subprocess.run(["psql", "-q", server.dsn, "-c", sql], check=True)
    grid, party = json.loads(run("writebacks", "list", "-o", "json", *where).stdout)
    assert grid == {**counts, "source": "grid", "mode": "live", "sent": 7, "saved": 1}
    assert party == {**counts, "source": "party", "mode": "shadow", "suppressed": 5}


def test_replay_names_a_changed_byte(run, new_postgres):
    server = new_postgres("postgres-cli-byte")
    where = ("--postgres", server.dsn)
    assert run("db", "migrate", *where).returncode == 0
    subprocess.run(["psql", "-q", server.dsn, "-c",
                    "INSERT INTO gridbridge.lane (lane, status) VALUES (3, 'halted')"], check=True)
    assert run("lanes", "resume", "3", "--reason", "honest", "--execute", *where).returncode == 0
    subprocess.run(["psql", "-q", server.dsn, "-c",
                    "ALTER TABLE gridbridge.ledger_chunk DISABLE TRIGGER keep_update;"
                    "UPDATE gridbridge.ledger_chunk SET body = replace(body, 'honest', 'honesT')"],
                   check=True)
    done = run("replay", *where)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "different"
    assert "lane 3, line 0, leaf: stored" in done.stdout


def test_config_client_properties_have_a_place(run, tmp_path):
    main = tmp_path / "main.yaml"
    main.write_text("version: 1\nkafka:\n  properties:\n    sasl.mechanism: PLAIN\n"
                    "    linger.ms: soon\n    sasl.pasword: x\n    enable.idempotence: 'false'\n"
                    "    ssl.key.password_file: key\n    ssl.key.passwrd_file: key\n")
    done = run("check", "config", str(main))
    lines = done.stdout.splitlines()
    assert done.returncode == 78 and len(lines) == 4, done.stdout + done.stderr
    assert "main.yaml:5:5: linger.ms: Invalid value" in lines[0]
    assert "main.yaml:6:5: sasl.pasword: No such configuration property" in lines[1]
    assert "main.yaml:7:5: enable.idempotence: is set by gridbridge" in lines[2]
    assert "main.yaml:9:5: ssl.key.passwrd: No such configuration property" in lines[3]


def test_secrets_come_from_files_and_credentials(run, tmp_path, postgres):
    secret = tmp_path / "postgres.dsn"
    secret.write_text(postgres.dsn + "\n")
    secret.chmod(0o400)
    main = tmp_path / "main.yaml"
    main.write_text("version: 1\n")
    ask = ("db", "status", "-c", str(main))
    environment = dict(os.environ, PGHOST="127.0.0.1", PGPORT="1")
    assert run(*ask, env=environment).returncode == 69
    environment["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    assert run(*ask, env=environment).returncode in (0, 1)
    main.write_text("version: 1\npostgres: {dsn_file: postgres.dsn}\n")
    assert run(*ask).returncode in (0, 1)
    secret.chmod(0o444)
    done = run(*ask)
    assert done.returncode == 78 and "mode 0400 or 0600, not 0444" in done.stderr
    main.write_text("version: 1\nkafka: {properties: {sasl.password_file: nowhere}}\n")
    done = run("topics", "list", "-c", str(main))
    assert done.returncode != 0 and "kafka.properties.sasl.password: " in done.stderr


def test_policy_activate_is_silent_but_for_its_answer(run, new_kafka, new_postgres, tmp_path):
    """Straight after a broker's start, where the client library complains and tries again."""
    postgres = new_postgres("postgres-silent")
    kafka = new_kafka("kafka-silent")
    where = ("--postgres", postgres.dsn)
    assert run("db", "migrate", *where).returncode == 0
    done = run("topics", "create", "--bootstrap", kafka.bootstrap, "--lanes", "1", *where)
    assert (done.returncode, done.stderr) == (0, "")
    done = run("policy", "activate", BUNDLE, "--execute", "--bootstrap", kafka.bootstrap, *where)
    assert (done.returncode, done.stderr) == (0, "")
    done = run("topics", "list", "--bootstrap", "127.0.0.1:1")
    assert done.returncode == 69 and len(done.stderr.splitlines()) == 1


def test_config_show_masks_secrets_and_is_read_again(run, tmp_path):
    config = tmp_path / "g.yaml"
    config.write_text(
        "version: 1\ninclude: [more.yaml]\npostgres: {dsn: 'password=c0ffee1'}\n"
        "sources:\n  a: {topics: [t, u], adapter: a}\nprivacy: {join_key: '${KEY}'}\n"
        "kafka: {properties: {sasl.password: c0ffee2, ssl.key.password_file: p}}\n")
    (tmp_path / "more.yaml").write_text("lanes: {count: 7}\n")
    done = run("config", "show", "-c", str(config), env=dict(os.environ, KEY="c0ffee3" + "0" * 57))
    assert done.returncode == 0 and "count: 7" in done.stdout, done.stderr
    assert "c0ffee" not in done.stdout + done.stderr and done.stdout.count("***") >= 3
    (tmp_path / "again.yaml").write_text(done.stdout)
    again = run("config", "show", "-c", str(tmp_path / "again.yaml"))
    assert (again.returncode, again.stdout) == (0, done.stdout), again.stderr
    assert run("config", "show", "-c", str(tmp_path / "none.yaml")).returncode != 0


def keys_config(tmp_path):
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("join", "publish"):
        (keys / f"{name}.key").write_text("ab" * 32 + "\n")
        (keys / f"{name}.key").chmod(0o400)
    (tmp_path / "gridbridge.yaml").write_text(
        "version: 1\npolicy: {refuse: r}\nsources:\n  a: {topic: t, adapter: a}\n"
        "privacy: {join_key_file: keys/join.key, publish_key_file: keys/publish.key}\n")
    return str(tmp_path / "gridbridge.yaml"), keys / "join.key"


def test_keys_rotate_plans_and_executes(run, tmp_path):
    config, key = keys_config(tmp_path)
    planned = run("keys", "rotate", "join", "--hash", "sm3", "-c", config)
    assert planned.returncode == 0 and "new key j2 (sm3)" in planned.stdout
    assert key.read_text() == "ab" * 32 + "\n", "a plan changes nothing"
    done = run("keys", "rotate", "join", "--hash", "sm3", "--overlap", "7", "--execute",
               "-c", config)
    lines = key.read_text().splitlines()
    assert done.returncode == 0 and len(lines) == 2, done.stderr
    assert lines[0].startswith("j2 sm3 ") and lines[1].startswith("j1 sha256 " + "ab" * 32)
    assert " until 20" in lines[1] and (key.stat().st_mode & 0o7777) == 0o400
    listed = run("keys", "list", "-c", config)
    assert [x.split()[:4] for x in listed.stdout.splitlines()] == [
        ["join", "j2", "sm3", "in"], ["join", "j1", "sha256", "known"],
        ["publish", "p1", "sha256", "in"]]
    said = planned.stdout + done.stdout + listed.stdout + planned.stderr + done.stderr
    assert "abab" not in said and lines[0].split()[2] not in said, "no key is ever printed"


def test_keys_that_others_can_read_are_refused(run, tmp_path):
    config, key = keys_config(tmp_path)
    key.chmod(0o440)
    for words in (("keys", "list"), ("keys", "rotate", "join", "--execute")):
        done = run(*words, "-c", config)
        assert done.returncode == 78 and "mode 0400" in done.stderr, done.stderr
    assert run("keys", "rotate", "salt", "-c", config).returncode == 64
