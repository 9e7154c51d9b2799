"""Ids, phones, names, cards, plates, mail addresses in disguise come out nowhere.

At least 2,000 canaries in 79 disguises are planted in texts, in every column, in keys, headers,
statements, names of tables and columns, and in broken JSON, and sent through `gridbridge run` on a
real Kafka and PostgreSQL that logs every statement with its parameters. Then every table (pg_dump),
every topic but the two sources (keys, values, headers, aborted transactions too) and every log of
the three servers is searched for each canary, in any disguise; core dumps must be off. The share
of 1,144 harmless numbers that came through unchanged must be 99.5 % or more.

Negative controls: the same search over the source topics finds every canary, and the program
linked without its scrubber lets them through. --short: a fifth of the canaries.
"""
import argparse
import collections
import csv
import json
import os
import pathlib
import subprocess
import sys
import time

import bridge
import confluent_kafka
import disguise
import harmless
import plant
from gb_daemon import Daemon
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 150
SHARE_MIN = 99.5
CONTROL_MIN = 0.9
KEEPS_LOGS = {"log_statement": "all", "log_parameter_max_length": "-1",
              "log_parameter_max_length_on_error": "-1", "log_min_duration_statement": "0"}
PG_DUMP = "/usr/lib/postgresql/15/bin/pg_dump"


class Run:
    """One daemon with its servers, from the planted records to what is found."""

    def __init__(self, name, folder, binary=None):
        self.folder, self.name, self.binary = folder, name, binary
        self.kafka = Kafka(f"{name}-kafka")
        self.postgres = Postgres(f"{name}-postgres", **KEEPS_LOGS)
        self.places = collections.Counter()
        self.found = collections.defaultdict(set)

    def __enter__(self):
        self.kafka.start()
        self.postgres.start()
        self.daemon = Daemon(self.folder, self.kafka.bootstrap, self.postgres.dsn,
                             binary=self.binary, name=self.name)
        return self

    def __exit__(self, *_):
        self.daemon.end()
        self.kafka.stop()
        self.postgres.stop()

    def produce(self, records):
        """In order; {(topic, partition, offset): record}."""
        sent, failed = {}, []
        producer = confluent_kafka.Producer({"bootstrap.servers": self.kafka.bootstrap,
                                             "enable.idempotence": True})

        def keep(record):
            def report(error, message):
                failed.append(error) if error else sent.update(
                    {(message.topic(), message.partition(), message.offset()): record})
            return report

        for record in records:
            producer.produce(record.topic, record.value, record.key, headers=record.headers,
                             on_delivery=keep(record))
            producer.poll(0)
        if producer.flush(120) or failed:
            raise RuntimeError(f"records were not delivered: {failed[:3]}")
        return sent

    def go(self, records):
        """Sends, waits until everything is in the books and out, and reads the process's limits."""
        bridge.load(self.folder, self.kafka.bootstrap)
        self.daemon.set_up()
        sent = self.produce(records)
        (truth,) = [json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))]
        due = len(sent) + sum(c["intake_records"] for c in truth["counts"].values())
        self.daemon.start()
        self.daemon.wait_received(due, 300)
        limits = pathlib.Path(f"/proc/{self.daemon.process.pid}/limits").read_text()
        core = [line.split() for line in limits.splitlines() if line.startswith("Max core")][0]
        code = self.daemon.stop()
        return sent, core[4:6] == ["0", "0"], code

    def look(self, finder, place, data):
        self.places[place] += 1
        for canary in finder.find(data):
            self.found[canary.value].add(place)

    def search_topics(self, finder, wanted):
        """wanted(topic) says which; read uncommitted, so aborted batches are seen too."""
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": self.kafka.bootstrap, "group.id": "canaries-reader",
            "isolation.level": "read_uncommitted", "enable.partition.eof": True,
            "enable.auto.commit": False, "fetch.max.bytes": 50_000_000})
        known = consumer.list_topics(timeout=10).topics
        for topic in filter(wanted, sorted(known)):
            for partition in known[topic].partitions:
                for message in messages(consumer, topic, partition):
                    headers = [x for pair in message.headers() or [] for x in pair if x]
                    for part in (message.key(), message.value(), *headers):
                        if part:
                            data = part.encode() if isinstance(part, str) else part
                            self.look(finder, f"topic {topic}", data)
        consumer.close()

    def search_tables(self, finder):
        dump = subprocess.run([PG_DUMP, self.postgres.dsn], check=True, stdout=subprocess.PIPE)
        table = "schema"
        for line in dump.stdout.splitlines():
            if line.startswith(b"COPY "):
                table = line.split()[1].decode()
            self.look(finder, f"table {table}", line)

    def search_logs(self, finder):
        for server in (self.kafka.dir, self.postgres.dir):
            for path in sorted(pathlib.Path(server).rglob("*")):
                is_data = "data" in path.relative_to(server).parts[:1]
                if path.is_file() and path.stat().st_size and not is_data:
                    self.search_file(finder, path, f"log {pathlib.Path(server).name}/{path.name}")
        self.search_file(finder, self.daemon.log_path, "log of the daemon")

    def search_file(self, finder, path, place):
        with open(path, "rb") as file:
            for line in file:
                self.look(finder, place, line)


