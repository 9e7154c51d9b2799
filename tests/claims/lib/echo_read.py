"""The history of a run of claim echo, read from topics, ledgers and both departments."""
import json
import re

import confluent_kafka
import reader
from echo_check import GRID, PARTY, STATE_OF, Change, History, Image, Result, Told
from echo_play import answers_of


def pos_of(record):
    return tuple(int(part) for part in record.headers["gb_pos"].split(":"))


def read_told(bootstrap, sources, faults):
    """Told of every gb.writeback.SOURCE, read_committed, in order."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "echo-told", "auto.offset.reset": "error",
        "isolation.level": "read_committed", "enable.auto.commit": False})
    told = []
    try:
        for source in sources:
            topic = f"gb.writeback.{source}"
            for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
                records = [reader.record_of(topic, m, faults)
                           for m in reader.read_partition(consumer, topic, partition, 60)]
                reader.check_sequence("writeback", records, faults)
                told += [Told(pos_of(record), record.value) for record in records]
    finally:
        consumer.close()
    return told


def read_authority(path):
    """{field: [source ...]} of the bundle's authority.yaml: one field a line."""
    found = {}
    for line in open(path, encoding="utf-8"):
        match = re.match(r"^  (\w+): \[([\w, ]+)\]", line)
        if match:
            found[match[1]] = [word.strip() for word in match[2].split(",")]
    return found


def origins(departments):
    """{(topic, partition, offset): (change of the log)}"""
    found = {}
    for department in departments.values():
        log = {change["seq"]: change for change in department.store.log()}
        for place, seq in department.connector.places.items():
            found[place] = log[seq]
    return found


def image_of(pos, line, change):
    fields = line.get("fields", {})
    return Image(pos, line["source"], line["key"],
                 STATE_OF[line["source"]].get(str(fields.get("state"))), fields.get("deadline_at"),
                 fields.get("xref"), change["origin"] if change else None,
                 change["op"] if change else line.get("op"))


def read_ledger(place, departments, faults):
    """(results, images) as the lanes took them."""
    by_place, results, images = origins(departments), [], []
    for lane, index, line in place.ask("SELECT lane, index, line FROM ledger_line"
                                       " ORDER BY lane, index"):
        record = json.loads(line)
        pos = (lane, index, 0)
        if record.get("kind") == "result":
            results.append(Result(pos, record["fields"]))
        elif record.get("kind") == "observation" and record.get("verdict") == "accepted":
            source = record["src"]
            change = by_place.get((source["topic"], source["partition"], source["offset"]))
            if change is None:
                faults.append(f"a record from nowhere: {source}")
            images.append(image_of(pos, record, change))
        elif record.get("kind") == "observation" and record.get("verdict") == "dead":
            faults.append(f"a dead letter: {record['src']} {record.get('reason')}")
    return results, images


def saved_of(place):
    """Entries saved, of all lanes and systems."""
    rows = place.ask("SELECT row FROM lane_state WHERE key LIKE 'writeback/%%'")
    return sum(json.loads(row)["saved"] for row, in rows)


def counts_of(place):
    """{word: sum} of what the lanes count of write-backs."""
    sums = {}
    for row, in place.ask("SELECT row FROM lane_state WHERE key LIKE 'writeback/%%'"):
        for word, value in json.loads(row).items():
            if isinstance(value, int) and not isinstance(value, bool):
                sums[word] = sums.get(word, 0) + value
    return sums


def tables_of(departments):
    return {source: {str(key): row for key, row in department.store.rows().items()}
            for source, department in departments.items()}


def read_history(place, departments):
    """(History, the follower's result, faults met on the way)"""
    result = reader.follow(place.kafka.bootstrap, seconds=300)
    faults = list(result.faults)
    told = read_told(place.kafka.bootstrap, (PARTY, GRID), faults)
    results, images = read_ledger(place, departments, faults)
    changes = [Change(pos_of(r), r.value) for r in result.records["change"] if r.value]
    answers = {}
    for department in departments.values():
        answers |= answers_of(department)
    history = History(
        told, results, images, changes, dict(result.state["matter"]), tables_of(departments),
        {source: department.store.log() for source, department in departments.items()}, answers,
        read_authority(place.folder / "policy" / "authority.yaml"), saved_of(place))
    return history, result, faults
