"""Bridge, Kafka and PostgreSQL killed (-9) while records come in: each counts once, as undisturbed.

`gridbridge run` with all roles on sources that are fed all the time. --count kills in all (64;
--short: 10): the daemon by itself at stop points of intake, reconcile and publish, the daemon from
outside, every fourth time a server, which the running daemon must outlive. Each kill needs progress
of the instance before it, or its stop point. Afterwards:
- the topics have no gap, no double, no other matters, leads and states than the generator's truth;
- by the ledger alone, each source coordinate passed once, none is missing (a control plants a lost,
  a doubled and a twofold one);
- Kafka holds what the outbox holds; replay of every lane is identical.
"""
import argparse
import json
import os
import pathlib
import random
import sys
import time

import bridge
import daemon
from feeder import Feeder
from gb_servers import Kafka, Postgres
from verdict import settle_and_check

SHORT_SECONDS = 75
LANES = 2
SECONDS_A_KILL = 9.0
# Places and how often they are passed at most before the kill.
POINTS = {"taken": 30, "intake_part": 30, "intake_acked": 2, "intake_committed": 2,
          "claimed": LANES, "loaded": LANES, "inited": LANES, "read_done": LANES, "stepped": 4,
          "commit_half": 4, "commit_sent": 4, "committed": 4, "produce_part": 3, "produced": 3,
          "txn_sent": 3, "published": 3}


def start_again(server):
    """A killed server's port may be held for a moment, by a client's own connection attempt."""
    for attempt in range(20):
        try:
            server.start()
            return
        except RuntimeError as error:
            if "is taken" not in str(error) or attempt == 19:
                raise
            time.sleep(0.5)


class Killer:
    def __init__(self, place, servers, chance):
        self.place, self.servers, self.chance = place, servers, chance
        self.kills = {"stop_point": 0, "outside": 0, "kafka": 0, "postgres": 0}
        self.hit = dict.fromkeys(POINTS, 0)
        self.restarted = 0
        self.wrong = []

    def head(self):
        return self.place.ask("SELECT coalesce(sum(next_index), 0) FROM lane")[0][0]

    def wait_progress(self, before, what, seconds=90):
        until = time.monotonic() + seconds
        while self.head() == before:
            if time.monotonic() > until:
                self.wrong.append(f"no progress within {seconds} s after {what}")
                return
            time.sleep(0.02)

    def at_point(self, point, count):
        with self.place.run("bridge", stop_at=f"{point}:{count}") as instance:
            if not instance.wait_stop_point(90) or instance.stop_line()[:2] != (point, count):
                self.wrong.append(f"{point}:{count} was not reached: {instance.stop_line()}")
                return
        self.hit[point] += 1
        self.kills["stop_point"] += 1

    def outside(self):
        before = self.head()
        with self.place.run("bridge") as instance:
            self.wait_progress(before, "a start")
            time.sleep(self.chance.uniform(0, 1.5))
            instance.kill()
        self.kills["outside"] += 1

    def a_server(self, name):
        """Killed and started again under a running daemon, which must go on by itself."""
        before = self.head()
        with self.place.run("bridge") as instance:
            self.wait_progress(before, "a start")
            time.sleep(self.chance.uniform(0, 1.5))
            self.servers[name].kill()
            self.kills[name] += 1
            time.sleep(self.chance.uniform(0, 1.0))
            start_again(self.servers[name])
            before = self.head()
            if self.is_fenced(instance, before):
                self.supervise(before, name)
                return
            self.wait_progress(before, f"{name} was killed", 120)
            if instance.process.poll() is not None:
                self.wrong.append(f"the daemon ended with {instance.process.returncode} after"
                                  f" {name} was killed")
            instance.kill()

    def is_fenced(self, instance, before):
        """A broker killed before it has stored that a member came in place of another knows the
        other one afterwards, and fences ours: it ends with 75 and says so."""
        until = time.monotonic() + 120
        while self.head() == before and time.monotonic() < until:
            if instance.process.poll() is not None:
                return instance.process.returncode == 75 and "fenced" in instance.said()
            time.sleep(0.05)
        return False

    def supervise(self, before, name):
        """What systemd does about 75."""
        self.restarted += 1
        with self.place.run("bridge") as instance:
            self.wait_progress(before, f"{name} was killed and the daemon restarted", 120)
            instance.kill()


def plan(count, chance):
    """Every fourth a server, in turn; half of the others at stop points, each as often as goes."""
    points = list(POINTS)
    chance.shuffle(points)
    kills = []
    for number in range(count):
        if number % 4 == 3:
            kills.append(("kafka", "postgres")[number // 4 % 2])
        elif number % 4 == 1 and count > len(POINTS):
            kills.append("outside")
        else:
            points.append(points.pop(0))
            kills.append((points[-1], chance.randint(1, POINTS[points[-1]])))
    return kills


def kill_all(kills, killer, feeder):
    for number, kill in enumerate(kills):
        if feeder.is_done():
            killer.wrong.append(f"nothing was left to do at kill {number + 1}")
            return
        if kill == "outside":
            killer.outside()
        elif isinstance(kill, str):
            killer.a_server(kill)
        else:
            killer.at_point(*kill)
        bridge.progress(f"kill {number + 1} of {len(kills)}: {kill}, {feeder.sent} records fed")


def prove(options, folder, counts):
    messages = sum(c["messages"] for c in counts.values())
    with Kafka("kill-kafka") as kafka, Postgres("kill-postgres") as postgres:
        place = daemon.Place(folder, kafka, postgres.dsn, LANES, batch_records=50)
        feeder = Feeder(folder, kafka.bootstrap, messages / (options.count * SECONDS_A_KILL))
        place.set_up()
        killer = Killer(place, {"kafka": kafka, "postgres": postgres},
                        random.Random(options.seed))
        kill_all(plan(options.count, killer.chance), killer, feeder)
        fed_before = feeder.sent
        wrong = killer.wrong
        if feeder.end() != messages:
            wrong.append(f"{feeder.delivered} messages fed of {messages}")
        found, figures, result = settle_and_check(place, feeder, counts, "bridge")
        wrong += found
    figures["records_change"] = len(result.records["change"])
    figures["fed_while_killing"] = fed_before
    figures["restarted_by_supervisor"] = killer.restarted
    return wrong, {**{f"kills_{k}": n for k, n in killer.kills.items()},
                   **{f"at_{k}": n for k, n in killer.hit.items() if n}, **figures}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=20261125)
    options = parser.parse_args()
    options.count = options.count or (10 if options.short else 64)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "kill-all"
    bridge.generate(folder, 1 if options.short else 4, 4)
    counts = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["counts"]
    wrong, figures = prove(options, folder, counts)
    for name, figure in figures.items():
        print(f"{name}={figure}")
    kills = sum(figure for name, figure in figures.items() if name.startswith("kills_"))
    print(f"kills={kills}")
    if kills < options.count:
        wrong.append(f"{kills} kills, {options.count} are due")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"kill-all fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("kill-all holds")


if __name__ == "__main__":
    main()
