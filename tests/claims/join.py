"""A third department's system joins a running daemon by a folder: no C, no rebuild, no restart.

The folder tests/joining/urban_management appears beside the configuration while the daemon runs,
is checked and tested; the bundle that names it is activated; SIGHUP. Its first record becomes an
event; another topic of it appears later still, with a record that names a case of the grid and
becomes one matter with it. The process is the same, no lane is claimed anew, records of the other
sources go on. Then its mapping changes to and fro while its records stream in: each of them stands
in the ledger of one lane, by one mapping.
Negative controls: before the signal nothing of it comes out though its record stands on the topic;
each reload with a mistake is refused in words that name the place, and changes nothing; a build
that does not drain before it changes a mapping must put a record into two lanes (not in --short).
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import bridge
import confluent_kafka
import confluent_kafka.admin
import daemon
import patched
import reader
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 110
ROOT = pathlib.Path(os.environ["GB_ROOT"])
FOLDER = ROOT / "tests" / "joining" / "urban_management"
NAME, EARLY, LATE, LANES = "urban_management", "urban.early", "urban.late", 4
TOWNS = ("320312111", "320312112")
STORM_RELOADS, CASES_BETWEEN, CASES_MAX = 8, 60, 60000
REFUSED = "everything stays as it was"


def copy_folder(place):
    """What a department hands over; what an operator does with it before the signal."""
    adapter, lookups = place.folder / NAME, place.folder / "urban_lookups"
    shutil.copytree(FOLDER, adapter)
    lookups.mkdir()
    rows = [line.split(",")[0] for line in
            (place.folder / "policy" / "territory.csv").read_text(encoding="utf-8").splitlines()]
    grids = [code for code in rows if len(code) == 15 and code.startswith(TOWNS[0])]
    (lookups / "urban_grids.csv").write_text("id,grid,village,town\n" + "".join(
        f"{code},{code},{code[:12]},{code[:9]}\n" for code in grids), encoding="utf-8")
    for word in ("check", "test"):
        subprocess.run([daemon.program(), word, "mapping", adapter, "--refuse",
                        place.folder / "refuse.yaml"], check=True, stdout=subprocess.DEVNULL)
    return adapter, grids


def add_lines(path, more):
    """More lines at a bundle's file's end; below `section:` where they begin with one."""
    text, section = path.read_text(encoding="utf-8"), None
    for line in more.splitlines(keepends=True):
        if line.rstrip().endswith(":") and line[0] != " " and line in text:
            section = line
        elif section:
            text = text.replace(section, section + line, 1)
        else:
            text += line
    path.write_text(text, encoding="utf-8")


def extend_policy(place):
    with open(place.folder / "refuse.yaml", "a", encoding="utf-8") as file:
        file.write(f"  {NAME}: []\n")  # no_text is the last section
    for path in (FOLDER / "policy").iterdir():
        add_lines(place.folder / "policy" / path.name, path.read_text(encoding="utf-8"))
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
    broken, good = place.folder / "broken", place.configuration("one")
    shutil.copytree(adapter, broken)
    replaced(broken / "mapping.yaml", "key: [case_no]", "kye: [case_no]")
    (place.folder / "broken.yaml").write_text("version: 1\nclasses: []\n", encoding="utf-8")
    return [
        ("an unknown key", good + "surces: {}\n", 'unknown key "surces": did you mean "sources"?'),
        ("no YAML at all", good + "sources: [\n", "one.yaml:"),
        ("a broken mapping", good + "\n".join(source(broken, [EARLY])) + "\n",
         'broken/mapping.yaml:12:5: unknown key "kye": did you mean "key"?'),
        ("no folder", good + "\n".join(source(place.folder / "nowhere", [EARLY])) + "\n",
         "nowhere"),
        ("a topic twice", good + "\n".join(source(adapter, ["grid.canal"])) + "\n",
         "topic grid.canal already stands in"),
        ("an empty refuse-list", good.replace("refuse: refuse.yaml", "refuse: broken.yaml"),
         "an empty refuse-list refuses to start"),
        ("another lane count", good.replace(f"count: {LANES}", "count: 3"),
         "lanes changes by a restart only"),
        ("another database", good.replace("dsn: '", "dsn: 'application_name=x "),
         "postgres changes by a restart only"),
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
    drift = "schema drift: party_building sends column contact_name"
    expect(wrong, one.said().count(drift) == 1, "a column nobody maps was not told once")
    before, received = lanes(place), others_received(place)
    extend_policy(place)
    adapter, grids = copy_folder(place)
    create_topic(kafka, EARLY)
    produce(kafka, EARLY, case(1, grids[0]))
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
    return figures, grids


def other_mapping(adapter):
    """The same system with another town: its records go to another lane."""
    other = adapter.parent / "urban_other"
    shutil.copytree(adapter, other)
    replaced(other / "mapping.yaml", "town: {prefix: grid_code}",
             f'town: {{constant: "{TOWNS[1]}"}}')
    return other


def lane_of(town):
    value = 0xCBF29CE484222325
    for byte in town.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value % LANES


def feed(kafka, grid, first, ends):
    """New cases at a pace, until the event `ends` is set."""
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 0})
    for number in range(first, first + CASES_MAX):
        producer.produce(EARLY, case(number, grid).encode())
        producer.poll(0)
        if ends.wait(0.004):
            break
    producer.flush(30)


def wait_flow(place, seconds):
    """Until new cases are under way: read, sent, and not all committed yet."""
    begin, until = sum(place.ends("gb.intake").values()), time.monotonic() + seconds
    while sum(place.ends("gb.intake").values()) < begin + CASES_BETWEEN:
        if time.monotonic() > until:
            raise TimeoutError("no cases come in")
        time.sleep(0.05)


def places_of_cases(place):
    """{offset of the early topic: {(lane, mapping), ...}} of what stands in the ledgers."""
    found = {}
    for lane, line in place.ask("SELECT lane, line FROM ledger_line WHERE line LIKE %s",
                                f'%"topic":"{EARLY}"%'):
        record = json.loads(line)
        if record["kind"] == "observation":
            found.setdefault(record["src"]["offset"], set()).add((lane, record["h_map"]))
    return found


def reload_under_load(place, one, lines, wrong):
    done, refused = one.said().count("reload: done"), one.said().count(REFUSED)
    place.write("one", lines)
    one.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 30
    while one.said().count("reload: done") == done:
        if one.said().count(REFUSED) > refused or time.monotonic() > until:
            wrong.append(f"a reload under load was refused: {one.log_path}")
            return
        time.sleep(0.05)


def storm(place, kafka, one, grid, wrong):
    """Reloads with the one and the other mapping by turns while records come in."""
    adapter = place.folder / NAME
    folders = [other_mapping(adapter), adapter]
    expect(wrong, lane_of(TOWNS[0]) != lane_of(TOWNS[1]), "both towns are of one lane")
    before, ends = place.ends(EARLY)[0], threading.Event()
    feeder = threading.Thread(target=feed, args=(kafka, grid, 1000, ends))
    feeder.start()
    try:
        for i in range(STORM_RELOADS):
            wait_flow(place, 90)
            reload_under_load(place, one, source(folders[i % 2], [EARLY, LATE]), wrong)
        wait_flow(place, 90)
    finally:
        ends.set()
        feeder.join()
    place.settle(one, 240)
    found = places_of_cases(place)
    twice = sum(len(places) > 1 for places in found.values())
    missing = set(range(before, place.ends(EARLY)[0])) - set(found)
    used = {h_map for places in found.values() for _, h_map in places}
    return {"storm_cases": len(found), "storm_reloads": STORM_RELOADS, "mappings": len(used),
            "cases_in_two_lanes": twice, "cases_missing": len(missing)}


def run_all(place, kafka, binary, wrong):
    """Join, then the storm, with one process. The storm's figures apart."""
    with place.run("one", binary=binary) as one:
        figures, grids = join(place, kafka, one, wrong)
        of_storm = storm(place, kafka, one, grids[0], wrong)
        code = one.stop()
    expect(wrong, code == 0, f"the daemon ended with {code}")
    return figures, of_storm


