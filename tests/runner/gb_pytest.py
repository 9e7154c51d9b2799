"""pytest plugin of scripts/test: tells each outcome to the runner through a pipe, as JSON lines."""
import json
import os


def tell(outcome, name, seconds, text):
    line = json.dumps({"outcome": outcome, "name": name, "seconds": seconds, "text": text})
    os.write(int(os.environ["GB_REPORT_FD"]), (line + "\n").encode())


def pytest_runtest_logreport(report):
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    text = str(reason) if reason else ""
    if report.skipped:
        tell("skip", report.nodeid, report.duration, text)
    elif report.failed:
        name = report.nodeid if report.when == "call" else f"{report.nodeid} ({report.when})"
        tell("FAIL", name, report.duration, text + "".join(f"\n{t}\n{c}" for t, c in
                                                           report.sections))
    elif report.when == "call":
        tell("ok", report.nodeid, report.duration, "")


def pytest_collectreport(report):
    if report.failed:
        tell("FAIL", f"{report.nodeid} (collection)", 0, str(report.longrepr))
    elif report.skipped:
        tell("skip", f"{report.nodeid} (collection)", 0, str(report.longrepr))
