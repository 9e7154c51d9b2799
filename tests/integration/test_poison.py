"""Records that nobody meant to send: each has an end of its own, and the one behind them comes in.

Messages of 8 MB and more, fields and keys longer than any store takes, keys and headers of any
bytes, texts in other encodings. No lane halts or begins anew, nothing is read twice, and replay is
identical.
"""
import json
import os
import sys

import confluent_kafka
import pytest
from gb_servers import ROOT
from tasks_of_tests import Tasks, wait_row

sys.path.insert(0, os.path.join(ROOT, "tests", "claims", "lib"))
os.environ.setdefault("GB_ROOT", ROOT)

import reader  # noqa: E402

MB = 1 << 20


def big(tasks, **columns):
    return json.dumps(tasks.value(7, **columns), ensure_ascii=False).encode()


def cases(tasks):
    """(name, value, key, headers, expected verdict and reason; None: any that is not lost)"""
    good = json.dumps(tasks.value(7), ensure_ascii=False).encode()
    gbk = json.dumps(tasks.value(7, task_title="路灯不亮请修"), ensure_ascii=False).encode("gbk")
    return [
        ("a key of 3,000 bytes", big(tasks, id="k" * 3000), None, None, ("dead", "bad_field")),
        ("a key of 900,000 bytes", big(tasks, id="k" * 900000), None, None, ("dead", "bad_field")),
        ("a category of 7 MB", big(tasks, task_type="c" * 7 * MB), None, None,
         ("dead", "bad_field")),
        ("a state of 5,000 bytes", big(tasks, status="s" * 5000), None, None,
         ("dead", "bad_field")),
        ("a reference of 3,000 bytes", big(tasks, peer_case_id="p" * 3000), None, None,
         ("dead", "bad_field")),
        ("a member of 1 MB", big(tasks, created_by="m" * MB), None, None, None),
        ("a title of 900 KB", big(tasks, task_title="路" * 300000), None, None, None),
        ("a description of 2 MB", big(tasks, description="路" * 700000), None, None,
         ("dead", "too_large")),
        ("8 MB, nearly all in a column that nobody maps", big(tasks, spare="x" * (8 * MB - 9000)),
         None, None, ("accepted", None)),
        ("9 MB in a column that nobody maps", big(tasks, spare="x" * 9 * MB), None, None,
         ("dead", "too_large")),
        ("7 MB of lists", big(tasks, spare=[[]] * (7 * MB // 4)), None, None,
         ("dead", "too_large")),
        ("7 MB of columns", big(tasks, **{f"c{i}": 0 for i in range(520000)}), None, None,
         ("dead", "too_large")),
        ("7 MB of open brackets", b"[" * 7 * MB, None, None, ("dead", "bad_json")),
        ("a column whose name has 1 MB", big(tasks, **{"n" * MB: 1}), None, None,
         ("accepted", None)),
        ("no row but 11 MB", b'{"x":"' + b"y" * 11 * MB + b'"}', None, None,
         ("dead", "too_large")),
        ("a key of no UTF-8", good, b"\xff\xfe\x00" * 300, None, None),
        ("headers of any bytes", good, b"", [("\x01", b"\xff\x00"), ("ce_id", None)] * 40, None),
        ("GBK", gbk, None, None, ("dead", "bad_utf8")),
        ("UTF-16", good.decode().encode("utf-16-le"), None, None, None),
        ("a key twice", good.replace(b'"op":', b'"op":"c","op":'), None, None,
         ("dead", "bad_json")),
        ("nothing", b"", None, None, None),
    ]


@pytest.fixture
def poisoned(town):
    tasks = Tasks(town, "poison.tasks")
    daemon = tasks.daemon(town, "poison")
    daemon.set_up()
    with daemon:
        yield daemon, tasks


def bomb(town, topic):
    """A batch of 130 MB that has shrunk to a few kB: more than the client unpacks at once."""
    producer = confluent_kafka.Producer({
        "bootstrap.servers": town.kafka.bootstrap, "compression.type": "zstd", "linger.ms": 5000,
        "message.max.bytes": 10**9, "batch.size": 9 * 10**8, "queue.buffering.max.kbytes": 10**6})
    for _ in range(130):
        producer.produce(topic, b"0" * 10**6)
    assert producer.flush(120) == 0


def peak_mb(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as file:
        return int(file.read().split("VmHWM:")[1].split()[0]) // 1024


def test_a_batch_that_is_too_large_unpacked_stops_its_stream_alone(town):
    tasks, other = Tasks(town, "bomb.tasks"), Tasks(town, "bomb.other")
    daemon = tasks.daemon(town, "bomb", [other.topic])
    daemon.set_up()
    with daemon:
        tasks.send(1)
        wait_row(daemon, 1)
        bomb(town, tasks.topic)
        daemon.wait_log("bomb.tasks/0: what stands at offset 1 or behind it cannot be read", 60)
        sessions = daemon.log().count("a new session")
        other.send(2)
        wait_row(daemon, 2)
        assert daemon.log().count("a new session") == sessions == 1
        assert peak_mb(daemon) < 300
        assert daemon.stop() == 0
    assert "identical" in daemon.command("replay")


def test_each_poison_has_its_end(town, poisoned):
    daemon, tasks = poisoned
    tasks.send(1)
    wait_row(daemon, 1)
    epochs = daemon.ask("SELECT lane, epoch FROM lane ORDER BY lane")
    sent = cases(tasks)
    for _, value, key, headers, _ in sent:
        tasks.send_bytes(value, key, headers)
    tasks.send(2)
    wait_row(daemon, 2, 120)
    lines = {}
    for (line,) in daemon.ask("SELECT line FROM ledger_line WHERE line LIKE %s",
                              '%"topic":"poison.tasks"%'):
        record = json.loads(line)
        if record["kind"] == "observation":
            lines.setdefault(record["src"]["offset"], []).append(record)
    wrong = []
    for at, (name, _, _, _, expected) in enumerate(sent, 1):
        got = [(r["verdict"], r.get("reason")) for r in lines.get(at, [])]
        if len(got) != 1 or expected not in (None, got[0]):
            wrong.append(f"{name}: wanted {expected}, got {got}")
    assert not wrong, "\n".join(wrong)
    gbk = next(i for i, case in enumerate(sent, 1) if case[0] == "GBK")
    assert "the bytes look like GBK" in lines[gbk][0]["detail"]
    assert daemon.ask("SELECT lane, epoch FROM lane ORDER BY lane") == epochs
    assert "a new session" not in daemon.log()
    assert daemon.stop() == 0
    assert "identical" in daemon.command("replay")
    assert not reader.follow(town.kafka.bootstrap, "poison.").faults
