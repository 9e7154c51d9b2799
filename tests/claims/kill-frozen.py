"""The same bytes come out of a frozen intake, however often reconcile and publish are killed.

An undisturbed intake run fills gb.intake once. Over it an undisturbed run gives the wanted bytes;
then a second one, from nothing, is killed (-9) by itself at --moments (20; --short: 1) moments of
each stop point and --random (50; --short: 3) times from outside. A kill counts only while intake
records wait to be applied and, at a stop point, if the process named it. Then key, value and all
headers of every output record, and head, root and state digest of every lane, are the same.
Nothing is masked: both databases are copies of one that was set up once, so gb_stream is the same.
Negative controls: a changed, a missing and a doubled record are found; a stop point of another role
never fires and would not be counted.
"""
import argparse
import os
import pathlib
import random
import sys
import time

import bridge
import daemon
import psycopg2
import raw
from psycopg2 import extensions
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 60
LANES = 4
BATCH_RECORDS = 10
# In the order of the way; how often a process may reach it before it is killed there.
POINTS = {"claimed": LANES, "loaded": LANES, "inited": LANES, "read_part": 8, "read_done": LANES,
          "stepped": 20, "commit_half": 20, "commit_sent": 20, "committed": 20,
          "produce_part": 20, "produced": 20, "txn_sent": 20, "published": 20, "floored": 1}
READ_BACK = ("read_part", "read_done")
NEVER = "intake_acked:1"  # reconcile alone never gets there


class Killed:
    """The run that is killed: what it went through."""

    def __init__(self, place, kafka, ends, chance):
        self.place, self.kafka, self.ends, self.chance = place, kafka, ends, chance
        self.kills = dict.fromkeys([*POINTS, "random"], 0)
        self.missed, self.again = [], 0
        self.idle = 0

    def waiting(self):
        return sum(self.place.left(self.ends).values())

    def floor(self):
        return self.place.ask("SELECT sum(floor_index) FROM lane")[0][0]

    def one(self, point, count, tries=3):
        """Starts an instance and has it killed; counts the kill if it hit its point at work."""
        if self.waiting() <= LANES:
            self.idle += 1
            return
        stop_at = None if point == "random" else f"{point}:{count}"
        with self.place.run("killed", roles="reconcile", stop_at=stop_at) as instance:
            if point == "random":
                self.kill_at_random(instance)
            elif not self.is_hit(instance, point, count):
                line = instance.stop_line()
                instance.kill()
                self.miss(point, tries, line)
                return
        if self.waiting() == 0:
            self.idle += 1
            return
        self.kills[point] += 1

    def is_hit(self, instance, point, count):
        if point == "floored":
            is_hit = self.let_floor_move(instance)
        elif point in READ_BACK:
            is_hit = self.reads_back(instance)
        else:
            is_hit = instance.wait_stop_point(60)
        return is_hit and instance.stop_line()[:2] == (point, count)

    def miss(self, point, tries, line):
        """There may be less to read back than that, or nothing behind a floor just written: then a
        kill behind a publication comes first, and the first record will do."""
        if point in READ_BACK and tries > 1:
            self.again += 1
            self.one("published", 1)
            self.one(point, 1, tries - 1)
        elif point == "floored" and tries > 1:
            self.one(point, 1, tries - 1)  # a commit carried it before Kafka was paused
        else:
            self.missed.append(f"{point} was not reached: {line}")

    def reads_back(self, instance):
        """False as soon as something new is published: what there was is read back by then."""
        before, until = self.floor(), time.monotonic() + 60
        while time.monotonic() < until and self.floor() == before:
            if instance.wait_stop_point(0.05):
                return True
        return False

    def kill_at_random(self, instance):
        """Some time after the first progress of this instance."""
        before, until = self.waiting(), time.monotonic() + 60
        while self.waiting() == before and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(self.chance.uniform(0, 0.15))
        instance.kill()

    def let_floor_move(self, instance):
        """Under load the commits carry the floor; it is written by itself, a second after what was
        published last, where Kafka is away and so nothing more is committed."""
        before, until = self.floor(), time.monotonic() + 60
        while self.floor() == before and time.monotonic() < until:
            time.sleep(0.01)
        self.kafka.pause()
        try:
            return instance.wait_stop_point(16)
        finally:
            self.kafka.resume()


def wait_until(condition, seconds, what):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} after {seconds} s")
        time.sleep(0.1)


def copy_database(postgres, name):
    """A copy of the database gridbridge beside it; its dsn."""
    base = extensions.parse_dsn(postgres.dsn)
    connection = psycopg2.connect(postgres.dsn, dbname="postgres", user="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {base['dbname']} OWNER {base['user']}")
    connection.close()
    return extensions.make_dsn(postgres.dsn, dbname=name)


def fill_intake(place):
    with place.run("intake", roles="intake") as intake:
        wait_until(place.is_intake_done, 300, "intake is not done")
        code = intake.stop()
    if code != 0:
        raise RuntimeError(f"the intake run ended with {code}: {intake.log_path}")
    return place.ends("gb.intake")


def run_to_end(place, ends, name, seconds, stop_at=None):
    """Until all is applied, published and the floor says so; the last line of a stop point."""
    with place.run(name, roles="reconcile", stop_at=stop_at) as instance:
        wait_until(lambda: sum(place.left(ends).values()) == 0 or
                   instance.process.poll() is not None, seconds, f"{place.left(ends)} left")
        code = instance.stop()
    return code, instance.stop_line()


