"""Any order of a day's records that keeps each row's own gives the same matters, leads and states.

1,000 orders (--short: 12; --orders N, --seed S) of a generated day of the model town with all
entities and three sources through the door once and the core each time (tests/tools/day_orders.c,
which says what is compared: all that is published of matters, posts, contacts and visits, and open
overlaps of matters). Books balance in each. Controls: orders that do not keep a row's own are told
apart, and (not --short) each fault of tests/laws/day_faults and two of tests/laws/faults, planted
in a copy, is found.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

import bridge
import planted

NEEDS = ()
SHORT_SECONDS = 15
LAST = re.compile(r"permutations=(\d+) wrong=(\d+) unbalanced=(\d+)")
WORKERS = 2
CONTROL = 3   # orders in which a fault must show
FAULT = 12
FAULTS = ("faults/order--elder-is-who-came-first", "faults/order--first-candidate-wins",
          "day_faults/*")


def play(tool, folder, first, last, *more):
    """(orders, wrong, unbalanced, output)"""
    done = subprocess.run([tool, folder, str(first), str(last), *more], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = LAST.search(done.stdout)
    if found is None or done.returncode not in (0, 1):
        raise RuntimeError(f"day_orders ended with {done.returncode}: {done.stderr[-400:]}")
    return (*map(int, found.groups()), done.stdout)


def play_all(tool, folder, orders):
    each = -(-orders // WORKERS)
    pieces = [(1 + n * each, min(orders, (n + 1) * each)) for n in range(WORKERS)
              if n * each < orders]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda piece: play(tool, folder, *piece), pieces))


def faults(root, folder):
    """Which of the planted faults no order shows, and how many were planted."""
    bench = planted.Bench(root, root / "build" / "laws")
    bench.configure()
    laws = root / "tests" / "laws"
    paths = [path for one in FAULTS for path in sorted(laws.glob(f"{one}.mutant"))]
    missed = []
    for path in paths:
        mutant = planted.Mutant(path)
        try:
            before = mutant.plant(bench.source)
        except planted.Stale as stale:
            missed.append(f"{path.stem} fits nowhere: {stale}")
            continue
        try:
            code, output = bench.build(("day_orders",))
            if code != 0:
                missed.append(f"{path.stem} does not build: {output[-300:]}")
                continue
            tool = bench.build_folder / "tests" / "tools" / "day_orders"
            wrong = play(tool, folder, 1, FAULT)[1]
        finally:
            for name, text in before.items():
                (bench.source / name).write_text(text, encoding="utf-8")
        print(f"  {path.stem:40} is wrong in {wrong} of {FAULT} orders", flush=True)
        if wrong == 0:
            missed.append(f"{path.stem} is not found: {mutant.breaks}")
    if len(paths) <= len(FAULTS):
        missed.append("some fault is not there")
    return missed, len(paths)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    root = pathlib.Path(os.environ["GB_ROOT"])
    tool = pathlib.Path(os.environ["GB_BUILD"]) / "tests" / "tools" / "day_orders"
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "order"
    orders = 12 if options.short else options.orders
    bridge.generate(folder, 1, 1, options.seed, ("--entities", "all", "--centre", "--households",
                                                 "150", "--bursts", "none"))
    begin = time.monotonic()
    results = play_all(tool, folder, orders)
    print("\n".join(results[0][3].split("\n")[:2]).replace(" ", "\n"))
    print(f"seconds={time.monotonic() - begin:.0f}")
    played, wrong, unbalanced = (sum(result[n] for result in results) for n in range(3))
    print(f"permutations={played}")
    print(f"wrong={wrong}")
    print(f"unbalanced={unbalanced}")
    why = []
    if wrong or unbalanced:
        why.append(next((r[3][r[3].index("wrong order"):][:3000] for r in results if r[1]),
                        "the books of an order do not balance"))
    mixed = play(tool, folder, 1, CONTROL, "broken")[1]
    print(f"control_rows_mixed={mixed} of {CONTROL}")
    if mixed != CONTROL:
        why.append("orders that mix a row's own images give the same: the claim is blind")
    if not options.short:
        missed, count = faults(root, folder)
        print(f"faults_planted={count}")
        print(f"faults_found={count - len(missed)}")
        why += missed
    if played != orders:
        why.append(f"{played} of {orders} orders were played")
    if why:
        print("\n".join(why))
        print(f"order fails: {why[0].splitlines()[0]}")
        sys.exit(1)
    print("order holds")


if __name__ == "__main__":
    main()
