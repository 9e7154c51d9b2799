"""A generated town comes out as its truth says: pairs, leads, near-misses, no gap, no canary.

30 days and 12 towns over 4 lanes (--short: 3 days, 1 town, 2 lanes) on a real Kafka and PostgreSQL.
"""
import argparse
import json
import os
import pathlib
import sys

import bridge
import reader
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 60


def run(options, folder):
    days, towns, lanes = (3, 1, 2) if options.short else (options.days, options.towns, 4)
    bridge.progress(f"generating {days} days, {towns} towns")
    bridge.generate(folder, days, towns)
    with Kafka("town-kafka") as kafka, Postgres("town-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        counts = json.loads((folder / "truth.json").read_text())["counts"]
        drive = bridge.Drive(folder, kafka, postgres, lanes)
        try:
            views = drive.run_until_quiet(sum(c["intake_records"] for c in counts.values()),
                                          60 + 120 * days * towns // 30)
        finally:
            code = drive.stop()
        result = reader.follow(kafka.bootstrap, "gb.", seconds=600)
    return counts, views, code, result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--towns", type=int, default=12)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "town"
    counts, views, code, result = run(parser.parse_args(), folder)
    wrong = result.faults + bridge.compare(folder, result)
    unchanged = sum(v["unchanged"] for v in views.values())
    replays = sum(c["stale_replays"] for c in counts.values())
    print(f"source_rows={sum(c['intake_records'] for c in counts.values())}")
    print(f"unchanged={unchanged}")
    print(f"stale_replays={replays}")
    for word, records in result.records.items():
        print(f"records_{word}={len(records)}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    if unchanged != replays:
        wrong.append(f"{replays} replays, but {unchanged} records changed nothing")
    if code != 0:
        wrong.append(f"the bridge ended with {code}")
    if wrong:
        print(f"town fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("town holds")


if __name__ == "__main__":
    main()
