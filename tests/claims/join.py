"""A third department's system joins a running daemon by a folder: no C, no rebuild, no restart.

The folder tests/joining/urban_management appears beside the configuration while the daemon runs,
is checked and tested; the bundle that names it is activated; SIGHUP. Its first record becomes an
event; another topic of it appears later still, with a record that names a case of the grid and
becomes one matter with it. The process is the same, no lane is claimed anew, records of the other
sources go on.
Negative controls: before the signal nothing of it comes out though its record stands on the topic;
each reload with a mistake is refused in words that name the place, and changes nothing.
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

SHORT_SECONDS = 75
ROOT = pathlib.Path(os.environ["GB_ROOT"])
FOLDER = ROOT / "tests" / "joining" / "urban_management"
NAME, EARLY, LATE, LANES = "urban_management", "urban.early", "urban.late", 2
REFUSED = "everything stays as it was"


def copy_folder(place):
    """What a department hands over; what an operator does with it before the signal."""
    adapter, lookups = place.folder / NAME, place.folder / "urban_lookups"
    shutil.copytree(FOLDER, adapter)
    lookups.mkdir()
    rows = [line.split(",")[0] for line in
            (place.folder / "policy" / "territory.csv").read_text(encoding="utf-8").splitlines()]
    grids = [code for code in rows if len(code) == 15 and code.startswith("320312111")]
    (lookups / "urban_grids.csv").write_text("id,grid,village,town\n" + "".join(
        f"{code},{code},{code[:12]},{code[:9]}\n" for code in grids), encoding="utf-8")
    for word in ("check", "test"):
        subprocess.run([daemon.program(), word, "mapping", adapter, "--refuse",
                        place.folder / "refuse.yaml"], check=True, stdout=subprocess.DEVNULL)
    return adapter, grids


def extend_policy(place):
    for path in (FOLDER / "policy").iterdir():
        with open(place.folder / "policy" / path.name, "a", encoding="utf-8") as file:
            file.write(path.read_text(encoding="utf-8"))
    place.call("policy", "activate", place.folder / "policy", "--execute")


def case(number, grid, peer=None):
    moment = "2026-11-20 09:00:00"
    row = {"case_no": f"CG{number}", "event_code": "0203", "stage": "file", "result": None,
           "grid_code": grid, "report_time": moment, "limit_time": None, "patrol_id": 31,
           "patrol_name": "测试丙", "caller_name": None, "caller_phone": None,
           "grid_case_id": peer, "title": "流动摊点占道", "description": "测试丙巡查发现",
           "address": "路口", "valid": "1", "update_time": moment}
    return json.dumps({"database": "szcg", "table": "urban_case", "type": "insert",
                       "ts": 1795136400 + number, "xid": number, "commit": True, "data": row},
                      ensure_ascii=False)


def produce(kafka, topic, value, key=None):
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.bootstrap})
    producer.produce(topic, value.encode(), key)
    if producer.flush(30):
        raise RuntimeError(f"{topic}: not delivered")


def create_topic(kafka, name):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": kafka.bootstrap})
    for future in admin.create_topics([confluent_kafka.admin.NewTopic(name, 1, 1)]).values():
        future.result()


def matters(kafka):
    """Published matters with the (source, key) of their reports."""
    found = reader.follow(kafka.bootstrap, "gb.").state["matter"]
    return [(value, {(ref["source"], ref["key"]) for ref in value.get("refs", ())})
            for value in found.values() if value]


def wait_matter(kafka, number, seconds):
    """The reports of the matter that this case became part of, or None."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for _, refs in matters(kafka):
            if (NAME, f"CG{number}") in refs:
                return refs
        time.sleep(0.3)
    return None


def source(adapter, topics):
    return [f"  {NAME}: {{topics: [{', '.join(topics)}], adapter: {adapter},"
            " lookups: urban_lookups}"]


