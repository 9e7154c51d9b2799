#!/usr/bin/python3
"""What scripts/test runs: all tests, one line each, and last `N passed, N failed`.

Exit 0 only if something passed and nothing failed; with CI=true nothing may be skipped either.
"""
import argparse
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from report import FAILED, Report  # noqa: E402
from scratch import Scratch  # noqa: E402
from stages import STAGES  # noqa: E402

SECONDS_ALL = 690


class Run:
    """What every stage gets: the report, the scratch folder, the time that is left."""

    def __init__(self, scratch):
        self.report = Report()
        self.scratch = scratch.folder
        self.clean_servers = scratch.end_servers
        self.end = time.monotonic() + float(os.environ.get("GB_TEST_SECONDS", SECONDS_ALL))

    def seconds_left(self):
        return self.end - time.monotonic()


def main():
    names = [s.__name__ for s in STAGES]
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default=",".join(names), metavar="STAGES",
                        help="comma list of: " + " ".join(names))
    wanted = parser.parse_args().only.split(",")
    unknown = [w for w in wanted if w not in names]
    if unknown:
        parser.error("no such stage: " + " ".join(unknown))
    begin = time.monotonic()
    with Scratch() as scratch:
        run = Run(scratch)
        for stage in STAGES:
            if stage.__name__ in wanted:
                try:
                    stage(run)
                except Exception as error:  # a stage that breaks is a failed test, not a lost run
                    run.report.add(FAILED, stage.__name__, None, f"{type(error).__name__}: {error}")
                scratch.end_servers()
    run.report.note(f"{time.monotonic() - begin:.0f} s")
    return run.report.close()


if __name__ == "__main__":
    sys.exit(main())
