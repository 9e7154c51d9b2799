"""The simulator's fakes answer as real servers: the same operations, the same answers.

--count (10,000; --short: 200) random scripts on the fake and a real PostgreSQL: claims, fences,
row locks and their time-outs, transactions half sent, clients that go, backends that are ended,
floors, halts, and what LOAD, FETCH and the outbox then give. --kafka-count (10,000; --short: 60) on
the fake and a real Kafka: transactions of several producers of one id, fenced, committed, aborted,
left open, timed out; what read_committed readers see, with offsets, the stable one and the end. A
divergence is a bug of the fake. Control: two lanes whose rows differ are not taken for one.
"""
import argparse
import os
import pathlib
import random
import sys
import time

import psycopg2

import daemon
from fake_script import Fake, Verdict
from gb_servers import Kafka, Postgres
import real_kafka
import real_postgres

NEEDS = ()
SHORT_SECONDS = 90
CONNECTIONS = 4
ENDLESS = 9223372036854775807
GHOST = -1  # a client that has gone while its transaction waited


def fail(why):
    print(f"fakes fails: {why}")
    sys.exit(1)


class Desk:
    """Draws the next operation from what the fake has said so far."""

    def __init__(self, chance):
        self.chance = chance
        self.under_way = [None] * CONNECTIONS  # (kind, lane, is half sent)
        self.waiting = {}  # lane: who waits for its row; two would be let in in any order
        self.known = {}  # (connection, lane): (epoch, offset, index)

    def row(self):
        c = self.chance
        table = c.choice((0, 0, 0, 1, 1, 2, 2, 4, 5, 6, 7, 8, 8))
        key = "rmoekwbld"[table] + str(c.randrange(6 if table in (0, 8) else 4))
        if table not in (6, 7, 8) and c.random() < 0.15:
            return f"{table}/{key}/-"
        matter = f"m{c.randrange(4)}" if table in (0, 2) and c.random() < 0.9 else "-"
        if table == 2:
            matter = f"m{c.randrange(4)}"
        evidence = "-"
        if table == 0 and c.random() < 0.5:
            evidence = ",".join(str(n) for n in sorted(c.sample(range(1, 6), c.randint(1, 2))))
        reports = ",".join(sorted({f"r{c.randrange(6)}" for _ in range(c.randint(1, 2))}))
        live = c.choice((0, 3, 5, 9, ENDLESS))
        return f"{table}/{key}/{matter}/{live}/{evidence}/{reports if table == 8 else '-'}"

    def rows(self):
        rows = {tuple(r.split("/")[:2]): r for r in (self.row() for _ in
                                                     range(self.chance.randint(0, 8)))}
        return " ".join(sorted(rows.values()))

    def keys(self):
        c = self.chance
        keys = {c.choice("rrrmoed") + str(c.randrange(6)) for _ in range(c.randint(0, 3))}
        evidence = [str(c.randint(1, 6)) for _ in range(c.randint(0, 2))]
        return " ".join([*sorted(keys), "=", *evidence])

    def idle(self):
        free = [n for n, u in enumerate(self.under_way) if u is None]
        return self.chance.choice(free) if free else None

    def write(self, number, lane):
        c = self.chance
        epoch, offset, index = self.known.get((number, lane), (1, 0, 0))
        if c.random() < 0.15:
            epoch += c.choice((-1, 1))
        if c.random() < 0.1:
            offset += c.choice((-1, 1))
        kind = c.random()
        if kind < 0.75:
            self.send(number, "open", lane, True)
            return f"open {number} {lane} {epoch} {max(0, offset)} {index} {c.randint(1, 3)} " + (
                self.rows())
        self.send(number, "short", lane, False)
        if kind < 0.95:
            return f"floor {number} {lane} {epoch} {c.randint(0, 5)}"
        return f"halt {number} {lane} {epoch}"

    def read(self, lane):
        c = self.chance
        return c.choice((f"row {lane}", f"load {lane} {c.choice((0, 4, 9))}",
                         f"fetch {lane} {self.keys()}", f"fetch {lane} {self.keys()}",
                         f"outbox {lane} {c.randint(0, 4)}", f"kept {lane}"))

    def next(self):
        c = self.chance
        number, how = self.idle(), c.random()
        lane = c.randrange(2)
        half = [n for n, u in enumerate(self.under_way) if u and u[2]]
        if half and how < 0.3:
            n = c.choice(half)
            self.under_way[n] = (*self.under_way[n][:2], False)
            return f"close {n}"
        if 0.3 <= how < 0.36:
            return self.leave(c.randrange(CONNECTIONS), c.choice(("drop", "end")))
        if self.waiting and c.random() < 0.04:
            return "wait"
        if number is None or how >= 0.8 or lane in self.waiting:
            return self.read(lane)
        if 0.36 <= how < 0.46 or (number, lane) not in self.known:
            self.send(number, "claim", lane, False)
            return f"claim {number} {lane}"
        return self.write(number, lane)

    def leave(self, number, word):
        """What was sent whole and waits goes on without its client, unless its backend is ended."""
        under_way = self.under_way[number]
        is_ghost = word == "drop" and under_way and not under_way[2]
        for lane in [lane for lane, n in self.waiting.items() if n == number]:
            self.waiting[lane] = GHOST if is_ghost else None
        if under_way and under_way[0] == "open" and under_way[2]:
            self.release(under_way[1], number)
        self.under_way[number] = None
        self.known = {k: v for k, v in self.known.items() if k[0] != number}
        self.waiting = {lane: n for lane, n in self.waiting.items() if n is not None}
        return f"{word} {number}"

    def release(self, lane, number):
        """Who held the row is gone: a ghost has got it, and is done."""
        if self.waiting.get(lane) in (GHOST, number):
            del self.waiting[lane]

    def send(self, number, kind, lane, is_half):
        """Somebody else may hold the lane's row: then this one waits, told or not."""
        if any(u and u[0] == "open" and u[1] == lane for u in self.under_way):
            self.waiting[lane] = number
        self.under_way[number] = (kind, lane, is_half)

    def hear(self, answers, fake):
        """What ended is idle; who claimed, or stored a chunk, knows the row."""
        for line in answers:
            number, word = line.split()
            kind, lane, _ = self.under_way[int(number)]
            if word == "waits":
                self.waiting[lane] = int(number)
                continue
            self.release(lane, int(number))
            self.under_way[int(number)] = None
            if word == "ok" and kind in ("claim", "open"):
                said = fake.do(f"row {lane}")[0].split()
                self.known[(int(number), lane)] = (int(said[1]), int(said[3]), int(said[5]))


