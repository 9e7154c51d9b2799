"""A third department's system joins a running daemon by a folder: no C, no rebuild, no restart.

An urban management system's folder is made from adapters/_template, checked, tested, and joined by
SIGHUP; its first record becomes a unified event. The process is the same, no lane is claimed anew,
the other sources go on. Negative controls: before the reload nothing of it comes out, and a reload
with a mistake, with a broken mapping, or with another mapping of a running source changes nothing.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import bridge
import confluent_kafka
import confluent_kafka.admin
import daemon
import reader
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 45
ROOT = pathlib.Path(os.environ["GB_ROOT"])
TOPIC, LANES = "urban.orders", 2


def copy_template(folder):
    """What adapters/_template/README.md asks for, done by a program."""
    adapter = folder / "urban"
    shutil.copytree(ROOT / "adapters" / "_template", adapter)
    path = adapter / "mapping.yaml"
    text = path.read_text(encoding="utf-8").replace("system: template", "system: urban")
    path.write_text(text, encoding="utf-8")
    for words in (["check", "mapping"], ["test", "mapping"]):
        done = subprocess.run([daemon.program(), *words, adapter, "--refuse",
                               folder / "refuse.yaml", *(["--write"] if words[0] == "test" else [])],
                              check=False, text=True, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"{words}: {done.stdout} {done.stderr}")
    return adapter


def extend_policy(folder):
    policy = folder / "policy"
    with open(policy / "bundle.yaml", "a", encoding="utf-8") as file:
        file.write("  - {source: urban, network: urban, role: department}\n")
    with open(policy / "states.yaml", "a", encoding="utf-8") as file:
        file.write("  - source: urban\n    entity: matter\n    codes: {new: REPORTED, done: CLOSED}\n")
    with open(policy / "crosswalk.csv", "a", encoding="utf-8") as file:
        file.write("urban,category,lamp,MS04,,\n")


def village_of(folder):
    """A village of the generated territory."""
    for line in (folder / "policy" / "territory.csv").read_text(encoding="utf-8").splitlines():
        code = line.split(",")[0]
        if code.startswith("320312111") and len(code) == 12:
            return code
    raise RuntimeError("no village in territory.csv")


def order(number, village):
    moment = "2026-06-01 09:00:00"
    return json.dumps({"id": number, "op_flag": "I", "kind": "lamp", "status": "new",
                       "village_code": village, "create_time": moment, "due_time": None,
                       "update_time": moment, "del_flag": "0", "staff_id": "U7",
                       "staff_name": "测试甲", "title": "路灯不亮", "content": ""},
                      ensure_ascii=False)


def produce(kafka, topic, value):
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce(topic, value.encode())
    if producer.flush(30):
        raise RuntimeError(f"{topic}: not delivered")


def matters_of(kafka, number):
    """Ids of published matters that hold this order of the urban system."""
    found = reader.follow(kafka.bootstrap, "gb.").state["matter"]
    return [value["id"] for value in found.values()
            for ref in value.get("refs", ())
            if (ref["source"], ref["key"]) == ("urban", str(number))]


def wait_matter(kafka, number, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if matters_of(kafka, number):
            return True
        time.sleep(0.5)
    return False


def source_lines(adapter):
    return [f"  urban: {{topic: {TOPIC}, adapter: {adapter}, lookups: lookups}}"]


def refused_reloads(place, one, adapter, wrong):
    """Each of these must leave everything as it was."""
    broken = place.folder / "broken"
    shutil.copytree(adapter, broken)
    mapping = broken / "mapping.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("key: [id]", "key: id"),
                       encoding="utf-8")
    other = place.folder / "party_building"
    shutil.copytree(ROOT / "adapters" / "party_building", other)
    with open(other / "mapping.yaml", "a", encoding="utf-8") as file:
        file.write("# another mapping\n")
    path = place.folder / "one.yaml"
    good = path.read_text(encoding="utf-8")
    party = str(ROOT / "adapters" / "party_building")
    cases = [("a mistake in the configuration", good + "surces: {}\n"),
             ("a broken mapping", good + "\n".join(source_lines(broken)) + "\n"),
             ("another mapping of a running source", good.replace(party, str(other))),
             ("a source that is gone", "\n".join(
                 line for line in good.splitlines() if "governance_grid" not in line) + "\n")]
    for name, text in cases:
        path.write_text(text, encoding="utf-8")
        before = one.said().count("everything stays as it was")
        one.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 15
        while one.said().count("everything stays as it was") == before:
            if time.monotonic() > until:
                wrong.append(f"reload with {name} was not refused")
                break
            time.sleep(0.1)
    path.write_text(good, encoding="utf-8")
    return len(cases)


def join(place, kafka, adapter, wrong):
    village, figures = village_of(place.folder), {}
    with place.run("one") as one:
        place.settle(one, 120)
        epochs = place.ask("SELECT lane, epoch FROM lane ORDER BY lane")
        produce(kafka, TOPIC, order(1, village))
        time.sleep(3)
        if matters_of(kafka, 1):
            wrong.append("negative control: the order came out before its source had joined")
        figures["reloads_refused"] = refused_reloads(place, one, adapter, wrong)
        place.write("one", source_lines(adapter))
        begin = time.monotonic()
        one.process.send_signal(signal.SIGHUP)
        if not wait_matter(kafka, 1, 60):
            wrong.append(f"the first order did not come out: {one.log_path}")
        figures["seconds_from_signal_to_event"] = round(time.monotonic() - begin, 1)
        produce(kafka, TOPIC, order(2, village))
        if not wait_matter(kafka, 2, 30):
            wrong.append("the second order did not come out")
        repeat_last(place, kafka)
        place.settle(one, 60)
        if one.process.poll() is not None:
            wrong.append("the process ended")
        if place.ask("SELECT lane, epoch FROM lane ORDER BY lane") != epochs:
            wrong.append("a lane was claimed anew")
        figures["lanes_claimed_anew"] = 0 if not wrong else -1
        code = one.stop()
    if code != 0:
        wrong.append(f"the daemon ended with {code}")
    return figures


def repeat_last(place, kafka):
    """The other sources' last records once more: their intake must go on."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.bootstrap,
                                         "group.id": "claims-join"})
    for topic in daemon.SOURCES.values():
        for partition, end in place.ends(topic).items():
            if end == 0:
                continue
            consumer.assign([confluent_kafka.TopicPartition(topic, partition, end - 1)])
            message = consumer.poll(10)
            if message is not None and message.value() is not None:
                produce(kafka, topic, message.value().decode())
                break
    consumer.close()


def main():
    folder, wrong = pathlib.Path(os.environ["GB_SCRATCH"]) / "join", []
    bridge.generate(folder, 1, 1)
    with Kafka("join-kafka") as kafka, Postgres("join-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": kafka.bootstrap})
        for future in admin.create_topics([confluent_kafka.admin.NewTopic(TOPIC, 1, 1)]).values():
            future.result()
        place = daemon.Place(folder, kafka, postgres.dsn, LANES)
        adapter = copy_template(folder)
        extend_policy(folder)
        place.set_up()
        figures = join(place, kafka, adapter, wrong)
        wrong += reader.follow(kafka.bootstrap, "gb.").faults
        wrong += bridge.replay_identical(postgres, LANES)
    for name, figure in figures.items():
        print(f"{name}={figure}")
    for line in wrong[:10]:
        print(f"  {line}")
    if wrong:
        print(f"join fails: {wrong[0]}")
        sys.exit(1)
    print("join holds")


if __name__ == "__main__":
    main()
