"""gb.books as they are published when hours pass. A short run never crosses an hour, so the test is
the writer: it takes what intake really made of a generated day, and sends it on in a session of its
own, to lanes of their own, with a tick every 100 records and half an hour between ticks."""
import collections
import json

import confluent_kafka
import pytest
from gb_daemon import OUTCOMES
from town_of_tests import LANES

import reader  # found by town_of_tests

HOUR = 3600000
STEP = HOUR // 2
BEGIN = 494444 * HOUR + 60000  # a minute past some hour
SESSION = "b" * 32


def read_intake(kafka, topic):
    """{lane: [(key, first line as an object, second line or b"")]}."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": kafka.bootstrap, "group.id": "books-look",
        "auto.offset.reset": "error", "enable.auto.commit": False})
    lanes = {}
    for lane in range(LANES):
        lanes[lane] = []
        at = confluent_kafka.TopicPartition(topic, lane)
        high = consumer.get_watermark_offsets(at, timeout=10)[1]
        consumer.assign([confluent_kafka.TopicPartition(topic, lane, 0)])
        while len(lanes[lane]) < high:
            message = consumer.poll(10)
            assert message is not None and message.error() is None
            first, _, second = message.value().partition(b"\n")
            lanes[lane].append((message.key(), json.loads(first), second))
    consumer.close()
    return lanes


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def ticks_and_records(records, lie):
    """[(key, first line, second line)] of one lane as this writer sends it."""
    clock, out, sent, reached = BEGIN, [], collections.Counter(), {}

    def add(key, first, second=b""):
        out.append((key, dict(first, w={"n": len(out), "session": SESSION}), second))

    def tick(streams):
        add(b"", {"fields": {"clock": clock, "streams": streams}, "kind": "tick", "town": ""})

    def cover():
        streams = []
        for stream in sorted(sent):
            begin, end = reached.get(stream, (0, 0))
            streams.append({"from": begin, "id": stream, "sent": sent[stream], "to": end})
            reached[stream] = (end, end)
        if lie and streams:
            streams[-1]["sent"] += lie
        tick(streams)
        sent.clear()

    for number, (key, first, second) in enumerate(records, 1):
        src = first["src"]
        stream = f"{src['cluster']}/{src['topic']}/{src['partition']}"
        add(key, first, second)
        sent[stream] += 1
        reached[stream] = (reached.get(stream, (0, 0))[0], src["offset"] + 1)
        if number % 100 == 0 or number == len(records):
            cover()
            clock += STEP
    clock += 2 * HOUR
    tick([])
    return out


def send_on(kafka, topic, lanes, lie=0):
    """lie: how many more than it sent the writer claims in its ticks. Returns lines sent."""
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.bootstrap,
                                         "enable.idempotence": True})
    count = 0
    for lane, records in lanes.items():
        for key, first, second in ticks_and_records(records, lie):
            producer.produce(topic, canonical(first) + (b"\n" + second if second else b""), key,
                             partition=lane)
            count += 1
    assert producer.flush(30) == 0
    return count


@pytest.fixture(scope="module")
def day(town):
    """What intake made of the day."""
    daemon = town.daemon("made")
    daemon.set_up()
    with daemon:
        daemon.wait_received(town.records)
        assert daemon.stop() == 0
    lanes = read_intake(town.kafka, "made.intake")
    return {lane: [r for r in records if r[1]["kind"] != "tick"] for lane, records in lanes.items()}


def publish(town, lanes, name, lie=0):
    daemon = town.daemon(name, "roles: [reconcile]\n")
    daemon.set_up()
    due = send_on(town.kafka, f"{name}.intake", lanes, lie)
    with daemon:
        daemon.wait("all lines", lambda: daemon.ask(
            "SELECT coalesce(sum(next_offset), 0) FROM lane")[0][0] >= due
            and daemon.state()[1] == 0, 60)
        assert daemon.stop() == 0
    assert "identical" in daemon.command("replay")
    return reader.follow(town.kafka.bootstrap, f"{name}.", seconds=60)


def test_books_are_published_hour_by_hour(town, day):
    result = publish(town, day, "hours")
    assert not result.faults
    books = [r.value for r in result.records["books"]]
    hours = {book["hour"] for book in books}
    assert len(hours) >= 4 and all(hour % HOUR == 0 and hour >= BEGIN - HOUR for hour in hours)
    assert len({(r.lane, r.value["source"], r.value["hour"]) for r in result.records["books"]}) \
        == len(books), "each source and hour of a lane is closed once"
    assert all(book["closed"] and book["balanced"] and book["orphaned"] == 0 for book in books)
    due = collections.Counter(r["source"] for records in day.values() for _, r, _ in records
                              if r["kind"] in ("observation", "decision"))
    for source in ("party_building", "governance_grid"):
        mine = [book for book in books if book["source"] == source]
        assert sum(book["received"] for book in mine) == due[source] > 0
        assert sum(book[word] for book in mine for word in OUTCOMES) == due[source]
        assert sum(book["dead"] for book in mine) > 0 and sum(book["applied"] for book in mine) > 0


def test_a_writer_that_lies_makes_a_book_that_does_not_balance(town, day):
    """The negative control: the numbers are the writer's, and the lane counts for itself."""
    result = publish(town, day, "lies", lie=1)
    broken = [r.value for r in result.records["books"] if not r.value["balanced"]]
    assert len(broken) >= 1
    assert any(book["received"] == sum(book[word] for word in OUTCOMES) + 1 for book in broken)
    assert any("balanced False" in fault for fault in result.faults)
