"""The published topics as bytes: key, value, headers of every record, in order, read_committed.

    before = raw.read(bootstrap)          {(topic word, lane): [(key, value, headers), ...]}
    raw.differences(before, raw.read(bootstrap))      what differs, in words
"""
import time

import confluent_kafka
from confluent_kafka import admin

import daemon
import reader


def places(consumer, prefix):
    """{(topic, partition): high watermark} of all output topics that hold anything."""
    known = consumer.list_topics(timeout=10).topics
    found = {}
    for word in reader.words_of(known, prefix):
        for partition in sorted(known[prefix + word].partitions):
            at = confluent_kafka.TopicPartition(prefix + word, partition)
            low, high = daemon.patiently(
                lambda at=at: consumer.get_watermark_offsets(at, timeout=10))
            if high > low:
                found[prefix + word, partition] = high
    return found


def take(consumer, highs, prefix, deadline):
    """All records up to the marks; a partition is done when its end is at the mark or beyond."""
    found, due = {}, dict(highs)
    while due:
        message = consumer.poll(0.5)
        if time.monotonic() > deadline:
            raise TimeoutError(f"not at their ends: {due}")
        if message is None:
            continue
        at = message.topic(), message.partition()
        if message.error() is None:
            found.setdefault((at[0][len(prefix):], at[1]), []).append(
                (message.key(), message.value(), tuple(message.headers() or ())))
        elif message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
            raise confluent_kafka.KafkaException(message.error())
        elif message.offset() >= due.get(at, 0):
            due.pop(at, None)
    return found


def read(bootstrap, prefix="gb.", seconds=120):
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": bootstrap, "group.id": "gridbridge-claims-raw",
        "isolation.level": "read_committed", "enable.auto.commit": False,
        "enable.partition.eof": True, "auto.offset.reset": "error", "check.crcs": True,
        "allow.auto.create.topics": False})
    try:
        highs = places(consumer, prefix)
        consumer.assign([confluent_kafka.TopicPartition(*at, 0) for at in highs])
        return take(consumer, highs, prefix, time.monotonic() + seconds)
    finally:
        consumer.close()


def first_difference(wanted, found):
    """(what, index) of two records, or None. All three parts count; nothing is masked."""
    for index, (one, other) in enumerate(zip(wanted, found)):
        for what, a, b in zip(("key", "value", "headers"), one, other):
            if a != b:
                return what, index, a, b
    return None


def differences(wanted, found):
    wrong = []
    for at in sorted(set(wanted) | set(found)):
        one, other = wanted.get(at, []), found.get(at, [])
        place = f"{at[0]}/{at[1]}"
        difference = first_difference(one, other)
        if difference:
            what, index, a, b = difference
            wrong.append(f"{place}: record {index}: {what} differs: {a!r:.300} / {b!r:.300}")
        if len(one) != len(other):
            wrong.append(f"{place}: {len(one)} records undisturbed, {len(other)} with kills")
    return wrong


def count(found):
    return sum(len(records) for records in found.values())


def delete_topics(bootstrap, prefix="gb."):
    """Deletes the output topics and waits until the brokers know none of them."""
    client = admin.AdminClient({"bootstrap.servers": bootstrap})
    known = client.list_topics(timeout=10).topics
    names = [prefix + word for word in reader.words_of(known, prefix)]
    for future in client.delete_topics(names, operation_timeout=20).values():
        future.result(timeout=30)
    until = time.monotonic() + 30
    while set(names) & set(client.list_topics(timeout=10).topics):
        if time.monotonic() > until:
            raise TimeoutError("the output topics are still there")
        time.sleep(0.1)
