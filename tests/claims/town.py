"""A generated town comes out as its truth says: pairs, leads, near-misses, no gap, no canary.

30 days and 12 towns over 4 lanes (--short: 3 days, 1 town, 2 lanes) on a real Kafka and PostgreSQL.
The state topics are compacted before they are read (fewer records than were published), and still
ascend. Replay of the whole ledger is identical. Schemas are held against a sample: lib/scan.py.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import bridge
import scan
from gb_servers import Kafka, Postgres

SHORT_SECONDS = 75
# Small segments, and a cleaner that does not wait: what is not in the last segment is compacted.
COMPACTING = {"log__roll__ms": 2000, "log__segment__bytes": 1048576,
              "log__cleaner__backoff__ms": 1000, "log__cleaner__min__cleanable__ratio": 0.01,
              "log__cleaner__min__compaction__lag__ms": 0}
STILL = 8  # looks, two seconds apart, without a change


def state_bytes(kafka):
    """Bytes of the state topics' segments as they stand on the broker's disk."""
    return sum(path.stat().st_size for word in ("matter", "overlap")
               for path in pathlib.Path(kafka.dir).glob(f"**/gb.{word}-*/*.log")
               if path.exists())


def wait_compacted(kafka, seconds):
    """Until the cleaner has nothing more to do."""
    deadline, still, last = time.monotonic() + seconds, 0, state_bytes(kafka)
    while still < STILL and time.monotonic() < deadline:
        time.sleep(2)
        now = state_bytes(kafka)
        still, last = (still + 1 if now == last else 0), now


def check_compacted(found):
    """In every lane with matters the topic holds fewer records than were published."""
    wrong = []
    for (word, lane), published in sorted(found.last_seq.items()):
        kept = found.by_lane[word, lane]
        if word == "matter" and not 0 < kept < published:
            wrong.append(f"matter/{lane}: {kept} of {published} records: it was not compacted")
    return wrong


def run(options, folder):
    days, towns, lanes = (3, 1, 2) if options.short else (options.days, options.towns, 4)
    bridge.progress(f"generating {days} days, {towns} towns")
    bridge.generate(folder, days, towns)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    seconds = {}
    with Kafka("town-kafka", **COMPACTING) as kafka, Postgres("town-postgres") as postgres:
        bridge.load(folder, kafka.bootstrap)
        begin = time.monotonic()
        drive = bridge.Drive(folder, kafka, postgres, lanes)
        try:
            views = drive.run_until_quiet(
                sum(c["intake_records"] for c in truth["counts"].values()),
                60 + 120 * days * towns // 30)
        finally:
            code = drive.stop()
        seconds["run"] = round(time.monotonic() - begin)
        wait_compacted(kafka, 180)
        begin = time.monotonic()
        found = scan.follow(kafka.bootstrap, truth["canaries"], every=options.every)
        seconds["read"] = round(time.monotonic() - begin)
        begin = time.monotonic()
        wrong = found.faults + check_compacted(found) + bridge.compare(folder, found)
        wrong += bridge.replay_identical(postgres, lanes)
        seconds["compare_and_replay"] = round(time.monotonic() - begin)
    if code != 0:
        wrong.append(f"the bridge ended with {code}")
    return truth["counts"], views, wrong, found, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--towns", type=int, default=12)
    parser.add_argument("--every", type=int, default=200, help="schema of every n-th of a kind")
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "town"
    counts, views, wrong, found, seconds = run(parser.parse_args(), folder)
    unchanged = sum(v["unchanged"] for v in views.values())
    replays = sum(c["stale_replays"] for c in counts.values())
    print(f"source_rows={sum(c['intake_records'] for c in counts.values())}")
    print(f"unchanged={unchanged}")
    print(f"stale_replays={replays}")
    for word, count in found.counts.items():
        published = sum(seq for (topic, _), seq in found.last_seq.items() if topic == word)
        print(f"records_{word}={count}")
        print(f"published_{word}={published}")
        print(f"validated_{word}={found.validated[word]}")
    print(f"kinds={len(found.kinds)}")
    for name, figure in seconds.items():
        print(f"seconds_{name}={figure}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:20]:
        print(f"  {line}")
    dead = sum(sum(c["dead"].values()) for c in counts.values())
    if found.counts["deadletter"] != dead:
        wrong.append(f"{dead} rows should be dead, {found.counts['deadletter']} are")
    if unchanged != replays:
        wrong.append(f"{replays} replays, but {unchanged} records changed nothing")
    if wrong:
        print(f"town fails: {len(wrong)} differences, the first: {wrong[0]}")
        sys.exit(1)
    print("town holds")


if __name__ == "__main__":
    main()
