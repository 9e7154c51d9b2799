"""Topics of what is written back: who has which slot, for good; no source is live without."""
import json
import os
import signal
import sys

import confluent_kafka
import psycopg2
import pytest
from gb_servers import ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "claims", "lib"))

import reader  # noqa: E402

ADAPTER = f"{ROOT}/adapters/party_building"


def sources(town, modes):
    """A sources section: {name: mode}, each with a topic of its own."""
    return "sources:\n" + "".join(
        f"  {name}: {{topic: slots.{name}, adapter: {ADAPTER}, lookups: {town.folder}/lookups,"
        f" mode: {mode}}}\n" for name, mode in modes.items())


def prepare(town, name, modes):
    daemon = town.daemon(name, sources(town, modes))
    daemon.command("db", "migrate")
    return daemon


def slots(daemon):
    return {topic.partition(".writeback.")[2]: slot for topic, slot in daemon.ask(
        "SELECT topic, slot FROM stream WHERE slot IS NOT NULL")}


def again(town, name, modes):
    return town.daemon(name, sources(town, modes), fresh=False)


def test_slots_are_given_once(town):
    daemon = prepare(town, "slots_a", {"party_building": "shadow", "grid": "live"})
    daemon.command("topics", "create")
    first = slots(daemon)
    assert first == {"party_building": 0, "grid": 1}
    streams = daemon.ask("SELECT topic, gb_stream FROM stream")
    daemon = again(town, "slots_a", {"court": "shadow", "grid": "shadow"})
    daemon.command("topics", "create")
    assert slots(daemon) == {**first, "court": 2}
    assert set(streams) <= set(daemon.ask("SELECT topic, gb_stream FROM stream"))
    for statement in ("DELETE FROM stream WHERE slot = 1",
                      "UPDATE stream SET slot = 5 WHERE slot = 1",
                      "UPDATE stream SET slot = NULL WHERE slot = 1"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            town.superuser("slots_a", statement)
    assert slots(daemon) == {**first, "court": 2}
    with pytest.raises(psycopg2.errors.UniqueViolation):
        town.superuser("slots_a", "INSERT INTO stream VALUES ('x', repeat('a', 32), 1)")
    listed = daemon.command("topics", "list")
    for word in ("writeback.court", "writeback.result.in", "decision.in", "visit"):
        assert f"slots_a.{word}" in listed
    assert "missing" not in daemon.command("topics", "verify")


def test_more_sources_than_slots(town):
    many = {f"s{n}": "shadow" for n in range(9)}
    daemon = prepare(town, "slots_b", {**many, "s8": "live"})
    daemon.command("topics", "create")  # only the live one fits for sure, so only it gets one
    assert slots(daemon) == {"s8": 0}
    daemon.command("topics", "verify")
    daemon = again(town, "slots_b", {f"s{n}": "live" for n in range(9)})
    with pytest.raises(RuntimeError, match="more than 8 sources with mode: live.*mode: shadow"):
        daemon.command("topics", "create")
    assert slots(daemon) == {"s8": 0}
    with pytest.raises(RuntimeError, match="slots_b.writeback.s0: missing"):
        daemon.command("topics", "verify")
    daemon = again(town, "slots_b", {f"s{n}": "live" for n in range(1, 9)})
    daemon.command("topics", "create")
    assert sorted(slots(daemon).values()) == list(range(8))


def test_no_source_is_live_without_a_topic(town):
    daemon = prepare(town, "slots_c", {"party_building": "shadow"})
    daemon.command("topics", "create")
    daemon.command("policy", "activate", str(town.folder / "policy"), "--execute")
    live = again(town, "slots_c", {"party_building": "shadow", "grid": "live"})
    live.start()
    assert live.process.wait(timeout=30) == 78
    assert ("sources.grid: mode: live needs topic slots_c.writeback.grid" in live.log() and
            "run `gridbridge topics create`" in live.log())
    daemon = again(town, "slots_c", {"party_building": "shadow"})
    with daemon:
        daemon.wait("a tick", lambda: modes_seen(daemon)[:1] == ["shadow"], 90)
        live = again(town, "slots_c", {"party_building": "live", "grid": "live"})
        os.kill(daemon.process.pid, signal.SIGHUP)
        daemon.wait_log("reload: everything stays as it was: sources.grid: mode: live needs")
        live = again(town, "slots_c", {"party_building": "live"})
        before = len(daemon.log())
        os.kill(daemon.process.pid, signal.SIGHUP)
        daemon.wait_log("; other modes", after=before)
        daemon.wait("modes in the ledger", lambda: modes_seen(daemon)[-1:] == ["live"], 90)
        assert daemon.stop() == 0
    modes = modes_seen(daemon)
    assert sorted(modes, reverse=True) == modes  # one change: from shadow to live
    assert live.command("topics", "verify")


ID = "01890a5d-ac96-774b-bcce-b302099a8057"
RESULT = {"version": 1, "id": ID, "about": "party_building/matter/7", "town": "320312111",
          "result": "refused", "reason": "changed_meanwhile"}


def test_results_come_in_through_the_door(town):
    daemon = prepare(town, "slots_d", {"party_building": "live"})
    daemon.command("topics", "create")
    daemon.command("policy", "activate", str(town.folder / "policy"), "--execute")
    producer = confluent_kafka.Producer({"bootstrap.servers": town.kafka.bootstrap})
    bad = [{**RESULT, "result": "done"}, {**RESULT, "about": "party_building/matter/13800138000"},
           {**RESULT, "note": "asked Ms Zhou"}]
    for value in (RESULT, *bad, {**RESULT, "result": "accepted"}):
        producer.produce("slots_d.writeback.result.in", json.dumps(value), ID)
    assert producer.flush(60) == 0
    with daemon:
        daemon.wait_received(5)
        assert daemon.stop() == 0
    lines = [json.loads(line) for (line,) in daemon.ask(
        "SELECT line FROM (SELECT unnest(string_to_array(body, E'\\n')) AS line, from_index"
        " FROM ledger_chunk) l WHERE line LIKE '%%\"kind\":\"result\"%%' ORDER BY from_index")]
    fields = {name: RESULT[name] for name in ("about", "id", "reason", "result")}
    assert [line["fields"] for line in lines] == [fields, {**fields, "result": "accepted"}]
    dead = {key: json.loads(row) for key, row in daemon.ask("SELECT key, row FROM exception")}
    assert {key: row["reason"] for key, row in dead.items()} == {
        "slots_d.writeback.result.in/0/1/0": "bad_result",
        "slots_d.writeback.result.in/0/2/0": "bad_field",
        "slots_d.writeback.result.in/0/3/0": "bad_result"}
    assert dead["slots_d.writeback.result.in/0/1/0"]["detail"].startswith("$.result: expected")
    stored = str(daemon.ask("SELECT body FROM ledger_chunk"))
    assert "13800138000" not in stored and "Zhou" not in stored
    books = daemon.books()["writeback"]
    assert books["received"] == 5 and books["dead"] == 3
    assert "identical" in daemon.command("replay")


def read_topic(town, topic):
    """{lane: [message ...]} of a topic, read_committed, from its start to its end."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": town.kafka.bootstrap, "group.id": "writeback-topics",
        "isolation.level": "read_committed", "enable.auto.commit": False})
    found = {}
    try:
        for lane in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            found[lane] = list(reader.read_partition(consumer, topic, lane, 30))
    finally:
        consumer.close()
    return found


def headers(message):
    return {name: value.decode() for name, value in message.headers()}


def test_each_source_reads_its_own(town, gridbridge):
    """Outputs are planted; it is killed between COMMIT and Kafka, and inside a transaction."""
    daemon = town.daemon("slots_e")
    daemon.binary = os.path.join(os.path.dirname(gridbridge), "tests/tools/gridbridge_planted")
    daemon.set_up()
    for stop in ("committed:2", "produced:2", "txn_sent:2", "published:2"):
        daemon.start(environment={"GRIDBRIDGE_STOP_AT": stop})
        assert daemon.process.wait(timeout=60) == -signal.SIGKILL
    with daemon:
        daemon.wait_received(town.records)
        assert daemon.stop() == 0
    lines = dict(daemon.ask("SELECT lane, next_index FROM lane"))
    streams = dict(daemon.ask("SELECT topic, gb_stream FROM stream"))
    for source, first, step in (("party_building", 1, 2), ("governance_grid", 0, 3)):
        topic = f"slots_e.writeback.{source}"
        found = read_topic(town, topic)
        assert set(found) == set(lines)
        for lane, messages in found.items():
            indexes = range(first, lines[lane], step)
            assert [m.key().decode() for m in messages] == [f"grid/matter/{i}" for i in indexes]
            assert [headers(m)["gb_seq"] for m in messages] == [
                str(n + 1) for n in range(len(indexes))]
            assert {headers(m)["gb_stream"] for m in messages} <= {streams[topic]}
        assert sum(map(len, found.values())) > 250
    assert len(set(streams.values())) == len(streams)
    assert "identical" in daemon.command("replay")
    daemon.binary = gridbridge  # which has nothing to write back there
    assert "differs" in daemon.command("replay", code=1)


def modes_seen(daemon):
    """Modes of party_building in the ticks of lane 0, in their order."""
    return [mode for (mode,) in daemon.ask(
        "SELECT line::json -> 'fields' -> 'modes' -> 'party_building' #>> '{}'"
        " FROM (SELECT unnest(string_to_array(body, E'\\n')) AS line, from_index"
        " FROM ledger_chunk WHERE lane = 0) l WHERE line LIKE '%%\"kind\":\"tick\"%%'"
        " ORDER BY from_index")]