def on_servers(folder, name, binary=None):
    """(figures, figures of the storm, what is wrong) of one bridge from nothing."""
    folder, wrong = folder / name, []
    bridge.generate(folder, 1, 2)
    with Kafka(f"{name}-kafka") as kafka, Postgres(f"{name}-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        place = daemon.Place(folder, kafka, postgres.dsn, LANES)
        place.set_up()
        figures, of_storm = run_all(place, kafka, binary, wrong)
        wrong += reader.follow(kafka.bootstrap, "gb.", seconds=300).faults
        wrong += bridge.replay_identical(postgres, LANES)
    return figures, of_storm, wrong


def control(folder):
    """A build that turns without draining."""
    binary = patched.build(folder / "undrained", "src/shell/world_intake.c",
                           "bool may_turn = !t->turn->must_drain ||", "bool may_turn = true ||")
    return on_servers(folder, "control", binary)[1]["cases_in_two_lanes"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"])
    figures, of_storm, wrong = on_servers(folder, "join")
    expect(wrong, of_storm["cases_in_two_lanes"] == 0, "cases stand in two lanes")
    expect(wrong, of_storm["cases_missing"] == 0, "cases are missing")
    expect(wrong, of_storm["mappings"] == 2, "not both mappings read cases")
    figures.update(of_storm)
    if not options.short:
        figures["control_cases_in_two_lanes"] = control(folder)
        expect(wrong, figures["control_cases_in_two_lanes"] > 0,
               "the build that does not drain was not found out")
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
