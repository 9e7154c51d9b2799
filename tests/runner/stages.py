"""The stages of scripts/test, in order. Each takes the run and reports its tests."""
import concurrent.futures
import glob
import json
import os
import sys
import threading

from binaries import run_command, run_plain, run_tap
from claims import ROOT, environment, list_claims, run_claim
from report import FAILED, PASSED, SKIPPED

WORKERS = 2
BUILD_SECONDS = 400
FUZZ_SECONDS_ALL = 24
FUZZ_SECONDS_EACH = 5


def path(*parts):
    return os.path.join(ROOT, *parts)


def build(run, preset, targets=()):
    """Configures and builds a preset: one test. What could not be built is missing later."""
    code, output, seconds = run_command(["cmake", "--preset", preset], 120, ROOT)
    if code == 0:
        command = ["cmake", "--build", path("build", preset)]
        for target in targets:
            command += ["--target", target]
        code, output, more = run_command(command + ["--", "-k", "0"], BUILD_SECONDS, ROOT)
        seconds += more
    run.report.add(PASSED if code == 0 else FAILED, f"build.{preset}", seconds, output)
    return code == 0


def test_stems(label, pattern="*"):
    files = sorted(glob.glob(path("tests", label, f"test_{pattern}.c")))
    return [os.path.basename(f)[len("test_"):-2] for f in files]


def run_tests(run, preset, labels, pattern="*"):
    """The cmocka programs of some folders, two at a time, told in order."""
    jobs = [(label, stem) for label in labels for stem in test_stems(label, pattern)]

    def one(job):
        label, stem = job
        program = path("build", preset, "tests", label, f"{label}_{stem}")
        return run_tap(f"{label}.{preset}.{stem}", [program], cwd=ROOT)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for results in pool.map(one, jobs):
            run.report.add_all(results)


def tidy(run):
    for name, script in (("tidy", "tidy.py"), ("runner", "runner_test.py")):
        run.report.add_all(run_tap(name, [sys.executable, path("tests", "tidy", script)], cwd=ROOT,
                                   env={"PYTHONDONTWRITEBYTECODE": "1"}))


def debug(run):
    build(run, "debug")


def asan(run):
    build(run, "asan")
    run_tests(run, "asan", ("unit", "golden"))
    if glob.glob(path("tests", "sim", "*.c")):
        program = path("build", "asan", "gridbridge-sim")
        run.report.add_all(run_plain("sim.asan.short", [program, "--short"], 180, ROOT))


def fuzz(run):
    """Each corpus is replayed, then the target looks further for a few seconds.

    An input that breaks a target is kept in build/fuzz-found.
    """
    kept = path("build", "fuzz-found")
    os.makedirs(kept, exist_ok=True)
    sources = sorted(glob.glob(path("tests", "fuzz", "fuzz_*.c")))
    seconds = min(FUZZ_SECONDS_EACH, FUZZ_SECONDS_ALL * WORKERS // max(1, len(sources)))

    def one(source):
        name = os.path.basename(source)[:-2]
        stem = name[len("fuzz_"):]
        program = path("build", "clang", "tests", "fuzz", name)
        corpus = path("tests", "fuzz", "corpus", stem)
        found = os.path.join(run.scratch, name)
        os.makedirs(found, exist_ok=True)
        seeds = [corpus] if os.path.isdir(corpus) else []
        results = run_plain(f"fuzz.{stem}.corpus", [program, "-runs=0", *seeds], 120, found)
        return results + run_plain(
            f"fuzz.{stem}.search",
            [program, f"-max_total_time={max(1, seconds)}", "-timeout=10", "-rss_limit_mb=2048",
             f"-artifact_prefix={kept}/{name}-", found, *seeds], 120, found)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for results in pool.map(one, sources):
            run.report.add_all(results)


def clang(run):
    build(run, "clang")
    run_tests(run, "clang", ("unit", "golden"))
    fuzz(run)


def o3(run):
    build(run, "o3")
    run_tests(run, "o3", ("unit", "golden"))


def tsan(run):
    """Only the shell has threads."""
    stems = test_stems("unit", "shell_*")
    if not stems:
        run.report.note("tsan: no tests/unit/test_shell_*.c")
        return
    build(run, "tsan", [f"unit_{s}" for s in stems])
    run_tests(run, "tsan", ("unit",), "shell_*")


def read_outcomes(run, descriptor, seen):
    with os.fdopen(descriptor, encoding="utf-8") as lines:
        for line in lines:
            told = json.loads(line)
            seen.append(told["outcome"])
            name = told["name"].replace("tests/integration/", "integration.")
            run.report.add(told["outcome"], name, told["seconds"], told["text"])


def integration(run):
    files = sorted(glob.glob(path("tests", "integration", "test_*.py")))
    if not files:
        run.report.note("integration: no tests/integration/test_*.py")
        return
    reader, writer = os.pipe()
    seen = []
    thread = threading.Thread(target=read_outcomes, args=(run, reader, seen))
    thread.start()
    timeout = max(60, run.seconds_left())
    code, output, seconds = run_command(
        [sys.executable, "-m", "pytest", "-q", "-p", "gb_pytest", "-p", "no:cacheprovider",
         "--rootdir", ROOT, *files], timeout, ROOT,
        dict(environment(run.scratch), GB_REPORT_FD=str(writer)), (writer,))
    os.close(writer)
    thread.join()
    if code != 0 and not (code == 1 and FAILED in seen):
        how = "did not end in time" if code is None else f"exit code {code}"
        run.report.add(FAILED, "integration", seconds, f"{output}\npytest: {how}")


def one_claim(run, claim):
    timeout = claim.short_seconds * 3 + 30
    holds, text, lines, seconds = run_claim(claim, ["--short"], run.scratch, timeout, echo=False)
    figures = " ".join(x for x in lines if "=" in x and " " not in x)
    run.report.add(PASSED if holds else FAILED, f"claim.{claim.name} {figures}".rstrip(), seconds,
                   "\n".join(lines + [text]))
    run.clean_servers()


def claims(run):
    """Short forms, the quickest first, as many as the time allows."""
    found = list_claims()
    for claim in sorted(found, key=lambda c: (c.short_seconds or 0, c.name)):
        if claim.short_seconds is None:
            run.report.leave_out(claim.name, "has no short form")
        elif claim.missing():
            run.report.add(SKIPPED, f"claim.{claim.name}", None, claim.missing())
        elif run.seconds_left() < claim.short_seconds * 1.3:
            run.report.leave_out(claim.name, f"{claim.short_seconds} s do not fit any more")
        else:
            one_claim(run, claim)
    if not found:
        run.report.note("claims: no tests/claims/*.py")


def negative(run):
    """With GB_TEST_NEGATIVE=1: a program that fails, so that somebody can see the run fail."""
    if os.environ.get("GB_TEST_NEGATIVE") == "1":
        failing = "echo 1..1; echo 'not ok 1 - fails on purpose'; exit 1"
        run.report.add_all(run_tap("negative", ["/bin/sh", "-c", failing]))


STAGES = [tidy, asan, clang, o3, tsan, debug, integration, claims, negative]
