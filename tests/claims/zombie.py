"""A frozen instance (SIGSTOP) whose lanes another took over stores and publishes nothing on waking.

--count rounds of each kind (3; --short: 1), always two instances of the daemon on one bridge:
  middle   frozen with half of a batch transaction's statements sent: its backend holds the lane's
           row and waits for the client; the successor must meet 55P03 and end that backend
  fence    both hold the same batch; the elder wakes first and must fail at the fence
  kafka    frozen with a whole Kafka transaction acknowledged and not committed; it must be fenced
  random   frozen at any moment of its work
After each round both run side by side for a while. At the end: no gap, no double, the truth, each
source coordinate once, Kafka equal to the outbox, replay identical. Negative control, in the full
form: a build whose fence statement does not fail (it counts rows in place of dividing by them)
stores the zombie's chunk in round `fence`, and this claim finds it.
"""
import argparse
import json
import os
import pathlib
import random
import re
import signal
import sys
import time

import bridge
import daemon
import patched
from feeder import Feeder
from gb_servers import Kafka, Postgres
from verdict import settle_and_check

SHORT_SECONDS = 120
LANES = 2
SECONDS_A_ROUND = 22
SESSION_SECONDS = 7.0  # the group's session.timeout.ms, and a little
FENCE = '" SELECT 1 / count(*) FROM u"\n\n#define SQL_LEDGER'


class Rounds:
    def __init__(self, place, postgres, chance, binary=None):
        self.place, self.chance, self.binary = place, chance, binary
        self.log = pathlib.Path(postgres.dir) / "postgres.log"
        self.figures = dict.fromkeys(("rounds", "backends_ended", "fenced_by_postgres",
                                      "fenced_by_kafka", "not_set_up"), 0)
        self.wrong = []

    def start(self, name, stop_at=None):
        return self.place.run(name, stop_at=stop_at, binary=self.binary)

    def head(self):
        return self.place.ask("SELECT coalesce(sum(next_index), 0) FROM lane")[0][0]

    def wait(self, condition, seconds, what):
        """True if the condition came about in time; otherwise a fault of the round."""
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                self.wrong.append(f"{what} not within {seconds} s")
                return False
            time.sleep(0.05)
        return True

    def owns_all(self, name):
        rows = self.place.ask("SELECT owner FROM lane")
        return len(rows) == LANES and all(r[0].startswith(f"{name}/") for r in rows)

    def heads(self):
        return dict(self.place.ask("SELECT lane, next_index FROM lane"))

    def takes_over(self, name):
        """The successor has every lane and goes on in each: so its producer is the newer one."""
        if not self.wait(lambda: self.owns_all(name), 60, f"{name} has all lanes"):
            return False
        before = self.heads()
        return self.wait(lambda: all(n > before[lane] for lane, n in self.heads().items()), 60,
                         f"{name} goes on in every lane")

    def backends(self):
        """Pids that claimed the lanes."""
        return [r[0] for r in self.place.ask("SELECT backend_pid FROM lane")]

    def server_said(self, pids, words):
        """The pids whose lines in the server's log begin with the words."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return [pid for pid in pids if re.search(rf"\[{pid}\] {words}", text)]

    def held_backends(self):
        """Pids that hold a lane's row and wait for their client in the middle of a pipeline."""
        return [r[0] for r in self.place.ask(
            "SELECT a.pid FROM pg_stat_activity a JOIN lane l ON l.backend_pid = a.pid"
            " AND l.backend_start = a.backend_start WHERE a.state = 'active'"
            " AND a.wait_event = 'ClientRead' AND a.backend_xid IS NOT NULL")]

    def side_by_side(self, elder):
        """Both are awake for a while; neither may end."""
        time.sleep(3)
        if elder.process.poll() is not None:
            self.wrong.append(f"the woken instance ended with {elder.process.returncode}")

    def middle(self):
        point = f"commit_half:{self.chance.randint(1, 9)}:freeze"
        with self.start("elder", point) as elder:
            if not elder.wait_frozen(60):
                self.wrong.append(f"{point} was not reached")
                return
            held = self.held_backends()
            with self.start("younger") as younger:
                if not held:
                    self.wrong.append("no backend waits in the middle of a transaction")
                if self.takes_over("younger") and "the lane's row is locked" in younger.said():
                    self.figures["backends_ended"] += self.ended(held)
                else:
                    self.wrong.append("the successor did not meet the held row")
                elder.wake()
                self.side_by_side(elder)

    def ended(self, pids):
        """How many of the backends were ended by command, as the server's own log has it."""
        ended = self.server_said(
            pids, "FATAL:  terminating connection due to administrator command")
        if len(ended) != len(pids):
            self.wrong.append(f"of backends {pids} only {ended} were ended")
        return len(ended)

    def fence(self):
        """The younger stands at its first batch, so nothing but the fence stops the elder."""
        with self.start("elder", f"stepped:{self.chance.randint(1, 9)}:freeze") as elder:
            if not elder.wait_frozen(60):
                self.wrong.append("stepped was not reached")
                return
            pids = self.backends()
            time.sleep(SESSION_SECONDS)  # the group has let the elder go: both lanes at once
            with self.start("younger", "stepped:1:freeze") as younger:
                if not younger.wait_frozen(60):
                    self.wrong.append("the successor does not step")
                    return
                if not self.owns_all("younger"):
                    self.figures["not_set_up"] += 1
                    return
                elder.wake()
                self.figures["fenced_by_postgres"] += self.wait(
                    lambda: self.server_said(pids, "ERROR:  division by zero"), 8,
                    "the woken instance is fenced by PostgreSQL")
                self.check_chunks()
                younger.wake()
                self.side_by_side(elder)

    def check_chunks(self):
        """No chunk lies beyond the head of its lane: only a zombie could have put it there."""
        for lane, head, end in self.place.ask(
                "SELECT l.lane, l.next_index, max(c.to_index) FROM lane l JOIN ledger_chunk c"
                " USING (lane) GROUP BY 1, 2 HAVING max(c.to_index) > l.next_index"):
            self.wrong.append(f"a zombie's chunk was stored: lane {lane} is at {head}, its ledger"
                              f" ends at {end}")

    def kafka(self):
        point = self.chance.choice(("produced", "produce_part"))
        with self.start("elder", f"{point}:{self.chance.randint(1, 5)}:freeze") as elder:
            if not elder.wait_frozen(60):
                self.wrong.append(f"{point} was not reached")
                return
            with self.start("younger") as younger:
                self.takes_over("younger")
                elder.wake()
                is_fenced = elder.wait_said("has been fenced by a newer instance", 20)
                self.figures["fenced_by_kafka"] += is_fenced
                if not is_fenced:
                    self.wrong.append("the woken instance was not fenced by Kafka")
                self.side_by_side(elder)
                younger.kill()

    def random(self):
        before = self.head()
        with self.start("elder") as elder:
            self.wait(lambda: self.head() > before, 60, "progress")
            time.sleep(self.chance.uniform(0, 1))
            elder.process.send_signal(signal.SIGSTOP)
            with self.start("younger"):
                self.takes_over("younger")
                elder.wake()
                self.side_by_side(elder)

    def run(self, kinds, count, feeder):
        for number in range(count):
            for kind in kinds:
                if feeder.is_done():
                    self.wrong.append("nothing was left to do")
                    return
                getattr(self, kind)()
                self.figures["rounds"] += 1
                bridge.progress(f"round {number + 1} of {count}: {kind}, {len(self.wrong)} wrong"
                                f" {self.wrong[-1:]}, {feeder.sent} records fed")