def messages(consumer, topic, partition):
    at = confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING)
    consumer.assign([at])
    heard = time.monotonic()
    while time.monotonic() < heard + 60:
        message = consumer.poll(1)
        if message is None:
            continue
        heard = time.monotonic()
        if message.error() is None:
            yield message
            heard = time.monotonic()
        elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
            return
    raise TimeoutError(f"{topic}/{partition}: no end, and no record for 60 s")


def first_id(folder, name):
    with open(folder / "lookups" / name, encoding="utf-8") as file:
        return next(csv.DictReader(file))["id"]


def planted(folder, every, harmless_texts):
    """All records, and the harmless ones' offsets are found again by their key."""
    rows = plant.Rows(int(first_id(folder, "party_grids.csv")), first_id(folder, "grid_grids.csv"))
    few = plant.sample([c for c in every if c.disguise == "plain"], 18)
    some = few + plant.sample(every, 12)
    records = [*plant.texts(every, rows), *plant.fields(some, rows),
               *plant.envelopes(some, rows), *plant.broken(few, rows)]
    for kind, text in harmless_texts:
        records.append(plant.Record(plant.PARTY, None, plant.dump(
            rows.party({"description": f"{kind} {text}。"})), None, []))
    return records


def survived(run, sent):
    """How many harmless texts stand in gb.intake as they were sent."""
    wanted = {at: json.loads(r.value)["after"]["description"] for at, r in sent.items()
              if not r.planted}
    consumer = confluent_kafka.Consumer({"bootstrap.servers": run.kafka.bootstrap,
                                         "group.id": "canaries-harmless",
                                         "enable.partition.eof": True})
    lost = dict(wanted)
    for partition in consumer.list_topics("gb.intake", timeout=10).topics["gb.intake"].partitions:
        for message in messages(consumer, "gb.intake", partition):
            one, _, two = message.value().partition(b"\n")
            src = json.loads(one).get("src", {})
            at = (src.get("topic"), src.get("partition"), src.get("offset"))
            text = json.loads(two or b"{}").get("description", {}).get("text")
            if at in lost and text == lost[at]:
                del lost[at]
    consumer.close()
    return len(wanted) - len(lost), len(wanted), sorted(lost.values())


def is_private(topic):
    return topic not in (plant.PARTY, plant.GRID)


def control(folder, every):
    """The program without its scrubber: the share of the planted texts that comes out."""
    with Run("unscrubbed", folder,
             pathlib.Path(os.environ["GB_BUILD"]) / "tests/tools/gridbridge_unscrubbed") as run:
        rows = plant.Rows(int(first_id(folder, "party_grids.csv")),
                          first_id(folder, "grid_grids.csv"), 9_000_001)
        run.go(list(plant.texts(every, rows)))
        run.search_topics(disguise.Finder(every), lambda topic: topic == "gb.intake")
    values = {c.value for c in every}
    return len(values & set(run.found)) / len(values)


def judge(run, share, core_off, code):
    wrong = [f"{value}: in {', '.join(sorted(places))}" for value, places in run.found.items()]
    if share < SHARE_MIN:
        wrong.append(f"only {share} % of the harmless numbers came through")
    if not core_off:
        wrong.append("the daemon may dump core")
    if "scrubbed from texts: " not in run.daemon.log():
        wrong.append("the daemon does not say what it scrubbed")
    if code != 0:
        wrong.append(f"the daemon ended with {code}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "canaries"
    bridge.generate(folder, 1, 1)
    every = disguise.build(options.seed, 1 if options.short else 6)
    finder = disguise.Finder(every)
    with Run("scrubbed", folder) as run:
        records = planted(folder, every, harmless.build(options.seed))
        sent, core_off, code = run.go(records)
        kept, of, lost = survived(run, sent)
        seen = Run("sources", folder)
        seen.kafka = run.kafka
        seen.search_topics(finder, lambda topic: not is_private(topic))
        run.search_topics(finder, is_private)
        run.search_tables(finder)
        run.search_logs(finder)
    share = round(100 * kept / of, 2)
    values = {c.value for c in every}
    seen_share = len(values & set(seen.found)) / len(values)
    let_through = control(folder, plant.sample(every, 300))
    print(f"canaries={len(every)}\ndisguises={len({c.disguise for c in every})}")
    print(f"records={len(sent)}\npieces_searched={sum(run.places.values())}")
    for kind in ("topic", "table", "log"):
        print(f"{kind}s_searched={sum(place.startswith(kind) for place in run.places)}")
    print(f"found={len(run.found)}\nharmless={of}\nharmless_survived_percent={share}")
    print(f"control_sources_found_percent={round(100 * seen_share, 1)}")
    print(f"control_unscrubbed_found_percent={round(100 * let_through, 1)}")
    wrong = judge(run, share, core_off, code)
    if seen_share < 1:
        wrong.append("the search does not find every canary where it was planted")
    if let_through < CONTROL_MIN:
        wrong.append("without the scrubber the canaries are not seen either")
    for line in [*wrong, *(f"harmless text changed: {text}" for text in lost)][:20]:
        print(f"  {line}")
    if wrong:
        print(f"canaries fails: {len(wrong)} finds, the first: {wrong[0]}")
        sys.exit(1)
    print("canaries holds")


if __name__ == "__main__":
    main()
