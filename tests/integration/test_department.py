"""The example department: its table, its captured changes, what it does with a write-back."""
import json
import os
import random
import subprocess
import sys
import threading
import time

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from gb_servers import ROOT

sys.path.insert(0, os.path.join(ROOT, "examples", "department"))

from dept import stock, wire  # noqa: E402
from dept.connector import Calm, Connector  # noqa: E402
from dept.officers import Officers  # noqa: E402
from dept.store import Store  # noqa: E402
from dept.systems import SYSTEMS  # noqa: E402

NOW = 1_795_629_559_000
PARTY, GRID = "party_building", "governance_grid"
GRIDS = ("320312111201001", "320312111201002")
NEW_ROW = {PARTY: {"task_title": "路灯不亮", "task_type": "livelihood_04", "grid_id": "318",
                   "created_at": "2026-11-20 08:00:00"},
           GRID: {"case_title": "路灯不亮", "event_type_list": "1004", "grid": "1505",
                  "occur_time": "2026-11-20 08:00:00", "case_code": "20261100001001"}}
STATE = {PARTY: ("status", "COMPLETED", "ACCEPTED"), GRID: ("is_finished", "1", "2")}


@pytest.fixture(params=(PARTY, GRID))
def store(request, postgres, tmp_path):
    """A department in its own schemas, empty."""
    system = SYSTEMS[request.param]()
    lookups = tmp_path / "places.csv"
    lookups.write_text("id,grid,village,town\n" + "".join(
        f"{70 + n},{grid},{grid[:12]},{grid[:9]}\n" for n, grid in enumerate(GRIDS)), "utf-8")
    store = Store(postgres.dsn, system, lookups)
    store.ask(f"DROP SCHEMA IF EXISTS {system.schema} CASCADE")
    yield store.set_up()
    store.close()


def message(store, ident, action="update", **more):
    source = store.system.source
    base = {"about": f"{source}/matter/1", "action": action, "clock": NOW, "entity": "matter",
            "expires_at": NOW + 60_000, "fields": {}, "id": ident, "matter": "m", "policy": "p",
            "set": {}, "source": source, "target": store.system.target, "town": "320312111",
            "try": 1, "why": {}}
    return {**base, **more}


def creation(store, ident, **more):
    category = {PARTY: {"task_type": "livelihood_04"}, GRID: {"event_type_list": "1004"}}
    return message(store, ident, "create", set={
        **category[store.system.source], store.system.peer: "700123"},
        fields={"grid": GRIDS[1], "occurred_at": NOW - 5000, "title": "路灯不亮"}, **more)


def state_of(store, key):
    return store.row(key)[STATE[store.system.source][0]]


