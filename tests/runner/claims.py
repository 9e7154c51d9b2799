"""Claims: tests/claims/<name>.py, their sentence, what they need, and how one is run.

The verdict is the last line: `<name> holds` with exit 0 or `<name> fails: why` with exit 1.
Anything else is a failure, whatever the claim printed before.
"""
import ast
import glob
import os
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Claim:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-3]
        self.sentence = "(no sentence: its module docstring is missing)"
        self.needs = ("kafka", "postgres")
        self.short_seconds = 60
        self.read()

    def read(self):
        try:
            with open(self.path, encoding="utf-8") as f:
                module = ast.parse(f.read())
        except SyntaxError as error:
            self.sentence = f"(cannot be read: {error})"
            return
        doc = ast.get_docstring(module)
        if doc:
            self.sentence = doc.split("\n")[0].strip()
        names = {"NEEDS": "needs", "SHORT_SECONDS": "short_seconds"}
        for node in module.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                attribute = names.get(node.targets[0].id)
                if attribute:
                    setattr(self, attribute, ast.literal_eval(node.value))

    def missing(self):
        """Why it cannot run here, or None."""
        if "kafka" in self.needs and kafka_is_missing():
            return "Kafka could not be fetched (build/kafka-missing)"
        return None


def kafka_is_missing():
    return os.path.exists(os.path.join(ROOT, "build", "kafka-missing"))


def list_claims(folder=None):
    folder = folder or os.path.join(ROOT, "tests", "claims")
    paths = sorted(glob.glob(os.path.join(folder, "*.py")))
    return [Claim(p) for p in paths if not os.path.basename(p).startswith(("_", "conftest"))]


def environment(scratch):
    build = os.path.join(ROOT, "build", "release")
    paths = [HERE, os.path.join(ROOT, "tests", "claims", "lib"), os.environ.get("PYTHONPATH", "")]
    return dict(os.environ, GB_ROOT=ROOT, GB_BUILD=build, GB_SCRATCH=scratch,
                GB_BIN=os.path.join(build, "gridbridge"), PYTHONUNBUFFERED="1",
                PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=os.pathsep.join(p for p in paths if p))


def verdict(claim, lines, code):
    """(holds, the line that says so or why not)."""
    last = lines[-1].strip() if lines else ""
    if last == f"{claim.name} holds" and code == 0:
        return True, last
    if last.startswith(f"{claim.name} fails: ") and code == 1:
        return False, last
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return False, f"{claim.name} fails: it ended without a verdict ({how}, last line: {last!r})"


def run_claim(claim, arguments, scratch, timeout=None, echo=True):
    """(holds, verdict, lines, seconds). Its stderr goes where ours goes, unless echo is off."""
    begin = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, claim.path, *arguments], cwd=ROOT, env=environment(scratch),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace",
        stderr=None if echo else subprocess.STDOUT, start_new_session=not echo)
    late = threading.Event()

    def give_up():
        late.set()
        if echo:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(timeout, give_up) if timeout else None
    if timer:
        timer.start()
    lines = []
    for line in process.stdout:
        if line.strip():
            lines.append(line.rstrip("\n"))
        if echo:
            print(line, end="", flush=True)
    code = process.wait()
    if timer:
        timer.cancel()
    seconds = time.monotonic() - begin
    if late.is_set():
        return False, f"{claim.name} fails: not done within {timeout:.0f} s", lines, seconds
    return (*verdict(claim, lines, code), lines, seconds)
