"""gb.stats tells of a week what an outside reader adds up himself, and nothing under five.

A whole town through the daemon, dated over the turn of a week, with the lane's clock on the Monday
after it; then the clock goes on (ticks of a second writer) until two weeks are told. A model in
Python (lib/stats_model.py, lib/stats_told.py) folds gb.intake by versions, takes the matters from
gb.matter, and makes every message that must come and no other; compared whole. Every number that
published ones give by subtraction is 0 or at least five. Re-sends stand in the books as many as the
generator sent. Replay is identical.
--short: 3 days of matters; without it the whole town with posts, contacts and visits too.
Negative controls: a published number changed, one message left out, one report less in the model,
and a table told without complementary suppression must each be found.
"""
import argparse
import copy
import datetime
import json
import os
import pathlib
import sys
import time

import bridge
import confluent_kafka
import reader
import stats_model
import stats_told
from gb_daemon import Daemon
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 110
LANES = 2
DAY, WEEK = 86400000, 7 * 86400000


class Clock:
    """A second writer of ticks: the lane's clock is the maximum over writers."""

    def __init__(self, bootstrap):
        self.producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap,
                                                  "acks": "all", "enable.idempotence": True})
        self.n = 0

    def tick(self, ms):
        for lane in range(LANES):
            line = {"fields": {"clock": ms, "streams": []}, "kind": "tick",
                    "src": {"cluster": "claim", "index": 0, "offset": 0, "partition": 0,
                            "topic": ""},
                    "town": "", "w": {"n": self.n, "session": "claim-clock"}}
            self.producer.produce("gb.intake", key="", partition=lane, value=json.dumps(
                line, sort_keys=True, separators=(",", ":")))
        self.n += 1
        if self.producer.flush(30):
            raise TimeoutError("a tick was not taken")


def read_intake(bootstrap):
    """{lane: [line one ...]}"""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap,
                                         "group.id": "claim-stats", "enable.auto.commit": False})
    try:
        return {lane: [json.loads(message.value().split(b"\n", 1)[0]) for message in
                       reader.read_partition(consumer, "gb.intake", lane, 60)]
                for lane in range(LANES)}
    finally:
        consumer.close()


def expected(model, records, weeks):
    """{id: value} of all that must be told. Each town is told before the position of its first
    message; one of which nothing is told must have nothing to tell."""
    messages = {}
    for lane in model.lanes:
        mine = [r for r in records["stats"] if r.lane == lane]
        for monday in weeks:
            for town in sorted(town_of(model, lane)):
                told = [r for r in mine if r.value["town"] == town
                        and r.value["week"] == str(monday)]
                pos = min((stats_model.pos_of(r) for r in told), default=(lane, 1 << 60, 0))
                tables = model.tables(lane, (*pos[:2], -1) if not told else pos, town, monday,
                                      is_latest=True)
                messages |= stats_told.told(tables, town, monday)
    return messages


def town_of(model, lane):
    far = (lane, 1 << 60, 0)
    return {value["town"] for word in ("matter", "contact", "post")
            for value, _ in model.state(word, lane, far).values()}


def compare(want, got):
    wrong = [f"{id}: not told" for id in sorted(want.keys() - got.keys())]
    wrong += [f"{id}: told, and the model has nothing to tell" for id in
              sorted(got.keys() - want.keys())]
    for id in sorted(want.keys() & got.keys()):
        value = {k: v for k, v in got[id].items() if k != "policy"}
        if value != want[id]:
            names = [k for k in sorted(value.keys() | want[id].keys())
                     if value.get(k) != want[id].get(k)]
            wrong.append(f"{id}: {names[0]} is {value.get(names[0])}, the model says "
                         f"{want[id].get(names[0])}")
    return wrong


def control(model, records, weeks, want, got):
    """What is wrong on purpose must be found."""
    faults = []
    changed = copy.deepcopy(got)
    key = next(k for k, v in sorted(changed.items()) if "reports" in v)
    changed[key]["reports"] += 1
    less = {k: v for k, v in got.items() if k != key}
    for name, bad in (("a changed number", changed), ("a message less", less)):
        if len(compare(want, bad)) != 1:
            faults.append(f"negative control: {name} is not found")
    row = next(row for lane in model.lanes for matter in model.matters(lane, (lane, 1 << 60, 0))
               if f"{matter.place[:9]}/{matter.category}/{weeks[0]}" in want
               for _, row in matter.rows if row.came and row.accepted)
    row.came, row.accepted = 0, 0
    if expected(model, records, weeks) == want:
        faults.append("negative control: a report less in the model makes no difference")
    if not stats_told.attack(plain(model, weeks)):
        faults.append("negative control: the attacker finds nothing in what is told plainly")
    return faults