def replaced(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def wrong_reloads(place, adapter):
    """(what is wrong, configuration, words that the log must hold)"""
    broken, other = place.folder / "broken", place.folder / "party_building"
    shutil.copytree(adapter, broken)
    replaced(broken / "mapping.yaml", "key: [case_no]", "kye: [case_no]")
    shutil.copytree(ROOT / "adapters" / "party_building", other)
    replaced(other / "mapping.yaml", "version: 1", "version: 1 # another hash")
    good = place.configuration("one")
    party = str(ROOT / "adapters" / "party_building")
    without = "".join(line + "\n" for line in good.splitlines() if "governance_grid" not in line)
    return [
        ("an unknown key", good + "surces: {}\n", 'unknown key "surces": did you mean "sources"?'),
        ("no YAML at all", good + "sources: [\n", "one.yaml:"),
        ("a broken mapping", good + "\n".join(source(broken, [EARLY])) + "\n",
         'mapping.yaml:12:5: unknown key "kye": did you mean "key"?'),
        ("no folder", good + "\n".join(source(place.folder / "nowhere", [EARLY])) + "\n",
         "nowhere"),
        ("a topic twice", good + "\n".join(source(adapter, ["grid.canal"])) + "\n",
         "topic grid.canal already stands in"),
        ("a changed mapping", good.replace(party, str(other)),
         "a changed mapping or lookup of party_building"),
        ("a source that is gone", without, "the missing source or topic of governance_grid"),
        ("another lane count", good.replace("count: 2", "count: 3"), "keys, lanes and prefix"),
    ]


def refuse_all(place, one, adapter, wrong):
    """Each of these leaves everything as it was, and says why."""
    cases = wrong_reloads(place, adapter)
    path = place.folder / "one.yaml"
    for what, text, words in cases:
        begin = len(one.said())
        path.write_text(text, encoding="utf-8")
        one.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 15
        while REFUSED not in one.said()[begin:] and time.monotonic() < until:
            time.sleep(0.05)
        said = one.said()[begin:]
        if REFUSED not in said or words not in said:
            wrong.append(f"reload with {what}: no \"{words}\" in: {said[-500:]!r}")
    return len(cases)


def is_still_without(kafka, wrong, when):
    time.sleep(2)
    if any(NAME == name for _, refs in matters(kafka) for name, _ in refs):
        wrong.append(f"negative control: the case came out {when}")


def open_grid_case(kafka, grids):
    """(key, grid) of a matter that only the grid reported."""
    for value, refs in matters(kafka):
        only = list(refs)
        if len(only) == 1 and only[0][0] == "governance_grid" and value.get("grid") in grids and \
                value["state"] not in ("CLOSED", "VOID"):
            return only[0][1], value["grid"]
    raise RuntimeError("no open matter of the grid alone")


def others_received(place):
    """Records of the first two sources that the lanes took."""
    rows = place.ask("SELECT row FROM book")
    return sum(book["received"] for book in (json.loads(row) for (row,) in rows)
               if book["source"] in daemon.SOURCES)


def repeat_last(place, kafka):
    """The other sources' last records once more; how many."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.bootstrap,
                                         "group.id": "claims-join"})
    count = 0
    for topic in daemon.SOURCES.values():
        for partition, end in place.ends(topic).items():
            if end == 0:
                continue
            consumer.assign([confluent_kafka.TopicPartition(topic, partition, end - 1)])
            message = consumer.poll(10)
            if message is not None and message.value() is not None:
                produce(kafka, topic, message.value().decode(), message.key())
                count += 1
                break
    consumer.close()
    return count


def lanes(place):
    return place.ask("SELECT lane, epoch, owner FROM lane ORDER BY lane")


def expect(wrong, is_right, words):
    if not is_right:
        wrong.append(words)


def join(place, kafka, one, wrong):
    figures = {}
    place.settle(one, 120)
    before, received = lanes(place), others_received(place)
    adapter, grids = copy_folder(place)
    create_topic(kafka, EARLY)
    produce(kafka, EARLY, case(1, grids[0]))
    extend_policy(place)
    figures["reloads_refused"] = refuse_all(place, one, adapter, wrong)
    is_still_without(kafka, wrong, "before its source had joined")
    place.write("one", source(adapter, [EARLY, LATE]))
    begin = time.monotonic()
    one.process.send_signal(signal.SIGHUP)
    expect(wrong, wait_matter(kafka, 1, 60), f"the first case did not come out: {one.log_path}")
    figures["seconds_from_signal_to_event"] = round(time.monotonic() - begin, 1)
    expect(wrong, one.wait_said(f"topic {LATE} is not there yet", 15),
           f"nothing was said of {LATE}")
    key, grid = open_grid_case(kafka, grids)
    create_topic(kafka, LATE)
    begin = time.monotonic()
    produce(kafka, LATE, case(2, grid, key))
    refs = wait_matter(kafka, 2, 60)
    figures["seconds_from_late_topic_to_event"] = round(time.monotonic() - begin, 1)
    expect(wrong, refs is not None, "the case on the late topic did not come out")
    expect(wrong, refs is None or ("governance_grid", key) in refs,
           f"the case is not one matter with grid case {key}: {refs}")
    figures["records_of_others_meanwhile"] = repeat_last(place, kafka)
    place.settle(one, 60)
    figures["of_them_taken"] = others_received(place) - received
    expect(wrong, figures["of_them_taken"] == figures["records_of_others_meanwhile"] > 0,
           "records of the other sources were not taken once each")
    expect(wrong, one.process.poll() is None, "the process ended")
    now = lanes(place)
    figures["lanes_claimed_anew"] = sum(a != b for a, b in zip(before, now))
    expect(wrong, before == now, f"lanes: {before}, then {now}")
    return figures


def main():
    folder, wrong = pathlib.Path(os.environ["GB_SCRATCH"]) / "join", []
    bridge.generate(folder, 1, 1)
    with Kafka("join-kafka") as kafka, Postgres("join-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        place = daemon.Place(folder, kafka, postgres.dsn, LANES)
        with open(folder / "refuse.yaml", "a", encoding="utf-8") as file:
            file.write(f"  {NAME}: []\n")
        place.set_up()
        with place.run("one") as one:
            figures = join(place, kafka, one, wrong)
            code = one.stop()
        expect(wrong, code == 0, f"the daemon ended with {code}")
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
