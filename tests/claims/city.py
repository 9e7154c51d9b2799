"""A city of 150 towns in one process of 8 lanes: memory, rate, time to be ready after a kill.

One day of all entities of --towns towns (150; --short: 12), grids of --households households (150;
the model town has 300), through Kafka and PostgreSQL. The daemon is killed twice and started again
under its name: with half of the records done, and with all of them: each lane is claimed, loaded
and runs within 60 s of the start. The state that was loaded is that of before to the byte; every
matter is as the truth says (from the database: a city's topics are not read); books hold every
record; replay. Memory is bounded: under 30 kB a row that stands open, and no more than a third
above it after the second start. Control: an instance that cannot claim is told as not ready.
"""
import argparse
import json
import os
import pathlib
import re
import sys
import time
import types

import bridge
import daemon
import whole
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 150
LANES = 8
READY_SECONDS = 60
RUNS = re.compile(r"lane=(\d+) .*runs from offset")
TABLES = ("observation", "matter", "overlap", "post", "contact", "visit")
NAME = "city"


class City(whole.Whole):
    def __init__(self, folder, kafka, dsn):
        daemon.Place.__init__(self, folder, kafka, dsn, LANES)
        self.party = [t for t in whole.load.topics_of(folder) if t.startswith("party.")]

    def configuration(self, name, more=()):
        text = daemon.Place.configuration(self, name, more)
        one = f"topic: {daemon.SOURCES['party_building']},"
        return text.replace(one, f"topics: [{', '.join(self.party)}],")

    def epochs(self):
        return dict(self.ask("SELECT lane, epoch FROM lane"))

    def received(self):
        return sum(numbers[0] for numbers in self.books().values())

    def open_rows(self):
        """Rows that memory holds: what is open, or in its cell."""
        return {t: self.ask(f"SELECT count(*) FROM {t} WHERE live_until >= (SELECT max(clock)"
                            " FROM lane)")[0][0] for t in ("observation", "matter", "contact",
                                                           "post", "visit")}

    def digest(self):
        return {t: self.ask(f"SELECT count(*), sum(hashtextextended(key || row, 0)) FROM {t}"
                            )[0] for t in TABLES}


def memory_mb(instance, word):
    text = pathlib.Path(f"/proc/{instance.process.pid}/status").read_text(encoding="utf-8")
    return int(text.partition(f"{word}:")[2].split()[0]) // 1024


def start(place, seconds=READY_SECONDS):
    """(instance, {lane: seconds until claimed}, {lane: seconds until it runs})"""
    before, begin = place.epochs(), time.monotonic()
    instance = place.run(NAME)
    claimed, running = {}, {}
    while len(running) < LANES and time.monotonic() - begin < seconds:
        now = time.monotonic() - begin
        for lane, epoch in place.epochs().items():
            if epoch > before.get(lane, 0):
                claimed.setdefault(lane, now)
        for lane in map(int, RUNS.findall(instance.said())):
            running.setdefault(lane, now)
        if instance.process.poll() is not None:
            break
        time.sleep(0.05)
    return instance, claimed, running


def wait_until(what, condition, seconds):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(1)


def tell(name, claimed, running, wrong):
    if len(running) < LANES:
        wrong.append(f"{name}: {LANES - len(running)} lanes do not run after {READY_SECONDS} s")
        return
    print(f"seconds_to_claim_{name}={max(claimed.values()):.1f}")
    print(f"seconds_to_first_lane_{name}={min(running.values()):.1f}")
    print(f"seconds_to_ready_{name}={max(running.values()):.1f}", flush=True)


def compare(place, folder):
    """The truth against the rows of matters, as bridge.compare takes them."""
    matters = {key: value for key, value in place.ask(
        "SELECT key, row::json -> 'value' FROM matter WHERE row::json -> 'value' IS NOT NULL")
        if value}
    return bridge.compare(folder, types.SimpleNamespace(state={"matter": matters}, records={}))


def cannot_claim(place):
    """Negative control: the lanes are an instance's that a newer program left."""
    place.ask("UPDATE lane SET core_semantics = core_semantics + 1 RETURNING lane")
    instance, _, running = start(place, 12)
    instance.kill()
    place.ask("UPDATE lane SET core_semantics = core_semantics - 1 RETURNING lane")
    return ["the claim is blind: lanes that nobody may claim run"] if running else []


def drive(place, due, wrong):
    """Figures of the run: the daemon is killed in its middle, and at its end."""
    total = sum(due.values())
    instance, claimed, running = start(place)
    tell("new", claimed, running, wrong)
    begin = time.monotonic()
    wait_until("half", lambda: place.received() * 2 >= total, 1800)
    half, done = time.monotonic() - begin, place.received()
    print(f"records_per_second={done / half:.0f}", flush=True)
    print(f"peak_mb_half={memory_mb(instance, 'VmHWM')}", flush=True)
    instance.kill()
    instance, claimed, running = start(place)
    tell("under_load", claimed, running, wrong)
    place.wait(due, 3000)
    place.settle(instance, 300)
    bridge.progress("all records are done")
    peak, before = memory_mb(instance, "VmHWM"), place.digest()
    instance.kill()
    instance, claimed, running = start(place)
    tell("at_the_end", claimed, running, wrong)
    rows, loaded = place.open_rows(), memory_mb(instance, "VmHWM")
    if place.digest() != before:
        wrong.append("rows of state differ after the second start")
    if instance.stop() != 0:
        wrong.append("the daemon did not end in order")
    print(f"peak_mb={peak}")
    print(f"loaded_mb={loaded}")
    for name, count in rows.items():
        print(f"held_{name}s={count}")
    held = sum(rows.values())
    print(f"bytes_a_row_held={peak * 1048576 // max(1, held)}")
    if peak * 1048576 > 30_000 * held + (200 << 20) or loaded > peak * 4 // 3:
        wrong.append(f"memory: {peak} MB for {held} rows held, {loaded} MB when loaded anew")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--towns", type=int)
    parser.add_argument("--households", type=int, default=150)
    options = parser.parse_args()
    towns = options.towns or (12 if options.short else 150)
    folder, wrong = pathlib.Path(os.environ["GB_SCRATCH"]) / "city", []
    bridge.progress(f"generating {towns} towns")
    bridge.generate(folder, 1, towns, 3, ("--entities", "all", "--bursts", "none", "--households",
                                          str(options.households)))
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    due = whole.due_of(folder, truth)
    print(f"towns={towns}\nlanes={LANES}\nrecords={sum(due.values())}", flush=True)
    with Kafka("city-kafka") as kafka, Postgres("city-postgres") as postgres:
        place = City(folder, kafka, postgres.dsn)
        place.set_up()
        bridge.progress("loading")
        bridge.load(folder, kafka.bootstrap)
        drive(place, due, wrong)
        wrong += compare(place, folder) + whole.check_books(place, truth)
        bridge.progress("replaying")
        wrong += bridge.replay_identical(place, LANES) + cannot_claim(place)
    print(f"matters={truth['groups']}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}"[:400])
    if wrong:
        print(f"city fails: {len(wrong)} faults, the first: {wrong[0][:300]}")
        sys.exit(1)
    print("city holds")


if __name__ == "__main__":
    main()