def test_changes_are_captured_in_the_order_of_commits(store):
    key = store.insert(NEW_ROW[store.system.source])
    rng = random.Random(5)
    officers = Officers(store.system, rng)
    stores = [Store(store.db.dsn, store.system) for _ in range(4)]

    def work(one, seed):
        own = Officers(store.system, random.Random(seed))
        for _ in range(25):
            one.update(key, own.some_act())
    threads = [threading.Thread(target=work, args=pair) for pair in zip(stores, range(4))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.update(key, officers.act("close"))
    log = store.log()
    assert [change["op"] for change in log] == ["insert"] + ["update"] * (len(log) - 1)
    for before, after in zip(log, log[1:]):  # each image follows from the one before it
        assert before["after"] == after["before"]
        assert store.millis(before["after"]) <= store.millis(after["after"])
    assert log[-1]["after"] == store.rows()[key]
    for one in stores:
        one.close()


def test_a_change_is_sent_again_with_the_same_bytes(store):
    key = store.insert(NEW_ROW[store.system.source])
    store.update(key, Officers(store.system, random.Random(1)).act("accept"))
    store.delete(key)
    first = [wire.WIRES[store.system.source]().records(change) for change in store.captured()]
    again = wire.WIRES[store.system.source]()
    assert [again.records(change) for change in store.captured()] == first
    assert [len(records) for records in first] == [1, 1, 2 if store.system.source == PARTY else 1]


def test_the_bridge_reads_what_is_sent(store, gridbridge, tmp_path):
    """Real records of a department go through the mapping; every column arrives as it stands."""
    source = store.system.source
    key = store.insert({**NEW_ROW[source], store.system.peer: "700123",
                        store.system.grid_column: "11"})
    store.update(key, {STATE[source][0]: STATE[source][1]})
    store.delete(key)
    adapter = os.path.join(ROOT, "adapters", source)
    lookups = tmp_path / "lookups"
    lookups.mkdir()
    for name in os.listdir(os.path.join(adapter, "fixtures", "lookups")):
        (lookups / name).write_text(f"id,grid,village,town\n11,{GRIDS[0]},{GRIDS[0][:12]},"
                                    f"{GRIDS[0][:9]}\n", "utf-8")
    writer, lines = wire.WIRES[source](), []
    for change in store.captured():
        for topic, partition, at, value in writer.records(change):
            lines.append(json.dumps({"topic": topic, "partition": partition, "offset": len(lines),
                                     "key": at, "value": value, "headers": []}))
    (tmp_path / "sent.in").write_text("\n".join(lines) + "\n", "utf-8")
    done = subprocess.run(
        [gridbridge, "explain", "--record", tmp_path / "sent.in", "--adapter", adapter, "--refuse",
         os.path.join(ROOT, "examples/tangzhang/refuse.yaml"), "--lookups", lookups, "-o", "json"],
        capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    kept = [row for row in rows if row["verdict"] == "accepted"]
    assert [row["op"] for row in kept] == ["put", "put", "delete"], rows
    other = GRID if source == PARTY else PARTY
    assert kept[1]["fields"]["xref"] == f"{other}/matter/700123"
    assert kept[1]["fields"]["grid"] == GRIDS[0]
    assert kept[1]["fields"]["state"].split("/")[0] == STATE[source][1]
    assert kept[1]["fields"]["occurred_at"] == 1_795_132_800_000


def test_a_message_consumed_twice_is_applied_once(store):
    first = store.apply(creation(store, "a"), NOW)
    assert first["result"] == "accepted" and first["key"] == "900001"
    assert store.apply(creation(store, "a"), NOW) == first
    assert len(store.rows()) == 1 and len(store.log()) == 1
    row = store.row(900_001)
    assert row[store.system.grid_column] == 71 and row[store.system.peer] == 700_123
    assert store.log()[0]["origin"] == "a"


def test_a_second_try_of_a_creation_finds_the_row_that_is_there(store):
    first = store.apply(creation(store, "b"), NOW)
    again = store.apply(creation(store, "b2"), NOW)
    assert again["result"] == "accepted" and again["key"] == first["key"]
    assert len(store.rows()) == 1


def test_a_row_typed_by_hand_is_no_entry_saved(store):
    store.insert({**NEW_ROW[store.system.source], store.system.peer: "700123"})
    assert store.apply(creation(store, "h"), NOW)["reason"] == "typed_already"
    assert len(store.rows()) == 1


def test_refusals_name_their_reason(store):
    column, value, _ = STATE[store.system.source]
    key = store.insert(NEW_ROW[store.system.source])
    good = {"set": {column: value}, "key": str(key)}
    cases = (
        ("expired", {**good, "expires_at": NOW}),
        ("unknown_target", {**good, "target": "x.y"}),
        ("unknown_target", {"call": "/api/x", "target": None, "set": {}, "key": str(key)}),
        ("unknown_column", {**good, "set": {"drop table": "1"}}),
        ("unknown_column", {**good, "set": {"id": "1"}}),
        ("no_such_row", {**good, "key": "77"}),
        ("no_such_row", {**good, "key": "x"}),
        ("bad_value", {**good, "set": {store.system.grid_column: "abc"}}),
        ("busy", good))
    for number, (reason, more) in enumerate(cases):
        answer = store.apply(message(store, f"r{number}", **more), NOW,
                             lambda _: "busy" if reason == "busy" else None)
        assert (answer["result"], answer["reason"]) == ("refused", reason)
    assert len(store.log()) == 1
    lacking = creation(store, "l")
    lacking["fields"] = {}
    assert store.apply(lacking, NOW)["reason"] == "missing_column"
    # negative control: the same message without the fault is accepted
    assert store.apply(message(store, "fine", **good), NOW)["result"] == "accepted"
    assert str(state_of(store, key)) == value


def test_a_later_try_of_what_was_refused_is_looked_at_anew(store):
    column, value, _ = STATE[store.system.source]
    key = str(store.insert(NEW_ROW[store.system.source]))
    late = message(store, "t", key=key, set={column: value}, expires_at=NOW)
    assert store.apply(late, NOW)["reason"] == "expired"
    again = {**late, "expires_at": NOW + 1000}
    assert store.apply(again, NOW)["reason"] == "expired"
    assert store.apply({**again, "try": 2}, NOW)["result"] == "accepted"


def test_what_officers_changed_meanwhile_is_not_overwritten(store):
    column, value, theirs = STATE[store.system.source]
    key = str(store.insert(NEW_ROW[store.system.source]))
    seen = store.millis(store.log()[-1]["after"])
    time.sleep(1.1)
    write = {"key": key, "set": {column: value}, "seen": seen}
    store.update(key, {Officers(store.system, None).by.note: "另一列"})
    assert store.apply(message(store, "other", **write), NOW)["result"] == "accepted"
    time.sleep(1.1)
    # the bridge's own change is none of the officers'
    assert store.apply(message(store, "own", **{**write, "set": {column: theirs}}),
                       NOW)["result"] == "accepted"
    time.sleep(1.1)
    store.update(key, {column: value})
    wanted = {**write, "set": {column: theirs}}
    assert store.apply(message(store, "same", **wanted), NOW)["reason"] == "changed_meanwhile"
    assert str(state_of(store, key)) == value
    newest = store.millis(store.log()[-1]["after"])
    assert store.apply(message(store, "known", **{**wanted, "seen": newest}),
                       NOW)["result"] == "accepted"


def test_what_it_shows_already_is_accepted_and_changes_nothing(store):
    column, value, _ = STATE[store.system.source]
    key = str(store.insert({**NEW_ROW[store.system.source], column: value}))
    count = len(store.log())
    assert store.apply(message(store, "s", key=key, set={column: value}, seen=0),
                       NOW)["result"] == "accepted"
    assert len(store.log()) == count


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("department") / "town"
    subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "examples/generator/generate.py"),
                    "--out", out, "--days", "1", "--seed", "3"], check=True, capture_output=True)
    return out


