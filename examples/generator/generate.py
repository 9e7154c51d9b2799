#!/usr/bin/python3
"""Writes the model town's change data of two networks, and the truth. See README.md."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from gridgen import volume, world  # noqa: E402
from gridgen.stream import generate  # noqa: E402

_KEYS = Path(__file__).resolve().parent.parent / "tangzhang" / "keys"


def parse(arguments):
    """The command line as (world.Options, arguments)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--towns", type=int, default=1, help="Tangzhang and its neighbours")
    parser.add_argument("--start", default="2026-11-02",
                        help="first day, local (default %(default)s)")
    parser.add_argument("--schema-wrapper", action="store_true",
                        help="Debezium records carry their schema")
    parser.add_argument("--mix-wrapper", action="store_true", help="about half of them do")
    parser.add_argument("--matters-per-day", type=int, metavar="M",
                        help="mean of every town (default 185 to 365)")
    parser.add_argument("--plain-volume", type=int, metavar="N",
                        help="instead about N small records without traps, half a source")
    parser.add_argument("--keys", type=Path, default=_KEYS, help="folder of join.key, publish.key")
    chosen = parser.parse_args(arguments)
    if chosen.days < 1 or chosen.towns < 1 or chosen.towns > 100:
        parser.error("at least one day; 1 to 100 towns")
    options = world.Options(chosen.seed, chosen.days, chosen.towns, chosen.start)
    options.matters_per_day = chosen.matters_per_day
    if chosen.mix_wrapper:
        options.wrap = world.WRAP_MIXED
    elif chosen.schema_wrapper:
        options.wrap = world.WRAP_ALWAYS
    return options, chosen


def main(arguments=None):
    options, chosen = parse(arguments)
    if chosen.plain_volume:
        truth, outputs = volume.generate(options, chosen.out, chosen.keys, chosen.plain_volume)
    else:
        truth, outputs = generate(options, chosen.out, chosen.keys)
    for source, counts in truth["counts"].items():
        mean = outputs[source].value_bytes // max(1, counts["messages"])
        dead, ignored = sum(counts["dead"].values()), sum(counts["ignored"].values())
        print(f"{source}: {counts['messages']} records of {mean} bytes, "
              f"accepted {counts['accepted']} (repeats {counts['stale_replays']}), "
              f"dead {dead}, ignored {ignored}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
