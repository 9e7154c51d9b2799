"""The daemon on real servers, as an operator meets it: SM3 ledgers, idempotent publishing, the way
out of a halt while it runs, two daemons on one host, a name taken by somebody else."""
import hashlib
import json
import os
import subprocess
import sys
import time

import confluent_kafka
from gb_servers import ROOT
from town_of_tests import LANES

sys.path.insert(0, os.path.join(ROOT, "tests", "claims", "lib"))
os.environ.setdefault("GB_ROOT", ROOT)

import bridge  # noqa: E402
import reader  # noqa: E402


def rfc6962_root(leaves, h):
    """The tree's root by the recursion of RFC 6962 section 2.1."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return h(b"\1" + rfc6962_root(leaves[:half], h) + rfc6962_root(leaves[half:], h))


def test_sm3_ledger_and_small_batches(town):
    daemon = town.daemon("sm3", "audit: {hash: sm3}\nlimits: {batch_bytes: 64KB}\n")
    daemon.set_up()
    with daemon:
        daemon.wait_received(town.records)
        assert daemon.stop() == 0
    assert daemon.ask("SELECT DISTINCT hash_alg FROM lane") == [("sm3",)]
    assert "identical" in daemon.command("replay")
    count = 0
    for lane in range(LANES):
        lines, leaves, largest = [], b"", 0
        for body, chunk in daemon.ask("SELECT body, leaves FROM ledger_chunk WHERE lane = %s"
                                      " ORDER BY from_index", lane):
            lines += body.encode().split(b"\n")[:-1]
            leaves += bytes(chunk)
            largest = max(largest, len(body.encode()))

        def sm3(data):
            return hashlib.new("sm3", data).digest()

        wanted = [sm3(b"\0" + line) for line in lines]
        count += len(lines)
        assert b"".join(wanted) == leaves
        assert hashlib.sha256(b"\0" + lines[0]).digest() != wanted[0]
        (root,), = daemon.ask("SELECT root FROM lane WHERE lane = %s", lane)
        assert bytes(root) == rfc6962_root(wanted, sm3)
        assert largest < 80000
    assert count > town.records


def test_idempotent_publishing_survives_a_kill(town):
    daemon = town.daemon("idem", "publish: {mode: idempotent}\n")
    daemon.set_up()
    with daemon:
        daemon.wait("first outputs", lambda: daemon.state()[0] > 50, 60)
        daemon.kill()
    with daemon:
        daemon.wait_received(town.records)
        assert daemon.stop() == 0
    result = reader.follow(town.kafka.bootstrap, "idem.", seconds=120, drops_seen=True)
    assert not result.faults
    assert not bridge.compare(town.folder, result)
    # The log itself: no record of a transaction's end stands between the records.
    consumer = confluent_kafka.Consumer({"bootstrap.servers": town.kafka.bootstrap,
                                         "group.id": "idem-look"})
    ends = sum(consumer.get_watermark_offsets(confluent_kafka.TopicPartition("idem.change", lane),
                                              timeout=10)[1] for lane in range(LANES))
    consumer.close()
    assert ends == len(result.records["change"]) + result.dropped["change"]
    assert "identical" in daemon.command("replay")


def ledger_controls(daemon):
    rows = daemon.ask("SELECT from_offset, to_offset, body FROM ledger_chunk"
                      " WHERE body LIKE '%%\"kind\":\"control\"%%'")
    return [(a, b, json.loads(body)["fields"]["action"]) for a, b, body in rows]


def test_a_running_daemon_takes_up_a_resumed_lane(town):
    daemon = town.daemon("resume")
    daemon.set_up()
    with daemon:
        daemon.wait_received(town.records)
        assert daemon.stop() == 0
    town.superuser("resume", "ALTER TABLE lane ADD kept bytea; UPDATE lane SET kept = last_hash,"
                   " last_hash = decode(repeat('ab', 32), 'hex') WHERE lane = 0")
    with daemon:
        daemon.wait_log("level=error lane=0 msg=\"halts: start_check")
        daemon.wait_log("lane=1 msg=\"runs from")
        assert "halted" in daemon.command("lanes", "list")
        town.superuser("resume", "UPDATE lane SET last_hash = kept WHERE lane = 0")
        daemon.command("lanes", "resume", "0", "--reason", "hash restored", "--execute")
        seen = len(daemon.log())
        daemon.wait_log("lane=0 msg=\"runs from", 20, seen)
        assert daemon.ask("SELECT status FROM lane WHERE lane = 0") == [("running",)]
        assert daemon.stop() == 0
    assert ledger_controls(daemon) == [(None, None, "resume")]
    assert "identical" in daemon.command("replay")


def fill_intake(town, daemon):
    """Only intake runs, until gb.intake holds the whole day; then half of the town's lane is
    deleted. (lane, where its log now starts)."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": town.kafka.bootstrap,
                                         "group.id": "loss-look"})

    def ends():
        return [consumer.get_watermark_offsets(
            confluent_kafka.TopicPartition("loss.intake", lane), timeout=10)[1]
            for lane in range(LANES)]

    daemon.start()
    daemon.wait("intake", lambda: sum(ends()) > town.records, 60)
    assert daemon.stop() == 0
    lane = max(range(LANES), key=lambda n: ends()[n])
    middle = ends()[lane] // 2
    consumer.close()
    tool = os.path.join(os.path.dirname(daemon.binary), "tests", "tools", "kafka_tool")
    subprocess.run([tool, town.kafka.bootstrap, "delete-records", "loss.intake", str(lane),
                    str(middle)], check=True)
    return lane, middle


