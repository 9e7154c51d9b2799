"""A whole town with all entities and three sources comes out as its truth says.

--days (4; --short: 1, with fewer households and without the bursts) days of Tangzhang and a
neighbour, all tables of party platform, grid system and command centre, with a flood, an
Excel burst and a month's end, through the daemon.
Every matter of the truth is there with its reports of all sources, its category and its lead;
near-misses are apart; no canary is in any output; the books hold every record, with as many dead
and unchanged as the truth has, and a visit for each counter that grew; replay is identical. A truth
with one lead or one link changed is noticed.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import bridge
import daemon
import reader
from gb_servers import Kafka, Postgres

sys.path.insert(0, str(bridge.ROOT / "examples" / "generator"))
import load  # noqa: E402

SHORT_SECONDS = 90
LANES = 2
CENTRE = ("command_centre", "centre.rest")


class Whole(daemon.Place):
    """A bridge whose party source has a topic a table, and which has the centre as a third."""

    def __init__(self, folder, kafka, dsn):
        super().__init__(folder, kafka, dsn, LANES)
        self.party = [t for t in load.topics_of(folder) if t.startswith("party.")]

    def configuration(self, name, more=()):
        text = super().configuration(name, more)
        one = f"topic: {daemon.SOURCES['party_building']},"
        assert one in text
        text = text.replace(one, f"topics: [{', '.join(self.party)}],")
        return (f"{text}  {CENTRE[0]}: {{topic: {CENTRE[1]}, lookups: lookups,"
                f" adapter: {bridge.ROOT / 'adapters' / CENTRE[0]}}}\n")

    def books(self):
        """{source: (received, unchanged, dead)}"""
        return {source: tuple(map(int, numbers)) for source, *numbers in self.ask(
            "SELECT source, sum(received), sum(unchanged), sum(dead) FROM book_v GROUP BY source")}

    def wait(self, due, seconds):
        """Until the books hold what is due, and nothing more is being applied or published."""
        until = time.monotonic() + seconds
        while True:
            got = {source: numbers[0] for source, numbers in self.books().items()}
            left = sum(self.left(self.ends("gb.intake")).values())
            if left == 0 and all(got.get(source) == count for source, count in due.items()):
                return
            if time.monotonic() > until:
                raise TimeoutError(f"after {seconds} s: {got} of {due}, {left} left")
            time.sleep(1)


def due_of(folder, truth):
    """{source: records that the books must hold}: a grown counter is a record of its own."""
    visits = bridge.read_lines(folder / "truth_visits.jsonl")
    due = {source: counts["intake_records"] for source, counts in truth["counts"].items()}
    due["party_building"] += sum(len(visit["counters"]) for visit in visits)
    return due


def check_books(place, truth):
    books, wrong = place.books(), []
    for source, counts in truth["counts"].items():
        _, unchanged, dead = books[source]
        if dead != sum(counts["dead"].values()):
            wrong.append(f"{source}: {dead} dead, truth {sum(counts['dead'].values())}")
        if unchanged != counts["stale_replays"]:
            wrong.append(f"{source}: {unchanged} unchanged, truth {counts['stale_replays']}")
    return wrong


def blind_spots(folder, found):
    """Negative control: a truth with one lead changed, and one with a link less, is noticed."""
    path = folder / "truth_groups.jsonl"
    text = path.read_text(encoding="utf-8")
    groups = [json.loads(line) for line in text.splitlines()]
    pair = next(n for n, group in enumerate(groups) if len(group["rows"]) > 1)
    missed = []
    for what, change in (("lead", {"lead": "nobody"}),
                         ("link", {"rows": groups[pair]["rows"][:1]})):
        spoiled = [*groups[:pair], {**groups[pair], **change}, *groups[pair + 1:]]
        path.write_text("".join(json.dumps(g) + "\n" for g in spoiled), encoding="utf-8")
        if not bridge.compare(folder, found):
            missed.append(f"the claim is blind: another {what} was not noticed")
    path.write_text(text, encoding="utf-8")
    return missed


def run(options, folder):
    small = ["--households", "150", "--bursts", "none"] if options.short else []
    bridge.generate(folder, 1 if options.short else options.days, 2,
                    extra=["--entities", "all", "--centre", *small])
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with Kafka("whole-kafka") as kafka, Postgres("whole-postgres") as postgres:
        place = Whole(folder, kafka, postgres.dsn)
        place.set_up()
        bridge.load(folder, kafka.bootstrap)
        begin = time.monotonic()
        with place.run("bridge") as instance:
            place.wait(due_of(folder, truth), 600)
            seconds = time.monotonic() - begin
            code = instance.stop()
        found = reader.follow(kafka.bootstrap, seconds=300)
        wrong = found.faults + bridge.compare(folder, found) + check_books(place, truth)
        wrong += bridge.replay_identical(place, LANES) + blind_spots(folder, found)
    if code != 0:
        wrong.append(f"the daemon ended with {code}")
    return truth, found, seconds, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--days", type=int, default=4)
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "whole"
    truth, found, seconds, wrong = run(parser.parse_args(), folder)
    print(f"source_rows={sum(c['intake_records'] for c in truth['counts'].values())}")
    print(f"rows={truth['rows']}")
    print(f"groups={truth['groups']}")
    for word in ("matter", "overlap", "change", "deadletter"):
        print(f"records_{word}={len(found.records[word])}")
    print(f"seconds={seconds:.0f}")
    print(f"wrong={len(wrong)}")
    for line in wrong[:40]:
        print(f"  {line}")
    if wrong:
        print(f"whole fails: {wrong[0]}")
        sys.exit(1)
    print("whole holds")


if __name__ == "__main__":
    main()