def is_told(operation):
    return operation.split()[0] in ("claim", "open", "close", "floor", "halt", "drop", "end",
                                    "wait")


def run_one(seed, fake, real):
    """The operations up to the first that is answered otherwise, with both answers; and whether
    this host was so slow that a lock_timeout came which the script did not wait for."""
    chance = random.Random(seed)
    desk, done, begin = Desk(chance), [], time.monotonic()
    fake.do("new")
    real.do("new")
    for _ in range(chance.randint(6, 20)):
        operation = desk.next()
        ours, theirs = fake.do(operation), real.do(operation)
        done.append((operation, ours, theirs))
        if ours != theirs:
            seconds = time.monotonic() - begin
            return done, seconds > real_postgres.LOCK_MS / 1000 and "busy" in str(theirs)
        if is_told(operation):
            desk.hear(ours, fake)
    return done, False


def run_postgres(options, fake, real, verdict):
    for seed in range(options.first, options.first + options.count):
        done, is_late = run_one(seed, fake, real)
        while is_late:
            verdict.late += 1
            done, is_late = run_one(seed, fake, real)
        verdict.count(seed, done)
        if verdict.scripts % 500 == 0:
            print(f"{verdict.scripts} scripts on PostgreSQL, {len(verdict.different)} differ",
                  flush=True)


def control(fake, real):
    """The comparison can fail: two lanes that differ are not taken for one."""
    for partner in (fake, real):
        partner.do("new")
        partner.do("claim 0 0")
        partner.do("claim 0 0")
        partner.do("claim 1 1")
    return fake.do("row 0") == real.do("row 0") != fake.do("row 1")


def migrate(dsn, root):
    for path in sorted((pathlib.Path(root) / "schemas" / "sql").glob("0*.sql")):
        with psycopg2.connect(dsn) as pg, pg.cursor() as cursor:
            cursor.execute(path.read_text(encoding="utf-8"))


def prove_postgres(options, root, program):
    verdict = Verdict("postgres")
    with Postgres("postgres") as postgres:
        migrate(postgres.dsn, root)
        fake = Fake(program)
        real = real_postgres.Real(postgres.dsn, root, CONNECTIONS)
        if not control(fake, real):
            fail("the control: a difference of lanes is not found")
        begin = time.monotonic()
        run_postgres(options, fake, real, verdict)
        fake.close()
        print(f"postgres_seconds={time.monotonic() - begin:.0f}")
    verdict.tell()
    return verdict


def prove_kafka(options, program):
    verdict = Verdict("kafka")
    with Kafka("kafka") as kafka:
        daemon.patiently(lambda: real_kafka.create(kafka.bootstrap))
        begin = time.monotonic()
        real_kafka.run(options, lambda: Fake(program), kafka.bootstrap, verdict)
        print(f"kafka_seconds={time.monotonic() - begin:.0f}")
    verdict.tell()
    return verdict


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--kafka-count", type=int)
    parser.add_argument("--first", type=int, default=1, help="number of the first script")
    options = parser.parse_args()
    if options.count is None:
        options.count = 200 if options.short else 10000
    if options.kafka_count is None:
        options.kafka_count = 60 if options.short else 10000
    root = os.environ["GB_ROOT"]
    program = pathlib.Path(os.environ["GB_BUILD"]) / "gridbridge-sim"
    verdicts = [prove_postgres(options, root, program)] if options.count else []
    verdicts += [prove_kafka(options, program)] if options.kafka_count else []
    different = sum(len(v.different) for v in verdicts)
    print(f"divergences={different}")
    if different:
        fail(f"{different} scripts are answered otherwise by a real server")
    print("fakes holds")


if __name__ == "__main__":
    main()