def deleted_rows(path):
    """Keys of which a delete stands in a generated file."""
    return {int((value.get("before") or value["data"][0])["id"]) for value in stock.values(path)
            if (value.get("op") == "d" or value.get("type") == "DELETE")
            and "id" in (value.get("before") or value["data"][0])}


def test_it_begins_with_the_rows_of_a_generated_town(store, folder):
    rows = stock.rows_of(folder, store.system)
    store.load(rows)
    truth = [json.loads(line) for line in open(folder / "truth_rows.jsonl", encoding="utf-8")]
    mine = {int(row["key"]) for row in truth
            if row["source"] == store.system.source and not row["deleted"]}
    live = set(store.rows()) if store.system.soft_delete is None else {
        key for key, row in store.rows().items() if row["is_deleted"] != "1"}
    gone = deleted_rows(folder / ("party.jsonl" if store.system.source == PARTY else "grid.jsonl"))
    assert len(mine) > 20 and mine - live <= gone  # a delete that came out damaged: still a delete
    assert len(live - mine) <= len(gone) + 12  # rows of which the bridge got damaged images only
    assert store.captured() == []  # nothing of it is news
    key = store.insert(NEW_ROW[store.system.source])
    assert key > max(mine)


class Whims(Calm):
    def answers(self, message, answer):
        return {"twice": [0, 0.1], "lost": [], "late": [0.3]}.get(message["id"], [0])

    def takes_again(self, message):
        return message["id"] == "again"


def read_all(bootstrap, topics, seconds=20, count=None):
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": f"t{time.time()}",
        "auto.offset.reset": "earliest"})
    consumer.subscribe(topics)
    found, until = [], time.monotonic() + seconds
    while time.monotonic() < until and (count is None or len(found) < count):
        one = consumer.poll(0.2)
        if one is not None and one.error() is None:
            found.append(one)
    consumer.close()
    return found


def test_the_connector_closes_the_loop(store, kafka):
    """Messages in, rows changed once, answers and captured changes out."""
    source, prefix = store.system.source, f"dept{os.getpid()}{store.system.source[0]}."
    topics = [prefix + "writeback." + source, prefix + "writeback.result.in"]
    wire.create_topics(kafka.bootstrap)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for future in admin.create_topics([NewTopic(topic, 1, 1) for topic in topics]).values():
        future.result()
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.bootstrap})
    for number, ident in enumerate(("plain", "again", "twice", "lost", "late")):
        body = creation(store, ident, expires_at=int(time.time() * 1000) + 600_000)
        body["set"][store.system.peer] = str(number + 1)
        producer.produce(topics[0], json.dumps(body).encode(), b"k")
    producer.flush()
    connector = Connector(store, kafka.bootstrap, prefix, Whims(), group=prefix)
    until = time.monotonic() + 40
    while time.monotonic() < until and (connector.counts["sent"] < 5 or connector.late):
        connector.turn(0.2)
    connector.close()
    assert connector.counts == {"taken": 6, "accepted": 5, "refused": 0, "created": 5, "sent": 5}
    answers = [json.loads(m.value()) for m in read_all(kafka.bootstrap, topics[1:], count=6)]
    assert sorted(a["id"] for a in answers) == ["again", "again", "late", "plain", "twice", "twice"]
    assert len(store.rows()) == 5 and store.captured() == []
    # a second connector of the group takes nothing again
    second = Connector(store, kafka.bootstrap, prefix, group=prefix)
    for _ in range(20):
        second.turn(0.2)
    second.close()
    assert second.counts["taken"] == 0


def test_the_command_of_the_readme_runs(store, kafka, folder):
    """Table, rows, officers and captured changes in one process; it says what it did."""
    done = subprocess.run(
        ["/usr/bin/python3", os.path.join(ROOT, "examples/department/department.py"), "--source",
         store.system.source, "--bootstrap", kafka.bootstrap, "--dsn", store.db.dsn, "--rows",
         folder, "--create-topics", "--prefix", f"cli{os.getpid()}.", "--officers", "600",
         "--seconds", "4"], capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["source"] == store.system.source and counts["sent"] > 3
    log = store.log()
    assert len(log) >= counts["sent"] and all(change["origin"] is None for change in log)