def start(folder, kafka, postgres, rounds):
    counts = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["counts"]
    place = daemon.Place(folder, kafka, postgres.dsn, LANES, batch_records=20)
    feeder = Feeder(folder, kafka.bootstrap,
                    sum(c["messages"] for c in counts.values()) / (rounds * SECONDS_A_ROUND))
    place.set_up()
    return place, feeder, counts


def prove(options, folder):
    kinds = ("middle", "fence", "kafka", "random")
    with Kafka("zombie-kafka") as kafka, Postgres("zombie-postgres") as postgres:
        place, feeder, counts = start(folder, kafka, postgres, len(kinds) * options.count)
        rounds = Rounds(place, postgres, random.Random(options.seed))
        rounds.run(kinds, options.count, feeder)
        wrong = rounds.wrong
        feeder.end()
        found, figures, _ = settle_and_check(place, feeder, counts, "elder")
        wrong += found
        rounds.check_chunks()
    if not rounds.figures["backends_ended"]:
        wrong.append("no backend was ended: the way over 55P03 was not walked")
    if not rounds.figures["fenced_by_postgres"]:
        wrong.append("the fence was not met")
    return wrong, {**rounds.figures, **figures}


def control(folder):
    """What the round finds with a fence that does not fail; nothing found is a fault."""
    binary = patched.build(folder / "patched", "src/shell/pg_sql.h", FENCE,
                           FENCE.replace("1 / count(*)", "count(*)"))
    bridge.progress("control: the fence is a plain update now")
    with Kafka("control-kafka") as kafka, Postgres("control-postgres") as postgres:
        place, feeder, _ = start(folder, kafka, postgres, 4)
        rounds = Rounds(place, postgres, random.Random(1), binary)
        for _ in range(5):
            rounds.run(("fence",), 1, feeder)
            if rounds.figures["rounds"] > rounds.figures["not_set_up"]:
                break
    return [line for line in rounds.wrong if line.startswith("a zombie's chunk was stored")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.count = options.count or (1 if options.short else 3)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "zombie"
    bridge.generate(folder, 1, 4)
    wrong, figures = prove(options, folder)
    if not options.short:
        found = control(folder)
        print(f"control={len(found)} {found[0] if found else ''}")
        if not found:
            wrong.append("with a fence that does not fail the claim finds nothing")
    for name, figure in figures.items():
        print(f"{name}={figure}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"zombie fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("zombie holds")


if __name__ == "__main__":
    main()
