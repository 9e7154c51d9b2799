"""Counts tests and prints one line for each; the last line of a run is made here."""
import os
import sys
import threading

PASSED, FAILED, SKIPPED = "ok", "FAIL", "skip"
DETAIL_LINES_MAX = 60


class Report:
    """The tally of a run."""

    def __init__(self):
        self.counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
        self.failed = []
        self.left_out = []
        self.lock = threading.Lock()

    def add(self, outcome, name, seconds=None, detail=""):
        """One test. `detail` is shown for what did not pass."""
        with self.lock:
            self.counts[outcome] += 1
            if outcome == FAILED:
                self.failed.append(name)
            time_text = f" ({seconds:.1f} s)" if seconds is not None else ""
            print(f"{outcome:<4} {name}{time_text}", flush=True)
            if outcome != PASSED and detail:
                lines = detail.rstrip().split("\n")
                for line in lines[-DETAIL_LINES_MAX:]:
                    print("     | " + line, flush=True)

    def add_all(self, results):
        for result in results:
            self.add(*result)

    def note(self, text):
        with self.lock:
            print(f"---- {text}", flush=True)

    def leave_out(self, name, why):
        self.left_out.append(f"{name} ({why})")

    def close(self):
        """Prints the end of the run; returns the exit code."""
        if self.left_out:
            print("left out: " + "; ".join(self.left_out))
        for name in self.failed:
            print("failed: " + name)
        passed, failed, skipped = (self.counts[k] for k in (PASSED, FAILED, SKIPPED))
        bad = failed > 0 or passed == 0
        if skipped and os.environ.get("CI") == "true":
            print("with CI=true nothing may be skipped")
            bad = True
        tail = f", {skipped} skipped" if skipped else ""
        print(f"{passed} passed, {failed} failed{tail}", flush=True)
        sys.stdout.flush()
        return 1 if bad else 0
