#!/usr/bin/python3
"""Negative controls of the test runner: it must count what fails, crashes, hangs or says nothing.

Prints TAP.
"""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
RUNNER = os.path.join(HERE, "..", "runner")
sys.path.insert(0, RUNNER)

from binaries import run_plain, run_tap  # noqa: E402
from claims import Claim, run_claim  # noqa: E402
from report import FAILED, PASSED, SKIPPED, Report  # noqa: E402

PROGRAMS = [
    ("two pass", "echo 1..2; echo ok 1 - a; echo ok 2 - b", [PASSED, PASSED]),
    ("one fails", "echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1", [PASSED, FAILED]),
    ("fails and exits with 0", "echo 1..1; echo not ok 1 - a", [FAILED]),
    ("crashes after a pass", "echo 1..2; echo ok 1 - a; kill -SEGV $$", [PASSED, FAILED]),
    ("crashes after a failure", "echo not ok 1 - a; kill -ABRT $$", [FAILED, FAILED]),
    ("exits with 1 and no reason", "echo 1..1; echo ok 1 - a; exit 1", [PASSED, FAILED]),
    ("ends before its plan", "echo 1..3; echo ok 1 - a", [PASSED, FAILED]),
    ("runs no test", "echo 1..0", [FAILED]),
    ("says nothing", ":", [FAILED]),
    ("hangs", "echo 1..1; sleep 60", [FAILED]),
    ("skips", "echo 1..1; echo 'ok 1 - a # SKIP no broker'", [SKIPPED]),
    ("cmocka skips", "echo 1..2; echo 'ok 1 - a'; echo 'not ok 2 # SKIP b'", [PASSED, SKIPPED]),
]

CLAIMS = [
    ("holds", "print('x=1'); print('c holds')", True),
    ("fails", "print('c fails: lost one'); raise SystemExit(1)", False),
    ("holds with exit 1", "print('c holds'); raise SystemExit(1)", False),
    ("fails with exit 0", "print('c fails: lost one')", False),
    ("no verdict", "print('x=1')", False),
    ("talks after its verdict", "print('c holds'); print('bye')", False),
    ("another's name", "print('d holds')", False),
    ("raises", "print('c holds'); raise RuntimeError", False),
    ("hangs", "import time; time.sleep(60)", False),
]


def outcomes(script):
    return [r[0] for r in run_tap("x", ["/bin/sh", "-c", script], timeout=0.5)]


def program_tests():
    for name, script, want in PROGRAMS:
        got = outcomes(script)
        yield f"a program that {name}", got == want, f"{got}, not {want}"
    got = [r[0] for r in run_tap("x", ["/nonexistent/program"])]
    yield "a program that is not there", got == [FAILED], str(got)
    got = [r[0] for r in run_plain("x", ["/bin/false"]) + run_plain("x", ["/bin/true"])]
    yield "a program that is one test", got == [FAILED, PASSED], str(got)


def claim_tests():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "c.py")
        for name, body, want in CLAIMS:
            with open(path, "w", encoding="utf-8") as f:
                f.write(f'"""It is so."""\nSHORT_SECONDS = 3\nNEEDS = ()\n{body}\n')
            claim = Claim(path)
            holds, text, _, _ = run_claim(claim, [], folder, timeout=1, echo=False)
            read = claim.sentence == "It is so." and claim.short_seconds == 3
            yield f"a claim: {name}", holds == want and read, text


def run_with(environment):
    """(exit code, last line) of the whole runner with the negative stage alone."""
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "GB_TEST_NEGATIVE")}
    done = subprocess.run([sys.executable, os.path.join(RUNNER, "run.py"), "--only", "negative"],
                          env=dict(clean, **environment), capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout.strip().split("\n")[-1]


def exit_code(results, ci):
    """Exit code of a report, its lines thrown away."""
    before = os.environ.pop("CI", None)
    if ci:
        os.environ["CI"] = "true"
    out, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")
    try:
        report = Report()
        report.add_all(results)
        return report.close()
    finally:
        sys.stdout.close()
        sys.stdout = out
        os.environ.pop("CI", None)
        if before is not None:
            os.environ["CI"] = before


def run_tests():
    got = run_with({"GB_TEST_NEGATIVE": "1"})
    yield "the added failure fails the run", got == (1, "0 passed, 1 failed"), str(got)
    got = run_with({})
    yield "a run of no test fails", got == (1, "0 passed, 0 failed"), str(got)
    passed, skipped = (PASSED, "a"), (SKIPPED, "b")
    yield "a skip passes elsewhere", exit_code([passed, skipped], False) == 0, "it fails"
    yield "a skip fails in CI", exit_code([passed, skipped], True) == 1, "it passes"
    yield "a pass passes in CI", exit_code([passed], True) == 0, "it fails"
    yield "only skips do not pass", exit_code([skipped], False) == 1, "it passes"


def main():
    number = failed = 0
    for tests in (program_tests(), claim_tests(), run_tests()):
        for name, ok, why in tests:
            number += 1
            failed += not ok
            print(f"{'ok' if ok else 'not ok'} {number} - {name}" + ("" if ok else f"\n# {why}"))
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