def lanes_of(place):
    return place.ask("SELECT lane, next_offset, next_index, encode(root, 'hex'),"
                     " encode(state_digest, 'hex'), seqs FROM lane ORDER BY lane")


def plan(moments, others, chance):
    """Each point at `moments` counts between 1 and its bound, spread and mixed with random ones."""
    kills = [("random", 0)] * others
    for point, bound in POINTS.items():
        kills += [(point, 1 + (i * max(1, bound // moments) if moments < bound else i) % bound)
                  for i in range(moments)]
    chance.shuffle(kills)
    return [("published", 1), *kills]  # before that nothing could be read back


def control(wanted):
    """What the comparison says of a changed byte, a lost and a doubled record: it must find all."""
    at = max(wanted, key=lambda k: len(wanted[k]))
    records = wanted[at]
    key, value, headers = records[len(records) // 2]
    middle = len(records) // 2
    planted = {
        "value": [*records[:middle], (key, (value or b"") + b" ", headers), *records[middle + 1:]],
        "header": [*records[:middle], (key, value, headers[:-1]), *records[middle + 1:]],
        "lost": records[:middle] + records[middle + 1:],
        "doubled": records[:middle] + records[middle:middle + 1] + records[middle:],
        "last lost": records[:-1]}
    return [what for what, changed in planted.items()
            if not raw.differences(wanted, {**wanted, at: changed})]


def prove(options, folder, kafka, postgres):
    base = daemon.Place(folder, kafka, postgres.dsn, LANES)
    bridge.load(folder, kafka.bootstrap)
    base.set_up()
    ends = fill_intake(base)
    bridge.progress(f"gb.intake is frozen: {sum(ends.values())} records")
    whole = base.with_database(copy_database(postgres, "undisturbed"), 2000)
    broken = base.with_database(copy_database(postgres, "killed"), BATCH_RECORDS)
    code, _ = run_to_end(whole, ends, "undisturbed", 300)
    wanted = raw.read(kafka.bootstrap)
    wrong = [] if code == 0 else [f"the undisturbed run ended with {code}"]
    raw.delete_topics(kafka.bootstrap)
    base.call("topics", "create", "--replication", "1")
    killed = Killed(broken, kafka, ends, random.Random(options.seed))
    kills = plan(options.moments, options.random, killed.chance)
    broken_left = killed.waiting()
    for number, (point, count) in enumerate(kills):
        killed.one(point, count)
        if number % 20 == 19:
            bridge.progress(f"kill {number + 1} of {len(kills)}: {killed.waiting()} records wait")
    print(f"intake_records={sum(ends.values())}")
    print(f"left_before_kills={broken_left}")
    print(f"left_after_kills={killed.waiting()}")
    broken.batch_records = whole.batch_records  # outputs do not depend on it
    code, line = run_to_end(broken, ends, "killed", 300, stop_at=NEVER)
    wrong += killed.missed
    if code != 0 or line is not None:
        wrong.append(f"the last run ended with {code}, stop point {line}")
    found = raw.read(kafka.bootstrap)
    wrong += raw.differences(wanted, found)
    if base.ends("gb.intake") != ends:
        wrong.append("gb.intake was not frozen")
    wrong += compare_lanes(whole, broken)
    wrong += [f"{dsn}: {text}" for dsn, place in (("undisturbed", whole), ("killed", broken))
              for text in bridge.replay_identical(place, LANES)]
    wrong += [f"the comparison does not find a record that is {what}" for what in control(wanted)]
    wrong += check_kills(options, killed)
    print(f"outputs_undisturbed={raw.count(wanted)}")
    print(f"outputs_killed={raw.count(found)}")
    return wrong


def check_kills(options, killed):
    wrong = []
    for point, kills in killed.kills.items():
        print(f"kills_{point}={kills}")
        due = options.random if point == "random" else options.moments
        if kills < due:
            wrong.append(f"{point}: {kills} kills counted, {due} are due")
    print(f"kills={sum(killed.kills.values())}")
    print(f"kills_with_nothing_to_do={killed.idle}")
    print(f"read_back_shorter_than_asked={killed.again}")
    return wrong


def compare_lanes(whole, broken):
    wanted, found = lanes_of(whole), lanes_of(broken)
    wrong = [] if len(wanted) == LANES else [f"{len(wanted)} lanes of {LANES}"]
    for one, other in zip(wanted, found):
        print(f"lane={one[0]} lines={one[2]} digest={one[4]} same={int(one == other)}")
        if one != other:
            wrong.append(f"lane {one[0]}: undisturbed {one}, with kills {other}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--moments", type=int)
    parser.add_argument("--random", type=int)
    parser.add_argument("--days", type=int)
    parser.add_argument("--seed", type=int, default=20261125)
    options = parser.parse_args()
    for name, full, short in (("moments", 20, 1), ("random", 50, 3), ("days", 6, 1)):
        if getattr(options, name) is None:
            setattr(options, name, short if options.short else full)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "kill-frozen"
    bridge.generate(folder, options.days, 4 if options.short else 12)
    with Kafka("frozen-kafka") as kafka, Postgres("frozen-postgres") as postgres:
        wrong = prove(options, folder, kafka, postgres)
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"kill-frozen fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("kill-frozen holds")


if __name__ == "__main__":
    main()
