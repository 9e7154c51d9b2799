#!/usr/bin/python3
"""A department's system with its connector to gridbridge, for tests, the demo and as a model.

    department.py --source party_building --bootstrap localhost:9092 --dsn dbname=dj

Makes its table in its own PostgreSQL where it is missing, consumes gb.writeback.<source>, carries
each write-back out or refuses it, answers, and sends every change of its table as its capture tool
would. --rows DIR: begins with the rows of a generated folder. --officers N: N edits a minute by
simulated officers. Ends at SIGTERM or SIGINT, or after --seconds; its last line says what it did.
"""
import argparse
import json
import pathlib
import random
import signal
import sys
import time

from dept import stock, wire
from dept.connector import Connector
from dept.officers import Officers
from dept.store import Store
from dept.systems import SYSTEMS


class Work:
    """The officers' edits, evenly spread: one every 60 / N seconds."""

    def __init__(self, store, per_minute, seed):
        self.store, self.per_minute = store, per_minute
        self.rng = random.Random(f"{seed}/{store.system.source}")
        self.officers = Officers(store.system, self.rng)
        self.begin, self.done = time.monotonic(), 0

    def turn(self):
        keys = None
        while self.done < (time.monotonic() - self.begin) * self.per_minute / 60:
            keys = keys or sorted(self.store.rows())
            if keys:
                self.store.update(self.rng.choice(keys), self.officers.some_act())
            self.done += 1


def options_of(words):
    parser = argparse.ArgumentParser(prog="department.py", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--source", required=True, choices=sorted(SYSTEMS))
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--dsn", required=True, help="the department's own PostgreSQL")
    parser.add_argument("--create-topics", action="store_true", help="make the capture's topic")
    parser.add_argument("--prefix", default="gb.", help="kafka.topic_prefix of the bridge")
    parser.add_argument("--lookups", help="id,grid,village,town: the department's own places")
    parser.add_argument("--rows", type=pathlib.Path, help="folder of examples/generator")
    parser.add_argument("--officers", type=float, default=0, metavar="N", help="edits a minute")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--seconds", type=float)
    return parser.parse_args(words)


def main(words=None):
    options = options_of(words)
    store = Store(options.dsn, SYSTEMS[options.source](), options.lookups).set_up()
    if options.rows:
        store.load(stock.rows_of(options.rows, store.system))
    if options.create_topics:
        wire.create_topics(options.bootstrap, names=[wire.TOPICS[options.source]])
    connector = Connector(store, options.bootstrap, options.prefix)
    work = Work(store, options.officers, options.seed)
    is_over = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.append(True))
    print(f"department {options.source}: {len(store.rows())} rows, waits for {connector.topic}",
          file=sys.stderr, flush=True)
    begin = time.monotonic()
    while not is_over and not (options.seconds and time.monotonic() - begin > options.seconds):
        connector.turn(0.2)
        work.turn()
    connector.close()
    print(json.dumps({"source": options.source, **connector.counts}))


if __name__ == "__main__":
    main()
