"""Runs a program that prints TAP (cmocka, tidy) and believes it only as far as it must.

A program passes its tests if it says so for each, keeps its plan, and exits with 0. A crash, a
time-out, a missing test, or no test at all is a failure of its own.
"""
import os
import re
import signal
import subprocess
import time

from report import FAILED, PASSED, SKIPPED

RESULT = re.compile(r"^\s*(not )?ok\b(?: (\d+))?(?: - ?(.*))?$")
# What cmocka 1.1.5 writes of a skipped test, against TAP: "not ok", and the name last.
CMOCKA_SKIP = re.compile(r"^not ok \d+ # SKIP (.*)$")
PLAN = re.compile(r"^\s*1\.\.(\d+)")
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


def run_command(command, timeout, cwd=None, env=None, pass_fds=()):
    """(exit code or None for a time-out, output, seconds). Ends its whole process group."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, cwd=cwd, env=env, pass_fds=pass_fds,
                               start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        code = None
    return code, output.decode("utf-8", "replace"), time.monotonic() - begin


def end_text(code, timeout):
    if code is None:
        return f"did not end within {timeout:.0f} s"
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"exit code {code}"


def read_tap(output):
    """([(ok, name, skipped, detail)], planned)"""
    tests, planned = [], 0
    for line in output.split("\n"):
        plan, result, skip = PLAN.match(line), RESULT.match(line), CMOCKA_SKIP.match(line)
        if skip:
            tests.append([True, skip.group(1).strip(), True, []])
        elif plan:
            planned += int(plan.group(1))
        elif result:
            name = result.group(3) or f"test {len(tests) + 1}"
            skipped = re.search(r"# ?skip", name, re.I) is not None
            tests.append([not result.group(1), name.strip(), skipped, []])
        elif tests and line.strip():
            tests[-1][3].append(line)
    return tests, planned


def judge(name, code, output, seconds, timeout):
    """Results of one program, as arguments of Report.add."""
    tests, planned = read_tap(output)
    results = []
    for ok, test, skipped, detail in tests:
        outcome = SKIPPED if skipped and ok else PASSED if ok else FAILED
        results.append((outcome, f"{name}/{test}", None, "\n".join(detail)))
    told = any(r[0] == FAILED for r in results)
    why = None
    if code != 0 and not (told and code is not None and code > 0):
        why = end_text(code, timeout)
    elif not tests:
        why = "ran no test"
    elif len(tests) < planned:
        why = f"planned {planned} tests and ran {len(tests)}"
    if why:
        results.append((FAILED, name, seconds, f"{output}\n{why}"))
    return results


def run_tap(name, command, timeout=120, cwd=None, env=None):
    full = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", **SANITIZERS)
    full.update(env or {})
    try:
        code, output, seconds = run_command(command, timeout, cwd, full)
    except OSError as error:
        return [(FAILED, name, None, f"cannot be run: {error}")]
    return judge(name, code, output, seconds, timeout)


def run_plain(name, command, timeout=120, cwd=None, env=None):
    """A program that is one test: it passes if it exits with 0."""
    full = dict(os.environ, **SANITIZERS)
    full.update(env or {})
    try:
        code, output, seconds = run_command(command, timeout, cwd, full)
    except OSError as error:
        return [(FAILED, name, None, f"cannot be run: {error}")]
    if code == 0:
        return [(PASSED, name, seconds)]
    return [(FAILED, name, seconds, f"{output}\n{end_text(code, timeout)}")]