def test_an_accepted_loss_goes_on_behind_it(town):
    intake = town.daemon("loss", "roles: [intake]\n")
    intake.set_up()
    lane, middle = fill_intake(town, intake)
    assert middle > 100
    words = ("lanes", "accept-loss", str(lane), "--to", str(middle), "--reason", "disk")
    daemon = town.daemon("loss", fresh=False)
    with daemon:
        daemon.wait_log(f"level=error lane={lane} msg=\"halts: intake_log: gb.intake holds offsets"
                        f" {middle} to")
        assert "--execute" in daemon.command(*words) and ledger_controls(daemon) == []
        daemon.command(*words, "--execute")
        daemon.wait_log(f"lane={lane} msg=\"runs from offset {middle}", 20)
        daemon.wait("end of the log", lambda: daemon.state()[1:] == (0, 0) and daemon.ask(
            "SELECT next_offset FROM lane WHERE lane = %s", lane)[0][0] > middle, 60)
        assert daemon.stop() == 0
    assert ledger_controls(daemon) == [(None, None, "accept-loss")]
    assert "identical" in daemon.command("replay")


def owners(daemon):
    return {row["lane"]: row["owner"] for row in json.loads(daemon.command("lanes", "list", "-o",
                                                                           "json"))}


def test_two_daemons_on_one_host_share_the_lanes(town):
    first = town.daemon("pair")
    second = town.daemon("pair", fresh=False)
    second.log_path = town.folder / "pair-2.log"
    first.set_up()
    with first:
        first.wait_received(town.records)
        with second:
            first.wait("one lane each", lambda: len(set(owners(first).values())) == 2, 60)
            names = {owner.rpartition("/")[0] for owner in owners(first).values()}
            assert names == {owner for owner in names if owner.count("/") == 1}
            assert {int(n.rpartition("/")[2]) for n in names} == {first.process.pid,
                                                                  second.process.pid}
            assert second.stop() == 0
        assert first.stop() == 0


def test_a_name_that_is_taken_ends_the_second(town):
    first = town.daemon("taken", bridge_more=", instance: north")
    second = town.daemon("taken", bridge_more=", instance: north", fresh=False)
    second.log_path = town.folder / "taken-2.log"
    first.set_up()
    with first:
        first.wait_received(town.records)
        second.start()
        assert second.process.wait(timeout=20) == 75
        assert "another daemon of bridge taken on this host runs as north" in second.log()
        # A process elsewhere (no socket tells) joins under the same name: Kafka fences ours.
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": town.kafka.bootstrap, "group.id": "taken.reconcile",
            "group.instance.id": "north", "partition.assignment.strategy": "range",
            "session.timeout.ms": 6000})
        consumer.subscribe(["taken.intake"])
        deadline = time.monotonic() + 60
        while first.is_running() and time.monotonic() < deadline:
            consumer.poll(0.2)
        consumer.close()
        assert first.process.poll() == 75, first.log()[-2000:]
        assert "north" in first.log() or "fenced" in first.log().lower()
