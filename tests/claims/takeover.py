"""18 towns over 6 lanes, several instances: each kill is taken over within 10 s, under load.

--count kills (12; --short: 3) of instances of one consumer group, each after another was added;
then roles split over processes, each killed once; then one lane of six halts: the others go on, and
`status` says so within 15 s. Take-over is complete when each lane of the dead instance has another
owner and has committed a batch. At the end: no gap, no double, the truth, each source coordinate
once, Kafka equal to the outbox, replay identical. Negative control: with no instance left, the
measure of a take-over says that there is none.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import bridge
import daemon
from feeder import Feeder
from gb_servers import Kafka, Postgres
from verdict import settle_and_check

SHORT_SECONDS = 240
TOWNS, LANES, SIZE = 18, 6, 3
LIMIT = 10.0
SECONDS_A_KILL = 20
READY_SECONDS = 15


class Fleet:
    """Running instances of one bridge; names are not used twice."""

    def __init__(self, place, feeder, chance):
        self.place, self.feeder, self.chance = place, feeder, chance
        self.running, self.started, self.wrong = {}, 0, []

    def add(self, roles=None):
        self.started += 1
        name = f"i{self.started}"
        self.running[name] = self.place.run(name, roles=roles)
        return name

    def owners(self):
        return {lane: (owner or "").split("/")[0]
                for lane, owner in self.place.ask("SELECT lane, owner FROM lane")}

    def heads(self):
        return dict(self.place.ask("SELECT lane, next_index FROM lane"))

    def shares(self, names):
        """True if every lane belongs to one of them and each of them has as many as is fair."""
        counts = {name: 0 for name in names}
        for owner in self.owners().values():
            counts[owner] = counts.get(owner, 0) + 1
        least = LANES // len(counts)
        return sum(counts.values()) == LANES and set(counts) == set(names) and \
            all(least <= n <= least + 1 for n in counts.values())

    def wait(self, condition, seconds, what):
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > seconds:
                self.wrong.append(f"{what}: not within {seconds} s")
                return None
            time.sleep(0.05)
        return time.monotonic() - begin

    def kill(self, name):
        """SIGKILL; the seconds until its lanes belong to others and go on; None if they do not."""
        lanes = [lane for lane, owner in self.owners().items() if owner == name]
        self.running.pop(name).kill()
        before = self.heads()
        return self.wait(lambda: self.is_taken_over(lanes, name, before), 30, f"lanes of {name}")

    def is_taken_over(self, lanes, name, before):
        owners, heads = self.owners(), self.heads()
        return all(owners[lane] not in ("", name) and heads[lane] > before[lane]
                   for lane in lanes)

    def end(self):
        for instance in self.running.values():
            instance.kill()
        self.running = {}


def scale(fleet, count):
    """Instances are added and killed; seconds of each take-over."""
    seconds = []
    for _ in range(SIZE):
        fleet.add()
    fleet.wait(lambda: fleet.shares(fleet.running), 60, "each instance has its lanes")
    for number in range(count):
        fleet.add()
        fleet.wait(lambda: fleet.shares(fleet.running), 60, "the added instance has lanes")
        taken = fleet.kill(fleet.chance.choice(sorted(fleet.running)))
        seconds.append(30.0 if taken is None else taken)
        bridge.progress(f"kill {number + 1} of {count}: {seconds[-1]:.1f} s,"
                        f" {fleet.feeder.sent} records fed")
    return seconds


def split_roles(fleet):
    """Intake and lanes in processes of their own; each is killed once, the rest goes on."""
    fleet.end()
    intakes = [fleet.add("intake"), fleet.add("intake")]
    lanes = [fleet.add("reconcile"), fleet.add("reconcile")]
    fleet.wait(lambda: fleet.shares(lanes), 60, "two instances share the lanes")
    taken = fleet.kill(lanes[0])
    before = sum(fleet.heads().values())
    fleet.running.pop(intakes[0]).kill()
    fleet.wait(lambda: sum(fleet.heads().values()) > before + 200, 30, "the second intake goes on")
    return 30.0 if taken is None else taken


def verdict_of(place):
    path = place.write("commands")
    return subprocess.run([daemon.program(), "status", "-c", path], cwd=daemon.ROOT, check=False,
                          capture_output=True, text=True, timeout=30)


def halt_one(fleet):
    """Lane 2 finds another record than it applied last; the seconds until `status` says so."""
    fleet.end()
    place = fleet.place
    place.ask("UPDATE lane SET last_hash = sha256('other') WHERE lane = 2 RETURNING 1")
    for _ in range(SIZE):
        fleet.add()
    fleet.wait(lambda: place.ask("SELECT status FROM lane WHERE lane = 2")[0][0] == "halted", 60,
               "lane 2 halts")
    told = fleet.wait(lambda: verdict_of(place).returncode == 2, READY_SECONDS, "status says so")
    before = fleet.heads()
    fleet.wait(lambda: all(n > before[lane] for lane, n in fleet.heads().items() if lane != 2), 60,
               "the other five lanes go on")
    if fleet.heads()[2] != before[2]:
        fleet.wrong.append("the halted lane went on")
    hashes = place.ask("SELECT leaves FROM ledger_chunk WHERE lane = 2 AND from_offset IS NOT NULL"
                       " ORDER BY from_index DESC LIMIT 1")
    place.ask("UPDATE lane SET last_hash = %s WHERE lane = 2 RETURNING 1",
              bytes(hashes[0][0])[-32:])
    place.call("lanes", "resume", "2", "--reason", "the record was the right one", "--execute")
    fleet.wait(lambda: fleet.heads()[2] > before[2] + 1, 60, "lane 2 goes on")
    return told


def prove(options, folder, counts):
    messages = sum(c["messages"] for c in counts.values())
    with Kafka("t-kafka") as kafka, Postgres("t-postgres") as postgres:
        place = daemon.Place(folder, kafka, postgres.dsn, LANES, batch_records=50)
        feeder = Feeder(folder, kafka.bootstrap, messages / ((options.count + 6) * SECONDS_A_KILL))
        place.set_up()
        fleet = Fleet(place, feeder, random.Random(options.seed))
        try:
            seconds = scale(fleet, options.count)
            seconds.append(split_roles(fleet))
            told = halt_one(fleet)
            if feeder.is_done():
                fleet.wrong.append("nothing was left to do")
            last = sorted(fleet.running)
            for name in last[1:]:
                fleet.running.pop(name).kill()
            wrong = list(fleet.wrong)
            if fleet.kill(last[0]) is not None:
                wrong.append("negative control: nobody was left, and yet it was taken over")
        finally:
            fleet.end()
        if feeder.end() != messages:
            wrong.append(f"{feeder.delivered} messages fed of {messages}")
        found, figures, _ = settle_and_check(place, feeder, counts)
    seconds.sort()
    wrong += [f"a take-over took {s:.1f} s" for s in seconds if s > LIMIT]
    return wrong + found, {"takeovers": len(seconds),
                           "takeover_p50": f"{seconds[len(seconds) // 2]:.1f}",
                           "takeover_max": f"{seconds[-1]:.1f}",
                           "halt_told_s": "never" if told is None else f"{told:.1f}", **figures}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=20261125)
    options = parser.parse_args()
    options.count = options.count or (3 if options.short else 12)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "takeover"
    bridge.generate(folder, 1 if options.short else 2, TOWNS,
                    extra=["--matters-per-day", "40" if options.short else "100"])
    counts = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["counts"]
    wrong, figures = prove(options, folder, counts)
    for name, figure in figures.items():
        print(f"{name}={figure}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"takeover fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("takeover holds")


if __name__ == "__main__":
    main()
