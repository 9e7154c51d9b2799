#!/usr/bin/python3
"""Writes the model town's change data of two networks, and the truth. See README.md."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from gridgen import places, volume, whole, world  # noqa: E402
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
    parser.add_argument("--entities", choices=("matters", "all"), default="matters",
                        help="all: posts, contacts, visits and the rest, town by town")
    parser.add_argument("--households", type=int, default=300, metavar="H",
                        help="mean of a grid, at least 150 (with --entities all)")
    parser.add_argument("--centre", action="store_true",
                        help="the model town's command centre as a third source")
    parser.add_argument("--bursts", choices=("first", "all", "none"), default="first",
                        help="towns whose contacts are loaded and rewritten as a whole")
    parser.add_argument("--keys", type=Path, default=_KEYS, help="folder of join.key, publish.key")
    chosen = parser.parse_args(arguments)
    if chosen.days < 1 or chosen.towns < 1 or chosen.towns > places.TOWNS_MAX:
        parser.error(f"at least one day; 1 to {places.TOWNS_MAX} towns")
    if not 150 <= chosen.households <= 900:
        parser.error("150 to 900 households a grid in the mean")
    options = world.Options(chosen.seed, chosen.days, chosen.towns, chosen.start)
    options.matters_per_day = chosen.matters_per_day
    options.households, options.bursts = chosen.households, chosen.bursts
    options.centre = chosen.centre
    if chosen.mix_wrapper:
        options.wrap = world.WRAP_MIXED
    elif chosen.schema_wrapper:
        options.wrap = world.WRAP_ALWAYS
    return options, chosen


def main(arguments=None):
    options, chosen = parse(arguments)
    if chosen.plain_volume:
        truth, outputs = volume.generate(options, chosen.out, chosen.keys, chosen.plain_volume)
        by_source = truth["counts"]
    elif chosen.entities == "all":
        by_source, outputs = whole.generate(options, chosen.out, chosen.keys)
    else:
        truth, outputs = generate(options, chosen.out, chosen.keys)
        by_source = truth["counts"]
    for source, counts in by_source.items():
        mean = outputs[source].value_bytes // max(1, counts["messages"])
        dead, ignored = sum(counts["dead"].values()), sum(counts["ignored"].values())
        print(f"{source}: {counts['messages']} records of {mean} bytes, "
              f"accepted {counts['accepted']} (repeats {counts['stale_replays']}), "
              f"dead {dead}, ignored {ignored}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
