"""Nothing that the fuzzers find breaks a decoder: no crash, leak, hang, or broken promise.

Each libFuzzer target of tests/fuzz runs for --minutes (10; --short: 15 seconds) with ASan and
UBSan, an input at most ten seconds and 2 GB, from its committed corpus and from what earlier runs
found new (build/fuzz-corpus is kept: a later run goes on where this one stopped). --only NAME: one
target. An input that breaks something is kept in build/fuzz-found, and is told. Negative control: a
target of its own that breaks on one small input must be found out.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

NEEDS = ()
SHORT_SECONDS = None  # scripts/test has a stage of its own that runs the same targets
ROOT = pathlib.Path(os.environ["GB_ROOT"])
FOUND = ROOT / "build" / "fuzz-found"
KEPT = ROOT / "build" / "fuzz-corpus"
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536", "-print_final_stats=1"]
CONTROL = """#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n)
{
    if (n > 2 && d[0] == 'g' && d[1] == 'b' && d[2] == '!') {
        abort();
    }
    return 0;
}
"""


def build(folder):
    """The targets, by name; and the one that is broken on purpose."""
    for command in (["cmake", "--preset", "clang"], ["cmake", "--build", "build/clang"]):
        done = subprocess.run(["nice", *command], cwd=ROOT, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}")
    (folder / "control.c").write_text(CONTROL, encoding="ascii")
    subprocess.run(["clang", "-O1", "-fsanitize=fuzzer,address", folder / "control.c", "-o",
                    folder / "control"], check=True)
    sources = sorted((ROOT / "tests" / "fuzz").glob("fuzz_*.c"))
    return {s.stem[len("fuzz_"):]: ROOT / "build/clang/tests/fuzz" / s.stem for s in sources}


def run(program, name, seconds, seeds, kept):
    """(exit code, inputs tried, edges covered, last words)"""
    kept.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["nice", "-n", "19", program, f"-max_total_time={seconds}", *LIMITS,
         f"-artifact_prefix={FOUND}/{name}-", kept, *seeds], check=False, text=True,
        errors="replace", cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=seconds + 300)
    tried = re.search(r"stat::number_of_executed_units: (\d+)", done.stdout)
    covered = re.findall(r" cov: (\d+)", done.stdout)
    return (done.returncode, int(tried[1]) if tried else 0, int(covered[-1]) if covered else 0,
            done.stdout[-3000:])


def seeds_of(name):
    corpus = ROOT / "tests" / "fuzz" / "corpus" / name
    return [corpus] if corpus.is_dir() else []


def is_control_found(folder):
    code, _, _, _ = run(folder / "control", "control", 60, [], folder / "control-corpus")
    for path in FOUND.glob("control-*"):
        path.unlink()
    return code != 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only")
    options = parser.parse_args()
    folder = pathlib.Path(os.environ["GB_SCRATCH"]) / "fuzz"
    folder.mkdir(parents=True)
    targets = {name: program for name, program in build(folder).items()
               if options.only in (None, name)}
    seconds = 15 if options.short else max(1, int(options.minutes * 60))
    wrong = [] if targets else [f"there is no target {options.only}"]
    if not is_control_found(folder):
        wrong.append("the broken control was not found out")
    for name, program in targets.items():
        begin = time.monotonic()
        code, tried, covered, words = run(program, name, seconds, seeds_of(name), KEPT / name)
        print(f"{name}_inputs={tried} edges={covered} seconds={time.monotonic() - begin:.0f}",
              flush=True)
        if code != 0:
            print(words)
            wrong.append(f"{name} ended with {code}: see {FOUND.relative_to(ROOT)}")
        elif tried == 0:
            wrong.append(f"{name} tried nothing")
    print(f"targets={len(targets)}")
    if wrong:
        print(f"fuzz fails: {'; '.join(wrong)}")
        sys.exit(1)
    print("fuzz holds")


if __name__ == "__main__":
    main()
