"""Six laws of who leads hold over random scripts of reports and of decisions of people.

order, undo, forbidden, one-lead, sticky, said: tests/laws/laws.c says each, with its conditions.
Each planted fault of tests/laws/faults must break the law that its name begins with. --short: fewer
scripts and a sample of the faults. --only NAME (several, by comma): these faults alone.
"""
import argparse
import os
import pathlib
import re
import sys
import time

import planted

NEEDS = ()
SHORT_SECONDS = 90
LAW = re.compile(r"^law=(\S+) scripts=(\d+) checks=(\d+)$", re.MULTILINE)
VIOLATED = re.compile(r"^violated (\S+) seed (\d+): (.*)$", re.MULTILINE)
SAMPLE = 2
FAULT_SEEDS = 400


def fail(why):
    print(f"laws fails: {why}")
    sys.exit(1)


def try_laws(program, first, last):
    """(exit code, {law: (scripts, checks)}, [(law, seed, what)])"""
    code, output = planted.Bench.run([program, str(first), str(last)], 3000)
    laws = {law: (int(scripts), int(checks)) for law, scripts, checks in LAW.findall(output)}
    if code not in (0, 1):
        fail(f"{program} ended with {code}: {output[-300:]}")
    return code, laws, VIOLATED.findall(output)


def judge(bench, path):
    """Why the fault was not caught by its law; None if it was."""
    mutant = planted.Mutant(path)
    law = path.stem.partition("--")[0]
    before = mutant.plant(bench.source)
    begin = time.monotonic()
    try:
        code, output = bench.build(("gridbridge-laws",))
        if code != 0:
            return f"{path.stem} does not build: {output[-300:]}"
        _, _, violated = try_laws(bench.build_folder / "gridbridge-laws", 1, FAULT_SEEDS)
    finally:
        for name, text in before.items():
            (bench.source / name).write_text(text, encoding="utf-8")
    found = [(name, seed) for name, seed, _ in violated]
    print(f"  {path.stem:44} breaks {', '.join(f'{n} (seed {s})' for n, s in found) or 'nothing'}"
          f" ({time.monotonic() - begin:.0f} s)", flush=True)
    return None if law in dict(found) else f"{path.stem} does not break {law}: {mutant.breaks}"


def choose(paths, options):
    if options.only:
        return [p for p in paths if p.stem in options.only.split(",")]
    if not options.short:
        return paths
    turn = int(time.time() // 86400)
    return [paths[(turn * SAMPLE + i) % len(paths)] for i in range(SAMPLE)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only")
    options = parser.parse_args()
    root = pathlib.Path(os.environ["GB_ROOT"])
    program = pathlib.Path(os.environ["GB_BUILD"]) / "gridbridge-laws"
    scripts = 400 if options.short else 10000
    code, laws, violated = try_laws(program, 1, scripts)
    for law, (tried, checks) in laws.items():
        print(f"{law.replace('-', '_')}_scripts={tried}")
        print(f"{law.replace('-', '_')}_checks={checks}")
    if code != 0 or violated:
        fail("; ".join(f"{law}, seed {seed}: {what}" for law, seed, what in violated))
    if any(checks == 0 for _, checks in laws.values()) or len(laws) != 6:
        fail("a law was never tried")
    paths = sorted((root / "tests" / "laws" / "faults").glob("*.mutant"))
    if {p.stem.partition("--")[0] for p in paths} != set(laws):
        fail("a law without a planted fault, or a fault without its law")
    bench = planted.Bench(root, root / "build" / "laws")
    bench.configure()
    chosen = choose(paths, options)
    missed = []
    for path in chosen:
        try:
            missed += [judge(bench, path)]
        except planted.Stale as stale:
            missed += [f"{path.stem} fits nowhere: {stale}"]
    missed = [why for why in missed if why]
    print(f"faults_planted={len(chosen)}")
    print(f"faults_caught={len(chosen) - len(missed)}")
    if missed:
        fail("; ".join(missed))
    print("laws holds")


if __name__ == "__main__":
    main()
