"""Deadlines over holidays, make-up and half days, and extensions are those of a hand-made table.

calendar.csv was reasoned out from Civil Code art. 201 (the first day does not count; hours count
from the moment) and 203 (a day off moves the end; business hours end the day), agreed otherwise as
art. 204 allows (plain time), and from the State Council's notice on the holidays of 2026, apart
from the C code: by a small model of its own, and each row marked `hand` counted day by day on a
calendar before the model was asked. 2027 is invented.

The example bundle is taken with its own calendar, four invented half days, and a row of
deadlines.yaml for each limit of the table; tests/tools/limit_ends answers. Negative control: with
calendar.csv of weekends only, many rows must be wrong.
"""
import argparse
import csv
import datetime
import os
import pathlib
import shutil
import subprocess
import sys

NEEDS = ()
SHORT_SECONDS = 5
ROWS_MIN = 300
HAND_MIN = 40
ZONE = datetime.timezone(datetime.timedelta(hours=8))
HALF_DAYS = ("2026-03-31", "2026-06-18", "2026-09-30", "2026-12-31")
HEAD = ('contradiction_after: 72h\nworking_hours: ["08:30-12:00", "14:00-17:30"]\n'
        'half_day_until: "12:00"\ndeadlines:\n')


def ms(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * 1000


def local(value):
    at = datetime.datetime.fromtimestamp(value / 1000, ZONE)
    return at.strftime("%Y-%m-%dT%H:%M" if value % 60000 == 0 else "%Y-%m-%dT%H:%M:%S.%f")


def bundle(folder, table, days):
    """The example's bundle with these days and a row for each limit."""
    root = pathlib.Path(os.environ["GB_ROOT"])
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / "examples/tangzhang/policy", folder)
    (folder / "calendar.csv").write_text("".join(days), encoding="utf-8")
    limits = sorted({step for row in table for step in row["steps"].split() if step[0] != "="})
    (folder / "deadlines.yaml").write_text(HEAD + "".join(
        f'  - {{id: {limit}, category: "*", handle: {limit}, basis_zh: z, basis_en: e}}\n'
        for limit in limits), encoding="utf-8")
    return limits


def answers(folder, table):
    program = pathlib.Path(os.environ["GB_BUILD"]) / "tests/tools/limit_ends"
    lines = [" ".join([str(ms(row["from"]))] + [f"={ms(step[1:])}" if step[0] == "=" else step
                                                for step in row["steps"].split()])
             for row in table]
    done = subprocess.run([program, folder], input="\n".join(lines) + "\n", check=True, text=True,
                          stdout=subprocess.PIPE)
    return [local(int(line)) for line in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.parse_args()
    here = pathlib.Path(__file__).resolve().parent
    with open(here / "calendar.csv", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    example = pathlib.Path(os.environ["GB_ROOT"]) / "examples/tangzhang/policy/calendar.csv"
    days = example.read_text(encoding="utf-8").splitlines(keepends=True)
    scratch = pathlib.Path(os.environ["GB_SCRATCH"])
    halves = [f"{day},half,invented\n" for day in HALF_DAYS]
    limits = bundle(scratch / "bundle", table, days + halves)
    got = answers(scratch / "bundle", table)
    wrong = [f"{row['from']} {row['steps']}: {row['until']} by the table, {answer} by the program"
             for row, answer in zip(table, got, strict=True) if row["until"] != answer]
    bundle(scratch / "weekends", table, days[:1])
    control = sum(row["until"] != answer for row, answer in
                  zip(table, answers(scratch / "weekends", table), strict=True))
    hand = sum(row["counted"] == "hand" for row in table)
    distinct = len({(row["from"], row["steps"]) for row in table})
    print(f"rows={len(table)}\nby_hand={hand}\nlimits={len(limits)}")
    print(f"over_extensions={sum('=' in row['steps'] for row in table)}")
    print(f"wrong={len(wrong)}\nwrong_without_holidays={control}")
    for line in wrong[:20]:
        print(f"  {line}")
    if distinct < ROWS_MIN or hand < HAND_MIN:
        wrong.append(f"only {distinct} different rows, {hand} by hand")
    if control < ROWS_MIN // 3:
        wrong.append(f"the table hardly hangs on the calendar: {control} rows")
    if wrong:
        print(f"calendar fails: {wrong[0]}")
        sys.exit(1)
    print("calendar holds")


if __name__ == "__main__":
    main()
