"""Simulated daemons keep every invariant of delivery through 45 kinds of faults, seed by seed.

A seed counts with 200 records, 5 faults and 2 changes of owner. --short and default: 2,000 that
count. --count N: as many, in pieces; a file (--progress, else build/sim-progress) remembers what
was run, so that the next call goes on there. Another program begins to count anew, with seeds that
none before it has had; total_seeds are those of all of them.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

NEEDS = ()
SHORT_SECONDS = 60
PIECE = 250
NAMES = ("records", "faults", "owner_changes", "ledger_lines", "outputs", "settled_ms")


def fail(why):
    print(f"sim fails: {why}")
    sys.exit(1)


def run_piece(program, first):
    done = subprocess.run(
        [program, "--seeds", f"{first}..{first + PIECE - 1}", "--each"], check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return first, done.returncode, done.stdout.decode("utf-8", "replace")


class Progress:
    """What was run by this program: numbers of the seeds that count, by piece."""

    def __init__(self, path, program, keeps):
        self.path = path if keeps else None
        self.state = {"program": hashlib.sha256(program.read_bytes()).hexdigest(), "pieces": {},
                      "faults": {}, "first": 1, "before": 0}
        if keeps and path.exists():
            self.go_on(json.loads(path.read_text(encoding="utf-8")))

    def go_on(self, old):
        if old["program"] == self.state["program"]:
            self.state = old
            return
        self.state["before"] = old["before"] + sum(p[0] for p in old["pieces"].values())
        self.state["first"] = max([old["first"], *(int(p) + PIECE for p in old["pieces"])])

    def add(self, first, output):
        rows = [[int(x) for x in line.split()[2:]] for line in output.split("\n")
                if line.startswith("each ")]
        spread = {}
        for at, name in enumerate(NAMES):
            values = [row[1 + at] for row in rows if row[0]]
            spread[name] = [min(values), sum(values), max(values)] if values else [0, 0, 0]
        self.state["pieces"][str(first)] = [len(rows), sum(row[0] for row in rows), spread]
        for count, word in re.findall(r"^ +(\d+) (\D.*)$", output, re.M):
            faults = self.state["faults"]
            faults[word] = faults.get(word, 0) + int(count)

    def save(self):
        if self.path:
            self.path.write_text(json.dumps(self.state), encoding="utf-8")

    def seeds(self):
        return sum(p[0] for p in self.state["pieces"].values())

    def counted(self):
        return sum(p[1] for p in self.state["pieces"].values())

    def tell(self):
        pieces = list(self.state["pieces"].values())
        for name in NAMES:
            least = min(p[2][name][0] for p in pieces)
            total = sum(p[2][name][1] for p in pieces)
            most = max(p[2][name][2] for p in pieces)
            print(f"{name}_least_mean_most={least}/{total // max(1, self.counted())}/{most}")
        for word, count in self.state["faults"].items():
            print(f"  {count:9} {word}")


def run(program, progress, target, workers):
    """Pieces, as many at a time as there are workers, until enough seeds count."""
    first = progress.state["first"]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        while progress.counted() < target:
            firsts = []
            while len(firsts) < workers:
                if str(first) not in progress.state["pieces"]:
                    firsts.append(first)
                first += PIECE
            for start, code, output in pool.map(lambda f: run_piece(program, f), firsts):
                if code != 0:
                    print(output[-8000:])
                    fail(f"a seed of {start}..{start + PIECE - 1} breaks an invariant")
                progress.add(start, output)
            progress.save()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--progress", type=pathlib.Path)
    options = parser.parse_args()
    program = pathlib.Path(os.environ["GB_BUILD"]) / "gridbridge-sim"
    keeps = options.count > 2000 or options.progress is not None
    path = options.progress or pathlib.Path(os.environ["GB_ROOT"]) / "build" / "sim-progress"
    progress = Progress(path, program, keeps)
    before = progress.seeds()
    begin = time.monotonic()
    run(program, progress, options.count, options.workers)
    seconds = time.monotonic() - begin
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = progress.seeds() - before
    progress.tell()
    print(f"seeds={progress.seeds()}")
    print(f"total_seeds={progress.state['before'] + progress.seeds()}")
    print(f"counted={progress.counted()}")
    print(f"seeds_now={ran}")
    print(f"seconds={seconds:.1f}")
    print(f"seeds_per_cpu_second={ran / max(0.1, usage.ru_utime + usage.ru_stime):.1f}")
    print("violations=0")
    print("sim holds")


if __name__ == "__main__":
    main()
