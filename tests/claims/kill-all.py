"""Bridge, Kafka and PostgreSQL killed (-9) at random: nothing lost, doubled or decided otherwise.

--count kills in all (60; --short: 8), intake among what is killed. Afterwards the published topics
have no gap, no double and no other truth than undisturbed.
"""
import argparse
import os
import pathlib
import random
import sys
import time

import bridge
import reader
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 120
LANES = 2


def kill_one(number, chance, drive, servers):
    """Kills the bridge, every fourth time a server instead."""
    if number % 4 != 3:
        drive.kill()
        return None
    server = chance.choice(servers)
    server.kill()
    start_again(server)
    return drive


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


def run(count, folder):
    chance = random.Random(20261125)
    bridge.generate(folder, 3, 1)
    figures = {"kills_bridge": 0, "kills_servers": 0}
    with Kafka("kill-kafka") as kafka, Postgres("kill-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        drive = None
        for number in range(count):
            if drive is None:
                drive = bridge.Drive(folder, kafka, postgres, LANES)
            time.sleep(chance.uniform(0.2, 3.0))
            drive = kill_one(number, chance, drive, (kafka, postgres))
            figures["kills_bridge" if drive is None else "kills_servers"] += 1
            bridge.progress(f"kill {number + 1} of {count}")
        if drive is not None:
            drive.kill()
        drive = bridge.Drive(folder, kafka, postgres, LANES)
        try:
            drive.run_until_settled(180)
        finally:
            drive.stop()
        result = reader.follow(kafka.bootstrap, "gb.", seconds=300)
    return figures, result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "kill-all"
    figures, result = run(8 if options.short else options.count, folder)
    wrong = result.faults + bridge.compare(folder, result)
    for name, figure in figures.items():
        print(f"{name}={figure}")
    print(f"records_change={len(result.records['change'])}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if wrong:
        print(f"kill-all fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("kill-all holds")


if __name__ == "__main__":
    main()
