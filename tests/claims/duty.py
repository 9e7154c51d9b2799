"""Over 200 cases worked out by hand from the town's nine steps: leads, helpers, step, overlap."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

NEEDS = ()
SHORT_SECONDS = 10

ROOT = pathlib.Path(os.environ["GB_ROOT"])
BUNDLE = ROOT / "examples" / "tangzhang" / "policy"
SOURCES = {"party": "party_building", "grid": "governance_grid", "centre": "command_centre"}
# Which rows of the example's list are which step of the rule: the one thing taken from the list.
STEPS = {"D02": 4, "D01": 5, "D08": 5, "D03": 7, "D04": 7, "D05": 7, "D06": 7, "D07": 8, "D09": 9}
GRID = "320312111217001"


def reports_of(case):
    category, reporters, urgency = case[:3]
    how = case[6] if len(case) > 6 else None
    reports = []
    for n, reporter in enumerate(reporters.split()):
        report = {"source": SOURCES[reporter], "key": f"K{n}", "category": category, "grid": GRID,
                  "at": f"2026-11-20T09:{30 * n:02d}:00+08:00"}
        if urgency:
            report["urgency"] = urgency
        if how == "holder":
            report["holder"] = "one"
        elif how:
            report["holder"] = f"person{n}"
            report["claims_lead"] = how == "claims"
        if how in ("named", "claims") and n == 1:
            report["names"] = f"{SOURCES[reporters.split()[0]]}/K0"
        reports.append(report)
    return reports


def test_of(name, case, rule):
    expect = {"lead": case[3], "assists": case[4], "matters": 1,
              "overlaps": case[7] if len(case) > 7 else []}
    if rule is not None:
        expect["rule"] = rule
    return {"name": name, "reports": reports_of(case), "expect": expect}


def fail(why):
    print(f"duty fails: {why}")
    sys.exit(1)


def run(folder):
    done = subprocess.run([os.environ["GB_BIN"], "test", "policy", str(folder)], text=True,
                          capture_output=True, check=False, timeout=60)
    if done.returncode not in (0, 1):
        fail(f"gridbridge ended with {done.returncode}: {done.stderr}")
    count = re.search(r"(\d+) cases, (\d+) failed", done.stderr)
    return done.stdout, int(count.group(1)), int(count.group(2))


def failed_cases(folder, tests):
    path = folder / "hand.policy_test.yaml"
    path.write_text(yaml.safe_dump({"cases": tests}, allow_unicode=True), encoding="utf-8")
    out, count, _ = run(folder)
    if count != len(tests):
        fail(f"{count} of {len(tests)} cases were run")
    lines = {}
    for line in out.splitlines():
        found = re.search(r'case "([^"]+)": (.*)', line)
        lines.setdefault(found.group(1) if found else "?", []).append(
            found.group(2) if found else line)
    return lines


def main():
    blocks = yaml.safe_load((ROOT / "tests" / "claims" / "duty_cases.yaml").read_text(
        encoding="utf-8"))
    cases = {f"{block} {n}": case for block, rows in blocks.items()
             for n, case in enumerate(rows, 1)}
    with tempfile.TemporaryDirectory(dir=os.environ.get("GB_SCRATCH")) as scratch:
        folder = pathlib.Path(scratch) / "policy"
        shutil.copytree(BUNDLE, folder, ignore=shutil.ignore_patterns("*.policy_test.yaml"))
        # A step may be several rows: a case is right if one of them is what was found.
        wrong = dict.fromkeys(cases)
        for row in STEPS:
            tests = [test_of(name, case, row) for name, case in cases.items()
                     if STEPS[row] == case[5]]
            bad = failed_cases(folder, tests)
            for test in tests:
                name = test["name"]
                if name not in bad:
                    wrong[name] = []
                elif wrong[name] != []:
                    wrong[name] = bad[name]
        # The control: each lead changed to another one, and nothing else, must be found.
        turned = [test_of(name, [*case[:3], "branch_secretary", *case[4:]], None)
                  for name, case in cases.items()]
        caught = failed_cases(folder, turned)
    right = sum(found == [] for found in wrong.values())
    print(f"cases={len(cases)}")
    print(f"right={right}")
    print(f"planted_wrong_found={len(caught)}")
    for name, found in wrong.items():
        if found != []:
            print(f"{name} {cases[name]}: {'; '.join(found or ['no row of that step'])}",
                  file=sys.stderr)
    if right != len(cases) or len(cases) < 200:
        fail(f"{len(cases) - right} of {len(cases)} cases are decided otherwise")
    if len(caught) != len(cases):
        fail("a wrong lead was not found")
    print("duty holds")


if __name__ == "__main__":
    main()