def plain(model, weeks):
    """Messages as they would be if only small numbers were left out."""
    for lane in model.lanes:
        for town in town_of(model, lane):
            tables = model.tables(lane, (lane, 1 << 60, 0), town, weeks[0], True)
            for category, counts in tables.items():
                reports = stats_told.sums(counts).get(("reports", None), {})
                for place, count in reports.items():
                    if count >= stats_told.LEAST:
                        yield stats_told.dress({"reports": count}, place, category, weeks[0])


def generate(folder, is_short, monday):
    start = monday - datetime.timedelta(days=2)
    extra = () if is_short else ("--entities", "all", "--households", "150", "--bursts", "none")
    bridge.progress(f"generating three days from {start}")
    bridge.generate(folder, 3, 1 if not is_short else 2, extra=("--start", str(start), *extra))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return (sum(c[word] for c in truth["counts"].values())
            for word in ("intake_records", "stale_replays"))


def tell(daemon, clock, ms):
    """Ticks until the lanes have told all that is over by then: a town a tick."""
    week = (ms - DAY - stats_model.begin_of(datetime.date(1969, 12, 29))) // WEEK - 1
    def is_told():
        clock.tick(ms)
        time.sleep(0.3)
        rows = daemon.ask("SELECT row::json ->> 'told' FROM lane_state WHERE key = 'stats'")
        return len(rows) == LANES and all(int(told) == week for (told,) in rows)
    daemon.wait(f"week {week} is told", is_told, 120)


def run(folder, kafka, postgres, records, begin):
    daemon = Daemon(folder, kafka.bootstrap, postgres.dsn, LANES, more=bridge.sources(folder))
    daemon.set_up()
    clock = Clock(kafka.bootstrap)
    with daemon:
        clock.tick(begin + 10 * 3600000)  # Monday, ten o'clock
        daemon.wait("the clock stands on Monday", lambda: daemon.ask(
            "SELECT count(*) FROM lane WHERE clock = %s", begin + 10 * 3600000)[0][0] == LANES, 60)
        bridge.load(folder, kafka.bootstrap)
        daemon.wait_received(records, 500)
        for days in (1, 8):
            tell(daemon, clock, begin + days * DAY)
        daemon.wait_received(records, 60)
        (resent,), = daemon.ask("SELECT sum(resent)::bigint FROM resent_v")
        kept = dict(daemon.ask("SELECT id, value FROM stats_v"))
        daemon.stop()
    return resent, kept


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "stats"
    monday = stats_model.monday_of(time.time() * 1000) + datetime.timedelta(days=7)
    weeks = [monday - datetime.timedelta(days=7), monday]
    records, replays = generate(folder, options.short, monday)
    with Kafka("stats-kafka") as kafka, Postgres("stats-postgres") as postgres:
        resent, kept = run(folder, kafka, postgres, records, stats_model.begin_of(monday))
        found = reader.follow(kafka.bootstrap, seconds=200)
        wrong = found.faults + bridge.replay_identical(postgres, LANES)
        model = stats_model.Model(folder / "policy", read_intake(kafka.bootstrap), found.records)
    got = {r.key: r.value for r in found.records["stats"]}
    if len(got) != len(found.records["stats"]):
        wrong.append(f"{len(found.records['stats'])} messages, {len(got)} keys: told twice")
    if kept != got:
        wrong.append(f"{len(kept)} rows of stats_v are not the {len(got)} messages")
    if resent != replays:
        wrong.append(f"{replays} re-sends, the books count {resent}")
    want = expected(model, found.records, weeks)
    wrong += compare(want, got)
    wrong += [f"attack: {fault}" for fault in stats_told.attack(got.values())]
    if not wrong:
        wrong += control(model, found.records, weeks, want, got)
    print(f"source_records={records}")
    print(f"resent={resent}")
    print(f"messages={len(got)}")
    for about in ("matters", "visits", "coverage"):
        print(f"messages_{about}={sum(v['about'] == about for v in got.values())}")
    for week in weeks:
        whole = [v for v in got.values() if v["week"] == str(week) and "village" not in v]
        for word in ("reports", "responded", "handled", "due", "open_overlaps"):
            print(f"{word}_{week}={sum(v.get(word, 0) for v in whole)}")
    for word in stats_told.ORDER:
        print(f"told_{word}={sum(word in v for v in got.values())}")
    print(f"grids_told={sum('grid' in v for v in got.values())}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"stats fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("stats holds")


if __name__ == "__main__":
    main()
