"""Every planted bug of tests/sim/mutants is caught by the simulator.

`caught` passes the unit tests, `both` is found by them, too, and says less of the simulator. One
that survives all its seeds fails the claim, as does one that fits nowhere or does not build. Seeds
run up to the first that catches. Verdicts are kept in build/mutants/verdicts.json, so that a run
that was stopped goes on; one counts as long as neither the mutant nor any source has changed.
--short: a sample, without the unit tests. --only NAME (several, by comma): these alone, anew.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import planted

NEEDS = ()
SHORT_SECONDS = 90

# DELIVERY 5 names these; the sample always has some of them.
NAMED = ("tag-read-after-commit", "select-without-lock", "read-back-before-the-fence",
         "memory-kept-over-a-rebalance", "offsets-before-the-acks", "clock-of-the-batch-begin",
         "mark-moves-before-the-writer-is-checked")
STEPS = ((1, 200), (201, 1000), (1001, 4000))
SAMPLE_OTHERS = 2


def fail(why):
    print(f"mutants fails: {why}")
    sys.exit(1)


def choose(paths, options):
    if options.only:
        wanted = set(options.only.split(","))
        return [p for p in paths if p.stem in wanted]
    if not options.short:
        return paths
    others = [p for p in paths if p.stem not in NAMED]
    turn = int(time.time() // 86400)
    sample = [others[(turn * SAMPLE_OTHERS + i) % len(others)] for i in range(SAMPLE_OTHERS)]
    return [p for p in paths if p.stem in NAMED[turn % 2::2]] + sample


def hunt(bench, steps):
    """The first seed that catches it, and what it says; empty: none does."""
    for first, last in steps:
        caught, example = bench.run_seeds(first, last, until_one=True)
        if caught:
            return example
    return ""


def judge(bench, mutant, options):
    """(outcome, text) of one planted bug; the copy is as before afterwards."""
    before = mutant.plant(bench.source)
    try:
        skips = options.short or options.seeds_only
        units = [] if skips else bench.units_of(mutant)
        code, output = bench.build(("gridbridge-sim", *units))
        if code != 0:
            lines = [x for x in output.split("\n") if " error: " in x]
            return "broken", "does not build: " + " | ".join(lines[:3])
        failed = bench.run_units(units)
        steps = STEPS[:1] if options.short else STEPS
        example = hunt(bench, steps)
        if not example:
            return "survived", f"survived {steps[-1][1]} seeds: {mutant.breaks}"
        return ("both", f"{example[:90]} ({failed[0]})") if failed else ("caught", example[:130])
    finally:
        for name, text in before.items():
            (bench.source / name).write_text(text, encoding="utf-8")


class Verdicts:
    """Of full runs, by fingerprint."""

    def __init__(self, path, options):
        self.path, self.is_off = path, options.short or options.only or options.seeds_only
        self.known = {}
        if path.exists() and not self.is_off:
            self.known = json.loads(path.read_text(encoding="utf-8"))

    def get(self, fingerprint):
        return self.known.get(fingerprint)

    def put(self, fingerprint, outcome, text):
        if not self.is_off and outcome in ("caught", "both"):
            self.known[fingerprint] = (outcome, text)
            self.path.write_text(json.dumps(self.known), encoding="utf-8")


def baseline(bench, options):
    for step in (bench.configure, bench.build):
        code, output = step()
        if code != 0:
            print(output[-3000:])
            fail("the sources do not build")
    last = STEPS[0][1] if options.short else STEPS[1][1]
    caught, example = bench.run_seeds(1, last)
    if caught:
        fail(f"without any planted bug: {example}")
    print(f"unplanted_seeds={last}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--seeds-only", action="store_true", help="leave the unit tests out")
    options = parser.parse_args()
    root = pathlib.Path(os.environ["GB_ROOT"])
    paths = sorted((root / "tests" / "sim" / "mutants").glob("*.mutant"))
    bench = planted.Bench(root, root / "build" / "mutants")
    baseline(bench, options)
    outcomes = {"caught": [], "both": [], "survived": [], "broken": []}
    kept = Verdicts(root / "build" / "mutants" / "verdicts.json", options)
    for path in choose(paths, options):
        begin = time.monotonic()
        try:
            mutant = planted.Mutant(path)
            outcome, text = kept.get(bench.fingerprint(mutant)) or judge(bench, mutant, options)
            kept.put(bench.fingerprint(mutant), outcome, text)
        except (planted.Stale, OSError) as error:
            outcome, text = "broken", str(error)
        outcomes[outcome].append(path.stem)
        print(f"  {outcome:8} {path.stem:44} {text} ({time.monotonic() - begin:.0f} s)", flush=True)
    print(f"planted={len(paths)}")
    for outcome, names in outcomes.items():
        print(f"{outcome}={len(names)}")
    bad = outcomes["survived"] + outcomes["broken"]
    if bad:
        fail("survived or broken: " + ", ".join(bad))
    if not outcomes["caught"] and not options.only:
        fail("no planted bug was run")
    print("mutants holds")


if __name__ == "__main__":
    main()
