"""A bridge stopped (SIGSTOP) while another takes its lanes over stores and publishes nothing.

--count rounds: an instance is stopped at a random moment of its work for 20 s, a second one takes
over and finishes, the first is woken. Then the topics hold no gap, no double, and the truth. The
negative control of the fence statement itself stands in tests/integration/test_sql.py and in
tests/unit/test_lane_faults.c.
"""
import argparse
import os
import pathlib
import random
import signal
import sys
import threading
import time

import bridge
import reader
from gb_servers import Kafka, Postgres

SHORT_SECONDS = None  # sleeps most of the time: scripts/prove zombie
LANES = 2
STOPPED_SECONDS = 20


def drain(drive):
    """Reads what a woken instance says, so that its pipe never fills."""
    for _ in drive.process.stdout:
        pass


def one_round(folder, seed):
    chance = random.Random(seed)
    bridge.generate(folder, 3, 1, seed=seed)
    with Kafka(f"zombie-kafka-{seed}") as kafka, Postgres(f"zombie-postgres-{seed}") as postgres:
        bridge.load(folder, kafka.bootstrap)
        first = bridge.Drive(folder, kafka, postgres, LANES, owner="drive-a")
        first.process.stdout.readline()
        time.sleep(chance.uniform(0.0, 2.0))
        first.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        second = bridge.Drive(folder, kafka, postgres, LANES, owner="drive-b")
        second.run_until_settled(120)
        time.sleep(max(0.0, stopped + STOPPED_SECONDS - time.monotonic()))
        first.process.send_signal(signal.SIGCONT)
        for drive in (first, second):
            threading.Thread(target=drain, args=(drive,), daemon=True).start()
        time.sleep(15)
        for drive in (first, second):
            drive.process.kill()
            drive.process.wait()
        result = reader.follow(kafka.bootstrap, "gb.", seconds=120)
    return result.faults + bridge.compare(folder, result)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=3)
    options = parser.parse_args()
    wrong = []
    for seed in range(1, options.count + 1):
        found = one_round(pathlib.Path(os.environ["GB_SCRATCH"]) / f"zombie-{seed}", seed)
        print(f"round={seed} wrong={len(found)}")
        for line in found[:10]:
            print(f"  {line}")
        wrong += found
    if wrong:
        print(f"zombie fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("zombie holds")


if __name__ == "__main__":
    main()
